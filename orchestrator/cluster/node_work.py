"""What a node does for its cluster: counts itself, or proves a scenario, and tells it line by line (``node_lines``)."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from orchestrator.app import App
from orchestrator.cluster.node_lines import lines_of
from orchestrator.cluster.node_report import NodeReport
from orchestrator.core import interrupts
from orchestrator.core.documents import document_of
from orchestrator.core.errors import BreakfixError
from orchestrator.core.held_folder import held
from orchestrator.core.open_files import raise_limit
from orchestrator.core.paths import state_folder
from orchestrator.core.text import Text
from orchestrator.labs.noted_labs import remove_noted
from orchestrator.model.plan import Plan
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.mutant_work import MutantWork
from orchestrator.mutation.playing import play_mutants
from orchestrator.proof.model import Proof, Stage
from orchestrator.proof.program import program_hash
from orchestrator.proof.proof_work import ProofWork
from orchestrator.proof.prover import prove

_INTERRUPTED: Final = 130
_SWEPT_S: Final = 10.0
"""Seconds for a task that is just looking at the folders of all: there was nothing in this one."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit status; 0: what came of it was told."""
    options = _options(argv)
    raise_limit()
    folder = _folder() / options.task
    with held(folder, within=_SWEPT_S):
        try:
            return _work(App(records=folder), options)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """Return the folder in which each task has one, where its labs are noted."""
    return state_folder() / "cluster"


def _remove_abandoned() -> None:
    """Remove the labs of tasks that are no more: their machine went out, or they were killed."""
    for folder in [one for one in _folder().glob("*") if one.is_dir()]:
        with held(folder) as alone:
            if alone:
                with closing(App(records=folder)) as app:
                    remove_noted(app.labs, app.instance_records)
                shutil.rmtree(folder, ignore_errors=True)


def _work(app: App, options: argparse.Namespace) -> int:
    try:
        with interrupts.installed(lambda: None):
            _remove_abandoned()
            _WORKS[options.work](app, options)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BreakfixError as error:
        _tell("refused", {"text": document_of(error.text)})
        sys.stderr.write(f"{error}\n{error.evidence}\n")
        return error.exit_code
    finally:
        app.close()
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m orchestrator.cluster.node_work", description="Works for a cluster.")
    parser.add_argument("--task", required=True, help="the task that it is, by a name that is a folder's")
    work = parser.add_subparsers(dest="work", required=True)
    work.add_parser("report", help="tell what this node is")
    proving = work.add_parser("prove", help="prove one of some scenarios")
    proving.add_argument("--extent", required=True, help="how much of it")
    proving.add_argument("--seeds", type=int, required=True, help="how many variants")
    proving.add_argument("--jobs", type=int, help="how many labs at once")
    proving.add_argument("--slot", type=int, required=True, help="which of them, from 1")
    proving.add_argument("scenarios", nargs="+", help="the scenarios")
    mutating = work.add_parser("mutate", help="play the mutants of one of some scenarios")
    mutating.add_argument("--count", type=int, required=True, help="how many")
    mutating.add_argument("--seed", type=int, help="the variant")
    mutating.add_argument("--jobs", type=int, help="how many labs at once")
    mutating.add_argument("--slot", type=int, required=True, help="which of them, from 1")
    mutating.add_argument("scenarios", nargs="+", help="the scenarios")
    return parser.parse_args(argv)


def _tell(kind: str, document: object) -> None:
    for line in lines_of({"kind": kind, "of": document}):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _report(app: App, _: argparse.Namespace) -> None:
    report = NodeReport(
        program=program_hash(app.catalogue.fingerprint),
        missing=app.builder.missing(app.catalogue.names),
        labs=len(app.labs.running.all()),
    )
    _tell("report", document_of(report))


def _prove(app: App, options: argparse.Namespace) -> None:
    work = ProofWork(app.labs, app.proofs, options.extent, _not_kept)
    subjects = work.subjects(options.scenarios[options.slot - 1], options.seeds)
    if subjects:
        prove(app.labs, subjects, jobs=options.jobs, watch=_Told(app, work))


def _mutate(app: App, options: argparse.Namespace) -> None:
    name = options.scenarios[options.slot - 1]
    work = MutantWork(app.labs, app.proofs, app.mutants, app.content.roots, options.seed)
    work.begin([name], record=False)
    subject = work.subject(name)
    watch, seed = _ToldMutants(work, name), work.seed_of(name)
    run = play_mutants(app.labs, subject, count=options.count, seed=seed, jobs=options.jobs, watch=watch)
    _tell(
        "run",
        {
            "binding": work.bindings[name].to_document(),
            "names": sorted(run.names),
            "mutants": document_of(run.mutants),
            "others": document_of(run.others),
            "seconds": run.seconds,
        },
    )


_WORKS: Final[Mapping[str, Callable[[App, argparse.Namespace], None]]] = {
    "report": _report,
    "prove": _prove,
    "mutate": _mutate,
}


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
        _tell(
            "proof",
            {
                "binding": self._app.proofs.binding(proof.scenario).to_document(),
                "machine": document_of(self._work.machine()),
                "proof": proof.to_document(),
            },
        )


class _ToldMutants:
    """Tells each mutant as it ends, and keeps it: a task that begins again here goes on from there."""

    def __init__(self, work: MutantWork, scenario: str) -> None:
        self._work = work
        self._scenario = scenario

    def repairs(self, _: Plan) -> None:
        """See ``MutantWatch.repairs``."""
        _tell("repairs", None)

    def mutants(self, _: Plan, count: int, derived: int) -> None:
        """See ``MutantWatch.mutants``."""
        _tell("mutants", {"count": count, "derived": derived})

    def played(self, mutant: PlayedMutant, *, known: bool) -> None:
        """See ``MutantWatch.played``."""
        if not known:
            self._work.keep(self._scenario, mutant)
        _tell("played", {"mutant": document_of(mutant), "known": known})


if __name__ == "__main__":
    raise SystemExit(main())
