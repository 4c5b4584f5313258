"""What a job that takes its time is done with: ``LabStarts``, ``LabStops`` and ``LabCalls`` begin such jobs."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.lab_work import LabWork


@dataclass(frozen=True)
class JobContext:
    """The parts that every job on a lab needs.

    Attributes:
        desk: finds labs.
        jobs: what is being done with each.
        logs: where it is told.
        terminals: the terminals of labs, which end with them.
        threads: for what a caller waits for.
        work: acts on labs.
    """

    desk: LabDesk
    jobs: LabJobs
    logs: EventLogs
    terminals: LabTerminals
    threads: WorkThreads
    work: LabWork
