"""``exec``: one command on a host."""

from __future__ import annotations

import sys

import click

from orchestrator.cli.base import command, host_argument, lab_option
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.cli.places import host_of
from orchestrator.cli.session import Session, pass_session

_SIGNALLED = 128
"""A shell shows a program that signal N ended as status 128 + N."""


@command(
    "exec",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    options_metavar="[OPTIONS]",
    help=tr(
        "Lancer une commande en root sur une machine : « breakfix exec pc1 -- ip address ».\n\n"
        "Le code de sortie est celui de la commande.",
        "Run a command as root on a host: 'breakfix exec pc1 -- ip address'.\n\nThe exit status is the command's own.",
    ),
)
@lab_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=600.0,
    metavar="S",
    help=tr("Durée permise, en secondes (600).", "Seconds that it may take (600)."),
)
@click.option(
    "-i",
    "--stdin",
    "pass_input",
    is_flag=True,
    help=tr("Passer l'entrée standard à la commande.", "Pass standard input to the command."),
)
@host_argument
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar=tr("-- COMMANDE…", "-- COMMAND…"))
@pass_session
def exec_command(
    session: Session, lab: str | None, timeout: float, host: str, words: tuple[str, ...], *, pass_input: bool
) -> int:
    """Run a command."""
    _, target = host_of(session, lab, host)
    argv = words[1:] if words[0] == "--" else words
    if not argv:
        raise click.UsageError(tr("Il manque la commande à lancer.", "The command to run is missing."))
    stdin = sys.stdin.buffer.read() if pass_input else b""
    done = session.app.fabric.run(target, argv, timeout=timeout, stdin=stdin)
    status = _SIGNALLED - done.status if done.status < 0 else done.status
    if session.json:
        session.output.document(
            {
                "host": host,
                "command": list(argv),
                "status": status,
                "stdout": done.stdout.decode(errors="replace"),
                "stderr": done.stderr.decode(errors="replace"),
                "truncated": done.truncated,
            }
        )
        return status
    sys.stdout.flush()
    sys.stdout.buffer.write(done.stdout)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(done.stderr)
    sys.stderr.buffer.flush()
    if done.truncated:
        session.output.note(
            plain(tr("! La suite de la sortie a été coupée.", "! The rest of the output was cut."), "warn")
        )
    return status
