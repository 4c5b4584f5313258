"""What the comparison with the sound state costs: its processor time beside that of a whole grading, lab by lab."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core import interrupts
from orchestrator.core.progress import Silent
from orchestrator.core.text import Language, Text
from orchestrator.engine.container_processor import container_processor_time
from orchestrator.sound_state.comparison import compared

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.core.progress import Progress
    from orchestrator.labs import Running

_SEED: Final = 1


@dataclass(frozen=True)
class Share:
    """What one lab's comparison costs, in seconds of the processor: medians.

    Attributes:
        scenario: the scenario whose healthy lab was graded.
        hosts: how many hosts it has.
        look: one comparison, in this program and the helper.
        inside: what it costs in the hosts besides: databases and directories answer for themselves.
        grading: a whole grading, the comparison included: grader, helper and this program.
    """

    scenario: str
    hosts: int
    look: float
    inside: float
    grading: float


@dataclass(frozen=True)
class Shares:
    """The cost of comparisons, a row for each lab."""

    rows: tuple[Share, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {"shares": [asdict(row) for row in self.rows]}

    def to_text(self, language: Language) -> str:
        """Return the report as plain text."""
        head = Text(
            fr="Secondes de processeur : comparaison, dans les machines en plus, évaluation entière ; part",
            en="Seconds of the processor: comparison, in the hosts besides, whole grading; share",
        )
        lines = [
            f"  {row.scenario:<26}{row.hosts:>3}{row.look:>8.3f}{row.inside:>8.3f}{row.grading:>8.3f}"
            f"{row.look / row.grading:>7.0%}"
            for row in self.rows
        ]
        return "\n".join([head.in_(language), *lines]) + "\n"


def run_shares(
    app: App, *, runs: int, scenarios: Sequence[str] | None = None, progress: Progress | None = None
) -> Shares:
    """Measure what comparisons cost, on the healthy lab of one scenario for each lab.

    Args:
        app: the program.
        runs: comparisons and gradings of each.
        scenarios: what is started; None: the first of each lab.
        progress: is told each step.

    Raises:
        LabError: a lab did not come up.
    """
    tell: Progress = progress or Silent()
    rows = []
    for scenario in _first_of_each_lab(app) if scenarios is None else scenarios:
        tell.step(Text(fr=scenario, en=scenario))
        running = app.labs.lifecycle.start(app.labs.plans.plan(scenario, _SEED), Silent(), broken=False)
        try:
            rows.append(_measured(app, running, runs))
        finally:
            with interrupts.shielded():
                app.labs.lifecycle.discard(running.instance)
    return Shares(tuple(rows))


def _first_of_each_lab(app: App) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for name in app.content.scenarios():
        names.setdefault(app.content.scenario_document(name).lab, name)
    return tuple(names.values())


def _measured(app: App, running: Running, runs: int) -> Share:
    plan, labs = running.plan, app.labs
    hosts = [host.container for host in running.instance.hosts]
    report = labs.grading.check(running)  # the first one reads what the later ones find in memory
    names = {host.name for host in plan.hosts}

    def look() -> None:
        compared(report, plan, names, labs.running.fabric(), lambda: labs.grading.explained(plan), differences="always")

    def ours() -> float:
        return time.process_time() + labs.grading.processor_time()

    def theirs() -> float:
        return sum(map(container_processor_time, hosts))

    looks, inside, gradings = [], [], []
    for _ in range(runs):
        before, within = ours(), theirs()
        look()
        looks.append(ours() - before)
        inside.append(theirs() - within)
        before = ours()
        labs.grading.check(running)
        gradings.append(ours() - before)
    return Share(plan.scenario or "", len(hosts), *map(_median, (looks, inside, gradings)))


def _median(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds), 3)
