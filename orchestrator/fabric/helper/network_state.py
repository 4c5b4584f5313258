"""A host's network in words that compare: what its kernel lists, without what changes by itself.

Left out are numbers that count or run down, what a routing daemon learnt, and what the kernel makes of the rest:
link-local addresses, the routes of a host's own addresses. An address that a lease gave is told by its network: the
next lease may give another one of its pool.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any, Final

from .interfaces import TABLES
from .written_files import Entry

SETTINGS = [
    "/proc/sys/net/ipv4/icmp_echo_ignore_all",
    "/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/net/ipv4/ip_nonlocal_bind",
    "/proc/sys/net/ipv4/ip_unprivileged_port_start",
    "/proc/sys/net/ipv4/ping_group_range",
    "/proc/sys/net/ipv4/tcp_syncookies",
    "/proc/sys/net/ipv4/conf/*/accept_local",
    "/proc/sys/net/ipv4/conf/*/accept_redirects",
    "/proc/sys/net/ipv4/conf/*/arp_ignore",
    "/proc/sys/net/ipv4/conf/*/forwarding",
    "/proc/sys/net/ipv4/conf/*/proxy_arp",
    "/proc/sys/net/ipv4/conf/*/route_localnet",
    "/proc/sys/net/ipv4/conf/*/rp_filter",
    "/proc/sys/net/ipv6/conf/*/accept_ra",
    "/proc/sys/net/ipv6/conf/*/disable_ipv6",
    "/proc/sys/net/ipv6/conf/*/forwarding",
]
"""Settings that change who answers, who may, and who forwards."""
EPHEMERAL = 32768
"""From this port on the kernel draws ports for whoever asks for none (ip_local_port_range)."""
_SYSCTLS = "/proc/sys/"
_SWAPPED: Final = str.maketrans("/.", "./")
"""sysctl(8) writes the dot of an interface's name as a slash."""
_BY_MODULES = frozenset({
    "erspan0", "gre0", "gretap0", "ip6_vti0", "ip6gre0", "ip6tnl0", "ip_vti0", "sit0", "tunl0",
})  # fmt: skip
"""What a module of the kernel puts into each host's network when it is loaded anywhere on the machine; it is down."""
_DRAWN_MACS = frozenset({"bridge", "dummy", "ifb", "tun"})
"""Kinds of interfaces that get another MAC address each time they are made, such as those of Open vSwitch."""
_KERNEL = 2
_PROTOCOLS: Final = {
    0: "none", 1: "redirect", _KERNEL: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 11: "zebra", 12: "bird",
    16: "dhcp", 42: "babel", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp", 193: "openr", 194: "sharp",
    195: "pbr", 196: "static",
}  # fmt: skip
"""FRR's own static routes (196) are static ones: it takes over what another wrote."""
_LEARNT = frozenset({"babel", "bgp", "eigrp", "isis", "openr", "ospf", "rip"})
"""Routes that come and go with the neighbours of a routing daemon."""
_KINDS: Final = {
    2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable",
    8: "prohibit", 9: "throw",
}  # fmt: skip
_UNICAST, _LOCAL, _BROADCAST, _ANYCAST, _MULTICAST, _UNREACHABLE = 1, 2, 3, 4, 5, 7
ROUTING_DAEMON = "/usr/lib/frr/zebra"
"""What writes the routes that FRR's daemons learn."""
_DRAWN_METRICS = frozenset({"dhcp"})
"""Who draws the metric of a route from the number of its interface, which may be another after a boot (dhcpcd)."""
_COUNTS = frozenset({"comment", "counter", "expires", "handle", "last", "used", "used_unit"})
"""What nft(8) tells besides of a rule, a set or an element: remarks, and what changes by itself."""
_NAMING = frozenset({"family", "table", "name"})
_OF_A_CHAIN: Final = {
    "type": "type", "hook": "hook", "prio": "priority", "policy": "policy", "dev": "device", "devs": "device",
}  # fmt: skip


def network_objects(rows: Mapping[str, Any], *, routed: bool) -> dict[str, Entry]:
    """Return a host's network by objects.

    Args:
        rows: of ``forwarding.network_rows``.
        routed: whether a routing daemon runs in the host, so that routes may be what it learnt: anybody may write a
            route in its name.
    """
    idle = {row["name"] for row in rows["links"] if row["name"] in _BY_MODULES and not row["up"]}
    found: dict[str, Entry] = {}
    for row in rows["links"]:
        if row["name"] not in idle:
            untold = {"name", "mac"} if row.get("kind") in _DRAWN_MACS else {"name"}
            fields = {field: value for field, value in row.items() if field not in untold and value != ""}
            found[f"link {row['name']}"] = {field: _word(value) for field, value in fields.items()}
    for row in rows["addresses"]:
        if not _is_link_local(row["address"]):
            peer = {"peer": row["peer"]} if "peer" in row else {}
            found[f"address {row['dev']} {_address(row)}"] = {"there": "yes", **peer}
    for row in rows["neighbours"]:
        if row.get("proxy"):
            found[f"proxy {row['address']} {row['dev']}"] = {"there": "yes"}
        else:
            found[f"neighbour {row['address']}"] = {"device": row["dev"], "mac": row["mac"]}
    found |= {f"rule {way}": {"there": "yes"} for way in rows["ways"]}
    found |= _queues(rows["queues"], idle)
    routes = [row for row in rows["routes"] if not (routed and _PROTOCOLS.get(row["protocol"]) in _LEARNT)]
    found |= _routes(routes, rows["addresses"])
    for path, value in rows["sysctls"].items():
        if not idle & set(path.split("/")):
            name = path.removeprefix(_SYSCTLS).translate(_SWAPPED)
            found[f"sysctl {name}"] = {"value": " ".join(value.split())}
    found |= _filters(rows["rules"])
    if rows["old_tables"]:
        found["filter tables of iptables-legacy"] = {"names": " ".join(sorted(rows["old_tables"]))}
    return found


_OF_CLIENTS = frozenset({("udp", 68), ("udp", 546)})
"""Where DHCP clients listen while they ask (RFC 2131, RFC 8415)."""


def listeners(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return of ``sockets.listed`` those by which the host is spoken to: no port that the kernel drew."""
    return [
        row
        for row in rows
        if 0 < row.get("port", 0) < EPHEMERAL
        and (row["protocol"], row["port"]) not in _OF_CLIENTS
        and (row["protocol"], row["state"]) in {("tcp", "listening"), ("udp", "unconnected")}
    ]


def socket_objects(
    rows: Iterable[Mapping[str, Any]], holders: Mapping[int, Iterable[int]], executable: Callable[[int], str]
) -> dict[str, Entry]:
    """Return who listens where.

    Args:
        rows: of ``listeners``.
        holders: the processes that hold a socket, by its inode.
        executable: tells the path of a process's executable.
    """
    programs: dict[str, set[str]] = {}
    for row in rows:
        is_long = ":" in row["address"]
        place = f"[{row['address']}]" if is_long else row["address"]
        name = f"{row['protocol']}{'6' if is_long else ''} {place}:{row['port']}"
        programs.setdefault(name, set()).update(filter(None, map(executable, holders.get(row["inode"], ()))))
    return {name: {"program": "\n".join(sorted(paths))} for name, paths in programs.items()}


def _address(row: Mapping[str, Any]) -> str:
    """Return an address with its prefix in words."""
    is_leased = row.get("leased") and ip_interface(row["address"]).version == 4  # noqa: PLR2004
    return f"lease {ip_interface(row['address']).network}" if is_leased else str(row["address"])


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _is_link_local(address: str) -> bool:
    told = ip_interface(address)
    return told.version == 6 and told.is_link_local  # noqa: PLR2004


def _queues(rows: Iterable[Mapping[str, Any]], idle: set[str]) -> dict[str, Entry]:
    kinds: dict[str, set[str]] = {}
    for row in rows:
        if row["dev"] not in idle:
            kinds.setdefault(row["dev"], set()).add(row["kind"])
    return {f"queue {device}": {"kind": " ".join(sorted(names))} for device, names in kinds.items()}


def _routes(rows: Iterable[Mapping[str, Any]], addresses: Sequence[Mapping[str, Any]]) -> dict[str, Entry]:
    """Return the routes; several to one place are told in one object, a line for each in each of its fields."""
    mine = {ip_interface(row["address"]): row for row in addresses}
    own = {address.ip for address in mine}
    looped = {address.network for address in mine if address.is_loopback}
    leases = {str(address.ip): _address(row) for address, row in mine.items() if row.get("leased")}
    found: dict[str, list[Entry]] = {}
    for row in rows:
        protocol = _PROTOCOLS.get(row["protocol"], str(row["protocol"]))
        if _is_the_kernels(row, own, looped):
            continue
        service = f" tos {row['tos']}" if "tos" in row else ""
        place = "default6" if row["dst"] == "default" and row["family"] == socket.AF_INET6 else row["dst"]
        name = f"route {place} table {TABLES.get(row['table'], row['table'])}{service}"
        kind = "" if row["type"] == _UNICAST else _KINDS.get(row["type"], str(row["type"]))
        fields = {"protocol": protocol, "type": kind, "device": row.get("dev", "")}
        fields |= {"gateway": _gateway(row), "source": leases.get(row.get("source", ""), row.get("source", ""))}
        fields["metric"] = "" if protocol in _DRAWN_METRICS else str(row.get("metric", ""))
        fields["hops"] = ", ".join(sorted(f"{_gateway(hop)} {hop.get('dev', '')}" for hop in row.get("nexthops", ())))
        if "nhid" in row and not (fields["device"] or fields["hops"]):
            fields["gateway"] = f"object {row['nhid']}"
        found.setdefault(name, []).append({field: value for field, value in fields.items() if value})
    return {name: _together(ways) for name, ways in found.items()}


def _together(ways: list[Entry]) -> Entry:
    """Return several entries as one."""
    ways.sort(key=lambda way: (int(way.get("metric", "0")), sorted(way.items())))
    fields = sorted({field for way in ways for field in way})
    return {field: "\n".join(way.get(field, "-") for way in ways) for field in fields}


def _gateway(row: Mapping[str, Any]) -> str:
    return str(row.get("gateway") or (row.get("via") or {}).get("host", ""))


def _is_the_kernels(row: Mapping[str, Any], own: set[Any], looped: set[Any]) -> bool:
    """Return whether a route is what the kernel makes of an address; one written by hand may call itself the kernel's.

    Only those that lead nowhere else count: to the host itself, to all of a segment, or to link-local addresses.
    """
    if row["protocol"] != _KERNEL:
        return False
    if row["dst"] == "default":
        return bool(row["type"] == _UNREACHABLE)
    network = ip_network(row["dst"], strict=False)
    if row["type"] in {_BROADCAST, _ANYCAST, _MULTICAST}:
        return True
    if network.version == 6 and (network.is_link_local or network.is_multicast):  # noqa: PLR2004
        return True
    is_own = network.prefixlen == network.max_prefixlen and ip_address(network.network_address) in own
    return row["type"] == _LOCAL and (is_own or network in looped)


def _filters(listed: Iterable[Mapping[str, Any]]) -> dict[str, Entry]:
    """Return the packet filters: of a chain its rules in their order, of a set its elements in none."""
    found: dict[str, Entry] = {}
    rules: dict[str, list[str]] = {}
    for kind, told in (item for entry in listed for item in entry.items()):
        if kind in {"metainfo", "counter"}:
            continue
        place = f"{told.get('family')} {told.get('table', told.get('name'))}"
        if kind == "rule":
            rules.setdefault(f"filter {place} {told['chain']}", []).append(_compact(_lasting(told.get("expr", []))))
        elif kind == "chain":
            fields = {word: _value(told[field]) for field, word in _OF_A_CHAIN.items() if field in told}
            found[f"filter {place} {told['name']}"] = {"rules": "", **fields}
        elif kind == "table":
            flags = {"flags": _value(told["flags"])} if "flags" in told else {}
            found[f"filter {place}"] = {"there": "yes", **flags}
        else:
            found[f"{kind} {place} {told.get('name', '')}".rstrip()] = _named(told)
    for name, lines in rules.items():
        found.setdefault(name, {})["rules"] = "\n".join(lines)
    return found


def _named(told: Mapping[str, Any]) -> Entry:
    """Return what a set, a map or another object with a name of its own is.

    What packets add to a set comes and goes: of one that they may add to, no elements are told.
    """
    fields = {key: _lasting(value) for key, value in told.items() if key not in _NAMING | _COUNTS}
    elements = fields.pop("elem", [])
    entry = {key: _value(value) for key, value in fields.items()}
    if "dynamic" in _value(told.get("flags", "")).split():
        return entry
    listed = sorted(map(_compact, elements if isinstance(elements, list) else [elements]))
    return {**entry, **({"elements": "\n".join(listed)} if listed else {})}


def _lasting(value: Any) -> Any:
    """Return what nft(8) tells without what changes by itself, and without remarks."""
    if isinstance(value, dict):
        return {key: _lasting(one) for key, one in value.items() if key not in _COUNTS}
    if isinstance(value, list):
        return [_lasting(one) for one in value if not _only_counts(one)]
    return value


def _only_counts(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and set(value) <= _COUNTS


def _value(value: object) -> str:
    """Return a value in words: a list of words without its brackets."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " ".join(sorted(value))
    return value if isinstance(value, str) else _compact(value)


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
