"""Looks at the machine: what is there, what is missing, and the exact command that repairs it."""

from __future__ import annotations

from orchestrator.doctor.engine import ExaminedMachine, look_at_engine
from orchestrator.doctor.finding import Finding, Status, worst
from orchestrator.doctor.machine import look_at_machine
from orchestrator.doctor.portal_checks import ExaminedPortal, look_at_portal

__all__ = ["ExaminedMachine", "ExaminedPortal", "Finding", "Status", "examine", "worst"]


def examine(machine: ExaminedMachine, portal: ExaminedPortal | None = None) -> tuple[Finding, ...]:
    """Return all findings; nothing is changed, and Docker need not be there."""
    found = (*look_at_machine(machine.root), *look_at_engine(machine))
    return (*found, *look_at_portal(portal)) if portal else found
