"""Doing what people did after the fault, as a scenario's ticket tells it, and making sure that it left its trace."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults.fault import SETTLE
from orchestrator.model.afterwards import LaterAction

_LIMIT = 120.0
"""Seconds that an action, or a look at its trace, may take on a busy machine."""
_SHOWN = 400
"""Characters of a look that an error tells: the last ones."""


class _Look(NamedTuple):
    """What was seen where a trace should be: whether it is there, and all that the command printed."""

    seen: bool
    status: int
    output: str


def carry_out(action: LaterAction, driver: LabDriver) -> None:
    """Do what somebody did, and wait for its trace. What the action itself says is no matter: the service is broken.

    A trace that was there before must look otherwise afterwards: one line more in a journal.

    Raises:
        LabError: the trace does not come.
    """
    before = _look(action, driver)
    driver.run_script(action.host, action.script, timeout=_LIMIT)
    now = before

    def has_left_its_trace() -> bool:
        nonlocal now
        now = _look(action, driver)
        return now.seen and now != before

    if not wait_until(has_left_its_trace, within=SETTLE):
        told, shown = action.tell, f"{' '.join(action.trace.run)} → {now.status}: {now.output.strip()[-_SHOWN:]}"
        raise LabError(
            Text(
                fr=f"« {told.fr} » n'a laissé aucune trace qui ne se voyait pas avant : {shown}",
                en=f'"{told.en}" has left no trace that was not seen before: {shown}',
            )
        )


def _look(action: LaterAction, driver: LabDriver) -> _Look:
    trace = action.trace
    done = driver.run(trace.host or action.host, trace.run, check=False, timeout=_LIMIT)
    output = (done.stdout + done.stderr).decode(errors="replace")
    return _Look(trace.is_met(done.status, output), done.status, output)
