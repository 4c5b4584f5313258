"""nginx and Caddy before the portal's process, set up by the very text of docs/portal.md, where they are installed."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from orchestrator.core.waiting import wait_until
from orchestrator.serving import portal_certificate
from orchestrator.serving.listen_address import ListenAddress, origins
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import Reading

pytestmark = pytest.mark.slow

TOP: Final = Path(__file__).parents[3]
PAGE: Final = TOP / "docs/portal.md"
NAME: Final = "labs.school.example"
SOON: Final = 200.0
"""Seconds in which anything comes that a test waits for, however busy the machine is."""
PORT: Final = 20443
"""Below those that the kernel gives away; with an address that is this process's own nobody else listens there."""
CLIENT: Final = "127.9.9.9"
FORGED: Final = {"X-Forwarded-For": "198.51.100.9", "X-Real-IP": "198.51.100.9", "Forwarded": "for=198.51.100.9"}


@dataclass(frozen=True)
class Printed:
    """What docs/portal.md says of a reverse proxy: where the portal listens, and the proxy's configuration."""

    listen: str
    configuration: str

    @classmethod
    def of(cls, heading: str) -> Printed:
        section = PAGE.read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2].partition("\n#")[0]
        listen = re.findall(r"serve --behind-proxy --name (\S+) --listen (\S+)$", section, re.MULTILINE)
        blocks = re.findall(r"^```\w*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        assert [name for name, _ in listen] == [NAME]
        assert len(blocks) == 1
        return cls(listen[0][1], blocks[0])

    def with_places(self, places: Mapping[str, str]) -> str:
        """Return the configuration with this test's own places."""
        text = self.configuration
        for printed, ours in places.items():
            assert text.count(printed) == 1, printed
            text = text.replace(printed, ours)
        return text


@dataclass(frozen=True)
class Front:
    """A proxy at work, and the labd behind the portal behind it."""

    address: str
    trusted: ssl.SSLContext
    labd: FakeLabd

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{PORT}"

    def client(self) -> httpx.Client:
        """Return a client that comes from an address of its own."""
        transport = httpx.HTTPTransport(verify=self.trusted, local_address=CLIENT)
        return httpx.Client(transport=transport, base_url=f"https://{self.address}:{PORT}", timeout=SOON)

    def ask(self, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request as a browser would that found the address by the name."""
        return client.send(self.request(client, method, path, **more))

    def request(self, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Request:  # noqa: ANN401
        headers = {"Host": f"{NAME}:{PORT}", "Origin": self.origin, **FORGED, **more.pop("headers", {})}
        return client.build_request(
            method, path, headers=headers, extensions={"sni_hostname": NAME, "timeout": {"read": SOON}}, **more
        )

    def key(self, client: httpx.Client, path: str) -> str:
        """Return the form key of a page."""
        return Reading.of(self.ask(client, "GET", path).text).metas["form-key"]

    def sign_in(self, client: httpx.Client, password: str) -> httpx.Response:
        form = {"form_key": self.key(client, "/sign-in"), "handle": "lea", "password": password}
        return self.ask(client, "POST", "/sign-in", data=form)

    @contextmanager
    def terminal(self, client: httpx.Client, terminal: str, key: str, origin: str) -> Iterator[ClientConnection]:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        with (
            socket.create_connection((self.address, PORT)) as line,
            connect(
                f"wss://{NAME}:{PORT}/labs/{world.LAB}/terminals/{terminal}",
                sock=line,
                ssl=self.trusted,
                origin=Origin(origin),
                subprotocols=[Subprotocol("breakfix"), Subprotocol(f"key-{key}")],
                additional_headers={"Cookie": cookies},
                open_timeout=SOON,
            ) as connection,
        ):
            yield connection


@contextmanager
def running(command: Sequence[str | Path], log: Path, **more: Any) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ANN401
    """Run a process as long as the block lasts."""
    with log.open("wb") as said:
        process = subprocess.Popen([*map(str, command)], stdout=said, stderr=subprocess.STDOUT, **more)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(SOON)


@contextmanager
def portal(folder: Path, listen: str) -> Iterator[None]:
    """Run the portal's process at an address, as ``serve --behind-proxy`` does."""
    named = [word for one in origins((f"{NAME}:{PORT}",), "https", 443) for word in ("--origin", one)]
    with ListenAddress.parse(listen).bind() as listening:
        command = [sys.executable, "-P", "-m", "orchestrator.portal", "--trust-proxy"]
        more = ["--labd", str(folder / "labd.sock"), "--fd", str(listening.fileno()), *named]
        log, own = folder / "portal.log", {**os.environ, "PYTHONPATH": str(TOP)}
        with running([*command, *more], log, pass_fds=(listening.fileno(),), env=own) as process:

            def ready() -> bool:
                assert process.poll() is None, log.read_text()
                return b"ready\n" in log.read_bytes()

            wait_until(ready, within=SOON, every=0.02)
            yield


def nginx(folder: Path, printed: Printed, address: str, listen: str) -> tuple[Sequence[str | Path], str]:
    """Return nginx's command line; what stands around the printed text is Debian's nginx.conf, as far as it matters."""
    places = {
        "listen 443 ssl;": f"listen {address}:{PORT} ssl;",
        "/etc/ssl/labs.pem": str(folder / "portal.pem"),
        "/etc/ssl/private/labs.key": str(folder / "portal.key"),
        printed.listen: listen,
    }
    kept = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log stderr; worker_processes 1;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + f"events {{}}\nhttp {{\naccess_log off; gzip on;\n{kept}{printed.with_places(places)}}}\n"
    )
    return ["/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"], "/usr/sbin/nginx"


def caddy(folder: Path, printed: Printed, address: str, listen: str) -> tuple[Sequence[str | Path], str]:
    """Return Caddy's command line; it asks no authority for a certificate, and leaves other ports alone."""
    assert "flush_interval" not in printed.configuration  # with -1 it keeps the lines of who has left
    places = {
        f"{NAME} {{\n": f"{NAME}:{PORT} {{\nbind {address}\ntls {folder}/portal.pem {folder}/portal.key\n",
        printed.listen: listen,
    }
    options = "{\nadmin off\nauto_https disable_redirects\nservers {\nprotocols h1 h2\n}\n}\n"
    (folder / "Caddyfile").write_text(options + printed.with_places(places))
    return ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"], "/usr/bin/caddy"


def _own_address() -> str:
    """Return a loopback address that no other process has: this one's number is in it."""
    number = os.getpid()
    return f"127.{64 + (number >> 16) % 64}.{number >> 8 & 255}.{number & 255}"


@pytest.fixture(params=["nginx", "Caddy"])
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    printed, address = Printed.of(request.param), _own_address()
    made = {"nginx": nginx, "Caddy": caddy}[request.param]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="front-")))
        listen = f"unix:{folder}/portal.sock" if printed.listen.startswith("unix:") else f"{address}:{PORT + 1}"
        command, program = made(folder, printed, address, listen)
        if not Path(program).exists():
            pytest.skip(f"{program} is not installed: apt-get install nginx-light caddy")
        portal_certificate.ensure(folder, [NAME])
        labd = FakeLabd()
        stack.enter_context(labd.serving(folder))
        stack.enter_context(portal(folder, listen))
        own = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": "/usr/bin"}
        log = folder / "proxy.log"
        process = stack.enter_context(running(command, log, env=own))

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            with socket.socket() as asked:
                return asked.connect_ex((address, PORT)) == 0

        wait_until(answers, within=SOON, every=0.02)
        yield Front(address, ssl.create_default_context(cafile=folder / "portal.pem"), labd)


def test_the_printed_setup_works(front: Front) -> None:
    """One course for all, since each proxy takes a while to start."""
    with front.client() as client:
        # Another host's name gets nothing of the portal's.
        other = front.ask(client, "GET", "/sign-in", headers={"Host": "evil.test"})
        assert "set-cookie" not in other.headers
        assert "form-key" not in other.text

        # People sign in; vain tries are counted for the client's address, whatever its headers say.
        assert front.sign_in(client, "wrong").status_code == 422
        answer = front.sign_in(client, "correct horse battery")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "__Host-breakfix=" in "".join(answer.headers.get_list("set-cookie"))
        assert {asked.address for name, _, asked in front.labd.asked if name == "sign-in"} == {CLIENT}
        assert answer.headers["strict-transport-security"]

        # An event arrives when it happens.
        asked = front.request(client, "GET", f"/labs/{world.LAB}/events", headers={"Accept": "text/event-stream"})
        events = client.send(asked, stream=True)
        lines = events.iter_lines()
        for word in ("un", "deux"):
            front.labd.emit("announced", {"text": word, "by": "Théo"})
            assert word in next(line for line in lines if line.startswith("data:") and word in line)
        events.close()
        wait_until(lambda: not front.labd.listeners, within=SOON, every=0.02)  # and who leaves takes no line with them

        # A terminal is a WebSocket, for pages of ours only.
        key = front.key(client, f"/labs/{world.LAB}")
        form = {"form_key": key, "host": "pc1", "kind": "root"}
        opened = front.ask(client, "POST", f"/labs/{world.LAB}/terminals", data=form).json()
        with front.terminal(client, opened["id"], key, front.origin) as connection:
            connection.send(b"uname\r")
            shown = b""
            while b"uname" not in shown:
                message = connection.recv(SOON)
                shown += message if isinstance(message, bytes) else b""
        with pytest.raises(InvalidStatus), front.terminal(client, opened["id"], key, "https://evil.test"):
            pass
