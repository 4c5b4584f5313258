"""Grades check files written by the tests, against a fabric in memory."""

from __future__ import annotations

import textwrap
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.facts import InterfaceFacts, LabFacts
from grader.job import Factory, GradeRequest
from grader.load import _Longest
from grader.report import Report
from grader.runner import OnResult, OnRunning, grade
from orchestrator.model.drawn_person import DrawnPerson

_HEADER = "import os, signal, sys, time, pytest\nfrom grader import check, eventually\n"

# What testinfra asks a Debian host before anything else.
_ANSWERS: tuple[dict[str, Any], ...] = (
    {"command": "test *"},
    {"command": "command -v *", "stdout": "/usr/bin/tool\n"},
    {"command": "command -v absent", "status": 127},
    {"command": "/bin/true"},
)


def _facts(**values: object) -> LabFacts:
    return LabFacts(
        instance="demo",
        domain="lan.test",
        values={"site": "Lyon", "user": DrawnPerson("Zoé", "Lefèvre", "zlefevre", feminine=True), **values},
        hosts={
            "ws1": (InterfaceFacts("eth0", "office", None),),
            "web": (
                InterfaceFacts("eth0", "servers", "192.168.20.3"),
                InterfaceFacts("eth1", "office", "192.168.10.254"),
            ),
        },
        segments={"office": "192.168.10.0/24", "servers": "192.168.20.0/24"},
    )


def _request(
    folder: Path,
    files: Mapping[str, str],
    answers: Sequence[dict[str, Any]] = (),
    **more: Any,  # noqa: ANN401
) -> GradeRequest:
    for name, text in files.items():
        (folder / name).write_text(_HEADER + textwrap.dedent(text), encoding="utf-8")
    return GradeRequest(
        facts=_facts(),
        scenario="dns-zone-broken",
        seed=7,
        digest="0" * 64,
        files=tuple(folder / name for name in files),
        fabric=Factory("tests.fakes.fabric:FakeFabric", {"answers": [*_ANSWERS, *answers]}),
        **more,
    )


def _grader_in(folder: Path) -> Callable[..., Report]:
    def run(
        files: Mapping[str, str] | str,
        answers: Sequence[dict[str, Any]] = (),
        *,
        on_result: OnResult | None = None,
        on_running: OnRunning | None = None,
        go_on: Callable[[], None] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Report:
        named = {"test_checks.py": files} if isinstance(files, str) else files
        request = _request(folder, named, answers, **more)
        return grade(request, on_result=on_result, on_running=on_running, go_on=go_on)

    return run


class Clock:
    """A clock that stands still unless somebody sleeps, or the test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which ``eventually`` waits: no test waits itself."""
    made = Clock()
    monkeypatch.setattr("grader.polling.time", types.SimpleNamespace(monotonic=made.monotonic, sleep=made.sleep))
    return made


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no deadline of this process be a longer one, however busy the machine is."""
    monkeypatch.setattr("grader.load._load", lambda _most: 0.0)
    monkeypatch.setattr("grader.load._LONGEST", {brief: _Longest() for brief in (True, False)})


@pytest.fixture
def answers() -> tuple[dict[str, Any], ...]:
    """What the fake fabric says when nothing else is scripted."""
    return _ANSWERS


@pytest.fixture
def facts() -> Callable[..., LabFacts]:
    """``facts(name=value)``: the lab of these tests, with more values."""
    return _facts


@pytest.fixture
def request_for() -> Callable[..., GradeRequest]:
    """``request_for(folder, {file: text})``: writes check files and returns the request that grades them."""
    return _request


@pytest.fixture
def grading(tmp_path: Path) -> Callable[..., Report]:
    """``grading(text or {file: text}, answers)``: grades check files."""
    return _grader_in(tmp_path)


@pytest.fixture(scope="module")
def grading_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Callable[..., Report]]:
    """``grading_once(name)``: a ``grading`` for a fixture that serves a whole module."""
    return lambda name: _grader_in(tmp_path_factory.mktemp(name))
