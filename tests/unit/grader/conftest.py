"""Grades check files written by the tests, against a fabric in memory."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from grader.facts import InterfaceFacts, LabFacts
from grader.job import Factory, GradeRequest
from grader.report import Report
from grader.runner import OnResult, grade
from orchestrator.model.plan import Person

ANSWERS: tuple[dict[str, Any], ...] = (
    {"command": "uname *", "stdout": "Linux\n"},
    {"command": "cat /etc/os-release", "stdout": 'ID=debian\nVERSION_ID="13"\n'},
    {"command": "test *"},
    {"command": "command -v *", "stdout": "/usr/bin/tool\n"},
    {"command": "command -v absent", "status": 127},
    {"command": "/bin/true"},
)


def facts(**values: Any) -> LabFacts:
    return LabFacts(
        instance="demo",
        domain="lan.test",
        values={"site": "Lyon", "user": Person("Zoé", "Lefèvre", "zlefevre", feminine=True), **values},
        hosts={
            "ws1": (InterfaceFacts("eth0", "office", None),),
            "web": (InterfaceFacts("eth0", "servers", "192.168.20.3"), InterfaceFacts("eth1", "office", "192.168.10.254")),
        },
        segments={"office": "192.168.10.0/24", "servers": "192.168.20.0/24"},
    )


def request_for(folder: Path, files: Mapping[str, str], answers: Sequence[dict[str, Any]] = (), **more: Any) -> GradeRequest:
    """Write check files (``from grader import check`` is put before each) and return the request that grades them."""
    for name, text in files.items():
        header = "import os, signal, sys, time, pytest\nfrom grader import check, eventually\n"
        (folder / name).write_text(header + textwrap.dedent(text), encoding="utf-8")
    return GradeRequest(
        facts=facts(**more.pop("values", {})),
        scenario="dns-zone-broken",
        seed=7,
        digest="0" * 64,
        files=tuple(folder / name for name in files),
        fabric=Factory("orchestrator.fabric.fake:FakeFabric", {"answers": [*ANSWERS, *answers]}),
        **more,
    )


class Grade(Protocol):
    def __call__(
        self, files: Mapping[str, str] | str, answers: Sequence[dict[str, Any]] = (), *, on_result: OnResult | None = None, **more: Any
    ) -> Report: ...


def grader_in(folder: Path) -> Grade:
    def run(
        files: Mapping[str, str] | str, answers: Sequence[dict[str, Any]] = (), *, on_result: OnResult | None = None, **more: Any
    ) -> Report:
        named = {"test_checks.py": files} if isinstance(files, str) else files
        return grade(request_for(folder, named, answers, **more), on_result=on_result)

    return run


@pytest.fixture
def grading(tmp_path: Path) -> Grade:
    return grader_in(tmp_path)


@pytest.fixture(scope="module")
def grading_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Grade]:
    return lambda name: grader_in(tmp_path_factory.mktemp(name))
