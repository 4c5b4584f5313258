"""What is thought of a file that is not as it was."""

from __future__ import annotations

import pytest

from orchestrator.sound_state.file_state import file_changes

SHA = "sha256 " + "ab" * 32
FILE = {"kind": "file", "mode": "0644", "owner": "0:0", "content": "one\n"}
FOLDER = {"kind": "directory", "mode": "0755", "owner": "0:0"}
KEY = {"kind": "file", "mode": "0600", "owner": "0:0", "content": "(a private key)\n", "key": "k1"}
Row = tuple[str, str | None, str | None, str]


def seen(before: dict[str, str], now: dict[str, str], path: str = "/etc/x") -> list[Row]:
    return [(one.field, one.before, one.now, one.thought.standing) for one in file_changes(path, before, now)]


def test_what_is_as_it_was_is_left_out() -> None:
    assert seen(FILE, FILE) == seen({}, {}, "/etc/systemd/system/x.wants") == []


def test_a_file_that_comes_or_goes_is_told_whole() -> None:
    said = "file 0644 0:0\none"
    assert seen({}, FILE) == [("presence", None, said, "unexplained")]
    assert seen(FILE, {}) == [("presence", said, None, "unexplained")]
    assert seen({}, {**FILE, "content": SHA}) == [("presence", None, f"file 0644 0:0\n{SHA}", "unexplained")]
    assert seen({}, FOLDER) == [("presence", None, "directory 0755 0:0", "unexplained")]
    assert seen({}, KEY) == [("presence", None, "file 0600 0:0", "unexplained")]


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "symlink"), ("mode", "0640"), ("owner", "0:33"), ("content", SHA)]
)
def test_each_field_is_told(field: str, value: str) -> None:
    assert seen(FILE, {**FILE, field: value}) == [(field, FILE[field], value, "unexplained")]


def test_of_a_text_the_statements_that_differ_are_told() -> None:
    before, now = ({**FILE, "content": text} for text in ("same\nold\n", "same  \n\nnew\n"))
    assert seen(before, now) == [("content", "old", "new", "unexplained")]
    assert seen(now, {**now, "content": "same\n\nnew"}) == []
    assert seen(now, {**now, "content": "same\n"}) == [("content", "new", None, "unexplained")]


def test_another_key_is_no_change_and_its_loss_is() -> None:
    assert seen(KEY, {**KEY, "key": "k2"}) == []
    pem = "-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n"
    assert seen(KEY, {**KEY, "key": "k2", "content": pem + KEY["content"]}) == []
    assert seen(KEY, {**KEY, "key": "k2", "content": "remote evil\n" + KEY["content"]}) == [
        ("content", None, "remote evil", "unexplained")
    ], "around the key"
    assert seen(KEY, {**FILE, "mode": "0600"}) == [("content", "(a private key)", "one", "unexplained")]


@pytest.mark.parametrize(
    ("before", "now", "field"),
    [
        ({}, {**KEY, "mode": "0644"}, "readable"),
        ({}, {**FILE, "passwords": "hashed"}, "readable"),
        ({**FILE, "mode": "0600", "passwords": "hashed"}, {**FILE, "passwords": "hashed"}, "readable"),
        (KEY, {**KEY, "mode": "0604"}, "readable"),
        ({**FILE, "content": "x"}, {**KEY, "mode": "0644"}, "readable"),
        ({}, {**FILE, "mode": "4755"}, "set-id"),
        ({**FILE, "mode": "4755"}, {**FILE, "mode": "6755"}, "set-id"),
        (FILE, {**FILE, "mode": "2755"}, "set-id"),
        (FILE, {**FILE, "mode": "0666"}, "writable"),
        (FILE, {**FILE, "capabilities": "cap_setuid=ep"}, "capabilities"),
        ({}, {**FILE, "capabilities": "cap_setuid=ep"}, "capabilities"),
        ({}, {**FOLDER, "mode": "0777"}, "writable"),
    ],
)
def test_what_gives_rights_away_is_forbidden(before: dict[str, str], now: dict[str, str], field: str) -> None:
    assert [row[0] for row in seen(before, now) if row[3] == "forbidden"] == [field]


@pytest.mark.parametrize(
    ("before", "now", "path"),
    [
        ({**KEY, "mode": "0644"}, {**KEY, "mode": "0645"}, "/etc/x"),
        ({}, KEY, "/tmp/x"),
        ({**FILE, "mode": "4755"}, {**FILE, "mode": "4755", "content": "new"}, "/etc/x"),
        (FOLDER, {**FOLDER, "mode": "2755"}, "/etc/x"),
        (FOLDER, {**FOLDER, "mode": "1777"}, "/etc/x"),
        ({}, {**FILE, "kind": "symlink", "mode": "0777"}, "/etc/x"),
        ({}, {**FILE, "mode": "0666"}, "/home/alice/x"),
        ({**FILE, "mode": "0666"}, {**FILE, "mode": "0666", "content": "new"}, "/etc/x"),
    ],
)
def test_what_gives_no_rights_away_is_not(before: dict[str, str], now: dict[str, str], path: str) -> None:
    assert {row[3] for row in seen(before, now, path)} == {"unexplained"}


@pytest.mark.parametrize("path", ["a.target.wants", "a.target.wants/x.service", "a.service.requires/x.service"])
def test_what_starts_with_what_the_services_tell(path: str) -> None:
    assert seen({}, {**FILE, "kind": "symlink"}, f"/etc/systemd/system/{path}") == []
    assert seen({}, FILE, "/etc/systemd/system/x.service") != []
    assert seen({}, FILE, "/etc/systemd/system/x.service.d/wants.conf") != []
