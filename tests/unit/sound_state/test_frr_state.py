"""An FRR router's state: what runs and is not saved, and what is saved and does not run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.frr_state import FrrState

SAVED = """\
! The router of the head office.
frr defaults traditional
hostname r1
log syslog informational
!
interface eth1
 description The fibre
 ip ospf cost 10
 ip ospf hello-interval 1
exit
!
router ospf
 network 10.0.12.0/29 area 0
exit
"""
RUNNING = """\
Building configuration...

Current configuration:
!
frr version 10.3
frr defaults traditional
hostname r1
no ipv6 forwarding
service integrated-vtysh-config
!
interface eth1
 ip ospf cost 10
 ip ospf hello-interval 1
exit
!
router ospf
 network 10.0.12.0/29 area 0.0.0.0
exit
!
end
"""


def told(running: str, saved: str = SAVED) -> dict[str, str]:
    def run(argv: Sequence[str], _stdin: bytes) -> str:
        assert argv[:2] == ("sh", "-c")
        return f"{running}\0{saved}"

    return dict(FrrState().look(run)["configuration"])


@pytest.mark.parametrize(
    ("running", "saved", "not_saved", "not_running"),
    [
        (RUNNING, SAVED, "", ""),
        (RUNNING, RUNNING, "", ""),
        (RUNNING.replace(" ip ospf cost 10\n", " ip ospf cost 11\n ip ospf passive\n"), SAVED,
         "interface eth1 › ip ospf cost 11\ninterface eth1 › ip ospf passive", "interface eth1 › ip ospf cost 10"),
        (RUNNING, SAVED.replace("area 0", "area 7"), "router ospf › network 10.0.12.0/29 area 0.0.0.0",
         "router ospf › network 10.0.12.0/29 area 0.0.0.7"),
    ],
)  # fmt: skip
def test_what_runs_is_compared_with_what_is_saved(running: str, saved: str, not_saved: str, not_running: str) -> None:
    assert told(running, saved) == {"answers": "yes", "not saved": not_saved, "not running": not_running}


def test_a_router_that_does_not_answer_says_so() -> None:
    assert told("\0") == {"answers": "no"}


@pytest.mark.parametrize(
    ("field", "before", "now", "standing", "said"),
    [
        ("not saved", "", "ip route x", "unexplained", "what a reboot will lose: ip route x."),
        ("not saved", "ip route x", "ip route x\nip route y", "unexplained", "lose: ip route y."),
        ("not saved", "ip route x", "", "harmless", ""),
        ("not running", "", "ip route x", "unexplained", "what a reboot will bring back: ip route x."),
        ("not running", "ip route x", None, "harmless", ""),
        ("answers", "yes", "no", "unexplained", "does not answer any more"),
        ("answers", "yes", None, "unexplained", "does not answer any more"),
        ("answers", "no", "yes", "harmless", ""),
    ],
)
def test_what_is_thought_of_a_change(field: str, before: str, now: str | None, standing: str, said: str) -> None:
    thought = FrrState().think(StateChange("r1", "frr", "configuration", field, before, now))
    assert thought.standing == standing
    assert said in thought.sentence.en
