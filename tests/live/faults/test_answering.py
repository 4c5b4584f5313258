"""The fault of a program that answers mail, between two people of the joinery."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.waiting import wait_until
from orchestrator.faults.library.mail.answering_program import MailAnsweredByProgram
from tests.live.faults.harness import Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "mail"
SUBJECT = "Back on Monday"
ANSWERED = 15.0
"""Seconds until the program has surely answered: it looks every three."""


def writes(driver: LabDriver, login: str, password: str, recipient: str) -> bool:
    """Return whether the mail server takes a message."""
    sender = ("--from", f"{login}@valbocage.internal", "--auth-user", login, "--auth-password", password)
    to = ("--to", f"{recipient}@valbocage.internal", "--header", "Subject: A question")
    return succeeds(driver, "pc2", "swaks", "--server", "mail.valbocage.internal:587", "--tls", *sender, *to)


def is_left_in_peace(driver: LabDriver) -> bool:
    """Return whether somebody who writes to Clémence Roux gets no answer by itself."""
    answers = ("-u", "kbenali", "mailbox", "INBOX", "subject", SUBJECT)
    driver.run("mail1", ("doveadm", "expunge", *answers))
    assert writes(driver, "kbenali", "Ciseau-63", "croux")

    def answered() -> bool:
        return bool(driver.run("mail1", ("doveadm", "search", *answers)).stdout)

    return not wait_until(answered, within=ANSWERED, every=0.5)


CASES = (
    Case(
        MailAnsweredByProgram(
            host="pc1",
            login="croux",
            password="Copeau-52",
            server="mail.valbocage.internal",
            domain="valbocage.internal",
            subject=SUBJECT,
        ),
        healthy=is_left_in_peace,
        unharmed=lambda driver: writes(driver, "kbenali", "Ciseau-63", "mlebreton"),
        reboots=("pc1",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
