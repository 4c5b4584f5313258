"""The faults of two hosts that claim to be the same one."""

from __future__ import annotations

import re

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.addressing.duplicate import AddressDuplicate, MacDuplicate
from tests.live.faults.harness import Case, output, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-site"
PC2, BOX = "10.80.1.20", "10.80.1.30"


def one_host_answers_for_pc2(driver: LabDriver) -> bool:
    """Whether a third host gets answers to ARP from one card alone."""
    seen = output(driver, "r1", "arping", "-b", "-c2", "-w2", "-I", "eth0", PC2)
    return len(set(re.findall(r"\[([0-9A-Fa-f:]{17})\]", seen))) == 1


def box_keeps_its_frames(driver: LabDriver) -> bool:
    """Whether the box still gets its frames after pc2 spoke: the router knows its card already."""
    reaches(driver, "r1", BOX)
    reaches(driver, "pc2", "10.80.1.1")
    return reaches(driver, "r1", BOX)


CASES = (
    Case(
        AddressDuplicate(host="box", address=f"{PC2}/24", victim="pc2"),
        healthy=one_host_answers_for_pc2,
        unharmed=lambda driver: reaches(driver, "r1", BOX),
        reboots=("box",),
    ),
    Case(MacDuplicate(host="pc2", of="box"), healthy=box_keeps_its_frames, reboots=("pc2",)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
