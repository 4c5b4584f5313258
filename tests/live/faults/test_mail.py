"""The faults of a mail server on a real host."""

from __future__ import annotations

import pytest

from orchestrator.access.hands import Hands
from orchestrator.app import App
from orchestrator.errors import LabError
from orchestrator.faults.mail import MailboxFull
from orchestrator.service import Running
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
    hands = app.labs.hands(running)
    before = hands.read("mail", "/etc/dovecot/dovecot.conf")
    hands.write("mail", "/etc/dovecot/dovecot.conf", before + QUOTA.encode())
    hands.run("mail", ("systemctl", "restart", "dovecot"))


def receives(login: str) -> Behaviour:
    """Return whether Dovecot takes a message for a mailbox, as Postfix hands it over."""
    socket = ("--protocol", "LMTP", "--socket", "/var/spool/postfix/private/dovecot-lmtp")
    letter = ("--from", "somebody@site.internal", "--to", f"{login}@scierie-delmas.example", "--timeout", "10")
    return lambda hands: succeeds(hands, "mail", "swaks", *socket, *letter)


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
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)


def test_a_mailbox_without_a_limit_is_never_filled(hands: Hands) -> None:
    text = hands.read("mail", "/etc/dovecot/dovecot.conf")
    unlimited = text.replace(b"storage_size = 5M", b"storage_size = unlimited")
    assert unlimited != text
    restart = ("systemctl", "restart", "dovecot")
    hands.write("mail", "/etc/dovecot/dovecot.conf", unlimited)
    hands.run("mail", restart)
    try:
        with pytest.raises(LabError) as caught:
            MailboxFull(host="mail", user="p.delmas", sender="scanner@site.internal").remember(hands)
        assert "has no quota" in f"{caught.value} {caught.value.evidence}"
    finally:
        hands.write("mail", "/etc/dovecot/dovecot.conf", text)
        hands.run("mail", restart)
