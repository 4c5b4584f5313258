"""Safe YAML with positions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from orchestrator.core.errors import ContentError, Place
from orchestrator.loader.yaml_source import parse_yaml, read_yaml

if TYPE_CHECKING:
    from tests.unit.content.conftest import Golden

REFUSED = {
    "tab": "name: x\nhosts:\n\tpc1: 1\n",
    "tab-after-value": "name: x\n\thosts: 1\n",
    "colon": "title: Intranet: down\n",
    "open-list": "run: [ping, -c1\n",
    "open-quote": 'title: "never closed\n',
    "alignment": "- a\nb: 1\n",
    "indentation": "a: 1\n b: 2\n",
    "control-character": "a: b\nc: \x01\n",
    "unknown-alias": "a: *.j2\n",
    "self-alias": "a: &x [*x]\n",
    "escape": 'path: "C:\\windows"\n',
    "start-character": "user: @zoe\n",
    "tag": "a: !!python/object/apply:os.system [id]\n",
    "two-documents": "a: 1\n---\nb: 1\n",
    "unquoted-template": "host: {{ pc }}\n",
    "complex-key": "? [a, b]\n: 1\n",
    "deep": "[" * 60 + "]" * 60,
    "alias-bomb": "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcde", "bcdef", strict=True)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, golden: Golden) -> None:
    with pytest.raises(ContentError) as caught:
        parse_yaml(REFUSED[name], "scenario.yaml")
    golden(f"yaml-{name}", caught.value)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_without_libyaml_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.loader.yaml_source._Parser", yaml.SafeLoader)
    with pytest.raises(ContentError) as caught:
        parse_yaml(REFUSED[name], "scenario.yaml")
    assert not caught.value.text.en.startswith("scenario.yaml: ")


def test_scalars_are_yaml_1_2() -> None:
    text = """
    words: [yes, No, on, off, y, 2024-01-31, 12:30:45, 0x1f, 0o17, 1_000, .inf, 10.0.0.1, =, <<]
    truth: [true, False, TRUE, null, ~, ]
    numbers: [12, -3, 0644, 1.5, 1e3]
    quoted: ["12", 'true', ""]
    1.3: key
    on: key
    """
    assert parse_yaml(text, "f").value == {
        "words": [
            *("yes", "No", "on", "off", "y", "2024-01-31", "12:30:45"),
            *("0x1f", "0o17", "1_000", ".inf", "10.0.0.1", "=", "<<"),
        ],
        "truth": [True, False, True, None, None],
        "numbers": [12, -3, 644, 1.5, 1000.0],
        "quoted": ["12", "true", ""],
        "1.3": "key",
        "on": "key",
    }


def test_very_deep_nesting_is_refused() -> None:
    with pytest.raises(ContentError, match="more than 40 levels deep"):
        parse_yaml("[" * 200_000, "f")


def test_an_endless_number_is_a_text() -> None:
    assert parse_yaml("9" * 5000, "f").value == "9" * 5000


def test_positions() -> None:
    source = parse_yaml("a:\n  - b: 1\n    c: |\n      first\n      second\n  - two\n", "f.yaml")
    assert source.place(("a",), key=True) == Place("f.yaml", 1, 1)
    assert source.place(("a", 0, "b")) == Place("f.yaml", 2, 8)
    assert source.place(("a", 0, "c"), key=True) == Place("f.yaml", 3, 5)
    assert source.place(("a", 1)) == Place("f.yaml", 6, 5)
    assert source.text_place(("a", 0, "c")) == Place("f.yaml", 4)
    assert source.text_place(("a", 1)) == Place("f.yaml", 6)
    assert source.place(("a", 0, "missing", "x")) == Place("f.yaml", 2, 5)
    assert source.raw(("a", 0, "b")) == "1"


def test_aliases_share_values_and_know_their_places() -> None:
    source = parse_yaml("a: &x {k: 1}\nb: *x\n", "f")
    assert source.value == {"a": {"k": 1}, "b": {"k": 1}}
    assert source.place(("b", "k")).line == 1


def test_a_duplicate_key_is_told_and_the_first_kept() -> None:
    source = parse_yaml("a: 1\nb: 2\na: 3\n", "f.yaml")
    assert source.value == {"a": 1, "b": 2}
    assert [(str(p.place), p.text.en) for p in source.problems] == [
        ("f.yaml:3:1", 'the key "a" is already on line 1; keep one of them')
    ]


def test_an_empty_file_is_nothing() -> None:
    assert parse_yaml("# nothing\n", "f").value is None


def test_a_big_file_is_refused_unread(tmp_path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "lab.yaml"
    with path.open("wb") as file:
        file.truncate(10 << 20)
    with pytest.raises(ContentError) as caught:
        read_yaml(path, within=tmp_path)
    golden("file-too-big", caught.value)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "lab"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text("a: 1\n")
    (folder / "lab.yaml").symlink_to("../secret.yaml")
    with pytest.raises(ContentError) as caught:
        read_yaml(folder / "lab.yaml", within=folder)
    golden("file-link-out", caught.value)
    assert read_yaml(folder / "lab.yaml", within=tmp_path).value == {"a": 1}


@pytest.mark.parametrize("name", ["missing", "dangling", "loop", "folder", "latin-1"])
def test_unreadable_files(name: str, tmp_path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "f.yaml"
    if name == "dangling":
        path.symlink_to("nowhere")
    elif name == "loop":
        path.symlink_to("f.yaml")
    elif name == "folder":
        path.mkdir()
    elif name == "latin-1":
        path.write_bytes("a: 1\nb: é\n".encode("latin-1"))
    with pytest.raises(ContentError) as caught:
        read_yaml(path, within=tmp_path)
    if name == "loop":  # the system's own words differ between Python versions
        assert "f.yaml" in caught.value.text.en
    else:
        golden(f"file-{name}", caught.value)
