"""A backup and back: whole or not at all, and nothing hostile is believed."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.store_copy import copy_store, restore_store
from orchestrator.serving.backup_archive import BackupMade, write_backup
from orchestrator.serving.backup_parts import FORMAT, MANIFEST, STORE, BackupPlaces
from orchestrator.serving.restore_archive import HostileArchiveError, Restored, restore_backup, unpack

pytestmark = pytest.mark.slow

Edit = Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]


def places_in(folder: Path) -> BackupPlaces:
    names = ("recordings", "deliverables", "certificate")
    return BackupPlaces({name: folder / name for name in names}, folder / "etc" / "portal.toml", folder / "labd.sock")


@pytest.fixture
def places(tmp_path: Path) -> BackupPlaces:
    """Return a portal with data."""
    found = places_in(tmp_path / "old")
    for folder in (*found.folders.values(), found.settings.parent):
        folder.mkdir(parents=True)
    (found.folders["recordings"] / "lab").mkdir()
    (found.folders["recordings"] / "lab" / "web 1.cast").write_bytes(b"\x1b[2J" * 100_000)
    (found.folders["deliverables"] / "report.yaml").write_text("cause: ü")
    (found.folders["deliverables"] / "link").symlink_to("/etc/passwd")
    (found.folders["certificate"] / "portal.key").write_text("secret")
    found.settings.write_text("contract = 1\n")
    return found


def ignore(_done: int, _total: int) -> None:
    """Watch no progress."""


def backup(places: BackupPlaces, target: Path) -> BackupMade:
    return write_backup(places, target, lambda copy: copy.write_bytes(b"store"), ignore)


def restore(source: Path, places: BackupPlaces, *, replace: bool = False) -> tuple[Restored, bytes]:
    kept: list[bytes] = []
    done = restore_backup(source, places, lambda copy: kept.append(copy.read_bytes()), ignore, replace=replace)
    return done, kept[0]


def contents(places: BackupPlaces) -> dict[str, bytes]:
    found = {
        f"{name}/{path.relative_to(folder)}": path.read_bytes()
        for name, folder in places.folders.items()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    return {**found, "settings": places.settings.read_bytes()}


def test_there_and_back(places: BackupPlaces, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    seen: list[tuple[int, int]] = []
    made = write_backup(places, target, lambda copy: copy.write_bytes(b"store"), lambda *at: seen.append(at))
    assert (made.files, target.stat().st_mode & 0o777) == (5, 0o600)
    assert seen[-1][0] == seen[-1][1] > 400_000
    new = places_in(tmp_path / "new")
    done, store = restore(target, new)
    assert contents(new) == contents(places)
    assert (store, done.aside) == (b"store", ())
    assert (new.folders["certificate"] / "portal.key").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in (tmp_path / "new").iterdir()} == {*new.folders, "etc"}


def test_a_real_store_there_and_back(tmp_path: Path) -> None:
    old, new = (Database(database_url(str(tmp_path / name), {})) for name in ("old.sqlite", "new.sqlite"))
    with contextlib.closing(old), contextlib.closing(new):
        with old.write():
            pass
        places = places_in(tmp_path / "data")
        write_backup(places, tmp_path / "b", lambda copy: copy_store(old, copy), ignore)
        restore_backup(tmp_path / "b", places, lambda copy: restore_store(copy, new), ignore)
        assert new.version() == old.version()


def test_data_that_is_there_is_kept_aside_or_not_touched(places: BackupPlaces, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    backup(places, target)
    (places.folders["deliverables"] / "report.yaml").write_text("newer")
    with pytest.raises(UsageError) as refused:
        restore(target, places)
    assert refused.value.hint is not None
    assert "--replace" in refused.value.hint.en
    assert (places.folders["deliverables"] / "report.yaml").read_text() == "newer"
    done, _ = restore(target, places, replace=True)
    assert (places.folders["deliverables"] / "report.yaml").read_text() == "cause: ü"
    assert len(done.aside) == 4
    (aside,) = [path for path in done.aside if path.name.startswith("deliverables.before-")]
    assert (aside / "report.yaml").read_text() == "newer"


def test_another_file_is_never_replaced(places: BackupPlaces, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    target.write_text("mine")
    with pytest.raises(UsageError, match="already"):
        backup(places, target)
    assert target.read_text() == "mine"


@pytest.mark.parametrize("at", ["copy", "bytes"])
def test_an_interrupted_backup_leaves_nothing(places: BackupPlaces, tmp_path: Path, at: str) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    copy = interrupted if at == "copy" else lambda target: target.write_bytes(b"store")
    folder = tmp_path / "target"
    folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        write_backup(places, folder / "b", copy, interrupted)
    assert list(folder.iterdir()) == []


def test_an_interrupted_restore_leaves_nothing(places: BackupPlaces, tmp_path: Path) -> None:
    backup(places, tmp_path / "b")
    new = places_in(tmp_path / "new")

    def interrupted(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_backup(tmp_path / "b", new, lambda _copy: None, interrupted)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_store_that_is_refused_moves_nothing(places: BackupPlaces, tmp_path: Path) -> None:
    backup(places, tmp_path / "b")
    new = places_in(tmp_path / "new")

    def refuses(_copy: Path) -> None:
        raise UsageError(None)  # type: ignore[arg-type] # never shown

    with pytest.raises((UsageError, AttributeError)):
        restore_backup(tmp_path / "b", new, refuses, ignore)
    assert list((tmp_path / "new").iterdir()) == []


# Hostile archives -----------------------------------------------------------------------------------------


def edited(source: Path, target: Path, edit: Edit) -> Path:
    """Write an archive again with its members edited."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            for changed, content in edit(member, stream.read()):
                changed.size = len(content) if changed.isreg() else 0
                new.addfile(changed, io.BytesIO(content) if changed.isreg() else None)
    return target


def more(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Edit:
    """Return what puts one more member in, before the manifest."""

    def edit(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if member.name != MANIFEST:
            return [(member, content)]
        extra = tarfile.TarInfo(name)
        extra.type, extra.linkname = kind, link
        return [(extra, b"evil"), (member, content)]

    return edit


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("/etc/cron.d/evil", tarfile.REGTYPE, ""),
        ("../evil", tarfile.REGTYPE, ""),
        ("recordings/../../evil", tarfile.REGTYPE, ""),
        ("recordings/./x", tarfile.REGTYPE, ""),
        ("recordings//x", tarfile.REGTYPE, ""),
        ("recordings", tarfile.REGTYPE, ""),
        ("elsewhere/x", tarfile.REGTYPE, ""),
        ("recordings/a\\..\\b", tarfile.REGTYPE, ""),
        ("recordings/" + "a/" * 600 + "x", tarfile.REGTYPE, ""),
        ("recordings/link", tarfile.SYMTYPE, "/etc"),
        ("recordings/hard", tarfile.LNKTYPE, "../../../etc/shadow"),
        ("recordings/device", tarfile.CHRTYPE, ""),
        ("recordings/pipe", tarfile.FIFOTYPE, ""),
        ("recordings/folder", tarfile.DIRTYPE, ""),
        (STORE, tarfile.REGTYPE, ""),
        ("recordings/not-in-the-manifest", tarfile.REGTYPE, ""),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_no_backup_holds_is_refused(
    places: BackupPlaces, tmp_path: Path, name: str, kind: bytes, link: str
) -> None:
    backup(places, tmp_path / "b")
    bad = edited(tmp_path / "b", tmp_path / "bad", more(name, kind, link))
    new = places_in(tmp_path / "new")
    with pytest.raises(HostileArchiveError):
        restore(bad, new)
    assert list((tmp_path / "new").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def changed(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(member, b"other" if member.name == STORE else content)]


def without_manifest(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(member, content)] if member.name != MANIFEST else []


def without_store(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(member, content)] if member.name != STORE else []


def test_headers_that_python_stumbles_over_are_refused(places: BackupPlaces, tmp_path: Path) -> None:
    def sparse(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        member.pax_headers = {"GNU.sparse.map": "a,b", "GNU.sparse.size": "9"}
        return [(member, content)]

    backup(places, tmp_path / "b")
    with pytest.raises(HostileArchiveError):
        restore(edited(tmp_path / "b", tmp_path / "bad", sparse), places_in(tmp_path / "new"))


@pytest.mark.parametrize("edit", [changed, without_manifest, without_store])
def test_what_differs_from_its_manifest_is_refused(places: BackupPlaces, tmp_path: Path, edit: Edit) -> None:
    backup(places, tmp_path / "b")
    with pytest.raises(HostileArchiveError):
        restore(edited(tmp_path / "b", tmp_path / "bad", edit), places_in(tmp_path / "new"))


def test_a_backup_of_a_newer_program_is_left_alone(places: BackupPlaces, tmp_path: Path) -> None:
    def newer(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if member.name == MANIFEST:
            content = json.dumps({**json.loads(content), "format": FORMAT + 1}).encode()
        return [(member, content)]

    backup(places, tmp_path / "b")
    with pytest.raises(UsageError, match="newer Breakfix"):
        restore(edited(tmp_path / "b", tmp_path / "new.tar", newer), places_in(tmp_path / "new"))


@pytest.mark.parametrize("kept", [0, 10, 1000, -20])
def test_a_cut_archive_is_refused(places: BackupPlaces, tmp_path: Path, kept: int) -> None:
    backup(places, tmp_path / "b")
    (tmp_path / "cut").write_bytes((tmp_path / "b").read_bytes()[:kept])
    (tmp_path / "staged").mkdir()
    with pytest.raises(HostileArchiveError):
        unpack(tmp_path / "cut", tmp_path / "staged", ignore)


def test_a_folder_that_is_not_there_is_told(places: BackupPlaces, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be written"):
        backup(places, tmp_path / "nowhere" / "b")
