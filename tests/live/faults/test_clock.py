"""The faults of the clock on real hosts."""

from __future__ import annotations

import email.utils
import time

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.library.system.clock import ClockWrong
from tests.live.faults.harness import Behaviour, Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"
DAY = 86400.0
IN_TEN_YEARS = time.strftime("%Y", time.gmtime(time.time() + 3650 * DAY))


def off_by(seen: float, seconds: float) -> bool:
    return abs(seen - time.time() - seconds) < 60


def date_of_server(driver: LabDriver) -> float:
    """Return the time that the web server writes into its answers, 0 where there is none."""
    answer = output(driver, "pc", "curl", "-sI", "http://10.81.1.20/")
    (date,) = [line[6:] for line in answer.splitlines() if line.startswith("Date: ")] or [""]
    return email.utils.parsedate_to_datetime(date).timestamp() if date else 0.0


def date_of_session(driver: LabDriver) -> float:
    return float(output(driver, "web", "su", "-", "technicien", "-c", "date +%s") or 0)


def server_is(seconds: float) -> Behaviour:
    return lambda driver: off_by(date_of_server(driver), seconds)


def session_is(seconds: float) -> Behaviour:
    return lambda driver: off_by(date_of_session(driver), seconds)


CASES = (
    Case(
        ClockWrong(host="web", unit="nginx", offset="-400d"),
        healthy=server_is(0),
        unharmed=lambda driver: server_is(-400 * DAY)(driver) and session_is(0)(driver),
        reboots=("web",),
    ),
    Case(
        ClockWrong(
            host="web",
            offset="+3650d",
            probe=EffectProbe(run=("su", "-", "technicien", "-c", "date +%Y"), prints=IN_TEN_YEARS),
        ),
        healthy=lambda driver: session_is(0)(driver) and server_is(0)(driver),
        unharmed=lambda driver: session_is(3650 * DAY)(driver) and server_is(3650 * DAY)(driver),
        reboots=("web",),
        note="host",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_the_host_still_boots_and_answers(driver: LabDriver) -> None:
    """PID 1 keeps the machine's clock: what it times goes on."""
    fault = ClockWrong(host="web", offset="-400d")
    memento = fault.remember(driver)
    fault.inject(driver)
    try:
        driver.reboot("web")
        assert succeeds(driver, "web", "systemctl", "is-system-running")
    finally:
        fault.revert(driver, memento)
