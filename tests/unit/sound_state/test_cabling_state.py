"""Cables that are not as the plan has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.report import Report
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import PortState
from orchestrator.model.plan import PlannedInterface
from orchestrator.sound_state.comparison import compared
from tests.fakes.fabric import FakeFabric
from tests.unit.sound_state.test_comparison import GREEN, PLAN

WIRED = replace(
    PLAN,
    hosts=(replace(PLAN.hosts[0], interfaces=(PlannedInterface("eth0", "lan", "02:00:00:00:00:01", None, True),)),),
)
SOUND = PortState("pc1", "eth0", "lan", plugged=True)


def graded(port: PortState) -> Report:
    fabric = FakeFabric(ports=[port])
    fabric.keep_states("lab", ["pc1"], {}, timeout=1)
    return compared(GREEN, WIRED, ("pc1",), fabric, lambda: ())


def test_sound_cables_are_no_difference() -> None:
    assert graded(SOUND) == GREEN


@pytest.mark.parametrize(
    ("port", "field", "sentence"),
    [
        (replace(SOUND, plugged=False), "plugged", "The cable of pc1:eth0 is unplugged."),
        (replace(SOUND, segment="dmz"), "segment", "The cable of pc1:eth0 leads to dmz, not lan."),
        (replace(SOUND, rate=10_000_000, loss=3), "quality", "The cable of pc1:eth0 carries badly (10 Mbit/s, 3 %)."),
        (replace(SOUND, mtu=600), "quality", "The cable of pc1:eth0 carries badly (MTU 600)."),
        (replace(SOUND, plugged=False, segment="dmz"), "plugged", "The cable of pc1:eth0 is unplugged."),
    ],
)
def test_a_cable_that_is_not_as_planned_is_to_explain(port: PortState, field: str, sentence: str) -> None:
    report = graded(port)
    assert report.verdict == "repaired_with_changes"
    told = [(one.provider, one.field, one.standing, one.sentence.en) for one in report.differences]
    assert told == [("cables", field, "unexplained", sentence)]
    assert report.differences[0].sentence.fr != same(sentence).fr
