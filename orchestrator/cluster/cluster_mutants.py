"""Mutants that the nodes of a cluster play, each those of one scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestrator.cluster import cluster_refusals
from orchestrator.cluster.cluster import Cluster
from orchestrator.cluster.cluster_job import run_job
from orchestrator.cluster.task_program import SLOT
from orchestrator.core.documents import read_as
from orchestrator.core.text import Text
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.mutant_work import MutantWork
from orchestrator.mutation.runs import MutantWatch, MutationRun, MutationSubject


class ClusterMutantWatch(Protocol):
    """Is told how mutants go on, and where."""

    def begins(self, scenario: str, node: str) -> MutantWatch:
        """Say that a node begins with a scenario, and return who is told how that goes on."""

    def failed(self, scenario: str, node: str, why: str, *, last: bool) -> None:
        """Say that a node could not play a scenario's mutants, and whether they are given up."""


def play_on(
    cluster: Cluster,
    work: MutantWork,
    subjects: Mapping[str, MutationSubject],
    *,
    count: int,
    jobs: int | None,
    watch: ClusterMutantWatch,
    ended: Callable[[str, MutationRun], None],
) -> None:
    """Have the nodes play mutants of scenarios, as ``play_mutants`` does here.

    Whatever interrupts it, the nodes end what they do for it, and remove their labs.

    Args:
        cluster: whose nodes work; those that were seen fit.
        work: what is played, as the nodes' own programs find it again.
        subjects: scenario -> the variant.
        count: how many mutants of each.
        jobs: how many labs run at once on a node; None: as many as each bears.
        watch: is told each mutant as it ends.
        ended: is told what came of a scenario's mutants, as soon as that is whole.

    Raises:
        MachineError: a scenario's mutants could not be played by any node; the others' are with ``ended`` by then.
    """
    came = _Came(work, tuple(subjects), subjects, watch, ended)
    limited = () if jobs is None else ("--jobs", str(jobs))
    seeded = () if work.seed is None else ("--seed", str(work.seed))
    arguments = ("mutate", "--count", str(count), *seeded, *limited, "--slot", SLOT, *subjects)
    run_job(cluster, "mutate", arguments, times=len(subjects), watch=came)
    if missing := {name: came.why.get(name, "") for name in subjects if name not in came.whole}:
        raise cluster_refusals.not_played(missing)


@dataclass
class _Came:
    """What the nodes have told: a ``JobWatch``."""

    work: MutantWork
    scenarios: tuple[str, ...]
    subjects: Mapping[str, MutationSubject]
    watch: ClusterMutantWatch
    ended: Callable[[str, MutationRun], None]
    watches: dict[str, MutantWatch] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    why: dict[str, str] = field(default_factory=dict)

    def begins(self, slot: int, node: str) -> None:
        """See ``JobWatch.begins``."""
        scenario = self.scenarios[slot - 1]
        self.watches[scenario] = self.watch.begins(scenario, node)

    def tells(self, slot: int, node: str, kind: str, of: Any) -> None:  # noqa: ANN401 - JSON's types
        """See ``JobWatch.tells``."""
        scenario = self.scenarios[slot - 1]
        plan, told = self.subjects[scenario].plan, self.watches[scenario]
        if kind == "repairs":
            told.repairs(plan)
        elif kind == "mutants":
            told.mutants(plan, of["count"], of["derived"])
        elif kind == "played":
            told.played(read_as(of["mutant"], PlayedMutant), known=of["known"])
        elif kind == "refused":
            self.why[scenario] = read_as(of["text"], Text).en
        elif kind == "run":
            if of["binding"] != self.work.bindings[scenario].to_document():
                raise cluster_refusals.other_content(node, scenario)
            self.whole.add(scenario)
            played, others = (read_as(of[part], tuple[PlayedMutant, ...]) for part in ("mutants", "others"))
            self.ended(scenario, MutationRun(plan, frozenset(of["names"]), played, of["seconds"], others))

    def fails(self, slot: int, node: str, why: str, *, last: bool) -> None:
        """See ``JobWatch.fails``."""
        scenario = self.scenarios[slot - 1]
        said = self.why.setdefault(scenario, why.rpartition("\n")[2])
        self.watch.failed(scenario, node, said, last=last)
