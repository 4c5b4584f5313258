"""What was made of a folder is made again once a file below it changes, and only then."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core import kept_reads
from orchestrator.core.kept_reads import KeptReads, stamp_of


def _edited(folder: Path) -> None:
    (folder / "below" / "a").write_text("y")


def _added(folder: Path) -> None:
    (folder / "below" / "b").write_text("")


def _removed(folder: Path) -> None:
    (folder / "below" / "a").unlink()


def _replaced_as_it_was(folder: Path) -> None:
    """Another file of the same size and time of change has another inode."""
    old, new = folder / "below" / "a", folder / "new"
    new.write_text("z")
    os.utime(new, ns=(old.stat().st_atime_ns, old.stat().st_mtime_ns))
    new.replace(old)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a").write_text("x")
    monkeypatch.setattr(kept_reads, "_YOUNG_NS", -1)
    return tmp_path


@pytest.mark.parametrize("change", [_edited, _added, _removed, _replaced_as_it_was])
def test_it_is_made_again_after_a_change(folder: Path, change: Callable[[Path], None]) -> None:
    kept: KeptReads[object] = KeptReads(2)
    first = kept.of(folder, "key", object)
    assert kept.of(folder, "key", object) is first
    before = stamp_of(folder)
    change(folder)
    while stamp_of(folder) == before:  # the clock of files is coarse
        change(folder)
    second = kept.of(folder, "key", object)
    assert second is not first
    assert kept.of(folder, "key", object) is second


def test_the_last_ones_are_kept(folder: Path) -> None:
    kept: KeptReads[object] = KeptReads(2)
    one, two = kept.of(folder, 1, object), kept.of(folder, 2, object)
    assert kept.of(folder, 1, object) is one
    kept.of(folder, 3, object)
    assert kept.of(folder, 1, object) is one
    assert kept.of(folder, 2, object) is not two


def test_what_has_just_changed_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_reads, "_YOUNG_NS", 3600 * 10**9)
    kept: KeptReads[object] = KeptReads(2)
    assert kept.of(folder, "key", object) is not kept.of(folder, "key", object)


def test_what_fails_is_tried_again(folder: Path) -> None:
    kept: KeptReads[int] = KeptReads(2)
    with pytest.raises(ZeroDivisionError):
        kept.of(folder, "key", lambda: 1 // 0)
    assert kept.of(folder, "key", lambda: 7) == 7
