"""What confines a command in a host besides its capabilities: a filter of system calls, and AppArmor's profile."""

from __future__ import annotations

import errno
import functools
import os

import seccomp

from . import kernel
from .syscall_policy import AF_VSOCK, ENTERING, FORBIDDEN, NAMESPACES


@functools.cache
def filter_program() -> bytes:
    """Return the filter of system calls as the kernel takes it: to be made once, for libseccomp takes milliseconds."""
    filter_ = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    for call in (*FORBIDDEN, *ENTERING):
        filter_.add_rule(seccomp.ERRNO(errno.EPERM), call)
    for namespace in NAMESPACES:
        filter_.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, namespace, namespace))
    filter_.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    filter_.add_rule(seccomp.ERRNO(errno.EPERM), "socket", seccomp.Arg(0, seccomp.EQ, AF_VSOCK))
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        filter_.export_bpf(file)
        file.seek(0)
        return file.read()


def filter_calls() -> None:
    """Load the filter, which all children inherit. Sudo goes on working: new privileges stay possible."""
    kernel.filter_calls(filter_program())


def profile_of(pid: int) -> str | None:
    """Return a process's AppArmor profile, or None where it is not confined."""
    try:
        with open(f"/proc/{pid}/attr/apparmor/current") as current:
            profile = current.read().strip("\0\n").rsplit(" (", 1)[0]
    except OSError:
        return None
    return None if profile == "unconfined" else profile


def take_profile_at_exec(profile: str) -> None:
    """Have whatever this process's children execute be confined by an AppArmor profile (they inherit the request)."""
    with open("/proc/self/attr/apparmor/exec", "w") as attribute:
        attribute.write(f"exec {profile}")
