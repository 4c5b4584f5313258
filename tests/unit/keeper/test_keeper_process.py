"""How a keeper starts, refuses to start, and ends."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from orchestrator.keeper.keeper_client import KeeperDownError
from tests.unit.keeper.terminals import (
    ENVIRONMENT,
    WITHIN,
    Running,
    Terminals,
    arguments,
    new_lab,
    run,
    shown_until,
    started,
)

pytestmark = pytest.mark.slow

MEMORY = 20 << 10
"""Kilobytes that an idle keeper may use."""


def refused(folder: Path) -> str:
    done = subprocess.run(
        arguments(folder), capture_output=True, text=True, check=False, timeout=WITHIN, env=ENVIRONMENT
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_its_place_is_its_users_alone_and_its_memory_small(tmp_path: Path) -> None:
    with started(tmp_path) as keeper:
        assert stat.S_IMODE(keeper.socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(keeper.socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(keeper.recordings.stat().st_mode) == 0o700
        assert keeper.memory() <= MEMORY


def test_one_keeper_is_enough(tmp_path: Path) -> None:
    with started(tmp_path) as keeper:
        assert "another keeper" in refused(tmp_path)
        (keeper.folder / "s" / "keeper.lock").unlink()
        assert "another keeper" in refused(tmp_path), "it answers, though its lock is gone"
        assert run(keeper.client.terminals()) == ()


def test_what_a_killed_keeper_left_is_replaced(tmp_path: Path) -> None:
    with started(tmp_path) as keeper:
        keeper.process.kill()
        keeper.process.wait(WITHIN)
        assert keeper.socket.exists()
    with started(tmp_path) as keeper:
        assert run(keeper.client.terminals()) == ()


def test_it_starts_only_where_it_is_alone_and_harms_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir(mode=0o755)
    assert "chmod 700" in refused(tmp_path)
    folder.chmod(0o700)
    (folder / "keeper").write_text("a file of somebody's")
    assert "is no socket" in refused(tmp_path)
    assert (folder / "keeper").read_text() == "a file of somebody's"
    assert "too long" in refused(tmp_path / ("x" * 100))
    (folder / "keeper").unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(folder / "keeper"))
        other.listen()
        assert "another keeper" in refused(tmp_path)
    assert subprocess.run(arguments(tmp_path)[:-2], capture_output=True, check=False, env=ENVIRONMENT).returncode == 2


def test_it_goes_on_when_nobody_reads_its_complaints(tmp_path: Path, terminals: Terminals) -> None:
    """Whoever started it, and read what it says, may be killed; then a recording cannot be made."""

    async def test() -> None:
        with (
            subprocess.Popen(
                arguments(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
            ) as process,
        ):
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == "ready\n"
            process.stderr.close()
            process.stdout.close()
            keeper = Running(process, tmp_path)
            lab = new_lab()
            (keeper.recordings / lab).symlink_to(tmp_path)
            kept, _ = await terminals.keep(keeper.client, lab, "cat")
            async with keeper.client.attach(kept, None) as viewer:
                await viewer.type(b"still\n")
                await shown_until(viewer, b"still\r\nstill")
            process.terminate()
            assert process.wait(WITHIN) == 0

    run(test())


def test_only_sigterm_ends_it_and_hangs_all_up(tmp_path: Path, terminals: Terminals) -> None:
    async def test() -> None:
        with started(tmp_path) as keeper:
            kept, cat = await terminals.keep(keeper.client, new_lab(), "cat")
            keeper.process.send_signal(signal.SIGHUP)
            keeper.process.send_signal(signal.SIGINT)
            async with keeper.client.attach(kept, None) as viewer:
                await viewer.type(b"still\n")
                await shown_until(viewer, b"still\r\nstill")
                keeper.process.terminate()
                with pytest.raises(KeeperDownError):
                    await anext(viewer)
                await viewer.type(b"to nobody")
            assert cat.wait(WITHIN) == -signal.SIGHUP
            assert keeper.process.wait(WITHIN) == 0
            assert not keeper.socket.exists()
            recording = next(keeper.recordings.rglob("*.cast"))
            assert "still" in recording.read_text()
            assert stat.S_IMODE(recording.stat().st_mode) == 0o600

    run(test())
