"""Whether what runs in a host is what its image holds: a renamed program, a fake unit or a swapped library shows.

The image's own files are the measure, never dpkg's record in the host, which its root can write.

Who listens is seen anew each time. What the checks of a grading share (``grader.shared_looks``) is that a process has
nothing but its image's code, and that a unit is its image's: only what speaks for them. Who relied on it is graded
again without it where it does not hold after the last answer (``no_longer_so``).
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader import start_settings
from grader.bilingual import reason, text_of
from grader.known_processes import Instant, by_pid, doubts_of_process, identified, is_top
from grader.path_integrity import redirections
from orchestrator.fabric.fabric_interface import ProcessState, SocketState

if TYPE_CHECKING:
    from grader.host_inspector import HostInspector

_HARMLESS = re.compile(
    r"\s*(?:[#;].*|\[\w+\]|(?:After|Before|Wants|Description|Documentation|Restart\w*|StartLimit\w*|Timeout\w*|Limit\w*"
    r"|Nice|Memory\w*|CPU\w*|Tasks\w*|IO\w*|OOM\w*|Kill\w*|RuntimeDirectory\w*|Standard\w*|Syslog\w*|LogLevelMax"
    r"|WantedBy)\s*=.*)?"
)
"""A line of a drop-in that changes neither what a unit runs, nor with which settings, nor whether."""
_END_OF_LINE = re.compile(r"[\n\r\0]")
"""What systemd takes for one (src/basic/fileio.c, ``read_line``)."""
_TRIES = 5
"""Looks at who listens, until nobody among them ends meanwhile."""
_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
_PROPERTIES = (
    "Unit.LoadState", "Unit.FragmentPath", "Unit.DropInPaths", "Unit.ActiveState", "Unit.NeedDaemonReload",
    "Service.ExecMainStartTimestamp", *start_settings.PROPERTIES,
)  # fmt: skip


@dataclass(frozen=True)
class Listener:
    """Who listens at a port.

    Attributes:
        processes: each process that holds a socket there that takes what arrives, compared with the host's image; one
            of UDP does so even where it is connected.
        program: the executable that should listen, or empty: then any of the image's programs may.
        vouched: tells what speaks against the units of the processes, and against the way to them.
    """

    processes: tuple[ProcessState, ...]
    program: str = ""
    vouched: Callable[[], tuple[str, ...]] = field(default=tuple, repr=False, compare=False)

    def __bool__(self) -> bool:
        """Return whether anybody listens."""
        return bool(self.processes)

    @property
    def pids(self) -> frozenset[int]:
        """Return the processes' numbers in the host."""
        return frozenset(p.pid for p in self.processes)

    @property
    def executables(self) -> frozenset[str]:
        """Return the paths of the programs."""
        return frozenset(p.executable for p in self.processes)

    @property
    def units(self) -> frozenset[str]:
        """Return the units that the processes belong to, such as ``nginx.service``."""
        return frozenset(p.unit for p in self.processes)

    @property
    def is_genuine(self) -> bool:
        """Return whether somebody listens, and each of them is the program, of the image, and run by its own unit."""
        return not self.doubts

    @functools.cached_property
    def doubts(self) -> tuple[str, ...]:
        """Return what speaks against it: nobody listens, another program does, or one that is not the image's."""
        if not self.processes:
            return (reason(fr="personne n'écoute", en="nobody listens"),)
        others = [
            reason(fr=f"{path} écoute à la place de {self.program}", en=f"{path} listens instead of {self.program}")
            for path in sorted(self.executables - {self.program})
        ]
        own = [doubt for process in self.processes for doubt in doubts_of_process(process)]
        return (*(others if self.program else ()), *own, *self.vouched())


def listener(
    inspector: HostInspector, protocol: str, place: int | str, program: str, placed: Mapping[str, str] | None = None
) -> Listener:
    """Return who listens at a port of a host, on whatever address, or at the path of a Unix socket.

    Args:
        inspector: the host.
        protocol: ``tcp``, ``udp`` or ``unix``.
        place: the port, or the path.
        program: the executable that should listen, or empty.
        placed: the files that the plan puts into the host, with the SHA-256 of their content.
    """
    for _ in range(_TRIES):
        rows = _listening(inspector, protocol, place)
        pids = _holders(rows)
        if not pids:
            return Listener((), program)
        everything = identified(inspector, pids)
        found = tuple(p for pid, p in everything.items() if pid in pids)
        whole = pids <= everything.keys() and not any(p.image == "missing" for p in found)
        alike = len({p.executable for p in found}) == 1
        if whole and (alike or pids <= _holders(_listening(inspector, protocol, place))):
            break  # otherwise a server's child held the socket for a moment: it has ended, or is another program now
    loose = tuple(_held_by_nobody(r.address) for r in rows if not r.pids)  # it waits in another socket

    def vouched() -> tuple[str, ...]:
        led = redirections(inspector.forwarding_state()) if protocol != "unix" else ()
        doubts = doubts_of_services(inspector, found, everything, program, placed or {})
        elsewhere = (
            reason(fr=f"ce qui y arrive est détourné par {rule}", en=f"led elsewhere by {rule}") for rule in led
        )
        return (*loose, *doubts, *elsewhere)

    return Listener(found, program, vouched)


def _held_by_nobody(address: str) -> str:
    return reason(
        fr=f"aucun processus ne tient ce qui écoute à {address}", en=f"nobody holds what listens at {address}"
    )


def _listening(inspector: HostInspector, protocol: str, place: int | str) -> list[SocketState]:
    rows = [r for r in inspector.sockets() if r.protocol == protocol]
    rows = _bound_to(inspector, rows, place) if isinstance(place, str) else [r for r in rows if r.port == place]
    return [r for r in rows if r.state != "established" or r.protocol == "udp"]


def _holders(rows: Iterable[SocketState]) -> set[int]:
    """Return the processes that hold sockets; systemd only where nobody else does: it opens some for its services."""
    pids = {pid for row in rows for pid in row.pids}
    return pids - {1} if len(pids) > 1 else pids


def _bound_to(inspector: HostInspector, rows: Sequence[SocketState], path: str) -> list[SocketState]:
    """Return the Unix sockets whose file is at a path now: a socket keeps the name that it was bound to."""
    there = inspector.file(path)
    if there.kind != "socket":
        return []
    return [r for r in rows if (r.file == there.inode if r.file else r.address in {path, there.path})]


def doubts_of_services(
    inspector: HostInspector,
    processes: Sequence[ProcessState],
    everything: Mapping[int, ProcessState],
    program: str,
    placed: Mapping[str, str],
) -> tuple[str, ...]:
    """Return what speaks against processes being those of services of the image: of none, or of changed ones.

    Args:
        inspector: the host.
        processes: the processes.
        everything: all processes of the host by their number.
        program: the executable that they should run, or empty.
        placed: see ``doubts_of_unit``.
    """
    doubts: list[str] = []
    for unit in dict.fromkeys(p.unit for p in processes if p.pid != 1):
        its = [p for p in processes if p.unit == unit]
        if not unit.endswith(".service"):
            names = ", ".join(sorted({p.comm for p in its}))
            doubts.append(reason(fr=f"{names} tourne hors de tout service", en=f"{names} runs outside any service"))
            continue
        main_pid, of_unit = _seen_unit(inspector, unit, placed)
        doubts += of_unit
        main = everything.get(main_pid)
        others = [p for p in its if main and not _is_of(p, main, everything, program)]
        doubts += [
            reason(
                fr=f"{p.comm} n'a pas été lancé par {unit}, dans le groupe duquel il est",
                en=f"{p.comm} was not started by {unit}, in whose group it is",
            )
            for p in others
        ]
    return tuple(doubts)


def _is_of(process: ProcessState, main: ProcessState, everything: Mapping[int, ProcessState], program: str) -> bool:
    """Return whether a process is a service's: its main one, a descendant of that, or the only one of the program.

    A host's root can move a process to any control group. A service may have daemons that left their parent (FRR's):
    these are known by the program that a check names.
    """
    if main.pid in _line(process, everything):
        return True
    return (
        process.executable == program
        and sum(other.executable == process.executable for other in everything.values()) == 1
    )


def _line(process: ProcessState, everything: Mapping[int, ProcessState]) -> Iterator[int]:
    """Give a process's number and those of its parents."""
    seen: set[int] = set()
    while process.pid not in seen:
        yield process.pid
        seen.add(process.pid)
        process = everything.get(process.ppid, process)


def doubts_of_unit(inspector: HostInspector, unit: str, placed: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return what speaks against a unit being its image's: its files, the programs it starts, its main process.

    Args:
        inspector: the host.
        unit: the unit's full name.
        placed: the files that the plan puts into the host, with the SHA-256 of their content: as good as the image's.
    """
    return _seen_unit(inspector, unit, placed or {})[1]


def _seen_unit(inspector: HostInspector, unit: str, placed: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
    """Return a unit's main process, and what speaks against the unit; what speaks for it is shared.

    What was found is of the unit with these processes: where it is started again, none of them is left.
    """
    everything = by_pid(inspector.processes()) if inspector.shared else {}
    key = _key_of_unit(inspector, unit, everything, placed)
    if key is None:
        return _asked_unit(inspector, unit, placed)
    with inspector.shared.look(key) as look:
        if look.known is not None:
            main = Instant(*json.loads(look.known))
            if main.is_of(everything.get(main.pid)):
                inspector.recall(f"unit {unit}", f"MainPID={main.pid} is the image's")
                return main.pid, ()
        pid, doubts = _asked_unit(inspector, unit, placed)
        if not doubts and pid in everything:
            look.told = json.dumps(Instant.of(everything[pid]))
    return pid, doubts


def _asked_unit(inspector: HostInspector, unit: str, placed: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
    known = inspector.unit(unit, *_PROPERTIES).properties
    pid = int(known["MainPID"])
    return pid, _doubts_of_known(inspector, unit, known, placed, lambda: by_pid(inspector.processes([pid])).get(pid))


def _doubts_of_known(
    inspector: HostInspector,
    unit: str,
    known: Mapping[str, Any],
    placed: Mapping[str, str],
    look_at_main: Callable[[], ProcessState | None],
) -> tuple[str, ...]:
    """Return what speaks against a unit, of which systemd says what is ``known``."""
    if known["ActiveState"] not in {"active", "reloading", "refreshing"}:
        return (reason(fr=f"{unit} ne fonctionne pas", en=f"{unit} does not run"),)
    doubts = []
    paths = [path for path in (known["FragmentPath"], *known["DropInPaths"], *_commands(known["ExecStart"])) if path]
    states = compared(inspector, paths, placed)
    if states.get(known["FragmentPath"]) != "same":
        file = known["FragmentPath"] or reason(fr="son fichier", en="its file")
        doubts.append(reason(fr=f"{unit} : {file} n'est pas celui de l'image", en=f"{unit}: {file} is not the image's"))
    if known["NeedDaemonReload"]:
        doubts.append(
            reason(
                fr=f"{unit} : son fichier a changé depuis que systemd l'a lu",
                en=f"{unit}: its file has changed since systemd read it",
            )
        )
    started = known.get("ExecMainStartTimestamp") or math.inf  # 0 where systemd knows of no main process
    if _touched(inspector, unit, known["FragmentPath"]) > started / 1e6:
        doubts.append(
            reason(
                fr=f"{unit} : ses fichiers ont été modifiés après son démarrage",
                en=f"{unit}: its files were changed after it was started",
            )
        )
    added = [path for path in known["DropInPaths"] if states[path] != "same"]
    doubts += [
        reason(fr=f"{unit} : {path} change ce qu'il exécute", en=f"{unit}: {path} changes what it runs")
        for path in added
        if _gives_orders(inspector, path)
    ]
    named = [path for path in _commands(known["ExecStart"]) if states[path] == "differs"]
    doubts += [
        reason(fr=f"{unit} : {path} n'est pas celui de l'image", en=f"{unit}: {path} is not the image's")
        for path in named
    ]
    if int(known["MainPID"]):
        doubts += _doubts_of_main(unit, look_at_main())
        doubts += start_settings.not_kept(inspector, unit, known)
    return tuple(doubts)


def compared(inspector: HostInspector, paths: Sequence[str], placed: Mapping[str, str]) -> dict[str, str]:
    """Return for each path how it is to the image (``HostInspector.compare``); what the plan placed is the ``same``."""
    states = inspector.compare(paths) if paths else {}
    ours = (path for path, state in states.items() if state in {"differs", "new"} and path in placed)
    return states | {p: "same" for p in ours if (inspector.read(p, "sha256") or b"").decode() == placed[p]}


def _gives_orders(inspector: HostInspector, path: str) -> bool:
    """Return whether a drop-in may change what its unit runs; one that is masked (systemd.unit(5)) says nothing."""
    seen = inspector.file(path)
    if (seen.kind, seen.path) == ("device", "/dev/null"):
        return False
    lines = _END_OF_LINE.split((inspector.read(path) or b"").decode("utf-8", errors="replace"))
    return not all(_HARMLESS.fullmatch(line) for line in lines)


def _touched(inspector: HostInspector, unit: str, fragment: str) -> float:
    """Return when a unit's file or the folders of its drop-ins were last changed, in seconds since 1970.

    They may be the image's again while the unit still runs as they said meanwhile. What only lasts until the next
    boot counts with its whole folder: such a drop-in's own folder may have been removed with it.
    """
    template = re.sub(r"@.*\.", "@.", unit)
    folders = [f"{folder}/{name}.d" for folder in _FOLDERS for name in dict.fromkeys((unit, template))]
    paths = (*([fragment] if fragment else ()), *folders, "/run/systemd/system")
    return max(seen.ctime for seen in inspector.statuses(paths))


def _doubts_of_main(unit: str, main: ProcessState | None) -> Sequence[str]:
    if main is None:
        return [reason(fr=f"{unit} : son processus principal n'existe plus", en=f"{unit}: its main process has gone")]
    return [reason(fr=f"{unit} : {doubt}", en=f"{unit}: {doubt}") for doubt in doubts_of_process(main)]


def _commands(commands: Any) -> list[str]:  # noqa: ANN401 (D-Bus: a(sasbttttuii))
    """Return the files that a unit's commands name: programs, and scripts given to an interpreter."""
    return list(dict.fromkeys(w for _, words, *_ in commands for w in words if w.startswith("/")))


def _key_of_unit(
    inspector: HostInspector, unit: str, everything: Mapping[int, ProcessState], placed: Mapping[str, str]
) -> str | None:
    """Return by what the looks at a unit are known; None for one without a process that can be told from others."""
    tops = sorted(Instant.of(p) for p in everything.values() if p.unit == unit and is_top(p, everything))
    if not tops or not all(top.image_start for top in tops):
        return None
    return json.dumps(["unit", inspector.name, unit, bool(placed), hashlib.sha256(repr(tops).encode()).hexdigest()])


def host_of(key: str) -> str:
    """Return the host of which something is shared under a key."""
    return str(json.loads(key)[1])


def no_longer_so(inspector: HostInspector, relied_on: Mapping[str, str], placed: Mapping[str, str]) -> dict[str, str]:
    """Look again at what checks relied on, after the last answer; return what does not hold, with the reason.

    Args:
        inspector: a host, of which nothing is shared.
        relied_on: what was found earlier, by the key under which it is shared.
        placed: see ``doubts_of_unit``.

    Raises:
        BreakfixError: the host cannot be looked at.
    """
    keys = {key: json.loads(key) for key in relied_on}
    instants = {
        key: Instant(*(parts[2:] if parts[0] == "process" else json.loads(relied_on[key])))
        for key, parts in keys.items()
    }
    everything = by_pid(inspector.processes(sorted({instant.pid for instant in instants.values()})))
    failed = {}
    for key, (kind, _, what, *more) in keys.items():
        process = everything.get(instants[key].pid)
        if process is None or not instants[key].is_of(process):
            failed[key] = f"process {instants[key].pid} has gone, or runs another program"
            continue
        if kind == "process":
            doubts = doubts_of_process(process)
        else:
            doubts = _doubts_of_unit_with(process, inspector, what, placed if more[0] else {})
        if doubts:
            failed[key] = text_of("; ".join(doubts)).en
    return failed


def _doubts_of_unit_with(
    main: ProcessState, inspector: HostInspector, unit: str, placed: Mapping[str, str]
) -> tuple[str, ...]:
    """Return what speaks against a unit being its image's with the main process that it had."""
    known = inspector.unit(unit, *_PROPERTIES).properties
    doubts = _doubts_of_known(inspector, unit, known, placed, lambda: main)
    return doubts if int(known["MainPID"]) == main.pid else (*doubts, f"{unit} has another main process")
