"""Pass, fail, error: each sort of trouble gives the outcome that it must, and says why."""

# ruff: noqa: E501 (a line is a case)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import UNEXPECTED_STATUS
from grader.job import GradeRequest
from grader.report import CheckResult, Report
from grader.runner import grade
from orchestrator.core.text import Text

pytestmark = pytest.mark.slow

Grade = Callable[..., Report]

CHECK = '@check("symptom", points=2, competence="2.1", fr="Une phrase.", en="A sentence.", host="ws1"{})\n'

# name, what it does, outcome, what the reason says
CASES = [
    ("passes", "assert lab.host('ws1').run('/bin/true').rc == 0", "pass", ""),
    ("warns", "import warnings; warnings.warn('old', DeprecationWarning)", "pass", ""),
    ("assertion", "seen = 404; assert seen == 200, 'the page answers 404, not 200'", "fail", "the page answers 404, not 200\nassert 404 == 200"),
    ("reason", "from grader import reason; seen = 404; assert seen == 200, reason(fr='la page répond 404', en='the page answers 404')", "fail", "the page answers 404"),
    ("bare_assertion", "assert not lab.values", "fail", "assert not"),
    ("pytest_fail", "pytest.fail('no lease')", "fail", "no lease"),
    ("did_not_raise", "\n    with pytest.raises(KeyError): pass", "fail", "DID NOT RAISE"),
    ("unexpected_status", "lab.host('ws1').run_test('exits-2')", "fail", "ws1: 'exits-2' ended with status 2, expected 0 or 1: no such zone"),
    ("no_output", "lab.host('ws1').check_output('exits-2')", "fail", "status 2, expected 0"),
    ("exists_not", "assert lab.host('ws1').exists('absent')", "fail", "assert False"),
    ("declared_127", "assert lab.host('ws1').run_expect([0, 127], 'no-such-tool').rc == 127", "pass", ""),
    ("exception", "int('x')", "error", "ValueError: invalid literal for int() with base 10: 'x' (test_checks.py:"),
    ("undefined", "lab.values['nobody']", "error", "KeyError: 'nobody'"),
    ("missing_tool", "assert lab.host('ws1').run('no-such-tool').rc != 0", "error", "ws1: the command 'no-such-tool' does not exist (status 127)."),
    ("missing_in_pipeline", "assert lab.host('ws1').run('ss -tln | grep -q :25').rc == 1", "error", "'ss' does not exist"),
    ("not_executable", "lab.host('ws1').run('/etc/passwd')", "error", "cannot be executed (status 126)"),
    ("find_command", "lab.host('ws1').find_command('absent', extrapaths=())", "error", "cannot find"),
    ("killed_tool", "lab.host('ws1').run('killed')", "error", "was killed by signal 9"),
    ("unreachable", "assert lab.host('ws1').run('host-gone').rc == 0", "error", "ws1 does not run"),
    ("command_timeout", "assert lab.host('ws1').run('hangs').rc == 0", "error", "ws1: not done after"),
    ("unknown_host", "lab.host('ws9')", "error", "The lab has no host 'ws9' (it has: web, ws1)"),
    ("unknown_segment", "lab.probe('dmz')", "error", "The lab has no segment 'dmz'"),
    ("no_device", "lab.device('web')", "error", "no access to network devices"),
    ("own_machine", "lab.host('ws1').backend.run_local('id')", "error", "runs nothing on the grader's own machine"),
    ("os_exit", "os._exit(3)", "error", "ended its own process (exit status 3)"),
    ("after_os_exit", "pass", "pass", ""),
    ("segfault", "print('last words', flush=True); os.kill(os.getpid(), signal.SIGSEGV)", "error", "(signal SIGSEGV).\nlast words"),
    ("sys_exit", "sys.exit(0)", "error", "SystemExit: 0"),
    ("pytest_exit", "pytest.exit('enough')", "error", "enough"),
    ("interrupt", "raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
    ("skip", "pytest.skip('not today')", "error", "must not be skipped"),
    ("xfail", "pytest.xfail('known')", "error", "must not be skipped"),
    ("importorskip", "pytest.importorskip('no_such_module')", "error", "must not be skipped"),
    ("returns", "return 1 == 2", "error", "The check returns bool"),
    ("endless", "time.sleep(1000)", "error", "s (test_checks.py:"),
    ("swallows", "\n    try: time.sleep(1000)\n    except: pass", "error", "did not end within "),
    ("deaf", "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); signal.sigwait([signal.SIGUSR1])", "error", "and was killed"),
    ("after_deaf", "pass", "pass", ""),
]  # fmt: skip

OTHERS = """
@check("guard", fr="Sans hôte.", en="No host.", timeout=0.2)
async def test_coroutine():
    assert False

@pytest.fixture
def breaks(): assert False, "not ready"

@pytest.fixture
def breaks_later():
    yield
    assert False, "not tidy"

@check("guard", fr="f", en="e")
def test_fixture(breaks): pass

@check("guard", fr="f", en="e")
def test_teardown(breaks_later): pass

@check("guard", fr="f", en="e")
def test_fail_and_teardown(breaks_later): assert 1 == 2

@check("guard", fr="f", en="e")
def test_no_such_fixture(nothing): pass

@pytest.mark.skip
@check("guard", fr="f", en="e")
def test_marked_skip(): pass

@pytest.mark.skipif(True, reason="x")
@check("guard", fr="f", en="e")
def test_marked_skipif(): pass

@check("guard", fr="f", en="e")
@pytest.mark.xfail
def test_marked_xfail(): assert False

def test_undecorated(): pass

@pytest.mark.check
def test_bare_marker(): pass

@check("guard", fr="{{ sit }}", en="e")
def test_undefined_variable(): pass

@check("guard", fr="{{ user.", en="e")
def test_no_template(): pass

@check("guard", fr="f", en="e", host="{{ site }}")
def test_host_not_in_lab(): pass

@check("guard", fr="f", en="e", because="no (lease")
def test_bad_pattern(): pass

@check("guard", fr="f", en="e")
def tset_misspelt(): pass

@check("guard", fr="f", en="e")
def test_twice(): pass

first = test_twice

@check("guard", fr="f", en="e")
def test_twice(): pass

import unittest
class Checks(unittest.TestCase):
    def test_hidden(self): pass

class TestConstructor:
    def __init__(self): pass
    def test_hidden(self): pass

@check("objective", fr="Bonjour {{ user.first }}", en="Hello {{ user.full }} on {{ door }}",
       because=r"{{ door }} has \\d{1,3}")
@pytest.mark.parametrize("door", ["front"])
def test_parametrized(door): assert door == "front"
"""

OTHER_REASONS = {
    "test_coroutine": "The check returns coroutine",
    "test_fixture": "[setup] AssertionError: not ready",
    "test_teardown": "[teardown] AssertionError: not tidy",
    "test_fail_and_teardown": "[teardown] AssertionError: not tidy",
    "test_no_such_fixture": "[setup] There is no fixture 'nothing'.",
    "test_marked_skip": "must not be skipped",
    "test_marked_skipif": "must not be skipped",
    "test_marked_xfail": "must not be skipped",
    "test_undecorated": "without @check",
    "test_bare_marker": "without @check",
    "test_undefined_variable": 'the name "sit" is not defined',
    "test_no_template": "cannot be rendered",
    "test_host_not_in_lab": "The lab has no host 'Lyon'",
    "test_bad_pattern": "because='no (lease' is no regular expression",
    "tset_misspelt": "pytest does not see this check",
    "Checks": "pytest does not see this check",
    "TestConstructor": "pytest does not see this check",
}

ANSWERS = [
    {"command": "exits-2", "status": 2, "stderr": "no such zone\n"},
    {"command": "ss *", "status": 1, "stderr": "/bin/sh: 1: ss: not found\n"},
    {"command": "/etc/passwd", "status": 126},
    {"command": "killed", "status": -9},
    {"command": "host-gone", "trouble": "unreachable"},
    {"command": "hangs", "trouble": "timeout"},
]


@pytest.fixture(scope="module")
def report(grading_once: Callable[[str], Grade]) -> Report:
    slow = {"endless", "swallows", "deaf"}
    functions = [
        CHECK.format(", timeout=0.2" if name in slow else "") + f"def test_{name}(lab):\n    {body}\n"
        for name, body, _, _ in CASES
    ]
    return grading_once("cases")("\n".join(functions), ANSWERS)


@pytest.fixture(scope="module")
def others(grading_once: Callable[[str], Grade]) -> Report:
    return grading_once("others")(OTHERS)


def named(report: Report, name: str) -> CheckResult:
    (result,) = (r for r in report.results if r.id == f"test_checks.py::{name}")
    return result


@pytest.mark.parametrize(("name", "outcome", "reason"), [(c[0], c[2], c[3]) for c in CASES])
def test_each_trouble_has_its_outcome(report: Report, name: str, outcome: str, reason: str) -> None:
    result = named(report, f"test_{name}")
    evidence = result.evidence.en if result.evidence else ""
    assert (result.outcome, reason in evidence) == (outcome, True), evidence
    assert (result.evidence is None) == (outcome == "pass")


def test_reasons_are_told_in_both_languages_and_nothing_else(report: Report) -> None:
    assert named(report, "test_reason").evidence == Text(fr="la page répond 404", en="the page answers 404")
    assert named(report, "test_unexpected_status").evidence == Text(
        fr="ws1 : « exits-2 » a fini avec l'état 2, attendu 0 ou 1 : no such zone",
        en="ws1: 'exits-2' ended with status 2, expected 0 or 1: no such zone",
    )
    evidence = named(report, "test_unexpected_status").evidence
    assert evidence is not None
    assert UNEXPECTED_STATUS.match(evidence.en), "by this a proof knows it"


def test_every_check_is_in_the_report_in_the_files_order(report: Report) -> None:
    assert [r.id for r in report.results] == [f"test_checks.py::test_{c[0]}" for c in CASES]
    assert report.verdict == "not_valid"
    assert report.points is None


@pytest.mark.parametrize(("name", "reason"), OTHER_REASONS.items())
def test_each_mistake_of_an_author_is_an_error(others: Report, name: str, reason: str) -> None:
    result = named(others, name)
    assert result.outcome == "error"
    assert result.evidence is not None
    assert reason in result.evidence.en


def test_a_name_used_twice_loses_no_check(others: Report) -> None:
    assert sorted(r.outcome for r in others.results if r.id == "test_checks.py::test_twice") == ["error", "pass"]


def test_sentences_are_rendered_with_values_and_parameters(others: Report) -> None:
    result = named(others, "test_parametrized[front]")
    assert result.outcome == "pass"
    assert (result.sentence.fr, result.sentence.en) == ("Bonjour Zoé", "Hello Zoé Lefèvre on front")
    assert result.because == r"front has \d{1,3}"


def test_only_the_deliberate_ones_pass(others: Report) -> None:
    assert {r.id for r in others.results if r.outcome != "error"} == {
        "test_checks.py::test_twice",
        "test_checks.py::test_parametrized[front]",
    }


@pytest.mark.parametrize(
    ("files", "place", "reason"),
    [
        ({"test_checks.py": "import no_such_module\n"}, "test_checks.py", "No module named 'no_such_module'"),
        ({"test_checks.py": "def test_(:\n"}, "test_checks.py", "SyntaxError"),
        ({"test_checks.py": "pytest.importorskip('no_such_module')\n"}, "test_checks.py", "must not be skipped"),
        ({"test_checks.py": "pytest.skip('x', allow_module_level=True)\n"}, "test_checks.py", "must not be skipped"),
        ({"test_checks.py": "@check('symtom', fr='f', en='e')\ndef test_x(): pass\n"}, "test_checks.py", "'symtom' is none of"),
        ({"test_checks.py": "@check('symptom', en='e')\ndef test_x(): pass\n"}, "test_checks.py", "French sentence) is missing"),
        ({"test_checks.py": "@check('guard', fr='f', en='e')\nclass TestX: pass\n"}, "test_checks.py", "not a class"),
        ({"test_checks.py": "x = 1\n"}, "checks", "No check was found."),
        ({}, "checks", "No check file."),
        ({"test_checks.py": "os._exit(4)\n"}, "grader", "stopped before its end (status 4)"),
        ({"test_checks.py": "pytest.exit('enough')\n"}, "test_checks.py", "Exit: enough"),
    ],
)  # fmt: skip
def test_nothing_vanishes_while_collecting(grading: Grade, files: dict[str, str], place: str, reason: str) -> None:
    seen: list[CheckResult] = []
    report = grading(files, on_result=seen.append)
    (result,) = report.results
    assert (result.id, result.outcome, report.verdict) == (place, "error", "not_valid")
    assert result.evidence is not None
    assert reason in result.evidence.en
    assert seen == [result]


def test_a_broken_file_does_not_hide_the_other(grading: Grade) -> None:
    good = "@check('guard', fr='f', en='e')\ndef test_x(): pass\n"
    report = grading({"test_bad.py": "import no_such_module\n", "test_good.py": good})
    assert {r.id: r.outcome for r in report.results} == {"test_good.py::test_x": "pass", "test_bad.py": "error"}


def test_a_missing_file_is_an_error(request_for: Callable[..., GradeRequest], tmp_path: Path) -> None:
    request = request_for(tmp_path, {})
    report = grade(replace(request, files=(tmp_path / "test_gone.py",)))
    assert [(r.id, r.outcome) for r in report.results] == [("test_gone.py", "error")]


def test_a_fabric_that_cannot_be_made_is_an_error_of_each_check(grading: Grade) -> None:
    report = grading("@check('guard', fr='f', en='e')\ndef test_x(lab): pass\n", [{"bad": "answer"}])
    assert [r.outcome for r in report.results] == ["error"]
