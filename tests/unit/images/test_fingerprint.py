from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.images.context import entries, pack, program_folder
from orchestrator.images.fingerprint import fingerprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "host"
    (made / "files/etc").mkdir(parents=True)
    (made / "Dockerfile").write_text("FROM scratch\n")
    (made / "image.yaml").write_text("contract: 1\n")
    (made / "files/etc/motd").write_text("hello\n")
    (made / "files/init").write_text("#!/bin/sh\n")
    (made / "files/link").symlink_to("etc/motd")
    return made


def of(folder: Path, parent: str = "p", **settings: str) -> str:
    return fingerprint(entries(folder, {}), parent=parent, settings=settings)


def relink(folder: Path) -> None:
    (folder / "files/link").unlink()
    (folder / "files/link").symlink_to("init")


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda f: (f / "files/etc/motd").write_text("bye\n"),
    "name": lambda f: (f / "files/etc/motd").rename(f / "files/etc/issue"),
    "place": lambda f: (f / "files/etc/motd").rename(f / "files/motd"),
    "executable": lambda f: (f / "files/init").chmod(0o755),
    "link target": relink,
    "new file": lambda f: (f / "files/new").touch(),
    "Dockerfile": lambda f: (f / "Dockerfile").write_text("FROM scratch\nUSER 1\n"),
}


def byte_code(folder: Path) -> None:
    folder.mkdir()
    (folder / "x").touch()


NO_CHANGES: dict[str, Callable[[Path], object]] = {
    "description": lambda f: (f / "image.yaml").write_text("contract: 1\nmemory: 1G\n"),
    "group's rights": lambda f: (f / "files/etc/motd").chmod(0o600),
    "time": lambda f: (f / "files/etc/motd").touch(),
    "editor's backup": lambda f: (f / "files/etc/motd~").write_text("old"),
    "vim's swap file": lambda f: (f / "files/.motd.swp").write_text("swap"),
    "byte code": lambda f: (f / "files/a.pyc").write_text("code"),
    "byte code's folder": lambda f: byte_code(f / "__pycache__"),
    "empty folder": lambda f: (f / "files/empty").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_changes_with_the_content(folder: Path, change: str) -> None:
    before = of(folder)
    CHANGES[change](folder)
    assert of(folder) != before


@pytest.mark.parametrize("change", NO_CHANGES)
def test_it_does_not_change_with_anything_else(folder: Path, change: str) -> None:
    before = of(folder)
    NO_CHANGES[change](folder)
    assert of(folder) == before


def test_it_changes_with_the_parent_and_the_settings(folder: Path) -> None:
    assert len({of(folder), of(folder, "q"), of(folder, bootstrap="debian")}) == 3


def test_it_is_twelve_hexadecimal_digits(folder: Path) -> None:
    assert len(of(folder)) == 12
    int(of(folder), 16)


def test_included_folders_count_under_their_name(folder: Path, tmp_path: Path) -> None:
    helper = tmp_path / "program"
    helper.mkdir()
    (helper / "server.py").write_text("pass\n")
    included = entries(folder, {"helper": helper})
    assert "helper/server.py" in {entry.path for entry in included}
    (helper / "server.py").write_text("raise\n")
    assert entries(folder, {"helper": helper}) != included


def test_a_folder_of_the_program_is_found() -> None:
    assert (program_folder("orchestrator/images") / "context.py").is_file()


def test_the_archive_depends_on_nothing_but_the_content(folder: Path) -> None:
    first = pack(entries(folder, {}))
    (folder / "files/etc/motd").touch()
    assert pack(entries(folder, {})) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        members = {member.name: member for member in archive}
    assert {(m.mtime, m.uid, m.gid, m.uname) for m in members.values()} == {(0, 0, 0, "")}
    assert members["files/etc"].isdir()
    assert members["files/link"].linkname == "etc/motd"
    assert "image.yaml" not in members
