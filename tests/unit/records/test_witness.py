"""The head that this machine saw last is kept outside the database."""

from __future__ import annotations

from pathlib import Path

from orchestrator.records.journal import ChainHead
from orchestrator.records.witness import FILE, Witness


def test_each_database_has_its_head(tmp_path: Path) -> None:
    witness = Witness(tmp_path / "data")
    assert witness.seen("a") is None
    witness.note("a", ChainHead(3, "ab"))
    witness.note("b", ChainHead(9, "cd"))
    witness.note("a", ChainHead(4, "ef"))
    assert (witness.seen("a"), witness.seen("b")) == (ChainHead(4, "ef"), ChainHead(9, "cd"))


def test_what_is_no_note_counts_as_none(tmp_path: Path) -> None:
    for text in ("", "[]", '{"a": 3}', '{"a": ["x", "y"]}'):
        (tmp_path / FILE).write_text(text)
        assert Witness(tmp_path).seen("a") is None
    Witness(tmp_path).note("a", ChainHead(1, "ab"))
    assert Witness(tmp_path).seen("a") == ChainHead(1, "ab")


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    witness = Witness(tmp_path / "file")
    witness.note("a", ChainHead(1, "ab"))
    assert witness.seen("a") is None
