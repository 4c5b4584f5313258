"""A host's interfaces and their addresses, its routing rules and neighbours, as the kernel itself lists them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any, Final

from . import netlink

_GET_LINK, _GET_ADDRESS, _GET_NEIGHBOUR, _GET_RULE = 18, 22, 30, 34  # RTM_GETLINK, RTM_GETADDR, …
_LINK: Final = struct.Struct("=BxHiII")  # struct ifinfomsg
_ADDRESS: Final = struct.Struct("=BBBBi")  # struct ifaddrmsg
_NEIGHBOUR: Final = struct.Struct("=BxxxiHBB")  # struct ndmsg
_RULE: Final = struct.Struct("=BBBBBBBBI")  # struct fib_rule_hdr
TABLES: Final = {"253": "default", "254": "main", "255": "local"}
_UP = 1  # IFF_UP
_MAC, _PEER_MAC, _NAME, _MTU, _BELOW, _MASTER, _INFO, _BELOW_AT, _XDP = 1, 2, 3, 4, 5, 10, 18, 37, 43  # IFLA_…
_INFO_KIND, _INFO_DATA, _VLAN_NUMBER, _XDP_ATTACHED = 1, 2, 1, 2
_FAR, _NEAR, _ADDRESS_FLAGS = 1, 2, 8  # IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS
_STAYS = 0x80  # IFA_F_PERMANENT
_TO, _AT = 1, 2  # NDA_DST, NDA_LLADDR
_PERMANENT, _PROXY = 0x80, 8  # NUD_PERMANENT, NTF_PROXY
_INVERTED = 2  # FIB_RULE_INVERT
_RULE_ACTIONS: Final = {1: "table", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_RULE_PRIORITY, _RULE_TABLE = 6, 15
_RULE_NUMBERS: Final = {4: "goto", 10: "mark", 16: "mask"}
_RULE_NAMES: Final = {3: "iif", 17: "oif"}
_RULE_ADDRESSES: Final = {1: "to", 2: "from"}
_RULE_UNTOLD = frozenset({14, 18, 21})
"""What says nothing of where packets go: a suppression that is off (one that is on is told), padding, who made it."""
_SUPPRESSED = 14  # FRA_SUPPRESS_PREFIXLEN
_NOT_SUPPRESSED = 0xFFFFFFFF


def links(asking: socket.socket, deadline: float) -> dict[int, dict[str, Any]]:
    """Return the interfaces by their indexes.

    Args:
        asking: a netlink socket in the host's network.
        deadline: of ``time.monotonic``.

    Raises:
        OSError: the kernel does not say.
    """
    found = {}
    for body in netlink.dumped(asking, _GET_LINK, _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0), deadline):
        _, _, index, flags, _ = _LINK.unpack_from(body)
        found[index] = _link(dict(netlink.attributes(body[_LINK.size :])), up=bool(flags & _UP))
    for row in found.values():
        for place in ("master", "below"):
            if place in row:
                row[place] = found.get(row[place], {}).get("name", "?")
    return found


def addresses(asking: socket.socket, names: dict[int, str], deadline: float) -> list[dict[str, Any]]:
    """Return the addresses; one with a ``peer`` is at the end of a line, one that is ``leased`` ends by itself.

    Raises:
        OSError: the kernel does not say.
    """
    rows = []
    for body in netlink.dumped(asking, _GET_ADDRESS, _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0), deadline):
        family, length, flags, _, index = _ADDRESS.unpack_from(body)
        told = dict(netlink.attributes(body[_ADDRESS.size :]))
        far = told.get(_FAR, b"")
        near = told.get(_NEAR, far)
        row: dict[str, Any] = {"dev": names.get(index, "?"), "address": f"{address(family, near)}/{length}"}
        if far and far != near:
            row["peer"] = address(family, far)
        if not (_number(told[_ADDRESS_FLAGS]) if _ADDRESS_FLAGS in told else flags) & _STAYS:
            row["leased"] = True
        rows.append(row)
    return rows


def neighbours(asking: socket.socket, names: dict[int, str], deadline: float) -> list[dict[str, Any]]:
    """Return the neighbours that were written by hand: those that stay, and those in whose place the host answers.

    Raises:
        OSError: the kernel does not say.
    """
    rows = []
    for flags in (0, _PROXY):
        question = _NEIGHBOUR.pack(socket.AF_UNSPEC, 0, 0, flags, 0)
        for body in netlink.dumped(asking, _GET_NEIGHBOUR, question, deadline):
            family, index, state, marks, _ = _NEIGHBOUR.unpack_from(body)
            told = dict(netlink.attributes(body[_NEIGHBOUR.size :]))
            is_proxy = bool(marks & _PROXY)
            if _TO in told and (is_proxy or state & _PERMANENT):
                row = {"address": address(family, told[_TO]), "dev": names.get(index, "any")}
                rows.append({**row, "proxy": True} if is_proxy else {**row, "mac": told.get(_AT, b"").hex(":")})
    return rows


def rules(asking: socket.socket, deadline: float) -> list[str]:
    """Return the rules that choose a routing table, each in words close to those of ``ip rule``.

    Raises:
        OSError: the kernel does not say.
    """
    question = _RULE.pack(socket.AF_UNSPEC, 0, 0, 0, 0, 0, 0, 0, 0)
    families = (socket.AF_INET, socket.AF_INET6)
    rows = netlink.dumped(asking, _GET_RULE, question, deadline)
    return [" ".join(_rule(body)) for body in rows if body[0] in families]


def address(family: int, packed: bytes) -> str:
    """Return an address in words; of another kind than IPv4 and IPv6, its bytes."""
    is_known = (family, len(packed)) in {(socket.AF_INET, 4), (socket.AF_INET6, 16)}
    return socket.inet_ntop(family, packed) if is_known else packed.hex(":")


def text(data: bytes) -> str:
    """Return a name."""
    return data.rstrip(b"\0").decode(errors="replace")


def _link(told: dict[int, bytes], *, up: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": text(told.get(_NAME, b"")), "up": up, "mtu": _number(told.get(_MTU, bytes(4)))}
    info = dict(netlink.attributes(told.get(_INFO, b"")))
    if kind := text(info.get(_INFO_KIND, b"")):
        row["kind"] = kind
    if mac := told.get(_MAC, b""):
        is_tunnel = len(mac) == 4  # noqa: PLR2004 - a tunnel's own address stands here
        row["mac"] = address(socket.AF_INET, mac) if is_tunnel else mac.hex(":")
        if is_tunnel and _PEER_MAC in told:
            row["peer"] = address(socket.AF_INET, told[_PEER_MAC])
    if kind == "vlan":
        row["vlan"] = struct.unpack_from("=H", dict(netlink.attributes(info[_INFO_DATA]))[_VLAN_NUMBER])[0]
    if _MASTER in told:
        row["master"] = _number(told[_MASTER])
    if _BELOW in told and _BELOW_AT not in told and _number(told[_BELOW]):  # else it is in another network
        row["below"] = _number(told[_BELOW])
    if dict(netlink.attributes(told.get(_XDP, b""))).get(_XDP_ATTACHED, b"\0") != b"\0":
        row["xdp"] = True
    return row


def _rule(body: bytes) -> Iterator[str]:
    """Give the words of a rule; what has no word here is told by its number and bytes."""
    family, to_length, from_length, service, table, _, _, action, flags = _RULE.unpack_from(body)
    told = dict(netlink.attributes(body[_RULE.size :]))
    yield "inet6" if family == socket.AF_INET6 else "inet"
    yield f"{_number(told.get(_RULE_PRIORITY, bytes(4)))}:"
    if flags & _INVERTED:
        yield "not"
    lengths = {"to": to_length, "from": from_length}
    for kind, data in sorted(told.items()):
        if word := _RULE_ADDRESSES.get(kind):
            yield f"{word} {address(family, data)}/{lengths[word]}"
        elif word := _RULE_NAMES.get(kind):
            yield f"{word} {text(data)}"
        elif word := _RULE_NUMBERS.get(kind):
            yield f"{word} {_number(data):#x}" if word != "goto" else f"goto {_number(data)}"
        elif kind == _SUPPRESSED and _number(data) != _NOT_SUPPRESSED:
            yield f"suppress_prefixlength {_number(data)}"
        elif kind not in _RULE_UNTOLD | {_RULE_PRIORITY, _RULE_TABLE}:
            yield f"attribute {kind} {data.hex()}"
    if service:
        yield f"tos {service:#04x}"
    word = _RULE_ACTIONS.get(action, str(action))
    number = _number(told[_RULE_TABLE]) if _RULE_TABLE in told else table
    yield f"table {TABLES.get(str(number), number)}" if word == "table" else word


def _number(data: bytes) -> int:
    return int(struct.unpack_from("=I", data)[0])
