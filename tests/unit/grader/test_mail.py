"""Mail as a check sends and reads it: what the station answers becomes a message found, or an assertion."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from grader import mail, mail_program
from grader.command_log import CommandLog
from grader.errors import ObservationError
from grader.mail import FoundMail, Mailbox
from grader.report import CommandRecord
from grader.vantage_points import VantagePoint
from orchestrator.fabric.fabric_interface import Completed

ZOE = Mailbox("zoe@lan.test", "zoe", "Rabot-41", "192.168.20.3", "mail.lan.test", "PEM")


class Scripted(VantagePoint):
    """A station that gives one answer, and keeps what it was asked."""

    def __init__(self, answer: object) -> None:
        super().__init__("segment office", CommandLog(list[CommandRecord]().append))
        self.answer = answer if isinstance(answer, str) else json.dumps(answer)
        self.asked: list[dict[str, object]] = []

    def _execute(self, argv: tuple[str, ...], timeout: float) -> Completed:
        assert timeout > 0
        assert argv[:2] == ("python3", "-c")
        compile(argv[2], "mail_program.py", "exec")
        self.asked.append(json.loads(argv[3]))
        return Completed(0, self.answer.encode(), b"")

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


def test_what_was_found_says_where() -> None:
    station = Scripted({"folder": "Junk", "headers": "Subject: Plan\r\n"})
    assert mail.find_mail(station, ZOE, "Plan", folders=("INBOX", "Junk")) == FoundMail("Junk", "Subject: Plan\r\n")
    assert mail.message_ids(Scripted({"identities": ["<a@x>", "<b@x>"]}), ZOE) == {"<a@x>", "<b@x>"}
    assert mail.open_webmail(Scripted({"list": "Plan"}), ZOE) == "Plan"


Ask = Callable[[VantagePoint], object]
ASKED: Sequence[tuple[Ask, str]] = (
    (lambda station: mail.send_mail(station, ZOE, "leo@lan.test"), "cannot send to leo@lan.test"),
    (lambda station: mail.find_mail(station, ZOE, "Plan"), "zoe@lan.test cannot read"),
    (lambda station: mail.message_ids(station, ZOE), "zoe@lan.test cannot read"),
    (lambda station: mail.open_webmail(station, ZOE), "zoe in the webmail"),
)


@pytest.mark.parametrize(("ask", "words"), ASKED)
def test_what_a_mail_program_would_show_is_a_failed_assertion(ask: Ask, words: str) -> None:
    with pytest.raises(AssertionError, match=f"{words}: 552 too large"):
        ask(Scripted({"problem": "552 too large"}))


@pytest.mark.parametrize(("load", "seconds"), [(0.0, 15.0), (4.0, 30.0)])
def test_one_answer_of_a_server_may_take_longer_on_a_loaded_machine(
    monkeypatch: pytest.MonkeyPatch, load: float, seconds: float
) -> None:
    monkeypatch.setattr("grader.load._load", lambda: load)
    station = Scripted({"list": ""})
    mail.open_webmail(station, ZOE)
    assert station.asked[0]["timeout"] == seconds


def test_a_message_that_does_not_come_is_a_failed_assertion() -> None:
    with pytest.raises(AssertionError, match=r"'Plan' did not arrive at zoe@lan\.test within 3 s"):
        mail.find_mail(Scripted({}), ZOE, "Plan", within=3)


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
