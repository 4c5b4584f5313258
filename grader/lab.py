"""What a check sees of the lab: hosts, clients on them, observers on segments, devices, the variant."""

from __future__ import annotations

import contextlib
import ipaddress
import shlex
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import testinfra.host

from grader import tools
from grader.backend import CANNOT_EXECUTE, DEFAULT_TIMEOUT, NOT_FOUND, lab_host
from grader.errors import (
    CheckMistakeError,
    ObservationError,
    changed_tools,
    killed_tool,
    missing_tool,
    unreadable,
)
from grader.facts import InterfaceFacts, LabFacts
from grader.identity import Listener, listener
from grader.inputs import FileContent
from grader.recording import Recorder
from grader.sight import Sight
from grader.waiting import eventually
from orchestrator.errors import BreakfixError
from orchestrator.fabric.base import Completed, Fabric, HostRef
from orchestrator.text import Text

if TYPE_CHECKING:
    from grader.workspace import Workspace

T = TypeVar("T")

_OBSERVER_ADDRESSES = 16
"""How many addresses of a segment observers share; the graders run eight checks at once."""

_ADDRESS_WAIT = 20.0


_Execute = Callable[[tuple[str, ...], float], Completed]


class DeviceConnection(Protocol):
    """An open session on a network device."""

    def show(self, command: str) -> str:
        """Return what the device prints for a command."""

    def close(self) -> None:
        """End the session."""


DeviceOpener = Callable[[Fabric, HostRef], DeviceConnection]
"""Opens a session on a device: handed in, so that the grader knows no SSH."""


class Station(ABC):
    """A place on the network from which a client's tools run; subclasses say how."""

    _in_host = False
    """Whether what ``run`` runs is the host's own."""

    def __init__(self, where: str, recorder: Recorder) -> None:
        """Name the place in the evidence."""
        self._where = where
        self._recorder = recorder

    def run(self, argv: Sequence[str], *, timeout: float = DEFAULT_TIMEOUT) -> tools.Completion:
        """Run a tool and return how it ended.

        Raises:
            ObservationError: the tool is missing or was killed.
            HostUnreachableError: the place cannot be entered.
            CommandTimeoutError: the tool did not end.
        """
        return self._completion(argv, self._execute, timeout, in_host=self._in_host)

    def _completion(
        self,
        argv: Sequence[str],
        execute: Callable[[tuple[str, ...], float], Completed],
        timeout: float,
        *,
        in_host: bool,
    ) -> tools.Completion:
        line = shlex.join(argv)
        started = time.monotonic()
        try:
            done = execute(tuple(argv), timeout)
        except BreakfixError as error:
            self._recorder.add(self._where, line, None, str(error), time.monotonic() - started, in_host=in_host)
            raise
        stdout, stderr = (data.decode("utf-8", errors="replace") for data in (done.stdout, done.stderr))
        self._recorder.add(self._where, line, done.status, stdout + stderr, time.monotonic() - started, in_host=in_host)
        if done.changed:
            raise changed_tools(self._where, line, done.changed)
        if done.status in (CANNOT_EXECUTE, NOT_FOUND):
            raise missing_tool(self._where, argv[0], done.status)
        if done.status < 0:
            raise killed_tool(self._where, line, -done.status)
        return tools.Completion(done.status, stdout, stderr)

    def ask(self, argv: Sequence[str], *, timeout: float = DEFAULT_TIMEOUT) -> tools.Completion:
        """Run a tool of ours from this place: ``lab.client("pc1").ask(("arping", "-c", "2", "192.168.10.1"))``."""
        return self._completion(argv, self._use_tool, timeout, in_host=False)

    def http_get(self, url: str, host_header: str | None = None, timeout: float = 5.0) -> tools.HttpAnswer:
        """Get a page with curl; no redirect is followed. ``host_header`` asks an address for a named site."""
        command = tools.curl_command(url, host_header=host_header, timeout=timeout)
        return self._ask(command, tools.parse_curl, timeout=timeout + 5)

    def ping(self, address: str, within: int = 2, size: int | None = None) -> tools.PingAnswer:
        """Wait up to ``within`` seconds for an echo; ``size`` octets go unfragmented (a path's MTU)."""
        command = tools.ping_command(address, within=within, size=size)
        return self._ask(command, tools.parse_ping, timeout=within + 5)

    def tcp(self, address: str, port: int, timeout: int = 2) -> tools.TcpAnswer:
        """Try to open a TCP port."""
        return self._ask(tools.nc_command(address, port, timeout=timeout), tools.parse_nc, timeout=timeout + 5)

    def scan(self, targets: Iterable[tuple[str, int]], timeout: int = 3) -> dict[tuple[str, int], tools.TcpAnswer]:
        """Try several TCP ports at once, given as addresses (not names) with their ports."""
        targets = tuple(targets)
        answers = self._ask(tools.scan_command(targets, timeout=timeout), tools.parse_scan, timeout=timeout + 10)
        if missing := set(targets) - set(answers):
            raise unreadable(self._where, "nc", f"no answer about {sorted(missing)}")
        return answers

    def _dig(self, name: str, server: str | None, rtype: str) -> tools.DnsAnswer:
        rtype = rtype.upper()
        reverse = rtype == "PTR" and name.replace(".", "").isdigit()
        command = tools.dig_command(name, server=server, rtype=rtype, reverse=reverse)
        return self._ask(command, lambda done: tools.parse_dig(done, rtype))

    def _ask(
        self, argv: Sequence[str], parse: Callable[[tools.Completion], T], *, timeout: float = DEFAULT_TIMEOUT
    ) -> T:
        done = self._completion(argv, self._use_tool, timeout, in_host=False)
        try:
            return parse(done)
        except ValueError as error:
            raise unreadable(self._where, shlex.join(argv), str(error)) from error

    @abstractmethod
    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        """Run a command at this place."""

    @abstractmethod
    def _use_tool(self, argv: tuple[str, ...], timeout: float) -> Completed:
        """Run a tool of ours at this place."""


class Probe(Station):
    """An observer that is on a segment only while its command runs; none of its tools is the trainee's."""

    def __init__(self, fabric: Fabric, facts: LabFacts, segment: str, gateway: str, recorder: Recorder) -> None:
        """Make a probe of one segment; ``gateway`` may be empty."""
        super().__init__(f"segment {segment}", recorder)
        self._fabric = fabric
        self._facts = facts
        self._segment = segment
        self._gateway = gateway

    def resolve(self, name: str, server: str, rtype: str = "A") -> tools.DnsAnswer:
        """Ask a name server; with ``rtype="PTR"``, ``name`` may be an address."""
        return self._dig(name, server, rtype)

    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        with _observer_address(self._facts, self._segment) as address:
            return self._fabric.observe(
                self._facts.instance, self._segment, address, argv, gateway=self._gateway, timeout=timeout
            )

    def _use_tool(self, argv: tuple[str, ...], timeout: float) -> Completed:
        return self._execute(argv, timeout)


class Client(Station):
    """A host as its user has it: asked from the host's network, with the host's own resolver configuration.

    The tools are ours: a trainee may have replaced the host's. Only ``run`` runs a command of the host's own.
    """

    _in_host = True

    def __init__(self, fabric: Fabric, target: HostRef, recorder: Recorder, own: Sequence[str] = ()) -> None:
        """Make a client of one host; ``own`` are the addresses that the plan gives it."""
        super().__init__(target.host, recorder)
        self._own = frozenset(own) | {"127.0.0.1", "::1"}
        self._fabric = fabric
        self._target = target

    def resolve(self, name: str, server: str | None = None, rtype: str = "A") -> tools.DnsAnswer:
        """Ask DNS, by default the host's own resolvers; a line in /etc/hosts does not count."""
        return self._dig(name, server, rtype)

    def lookup(self, name: str) -> tuple[str, ...]:
        """Return the addresses that programs on the host get for a name, /etc/hosts included."""
        return self._ask(tools.lookup_command(name), tools.parse_lookup, timeout=20)

    def resolvers(self) -> tuple[str, ...]:
        """Return the name servers that the host uses, in order."""
        data = Sight(self._fabric, self._target, self._recorder.add).read("/etc/resolv.conf")
        return tools.parse_resolvers((data or b"").decode("utf-8", errors="replace"))

    def addresses(self, interface: str | None = None) -> tuple[str, ...]:
        """Return the host's IPv4 addresses as it has them now, such as ``192.168.10.57/24``."""
        return self._ask(tools.addresses_command(interface), tools.parse_addresses)

    def routes(self) -> tuple[tools.Route, ...]:
        """Return the host's routing table."""
        return self._ask(tools.ROUTES_COMMAND, tools.parse_routes)

    def gateway(self) -> str | None:
        """Return the default route's gateway, or None."""
        return next((r.gateway for r in self.routes() if r.destination == "default"), None)

    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        return self._fabric.run(self._target, argv, timeout=timeout, vouched=True)

    def _use_tool(self, argv: tuple[str, ...], timeout: float) -> Completed:
        return self._fabric.tool(self._target, argv, timeout=timeout)

    def http_get(self, url: str, host_header: str | None = None, timeout: float = 5.0) -> tools.HttpAnswer:
        """Get a page with curl, as ``Station.http_get`` does.

        Raises:
            ObservationError: the host leads what it sends elsewhere, or answers itself at another's address.
        """
        page = super().http_get(url, host_header, timeout)
        if page:
            self._require_straight(page.peer)
        return page

    def _require_straight(self, peer: str) -> None:
        """Refuse an answer that the host may have given to itself."""
        led = self._ask(tools.REDIRECTIONS_COMMAND, tools.parse_redirections)
        if led:
            raise self._crooked(f"nftables {', '.join(led)}")
        if peer and peer not in self._own and self._ask(tools.route_command(peer), tools.parse_is_local):
            raise self._crooked(peer)

    def _crooked(self, what: str) -> ObservationError:
        return ObservationError(
            Text(
                fr=f"{self._where} détourne ce qu'elle envoie ({what}) : ce qui lui répond ne prouve rien.",
                en=f"{self._where} leads what it sends elsewhere ({what}): what answers it proves nothing.",
            )
        )


class Device:
    """A network device; the session is opened by the first command."""

    def __init__(self, connect: Callable[[], DeviceConnection], name: str, recorder: Recorder) -> None:
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
        """End the session if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class LabView:
    """The ``lab`` fixture.

    Attributes:
        values: the variant's values, such as ``lab.values["user"].login``.
        domain: the DNS domain of the hosts.
    """

    def __init__(
        self,
        facts: LabFacts,
        fabric: Fabric,
        recorder: Recorder,
        device_opener: DeviceOpener | None = None,
        hosts: dict[str, testinfra.host.Host] | None = None,
    ) -> None:
        """Make the view of one instance for one check.

        Args:
            facts: the instance as planned.
            fabric: the way in.
            recorder: gets each command.
            device_opener: the way into network devices.
            hosts: testinfra's hosts of earlier checks, which know already what system they are.
        """
        self.values: Mapping[str, Any] = facts.values
        self.domain = facts.domain
        self._facts = facts
        self._fabric = fabric
        self._recorder = recorder
        self._device_opener = device_opener
        self._hosts = hosts if hosts is not None else {}
        self._devices: dict[str, Device] = {}

    def host(self, name: str) -> testinfra.host.Host:
        """Return testinfra's Host: ``lab.host("web").service("nginx").is_running``."""
        target = self._target(name)
        if name not in self._hosts:
            self._hosts[name] = lab_host(self._fabric, target, self._recorder)
        return self._hosts[name]

    def listener(self, host: str, port: int, program: str = "", *, protocol: str = "tcp") -> Listener:
        """Return who listens at a port of a host: ``assert lab.listener("web1", 80, "/usr/sbin/nginx").is_genuine``.

        Args:
            host: the host.
            port: the port.
            program: the executable that should listen; without it, any program of the host's image may.
            protocol: ``tcp`` or ``udp``.
        """
        return listener(Sight(self._fabric, self._target(host), self._recorder.add), protocol, port, program)

    def client(self, name: str) -> Client:
        """Return a host as its user has it: ``lab.client("ws1").ping("192.168.10.1")``."""
        own = [i.address for i in self._facts.hosts.get(name, ()) if i.address is not None]
        return Client(self._fabric, self._target(name), self._recorder, own)

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

    def device(self, name: str) -> Device:
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
            self._devices[name] = Device(lambda: opener(self._fabric, target), name, self._recorder)
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

    def wait(
        self, condition: Callable[[], T], within: float = 5.0, every: float = 0.1, what: str = "the condition"
    ) -> T:
        """Wait until a condition holds; see ``grader.waiting.eventually``."""
        return eventually(condition, within=within, every=every, what=what)

    def close(self) -> None:
        """End what the check opened."""
        for device in self._devices.values():
            device.close()

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


def observer_addresses(facts: LabFacts, segment: str) -> tuple[str, ...]:
    """Return addresses for observers, from the top of the subnet, that plan and variant do not use."""
    network = ipaddress.IPv4Network(facts.segments[segment])
    taken = {i.address for interfaces in facts.hosts.values() for i in interfaces}
    taken |= {v.partition("/")[0] for v in facts.values.values() if isinstance(v, str)}
    top, bottom = int(network.broadcast_address) - 1, int(network.network_address)
    free = (str(ipaddress.IPv4Address(n)) for n in range(top, bottom, -1))
    return tuple(
        f"{address}/{network.prefixlen}" for address in islice((a for a in free if a not in taken), _OBSERVER_ADDRESSES)
    )


@contextlib.contextmanager
def _observer_address(facts: LabFacts, segment: str) -> Iterator[str]:
    """Reserve an address among all gradings on this machine; the kernel frees it whatever happens.

    It is reserved in the subnet, because a switch may join several segments to one.
    """
    addresses, subnet = observer_addresses(facts, segment), facts.segments[segment]

    def reserved() -> tuple[socket.socket, str] | None:
        for address in addresses:
            lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                lock.bind(f"\0breakfix-observer/{facts.instance}/{subnet}/{address}")
            except OSError:
                lock.close()
            else:
                return lock, address
        return None

    try:
        lock, address = eventually(reserved, within=_ADDRESS_WAIT if addresses else 0.0, every=0.02)
    except AssertionError:
        raise ObservationError(
            Text(
                fr=f"Aucune adresse libre pour observer le segment {segment}.",
                en=f"No free address to observe the segment {segment} from.",
            )
        ) from None
    with lock:
        yield address
