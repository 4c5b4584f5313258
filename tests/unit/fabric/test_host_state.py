"""What state a host is in, and in what two states differ: on folders of the tests' own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.fabric.helper import host_state
from orchestrator.fabric.helper.host_state import State, changes, more_of
from orchestrator.fabric.helper.layers import Layers
from orchestrator.fabric.helper.messages import HelperError

FOLDER = os.O_PATH | os.O_DIRECTORY
KEY = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n"
LIB, ETC = "usr/lib/systemd/system", "etc/systemd/system"


class Host:
    """A host's root, the part of it that it has written, and its image."""

    def __init__(self, place: Path) -> None:
        self.root, self.disk, self.image = (place / name for name in ("root", "disk", "image"))
        for folder in (self.root, self.disk, self.image):
            folder.mkdir()
        self.layers = Layers(
            os.open(self.image, FOLDER), [os.open(self.image, FOLDER)], lambda: os.open(self.disk, FOLDER)
        )
        self.running: set[str] = set()

    def state(self, within: float = 10) -> State:
        fd = os.open(self.root, FOLDER)
        try:
            return host_state.host_state(fd, 1, self.layers, time.monotonic() + within)
        finally:
            os.close(fd)

    def put(self, path: str, text: str = "text", layer: str = "disk") -> Path:
        file: Path = getattr(self, layer) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o644)
        return file

    def link(self, path: str, target: str = "/usr/lib/systemd/system/x.service") -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)


class Running:
    """Stands for the table of the host's processes."""

    host: Host

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def units(self) -> set[str]:
        return self.host.running


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    made = Host(tmp_path)
    monkeypatch.setattr(Running, "host", made, raising=False)
    monkeypatch.setattr(host_state, "Table", Running)
    yield made
    made.layers.close()


# Services -------------------------------------------------------------------------------------------------


def test_links_of_the_image_and_of_the_host_say_what_pulls_a_unit_in(host: Host) -> None:
    host.link(f"{LIB}/multi-user.target.wants/ssh.service")
    host.link(f"{ETC}/graphical.target.requires/ssh.service")
    host.link(f"{ETC}/b.target.upholds/nginx.service")
    host.link(f"{ETC}/a.target.aliases/other.service")
    host.running = {"ssh.service", "late.service"}
    assert host.state()["services"] == {
        "late.service": {"runs": "yes"},
        "nginx.service": {"wanted-by": "b.target.upholds"},
        "ssh.service": {"wanted-by": "graphical.target.requires multi-user.target.wants", "runs": "yes"},
    }


def test_a_link_to_nothing_and_an_empty_file_mask_a_unit(host: Host) -> None:
    host.link(f"{ETC}/ssh.service", "/dev/null")
    host.link(f"{ETC}/alias.service")
    host.put(f"{ETC}/nginx.service", "", "root")
    host.put(f"{ETC}/bind.service", "[Service]\n", "root")
    assert host.state()["services"] == {"nginx.service": {"masked": "yes"}, "ssh.service": {"masked": "yes"}}


def test_what_the_host_says_of_a_unit_goes_before_what_its_image_says(host: Host) -> None:
    host.link(f"{LIB}/ssh.service", "/dev/null")
    host.put(f"{ETC}/ssh.service", "[Service]\n", "root")
    host.put(f"{LIB}/nginx.service", "[Service]\n", "root")
    host.link(f"{ETC}/nginx.service", "/dev/null")
    assert host.state()["services"] == {"nginx.service": {"masked": "yes"}}


@pytest.mark.parametrize("empty", [False, True])
def test_a_masked_link_pulls_nothing_in(host: Host, empty: bool) -> None:
    host.link(f"{LIB}/multi-user.target.wants/ssh.service")
    masking = f"{ETC}/multi-user.target.wants/ssh.service"
    host.put(masking, "", "root") if empty else host.link(masking, "/dev/null")
    assert host.state()["services"] == {}


def test_too_many_units_are_an_error(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_state, "_MOST_UNITS", 1)
    for name in ("a", "b"):
        host.put(f"{ETC}/{name}.service", layer="root")
    with pytest.raises(HelperError, match="more than 1 entries"):
        host.state()


# Files ----------------------------------------------------------------------------------------------------


def test_of_what_changes_by_itself_little_is_told(host: Host) -> None:
    for path in ("var/log/syslog", "var/lib/x", "tmp/x", "run/x", "dev/x", "variable", "etc/x"):
        host.put(path)
    for path in ("var/spool/cron/crontabs/root", "var/www/html/index.html", "var/wwwroot/x"):
        host.put(path)
    files = {path for path, entry in host.state()["files"].items() if entry["kind"] == "file"}
    assert files == {"/etc/x", "/variable", "/var/spool/cron/crontabs/root", "/var/www/html/index.html"}


def test_what_a_new_accounts_home_gets_is_told_where_it_says_something_else(host: Host) -> None:
    host.put("etc/skel/.bashrc", "alias ll='ls -l'\n", "root")
    for name in ("ann", "bob", "new"):
        host.put(f"home/{name}/.bashrc", "alias ll='ls -l'\n")
    host.put("home/new/.profile")
    host.put("home/bob/.bashrc", "alias sudo=/tmp/x\n")
    host.put("home/new/.bashrc", "old", "image")
    told = {path for path in host.state()["files"] if path.endswith(("rc", "profile"))}
    assert told == {"/home/bob/.bashrc", "/home/new/.bashrc", "/home/new/.profile"}
    host.put("etc/skel/.bashrc", "alias sudo=/tmp/x\n", "root")
    assert "/home/ann/.bashrc" in host.state()["files"], "it is not what a new home gets any more"


def test_keys_are_found_where_everybody_may_write(host: Host) -> None:
    for path in ("tmp/deep/key", "var/tmp/key", "dev/shm/key", "srv/key"):
        host.put(path, KEY, "root")
    host.put("tmp/other", layer="root")
    (host.root / "tmp/link").symlink_to("/srv/key")
    files = host.state()["files"]
    assert set(files) == {"/tmp/deep/key", "/var/tmp/key", "/dev/shm/key"}
    assert all(entry["key"] and entry["mode"] == "0644" for entry in files.values())


def test_passwords_are_found_where_everybody_may_write(host: Host) -> None:
    host.put("var/tmp/shadow.old", "root:*:20000:0:99999:7:::\nann:$y$j9T$salt$hash:20000:0:99999:7:::\n", "root")
    host.put("tmp/none", "root:*:20000:0:99999:7:::\nann:!:20000:0:99999:7:::\nprice: $5$ a: b\n", "root")
    host.put("srv/shadow", "ann:$y$j9T$salt$hash:20000:0:99999:7:::\n", "root")
    files = host.state()["files"]
    assert set(files) == {"/var/tmp/shadow.old"}
    assert files["/var/tmp/shadow.old"]["passwords"] == "hashed"


def test_looking_for_keys_has_an_end(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.put("tmp/a", layer="root")
    with pytest.raises(HelperError, match="not looked at in time"):
        host.state(within=-1)
    host.put("tmp/b", layer="root")
    monkeypatch.setattr(host_state, "_MOST_FOR_ALL", 1)
    with pytest.raises(HelperError, match="more than 1 entries"):
        host.state()


def test_a_file_that_was_not_written_yet_is_as_the_image_has_it(host: Host) -> None:
    for name in ("later", "back"):
        host.put(f"etc/{name}", "image", "image")
    (host.disk / "etc").mkdir()
    host.put("etc/back", "sound")
    host.put("etc/gone", "sound")
    sound = host.state()
    host.put("etc/later", "now")
    host.put("etc/new", "now")
    for name in ("back", "gone"):
        (host.disk / "etc" / name).unlink()
    told = {path: (before.get("content"), now.get("content")) for _, path, before, now in changes(sound, host.state())}
    assert told == {
        "/etc/back": ("sound", "image"),
        "/etc/gone": ("sound", None),
        "/etc/later": ("image", "now"),
        "/etc/new": (None, "now"),
    }


# Two states -----------------------------------------------------------------------------------------------


def test_what_differs_is_told_by_provider_and_object() -> None:
    sound: State = {"services": {"a": {"runs": "yes"}, "b": {}}, "ldap": {"o": {"f": "1"}}}
    now: State = {
        "services": {"b": {"masked": "yes"}},
        "image": {"/x": {"kind": "file"}},
        "files": {"/x": {}},
        "ldap": {"o": {"f": "1"}},
    }
    assert changes(sound, sound) == []
    assert changes(sound, now) == [
        ("files", "/x", {"kind": "file"}, {}),
        ("services", "a", {"runs": "yes"}, {}),
        ("services", "b", {}, {"masked": "yes"}),
    ]


def test_what_a_client_says_of_states_is_taken() -> None:
    said = {"pc1": {"ldap": {"cn=x": {"sn": "y"}}}}
    assert more_of(json.dumps(said).encode()) == said
    assert more_of(b"") == {}


@pytest.mark.parametrize(
    "blob",
    [b"[]", b"x", b"\xff", b'{"pc1": 1}', b'{"pc1": {"ldap": {"o": "x"}}}', b'{"pc1": {"ldap": {"o": {"f": 1}}}}'],
)
def test_what_has_not_the_form_of_states_is_refused(blob: bytes) -> None:
    with pytest.raises(HelperError, match="no states") as raised:
        more_of(blob)
    assert raised.value.kind == "bad-request"
