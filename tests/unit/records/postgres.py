"""A PostgreSQL of the tests' own: made and run from Debian's package, reached by a Unix socket, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from orchestrator.core.waiting import wait_until

DEADLINE_S = 120


def programs() -> Path:
    """Return the folder with the newest server's programs; the launcher's ``test`` installs one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parents[1].name))
    assert found, "Debian's package postgresql is not installed: './breakfix test' does that"
    return found[-1].parent


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server; give the start of the address of its databases, to which ``name`` in ``…{name}…`` is added."""
    folder = Path(tempfile.mkdtemp(prefix="breakfix-pg-", dir="/tmp"))
    account: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to be root's
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        account = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    bin_, data = programs(), folder / "data"
    making: list[str | Path] = [
        bin_ / "initdb",
        "-D",
        data,
        "-U",
        "breakfix",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    try:
        subprocess.run(making, check=True, capture_output=True, cwd=folder, **account)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [bin_ / "postgres", "-D", data, "-k", folder, *options], stdout=log, stderr=log, cwd=folder, **account
            )
        try:
            _until_ready(bin_, folder, running)
            yield f"postgresql://breakfix@/{{name}}?host={quote(str(folder), safe='')}"
        finally:
            running.terminate()  # waits for connections that are still open; those are a test's mistake
            try:
                running.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _until_ready(bin_: Path, folder: Path, running: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert running.poll() is None, (folder / "log").read_text()
        return subprocess.run([bin_ / "pg_isready", "-q", "-h", folder], check=False).returncode == 0

    assert wait_until(answers, within=DEADLINE_S), (folder / "log").read_text()
