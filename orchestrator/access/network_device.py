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
    """How one kind of device behaves.

    Attributes:
        refusal: a regular expression for the words with which it refuses a line.
        save: what saves its configuration; empty where each line is.
        notes: patterns of the files in which it notes what was typed, and how it was configured before.
    """

    refusal: str
    save: str = ""
    notes: tuple[str, ...] = ()


_CISCO = _Dialect(
    refusal=r"% .*",
    save="write memory",
    notes=("/home/{user}/.history_frr", "/etc/frr/frr.conf.sav", "/var/lib/frr/commit-*"),
)
_LINUX = _Dialect(refusal=r"(?:ovs-\w+|-?bash|sudo): .*")
"""Commands of a Linux switch: what Open vSwitch is told is kept at once."""

_KEEP = """\
kept=$(mktemp /run/notes.XXXXXX)
tar -cPf "$kept" --ignore-failed-read -T /dev/null -- $(ls -d $* 2>/dev/null)
echo "$kept"
"""
_TAKE_BACK = """\
user=$1 kept=$2; shift 2
for _ in $(seq 40); do pgrep -u "$user" > /dev/null || break; sleep 0.05; done
rm -f $*
tar -xPpf "$kept" && rm "$kept"
"""
"""Scripts for sh(1); a session's shell writes its notes as it ends, so its end is waited for, two seconds at most: a
trainee may work on the device too."""


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
    """Log in to a device over SSH and log out at the end; what the device has noted of the session is taken back.

    Else a fault's own lines would stand in the history of the account with which a trainee logs in.

    Raises:
        LabError: the device does not answer or refuses the login.
    """
    dialect = _LINUX if device.type == "linux" else _CISCO
    with _without_notes(fabric, target, device.user, dialect), _session(fabric, target, device) as connection:
        yield OpenDevice(target, connection, dialect)


@contextmanager
def _without_notes(fabric: Fabric, target: HostRef, user: str, dialect: _Dialect) -> Iterator[None]:
    """Have a device's notes afterwards as they were before."""
    notes = [pattern.format(user=user) for pattern in dialect.notes]
    if not notes:
        yield
        return
    kept = fabric.run(target, ("sh", "-c", _KEEP, "sh", *notes)).stdout.decode().strip()
    try:
        yield
    finally:
        fabric.run(target, ("sh", "-c", _TAKE_BACK, "sh", user, kept, *notes))


@contextmanager
def _session(fabric: Fabric, target: HostRef, device: Device) -> Iterator[BaseConnection]:
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
        yield connection
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
