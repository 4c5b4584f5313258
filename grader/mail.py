"""Mail as its users have it: sent by SMTP submission after a login, read by IMAPS, from any vantage point of a lab.

A check sends with ``send_mail`` and looks with ``find_mail``. What a mail program would show as an error fails as an
assertion. A vantage point needs python3 with its standard library: observers have it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import unreadable
from grader.load import scaled_deadline

if TYPE_CHECKING:
    from grader.vantage_points import VantagePoint

_PROGRAM = Path(__file__).with_name("mail_program.py")
_ANSWER = 15.0
"""Seconds that one answer of a server may take."""
_PATIENCE = 60.0
"""Seconds that a conversation with a server may take, besides the time that a message may be under way."""


@dataclass(frozen=True)
class Mailbox:
    """Somebody's mailbox, and what their mail program has been told.

    Attributes:
        address: the mail address.
        login: the user name.
        password: the password.
        server: the address of the server; submission is on port 587, IMAPS on 993.
        name: the server's name, which its certificate has to be for.
        authority: the certificates of the authorities that are trusted, in PEM; empty to look at no certificate.
    """

    address: str
    login: str
    password: str
    server: str
    name: str = ""
    authority: str = field(default="", repr=False)


@dataclass(frozen=True)
class FoundMail:
    """A message that was found: in which folder, and its header."""

    folder: str
    headers: str


def send_mail(
    vantage_point: VantagePoint, sender: Mailbox, to: str, *, subject: str | None = None, size: int = 0
) -> str:
    """Send a message from a vantage point, and return its subject, which is unique.

    Args:
        vantage_point: where the mail program runs.
        sender: who writes.
        to: the recipient's address.
        subject: how the subject begins.
        size: octets of the attachment; none with 0.

    Raises:
        AssertionError: the server did not take it; the message has its words.
    """
    unique = f"{subject or 'Message'} {secrets.token_hex(6)}"
    request = {"do": "send", "sender": sender.address, "to": to, "subject": unique, "size": size}
    _ask(vantage_point, sender, request, _PATIENCE, f"{sender.address} cannot send to {to}")
    return unique


def find_mail(
    vantage_point: VantagePoint,
    reader: Mailbox,
    subject: str,
    *,
    folders: Sequence[str] = ("INBOX",),
    within: float = 20,
) -> FoundMail:
    """Wait for a message in a mailbox.

    Raises:
        AssertionError: the mailbox does not open, or the message did not come in time.
    """
    request = {"do": "find", "subject": subject, "folders": list(folders), "within": within}
    answer = _ask(vantage_point, reader, request, within + _PATIENCE, f"{reader.address} cannot read")
    if not answer:
        message = f"'{subject}' did not arrive at {reader.address} within {within:g} s"
        raise AssertionError(message)
    return FoundMail(answer["folder"], answer["headers"])


def message_ids(vantage_point: VantagePoint, reader: Mailbox, folders: Iterable[str] = ("INBOX",)) -> frozenset[str]:
    """Return the Message-ID of each message in some folders of a mailbox.

    Raises:
        AssertionError: the mailbox does not open.
    """
    request = {"do": "identities", "folders": list(folders)}
    answer = _ask(vantage_point, reader, request, _PATIENCE, f"{reader.address} cannot read")
    return frozenset(answer["identities"])


def open_webmail(vantage_point: VantagePoint, reader: Mailbox) -> str:
    """Log in to a Roundcube, whose address and name the mailbox gives as its server's, and return its list of messages.

    Raises:
        AssertionError: the page does not open, or the login is refused.
    """
    answer = _ask(vantage_point, reader, {"do": "webmail"}, _PATIENCE, f"{reader.login} in the webmail")
    return str(answer["list"])


def _ask(
    vantage_point: VantagePoint, who: Mailbox, request: dict[str, Any], timeout: float, failed: str
) -> dict[str, Any]:
    account = {
        "login": who.login,
        "password": who.password,
        "address": who.server,
        "name": who.name or who.server,
        "authority": who.authority,
        "timeout": scaled_deadline(_ANSWER),
    }
    argv = ("python3", "-c", _PROGRAM.read_text(encoding="utf-8"), json.dumps(account | request))
    done = vantage_point.run(argv, timeout=timeout)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise unreadable(who.server, f"mail {request['do']}", done.stdout + done.stderr) from error
    if "problem" in answer:
        message = f"{failed}: {answer['problem']}"
        raise AssertionError(message)
    return answer
