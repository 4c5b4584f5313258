"""The filter of system calls that a host runs under, as the engine wants it.

Docker's own default lets no process enter a namespace without a right that no host has; a host's init has to, once.
"""

from __future__ import annotations

import errno
import functools
import json
from typing import Any

from orchestrator.fabric.helper.syscall_policy import AF_VSOCK, FORBIDDEN, NAMESPACES

_OBSOLETE = (
    "_sysctl",
    "create_module",
    "get_kernel_syms",
    "kcmp",
    "migrate_pages",
    "move_pages",
    "nfsservctl",
    "pidfd_getfd",
    "query_module",
    "quotactl_fd",
    "reboot",
    "stime",
    "sysfs",
    "umount",
    "uselib",
    "ustat",
    "vhangup",
    "vm86",
    "vm86old",
)
"""What Docker's default refuses besides, and no library that the helper has can name on every machine."""
_ARCHITECTURES = {
    "SCMP_ARCH_X86_64": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "SCMP_ARCH_AARCH64": ["SCMP_ARCH_ARM"],
}


@functools.cache
def filter_of_hosts() -> str:
    """Return the filter as JSON (OCI runtime specification, ``linux.seccomp``)."""
    rules = [_refusal([*FORBIDDEN, *_OBSOLETE], errno.EPERM), _refusal(["clone3"], errno.ENOSYS)]
    rules += [_refusal(["clone"], errno.EPERM, _argument("MASKED_EQ", flag, flag)) for flag in NAMESPACES]
    rules.append(_refusal(["socket"], errno.EPERM, _argument("EQ", AF_VSOCK)))
    architectures = [{"architecture": one, "subArchitectures": also} for one, also in _ARCHITECTURES.items()]
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "archMap": architectures, "syscalls": rules})


def _refusal(names: list[str], error: int, *arguments: dict[str, Any]) -> dict[str, Any]:
    return {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": error, "args": list(arguments)}


def _argument(operator: str, value: int, second: int = 0) -> dict[str, Any]:
    """Return a condition on a call's first argument."""
    return {"index": 0, "value": value, "valueTwo": second, "op": f"SCMP_CMP_{operator}"}
