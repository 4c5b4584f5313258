"""What is done to a host between its container's start and its systemd's: namespaces, root file system, sysctls, gates.

All of it happens before any process of a trainee runs at the first start; at a later one the trainee's own
init may wait at the gate, so every path is opened below the host's root and nothing of the host's is executed.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import disks, kernel, namespaces
from .mounts import Mount, mounts_of, root_among

GATE = "/run/breakfix/gate"
"""A FIFO that a host's init reads before it enters its namespaces: the capabilities that it is to keep."""
START = "/run/breakfix/start"
"""A FIFO that it reads then, before it becomes systemd."""
NOTIFY = "/run/breakfix/notify"
"""The socket where systemd says READY=1 (sd_notify(3)); the host's environment names it in NOTIFY_SOCKET."""

_DOCKERS_FILES = frozenset({"/etc/resolv.conf", "/etc/hosts", "/etc/hostname"})
"""What Docker mounts into a container and writes again at each start. Below each mount is the file that was placed
before the start: an ordinary one, which a technician can edit, move and keep over a reboot."""

_DOCKERS_SYSCTLS = (
    "ipv4/ping_group_range",
    "ipv4/ip_unprivileged_port_start",
    "ipv6/conf/all/disable_ipv6",
    "ipv6/conf/default/disable_ipv6",
)
"""What Docker sets in the network namespace that it makes for a container, and nobody enters here."""

_UNBOUNDED = {"/dev": 1 << 20, "/sys/fs/cgroup": 1 << 16}
"""Docker's file systems in memory for which it lets nobody choose a size, and the bytes that are enough."""


def prepare(pid: int, container: str, *, writable_net_sysctls: bool, disk: int) -> None:
    """Give a waiting host namespaces, a disk, an ordinary root file system and a cgroup tree that systemd can manage.

    Args:
        pid: its first process.
        container: its container's id.
        writable_net_sysctls: whether it may write /proc/sys/net.
        disk: the size of its disk in bytes; 0 leaves it on the engine's.

    Raises:
        OSError: the disk or the namespaces could not be made, or a mount not be changed.
    """
    mounts = mounts_of(pid)  # the host's own /proc does not show this process
    user, network = namespaces.make()
    root = root_among(mounts)
    mounted = disks.ready(container, disk, root) if disk and not disks.is_on_disk(root) else None
    child = os.fork()
    if child == 0:
        status = 1
        try:
            kernel.enter(pid, kernel.NEWNET)
            dockers = _network_sysctls(_DOCKERS_SYSCTLS)  # the helper's /proc is writable and shows this namespace
            kernel.enter_fd(network)
            _set_network_defaults(dockers)
            kernel.enter(pid, kernel.NEWNS | kernel.NEWCGROUP)
            if mounted is not None:
                disks.become_root(mounted, mounts, _DOCKERS_FILES)
            elif disks.has_old_root(mounts):
                disks.drop_old_root()  # a helper that was killed may not have come to it
            by_path = {mount.path: mount for mount in mounts}
            _mount_sys_anew(mounts)
            _change_mounts(by_path, on_disk=bool(disk), writable_net_sysctls=writable_net_sysctls)
            namespaces.offer(user, network, by_path)
            status = 0
        except OSError as error:
            os.write(2, f"host of process {pid}: {error}\n".encode())
        finally:
            os._exit(status)
    for held in (user, network, *(() if mounted is None else (mounted,))):
        os.close(held)
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


def _mount_sys_anew(mounts: list[Mount]) -> None:
    """Let /sys show the host's own network: it shows that of whoever has mounted it."""
    sys = next((mount for mount in mounts if mount.path == "/sys"), None)
    if sys is None:
        return
    below = [(mount.path, kernel.copy_of_mount(mount.path)) for mount in mounts if mount.parent == sys.id]
    fresh = kernel.mount_detached("sysfs", "sysfs", to_look=True)
    kernel.unmount("/sys")
    for path, mount in (("/sys", fresh), *below):
        point = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        kernel.attach(mount, point)
        os.close(point)
        os.close(mount)


def _network_sysctls(names: Iterable[str]) -> dict[Path, str]:
    """Return what some of the network's sysctls say, as far as this kernel has them."""
    paths = (Path("/proc/sys/net") / name for name in names)
    return {path: path.read_text() for path in paths if path.exists()}


def _set_network_defaults(dockers: Mapping[Path, str]) -> None:
    """Set what Docker has set, and what DHCP clients and ifupdown cannot set themselves in a read-only /proc/sys."""
    for path, value in dockers.items():
        path.write_text(value)
    for interface in Path("/proc/sys/net/ipv4/conf").iterdir():
        (interface / "promote_secondaries").write_text("1")


def try_gate(pid: int, path: str) -> int | None:
    """Return a file descriptor that writes to one of a host's gates, or None while its init does not wait there."""
    try:
        gate = _open(pid, path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
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
