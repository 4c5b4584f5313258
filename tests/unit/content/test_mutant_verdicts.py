"""``mutants.yaml``: what an author says of mutants, and what is wrong with it."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.loader.content import Content

from .conftest import SCENARIO_FOLDER, Folder, Golden

FILE = f"{SCENARIO_FOLDER}/mutants.yaml"
GOOD = """\
contract: 1
verdicts:
  - operator: dropped-step
    subject: step 3 {{ user.login }}
    when: cause == "moved"
    verdict: as-good
    reason: {fr: Elle prévient seulement., en: It only tells.}
"""


def test_verdicts_are_read_with_the_scenario(folder: Folder) -> None:
    assert Content([folder.root]).scenario("cable-out").mutants == ()
    folder.write(FILE, GOOD)
    (one,) = Content([folder.root]).scenario("cable-out").mutants
    assert (one.operator, one.solution, one.verdict, one.reason.en) == (
        "dropped-step",
        "reference",
        "as-good",
        "It only tells.",
    )


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("verdict", "as-good", "fine"),
        ("solution", "subject:", "solution: referense\n    subject:"),
        ("subject", "user.login", "usr.login"),
        ("when", 'cause == "moved"', 'case == "moved"'),
        ("key", "reason:", "why:"),
        ("none", GOOD[GOOD.index("verdicts:") :], "verdicts: []\n"),
        ("twice", GOOD, GOOD + GOOD.partition("verdicts:\n")[2]),
    ],
)
def test_what_is_wrong_with_them(name: str, old: str, new: str, folder: Folder, golden: Golden) -> None:
    folder.write(FILE, GOOD.replace(old, new))
    with pytest.raises(ContentError) as caught:
        Content([folder.root]).scenario("cable-out")
    golden(f"mutants-{name}", caught.value)


def test_a_misspelt_file_is_told(folder: Folder) -> None:
    folder.write(FILE.replace("mutants", "mutant"), GOOD)
    with pytest.raises(ContentError) as caught:
        Content([folder.root]).scenario("cable-out")
    assert "mutants.yaml" in caught.value.problems[0].text.en
