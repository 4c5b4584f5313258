"""The process that proves a scenario for labd, at a low priority: the same service as the command line's ``prove``.

It ends, and removes what it started, by SIGTERM, and where labd is gone: its standard input is closed then. What it
starts is noted in a folder of its own; where it is killed nonetheless, the next one removes what stands there.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from orchestrator.app import App
from orchestrator.core import interrupts
from orchestrator.core.errors import BreakfixError
from orchestrator.core.held_folder import held
from orchestrator.core.open_files import raise_limit
from orchestrator.labd import proof_refusals
from orchestrator.labd.calls import Refusal
from orchestrator.labd.log_lines import LogLines
from orchestrator.labd.proof_contract import ProofOutcome, ProofStage
from orchestrator.labd.proof_folder import proof_folder
from orchestrator.labd.proof_lines import ProofLine
from orchestrator.labd.proof_runs import SWEEP
from orchestrator.labd.told_refusals import refusal_of
from orchestrator.labd.wire import encode
from orchestrator.labs.noted_labs import remove_noted
from orchestrator.model.plan import Plan
from orchestrator.proof.binding import Binding
from orchestrator.proof.model import Key, Proof, Stage
from orchestrator.proof.proof_words import STAGES
from orchestrator.proof.prover import prove
from orchestrator.proof.seed_cover import seeds_for
from orchestrator.proof.stages import ProofSubject, stages_of

_NICE: Final = 10
"""How much later than others this process, and what grades for it, gets a processor. The lab's own machines are
Docker's: there is one lab at a time for their sake."""
_ONE: Final = 1
_OTHER_S: Final = 60.0
"""Seconds that an earlier process gets to come to its end: labd was killed, and has come back."""
_INTERRUPTED: Final = 130
_REFUSED: Final = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Prove a scenario, tell each stage on standard output, and return the exit status."""
    options = _options(argv)
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(LogLines("proof: %(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[shown])
    raise_limit()
    os.nice(_NICE)
    app = App(options.content, records=proof_folder())
    try:
        with interrupts.installed(lambda: None):
            threading.Thread(target=_end_with_labd, daemon=True, name="labd").start()
            return _run(app, options)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BreakfixError as error:
        _tell(ProofLine("refused", refusal=refusal_of(error)))
        return _REFUSED
    finally:
        app.close()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m orchestrator.labd.proof_process", description="Proves a scenario.")
    parser.add_argument("--content", type=Path, action="append", default=[], help="a folder with more content")
    parser.add_argument("--seeds", type=int, default=1, help="how many variants")
    parser.add_argument(SWEEP, action="store_true", help="only remove what an earlier process left")
    parser.add_argument("scenario", nargs="?", default="", help="what is proven")
    return parser.parse_args(argv)


def _end_with_labd() -> None:
    """End this process once labd is gone, or lets go of it."""
    with contextlib.suppress(OSError):
        while os.read(0, 1 << 12):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def _tell(line: ProofLine) -> None:
    with contextlib.suppress(OSError):  # labd is gone: that is noticed elsewhere
        os.write(1, encode(line) + b"\n")


def _run(app: App, options: argparse.Namespace) -> int:
    with held(proof_folder(), within=_OTHER_S) as alone:
        if not alone:
            return _refused(proof_refusals.LEFT_OVER)
        remove_noted(app.labs, app.instance_records)
        if not options.sweep:
            _prove(app, options.scenario, options.seeds)
    return 0


def _refused(refusal: Refusal) -> int:
    _tell(ProofLine("refused", refusal=refusal))
    return _REFUSED


def _prove(app: App, name: str, seeds: int) -> None:
    loaded = app.labs.plans.scenario(name)
    binding = app.proofs.binding(loaded.id)
    subjects = [ProofSubject(app.labs.plans.plan(name, one.seed), one.cases) for one in seeds_for(loaded, seeds)]
    planned = tuple(_stage(str(one.plan.seed), key) for one in subjects for key in stages_of(one))
    prove(app.labs, subjects, jobs=_ONE, watch=_Told(app, binding, planned))


class _Told:
    """Tells labd of each stage, and keeps the proof once it is whole."""

    def __init__(self, app: App, binding: Binding, planned: tuple[ProofStage, ...]) -> None:
        self._app = app
        self._binding = binding
        self._planned = planned

    def begin(self, stages: int) -> None:  # noqa: ARG002 - they are told one by one
        """See ``Watch.begin``."""
        _tell(ProofLine("planned", stages=self._planned))

    def end(self, plan: Plan, stage: Stage) -> None:
        """See ``Watch.end``."""
        _tell(ProofLine("stage", stage=_stage(str(plan.seed), stage.key, stage)))

    def proved(self, proof: Proof) -> None:
        """See ``Watch.proved``."""
        kept = self._app.proofs.keep(proof, self._binding)
        outcome: ProofOutcome = "edited" if kept is None else "proven" if proof.proven else "not-proven"
        _tell(ProofLine("over", outcome=outcome))


def _stage(seed: str, key: Key, ended: Stage | None = None) -> ProofStage:
    name, subject = key
    if ended is None:
        return ProofStage(seed, STAGES[name], subject)
    said = tuple(one.text for one in ended.verdicts if not one.remark)
    came_out: Literal["sound", "wrong", "not-run"] = "sound" if ended.sound else "wrong" if ended.ran else "not-run"
    return ProofStage(seed, STAGES[name], subject, came_out, ended.seconds, said)


if __name__ == "__main__":
    sys.exit(main())
