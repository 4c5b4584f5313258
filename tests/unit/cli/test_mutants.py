"""``prove --mutate``: what came of wrong repairs, and what their author should do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.mutation.mutant import Fate, PlayedMutant
from orchestrator.mutation.runs import MutantWatch, MutationRun, MutationSubject
from orchestrator.mutation.verdicts import AuthorsVerdict
from orchestrator.proof.mutant_record import RecordedMutants

from .conftest import PLAN, Cli, FakeApp, text

pytestmark = pytest.mark.slow

NAME = Content([built_in_root()]).scenarios()[0]


def mutant(name: str, fate: Fate, *, is_same: bool = False, lost: bool = False) -> PlayedMutant:
    by = None if fate == "survived" else text("The page opens")
    lines = (same(f"pc1 # {name}"),)
    return PlayedMutant(name, "open-files", "d", text("Wrong"), lines, fate, by, is_same, lost, 2.0)


class Player:
    """Stands for who plays mutants: each comes out as a test says, once."""

    def __init__(self) -> None:
        self.mutants: Iterable[PlayedMutant] = (mutant("one", "refused"), mutant("two", "flagged"))
        self.verdicts: list[AuthorsVerdict] = []
        self.asked: list[tuple[int, int, int | None]] = []
        self.known: list[set[str]] = []

    def play(
        self,
        _labs: object,
        subject: MutationSubject,
        *,
        count: int,
        seed: int,
        jobs: int | None,
        watch: MutantWatch,
    ) -> MutationRun:
        self.asked.append((count, seed, jobs))
        self.known.append(set(subject.known))
        watch.repairs(subject.plan)
        watch.mutants(subject.plan, count, 40)
        for one in self.mutants:
            watch.played(one, known=one.name in subject.known)
        names = frozenset({*(f"m{n}" for n in range(40 - len(tuple(self.mutants)))), *(m.name for m in self.mutants)})
        counted = tuple(one for one in self.mutants if one.fate != "equivalent")
        others = tuple(one for one in self.mutants if one.fate == "equivalent")
        return MutationRun(subject.plan, names, counted, 65.0, others)


@pytest.fixture(autouse=True)
def player(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> Player:
    made = Player()
    monkeypatch.setattr("orchestrator.cli.mutants.play_mutants", made.play)
    monkeypatch.setattr("orchestrator.mutation.mutant_work.repairs_of_other_cases", lambda *_: ())
    monkeypatch.setattr("orchestrator.mutation.mutant_work.verdicts_of", lambda *_: made.verdicts)
    monkeypatch.setattr(app.proofs, "require", lambda *_: None)
    return made


def test_what_is_refused_or_flagged_is_well(cli: Cli, player: Player) -> None:
    done = cli("prove", NAME, "--mutate", "7", "--seed", "3", "--jobs", "2")
    assert (done.exit_code, player.asked) == (0, [(7, 3, 2)])
    assert "1 ✔ one · refused (2.0 s)" in done.stderr
    assert "2 ? two · flagged (2.0 s)" in done.stderr
    assert "2 mutants in 1 min 05 s: 1 refused, 1 flagged, 0 accepted" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("one", "status", "advice"),
    [
        (mutant("three", "survived"), 1, {"en": "guard what it spoils", "fr": "gardez par un contrôle"}),
        (mutant("three", "survived", lost=True), 1, {"en": "A reboot undoes it", "fr": "Un redémarrage la défait"}),
        (mutant("three", "survived", is_same=True), 1, {"en": "Nothing looks at what", "fr": "Rien ne regarde"}),
        (mutant("three", "equivalent", is_same=True), 0, {"en": "from a repaired one", "fr": "d'un lab réparé"}),
        (mutant("three", "unjudged"), 1, {"en": "0 accepted", "fr": "0 acceptés"}),
    ],
)
def test_a_survivor_is_told_with_its_steps(
    cli: Cli, player: Player, one: PlayedMutant, status: int, advice: dict[str, str]
) -> None:
    player.mutants = (one,)
    for lang, words in advice.items():
        done = cli("prove", NAME, "--mutate", "5", lang=lang)  # type: ignore[arg-type]
        shown = " ".join(done.stdout.split()).replace("\N{NO-BREAK SPACE}", " ")
        assert (done.exit_code, words in shown) == (status, True), shown
        assert ("pc1 # three" in shown) == (one.fate in {"survived", "equivalent"})


def test_each_is_kept_and_known_the_next_time(cli: Cli, player: Player) -> None:
    cli("prove", NAME, "--mutate", "5")
    again = cli("prove", NAME, "--mutate", "5")
    cli("prove", NAME, "--mutate", "5", "--seed", "77")
    assert player.known[0] == player.known[2] - {"one", "two"}
    assert player.known[1] == {"one", "two"}
    assert "✔ one · refused · played before" in again.stderr


def test_json_has_everything(cli: Cli, player: Player) -> None:
    player.mutants = (mutant("one", "refused"), mutant("three", "survived"), mutant("four", "equivalent"))
    (run,) = json.loads(cli("prove", NAME, "--mutate", "5", "--json").stdout)["runs"]
    assert (run["derived"], run["survivors"], [m["fate"] for m in run["mutants"]]) == (
        40,
        ["three"],
        ["refused", "survived"],
    )
    assert (run["scenario"], [one["name"] for one in run["equivalent"]]) == (PLAN.scenario, ["four"])


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_survivor_has_its_authors_verdict(cli: Cli, player: Player, lang: Language) -> None:
    why = Text(fr="Il ne fait que lire.", en="It only reads.")
    player.mutants = (mutant("three", "survived"),)
    player.verdicts = [AuthorsVerdict("three", "as-good", why)]
    done = cli("prove", NAME, "--mutate", "5", lang=lang)
    assert (done.exit_code, why.in_(lang) in done.stdout) == (0, True)
    player.verdicts = [AuthorsVerdict("three", "known-gap", why)]
    assert "A known gap" in cli("prove", NAME, "--mutate", "5").stdout


def test_a_survivor_without_one_comes_with_the_line_to_complete(cli: Cli, player: Player) -> None:
    player.mutants = (replace(mutant("three", "survived"), solution="reference", subject="pc1 web"),)
    said = " ".join(cli("prove", NAME, "--mutate", "5").stdout.split())
    assert '{operator: open-files, solution: reference, subject: "pc1 web",' in said


@pytest.mark.parametrize(
    ("name", "said"), [("one", "does not pass any more (refused)"), ("gone", "which this variant does not have")]
)
def test_a_stale_verdict_is_told(cli: Cli, player: Player, name: str, said: str) -> None:
    player.verdicts = [AuthorsVerdict(name, "as-good", text("Why"))]
    done = cli("prove", NAME, "--mutate", "5")
    assert (done.exit_code, said in " ".join(done.stdout.split())) == (1, True)
    (run,) = json.loads(cli("prove", NAME, "--mutate", "5", "--json").stdout)["runs"]
    assert (run["stale"][0]["verdict"]["mutant"], run["held"]) == (name, False)


def test_what_was_played_is_added_to_the_record(
    cli: Cli, app: FakeApp, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[tuple[str, RecordedMutants]] = []
    found = SimpleNamespace(signer="alice")
    monkeypatch.setattr(app.proofs, "record_to_add_to", lambda *_: found)
    monkeypatch.setattr(app.proofs, "record_mutants", lambda name, _, what: recorded.append((name, what)))
    player.mutants = (mutant("one", "refused"), mutant("three", "equivalent", is_same=True))
    done = cli("prove", NAME, "--mutate", "5", "--seed", "3", "--record")
    ((name, what),) = recorded
    assert (done.exit_code, name, what.derived, [one.name for one in what.mutants]) == (0, NAME, 40, ["one", "three"])
    assert "sign it again" in " ".join(done.stderr.split())


def test_without_a_record_nothing_is_played(
    cli: Cli, app: FakeApp, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.proofs.ledger, "find", lambda _: None)
    done = cli("prove", NAME, "--mutate", "5", "--record")
    assert (done.exit_code, player.asked) == (2, [])
    assert "--record" in done.stderr


@pytest.mark.parametrize("other", [["--replay"], ["--brief"], ["--seeds", "2"], ["--html", "x.html"]])
def test_a_proof_is_another_thing(cli: Cli, player: Player, other: list[str]) -> None:
    done = cli("prove", NAME, "--mutate", "2", *other)
    assert (done.exit_code, player.asked) == (2, [])
    assert f"{other[0]} does not go with it" in " ".join(done.stderr.split())


def test_a_seed_is_of_mutants(cli: Cli) -> None:
    assert "--seed goes with --mutate only" in cli("prove", NAME, "--seed", "2").stderr


def test_only_what_is_proven_has_mutants(
    cli: Cli, app: FakeApp, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UsageError(text("not proven"))

    monkeypatch.setattr(app.proofs, "require", refuse)
    assert "not proven" in cli("prove", NAME, "--mutate", "5").stderr
    assert player.asked == []
