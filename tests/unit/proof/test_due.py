"""What is due: stale scenarios, edited records, and by turns a little of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.proof.binding import Binding
from orchestrator.proof.due import LABS, MOST_STALE, REPLAYED, WHOLE, Due, due, require_few_stale
from orchestrator.proof.ledger import Believed, FoundEntry, LedgerEntry, ProvingMachine

BINDING = Binding("s", "c", "l", "i", "0.1.0+p")


@dataclass
class Shelf:
    """Content of twenty scenarios on five labs, each recorded as it is; a test changes some."""

    folder: Path
    bindings: dict[str, Binding] = field(default_factory=lambda: {f"s{n:02}": BINDING for n in range(20)})
    recorded: dict[str, Binding] = field(default_factory=lambda: {f"s{n:02}": BINDING for n in range(20)})
    believed: dict[str, Believed] = field(default_factory=dict)

    def scenarios(self) -> tuple[str, ...]:
        return tuple(self.bindings)

    def scenario_document(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(lab=f"lab{int(name[1:]) % 5}")

    def scenario_folder(self, name: str) -> Path:
        return self.folder / name

    def binding(self, name: str) -> Binding:
        return self.bindings[name]

    @property
    def ledger(self) -> Shelf:
        return self

    def find(self, name: str) -> FoundEntry | None:
        if name not in self.recorded:
            return None
        entry = LedgerEntry(name, "2026-01-02T03:04:05Z", self.recorded[name], ProvingMachine("k", 2, "28"), ())
        return FoundEntry(entry, "d", self.believed.get(name, "package"))

    @property
    def due(self) -> Due:
        return due(self, self)  # type: ignore[arg-type]

    def shortcuts(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            folder = self.folder / name / "shortcuts"
            folder.mkdir(parents=True)
            for number in range(count):
                (folder / f"{number}.yaml").touch()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def all_of(one: Due) -> list[str]:
    return [*one.stale, *one.replayed, *one.whole, *one.main_lines]


def test_of_what_is_recorded_a_little_is_due(shelf: Shelf) -> None:
    one = shelf.due
    assert (len(one.stale), len(one.replayed), len(one.whole)) == (0, REPLAYED, WHOLE)
    labs = {shelf.scenario_document(name).lab for name in one.main_lines}
    assert (len(one.main_lines), len(labs)) == (LABS, LABS), "one of each lab"
    assert len(all_of(one)) == len(set(all_of(one))), "nothing is played twice"


def test_the_same_tree_gives_the_same_choice_and_another_tree_another(shelf: Shelf) -> None:
    assert shelf.due == shelf.due
    chosen = set()
    for number in range(20):
        shelf.bindings = {name: replace(BINDING, program=f"0.1.0+{number}") for name in shelf.bindings}
        assert shelf.due.stale == (), "another program makes nothing stale"
        chosen |= set(shelf.due.replayed)
    assert len(chosen) > 10, "everything has its turn"


def test_a_changed_scenario_is_proven_and_it_alone(shelf: Shelf) -> None:
    shelf.bindings["s03"] = replace(BINDING, checks="edited")
    assert shelf.due.stale == ("s03",)
    assert all_of(shelf.due).count("s03") == 1


def test_what_was_never_recorded_is_proven(shelf: Shelf) -> None:
    del shelf.recorded["s04"]
    assert shelf.due.stale == ("s04",)


def test_those_with_the_most_shortcuts_begin(shelf: Shelf) -> None:
    for name in ("s01", "s02", "s03"):
        del shelf.recorded[name]
    shelf.shortcuts({"s01": 3, "s02": 9, "s03": 6})
    assert shelf.due.stale == ("s02", "s03", "s01")


def test_an_edited_record_is_always_played_again(shelf: Shelf) -> None:
    for number in range(10):
        shelf.bindings = {name: replace(BINDING, program=f"0.1.0+{number}") for name in shelf.bindings}
        shelf.believed = {"s07": "no"}
        assert "s07" in shelf.due.replayed
        assert len(shelf.due.replayed) == 1 + REPLAYED


def test_more_than_fit_are_refused_with_the_command_that_proves_them(shelf: Shelf) -> None:
    stale = sorted(shelf.bindings)[: MOST_STALE + 1]
    for name in stale[1:]:
        del shelf.recorded[name]
    require_few_stale(shelf, shelf)  # type: ignore[arg-type]
    del shelf.recorded[stale[0]]
    with pytest.raises(UsageError, match=f"{MOST_STALE + 1} scenarios are not as their recorded proof") as caught:
        require_few_stale(shelf, shelf)  # type: ignore[arg-type]
    assert caught.value.hint is not None
    assert f"breakfix prove {' '.join(stale)} --record" in caught.value.hint.en
