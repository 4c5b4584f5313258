"""What a user is told when Docker cannot be used; no Docker is needed."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from orchestrator.core.errors import BreakfixError, ExitCode, LabError, MachineError
from orchestrator.engine import refusals
from orchestrator.engine.docker_engine import DockerEngine
from orchestrator.engine.engine_interface import ImageInUseError, NameTakenError, NoSuchContainerError, NoSuchImageError


def refused(address: str) -> MachineError:
    with pytest.raises(MachineError) as caught:
        DockerEngine(address)
    assert caught.value.hint
    assert caught.value.exit_code == ExitCode.MACHINE
    return caught.value


@contextmanager
def daemon(socket: Path, version: str) -> Iterator[None]:
    """Something that answers every request with a version of Docker."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = f'{{"ApiVersion": "1.40", "Version": "{version}"}}'.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return "test"

    with socketserver.ThreadingUnixStreamServer(str(socket), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_a_missing_socket_is_told(tmp_path: Path) -> None:
    error = refused(f"unix://{tmp_path}/docker.sock")
    assert f"{tmp_path}/docker.sock (No such file or directory)" in error.text.fr


def test_a_daemon_that_does_not_listen_is_told(tmp_path: Path) -> None:
    with daemon(tmp_path / "docker.sock", "28.0.0"):
        pass
    assert "Connection refused" in refused(f"unix://{tmp_path}/docker.sock").text.en


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_a_user_without_the_right_is_told_how_to_get_it(tmp_path: Path) -> None:
    with daemon(tmp_path / "docker.sock", "28.0.0"):
        (tmp_path / "docker.sock").chmod(0)
        error = refused(f"unix://{tmp_path}/docker.sock")
    assert error.hint
    assert "usermod -aG docker" in error.hint.en


def test_a_permission_error_is_recognised_behind_others() -> None:
    error = ConnectionError("aborted", PermissionError(13, "Permission denied"))
    hint = refusals.unreachable(error, "/var/run/docker.sock").hint
    assert hint
    assert "usermod" in hint.fr


def test_an_old_docker_is_refused(tmp_path: Path) -> None:
    with daemon(tmp_path / "docker.sock", "19.03.15"):
        error = refused(f"unix://{tmp_path}/docker.sock")
    assert "19.03.15" in error.text.en
    assert "20.10" in error.text.fr


def test_a_new_docker_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with daemon(tmp_path / "docker.sock", "26.1.5+dfsg1"):
        DockerEngine().close()


def test_a_docker_elsewhere_is_refused() -> None:
    assert "tcp://10.0.0.1" in refused("tcp://10.0.0.1:2375").text.en


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "No such container: pc1", NoSuchContainerError),
        (404, "No such image: breakfix/host:1", NoSuchImageError),
        (409, 'Conflict. The container name "/pc1" is already in use by container "ab"', NameTakenError),
        (409, "conflict: unable to remove (must be forced) - container ab is using its image", ImageInUseError),
        (409, "conflict: unable to delete ab (cannot be forced) - image has dependent child images", ImageInUseError),
        (500, "write /var/lib/docker/x: no space left on device", MachineError),
        (500, "something else", LabError),
    ],
)
def test_each_refusal_has_its_class(status: int, message: str, kind: type[BreakfixError]) -> None:
    error = refusals.refusal(status, message, "pc1")
    assert type(error) is kind


def test_a_refusal_keeps_dockers_words() -> None:
    assert refusals.refusal(500, "something else", "pc1").evidence == "something else"


MESSAGES: list[Callable[[], BreakfixError]] = [refusals.no_space, lambda: refusals.silent(60.0)]


@pytest.mark.parametrize("make", MESSAGES)
def test_each_has_a_next_step(make: Callable[[], BreakfixError]) -> None:
    assert make().hint
