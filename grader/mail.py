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

from grader.bilingual import reason, text_of
from grader.errors import unreadable
from grader.lines import lines_in
from grader.load import scaled_deadline
from grader.polling import eventually
from grader.together import Together

if TYPE_CHECKING:
    from collections.abc import Callable

    import testinfra.host

    from grader.vantage_points import VantagePoint

_PROGRAM = Path(__file__).with_name("mail_program.py")
_ANSWER = 8.0
"""Seconds that one answer of a server may take; a Postfix whose smtpd cannot start says nothing for five."""
_LOOK = 0.5
"""Seconds for which a mail program looks into a mailbox before it is asked what keeps the message away."""
_SLICE = 2.0
"""The same where nobody asks; started anew, it learns how much longer it is to wait on a machine that got busier."""
_PATIENCE = 60.0
"""Seconds that a conversation with a server may take, besides the time that a message may be under way."""
_TOGETHER: Together[dict[str, Any], dict[str, Any]] = Together()
"""One program for what a check asks from one place at once: to start it costs more than what it does."""
_AGENTS = ("cleanup", "smtp", "relay/smtp", "lmtp", "local", "virtual", "pipe", "error", "discard")
"""The parts of Postfix that name a message's Message-ID, or how an attempt to deliver it ended."""


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
    failed = reason(
        fr=f"{sender.address} ne peut pas écrire à {to}",
        en=f"{sender.address} cannot send to {to}",
    )
    _ask(vantage_point, sender, request, failed)
    return unique


def find_mail(
    vantage_point: VantagePoint,
    reader: Mailbox,
    subject: str,
    *,
    folders: Sequence[str] = ("INBOX",),
    within: float = 10,
    unless: Callable[[], str | None] | None = None,
) -> FoundMail:
    """Wait for a message in a mailbox.

    Args:
        vantage_point: where the mail program runs.
        reader: whose mailbox it is.
        subject: the message's subject, unique.
        folders: where it may be.
        within: seconds.
        unless: returns what keeps the message from arriving, such as ``lambda: undelivered(server, subject)``.

    Raises:
        AssertionError: the mailbox does not open, or the message did not come in time, or cannot.
    """
    request = {"do": "find", "subject": subject, "folders": list(folders)}
    failed = reason(fr=f"{reader.address} ne peut pas lire", en=f"{reader.address} cannot read")
    look = _SLICE if unless is None else _LOOK

    def arrived() -> dict[str, Any]:
        asked = request | {"within": min(within, look)}
        return _ask(vantage_point, reader, asked, failed, refused=_RefusedError)

    missing = reason(
        fr=f"« {subject} » n'est pas arrivé chez {reader.address}",
        en=f"'{subject}' did not arrive at {reader.address}",
    )
    try:
        answer = eventually(arrived, unless=unless, within=within, every=0, what=missing)
    except _RefusedError as error:
        raise AssertionError(str(error)) from None
    return FoundMail(answer["folder"], answer["headers"])


def undelivered(server: testinfra.host.Host, subject: str) -> str:
    """Return in both languages why Postfix has not delivered a message of ``send_mail``, or nothing.

    Its log says so of each attempt: bounced, or deferred. A deferred message is tried again at once, not only after
    Postfix's usual pause: whoever asks again a second later, as ``eventually`` does, hears of the new attempt.

    Args:
        server: a host that the message passes.
        subject: the message's subject; its last word is in the Message-ID as well.
    """
    tags = " ".join(f"-t postfix/{agent}" for agent in _AGENTS)
    log = server.run(f"journalctl --quiet --output=cat --since=-5min {tags}")
    attempts = _last_attempts(lines_in(log.stdout), subject.rsplit(maxsplit=1)[-1])
    failed = {queued: status for (queued, _), status in attempts.items() if not status.startswith("sent")}
    for queued, status in failed.items():
        if status.startswith("deferred"):
            server.run("postqueue -i %s", queued)
    if not failed:
        return ""
    host, said = server.backend.hostname, " ; ".join(dict.fromkeys(failed.values()))
    return reason(fr=f"Postfix sur {host} : {said}", en=f"Postfix on {host}: {said}")


def _last_attempts(rows: Iterable[str], token: str) -> dict[tuple[str, str], str]:
    """Return how the last attempt ended, by queue identifier and recipient, of messages with a token in the Message-ID.

    Postfix uses an identifier again: what is said before a Message-ID is another message's.
    """
    attempts: dict[tuple[str, str], str] = {}
    ours: set[str] = set()
    for row in rows:
        queued, _, said = row.partition(": ")
        if said.startswith("message-id="):
            attempts = {key: status for key, status in attempts.items() if key[0] != queued}
            ours = ours | {queued} if token in said else ours - {queued}
        elif queued in ours and "status=" in said:
            attempts[queued, said.partition(", ")[0]] = said.partition("status=")[2]
    return attempts


def message_ids(vantage_point: VantagePoint, reader: Mailbox, folders: Iterable[str] = ("INBOX",)) -> frozenset[str]:
    """Return the Message-ID of each message in some folders of a mailbox.

    Raises:
        AssertionError: the mailbox does not open.
    """
    request = {"do": "identities", "folders": list(folders)}
    failed = reason(fr=f"{reader.address} ne peut pas lire", en=f"{reader.address} cannot read")
    answer = _ask(vantage_point, reader, request, failed)
    return frozenset(answer["identities"])


def open_webmail(vantage_point: VantagePoint, reader: Mailbox) -> str:
    """Log in to a Roundcube, whose address and name the mailbox gives as its server's, and return its list of messages.

    Raises:
        AssertionError: the page does not open, or the login is refused.
    """
    failed = reason(fr=f"{reader.login} dans le webmail", en=f"{reader.login} in the webmail")
    answer = _ask(vantage_point, reader, {"do": "webmail"}, failed)
    return str(answer["list"])


def read_in_webmail(vantage_point: VantagePoint, reader: Mailbox, subject: str) -> str:
    """Log in to a Roundcube, open the message of a subject in the inbox, and return the page that shows it.

    Raises:
        AssertionError: the page does not open, the login is refused, or the message is not there.
    """
    failed = reason(
        fr=f"{reader.login} ouvre « {subject} » dans le webmail", en=f"{reader.login} opens '{subject}' in the webmail"
    )
    return str(_ask(vantage_point, reader, {"do": "webmail", "open": subject}, failed)["page"])


def webmail_contacts(vantage_point: VantagePoint, reader: Mailbox) -> str:
    """Log in to a Roundcube, and return its list of the people in somebody's address book.

    Raises:
        AssertionError: the page does not open, or the login is refused.
    """
    failed = reason(
        fr=f"le carnet d'adresses de {reader.login} dans le webmail",
        en=f"the address book of {reader.login} in the webmail",
    )
    return str(_ask(vantage_point, reader, {"do": "webmail", "contacts": True}, failed)["page"])


def send_by_webmail(vantage_point: VantagePoint, sender: Mailbox, to: str, *, subject: str) -> str:
    """Write a message in a Roundcube's page, send it there, and return its subject, which is unique.

    Args:
        vantage_point: where the browser runs.
        sender: who writes; the server and its name are the webmail's.
        to: the recipient's address.
        subject: how the subject begins.

    Raises:
        AssertionError: the page does not open, the login is refused, or the page does not send.
    """
    unique = f"{subject} {secrets.token_hex(6)}"
    failed = reason(
        fr=f"{sender.login} écrit à {to} dans le webmail", en=f"{sender.login} writes to {to} in the webmail"
    )
    _ask(vantage_point, sender, {"do": "webmail", "to": to, "subject": unique}, failed)
    return unique


class _RefusedError(Exception):
    """The server refused whoever waits for a message: it will not come."""


def _ask(
    vantage_point: VantagePoint,
    who: Mailbox,
    request: dict[str, Any],
    failed: str,
    *,
    refused: type[Exception] = AssertionError,
) -> dict[str, Any]:
    account = {
        "login": who.login,
        "password": who.password,
        "address": who.server,
        "name": who.name or who.server,
        "authority": who.authority,
        "timeout": scaled_deadline(_ANSWER),
    }

    def answers(requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        argv = ("python3", "-I", "-S", "-c", _PROGRAM.read_text(encoding="utf-8"), json.dumps(requests))
        done = vantage_point.run(argv, timeout=_PATIENCE)
        try:
            told: list[dict[str, Any]] = json.loads(done.stdout)
        except ValueError as error:
            raise unreadable(who.server, f"mail {request['do']}", done.stdout + done.stderr) from error
        return told

    answer = _TOGETHER.ask(vantage_point.place, account | request, answers)
    if "problem" in answer:
        said = text_of(failed)
        raise refused(
            reason(fr=f"{said.fr} : {answer.get('fr', answer['problem'])}", en=f"{said.en}: {answer['problem']}")
        )
    return answer
