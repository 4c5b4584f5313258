"""Proofs that the nodes of a cluster make, each of one scenario: they come back as if they were made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from orchestrator.cluster import cluster_refusals
from orchestrator.cluster.cluster import Cluster
from orchestrator.cluster.cluster_job import run_job
from orchestrator.cluster.task_program import SLOT
from orchestrator.core.documents import read_as
from orchestrator.core.text import Text
from orchestrator.proof.ledger import ProvingMachine
from orchestrator.proof.model import Proof, Stage
from orchestrator.proof.proof_work import ProofWork
from orchestrator.proof.stages import ProofSubject, Watch, stages_of

_USUALLY_AT_ONCE: Final = 2
"""Scenarios that a node proves at once: the last stages of one leave processors idle. What a node bears is told by the
kernel, to each of them (``Admission``)."""
_AT_ONCE: Final = {"brief": 4}
"""The same by the extent: the stages of the main line follow one another, so a scenario is mostly waiting."""


class ClusterWatch(Watch, Protocol):
    """Is told how proofs go on, and where."""

    def placed(self, scenario: str, node: str) -> None:
        """Say that a node begins with the proof of a scenario, from its first stage."""

    def failed(self, scenario: str, node: str, why: str, *, last: bool) -> None:
        """Say that a node could not prove a scenario, and whether it is tried again."""


def prove_on(
    cluster: Cluster,
    work: ProofWork,
    subjects: Sequence[ProofSubject],
    *,
    seeds: int,
    jobs: int | None,
    watch: ClusterWatch,
) -> tuple[Proof, ...]:
    """Have the nodes prove variants of scenarios and return the proofs that came of it, in their order.

    Whatever interrupts it, the nodes end what they do for it, and remove their labs.

    Args:
        cluster: whose nodes work; those that were seen fit.
        work: what is proven, as the nodes' own programs find it again.
        subjects: the variants, as ``work`` gave them.
        seeds: for how many variants it was asked.
        jobs: how many labs run at once on a node; None: as many as each bears.
        watch: is told each stage as it ends.

    Raises:
        MachineError: a scenario could not be proven by any node; the proofs of the others are with ``watch`` by then.
    """
    scenarios = tuple(dict.fromkeys(one.plan.scenario or "" for one in subjects))
    watch.begin(sum(len(stages_of(subject)) for subject in subjects))
    came = _Came(work, scenarios, {(one.plan.scenario or "", one.plan.seed): one for one in subjects}, watch)
    limited = () if jobs is None else ("--jobs", str(jobs))
    arguments = ("prove", "--extent", work.extent, "--seeds", str(seeds), *limited, "--slot", SLOT)
    at_once = _AT_ONCE.get(work.extent, _USUALLY_AT_ONCE)
    run_job(cluster, "prove", (*arguments, *scenarios), times=len(scenarios), at_once=at_once, watch=came)
    if missing := {name: came.why.get(name, "") for name in scenarios if name not in came.proofs}:
        raise cluster_refusals.not_proven(missing)
    return tuple(came.proofs[name] for name in scenarios)


@dataclass
class _Came:
    """What the nodes have told: a ``JobWatch``."""

    work: ProofWork
    scenarios: tuple[str, ...]
    subjects: dict[tuple[str, int], ProofSubject]
    watch: ClusterWatch
    proofs: dict[str, Proof] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def begins(self, slot: int, node: str) -> None:
        """See ``JobWatch.begins``."""
        self.watch.placed(self.scenarios[slot - 1], node)

    def tells(self, slot: int, node: str, kind: str, of: Any) -> None:  # noqa: ANN401 - JSON's types
        """See ``JobWatch.tells``."""
        scenario = self.scenarios[slot - 1]
        if kind == "stage":
            self.watch.end(self.subjects[scenario, of["seed"]].plan, Stage.from_document(of["stage"]))
        elif kind == "note":
            self.work.tell(read_as(of, Text))
        elif kind == "refused":
            self.why[scenario] = read_as(of["text"], Text).en
        elif kind == "proof":
            if of["binding"] != self.work.binding(scenario).to_document():
                raise cluster_refusals.other_content(node, scenario)
            self.work.machines[scenario] = read_as(of["machine"], ProvingMachine)
            self.proofs[scenario] = Proof.from_document(of["proof"])
            self.watch.proved(self.proofs[scenario])

    def fails(self, slot: int, node: str, why: str, *, last: bool) -> None:
        """See ``JobWatch.fails``."""
        scenario = self.scenarios[slot - 1]
        said = self.why.setdefault(scenario, why.rpartition("\n")[2])
        self.watch.failed(scenario, node, said, last=last)
