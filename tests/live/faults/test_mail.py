"""The faults of a mail server on a real host."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.faults.library.mail.mail_server import MailboxFull
from orchestrator.labs import Running
from tests.live.faults.harness import Behaviour, Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-mail"
QUOTA = """
mail_plugins {
  quota = yes
}
quota_storage_grace = 0
quota "Mailbox" {
  storage_size = 5M
}
"""


@pytest.fixture(autouse=True, scope="module")
def quota(app: App, running: Running) -> None:
    """A limit of 5 MiB for everybody."""
    driver = app.labs.running.driver(running)
    before = driver.read("mail", "/etc/dovecot/dovecot.conf")
    driver.write("mail", "/etc/dovecot/dovecot.conf", before + QUOTA.encode())
    driver.run("mail", ("systemctl", "restart", "dovecot"))


def receives(login: str) -> Behaviour:
    """Return whether Dovecot takes a message for a mailbox, as Postfix hands it over."""
    socket = ("--protocol", "LMTP", "--socket", "/var/spool/postfix/private/dovecot-lmtp")
    letter = ("--from", "somebody@site.internal", "--to", f"{login}@scierie-delmas.example", "--timeout", "10")
    return lambda driver: succeeds(driver, "mail", "swaks", *socket, *letter)


CASES = (
    Case(
        MailboxFull(host="mail", user="p.delmas", folder="Junk", sender="scanner@site.internal"),
        healthy=receives("p.delmas"),
        unharmed=receives("comptabilite"),
        reboots=("mail",),
    ),
    Case(
        MailboxFull(host="mail", user="comptabilite", folder="INBOX", sender="scanner@site.internal"),
        healthy=receives("comptabilite"),
        note="inbox",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_a_mailbox_without_a_limit_is_never_filled(driver: LabDriver) -> None:
    text = driver.read("mail", "/etc/dovecot/dovecot.conf")
    unlimited = text.replace(b"storage_size = 5M", b"storage_size = unlimited")
    assert unlimited != text
    restart = ("systemctl", "restart", "dovecot")
    driver.write("mail", "/etc/dovecot/dovecot.conf", unlimited)
    driver.run("mail", restart)
    try:
        with pytest.raises(LabError) as caught:
            MailboxFull(host="mail", user="p.delmas", sender="scanner@site.internal").remember(driver)
        assert "has no quota" in f"{caught.value} {caught.value.evidence}"
    finally:
        driver.write("mail", "/etc/dovecot/dovecot.conf", text)
        driver.run("mail", restart)
