"""How long each scenario's verdict takes, broken and repaired: time on the wall, processor time, slowest check."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.bench.boots import figure, require_folder
from orchestrator.core import interrupts
from orchestrator.core.errors import LabError
from orchestrator.core.progress import Progress, Silent
from orchestrator.core.text import Language, Text

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.labs import Running

_SEED: Final = 1
_NAME_WIDTH: Final = 24
_HEADS: Final = (
    Text(fr="en panne", en="broken"),
    Text(fr="réparé", en="repaired"),
    Text(fr="processeur", en="processor"),
)


@dataclass(frozen=True)
class TimedVerdict:
    """One grading.

    Attributes:
        seconds: from the request to the report.
        processor: seconds of the processor that grader and helper used.
        slowest: the check that took longest.
        slowest_seconds: how long.
        as_expected: whether a broken lab was red, and a repaired one green.
    """

    seconds: float
    processor: float
    slowest: str
    slowest_seconds: float
    as_expected: bool


@dataclass
class ScenarioVerdicts:
    """The gradings of one scenario, broken and after its reference repair; the first of these comes right after it."""

    scenario: str
    broken: list[TimedVerdict] = field(default_factory=list)
    repaired: list[TimedVerdict] = field(default_factory=list)

    def to_document(self) -> dict[str, Any]:
        """Return the row as JSON's types."""
        states = {"broken": self.broken, "repaired": self.repaired}
        return {"scenario": self.scenario, **{state: _summary(verdicts) for state, verdicts in states.items()}}


@dataclass(frozen=True)
class GradingBench:
    """The rows, by scenario."""

    runs: int
    rows: tuple[ScenarioVerdicts, ...]

    @property
    def mistaken(self) -> tuple[str, ...]:
        """Return the scenarios of which a grading was not of the colour that it should have."""
        return tuple(r.scenario for r in self.rows if not all(v.as_expected for v in (*r.broken, *r.repaired)))

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {"runs": self.runs, "scenarios": [row.to_document() for row in self.rows], "mistaken": self.mistaken}

    def to_text(self, language: Language) -> str:
        """Return the report as plain text: medians by scenario, with the slowest check, then over all scenarios."""
        head = Text(
            fr=f"De la demande au verdict, médianes de {self.runs} évaluations (« réparé » : la première vient juste "
            "après la réparation)",
            en=f"From the request to the verdict, medians of {self.runs} gradings ('repaired': the first comes right "
            "after the repair)",
        )
        lines = [head.in_(language), _cells("", *(h.in_(language) for h in _HEADS))]
        lines += [_row(row, language) for row in self.rows]
        lines += [_totals(self.rows, language)]
        if self.mistaken:
            names = ", ".join(self.mistaken)
            lines.append(Text(fr=f"D'une autre couleur : {names}", en=f"Of another colour: {names}").in_(language))
        return "\n".join(lines) + "\n"


def measure_gradings(
    app: App, names: Sequence[str], *, runs: int, output: Path | None = None, progress: Progress
) -> GradingBench:
    """Grade scenarios broken and repaired, one after another, and leave nothing behind.

    Args:
        app: the program.
        names: the scenarios; none: all.
        runs: gradings of each state.
        output: a file for the report as JSON; only written when everything was measured.
        progress: is told each scenario.

    Raises:
        UsageError: the report's folder does not exist, or there is no such scenario.
        MachineError: an image cannot be built.
        LabError: a lab does not come up.
    """
    require_folder(output)
    chosen = tuple(names) or tuple(sorted(app.content.scenarios()))
    plans = [app.labs.plans.plan(name, _SEED) for name in chosen]
    app.labs.lifecycle.prepare(plans)
    rows = []
    for number, plan in enumerate(plans, 1):
        name = chosen[number - 1]
        of = Text(fr=f"{name} ({number} sur {len(plans)})", en=f"{name} ({number} of {len(plans)})")
        progress.step(of)
        running = app.labs.lifecycle.start(plan, Silent())
        try:
            rows.append(_measure(app, running, name, runs))
        finally:
            with interrupts.shielded():
                app.labs.lifecycle.discard(running.instance)
    report = GradingBench(runs, tuple(rows))
    if output is not None:
        output.write_text(json.dumps(report.to_document(), indent=2) + "\n", encoding="utf-8")
    return report


def _measure(app: App, running: Running, name: str, runs: int) -> ScenarioVerdicts:
    row = ScenarioVerdicts(name)
    row.broken = [_verdict(app, running, green=False) for _ in range(runs)]
    reference = next(solution for solution in running.plan.solutions if solution.reference)
    for step in app.labs.solutions.apply(running, reference, lambda _step: None):
        if step.status:
            raise LabError(Text(fr=f"{name} : {step.output}", en=f"{name}: {step.output}"))
    row.repaired = [_verdict(app, running, green=True) for _ in range(runs)]
    return row


def _verdict(app: App, running: Running, *, green: bool) -> TimedVerdict:
    before, begun = app.labs.grading.processor_time(), time.perf_counter()
    report = app.labs.grading.check(running)
    seconds = time.perf_counter() - begun
    slowest = max(report.results, key=lambda result: result.seconds)
    processor = app.labs.grading.processor_time() - before
    expected = "repaired" if green else "not_repaired"
    return TimedVerdict(seconds, processor, slowest.id, slowest.seconds, report.verdict == expected)


def _summary(verdicts: Sequence[TimedVerdict]) -> dict[str, Any]:
    worst = max(verdicts, key=lambda verdict: verdict.slowest_seconds)
    return {
        "first": round(verdicts[0].seconds, 3),
        "seconds": round(_median(verdicts), 3),
        "samples": [round(v.seconds, 3) for v in verdicts],
        "processor": round(_processor(verdicts), 3),
        "slowest": {"check": worst.slowest, "seconds": round(worst.slowest_seconds, 3)},
    }


def _median(verdicts: Sequence[TimedVerdict]) -> float:
    return statistics.median(v.seconds for v in verdicts)


def _processor(verdicts: Sequence[TimedVerdict]) -> float:
    return statistics.median(v.processor for v in verdicts)


def _row(row: ScenarioVerdicts, language: Language) -> str:
    worst = max((*row.broken, *row.repaired), key=lambda verdict: verdict.slowest_seconds)
    used = max(_processor(row.broken), _processor(row.repaired))
    cells = (figure(value, "s", language) for value in (_median(row.broken), _median(row.repaired), used))
    return f"{_cells(row.scenario, *cells)}  {worst.slowest} {figure(worst.slowest_seconds, 's', language)}"


def _totals(rows: Sequence[ScenarioVerdicts], language: Language) -> str:
    columns = (
        [_median(r.broken) for r in rows],
        [_median(r.repaired) for r in rows],
        [max(_processor(r.broken), _processor(r.repaired)) for r in rows],
    )
    median = Text(fr="médiane", en="median").in_(language)
    most = Text(fr="le plus", en="most").in_(language)
    return "\n".join(
        _cells(word, *(figure(of(column), "s", language) for column in columns))
        for word, of in ((median, statistics.median), (most, max))
    )


def _cells(name: str, *others: str) -> str:
    return f"  {name:<{_NAME_WIDTH}}" + "".join(f"{cell:>12}" for cell in others)
