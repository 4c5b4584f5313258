"""What every command shares: options that may stand before or after its name, and Click's words in the language."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.cli import completing, language
from orchestrator.cli.language import tr
from orchestrator.cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])


def global_options(*, hidden: bool) -> list[click.Parameter]:
    """Return the options that each command takes; what is common to all is shown in the main help only."""
    return [
        click.Option(
            ["--lang"],
            type=click.Choice(language.LANGUAGES),
            expose_value=False,  # read before anything else was: see ``language.choose``
            help=tr("La langue ; par défaut, celle de la session.", "The language; by default the locale's."),
            hidden=hidden,
        ),
        click.Option(
            ["--content"],
            type=click.Path(path_type=Path),
            multiple=True,
            expose_value=False,
            callback=_add_content,
            metavar=tr("DOSSIER", "DIR"),
            help=tr(
                "Un dossier de contenu en plus (labs/, scenarios/, images/, faults/) ; répétable.",
                "One more folder of content (labs/, scenarios/, images/, faults/); may be repeated.",
            ),
            hidden=hidden,
        ),
        click.Option(
            ["--database"],
            expose_value=False,
            callback=_set_database,
            metavar="URL",
            help=tr(
                "La base des personnes et des résultats ; par défaut, un fichier à vous.",
                "The database of people and results; by default a file of yours.",
            ),
            hidden=hidden,
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_set_json,
            help=tr("Écrire le résultat en JSON.", "Write the result as JSON."),
            hidden=hidden,
        ),
    ]


def _add_content(context: click.Context, _parameter: click.Parameter, value: Sequence[Path]) -> None:
    context.ensure_object(Session).content.extend(value)


def _set_database(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        context.ensure_object(Session).database = value


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).json = True


class Formatter(click.HelpFormatter):
    """Help whose headings have the language's colon."""

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        self.write(f"{'':>{self.current_indent}}{tr(f'{heading} :', f'{heading}:')}\n")


class Context(click.Context):
    """A context with our help."""

    formatter_class = Formatter


class Command(click.Command):
    """A command that also takes the global options."""

    context_class = Context

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Click's own
        kwargs["params"] = [*(kwargs.get("params") or []), *global_options(hidden=True)]
        super().__init__(*args, **kwargs)


class Group(click.Group):
    """A group of commands in words of the language."""

    command_class = Command
    context_class = Context

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Click's own
        kwargs.setdefault("subcommand_metavar", tr("COMMANDE [ARGUMENTS]…", "COMMAND [ARGS]…"))
        kwargs["params"] = [*(kwargs.get("params") or []), *global_options(hidden=True)]
        super().__init__(*args, **kwargs)


@click.pass_context
def help_without_command(context: click.Context) -> None:
    """Print a group's help when it is called without a command."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


command = functools.partial(click.command, cls=Command)

lab_option = click.option(
    "--lab",
    metavar=tr("NOM", "NAME"),
    help=tr("Le lab ; inutile quand un seul est en marche.", "The lab; not needed while only one is running."),
    shell_complete=completing.labs,
)


def seed_option(default: int | None = None, *, text: str = "") -> Callable[[F], F]:
    """Return the option ``--seed``."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=default,
        metavar="N",
        help=text or tr("Le numéro de la variante.", "The variant's number."),
    )


scenario_argument = click.argument("scenario", metavar=tr("SCÉNARIO", "SCENARIO"), shell_complete=completing.scenarios)
host_argument = click.argument("host", metavar=tr("MACHINE", "HOST"), shell_complete=completing.hosts)
