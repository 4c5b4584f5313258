"""The faults of the clock on real hosts."""

from __future__ import annotations

import email.utils
import time

import pytest

from orchestrator.access.hands import Hands
from orchestrator.faults.clock import ClockWrong
from orchestrator.faults.probe import Probe
from tests.live.faults.harness import Behaviour, Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"
DAY = 86400.0
IN_TEN_YEARS = time.strftime("%Y", time.gmtime(time.time() + 3650 * DAY))


def off_by(seen: float, seconds: float) -> bool:
    return abs(seen - time.time() - seconds) < 60


def date_of_server(hands: Hands) -> float:
    """Return the time that the web server writes into its answers, 0 where there is none."""
    answer = output(hands, "pc", "curl", "-sI", "http://10.81.1.20/")
    (date,) = [line[6:] for line in answer.splitlines() if line.startswith("Date: ")] or [""]
    return email.utils.parsedate_to_datetime(date).timestamp() if date else 0.0


def date_of_session(hands: Hands) -> float:
    return float(output(hands, "web", "su", "-", "technicien", "-c", "date +%s") or 0)


def server_is(seconds: float) -> Behaviour:
    return lambda hands: off_by(date_of_server(hands), seconds)


def session_is(seconds: float) -> Behaviour:
    return lambda hands: off_by(date_of_session(hands), seconds)


CASES = (
    Case(
        ClockWrong(host="web", unit="nginx", offset="-400d"),
        healthy=server_is(0),
        unharmed=lambda hands: server_is(-400 * DAY)(hands) and session_is(0)(hands),
        reboots=("web",),
    ),
    Case(
        ClockWrong(
            host="web",
            offset="+3650d",
            probe=Probe(run=("su", "-", "technicien", "-c", "date +%Y"), prints=IN_TEN_YEARS),
        ),
        healthy=lambda hands: session_is(0)(hands) and server_is(0)(hands),
        unharmed=lambda hands: session_is(3650 * DAY)(hands) and server_is(3650 * DAY)(hands),
        reboots=("web",),
        note="host",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)


def test_the_host_still_boots_and_answers(hands: Hands) -> None:
    """PID 1 keeps the machine's clock: what it times goes on."""
    fault = ClockWrong(host="web", offset="-400d")
    memento = fault.remember(hands)
    fault.inject(hands)
    try:
        hands.reboot("web")
        assert succeeds(hands, "web", "systemctl", "is-system-running")
    finally:
        fault.revert(hands, memento)
