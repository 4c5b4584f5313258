"""What is kept of a host's disk, without a kernel that would mount it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from orchestrator.fabric.helper import disks, mounts
from orchestrator.fabric.helper.kernel import lines_of
from orchestrator.fabric.helper.mounts import Mount, mounts_of, root_among

MOUNTINFO = """\
1227 1187 0:427 / / rw,relatime - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/var/my\\040docker/diff,workdir=/w
1228 1227 0:329 / /proc rw,nosuid shared:3 master:1 - proc proc rw
1231 1228 0:330 /null /proc/keys rw - tmpfs tmpfs rw,size=65536k,mode=755
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(disks, "FOLDER", tmp_path / "disks")
    disks._blank.cache_clear()
    return tmp_path / "disks"


def in_folder(folder: Path) -> set[str]:
    return {place.name for place in folder.iterdir()}


def test_mounts_are_read_with_their_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "mountinfo"
    told.write_text(MOUNTINFO)
    monkeypatch.setattr(mounts, "lines_of", lambda _: lines_of(str(told)))
    root, proc, keys = mounts_of(7)
    assert (root_among([proc, keys, root]), proc.parent, keys.kind) == (root, root.id, "tmpfs")
    assert ("upperdir", "/var/my docker/diff") in root.options
    assert ("lowerdir", "/l/A:/l/B") in root.options


@pytest.mark.parametrize(
    ("kind", "upper", "ours"),
    [("overlay", "/mnt/upper", True), ("overlay", "/var/lib/docker/x/diff", False), ("ext4", "/mnt/upper", False)],
)
def test_a_root_on_a_disk_is_known(kind: str, upper: str, ours: object) -> None:
    assert disks.is_on_disk(Mount("2", "1", "/", kind, [("lowerdir", "/"), ("upperdir", upper)])) is ours


def test_disks_are_kept_for_containers_that_exist(folder: Path) -> None:
    disks.keep({"a"})
    assert not folder.exists()
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "image").touch()
    disks.keep({"a", "c"})
    assert in_folder(folder) == {"a"}
    (folder / "model-1073741824").write_bytes(b"a helper was killed while it made it")
    disks.keep({"a"})
    assert in_folder(folder) == {"a"}
    disks.forget("a")
    disks.forget("never")
    assert in_folder(folder) == set()


def test_a_host_without_a_disk_is_known_as_one(folder: Path) -> None:
    assert disks.root_of("a") is None
    assert disks.written("a", 9999) is None
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mke2fs") is None, reason="the helper's image has it; this machine does not")
def test_a_disk_is_as_large_as_stated_and_takes_next_to_nothing(folder: Path) -> None:
    folder.mkdir()
    for name in ("a", "b"):
        disks._make(folder / name, 1 << 30)
    states = [(folder / name).stat() for name in ("a", "b")]
    assert [state.st_size for state in states] == [1 << 30, 1 << 30]
    assert max(state.st_blocks * 512 for state in states) < 4 << 20
    assert (folder / "a").read_bytes()[1080:1082] == b"\x53\xef", "ext4's magic number"
    assert in_folder(folder) == {"a", "b"}, "nothing else stays"


def test_a_disk_that_cannot_be_made_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()

    def full(_fd: int, _data: bytes, _offset: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disks, "_blank", lambda _size: ((0, b"x"),))
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        disks._make(folder / "image", 1 << 20)
    assert in_folder(folder) == set()
