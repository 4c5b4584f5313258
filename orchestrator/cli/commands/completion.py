"""``completion``: the script that makes a shell complete our commands and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from orchestrator.cli import COMPLETION, PROGRAM
from orchestrator.cli.click_classes import argument, command
from orchestrator.cli.language_choice import localized
from orchestrator.core.text import Text

SHELLS = ("bash", "zsh", "fish")


@command(
    "completion",
    help=Text(
        fr="Écrire le script de complétion d'un shell (scénarios, machines et labs compris).\n\n"
        'bash : ajoutez « eval "$(breakfix completion bash)" » à ~/.bashrc.',
        en="Print a shell's completion script (scenarios, hosts and labs included).\n\n"
        "bash: add 'eval \"$(breakfix completion bash)\"' to ~/.bashrc.",
    ),
)
@argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(localized(Text(fr=f"Shell inconnu : {shell}", en=f"Unknown shell: {shell}")))
    click.echo(found(context.find_root().command, {}, PROGRAM, COMPLETION).source())
