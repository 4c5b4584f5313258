"""The system calls that nobody in a host may make: neither its own processes nor what the helper runs there."""

from __future__ import annotations

from . import kernel

FORBIDDEN = (
    "mount",
    "umount2",
    "pivot_root",
    "unshare",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "bpf",
    "perf_event_open",
    "open_by_handle_at",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "swapon",
    "swapoff",
    "move_mount",
    "fsopen",
    "fspick",
    "fsconfig",
    "fsmount",
    "open_tree",
    "io_uring_setup",
    "mount_setattr",
    "acct",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "iopl",
    "ioperm",
    "quotactl",
    "syslog",
    "fanotify_init",
    "lookup_dcookie",
)
"""What Docker's default filter refuses without CAP_SYS_ADMIN and its like."""
ENTERING = ("setns",)
"""What a host's init needs once, to enter the namespaces that are made for it; nothing leads out of these again."""
NAMESPACES = (
    kernel.NEWNS,
    kernel.NEWCGROUP,
    kernel.NEWUTS,
    kernel.NEWIPC,
    kernel.NEWPID,
    kernel.NEWNET,
    kernel.NEWUSER,
)
"""The flags of clone(2) that make namespaces."""
AF_VSOCK = 40
"""Sockets to the host of a virtual machine: no network namespace holds them."""
