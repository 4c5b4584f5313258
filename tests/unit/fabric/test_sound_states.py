"""The sound state of a host is kept once, whole, and for as long as its container exists."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.fabric.helper.messages import HelperError
from orchestrator.fabric.helper.sound_states import SoundStates

FIRST = {"files": {"/etc/x": {"content": "é"}}}
SECOND = {"files": {"/etc/x": {"content": "broken"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sound"


@pytest.fixture
def states(folder: Path) -> SoundStates:
    return SoundStates(folder)


def test_what_was_kept_is_found_by_whoever_asks_next(states: SoundStates, folder: Path) -> None:
    assert states.get("abc") is None
    states.put("abc", FIRST)
    assert SoundStates(folder).get("abc") == FIRST
    assert [file.stat().st_mode & 0o777 for file in (folder, *folder.iterdir())] == [0o700, 0o600]


def test_a_state_is_kept_once(states: SoundStates, folder: Path) -> None:
    states.put("abc", FIRST)
    with pytest.raises(HelperError, match="kept before"):
        states.put("abc", SECOND)
    assert states.get("abc") == FIRST
    assert [file.name for file in folder.iterdir()] == ["abc.json"]


def test_what_was_half_written_is_never_read(
    states: SoundStates, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", fail)
        with pytest.raises(OSError, match="No space"):
            states.put("abc", FIRST)
    assert [*folder.iterdir()] == []
    (folder / "abc.999999").write_text('{"files": {')
    assert states.get("abc") is None
    states.put("abc", SECOND)
    assert states.get("abc") == SECOND


def test_what_belongs_to_no_container_any_more_goes(states: SoundStates, folder: Path) -> None:
    states.keep(())
    for name in ("a", "b", "c"):
        states.put(name, FIRST)
    (folder / "c.999999").write_text("{")
    states.forget("a")
    states.forget("a")
    states.keep({"b"})
    assert [file.name for file in folder.iterdir()] == ["b.json"]
    assert (states.get("a"), states.get("b"), states.get("c")) == (None, FIRST, None)
