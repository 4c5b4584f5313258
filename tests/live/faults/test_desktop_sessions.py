"""The fault of desktops that are left open, on the session server of the joinery."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.system.desktop_sessions import SessionOwner, SessionsLeftOpen
from tests.live.faults.harness import Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "thin-clients"
SERVER = "ts1"
GONE = (SessionOwner(login="tgarnier", password="Gabarit-85"), SessionOwner(login="afaure", password="Rabot-41"))
BEGIN = """
xrdp-sesrun -t Xorg -p Equerre-74 snguyen </dev/null
runuser -u snguyen -- sh -c 'tr "\\0" "\\n" <"/proc/$(pgrep -u snguyen -x Xorg)/environ"'
keeper=$(ps -o ppid= -p "$(pgrep -o -u snguyen -x Xorg)" | tr -d ' ')
pkill -TERM -u snguyen -x Xorg
timeout 30 sh -c "while [ -e /proc/$keeper ]; do sleep 0.2; done"
"""


def is_closed_when_left(driver: LabDriver) -> bool:
    """Return whether a desktop that is opened now would be closed a minute after it was left, and nobody's is open."""
    told = output(driver, SERVER, "sh", "-c", BEGIN).splitlines()
    left = [person.login for person in GONE if output(driver, SERVER, "pgrep", "-u", person.login)]
    return "XRDP_SESMAN_KILL_DISCONNECTED=1" in told and not left


CASES = (
    Case(
        SessionsLeftOpen(host=SERVER, people=GONE),
        healthy=is_closed_when_left,
        unharmed=lambda driver: succeeds(driver, SERVER, "essai-bureau", "kbenali", "Ciseau-63"),
    ),
    Case(
        SessionsLeftOpen(host=SERVER, people=GONE, sessions=1),
        healthy=is_closed_when_left,
        unharmed=lambda driver: not output(driver, SERVER, "pgrep", "-u", "afaure"),
        note="first",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
