"""The tools that observe a network: for each, its command and the parser of its answer.

Every command is bounded in time by the tool itself. A parser returns what was observed, also that nothing
answered; it raises ``ValueError`` for an answer that says nothing about the network (wrong use, no right).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.bilingual import reason
from grader.lines import lines_in, words_in
from grader.names import plain_name


@dataclass(frozen=True)
class Completion:
    """A tool that ended, with its output as text."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class HttpAnswer:
    """What a web server answered; true when it answered at all.

    Attributes:
        status: the HTTP status, or None when there was no answer.
        problem: curl's words when there was none.
        headers: names in lower case.
        body: the text.
        peer: the address that answered, whatever the name or a file of the host's says.
    """

    status: int | None
    problem: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = field(default="", repr=False)
    peer: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Return whether there was an answer, of whatever status."""
        return self.status is not None


@dataclass(frozen=True)
class DnsAnswer:
    """What a name server answered; true when it gave at least one record of the type asked for.

    Attributes:
        status: ``NOERROR``, ``NXDOMAIN``, ``SERVFAIL``...; None when no server answered.
        records: the data of the records of the type asked for, without a final dot.
        authoritative: whether the server speaks for the zone (flag aa).
    """

    status: str | None
    records: tuple[str, ...] = ()
    authoritative: bool = False

    def __bool__(self) -> bool:
        """Return whether there is a record."""
        return bool(self.records)


@dataclass(frozen=True)
class PingAnswer:
    """Whether an address answered an echo request; ``problem`` has ping's words when it did not."""

    reached: bool
    problem: str = ""

    def __bool__(self) -> bool:
        """Return whether it answered."""
        return self.reached


@dataclass(frozen=True)
class TcpAnswer:
    """Whether a TCP port could be opened.

    Attributes:
        state: ``open``, ``refused`` (nothing listens or a firewall rejects), ``silent`` (dropped, host down),
            ``unreachable`` (no route) or ``unknown name``.
        problem: the tool's words.
    """

    state: str
    problem: str = ""

    def __bool__(self) -> bool:
        """Return whether the port is open."""
        return self.state == "open"

    @property
    def arrived(self) -> bool:
        """Return whether a host answered, if only that nothing listens: no filter on the way stopped the packet.

        A filter that rejects with a TCP reset looks the same.
        """
        return self.state in {"open", "refused"}


@dataclass(frozen=True)
class Route:
    """A line of the routing table; ``gateway`` is None on the own segment."""

    destination: str
    gateway: str | None
    interface: str | None


# curl(1), EXIT CODES: those by which it says what the network or the server did.
_CURL_OBSERVED = frozenset({6, 7, 8, 16, 18, 28, 35, 51, 52, 55, 56, 60, 61, 92, 95})


_PEER_FORMAT = "%{stderr}answered by %{remote_ip}\n"
_PEER = re.compile(r"^answered by (\S*)\n?", re.MULTILINE)


def curl_command(url: str, *, host_header: str | None = None, timeout: float = 5.0) -> tuple[str, ...]:
    """Return the command that gets a page; no proxy, no redirect followed, no user's configuration."""
    header = () if host_header is None else ("--header", f"Host: {host_header}")
    bounds = ("--max-time", f"{timeout:g}")
    return (
        "curl",
        "--disable",
        "--ipv4",
        "--silent",
        "--show-error",
        "--include",
        "--noproxy",
        "*",
        *bounds,
        "--write-out",
        _PEER_FORMAT,
        *header,
        "--",
        url,
    )


def parse_curl(done: Completion) -> HttpAnswer:
    """Return what curl --include printed."""
    peers = _PEER.findall(done.stderr)
    said = _PEER.sub("", done.stderr).strip()
    if done.status in _CURL_OBSERVED or (done.status == 1 and "HTTP/0.9" in said):
        return HttpAnswer(None, re.sub(r"^curl: \(\d+\) ", "", said))
    if done.status != 0:
        raise ValueError(said)
    rest = done.stdout
    while True:
        head, separator, rest = rest.partition("\r\n\r\n")
        if not separator:  # a server that ends its lines in its own way
            head, _, rest = head.partition("\n\n")
        lines = [line.removesuffix("\r") for line in head.split("\n")]
        status_line = re.match(r"HTTP/[\d.]+ (\d{3})", lines[0])
        if status_line is None:
            raise ValueError(done.stdout)
        status = int(status_line[1])
        if status >= 200 or status == 101:  # noqa: PLR2004 (1xx are interim answers, RFC 9110 15.2)
            break
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return HttpAnswer(status, "", headers, rest, peers[-1] if peers else "")


def dig_command(
    name: str, *, server: str | None = None, rtype: str = "A", reverse: bool = False, wait: int = 1
) -> tuple[str, ...]:
    """Return the command that asks a name server; two tries of ``wait`` seconds: one lost datagram is no fault."""
    at = () if server is None else (f"@{server}",)
    question = ("-x", name) if reverse else ("-t", rtype, "-q", name)
    return ("dig", "-r", *at, f"+time={wait}", "+tries=2", "+noall", "+comments", "+answer", *question)


_NAMES = frozenset({"CNAME", "MX", "NS", "PTR", "SRV"})
"""Types of records that tell a name, besides numbers."""


def parse_dig(done: Completion, rtype: str) -> DnsAnswer:
    """Return what dig printed; its status 9 says that no server answered."""
    if done.status == 9:  # noqa: PLR2004 (dig(1), RETURN CODES)
        return DnsAnswer(None)
    header = re.search(r"->>HEADER<<-.*? status: (\w+)", done.stdout)
    if done.status != 0 or header is None:
        raise ValueError(done.stderr or done.stdout)
    flags = re.search(r"^;; flags: ([^;]*);", done.stdout, re.MULTILINE)
    rows = (line.split(None, 4) for line in lines_in(done.stdout) if line and not line.startswith(";"))
    told = (row[4] for row in rows if len(row) == 5 and row[3] == rtype)  # noqa: PLR2004
    records = tuple(plain_name(data) if rtype in _NAMES else data.removesuffix(".") for data in told)
    return DnsAnswer(header[1], records, flags is not None and "aa" in flags[1].split())


_PING_OBSERVED = re.compile(
    r"unreachable|Name or service not known|Temporary failure in name resolution|No address associated|"
    r"No route to host|Message too long|message too long"
)


def ping_command(address: str, *, within: float = 2, size: int | None = None) -> tuple[str, ...]:
    """Return the command that asks each second and ends at the first answer or after ``within`` seconds.

    ``ping-until`` of the helper's image goes on after an ICMP error: the host may be on its way back.

    Args:
        address: an address or a name.
        within: seconds.
        size: octets of ICMP data to send unfragmented, to find the MTU of a path (1472 fits Ethernet).
    """
    whole = () if size is None else ("-M", "do", "-s", str(size))
    return ("ping-until", f"{within:g}", *whole, address)


def parse_ping(done: Completion) -> PingAnswer:
    """Return what ping said: status 0 answered, 1 not, 2 another trouble (iputils ping(8))."""
    if done.status == 0:
        return PingAnswer(reached=True)
    said = [*re.findall(r"^From .*$", done.stdout, re.MULTILINE), *lines_in(done.stderr.strip())]
    last = said[-1] if said else reason(fr="pas de réponse", en="no answer")
    if done.status == 1 or _PING_OBSERVED.search(last):
        return PingAnswer(reached=False, problem=last)
    raise ValueError(last)


_NC_STATES = (
    ("refused", "Connection refused"),
    ("silent", "timed out"),
    ("unreachable", "Network is unreachable"),
    ("unreachable", "No route to host"),
    ("unknown name", "getaddrinfo"),
)


_TIMED_OUT = 124
"""The status of timeout(1): nc takes whole seconds only, so its time is up before nc's own."""


def nc_command(address: str, port: int, *, timeout: float = 2) -> tuple[str, ...]:
    """Return the command that opens a TCP port and closes it again (netcat-openbsd)."""
    return ("timeout", f"{timeout:g}", "nc", "-4", "-z", "-v", address, str(port))


def parse_nc(done: Completion) -> TcpAnswer:
    """Return what nc said."""
    if done.status == 0:
        return TcpAnswer("open")
    if done.status == _TIMED_OUT:
        return TcpAnswer("silent", reason(fr="pas de réponse", en="no answer"))
    said = done.stderr.strip()
    for state, words in _NC_STATES:
        if words in said:
            return TcpAnswer(state, said)
    raise ValueError(said)


_SCAN = """wait=$1; shift
for target; do
  { said=$(timeout "$wait" nc -z -v -n "${target%:*}" "${target##*:}" 2>&1); echo "$target $? $said"; } &
done
wait
"""


def scan_command(targets: Iterable[tuple[str, int]], *, timeout: float = 2) -> tuple[str, ...]:
    """Return the command that tries several TCP ports at once."""
    return ("sh", "-c", _SCAN, "scan", f"{timeout:g}", *(f"{address}:{port}" for address, port in targets))


def parse_scan(done: Completion) -> dict[tuple[str, int], TcpAnswer]:
    """Return what nc said of each port."""
    if done.status != 0:
        raise ValueError(done.stderr)
    answers = {}
    for line in lines_in(done.stdout):
        target, status, said = line.split(" ", 2)
        address, _, port = target.rpartition(":")
        answers[address, int(port)] = parse_nc(Completion(int(status), "", said))
    return answers


def addresses_command(interface: str | None) -> tuple[str, ...]:
    """Return the command that lists IPv4 addresses of global scope."""
    device = () if interface is None else ("dev", interface)
    return ("ip", "-json", "-4", "address", "show", "scope", "global", *device)


def parse_addresses(done: Completion) -> tuple[str, ...]:
    """Return ``address/prefix`` of each; none for an interface that does not exist."""
    if done.status == 1 and "does not exist" in done.stderr:
        return ()
    return tuple(
        f"{entry['local']}/{entry['prefixlen']}"
        for link in _ip_json(done)
        for entry in link.get("addr_info", ())
        if "local" in entry
    )


ROUTES_COMMAND = ("ip", "-json", "-4", "route", "show")


def parse_routes(done: Completion) -> tuple[Route, ...]:
    """Return the main routing table."""
    return tuple(Route(r.get("dst", ""), r.get("gateway"), r.get("dev")) for r in _ip_json(done))


def parse_resolvers(text: str) -> tuple[str, ...]:
    """Return the name servers of resolv.conf(5)."""
    words = (words_in(line) for line in lines_in(text))
    return tuple(w[1] for w in words if len(w) > 1 and w[0] == "nameserver")


def lookup_command(name: str) -> tuple[str, ...]:
    """Return the command that resolves a name as programs do, by nsswitch.conf."""
    return ("getent", "ahostsv4", name)


def parse_lookup(done: Completion) -> tuple[str, ...]:
    """Return the addresses, each once; getent(1) says 2 for a name that is not found."""
    if done.status not in (0, 2):
        raise ValueError(done.stderr)
    return tuple(dict.fromkeys(words[0] for line in lines_in(done.stdout) if (words := words_in(line))))


def _ip_json(done: Completion) -> list[dict[str, Any]]:
    if done.status != 0:
        raise ValueError(done.stderr)
    answer = json.loads(done.stdout or "[]")
    if not isinstance(answer, list):
        raise ValueError(done.stdout)  # noqa: TRY004 (a parser's one error)
    return [row for row in answer if isinstance(row, dict)]
