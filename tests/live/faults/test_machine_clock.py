"""The faults of a clock, in a virtual machine that has one of its own. Each cause is in the proofs of 2.3 as well."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.virtual.guest_time import MachineClockWrong
from tests.live.faults.harness import Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-dye-works"
_DIFFERENCE = "test $(($(ssh -o BatchMode=yes pointeuse date +%s) - $(date +%s))) -{} 60"


def clock_is_right(driver: LabDriver) -> bool:
    """Return whether the machine's clock is less than a minute ahead of its host's."""
    return succeeds(driver, "hv", "sh", "-c", _DIFFERENCE.format("lt"))


def page_opens(driver: LabDriver) -> bool:
    return succeeds(driver, "hv", "curl", "-sSf", "-o", "/dev/null", "http://192.168.100.21/")


def _fault(how: str, **more: str) -> MachineClockWrong:
    return MachineClockWrong.model_validate(
        {"host": "hv", "machine": "pointeuse", "unit": "pointeuse.service", "how": how, **more}
    )


CASES = (
    Case(_fault("source", wrong="portail1"), healthy=clock_is_right, unharmed=page_opens, note="source"),
    Case(_fault("preferred", wrong="portail1"), healthy=clock_is_right, unharmed=page_opens, note="preferred"),
    Case(_fault("boot"), healthy=clock_is_right, unharmed=page_opens, note="boot"),
    Case(
        _fault("refused", server="heure1", denied="192.168.100.16/29"),
        healthy=clock_is_right,
        unharmed=page_opens,
        note="refused",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
