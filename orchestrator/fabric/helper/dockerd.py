"""The few questions that the helper asks Docker: which containers are hosts, and when one starts.

It asks for one thing only: that a host whose start failed be started again.

HTTP/1.0 over Docker's Unix socket: the answer ends with the connection and is not chunked.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

SOCKET = "/run/docker.sock"
KIND, INSTANCE, HOST, WIRING = "breakfix.kind", "breakfix.instance", "breakfix.host", "breakfix.wiring"


class DockerUnavailableError(Exception):
    """Docker did not answer, or not with what was asked."""


@dataclass(frozen=True)
class HostContainer:
    """A running host: its container, its first process and its cables as the label states them."""

    id: str
    instance: str
    host: str
    pid: int
    wiring: dict[str, Any]


def _open(path: str, method: str = "GET") -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(10)
    try:
        connection.connect(SOCKET)
        connection.sendall(f"{method} {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
    except OSError as error:
        connection.close()
        raise DockerUnavailableError(str(error)) from error
    return connection


def get(path: str) -> Any:
    """Return the JSON answer to a GET, or None where Docker says 404."""
    status, head, body = _answer(path)
    if status == [b"404"]:
        return None
    if status != [b"200"]:
        raise DockerUnavailableError(_first_line(head))
    try:
        return json.loads(body)
    except ValueError as error:
        message = f"an answer that is cut short: {error}"
        raise DockerUnavailableError(message) from error


def _answer(path: str, method: str = "GET") -> tuple[list[bytes], bytes, bytes]:
    """Return an answer's status, in a list that is empty where there is none, its header and its body."""
    with _open(path, method) as connection:
        pieces = []
        try:
            while piece := connection.recv(1 << 16):
                pieces.append(piece)
        except OSError as error:
            raise DockerUnavailableError(str(error)) from error
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return head.split(b" ", 2)[1:2], head, body


def _first_line(head: bytes) -> str:
    return head.split(b"\r\n", 1)[0].decode(errors="replace") or "no answer"


def _filters(**filters: list[str]) -> str:
    return quote(json.dumps(filters))


def inspect(container: str) -> HostContainer | None:
    """Return a running host by its container's id; None where it does not run or is no host of ours."""
    answer = get(f"/containers/{quote(container)}/json")
    if answer is None:
        return None
    labels, state = answer["Config"]["Labels"] or {}, answer["State"]
    if labels.get(KIND) != "host" or not {INSTANCE, HOST, WIRING} <= labels.keys():
        return None
    if not state["Running"] or not state["Pid"]:
        return None
    return HostContainer(
        id=answer["Id"],
        instance=labels[INSTANCE],
        host=labels[HOST],
        pid=state["Pid"],
        wiring=json.loads(labels[WIRING]),
    )


def find(instance: str, host: str) -> HostContainer | None:
    """Return a running host by its names."""
    labels = [f"{KIND}=host", f"{INSTANCE}={instance}", f"{HOST}={host}"]
    for entry in get(f"/containers/json?filters={_filters(label=labels)}") or ():
        found = inspect(entry["Id"])
        if found is not None:
            return found
    return None


def find_all(wanted: Set[tuple[str, str]]) -> dict[tuple[str, str], HostContainer]:
    """Return those of some hosts, named by instance and host, that run: with one list for all of them.

    Raises:
        DockerUnavailableError: Docker does not answer.
    """
    found = {}
    for entry in (get(f"/containers/json?filters={_filters(label=[f'{KIND}=host'])}") or ()) if wanted else ():
        name = (entry["Labels"].get(INSTANCE, ""), entry["Labels"].get(HOST, ""))
        if name in wanted and (container := inspect(entry["Id"])) is not None:
            found[name] = container
    return found


def containers() -> list[tuple[str, str, bool]]:
    """Return (id, instance, running) of every host container, running or not."""
    entries = get(f"/containers/json?all=1&filters={_filters(label=[f'{KIND}=host'])}")
    return [(e["Id"], e["Labels"].get(INSTANCE, ""), e["State"] == "running") for e in entries or ()]


def process_of(container: str) -> int | None:
    """Return the first process of a container, by its name or id; None where it does not run."""
    answer = get(f"/containers/{quote(container)}/json")
    return (answer["State"]["Pid"] or None) if answer and answer["State"]["Running"] else None


def failed() -> list[str]:
    """Return the ids of the hosts that should run and whose last start failed: Docker tries once, and no more."""
    entries = get(f"/containers/json?all=1&filters={_filters(label=[f'{KIND}=host'], status=['exited'])}")
    states = ((entry["Id"], get(f"/containers/{quote(entry['Id'])}/json")) for entry in entries or ())
    return [container for container, answer in states if answer and answer["State"].get("Error")]


def start(container: str) -> None:
    """Start a container; one that runs already, or is gone, is no error.

    Raises:
        DockerUnavailableError: Docker refuses, with its reason, or does not answer.
    """
    status, head, body = _answer(f"/containers/{quote(container)}/start", "POST")
    if status not in ([b"204"], [b"304"], [b"404"]):
        raise DockerUnavailableError(body.decode(errors="replace").strip() or _first_line(head))


def restart_aside(container: str) -> None:
    """Have a container restarted, with five seconds to end, by a process of its own: nobody waits for it."""
    if os.fork() == 0:
        try:
            status, head, body = _answer(f"/containers/{quote(container)}/restart?t=5", "POST")
            if status not in ([b"204"], [b"404"]):
                os.write(2, b"%s: %s\n" % (container.encode(), body.strip() or head))
        finally:
            os._exit(0)


class Events:
    """Docker's stream of events about hosts, read without blocking."""

    def __init__(self) -> None:
        """Subscribe; the stream's header is read here so that nothing is missed afterwards."""
        wanted = _filters(type=["container"], event=["start", "die", "destroy"], label=[f"{KIND}=host"])
        self.connection = _open(f"/events?filters={wanted}")
        self._buffer = b""
        try:
            self._buffer = self._after_header()
        except (OSError, DockerUnavailableError) as error:
            self.close()
            raise DockerUnavailableError(str(error)) from error
        self.connection.setblocking(False)

    def _after_header(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self.connection.recv(4096)
            if not piece:
                message = "the event stream ended at once"
                raise DockerUnavailableError(message)
            received += piece
        head, _, rest = received.partition(b"\r\n\r\n")
        if head.split(b" ", 2)[1:2] != [b"200"]:
            raise DockerUnavailableError(_first_line(head))
        return rest

    def fileno(self) -> int:
        """Return the file descriptor, for a selector."""
        return self.connection.fileno()

    def read(self) -> list[tuple[str, str, str, str]]:
        """Return the (action, container id, instance, host) that have arrived.

        Raises:
            DockerUnavailableError: the stream has ended.
        """
        try:
            piece = self.connection.recv(1 << 16)
        except BlockingIOError:
            piece = None
        except OSError as error:
            raise DockerUnavailableError(str(error)) from error
        if piece == b"":
            message = "the event stream ended"
            raise DockerUnavailableError(message)
        *lines, self._buffer = (self._buffer + (piece or b"")).split(b"\n")
        events = (json.loads(line) for line in lines if line.strip())
        actors = [(event["Action"], event["Actor"]["ID"], event["Actor"]["Attributes"]) for event in events]
        return [(action, it, named.get(INSTANCE, ""), named.get(HOST, "")) for action, it, named in actors]

    def close(self) -> None:
        """End the subscription."""
        self.connection.close()


def socket_group() -> int:
    """Return the group that may use Docker's socket: the same may use the helper's."""
    return os.stat(SOCKET).st_gid
