"""Whether gradings agree: what nobody changes is graded again and again, on an idle machine and on a loaded one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from grader.report import CheckResult, Report
from orchestrator.core import interrupts
from orchestrator.core.progress import Progress, Silent
from orchestrator.core.text import Language, Text

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.labs import Running

SCENARIOS: Final = ("no-network-after-move", "bad-gateway", "password-refused-everywhere")
"""What is graded: workstations and DHCP, a shop with its database, logins by a directory."""
STATES: Final = ("healthy", "broken", "repaired")
_BUSY: Final = 4
"""Busy processes for each processor of a loaded machine, besides the gradings of all instances at once."""
_LOOP: Final = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))\n"
"""What keeps a processor busy, for as long as this program lives."""
_SEED: Final = 1
_EVIDENCE: Final = 400
_TOLD_EVERY: Final = 50
"""Gradings between two lines of progress."""


@dataclass(frozen=True)
class FlippedPlace:
    """Which grading it was.

    Attributes:
        scenario: the scenario.
        state: what was graded: ``healthy``, ``broken`` or ``repaired``.
        loaded: whether the machine was loaded.
        number: which grading of this instance; the first one is 1.
    """

    scenario: str
    state: str
    loaded: bool
    number: int


@dataclass(frozen=True)
class Change:
    """What a grading said otherwise than the first one of the same instance: of a check, or of what differs from sound.

    Attributes:
        place: the grading.
        check: the check's id; of a difference, the host and what differs.
        before: the outcome in the first grading; of a difference its standing.
        after: the same in this one.
        seconds: how long the check took.
        evidence: what it said in this one, or in the first one where it is green now.
    """

    place: FlippedPlace
    check: str
    before: str
    after: str
    seconds: float
    evidence: str


@dataclass(frozen=True)
class Flips:
    """What the gradings said: how many there were, how long they took by load (seconds), and what changed."""

    gradings: int
    seconds: float
    idle: tuple[float, ...]
    loaded: tuple[float, ...]
    changes: tuple[Change, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {
            "gradings": self.gradings,
            "seconds": self.seconds,
            "idle": list(self.idle),
            "loaded": list(self.loaded),
            "changes": [asdict(change) for change in self.changes],
        }

    def to_text(self, language: Language) -> str:
        """Return the report as plain text."""
        head = Text(
            fr=f"{self.gradings} évaluations de machines inchangées en {self.seconds:.0f} s : "
            f"{len(self.changes)} changement(s)",
            en=f"{self.gradings} gradings of unchanged hosts in {self.seconds:.0f} s: {len(self.changes)} change(s)",
        )
        lines = [head.in_(language)]
        for told, each in ((_IDLE, self.idle), (_LOADED, self.loaded)):
            if each:
                middle = Text(fr=f"médiane {median(each):.1f} s", en=f"median {median(each):.1f} s")
                most = Text(fr=f"la plus longue {max(each):.1f} s", en=f"the longest {max(each):.1f} s")
                lines.append(f"  {told.in_(language)} ({len(each)}) : {middle.in_(language)}, {most.in_(language)}")
        for change in self.changes:
            place = change.place
            load = (_LOADED if place.loaded else _IDLE).in_(language)
            where = f"{place.scenario} ({_STATE[place.state].in_(language)}, {load}, {place.number})"
            lines.append(f"  ✘ {where} {change.check}: {change.before} → {change.after}, {change.seconds:.1f} s")
            lines += [f"      {line}" for line in change.evidence.splitlines()]
        return "\n".join(lines) + "\n"


_IDLE: Final = Text(fr="machine au repos", en="idle machine")
_LOADED: Final = Text(fr="machine chargée", en="loaded machine")
_STATE: Final = {
    "healthy": Text(fr="saine", en="healthy"),
    "broken": Text(fr="en panne", en="broken"),
    "repaired": Text(fr="réparée", en="repaired"),
}


@dataclass
class _Graded:
    """An instance that nobody changes, and what its gradings said: first those on the idle machine.

    Attributes:
        scenario: the scenario.
        state: ``healthy``, ``broken`` or ``repaired``.
        running: the lab.
        reports: one for each grading.
        idle: how long each grading took on the idle machine, in seconds.
        loaded: the same on the loaded machine.
    """

    scenario: str
    state: str
    running: Running
    reports: list[Report] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)

    def grade(self, app: App, *, loaded: bool) -> None:
        """Grade it once more, and note how long it took."""
        started = time.monotonic()
        self.reports.append(app.labs.grading.check(self.running))
        (self.loaded if loaded else self.idle).append(round(time.monotonic() - started, 2))

    def changes(self) -> Iterator[Change]:
        """Give each check whose colour was another one than in the first grading."""
        for number, report in enumerate(self.reports, 1):
            place = FlippedPlace(self.scenario, self.state, number > len(self.idle), number)
            yield from _changes(place, self.reports[0], report)


class _Count:
    """Says how many gradings were made, whichever threads make them."""

    def __init__(self, total: int, tell: Progress) -> None:
        """Count to a total."""
        self._total = total
        self._tell = tell
        self._made = 0
        self._lock = threading.Lock()

    def one_more(self) -> None:
        """Count one, and say so now and then."""
        with self._lock:
            self._made += 1
            if self._made % _TOLD_EVERY == 0:
                made, total = self._made, self._total
                self._tell.detail(Text(fr=f"{made} évaluations sur {total}", en=f"{made} gradings of {total}"))


def run_gradings(
    app: App, *, gradings: int, scenarios: Sequence[str] = SCENARIOS, progress: Progress | None = None
) -> Flips:
    """Grade instances that nobody changes: healthy, broken and repaired ones of each scenario.

    Half of the gradings are made on an idle machine, one scenario after the other, its instances side by side and each
    as often; the other half on a busy one, all instances at once, and whichever is done is graded again. The first
    grading of an instance says what all later ones should. Whatever interrupts it, the labs are removed.

    Args:
        app: the program.
        gradings: how many in all, at least twice as many as there are instances.
        scenarios: what is started.
        progress: is told each step.

    Raises:
        UsageError: there is no such scenario.
        LabError: a lab did not come up.
    """
    tell: Progress = progress or Silent()
    count = _Count(gradings, tell)
    begun = time.monotonic()
    with contextlib.ExitStack() as up:
        instances = []
        for scenario, state in product(scenarios, STATES):
            title = Text(fr=f"{scenario}, {_STATE[state].fr}", en=f"{scenario}, {_STATE[state].en}")
            tell.step(title)
            instances.append(_Graded(scenario, state, up.enter_context(_instance(app, scenario, state))))
        shares = _shares(gradings - gradings // 2, len(instances))
        for scenario in scenarios:
            own = [(each, iter(range(next(shares)))) for each in instances if each.scenario == scenario]
            tell.step(Text(fr=f"{scenario} : machine au repos", en=f"{scenario}: idle machine"))
            _grade(app, own, count, loaded=False)
        tell.step(Text(fr="Toutes à la fois : machine chargée", en="All at once: loaded machine"))
        left = iter(range(gradings // 2))
        with busy_machine(tell):
            _grade(app, [(each, left) for each in instances], count, loaded=True)
    idle = [seconds for each in instances for seconds in each.idle]
    loaded = [seconds for each in instances for seconds in each.loaded]
    changes = tuple(change for each in instances for change in each.changes())
    return Flips(len(idle) + len(loaded), round(time.monotonic() - begun, 1), tuple(idle), tuple(loaded), changes)


def _grade(app: App, turns: Sequence[tuple[_Graded, Iterator[int]]], count: _Count, *, loaded: bool) -> None:
    """Grade instances side by side, each as long as its turns last; several may share theirs."""
    ended = threading.Event()

    def grade(each: _Graded, left: Iterator[int]) -> None:
        for _ in left:
            if ended.is_set():
                break
            each.grade(app, loaded=loaded)
            count.one_more()

    with ThreadPoolExecutor(len(turns), thread_name_prefix="grading") as pool:
        try:
            for future in as_completed([pool.submit(grade, each, left) for each, left in turns]):
                future.result()
        finally:
            ended.set()  # where it is interrupted, the pool waits for one grading of each instance only


def _shares(total: int, parts: int) -> Iterator[int]:
    """Give each of some parts its share of a number, the first ones one more where it cannot be divided."""
    return (total // parts + (part < total % parts) for part in range(parts))


@contextlib.contextmanager
def _instance(app: App, scenario: str, state: str) -> Iterator[Running]:
    """Have an instance in a state for as long as the block lasts."""
    plan = app.labs.plans.plan(scenario, _SEED)
    running = app.labs.lifecycle.start(plan, Silent(), broken=state != "healthy")
    try:
        if state == "repaired":
            app.labs.solutions.apply(running, next(s for s in plan.solutions if s.reference), lambda _step: None)
        yield running
    finally:
        with interrupts.shielded():
            app.labs.lifecycle.discard(running.instance)


@contextlib.contextmanager
def busy_machine(tell: Progress) -> Iterator[None]:
    """Keep all processors busy for as long as the block lasts."""
    count = _BUSY * (os.cpu_count() or 1)
    tell.detail(Text(fr=f"{count} processus occupent la machine", en=f"{count} processes keep the machine busy"))
    with contextlib.ExitStack() as busy:
        for _ in range(count):
            process = subprocess.Popen((sys.executable, "-c", _LOOP), stdin=subprocess.DEVNULL)
            busy.callback(process.wait)
            busy.callback(process.kill)
        yield


def _changes(place: FlippedPlace, first: Report, report: Report) -> Iterator[Change]:
    """Give each check, and each difference, of which a grading says otherwise than the first one."""
    before = {result.id: result for result in first.results}
    after = {result.id: result for result in report.results}
    for check in dict.fromkeys([*before, *after]):
        old, new = before.get(check), after.get(check)
        was, now = (result.outcome if result else "missing" for result in (old, new))
        if was != now:
            yield Change(place, check, was, now, new.seconds if new else 0.0, _evidence(new) or _evidence(old))

    if first.checks_green and report.checks_green:  # else no difference is told
        yield from _changed_differences(place, first, report)


def _changed_differences(place: FlippedPlace, first: Report, report: Report) -> Iterator[Change]:
    old, new = (
        {" ".join(filter(None, (d.host, d.provider, d.object, d.field))): d for d in each.differences}
        for each in (first, report)
    )
    for name in dict.fromkeys([*old, *new]):
        was, now = ((each[name].standing, each[name].now) if name in each else ("absent", None) for each in (old, new))
        if was != now:
            yield Change(place, name, was[0], now[0], 0.0, f"{was[1]}\n{now[1]}"[:_EVIDENCE])


def _evidence(result: CheckResult | None) -> str:
    return result.evidence.en[:_EVIDENCE] if result is not None and result.evidence is not None else ""
