"""Who answers at a host's systemd's socket: real processes in PID namespaces of their own play it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from orchestrator.fabric.helper.dockerd import HostContainer
from orchestrator.fabric.helper.layers import Layers
from orchestrator.fabric.helper.messages import HelperError
from orchestrator.fabric.helper.systemd import Systemd

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="enters other namespaces, as the helper does")

FOLDER = os.O_PATH | os.O_DIRECTORY
FIRST = r"""
import os, socket, struct, sys, time
way = sys.argv[2]
os.chdir(sys.argv[1] + "/run/systemd")
listening = socket.socket(socket.AF_UNIX)
listening.bind("private.x")
listening.listen(5)
os.rename("private.x", "private")

def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"

def told(serial, body, signature):
    fields = b"\5\1u\0" + struct.pack("<I", serial) + b"\x08\1g\0\1" + signature + b"\0"
    head = struct.pack("<BBBBIII", ord("l"), 2, 0, 1, len(body), 99, len(fields)) + fields
    return head + bytes(-len(head) % 8) + body

def serve(connection):
    connection.recv(4096)
    connection.sendall(b"OK 0123\r\n")
    data = bytearray()
    answers = 3 * [(text("enabled"), b"s"), (b"\1s\0\0" + text("active"), b"v")]
    while piece := connection.recv(4096):
        data += piece
        if data.startswith(b"BEGIN\r\n"):
            del data[:7]
        while len(data) >= 16:
            body, serial, fields = struct.unpack_from("<III", data, 4)
            size = 16 + fields + -fields % 8 + body
            if len(data) < size:
                break
            del data[:size]
            connection.sendall(told(serial, *answers.pop(0)))

print(os.readlink("/proc/self"), flush=True)  # this /proc is the machine's
if way == "a socket that is handed on":
    if os.fork() == 0:
        serve(listening.accept()[0])
elif way == "a connection that is handed on":
    accepted = listening.accept()[0]
    if os.fork() == 0:
        listening.close()
        serve(accepted)
    accepted.close()
elif way == "a connection that it keeps and hands on":
    accepted = listening.accept()[0]
    if os.fork() == 0:
        listening.close()
        serve(accepted)
elif way in ("a socket that another holds as well", "a socket that a child holds until its exec"):
    if os.fork() == 0:
        if way.endswith("exec"):
            time.sleep(0.3)
            os.execv("/bin/sleep", ["sleep", "60"])  # Python's sockets close on exec, as systemd's do
        time.sleep(60)
    serve(listening.accept()[0])
else:
    serve(listening.accept()[0])
time.sleep(60)
"""

Asked = Callable[[str], dict[str, object]]


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """Return what asks a systemd that the test plays; all of the machine's files count as its image's."""
    top = tmp_path / "root"
    (top / "proc").mkdir(parents=True)
    (top / "run/systemd").mkdir(parents=True)
    (tmp_path / "upper").mkdir()
    layers = Layers(os.open(tmp_path / "upper", FOLDER), [os.open("/", FOLDER)])
    space = ("unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={top}/proc")

    def ask(way: str) -> dict[str, object]:
        argv = [*space, sys.executable, "-c", FIRST, str(top), way]
        process = done.enter_context(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
        done.callback(process.kill)
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        root, pidfd, deadline = os.open(f"/proc/{pid}/root{top}", FOLDER), os.pidfd_open(pid), time.monotonic() + 5
        try:
            systemd = Systemd(HostContainer("c", "demo", "pc1", pid, {}), pidfd, root, layers, deadline)
            try:
                return systemd.unit(root, "x.service", ["Unit.ActiveState"], deadline)
            finally:
                systemd.close()
        finally:
            os.close(pidfd)
            os.close(root)

    with ExitStack() as done:
        done.callback(layers.close)
        yield ask


def test_the_first_process_answers_for_itself(asked: Asked) -> None:
    assert asked("by itself") == {"file_state": "enabled", "properties": {"ActiveState": "active"}}


@pytest.mark.parametrize(
    "way",
    [
        "a socket that is handed on",
        "a connection that is handed on",
        "a connection that it keeps and hands on",
    ],
)
def test_another_process_answers_not_in_its_place(asked: Asked, way: str) -> None:
    """The first process listened, so SO_PEERCRED names it, as for each socket that a unit asks for."""
    with pytest.raises(HelperError, match="another process answers in its place"):
        asked(way)


def test_a_child_of_the_first_process_is_waited_for(asked: Asked) -> None:
    """On a busy machine systemd's own child may stay between its fork and its exec for a while."""
    assert asked("a socket that a child holds until its exec")["file_state"] == "enabled"


def test_nobody_else_holds_what_listens_there(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.fabric.helper.systemd._FORKED", 0.1)
    with pytest.raises(HelperError, match=r"another process \(\d+\) answers at /run/systemd/private"):
        asked("a socket that another holds as well")
