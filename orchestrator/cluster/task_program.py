"""The program of a Swarm task: has the node's own Breakfix do the work, and passes on what it prints.

A task is a container that sees nothing of its node but Docker's socket. It starts a second one, in the node's own
namespaces, which runs the program where ``cluster create`` or ``join`` said that it is. It is read whole and sent to
nodes as the text of ``python3 -c``: it imports the standard library alone, and runs with the helper image's Python.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import struct
import sys
from typing import Any, NoReturn

SOCKET = "/var/run/docker.sock"
MARK = "breakfix-node"
"""The volume whose labels say where a node's Breakfix is, and whose."""
WORK = "breakfix.cluster.work"
"""Label of the container in the node's namespaces: the id of the task that it works for."""
TASK = "com.docker.swarm.task.id"
"""Docker's own label of a task's container."""
GRACE = 50
"""Seconds that the work has to end by itself: fewer than the task has."""
SLOT = "@slot"
"""Argument that stands for the task's number."""
NO_MARK = "this node has joined without 'breakfix cluster join'"
_STOPPED = 143


class _Docker:
    """Docker's interface at the node."""

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return the status and the document of an answer."""
        connection = self._sent(method, path, body)
        with connection:
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            content = answer.read()
        return answer.status, json.loads(content) if content.strip() else None

    def attached(self, container: str) -> socket.socket:
        """Return the connection over which a container's output comes, from its start on."""
        connection = self._sent("POST", f"/containers/{container}/attach?stream=1&stdout=1&stderr=1", None)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1) or _fail("Docker ended the connection")
        return connection

    def _sent(self, method: str, path: str, body: object) -> socket.socket:
        content = b"" if body is None else json.dumps(body).encode()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(SOCKET)
        head = f"{method} {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        return connection


def _fail(reason: str) -> NoReturn:
    raise SystemExit(reason)


def main(task: str, arguments: list[str]) -> int:
    """Do the work and return its exit status."""
    docker = _Docker()
    _end_orphans(docker)
    status, mark = docker.call("GET", f"/volumes/{MARK}")
    if status != http.HTTPStatus.OK:
        _fail(NO_MARK)
    labels = mark["Labels"] or {}
    _, own = docker.call("GET", f"/containers/{socket.gethostname()}/json")
    _, made = docker.call("POST", "/containers/create", _work(labels, own, task, arguments))
    work = (made or {}).get("Id") or _fail(f"Docker refuses: {made}")
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        if not os.fork():  # the answer comes once the work has ended, and its output is to be read meanwhile
            docker.call("POST", f"/containers/{work}/stop?t={GRACE}")
            os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    try:
        output = docker.attached(work)
        docker.call("POST", f"/containers/{work}/start")
        _pass_on(output)
        _, ended = docker.call("POST", f"/containers/{work}/wait")
    finally:
        docker.call("DELETE", f"/containers/{work}?force=1&v=1")
    return _STOPPED if stopping else int(ended["StatusCode"])


def _work(labels: dict[str, str], own: dict[str, Any], task: str, arguments: list[str]) -> dict[str, object]:
    """Return the container that does the work: the node's namespaces, and the rights of who joined it."""
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    environment |= json.loads(labels["breakfix.environment"])
    entered = ["nsenter", "-t", "1", "-m", "-u", "-i", "-n", "--wdns=/"]
    as_user = ["setpriv", f"--reuid={labels['breakfix.user']}", f"--regid={labels['breakfix.group']}", "--init-groups"]
    in_environment = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
    program = json.loads(labels["breakfix.program"])
    return {
        "Image": own["Image"],
        "Cmd": [*entered, *as_user, *in_environment, *program, "--task", task, *arguments],
        "Labels": {WORK: task},
        "NetworkDisabled": True,
        "HostConfig": {
            "Privileged": True,
            "PidMode": "host",
            "NetworkMode": "none",
            "CgroupnsMode": "host",
            "LogConfig": {"Type": "none"},
        },
    }


def _end_orphans(docker: _Docker) -> None:
    """End the work of tasks that are no more: whose node lost the manager, or that were killed."""
    _, containers = docker.call("GET", "/containers/json?all=1")
    alive = {one["Labels"].get(TASK) for one in containers if one["State"] == "running"}
    for one in containers:
        if one["Labels"].get(WORK, "") not in {"", *alive}:
            docker.call("POST", f"/containers/{one['Id']}/stop?t={GRACE}")
            docker.call("DELETE", f"/containers/{one['Id']}?force=1&v=1")


def _pass_on(output: socket.socket) -> None:
    """Print what a container prints, each on its own side, until it ends."""
    header = struct.Struct(">BxxxI")
    with output, output.makefile("rb") as stream:
        while len(head := stream.read(header.size)) == header.size:
            side, size = header.unpack(head)
            target = sys.stderr.buffer if side == 2 else sys.stdout.buffer  # noqa: PLR2004 - Docker's number of errors
            target.write(stream.read(size))
            target.flush()


if __name__ == "__main__":
    slot = os.environ["BREAKFIX_SLOT"]
    raise SystemExit(main(os.environ["BREAKFIX_TASK"], [slot if one == SLOT else one for one in sys.argv[1:]]))
