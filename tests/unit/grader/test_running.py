"""How checks run: at the same time, evidence as it comes, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import grader
from grader.bilingual import text_of
from grader.job import GradeRequest
from grader.polling import eventually
from grader.report import CheckResult, Report
from grader.runner import forget, grade, prepare
from orchestrator.core.text import Text

pytestmark = pytest.mark.slow

Grade = Callable[..., Report]
MakeRequest = Callable[..., GradeRequest]

MEET = """
    from pathlib import Path
    HERE = Path(__file__).parent

    def meet(own, other):
        (HERE / own).touch()
        eventually(lambda: (HERE / other).exists(), within=20, every=0.01)

    @check("guard", fr="f", en="e", host="ws1")
    def test_a(): meet("a", "b")

    @check("guard", fr="f", en="e", host="web")
    def test_b(): meet("b", "c")

    @check("guard", fr="f", en="e")
    def test_c(): meet("c", "a")
"""

BLOCKS = """
    import subprocess
    from pathlib import Path
    HERE = Path(__file__).parent

    @check("guard", fr="f", en="e")
    def test_first(): pass

    @check("guard", fr="f", en="e", host="ws1")
    def test_blocks():
        child = subprocess.Popen(["sleep", "1000"])
        (HERE / "pids.new").write_text(f"{os.getppid()} {os.getpid()} {child.pid}")
        (HERE / "pids.new").rename(HERE / "pids")
        time.sleep(1000)  # not signal.pause: an alarm that only extends the limit would end it
"""


def running(pid: int) -> bool:
    """Return whether a process still runs; one that is dead but not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pids_in(folder: Path) -> list[int]:
    eventually((folder / "pids").exists, within=120, what="the check runs")
    return [int(p) for p in (folder / "pids").read_text().split()]


def all_gone(pids: list[int]) -> bool:
    return not any(running(p) for p in pids)


def test_groups_run_at_the_same_time(grading: Grade) -> None:
    assert grading(MEET).verdict == "repaired"


def test_one_worker_runs_all_the_same(grading: Grade) -> None:
    checks = '@check("guard", fr="f", en="e")\ndef test_{0}(): pass\n'
    report = grading("\n".join(checks.format(n) for n in range(5)), workers=1)
    assert [r.id.rpartition("_")[2] for r in report.results] == list("01234")


def test_checks_of_one_host_run_in_one_process_one_after_another(grading: Grade) -> None:
    report = grading("""
        seen = []

        @check("guard", fr="f", en="e", host="ws1")
        def test_a(): seen.append("a")

        @check("guard", fr="f", en="e", host="web")
        def test_other(): assert not seen

        @check("guard", fr="f", en="e", host="{{ 'ws1' }}")
        def test_b(): assert seen == ["a"]
    """)
    assert report.verdict == "repaired"


def test_results_come_in_the_order_of_the_checks(grading: Grade) -> None:
    seen: list[CheckResult] = []
    report = grading(MEET, on_result=seen.append)  # test_a ends last
    assert tuple(seen) == report.results
    assert [r.id.rpartition("_")[2] for r in seen] == list("abc")


def test_what_runs_now_is_told(grading: Grade) -> None:
    told: list[tuple[Text, ...]] = []
    grading(
        """
        @check("symptom", fr="premier", en="first", before_fr="avant", before_en="before", host="ws1")
        def test_a(): pass

        @check("symptom", fr="second", en="second", host="ws1")
        def test_b(): pass

        @check("guard", fr="troisième", en="third", host="ws1")
        def test_c(): pass
        """,
        on_running=told.append,
    )
    runs = [sentences for sentences in dict.fromkeys(told) if sentences]
    assert runs == [
        (Text(fr="avant", en="before"),),
        (Text(fr="second", en="second"),),
        (Text(fr="Ce qui marchait", en="What worked"),),
    ]
    assert told[-1] == ()


def test_what_a_check_started_ends_with_it(grading: Grade, tmp_path: Path) -> None:
    report = grading(BLOCKS, timeout=0.5)
    assert [r.outcome for r in report.results] == ["pass", "error"]
    eventually(lambda: all_gone(pids_in(tmp_path)), within=10, what="all processes are gone")


def test_a_grading_that_is_not_to_go_on_leaves_nothing(grading: Grade, tmp_path: Path) -> None:
    def go_on() -> None:
        if (tmp_path / "pids").exists():
            raise KeyError("somebody else is at work")

    with pytest.raises(KeyError):
        grading(BLOCKS, go_on=go_on)
    eventually(lambda: all_gone(pids_in(tmp_path)), within=10, what="all processes are gone")


def test_a_grading_that_goes_on_is_as_any_other(grading: Grade) -> None:
    asked: list[None] = []
    assert grading(MEET, go_on=lambda: asked.append(None)).verdict == "repaired"
    assert asked


def test_a_check_has_more_time_where_the_machine_becomes_busy(grading: Grade) -> None:
    """What it waits for is stretched by the load of that moment: its own limit must not come first."""
    report = grading(
        """
        from grader import load

        @check("guard", fr="f", en="e", host="ws1")
        def test_in_time():
            load._load = lambda _most: 12.0
            time.sleep(0.6)

        @check("guard", fr="f", en="e", host="web")
        def test_for_ever():
            load._load = lambda _most: 12.0
            time.sleep(1000)
        """,
        timeout=0.25,
    )
    first, second = report.results
    assert first.outcome == "pass"
    assert second.outcome == "error"
    assert second.evidence is not None
    told = re.search(r"did not end within ([\d.]+) s", second.evidence.en)
    assert told, second.evidence.en
    # Six times as long as it was given, and no longer; less by what is not worth extending where it was busy before.
    assert 1.4 <= float(told[1]) <= 1.5


def test_an_interrupted_grading_leaves_nothing(tmp_path: Path, request_for: MakeRequest) -> None:
    pids: list[int] = []

    def interrupt(_: CheckResult) -> None:
        pids.extend(pids_in(tmp_path))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(request_for(tmp_path, {"test_checks.py": BLOCKS}), on_result=interrupt)
    eventually(lambda: all_gone(pids), within=10, what="all processes are gone")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_program_leaves_nothing(tmp_path: Path, number: signal.Signals, request_for: MakeRequest) -> None:
    request = request_for(tmp_path, {"test_checks.py": BLOCKS})
    (tmp_path / "job").write_text(request.to_json())
    program = textwrap.dedent("""
        import pathlib, sys
        from grader.job import GradeRequest
        from grader.runner import grade
        grade(GradeRequest.from_json(pathlib.Path(sys.argv[1]).read_text()))
    """)
    root = Path(grader.__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "job")], cwd=root) as process:
        pids = pids_in(tmp_path)
        process.send_signal(number)
    eventually(lambda: all_gone(pids), within=10, what="all processes are gone")


def test_a_grading_whose_events_nobody_reads_any_more_leaves_nothing(tmp_path: Path, request_for: MakeRequest) -> None:
    """A killed program's end of the pipe is gone before anybody can ask the grading to end."""
    waits = BLOCKS.replace("test_first(): pass", 'test_first(): eventually((HERE / "go").exists, within=20)')
    request = request_for(tmp_path, {"test_checks.py": waits})
    (tmp_path / "job").write_text(request.to_json())
    program = textwrap.dedent("""
        import pathlib, sys
        from grader.job import GradeRequest
        from grader.grading_run import grade
        grade(GradeRequest.from_json(pathlib.Path(sys.argv[1]).read_text()), int(sys.argv[2]))
    """)
    root = Path(grader.__file__).parents[1]
    reading, writing = os.pipe()
    command = [sys.executable, "-c", program, str(tmp_path / "job"), str(writing)]
    with subprocess.Popen(command, cwd=root, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        os.close(writing)
        pids = pids_in(tmp_path)
        os.close(reading)
        (tmp_path / "go").touch()
    eventually(lambda: all_gone(pids), within=10, what="all processes are gone")


def test_a_killed_grading_process_is_an_error_and_leaves_no_worker(grading: Grade, tmp_path: Path) -> None:
    def kill(result: CheckResult) -> None:
        if result.outcome == "pass":
            os.kill(pids_in(tmp_path)[0], signal.SIGKILL)

    report = grading(BLOCKS, on_result=kill)
    assert [(r.id, r.outcome) for r in report.results] == [
        ("test_checks.py::test_first", "pass"),
        ("grader", "error"),
    ]
    worker = pids_in(tmp_path)[1]
    sleeper = pids_in(tmp_path)[2]
    eventually(lambda: not running(worker), within=10, what="the worker is gone")
    os.kill(sleeper, signal.SIGKILL)  # the one thing that a murdered grading process cannot clean up


GRANDPARENT = """
    @check("guard", fr="f", en="e")
    def test_x():
        import pathlib
        stat = pathlib.Path(f"/proc/{os.getppid()}/stat").read_text()
        assert False, "server " + stat.rpartition(")")[2].split()[1]
"""


def server_of(report: Report) -> int:
    evidence = report.results[0].evidence
    assert evidence is not None
    return int(evidence.en.partition("server ")[2].split()[0])


def test_gradings_are_forked_from_one_prepared_process(grading: Grade) -> None:
    prepare()
    assert server_of(grading(GRANDPARENT)) == server_of(grading(GRANDPARENT))


def test_a_dead_prepared_process_is_replaced(grading: Grade) -> None:
    first = server_of(grading(GRANDPARENT))
    os.kill(first, signal.SIGKILL)
    eventually(lambda: not running(first), within=10, what="the process is gone")
    assert server_of(grading(GRANDPARENT)) != first


def test_gradings_lose_a_prepared_process_that_is_killed(grading: Grade, tmp_path: Path) -> None:
    server = server_of(grading(GRANDPARENT))

    def kill(result: CheckResult) -> None:
        if result.outcome == "pass":
            pids_in(tmp_path)
            os.kill(server, signal.SIGKILL)

    report = grading(BLOCKS, on_result=kill)
    assert [r.outcome for r in report.results] == ["pass", "error"]
    eventually(lambda: all_gone(pids_in(tmp_path)), within=10, what="all processes are gone")


def test_threads_grade_at_the_same_time(tmp_path: Path, request_for: MakeRequest) -> None:
    meeting = """
        from pathlib import Path
        HERE = Path(__file__).parents[1]

        @check("guard", fr="f", en="e")
        def test_x():
            (HERE / "came" / str(os.getpid())).touch()
            eventually(lambda: len(list((HERE / "came").iterdir())) == 3, within=20, every=0.01)
    """
    (tmp_path / "came").mkdir()
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    requests = [request_for(folder, {"test_checks.py": meeting}) for folder in folders]
    with ThreadPoolExecutor() as pool:
        assert [report.verdict for report in pool.map(grade, requests)] == ["repaired"] * 3


def test_the_users_surroundings_change_nothing(grading: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    for name in ("conftest.py", "sitecustomize.py", "json.py"):
        (elsewhere / name).write_text("raise SystemExit(9)\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("PYTHONPATH", "")
    forget()  # what is prepared was started in other surroundings
    report = grading('@check("guard", fr="f", en="e")\ndef test_x(): import warnings; warnings.warn("w")\n')
    assert report.verdict == "repaired"
    assert not list(tmp_path.rglob("__pycache__"))


FULL = """\
import tempfile

def full(*_, **__):
    raise FileNotFoundError(2, "No usable temporary directory found")

for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
    setattr(tempfile, name, full)
"""


def test_a_machine_without_room_for_temporary_files_grades_as_well(
    grading: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, full)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "sitecustomize.py").write_text(FULL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "full"))
    forget()
    report = grading("""
        import tempfile

        @check("guard", fr="f", en="e")
        def test_x():
            print("said")
            assert tempfile.mkdtemp.__name__ == "full", "the test's own surroundings"
    """)
    forget()
    assert [result.outcome for result in report.results] == ["pass"], report.results


def test_checks_import_what_their_lab_offers(grading: Grade, tmp_path: Path) -> None:
    folder = tmp_path / "labs" / "pair" / "checks"
    folder.mkdir(parents=True)
    tools = folder / "lab_tools.py"
    tools.write_text("def demand(state):\n    assert state == 'open', f'it is {state}'\n")
    (folder / "json.py").write_text("raise RuntimeError('beside the tools')\n")
    checks = """
        import json
        from lab_tools import demand

        @check("guard", fr="f", en="e")
        def test_open(): demand("open")

        @check("guard", fr="f", en="e")
        def test_closed(): demand("closed")
    """
    report = grading(checks, tools=tools)
    assert [(r.outcome, r.evidence and r.evidence.en) for r in report.results] == [
        ("pass", None),
        ("fail", "it is closed"),
    ]
    assert not list(tmp_path.rglob("__pycache__"))
    assert grading(checks).verdict == "not_valid"  # no other grading has them


def test_the_starting_program_imports_nothing_heavy() -> None:
    program = "import sys, grader.runner, grader.report_formats; print(*(m for m in sys.argv[1:] if m in sys.modules))"
    heavy = ["pytest", "_pytest", "testinfra", "jinja2", "docker", "netmiko", "paramiko", "rich"]
    root = Path(grader.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program, *heavy], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == []


def test_the_grading_process_imports_nothing_heavy(grading: Grade) -> None:
    report = grading("""
        @check("guard", fr="f", en="e")
        def test_x(lab):
            lab.host("ws1").run("/bin/true")
            heavy = {"docker", "netmiko", "paramiko", "rich", "jinja2"}
            assert not heavy & set(sys.modules)
    """)
    assert report.verdict == "repaired", report.results


def test_waiting_ends_at_once_when_the_condition_holds() -> None:
    answers = iter([0, None, 3])
    assert eventually(lambda: next(answers), every=0.001) == 3


def test_waiting_raises_the_last_assertion_with_the_time_waited() -> None:
    def condition() -> None:
        assert False, "no lease yet"  # noqa: B011, PT015

    with pytest.raises(AssertionError) as failure:
        eventually(condition, within=0.05, every=0.01)
    said = text_of(str(failure.value))
    assert re.fullmatch(r"no lease yet(.|\n)*\(waited 0\.\d s\)", said.en)
    assert re.fullmatch(r"no lease yet(.|\n)*\(attendu 0,\d s\)", said.fr)


def test_waiting_says_what_does_not_hold() -> None:
    with pytest.raises(AssertionError) as failure:
        eventually(lambda: "", within=0, what="the zone does not answer")
    assert text_of(str(failure.value)).en == "the zone does not answer (waited 0.0 s)"


def test_waiting_does_not_hide_another_exception() -> None:
    def condition() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        eventually(condition)
