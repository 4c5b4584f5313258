"""Looking at a lab: its sound state is kept once, and in what it differs from it is told later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef, ObjectChange, States
from orchestrator.sound_state import daemon_state, open_places, runtime_units, service_state
from orchestrator.sound_state.found_applications import FOUND, found_on, without_news
from orchestrator.sound_state.long_files import with_long_texts
from orchestrator.sound_state.openldap_state import OpenldapState
from orchestrator.sound_state.package_state import PackageState
from orchestrator.sound_state.postgresql_state import PostgresqlState
from orchestrator.sound_state.provider import ApplicationProvider, Objects, RunInHost
from orchestrator.sound_state.running_rules import with_plain_filters
from orchestrator.sound_state.samba_ad_state import SambaAdState

_APPLICATIONS: Final[Sequence[ApplicationProvider]] = (
    OpenldapState(),
    PackageState(),
    PostgresqlState(),
    SambaAdState(),
)
APPLICATIONS: Final[Mapping[str, ApplicationProvider]] = {one.name: one for one in _APPLICATIONS} | FOUND
"""What tells of applications, by the names that images state, and of those that are found."""
_LONG_ENOUGH = 60.0
"""Seconds for one look: it takes tenths of one, where thirty labs do not start at once."""
_ALIVE = frozenset({"active", "activating", "reloading"})
"""States of a unit (``ActiveState``) that does its work, whether it has a process or not."""


def keep_sound_state(fabric: Fabric, instance: str, hosts: Mapping[str, Sequence[str]]) -> None:
    """Keep what state a lab is in as its sound state.

    Args:
        fabric: reaches the hosts.
        instance: the lab.
        hosts: each host with its applications.

    Raises:
        LabError: a host cannot be looked at.
    """
    fabric.keep_states(instance, list(hosts), _applications(fabric, instance, hosts), timeout=_LONG_ENOUGH)


def changes_since(
    fabric: Fabric, instance: str, hosts: Mapping[str, Sequence[str]], *, timeout: float = _LONG_ENOUGH
) -> tuple[tuple[ObjectChange, ...], tuple[str, ...]]:
    """Return in what a lab is not in its sound state, and of which hosts that was not kept.

    Args:
        fabric: reaches the hosts.
        instance: the lab.
        hosts: each host with its applications.
        timeout: seconds that each look may take.

    Raises:
        LabError: a host cannot be looked at.
    """
    more = _applications(fabric, instance, hosts, timeout)
    found, missing = fabric.state_changes(instance, list(hosts), more, timeout=timeout)
    told = with_long_texts(fabric, instance, found)
    known = map(with_plain_filters, without_news(told))
    return tuple(change for change in known if not _runs_without_processes(fabric, instance, change)), missing


def _applications(
    fabric: Fabric, instance: str, hosts: Mapping[str, Sequence[str]], timeout: float = _LONG_ENOUGH
) -> States:
    """Return what states applications are in, and what else the program looks for in each host."""
    found: dict[str, dict[str, Objects]] = {}
    for host, stated in hosts.items():
        target = HostRef(instance, host)
        run = _runner(fabric, target, timeout)
        found[host] = {name: APPLICATIONS[name].look(run) for name in (*stated, *found_on(fabric, target))}
        if told := daemon_state.daemons(fabric.processes(target)):
            found[host][daemon_state.NAME] = told
        found[host][open_places.NAME] = open_places.open_places(fabric, target)
        found[host][runtime_units.NAME] = runtime_units.runtime_units(fabric, target)
    return found


def _runner(fabric: Fabric, target: HostRef, timeout: float) -> RunInHost:
    def run(argv: Sequence[str], stdin: bytes) -> str:
        done = fabric.run(target, argv, stdin=stdin, vouched=True, timeout=timeout)
        if done.changed:
            what = ", ".join(done.changed)
            raise LabError(
                Text(
                    fr=f"{target.host} : les outils de la machine ne sont plus ceux de son image : {what}",
                    en=f"{target.host}: the host's tools are not its image's any more: {what}",
                )
            )
        if done.status:
            said = done.stderr.decode(errors="replace").strip()
            raise LabError(
                Text(
                    fr=f"{target.host} : l'état de {argv[0]} ne peut pas être lu : {said}",
                    en=f"{target.host}: the state of {argv[0]} cannot be read: {said}",
                )
            )
        return done.stdout.decode(errors="replace")

    return run


def _runs_without_processes(fabric: Fabric, instance: str, change: ObjectChange) -> bool:
    """Return whether a service only has no process any more, and is not ended for that.

    What it has started may be started by hand instead: a DHCP client, for instance. One that does something once
    (``oneshot``) may have been at it when the lab was sound.
    """
    if change.provider != service_state.NAME or {**change.now, "runs": "yes"} != change.before:
        return False
    asked = ["Unit.ActiveState", "Service.Type"] if change.object.endswith(".service") else ["Unit.ActiveState"]
    said = fabric.unit(HostRef(instance, change.host), change.object, asked).properties
    return said.get("ActiveState") in _ALIVE or said.get("Type") == "oneshot"
