"""System calls that Python's standard library does not have, and what is built from them directly."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct

_libc = ctypes.CDLL(None, use_errno=True)

# setns(2), unshare(2)
NEWNS = 0x00020000
NEWCGROUP = 0x02000000
NEWUTS = 0x04000000
NEWIPC = 0x08000000
NEWUSER = 0x10000000
NEWPID = 0x20000000
NEWNET = 0x40000000
NAMESPACES = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWPID | NEWNET
"""Those that every host has; a user namespace cannot be entered twice."""

# mount(2)
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 32, 4096, 16384, 1 << 18
_MNT_DETACH, _UMOUNT_NOFOLLOW = 2, 8

# fsopen(2), fspick(2), fsconfig(2), fsmount(2), open_tree(2), move_mount(2)
_FSOPEN_CLOEXEC, _FSMOUNT_CLOEXEC, _FSPICK_CLOEXEC = 1, 1, 1
_FSCONFIG_SET_FLAG, _FSCONFIG_SET_STRING, _FSCONFIG_CMD_CREATE, _FSCONFIG_CMD_RECONFIGURE = 0, 1, 6, 7
_ATTRIBUTES_OF_A_LOOK = 0x1F  # MOUNT_ATTR_RDONLY, _NOSUID, _NODEV, _NOEXEC, _NOATIME
_OPEN_TREE_CLONE, _AT_RECURSIVE, _AT_EMPTY_PATH, _AT_FDCWD = 1, 0x8000, 0x1000, -100
_MOVE_MOUNT_F_EMPTY_PATH, _MOVE_MOUNT_T_EMPTY_PATH = 0x04, 0x40

# prctl(2)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_CAPBSET_DROP = 1, 4, 8, 24
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 22, 38, 47
_SECCOMP_MODE_FILTER = 2
_INSTRUCTION = 8
"""Bytes of an instruction of a filter (struct sock_filter)."""
_PR_CAP_AMBIENT_RAISE, _PR_CAP_AMBIENT_CLEAR_ALL = 2, 4
CAP_NET_ADMIN, CAP_NET_RAW = 12, 13
_CAPABILITY_VERSION_3 = 0x20080522

# openat2(2)
_SYS_OPENAT2 = 437
_RESOLVE_NO_MAGICLINKS, _RESOLVE_NO_SYMLINKS, _RESOLVE_IN_ROOT = 0x02, 0x04, 0x10

_TRIES = 1000
"""A ``..`` in a path makes openat2(2) say EAGAIN whenever something is mounted or renamed meanwhile, anywhere."""

_PROC_SUPER_MAGIC, _DEVPTS_SUPER_MAGIC = 0x9FA0, 0x1CD1  # statfs(2)

with open("/proc/sys/kernel/cap_last_cap") as _last:
    LAST_CAPABILITY = int(_last.read())
"""Read at import, before any namespace of a trainee's is entered."""


def give_back_memory() -> None:
    """Give the memory that was freed back to the machine; the C library would keep what lies between used pieces."""
    _libc.malloc_trim(0)


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


def enter(pid: int, namespaces: int) -> None:
    """Move the calling process into namespaces of another (its children, for the PID namespace)."""
    pidfd = os.pidfd_open(pid)
    try:
        enter_pidfd(pidfd, namespaces)
    finally:
        os.close(pidfd)


def enter_pidfd(pidfd: int, namespaces: int) -> None:
    """Like ``enter``, for a process held by a pidfd, whose number nobody else can have got."""
    _check(_libc.setns(pidfd, namespaces), "setns")


def enter_fd(fd: int) -> None:
    """Move the calling thread into the namespace that a ``/proc/PID/ns`` file descriptor stands for."""
    _check(_libc.setns(fd, 0), "setns")


def unshare(namespaces: int) -> None:
    """Give the calling process namespaces of its own."""
    _check(_libc.unshare(namespaces), "unshare")


def bind_writable(target: str, *, source: str | None = None) -> None:
    """Remount a mount point writable; with a source, bind that onto the target first."""
    if source is not None:
        _check(_libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(_MS_BIND), None), target)
    flags = _MS_REMOUNT | _MS_BIND | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _check(_libc.mount(b"", target.encode(), None, ctypes.c_ulong(flags), None), target)


def keep_mounts_to_oneself() -> None:
    """Let no mount of this process's namespace show in another one."""
    _check(_libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None), "/")


def mount_memory(target: str) -> None:
    """Mount a small file system in memory."""
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    _check(_libc.mount(b"none", target.encode(), b"tmpfs", flags, b"size=16m,mode=0755"), target)


def bound_memory(target: str, size: int) -> None:
    """Let a file system in memory hold ``size`` bytes at most, whichever of its mounts is written to."""
    context = _check(_libc.fspick(_AT_FDCWD, target.encode(), _FSPICK_CLOEXEC), target)
    try:
        _check(_libc.fsconfig(context, _FSCONFIG_SET_STRING, b"size", str(size).encode(), 0), target)
        _check(_libc.fsconfig(context, _FSCONFIG_CMD_RECONFIGURE, None, None, 0), target)
    finally:
        os.close(context)


def bind(source: str, target: str) -> None:
    """Let a file show in place of another one."""
    _check(_libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(_MS_BIND), None), target)


def unmount(target: str) -> None:
    """Detach what is mounted on a path, and not what a link of that name leads to."""
    _check(_libc.umount2(target.encode(), _MNT_DETACH | _UMOUNT_NOFOLLOW), target)


def mount_overlay(target: str, lower: str, upper: str, work: str) -> None:
    """Mount an overlay whose files keep their numbers, and whose layers hold what any overlay can read."""
    options = f"lowerdir={lower},upperdir={upper},workdir={work},xino=on,index=off,redirect_dir=off,metacopy=off"
    _check(_libc.mount(b"overlay", target.encode(), b"overlay", ctypes.c_ulong(0), options.encode()), target)


def mount_detached(kind: str, source: str, options: tuple[str, ...] = (), *, to_look: bool = False) -> int:
    """Mount a device's file system nowhere; the mount ends with the file descriptor that is returned.

    Args:
        kind: the file system's type.
        source: the device.
        options: flags of the file system's own; a device that is mounted already keeps those that it has.
        to_look: whether nothing may be written or executed by way of this mount.
    """
    context = _check(_libc.fsopen(kind.encode(), _FSOPEN_CLOEXEC), f"fsopen {kind}")
    try:
        _check(_libc.fsconfig(context, _FSCONFIG_SET_STRING, b"source", source.encode(), 0), source)
        for option in options:
            _check(_libc.fsconfig(context, _FSCONFIG_SET_FLAG, option.encode(), None, 0), option)
        _check(_libc.fsconfig(context, _FSCONFIG_CMD_CREATE, None, None, 0), source)
        return _check(_libc.fsmount(context, _FSMOUNT_CLOEXEC, _ATTRIBUTES_OF_A_LOOK if to_look else 0), source)
    finally:
        os.close(context)


def copy_of_mount(path: str) -> int:
    """Return a file descriptor of a detached copy of a mount and of those below it."""
    flags = _OPEN_TREE_CLONE | _AT_RECURSIVE | os.O_CLOEXEC
    return _check(_libc.open_tree(_AT_FDCWD, path.encode(), ctypes.c_uint(flags)), path)


def copy_of_file_mount(fd: int) -> int:
    """Return a file descriptor of a detached mount of a single file: a namespace, by its file in ``/proc/PID/ns``."""
    flags = _OPEN_TREE_CLONE | _AT_EMPTY_PATH | os.O_CLOEXEC
    return _check(_libc.open_tree(fd, b"", ctypes.c_uint(flags)), "open_tree")


def attach(mount: int, folder: int) -> None:
    """Put a detached mount over a folder, or a file over a file, both given by file descriptors."""
    flags = _MOVE_MOUNT_F_EMPTY_PATH | _MOVE_MOUNT_T_EMPTY_PATH
    _check(_libc.move_mount(mount, b"", folder, b"", ctypes.c_uint(flags)), "move_mount")


def pivot_root(new: str, old: str) -> None:
    """Make a mount the root of its namespace and of all that have the present one; that one is at ``old`` then."""
    _check(_libc.pivot_root(new.encode(), old.encode()), new)


def not_dumpable() -> None:
    """Let no other process trace this one or open its file descriptors by /proc."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE")


def no_new_privileges() -> None:
    """Let no later exec give this process more rights."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")


def filter_calls(program: bytes) -> None:
    """Have a filter judge each system call of this thread and of its children (seccomp(2)).

    Args:
        program: the filter's instructions (struct sock_filter).
    """
    memory = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("HP", len(program) // _INSTRUCTION, ctypes.addressof(memory))
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, filter_, 0, 0), "PR_SET_SECCOMP")


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0), "PR_SET_PDEATHSIG")


def lines_of(path: str) -> list[str]:
    """Return the lines of a file of the kernel's.

    It ends a line at a line feed alone, and puts names into one that may hold whatever else Python takes for an end.
    """
    with open(path, "rb") as file:
        text = file.read().decode(errors="surrogateescape")
    return text.removesuffix("\n").split("\n") if text else []


def bounding_set(pid: int) -> int:
    """Return the capability bounding set of a process as a bit mask."""
    for line in lines_of(f"/proc/{pid}/status"):
        if line.startswith("CapBnd:"):
            return int(line.split()[1], 16)
    message = f"process {pid} has no CapBnd"
    raise OSError(message)


def limit_capabilities(mask: int) -> None:
    """Reduce every capability set of this process to ``mask`` (the inheritable and ambient sets to nothing)."""
    for capability in range(LAST_CAPABILITY + 1):
        if not mask >> capability & 1:
            _check(_libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0), "PR_CAPBSET_DROP")
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, struct.pack("6I", low, low, 0, high, high, 0)), "capset")


def keep_capabilities() -> None:
    """Let the permitted capabilities of this process outlive its change to an ordinary user."""
    _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "PR_SET_KEEPCAPS")


def keep_only(capabilities: tuple[int, ...]) -> None:
    """Reduce this process of an ordinary user to some capabilities, which what it executes has too."""
    low = sum(1 << capability for capability in capabilities)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, struct.pack("6I", low, low, low, 0, 0, 0)), "capset")
    for capability in capabilities:
        _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0), "PR_CAP_AMBIENT_RAISE")


def open_in_root(root: int, path: str, flags: int) -> int:
    """Open a path with a directory as its root: no link in it can lead out (openat2, RESOLVE_IN_ROOT)."""
    return _openat2(root, path, flags, _RESOLVE_IN_ROOT | _RESOLVE_NO_MAGICLINKS)


def open_plainly(root: int, path: str, flags: int) -> int:
    """Like ``open_in_root``, for a path that must hold no link at all."""
    return _openat2(root, path, flags, _RESOLVE_IN_ROOT | _RESOLVE_NO_SYMLINKS)


def _openat2(root: int, path: str, flags: int, resolve: int) -> int:
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, resolve)
    name = path.encode(errors="surrogateescape")
    for _ in range(_TRIES):
        fd = _libc.syscall(_SYS_OPENAT2, root, name, how, len(how))
        if fd >= 0 or ctypes.get_errno() != errno.EAGAIN:
            break
    return _check(fd, path)


def is_proc(fd: int) -> bool:
    """Return whether a file descriptor is of a proc file system, and of nothing that only looks like one."""
    return _kind_of(fd) == _PROC_SUPER_MAGIC


def is_devpts(fd: int) -> bool:
    """Return whether a file descriptor is of a file system of pseudo-terminals (devpts)."""
    return _kind_of(fd) == _DEVPTS_SUPER_MAGIC


def _kind_of(fd: int) -> int:
    answer = ctypes.create_string_buffer(256)
    _check(_libc.fstatfs(fd, answer), "fstatfs")
    return ctypes.c_long.from_buffer(answer).value


def root_of(pid: int) -> int:
    """Return a file descriptor of the root directory that a process sees."""
    return os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
