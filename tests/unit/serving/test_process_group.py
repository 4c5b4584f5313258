"""Real processes, small ones: started in order, again after a crash, ended in reverse order, gone with their parent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.waiting import wait_until
from orchestrator.serving import bounded_log
from orchestrator.serving.process_entry import Entry, hidden_top
from orchestrator.serving.process_group import (
    GroupEvent,
    NotReadyError,
    ProcessGroup,
    RestartPace,
    ServedProcess,
)

pytestmark = pytest.mark.slow

STAYS = "import signal; print('ready', flush=True); signal.pause()"
TELLS = 'print("ready\\n{\\"first_link\\": 1}\\n{broken", flush=True); import signal; signal.pause()'
CRASHES = "print('ready', flush=True); raise SystemExit(7)"
LOUD = "print('ready', flush=True); print('x' * 200_000); print('{\"a\":' * 9_000, flush=True); raise SystemExit(7)"
NEVER_READY = "import signal; signal.pause()"
FAILS = "raise SystemExit('no such socket')"
IGNORES = "import signal; signal.signal(15, signal.SIG_IGN); print('ready', flush=True)\nwhile True: signal.pause()"
QUICK = RestartPace(first=0.01, longest=0.04, ready=60)

React = Callable[[ProcessGroup, GroupEvent], None]


def process(folder: Path, name: str, code: str, patience: float = 60) -> ServedProcess:
    entry = Entry(os.getpid(), signal.SIGTERM)
    program = (sys.executable, "-S", "-c", code)
    return ServedProcess(name, program, entry, dict(os.environ), folder / f"{name}.log", patience=patience)


def run(processes: list[ServedProcess], react: React, pace: RestartPace = QUICK) -> list[GroupEvent]:
    """Run a group whose events may end it, and return them."""
    events: list[GroupEvent] = []

    async def whole() -> None:
        def tell(event: GroupEvent) -> None:
            events.append(event)
            react(group, event)

        group = ProcessGroup(processes, tell, pace)
        await group.run()

    asyncio.run(whole())
    return events


def stop_when(kind: str, name: str, times: int = 1) -> React:
    left = [times]

    def react(group: ProcessGroup, event: GroupEvent) -> None:
        if (event.kind, event.name) == (kind, name):
            left[0] -= 1
            if not left[0]:
                group.stop()

    return react


def gone(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "Z"
    return True


def test_in_order_and_back(tmp_path: Path) -> None:
    events = run([process(tmp_path, "labd", STAYS), process(tmp_path, "portal", STAYS)], stop_when("ready", "portal"))
    assert [(event.kind, event.name) for event in events] == [
        ("ready", "labd"),
        ("ready", "portal"),
        ("ending", "portal"),
        ("ended", "portal"),
        ("ending", "labd"),
        ("ended", "labd"),
    ]
    assert all(gone(event.pid) for event in events)


def test_what_one_tells(tmp_path: Path) -> None:
    events = run([process(tmp_path, "labd", TELLS)], stop_when("told", "labd"))
    assert [event.document for event in events if event.kind == "told"] == [{"first_link": 1}]


def test_a_crashed_one_is_started_again_with_growing_waits(tmp_path: Path) -> None:
    processes = [process(tmp_path, "labd", STAYS), process(tmp_path, "portal", CRASHES)]
    events = run(processes, stop_when("crashed", "portal", 4))
    crashes = [event for event in events if event.kind == "crashed"]
    assert [(crash.status, crash.wait) for crash in crashes] == [(7, 0.01), (7, 0.02), (7, 0.04), (7, 0.04)]
    assert len({event.pid for event in events if event.name == "labd"}) == 1


def test_one_that_says_endlessly_much_ends_no_other(tmp_path: Path) -> None:
    processes = [process(tmp_path, "labd", STAYS), process(tmp_path, "portal", LOUD)]
    events = run(processes, stop_when("crashed", "portal", 2))
    assert [event.status for event in events if event.kind == "crashed"] == [7, 7]
    assert [event.document for event in events if event.kind == "told"] == []


def test_one_that_fails_at_first_ends_all(tmp_path: Path) -> None:
    events: list[GroupEvent] = []
    with pytest.raises(NotReadyError) as failed:
        run(
            [process(tmp_path, "labd", STAYS), process(tmp_path, "portal", FAILS)],
            lambda _group, event: events.append(event),
        )
    assert "no such socket" in failed.value.evidence
    assert [(event.kind, event.name) for event in events] == [
        ("ready", "labd"),
        ("ending", "labd"),
        ("ended", "labd"),
    ]


def test_one_that_is_never_ready_is_killed(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="status -9"):
        run([process(tmp_path, "labd", NEVER_READY)], lambda *_: None, RestartPace(ready=0.2))


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    events = run([process(tmp_path, "labd", IGNORES, patience=0.1)], stop_when("ready", "labd"))
    assert [event.kind for event in events] == ["ready", "ending", "killed"]
    assert gone(events[0].pid)


def test_asked_again_it_is_killed_at_once(tmp_path: Path) -> None:
    def react(group: ProcessGroup, event: GroupEvent) -> None:
        if event.kind in {"ready", "ending"}:
            group.stop()

    events = run([process(tmp_path, "labd", IGNORES)], react)
    assert [event.kind for event in events] == ["ready", "ending", "killed"]


def test_a_log_that_has_grown_large_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "labd.log"
    log.write_bytes(b"x" * (5 << 20))
    run([process(tmp_path, "labd", STAYS)], stop_when("ready", "labd"))
    assert log.stat().st_size == 0
    assert (tmp_path / "labd.old.log").stat().st_size == bounded_log.LARGEST


def test_a_log_that_grows_while_its_program_runs_is_put_aside_and_goes_on(tmp_path: Path) -> None:
    log, aside = tmp_path / "labd.log", tmp_path / "labd.old.log"
    wants = f"import time, pathlib\nwhile not pathlib.Path({str(aside)!r}).exists(): time.sleep(0.01)\n"
    # One small write makes the log too large: of a large one, a part may be put aside before the rest is written.
    loud = (
        f"import sys; sys.stderr.write('first ' + 'x' * {bounded_log.LARGEST - 6}); sys.stderr.flush()\n"
        "sys.stderr.write('x last'); sys.stderr.flush()\n"
        f"{wants}sys.stderr.write('more'); sys.stderr.flush(); {STAYS}"
    )
    pace = RestartPace(first=0.01, longest=0.04, ready=60, logs=0.01)
    run([process(tmp_path, "labd", loud)], stop_when("ready", "labd"), pace)
    assert log.read_text() == "more"
    assert aside.stat().st_size == bounded_log.LARGEST
    assert aside.read_text().endswith("x last")
    assert aside.stat().st_mode & 0o777 == 0o600


# Entering a program ---------------------------------------------------------------------------------------

PARENT = """
import os, signal, subprocess, sys
from orchestrator.serving.process_entry import Entry
entry = Entry(os.getpid(), signal.SIGKILL)
child = subprocess.Popen(entry.command([sys.executable, "-S", "-c", sys.argv[1]]), stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
signal.pause()
"""


def test_a_killed_parent_leaves_no_process() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, IGNORES], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    assert wait_until(lambda: gone(child), within=30)


def test_a_process_whose_parent_is_gone_already_does_not_begin() -> None:
    command = Entry(1 << 22, signal.SIGTERM).command([sys.executable, "-c", "print('begun')"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (125, "")


STATUS = "print(open('/proc/self/status').read())"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up rights")
def test_what_is_entered_as_somebody_has_no_rights_left() -> None:
    entry = Entry(os.getpid(), signal.SIGTERM, user=65534, group=65534)
    command = entry.command(["/usr/bin/python3", "-S", "-c", STATUS])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    fields = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["65534"] * 4
    assert fields["Gid"].split() == ["65534"] * 4
    assert fields["Groups"].strip() == ""
    assert fields["NoNewPrivs"] == "1"
    assert {fields[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0000000000000000"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up rights")
def test_what_is_entered_as_somebody_fills_no_disk_with_its_log(tmp_path: Path) -> None:
    entry = Entry(os.getpid(), signal.SIGTERM, user=65534, group=65534)
    log = tmp_path / "log"
    with log.open("wb") as stream:
        os.truncate(stream.fileno(), (64 << 20) - 1)  # a hole, nothing is written
        stream.seek(0, os.SEEK_END)
        command = entry.command(["/usr/bin/python3", "-S", "-c", "import os; os.write(2, b'ab'); os.write(2, b'c')"])
        done = subprocess.run(command, stderr=stream, check=False)
    assert done.returncode == 1
    assert log.stat().st_size == 64 << 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root shows what is closed")
def test_a_program_in_a_closed_folder_is_shown_alone_and_read_only(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    program = closed / "checkout"
    program.mkdir(parents=True)
    (program / "code").write_text("here")
    (closed / "secret").write_text("private")
    tmp_path.chmod(0o755)
    closed.chmod(0o700)
    assert hidden_top(program) is not None
    code = f"""
import os
print(open({str(program / "code")!r}).read(), os.path.exists({str(closed / "secret")!r}))
try: open({str(program / "code")!r}, "w")
except OSError as error: print(error.errno)
"""
    entry = Entry(os.getpid(), signal.SIGTERM, user=65534, group=65534, shown=(program,))
    command = entry.command(["/usr/bin/python3", "-S", "-c", code])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["here", "False", "30"], done.stderr
    assert (closed / "secret").read_text() == "private"
