"""What is done to a host between its container's start and its systemd's: root file system, sysctls, gate.

All of it happens before any process of a trainee runs at the first start; at a later one the trainee's own
init may wait at the gate, so every path is opened below the host's root and nothing of the host's is executed.
"""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from . import disks, kernel
from .mounts import Mount, mounts_of, root_among

GATE = "/run/breakfix/gate"
"""A FIFO that a host's init reads before it becomes systemd."""
NOTIFY = "/run/breakfix/notify"
"""The socket where systemd says READY=1 (sd_notify(3)); the host's environment names it in NOTIFY_SOCKET."""

_DOCKERS_FILES = frozenset({"/etc/resolv.conf", "/etc/hosts", "/etc/hostname"})
"""What Docker mounts into a container and writes anew at each start. Below each mount is the file that was placed
before the start: an ordinary one, which a technician can edit, move and keep over a reboot."""

_UNBOUNDED = {"/dev": 1 << 20, "/sys/fs/cgroup": 1 << 16}
"""Docker's file systems in memory for which it lets nobody choose a size, and the bytes that are enough."""


def prepare(pid: int, container: str, *, writable_net_sysctls: bool, disk: int) -> None:
    """Give a waiting host a disk, an ordinary root file system and a cgroup tree that its systemd can manage.

    Args:
        pid: its first process.
        container: its container's id.
        writable_net_sysctls: whether it may write /proc/sys/net.
        disk: the size of its disk in bytes; 0 leaves it on the engine's.

    Raises:
        OSError: the disk could not be made, or a mount not be changed.
    """
    mounts = mounts_of(pid)  # the host's own /proc does not show this process
    root = root_among(mounts)
    mounted = disks.ready(container, disk, root) if disk and not disks.is_on_disk(root) else None
    child = os.fork()
    if child == 0:
        status = 1
        try:
            kernel.enter(pid, kernel.NEWNET)
            _set_network_defaults()  # through the helper's /proc, which is writable and shows this namespace
            kernel.enter(pid, kernel.NEWNS | kernel.NEWCGROUP)
            if mounted is not None:
                disks.become_root(mounted, mounts, _DOCKERS_FILES)
            elif disks.has_old_root(mounts):
                disks.drop_old_root()  # a helper that was killed may not have come to it
            by_path = {mount.path: mount for mount in mounts}
            _change_mounts(by_path, on_disk=bool(disk), writable_net_sysctls=writable_net_sysctls)
            status = 0
        except OSError as error:
            os.write(2, f"host of process {pid}: {error}\n".encode())
        finally:
            os._exit(status)
    if mounted is not None:
        os.close(mounted)
    _, status = os.waitpid(child, 0)
    if status:
        message = f"the mounts of the host of process {pid} could not be prepared"
        raise OSError(message)


def _change_mounts(mounts: dict[str, Mount], *, on_disk: bool, writable_net_sysctls: bool) -> None:
    """Take away, bound and open what Docker mounted, in the host's own mount namespace."""
    if not on_disk:  # else they have been left behind
        for path in mounts.keys() & _DOCKERS_FILES:
            kernel.unmount(path)
    for path in mounts.keys() & _UNBOUNDED:
        if mounts[path].kind == "tmpfs":
            kernel.bound_memory(path, _UNBOUNDED[path])
    if writable_net_sysctls:
        kernel.bind_writable("/proc/sys/net", source="/proc/sys/net")
    named = Path("/sys/fs/cgroup/systemd")
    kernel.bind_writable(str(named) if named.is_dir() else "/sys/fs/cgroup")


def _set_network_defaults() -> None:
    """Set what DHCP clients and ifupdown expect and cannot set themselves while /proc/sys is read-only."""
    for interface in Path("/proc/sys/net/ipv4/conf").iterdir():
        (interface / "promote_secondaries").write_text("1")


def try_gate(pid: int) -> int | None:
    """Return a file descriptor that writes to a host's gate, or None while its init does not wait there yet."""
    try:
        gate = _open(pid, GATE, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    if not stat.S_ISFIFO(os.fstat(gate).st_mode):
        os.close(gate)
        return None
    return gate


def has_booted(pid: int) -> bool:
    """Return whether a host's first process is systemd already (a helper that was restarted asks)."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "systemd"
    except OSError:
        return False


def listen_for_ready(pid: int) -> socket.socket:
    """Return a datagram socket inside the host where its systemd announces that the boot is finished."""
    folder = _open(pid, os.path.dirname(NOTIFY), os.O_PATH | os.O_DIRECTORY)
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        receiver.bind(f"/proc/self/fd/{folder}/{os.path.basename(NOTIFY)}")
    except OSError:
        receiver.close()
        raise
    finally:
        os.close(folder)
    return receiver


def _open(pid: int, path: str, flags: int) -> int:
    """Open a path below a host's root without keeping that root busy."""
    root = kernel.root_of(pid)
    try:
        return kernel.open_in_root(root, path, flags)
    finally:
        os.close(root)
