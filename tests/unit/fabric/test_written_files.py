"""What a host has written, beside what was there before: on layers of the tests' own."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.fabric.helper import written_files
from orchestrator.fabric.helper.layers import Layers
from orchestrator.fabric.helper.messages import HelperError

FOLDER = os.O_PATH | os.O_DIRECTORY


class Host:
    """A host's disk, what was placed before its start, and its image."""

    def __init__(self, place: Path) -> None:
        self.disk, self.placed, self.image = (place / name for name in ("disk", "placed", "image"))
        for folder in (self.disk, self.placed, self.image):
            folder.mkdir()
        self.layers = Layers(self._open(self.placed), [self._open(self.image)], lambda: self._open(self.disk))

    @staticmethod
    def _open(folder: Path) -> int:
        return os.open(folder, FOLDER)

    def seen(self, within: float = 10, leaving: str = "") -> dict[str, tuple[str, str]]:
        """Return what differs by path: what was there and what is there, each in one word."""
        found = written_files.written_files(
            self.layers, time.monotonic() + within, leaving=lambda path: bool(leaving) and path.startswith(leaving)
        )
        return {row.path: (word_of(row.before), word_of(row.now)) for row in found}


def word_of(entry: written_files.Entry) -> str:
    owner = entry.get("owner", "").partition(":")[0]
    return " ".join((entry["kind"], entry["mode"], owner, entry.get("content", ""))).strip() if entry else "-"


def put(place: Path, text: str = "old", mode: int = 0o644) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)


def remove(place: Path) -> None:
    """Hide what is below, as an overlay does."""
    place.parent.mkdir(parents=True, exist_ok=True)
    os.mknod(place, stat.S_IFCHR, os.makedev(0, 0))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.layers.close()


def test_what_is_as_it_was_is_left_out(host: Host) -> None:
    for layer in (host.image, host.disk):
        put(layer / "etc/hosts")
    put(host.placed / "etc/motd")
    put(host.disk / "etc/motd")
    assert host.seen() == {}, "it was only copied up"


def test_each_kind_of_change_is_told_beside_what_was_there(host: Host) -> None:
    for name in ("hosts", "passwd", "gone", "link"):
        put(host.image / "etc" / name)
    put(host.placed / "etc/hosts", "new")
    put(host.disk / "etc/hosts")
    put(host.disk / "etc/passwd", mode=0o666)
    os.chown(host.disk / "etc/passwd", 7, 0)
    remove(host.disk / "etc/gone")
    (host.disk / "etc/link").symlink_to("/root/other")
    put(host.disk / "root/note", "new", 0o600)
    assert host.seen() == {
        "/etc/gone": ("file 0644 0 old", "-"),
        "/etc/hosts": ("file 0644 0 new", "file 0644 0 old"),
        "/etc/link": ("file 0644 0 old", "symlink 0777 0 /root/other"),
        "/etc/passwd": ("file 0644 0 old", "file 0666 7 old"),
        "/root": ("-", "directory 0755 0"),
        "/root/note": ("-", "file 0600 0 new"),
    }


def test_what_was_placed_hides_what_the_image_has(host: Host) -> None:
    put(host.image / "etc/hosts")
    put(host.image / "srv/site/page")
    remove(host.placed / "etc/hosts")
    remove(host.placed / "srv/site")
    put(host.disk / "etc/hosts", "new")
    put(host.disk / "srv/site/page", "new")
    assert host.seen() == {
        "/etc/hosts": ("-", "file 0644 0 new"),
        "/srv/site": ("-", "directory 0755 0"),
        "/srv/site/page": ("-", "file 0644 0 new"),
    }


def test_a_folder_that_was_made_anew_hides_what_was_in_it(host: Host) -> None:
    put(host.image / "srv/site/page")
    put(host.image / "srv/site/kept")
    put(host.disk / "srv/site/kept")
    os.setxattr(host.disk / "srv/site", "user.overlay.opaque", b"y")
    assert host.seen() == {"/srv/site/page": ("file 0644 0 old", "-")}


def test_what_is_not_asked_for_is_left(host: Host) -> None:
    put(host.disk / "var/log/messages")
    put(host.disk / "etc/hosts")
    assert set(host.seen(leaving="var")) == {"/etc", "/etc/hosts"}


def test_a_secret_key_is_told_by_its_digest_however_it_is_wrapped(host: Host) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMC4C\nAQAw\n-----END PRIVATE KEY-----\n"
    put(host.disk / "etc/ssl/one", key, 0o600)
    put(host.disk / "tmp/two", "mine:\n" + key.replace("C\nA", "CA"))
    put(host.disk / "etc/ssl/three", key.replace("MC4C", "MC4D"))
    found = written_files.written_files(host.layers, time.monotonic() + 10)
    one, two, three = (
        {row.path: row.now for row in found}[f"/{name}"] for name in ("etc/ssl/one", "tmp/two", "etc/ssl/three")
    )
    assert one["key"] == two["key"] != three["key"]
    assert [entry["content"].split("\n") for entry in (one, two)] == [
        ["(a private key)", ""],
        ["mine:", "(a private key)", ""],
    ], "what stands around it is told"


def test_a_key_is_found_after_beginnings_without_an_end(host: Host) -> None:
    """So many of them that whoever looked for the end of each would not come back."""
    begin, key = "-----BEGIN PRIVATE KEY-----\n", "DEK-Info: AES-128-CBC,0A\n\nMC4C\n-----END PRIVATE KEY-----\n"
    put(host.disk / "many", begin * 30_000 + begin + key)
    put(host.disk / "one", begin + key)
    put(host.disk / "none", begin * 30_000)
    told = {row.path: row.now.get("key") for row in written_files.written_files(host.layers, time.monotonic() + 10)}
    assert told["/many"] == told["/one"] is not None
    assert told["/none"] is None


def test_what_is_no_text_is_told_by_its_digest(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    (host.disk / "etc").mkdir()
    (host.disk / "etc/cache").write_bytes(b"\xff\0")
    monkeypatch.setattr(written_files, "TEXT", 4)
    put(host.disk / "etc/long", "longer")
    told = {path: now for path, (_, now) in host.seen().items()}
    assert told["/etc/cache"].startswith("file 0644 0 sha256 ")
    assert told["/etc/long"].startswith("file 0644 0 sha256 ")


def test_a_large_file_counts_by_its_size(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_files, "READ", 4)
    put(host.disk / "etc/hosts", "larger")
    assert host.seen()["/etc/hosts"] == ("-", "file 0644 0 6 bytes")


def test_too_much_is_an_error(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    put(host.disk / "etc/hosts")
    with pytest.raises(HelperError, match="not looked at in time"):
        host.seen(within=-1)
    monkeypatch.setattr(written_files, "MOST", 1)
    with pytest.raises(HelperError, match="more than 1 files"):
        host.seen()
