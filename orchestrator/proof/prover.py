"""Runs the jobs of several proofs on real hosts side by side: most of a job's time is waiting.

It waits for services, leases, and time-outs of checks that are red.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from itertools import zip_longest
from statistics import median_low

from orchestrator.core.interrupts import shielded
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan
from orchestrator.proof import judging
from orchestrator.proof.admission import Admission
from orchestrator.proof.job_lab import AtWork
from orchestrator.proof.jobs import ProofJob, ProvenVariant
from orchestrator.proof.model import Proof
from orchestrator.proof.stages import ProofSubject, Watch, stages_of


def prove(labs: Labs, subjects: Sequence[ProofSubject], *, jobs: int | None, watch: Watch) -> tuple[Proof, ...]:
    """Prove variants of scenarios and return one proof for each scenario, in the order in which they come.

    Whatever interrupts it, every lab that was started is removed.

    Args:
        labs: starts, breaks, grades and stops labs.
        subjects: the variants; those of one scenario make one proof.
        jobs: how many labs run at once; None: as many as the machine bears.
        watch: is told each stage as it ends.

    Raises:
        MachineError: the engine or the fabric does not answer.
    """
    plans = [subject.plan for subject in subjects]
    labs.lifecycle.prepare(plans)
    watch.begin(sum(len(stages_of(subject)) for subject in subjects))
    at_work = AtWork(labs)
    variants = [ProvenVariant(labs, subject, at_work, watch) for subject in subjects]
    admission = Admission(jobs)
    pool = ThreadPoolExecutor(admission.most, thread_name_prefix="proof")

    def run(variant: ProvenVariant, proof_job: ProofJob) -> None:
        with admission.turn(len(variant.plan.hosts)):
            variant.run(proof_job)

    futures: dict[Future[None], str] = {}
    proofs: dict[str, Proof] = {}
    try:
        proof_jobs = [(variant, proof_job) for variant in variants for proof_job in variant.proof_jobs]
        for position in in_turns([len(variant.plan.hosts) for variant, _ in proof_jobs]):
            variant, proof_job = proof_jobs[position]
            futures[pool.submit(run, variant, proof_job)] = _subject(variant.plan)
        left = Counter(futures.values())
        for future in as_completed(futures):
            future.result()
            left[name := futures[future]] -= 1
            if not left[name]:
                proofs[name] = _proof([v for v in variants if _subject(v.plan) == name])
                watch.proved(proofs[name])
    except BaseException:
        with shielded():
            at_work.abandon()
            admission.end()
            pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()
    return tuple(proofs[name] for name in dict.fromkeys(map(_subject, plans)))


def in_turns(sizes: Sequence[int]) -> Iterator[int]:
    """Give the positions of large labs and of small ones by turns, each in their order.

    Many large labs at once reach the most of hosts while they only wait, and leave the processors idle.
    """
    middle = median_low(sizes) if sizes else 0
    large = [position for position, size in enumerate(sizes) if size > middle]
    small = [position for position, size in enumerate(sizes) if size <= middle]
    for pair in zip_longest(large, small):
        yield from (position for position in pair if position is not None)


def _subject(plan: Plan) -> str:
    """Return what is proven: a scenario, or a lab."""
    return plan.scenario or plan.lab


def _proof(variants: Sequence[ProvenVariant]) -> Proof:
    plan = variants[0].plan
    proven, whole = judging.together([variant.proof() for variant in variants])
    seconds = max(variant.ended for variant in variants) - min(variant.began for variant in variants)
    return Proof(_subject(plan), plan.title, proven, whole, round(seconds, 1))
