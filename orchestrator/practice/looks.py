"""Passing looks at a class's labs from outside: which hosts live, and what was typed and changed last in them.

Nothing is graded, nobody is logged in, and nothing runs in a host. One question goes to the engine and one to the
fabric helper, for all labs together; the engine is asked once more of each lab of which hosts are off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from orchestrator.core.control_characters import in_one_line
from orchestrator.core.errors import BreakfixError, LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostActivity, HostRef
from orchestrator.instances.instance import RUNNING, STOPPED, HostState, Instance
from orchestrator.labs import Labs
from orchestrator.records.journal import now

Life = Literal["up", "booting", "paused", "down", "unknown"]
"""A host's systemd runs; it has not begun yet; it is paused; it does not run; nobody could look."""

_PAUSED: Final = "paused"
"""Docker's word for a host that is paused (frozen)."""
_LONGEST: Final = 100
"""Characters of a file's name that are shown: its end."""


@dataclass(frozen=True)
class HostLook:
    """What a look found of a host.

    Attributes:
        host: its name.
        life: whether it lives.
        typed_at: when something was last typed at one of its terminals; None where none is open.
        changed_at: when one of its files was last changed; None where none was.
        changed: that file, in one line without control characters.
        trouble: what could not be seen; None where all could.
    """

    host: str
    life: Life
    typed_at: datetime | None = None
    changed_at: datetime | None = None
    changed: str = ""
    trouble: Text | None = None


@dataclass(frozen=True)
class LabLook:
    """What a look found of a lab.

    Attributes:
        at: when it was made; None where none could be made yet.
        hosts: its hosts, by name.
        trouble: why it could not be made, so that this is an earlier one's, or what is wrong; None where all is well.
        gone: whether there is no such lab.
        saved: whether its hosts are off until somebody resumes it.
    """

    at: datetime | None = None
    hosts: tuple[HostLook, ...] = ()
    trouble: BreakfixError | None = None
    gone: bool = False
    saved: bool = False

    @property
    def up(self) -> int:
        """Return how many hosts live."""
        return sum(host.life == "up" for host in self.hosts)

    @property
    def typed(self) -> HostLook | None:
        """Return the host in which something was typed last, or None."""
        return _last(self.hosts, lambda host: host.typed_at)

    @property
    def changed(self) -> HostLook | None:
        """Return the host in which something was changed last, or None."""
        return _last(self.hosts, lambda host: host.changed_at)


def _last(hosts: Iterable[HostLook], when: Callable[[HostLook], datetime | None]) -> HostLook | None:
    dated = [(at, number, host) for number, host in enumerate(hosts) if (at := when(host)) is not None]
    return max(dated)[2] if dated else None


class LabLooks:
    """Looks at labs, and remembers what was last seen of each."""

    def __init__(self, labs: Callable[[], Labs]) -> None:
        """Take what returns the labs of this machine."""
        self._labs = labs
        self._seen: dict[str, LabLook] = {}

    def at(self, names: Collection[str]) -> Mapping[str, LabLook]:
        """Look at labs, by name. Whatever goes wrong is in the looks: where nobody answers, the earlier ones stay."""
        if not names:
            return {}
        try:
            labs = self._labs()
            there = {one.name: one for one in labs.running.all() if one.name in names}
            off = [one for one in there.values() if any(host.state in STOPPED for host in one.hosts)]
            saved = {one.name for one in off if labs.running.state_of(one) == "saved"}
        except BreakfixError as error:
            return {name: replace(self._seen.get(name, LabLook()), trouble=error) for name in names}
        silent: BreakfixError | None = None
        told: Mapping[HostRef, HostActivity] = {}
        try:
            told = labs.running.activity(there.values())
        except BreakfixError as error:
            silent = error
        for name in names:
            if name not in there:
                self._seen[name] = LabLook(now(), trouble=_no_lab(name), gone=True)
            elif name in saved:
                hosts = tuple(HostLook(host.name, _life(host) or "down") for host in there[name].hosts)
                self._seen[name] = LabLook(now(), hosts, saved=True)
            elif silent is not None:
                self._seen[name] = self._without_helper(there[name], silent)
            else:
                self._seen[name] = _look_of(there[name], told, self._seen.get(name, LabLook()))
        return {name: self._seen[name] for name in names}

    def _without_helper(self, instance: Instance, error: BreakfixError) -> LabLook:
        """Return what the engine alone tells, with what an earlier look saw of each host."""
        earlier = self._seen.get(instance.name, LabLook())
        known = {host.host: host for host in earlier.hosts}
        hosts = tuple(
            replace(known.get(host.name, HostLook(host.name, "unknown")), life=_life(host) or "unknown")
            for host in instance.hosts
        )
        return LabLook(earlier.at, hosts, error)


def _look_of(instance: Instance, told: Mapping[HostRef, HostActivity], earlier: LabLook) -> LabLook:
    known = {host.host: host for host in earlier.hosts}
    hosts = tuple(
        _host_look(host, told.get(HostRef(instance.name, host.name)), known.get(host.name)) for host in instance.hosts
    )
    return LabLook(now(), hosts, _trouble(instance, hosts))


def _host_look(host: HostState, told: HostActivity | None, earlier: HostLook | None) -> HostLook:
    life = _life(host)
    if life is not None or told is None:
        return HostLook(host.name, life or "unknown")
    if not told.runs:  # it has just ended
        return HostLook(host.name, "down")
    trouble = None
    if told.trouble:
        why = in_one_line(told.trouble, _LONGEST)
        trouble = Text(fr=f"{host.name} : {why}", en=f"{host.name}: {why}")
    elif not (told.whole or told.late):
        trouble = Text(
            fr=f"{host.name} : trop de fichiers pour tout regarder",
            en=f"{host.name}: too many files to look at all of them",
        )
    look = HostLook(
        host.name,
        "up" if told.booted else "booting",
        _moment(told.typed),
        _moment(told.changed),
        in_one_line(told.path, _LONGEST),
        trouble,
    )
    if told.late and earlier is not None and earlier.changed_at is not None:  # what was changed since is not seen yet
        newest = _last((earlier, look), lambda one: one.changed_at) or earlier
        look = replace(look, changed_at=newest.changed_at, changed=newest.changed)
    return look


def _life(host: HostState) -> Life | None:
    """Return what the engine tells of a host; None where it runs, and the helper has to be asked."""
    if host.state == RUNNING:
        return None
    return "paused" if host.state == _PAUSED else "down"


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _trouble(instance: Instance, hosts: tuple[HostLook, ...]) -> LabError | None:
    """Return what is wrong with a lab's hosts, in one sentence; None where nothing is."""
    found = []
    for life, words in (
        ("down", Text(fr="à l'arrêt", en="down")),
        ("paused", Text(fr="en pause", en="paused")),
        ("booting", Text(fr="en train de démarrer", en="booting")),
        ("unknown", Text(fr="état inconnu", en="state unknown")),
    ):
        names = ", ".join(host.host for host in hosts if host.life == life)
        if names:
            found.append(Text(fr=f"{names} : {words.fr}", en=f"{names}: {words.en}"))
    missing = instance.expected - len(hosts)
    if missing > 0:
        found.append(Text(fr=f"machines disparues : {missing}", en=f"hosts that are gone: {missing}"))
    found += [host.trouble for host in hosts if host.trouble is not None]
    if not found:
        return None
    return LabError(Text(fr=" ; ".join(text.fr for text in found), en="; ".join(text.en for text in found)))


def _no_lab(name: str) -> LabError:
    return LabError(Text(fr=f"Le lab {name} n'existe plus.", en=f"The lab {name} is gone."))
