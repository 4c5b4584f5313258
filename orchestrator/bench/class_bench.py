"""A class at once on this machine: how soon its labs are ready, answer and are graded, and what they take."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from orchestrator.bench.boots import require_folder
from orchestrator.bench.capacity import Room, capacity
from orchestrator.bench.figure_report import Figure, FigureReport, percentile
from orchestrator.bench.lab_figures import LabFigure
from orchestrator.bench.memory import container_memory, settled
from orchestrator.core import interrupts
from orchestrator.core.errors import BreakfixError, LabError, UsageError
from orchestrator.core.progress import Progress, Silent
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.labs import Running
    from orchestrator.model.plan import Plan

T = TypeVar("T")

_MB: Final = 1_000_000
_COMMAND: Final = ("true",)
_ROUNDS: Final = 5
"""Commands in each lab: enough for a hundredth of a class of thirty."""


@dataclass(frozen=True)
class ClassTimes:
    """What a class took.

    Attributes:
        ready: the seconds from the request to each lab's ready, the first lab first.
        memory: the bytes of all hosts' control groups, without file cache.
        answers: the seconds of each command in a lab, one after the other.
        verdicts: the seconds from the request of all verdicts to each of them, the first one first.
        removed: the seconds in which all of it was removed.
    """

    ready: Sequence[float]
    memory: int
    answers: Sequence[float]
    verdicts: Sequence[float]
    removed: float

    def figures(self) -> tuple[Figure, ...]:
        """Return the figures, in the order in which they are shown."""
        each = self.memory / len(self.ready)

        def seconds(name: str, fr: str, en: str, value: float) -> Figure:
            return Figure(name, Text(fr=fr, en=en), "s", value)

        def milliseconds(name: str, fr: str, en: str, percent: int) -> Figure:
            return Figure(name, Text(fr=fr, en=en), "ms", percentile(self.answers, percent) * 1000)

        return (
            seconds("ready-first", "le premier lab prêt", "the first lab ready", self.ready[0]),
            seconds("ready-half", "la moitié des labs prêts", "half of the labs ready", statistics.median(self.ready)),
            seconds("ready-all", "tous les labs prêts", "all labs ready", self.ready[-1]),
            Figure("memory", Text(fr="mémoire de tous les labs", en="memory of all labs"), "MB", self.memory / _MB),
            Figure("memory-each", Text(fr="  de chacun", en="  of each"), "MB", each / _MB),
            milliseconds("answer", "une commande dans un lab, médiane", "a command in a lab, median", 50),
            milliseconds("answer-p99", "  99e centile", "  99th percentile", 99),
            seconds("verdict-first", "le premier verdict de tous", "the first verdict of all", self.verdicts[0]),
            seconds("verdict-all", "  le dernier", "  the last one", self.verdicts[-1]),
            seconds("removed", "tous les labs retirés", "all labs removed", self.removed),
        )


def require_room(plan: Plan, count: int, healthy: Plan, figures: Mapping[str, LabFigure], room: Room) -> None:
    """Refuse a class that does not fit on this machine, as ``capacity`` tells it.

    Args:
        plan: the plan of one of its labs.
        count: how many labs it has.
        healthy: the plan of the lab without a scenario, of which there may be a figure.
        figures: lab -> what was measured of it on this machine.
        room: what there is for labs.

    Raises:
        UsageError: there are more than there may be.
    """
    (one,) = capacity({plan.lab: healthy}, figures, room).labs
    most = one.admitted if one.fit is None else one.fit
    if count <= most:
        return
    measure = Text(fr="", en="")
    if one.fit is None:
        measure = Text(
            fr=f" « breakfix capacity {plan.lab} --measure » dit combien elle en supporte vraiment.",
            en=f" 'breakfix capacity {plan.lab} --measure' tells how many really fit.",
        )
    raise UsageError(
        Text(
            fr=f"Cette machine ne supporte pas {count} labs « {plan.lab} » : {most} au plus.",
            en=f'{count} labs "{plan.lab}" do not fit on this machine: {most} at most.',
        ),
        Text(fr=f"Donnez un nombre plus petit.{measure.fr}", en=f"Give a smaller number.{measure.en}"),
    )


def measure_class(
    app: App, scenario: str, count: int, *, output: Path | None = None, progress: Progress
) -> FigureReport:
    """Start a scenario for a class, each with a variant of their own, look at it, and leave nothing behind.

    Args:
        app: the program.
        scenario: the scenario's id.
        count: how many labs there are.
        output: a file for the report as JSON; only written when everything was measured.
        progress: is told each part.

    Raises:
        UsageError: the report's folder does not exist, or there is no such scenario.
        MachineError: an image cannot be built.
        LabError: a lab does not come up, or what nobody repaired is graded as repaired.
    """
    require_folder(output)
    plans = [app.labs.plans.plan(scenario, seed) for seed in range(1, count + 1)]
    app.labs.lifecycle.prepare(plans)
    with _class(app, plans, progress) as (labs, ready):
        progress.step(Text(fr="Mesure de la mémoire et des réponses", en="Measuring memory and answers"))
        hosts = [host.container for lab in labs for host in lab.instance.hosts]
        memory = settled(lambda: sum(map(container_memory, hosts)), int)
        answers = [_answer(app, lab) for _ in range(_ROUNDS) for lab in labs]
        verdicts = _at_once(lambda lab: _grade(app, lab), labs, _telling(progress, _GRADED, count))
        progress.step(Text(fr="Retrait des labs", en="Removing the labs"))
        begun = time.perf_counter()
        _remove(app, labs)
        removed = time.perf_counter() - begun
    head = Text(
        fr=f"{count} labs de {scenario}, de {len(plans[0].hosts)} machines, lancés ensemble",
        en=f"{count} labs of {scenario}, of {len(plans[0].hosts)} hosts, started together",
    )
    report = FigureReport(head, ClassTimes(ready, memory, answers, verdicts, removed).figures())
    if output is not None:
        output.write_text(json.dumps(report.to_document(), indent=2) + "\n", encoding="utf-8")
    return report


_STARTED: Final = Text(fr="labs prêts", en="labs ready")
_GRADED: Final = Text(fr="labs évalués", en="labs graded")


def _telling(progress: Progress, what: Text, count: int) -> Callable[[int], None]:
    def tell(done: int) -> None:
        progress.step(Text(fr=f"{done} {what.fr} sur {count}", en=f"{done} {what.en} of {count}"))

    return tell


@contextmanager
def _class(app: App, plans: Sequence[Plan], progress: Progress) -> Iterator[tuple[Sequence[Running], Sequence[float]]]:
    """Start the labs of a class, as many at once as there are processors; what is left of them goes with the block."""
    labs: list[Running] = []

    def start(plan: Plan) -> None:
        labs.append(app.labs.lifecycle.start(plan, Silent()))

    try:
        ready = _at_once(start, plans, _telling(progress, _STARTED, len(plans)))
        yield tuple(labs), ready
    finally:
        with interrupts.shielded():
            left = {instance.name for instance in app.labs.running.all()}
            _remove(app, [lab for lab in labs if lab.instance.name in left])


def _at_once(act: Callable[[T], None], things: Sequence[T], tell: Callable[[int], None]) -> list[float]:
    """Do something with each thing, as many at once as there are processors, and return when each was done.

    Returns:
        The seconds from now on, the first one first.
    """
    begun, seconds = time.perf_counter(), list[float]()
    threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="class")
    tell(0)
    try:
        for doing in as_completed([threads.submit(act, thing) for thing in things]):
            doing.result()
            seconds.append(time.perf_counter() - begun)
            tell(len(seconds))
    finally:
        with interrupts.shielded():
            threads.shutdown(wait=True, cancel_futures=True)
    return seconds


def _answer(app: App, lab: Running) -> float:
    begun = time.perf_counter()
    app.labs.running.fabric().run(HostRef(lab.instance.name, lab.plan.hosts[0].name), _COMMAND)
    return time.perf_counter() - begun


def _grade(app: App, lab: Running) -> None:
    verdict = app.labs.grading.check(lab).verdict
    if verdict != "not_repaired":
        raise LabError(
            Text(
                fr=f"{lab.instance.name} : rien n'y a été réparé, et le verdict est {verdict}.",
                en=f"{lab.instance.name}: nothing was repaired there, and the verdict is {verdict}.",
            )
        )


def _remove(app: App, labs: Sequence[Running]) -> None:
    def remove(lab: Running) -> None:
        with suppress(BreakfixError):  # the others are removed all the same
            app.labs.lifecycle.discard(lab.instance)

    _at_once(remove, labs, lambda _done: None)
