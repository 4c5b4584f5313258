"""``prove``: what is proven, what is told, what is kept; and the state that ``scenarios`` and ``show`` tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof import verdicts
from orchestrator.proof.model import Proof, Seen, Stage, VariantProof, Verdict
from orchestrator.proof.stages import Subject, Watch

from .conftest import PLAN, Cli, FakeApp, result, text

NAMES = Content([built_in_root()]).scenarios()


@dataclass
class Prover:
    """Stands for the runner: every stage is as a test says."""

    stage: Stage = field(default_factory=lambda: Stage("healthy", "", 1.5, (Seen("pass", result("page", "pass")),)))
    whole: tuple[Verdict, ...] = ()
    asked: list[tuple[str, int]] = field(default_factory=list)
    jobs: int | None = 0

    def prove(self, _labs: object, subjects: Sequence[Subject], *, jobs: int | None, watch: Watch) -> tuple[Proof, ...]:
        self.jobs = jobs
        watch.begin(len(subjects))
        proofs = []
        for number, subject in enumerate(subjects):
            watch.end(replace(subject.plan, scenario=NAMES[0]), self.stage)
            self.asked.append((NAMES[number % len(NAMES)], subject.plan.seed))
        for name in dict.fromkeys(name for name, _ in self.asked):
            seeds = [seed for asked, seed in self.asked if asked == name]
            variants = tuple(VariantProof(seed, "d1", (self.stage,), {"cause": "unplugged"}) for seed in seeds)
            proofs.append(Proof(name, text("Title"), variants, self.whole, 12.3))
            watch.proved(proofs[-1])
        return tuple(proofs)


@pytest.fixture(autouse=True)
def prover(monkeypatch: pytest.MonkeyPatch) -> Prover:
    made = Prover()
    monkeypatch.setattr("orchestrator.proof.runner.prove", made.prove)
    return made


BAD = Stage(
    "broken",
    "",
    2.0,
    (Seen("fail", result("page", "pass")),),
    (verdicts.blind("test_x.py::page", text("seen")),),
)


def test_a_sound_scenario(cli: Cli, app: FakeApp) -> None:
    done = cli("prove", NAMES[0])
    assert done.exit_code == 0
    for part in (f"✔ {NAMES[0]} is proven (seed 1) in 12 s.", "cause = unplugged", "healthy"):
        assert part in done.stdout
    assert f"1/1 ✔ {NAMES[0]} --seed 1 · healthy (1.5 s)" in done.stderr
    assert app.proofs.status(NAMES[0]).state == "proven"


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
    prover.whole = (verdicts.untried_guard("test_x.py::other"),)
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
    assert app.proofs.status(NAMES[0]).state == "proven", "the work was not in vain"


def test_an_edit_meanwhile_is_told(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.proofs, "keep", lambda *_: False)
    assert "was edited while it was being proven" in " ".join(cli("prove", NAMES[0]).stderr.split())


# The state of each scenario -------------------------------------------------------------------------------


def states(cli: Cli) -> dict[str, object]:
    return {one["id"]: one["proof"]["state"] for one in json.loads(cli("scenarios", "--json").stdout)["scenarios"]}


def test_the_list_tells_proven_stale_and_unproven(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(states(cli).values()) == {"unproven"}
    assert "– unproven" in cli("scenarios").stdout
    cli("prove", NAMES[0])
    assert states(cli)[NAMES[0]] == "proven"
    assert "✔ proven" in cli("scenarios").stdout
    monkeypatch.setattr(app.proofs, "_fingerprint", lambda _: "f2")
    assert states(cli)[NAMES[0]] == "stale"
    assert "~ à reprouver" in cli("scenarios", lang="fr").stdout


def test_the_card_says_what_changed(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Never proven on this machine" in cli("show", NAMES[0]).stdout
    cli("prove", NAMES[0])
    assert "Proven on 20" in cli("show", NAMES[0]).stdout
    monkeypatch.setattr(app.proofs, "_fingerprint", lambda _: "f2")
    assert "changed since: the images" in cli("show", NAMES[0]).stdout
    assert "ce qui a changé depuis\N{NO-BREAK SPACE}: les images" in cli("show", NAMES[0], lang="fr").stdout
    assert json.loads(cli("show", NAMES[0], "--json").stdout)["proof"]["changed"] == ["images"]


def test_the_card_says_that_the_last_proof_failed(cli: Cli, prover: Prover) -> None:
    prover.stage = BAD
    cli("prove", NAMES[0])
    assert "failed" in cli("show", NAMES[0]).stdout
    assert PLAN.scenario == "cable-out"
