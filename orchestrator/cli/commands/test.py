"""``test``: the project's own tests, for who works on Breakfix."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from orchestrator.cli.base import command
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import UsageError
from orchestrator.interrupts import shielded
from orchestrator.loader.roots import built_in_root
from orchestrator.text import Text

LIVE_ONLY = ("tests/containment", "tests/live", "tests/tamper")
"""Folders of which every test needs real machines: parts without machines need not even read them."""
_ON_ALL_PROCESSORS = ("-n", "auto", "--dist", "worksteal", *(f"--ignore={folder}" for folder in LIVE_ONLY))
_FILES_SIDE_BY_SIDE = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile")
"""Live tests mostly wait; those of one file share a lab."""


@dataclass(frozen=True)
class Part:
    """What runs one after the other.

    Attributes:
        title: what it is called on the screen.
        markers: pytest's ``-m``.
        options: further options of pytest.
        starts_labs: whether its tests start labs.
    """

    title: str
    markers: str
    options: tuple[str, ...] = ()
    starts_labs: bool = False


PARTS = (
    Part(
        tr("Tests rapides, sans machines", "Quick tests, without machines"), "not live and not slow", _ON_ALL_PROCESSORS
    ),
    Part(
        tr("Tests plus longs, sans machines", "Longer tests, without machines"),
        "slow and not live",
        _ON_ALL_PROCESSORS,
    ),
    Part(
        tr("Tests sur de vraies machines, l'un après l'autre", "Tests on real machines, one after another"),
        "live and alone",
        starts_labs=True,
    ),
    Part(
        tr("Tests sur de vraies machines, côte à côte", "Tests on real machines, side by side"),
        "live and not alone",
        _FILES_SIDE_BY_SIDE,
        starts_labs=True,
    ),
)
"""All tests: the quick ones show most mistakes within a minute."""
_ONE_PROCESS = frozenset({"--pdb", "--trace", "-s", "--capture=no"})
"""Options of pytest that need its own terminal."""
NOTHING_COLLECTED = 5
"""pytest's exit status when a selection holds no test."""


@command(
    "test",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    help=tr(
        "Lancer les tests du projet : d'abord les rapides, sans Docker, puis ceux sur de vraies machines.\n\n"
        "Les arguments en plus vont à pytest : « breakfix test -k dns -x ».",
        "Run the project's tests: first the quick ones, without Docker, then those on real machines.\n\n"
        "Further arguments go to pytest: 'breakfix test -k dns -x'.",
    ),
)
@click.option(
    "--keep-going",
    is_flag=True,
    help=tr("Continuer même si une partie échoue.", "Go on even if one part fails."),
)
@click.argument(
    "arguments", nargs=-1, type=click.UNPROCESSED, metavar=tr("[ARGUMENTS DE PYTEST]…", "[PYTEST ARGUMENTS]…")
)
@pass_session
def test_command(session: Session, arguments: tuple[str, ...], *, keep_going: bool) -> int:
    """Run pytest for each part; pytest's own summary ends the output."""
    root = _checkout()
    statuses = []
    for part in PARTS:
        session.output.note(plain(f"── {part.title} ──", "bold"))
        options = () if _ONE_PROCESS.intersection(arguments) else part.options
        with _without_leftovers(session) if part.starts_labs else nullcontext():
            statuses.append(_pytest(root, ["-m", part.markers, *options, *arguments, "tests"]))
        if statuses[-1] not in {0, NOTHING_COLLECTED} and not keep_going:
            break
    return combined(*statuses)


@contextmanager
def _without_leftovers(session: Session) -> Iterator[None]:
    """Remove the labs that tests have left which were killed or interrupted; those that ran before stay."""
    instances = session.app.instances
    before = {instance.name for instance in instances.all()}
    try:
        yield
    finally:
        with shielded():
            for left in [instance.name for instance in instances.all() if instance.name not in before]:
                instances.remove(left)


def combined(*statuses: int) -> int:
    """Return the exit status of all parts: some may be empty (a selection with ``-k``), but not all."""
    failures = [status for status in statuses if status not in {0, NOTHING_COLLECTED}]
    if failures:
        return failures[0]
    return NOTHING_COLLECTED if set(statuses) == {NOTHING_COLLECTED} else 0


def _checkout() -> Path:
    root = built_in_root()
    if not (root / "tests").is_dir():
        raise UsageError(
            Text(
                fr="Les tests ne sont pas installés avec le programme.",
                en="The tests are not installed with the program.",
            ),
            Text(
                fr="Lancez « ./breakfix test » dans un clone du dépôt.",
                en="Run './breakfix test' in a clone of the repository.",
            ),
        )
    return root


def _pytest(root: Path, arguments: Sequence[str]) -> int:
    """Run pytest in a process group of its own, so that one Ctrl-C reaches it once: a second would cut its clean-up."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-P", "-m", "pytest", *arguments], cwd=root, process_group=0
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
