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
from typing import IO

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
_KEEP_NO_FILES = ("-o", "tmp_path_retention_policy=failed")
"""A quick test that passes leaves no files: pytest would remove thousands of an earlier run's at the end."""
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
        behind: whether it runs behind the next part, whose tests mostly wait, and is shown after it.
    """

    title: Text
    markers: str
    usual: str = ""
    whole: str = ""
    options: tuple[str, ...] = ()
    starts_labs: bool = False
    behind: bool = False

    def chosen(self, *, everything: bool) -> str:
        """Return pytest's ``-m`` for the usual tests of this part, or for everything."""
        condition = self.whole if everything else self.usual
        return f"{self.markers} and {condition}" if condition else self.markers


PARTS = (
    TestPart(
        Text(fr="Tests rapides, sans machines", en="Quick tests, without machines"),
        "not live and not slow",
        options=(*_ON_ALL_PROCESSORS, *_KEEP_NO_FILES),
    ),
    TestPart(
        Text(fr="Tests plus longs, sans machines", en="Longer tests, without machines"),
        "slow and not live",
        usual="not whole",
        options=_ON_ALL_PROCESSORS,
        behind=True,
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
_LOW_PRIORITY = 10
"""The niceness of what runs behind: it takes the time that others leave."""
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
    with tempfile.TemporaryDirectory(prefix="breakfix-test-") as folder:
        run = _TestRun(invocation, root, arguments, Path(folder), everything=everything, durations=durations)
        behind: TestPart | None = None
        for part in parts:
            if part.behind and not run.in_one_process:
                behind = part
                continue
            with run.behind(behind, keep_going=keep_going):
                run.play(part)
            behind = None
            if run.failed and not keep_going:
                break
    return combined(*run.statuses)


class _TestRun:
    """The parts that run one after the other, or one behind another one.

    Attributes:
        statuses: pytest's exit statuses of the parts that have ended.
        in_one_process: whether pytest is to have the terminal for itself.
    """

    def __init__(
        self,
        invocation: Invocation,
        root: Path,
        arguments: tuple[str, ...],
        folder: Path,
        *,
        everything: bool,
        durations: bool,
    ) -> None:
        self.statuses: list[int] = []
        self.in_one_process = bool(_ONE_PROCESS.intersection(arguments))
        self._invocation = invocation
        self._root = root
        self._arguments = (*arguments, *(() if _names_tests(arguments, root) else ("tests",)))
        self._folder = folder
        self._everything = everything
        self._durations = durations

    @property
    def failed(self) -> bool:
        """Return whether a part has failed so far; one that holds no test has not."""
        return bool({*self.statuses} - {0, NOTHING_COLLECTED})

    def play(self, part: TestPart) -> None:
        """Run a part to its end."""
        self._tell(part)
        started: AbstractContextManager[Mapping[str, str]]
        started = _without_leftovers(self._invocation) if part.starts_labs else nullcontext({})
        with started as variables:
            self.statuses.append(_pytest(self._root, self._words(part), variables))

    @contextmanager
    def behind(self, part: TestPart | None, *, keep_going: bool) -> Iterator[None]:
        """Run a part at a low priority while the block runs, and show its output afterwards.

        It is interrupted where the block ends with an error, or with a failure after which nothing more is to run.
        """
        if part is None:
            yield
            return
        self._invocation.output.note(
            Text(
                fr=f"{part.title.fr} : à côté de la partie suivante ; le résultat vient après le sien.",
                en=f"{part.title.en}: beside the next part; the result comes after that one's.",
            )
        )
        output = self._folder / "behind.txt"
        with output.open("wb") as stream:
            process = _started(self._root, self._words(part), {}, stream)
            try:
                os.setpriority(os.PRIO_PROCESS, process.pid, _LOW_PRIORITY)
                yield
                if self.failed and not keep_going:
                    process.send_signal(signal.SIGINT)
                    process.wait()
                    return
                status = process.wait()
            except BaseException:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
        self._tell(part)
        sys.stdout.write(output.read_text(encoding="utf-8", errors="replace"))
        sys.stdout.flush()
        self.statuses.append(status)

    def _tell(self, part: TestPart) -> None:
        self._invocation.output.note(part.title.map("── {} ──".format), style="bold")

    def _words(self, part: TestPart) -> list[str]:
        """Return pytest's arguments."""
        options = () if self.in_one_process else part.options
        told = _lengths(part, self._folder / f"{PARTS.index(part)}.json") if self._durations else ()
        return ["-m", part.chosen(everything=self._everything), *options, *told, *self._arguments]


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


def _lengths(part: TestPart, file: Path) -> tuple[str, ...]:
    """Return pytest's options (``tests/timing.py``) that show the time of a part, and of those that have ended."""
    heading = Text(
        fr="Temps passé, en secondes : en tout, par le test le plus long",
        en="Time spent, in seconds: in all, by the longest test",
    )
    return (
        f"--lengths={file}",
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
            for left in [instance.name for instance in labs.running.all() if instance.owner == owner]:
                labs.lifecycle.stop(left)


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
    process = _started(root, arguments, variables)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise


def _started(
    root: Path, arguments: Sequence[str], variables: Mapping[str, str], output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-P", "-m", "pytest", *arguments],
        cwd=root,
        env={**environment_of_tests(os.environ), **variables},
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        process_group=0,
    )


def environment_of_tests(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which pytest keeps what it has compiled: else each process compiles all tests again."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
