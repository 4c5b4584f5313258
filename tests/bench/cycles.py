"""The long run: a lab is started, broken, graded, repaired, graded and stopped, again and again, and nothing grows."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from grader.report import Report
from orchestrator.core import interrupts, labels
from orchestrator.core.errors import LabError
from orchestrator.core.paths import state_folder
from orchestrator.core.progress import Progress, Silent
from orchestrator.core.text import Language, Text
from orchestrator.core.waiting import wait_until
from orchestrator.fabric import container as fabric_container
from orchestrator.model.plan import Plan
from tests.bench.commands import docker_command, run_command
from tests.bench.footprints import container_processes, process_memory

if TYPE_CHECKING:
    from orchestrator.app import App

DEFAULT: Final = "no-network-after-move"
_WARM_UP: Final = 1
"""Cycles that are not counted: modules are imported, connections opened, caches filled."""
_SETTLE: Final = 15.0
"""Seconds that the kernel and the engine get to take away what hung on the last lab."""
_ANSWER: Final = 120.0
"""Seconds until the docker command must have answered; it adds up sizes on a busy disk."""
_GROWTH, _SLACK = 1.1, 4 << 20
"""What memory may vary by: a share, and bytes."""
_MB: Final = 1_000_000
_SELF: Final = Path("/proc/self")


@dataclass(frozen=True)
class Usage:
    """What is held between two cycles; memory and disk in bytes, -1 where this user may not look.

    Attributes:
        memory: of this process.
        files: open in this process.
        threads: of this process.
        helper_memory: of the fabric helper's processes. Its container's is more: the kernel's caches of the names that
            it looked at, given back as soon as somebody else wants memory.
        helper_files: open in all its processes.
        helper_processes: how many those are.
        containers: of Breakfix, with the helper's two.
        volumes: of Breakfix.
        links: in the fabric's network namespace.
        namespaces: network namespaces that processes of this machine are in.
        mounts: of this machine, Docker's among them.
        loops: loop devices in use.
        groups: control groups of containers, and those below them.
        records: files in the user's state folder.
        disk: what Docker says of its containers and volumes.
    """

    memory: int
    files: int
    threads: int
    helper_memory: int
    helper_files: int
    helper_processes: int
    containers: int
    volumes: int
    links: int
    namespaces: int
    mounts: int
    loops: int
    groups: int
    records: int
    disk: int


MEMORY: Final = ("memory", "helper_memory")
"""What varies by itself and is judged by its medians; all the rest has to be the same again."""
_ROOM: Final = {"disk": 1 << 16}
"""Bytes that may be there besides: the helper's own records, once there were any."""
_CONTAINER: Final = re.compile(r"/(?:docker-)?[0-9a-f]{64}\b")


@dataclass(frozen=True)
class LongRun:
    """What a long run found: what was held before it, after each cycle, and at its end."""

    scenario: str
    seconds: float
    before: Usage
    cycles: tuple[Usage, ...]
    after: Usage

    @property
    def grown(self) -> tuple[str, ...]:
        """Return the names of what did not stay where it was."""
        counts = (f.name for f in fields(Usage) if f.name not in MEMORY)
        grown = [n for n in counts if getattr(self.after, n) > getattr(self.before, n) + _ROOM.get(n, 0)]
        quarter = max(1, len(self.cycles) // 4)
        for name in MEMORY:
            first = median(getattr(usage, name) for usage in self.cycles[:quarter])
            last = median(getattr(usage, name) for usage in self.cycles[-quarter:])
            if last > first * _GROWTH + _SLACK:
                grown.append(name)
        return tuple(grown)

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {
            "scenario": self.scenario,
            "seconds": self.seconds,
            "cycles": len(self.cycles),
            "before": asdict(self.before),
            "after": asdict(self.after),
            "each": [asdict(usage) for usage in self.cycles],
            "grown": list(self.grown),
        }

    def to_text(self, language: Language) -> str:
        """Return the report as plain text."""
        count, seconds = len(self.cycles), self.seconds
        head = Text(
            fr=f"{self.scenario} : {count} cycles démarrer, casser, réparer, arrêter en {seconds:.0f} s",
            en=f"{self.scenario}: {count} cycles of start, break, repair, stop in {seconds:.0f} s",
        )
        lines = [head.in_(language), Text(fr="  avant → après", en="  before → after").in_(language)]
        for name, told in _TOLD.items():
            before, after = getattr(self.before, name), getattr(self.after, name)
            mark = "✘" if name in self.grown else "✔"
            lines.append(f"  {mark} {told.in_(language):<44}{_figure(name, before):>12} → {_figure(name, after)}")
        return "\n".join(lines) + "\n"


_TOLD: Final[dict[str, Text]] = {
    "memory": Text(fr="mémoire de ce programme", en="memory of this program"),
    "files": Text(fr="fichiers ouverts", en="open files"),
    "threads": Text(fr="fils d'exécution", en="threads"),
    "helper_memory": Text(fr="mémoire de l'auxiliaire réseau", en="memory of the fabric helper"),
    "helper_files": Text(fr="fichiers ouverts dans l'auxiliaire", en="open files in the helper"),
    "helper_processes": Text(fr="processus de l'auxiliaire", en="processes of the helper"),
    "containers": Text(fr="conteneurs", en="containers"),
    "volumes": Text(fr="volumes", en="volumes"),
    "links": Text(fr="ponts et câbles", en="bridges and cables"),
    "namespaces": Text(fr="espaces de noms réseau", en="network namespaces"),
    "mounts": Text(fr="montages", en="mounts"),
    "loops": Text(fr="périphériques loop", en="loop devices"),
    "groups": Text(fr="groupes de contrôle de conteneurs", en="control groups of containers"),
    "records": Text(fr="fichiers du dossier d'état", en="files in the state folder"),
    "disk": Text(fr="disque de Docker (conteneurs, volumes)", en="Docker's disk (containers, volumes)"),
}


def run_cycles(app: App, *, cycles: int, scenario: str = DEFAULT, progress: Progress | None = None) -> LongRun:
    """Run cycles, each with a variant of its own.

    Whatever interrupts it, the lab that runs is removed.

    Args:
        app: the program.
        cycles: how many, besides one to warm up.
        scenario: what is started.
        progress: is told each cycle.

    Raises:
        UsageError: there is no such scenario.
        LabError: a lab did not come up, was not red when broken, or not green when repaired.
    """
    tell: Progress = progress or Silent()
    before = _settled(app, None)
    each: list[Usage] = []
    begun = time.monotonic()
    for number in range(1, cycles + _WARM_UP + 1):
        tell.step(Text(fr=f"Cycle {number} sur {cycles + _WARM_UP}", en=f"Cycle {number} of {cycles + _WARM_UP}"))
        _cycle(app, app.labs.plans.plan(scenario, number))
        if number == _WARM_UP:
            begun, before = time.monotonic(), _settled(app, None)
        else:
            each.append(usage(app))
    seconds = round(time.monotonic() - begun, 1)
    return LongRun(scenario, seconds, before, tuple(each), _settled(app, before))


def _cycle(app: App, plan: Plan) -> None:
    labs = app.labs
    running = labs.lifecycle.start(plan, Silent())
    try:
        _require(labs.grading.check(running), "not_repaired", plan)
        solution = next(s for s in plan.solutions if s.reference)
        labs.solutions.apply(running, solution, lambda _step: None)
        _require(labs.grading.check(running), "repaired", plan)
    finally:
        with interrupts.shielded():
            labs.lifecycle.discard(running.instance)


def _require(report: Report, wanted: str, plan: Plan) -> None:
    verdict = report.verdict
    if verdict == wanted:
        return
    subject = f"{plan.scenario} --seed {plan.seed}"
    raise LabError(
        Text(
            fr=f"{subject} : le contrôle dit « {verdict} » au lieu de « {wanted} »{_others(report, 'fr')}",
            en=f"{subject}: the check says '{verdict}' instead of '{wanted}'{_others(report, 'en')}",
        )
    )


def _others(report: Report, language: Language) -> str:
    """Return a line for each check that is not green, with its evidence."""
    others = [result for result in report.results if result.outcome != "pass"]
    return "".join(f"\n  ✘ {r.id}: {r.evidence.in_(language) if r.evidence else r.outcome}" for r in others)


def _settled(app: App, before: Usage | None) -> Usage:
    """Return what is held once nothing changes any more, or is where it was before."""
    last = usage(app)

    def steady() -> bool:
        nonlocal last
        previous, last = last, usage(app)
        return all(
            getattr(last, field.name) <= getattr(before or previous, field.name)
            for field in fields(Usage)
            if field.name not in MEMORY
        )

    wait_until(steady, within=_SETTLE, every=0.5)
    return last


def usage(app: App) -> Usage:
    """Return what is held now."""
    app.fabric.ping()
    helper = app.engine.container(fabric_container.HELPER).id
    processes = container_processes(helper)
    return Usage(
        memory=process_memory("self"),
        files=_entries(_SELF / "fd"),
        threads=threading.active_count(),
        helper_memory=sum(map(_memory, processes)),
        helper_files=_sum(_entries(Path("/proc") / str(pid) / "fd") for pid in processes),
        helper_processes=len(processes),
        containers=len(app.engine.containers({labels.KIND: None})),
        volumes=len(app.engine.volumes({labels.KIND: None})),
        links=_links(),
        namespaces=_namespaces(),
        mounts=len(Path("/proc/self/mountinfo").read_text().splitlines()),
        loops=sum(1 for _ in Path("/sys/block").glob("loop*/loop/backing_file")),
        groups=control_groups(),
        records=sum(path.is_file() for path in (state_folder() / "instances").glob("*")),
        disk=_disk(),
    )


def _memory(pid: int) -> int:
    try:
        return process_memory(str(pid))
    except (FileNotFoundError, ProcessLookupError, LabError):  # the process has just ended
        return 0


def _entries(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except FileNotFoundError:  # the process has just ended
        return 0
    except PermissionError:
        return -1


def _sum(numbers: Iterator[int]) -> int:
    """Return the sum, or -1 where one of the numbers is unknown."""
    found = list(numbers)
    return -1 if -1 in found else sum(found)


def _namespaces() -> int:
    """Return how many network namespaces there are processes in, as the helper sees them, which may see them all."""
    seen = "readlink /proc/[0-9]*/ns/net | sort -u | wc -l"
    words = [docker_command(), "exec", fabric_container.HELPER, "sh", "-c", seen]
    return int(run_command(words, timeout=_ANSWER))


def control_groups(*, root: Path = Path("/sys/fs/cgroup")) -> int:
    """Return how many control groups containers have, in all trees where each controller has its own."""
    return sum(bool(_CONTAINER.search(folder)) for folder, _, _ in os.walk(root))


def _links() -> int:
    words = [docker_command(), "exec", fabric_container.PAUSE, "cat", "/proc/net/dev"]
    return sum(":" in line for line in run_command(words, timeout=_ANSWER).splitlines())


def _disk() -> int:
    """Return the bytes of containers and volumes: those of images and of the build cache are not a lab's."""
    said = run_command([docker_command(), "system", "df", "--format", "{{json .}}"], timeout=_ANSWER)
    rows = [json.loads(line) for line in said.splitlines() if line.strip()]
    return round(sum(_bytes(row["Size"]) for row in rows if row["Type"] in {"Containers", "Local Volumes"}))


_UNITS: Final = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def _bytes(size: str) -> float:
    """Return the bytes of Docker's ``12.3MB``."""
    number = size.rstrip("BkMGT")
    return float(number) * _UNITS[size[len(number) :]]


_FIGURES: Final[dict[str, Callable[[int], str]]] = {
    name: (lambda value: f"{value / _MB:.1f} MB") for name in ("memory", "helper_memory", "disk")
}


def _figure(name: str, value: int) -> str:
    return "?" if value < 0 else _FIGURES.get(name, str)(value)
