"""``exec``: one command on a host."""

from __future__ import annotations

import shlex
import sys

import click

from orchestrator.cli.click_classes import PassingCommand, argument, command, host_argument, lab_option, option
from orchestrator.cli.interventions import intervention_options, note_intervention
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.places import host_of
from orchestrator.cli.presence import RUNS_S, working
from orchestrator.core.elision import de
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

_SIGNALLED = 128
"""A shell shows a program that signal N ended as status 128 + N."""


@command(
    "exec",
    cls=PassingCommand,
    options_metavar="[OPTIONS]",
    help=Text(
        fr="Lancer une commande en root sur une machine : « breakfix exec pc1 -- ip address ».\n\n"
        "Les options se placent avant la commande ; les mots qui suivent « -- » sont tous à elle. Le code de sortie "
        "est celui de la commande.",
        en="Run a command as root on a host: 'breakfix exec pc1 -- ip address'.\n\n"
        "Options stand before the command; all words after '--' are its own. The exit status is the command's.",
    ),
)
@lab_option
@option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=600.0,
    metavar="S",
    help=Text(fr="Durée permise, en secondes (600).", en="Seconds that it may take (600)."),
)
@option(
    "-i",
    "--stdin",
    "pass_input",
    is_flag=True,
    help=Text(fr="Passer l'entrée standard à la commande.", en="Pass standard input to the command."),
)
@intervention_options
@host_argument
@argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar=Text(fr="-- COMMANDE…", en="-- COMMAND…"))
@pass_invocation
def exec_command(  # noqa: PLR0913 - one for each option
    invocation: Invocation,
    lab: str | None,
    timeout: float,
    host: str,
    words: tuple[str, ...],
    reason: str,
    *,
    pass_input: bool,
    intervene: bool,
) -> int:
    """Run a command."""
    if not words[0]:
        raise UsageError(
            Text(
                fr="La commande à lancer est un mot vide.",
                en="The command to run is an empty word.",
            ),
            Text(
                fr=f"Nommez un programme {de(host)} : « breakfix exec {host} -- ip address ».",
                en=f"Name a program of {host}: 'breakfix exec {host} -- ip address'.",
            ),
        )
    instance, target = host_of(invocation, lab, host)
    note_intervention(invocation, instance, f"exec {host} -- {shlex.join(words)}", reason, intervene=intervene)
    stdin = sys.stdin.buffer.read() if pass_input else b""
    with working(invocation, instance, every=RUNS_S):
        done = invocation.app.labs.running.fabric().run(target, words, timeout=timeout, stdin=stdin)
    status = _SIGNALLED - done.status if done.status < 0 else done.status
    if invocation.json:
        invocation.output.document(
            {
                "host": host,
                "command": list(words),
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
        invocation.output.note(
            Text(fr="! La suite de la sortie a été coupée.", en="! The rest of the output was cut."), style="warn"
        )
    return status
