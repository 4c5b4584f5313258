"""How an error reaches the user: a sentence, the next step and the evidence; never a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from orchestrator.cli import PROGRAM, command_words
from orchestrator.cli.invocation import Invocation
from orchestrator.cli.output import both
from orchestrator.core import interrupts
from orchestrator.core.errors import BreakfixError, ContentError, ExitCode, Problem
from orchestrator.core.paths import state_folder
from orchestrator.core.text import Text, same

EVIDENCE_LINES = 30
MAX_PROBLEMS = 200
"""The most problems that anybody reads in a terminal."""
_BROKEN_PIPE = 141
"""The status of a program that SIGPIPE ended, as a shell shows it."""


def render(error: BaseException, invocation: Invocation) -> int:
    """Tell the user what went wrong and return the exit status."""
    match error:
        case SystemExit():
            return error.code if isinstance(error.code, int) else 0
        case BrokenPipeError():
            return _reader_gone()
        case _:
            return _show(invocation, _as_ours(error))


def _as_ours(error: BaseException) -> BreakfixError:
    match error:
        case BreakfixError():
            return error
        case KeyboardInterrupt() | click.Abort():
            return _InterruptedError()
        case OSError() if interrupts.asked():  # the terminal went away with its window
            return _InterruptedError()
        case click.ClickException():
            return _WrongUseError(error)
        case _:
            return _UnexpectedError(error)


class _InterruptedError(BreakfixError):
    exit_code = ExitCode.INTERRUPTED

    def __init__(self) -> None:
        super().__init__(Text(fr="Interrompu.", en="Interrupted."))


class _WrongUseError(BreakfixError):
    """An error of Click's, which is worded in the language already."""

    exit_code = ExitCode.WRONG_USE

    def __init__(self, error: click.ClickException) -> None:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = command_words.help_of(context.command_path if context else PROGRAM)
        super().__init__(same(error.format_message()), hint)


class _UnexpectedError(BreakfixError):
    """A mistake in the program."""

    def __init__(self, error: BaseException) -> None:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        path = _write_traceback(error)
        super().__init__(
            Text(fr=f"Erreur inattendue dans Breakfix : {said}", en=f"Unexpected error in Breakfix: {said}"),
            Text(fr=f"Signalez-la avec le fichier {path}", en=f"Report it with the file {path}") if path else None,
        )


def _write_traceback(error: BaseException) -> Path | None:
    folder = state_folder() / "logs"
    path = folder / f"error-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    lines = traceback.format_exception(error)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"argv: {sys.argv}\n\n{''.join(lines)}", encoding="utf-8")
    except OSError:
        return None
    return path


def _reader_gone() -> int:
    """End quietly: who read our output has had enough; nothing may be written to it at the exit either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return _BROKEN_PIPE


def _show(invocation: Invocation, error: BreakfixError) -> int:
    try:
        if invocation.json:
            invocation.output.document({"error": document(error)})
        else:
            _print(invocation, error)
    except OSError:  # the terminal is gone, or its reader: there is nobody to tell
        return error.exit_code
    return error.exit_code


def document(error: BreakfixError) -> dict[str, Any]:
    """Return an error as JSON's types."""
    made: dict[str, Any] = {
        "kind": ExitCode(error.exit_code).name.lower(),
        "exit_code": int(error.exit_code),
        "message": both(error.text),
        "hint": both(error.hint),
        "evidence": error.evidence,
    }
    if isinstance(error, ContentError):
        made["problems"] = [_problem(problem) for problem in error.problems]
    return made


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "message": both(problem.text),
        "hint": both(problem.hint),
    }


def _print(invocation: Invocation, error: BreakfixError) -> None:
    out, language = invocation.output, invocation.language
    if isinstance(error, ContentError):
        print_problems(invocation, error)
        return
    out.note(f"✘ {error.text.in_(language)}", style="bad")
    for line in error.evidence.rstrip().splitlines()[-EVIDENCE_LINES:]:
        out.note(f"  │ {line}", style="quiet")
    if error.hint:
        out.note(f"→ {error.hint.in_(language)}")


def print_problems(invocation: Invocation, error: ContentError) -> None:
    """List every problem of a content error with its place."""
    out, language, count = invocation.output, invocation.language, len(error.problems)
    head = Text(fr="✘ Le contenu a une erreur :", en="✘ The content has an error:")
    if count > 1:
        head = Text(fr=f"✘ Le contenu a {count} erreurs :", en=f"✘ The content has {count} errors:")
    out.note(head, style="bad")
    for problem in error.problems[:MAX_PROBLEMS]:
        place, text = str(problem.place), problem.text.in_(language)
        out.note("  " + place.replace("\n", "\\n"), style="key")  # a name that looks like another problem
        out.note("    " + text.replace("\n", "\n    "))
        if problem.hint:
            out.note(f"    → {problem.hint.in_(language)}")
    if (more := count - MAX_PROBLEMS) > 0:
        out.note(
            Text(fr=f"  … et {more} de plus ; --json les montre toutes", en=f"  … and {more} more; --json shows all")
        )
