"""``test``: the project's own tests, for who works on Breakfix."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from orchestrator.cli.click_classes import argument, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.core.errors import UsageError
from orchestrator.core.interrupts import shielded
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.roots import built_in_root
from orchestrator.proof.due import require_few_stale

LIVE_ONLY = ("tests/containment", "tests/live", "tests/tamper")
"""Folders of which every test needs real machines: parts without machines need not even read them."""
_ON_ALL_PROCESSORS = ("-n", "auto", "--dist", "worksteal", *(f"--ignore={folder}" for folder in LIVE_ONLY))
_FILES_SIDE_BY_SIDE = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile")
"""Live tests mostly wait; those of one file share a lab."""


@dataclass(frozen=True)
class TestPart:
    """What runs one after the other.

    Attributes:
        title: what it is called on the screen.
        markers: pytest's ``-m``.
        usual: which of these tests run without ``--all``, as a further condition; empty for all of them.
        whole: the same with ``--all``.
        options: further options of pytest.
        starts_labs: whether its tests start labs.
    """

    title: Text
    markers: str
    usual: str = ""
    whole: str = ""
    options: tuple[str, ...] = ()
    starts_labs: bool = False

    def chosen(self, *, everything: bool) -> str:
        """Return pytest's ``-m`` for the usual tests of this part, or for everything."""
        condition = self.whole if everything else self.usual
        return f"{self.markers} and {condition}" if condition else self.markers


PARTS = (
    TestPart(
        Text(fr="Tests rapides, sans machines", en="Quick tests, without machines"),
        "not live and not slow",
        options=_ON_ALL_PROCESSORS,
    ),
    TestPart(
        Text(fr="Tests plus longs, sans machines", en="Longer tests, without machines"),
        "slow and not live",
        usual="not whole",
        options=_ON_ALL_PROCESSORS,
    ),
    TestPart(
        Text(fr="Tests sur de vraies machines, l'un après l'autre", en="Tests on real machines, one after another"),
        "live and alone",
        usual="core",
        starts_labs=True,
    ),
    TestPart(
        Text(fr="Tests sur de vraies machines, côte à côte", en="Tests on real machines, side by side"),
        "live and not alone",
        usual="core",
        whole="not sample",
        options=_FILES_SIDE_BY_SIDE,
        starts_labs=True,
    ),
)
"""All tests: the quick ones show most mistakes within a minute."""
QUICK = "quick"
"""The word for the first part alone. The launcher knows it as well, and installs no Docker for it."""
_ONE_PROCESS = frozenset({"--pdb", "--trace", "-s", "--capture=no"})
"""Options of pytest that need its own terminal."""
NOTHING_COLLECTED = 5
"""pytest's exit status when a selection holds no test."""


@command(
    "test",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    help=Text(
        fr="Lancer les tests du projet : d'abord ceux sans Docker, puis les essentiels de ceux sur de vraies "
        "machines.\n\n"
        "« breakfix test quick » lance les tests rapides seuls, sans Docker ; « --all » les lance tous, ce qui prend "
        "des heures.\n\n"
        "Les arguments en plus vont à pytest : « breakfix test -k dns -x » ; une option de pytest qui porte le nom "
        "d'une option ci-dessous s'écrit après « -- ».",
        en="Run the project's tests: first those without Docker, then the core of those on real machines.\n\n"
        "'breakfix test quick' runs the quick tests alone, without Docker; '--all' runs all of them, which takes "
        "hours.\n\n"
        "Further arguments go to pytest: 'breakfix test -k dns -x'; an option of pytest's that has the name of one "
        "below is written after '--'.",
    ),
)
@option(
    "--all",
    "everything",
    is_flag=True,
    help=Text(fr="Tous les tests, et pas seulement les essentiels.", en="All tests, not only the core."),
)
@option(
    "--durations",
    is_flag=True,
    help=Text(
        fr="Montrer où est passé le temps, par partie et par fichier.", en="Show where the time went, by part and file."
    ),
)
@option(
    "--keep-going",
    is_flag=True,
    help=Text(fr="Continuer même si une partie échoue.", en="Go on even if one part fails."),
)
@argument(
    "arguments",
    nargs=-1,
    type=click.UNPROCESSED,
    metavar=Text(fr="[quick] [ARGUMENTS DE PYTEST]…", en="[quick] [PYTEST ARGUMENTS]…"),
)
@pass_invocation
def test_command(
    invocation: Invocation, arguments: tuple[str, ...], *, everything: bool, durations: bool, keep_going: bool
) -> int:
    """Run pytest for each part; pytest's own summary ends the output."""
    root = _checkout()
    parts, arguments = parts_asked_for(arguments, root, everything=everything)
    if not everything and any(part.starts_labs for part in parts) and not arguments:
        require_few_stale(invocation.app.content, invocation.app.proofs)
    folders = () if _names_tests(arguments, root) else ("tests",)
    statuses = []
    with tempfile.TemporaryDirectory(prefix="breakfix-test-") as folder:
        for part in parts:
            invocation.output.note(part.title.map("── {} ──".format), style="bold")
            options = () if _ONE_PROCESS.intersection(arguments) else part.options
            told = _lengths(part, Path(folder)) if durations else ()
            words = ["-m", part.chosen(everything=everything), *options, *told, *arguments, *folders]
            started: AbstractContextManager[Mapping[str, str]]
            started = _without_leftovers(invocation) if part.starts_labs else nullcontext({})
            with started as variables:
                statuses.append(_pytest(root, words, variables))
            if statuses[-1] not in {0, NOTHING_COLLECTED} and not keep_going:
                break
    return combined(*statuses)


def parts_asked_for(
    arguments: tuple[str, ...], root: Path, *, everything: bool
) -> tuple[tuple[TestPart, ...], tuple[str, ...]]:
    """Return the parts to run, and pytest's arguments.

    Raises:
        UsageError: the first word is neither ``quick``, nor an option, nor a file or folder; or ``quick`` with
            ``--all``, which contradict each other.
    """
    first, *others = arguments or ("",)
    if first == QUICK and everything:
        raise UsageError(
            Text(
                fr="« quick » lance les tests rapides seuls, « --all » les lance tous.",
                en="'quick' runs the quick tests alone, '--all' runs all tests.",
            ),
            Text(fr="Gardez l'un des deux.", en="Keep one of the two."),
        )
    if first == QUICK:
        return PARTS[:1], tuple(others)
    if first and not first.startswith("-") and not _names_tests(arguments, root):
        raise UsageError(
            with_suggestion(
                Text(
                    fr=f"« {first} » n'est ni « {QUICK} », ni un fichier ou dossier de tests",
                    en=f"'{first}' is neither '{QUICK}' nor a file or folder of tests",
                ),
                first,
                [QUICK],
            ),
            Text(
                fr="« breakfix test --help » dit ce qui peut suivre « test ».",
                en="'breakfix test --help' tells what may follow 'test'.",
            ),
        )
    return PARTS, arguments


def _names_tests(arguments: Sequence[str], root: Path) -> bool:
    """Return whether the first argument, which is no option's value, is a file or folder, perhaps with a test."""
    first = (arguments or ("",))[0].partition("::")[0]
    return bool(first) and not first.startswith("-") and (root / first).exists()


def _lengths(part: TestPart, folder: Path) -> tuple[str, ...]:
    """Return pytest's options (``tests/timing.py``) that show the time of a part, and of those before."""
    heading = Text(
        fr="Temps passé, en secondes : en tout, par le test le plus long",
        en="Time spent, in seconds: in all, by the longest test",
    )
    return (
        f"--lengths={folder / 'lengths.json'}",
        f"--lengths-heading={localized(heading)}",
        f"--lengths-name={localized(part.title)}",
    )


@contextmanager
def _without_leftovers(invocation: Invocation) -> Iterator[Mapping[str, str]]:
    """Remove the labs that tests have left which were killed or interrupted; those of others stay.

    Yields:
        Variables of the environment by which who starts a lab, as its label says, is the tests: whatever program of
        theirs does it, and wherever it keeps its records.
    """
    owner = f"breakfix-test-{os.getpid()}"
    try:
        yield {"LOGNAME": owner}  # getpass.getuser() looks here first
    finally:
        with shielded():
            labs = invocation.app.labs
            for left in [instance.name for instance in labs.all() if instance.owner == owner]:
                labs.stop(left)


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


def _pytest(root: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run pytest in a process group of its own, so that one Ctrl-C reaches it once: a second would cut its clean-up."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-P", "-m", "pytest", *arguments],
        cwd=root,
        env={**environment_of_tests(os.environ), **variables},
        process_group=0,
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise


def environment_of_tests(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which pytest keeps what it has compiled: else each process compiles all tests again."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
