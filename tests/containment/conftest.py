"""Two labs with the same addresses, side by side, and what their hosts must not reach."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.core.progress import Silent
from orchestrator.labs import Running
from tests.containment.attempts import DOCKER_PORTS, Environment

CONTENT = Path(__file__).parent / "content"
FAMILY = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
ABSTRACT = "\0/run/breakfix/fabric.sock"
"""The helper's socket, were it known by an abstract name in place of a path."""


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    program = App([CONTENT])
    yield program
    program.close()


@pytest.fixture(scope="module")
def cells(app: App) -> Iterator[Running]:
    """Return a lab that is attacked from within; it is gone before the tests that want an empty machine."""
    running = app.labs.lifecycle.start(app.labs.plans.of_lab("cells"), Silent())
    yield running
    app.labs.lifecycle.discard(running.instance)


@pytest.fixture(scope="module")
def others(app: App) -> Iterator[Running]:
    """Return its neighbour: the same lab, with the same addresses."""
    running = app.labs.lifecycle.start(app.labs.plans.of_lab("cells"), Silent())
    yield running
    app.labs.lifecycle.discard(running.instance)


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Return what attempts aim at: a disk, a file and a server of the machine's."""
    disk = os.stat("/").st_dev  # noqa: PTH116 - the number of a device
    note = tmp_path_factory.mktemp("machine") / "note"
    note.touch()
    network = os.readlink("/proc/self/ns/net")  # noqa: PTH115 - no path
    with contextlib.ExitStack() as opened:
        echo = opened.enter_context(_Echo(("", 0), _Answer))
        port = echo.server_address[1]
        for number in (port, *DOCKER_PORTS):
            opened.enter_context(_listening(FAMILY, ("", number)))
        opened.enter_context(_listening(socket.AF_UNIX, ABSTRACT))
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        yield Environment((os.major(disk), os.minor(disk)), str(note), _own_addresses(), port, network)
        echo.shutdown()


class _Answer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        told, answering = self.request
        answering.sendto(told, self.client_address)


class _Echo(socketserver.UDPServer):
    address_family = FAMILY

    def server_bind(self) -> None:
        _for_both(self.socket)
        super().server_bind()


def _for_both(opened: socket.socket) -> None:
    """Make a server's socket hear IPv4 as well, where it is one of IPv6."""
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)


@contextlib.contextmanager
def _listening(family: socket.AddressFamily, address: str | tuple[str, int]) -> Iterator[None]:
    """Listen on an address; where another program does already, it can be reached as well."""
    with socket.socket(family, socket.SOCK_STREAM) as server:
        _for_both(server)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            server.listen(256)  # connections are made without anybody accepting them
        yield


def _own_addresses() -> tuple[str, ...]:
    """Return the machine's addresses that it answers at: of links that are up, and not still being claimed."""
    links = json.loads(subprocess.run(["ip", "-j", "address"], check=True, capture_output=True).stdout)
    return tuple(
        f"{entry['local']}%{link['ifname']}"
        if entry["scope"] == "link" and entry["family"] == "inet6"
        else entry["local"]
        for link in links
        for entry in link["addr_info"]
        if "UP" in link["flags"] and not {"tentative", "dadfailed"} & set(entry)
    )
