"""Faults of a service desk's day: what people write to it, so that a lab that is mended has none of it left."""

from __future__ import annotations

from email.header import Header
from email.utils import formataddr
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect
from orchestrator.model.base import HostName

_DATABASE = "/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb"
_QUIET = 40.0
"""Seconds until mail that is on its way must have arrived, on a busy machine."""
_TRIED = 10.0
"""Seconds that somebody tries, before they write."""
_SHRED = """
use lib '/usr/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init();
use RT::Shredder; RT::Shredder::Init(force => 1);
my ($newest) = $RT::Handle->dbh->selectrow_array('SELECT coalesce(max(id), 0) FROM Tickets');
for my $id (reverse $ARGV[0] + 1 .. $newest) {
    my $ticket = RT::Ticket->new(RT->SystemUser);
    $ticket->LoadById($id);
    next unless $ticket->id;
    my $shredder = RT::Shredder->new(force => 1);
    $shredder->PutObject(Object => $ticket);
    $shredder->WipeoutAll;
}
"""
_EXPUNGE = """
for box in /var/vmail/*/; do doveadm expunge -u "$(basename "$box")" mailbox INBOX from "$1" || true; done
"""


class TicketWritten(Fault):
    """Somebody writes to a service desk: their message becomes a ticket, which waits until somebody deals with it.

    Below another fault it tells what that one does to people: they try in vain, then write. A ticket is undone with all
    that came after it, tickets and confirmations, so that a lab is as if nobody had written. The trainee sees the
    ticket, the attempt in the logs, the confirmation in the mailbox. The desk is Request Tracker on SQLite
    (`images/helpdesk`), the mail server Postfix with Dovecot; the station has swaks.
    """

    name: ClassVar[str] = "ticket-written"

    desk: HostName = Field(description="The host that runs Request Tracker.")
    mail: HostName = Field(description="The host that runs the mail server.")
    station: HostName = Field(description="The host that somebody writes from.")
    server: str = Field(
        pattern=r"^[a-z0-9.-]+$", description="The mail server's name.", examples=["mail.example.internal"]
    )
    to: str = Field(description="The desk's address.", examples=["support@example.internal"])
    sender: str = Field(
        description="Somebody's address; its first part is their login.", examples=["m.roy@example.org"]
    )
    password: str = Field(description="Their password for the mail server.", examples=["Tilleul-63"])
    full: str = Field(default="", description="Their name, as their mail program writes it; by default none.")
    subject: str = Field(min_length=1, description="What the message is called.", examples=["Printer"])
    text: str = Field(min_length=1, description="What it says.", examples=["The printer prints stripes."])
    tries: tuple[str, ...] = Field(
        default=(), description="A command that they run first, whatever comes of it: what they then write about."
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the number of the newest ticket."""
        return {"newest": self._ask(driver, "SELECT coalesce(max(id), 0) FROM Tickets")}

    def inject(self, driver: LabDriver) -> None:
        """Try in vain, then write as a mail program does."""
        if self.tries:
            driver.run(self.station, self.tries, check=False, timeout=_TRIED + 30)
        login = self.sender.partition("@")[0]
        headers = {
            "From": formataddr((self.full, self.sender), charset="utf-8"),
            "Subject": Header(self.subject, "utf-8" if not self.subject.isascii() else None).encode(),
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
        }
        argv = ["swaks", "--silent", "2", "--timeout", "30", "--server", f"{self.server}:587", "--tls"]
        argv += ["--auth-user", login, "--auth-password", self.password, "--from", self.sender, "--to", self.to]
        for name, value in headers.items():
            argv += ["--header", f"{name}: {value}"]
        driver.run(self.station, (*argv, "--body", self.text), timeout=60)

    def verify(self, driver: LabDriver) -> None:
        """A ticket must have come of it."""

        def look() -> str:
            found = self._ask(driver, "SELECT Subject FROM Tickets").split("\n")
            return "" if self.subject in found else f"no ticket '{self.subject}'"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Wait until no mail is on its way, then take this ticket and all later ones away, and what the desk wrote."""

        def quiet() -> bool:
            return not any(driver.run(host, ("postqueue", "-j")).stdout.strip() for host in (self.mail, self.desk))

        wait_until(quiet, within=_QUIET)
        driver.run(self.desk, ("perl", "-e", _SHRED, memento["newest"]), timeout=120)
        driver.run(self.mail, ("sh", "-c", _EXPUNGE, "sh", self.to), timeout=60)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        who = self.full or self.sender
        return Text(
            fr=f"{who} avait écrit au centre de services : « {self.subject} ».",
            en=f"{who} had written to the service desk: '{self.subject}'.",
        )

    def _ask(self, driver: LabDriver, statement: str) -> str:
        """Return what the desk's database says.

        Raises:
            LabError: there is none.
        """
        argv = ("sqlite3", "-readonly", "-cmd", ".timeout 15000", _DATABASE, statement)
        done = driver.run(self.desk, argv, check=False)
        if done.status != 0:
            raise nothing_to_break(self, f"{self.desk}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode().strip()
