"""A host's own namespaces: its root commands its network, and not that of the other ends of its cables."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.fabric.helper import kernel, namespaces

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces as the helper does")]

_RTM_NEWLINK, _RTM_GETLINK, _NLMSG_ERROR = 16, 18, 2
_REQUEST, _ACK, _DUMP, _CREATE = 0x1, 0x4, 0x300, 0x600
_IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_TARGET_NETNSID, _IFLA_INFO_KIND = 3, 18, 46, 1


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def bridge_at_the_other_end() -> int:
    """Make a bridge in the network namespace with the first number that this one knows; return rtnetlink's error."""
    kind = attribute(_IFLA_LINKINFO, attribute(_IFLA_INFO_KIND, b"bridge"))
    place = attribute(_IFLA_TARGET_NETNSID, struct.pack("i", 0)) + attribute(_IFLA_IFNAME, b"mine\0")
    ask(_RTM_GETLINK, _DUMP, bytes(16))  # gives the other end's namespace its number here
    answer = ask(_RTM_NEWLINK, _ACK | _CREATE, bytes(16) + place + kind)
    assert struct.unpack_from("H", answer, 4) == (_NLMSG_ERROR,)
    return -int(struct.unpack_from("i", answer, 16)[0])


def ask(request: int, flags: int, rest: bytes) -> bytes:
    """Send a request of rtnetlink(7), and return the first answer."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(struct.pack("IHHII", 16 + len(rest), request, _REQUEST | flags, 1, 0) + rest)
        return netlink.recv(1 << 16)


def apart(act: Callable[[], int]) -> int:
    """Do something in a process of its own, and return what it returns (0 to 254)."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(act())
        except BaseException:
            traceback.print_exc()
            os._exit(255)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def own() -> Iterator[tuple[int, int]]:
    """A host's namespaces: its users, its network."""
    made = namespaces.make()
    yield made
    for space in made:
        os.close(space)


def cabled(network: int) -> int:
    """Make a network namespace of the fabric's, with a cable into a host's; return a file descriptor that holds it."""
    kernel.unshare(kernel.NEWNET)
    cable = ["ip", "link", "add", "port", "type", "veth", "peer", "name", "eth0", "netns", f"/proc/self/fd/{network}"]
    subprocess.run(cable, check=True, pass_fds=[network])
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def test_root_of_a_host_does_not_command_the_fabric(own: tuple[int, int]) -> None:
    users, network = own

    def attack() -> int:
        cabled(network)
        kernel.enter_fd(users)
        kernel.enter_fd(network)
        return bridge_at_the_other_end()

    assert apart(attack) == 1, "EPERM"


def test_root_of_the_machine_does_from_there(own: tuple[int, int]) -> None:
    """The control: without a user namespace of its own, a host's root is nobody else."""

    def attack() -> int:
        cabled(own[1])
        kernel.enter_fd(own[1])
        kernel.limit_capabilities(1 << kernel.CAP_NET_ADMIN)
        return bridge_at_the_other_end()

    assert apart(attack) == 0


def test_root_of_a_host_commands_its_own_network_and_its_files_stay_whose_they_are(own: tuple[int, int]) -> None:
    def act() -> int:
        for space in own:
            kernel.enter_fd(space)
        kernel.limit_capabilities(1 << kernel.CAP_NET_ADMIN)
        done = subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
        return done.returncode or os.getuid() or Path("/").stat().st_uid

    assert apart(act) == 0


@pytest.fixture
def joined() -> Iterator[Callable[..., int]]:
    """Starts processes that enter namespaces and keep some capabilities; returns the number of each."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*entered: int, capabilities: int) -> int:
        def enter() -> None:
            for space in entered:
                kernel.enter_fd(space)
            kernel.limit_capabilities(capabilities)

        process = subprocess.Popen(["sleep", "60"], preexec_fn=enter)  # noqa: PLW1509 - nothing else runs here
        started.append(process)
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_first_process_is_let_in_with_its_own_network_and_no_further_rights(
    own: tuple[int, int], joined: Callable[..., int]
) -> None:
    may = namespaces.capabilities_of({"capabilities": ["NET_ADMIN"]})
    mask = sum(1 << number for number in may)
    inside = joined(*own, capabilities=mask)
    assert namespaces.has_entered(inside)
    namespaces.require_confined(inside, may)
    for outside in (
        joined(capabilities=mask),
        joined(own[0], capabilities=mask),
        joined(own[1], capabilities=mask),
        joined(*own, capabilities=mask | 1 << 21),
    ):
        with pytest.raises(OSError, match="did not enter the namespaces"):
            namespaces.require_confined(outside, may)
