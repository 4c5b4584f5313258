"""What a configuration of chronyd says, as chronyd 4.6 takes it; and the hour that a server gives."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from grader.chrony import chrony_directives, chrony_serves
from grader.ntp import ask_ntp
from grader.tools import Completion

CONF = "/etc/chrony/chrony.conf"
WORKS = "192.168.100.21"


@pytest.mark.parametrize(
    ("text", "directives"),
    [
        ("server heure1 iburst\n", [("server", "heure1", "iburst")]),
        (" \tServer\theure1  iburst\r\n", [("server", "heure1", "iburst")]),
        ("# server a\n! server b\n; server c\n% server d\n\n", []),
        ("allow 10/8 # not a comment\n", [("allow", "10/8", "#", "not", "a", "comment")]),
        ("server a\u2028server b\n", [("server", "a\u2028server", "b")]),
    ],
)
def test_directives(text: str, directives: list[tuple[str, ...]]) -> None:
    assert chrony_directives({CONF: text}) == directives


def test_what_is_included_stands_in_its_place() -> None:
    files = {
        CONF: "sourcedir /run/s /etc/chrony/s\ninclude /etc/chrony/more*.txt\nconfdir /etc/chrony/conf.d/\n"
        "makestep 1 3\n",
        "/run/s/b.sources": "server b\n",
        "/etc/chrony/s/b.sources": "server hidden\n",
        "/etc/chrony/s/a.sources": "server a\n",
        "/etc/chrony/s/a.sources.old": "server old\n",
        "/etc/chrony/s/deeper/c.sources": "server c\n",
        "/etc/chrony/more1.txt": "server m\n",
        "/etc/chrony/conf.d/x.conf": "local\n",
    }
    said = [("server", "a"), ("server", "b"), ("server", "m"), ("local",), ("makestep", "1", "3")]
    assert chrony_directives(files) == said


def test_a_file_that_includes_itself_ends() -> None:
    assert ("local",) in chrony_directives({CONF: f"local\ninclude {CONF}\n"})


def test_a_missing_file_says_nothing() -> None:
    assert chrony_directives({}) == []


@pytest.mark.parametrize(
    ("text", "served"),
    [
        ("", False),
        ("allow", True),
        ("allow all", True),
        ("allow 0/0", True),
        ("allow 192.168.100.0/24", True),
        ("allow 192.168.100", True),
        ("allow 192.168.100.", True),
        ("allow 192/8", True),
        ("allow 192.168.101", False),
        ("allow 192.168.100.0/24\ndeny 192.168.100.16/29", False),
        ("deny 192.168.100.16/29\nallow 192.168.100.0/24", False),
        ("deny 192.168.100.16/29\nallow all 192.168.100.0/24", True),
        ("allow 192.168.100.0/24\ndeny 192.168.100.16/29\nallow 192.168.100.21", True),
        ("allow 192.168.100.0/24\ndeny 192.168.100.16/29\nallow Pointeuse", True),
        ("allow 192.168.100.0/24\ndeny 192.168.100.16/29\nallow nobody-known", False),
        ("allow 192.168.100.0/24\ndeny 192.168.100.0/24", False),
        ("allow 192.168.100.0/24\ndeny all", False),
        ("allow fe80::/10", False),
        ("allow 192.168.100.0/99", False),
    ],
)
def test_who_is_served(text: str, *, served: bool) -> None:
    assert chrony_serves(chrony_directives({CONF: text}), WORKS, {"pointeuse": WORKS}) is served


class Here:
    """A place of which the programs run on this machine."""

    def run(self, argv: Sequence[str], **_how: object) -> Completion:
        assert argv[0] == "python3"
        done = subprocess.run([sys.executable, *argv[1:]], capture_output=True, text=True, timeout=60, check=True)
        return Completion(done.returncode, done.stdout, done.stderr)


@contextmanager
def _server(*, leap: int, stratum: int, ahead: float, ignored: int = 0) -> Iterator[int]:
    """Answer on a port of this machine, as a time server does; the first questions get another one's answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))

        def serve() -> None:
            for count in range(1 + ignored):
                asked, asker = wire.recvfrom(512)
                whole = int(now := time.time() + ahead + 2208988800)
                stamp = struct.pack("!II", whole, int((now - whole) * 2**32))
                mark = asked[40:48] if count >= ignored else bytes(8)
                head = bytes([leap << 6 | 0x24, stratum, 4, 0]) + bytes(8) + socket.inet_aton("192.168.100.5")
                wire.sendto(head + stamp + mark + stamp + stamp, asker)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield wire.getsockname()[1]
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("ahead", [0.0, 1500.0, -3600.0])
def test_the_hour_that_a_server_gives(ahead: float) -> None:
    place: Any = Here()
    with _server(leap=0, stratum=3, ahead=ahead) as port:
        answer = ask_ntp(place, "127.0.0.1", port)
    assert answer.answered
    assert answer.synchronised
    assert answer.source == "192.168.100.5"
    assert answer.ahead == pytest.approx(ahead, abs=60)
    assert answer.card == "", "this machine is no neighbour of its own"


@pytest.mark.slow
@pytest.mark.parametrize(("leap", "stratum"), [(3, 3), (0, 0), (0, 16)])
def test_a_server_that_does_not_know_the_hour(leap: int, stratum: int) -> None:
    place: Any = Here()
    with _server(leap=leap, stratum=stratum, ahead=0.0) as port:
        answer = ask_ntp(place, "127.0.0.1", port)
    assert answer.answered
    assert not answer.synchronised


@pytest.mark.slow
def test_an_answer_to_another_question_does_not_count() -> None:
    place: Any = Here()
    with _server(leap=0, stratum=2, ahead=0.0, ignored=1) as port:
        assert ask_ntp(place, "127.0.0.1", port).answered


@pytest.mark.slow
def test_nobody_answers() -> None:
    place: Any = Here()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        assert not ask_ntp(place, "127.0.0.1", wire.getsockname()[1]).answered
