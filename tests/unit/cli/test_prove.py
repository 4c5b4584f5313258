"""``prove``: what is proven, what is told, what is kept; and the state that ``scenarios`` and ``show`` tell."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof import check_verdicts
from orchestrator.proof.model import Key, Proof, SeenColour, Stage, VariantProof, Verdict
from orchestrator.proof.proof_store import ProofStore
from orchestrator.proof.stages import ProofSubject, Watch, stages_of

from .conftest import PLAN, Cli, FakeApp, result, text

NAMES = Content([built_in_root()]).scenarios()


@dataclass
class Prover:
    """Stands for the runner: every stage is as a test says."""

    stage: Stage = field(
        default_factory=lambda: Stage("healthy", "", 1.5, (SeenColour("pass", result("page", "pass")),))
    )
    whole: tuple[Verdict, ...] = ()
    asked: list[tuple[str, int]] = field(default_factory=list)
    jobs: int | None = 0
    main_lines: set[bool] = field(default_factory=set)
    repairs: list[tuple[str, int]] = field(default_factory=list)
    played: list[set[Key]] = field(default_factory=list)

    def prove(
        self, _labs: object, subjects: Sequence[ProofSubject], *, jobs: int | None, watch: Watch
    ) -> tuple[Proof, ...]:
        self.jobs = jobs
        watch.begin(len(subjects))
        proofs, number = [], 0
        for subject in subjects:
            watch.end(replace(subject.plan, scenario=NAMES[0]), self.stage)
            self.main_lines.add(subject.main_line)
            if subject.repairs is not None:
                self.repairs.append((self.asked[-1][0] if self.asked else NAMES[0], subject.plan.seed))
                self.played.append({*subject.repairs})
            else:
                self.asked.append((NAMES[number % len(NAMES)], subject.plan.seed))
                number += 1
        for name in dict.fromkeys(name for name, _ in (*self.asked, *self.repairs)):
            seeds = [seed for asked, seed in self.asked if asked == name]
            variants = tuple(VariantProof(seed, "d1", (self.stage,), {"cause": "unplugged"}) for seed in seeds)
            repaired = Stage("solution", "reference", 1.5, (SeenColour("pass", result("page", "pass")),))
            others = dict.fromkeys(seed for asked, seed in self.repairs if asked == name)
            variants += tuple(VariantProof(seed, "d2", (repaired,), {"cause": "other"}) for seed in others)
            proofs.append(Proof(name, text("Title"), variants, self.whole, 12.3))
            watch.proved(proofs[-1])
        return tuple(proofs)


@pytest.fixture(autouse=True)
def prover(monkeypatch: pytest.MonkeyPatch) -> Prover:
    made = Prover()
    monkeypatch.setattr("orchestrator.cli.commands.prove.prove", made.prove)
    return made


BAD = Stage(
    "broken",
    "",
    2.0,
    (SeenColour("fail", result("page", "pass")),),
    (check_verdicts.blind("test_x.py::page", text("seen")),),
)


def test_a_sound_scenario(cli: Cli, app: FakeApp) -> None:
    done = cli("prove", NAMES[0])
    assert done.exit_code == 0
    for part in (f"✔ {NAMES[0]} is proven (seed 1) in 12 s.", "cause = unplugged", "healthy"):
        assert part in done.stdout
    assert f"1/1 ✔ {NAMES[0]} --seed 1 · healthy (1.5 s)" in done.stderr
    assert app.proofs.status(NAMES[0]).state == "here"


@pytest.mark.parametrize(("lang", "words"), [("fr", "reste vert alors que"), ("en", "stays green although")])
def test_a_mistake_is_told_with_what_to_change(cli: Cli, app: FakeApp, prover: Prover, lang: str, words: str) -> None:
    prover.stage = BAD
    done = cli("prove", NAMES[0], lang=lang)  # type: ignore[arg-type]
    assert done.exit_code == 1
    shown = " ".join(done.stdout.split())
    assert words in shown
    assert f"seen ({lang})" in shown
    assert any(words in line and f"seen ({lang})" in line for line in done.stderr.splitlines()), "told at once as well"
    assert ("→ Faites-lui observer" if lang == "fr" else "→ Make it look at") in shown
    assert ("1 chose à changer" if lang == "fr" else "1 thing to change") in shown
    assert app.proofs.status(NAMES[0]).failed


def test_a_remark_does_not_make_it_fail(cli: Cli, prover: Prover) -> None:
    prover.whole = (check_verdicts.untried_guard("test_x.py::other"),)
    done = cli("prove", NAMES[0])
    assert done.exit_code == 0
    assert "? The guard test_x.py::other is red at no stage" in done.stdout


def test_a_stage_that_was_not_run_is_no_proof(cli: Cli, prover: Prover) -> None:
    prover.stage = Stage("reboot", "reference", ran=False)
    done = cli("prove", NAMES[0])
    assert done.exit_code == 1
    assert "– " in done.stdout


def test_seeds_and_jobs(cli: Cli, prover: Prover) -> None:
    cli("prove", NAMES[0], "--seeds", "3", "--jobs", "5")
    assert len(prover.asked) == 3
    assert len({seed for _, seed in prover.asked}) == 3
    assert prover.jobs == 5


def test_a_scenario_has_to_be_named(cli: Cli) -> None:
    assert cli("prove").exit_code == 2


@pytest.mark.slow
def test_only_what_changed(cli: Cli, app: FakeApp, prover: Prover) -> None:
    assert cli("prove", "--changed").exit_code == 0
    assert {name for name, _ in prover.asked} == set(NAMES), "nothing was proven yet"
    prover.asked.clear()
    done = cli("prove", "--changed")
    assert done.exit_code == 0
    assert prover.asked == []
    assert "Everything is proven already" in done.stdout
    assert json.loads(cli("prove", "--changed", "--json").stdout) == {"proven": True, "proofs": []}
    stored = app.proofs.last(NAMES[1])
    assert stored is not None
    failed = replace(stored.proof, variants=())
    app.proofs.keep(failed, stored.binding)
    cli("prove", *NAMES, "--changed")
    assert len(prover.asked) == 1, "the one whose last proof failed"


def test_json_has_everything(cli: Cli, prover: Prover) -> None:
    prover.stage = BAD
    done = cli("prove", NAMES[0], "--json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["proven"]) == (1, False)
    (proof,) = document["proofs"]
    assert proof["findings"][0]["kind"] == "blind"
    assert proof["findings"][0]["places"] == [{"seed": 1, "stage": "broken", "subject": ""}]
    (stage,) = proof["variants"][0]["stages"]
    assert stage["seconds"] == 2.0
    (check,) = stage["checks"]
    assert (check["expected"], check["seen"]["outcome"]) == ("fail", "pass")


def test_the_page_is_written(cli: Cli, tmp_path: Path) -> None:
    page = tmp_path / "proof.html"
    assert cli("prove", NAMES[0], "--html", str(page), lang="fr").exit_code == 0
    assert "Preuve des scénarios" in page.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_told_after_all(cli: Cli, app: FakeApp) -> None:
    done = cli("prove", NAMES[0], "--html", "/nowhere/at/all.html")
    assert done.exit_code == 3
    assert "cannot be written" in done.stderr
    assert app.proofs.status(NAMES[0]).state == "here", "the work was not in vain"


def test_an_edit_meanwhile_is_told(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.proofs, "keep", lambda *_, **__: None)
    assert "was edited while it was being proven" in " ".join(cli("prove", NAMES[0]).stderr.split())


# Records --------------------------------------------------------------------------------------------------


def shipped(app: FakeApp) -> None:
    """Let the records be those that come with the program."""
    app.ledger._own = app.ledger._file(NAMES[0]).parents[1]
    for folder in app.ledger._own.iterdir():
        app.ledger.record(found.entry) if (found := app.ledger.find(folder.name)) else None


def test_a_record_is_written_where_the_proof_is_sound(cli: Cli, app: FakeApp, prover: Prover) -> None:
    assert cli("prove", NAMES[0]).exit_code == 0
    assert app.ledger.find(NAMES[0]) is None, "nobody asked for one"
    prover.stage = BAD
    assert cli("prove", NAMES[0], "--record").exit_code == 1
    assert app.ledger.find(NAMES[0]) is None, "it is no proof"
    prover.stage = Prover().stage
    assert cli("prove", NAMES[0], "--record").exit_code == 0
    found = app.ledger.find(NAMES[0])
    assert found is not None
    assert found.entry.binding == app.proofs.binding(NAMES[0])
    assert found.entry.machine.docker == app.engine.info().version
    assert found.entry.variants[0].stages == {"healthy": {"test_x.py::page": "pass"}}
    assert prover.main_lines == {False}
    recorded = {variant.seed for variant in found.entry.variants if variant.repairs_only}
    assert recorded == {seed for _, seed in prover.repairs}, "of the cases that seed 1 does not draw"
    assert set(found.entry.seeds) == {1}


@pytest.mark.parametrize(
    ("lang", "said"), [("fr", "ce qui manquait à sa preuve est prouvé"), ("en", "what its record lacked is proven")]
)
def test_a_record_is_completed_with_what_it_lacks(cli: Cli, app: FakeApp, prover: Prover, lang: str, said: str) -> None:
    cli("prove", NAMES[0], "--record")
    found = app.ledger.find(NAMES[0])
    assert found is not None
    plan = app.labs.plans.plan(NAMES[0], 1)
    added = plan.solutions[0].name
    binding = app.proofs.binding(NAMES[0], without=[f"solutions/{added}.yaml"])
    whole = {" ".join(key).strip(): {"test_x.py::page": "fail"} for key in stages_of(ProofSubject(plan))}
    known = {name: seen for name, seen in whole.items() if not name.endswith(f" {added}")}
    (variant, *_) = found.entry.variants
    app.ledger.record(replace(found.entry, binding=binding, variants=(replace(variant, stages=known),), explained=()))
    prover.stage = Stage("solution", added, 1.5, (SeenColour("pass", result("page", "pass")),))
    for noted in (prover.asked, prover.repairs, prover.played):
        noted.clear()
    done = cli("prove", NAMES[0], "--complete", lang=lang)  # type: ignore[arg-type]
    assert (done.exit_code, said in done.stdout) == (0, True), done.stdout + done.stderr
    completed = app.ledger.find(NAMES[0])
    assert completed is not None
    assert completed.entry.binding == app.proofs.binding(NAMES[0])
    assert completed.entry.variants[0].stages[f"solution {added}"] == {"test_x.py::page": "pass"}
    assert prover.played == [{("solution", added)}]


@pytest.mark.slow
def test_a_brief_proof_takes_somebody_who_vouches_for_the_rest(cli: Cli, app: FakeApp, prover: Prover) -> None:
    done = cli("prove", NAMES[0], "--brief")
    assert done.exit_code == 2
    assert f"Prove it: 'breakfix prove {NAMES[0]}'" in " ".join(done.stderr.split())
    cli("prove", NAMES[0], "--record")
    assert cli("prove", NAMES[0], "--brief").exit_code == 2, "the record is only claimed"
    shipped(app)
    prover.main_lines.clear()
    assert cli("prove", NAMES[0], "--brief").exit_code == 0
    assert prover.main_lines == {True}
    status = app.proofs.status(NAMES[0])
    assert (status.state, status.brief) == ("here", True)
    assert "Prouvé ici" in cli("show", NAMES[0], lang="fr").stdout
    assert "le chemin principal" in cli("show", NAMES[0], lang="fr").stdout


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_replay_compares_every_colour(cli: Cli, prover: Prover, lang: str) -> None:
    cli("prove", NAMES[0], "--record")
    done = cli("prove", NAMES[0], "--replay", lang=lang)  # type: ignore[arg-type]
    assert done.exit_code == 0
    assert ("chaque couleur est celle" if lang == "fr" else "every colour is the recorded one") in done.stdout
    prover.asked.clear()
    prover.stage = Stage("healthy", "", 1.5, (SeenColour("any", result("page", "fail")),))
    done = cli("prove", NAMES[0], "--replay", lang=lang)  # type: ignore[arg-type]
    assert done.exit_code == 1
    assert ("1 différence avec" if lang == "fr" else "1 difference from") in done.stdout
    assert "healthy (--seed 1) · test_x.py::page" in done.stdout
    assert "pass → fail" in done.stdout
    prover.asked.clear()
    document = json.loads(cli("prove", NAMES[0], "--replay", "--json").stdout)
    assert document["differences"][NAMES[0]] == [
        {"seed": 1, "stage": "healthy", "check": "test_x.py::page", "recorded": "pass", "seen": "fail"}
    ]


@pytest.mark.slow
def test_a_replay_takes_a_record_of_the_scenario_as_it_is(
    cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("prove", NAMES[0], "--replay")
    assert done.exit_code == 2
    assert f"'breakfix prove {NAMES[0]} --record'" in " ".join(done.stderr.split())
    cli("prove", NAMES[0], "--record")
    monkeypatch.setattr(app.proofs, "_fingerprint", lambda _: "f2")
    done = cli("prove", NAMES[0], "--replay")
    assert done.exit_code == 2
    assert "changed since: the images" in " ".join(done.stderr.split())


@pytest.mark.slow
def test_keys_are_accepted_listed_used_and_taken_back(
    cli: Cli, app: FakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    app.trust._files = (tmp_path / "data/breakfix/allowed_signers",)
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert "No key" in cli("ledger", "keys").stdout
    assert cli("ledger", "sign", NAMES[0], "--key", str(key)).exit_code == 2, "there is nothing to sign"
    cli("prove", NAMES[0], "--record")
    assert cli("ledger", "sign", NAMES[0], "--key", str(key)).exit_code == 0
    monkeypatch.setattr(app.proofs, "_store", ProofStore(Path("/nowhere")))
    assert states(cli)[NAMES[0]] == "claimed"
    assert cli("ledger", "trust", f"{key}.pub", "--name", "alice").exit_code == 0
    assert states(cli)[NAMES[0]] == "recorded"
    assert "signé par alice" in cli("show", NAMES[0], lang="fr").stdout
    assert "alice" in cli("ledger", "keys").stdout
    assert [one["name"] for one in json.loads(cli("ledger", "keys", "--json").stdout)] == ["alice"]
    assert cli("ledger", "distrust", "alise").exit_code == 2
    assert cli("ledger", "distrust", "alice").exit_code == 0
    assert states(cli)[NAMES[0]] == "claimed"
    assert cli("ledger", "trust", str(key), "--name", "alice").exit_code == 2, "the private key is refused"


# The state of each scenario -------------------------------------------------------------------------------


def states(cli: Cli) -> dict[str, object]:
    return {one["id"]: one["proof"]["state"] for one in json.loads(cli("scenarios", "--json").stdout)["scenarios"]}


@pytest.mark.slow
def test_the_list_tells_what_is_known_of_each(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(states(cli).values()) == {"unproven"}
    assert "– never" in cli("scenarios").stdout
    cli("prove", NAMES[0], "--record")
    assert states(cli)[NAMES[0]] == "here"
    assert "✔ here" in cli("scenarios").stdout
    monkeypatch.setattr(app.proofs, "_store", ProofStore(Path("/nowhere")))
    assert states(cli)[NAMES[0]] == "claimed", "nobody is believed who says so"
    assert "? annoncé" in cli("scenarios", lang="fr").stdout
    shipped(app)
    assert states(cli)[NAMES[0]] == "recorded"
    assert "✔ auteur" in cli("scenarios", lang="fr").stdout
    monkeypatch.setattr(app.proofs, "_fingerprint", lambda _: "f2")
    assert states(cli)[NAMES[0]] == "changed"
    assert "~ modifié" in cli("scenarios", lang="fr").stdout


@pytest.mark.slow
def test_the_card_says_what_changed(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Never proven." in cli("show", NAMES[0]).stdout
    cli("prove", NAMES[0])
    assert "Proven here on 20" in cli("show", NAMES[0]).stdout
    monkeypatch.setattr(app.proofs, "_fingerprint", lambda _: "f2")
    assert "changed since: the images" in cli("show", NAMES[0]).stdout
    assert "ce qui a changé depuis\N{NO-BREAK SPACE}: les images" in cli("show", NAMES[0], lang="fr").stdout
    assert json.loads(cli("show", NAMES[0], "--json").stdout)["proof"]["changed"] == ["images"]


@pytest.mark.slow
def test_the_card_says_that_the_last_proof_failed(cli: Cli, prover: Prover) -> None:
    prover.stage = BAD
    cli("prove", NAMES[0])
    assert "failed" in cli("show", NAMES[0]).stdout
    assert PLAN.scenario == "cable-out"
