"""Rights beside a file's mode, as the kernel keeps them."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from orchestrator.fabric.helper.extra_rights import extra_rights

SETUID, NET_RAW, BPF = 1 << 7, 1 << 13, 1 << 39


def capabilities(permitted: int, inheritable: int = 0, *, effective: bool = True) -> bytes:
    words = (permitted & 0xFFFFFFFF, inheritable & 0xFFFFFFFF, permitted >> 32, inheritable >> 32)
    return struct.pack("<5I", 0x02000000 | effective, *words)


def access_list(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


OWNER, ANN, GROUP, TEAM, MASK, OTHERS = (
    (0x01, 6, 0), (0x02, 7, 1000), (0x04, 4, 0), (0x08, 5, 33), (0x10, 7, 0), (0x20, 0, 0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({}, {}),
        ({"user.note": b"x", "trusted.overlay.origin": b"x"}, {}),
        ({"security.capability": capabilities(NET_RAW)}, {"capabilities": "cap_net_raw=ep"}),
        (
            {"security.capability": capabilities(SETUID | BPF, effective=False)},
            {"capabilities": "cap_setuid,cap_bpf=p"},
        ),
        (
            {"security.capability": capabilities(SETUID | NET_RAW, NET_RAW)},
            {"capabilities": "cap_setuid=ep cap_net_raw=eip"},
        ),
        ({"security.capability": capabilities(1 << 50)}, {"capabilities": "50=ep"}),
        ({"system.posix_acl_access": access_list(OWNER, GROUP, OTHERS)}, {}),
        (
            {"system.posix_acl_access": access_list(OWNER, ANN, GROUP, TEAM, MASK, OTHERS)},
            {"acl": "user::rw-,user:1000:rwx,group::r--,group:33:r-x,mask::rwx,other::---"},
        ),
        (
            {"system.posix_acl_default": access_list(OWNER, GROUP, OTHERS)},
            {"acl": "default:user::rw-,default:group::r--,default:other::---"},
        ),
    ],
)
def test_they_are_told_as_the_tools_print_them(
    attributes: dict[str, bytes], said: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "listxattr", lambda _place: [*attributes])
    monkeypatch.setattr(os, "getxattr", lambda _place, name: attributes[name])
    assert extra_rights(os.open(tmp_path, os.O_PATH)) == said


def test_a_file_system_without_attributes_grants_nothing() -> None:
    fd = os.open("/proc/self/status", os.O_PATH)
    try:
        assert extra_rights(fd) == {}
    finally:
        os.close(fd)
