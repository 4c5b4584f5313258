"""What the rest of the program asks of the fabric: cables, commands, terminals and sockets in hosts."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from orchestrator.errors import LabError


class HostUnreachableError(LabError):
    """The host does not run, or the fabric cannot enter it."""


class CommandTimeoutError(LabError):
    """A command did not end in time and was killed."""


@dataclass(frozen=True)
class HostRef:
    """Names one host of one instance."""

    instance: str
    host: str

    def __str__(self) -> str:
        """Return ``instance/host``."""
        return f"{self.instance}/{self.host}"


@dataclass(frozen=True)
class Completed:
    """A command that ended: exit status (negative: killed by that signal), and its output as bytes.

    ``truncated`` says that more was printed than the fabric passes on (4 MiB).
    """

    status: int
    stdout: bytes
    stderr: bytes
    truncated: bool = False


@dataclass(frozen=True)
class PortState:
    """One cable as it is now.

    Attributes:
        segment: the segment that it is cabled to (not always the plan's).
        plugged: whether the cable is in.
        mtu: bytes.
        rate: bits per second, or None where unlimited.
        loss: percent of frames lost.
    """

    host: str
    interface: str
    segment: str
    plugged: bool
    mtu: int = 1500
    rate: int | None = None
    loss: int = 0


class Fabric(Protocol):
    """The fabric. A Fabric object is used by one thread at a time; ``session`` gives another thread its own."""

    def session(self) -> Fabric:
        """Return an independent connection to the same fabric."""

    def wait_ready(self, instance: str, hosts: Sequence[str], *, timeout: float) -> None:
        """Wait until every host is wired and systemd says that its boot is finished.

        Raises:
            LabError: a host was not ready in ``timeout`` seconds; the error names the hosts.
        """

    def run(
        self,
        target: HostRef,
        argv: Sequence[str],
        *,
        timeout: float = 20.0,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a command in a host, within its limits and with no more rights than its own root.

        A command that does not exist gives status 127, one that cannot be executed 126.

        Raises:
            HostUnreachableError: the host does not run.
            CommandTimeoutError: the command was killed after ``timeout`` seconds.
        """

    def observe(
        self,
        instance: str,
        segment: str,
        address: str,
        argv: Sequence[str],
        *,
        gateway: str = "",
        timeout: float = 20.0,
    ) -> Completed:
        """Run a tool of the helper's own on a segment, from a station that exists only for this command.

        Args:
            instance: the instance.
            segment: the segment that the station is plugged into.
            address: the station's address with prefix length, or ``""`` for none.
            argv: the command; the tools are the helper image's, none of the trainee's.
            gateway: the station's default gateway, or ``""`` for none: it sees its own segment only.
            timeout: seconds.
        """

    def terminal(self, target: HostRef, argv: Sequence[str], *, rows: int, columns: int) -> int:
        """Start a command on a new terminal in a host and return the terminal's master file descriptor.

        The file descriptor reads an end of file (or EIO) when the command ends.
        """

    def connect(self, target: HostRef, port: int, *, address: str = "127.0.0.1", timeout: float = 5.0) -> socket.socket:
        """Return a TCP socket connected from inside a host's network."""

    def ports(self, instance: str) -> tuple[PortState, ...]:
        """Return every cable of an instance as it is now."""

    def set_port(
        self,
        target: HostRef,
        interface: str,
        *,
        plugged: bool | None = None,
        segment: str | None = None,
        mtu: int | None = None,
        rate: int | None = None,
        loss: int | None = None,
    ) -> None:
        """Change a cable; what is None stays. ``rate=0`` lifts the limit.

        Raises:
            LabError: the instance has no such host, interface or segment.
        """

    def close(self) -> None:
        """Close the connection."""

    def __enter__(self) -> Fabric:
        """Return the fabric itself."""

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
