"""What came of mutants is kept for a scenario as it is, by the program as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.text import Text
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.mutant_store import MutantStore
from orchestrator.proof.binding import Binding

BINDING = Binding("s", "c", "l", "i", "p")
ONE = PlayedMutant(
    "one", "open-files", "d1", Text(fr="Faux", en="Wrong"), (Text(fr="a", en="b"),), "refused", Text(fr="c", en="d")
)
TWO = replace(ONE, name="two", fate="survived", by=None, same=True, lost=True, seconds=1.5)


@pytest.fixture
def store(tmp_path: Path) -> MutantStore:
    return MutantStore(tmp_path / "mutants")


def test_what_is_kept_is_known(store: MutantStore) -> None:
    assert store.known("mail", BINDING, 1) == {}
    store.keep("mail", BINDING, 1, ONE)
    store.keep("mail", BINDING, 1, TWO)
    store.keep("mail", BINDING, 2, ONE)
    assert store.known("mail", BINDING, 1) == {"one": ONE, "two": TWO}
    assert store.known("mail", BINDING, 2) == {"one": ONE}
    assert store.known("other", BINDING, 1) == {}
    store.keep("mail", BINDING, 1, replace(ONE, fate="flagged"))
    assert store.known("mail", BINDING, 1)["one"].fate == "flagged"


@pytest.mark.parametrize("part", ["scenario", "checks", "lab", "images", "program"])
def test_of_another_content_or_program_nothing_is(store: MutantStore, part: str) -> None:
    store.keep("mail", BINDING, 1, ONE)
    changed = replace(BINDING, **{part: "other"})
    assert store.known("mail", changed, 1) == {}
    store.keep("mail", changed, 2, ONE)
    assert store.known("mail", BINDING, 1) == {}, "there is one file, of what was played last"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema": 1}', b'{"schema": 9}', b"\xff"])
def test_what_cannot_be_read_is_nothing(store: MutantStore, tmp_path: Path, content: bytes) -> None:
    store.keep("mail", BINDING, 1, ONE)
    (tmp_path / "mutants/mail.json").write_bytes(content)
    assert store.known("mail", BINDING, 1) == {}
    store.keep("mail", BINDING, 1, TWO)
    assert store.known("mail", BINDING, 1) == {"two": TWO}


def test_a_mutant_that_cannot_be_read_is_nothing(store: MutantStore, tmp_path: Path) -> None:
    store.keep("mail", BINDING, 1, ONE)
    path = tmp_path / "mutants/mail.json"
    path.write_text(path.read_text().replace("refused", "liked"))
    assert store.known("mail", BINDING, 1) == {}
