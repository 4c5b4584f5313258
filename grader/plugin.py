"""The pytest plugin: the ``lab`` fixture, what may be collected, and what an exception means.

The runner hands an object of ``GraderPlugin`` to pytest; it is no entry point, so that nobody's own pytest
run has it.
"""

from __future__ import annotations

import inspect
import linecache
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import testinfra.host

from grader.bilingual import text_of, without_source
from grader.command_log import CommandLog, trim
from grader.errors import CheckMistakeError
from grader.job import Factory, GradeRequest
from grader.lab_fixture import DeviceConnection, DeviceOpener, GradedLab
from grader.marks import DECLARED, CheckMark
from grader.report import CheckResult, Outcome
from grader.shared_looks import NOTHING_SHARED, SharedLooks
from orchestrator.core.errors import BreakfixError, ContentError, Place
from orchestrator.core.text import Text, same
from orchestrator.fabric.fabric_interface import Fabric, HostRef
from orchestrator.templates.plain import filled_in

_FORBIDDEN_MARKS = ("skip", "skipif", "xfail")
_EVIDENCE_LIMIT = 1500
_NOISE = ("Use -v to get", "...Full output truncated", "use '-vv' to show")


class CheckTimeoutError(BaseException):
    """The running check's time is over. No ``Exception``, so that a check's own handlers let it pass."""


@dataclass(frozen=True)
class Judgement:
    """What a check's run came to."""

    outcome: Outcome
    evidence: Text | None = None


@dataclass(frozen=True)
class Planned:
    """A collected check that may run.

    Attributes:
        item: pytest's item.
        result: its result as far as it is known: all but outcome, evidence, commands and seconds.
        timeout: seconds.
        lock: checks with the same one run one after another; None: this one runs beside all others.
    """

    item: pytest.Item
    result: CheckResult
    timeout: float
    lock: str | None = None


class GraderPlugin:
    """One grading's plugin; the session says by ``run`` how the collected checks are executed."""

    def __init__(self, request: GradeRequest, run: Callable[[list[Planned], list[CheckResult]], None]) -> None:
        """Take the job, and what to do with the collected checks and the problems found."""
        self.judgement = Judgement("pass")
        self._request = request
        self._run = run
        self._refused: list[CheckResult] = []
        self._fabric: Any = None
        self._hosts: dict[str, testinfra.host.Host] = {}
        self.recorder: CommandLog | None = None
        self.shared: SharedLooks = NOTHING_SHARED

    @pytest.fixture
    def lab(self) -> Iterator[GradedLab]:
        """The lab as a check sees it."""
        if self.recorder is None:
            raise CheckMistakeError(same("the lab fixture is for checks only"))
        if self._fabric is None:
            self._fabric = self._request.fabric.make()
        device = self._request.device
        opener = None if device is None else _lazily(device)
        facts = self._request.facts
        with closing(GradedLab(facts, self._fabric, self.recorder, opener, self._hosts, self.shared)) as view:
            yield view

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the marker."""
        config.addinivalue_line("markers", "check(mark): a graded statement; use grader.check, not the bare marker")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected, and what a file left out on purpose."""
        if report.passed:
            return
        place = report.nodeid.rpartition("/")[2] or "checks"
        if report.skipped:
            self._refused.append(refused(place, _not_skipped()))
        else:
            self._refused.append(refused(place, same(trim(report.longreprtext, _EVIDENCE_LIMIT))))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the checks in the session's own way."""
        planned, problems = _plan(session.items, self._request)
        problems = [*self._refused, *problems, *_left_out(session.items, self._request.files)]
        if not planned and not problems:
            nothing = Text(fr="Aucun contrôle n'a été trouvé.", en="No check was found.")
            problems.append(refused("checks", nothing))
        self._run(planned, problems)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Call the check; one that returns something (``return``, async) judges nothing."""
        arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
        answer = pyfuncitem.obj(**arguments)
        if answer is not None:
            kind = type(answer).__name__
            if inspect.iscoroutine(answer):
                answer.close()
            raise CheckMistakeError(
                Text(
                    fr=f"Le contrôle renvoie {kind} : il doit utiliser assert, pas return ni async.",
                    en=f"The check returns {kind}: it has to use assert, not return or async.",
                )
            )
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Judge a phase. Only an assertion in the call phase is a fail; an error outweighs it."""
        outcome = "passed"
        if call.excinfo is not None:
            outcome = "failed"
            judgement = judge(call.when, call.excinfo.value, item.path)
            if self.judgement.outcome != "error":
                self.judgement = judgement
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome=outcome,  # type: ignore[arg-type]  # one of the two literals above
            longrepr=None,
            when=call.when,  # type: ignore[arg-type]  # "collect" does not come here
            duration=call.duration,
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self) -> tuple[str, str, str]:
        """Keep pytest's progress dots out of what the checks print."""
        return "", "", ""

    def close(self) -> None:
        """Close the connection to the fabric."""
        if self._fabric is not None:
            self._fabric.close()


def _lazily(device: Factory) -> DeviceOpener:
    """Return an opener that imports the device access (half a second) when a check first needs it."""

    def open_device(fabric: Fabric, target: HostRef) -> DeviceConnection:
        opener: DeviceOpener = device.make()
        return opener(fabric, target)

    return open_device


def judge(phase: str, error: BaseException, file: Path) -> Judgement:
    """Return what an exception means: ``fail`` for an assertion of the check itself, else ``error``."""
    failed = isinstance(error, (AssertionError, pytest.fail.Exception))
    if phase == "call" and failed and not isinstance(error, pytest.xfail.Exception):
        return Judgement("fail", _assertion_message(error, file))
    return Judgement("error", _reason(phase, error, file))


def refused(identifier: str, reason: Text) -> CheckResult:
    """Return the error that stands for something that should have been a check."""
    sentence = Text(
        fr=f"Le contrôle {identifier} ne peut pas être exécuté.", en=f"The check {identifier} cannot be run."
    )
    return CheckResult(identifier, None, 0, None, sentence, "error", reason)


def _plan(items: Sequence[pytest.Item], request: GradeRequest) -> tuple[list[Planned], list[CheckResult]]:
    """Sort the collected items: those to run, and an error for each that cannot be."""
    planned: list[Planned] = []
    problems: list[CheckResult] = []
    names = _identifiers(items)
    for item, name in zip(items, names, strict=True):
        marker = item.get_closest_marker("check")
        forbidden = [m for m in _FORBIDDEN_MARKS if item.get_closest_marker(m) is not None]
        if marker is None or not (marker.args and isinstance(marker.args[0], CheckMark)):
            problems.append(refused(name, _undecorated()))
        elif forbidden:
            problems.append(refused(name, _not_skipped()))
        else:
            mark: CheckMark = marker.args[0]
            callspec = getattr(item, "callspec", None)
            values = {**request.facts.values, **(callspec.params if callspec is not None else {})}
            try:
                planned.append(_planned(item, name, mark, values, request))
            except CheckMistakeError as error:
                problems.append(refused(name, error.text))
    return planned, problems


def _planned(item: pytest.Item, name: str, mark: CheckMark, values: dict[str, Any], request: GradeRequest) -> Planned:
    sentence = Text(fr=render(mark.fr, values), en=render(mark.en, values))
    host = None if mark.host is None else render(mark.host, values)
    if host is not None and host not in request.facts.hosts:
        raise CheckMistakeError(Text(fr=f"Le labo n'a pas de machine « {host} ».", en=f"The lab has no host '{host}'."))
    because = None if mark.because is None else _pattern(render(mark.because, values))
    before = None
    if mark.before_fr is not None and mark.before_en is not None:
        before = Text(fr=render(mark.before_fr, values), en=render(mark.before_en, values))
    result = CheckResult(
        name,
        mark.role,
        mark.points,
        mark.competence,
        sentence,
        "error",
        host=host,
        because=because,
        before=before,
    )
    lock = host if mark.lock is None else render(mark.lock, values) if mark.lock else None
    return Planned(item, result, mark.timeout or request.timeout, lock)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise CheckMistakeError(
            Text(
                fr=f"because={text!r} n'est pas une expression rationnelle : {error}",
                en=f"because={text!r} is no regular expression: {error}",
            )
        ) from error
    return text


def render(template: str, values: dict[str, Any]) -> str:
    """Return a sentence with the variant's values.

    Raises:
        CheckMistakeError: it is no template, or it names what the variant does not have.
    """
    plain = filled_in(template, values)
    if plain is not None:
        return plain
    from orchestrator.templates.render import render as render_with_jinja  # noqa: PLC0415 (its import takes 50 ms)

    try:
        return render_with_jinja(template, values, Place(""))
    except ContentError as error:
        wrong = error.problems[0].text
        raise CheckMistakeError(
            Text(
                fr=f"La phrase « {template} » ne peut pas être composée : {wrong.fr}",
                en=f"The sentence '{template}' cannot be rendered: {wrong.en}",
            )
        ) from error


def _identifiers(items: Sequence[pytest.Item]) -> list[str]:
    """Return ``file::function`` of each item, with the folder before it where two files have one name."""
    folders: dict[str, set[Path]] = {}
    for item in items:
        folders.setdefault(item.path.name, set()).add(item.path.parent)
    names = []
    for item in items:
        ambiguous = len(folders[item.path.name]) > 1
        file = f"{item.path.parent.parent.name}/{item.path.name}" if ambiguous else item.path.name
        names.append("::".join([file, *item.nodeid.split("::")[1:]]))
    return names


def _left_out(items: Sequence[pytest.Item], files: Sequence[Path]) -> list[CheckResult]:
    """Return an error for each declared check and each test class that pytest silently does not collect."""
    functions = [f for f in (getattr(item, "function", None) for item in items) if f is not None]
    codes = {inspect.unwrap(f).__code__ for f in functions}
    graded = {str(f) for f in files}
    problems = [
        refused(f"{Path(d.file).name}::{d.name}", _not_collected(d.line))
        for d in DECLARED
        if d.code not in codes and d.file in graded
    ]
    modules = {id(m): m for m in (getattr(item, "module", None) for item in items) if m is not None}
    collected = {getattr(item, "cls", None) for item in items}
    for module in modules.values():
        for name, value in vars(module).items():
            own = inspect.isclass(value) and value.__module__ == module.__name__
            if own and value not in collected and any(n.startswith("test") for n in vars(value)):
                line = inspect.getsourcelines(value)[1]
                problems.append(refused(f"{Path(str(module.__file__)).name}::{name}", _not_collected(line)))
    return problems


def _assertion_message(error: BaseException, file: Path) -> Text:
    message = without_source(str(error))
    lines = [line for line in message.splitlines() if not line.strip().startswith(_NOISE)]
    message = "\n".join(lines).strip()
    if message:
        return text_of(message).map(lambda text: trim(text, _EVIDENCE_LIMIT))
    frame = _frame(error, file)
    if frame is None:
        return same("assertion")
    source = linecache.getline(frame.filename, frame.lineno or 0).strip()
    return same(f"{file.name}:{frame.lineno}: {source}")


def _reason(phase: str, error: BaseException, file: Path) -> Text:
    frame = _frame(error, file)
    place = f" ({file.name}:{frame.lineno})" if frame is not None else ""
    if isinstance(error, BreakfixError):
        reason = error.text.map(lambda text: text + place)
    elif isinstance(error, CheckTimeoutError):
        reason = Text(
            fr=f"Le contrôle n'a pas fini en {error} s{place}.",
            en=f"The check did not end within {error} s{place}.",
        )
    elif isinstance(error, pytest.FixtureLookupError):
        fr, en = f"Il n'y a pas de fixture « {error.argname} ».", f"There is no fixture '{error.argname}'."
        reason = Text(fr=fr, en=en)
    elif isinstance(error, (pytest.skip.Exception, pytest.xfail.Exception)):
        reason = _not_skipped()
    else:
        said = text_of(f"{type(error).__name__}: {error}{place}")
        reason = said.map(lambda text: trim(text, _EVIDENCE_LIMIT))
    where = {"setup": ("préparation", "setup"), "teardown": ("rangement", "teardown")}.get(phase)
    if where is None:
        return reason
    return Text(fr=f"[{where[0]}] {reason.fr}", en=f"[{where[1]}] {reason.en}")


def _frame(error: BaseException, file: Path) -> traceback.FrameSummary | None:
    """Return the innermost line of the check file that the error came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return frames[-1] if frames else None


def _undecorated() -> Text:
    return Text(
        fr="Fonction de test sans @check : rôle, points et phrases manquent.",
        en="A test function without @check: role, points and sentences are missing.",
    )


def _not_skipped() -> Text:
    return Text(
        fr="Un contrôle ne peut être ni sauté ni attendu en échec (skip, xfail, importorskip).",
        en="A check must not be skipped or expected to fail (skip, xfail, importorskip).",
    )


def _not_collected(line: int) -> Text:
    return Text(
        fr=f"Ligne {line} : pytest ne voit pas ce contrôle (nom sans test_, en double, classe ignorée).",
        en=f"Line {line}: pytest does not see this check (name without test_, used twice, class left out).",
    )
