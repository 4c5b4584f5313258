"""Places on a lab's network from which a client's tools run: an observer of ours, or a host as its user has it."""

from __future__ import annotations

import shlex
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from grader import tools
from grader.backend import CANNOT_EXECUTE, DEFAULT_TIMEOUT, NOT_FOUND, missed_by_a_shell
from grader.bilingual import reason
from grader.command_log import CommandLog
from grader.errors import (
    ObservationError,
    changed_tools,
    killed_tool,
    missing_tool,
    unreadable,
)
from grader.facts import LabFacts
from grader.host_inspector import HostInspector
from grader.load import scaled_deadline, scaled_timeout
from grader.observers import observer_address
from grader.path_integrity import PathChecker, named_in
from grader.polling import eventually
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Completed, Fabric, HostRef

T = TypeVar("T")

_LAST_WORDS = 3.0
"""Seconds besides, for a tool whose own time-out is as long: it is to say that nobody answered, not to be killed."""
TWO_TRIES = 1.6
"""Seconds in which a packet is sent twice: kernels and ping(8) send again after one, and answers take milliseconds."""
_BACK = 3.0
"""Seconds until a port that answered must be open again."""


def _tenths(seconds: float) -> float:
    """Return a deadline as it is to be now, for a tool that takes tenths of seconds."""
    return round(scaled_deadline(seconds), 1)


class VantagePoint(ABC):
    """A place on the network from which a client's tools run; subclasses say how."""

    _in_host = False
    """Whether what ``run`` runs is the host's own."""

    def __init__(self, where: str, recorder: CommandLog) -> None:
        """Name the place in the evidence."""
        self._where = where
        self._recorder = recorder

    @property
    def place(self) -> tuple[str, ...]:
        """Where it is: what is asked from equal places may be asked together."""
        return (self._where,)

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
            done = execute(tuple(argv), scaled_deadline(timeout) + _LAST_WORDS)
        except BreakfixError as error:
            self._recorder.add(self._where, line, None, str(error), time.monotonic() - started, in_host=in_host)
            raise
        stdout, stderr = (data.decode("utf-8", errors="replace") for data in (done.stdout, done.stderr))
        self._recorder.add(self._where, line, done.status, stdout + stderr, time.monotonic() - started, in_host=in_host)
        if done.changed:
            raise changed_tools(self._where, line, done.changed)
        if done.status in (CANNOT_EXECUTE, NOT_FOUND):
            raise missing_tool(self._where, missed_by_a_shell(stderr) or argv[0], done.status)
        if done.status < 0:
            raise killed_tool(self._where, line, -done.status)
        completion = tools.Completion(done.status, stdout, stderr)
        if done.status == 0:
            self._require_intact_path(argv)
        return completion

    def ask(self, argv: Sequence[str], *, timeout: float = DEFAULT_TIMEOUT) -> tools.Completion:
        """Run a tool of ours from this place: ``lab.client("pc1").ask(("arping", "-c", "2", "192.168.10.1"))``."""
        return self._completion(argv, self._use_tool, timeout, in_host=False)

    def http_get(self, url: str, host_header: str | None = None, timeout: float = 5.0) -> tools.HttpAnswer:
        """Get a page with curl; no redirect is followed. ``host_header`` asks an address for a named site."""
        command = tools.curl_command(url, host_header=host_header, timeout=_tenths(timeout))
        return self._ask(command, tools.parse_curl, timeout=timeout + 5)

    def ping(self, address: str, within: float = TWO_TRIES, size: int | None = None) -> tools.PingAnswer:
        """Wait up to ``within`` seconds for an echo; ``size`` octets go unfragmented (a path's MTU)."""
        command = tools.ping_command(address, within=_tenths(within), size=size)
        return self._ask(command, tools.parse_ping, timeout=within + 5)

    def tcp(self, address: str, port: int, timeout: float = TWO_TRIES) -> tools.TcpAnswer:
        """Try to open a TCP port."""
        command = tools.nc_command(address, port, timeout=_tenths(timeout))
        return self._ask(command, tools.parse_nc, timeout=timeout + 5)

    def scan(
        self, targets: Iterable[tuple[str, int]], timeout: float = TWO_TRIES
    ) -> dict[tuple[str, int], tools.TcpAnswer]:
        """Try several TCP ports at once, given as addresses (not names) with their ports; answers keep the order."""
        targets = tuple(targets)
        command = tools.scan_command(targets, timeout=_tenths(timeout))
        answers = self._ask(command, tools.parse_scan, timeout=timeout + 10)
        if missing := set(targets) - set(answers):
            ports = ", ".join(f"{address}:{port}" for address, port in sorted(missing))
            nothing = reason(fr=f"pas de réponse au sujet de {ports}", en=f"no answer about {ports}")
            raise unreadable(self._where, "nc", nothing)
        return {target: answers[target] for target in targets}

    def _dig(self, name: str, server: str | None, rtype: str) -> tools.DnsAnswer:
        rtype = rtype.upper()
        reverse = rtype == "PTR" and name.replace(".", "").isdigit()
        wait = scaled_timeout(1)
        command = tools.dig_command(name, server=server, rtype=rtype, reverse=reverse, wait=wait)
        return self._ask(command, lambda done: tools.parse_dig(done, rtype))

    def _ask(
        self, argv: Sequence[str], parse: Callable[[tools.Completion], T], *, timeout: float = DEFAULT_TIMEOUT
    ) -> T:
        done = self._completion(argv, self._use_tool, timeout, in_host=False)
        try:
            return parse(done)
        except ValueError as error:
            raise unreadable(self._where, shlex.join(argv), str(error)) from error

    def _require_intact_path(self, argv: Sequence[str]) -> None:
        """Refuse what a command was answered where it may have been led elsewhere; by default nothing is known."""
        del argv

    @abstractmethod
    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        """Run a command at this place."""

    @abstractmethod
    def _use_tool(self, argv: tuple[str, ...], timeout: float) -> Completed:
        """Run a tool of ours at this place."""


class Probe(VantagePoint):
    """An observer that is on a segment only while its command runs; none of its tools is the trainee's."""

    def __init__(self, fabric: Fabric, facts: LabFacts, segment: str, gateway: str, recorder: CommandLog) -> None:
        """Make a probe of one segment; ``gateway`` may be empty."""
        super().__init__(f"segment {segment}", recorder)
        self._fabric = fabric
        self._facts = facts
        self._segment = segment
        self._gateway = gateway
        self._paths = PathChecker(fabric, facts, recorder.add)

    @property
    def place(self) -> tuple[str, ...]:
        """The segment, and the way out of it."""
        return (*super().place, self._gateway)

    def resolve(self, name: str, server: str, rtype: str = "A") -> tools.DnsAnswer:
        """Ask a name server; with ``rtype="PTR"``, ``name`` may be an address."""
        return self._dig(name, server, rtype)

    def http_get(self, url: str, host_header: str | None = None, timeout: float = 5.0) -> tools.HttpAnswer:
        """Get a page with curl, as ``VantagePoint.http_get`` does; with the observer gone, the server still listens.

        Raises:
            ObservationError: it listened only as long as it was asked.
        """
        page = super().http_get(url, host_header, timeout)
        if page:
            place = urlsplit(url)
            self._require_lasting(page.peer, place.port or (443 if place.scheme == "https" else 80))
        return page

    def tcp(self, address: str, port: int, timeout: float = TWO_TRIES) -> tools.TcpAnswer:
        """Try to open a TCP port; once the observer has gone, the host still listens there.

        Raises:
            ObservationError: it listened only as long as it was asked.
        """
        answer = super().tcp(address, port, timeout)
        if answer:
            self._require_lasting(address, port)
        return answer

    def _require_lasting(self, address: str, port: int) -> None:
        """Refuse an answer of a host that listened only while it was observed; a translator leads to another's port."""
        holder = self._facts.holder_of(address)
        if holder is None or holder in self._facts.translators:
            return
        inspector = HostInspector(self._fabric, HostRef(self._facts.instance, holder), self._recorder.add)

        def listens() -> bool:
            rows = inspector.sockets()
            return not rows or any(r.protocol == "tcp" and r.state == "listening" and r.port == port for r in rows)

        try:  # a service that opens its port again for each client, or that is restarted, is back at once
            eventually(listens, within=_BACK)
        except AssertionError:
            raise ObservationError(
                Text(
                    fr=f"{holder} n'écoute plus au port {port} dès que l'observateur est parti.",
                    en=f"{holder} listens at port {port} no more as soon as the observer has gone.",
                )
            ) from None

    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        with observer_address(self._facts, self._segment) as address:
            return self._fabric.observe(
                self._facts.instance, self._segment, address, argv, gateway=self._gateway, timeout=timeout
            )

    def _use_tool(self, argv: tuple[str, ...], timeout: float) -> Completed:
        return self._execute(argv, timeout)

    def _require_intact_path(self, argv: Sequence[str]) -> None:
        self._paths.require_intact_path(named_in(argv), subnet=self._facts.segments[self._segment])


class Client(VantagePoint):
    """A host as its user has it: asked from the host's network, with the host's own resolver configuration.

    The tools are ours: a trainee may have replaced the host's. Only ``run`` runs a command of the host's own.
    """

    _in_host = True

    def __init__(self, fabric: Fabric, facts: LabFacts, host: str, recorder: CommandLog) -> None:
        """Make a client of one host of an instance."""
        super().__init__(host, recorder)
        self._paths = PathChecker(fabric, facts, recorder.add)
        self._fabric = fabric
        self._target = HostRef(facts.instance, host)

    def resolve(self, name: str, server: str | None = None, rtype: str = "A") -> tools.DnsAnswer:
        """Ask DNS, by default the host's own resolvers; a line in /etc/hosts does not count."""
        return self._dig(name, server, rtype)

    def lookup(self, name: str) -> tuple[str, ...]:
        """Return the addresses that programs on the host get for a name, /etc/hosts included."""
        return self._ask(tools.lookup_command(name), tools.parse_lookup, timeout=20)

    def resolvers(self) -> tuple[str, ...]:
        """Return the name servers that the host uses, in order."""
        data = HostInspector(self._fabric, self._target, self._recorder.add).read("/etc/resolv.conf")
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

    def _require_intact_path(self, argv: Sequence[str]) -> None:
        addresses = named_in(argv)
        if argv[0] in {"dig", "getent"} and not any(word.startswith("@") for word in argv):
            addresses += self.resolvers()  # they answered, though nobody named them
        if addresses:
            self._paths.require_intact_path(addresses, sender=self._target.host)

    def _use_tool(self, argv: tuple[str, ...], timeout: float) -> Completed:
        return self._fabric.tool(self._target, argv, timeout=timeout)

    def http_get(self, url: str, host_header: str | None = None, timeout: float = 5.0) -> tools.HttpAnswer:
        """Get a page with curl, as ``VantagePoint.http_get`` does.

        Raises:
            ObservationError: a host leads what is sent elsewhere.
            pytest.fail.Exception: a host takes another's address for its own, or answers itself.
        """
        page = super().http_get(url, host_header, timeout)
        if page:
            self._paths.require_intact_path([page.peer], sender=self._target.host)
            self._paths.require_other(page.peer, urlsplit(url).hostname or "", sender=self._target.host)
        return page
