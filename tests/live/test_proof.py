"""The proof of the proof: a small sound scenario, and the same one spoilt in one place, each with its verdict.

All of them are proven at once, as ``breakfix prove`` would, from a content folder outside the checkout.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.core import labels
from orchestrator.core.waiting import wait_until
from orchestrator.proof.model import REMARKS, Kind, Proof
from orchestrator.proof.prover import prove
from orchestrator.proof.stages import ProofSubject
from tests.live.conftest import CONTENT, Watching, parameters_of_run, told

pytestmark = pytest.mark.live

SOUND = "wrong-address"
CHECKS, REFERENCE = "checks/test_address.py", "solutions/reference.yaml"


@dataclass(frozen=True)
class Spoilt:
    """A mistake of a trainer: in one file one text stands for another; and what the proof must say."""

    file: str
    old: str
    new: str
    kinds: frozenset[Kind]


def spoilt(file: str, old: str, new: str, *kinds: Kind) -> Spoilt:
    return Spoilt(file, old, new, frozenset(kinds))


MISTAKES: Mapping[str, Spoilt] = {
    "check-that-cannot-fail": spoilt(
        CHECKS,
        '    answer = lab.probe("lan").ping(lab.address("a"))\n'
        '    assert answer, f"a does not answer: {answer.problem}"\n',
        '    assert lab.host("a").file("/etc/network/interfaces").exists, "a does not answer"\n',
        "vacuous",
    ),
    "check-that-looks-at-nothing": spoilt(
        CHECKS,
        '    addresses = lab.client("b").addresses("eth0")\n',
        '    try:\n        addresses = lab.client("b").addresses("eth0")\n    except Exception:\n        return\n',
        "looks-at-nothing",
    ),
    "command-is-missing": spoilt(
        CHECKS,
        '    addresses = lab.client("b").addresses("eth0")\n',
        '    addresses = lab.client("b").addresses("eth0")\n'
        "    assert 'DUP' not in lab.host(\"b\").run(\"bash -c 'arp-scan --localnet'\").stdout\n",
        "no-judgement",
    ),
    "command-is-missing-and-silent": spoilt(
        CHECKS,
        '    addresses = lab.client("b").addresses("eth0")\n',
        '    addresses = lab.client("b").addresses("eth0")\n'
        "    assert 'DUP' not in lab.host(\"b\").run(\"bash -c 'arp-scan --localnet | cat'\").stdout\n",
        "missing-tool",
    ),
    "solution-is-lost": spoilt(
        REFERENCE,
        "        ifup eth0\n",
        "        ifup eth0\n        sed -i 's#address 10.78.1.10/24#address 10.78.1.99/24#' /etc/network/interfaces\n",
        "not-repaired",
        "lost-at-reboot",
    ),
    "shortcut-is-accepted": spoilt(
        "shortcuts/typed-by-hand.yaml",
        "        ip address add 10.78.1.10/24 dev eth0\n",
        "        ifdown eth0\n        sed -i 's#address 10.78.1.{{ wrong }}/24#address 10.78.1.10/24#'"
        " /etc/network/interfaces\n        ifup eth0\n",
        "accepted-shortcut",
    ),
    "guard-is-red": spoilt(
        CHECKS,
        '@check("symptom", host="a", fr="L\'adresse est',
        '@check("guard", host="a", fr="L\'adresse est',
        "guard-red",
    ),
    "red-before-the-fault": spoilt(
        CHECKS, "address {lab.address('a')}/24", "address {lab.address('b')}/24", "red-before-the-fault"
    ),
    "red-for-another-reason": spoilt(CHECKS, 'because="does not answer"', 'because="no carrier"', "wrong-reason"),
    "step-that-fails": spoilt(
        REFERENCE, "        ifup eth0\n", "        ifup eth0\n        ifup eth7\n", "step-failed"
    ),
}
CORE = "check-that-cannot-fail"
"""The mistake that is also made without ``--all``."""


def write(root: Path, name: str, mistake: Spoilt | None) -> None:
    """Copy the sound scenario under another name, with a mistake in it."""
    source = next(CONTENT.glob(f"scenarios/*/{SOUND}"))
    folder = root / "scenarios" / source.parent.name / name
    shutil.copytree(source, folder)
    document = folder / "scenario.yaml"
    document.write_text(document.read_text().replace(f"id: {SOUND}", f"id: {name}"))
    if mistake is not None:
        path = folder / mistake.file
        assert path.read_text().count(mistake.old) == 1, f"{mistake.old!r} is not in {mistake.file} once"
        path.write_text(path.read_text().replace(mistake.old, mistake.new))


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return the program with a trainer's own content."""
    root = tmp_path_factory.mktemp("trainer")
    shutil.copytree(CONTENT / "labs" / "duo", root / "labs" / "duo")
    write(root, SOUND, None)
    for name, mistake in MISTAKES.items():
        write(root, name, mistake)
    program = App([root])
    yield program
    program.close()


@pytest.fixture(scope="module")
def proofs(trainer: App, request: pytest.FixtureRequest) -> Mapping[str, Proof]:
    """Return the proofs of the sound one and of the mistakes that this run asks for, made at once."""
    subjects = [ProofSubject(trainer.labs.plans.plan(name, 1)) for name in (SOUND, *parameters_of_run(request, "name"))]
    watch = Watching()
    made = prove(trainer.labs, subjects, jobs=None, watch=watch)
    assert watch.ended == watch.expected
    return {proof.scenario: proof for proof in made}


@pytest.mark.core
def test_the_sound_one_is_proven(proofs: Mapping[str, Proof]) -> None:
    assert proofs[SOUND].proven, told(proofs[SOUND])
    # How long a red takes is the machine's as well: the remark on it is no mistake of the scenario's.
    assert {finding.verdict.kind for finding in proofs[SOUND].findings()} <= {"change-learnt", "slow-red"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.core if n == CORE else ()) for n in MISTAKES])
def test_each_mistake_gets_its_verdict_and_no_other(proofs: Mapping[str, Proof], name: str) -> None:
    found = {finding.verdict.kind for finding in proofs[name].findings()}
    assert found - REMARKS == MISTAKES[name].kinds, told(proofs[name])
    assert not proofs[name].proven


def test_nothing_is_left_of_all_that(trainer: App, proofs: Mapping[str, Proof]) -> None:
    assert {"residue"}.isdisjoint(f.verdict.kind for proof in proofs.values() for f in proof.findings())
    left = [container.labels.get(labels.SCENARIO) for container in trainer.engine.containers({labels.KIND: "host"})]
    assert set(left).isdisjoint(proofs)


def test_an_interrupted_proof_leaves_nothing(trainer: App) -> None:
    """Ctrl-C while several labs are being started and graded."""
    root = trainer.content.roots[-1]
    command = [sys.executable, "-m", "orchestrator", "--content", str(root), "prove", SOUND, "--seeds", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ}) as process:

        def running() -> int:
            return len(trainer.engine.containers({labels.KIND: "host", labels.SCENARIO: SOUND}))

        try:
            assert wait_until(lambda: running() >= 3, within=60), "labs run side by side"
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 130
        assert running() == 0
