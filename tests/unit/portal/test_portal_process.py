"""The portal's process, over a real socket."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from orchestrator.portal.portal_process import main

pytestmark = pytest.mark.slow


def test_it_serves_at_a_socket_it_is_given_and_ends_when_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        command = [
            sys.executable,
            "-m",
            "orchestrator.portal",
            "--labd",
            str(tmp_path / "labd.sock"),
            "--origin",
            origin,
        ]
        fd = listening.fileno()
        with subprocess.Popen(
            [*command, "--fd", str(fd), "--origin", origin], pass_fds=(fd,), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            patience = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert patience == 30_000, "the kernel ends a line on which nobody answers: accepted ones have it from here"
            assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            answer = httpx.get(f"{origin}/sign-in")
            assert answer.status_code == 200
            assert "server" not in answer.headers
            assert "date" in answer.headers
            assert answer.headers["set-cookie"].startswith("breakfix-key=")
            limits = Path(f"/proc/{process.pid}/limits").read_text().split("Max open files")[1].split()
            assert int(limits[0]) == min(1 << 15, int(limits[1]))
            assert httpx.get(f"{origin}/", headers={"Host": "evil.test"}).status_code == 421
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) in {0, -signal.SIGTERM}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "0", "--origin", "http://portal.test"),
        ("--origin", "https://portal.test"),
        ("--port", "0", "--fd", "3", "--origin", "https://portal.test"),
        ("--port", "0", "--tls-cert", "cert.pem", "--origin", "https://portal.test"),
    ],
)
def test_a_wrong_start_says_what_is_asked_for(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--labd", "labd.sock", *arguments]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
