"""What ``grader.mail`` runs at a vantage point: its text is given to python3 there, with the standard library alone.

The one argument is a list of requests in JSON, and so are the answers: ``problem`` says what a mail program would show,
in English or in the server's own words, and ``fr`` the same in French where the words are ours.

Its imports take most of its time: each request imports what it needs, and those of one moment are answered at once.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
import time

TYPE_CHECKING = False
"""Spares the import of ``typing``."""
if TYPE_CHECKING:
    from collections.abc import Callable
    from imaplib import IMAP4_SSL
    from typing import Any

    Request = dict[str, Any]
    Answer = dict[str, Any]

AGAIN = 0.3
"""Seconds between two looks into a mailbox."""
OK, FOUND = 200, 302
LINE = "0123456789abcdef" * 4 + "\n"


def context(request: Request) -> ssl.SSLContext:
    """Return the TLS settings of a mail program that trusts one authority, or that looks at no certificate."""
    if request["authority"]:
        return ssl.create_default_context(cadata=request["authority"])
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the default one would read all authorities of the system
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    return careless


def send(request: Request) -> Answer:
    """Submit one message with an attachment of some size, over TLS and after a login."""
    import smtplib
    from email.message import EmailMessage
    from email.utils import formatdate, make_msgid

    class Submission(smtplib.SMTP):
        """A connection to an address, whose certificate has to be for a name."""

        def __init__(self) -> None:
            super().__init__(local_hostname="workstation.internal", timeout=request["timeout"])
            self.connect(request["address"], 587)
            self._host = request["name"]

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = request["sender"], request["to"], request["subject"]
    message["Date"], message["Message-ID"] = (
        formatdate(),
        make_msgid(request["subject"].split()[-1], domain=request["sender"].partition("@")[2]),
    )
    message.set_content("Bonjour,\n\nvoir l'objet.\n")
    if request["size"]:
        drawing = (LINE * (request["size"] // len(LINE) + 1))[: request["size"]]
        message.add_attachment(drawing, filename="plan.txt")
    try:
        with Submission() as server:
            server.starttls(context=context(request))
            server.ehlo()
            one = [way for way in ("PLAIN", "LOGIN") if way in server.esmtp_features.get("auth", "").split()][:1]
            if one:  # smtplib would offer a password that is refused once more, in the next way
                server.esmtp_features["auth"] = one[0]
            server.login(request["login"], request["password"])
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return {"problem": f"{code} {words(text)}"}
    except smtplib.SMTPResponseException as error:
        return {"problem": f"{error.smtp_code} {words(error.smtp_error)}"}
    return {}


def reading(request: Request, act: Callable[[IMAP4_SSL], Answer]) -> Answer:
    """Open somebody's mailbox and act in it."""
    import imaplib

    settings = context(request)

    class Imap(imaplib.IMAP4_SSL):
        """A connection to an address, whose certificate has to be for a name."""

        def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
            plain = socket.create_connection((request["address"], self.port), timeout)
            return settings.wrap_socket(plain, server_hostname=self.host)

    try:
        with Imap(request["name"], 993, ssl_context=settings, timeout=request["timeout"]) as server:
            server.login(request["login"], request["password"])
            return act(server)
    except imaplib.IMAP4.error as error:
        return {"problem": words(error.args[0]) if error.args else type(error).__name__}


def find(request: Request) -> Answer:
    """Look for a message by its subject in some folders, until it is there or the time is over."""
    deadline = time.monotonic() + request["within"]

    def look(server: IMAP4_SSL) -> Answer:
        while True:
            for folder in request["folders"]:
                opened, reason = server.select(folder, readonly=True)
                if opened != "OK":
                    return {"problem": f"{folder}: {words(reason[0])}"}
                number = (server.search(None, "SUBJECT", f'"{request["subject"]}"')[1][0] or b"").split()
                if number:
                    part = server.fetch(number[-1].decode(), "(BODY.PEEK[HEADER])")[1][0]
                    return {"folder": folder, "headers": words(part[1]) if isinstance(part, tuple) else ""}
            if time.monotonic() >= deadline:
                return {}
            time.sleep(AGAIN)

    return reading(request, look)


def identities(request: Request) -> Answer:
    """List the Message-ID of every message of some folders."""

    def listed(server: IMAP4_SSL) -> Answer:
        found: list[str] = []
        for folder in request["folders"]:
            opened, reason = server.select(folder, readonly=True)
            if opened != "OK":
                return {"problem": f"{folder}: {words(reason[0])}"}
            parts = server.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1] if reason[0] != b"0" else []
            found += [words(part[1]).partition(":")[2].strip() for part in parts if isinstance(part, tuple)]
        return {"identities": found}

    return reading(request, listed)


def webmail(request: Request) -> Answer:
    """Log in to Roundcube and return its list of the messages in the inbox.

    With ``open`` it opens the message of that subject, with ``to`` it sends one, with ``contacts`` it lists people.
    """
    from http.client import HTTPException, HTTPSConnection
    from urllib.parse import urlencode

    class Browser(HTTPSConnection):
        """A browser's connection to a webmail, with the cookies that it was given."""

        cookies: dict[str, str]

        def connect(self) -> None:
            """Connect to the address, whatever the name is."""
            plain = socket.create_connection((request["address"], self.port), self.timeout)
            self.sock = context(request).wrap_socket(plain, server_hostname=self.host)

        def page(self, path: str, form: dict[str, str] | None = None, *, whole: int = 0) -> tuple[int, str]:
            """Return status and text of a page, or of a part; a form is sent with POST.

            ``whole`` asks for no part of a page, and follows one redirect less than it says.
            """
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if form:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            elif not whole:
                headers["X-Requested-With"] = "XMLHttpRequest"
            self.request("POST" if form else "GET", path, body=urlencode(form) if form else None, headers=headers)
            answer = self.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            text = words(answer.read())
            onwards = answer.headers.get("Location", "")
            return (
                self.page(onwards, whole=whole - 1) if whole > 1 and answer.status == FOUND else (answer.status, text)
            )

    browser = Browser(request["name"], 443, timeout=request["timeout"])
    browser.cookies = {}
    try:
        return webmail_visit(browser.page, request)
    except Refused as refused:
        status, english, french = refused.args
        return {"problem": f"{status}: {english}", "fr": f"{status} : {french}"}
    except HTTPException as error:
        return {"problem": problem_of(error)}


class Refused(Exception):  # noqa: N818 (a page's answer, not an error of ours)
    """A page of the webmail is not the one that was asked for: its status, and what is missing, in both languages."""


def webmail_visit(page: Callable[..., tuple[int, str]], request: Request) -> Answer:
    """Log in, and do in the webmail what a request asks for."""
    status, front = page("/")
    token = re.search(r'name="_token" value="([^"]+)"', front)
    if token is None:
        raise Refused(status, "this is not the login page", "pas de page de connexion")
    form = {"_token": token[1], "_task": "login", "_action": "login", "_timezone": "UTC", "_url": ""}
    status, _ = page("/?_task=login", {**form, "_user": request["login"], "_pass": request["password"]})
    if status != FOUND:
        raise Refused(status, "the login is refused", "la connexion est refusée")
    status, listed = page("/?_task=mail&_action=list&_mbox=INBOX&_remote=1")
    if status != OK:
        raise Refused(status, "no list of messages", "pas de liste des messages")
    if "open" in request:
        return webmail_message(page, request, listed)
    if "to" in request:
        return webmail_send(page, request)
    return webmail_contacts(page) if request.get("contacts") else {"list": listed}


def webmail_message(page: Callable[..., tuple[int, str]], request: Request, listed: str) -> Answer:
    """Open the message of a subject that Roundcube has listed, and return the page that shows it."""
    rows = re.findall(r"add_message_row\((\d+),\{(.*?)\}", listed.replace('\\"', '"'))
    number = next((number for number, row in rows if request["open"] in row), None)
    if number is None:
        return {"problem": "the message is not in the list", "fr": "le message n'est pas dans la liste"}
    status, shown = page(f"/?_task=mail&_action=show&_uid={number}&_mbox=INBOX", whole=2)
    if status != OK:
        raise Refused(status, "the message does not open", "le message ne s'ouvre pas")
    return {"page": shown}


def webmail_contacts(page: Callable[..., tuple[int, str]]) -> Answer:
    """Return Roundcube's list of the people in the personal address book."""
    status, listed = page("/?_task=addressbook&_action=list&_source=0&_remote=1")
    if status != OK:
        raise Refused(status, "no address book", "pas de carnet d'adresses")
    return {"page": listed}


def webmail_send(page: Callable[..., tuple[int, str]], request: Request) -> Answer:
    """Write one message in Roundcube's page, and send it."""
    status, compose = page("/?_task=mail&_action=compose", whole=2)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', compose))
    identity = re.search(r'<select name="_from"[^>]*>\s*<option value="(\d+)"', compose)
    if "_token" not in hidden or identity is None:
        raise Refused(status, "no page to write in", "pas de page pour écrire")
    message = {"_action": "send", "_from": identity[1], "_to": request["to"], "_subject": request["subject"]}
    status, said = page("/?_task=mail&_framed=1", {**hidden, **message, "_message": "Bonjour,\n\nvoir l'objet.\n"})
    if "sent_successfully" not in said:
        told = re.search(r'display_message\("([^"]*)"', said)
        shown = json.loads(f'"{told[1]}"') if told else "?"
        raise Refused(status, f"the page does not send: {shown}", f"la page n'envoie pas : {shown}")
    return {}


def words(data: object) -> str:
    """Return what a server said as text."""
    return data.decode("utf-8", errors="replace") if isinstance(data, bytes) else str(data)


def problem_of(error: Exception) -> str:
    """Return what a mail program shows for an error that is not the server's."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def answer(request: Request) -> Answer:
    """Do what one request asks for."""
    todo = {"send": send, "find": find, "identities": identities, "webmail": webmail}[request["do"]]
    try:
        return todo(request)
    except OSError as error:
        return {"problem": problem_of(error)}


def main() -> None:
    """Answer all requests at the same time; where one of them ends in an error, there is no answer of any."""
    from threading import Thread

    requests = json.loads(sys.argv[1])
    answers: dict[int, Answer] = {}

    def answer_to(number: int) -> None:
        answers[number] = answer(requests[number])

    threads = [Thread(target=answer_to, args=(number,)) for number in range(1, len(requests))]
    for thread in threads:
        thread.start()
    answer_to(0)
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps([answers[number] for number in range(len(requests))]))


if __name__ == "__main__":
    main()
