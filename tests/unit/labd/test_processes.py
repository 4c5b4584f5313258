"""labd as a process: its socket, the keeper that it starts, how it is ended and how it is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError
from orchestrator.core.paths import state_folder
from orchestrator.labd import account_contract, calls
from orchestrator.labd.command_client import CommandClient
from orchestrator.labd.command_door import door_of
from orchestrator.labd.keeper_start import KeeperStart
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.labd_socket import labd_socket
from tests.labd_talk import end_keeper, labd_process

pytestmark = pytest.mark.slow


def test_one_labd_listens_at_a_time(folder: Path) -> None:
    path = folder / "labd.sock"
    with labd_socket(path, None):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(MachineError, match="listens at"), labd_socket(path, None):
            pass
        assert path.exists()
    assert not path.exists()


def test_a_socket_that_was_left_is_replaced_and_may_be_a_groups(folder: Path) -> None:
    path = folder / "labd.sock"
    path.write_text("what a killed one left")
    with labd_socket(path, os.getgid()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.stat().st_gid == os.getgid()


def test_a_place_that_cannot_be_used_is_told(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(MachineError, match="Cannot listen"), labd_socket(folder / "file" / "labd.sock", None):
        pass


def test_a_keeper_that_does_not_start_is_told(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(MachineError, match="does not start"):
        KeeperStart(folder / "keeper.sock", folder / "file").ensure()


def first_link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    link: str = json.loads(process.stdout.readline())["first_link"]["link"]
    return link


@pytest.mark.slow
def test_labd_is_ended_and_killed_and_its_keeper_stays(folder: Path) -> None:
    async def signed_in(link: str) -> calls.Who:
        client = LabdClient(folder / "socket")
        try:
            done = await client.call(
                account_contract.USE_LINK, account_contract.UseLink(link, "a long enough password")
            )
            return await client.call(account_contract.ME, calls.Nothing(), done.token)
        finally:
            await client.close()

    keeper = KeeperStart(folder / "keeper", folder / "recordings")
    try:
        with labd_process(folder) as killed:
            first_link(killed)
            killed.kill()
        assert keeper._answers(), "it has a session of its own"
        with labd_process(folder) as process:
            who = asyncio.run(signed_in(first_link(process)))
            assert who.roles == ("administrator",)
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
        assert keeper._answers()
        assert not (folder / "socket").exists()
        with labd_process(folder) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.stdout.read() == "", "an administrator has a password: there is no first link any more"
    finally:
        end_keeper(folder / "keeper")


@pytest.mark.slow
def test_the_command_line_finds_labd_as_long_as_it_runs(folder: Path) -> None:
    """One that was killed has left its door: a command that knocks there goes on, and the next labd opens its own."""
    state = state_folder({"XDG_STATE_HOME": str(folder / "state")})
    try:
        with labd_process(folder) as process:
            first_link(process)
            killed = door_of(state)
            assert killed is not None
            assert (folder / "socket").samefile(killed.socket)
            assert CommandClient(state).waiting() == ()
            process.kill()
            process.wait()
            assert door_of(state) == killed
            assert CommandClient(state).waiting() == ()
            CommandClient(state).acted("no-such-lab", "works")
        with labd_process(folder) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            opened = door_of(state)
            assert opened is not None
            assert opened.key != killed.key
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
        assert door_of(state) is None
    finally:
        end_keeper(folder / "keeper")
