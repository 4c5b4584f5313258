"""The command line. ``main`` is the console script ``breakfix``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.cli import language_choice
from orchestrator.core import interrupts
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.cli.invocation import Invocation

PROGRAM = "breakfix"
COMPLETION = "_BREAKFIX_COMPLETE"
"""The variable by which a shell asks for completions (Click's protocol)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status.

    Args:
        arguments: the words after the program's name; by default the process's own.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    from orchestrator.cli.command_words import own

    language_choice.choose(own(words))
    from orchestrator.cli.invocation import Invocation

    invocation = Invocation(json=language_choice.flag("--json", own(words)))
    with interrupts.installed(_cleaning_up):
        return run(words, invocation)


def run(words: list[str], invocation: Invocation) -> int:
    """Run a command line, and render whatever goes wrong."""
    import click

    from orchestrator.cli import french
    from orchestrator.cli.root import root

    if language_choice.chosen() == "fr":
        french.install()
    if instruction := os.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        return shell_complete(root, {"obj": invocation}, PROGRAM, COMPLETION, instruction)
    try:
        with root.make_context(PROGRAM, words, obj=invocation) as context:
            status = root.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:  # after --help or --version
        return done.exit_code
    except BaseException as error:
        from orchestrator.cli import failures

        return failures.render(error, invocation)
    finally:
        invocation.close()
    return status if isinstance(status, int) else 0


def _cleaning_up() -> None:
    said = Text(
        fr="Nettoyage en cours, encore un instant… (Ctrl-\\ pour abandonner)",
        en="Cleaning up, just a moment… (Ctrl-\\ to give up)",
    )
    sys.stderr.write(f"\n{language_choice.localized(said)}\n")
    sys.stderr.flush()
