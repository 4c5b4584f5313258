"""What is thought of a service that is not as it was: what started, or ran, has to start and run still."""

from __future__ import annotations

import pytest

from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.service_state import ServicesProvider

WANTED = "multi-user.target.wants"


def thought(field: str, before: str | None, now: str | None, unit: str = "ssh.service") -> tuple[str, str]:
    found = ServicesProvider().think(StateChange("pc1", "services", unit, field, before, now))
    return found.standing, found.sentence.en


@pytest.mark.parametrize(
    ("field", "before", "now", "standing", "said"),
    [
        ("wanted-by", WANTED, None, "forbidden", "no longer starts with the host"),
        ("wanted-by", None, WANTED, "unexplained", "starts with the host now"),
        ("wanted-by", WANTED, "x.target.wants", "unexplained", "starts otherwise"),
        ("masked", None, "yes", "forbidden", "is masked"),
        ("masked", "yes", None, "unexplained", "is no longer masked"),
        ("runs", "yes", None, "forbidden", "no longer runs"),
        ("runs", None, "yes", "unexplained", "runs now"),
    ],
)
def test_what_is_lost_is_forbidden(field: str, before: str | None, now: str | None, standing: str, said: str) -> None:
    assert thought(field, before, now)[0] == standing
    assert thought(field, before, now)[1].startswith(f"ssh.service {said}")


@pytest.mark.parametrize(
    "unit",
    [
        "session-3.scope",
        "user@0.service",
        "getty@tty1.service",
        "dbus.service",
        "screen.service",
        "bureau.service",
        "ssh-agent.socket",  # has a process while it is set up
    ],
)
def test_what_comes_and_goes_may_run_or_not_but_is_not_masked(unit: str) -> None:
    assert thought("runs", "yes", None, unit)[0] == thought("runs", None, "yes", unit)[0] == "harmless"
    assert thought("masked", None, "yes", unit)[0] == "forbidden"
    assert thought("runs", "yes", None, f"x{unit}x")[0] == "forbidden"
