"""The few messages of rtnetlink(7), and the one call of ethtool, that plug an observer in.

A netlink library would be loaded, or its memory copied, in each process that serves an observer: that took longer than
what was observed.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct

_NEW_LINK, _DELETE_LINK, _NEW_ADDRESS, _NEW_ROUTE = 16, 17, 20, 24
_ERROR = 2  # NLMSG_ERROR
_ACKNOWLEDGED, _MADE = 0x5, 0x605  # NLM_F_REQUEST | NLM_F_ACK; these with NLM_F_CREATE | NLM_F_EXCL
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")  # struct ifinfomsg
_ADDRESS = struct.Struct("=BBBBI")  # struct ifaddrmsg
_ROUTE = struct.Struct("=BBBBBBBBI")  # struct rtmsg
_UNCHANGED = _LINK.pack(0, 0, 0, 0, 0)
_REQUEST = struct.Struct("16sP16x")  # struct ifreq
_CALL_ETHTOOL, _GET_CARRIER = 0x8946, struct.pack("=II", 10, 0)  # SIOCETHTOOL, ETHTOOL_GLINK
_UP = 1  # IFF_UP
_LINK_ADDRESS, _LINK_NAME, _LINK_MASTER, _LINK_INFO, _LINK_NAMESPACE_OF = 1, 3, 10, 18, 19
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_ADDRESS_ADDRESS, _ADDRESS_LOCAL = 1, 2
_ROUTE_GATEWAY = 5
_TABLE_MAIN, _PROTOCOL_STATIC, _UNICAST = 254, 4, 1
LOOPBACK = 1
"""The index of each network's first interface (LOOPBACK_IFINDEX)."""


def add_veth(name: str, master: int, *, peer: str, mac: str, pid: int) -> None:
    """Make a pair of interfaces: one here, up and a port of a bridge, its peer, still down, in a process's network.

    Args:
        name: the name here.
        master: the index of the bridge.
        peer: the name there.
        mac: the peer's MAC address.
        pid: the process.

    Raises:
        OSError: the kernel refuses.
    """
    hardware = bytes.fromhex(mac.replace(":", ""))
    far = _attributes((_LINK_NAME, _text(peer)), (_LINK_ADDRESS, hardware), (_LINK_NAMESPACE_OF, _u32(pid)))
    data = _attributes((_VETH_PEER, _UNCHANGED + far))
    info = _attributes((_INFO_KIND, b"veth"), (_INFO_DATA, data))
    _ask(_NEW_LINK, _MADE, _link(), (_LINK_NAME, _text(name)), (_LINK_MASTER, _u32(master)), (_LINK_INFO, info))


def remove(name: str) -> None:
    """Remove an interface, and its peer; one that is not there is no error.

    Raises:
        OSError: the kernel refuses.
    """
    try:
        _ask(_DELETE_LINK, _ACKNOWLEDGED, _UNCHANGED, (_LINK_NAME, _text(name)))
    except OSError as error:
        if error.errno != errno.ENODEV:
            raise


def bring_up(index: int) -> None:
    """Bring an interface up.

    Raises:
        OSError: the kernel refuses.
    """
    _ask(_NEW_LINK, _ACKNOWLEDGED, _link(index))


def see_carrier(name: str, asking: socket.socket) -> None:
    """Have the kernel act at once on a carrier that an interface has got.

    It acts in its own time, a second late on a busy machine; until then the interface drops all frames.

    Args:
        name: of the interface.
        asking: any network socket that was made in the interface's network.

    Raises:
        OSError: the kernel refuses.
    """
    value = ctypes.create_string_buffer(_GET_CARRIER)
    fcntl.ioctl(asking, _CALL_ETHTOOL, _REQUEST.pack(_text(name), ctypes.addressof(value)))


def add_address(index: int, address: str) -> None:
    """Give an interface an IPv4 address with its prefix length.

    Raises:
        OSError: the kernel refuses.
    """
    ip, _, prefix = address.partition("/")
    packed = socket.inet_aton(ip)
    head = _ADDRESS.pack(socket.AF_INET, int(prefix), 0, 0, index)
    _ask(_NEW_ADDRESS, _MADE, head, (_ADDRESS_LOCAL, packed), (_ADDRESS_ADDRESS, packed))


def add_default_route(gateway: str) -> None:
    """Send by a gateway what is for nobody near.

    Raises:
        OSError: the kernel refuses.
    """
    head = _ROUTE.pack(socket.AF_INET, 0, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, 0, _UNICAST, 0)
    _ask(_NEW_ROUTE, _MADE, head, (_ROUTE_GATEWAY, socket.inet_aton(gateway)))


def _ask(kind: int, flags: int, head: bytes, *attributes: tuple[int, bytes]) -> None:
    """Have the kernel do something in this network namespace."""
    body = head + _attributes(*attributes)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as asking:
        asking.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body)
        answer = asking.recv(1 << 16)
    _, said, *_ = _HEADER.unpack_from(answer)
    code = -struct.unpack_from("=i", answer, _HEADER.size)[0] if said == _ERROR else errno.EBADMSG
    if code:
        raise OSError(code, os.strerror(code))


def _link(index: int = 0) -> bytes:
    """Return the head of a message about an interface that is, or comes, up."""
    return _LINK.pack(0, 0, index, _UP, _UP)


def _attributes(*attributes: tuple[int, bytes]) -> bytes:
    """Return attributes, each with its kind, as netlink(7) lays them out."""
    return b"".join(struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4) for kind, data in attributes)


def _text(name: str) -> bytes:
    return name.encode() + b"\0"


def _u32(number: int) -> bytes:
    return struct.pack("=I", number)
