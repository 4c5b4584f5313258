"""Locks: two programs exclude each other, whoever comes second is told who is first, and a killed one holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.core.errors import LabError, MachineError
from orchestrator.instances.locks import BusyError, Holder, Locks, holder_of

pytestmark = pytest.mark.slow

LAB = "moved-desks-1a2b"
HOLD = """
import sys
from pathlib import Path
from orchestrator.instances.locks import Locks
own, shared, subject = sys.argv[-3:]
locks = Locks(Path(own), Path(shared))
with locks.exclusive(subject) if subject != "-" else locks.exclusive_with_all():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lock"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The file that the fabric helper makes."""
    path = tmp_path / "lock"
    path.touch()
    return path


@pytest.fixture
def locks(own: Path, shared: Path) -> Locks:
    return Locks(own, shared, patience=0)


@contextmanager
def another(own: Path, shared: Path, subject: str = LAB) -> Iterator[subprocess.Popen[str]]:
    """Have another program hold a lock within the block, or all of them ("-")."""
    command = [sys.executable, "-c", HOLD, "breakfix", "reset", str(own), str(shared), subject]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_one_is_told_who_is_the_first(locks: Locks, own: Path, shared: Path) -> None:
    with another(own, shared) as process, pytest.raises(BusyError) as raised, locks.exclusive(LAB):
        raise AssertionError
    told = raised.value
    assert told.holder.pid == process.pid
    assert told.holder.since is not None
    for text in (told.text.fr, told.text.en):
        assert LAB in text
        assert "breakfix reset" in text
        assert str(process.pid) in text
        assert f"{told.holder.since:%H:%M:%S}" in text
    assert f"kill {process.pid}" in (told.hint.fr if told.hint else "")
    assert isinstance(told, LabError)


def test_two_instances_do_not_meet(locks: Locks, own: Path, shared: Path) -> None:
    with another(own, shared), locks.exclusive("moved-desks-3c4d"):
        pass


def test_a_killed_program_holds_nothing(locks: Locks, own: Path, shared: Path) -> None:
    with another(own, shared) as process:
        process.kill()
        process.wait()
        with locks.exclusive(LAB):
            pass


def test_it_is_free_after_the_block_whatever_ended_it(locks: Locks, own: Path, shared: Path) -> None:
    with pytest.raises(KeyError), locks.exclusive(LAB):
        raise KeyError
    with another(own, shared):
        pass


def test_a_short_work_is_waited_for(own: Path, shared: Path) -> None:
    with another(own, shared) as process:
        threading.Timer(0.05, process.kill).start()
        with Locks(own, shared, patience=30).exclusive(LAB):
            pass


def test_all_excludes_each_and_each_excludes_all(locks: Locks, own: Path, shared: Path) -> None:
    with another(own, shared, "-"), pytest.raises(BusyError, match="moved-desks"), locks.exclusive(LAB):
        raise AssertionError
    with another(own, shared) as process, pytest.raises(BusyError) as raised, locks.exclusive_with_all():
        raise AssertionError
    assert raised.value.holder.pid == process.pid
    assert raised.value.text.fr.startswith("Un lab est occupé")


def test_two_users_meet_in_the_helper_s_file(shared: Path, tmp_path: Path) -> None:
    mine = Locks(tmp_path / "alice", shared, patience=0)
    with another(tmp_path / "bob", shared):
        with pytest.raises(BusyError), mine.exclusive(LAB):
            raise AssertionError
        with mine.exclusive("moved-desks-3c4d"):
            pass
    with mine.exclusive(LAB):  # nothing was kept of the attempt
        pass


def test_without_the_helper_s_file_the_user_s_own_counts(own: Path, tmp_path: Path) -> None:
    locks = Locks(own, tmp_path / "absent", patience=0)
    with another(own, tmp_path / "absent"), pytest.raises(BusyError), locks.exclusive(LAB):
        raise AssertionError
    assert not (tmp_path / "absent").exists()


def test_a_process_shares_its_locks(locks: Locks, own: Path, shared: Path) -> None:
    """A proof that is called off removes the labs on which its own threads are at work."""
    with locks.exclusive(LAB):
        with Locks(own, shared, patience=0).exclusive(LAB):
            pass
        command = [sys.executable, "-c", HOLD, str(own), str(shared), LAB]
        refused = subprocess.run(command, input="", capture_output=True, text=True, check=False)
        assert "BusyError" in refused.stderr, "the inner block has not given it back"
        with pytest.raises(BusyError), locks.exclusive_nowait(LAB):
            raise AssertionError
    with locks.exclusive_nowait(LAB):
        pass


def test_who_gives_way_keeps_nobody_from_an_instance(locks: Locks, own: Path, shared: Path) -> None:
    """A trainee's check beside a grading of the class board runs at once, and that grading ends."""
    with locks.giving_way(LAB) as go_on:
        go_on()
        with another(own, shared) as process:  # which says that it holds the lock: it did not wait
            with pytest.raises(BusyError) as raised:
                go_on()
            assert raised.value.holder.pid == process.pid
    with another(own, shared):
        pass


@pytest.mark.parametrize("subject", [LAB, "-"])
def test_who_gives_way_does_not_wait(own: Path, shared: Path, subject: str) -> None:
    patient = Locks(own, shared, patience=3600)
    with another(own, shared, subject), pytest.raises(BusyError), patient.giving_way(LAB):
        raise AssertionError


def test_of_those_who_give_way_one_is_at_work(locks: Locks, own: Path, shared: Path) -> None:
    with locks.giving_way(LAB), locks.giving_way("moved-desks-3c4d"):
        with pytest.raises(BusyError), locks.giving_way(LAB):
            raise AssertionError
        command = [sys.executable, "-c", HOLD.replace("exclusive(subject)", "giving_way(subject)")]
        refused = subprocess.run([*command, str(own), str(shared), LAB], input="", capture_output=True, text=True)  # noqa: PLW1510
        assert "BusyError" in refused.stderr
    with locks.giving_way(LAB):
        pass


def test_a_user_of_another_home_ends_who_gives_way(shared: Path, tmp_path: Path) -> None:
    mine = Locks(tmp_path / "alice", shared, patience=0)
    with pytest.raises(BusyError), mine.giving_way(LAB) as go_on, another(tmp_path / "bob", shared):
        go_on()


def test_no_file_stays_open(locks: Locks, own: Path, shared: Path) -> None:
    def lock_files() -> int:
        links = (str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
        return sum(link in {str(own), str(shared)} for link in links)

    with locks.exclusive(LAB), locks.exclusive("moved-desks-3c4d"):
        assert lock_files() == 2
    with another(own, shared), pytest.raises(BusyError), locks.exclusive(LAB):
        raise AssertionError
    assert lock_files() == 0


def test_a_place_that_cannot_be_written_is_named_where_there_is_no_other(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "file").touch()
    impossible = tmp_path / "file" / "lock"
    with pytest.raises(MachineError, match="Cannot write"), Locks(impossible).exclusive(LAB):
        raise AssertionError
    with Locks(impossible, shared).exclusive(LAB):
        pass


def test_a_holder_is_described_as_far_as_it_is_known() -> None:
    me = holder_of(os.getpid())
    assert me.pid == os.getpid()
    assert me.command, "however the tests were started"
    assert me.user
    assert me.since is not None
    nobody = holder_of(0)
    assert (nobody.text.fr, nobody.text.en) == ("un autre programme", "another program")
    assert Holder(12).text.en == "a program (process 12)"
    assert Holder(12, "breakfix check", "bob").text.fr == "« breakfix check » (processus 12 de bob)"
