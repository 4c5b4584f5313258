"""Mail as a check sends and reads it: what the station answers becomes a message found, or an assertion."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader import concurrently, mail, mail_program
from grader.bilingual import reason, text_of
from grader.command_log import CommandLog
from grader.errors import ObservationError
from grader.mail import FoundMail, Mailbox
from grader.report import CommandRecord
from grader.together import Together
from grader.vantage_points import VantagePoint
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Completed

if TYPE_CHECKING:
    from tests.unit.grader.conftest import Clock

ZOE = Mailbox("zoe@lan.test", "zoe", "Rabot-41", "192.168.20.3", "mail.lan.test", "PEM")


class Scripted(VantagePoint):
    """A station that gives one answer to all, and keeps what it was asked; with a clock, it looks as long as told."""

    def __init__(self, answer: object, clock: Clock | None = None) -> None:
        super().__init__("segment office", CommandLog(list[CommandRecord]().append))
        self.clock = clock
        self.answer = answer
        self.asked: list[dict[str, object]] = []
        self.programs = 0

    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        assert timeout > 0
        assert argv[:4] == ("python3", "-I", "-S", "-c")
        compile(argv[4], "mail_program.py", "exec")
        requests = json.loads(argv[5])
        self.asked += requests
        self.programs += 1
        if self.clock is not None:
            self.clock.sleep(max(request["within"] for request in requests))
        told = self.answer if isinstance(self.answer, str) else json.dumps([self.answer] * len(requests))
        return Completed(0, told.encode(), b"")

    _use_tool = _execute


class Here(VantagePoint):
    """This machine, as far as a mail program sees it."""

    def __init__(self) -> None:
        super().__init__("here", CommandLog(list[CommandRecord]().append))

    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        done = subprocess.run((sys.executable, *argv[1:]), capture_output=True, timeout=timeout, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)

    _use_tool = _execute


def test_each_message_has_a_subject_of_its_own() -> None:
    station = Scripted({})
    first, second = (mail.send_mail(station, ZOE, "leo@lan.test", subject="Plan", size=100) for _ in range(2))
    assert first != second
    assert first.startswith("Plan ")
    assert station.asked[0]["subject"] == first
    assert (station.asked[0]["address"], station.asked[0]["name"]) == ("192.168.20.3", "mail.lan.test")
    assert station.asked[0]["size"] == 100


def test_what_is_asked_at_once_from_one_place_is_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gets its own answer, whoever ran the program."""
    monkeypatch.setattr(mail, "_TOGETHER", Together(most=3, moment=30))
    station = Scripted({})
    subjects = concurrently(
        lambda number: mail.send_mail(station, ZOE, f"leo{number}@lan.test", subject=f"Plan {number}"), range(3)
    )
    assert station.programs == 1
    told = {(request["to"], request["subject"]) for request in station.asked}
    assert told == {(f"leo{number}@lan.test", subject) for number, subject in enumerate(subjects)}


def test_what_was_found_says_where() -> None:
    station = Scripted({"folder": "Junk", "headers": "Subject: Plan\r\n"})
    assert mail.find_mail(station, ZOE, "Plan", folders=("INBOX", "Junk")) == FoundMail("Junk", "Subject: Plan\r\n")
    assert mail.message_ids(Scripted({"identities": ["<a@x>", "<b@x>"]}), ZOE) == {"<a@x>", "<b@x>"}
    assert mail.open_webmail(Scripted({"list": "Plan"}), ZOE) == "Plan"
    assert mail.read_in_webmail(Scripted({"page": "Bonjour"}), ZOE, "Plan") == "Bonjour"
    assert mail.webmail_contacts(Scripted({"page": "Delmas"}), ZOE) == "Delmas"


def test_what_is_written_in_a_webmail_has_a_subject_of_its_own() -> None:
    station = Scripted({})
    first, second = (mail.send_by_webmail(station, ZOE, "leo@lan.test", subject="Plan") for _ in range(2))
    assert first != second
    assert [(asked["do"], asked["to"], asked["subject"]) for asked in station.asked] == [
        ("webmail", "leo@lan.test", first),
        ("webmail", "leo@lan.test", second),
    ]


Ask = Callable[[VantagePoint], object]
ASKED: Sequence[tuple[Ask, str]] = (
    (lambda station: mail.send_mail(station, ZOE, "leo@lan.test"), "cannot send to leo@lan.test"),
    (lambda station: mail.find_mail(station, ZOE, "Plan"), "zoe@lan.test cannot read"),
    (lambda station: mail.message_ids(station, ZOE), "zoe@lan.test cannot read"),
    (lambda station: mail.open_webmail(station, ZOE), "zoe in the webmail"),
    (lambda station: mail.read_in_webmail(station, ZOE, "Plan"), "zoe opens 'Plan' in the webmail"),
    (lambda station: mail.webmail_contacts(station, ZOE), "the address book of zoe in the webmail"),
    (
        lambda station: mail.send_by_webmail(station, ZOE, "leo@lan.test", subject="Plan"),
        "zoe writes to leo@lan.test in the webmail",
    ),
)


@pytest.mark.parametrize(("ask", "words"), ASKED)
def test_what_a_mail_program_would_show_is_a_failed_assertion(ask: Ask, words: str) -> None:
    with pytest.raises(AssertionError, match=f"{words}: 552 too large"):
        ask(Scripted({"problem": "552 too large"}))


@pytest.mark.parametrize(("load", "seconds"), [(0.0, 8.0), (4.0, 16.0)])
def test_one_answer_of_a_server_may_take_longer_on_a_loaded_machine(
    monkeypatch: pytest.MonkeyPatch, load: float, seconds: float
) -> None:
    monkeypatch.setattr("grader.load._load", lambda _most: load)
    station = Scripted({"list": ""})
    mail.open_webmail(station, ZOE)
    assert station.asked[0]["timeout"] == seconds


def test_a_message_that_does_not_come_is_a_failed_assertion(clock: Clock) -> None:
    station = Scripted({}, clock)
    with pytest.raises(AssertionError) as failure:
        mail.find_mail(station, ZOE, "Plan", within=3)
    assert text_of(str(failure.value)) == Text(
        fr="« Plan » n'est pas arrivé chez zoe@lan.test (attendu 6,0 s)",
        en="'Plan' did not arrive at zoe@lan.test (waited 6.0 s)",
    )


def test_a_message_that_the_server_refused_is_not_waited_for(clock: Clock) -> None:
    refused = reason(fr="le serveur dit : non", en="the server says: no")
    station, began = Scripted({}, clock), clock.now
    with pytest.raises(AssertionError) as failure:
        mail.find_mail(station, ZOE, "Plan", within=60, unless=lambda: refused)
    assert 1 <= clock.now - began < 3, "it still said so a second later, and no longer"
    said = text_of(str(failure.value))
    assert said.en.startswith("'Plan' did not arrive at zoe@lan.test: the server says: no (given up after ")
    assert said.fr.startswith("« Plan » n'est pas arrivé chez zoe@lan.test : le serveur dit : non (abandonné après ")


def test_a_message_that_is_there_needs_no_reason() -> None:
    found = mail.find_mail(Scripted({"folder": "INBOX", "headers": ""}), ZOE, "Plan", unless=lambda: "refused")
    assert found == FoundMail("INBOX", "")


@dataclass
class Server:
    """A mail server whose journal says what it is told."""

    rows: Sequence[str]
    asked: list[str] = field(default_factory=list)
    hostname: str = "mail1"

    @property
    def backend(self) -> Server:
        return self

    def run(self, command: str, *args: str) -> subprocess.CompletedProcess[str]:
        self.asked.append(" ".join((command, *args)))
        return subprocess.CompletedProcess(command, 0, "".join(f"{row}\n" for row in self.rows), "")


def undelivered(*rows: str) -> Text:
    return text_of(mail.undelivered(Server(rows), "Plan 0a1b2c"))  # type: ignore[arg-type] # stands for testinfra's


OURS = "4F2A1: message-id=<17.0a1b2c@lan.test>"
OTHERS = "5B3C2: message-id=<18.ffffff@lan.test>"
TO = "to=<leo@lan.test>, relay=none, delay=0.1"


def test_what_a_server_did_not_deliver_is_told_in_its_words() -> None:
    assert undelivered(OURS, f"4F2A1: {TO}, dsn=5.7.1, status=bounced (554 5.7.1 no)") == Text(
        fr="Postfix sur mail1 : bounced (554 5.7.1 no)", en="Postfix on mail1: bounced (554 5.7.1 no)"
    )
    server = Server((OURS, f"4F2A1: {TO}, status=deferred (Connection refused)"))
    assert "deferred (Connection refused)" in mail.undelivered(server, "Plan 0a1b2c")  # type: ignore[arg-type]
    assert server.asked[-1] == "postqueue -i %s 4F2A1", "it is tried again at once"


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (OURS,),
        (OURS, f"4F2A1: {TO}, status=sent (250 2.0.0 Ok)"),
        (OURS, f"4F2A1: {TO}, status=deferred (no)", f"4F2A1: {TO}, status=sent (250 2.0.0 Ok)"),
        (OURS, f"4F2A1: {TO}, status=bounced (no)", "4F2A1: message-id=<19.ffffff@lan.test>"),
        (OURS, OTHERS, f"5B3C2: {TO}, status=bounced (554 no)"),
        (f"4F2A1: {TO}, status=bounced (554 no)",),
    ],
    ids=["nothing", "under way", "sent", "sent later", "its number is another's", "another message", "nobody's"],
)
def test_a_message_that_is_delivered_or_under_way_is_none_of_them(rows: Sequence[str]) -> None:
    assert undelivered(*rows) == Text(fr="", en="")


def test_an_answer_that_says_nothing_is_an_error() -> None:
    with pytest.raises(ObservationError):
        mail.find_mail(Scripted("Traceback"), ZOE, "Plan")


def test_the_program_says_why_it_could_not_connect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: connections to it are refused
        taken.bind(("127.0.0.1", 0))
        program = tmp_path / "mail_program.py"
        text = Path(mail_program.__file__).read_text(encoding="utf-8")
        program.write_text(text.replace(", 587)", f", {taken.getsockname()[1]})"), encoding="utf-8")
        monkeypatch.setattr(mail, "_PROGRAM", program)
        with pytest.raises(AssertionError, match=r"cannot send to leo@lan\.test: Connection refused"):
            mail.send_mail(Here(), Mailbox("zoe@lan.test", "zoe", "Rabot-41", "127.0.0.1"), "leo@lan.test")


def test_the_program_answers_each_of_several_requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One of them reaches a server, which refuses it in its words; the other's refuses the connection."""
    with socket.socket() as taken, socket.create_server(("127.0.0.2", 0)) as server:
        port = server.getsockname()[1]
        taken.bind(("127.0.0.1", port))
        program = tmp_path / "mail_program.py"
        text = Path(mail_program.__file__).read_text(encoding="utf-8")
        program.write_text(text.replace(", 587)", f", {port})"), encoding="utf-8")
        monkeypatch.setattr(mail, "_PROGRAM", program)
        monkeypatch.setattr(mail, "_TOGETHER", Together(most=2, moment=30))

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail.lan.test\r\n")
                while connection.recv(1024):
                    connection.sendall(b"554 5.3.2 Closed today\r\n")

        serving = threading.Thread(target=refuse)
        serving.start()

        def said(address: str) -> str:
            with pytest.raises(AssertionError) as failure:
                mail.send_mail(Here(), Mailbox("zoe@lan.test", "zoe", "Rabot-41", address), "leo@lan.test")
            return text_of(str(failure.value)).en

        words = concurrently(said, ("127.0.0.1", "127.0.0.2"))
        serving.join()
    assert words == [
        "zoe@lan.test cannot send to leo@lan.test: Connection refused",
        "zoe@lan.test cannot send to leo@lan.test: 554 5.3.2 Closed today",
    ]
