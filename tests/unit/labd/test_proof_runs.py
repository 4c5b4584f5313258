"""The proof that runs for labd: one at a time, told as it comes, cancelled, and nothing left of one that was killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from grader.job import GradeRequest
from grader.report import Report
from orchestrator.app import App
from orchestrator.core.held_folder import held
from orchestrator.core.text import same
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.labd import proof_process, proof_refusals
from orchestrator.labd.child_environment import child_environment
from orchestrator.labd.machine_room import no_room
from orchestrator.labd.proof_contract import ProofRun, ProofStage
from orchestrator.labd.proof_folder import left_over
from orchestrator.labd.proof_lines import ProofLine
from orchestrator.labd.proof_runs import ProofCommand, ProofRuns
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.wire import decode, encode
from orchestrator.labs import lab_grading
from orchestrator.labs.noted_labs import remove_noted
from orchestrator.proof import prover
from orchestrator.proof.binding import Binding
from orchestrator.proof.model import Proof
from tests.labd_talk import SOON

from .conftest import SCENARIO, Site

pytestmark = pytest.mark.slow

PLANNED = (ProofStage("1", same("healthy"), ""), ProofStage("1", same("solution"), "reference"))
ENDED = ProofStage("1", same("solution"), "reference", "wrong", 3.5, (same("It is red."),))


def script(*steps: str) -> ProofCommand:
    """Return a process that does steps; what it is given is in ``sys.argv``."""
    return ProofCommand([sys.executable, "-S", "-c", "import os, signal, sys\n" + "\n".join(steps)])


def says(line: ProofLine) -> str:
    return f"os.write(1, {encode(line)!r} + b'\\n')"


WAITS = (
    "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}); os.write(1, b'no line\\n');"
    " signal.sigwait({signal.SIGTERM}); sys.exit(130)"
)
"""A signal that comes just before ``pause`` is entered would be waited for for ever."""


class Proving:
    """Runs proofs for a test, and counts those that ended."""

    def __init__(self, command: ProofCommand) -> None:
        self.ended = 0
        self.runs = ProofRuns(command, self._one_more)

    def _one_more(self) -> None:
        self.ended += 1

    def begin(self) -> ProofRun:
        self.runs.begin("moved-desks", same("Moved desks"), "Ada", 2)
        return self.run

    @property
    def run(self) -> ProofRun:
        assert self.runs.run is not None
        return self.runs.run

    async def until(self, holds: Callable[[ProofRun], bool]) -> ProofRun:
        async with asyncio.timeout(SOON):
            while not holds(self.run):
                await asyncio.sleep(0)
        return self.run


def over(run: ProofRun) -> bool:
    return run.phase == "over"


def refused(act: Callable[[], object]) -> object:
    with pytest.raises(RefusedCallError) as error:
        act()
    return error.value.refusal


def test_a_proof_is_told_as_it_comes() -> None:
    command = script(
        "assert sys.argv[1:] == ['moved-desks', '--seeds', '2'], sys.argv",
        says(ProofLine("planned", stages=PLANNED)),
        says(ProofLine("stage", stage=ENDED)),
        says(ProofLine("over", outcome="not-proven")),
    )

    async def play() -> None:
        proving = Proving(command)
        begun = proving.begin()
        assert (begun.number, begun.phase, begun.outcome, begun.by, begun.stages) == (1, "preparing", "", "Ada", ())
        run = await proving.until(over)
        assert (run.outcome, run.trouble, run.stages) == ("not-proven", None, (PLANNED[0], ENDED))
        assert run.ended
        assert proving.ended == 1, "the catalogue reads the proofs anew"
        assert proving.begin().number == 2
        await proving.runs.finish()

    asyncio.run(play())


def test_one_goes_at_a_time_and_is_cancelled_by_its_number() -> None:
    async def play() -> None:
        proving = Proving(script(says(ProofLine("planned", stages=PLANNED)), WAITS))
        proving.begin()
        assert refused(proving.begin) == proof_refusals.busy_proving(same("Moved desks"))
        await proving.until(lambda run: run.phase == "playing")
        assert refused(lambda: proving.runs.cancel(7)) == proof_refusals.NO_PROOF
        proving.runs.cancel(1)
        proving.runs.cancel(1)
        assert proving.run.phase == "cancelling"
        run = await proving.until(over)
        assert (run.outcome, run.trouble) == ("cancelled", None)
        assert refused(lambda: proving.runs.cancel(1)) == proof_refusals.NO_PROOF

    asyncio.run(play())


def test_one_that_is_cancelled_before_it_is_there_does_not_begin() -> None:
    async def play() -> None:
        proving = Proving(script(WAITS))
        proving.begin()
        proving.runs.cancel(1)
        assert (await proving.until(over)).outcome == "cancelled"

    asyncio.run(play())


def test_the_end_of_labd_cancels_it_and_waits_for_it() -> None:
    async def play() -> None:
        proving = Proving(script(says(ProofLine("planned", stages=PLANNED)), WAITS))
        proving.begin()
        await proving.until(lambda run: run.phase == "playing")
        proving.runs.close()
        await proving.runs.finish()
        assert (proving.run.outcome, proving.run.trouble) == ("cancelled", proof_refusals.ENDED_WITH_LABD)
        assert refused(proving.begin) == proof_refusals.ENDED_WITH_LABD

    asyncio.run(play())


@pytest.mark.parametrize("words", [["/nothing/there"], [sys.executable, "-S", "-c", "import sys; sys.exit(1)"]])
def test_one_that_cannot_be_played_is_told(words: list[str]) -> None:
    async def play() -> None:
        proving = Proving(ProofCommand(words))
        proving.begin()
        run = await proving.until(over)
        assert (run.outcome, run.trouble) == ("failed", proof_refusals.FAILED)

    asyncio.run(play())


def test_what_the_process_refuses_is_told_in_its_words() -> None:
    async def play() -> None:
        proving = Proving(script(says(ProofLine("refused", refusal=proof_refusals.LEFT_OVER)), "sys.exit(3)"))
        proving.begin()
        run = await proving.until(over)
        assert (run.outcome, run.trouble) == ("failed", proof_refusals.LEFT_OVER)

    asyncio.run(play())


def test_a_machine_without_room_is_told_and_nothing_begins() -> None:
    async def play() -> None:
        proving = Proving(ProofCommand(["/nothing/there"], no_room=lambda: proof_refusals.NO_MEMORY))
        assert refused(proving.begin) == proof_refusals.NO_MEMORY
        assert proving.runs.run is None

    asyncio.run(play())


def test_what_a_killed_process_left_is_removed_by_another(tmp_path: Path) -> None:
    left = tmp_path / "left"
    command = script(
        f"left = {str(left)!r}",
        "if sys.argv[1:] == ['--sweep']: os.unlink(left); sys.exit(0)",
        "open(left, 'w').close()",
        "os.kill(os.getpid(), signal.SIGKILL)",
    )

    async def play() -> None:
        proving = Proving(ProofCommand(command.words, left.exists))
        proving.begin()
        run = await proving.until(over)
        assert (run.outcome, left.exists()) == ("failed", False), "it is over once nothing is left"
        proving.begin()
        proving.runs.cancel(2)  # whether the process that proves is there by now, or the one that removes
        assert (await proving.until(over)).outcome in {"cancelled", "failed"}
        assert not left.exists()
        left.touch()
        proving.runs.clear()  # as a labd does that starts
        assert refused(proving.begin) == proof_refusals.LEFT_OVER
        await proving.runs.finish()
        assert not left.exists()

    asyncio.run(play())


# The machine --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("available", "avg60", "refusal"),
    [
        (4_000_000, "12.50", None),
        (900_000, "0.00", proof_refusals.NO_MEMORY),
        (4_000_000, "73.10", proof_refusals.NO_PROCESSOR),
        (None, None, None),
    ],
)
def test_room_is_told_from_memory_and_from_waiting(
    tmp_path: Path, available: int | None, avg60: str | None, refusal: object
) -> None:
    meminfo, pressure = tmp_path / "meminfo", tmp_path / "cpu"
    if available is not None:
        meminfo.write_text(f"MemTotal:  8000000 kB\nMemAvailable:  {available} kB\n")
        pressure.write_text(f"some avg10=1.00 avg60={avg60} avg300=0.50 total=9\nfull avg10=0.00 avg60=99.00 total=0\n")
    assert no_room(meminfo, pressure) == refusal


# The process itself -------------------------------------------------------------------------------------------


class Proofs:
    """Keeps proofs; the scenario is what ``edited`` says."""

    def __init__(self) -> None:
        self.kept: list[Proof] = []
        self.edited = False

    def binding(self, _scenario: str) -> Binding:
        return Binding("s", "c", "l", "i", "p")

    def keep(self, proof: Proof, _binding: Binding) -> object:
        self.kept.append(proof)
        return None if self.edited else object()


def app_of(site: Site, proofs: Proofs) -> App:
    return cast("App", SimpleNamespace(labs=site.labs, proofs=proofs, instance_records=site.world.records))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[ProofLine]:
    lines: list[ProofLine] = []
    monkeypatch.setattr(proof_process, "_tell", lambda line: lines.append(decode(ProofLine, encode(line))))
    return lines


@pytest.mark.parametrize("edited", [False, True])
def test_the_process_plays_every_stage_with_one_lab_at_a_time(
    site: Site, told: list[ProofLine], monkeypatch: pytest.MonkeyPatch, edited: bool
) -> None:
    proofs, asked = Proofs(), []
    proofs.edited = edited
    real = prover.prove

    def noted(*arguments: Any, **named: Any) -> object:  # noqa: ANN401 - prove's own
        asked.append(named["jobs"])
        return real(*arguments, **named)

    def grade(request: GradeRequest, **_: object) -> Report:
        return site.grade(request, on_result=lambda _: None, on_running=lambda _: None)

    monkeypatch.setattr(lab_grading, "grade", grade)
    monkeypatch.setattr(proof_process, "prove", noted)
    proof_process._prove(app_of(site, proofs), SCENARIO, 1)
    planned, *stages, end = told
    assert asked == [1]
    assert planned.kind == "planned"
    ended = {(one.stage.seed, one.stage.title, one.stage.subject) for one in stages if one.stage is not None}
    assert ended == {(one.seed, one.title, one.subject) for one in planned.stages}
    assert {one.kind for one in stages} == {"stage"}
    assert "waiting" not in {one.stage.state for one in stages if one.stage is not None}
    assert [proof.scenario for proof in proofs.kept] == [SCENARIO]
    assert (end.kind, end.outcome) == ("over", "edited" if edited else "not-proven")
    assert site.world.left == ([], []), "no lab is left"


def test_what_stands_in_the_notes_is_removed_and_nothing_else(site: Site, tmp_path: Path) -> None:
    mine, other = site.world.start(), site.world.start()
    notes = InstanceRecords(tmp_path / "proof")
    for name in (mine.name, "long-gone-0000"):
        notes.put(site.world.records.get(name))
    assert left_over(tmp_path / "proof")
    remove_noted(site.labs, notes)
    assert [one.name for one in site.labs.running.all()] == [other.name]
    assert "long-gone-0000" not in notes.names()


def test_two_processes_exclude_each_other(tmp_path: Path) -> None:
    with held(tmp_path) as first, held(tmp_path) as second:
        assert (first, second) == (True, False)
    with held(tmp_path) as third:
        assert third


def test_the_process_ends_cleanly_once_labd_is_gone() -> None:
    """Its standard input is labd's: however labd ends, the kernel closes it."""
    program = """
import signal, threading
from orchestrator.core import interrupts
from orchestrator.labd import proof_process
with interrupts.installed(lambda: None):
    threading.Thread(target=proof_process._end_with_labd, daemon=True).start()
    try:
        print("ready", flush=True)  # the signal may come as soon as this is read
        while True:  # one that comes just before a wait is entered would not end it
            signal.sigtimedwait([], 0.1)
    except KeyboardInterrupt:
        print("cleaned up", flush=True)
"""
    command = [sys.executable, "-P", "-c", program]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.close()
        assert process.stdout.read() == "cleaned up\n"
        assert process.wait(SOON) == 0
