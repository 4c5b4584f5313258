"""The user namespace and the network namespace that each host has of its own.

A host's root may do what it likes with its own network, and must not touch the fabric's, where the other ends of its
cables are. But rtnetlink(7) acts on the namespace of a cable's other end (``IFLA_TARGET_NETNSID``) for whoever has
CAP_NET_ADMIN in the user namespace that owns it, and were that the machine's, root of every host would have it there.
User and group numbers are the machine's: files stay whose they are.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from . import kernel

USER, NETWORK = "/run/breakfix/user", "/run/breakfix/network"
"""Where a host's init finds the namespaces that it is to enter."""
DOCKERS = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
"""The capabilities that Docker gives to a container (capabilities(7), by number)."""
ADDED = {"NET_ADMIN": kernel.CAP_NET_ADMIN, "NET_RAW": kernel.CAP_NET_RAW, "NET_BIND_SERVICE": 10}
"""Those that an image may add, which reach no further than the host's own network."""

_EVERY_NUMBER = "0 0 4294967295\n"
_NS_GET_USERNS = 0xB701  # ioctl_nsfs(2)


def capabilities_of(wiring: Mapping[str, Any]) -> frozenset[int]:
    """Return the numbers of the capabilities that a host may have, with those that its image adds by its label."""
    return DOCKERS | {ADDED[name] for name in wiring.get("capabilities", ())}


def make() -> tuple[int, int]:
    """Make a user namespace, and a network namespace that belongs to it; return file descriptors of both.

    Raises:
        OSError: the machine refuses (``user.max_user_namespaces``).
    """
    told, tell = os.pipe()
    holder = os.fork()
    if holder == 0:
        with contextlib.suppress(OSError):
            kernel.unshare(kernel.NEWUSER | kernel.NEWNET)
            os.write(tell, b".")
            signal.pause()
        os._exit(1)
    os.close(tell)
    try:
        if not os.read(told, 1):
            message = "the machine makes no user namespace (user.max_user_namespaces)"
            raise OSError(message)
        for numbers in ("uid_map", "gid_map"):
            Path(f"/proc/{holder}/{numbers}").write_text(_EVERY_NUMBER)
        flags = os.O_RDONLY | os.O_CLOEXEC
        return os.open(f"/proc/{holder}/ns/user", flags), os.open(f"/proc/{holder}/ns/net", flags)
    finally:
        os.close(told)
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)


def offer(user: int, network: int, mounted: Collection[str]) -> None:
    """Put both namespaces where a host's init looks for them, in the host's own mount namespace.

    Args:
        user: the user namespace's file descriptor.
        network: the network namespace's.
        mounted: the paths on which something is mounted already.
    """
    for path, space in ((USER, user), (NETWORK, network)):
        if path in mounted:  # by a helper that was killed
            kernel.unmount(path)
        point = os.open(path, os.O_CREAT | os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o444)
        copy = kernel.copy_of_file_mount(space)
        kernel.attach(copy, point)
        os.close(copy)
        os.close(point)


def has_entered(pid: int) -> bool:
    """Return whether a process is in another user namespace than this one."""
    try:
        return os.stat(f"/proc/{pid}/ns/user").st_ino != os.stat("/proc/self/ns/user").st_ino
    except OSError:
        return False


def require_confined(pid: int, capabilities: Collection[int]) -> None:
    """Refuse a first process that is not in a network of its own user namespace, or has further capabilities.

    Raises:
        OSError: it may do more than it should; its own init, which a trainee can change, did not do its part.
    """
    # In the order in which it does its part, so that each stays true while the next is asked.
    if not has_entered(pid) or not _owns_its_network(pid) or kernel.bounding_set(pid) & ~_mask(capabilities):
        message = "its init did not enter the namespaces that were made for it"
        raise OSError(message)


def _owns_its_network(pid: int) -> bool:
    """Return whether a process's network namespace belongs to its user namespace."""
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        owner = fcntl.ioctl(network, _NS_GET_USERNS)
    finally:
        os.close(network)
    try:
        return os.fstat(owner).st_ino == os.stat(f"/proc/{pid}/ns/user").st_ino
    finally:
        os.close(owner)


def _mask(capabilities: Collection[int]) -> int:
    return sum(1 << number for number in capabilities)
