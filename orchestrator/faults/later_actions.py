"""Doing what people did after the fault, as a scenario's ticket tells it, and making sure that it left its trace."""

from __future__ import annotations

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults.fault import SETTLE
from orchestrator.model.afterwards import LaterAction

_LIMIT = 120.0
"""Seconds that an action, or a look at its trace, may take on a busy machine."""


def carry_out(action: LaterAction, driver: LabDriver) -> None:
    """Do what somebody did, and wait for its trace. What the action itself says is no matter: the service is broken.

    Raises:
        LabError: the trace was there before, or does not come.
    """
    told = action.tell
    seen, output = _look(action, driver)
    if seen:
        raise LabError(
            Text(
                fr=f"La trace de « {told.fr} » se voit déjà avant l'action : {output}",
                en=f'The trace of "{told.en}" is seen before the action: {output}',
            )
        )
    driver.run_script(action.host, action.script, timeout=_LIMIT)

    def has_left_its_trace() -> bool:
        nonlocal output
        seen, output = _look(action, driver)
        return seen

    if not wait_until(has_left_its_trace, within=SETTLE):
        raise LabError(
            Text(
                fr=f"« {told.fr} » n'a laissé aucune trace : {output}",
                en=f'"{told.en}" has left no trace: {output}',
            )
        )


def _look(action: LaterAction, driver: LabDriver) -> tuple[bool, str]:
    trace = action.trace
    done = driver.run(trace.host or action.host, trace.run, check=False, timeout=_LIMIT)
    output = (done.stdout + done.stderr).decode(errors="replace")
    return trace.is_met(done.status, output), f"{' '.join(trace.run)} → {done.status}: {output.strip()[-400:]}"
