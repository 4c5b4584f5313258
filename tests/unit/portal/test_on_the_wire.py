"""The portal's process, asked by bytes that no browser sends: nothing is read in two ways, nothing leaks."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from orchestrator.core.waiting import wait_until
from orchestrator.portal.visit import form_key_of
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd

pytestmark = pytest.mark.slow

TOP: Final = Path(__file__).parents[3]
SOON: Final = 200.0
KEY: Final = "k" * 32
EVENTS: Final = f"/labs/{world.LAB}/events"
TERMINAL: Final = f"/labs/{world.LAB}/terminals/x"
FORM: Final = "language=en"


@dataclass(frozen=True)
class Wire:
    """A portal at work, which takes itself for one under TLS behind a proxy."""

    port: int
    labd: FakeLabd
    log: Path

    def headers(self) -> dict[str, str]:
        """Return what a browser of Léa's sends with a form."""
        token = self.labd.sign_in("lea")
        return {
            "Host": "portal.test",
            "Cookie": f"__Host-breakfix={token}; __Host-breakfix-key={KEY}",
            "Origin": "https://portal.test",
            "X-Form-Key": form_key_of(KEY, token),
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def say(self, line: str, body: bytes = b"", **more: str) -> bytes:
        """Send a request whose last header has the connection closed, and return all that comes."""
        headers = {
            **self.headers(),
            "Connection": "close",
            **{name.replace("_", "-"): text for name, text in more.items()},
        }
        lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value)]
        return self.bytes(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)

    def bytes(self, said: bytes) -> bytes:
        """Send bytes, and return what comes until the portal hangs up."""
        heard = b""
        with socket.create_connection(("127.0.0.1", self.port), SOON) as line:
            try:
                line.sendall(said)
                while piece := line.recv(1 << 16):
                    heard += piece
            except ConnectionError:
                pass  # it hung up before it had read all
        return heard


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with tempfile.TemporaryDirectory(prefix="wire-") as made, socket.create_server(("127.0.0.1", 0)) as listening:
        folder, labd, fd = Path(made), FakeLabd(), listening.fileno()
        command = [sys.executable, "-P", "-m", "orchestrator.portal", "--labd", str(folder / "labd.sock")]
        more = ["--origin", "https://portal.test", "--fd", str(fd)]
        own = {**os.environ, "PYTHONPATH": str(TOP)}
        log = folder / "log"
        with (
            labd.serving(folder),
            log.open("wb") as said,
            subprocess.Popen(
                [*command, *more], pass_fds=(fd,), stdout=subprocess.PIPE, stderr=said, env=own
            ) as process,
        ):
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == b"ready\n"
                yield Wire(listening.getsockname()[1], labd, log)
            finally:
                process.terminate()


def statuses(heard: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"^HTTP/1\.1 (\d+) ", heard, re.MULTILINE)]


def changed(labd: FakeLabd) -> bool:
    return bool({name for name, _, _ in labd.asked} - {"me"})


def test_a_form_in_the_usual_way_is_taken(wire: Wire) -> None:
    """Without this the refusals below would say nothing."""
    wire.labd.asked.clear()
    assert statuses(wire.say("POST /language HTTP/1.1", FORM.encode(), Content_Length="11")) == [303]
    assert changed(wire.labd)


@pytest.mark.parametrize(
    ("line", "lengths", "body"),
    [
        ("POST /language HTTP/1.1", {"Content_Length": "5", "Transfer_Encoding": "chunked"}, "0\r\n\r\n"),
        ("GET /account HTTP/1.1", {"Content_Length": "5", "Transfer_Encoding": "chunked"}, "0\r\n\r\n"),
        ("POST /language HTTP/1.0", {"Transfer_Encoding": "chunked"}, "b\r\nlanguage=en\r\n0\r\n\r\n"),
        ("POST /language HTTP/1.1", {"Transfer_Encoding": "xchunked"}, FORM),
        ("POST /language HTTP/1.1", {"Transfer_Encoding": "chunked, identity"}, "b\r\nlanguage=en\r\n0\r\n\r\n"),
        ("POST /language HTTP/1.1", {"Transfer_Encoding": "chunked"}, "-b\r\nlanguage=en\r\n0\r\n\r\n"),
        ("POST /language HTTP/1.1", {"Transfer_Encoding": "chunked"}, f"b;{'x' * 200_000}\r\n{FORM}\r\n0\r\n\r\n"),
        ("POST /language HTTP/1.1", {"Content_Length": "11, 0"}, FORM),
        ("POST /language HTTP/1.1", {"Content_Length": "+11"}, FORM),
        ("POST /language HTTP/1.1", {"Content_Length ": "11"}, FORM),
        ("POST /language HTTP/1.1", {"Content_Length": "11\0"}, FORM),
        ("POST /language HTTP/1.1", {"X_A": "a\rTransfer-Encoding: chunked"}, FORM),
        ("GET /account HTTP/1.1", {"X_A": "a" * 200_000}, ""),
    ],
)
def test_a_request_whose_end_is_unclear_is_refused_and_nothing_is_read_behind_it(
    wire: Wire, line: str, lengths: dict[str, str], body: str
) -> None:
    wire.labd.asked.clear()
    behind = "GET /sign-in HTTP/1.1\r\nHost: portal.test\r\n\r\n"
    heard = wire.say(line, (body + behind).encode(), **{"Connection": "keep-alive", **lengths})
    assert statuses(heard) in ([400], [])  # none: it hung up before all was sent
    assert not changed(wire.labd)


@pytest.mark.parametrize(
    "path",
    [
        "/static/%2e%2e/%2e%2e/web_app.py", "/static/../../web_app.py", "/%2e%2e/account", "//evil.test/account",
        "http://evil.test/account", "*", "/labs/%2e%2e%2fme/events", "/labs/x%2f..%2fme", "/classes/..%2fx/export",
        "/%00", "/%ff", "/\\evil.test", "/account;x=y", "/account%20HTTP/1.1",
    ],
)  # fmt: skip
def test_a_path_that_is_none_leads_nowhere(wire: Wire, path: str) -> None:
    wire.labd.asked.clear()
    assert statuses(wire.say(f"GET {path} HTTP/1.1")) == [404]
    assert not changed(wire.labd)


@pytest.mark.parametrize("path", ["/account/", f"{EVENTS}/"])
def test_a_slash_too_many_is_led_back_under_tls(wire: Wire, path: str) -> None:
    """The proxy before the portal speaks TLS, not the portal: a redirect to plain HTTP would leave it."""
    found = re.search(rb"\r\nlocation: ([^\r]*)", wire.say(f"GET {path} HTTP/1.1"))
    assert found is not None
    assert found[1].decode() == f"https://portal.test{path.rstrip('/')}"


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PUT", "get", "BREW"])
def test_other_methods_are_refused_and_say_nothing_again(wire: Wire, method: str) -> None:
    heard = wire.say(f"{method} /account HTTP/1.1", X_Secret="never again")
    assert statuses(heard) == [405]
    assert b"never again" not in heard


def test_head_of_a_stream_ends(wire: Wire) -> None:
    heard = wire.say(f"HEAD {EVENTS} HTTP/1.1")
    assert statuses(heard) == [200]
    assert heard.endswith(b"\r\n\r\n")
    wait_until(lambda: not wire.labd.listeners, within=SOON, every=0.01)


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": ""},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Host": "evil.test"},
        {"Sec_WebSocket_Protocol": "breakfix"},
        {"Sec_WebSocket_Protocol": "breakfix, key-" + "0" * 64},
        {"Cookie": f"__Host-breakfix-key={KEY}"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_websocket_of_another_page_is_none(wire: Wire, more: dict[str, str]) -> None:
    own = wire.headers()
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec_WebSocket_Protocol": f"breakfix, key-{own['X-Form-Key']}",
        "Cookie": own["Cookie"],
    }
    assert statuses(wire.say(f"GET {TERMINAL} HTTP/1.1", b"", **{**asked, **more})) == [403]


def test_a_planted_token_is_taken_away_and_a_sign_in_makes_another(wire: Wire) -> None:
    planted = "p" * 43
    page = wire.say("GET /sign-in HTTP/1.1", Cookie=f"__Host-breakfix={planted}; __Host-breakfix-key={KEY}")
    assert re.search(rb'\r\nset-cookie: __Host-breakfix=""; .*Max-Age=0', page)
    form = b"handle=lea&password=correct+horse+battery"
    signed = wire.say(
        "POST /sign-in HTTP/1.1",
        form,
        Content_Length=str(len(form)),
        Cookie=f"__Host-breakfix={planted}; __Host-breakfix-key={KEY}",
        X_Form_Key=form_key_of(KEY, None),
    )
    token = re.search(rb"\r\nset-cookie: __Host-breakfix=([^;\"]+);", signed)
    assert token is not None
    assert token[1] != planted.encode()


def test_the_log_has_nothing_that_was_sent(wire: Wire) -> None:
    marker = "marker-of-a-test"
    for line in (f"GET /{marker}%0aWARNING HTTP/1.1", f"GET /{marker}\x1b]0;x\x07 HTTP/1.1", f"{marker} / HTTP/1.1"):
        wire.say(line, User_Agent=f"{marker}\x1b[2J", Referer=marker)
    form = f"handle={marker}%0aWARNING&password={marker}".encode()
    wire.say("POST /sign-in HTTP/1.1", form, Content_Length=str(len(form)))
    wire.bytes(b"\x16\x03\x01" + marker.encode() + b"\r\n\r\n")
    said = wire.log.read_text()
    assert marker not in said
    assert not set(said) & set("\x1b\x07")
