"""One look, many checks: what a grading's checks share of who runs, and what becomes of it after the last answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from grader.job import Factory, GradeRequest, Selection
from grader.report import CheckResult, Report
from grader.runner import grade
from tests.fakes.changing_host import FRAGMENT, ChangingHost, sound_host

pytestmark = pytest.mark.slow

HEADER = """
from tests.fakes.changing_host import ChangingHost, MASTER, WORKER
WEB = ChangingHost({folder!r})
AGAIN = {{**MASTER, "image_start": "5600-7e00-7e01"}}
ANOTHER = {{**AGAIN, "executable": "/opt/x", "image": "new"}}

def genuine(lab):
    heard = lab.listener("web", 80, "/usr/sbin/nginx")
    assert heard.is_genuine, "; ".join(heard.doubts)
"""
CHECK = """
@check("guard", fr="f", en="{name}", host="web")
def test_{name}(lab):
    {body}
"""


@pytest.fixture
def web(tmp_path: Path) -> ChangingHost:
    return sound_host(str(tmp_path))


@pytest.fixture
def graded(
    tmp_path: Path,
    request_for: Callable[..., GradeRequest],
    web: ChangingHost,  # noqa: ARG001 (it is there)
) -> Callable[..., Report]:
    """``graded(a="genuine(lab)", b=...)``: the checks run one after another, in this order."""

    def run(
        *,
        seen: list[CheckResult] | None = None,
        selection: Selection | None = None,
        at_once: bool = False,
        placed: Mapping[str, str] | None = None,
        **checks: str,
    ) -> Report:
        text = HEADER.format(folder=str(tmp_path))
        text += "".join(CHECK.format(name=name, body=body) for name, body in checks.items())
        text = text.replace('host="web"', 'lock=""') if at_once else text
        fabric = Factory("tests.fakes.changing_host:ChangingHost", {"folder": str(tmp_path)})
        request = replace(request_for(tmp_path, {"test_checks.py": text}), fabric=fabric)
        facts = replace(request.facts, placed={"web": placed or {}})
        request = replace(request, facts=facts, selection=selection or Selection())
        return grade(request, on_result=None if seen is None else seen.append)

    return run


GENUINE = "genuine(lab)"
Graded = Callable[..., Report]


def colours(report: Report) -> str:
    return " ".join(f"{r.sentence.en}:{r.outcome}" for r in report.results)


def evidence(report: Report, name: str) -> str:
    (result,) = (r for r in report.results if r.sentence.en == name)
    return result.evidence.en if result.evidence else ""


def test_a_daemon_is_asked_for_its_identity_at_the_start_and_after_the_last_answer(
    graded: Graded, web: ChangingHost
) -> None:
    report = graded(a=GENUINE, b=f"{GENUINE}; {GENUINE}", c="assert lab.host('web').service('nginx').is_genuine")
    assert colours(report) == "a:pass b:pass c:pass"
    assert web.asked("identify") == ["identify 30 31", "identify 30", "identify 30 31"]
    assert web.asked("unit") == ["unit nginx.service"] * 2
    assert len(web.asked("sockets")) == 3, "who listens is seen each time"


def test_what_one_check_asked_is_not_asked_again(graded: Graded, web: ChangingHost) -> None:
    assert colours(graded(a=GENUINE, b="pass")) == "a:pass b:pass"
    assert (web.asked("identify"), web.asked("unit")) == (["identify 30 31", "identify 30"], ["unit nginx.service"])


def test_a_shared_look_is_evidence(graded: Graded) -> None:
    report = graded(a=GENUINE, b=GENUINE)
    told = [
        [(c.command, c.output, c.seconds) for c in result.commands if c.where == "web (from outside, shared)"]
        for result in report.results
    ]
    assert told[0] == [], "it looked itself"
    assert told[1] == [
        ("processes 30 31", "30 /usr/sbin/nginx same\n31 /usr/sbin/nginx same", 0.0),
        ("unit nginx.service", "MainPID=30 is the image's", 0.0),
    ]


@pytest.mark.parametrize(
    ("change", "why", "reason"),
    [
        ("WEB.runs(ANOTHER, WORKER)", "another program", "/opt/x listens instead"),
        ("WEB.runs(MASTER | {'foreign': ['x.so']}, WORKER)", "nginx runs code of x.so", "nginx runs code of x.so"),
        ("WEB.runs(MASTER, WORKER | {'foreign': ['x.so']})", "nginx runs code of x.so", "nginx runs code of x.so"),
        ("WEB.unit_is(NeedDaemonReload=True)", "its file has changed", "its file has changed"),
        ("WEB.says('processes', None, trouble='unreachable')", "does not run", "does not run"),
        ("WEB.unit_is(MainPID=31)", "has another main process", "was not started by nginx.service"),
        ("WEB.runs(MASTER, AGAIN | {'pid': 33, 'ppid': 30})", "process 31 has gone", ""),
        ("WEB.runs(AGAIN, WORKER)", "process 30 has gone, or runs another program", ""),
    ],
    ids=["program", "memory", "child's memory", "unit", "no answer", "main process", "child", "there and back"],
)  # fmt: skip
def test_who_relied_on_what_does_not_hold_at_the_end_is_graded_again(
    graded: Graded, change: str, why: str, reason: str
) -> None:
    seen: list[CheckResult] = []
    report = graded(a=GENUINE, b=GENUINE, c=change, seen=seen)
    b = report.results[1]
    assert colours(report) in {"a:pass b:fail c:pass", "a:pass b:error c:pass", "a:pass b:pass c:pass"}
    assert reason in evidence(report, "b")
    assert (b.outcome == "pass") == (not reason)
    assert [r.sentence.en for r in seen] == ["a", "b", "c", "Graded again: b"]
    assert seen[-1].sentence.fr == "Évalué de nouveau : f"
    assert replace(seen[-1], sentence=b.sentence) == b
    assert b.commands[0].command == "last look at what checks share"
    assert why in b.commands[0].output
    assert not [c for c in b.commands if "shared" in c.where], "each by looks of its own"


def test_a_program_that_is_there_again_is_another_process(graded: Graded, web: ChangingHost) -> None:
    report = graded(a=GENUINE, b="WEB.runs(AGAIN, WORKER)", c=GENUINE, d=GENUINE)
    assert colours(report) == "a:pass b:pass c:pass d:pass"
    assert web.asked("identify")[2:4] == ["identify 30"] * 2, "c was given what is known of the child, and no more"
    assert len(web.asked("unit")) == 3, "it asked for the unit with the main process that it has now"


def test_what_leads_elsewhere_is_seen_by_the_next_check(graded: Graded) -> None:
    report = graded(a=GENUINE, b=GENUINE, c="WEB.says('forwarding-state', {'old_tables': ['nat']})", d=GENUINE)
    assert colours(report) == "a:pass b:pass c:pass d:fail"
    assert "led elsewhere by iptables-legacy nat" in evidence(report, "d")


def test_a_restart_is_seen_by_the_next_check(graded: Graded) -> None:
    again = "{**ANOTHER, 'pid': 40, 'started': 900}"
    report = graded(a=GENUINE, b=GENUINE, c=f"WEB.runs({again}); WEB.unit_is(MainPID=40)", d=GENUINE)
    assert colours(report) == "a:pass b:fail c:pass d:fail"


def test_a_child_that_comes_and_goes_is_looked_at_each_time(graded: Graded, web: ChangingHost) -> None:
    seen: list[CheckResult] = []
    late = "{**WORKER, 'started': 900}"
    report = graded(a=f"WEB.runs(MASTER, {late}); {GENUINE}", b=GENUINE, c="WEB.runs(MASTER)", seen=seen)
    assert colours(report) == "a:pass b:pass c:pass"
    assert web.asked("identify") == ["identify 30 31", "identify 30", "identify 31", "identify 30"]
    assert len(seen) == 3, "it has ended, and nobody is graded again"


def test_what_the_kernel_does_not_tell_is_not_shared(graded: Graded, web: ChangingHost) -> None:
    hidden = "WEB.runs(*({**p, 'image_start': ''} for p in (MASTER, WORKER)))"
    assert colours(graded(a=f"{hidden}; {GENUINE}", b=GENUINE)) == "a:pass b:pass"
    assert web.asked("identify") == ["identify 30 31", "identify 30"] * 2
    assert web.asked("unit") == ["unit nginx.service"] * 2


def test_what_the_plan_put_there_is_as_good_as_the_images_at_the_end_as_well(graded: Graded, web: ChangingHost) -> None:
    web.says(f"compare {FRAGMENT}", {FRAGMENT: "differs"})
    web.says(f"look sha256 {FRAGMENT}", 1234)
    own = "assert not lab.host('web').service('nginx').is_genuine, 'it asks for the image alone'"
    report = graded(a=GENUINE, b=GENUINE, c=own, placed={FRAGMENT: "1234"})
    assert colours(report) == "a:pass b:pass c:pass"
    assert web.asked("unit") == ["unit nginx.service"] * 3, "of the first, the third, and the end"


def test_doubts_are_each_checks_own(graded: Graded) -> None:
    report = graded(a=f"WEB.unit_is(NeedDaemonReload=True); {GENUINE}", b=f"WEB.unit_is(); {GENUINE}", c=GENUINE)
    assert colours(report) == "a:fail b:pass c:pass"


def test_a_check_that_is_red_anyway_is_not_graded_again(graded: Graded, web: ChangingHost) -> None:
    seen: list[CheckResult] = []
    report = graded(a=GENUINE, b=f"{GENUINE}; WEB.runs(ANOTHER, WORKER); assert False, 'no page'", seen=seen)
    assert colours(report) == "a:pass b:fail"
    assert len(seen) == 2
    assert web.asked("identify") == ["identify 30 31", "identify 30"], "nobody's pass rests on it"


@pytest.mark.parametrize("first", [(), ("test_checks.py::test_a",)])
def test_a_grading_that_ends_at_its_first_red_looks_again_as_well(graded: Graded, first: tuple[str, ...]) -> None:
    red = "WEB.runs(ANOTHER, WORKER); assert False, 'no page'"
    selection = Selection(first=first, until_red=True)
    report = graded(a=GENUINE, b=GENUINE, c=GENUINE, d=red, e=GENUINE, selection=selection)
    assert colours(report) == "a:pass b:fail c:fail d:fail", "what was begun again is ended"
    assert not report.whole


def test_a_check_that_dies_at_its_look_holds_up_nobody(graded: Graded, web: ChangingHost) -> None:
    dies = "lab._fabric.unit = lambda *_, **__: (WEB.note('dying'), os._exit(3))"
    comes_later = "lab.wait(lambda: WEB.asked('dying'), within=30)"
    report = graded(a=f"{dies}; {GENUINE}", b=f"{comes_later}; {GENUINE}", at_once=True)
    assert colours(report) == "a:error b:pass"
    assert web.asked("unit") == ["unit nginx.service"]


def test_several_workers_share(graded: Graded, web: ChangingHost) -> None:
    report = graded(**dict.fromkeys("abcdef", GENUINE), at_once=True)
    assert report.verdict == "repaired"
    assert web.asked("identify") == ["identify 30 31", "identify 30", "identify 30 31"]
    assert web.asked("unit") == ["unit nginx.service"] * 2
