"""A labd that only listens: what the command line tells it is kept, in order; what it answers, a test says."""

from __future__ import annotations

import json
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from orchestrator.core.paths import state_folder
from orchestrator.labd.calls import VERSION
from orchestrator.labd.command_door import CommandDoor, open_door

KEY = "the key of this labd"


class Listening(socketserver.ThreadingUnixStreamServer):
    """Answers each call with ``status`` and ``answer``."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.heard: list[tuple[str, str]] = []
        self.keys: set[str] = set()
        self.status = 200
        self.answer: Any = {}
        self.may_answer = threading.Event()
        self.may_answer.set()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        labd = self.server
        assert isinstance(labd, Listening)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        labd.heard.append((asked.get("act", self.path.rpartition("/")[2]), asked.get("lab", "")))
        labd.keys.add(self.headers["Authorization"])
        labd.may_answer.wait(60)
        body = json.dumps(labd.answer).encode()
        self.send_response(labd.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "the command line"


@contextmanager
def listening(version: int = VERSION) -> Iterator[Listening]:
    """Run such a labd for the user's state folder within the block."""
    with tempfile.TemporaryDirectory(prefix="labd-") as folder:
        labd = Listening(Path(folder) / "socket")
        open_door(state_folder(), CommandDoor(f"{folder}/socket", version, KEY))
        serving = threading.Thread(target=labd.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield labd
        finally:
            labd.may_answer.set()
            labd.shutdown()
            serving.join()
            labd.server_close()
