"""The proof that runs: one at a time, in a process of its own, which tells line by line how far it is.

labd holds the process's standard input and writes nothing to it: where labd is killed, the process finds it closed, and
removes what it had started. Where the process itself is killed, another one removes what it left.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from orchestrator.core.text import Text
from orchestrator.labd import proof_refusals
from orchestrator.labd.calls import Refusal
from orchestrator.labd.child_environment import child_environment
from orchestrator.labd.proof_contract import ProofOutcome, ProofRun, ProofStage
from orchestrator.labd.proof_lines import ProofLine
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.trainee_view import iso
from orchestrator.labd.wire import WireError, decode

_log = logging.getLogger(__name__)

SWEEP: Final = "--sweep"
"""What the process is given in place of a scenario: it only removes what an earlier one left."""
_PATIENCE_S: Final = 300.0
"""Seconds that a cancelled proof gets to remove its labs, before it is killed and another process removes them."""
_LONGEST_LINE: Final = 1 << 20
"""Bytes."""


@dataclass(frozen=True)
class ProofCommand:
    """The process of a proof.

    Attributes:
        words: its command line, to which the scenario and the number of variants are added.
        left: returns whether an earlier one left something.
        no_room: returns why the machine has no room for one; None: it has.
    """

    words: Sequence[str]
    left: Callable[[], bool] = lambda: False
    no_room: Callable[[], Refusal | None] = lambda: None


class ProofRuns:
    """The proof that runs, or the last one; for the event loop's thread."""

    def __init__(self, command: ProofCommand, ended: Callable[[], None]) -> None:
        """Take how a proof is made, and what is called once one has ended."""
        self._command = command
        self._ended = ended
        self._run: ProofRun | None = None
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def run(self) -> ProofRun | None:
        """The proof that runs, or the last one."""
        return self._run

    def begin(self, scenario: str, title: Text, by: str, seeds: int) -> None:
        """Begin a proof, and return at once.

        Raises:
            RefusedCallError: another one runs, the machine has no room, or labd is being ended.
        """
        if self._closed:
            raise RefusedCallError(proof_refusals.ENDED_WITH_LABD)
        if self._run is not None and self._run.phase != "over":
            raise RefusedCallError(proof_refusals.busy_proving(self._run.title))
        if self._task is not None and not self._task.done():
            raise RefusedCallError(proof_refusals.LEFT_OVER)
        if (refusal := self._command.no_room()) is not None:
            raise RefusedCallError(refusal)
        number = 1 if self._run is None else self._run.number + 1
        self._run = ProofRun(number, scenario, title, by, iso(datetime.now(UTC)), "", "preparing", "", ())
        self._task = asyncio.create_task(self._carry_out(scenario, seeds))

    def cancel(self, number: int) -> None:
        """Have a proof end, and remove what it started; where that has begun already, it goes on.

        Raises:
            RefusedCallError: there is none of that number that runs.
        """
        if self._run is None or self._run.number != number or self._run.phase == "over":
            raise RefusedCallError(proof_refusals.NO_PROOF)
        self._stop()

    def clear(self) -> None:
        """Remove, behind the answer, what a proof left whose process was killed with labd."""
        if self._command.left():
            self._task = asyncio.create_task(self._sweep())

    def close(self) -> None:
        """Begin none any more, and cancel the one that runs."""
        self._closed = True
        if self._run is not None and self._run.phase != "over":
            self._stop()

    async def finish(self) -> None:
        """Wait until the one that was cancelled has removed everything."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _stop(self) -> None:
        if self._run is None or self._run.phase == "cancelling":
            return
        self._change(phase="cancelling")
        if self._process is not None:
            _end(self._process)

    # The process ----------------------------------------------------------------------------------------------

    async def _carry_out(self, scenario: str, seeds: int) -> None:
        outcome: ProofOutcome = "failed"
        trouble: Refusal | None = proof_refusals.FAILED
        try:
            heard = await self._play([scenario, "--seeds", str(seeds)])
            if heard.outcome or heard.refusal:
                outcome, trouble = heard.outcome or "failed", heard.refusal
            if self._command.left():
                await self._sweep()
        except OSError:
            _log.exception("a proof cannot be started")
        if self._run is not None and self._run.phase == "cancelling" and outcome == "failed":
            outcome, trouble = "cancelled", proof_refusals.ENDED_WITH_LABD if self._closed else None
        self._change(phase="over", outcome=outcome, trouble=trouble, ended=iso(datetime.now(UTC)))
        self._ended()

    async def _play(self, words: Sequence[str], *, proving: bool = True) -> ProofLine:
        """Run a process to its end, and return the last that it said of it; one that proves can be ended."""
        heard = ProofLine("over")
        process = await asyncio.create_subprocess_exec(
            *self._command.words,
            *words,
            stdin=PIPE,
            stdout=PIPE,
            cwd="/",
            env=child_environment(),
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        if proving:
            self._process = process
        try:
            if proving and self._run is not None and self._run.phase == "cancelling":
                _end(process)
            while process.stdout is not None and (said := await process.stdout.readline()):
                with contextlib.suppress(WireError):
                    line = decode(ProofLine, said)
                    self._hear(line)
                    heard = line if line.kind in {"over", "refused"} else heard
            await process.wait()
        finally:
            self._process = None
        return heard

    async def _sweep(self) -> None:
        """Have what an earlier process left be removed."""
        with contextlib.suppress(OSError):
            await self._play([SWEEP], proving=False)

    def _hear(self, line: ProofLine) -> None:
        if self._run is None or self._run.phase == "over":
            return
        if line.kind == "planned":
            self._change(stages=line.stages)
            if self._run.phase == "preparing":
                self._change(phase="playing")
        elif line.stage is not None:
            self._change(stages=_with(self._run.stages, line.stage))

    def _change(self, **fields: object) -> None:
        if self._run is not None:
            self._run = replace(self._run, **fields)  # type: ignore[arg-type]


def _with(stages: Sequence[ProofStage], ended: ProofStage) -> tuple[ProofStage, ...]:
    """Return stages with one as it came out."""
    key = (ended.seed, ended.title, ended.subject)
    return tuple(ended if (one.seed, one.title, one.subject) == key else one for one in stages)


def _end(process: Process) -> None:
    """Have a process remove what it started and end; where it takes for ever, kill it."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    asyncio.get_running_loop().call_later(_PATIENCE_S, _kill, process)


def _kill(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
