"""What a program can see of good French: elision before drawn names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder


def problems(folder: Folder) -> list[tuple[str, str]]:
    """Return the place and the English words of each problem of the scenario."""
    with pytest.raises(ContentError) as error:
        folder.content.scenario("cable-out")
    return [(str(problem.place), problem.text.en) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("words", "value", "line"),
    [
        ("Le poste de {{ user.full }}", "user.full", 3),
        ("Je crois\nque {{user.first}} sait", "user.first", 4),
        ("Lorsque {{ user.full }} appelle", "user.full", 3),
        ("Le compte de {{ user.login }}", "user.login", 3),
    ],
)
def test_a_name_that_may_begin_with_a_vowel_is_elided_by_a_filter(
    folder: Folder, words: str, value: str, line: int
) -> None:
    folder.write(folder.long("ticket.fr.md"), f"Bonjour,\n\n{words}.\n")
    ((place, text),) = problems(folder)
    assert place.endswith(f"ticket.fr.md:{line}")
    assert f'before "{value}"' in text


def test_every_french_text_is_looked_at(folder: Folder) -> None:
    folder.edit("scenario.yaml", "fr: Regardez le bureau {{ desk }}.", "fr: Le bureau de {{ user.full }}.")
    folder.edit("solutions/reference.yaml", "Prévenir {{ user.full }}", "Le mot de {{ user.full }}")
    folder.edit("checks/test_network.py", "L'intranet répond.", "Le poste de {{ user.full }} répond.")
    assert sorted(place.rpartition("/")[2].partition(":")[0] for place, _ in problems(folder)) == [
        "reference.yaml",
        "scenario.yaml",
        "test_network.py",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "Le poste {{ user.full | de }}, et {{ user.full | que }} attend",
        "Le bureau de {{ office }}, et plus de {{ desk }} bureaux",
        "Il dit que « {{ user.full }} » attend",
        "Le monde {{ user.full }} et le code{{ user.full }}",
    ],
)
def test_what_no_name_makes_wrong_is_left_alone(folder: Folder, words: str) -> None:
    folder.write(folder.long("ticket.fr.md"), f"{words}.\n")
    folder.content.scenario("cable-out")
