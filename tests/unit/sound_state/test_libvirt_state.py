"""libvirt's state: what guests write is no change; a guest made again is not the one that was there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

import pytest

from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.libvirt_state import LibvirtState

GUEST = """<!-- edit it with virsh -->
<domain type='qemu'>
  <name>board</name>
  <uuid>3d0a1c5e-88c4-4b7e-a1d9-5f20c7e39021</uuid>
  <memory unit='KiB'>81920</memory>
  <currentMemory unit='KiB'>81920</currentMemory>
  <vcpu placement='static'>1</vcpu>
  <os><type arch='x86_64' machine='pc-i440fx-10.0'>hvm</type><kernel>/boot/vmlinuz</kernel></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='/img/board.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
    <interface type='network'>
      <mac address='52:54:00:00:00:21'/><source network='lan'/><model type='virtio'/>
    </interface>
  </devices>
</domain>
"""
STATUS = f"<domstatus state='running' reason='booted' pid='9'>{GUEST.partition('-->')[2]}</domstatus>"
NETWORK = "<network><name>lan</name><uuid>1</uuid><forward mode='bridge'/><bridge name='br0'/></network>"
POOL = "<pool type='dir'><name>images</name><target><path>/img</path></target></pool>"
DEFINED, RUNS = "/etc/libvirt/qemu/board.xml", "/run/libvirt/qemu/board.xml"
SOUND: Mapping[str, Mapping[str, object]] = {
    "file": {
        DEFINED: GUEST,
        RUNS: STATUS,
        "/etc/libvirt/qemu/networks/lan.xml": NETWORK,
        "/run/libvirt/network/lan.xml": NETWORK,
        "/etc/libvirt/storage/images.xml": POOL,
    },
    "there": {
        "/etc/libvirt/qemu/autostart/board.xml": DEFINED,
        "/etc/libvirt/qemu/networks/autostart/lan.xml": "/etc/libvirt/qemu/networks/lan.xml",
    },
    "disk": {"/img/board.qcow2": ({"format": "qcow2", "virtual-size": 33554432, "snapshots": []}, b"\x01" * 16)},
}
UUID = "3d0a1c5e-88c4-4b7e-a1d9-5f20c7e39021"


def encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def printed(state: Mapping[str, Mapping[str, object]]) -> str:
    """Return what the script prints of a state."""
    lines = []
    for word, rows in state.items():
        for path, value in rows.items():
            if isinstance(value, tuple):
                values = [encoded(json.dumps(value[0]).encode()), encoded(value[1])]
            else:
                values = [encoded(str(value).encode())]
            lines.append(" ".join([word, encoded(path.encode()), *values]))
    return "\n".join([*lines, "whole", ""])


def looked(state: Mapping[str, Mapping[str, object]]) -> Mapping[str, Mapping[str, str]]:
    def run(argv: Sequence[str], stdin: bytes) -> str:
        assert (argv[:2], stdin) == (("sh", "-c"), b"")
        return printed(state)

    return LibvirtState().look(run)


def changed(**parts: Mapping[str, object | None]) -> list[tuple[str, str, str]]:
    """Return what is thought of other files, links and disks: object, field, standing."""
    state = {
        word: {path: value for path, value in {**rows, **parts.get(word, {})}.items() if value is not None}
        for word, rows in SOUND.items()
    }
    was, now = looked(SOUND), looked(state)
    found: list[tuple[str, str, str]] = []
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name, {}), now.get(name, {})
        for field in sorted(before.keys() | after.keys()):
            if before.get(field) != after.get(field):
                one = StateChange("h", "libvirt", name, field, before.get(field), after.get(field))
                found.append((name, field, LibvirtState().think(one).standing))
    return found


def test_what_there_is_is_told() -> None:
    assert looked(SOUND) == {
        "libvirt": {"answers": "yes"},
        "guest board": {
            "uuid": UUID,
            "memory": "memory: 81920 KiB\ncurrentMemory: 81920 KiB",
            "processors": "1",
            "machine": "x86_64 pc-i440fx-10.0",
            "boot": "kernel /boot/vmlinuz",
            "disks": "vda file /img/board.qcow2 qcow2 virtio disk snapshot default",
            "interfaces": "52:54:00:00:00:21 network lan virtio link up",
            "running disks": "vda file /img/board.qcow2 qcow2 virtio disk snapshot default",
            "running interfaces": "52:54:00:00:00:21 network lan virtio link up",
            "the rest": looked(SOUND)["guest board"]["the rest"],
            "state": "running",
            "starts by itself": "yes",
        },
        "disk of board: vda": {
            "file": "/img/board.qcow2",
            "format": "qcow2",
            "size": "33554432",
            "file system": "01" * 16,
        },
        "network lan": {
            "active": "yes",
            "starts by itself": "yes",
            "definition": "network\nname lan\nforward mode=bridge\nbridge name=br0",
        },
        "pool images": {"folder": "/img", "starts by itself": "no", "definition": "dir"},
    }


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({}, []),
        ({"file": {RUNS: None}}, [("running disks", "unexplained"), ("running interfaces", "unexplained"),
                                  ("state", "unexplained")]),
        ({"file": {DEFINED: GUEST.replace("81920", "1048576")}}, [("memory", "unexplained")]),
        ({"file": {DEFINED: GUEST.replace("<acpi/>", "")}}, [("the rest", "unexplained")]),
        ({"file": {DEFINED: GUEST.replace("network='lan'", "network='lab'")}}, [("interfaces", "unexplained")]),
        ({"file": {DEFINED: GUEST.replace(UUID, "1" + UUID[1:])}}, [("uuid", "forbidden")]),
        ({"there": {"/etc/libvirt/qemu/autostart/board.xml": None}}, [("starts by itself", "unexplained")]),
        ({"there": {"/etc/libvirt/qemu/autostart/board.xml": "/tmp/board.xml"}},
         [("starts by itself", "unexplained")]),
        ({"there": {"/etc/libvirt/qemu/networks/autostart/lan.xml": None}}, [("starts by itself", "unexplained")]),
        ({"file": {"/run/libvirt/network/lan.xml": None}}, [("active", "unexplained")]),
        ({"file": {"/var/lib/libvirt/qemu/snapshot/board/before.xml": "<domainsnapshot/>"}},
         [("snapshots", "harmless")]),
        ({"disk": {"/img/board.qcow2": ({"format": "qcow2", "virtual-size": 33554432}, b"\x02" * 16)}},
         [("file system", "forbidden")]),
        ({"disk": {"/img/board.qcow2": ({"format": "raw", "virtual-size": 33554432}, b"\x01" * 16)}},
         [("format", "unexplained")]),
    ],
)  # fmt: skip
def test_what_is_thought_of_a_change(
    parts: Mapping[str, Mapping[str, object | None]], found: list[tuple[str, str]]
) -> None:
    assert [(field, standing) for _, field, standing in changed(**parts)] == found


def test_a_guest_that_is_gone_is_forbidden() -> None:
    found = changed(file={DEFINED: None, RUNS: None})
    assert ("guest board", "uuid", "forbidden") in found
    assert ("disk of board: vda", "file system", "forbidden") in found


def test_a_definition_with_entities_is_not_read() -> None:
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaa">]><domain><uuid>&a;</uuid></domain>'
    state = looked({**SOUND, "file": {**SOUND["file"], DEFINED: bomb}})
    assert "uuid" not in state["guest board"]


def test_a_look_that_was_cut_off_says_so() -> None:
    assert LibvirtState().look(lambda *_: "file") == {"libvirt": {"answers": "no"}}
