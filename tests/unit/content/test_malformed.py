"""A thousand content folders with mistakes: each is refused with file and line, in both languages; nothing starts."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from types import FrameType

import pytest

from orchestrator.app import App
from orchestrator.cli import language_choice, run
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import ExitCode, Problem
from orchestrator.engine.engine_interface import Engine
from orchestrator.faults.registry import problems_of as problems_of_fault
from orchestrator.loader.content import Content
from orchestrator.loader.files import MAX_TEXT
from orchestrator.loader.survey import problems_of, select
from tests.unit.content.mutations import REAL, Mutant, Mutator

pytestmark = pytest.mark.slow

FEW, MANY, SHARES = 2, 1000, 8
USUAL = 2
"""Shares that are taken without ``--all``."""
HANGS = 60
"""Seconds after which reading one small folder counts as hanging: it takes some hundredths."""
SCENARIOS = sorted(path.parent for path in (REAL / "scenarios").rglob("scenario.yaml"))


class HangError(BaseException):
    """Reading did not come to an end; no ``except Exception`` may hold it up."""


class ReachedError(Exception):
    """A command went on to the engine."""


@contextmanager
def bounded(mutant: Mutant) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise HangError(mutant.done)

    before = signal.signal(signal.SIGALRM, ring)
    of_the_test = signal.setitimer(signal.ITIMER_REAL, HANGS)  # its own limit goes on afterwards
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *of_the_test)


@pytest.fixture
def mutator(tmp_path: Path) -> Mutator:
    return Mutator(tmp_path, SCENARIOS)


def found_in(mutant: Mutant) -> tuple[Problem, ...]:
    content = Content((mutant.root,))
    return problems_of(content, select(content, []), partial(problems_of_fault, roots=content.roots), processes=1)


def has_lines(file: Path, mutant: Mutant) -> bool:
    """Return whether a line can be named: of a file that can be read, and has not the wrong name altogether."""
    if not (REAL / file.absolute().relative_to(mutant.root)).exists():
        return False
    try:
        seen = os.lstat(file)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(seen.st_mode) and seen.st_size <= MAX_TEXT


def assert_clear(problems: Sequence[Problem], mutant: Mutant, whole: str = "gone") -> None:
    """Check what is told; ``whole`` is the file of which it may be that something is missing in all of it."""
    for problem in problems:
        file = problem.place.file
        assert str(mutant.root) in str(Path(file).absolute()), (mutant.done, problem)
        named = problem.place.line or Path(file).absolute() == mutant.root / whole
        assert named or not has_lines(Path(file), mutant), (mutant.done, problem)
        assert problem.text.fr.strip(), (mutant.done, problem)
        assert problem.text.en.strip(), (mutant.done, problem)
        assert "Traceback" not in problem.text.en, (mutant.done, problem)


def started(mutant: Mutant) -> int:
    """Return the exit status of ``start`` on the folder; the engine must not be asked for anything."""

    class Isolated(App):
        @cached_property
        def content(self) -> Content:
            return Content((mutant.root,))

        @property
        def engine(self) -> Engine:
            raise ReachedError

    slug = next((path.name for path in sorted(mutant.root.glob("scenarios/*/*")) if path.is_dir()), "gone")
    return run(["start", slug, "--seed", "1"], Invocation(make=Isolated))


def refuse(mutator: Mutator, many: int, seed: int = 0) -> Counter[str]:
    """Read folders until ``many`` were refused, one of them by ``start``; return how many were what."""
    counted: Counter[str] = Counter()
    while counted["refused"] < many or not counted["not started"]:
        mutant = mutator.make(seed)
        with bounded(mutant):
            problems = found_in(mutant)
            counted["refused" if problems else "sound"] += 1
            assert_clear(problems, mutant)
            if any("/images/" not in problem.place.file for problem in problems):  # an unused image stops nobody
                status = started(mutant)
                assert status in {ExitCode.CONTENT, ExitCode.WRONG_USE}, (mutant.done, problems)
                counted["not started"] += 1
        shutil.rmtree(mutant.root)
        seed += 1
    return counted


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    language_choice.choose(["--lang", "en"])
    yield
    language_choice.choose([], {})


def test_a_few_folders_with_mistakes_are_refused(mutator: Mutator, capfd: pytest.CaptureFixture[str]) -> None:
    counted = refuse(mutator, FEW)
    assert counted["not started"]
    assert "Unexpected error" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "share", [pytest.param(share, marks=() if share < USUAL else pytest.mark.whole) for share in range(SHARES)]
)
def test_a_thousand_folders_with_mistakes_are_refused(
    mutator: Mutator, share: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """In shares, which processors take side by side."""
    many = MANY // SHARES
    counted = refuse(mutator, many, seed=share * 100_000)
    # About a third of the mistakes are in a scenario or its lab, the others in images: which, the draw decides.
    assert counted["not started"] > many / 5
    assert counted["sound"] < many, "most of what is done to a folder must be a mistake"
    assert "Unexpected error" not in capfd.readouterr().err


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda folder: folder.name)
def test_the_real_content_is_sound(scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what is refused above is refused for its mistakes."""
    nothing: Callable[[Path, object], None] = lambda _path, _draw: None  # noqa: E731
    nothing.__name__ = "nothing"
    monkeypatch.setattr("tests.unit.content.mutations.CHANGES", (nothing,))
    mutant = Mutator(tmp_path, [scenario]).make(1)
    assert found_in(mutant) == ()
    assert started(mutant) not in {ExitCode.CONTENT, ExitCode.WRONG_USE}, "it goes on to the engine"
