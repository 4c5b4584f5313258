"""What decides where a host sends packets, as the kernel itself lists it: packet filters, queues, routes, neighbours.

Routes and queues are asked of the kernel here. Its packet filters are listed by nft(8), but only where there are any:
a program costs ten times what the rest does.
"""

from __future__ import annotations

import errno
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from . import interfaces, kernel, netlink
from .interfaces import text as _text
from .messages import HelperError
from .sysctls import sysctls

Rules = list[dict[str, Any]]
"""Packet filters, as nft(8) prints them in JSON."""
_GET_LINK, _GET_ROUTE, _GET_QUEUE = 18, 26, 38  # RTM_GETLINK, RTM_GETROUTE, RTM_GETQDISC
_NETFILTER, _GET_TABLE = 12, 10 << 8 | 1  # NETLINK_NETFILTER; NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE
_LINK: Final = struct.Struct("=BxHiII")  # struct ifinfomsg
_ROUTE: Final = struct.Struct("=BBBBBBBBI")  # struct rtmsg
_QUEUE: Final = struct.Struct("=BxxxiIII")  # struct tcmsg
_NEXT_HOP: Final = struct.Struct("=HBBi")  # struct rtnexthop
_LINK_NAME = 3
_DESTINATION, _INTERFACE, _GATEWAY, _SEVERAL, _TABLE, _BY = 1, 4, 5, 9, 15, 18  # RTA_DST, OIF, …, MULTIPATH, TABLE, VIA
_OBJECT = 30  # RTA_NH_ID
_PRIORITY, _SOURCE = 6, 7  # RTA_PRIORITY, RTA_PREFSRC
_DEAD, _NO_LINK = 1, 16  # RTNH_F_DEAD, RTNH_F_LINKDOWN
_QUEUE_KIND = 1
_NO_FILTERS = frozenset({errno.ENOENT, errno.EOPNOTSUPP, errno.EPROTONOSUPPORT, errno.EINVAL})
"""What a kernel says that has no nftables."""
_OLD_TABLES = "ip_tables_names"
"""The tables of the kernel's older packet filter; nft(8) does not show their rules."""
_KERNEL_FILES: Final = {"fib_trie": 4 << 20, "arp": 4 << 20, _OLD_TABLES: 1 << 16}
"""Files of ``/proc/<pid>/net`` with the most bytes that are read of each."""
_FOR_OTHERS = ["/proc/sys/net/ipv4/conf/*/proxy_arp", "/proc/sys/net/ipv4/conf/*/proxy_arp_pvlan"]


def forwarding_state(
    pid: int, pidfd: int, own_network: int, deadline: float, filters: Callable[[], Rules]
) -> dict[str, Any]:
    """Return the rules of a host's packet filters as nft(8) prints them, its queues and its IPv4 routes as ip(8) does.

    Args:
        pid: the host's first process.
        pidfd: the same, held so that nobody else can have got its number.
        own_network: a file descriptor of our own network namespace.
        deadline: of ``time.monotonic``.
        filters: lists the rules of its packet filters; asked where there are any.

    Raises:
        HelperError: the kernel does not say.
    """
    try:
        with netlink.asking_in(pidfd, own_network, socket.NETLINK_ROUTE) as asking:
            names = _names(asking, deadline)
            queues = _queues(asking, names, deadline)
            routes = _routes(asking, names, deadline)
    except TimeoutError:
        raise
    except OSError as error:
        raise HelperError("failed", f"the kernel does not list routes: {error.strerror}") from error
    rules = filters() if _has_filters(pidfd, own_network, deadline) else []
    old = _read(pid, _OLD_TABLES, deadline).split()
    return {"rules": rules, "queues": queues, "routes": routes, "old_tables": old}


def network_rows(
    pid: int, pidfd: int, own_network: int, deadline: float, filters: Callable[[], Rules], settings: list[str]
) -> dict[str, Any]:
    """Return a host's network as it runs: its interfaces, addresses, neighbours, routes, rules, queues and filters.

    Args:
        pid: the host's first process.
        pidfd: the same, held so that nobody else can have got its number.
        own_network: a file descriptor of our own network namespace.
        deadline: of ``time.monotonic``.
        filters: lists the rules of its packet filters; asked where there are any.
        settings: the paths of what is wanted of ``/proc/sys/net``, with ``*`` for any interface.

    Raises:
        HelperError: the kernel does not say.
    """
    try:
        with netlink.asking_in(pidfd, own_network, socket.NETLINK_ROUTE) as asking:
            links = interfaces.links(asking, deadline)
            names = {index: str(link["name"]) for index, link in links.items()}
            rows = {
                "links": list(links.values()),
                "addresses": interfaces.addresses(asking, names, deadline),
                "neighbours": interfaces.neighbours(asking, names, deadline),
                "ways": interfaces.rules(asking, deadline),
                "queues": _queues(asking, names, deadline),
                "routes": [
                    {**_route(body, names), **_manner(body)}
                    for family in (socket.AF_INET, socket.AF_INET6)
                    for body in _routes_told(asking, family, deadline)
                ],
            }
    except TimeoutError:
        raise
    except OSError as error:
        raise HelperError("failed", f"the kernel does not list the network: {error.strerror}") from error
    kernel.enter_pidfd(pidfd, kernel.NEWNET)
    try:
        rows["sysctls"] = sysctls(settings, deadline)
    finally:
        kernel.enter_fd(own_network)
    rows["rules"] = filters() if _has_filters(pidfd, own_network, deadline) else []
    return {**rows, "old_tables": _read(pid, _OLD_TABLES, deadline).split()}


def addressing(pid: int, pidfd: int, own_network: int, deadline: float) -> dict[str, Any]:
    """Return for whom a host answers: its table of addresses, its neighbours, and what it does in others' place."""
    kernel.enter_pidfd(pidfd, kernel.NEWNET)
    try:
        proxies = sysctls(_FOR_OTHERS, deadline)
    finally:
        kernel.enter_fd(own_network)
    own, neighbours = (_read(pid, name, deadline) for name in ("fib_trie", "arp"))
    return {"own": own, "neighbours": neighbours, "for_others": {p: v for p, v in proxies.items() if v != "0"}}


def _names(asking: socket.socket, deadline: float) -> dict[int, str]:
    """Return the names of the interfaces by their indexes."""
    found = {}
    for body in netlink.dumped(asking, _GET_LINK, _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0), deadline):
        index = _LINK.unpack_from(body)[2]
        found[index] = _text(dict(netlink.attributes(body[_LINK.size :])).get(_LINK_NAME, b""))
    return found


def _queues(asking: socket.socket, names: dict[int, str], deadline: float) -> list[dict[str, Any]]:
    rows = []
    for body in netlink.dumped(asking, _GET_QUEUE, _QUEUE.pack(socket.AF_UNSPEC, 0, 0, 0, 0), deadline):
        told = dict(netlink.attributes(body[_QUEUE.size :]))
        rows.append({"kind": _text(told.get(_QUEUE_KIND, b"")), "dev": names.get(_QUEUE.unpack_from(body)[1], "?")})
    return rows


def _routes(asking: socket.socket, names: dict[int, str], deadline: float) -> list[dict[str, Any]]:
    return [_route(body, names) for body in _routes_told(asking, socket.AF_INET, deadline)]


def _routes_told(asking: socket.socket, family: int, deadline: float) -> Iterator[bytes]:
    return netlink.dumped(asking, _GET_ROUTE, _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0), deadline)


def _manner(body: bytes) -> dict[str, Any]:
    """Return of a route who made it, what kind it is and what it prefers: by numbers, as linux/rtnetlink.h has them."""
    family, _, _, _, _, protocol, _, kind, _ = _ROUTE.unpack_from(body)
    told = dict(netlink.attributes(body[_ROUTE.size :]))
    manner: dict[str, Any] = {"family": family, "protocol": protocol, "type": kind}
    if _PRIORITY in told:
        manner["metric"] = struct.unpack("=I", told[_PRIORITY])[0]
    if _SOURCE in told:
        manner["source"] = interfaces.address(family, told[_SOURCE])
    return manner


def _route(body: bytes, names: dict[int, str]) -> dict[str, Any]:
    """Return a route by the words of ``ip -json route``."""
    family, length, _, service, table, _, _, _, flags = _ROUTE.unpack_from(body)
    told = dict(netlink.attributes(body[_ROUTE.size :]))
    number = struct.unpack("=I", told[_TABLE])[0] if _TABLE in told else table
    destination = f"{interfaces.address(family, told[_DESTINATION])}/{length}" if _DESTINATION in told else "default"
    route = {"dst": destination, "table": str(number), **_hop(told, names, family)}
    if service:
        route["tos"] = f"{service:#04x}"
    if flags & (_DEAD | _NO_LINK):
        route["flags"] = ["dead"]
    if _OBJECT in told:
        route["nhid"] = struct.unpack("=I", told[_OBJECT])[0]
    if _SEVERAL in told:
        route["nexthops"] = list(_next_hops(told[_SEVERAL], names, family))
    return route


def _next_hops(data: bytes, names: dict[int, str], family: int) -> Any:
    position = 0
    while position + _NEXT_HOP.size <= len(data):
        size, _, _, index = _NEXT_HOP.unpack_from(data, position)
        told = dict(netlink.attributes(data[position + _NEXT_HOP.size : position + size]))
        yield {"dev": names.get(index, "?"), **_hop(told, names, family)}
        position += max(size + -size % 4, _NEXT_HOP.size)


def _hop(told: dict[int, bytes], names: dict[int, str], family: int) -> dict[str, Any]:
    hop: dict[str, Any] = {}
    if _INTERFACE in told:
        hop["dev"] = names.get(struct.unpack("=i", told[_INTERFACE])[0], "?")
    if _GATEWAY in told:
        hop["gateway"] = interfaces.address(family, told[_GATEWAY])
    if _BY in told:  # struct rtvia: a family, then an address of it
        other, address = struct.unpack_from("=H", told[_BY])[0], told[_BY][2:]
        hop["via"] = {"host": socket.inet_ntop(other, address)}
    return hop


def _has_filters(pidfd: int, own_network: int, deadline: float) -> bool:
    with netlink.asking_in(pidfd, own_network, _NETFILTER) as asking:
        try:
            return any(True for _ in list(netlink.dumped(asking, _GET_TABLE, bytes(4), deadline)))
        except TimeoutError:
            raise
        except OSError as error:
            if error.errno in _NO_FILTERS:
                return False
            raise HelperError("failed", f"the kernel does not list packet filters: {error.strerror}") from error


def _read(pid: int, name: str, deadline: float) -> str:
    """Return a file of the host's network, as the kernel writes it; nothing where there is none."""
    limit, data = _KERNEL_FILES[name], bytearray()
    try:
        with open(f"/proc/{pid}/net/{name}", "rb", buffering=0) as file:
            while piece := file.read(1 << 18):
                data += piece
                if len(data) > limit or time.monotonic() > deadline:
                    raise HelperError("failed", f"{name}: too large to be read")
    except FileNotFoundError:
        return ""
    return data.decode("ascii", errors="replace")
