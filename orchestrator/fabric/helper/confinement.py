"""What confines a command in a host besides its capabilities: a filter of system calls, and AppArmor's profile."""

from __future__ import annotations

import errno

import seccomp

from .calls import AF_VSOCK, ENTERING, FORBIDDEN, NAMESPACES


def filter_calls() -> None:
    """Load a filter of system calls that all children inherit."""
    filter_ = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    for call in (*FORBIDDEN, *ENTERING):
        filter_.add_rule(seccomp.ERRNO(errno.EPERM), call)
    for namespace in NAMESPACES:
        filter_.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, namespace, namespace))
    filter_.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    filter_.add_rule(seccomp.ERRNO(errno.EPERM), "socket", seccomp.Arg(0, seccomp.EQ, AF_VSOCK))
    filter_.set_attr(seccomp.Attr.CTL_NNP, 0)  # sudo must go on working in a host
    filter_.load()


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
