"""``python -m tests.bench``: the measurements of those who develop Breakfix, from the top of a checkout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from orchestrator.bench.boots import require_folder
from orchestrator.cli import failures, language_choice
from orchestrator.cli.click_classes import CommandGroup, help_without_command
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.progress_view import steps
from orchestrator.core import interrupts
from orchestrator.core.errors import ExitCode
from tests.bench import benchmark
from tests.bench.cycles import run_cycles
from tests.bench.flips import SCENARIOS, STATES, run_gradings
from tests.bench.sealings import run_sealings
from tests.bench.shares import run_shares

if TYPE_CHECKING:
    from tests.bench.bench_report import BenchReport
    from tests.bench.cycles import LongRun
    from tests.bench.flips import Flips
    from tests.bench.sealings import Sealings
    from tests.bench.shares import Shares

PROGRAM: Final = "python -m tests.bench"
_LEAST_GRADINGS: Final = 2 * len(SCENARIOS) * len(STATES)
"""Each instance is graded at least once on an idle machine and once on a loaded one."""


def main(arguments: Sequence[str] | None = None, invocation: Invocation | None = None) -> int:
    """Run one measurement and return its exit status.

    Args:
        arguments: the words after the program's name; by default the process's own.
        invocation: what it works with; another one is for tests.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    language_choice.choose(words)
    used = invocation or Invocation()
    with interrupts.installed(lambda: click.echo("\nCleaning up, just a moment…", err=True)):
        try:
            with bench.make_context(PROGRAM, words, obj=used) as context:
                status = bench.invoke(context)
        except click.exceptions.Exit as done:  # after --help
            return done.exit_code
        except BaseException as error:
            return failures.render(error, used)
        finally:
            used.close()
    return status if isinstance(status, int) else 0


bench = CommandGroup(
    "bench",
    help="Measure Breakfix, for those who develop it.",
    invoke_without_command=True,
    callback=help_without_command,
)

_output: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to a file, as JSON.",
)


@bench.command(short_help="Measure beside docker-compose and testinfra's own backend.")
@click.option(
    "--runs", type=click.IntRange(min=benchmark.LEAST_RUNS), default=5, metavar="N", help="How many of each; default 5."
)
@_output
@pass_invocation
def compare(invocation: Invocation, runs: int, output: Path | None) -> int:
    """Measure labs beside docker-compose, and checks beside testinfra's own backend, by turns."""
    require_folder(output)
    with steps(invocation) as shown:
        report = benchmark.run(invocation.app, runs=runs, progress=shown)
    _show(invocation, report, output)
    return ExitCode.DONE


@bench.command(short_help="Tell what grows over many labs.")
@click.argument("count", type=click.IntRange(min=1), metavar="N")
@_output
@pass_invocation
def cycles(invocation: Invocation, count: int, output: Path | None) -> int:
    """Start, break, repair and stop a lab N times, and tell what has grown (exit status 1)."""
    require_folder(output)
    with steps(invocation) as shown:
        found = run_cycles(invocation.app, cycles=count, progress=shown)
    _show(invocation, found, output)
    return ExitCode.NOT_REPAIRED if found.grown else ExitCode.DONE


@bench.command(short_help="Tell whether gradings repeat.")
@click.argument("count", type=click.IntRange(min=_LEAST_GRADINGS), metavar="N")
@_output
@pass_invocation
def grading(invocation: Invocation, count: int, output: Path | None) -> int:
    """Grade N times what nobody changes, on an idle and on a loaded machine, and tell what changed (exit status 1)."""
    require_folder(output)
    with steps(invocation) as shown:
        found = run_gradings(invocation.app, gradings=count, progress=shown)
    _show(invocation, found, output)
    return ExitCode.NOT_REPAIRED if found.changes else ExitCode.DONE


@bench.command(short_help="Tell what the comparison with the sound state costs.")
@click.option("--runs", type=click.IntRange(min=1), default=5, metavar="N", help="How many of each; default 5.")
@_output
@pass_invocation
def comparison(invocation: Invocation, runs: int, output: Path | None) -> int:
    """Tell how much of a grading's processor time is the comparison with the sound state, for each lab."""
    require_folder(output)
    with steps(invocation) as shown:
        found = run_shares(invocation.app, runs=runs, progress=shown)
    _show(invocation, found, output)
    return ExitCode.DONE


@bench.command(short_help="Tell whether right repairs are sealed green.")
@click.argument("rounds", type=click.IntRange(min=1), metavar="N")
@click.option("--candidates", type=click.IntRange(1, 60), default=6, metavar="N", help="How many in each; default 6.")
@_output
@pass_invocation
def sealings(invocation: Invocation, rounds: int, candidates: int, output: Path | None) -> int:
    """Hold N rehearsals on a busy machine in which all repair their lab, and tell what is not green (exit status 1)."""
    require_folder(output)
    with steps(invocation) as shown:
        found = run_sealings(invocation.app, rounds=rounds, candidates=candidates, progress=shown)
    _show(invocation, found, output)
    return ExitCode.NOT_REPAIRED if found.wrong else ExitCode.DONE


def _show(
    invocation: Invocation, found: BenchReport | LongRun | Flips | Sealings | Shares, output: Path | None
) -> None:
    """Print what was found, and write it to a file."""
    document = found.to_document()
    if output is not None:
        output.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if invocation.json:
        invocation.output.document(document)
    else:
        click.echo(found.to_text(invocation.language), nl=False)


if __name__ == "__main__":
    sys.exit(main())
