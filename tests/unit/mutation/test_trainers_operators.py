"""Operators of trainers: found, read without being run, refused with file, line, reason and next step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.loader.roots import built_in_root
from orchestrator.mutation.choosing import OPERATORS
from orchestrator.mutation.mutant import PlayedRepair
from orchestrator.mutation.mutant_store import bound
from orchestrator.mutation.trainers_operators import operators_hash, operators_of, read
from orchestrator.proof.binding import Binding

from .conftest import STEPS, scripts

GOOD = '''"""What our school forgets."""

from collections.abc import Iterator
from typing import ClassVar

from orchestrator.mutation import Mutant, Operator, PlayedRepair, Text


class LeftNotes(Operator):
    """Repair, and leave notes with passwords on the desk."""

    name: ClassVar[str] = "left-notes"

    def mutants(self, repair: PlayedRepair) -> Iterator[Mutant]:
        for host in repair.hosts:
            yield self.behind(repair, host, "echo secret > /home/notes", Text(fr="Notes.", en="Notes."))
        yield self.instead(repair, (), Text(fr="Rien.", en="Nothing."), "nothing")
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "operators").mkdir()
    return tmp_path


def write(root: Path, text: str, name: str = "ours.py") -> Path:
    path = root / "operators" / name
    path.write_text(text)
    return path


def test_an_operator_is_found_and_derives(root: Path, repair: PlayedRepair) -> None:
    write(root, GOOD)
    write(root, "raise SystemExit", "_helper.py")
    found = read([root])
    assert (list(found.places), found.problems) == (["left-notes"], [])
    assert found.places["left-notes"].line == 9
    operators = operators_of([root])
    assert set(operators) == {*OPERATORS, "left-notes"}
    made = list(operators["left-notes"](repair))
    assert [one.name for one in made][-1] == "left-notes-reference-nothing"
    assert made[0].steps[:-1] == STEPS
    assert scripts(made[0])[-1] == "fw1: echo secret > /home/notes"


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("", "this file has no operator", 0),
        (GOOD.replace('"left-notes"', '"notes"'), "has no operator name", 9),
        (GOOD.replace('"left-notes"', '"open-files"'), 'the operator "open-files" also exists in Breakfix', 9),
        (GOOD.replace('    """Repair, and leave notes with passwords on the desk."""\n', ""), "has no docstring", 9),
        (GOOD.replace("def mutants", "def others"), "the class LeftNotes has no mutants()", 9),
        (GOOD.replace("import Mutant,", "import Mutants,"), '"orchestrator.mutation" has no "Mutants"', 6),
        (GOOD + "from orchestrator.labs import Labs\n", '"orchestrator.labs" is internal to the program', 18),
        ("class X(\n", "", 1),
    ],
)
def test_what_is_wrong_is_told_at_its_place_and_nothing_is_run(root: Path, text: str, said: str, line: int) -> None:
    path = write(root, text + "\nraise SystemExit('run')\n" if text and "(\n" not in text[-3:] else text)
    (problem,) = read([root]).problems
    assert said in problem.text.en
    assert (Path(problem.place.file).name, problem.place.line or 0) == (path.name, line)
    with pytest.raises(ContentError):
        operators_of([root])


def test_two_may_not_have_one_name(root: Path) -> None:
    write(root, GOOD)
    write(root, GOOD, "twice.py")
    (problem,) = read([root]).problems
    assert re.search(r'"left-notes" also exists in .*ours\.py', problem.text.en)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "\nraise ValueError('no')\n", "cannot be imported: ValueError: no"),
        (GOOD + "\n\nclass Other(dict):\n    'Text.'\n    name = 'other-one'\n", "the class Other is no operator"),
    ],
)
def test_what_shows_only_when_it_is_run_is_told_before_a_lab_starts(root: Path, text: str, said: str) -> None:
    write(root, text)
    assert read([root]).problems == []
    with pytest.raises(ContentError) as caught:
        operators_of([root])
    assert said in caught.value.problems[0].text.en


def test_what_came_of_mutants_is_bound_to_their_operators(root: Path) -> None:
    binding = Binding("s", "c", "l", "i", "1+p")
    before = bound(binding, [root])
    assert before.program.startswith("1+p.")
    write(root, GOOD)
    assert bound(binding, [root]) != before
    assert operators_hash([root]) == operators_hash([root])


def test_the_example_of_the_page_for_trainers_works(root: Path) -> None:
    page = (built_in_root() / "docs" / "trainers.md").read_text(encoding="utf-8")
    section = page.partition("## Operators of your own")[2].partition("\n## ")[0]
    (example,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    write(root, example)
    assert len(operators_of([root])) == len(OPERATORS) + 1
