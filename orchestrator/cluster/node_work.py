"""What a node does for its cluster: counts itself, or proves a scenario, and tells it line by line (``node_lines``)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from orchestrator.app import App
from orchestrator.cluster.node_lines import lines_of
from orchestrator.cluster.node_report import NodeReport
from orchestrator.core import interrupts
from orchestrator.core.documents import document_of
from orchestrator.core.errors import BreakfixError
from orchestrator.core.open_files import raise_limit
from orchestrator.core.text import Text
from orchestrator.model.plan import Plan
from orchestrator.proof.model import Proof, Stage
from orchestrator.proof.program import program_hash
from orchestrator.proof.proof_work import ProofWork
from orchestrator.proof.prover import prove

_INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit status: 0 where what came of it was told."""
    options = _options(argv)
    raise_limit()
    app = App()
    try:
        with interrupts.installed(lambda: None):
            if options.work == "report":
                _tell("report", document_of(_report(app)))
            else:
                _prove(app, options.scenarios[options.slot - 1], options.extent, options.seeds)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BreakfixError as error:
        _tell("refused", {"text": document_of(error.text), "hint": document_of(error.hint), "code": error.exit_code})
    finally:
        app.close()
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m orchestrator.cluster.node_work", description="Works for a cluster.")
    work = parser.add_subparsers(dest="work", required=True)
    work.add_parser("report", help="tell what this node is")
    proving = work.add_parser("prove", help="prove one of some scenarios")
    proving.add_argument("--extent", required=True, help="how much of it")
    proving.add_argument("--seeds", type=int, required=True, help="how many variants")
    proving.add_argument("--slot", type=int, required=True, help="which of them, from 1")
    proving.add_argument("scenarios", nargs="+", help="the scenarios")
    return parser.parse_args(argv)


def _tell(kind: str, document: object) -> None:
    for line in lines_of({"kind": kind, "of": document}):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _report(app: App) -> NodeReport:
    return NodeReport(
        program=program_hash(app.catalogue.fingerprint),
        missing=app.builder.missing(app.catalogue.names),
        labs=len(app.labs.running.all()),
    )


def _prove(app: App, scenario: str, extent: str, seeds: int) -> None:
    work = ProofWork(app.labs, app.proofs, extent, _not_kept)
    subjects = work.subjects(scenario, seeds)
    if subjects:
        prove(app.labs, subjects, jobs=None, watch=_Told(app, work))


def _not_kept(text: Text) -> None:
    _tell("note", document_of(text))


class _Told:
    """Tells each stage as it ends, and the proof at last."""

    def __init__(self, app: App, work: ProofWork) -> None:
        self._app = app
        self._work = work

    def begin(self, stages: int) -> None:
        """See ``Watch.begin``."""
        _tell("begun", stages)

    def end(self, plan: Plan, stage: Stage) -> None:
        """See ``Watch.end``."""
        _tell("stage", {"seed": plan.seed, "stage": stage.to_document()})

    def proved(self, proof: Proof) -> None:
        """See ``Watch.proved``."""
        binding = self._app.proofs.binding(proof.scenario)
        _tell("proof", {"binding": binding.to_document(), "proof": proof.to_document()})


if __name__ == "__main__":
    raise SystemExit(main())
