"""Structured edits change what they name; every other byte stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from orchestrator.core.errors import LabError
from orchestrator.faults.edits import Edit

EDIT: TypeAdapter[Any] = TypeAdapter(Edit)


def edited(text: str, **edit: Any) -> str:  # noqa: ANN401
    changed: str = EDIT.validate_python(edit).apply(text)
    return changed


SSHD = "# Port 22\n#Port 22\n  Port 22\r\nPortal 9\nPasswordAuthentication\tyes\nPort 23"
INI = "[global]\nworkgroup = SITE\n; path = /old\n\n[share]\n  path=/srv/share\nread only = no\n[other]\npath = /x\n"


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        (
            "a\n\tlisten 80;\r\nlisten 80;\n",
            {"line": "listen 80;", "becomes": "listen 81;"},
            "a\n\tlisten 81;\r\nlisten 80;\n",
        ),
        ("a\nb", {"line": "b"}, "a\n"),
        ("a\nb\n", {"line": "c", "becomes": "d"}, "a\nb\n"),
        ("ab\n", {"line": "a", "becomes": "c"}, "ab\n"),
    ],
)
def test_a_line(text: str, edit: dict[str, str], expected: str) -> None:
    assert edited(text, kind="line", **edit) == expected


@pytest.mark.parametrize(("text", "expected"), [("", "x\n"), ("a", "a\nx\n"), ("a\n", "a\nx\n")])
def test_an_added_line(text: str, expected: str) -> None:
    assert edited(text, kind="append", line="x") == expected


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        (SSHD, {"key": "Port", "value": "2222", "separator": " "}, SSHD.replace("  Port 22\r", "  Port 2222\r")),
        (SSHD, {"key": "Port", "separator": " "}, SSHD.replace("  Port 22\r\n", "")),
        (SSHD, {"key": "PasswordAuthentication", "value": "no", "separator": " "}, SSHD.replace("\tyes", "\tno")),
        (SSHD, {"key": "Banner", "value": "none", "separator": " "}, f"{SSHD}\nBanner none\n"),
        (SSHD, {"key": "Banner", "separator": " "}, SSHD),
        ("A=1\nAB = 2\n", {"key": "AB", "value": "3"}, "A=1\nAB = 3\n"),
        ("A=1", {"key": "A", "value": "a\\1"}, "A=a\\1"),
        ("a: 1\n", {"key": "a", "value": "2", "separator": ": "}, "a: 2\n"),
    ],
)
def test_a_setting(text: str, edit: dict[str, str], expected: str) -> None:
    assert edited(text, kind="setting", **edit) == expected


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"section": "share", "key": "path", "value": "/gone"}, INI.replace("path=/srv/share", "path=/gone")),
        ({"section": "other", "key": "path", "value": "/y"}, INI.replace("path = /x", "path = /y")),
        ({"section": "share", "key": "read only"}, INI.replace("read only = no\n", "")),
        (
            {"section": "global", "key": "security", "value": "user"},
            INI.replace("; path = /old\n\n", "; path = /old\n\nsecurity = user\n"),
        ),
        ({"section": "new", "key": "a", "value": "b"}, f"{INI}\n[new]\na = b\n"),
        ({"section": "new", "key": "a"}, INI),
    ],
)
def test_an_ini_value(edit: dict[str, str], expected: str) -> None:
    assert edited(INI, kind="ini", **edit) == expected


def test_a_json_value() -> None:
    text = '{"a": [{"b": 1, "c": "é"}]}'
    changed = edited(text, kind="json", path=["a", 0, "b"], value=[2, None])
    assert json.loads(changed) == {"a": [{"b": [2, None], "c": "é"}]}
    assert "é" in changed
    assert json.loads(edited(text, kind="json", path=["a", 0, "new"], value=True))["a"][0]["new"] is True
    for path in (["a", 7, "b"], ["x", "y"], ["a", "b"]):
        with pytest.raises(LabError, match=r"the JSON path .* does not exist"):
            edited(text, kind="json", path=path, value=1)
    with pytest.raises(LabError, match="the JSON path"):
        edited("// a comment\n{}", kind="json", path=["a"], value=1)


def test_a_kind_says_which_keys_there_are() -> None:
    for wrong in ({"kind": "lines", "line": "x"}, {"kind": "line"}, {"kind": "line", "line": "x", "key": "y"}):
        with pytest.raises(ValidationError):
            EDIT.validate_python(wrong)
