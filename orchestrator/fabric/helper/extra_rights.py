"""Rights that a file's mode does not tell: a program's capabilities (capabilities(7)), access lists (acl(5)).

The kernel keeps both as extended attributes, in the forms of ``struct vfs_cap_data`` (linux/capability.h) and
``struct posix_acl_xattr_entry`` (linux/posix_acl_xattr.h).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

_CAPABILITIES = "security.capability"
_LISTS = {"system.posix_acl_access": "", "system.posix_acl_default": "default:"}
_NAMES = (
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
    "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
    "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
    "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
    "checkpoint_restore",
)  # fmt: skip
"""By their numbers."""
_EFFECTIVE = 1
_SETS = {(True, False): "p", (False, True): "i", (True, True): "ip"}
_ENTRY = struct.Struct("<HHI")
_TAGS = {0x01: "user::", 0x02: "user:", 0x04: "group::", 0x08: "group:", 0x10: "mask::", 0x20: "other::"}
_NAMED = (0x02, 0x08)


def extra_rights(fd: int) -> dict[str, str]:
    """Return what a file or a folder grants beside its mode, in words; nothing where it grants nothing.

    Args:
        fd: a file descriptor of it, which may be one of ``O_PATH``.

    Returns:
        ``capabilities``, as getcap(8) prints them; ``acl``, as getfacl(1) does, with numbers, on one line.
    """
    place = f"/proc/self/fd/{fd}"
    try:
        names = os.listxattr(place)
        values = {name: os.getxattr(place, name) for name in names if name == _CAPABILITIES or name in _LISTS}
    except OSError:  # a file system without attributes, or a file that has gone meanwhile
        return {}
    said = {"acl": ",".join(row for name, prefix in _LISTS.items() for row in _entries(values.get(name), prefix))}
    if _CAPABILITIES in values:
        said["capabilities"] = _capabilities(values[_CAPABILITIES])
    return {field: text for field, text in said.items() if text}


def _capabilities(value: bytes) -> str:
    (magic,) = struct.unpack_from("<I", value)
    words = struct.unpack_from(f"<{(len(value) - 4) // 4}I", value, 4)
    permitted, inheritable = (sum(word << 32 * n for n, word in enumerate(words[start:4:2])) for start in (0, 1))
    rows = []
    for in_sets, letters in _SETS.items():
        names = [
            _name(number)
            for number in range(64)
            if (bool(permitted >> number & 1), bool(inheritable >> number & 1)) == in_sets
        ]
        if names:
            rows.append(f"{','.join(names)}={'e' if magic & _EFFECTIVE else ''}{letters}")
    return " ".join(rows)


def _name(number: int) -> str:
    return f"cap_{_NAMES[number]}" if number < len(_NAMES) else str(number)


def _entries(value: bytes | None, prefix: str) -> Iterator[str]:
    """Give the entries of a list that say more than the mode does: a list without named ones is the mode."""
    rows = list(_ENTRY.iter_unpack(value[4:])) if value else []
    if prefix or any(tag in _NAMED for tag, _, _ in rows):
        for tag, rights, number in rows:
            who = f"{_TAGS[tag]}{number}:" if tag in _NAMED else _TAGS[tag]
            yield (
                prefix
                + who
                + "".join(letter if rights & bit else "-" for letter, bit in zip("rwx", (4, 2, 1), strict=True))
            )
