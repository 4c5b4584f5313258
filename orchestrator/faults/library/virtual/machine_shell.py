"""A shell of root's in a machine that a lab's host reaches by SSH: what the faults of its volumes share."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

from orchestrator.access.lab_driver import LabDriver
from orchestrator.fabric.fabric_interface import Completed

PATIENCE: Final = 300.0
"""Seconds that the machine's lines may take: it is emulated, on a busy machine."""


def run_in_machine(
    driver: LabDriver, host: str, machine: str, script: str, given: Mapping[str, object], *, check: bool = True
) -> Completed:
    """Run a script of root's in the machine, by bash.

    Args:
        driver: reaches the host.
        host: the host whose root reaches the machine by key.
        machine: the machine, as ``ssh`` calls it.
        script: the lines.
        given: the variables that they get, by name; a sequence becomes an array.
        check: whether an exit status other than 0 is an error.

    Raises:
        LabError: the script failed, or the host could not be asked.
    """
    lines = "".join(f"{name}={_quoted(value)}\n" for name, value in given.items())
    argv = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", machine, "LC_ALL=C bash -s")
    return driver.run(host, argv, stdin=(lines + script).encode(), timeout=PATIENCE, check=check)


def complaint(done: Completed) -> str:
    """Return what a machine that did not answer said; nothing where it did."""
    return "" if done.status == 0 else (done.stderr.decode(errors="replace").strip() or "no answer")


def _quoted(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"({shlex.join(map(str, value))})"
    return shlex.quote(str(value))
