"""testinfra's module ``service``, by the host's systemd."""

from __future__ import annotations

import functools
import json
from typing import Any

import testinfra.host
import testinfra.modules.service

from grader.bilingual import reason
from grader.host_inspector import HostInspector, inspector_of
from grader.testinfra_modules.boot import starts_at_boot

_RUNNING = frozenset({"active", "reloading", "refreshing"})
"""What ``systemctl is-active`` ends with 0 for."""
_ENABLED = frozenset({"enabled", "enabled-runtime", "static", "alias", "indirect"})
"""What ``systemctl is-enabled`` ends with 0 for, but for ``generated``: then the runlevels' links decide."""


class Service(testinfra.modules.service.SystemdService):
    """A unit, as the host's systemd itself says, asked over its own socket."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Service]:  # noqa: ARG003 (testinfra's signature)
        """Return this class; testinfra would look for systemd's folder in the host."""
        return cls

    @property
    def unit(self) -> str:
        """Return the unit's full name."""
        return str(self.name) if _is_full(str(self.name)) else f"{self.name}.service"

    @property
    def exists(self) -> bool:
        """Return whether systemd knows the unit."""
        return bool(self._property("Unit.LoadState") != "not-found")

    @property
    def is_running(self) -> bool:
        """Return whether the unit is active."""
        return str(self._property("Unit.ActiveState")) in _RUNNING

    @property
    def is_enabled(self) -> bool:
        """Return whether the unit starts with the host, as every boot comes past it.

        Raises:
            RuntimeError: a unit that is no service is in no state that says so.
        """
        state = self._state
        if state in _ENABLED:
            return starts_at_boot(inspector_of(self), self.unit)
        if state == "disabled":
            return False
        if not _is_full(str(self.name)):
            return _has_runlevel_link(inspector_of(self), str(self.name))
        raise RuntimeError(
            reason(
                fr=f"L'état de {self.name} ne peut pas être déterminé. Ce service existe-t-il ?",
                en=f"Unable to determine state of {self.name}. Does this service exist?",
            )
        )

    @property
    def is_masked(self) -> bool:
        """Return whether the unit is masked."""
        return self._state == "masked"

    @functools.cached_property
    def systemd_properties(self) -> dict[str, Any]:
        """Return the unit's properties by their names in ``systemctl show``, with the values of D-Bus."""
        return dict(inspector_of(self).unit(self.unit).properties)

    @property
    def main_pid(self) -> int:
        """Return the unit's main process as the host numbers it; 0 for none."""
        return int(self._property("Service.MainPID"))

    @property
    def user(self) -> str:
        """Return the account that the unit's ``User=`` names, or ``root``."""
        return str(self._property("Service.User")) or "root"

    def systemd_property(self, name: str) -> Any:  # noqa: ANN401 (whatever D-Bus gives)
        """Return a property of the unit by its interface and name, such as ``Service.ExecStart``."""
        return self._property(name)

    @property
    def is_genuine(self) -> bool:
        """Return whether the unit is its image's, runs, and runs the image's program; ``doubts`` says why not."""
        return not self.doubts

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return what of the running unit is not its image's: its file, its command, its main process's code."""
        from grader.identity import doubts_of_unit  # noqa: PLC0415 (few checks ask)

        return doubts_of_unit(inspector_of(self), self.unit)

    @property
    def _state(self) -> str:
        return inspector_of(self).unit(self.unit, "Unit.LoadState").file_state

    def _property(self, name: str) -> Any:  # noqa: ANN401 (whatever D-Bus gives)
        return inspector_of(self).unit(self.unit, name).properties[name.partition(".")[2]]


def _is_full(name: str) -> bool:
    """Return whether a unit's name has a suffix."""
    return name.rpartition(".")[2] in testinfra.modules.service.SystemdService.suffix_list


def _has_runlevel_link(inspector: HostInspector, name: str) -> bool:
    """Return whether a service without a unit file of its own is started by a runlevel (``/etc/rc?.d/S??name``)."""
    for level in "0123456S":
        names = inspector.read(f"/etc/rc{level}.d", "entries")
        if names is not None and any(n[:1] == "S" and n[3:] == name for n in json.loads(names)):
            return True
    return False
