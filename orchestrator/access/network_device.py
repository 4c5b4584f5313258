"""Configuring network devices over SSH with netmiko, through a socket opened inside the lab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from netmiko import ConnectHandler
from netmiko.base_connection import BaseConnection
from netmiko.exceptions import NetmikoBaseException

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef
from orchestrator.model.image import Device

_SSH = 22


@dataclass(frozen=True)
class _Dialect:
    """How one kind of device refuses a line (a regular expression), and what saves its configuration."""

    refusal: str
    save: str = ""


_CISCO = _Dialect(refusal=r"% .*", save="write memory")
_LINUX = _Dialect(refusal=r"(?:ovs-\w+|-?bash|sudo): .*")
"""Commands of a Linux switch: what Open vSwitch is told is kept at once."""


class OpenDevice:
    """A command line of a network device."""

    def __init__(self, target: HostRef, connection: BaseConnection, dialect: _Dialect) -> None:
        """Wrap an established netmiko connection."""
        self._target = target
        self._connection = connection
        self._dialect = dialect

    def show(self, command: str) -> str:
        """Return what a command prints."""
        return str(self._connection.send_command(command, read_timeout=20))

    def configure(self, lines: Sequence[str], *, save: bool) -> str:
        """Enter configuration lines, and save the configuration where asked; return the dialogue.

        Raises:
            LabError: the device refused a line.
        """
        try:
            output = str(self._connection.send_config_set(list(lines), error_pattern=self._dialect.refusal))
        except NetmikoBaseException as error:
            raise _refused(self._target, str(error)) from error
        if save and self._dialect.save:
            output += str(self._connection.send_command(self._dialect.save, read_timeout=20))
        return output


@contextmanager
def open_device(fabric: Fabric, target: HostRef, device: Device) -> Iterator[OpenDevice]:
    """Log in to a device over SSH and log out at the end.

    Raises:
        LabError: the device does not answer or refuses the login.
    """
    transport = fabric.connect(target, _SSH)
    try:
        connection = ConnectHandler(
            device_type=device.type,
            host=target.host,
            username=device.user,
            password=device.password,
            sock=transport,
        )
    except NetmikoBaseException as error:
        transport.close()
        raise _refused(target, str(error)) from error
    try:
        yield OpenDevice(target, connection, _LINUX if device.type == "linux" else _CISCO)
    finally:
        connection.disconnect()


def _refused(target: HostRef, reason: str) -> LabError:
    first = reason.strip().splitlines()[0] if reason.strip() else "?"
    return LabError(
        Text(
            fr=f"L'équipement {target.host} refuse : {first}",
            en=f"The device {target.host} refuses: {first}",
        ),
        evidence=reason,
    )
