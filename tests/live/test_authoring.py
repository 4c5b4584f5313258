"""What ``new`` writes works as it stands on real hosts, and ``try`` shows it, reads it again and leaves nothing."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.authoring.creation import Wanted, create
from orchestrator.core import labels
from orchestrator.core.progress import Silent
from orchestrator.core.waiting import wait_until
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof.model import Proof
from orchestrator.proof.prover import prove
from orchestrator.proof.stages import ProofSubject
from tests.live.conftest import Watching, parameters_of_run, told

pytestmark = pytest.mark.live

FAULT, TASK, OWN, ON_NEW_LAB = "ssh-refused", "newcomer", "ssh-port-moved", "on-my-lab"
LIMIT = 120.0
"""Seconds until the screen must show what is waited for."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder outside the checkout, with one of each kind as it is newly written."""
    folder = tmp_path_factory.mktemp("trainer") / "my labs"
    folder.mkdir()
    for wanted in (
        Wanted("lab", "my-lab", folder),
        Wanted("image", "my-image", folder),
        Wanted("scenario", FAULT, folder),
        Wanted("scenario", TASK, folder, task=True),
        Wanted("scenario", ON_NEW_LAB, folder, lab="my-lab", competence="1.1"),
        Wanted("fault", OWN, folder, lab="my-lab"),
    ):
        create(Content((built_in_root(), folder)), wanted)
    return folder


@pytest.fixture(scope="module")
def trainers(root: Path) -> Iterator[App]:
    program = App([root])
    yield program
    program.close()


@pytest.fixture(scope="module")
def proofs(trainers: App, request: pytest.FixtureRequest) -> Mapping[str, Proof]:
    """Return the proofs of the scenarios that this run asks for, made at once."""
    names = parameters_of_run(request, "scenario")
    subjects = [ProofSubject(trainers.labs.plans.plan(name, 1)) for name in names]
    made = prove(trainers.labs, subjects, jobs=None, watch=Watching())
    return {proof.scenario: proof for proof in made}


@pytest.mark.parametrize("scenario", [pytest.param(FAULT, marks=pytest.mark.core), TASK, ON_NEW_LAB, OWN])
def test_a_new_scenario_is_proven_as_it_stands(proofs: Mapping[str, Proof], scenario: str) -> None:
    proof = proofs[scenario]
    assert proof.proven, told(proof)
    assert {finding.verdict.kind for finding in proof.findings()} <= {"change-learnt", "slow-red"}, told(proof)


def test_a_new_lab_is_healthy(trainers: App) -> None:
    running = trainers.labs.lifecycle.start(trainers.labs.plans.of_lab("my-lab"), Silent())
    try:
        report = trainers.labs.grading.health(running)
        assert [result.outcome for result in report.results] == ["pass"] * 3
    finally:
        trainers.labs.lifecycle.discard(running.instance)


def test_a_new_image_is_built_and_a_host_runs_it(trainers: App, root: Path) -> None:
    trainers.build(["my-image"])
    lab = root / "labs/my-lab/lab.yaml"
    before = lab.read_text()
    lab.write_text(before.replace("image: host", "image: my-image"))
    try:
        labs = trainers.labs_now()
        running = labs.lifecycle.start(labs.plans.of_lab("my-lab"), Silent())
    finally:
        lab.write_text(before)
    try:
        driver = labs.running.driver(running)
        assert "my-image" in driver.read("pc1", "/etc/motd").decode()
        assert driver.run("pc1", ("tree", "--version")).stdout.startswith(b"tree v")
    finally:
        labs.lifecycle.discard(running.instance)


class Terminal:
    """``breakfix try`` on a terminal of 24 lines of 80 columns."""

    def __init__(self, root: Path, *words: str, lang: str = "en") -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-m", "orchestrator", "--lang", lang, "--content", str(root), "try", *words]
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.written = ""

    def press(self, key: str) -> None:
        """Press a key; what was on the screen until now is forgotten."""
        self.written = ""
        os.write(self.master, key.encode())

    def shows(self, *patterns: str) -> None:
        """Wait until the screen has shown each pattern since the last key, in any order."""

        def all_there() -> bool:
            self._read()
            plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.written)
            return all(re.search(pattern, plain) for pattern in patterns)

        assert wait_until(all_there, within=LIMIT, every=0.05), self.written[-3000:]

    def ended(self) -> int:
        """Wait for the end and return the exit status."""

        def over() -> bool:
            self._read()
            return self.process.poll() is not None

        assert wait_until(over, within=LIMIT, every=0.05), self.written[-3000:]
        return self.process.returncode

    def _read(self) -> None:
        while select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:  # the program has gone
                return
            self.written += data.decode(errors="replace")


@pytest.fixture
def trying(root: Path) -> Iterator[Callable[..., Terminal]]:
    """Return what starts ``try``; whatever is left at the end is ended."""
    begun: list[Terminal] = []

    def begin(*words: str, lang: str = "en") -> Terminal:
        begun.append(Terminal(root, *words, lang=lang))
        return begun[-1]

    yield begin
    for one in begun:
        try:
            if one.process.poll() is None:
                one.process.terminate()
                one.ended()
        finally:
            one.process.kill()
            os.close(one.master)


def left_of(app: App, scenario: str) -> list[str]:
    return [one.name for one in app.engine.containers({labels.SCENARIO: scenario})]


def test_trying_is_a_preview_of_the_proof(
    trying: Callable[..., Terminal], trainers: App, root: Path, request: pytest.FixtureRequest
) -> None:
    terminal = trying(ON_NEW_LAB)
    terminal.shows("broken · expected: symptoms and objectives red", "As the proof expects it", "Connection refused")
    terminal.press("h")
    terminal.shows("reverted · expected: all green", "As the proof expects it")
    terminal.press("s")
    terminal.shows("1 reference", "2 edit-and-reboot")
    terminal.press("1")
    terminal.shows("solution reference · expected: all green", "As the proof expects it")
    terminal.press("x")
    terminal.shows("2 door-wide-open")
    terminal.press("2")
    terminal.shows("shortcut door-wide-open · expected: at least one check red", "PermitRootLogin yes", "As the proof")
    terminal.press("b")
    terminal.shows("broken · expected", "As the proof expects it")

    checks = root / "scenarios/1.1" / ON_NEW_LAB / "checks/test_ssh.py"
    good = checks.read_text()
    request.addfinalizer(lambda: checks.write_text(good))
    terminal.written = ""
    checks.write_text(good.replace('startswith("SSH-2.0-")', 'startswith("")'))
    terminal.shows("stays green although the fault is in place", "The proof would refuse this")
    terminal.written = ""
    checks.write_text(good.replace('competence="1.1"', 'competence="9.9"'))
    terminal.shows("The files have a mistake", "unknown competence")
    terminal.written = ""
    checks.write_text(good)
    terminal.shows("As the proof expects it")
    terminal.press("q")
    assert terminal.ended() == 0
    assert left_of(trainers, ON_NEW_LAB) == []


def test_an_interruption_leaves_nothing(trying: Callable[..., Terminal], trainers: App) -> None:
    terminal = trying(ON_NEW_LAB, "--lab-only", lang="fr")
    terminal.shows("lab sain · attendu", "Comme la preuve l'attend")
    terminal.process.terminate()  # as Ctrl-C; a SIGINT would be ignored where the tests run in the background
    assert terminal.ended() == 130
    assert left_of(trainers, ON_NEW_LAB) == []


@pytest.mark.core
def test_once_needs_no_terminal(root: Path, trainers: App) -> None:
    command = [sys.executable, "-m", "orchestrator", "--lang", "en", "--content", str(root), "try", ON_NEW_LAB]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line in {"healthy", "broken"}] == ["healthy", "broken"]
    assert done.stdout.count("As the proof expects it.") == 2
    assert left_of(trainers, ON_NEW_LAB) == []
