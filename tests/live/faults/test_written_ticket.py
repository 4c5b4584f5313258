"""The fault of somebody who writes to the service desk: undone, it is as if nobody had."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.mail.written_ticket import TicketWritten
from tests.live.faults.harness import Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "service-desk"
DATABASE = "/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb"
SUBJECT = "Étagère du bureau"


def is_unheard_of(driver: LabDriver) -> bool:
    """Return whether the desk has no such ticket, nor a part of one, and the caller no confirmation."""
    asked = f"SELECT (SELECT count(*) FROM Tickets WHERE Subject = '{SUBJECT}') + (SELECT count(*) FROM Attachments"
    held = output(driver, "helpdesk1", "sqlite3", "-readonly", DATABASE, f"{asked} WHERE Content LIKE '%planche%')")
    confirmed = ("doveadm", "search", "-u", "kbenali", "mailbox", "INBOX", "from", "support@valbocage.internal")
    return held.strip() == "0" and not output(driver, "mail1", *confirmed)


CASES = (
    Case(
        TicketWritten(
            desk="helpdesk1",
            mail="mail1",
            station="pc1",
            server="mail.valbocage.internal",
            to="support@valbocage.internal",
            sender="kbenali@valbocage.internal",
            password="Ciseau-63",
            full="Karim Benali",
            subject=SUBJECT,
            text="Bonjour,\n\nil me manque une planche à l'étagère.",
            tries=("false",),
        ),
        healthy=is_unheard_of,
        unharmed=lambda driver: succeeds(driver, "pc1", "curl", "-sf", "https://helpdesk.valbocage.internal/"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
