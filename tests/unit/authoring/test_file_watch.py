"""Every change of a file is noticed once, and what an editor leaves beside it is none."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator.authoring.file_watch import Watcher


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_what_is_noticed(tmp_path: Path) -> None:
    a, b, new = tmp_path / "a.yaml", tmp_path / "checks/test_b.py", tmp_path / "checks/deeper/c.py"
    write(a, "one")
    write(b, "one")
    watcher = Watcher([tmp_path, tmp_path / "missing"])
    assert watcher.changed() == ()
    write(a, "three")
    assert watcher.changed() == (str(a),)
    assert watcher.changed() == ()
    write(new, "x")
    b.unlink()
    assert watcher.changed() == (str(new), str(b)) or watcher.changed() == ()
    write(tmp_path / "missing/d.py", "x")
    assert watcher.changed() == (str(tmp_path / "missing/d.py"),)


def test_a_file_that_another_takes_the_place_of_has_changed(tmp_path: Path) -> None:
    """As editors save: a new file, of the same size, moved over the old one, with its time kept."""
    a = tmp_path / "a.yaml"
    write(a, "one")
    watcher = Watcher([tmp_path])
    before = a.stat()
    write(tmp_path / ".a.yaml.new", "two")
    os.utime(tmp_path / ".a.yaml.new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / ".a.yaml.new").rename(a)
    assert watcher.changed() == (str(a),)


def test_by_products_are_no_change(tmp_path: Path) -> None:
    watcher = Watcher([tmp_path])
    for name in (".a.yaml.swp", "a.yaml~", "#a.yaml#", "4913", "__pycache__/a.pyc", ".git/index"):
        write(tmp_path / name, "x")
    assert watcher.changed() == ()


def test_other_folders_are_no_change_and_the_old_ones_lose_none(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one / "a", "x")
    write(two / "b", "x")
    watcher = Watcher([one])
    write(one / "a", "longer")
    watcher.watch([one, two])
    assert watcher.changed() == (str(one / "a"),)
    write(one / "a", "longest of all")
    watcher.watch([two])
    assert watcher.changed() == ()
