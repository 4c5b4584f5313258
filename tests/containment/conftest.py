"""Two labs with the same addresses, side by side, and what their hosts must not reach."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.progress import Silent
from orchestrator.service import Running
from tests.containment.attempts import Surroundings

CONTENT = Path(__file__).parent / "content"
BEYOND = ("169.254.169.254", "192.0.2.1")
"""Where a cloud keeps its secrets, and an address that nobody has."""


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    program = App([CONTENT])
    yield program
    program.close()


@pytest.fixture(scope="module")
def cells(app: App) -> Iterator[Running]:
    """Return a lab that is attacked from within; it is gone before the tests that want an empty machine."""
    running = app.labs.start(app.labs.plan_of_lab("cells"), Silent())
    yield running
    app.labs.stop(running.instance)


@pytest.fixture(scope="module")
def others(app: App) -> Iterator[Running]:
    """Return its neighbour: the same lab, with the same addresses."""
    running = app.labs.start(app.labs.plan_of_lab("cells"), Silent())
    yield running
    app.labs.stop(running.instance)


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """Return what attempts aim at: a disk, a file and a server of the machine's."""
    disk = os.stat("/").st_dev  # noqa: PTH116 - the number of a device
    note = tmp_path_factory.mktemp("machine") / "note"
    note.touch()
    links = json.loads(subprocess.run(["ip", "-j", "-4", "address"], check=True, capture_output=True).stdout)
    own = tuple(entry["local"] for link in links for entry in link["addr_info"])
    with socket.create_server(("0.0.0.0", 0), backlog=256) as server:
        yield Surroundings((os.major(disk), os.minor(disk)), str(note), (*own, *BEYOND), server.getsockname()[1])
