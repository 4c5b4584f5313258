"""How long images and labs take to be ready: each by turns, nothing left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.bench import boots
from orchestrator.core import labels
from orchestrator.core.errors import UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from tests.unit.bench.conftest import Program

pytestmark = pytest.mark.slow


class Told(Silent):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, text: Text) -> None:
        self.steps.append(text.en)


def test_images_and_labs_by_turns(program: Program, tmp_path: Path) -> None:
    told = Told()
    report = boots.measure(program.app, runs=2, output=tmp_path / "boots.json", progress=told)
    (image,), (lab,) = report.images, report.labs
    assert (image.name, image.hosts, len(image.seconds), image.memory) == ("host", 1, 2, 6_000_000)
    assert (lab.name, lab.hosts, len(lab.seconds), lab.memory) == ("eight", 8, 2, 48_000_000)
    assert image.size is not None
    assert lab.size is None
    assert told.steps == [f"{what}, measurement {n} of 2" for n in (1, 2) for what in ("host", "eight")]
    assert json.loads((tmp_path / "boots.json").read_text()) == report.to_document()
    assert not program.engine.containers({labels.KIND: "host"})


def test_told_in_both_languages(program: Program) -> None:
    report = boots.measure(program.app, runs=1, progress=Silent())
    assert "48.0 MB" in report.to_text("en")
    assert "48,0 Mo" in report.to_text("fr")


def test_nothing_starts_for_a_report_that_cannot_be_written(program: Program, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        boots.measure(program.app, runs=1, output=tmp_path / "none" / "boots.json", progress=Silent())
    assert not program.engine.containers({labels.KIND: "host"})
