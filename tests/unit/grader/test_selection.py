"""A grading of some checks: which are asked, in which order, when it ends, and that nobody takes it for a whole one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.job import GradeRequest, Selection
from grader.polling import eventually
from grader.report import CheckResult, Report
from tests.unit.grader.test_running import all_gone, pids_in

Grade = Callable[..., Report]

ASKED = """
    from pathlib import Path

    def asked(name):
        with open(Path(__file__).parent / "asked", "a") as file:
            file.write(f"{name}\\n")

    @check("symptom", points=2, fr="f", en="e", competence="1.3", host="ws1")
    def test_a(): asked("a")

    @check("guard", points=1, fr="f", en="e", host="ws1")
    def test_b(): asked("b"); assert False, "b is red"

    @check("guard", points=1, fr="f", en="e", host="ws1")
    def test_c(): asked("c")

    @check("guard", points=1, fr="f", en="e", host="ws1")
    def test_d(): asked("d"); raise OSError("d cannot judge")
"""
BLOCKED = """
    import subprocess
    from pathlib import Path
    HERE = Path(__file__).parent

    @check("guard", fr="f", en="e", host="ws1")
    def test_green(): pass

    @check("guard", fr="f", en="e", host="web")
    def test_blocks():
        child = subprocess.Popen(["sleep", "1000"])
        (HERE / "pids.new").write_text(f"{os.getpid()} {child.pid}")
        (HERE / "pids.new").rename(HERE / "pids")
        time.sleep(1000)

    @check("guard", fr="f", en="e", host="ws1")
    def test_red():
        eventually((HERE / "pids").exists, within=20, every=0.01)
        assert False, "red"

    @check("guard", fr="f", en="e", host="ws1")
    def test_after(): (HERE / "after").touch()
"""


def ids(*letters: str) -> tuple[str, ...]:
    return tuple(f"test_checks.py::test_{letter}" for letter in letters)


def colours(report: Report) -> dict[str, str]:
    return {result.id.rpartition("_")[2]: result.outcome for result in report.results}


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[str]]:
    """Return what tells which checks were asked, in the order in which they were."""
    return lambda: (tmp_path / "asked").read_text().split()


def test_only_the_chosen_checks_are_asked(grading: Grade, asked: Callable[[], list[str]]) -> None:
    seen: list[CheckResult] = []
    report = grading(ASKED, selection=Selection(only=ids("c", "a")), on_result=seen.append)
    assert asked() == ["a", "c"], "in the order of the file"
    assert colours(report) == {"a": "pass", "c": "pass"}
    assert tuple(seen) == report.results
    assert (report.whole, report.verdict, report.points) == (False, "not_valid", None), (
        "green, and no pass all the same"
    )


def test_a_chosen_check_that_is_red_is_red(grading: Grade) -> None:
    report = grading(ASKED, selection=Selection(only=ids("a", "b")))
    assert (report.whole, report.verdict, report.points) == (False, "not_repaired", None)


def test_all_checks_chosen_by_name_are_a_whole_grading(grading: Grade) -> None:
    green = '@check("guard", points=3, fr="f", en="e")\ndef test_a(): pass\n'
    report = grading(green, selection=Selection(only=ids("a")))
    assert (report.whole, report.verdict, report.points) == (True, "repaired", 3)


def test_a_chosen_check_that_does_not_exist_is_an_error(grading: Grade) -> None:
    report = grading(ASKED, selection=Selection(only=ids("a", "x")))
    assert colours(report) == {"a": "pass", "x": "error"}
    evidence = report.results[1].evidence
    assert evidence is not None
    assert evidence.en == "No check has this name."
    assert report.verdict == "not_valid"


def test_some_come_first_and_the_report_is_the_same(grading: Grade, asked: Callable[[], list[str]]) -> None:
    report = grading(ASKED, selection=Selection(first=ids("c", "gone", "b")))
    assert asked() == ["c", "b", "a", "d"]
    assert list(colours(report)) == ["a", "b", "c", "d"]
    assert report.whole


def test_a_grading_ends_at_its_first_red(grading: Grade, asked: Callable[[], list[str]]) -> None:
    report = grading(ASKED, selection=Selection(until_red=True))
    assert asked()[:2] == ["a", "b"]
    assert (colours(report)["a"], colours(report)["b"]) == ("pass", "fail")


def test_what_comes_first_is_asked_alone_where_it_may_end_the_grading(
    grading: Grade, asked: Callable[[], list[str]]
) -> None:
    others = ASKED.replace('host="ws1"', 'host="web"', 1)  # test_a would run at the same time
    report = grading(others, selection=Selection(first=ids("b"), until_red=True))
    assert asked() == ["b"]
    assert colours(report) == {"b": "fail"}
    assert (report.whole, report.verdict, report.points) == (False, "not_repaired", None)


def test_the_others_are_asked_where_what_comes_first_is_not_red(grading: Grade, asked: Callable[[], list[str]]) -> None:
    sound = ASKED.replace("assert False", "assert True")
    report = grading(sound, selection=Selection(first=ids("d", "c"), until_red=True))
    assert asked() == ["d", "c", "a", "b"], "an error decides nothing"
    assert colours(report) == {"a": "pass", "b": "pass", "c": "pass", "d": "error"}
    assert report.whole


def test_no_further_group_begins_after_a_red(grading: Grade) -> None:
    checks = '@check("guard", fr="f", en="e")\ndef test_{0}(): assert {1}\n'
    text = "\n".join(checks.format(name, name != "b") for name in "abcd")
    report = grading(text, selection=Selection(until_red=True), workers=1)
    assert colours(report) == {"a": "pass", "b": "fail"}


def test_what_is_under_way_at_the_first_red_is_ended_and_left_out(grading: Grade, tmp_path: Path) -> None:
    seen: list[CheckResult] = []
    report = grading(BLOCKED, selection=Selection(until_red=True), on_result=seen.append)
    assert {"green": "pass", "red": "fail"}.items() <= colours(report).items()
    assert "blocks" not in colours(report)
    assert not report.whole
    assert tuple(seen) == report.results, "none waits for one that never comes"
    eventually(lambda: all_gone(pids_in(tmp_path)), within=10, what="all processes are gone")


@pytest.mark.parametrize("selection", [Selection(), Selection(("a", "b"), ("b",), until_red=True), Selection(())])
def test_a_selection_crosses_to_the_grading_process(
    selection: Selection, tmp_path: Path, request_for: Callable[..., GradeRequest]
) -> None:
    request = request_for(tmp_path, {"test_x.py": ""}, selection=selection)
    assert GradeRequest.from_json(request.to_json()) == request
