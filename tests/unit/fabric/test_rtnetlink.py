"""Observers' interfaces, made by a real kernel in networks of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, as the helper does")

_BOTH_ENDS = r"""
import errno, fcntl, json, os, socket, struct, sys
from orchestrator.fabric.helper import kernel, rtnetlink

def refused(what, *args, **more):
    try:
        what(*args, **more)
    except OSError as error:
        return errno.errorcode[error.errno]
    return ""

def told(request, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        return fcntl.ioctl(asking, request, name.encode().ljust(40, b"\0"))[16:]

kernel.unshare(kernel.NEWNET)
away, begun, seen = os.pipe(), os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.close(begun[1])
    kernel.unshare(kernel.NEWNET)
    os.write(away[1], b"1")
    os.read(begun[0], 1)
    own = socket.if_nametoindex("eth0")
    rtnetlink.bring_up(rtnetlink.LOOPBACK)
    rtnetlink.bring_up(own)
    rtnetlink.add_address(own, "192.0.2.7/24")
    rtnetlink.add_default_route("192.0.2.1")
    lines = [line.split() for line in open("/proc/self/net/route")][1:]
    os.write(seen[1], json.dumps({
        "routes": sorted(line[:3] for line in lines),
        "mac": told(0x8927, "eth0")[2:8].hex(":"),
        "address": socket.inet_ntoa(told(0x8915, "eth0")[4:8]),
        "mask": socket.inet_ntoa(told(0x891B, "eth0")[4:8]),
        "up": [struct.unpack("=h", told(0x8913, name)[:2])[0] & 1 for name in ("lo", "eth0")],
        "twice": refused(rtnetlink.add_address, own, "192.0.2.7/24"),
        "unreachable": refused(rtnetlink.add_default_route, "203.0.113.1"),
    }).encode())
    os._exit(0)
os.read(away[0], 1)
made = dict(peer="eth0", mac="02:bf:01:02:03:04", pid=child)
rtnetlink.add_veth("o1", 0, **made)
here = [name for _, name in socket.if_nameindex()]
twice = refused(rtnetlink.add_veth, "o1", 0, **made)
no_bridge = refused(rtnetlink.add_veth, "o2", 4711, **{**made, "peer": "eth1"})
os.write(begun[1], b"1")
there = json.loads(os.read(seen[0], 65536))
os.waitpid(child, 0)
rtnetlink.remove("o1")
rtnetlink.remove("o1")
gone = [name for _, name in socket.if_nameindex()]
nobody = refused(rtnetlink.add_veth, "o3", 0, **{**made, "pid": child})
print(json.dumps(dict(here=here, there=there, twice=twice, no_bridge=no_bridge, gone=gone, nobody=nobody)))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """Return what both ends of an observer's cable saw."""
    done = subprocess.run([sys.executable, "-c", _BOTH_ENDS], check=True, capture_output=True, text=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_observer_has_its_address_its_mac_address_and_its_gateway(said: dict[str, Any]) -> None:
    there = said["there"]
    assert there["up"] == [1, 1]
    assert (there["address"], there["mask"], there["mac"]) == ("192.0.2.7", "255.255.255.0", "02:bf:01:02:03:04")
    assert there["routes"] == [["eth0", "00000000", "010200C0"], ["eth0", "000200C0", "00000000"]]


def test_the_near_end_comes_and_goes(said: dict[str, Any]) -> None:
    assert "o1" in said["here"]
    assert "o1" not in said["gone"]


def test_what_the_kernel_refuses_is_an_error(said: dict[str, Any]) -> None:
    assert (said["twice"], said["no_bridge"], said["nobody"]) == ("EEXIST", "EINVAL", "ESRCH")
    assert said["gone"] == ["lo"]
    assert (said["there"]["twice"], said["there"]["unreachable"]) == ("EEXIST", "ENETUNREACH")
