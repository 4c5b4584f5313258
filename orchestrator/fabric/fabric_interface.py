"""What the rest of the program asks of the fabric: cables, commands, terminals and sockets in hosts."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from orchestrator.core.errors import LabError

HELPER_IMAGE = "fabric"
"""The folder of the helper's image."""

OUTSIDE_TIME = 10.0
"""Seconds for one look at a host from outside; it takes milliseconds."""


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

    ``truncated`` says that more was printed than the fabric passes on (4 MiB). ``changed`` names, where that was asked
    for, what of the host's tools is not its image's: what such tools print says nothing.
    """

    status: int
    stdout: bytes
    stderr: bytes
    truncated: bool = False
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitState:
    """What a host's systemd says of a unit.

    Attributes:
        file_state: as ``systemctl is-enabled`` prints it (``enabled``, ``masked``...); empty for no unit file.
        properties: those asked for, by their names in ``systemctl show``, with the values of D-Bus.
    """

    file_state: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class FileState:
    """What is at a path of a host.

    Attributes:
        exists: whether there is anything; the rest says nothing otherwise.
        kind: ``file``, ``directory``, ``symlink``, ``fifo``, ``socket`` or ``device``.
        mode: the permission bits.
        uid: the owner's number.
        gid: the group's number.
        size: bytes.
        mtime: seconds since 1970.
        ctime: when its content, its name or its rights were last changed, which a host cannot choose.
        inode: the number of the inode.
        path: the path without any link in it; of an entry of a tree, relative to its root.
        target: where a link leads, as it says.
        capabilities: of a program, what it may do whoever starts it, as getcap(8) prints it; told with ``rights``.
    """

    exists: bool = True
    kind: str = ""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    ctime: float = 0.0
    inode: int = 0
    path: str = ""
    target: str = ""
    capabilities: str = ""


@dataclass(frozen=True)
class SocketState:
    """A socket of a host.

    Attributes:
        protocol: ``tcp``, ``udp`` or ``unix``.
        state: ``listening``, ``established`` or ``unconnected`` (UDP).
        address: the address, or a Unix socket's path.
        port: the port.
        remote: the other end's address.
        remote_port: the other end's port.
        only_v6: whether an IPv6 socket refuses IPv4.
        uid: who made it.
        inode: the number of the socket.
        file: the inode of the file that a Unix socket is bound to, whatever its name is now; 0 where unknown.
        pids: the host's processes that hold it, as the host numbers them.
    """

    protocol: str
    state: str
    address: str
    port: int = 0
    remote: str = ""
    remote_port: int = 0
    only_v6: bool = False
    uid: int = 0
    inode: int = 0
    file: int = 0
    pids: Sequence[int] = ()


@dataclass(frozen=True)
class ProcessState:
    """A process of a host, as the host numbers it.

    Attributes:
        pid: its number.
        ppid: its parent's.
        state: the letter of ps(1).
        comm: its name, which it can choose.
        args: its command line, which it can choose as well.
        uid: whose rights it has.
        gid: the group.
        ticks: the processor time that it used, in clock ticks.
        started: when it began, in clock ticks after the machine.
        virtual: bytes of address space.
        resident: bytes of memory.
        executable: the path of the file that it runs.
        unit: the unit in whose control group it is.
        image_start: where the kernel put what it executes, its stack and its arguments, which is drawn anew at each
            execve(2); empty where the kernel does not say, or draws nothing.
        image: whether its executable is its image's: ``same``, ``differs``, ``new``; empty where it was not asked for.
        foreign: the files that it runs code from and that are not its image's.
    """

    pid: int
    ppid: int = 0
    state: str = ""
    comm: str = ""
    args: str = ""
    uid: int = 0
    gid: int = 0
    ticks: int = 0
    started: int = 0
    virtual: int = 0
    resident: int = 0
    executable: str = ""
    unit: str = ""
    image_start: str = ""
    image: str = ""
    foreign: Sequence[str] = field(default=())


@dataclass(frozen=True)
class ForwardingState:
    """What decides where a host sends packets.

    Attributes:
        rules: its packet filters, as nft(8) lists them in JSON.
        queues: the queues of its interfaces: ``kind`` and ``dev`` of each.
        routes: its IPv4 routing tables, as ip(8) lists them in JSON.
        old_tables: the tables of the kernel's older packet filter, whose rules nft(8) does not show.
    """

    rules: Sequence[Mapping[str, Any]] = ()
    queues: Sequence[Mapping[str, Any]] = ()
    routes: Sequence[Mapping[str, Any]] = ()
    old_tables: Sequence[str] = ()


@dataclass(frozen=True)
class Addressing:
    """For whom a host answers.

    Attributes:
        own: the text of its ``/proc/net/fib_trie``: what it takes for its own, by whichever routing table.
        neighbours: the text of its ``/proc/net/arp``.
        for_others: the settings by which its kernel answers ARP in others' place, by path, where they are not 0.
    """

    own: str = ""
    neighbours: str = ""
    for_others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NetworkState:
    """What decides where packets go in a lab, by host; a host that does not run has no addressing."""

    addressing: Mapping[str, Addressing]
    forwarding: Mapping[str, ForwardingState]


States: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]
"""What is known of hosts' states: host → provider → object → field → value."""


@dataclass(frozen=True)
class ObjectChange:
    """An object of a host that is not as it was in its sound state.

    Attributes:
        host: the host's name.
        provider: what tells of it: ``files`` (what was written), ``services`` (what starts and what runs) ...
        object: a path, a unit ...
        before: its fields in the sound state, empty where there was no such object. A file's: ``kind``, ``mode``,
            ``owner``, ``content``, and ``key``, the digest of a secret key in it. A unit's: what it is ``pulled`` in
            by, whether it is ``masked``, and whether it ``runs``.
        now: its fields now, empty where there is no such object.
    """

    host: str
    provider: str
    object: str
    before: Mapping[str, str]
    now: Mapping[str, str]


@dataclass(frozen=True)
class StateChange:
    """A field of an object that is not as it was; None where there was none, or is none."""

    host: str
    provider: str
    object: str
    field: str
    before: str | None
    now: str | None


@dataclass(frozen=True)
class HostActivity:
    """What a passing look from outside tells of a host; times are seconds since 1970, as the machine counts them.

    Attributes:
        runs: whether its first process lives; the rest says nothing otherwise.
        booted: whether that is systemd already.
        typed: when something was last typed at one of its terminals, to eight seconds; None where none is open.
        changed: when something that it has written was last changed, but what changes by itself; None: nothing was.
        path: what that was, by a name of the host's choice: its end alone where it is long.
        whole: whether all that it has written was looked at.
        late: whether time ran out before it was: a machine that is busy now, and nothing about the host.
        trouble: why it could not be looked at, for technicians; empty where it could.
    """

    runs: bool
    booted: bool = False
    typed: float | None = None
    changed: float | None = None
    path: str = ""
    whole: bool = True
    late: bool = False
    trouble: str = ""


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
    """The fabric. Several threads may ask over one object at once; ``another_connection`` gives one to close apart."""

    def another_connection(self) -> Fabric:
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
        vouched: bool = False,
    ) -> Completed:
        """Run a command in a host, within its limits and with no more rights than its own root.

        A command that does not exist gives status 127, one that cannot be executed 126. ``vouched`` asks for
        ``Completed.changed``.

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

    def tool(self, target: HostRef, argv: Sequence[str], *, timeout: float = 20.0) -> Completed:
        """Run a tool of the helper's own in a host's network; names are resolved as the host is set up to.

        Raises:
            LabError: the host's resolver files cannot be read.
        """

    def unit(
        self, target: HostRef, name: str, properties: Sequence[str] = (), *, timeout: float = OUTSIDE_TIME
    ) -> UnitState:
        """Return what a host's systemd says of a unit (a full name), asked from outside.

        Args:
            target: the host.
            name: the unit's name with its suffix.
            properties: with their interface, such as ``Unit.ActiveState``; none means all.
            timeout: seconds.

        Raises:
            LabError: whoever answers in the host is not its image's systemd, or cannot be asked.
            CommandTimeoutError: nobody answers.
        """

    def look(
        self, target: HostRef, path: str, want: str = "status", *, follow: bool = True, timeout: float = OUTSIDE_TIME
    ) -> tuple[FileState, bytes]:
        """Look at a path of a host from outside; no link leads out of the host.

        Args:
            target: the host.
            path: an absolute path.
            want: ``status``, a file's ``content`` (4 MiB at most), ``md5`` or ``sha256``, a folder's ``entries``
                (JSON: its names) or its ``tree`` (JSON: all below it as ``FileState``).
            follow: whether the last part of the path is followed when it is a link.
            timeout: seconds.

        Raises:
            LabError: it cannot be looked at in that way: a FIFO, a device, a file that does not end, a loop of links.
        """

    def sockets(
        self, target: HostRef, *, connected: bool = False, timeout: float = OUTSIDE_TIME
    ) -> tuple[SocketState, ...]:
        """Return the sockets of a host as the kernel lists them, with who holds them.

        Args:
            target: the host.
            connected: whether those of TCP connections are wanted as well; it takes the kernel some time.
            timeout: seconds.
        """

    def processes(
        self, target: HostRef, identify: Sequence[int] = (), *, timeout: float = OUTSIDE_TIME
    ) -> tuple[ProcessState, ...]:
        """Return the processes of a host; those of ``identify`` are compared with the host's image."""

    def compare(self, target: HostRef, paths: Sequence[str], *, timeout: float = OUTSIDE_TIME) -> Mapping[str, str]:
        """Return for each path whether the file there is its image's: ``same``, ``differs``, ``new``, ``missing``."""

    def changed_tools(
        self, target: HostRef, since: int | None = None, *, timeout: float = OUTSIDE_TIME
    ) -> tuple[tuple[str, ...], int]:
        """Return what of a host's commands, libraries and their settings is not its image's, and the host's time.

        Args:
            target: the host.
            since: a time that an earlier answer gave: what was touched since then counts as well.
            timeout: seconds.
        """

    def looks(
        self, target: HostRef, paths: Sequence[str], want: str = "status", *, timeout: float = OUTSIDE_TIME
    ) -> Sequence[tuple[FileState, list[Any]]]:
        """Return what is at each of some paths of a host, links followed, and what is in it where it is a folder.

        Args:
            target: the host.
            paths: absolute paths.
            want: ``status``: nothing more; ``entries``: a folder's names; ``rights``: all below it that others than
                owner and group may write, and programs with more rights than who starts them, each as ``FileState``
                has it, without links.
            timeout: seconds.

        Raises:
            LabError: one of them cannot be looked at.
        """

    def network(
        self,
        instance: str,
        *,
        addressing: Sequence[str] = (),
        forwarding: Sequence[str] = (),
        beside: Sequence[str] = (),
        timeout: float = OUTSIDE_TIME,
    ) -> NetworkState:
        """Return what decides where packets go in a lab, as the kernel has it, of several hosts in one look.

        Args:
            instance: the lab.
            addressing: the hosts of which it is asked for whom they answer; one that does not run is left out.
            forwarding: those of which it is asked where they send packets.
            beside: those of which it is asked as well; one that does not run is left out.
            timeout: seconds.

        Raises:
            HostUnreachableError: a host of ``forwarding`` does not run.
        """

    def activity(
        self, hosts: Mapping[str, Sequence[str]], *, timeout: float = OUTSIDE_TIME
    ) -> Mapping[HostRef, HostActivity]:
        """Return whether hosts live and what was typed and changed last in each, of many labs in one look.

        Nothing runs in them. Trouble with a host is told in its own answer.

        Args:
            hosts: the hosts' names, by lab.
            timeout: seconds; hosts to which nobody comes by then say so in ``late``.
        """

    def keep_states(self, instance: str, hosts: Sequence[str], more: States, *, timeout: float = OUTSIDE_TIME) -> None:
        """Keep what state some hosts of a lab are in as their sound state, for as long as their containers exist.

        Nothing of theirs is run. It is kept once: another one of the same container is refused.

        Args:
            instance: the lab.
            hosts: the hosts' names.
            more: what else is known of their states.
            timeout: seconds.

        Raises:
            LabError: one of them cannot be looked at, or its state was kept before.
            HostUnreachableError: one of them does not run.
        """

    def state_changes(
        self, instance: str, hosts: Sequence[str], more: States, *, timeout: float = OUTSIDE_TIME
    ) -> tuple[tuple[ObjectChange, ...], tuple[str, ...]]:
        """Return in what some hosts of a lab are not in their sound state, and of which of them none was kept.

        Args:
            instance: the lab.
            hosts: the hosts' names.
            more: what else is known of their states now.
            timeout: seconds.

        Raises:
            LabError: one of them cannot be looked at.
            HostUnreachableError: one of them does not run.
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
