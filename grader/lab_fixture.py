"""What a check sees of the lab: hosts, clients on them, observers on segments, devices, the variant."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import testinfra.host

from grader.backend import lab_host
from grader.command_log import CommandLog
from grader.conversation import Conversation
from grader.errors import CheckMistakeError
from grader.facts import InterfaceFacts, LabFacts
from grader.host_inspector import HostInspector
from grader.identity import Listener, compared, listener
from grader.inputs import FileContent
from grader.logins import Account, Login, log_in
from grader.polling import eventually
from grader.shared_looks import NOTHING_SHARED, SharedLooks
from grader.start_settings import not_kept
from grader.vantage_points import Client, Probe
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef

if TYPE_CHECKING:
    from grader.workspace import Workspace

T = TypeVar("T")


class DeviceConnection(Protocol):
    """An open connection to a network device."""

    def show(self, command: str) -> str:
        """Return what the device prints for a command."""

    def close(self) -> None:
        """End the connection."""


DeviceOpener = Callable[[Fabric, HostRef], DeviceConnection]
"""Opens a connection to a device: handed in, so that the grader knows no SSH."""


class NetworkDevice:
    """A network device; it is opened by the first command."""

    def __init__(self, connect: Callable[[], DeviceConnection], name: str, recorder: CommandLog) -> None:
        """Remember how to connect."""
        self._connect = connect
        self._name = name
        self._recorder = recorder
        self._connection: DeviceConnection | None = None

    def show(self, command: str) -> str:
        """Return what the device prints for a command."""
        started = time.monotonic()
        if self._connection is None:
            self._connection = self._connect()
        answer = self._connection.show(command)
        self._recorder.add(self._name, command, None, answer, time.monotonic() - started)
        return answer

    def close(self) -> None:
        """End the connection if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class GradedLab:
    """The ``lab`` fixture.

    Attributes:
        values: the variant's values, such as ``lab.values["user"].login``.
        domain: the DNS domain of the hosts.
    """

    def __init__(
        self,
        facts: LabFacts,
        fabric: Fabric,
        recorder: CommandLog,
        device_opener: DeviceOpener | None = None,
        hosts: dict[str, testinfra.host.Host] | None = None,
        shared: SharedLooks = NOTHING_SHARED,
    ) -> None:
        """Make the view of one instance for one check.

        Args:
            facts: the instance as planned.
            fabric: the way in.
            recorder: gets each command.
            device_opener: the way into network devices.
            hosts: testinfra's hosts of earlier checks, which know already what system they are.
            shared: what the checks of the grading need not ask again.
        """
        self.values: Mapping[str, Any] = facts.values
        self.domain = facts.domain
        self._facts = facts
        self._fabric = fabric
        self._recorder = recorder
        self._device_opener = device_opener
        self._hosts = hosts if hosts is not None else {}
        self._shared = shared
        self._devices: dict[str, NetworkDevice] = {}

    def host(self, name: str) -> testinfra.host.Host:
        """Return testinfra's Host: ``lab.host("web").service("nginx").is_running``."""
        target = self._target(name)
        if name not in self._hosts:
            self._hosts[name] = lab_host(self._fabric, target, self._recorder, self._shared)
        return self._hosts[name]

    def listener(self, host: str, port: int | str, program: str = "", *, protocol: str = "tcp") -> Listener:
        """Return who listens at a port of a host: ``assert lab.listener("web1", 80, "/usr/sbin/nginx").is_genuine``.

        Args:
            host: the host.
            port: the port, or the path of a Unix socket.
            program: the executable that should listen; without it, any program of the host's image may.
            protocol: ``tcp`` or ``udp``.
        """
        inspector = self._inspector(host)
        kind = "unix" if isinstance(port, str) else protocol
        return listener(inspector, kind, port, program, self._facts.placed.get(host))

    def not_kept(self, host: str, unit: str) -> tuple[str, ...]:
        """Return with which settings a service runs that its files no longer give it, so that a restart loses them.

        ``assert not lab.not_kept("depot1", "tftpd-hpa.service")``. Only what comes from files of variables
        (``EnvironmentFile=``) is told; ``listener`` tells it of whom it finds, too.
        """
        return not_kept(self._inspector(host), unit)

    def connected(self, host: str, port: int, remote: str, remote_port: int) -> frozenset[int]:
        """Return which processes of a host hold the TCP connection from one of its ports to another host's."""
        rows = (r for r in self._inspector(host).sockets(connected=True) if r.state == "established")
        ends = (port, remote, remote_port)
        found = (r for r in rows if (r.port, r.remote.removeprefix("::ffff:"), r.remote_port) == ends)
        return frozenset(pid for row in found for pid in row.pids)

    def altered(self, host: str, folder: str) -> tuple[str, ...]:
        """Return the files below a folder of a host that are neither its image's nor as the plan put them there."""
        inspector = self._inspector(host)
        paths = [f"{folder}/{entry.path}" for entry in inspector.tree(folder) if entry.kind == "file"]
        states = compared(inspector, paths, self._facts.placed.get(host, {}))
        return tuple(path for path, state in states.items() if state != "same")

    def login(
        self, segment: str, host: str, login: str, password: str, *, local: bool = False, timeout: int = 45
    ) -> Login:
        """Log in on a host by SSH with a password, from an observer on a segment: ``done.accepted``, ``done.refused``.

        Args:
            segment: where the observer is.
            host: the host, which needs sshd and a home folder for whoever logs in.
            login: the account.
            password: its password.
            local: whether the account is one of the host's own; it is a directory's otherwise.
            timeout: seconds; a login that takes longer has failed.

        Raises:
            AssertionError: the login was accepted by another server than the image's, or by other rules.
            ObservationError: the programs or libraries of the host were changed, by which it lets in or refuses.
        """
        inspector = self._inspector(host)
        vantage_point = self.probe(segment)
        account = Account(login, password, local)
        return log_in(vantage_point, inspector, self.address(host), account, self._facts.placed.get(host), timeout)

    def client(self, name: str) -> Client:
        """Return a host as its user has it: ``lab.client("ws1").ping("192.168.10.1")``."""
        self._target(name)
        return Client(self._fabric, self._facts, name, self._recorder)

    def probe(self, segment: str, *, gateway: str | None = None) -> Probe:
        """Return an observer on a segment: ``lab.probe("office").ping("192.168.20.2")``.

        Args:
            segment: the segment that it is plugged into.
            gateway: its default gateway; by default the segment's router as planned, where there is exactly one.
        """
        if segment not in self._facts.segments:
            raise _unknown("segment", segment, self._facts.segments)
        if not self._facts.segments[segment]:
            raise CheckMistakeError(
                Text(
                    fr=f"Le segment « {segment} » n'a pas de sous-réseau : un observateur n'y aurait pas d'adresse.",
                    en=f"The segment '{segment}' has no subnet: an observer would have no address there.",
                )
            )
        if gateway is None:
            gateway = self._facts.router_of(segment) or ""
        return Probe(self._fabric, self._facts, segment, gateway, self._recorder)

    @contextlib.contextmanager
    def workspace(
        self, host: str, files: Mapping[str, FileContent] | None = None, *, user: str = "nobody"
    ) -> Iterator[Workspace]:
        """Put hidden inputs on a host for as long as a ``with`` lasts, and run a trainee's script on them.

        ``with lab.workspace("web1", {"in/a.csv": "…"}, user="technicien") as work: done = work.run([script, "in"])``

        Args:
            host: the host.
            files: what is in the workspace: relative path -> text, bytes, ``HiddenFile``, or None for a folder.
            user: who owns it and runs the script; never root.

        Raises:
            CheckMistakeError: the user is root, or a path leaves the workspace.
        """
        if user == "root":
            raise CheckMistakeError(
                Text(
                    fr="Un script de stagiaire ne tourne pas en root dans un contrôle.",
                    en="A trainee's script does not run as root in a check.",
                )
            )
        from grader.workspace import workspace  # noqa: PLC0415 - few checks need it, all would wait for its imports

        with workspace(self._fabric, self._target(host), self._recorder, files or {}, user) as made:
            yield made

    def device(self, name: str) -> NetworkDevice:
        """Return a network device: ``lab.device("r1").show("show ip route")``."""
        target = self._target(name)
        opener = self._device_opener
        if opener is None:
            raise CheckMistakeError(
                Text(
                    fr="Cette évaluation n'a pas d'accès aux équipements réseau.",
                    en="This grading has no access to network devices.",
                )
            )
        if name not in self._devices:
            self._devices[name] = NetworkDevice(lambda: opener(self._fabric, target), name, self._recorder)
        return self._devices[name]

    def address(self, host: str, interface: str | None = None) -> str:
        """Return the planned address of a host, without prefix length: its first one, or an interface's.

        Raises:
            CheckMistakeError: the plan has none (``client(host).addresses()`` asks the host).
        """
        self._target(host)
        candidates: Sequence[InterfaceFacts] = self._facts.hosts[host]
        if interface is not None:
            candidates = [i for i in candidates if i.name == interface]
        for candidate in candidates:
            if candidate.address is not None:
                return candidate.address
        place = host if interface is None else f"{host}:{interface}"
        raise CheckMistakeError(
            Text(
                fr=f"Le plan ne donne pas d'adresse à {place} ; client(…).addresses() demande à la machine.",
                en=f"The plan has no address for {place}; client(...).addresses() asks the host.",
            )
        )

    def conversation(self, persona: str | None = None) -> Conversation:
        """Return what was said to somebody of the scenario, by their short name; None: to whomever.

        ``talk = lab.conversation(); assert talk.identity_before(touched)``
        """
        turns = self._facts.conversation
        return Conversation([turn for turn in turns if persona in {None, turn.persona}])

    def wait(
        self,
        until: Callable[[], T | None],
        within: float = 5.0,
        every: float | None = None,
        what: str = "",
        *,
        unless: Callable[[], str | None] | None = None,
    ) -> T:
        """Wait until a condition holds, unless something makes it impossible; see ``grader.polling.eventually``."""
        return eventually(until, unless=unless, within=within, every=every, what=what)

    def close(self) -> None:
        """End what the check opened."""
        for device in self._devices.values():
            device.close()

    def _inspector(self, host: str) -> HostInspector:
        return HostInspector(self._fabric, self._target(host), self._recorder.add, self._shared)

    def _target(self, host: str) -> HostRef:
        if host not in self._facts.hosts:
            raise _unknown("host", host, self._facts.hosts)
        return HostRef(self._facts.instance, host)


def _unknown(kind: str, name: str, known: Mapping[str, object]) -> CheckMistakeError:
    kinds = {"host": "machine", "segment": "segment"}
    return CheckMistakeError(
        Text(
            fr=f"Le labo n'a pas de {kinds[kind]} « {name} » (il a : {', '.join(sorted(known))}).",
            en=f"The lab has no {kind} '{name}' (it has: {', '.join(sorted(known))}).",
        )
    )
