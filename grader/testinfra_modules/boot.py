"""Whether a unit starts with its host: what systemd calls enabled may hang below a target that no boot reaches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.host_inspector import HostInspector

_REACHED = frozenset(
    f"{name}.target" for name in ("default", "basic", "sysinit", "local-fs", "sockets", "timers", "paths")
)
"""What every boot reaches (bootup(7))."""
_GRAPHICAL, _MULTI_USER = "graphical.target", "multi-user.target"
"""What a boot reaches where the default target is it, or requires it: the first one requires the second."""
_BY_LINKS = frozenset({"enabled", "alias"})
"""States of a unit that links on the disk start."""
_BY_OTHERS = frozenset({"static", "indirect", "enabled-runtime"})
"""States of a unit that other units' files name, or a generator."""
_PERSISTENT = ("/etc/systemd/system", "/usr/lib/systemd/system")
_UNTIL_REBOOT = "/run/systemd/system"
_LINKS = ("wants", "requires", "upholds")
_PARENTS = ("WantedBy", "RequiredBy", "UpheldBy")


def starts_at_boot(inspector: HostInspector, unit: str) -> bool:
    """Return whether a unit is enabled in a way that a boot comes past: by links that last, below what boots reach.

    Args:
        inspector: the host.
        unit: the unit's full name.
    """
    return _starts(inspector, unit, set())


def _starts(inspector: HostInspector, unit: str, seen: set[str]) -> bool:
    if unit in _REACHED or _is_default(inspector, unit):
        return True
    if unit in seen:
        return False
    seen.add(unit)
    known = inspector.unit(unit, "Unit.Id", "Unit.Names", *(f"Unit.{parent}" for parent in _PARENTS))
    names = {unit, known.properties.get("Id", unit), *known.properties.get("Names", ())}
    if known.file_state in _BY_LINKS:
        return any(
            _starts(inspector, parent, seen) for folder in _PERSISTENT for parent in _above(inspector, folder, names)
        )
    if known.file_state in _BY_OTHERS:
        parents = {parent for key in _PARENTS for parent in known.properties.get(key, ())}
        return any(
            _starts(inspector, parent, seen)
            for parent in sorted(parents - set(_above(inspector, _UNTIL_REBOOT, names)))
        )
    return False


def _is_default(inspector: HostInspector, unit: str) -> bool:
    """Return whether a target is what the host boots into, or the default one requires it; Debian's is graphical."""
    if not unit.endswith(".target"):
        return False
    default = inspector.unit("default.target", "Unit.Id").properties.get("Id", _GRAPHICAL)
    return unit == default or (unit, default) == (_MULTI_USER, _GRAPHICAL)


def _above(inspector: HostInspector, folder: str, names: Iterable[str]) -> list[str]:
    """Return the units that have a link to one of some names in a folder of units: ``multi-user.target.wants/…``."""
    found = []
    for row in inspector.tree(folder):
        parent, _, name = row.path.rpartition("/")
        unit, _, kind = parent.rpartition(".")
        if kind in _LINKS and name in names:
            found.append(unit)
    return found
