"""Proofs as data: a sound one and a bad one, with all that a page or a store must carry."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from grader.marks import Role
from grader.report import CheckResult, CommandRecord, Outcome
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof import check_verdicts
from orchestrator.proof.binding import RECORD, SIGNATURE, Binding
from orchestrator.proof.ledger import Ledger, LedgerEntry, ProvingMachine
from orchestrator.proof.model import Expected, Proof, SeenColour, Stage, VariantProof
from orchestrator.proof.trust import Trust

TITLE = Text(fr="Plus de réseau <b>&</b>", en="No network <b>&</b>")


def seen(name: str, outcome: Outcome, expected: Expected, role: Role = "symptom") -> SeenColour:
    evidence = None if outcome == "pass" else Text(fr=f"{name} : <vu>", en=f"{name}: <seen>")
    commands = () if outcome == "pass" else (CommandRecord("pc1", "ip route", 0, "default via x\n", 0.1, 3),)
    sentence = Text(fr=f"{name} marche", en=f"{name} works")
    return SeenColour(expected, CheckResult(f"test_x.py::{name}", role, 1, None, sentence, outcome, evidence, commands))


def stages(*, web_seen: Outcome = "fail") -> tuple[Stage, ...]:
    guard = seen("other", "pass", "pass", "guard")
    return (
        Stage("nowhere", "", 0.4, (seen("web", "error", "not-pass"), seen("other", "error", "not-pass", "guard"))),
        Stage("healthy", "", 2.0, (seen("lab", "pass", "pass", "guard"), seen("web", "pass", "pass"), guard)),
        Stage("broken", "", 4.5, (seen("web", web_seen, "fail"), guard)),
        Stage("solution", "reference", 3.0, (seen("web", "pass", "pass"), guard)),
        Stage("reboot", "reference", 3.25, (seen("web", "pass", "pass"), guard)),
        Stage("shortcut", "by-hand", 5.0, (seen("web", "fail", "any"), seen("other", "fail", "any", "guard"))),
        Stage("stopped", "", 0.5),
    )


@pytest.fixture
def sound() -> Proof:
    """A sound proof of two variants; the second has another shortcut."""
    second = tuple(replace(s, subject="elsewhere") if s.name == "shortcut" else s for s in stages())
    variants = (
        VariantProof(1, "d1", stages(), {"cause": "unplugged"}),
        VariantProof(3, "d3", second, {"cause": "moved"}),
    )
    return Proof("no-network", TITLE, variants, (check_verdicts.untried_guard("test_x.py::lab"),), 21.5)


@pytest.fixture
def bad() -> Proof:
    """A proof that failed: a blind check, and a stage that was not run."""
    evidence = Text(fr="vu <ceci>", en="saw <this>")
    broken = [
        replace(s, verdicts=(check_verdicts.blind("test_x.py::web", evidence),)) if s.name == "broken" else s
        for s in stages(web_seen="pass")
    ]
    broken[4] = Stage("reboot", "reference", ran=False)
    return Proof("bad-one", TITLE, (VariantProof(1, "d1", tuple(broken)),), (), 9.0)


SCENARIO = "no-network-after-move"
BINDING = Binding("s", "c", "l", "i", "0.1.0+abc")


@pytest.fixture
def proof(sound: Proof) -> Proof:
    return replace(sound, scenario=SCENARIO)


@pytest.fixture
def entry(proof: Proof) -> LedgerEntry:
    return LedgerEntry.of(proof, BINDING, "2026-01-02T03:04:05Z", ProvingMachine("6.12.1", 2, "28.1.0"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario of somebody's own, without a record."""
    (shipped,) = built_in_root().glob(f"scenarios/*/{SCENARIO}")
    made = tmp_path / "content" / "scenarios" / SCENARIO
    shutil.copytree(shipped, made, ignore=shutil.ignore_patterns(RECORD, SIGNATURE))
    return made


def ledger(folder: Path, *keys: Path, shipped: bool = False) -> Ledger:
    made = Ledger(Content([folder.parents[1]]), Trust(keys))
    if shipped:
        made._own = folder.parent.resolve()
    return made
