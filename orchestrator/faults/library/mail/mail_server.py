"""Faults of a mail server, as those who write and read feel them."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import formatdate
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.model.base import HostName

_SIZES = (1 << 20, 1 << 16, 1 << 10)
"""Octets of the messages that fill a mailbox: large ones first, so that at the end not even a short one has room."""
_MOST = 200
"""How many of each size are tried: a mailbox for more is not filled."""
_SHORT = 2 << 10
"""Octets of a message that a user would still call one."""
_LINE = "0123456789abcdef" * 4 + "\n"
_DRAFT = "/tmp/message-to-save"  # noqa: S108 (a lab host's, where the owner of the mailbox can read it)


class MailboxFull(Fault):
    """A mailbox has reached its quota: what arrives is returned to its sender with "Quota exceeded".

    Large messages of one sender fill one folder, such as the trash that nobody empties. The trainee sees the refusal in
    the log of the mail server, the size in `doveadm quota get`, and the folder in `doveadm mailbox status vsize`. Needs
    Dovecot with a quota; the mailbox must not have mail of that sender.
    """

    name: ClassVar[str] = "mailbox-full"

    host: HostName = Field(description="The host that runs Dovecot.")
    user: str = Field(pattern=r"^[a-z0-9][a-z0-9._@-]*$", description="Whose mailbox it is, as the user logs in.")
    folder: str = Field(
        default="Trash", min_length=1, description="The folder that is filled.", examples=["Trash", "INBOX"]
    )
    sender: str = Field(description="The address that the messages come from.", examples=["scanner@example.internal"])
    subject: str = Field(default="Scan", min_length=1, description="The subject of the messages.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; the mailbox must have a quota and room, and no mail of the sender."""
        argv = ("doveadm", "search", "-u", self.user, "mailbox", "*", "from", self.sender)
        if driver.run(self.host, argv).stdout:
            raise nothing_to_break(self, f"{self.user} has mail from {self.sender}")
        if self._room(driver) < _SIZES[0]:
            raise nothing_to_break(self, f"{self.user} has room for {self._room(driver)} octets")
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Save messages until none has room any more."""
        for size in _SIZES:
            self._save(driver, size)

    def verify(self, driver: LabDriver) -> None:
        """By Dovecot's word, not even a short message must have room."""
        room = self._room(driver)
        if room > _SHORT:
            raise not_effective(self, f"{self.user} has room for {room} octets")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Remove the messages."""
        self._expunge(driver)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La boîte {de(self.user)} avait atteint son quota : le dossier {self.folder} gardait de gros messages "
            f"{de(self.sender)}.",
            en=f"The mailbox of {self.user} had reached its quota: the folder {self.folder} kept large messages of "
            f"{self.sender}.",
        )

    def _room(self, driver: LabDriver) -> int:
        """Return how many octets have room in the mailbox; a mailbox without a limit has none to be filled."""
        shown = driver.run(self.host, ("doveadm", "-f", "flow", "quota", "get", "-u", self.user)).stdout.decode()
        found = re.search(r"Type=STORAGE Value=(\d+) Limit=(\d+)", shown)
        if found is None:
            raise nothing_to_break(self, f"{self.user} has no quota: {shown.strip()}")
        return (int(found[2]) - int(found[1])) << 10

    def _save(self, driver: LabDriver, size: int) -> None:
        """Save the same message until it is refused for want of room."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, self.user, self.subject
        message["Date"] = formatdate()
        message.set_content(_LINE * (size // len(_LINE)), cte="7bit")
        driver.write(self.host, _DRAFT, message.as_bytes(), mode="0644")
        argv = ("doveadm", "save", "-u", self.user, "-m", self.folder, _DRAFT)
        for _ in range(_MOST):
            if driver.run(self.host, argv, check=False).status != 0:
                break
        driver.run(self.host, ("rm", "-f", "--", _DRAFT))

    def _expunge(self, driver: LabDriver) -> None:
        driver.run(self.host, ("doveadm", "expunge", "-u", self.user, "mailbox", "*", "from", self.sender))
