"""The helper's few questions to Docker, asked of a small server that answers as Docker does (HTTP/1.0, no chunks)."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from orchestrator.fabric.helper import dockerd
from orchestrator.fabric.helper.dockerd import DockerUnavailableError, Events, HostContainer

WIRING = {"segments": ["office"], "interfaces": [{"name": "eth0", "segment": "office", "mac": "02:bf:00:00:00:01"}]}
LABELS = {
    "breakfix.kind": "host",
    "breakfix.instance": "demo-1a2b",
    "breakfix.host": "pc1",
    "breakfix.wiring": json.dumps(WIRING),
}


class Daemon:
    """Answers each request with what a test put under its path; ``b""`` hangs up without an answer."""

    def __init__(self, path: Path) -> None:
        self.answers: dict[str, bytes | Callable[[socket.socket], None]] = {}
        self.asked: list[str] = []
        self.open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in self.open:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            method, target, version = request.split(b"\r\n", 1)[0].decode().split(" ")
            assert version == "HTTP/1.0"
            self.asked.append(target if method == "GET" else f"{method} {target}")
            answer = self.answers.get(urlsplit(target).path, reply(404, {"message": "page not found"}))
            if callable(answer):
                self.open.append(connection)
                answer(connection)
                continue
            with connection:
                connection.sendall(answer)

    def filters(self) -> Any:  # noqa: ANN401 - what JSON gives
        """The filters of the last request."""
        return json.loads(parse_qs(urlsplit(self.asked[-1]).query)["filters"][0])


def reply(status: int, body: object) -> bytes:
    text = json.dumps(body).encode()
    head = f"HTTP/1.0 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text


def inspected(*, running: bool = True, pid: int = 77, labels: dict[str, str] | None = LABELS) -> bytes:
    return reply(
        200, {"Id": "abc", "State": {"Running": running, "Pid": pid}, "Config": {"Labels": labels, "Image": "host"}}
    )


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    path = tmp_path / "docker.sock"
    monkeypatch.setattr(dockerd, "SOCKET", str(path))
    made = Daemon(path)
    yield made
    made.close()


def test_the_answer_is_read_to_its_end(daemon: Daemon) -> None:
    large = {"text": "x\r\n\r\n" * 60_000}
    daemon.answers["/info"] = reply(200, large)
    assert dockerd.get("/info") == large


def test_what_docker_does_not_know_is_none(daemon: Daemon) -> None:
    assert dockerd.get("/containers/gone/json") is None
    assert dockerd.inspect("gone") is None
    assert daemon.asked[-1] == "/containers/gone/json"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (reply(500, {"message": "internal"}), "500"),
        (b"", "no answer"),
        (b"HTTP/1.0", "HTTP/1.0"),
        (reply(200, {"Id": "abc"})[:-3], "cut short"),
        (reply(200, {})[:-2], "cut short"),
    ],
    ids=["500", "nothing", "half a header", "half a body", "no body"],
)
def test_an_answer_that_is_none_is_an_unavailable_docker(daemon: Daemon, answer: bytes, says: str) -> None:
    daemon.answers["/info"] = answer
    with pytest.raises(DockerUnavailableError, match=says):
        dockerd.get("/info")


def test_a_docker_that_does_not_listen_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dockerd, "SOCKET", str(tmp_path / "absent.sock"))
    for ask in (lambda: dockerd.get("/info"), dockerd.containers, Events):
        with pytest.raises(DockerUnavailableError, match="No such file"):
            ask()


def test_many_hosts_are_found_with_one_list(daemon: Daemon) -> None:
    named = {host: {**LABELS, "breakfix.host": host} for host in ("pc1", "pc2", "srv1")}
    daemon.answers["/containers/json"] = reply(200, [{"Id": host, "Labels": named[host]} for host in named])
    daemon.answers["/containers/pc1/json"] = inspected(labels=named["pc1"])
    daemon.answers["/containers/pc2/json"] = inspected(running=False, labels=named["pc2"])
    wanted = {("demo-1a2b", host) for host in ("pc1", "pc2", "absent")}
    assert dockerd.find_all(wanted) == {("demo-1a2b", "pc1"): HostContainer("abc", "demo-1a2b", "pc1", 77, WIRING)}
    assert [target.partition("?")[0] for target in daemon.asked] == [
        "/containers/json", "/containers/pc1/json", "/containers/pc2/json"
    ]  # fmt: skip
    daemon.asked.clear()
    assert (dockerd.find_all(set()), daemon.asked) == ({}, [])


def test_the_process_of_a_container_is_found_by_its_name(daemon: Daemon) -> None:
    daemon.answers["/containers/pause/json"] = inspected(pid=88)
    assert dockerd.process_of("pause") == 88
    daemon.answers["/containers/pause/json"] = inspected(running=False, pid=0)
    assert dockerd.process_of("pause") is None
    assert dockerd.process_of("gone") is None


def test_hosts_whose_start_failed_are_those_with_an_error(daemon: Daemon) -> None:
    daemon.answers["/containers/json"] = reply(200, [{"Id": "failed"}, {"Id": "ended"}, {"Id": "gone"}])
    daemon.answers["/containers/failed/json"] = reply(200, {"State": {"Error": "apparmor failed to apply profile"}})
    daemon.answers["/containers/ended/json"] = reply(200, {"State": {"Error": ""}})
    assert dockerd.failed() == ["failed"]
    target = next(asked for asked in daemon.asked if asked.startswith("/containers/json"))
    wanted = json.loads(parse_qs(urlsplit(target).query)["filters"][0])
    assert wanted == {"label": ["breakfix.kind=host"], "status": ["exited"]}


@pytest.mark.parametrize("status", [204, 304, 404])
def test_a_start_that_is_done_or_has_nothing_to_do_is_no_error(daemon: Daemon, status: int) -> None:
    daemon.answers["/containers/r1/start"] = reply(status, {})
    dockerd.start("r1")
    assert daemon.asked == ["POST /containers/r1/start"]


def test_a_start_that_is_refused_says_why(daemon: Daemon) -> None:
    daemon.answers["/containers/r1/start"] = reply(500, {"message": "no such profile"})
    with pytest.raises(DockerUnavailableError, match="no such profile"):
        dockerd.start("r1")


def test_a_running_host_is_read_from_its_labels(daemon: Daemon) -> None:
    daemon.answers["/containers/abc/json"] = inspected()
    assert dockerd.inspect("abc") == HostContainer("abc", "demo-1a2b", "pc1", 77, WIRING)


@pytest.mark.parametrize(
    "answer",
    [
        inspected(running=False, pid=0),
        inspected(pid=0),
        inspected(labels={**LABELS, "breakfix.kind": "fabric"}),
        inspected(labels={"breakfix.kind": "host"}),
        inspected(labels={}),
        inspected(labels=None),
    ],
    ids=["stopped", "without a process", "the helper itself", "half labelled", "unlabelled", "no labels at all"],
)
def test_what_is_no_running_host_is_none(daemon: Daemon, answer: bytes) -> None:
    daemon.answers["/containers/abc/json"] = answer
    assert dockerd.inspect("abc") is None


def test_a_name_cannot_lead_to_another_request(daemon: Daemon) -> None:
    assert dockerd.inspect("a b\r\nHost: x/../../images?all=1") is None
    target = urlsplit(daemon.asked[-1])
    assert target.query == ""
    assert unquote(target.path) == "/containers/a b\r\nHost: x/../../images?all=1/json"


def test_a_host_is_found_by_its_labels(daemon: Daemon) -> None:
    daemon.answers["/containers/json"] = reply(200, [{"Id": "dead"}, {"Id": "abc"}])
    daemon.answers["/containers/abc/json"] = inspected()
    found = dockerd.find("demo-1a2b", "pc1")
    assert found is not None
    assert found.pid == 77
    daemon.answers["/containers/json"] = reply(200, [])
    assert dockerd.find("demo-1a2b", "pc1") is None
    assert daemon.filters() == {"label": ["breakfix.kind=host", "breakfix.instance=demo-1a2b", "breakfix.host=pc1"]}


def test_every_host_is_listed_whether_it_runs_or_not(daemon: Daemon) -> None:
    daemon.answers["/containers/json"] = reply(
        200,
        [
            {"Id": "a", "Labels": LABELS, "State": "running"},
            {"Id": "b", "Labels": {**LABELS, "breakfix.instance": "other"}, "State": "exited"},
            {"Id": "c", "Labels": {"breakfix.kind": "host"}, "State": "created"},
        ],
    )
    assert dockerd.containers() == [("a", "demo-1a2b", True), ("b", "other", False), ("c", "", False)]
    assert daemon.filters() == {"label": ["breakfix.kind=host"]}
    assert "all=1" in daemon.asked[-1]


# Events ---------------------------------------------------------------------------------------------------

HEADER = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"


def event(action: str, container: str, **attributes: str) -> bytes:
    return json.dumps({"Action": action, "Actor": {"ID": container, "Attributes": attributes}}).encode() + b"\n"


START = event("start", "abc", **{"breakfix.instance": "demo-1a2b"})
DIE = event("die", "abc", **{"breakfix.instance": "demo-1a2b", "breakfix.host": "pc1", "exitCode": "137"})
DESTROY = event("destroy", "def")
PARSED = [("start", "abc", "demo-1a2b", ""), ("die", "abc", "demo-1a2b", "pc1"), ("destroy", "def", "", "")]


class Stream:
    """A subscription, and Docker's end of it."""

    def __init__(self, daemon: Daemon, first: bytes = HEADER) -> None:
        daemon.answers["/events"] = lambda connection: connection.sendall(first)
        self.events = Events()
        self.docker = daemon.open[-1]

    def read(self) -> list[tuple[str, str, str, str]]:
        """Wait until something has arrived, then read."""
        ready, _, _ = select.select([self.events], [], [], 10)
        assert ready
        return self.events.read()


@pytest.fixture
def stream(daemon: Daemon) -> Iterator[Stream]:
    made = Stream(daemon)
    yield made
    made.events.close()


def test_only_hosts_starts_and_ends_are_subscribed_to(daemon: Daemon, stream: Stream) -> None:
    assert stream.events.read() == []
    assert daemon.filters() == {
        "type": ["container"],
        "event": ["start", "die", "destroy"],
        "label": ["breakfix.kind=host"],
    }


def test_events_are_read_as_they_come(stream: Stream) -> None:
    stream.docker.sendall(START)
    assert stream.read() == PARSED[:1]
    stream.docker.sendall(DIE + b"\n" + DESTROY)
    assert stream.read() == PARSED[1:]
    assert stream.events.read() == []


@pytest.mark.parametrize("cut", [1, len(START) - 1, len(START), len(START) + 1, len(START + DIE) + 5])
def test_an_event_may_be_cut_anywhere(stream: Stream, cut: int) -> None:
    everything = START + DIE + DESTROY
    stream.docker.sendall(everything[:cut])
    seen = stream.read()
    assert len(seen) == everything[:cut].count(b"\n")
    stream.docker.sendall(everything[cut:])
    assert seen + stream.read() == PARSED


def test_an_event_that_comes_with_the_header_is_not_lost(daemon: Daemon) -> None:
    made = Stream(daemon, HEADER + START + DIE[:9])
    try:
        assert made.events.read() == PARSED[:1]
        made.docker.sendall(DIE[9:])
        assert made.read() == PARSED[1:2]
    finally:
        made.events.close()


def test_the_end_of_the_stream_is_told(stream: Stream) -> None:
    stream.docker.shutdown(socket.SHUT_RDWR)
    with pytest.raises(DockerUnavailableError, match="ended"):
        stream.read()


@pytest.mark.parametrize(
    ("first", "says"),
    [(reply(500, {"message": "no"}), "500"), (b"", "ended at once"), (HEADER[:20], "ended at once")],
    ids=["500", "nothing", "half a header"],
)
def test_a_subscription_that_is_refused_is_told(daemon: Daemon, first: bytes, says: str) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(first)
        connection.shutdown(socket.SHUT_RDWR)

    daemon.answers["/events"] = refuse
    with pytest.raises(DockerUnavailableError, match=says):
        Events()


def test_the_sockets_group_is_docker_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "docker.sock"
    place.touch()
    monkeypatch.setattr(dockerd, "SOCKET", str(place))
    assert dockerd.socket_group() == place.stat().st_gid
