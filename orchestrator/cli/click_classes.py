"""What every command shares: options that may stand before or after its name, and Click's words in the language."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.cli import command_words, completing, language_choice
from orchestrator.cli.invocation import Invocation
from orchestrator.cli.language_choice import localized
from orchestrator.core.text import Text
from orchestrator.model.seeds import MAX_CHOSEN

F = TypeVar("F", bound=Callable[..., Any])

FILE = Text(fr="FICHIER", en="FILE")
FOLDER = Text(fr="DOSSIER", en="DIR")
NAME = Text(fr="NOM", en="NAME")
PERSON = Text(fr="PERSONNE", en="PERSON")
SCENARIO = Text(fr="SCÉNARIO", en="SCENARIO")
WORDS = Text(fr="TEXTE", en="TEXT")
_HELP = Text(fr="Afficher cette aide.", en="Show this message and exit.")


class _Localized:
    """An attribute of Click's that is given a text in both languages and read in the chosen one."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._kept = f"_{name}_in_both_languages"

    def __get__(self, thing: object, _owner: type | None = None) -> Any:  # noqa: ANN401 - a string, or None where Click has none
        text: Text | str | None = vars(thing)[self._kept]
        return None if text is None else localized(text)

    def __set__(self, thing: object, text: Text | str | None) -> None:
        vars(thing)[self._kept] = text


class Option(click.Option):
    """An option whose texts are in both languages."""

    help = _Localized()
    metavar = _Localized()

    def __init__(self, *args: Any, help: Text | str | None = None, **kwargs: Any) -> None:  # noqa: A002, ANN401 - Click's own
        super().__init__(*args, **kwargs)
        self.help = help


class Argument(click.Argument):
    """An argument whose name in the help is in both languages."""

    metavar = _Localized()


option = functools.partial(click.option, cls=Option)
argument = functools.partial(click.argument, cls=Argument)


def global_options(*, hidden: bool) -> list[click.Parameter]:
    """Return the options that each command takes; what is common to all is shown in the main help only."""
    return [
        Option(
            ["--lang"],
            type=click.Choice(language_choice.LANGUAGES),
            expose_value=False,  # read before anything else was: see ``language.choose``
            help=Text(fr="La langue ; par défaut, celle de la session.", en="The language; by default the locale's."),
            hidden=hidden,
        ),
        Option(
            ["--content"],
            type=click.Path(path_type=Path),
            multiple=True,
            expose_value=False,
            callback=_add_content,
            metavar=FOLDER,
            help=Text(
                fr="Un dossier de contenu en plus (labs/, scenarios/, images/, faults/) ; répétable.",
                en="One more folder of content (labs/, scenarios/, images/, faults/); may be repeated.",
            ),
            hidden=hidden,
        ),
        Option(
            ["--database"],
            expose_value=False,
            callback=_set_database,
            metavar="URL",
            help=Text(
                fr="La base des personnes et des résultats ; par défaut, un fichier à vous.",
                en="The database of people and results; by default a file of yours.",
            ),
            hidden=hidden,
        ),
        Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_set_json,
            help=Text(fr="Écrire le résultat en JSON.", en="Write the result as JSON."),
            hidden=hidden,
        ),
        Option(
            ["--yes"],
            is_flag=True,
            expose_value=False,  # the launcher's: it reads the words by itself before there is a program
            help=Text(fr="Préparer la machine sans demander.", en="Prepare the machine without asking."),
            hidden=hidden,
        ),
    ]


def _add_content(context: click.Context, _parameter: click.Parameter, value: Sequence[Path]) -> None:
    context.ensure_object(Invocation).content.extend(value)


def _set_database(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        context.ensure_object(Invocation).database = value


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).json = True


class Formatter(click.HelpFormatter):
    """Help whose headings have the language's colon."""

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        self.write(f"{'':>{self.current_indent}}{localized(Text(fr=f'{heading} :', en=f'{heading}:'))}\n")


class Context(click.Context):
    """A context with our help."""

    formatter_class = Formatter


class UnknownCommandError(click.UsageError):
    """There is no such command."""

    def __init__(self, name: str, context: click.Context, known: Sequence[str]) -> None:
        """Name the nearest commands."""
        super().__init__(command_words.unknown_command(name, known), context)


@contextlib.contextmanager
def _of(context: click.Context) -> Iterator[None]:
    """Have wrong words be those of a command, whose help is the next step; Click leaves that out of some."""
    try:
        yield
    except click.UsageError as error:
        error.ctx = error.ctx or context
        raise


class Command(click.Command):
    """A command that also takes the global options, and whose texts are in both languages."""

    context_class = Context
    help = _Localized()
    short_help = _Localized()
    epilog = _Localized()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Click's own
        kwargs["params"] = [*(kwargs.get("params") or []), *global_options(hidden=True)]
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words."""
        with _of(ctx):
            return super().parse_args(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option ``--help``; Click keeps it in the language in which it was first asked for."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = localized(_HELP)
        return found


class PassingCommand(Command):
    """A command that runs another: its own options stand before and after its argument, up to the other's first word.

    The other's words begin after ``--``, or with the first word after the argument that is no option.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split the words, so that no option of the other's is taken for one of ours."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        valued = {name for option in options if not option.is_flag for name in option.opts}
        end = command_words.end_of_own(args, valued)
        passed = args[end + 1 :] if args[end : end + 1] == ["--"] else args[end:]
        return super().parse_args(ctx, [*args[:end], "--", *passed] if passed else args[:end])


class CommandGroup(Command, click.Group):
    """A group of commands in words of the language."""

    command_class = Command
    subcommand_metavar = _Localized()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Click's own
        kwargs.setdefault("subcommand_metavar", Text(fr="COMMANDE [ARGUMENTS]…", en="COMMAND [ARGS]…"))
        super().__init__(*args, **kwargs)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest ones."""
        if not ctx.resilient_parsing and args and args[0] not in self.list_commands(ctx):
            raise UnknownCommandError(args[0], ctx, self.list_commands(ctx))
        return super().resolve_command(ctx, args)


@click.pass_context
def help_without_command(context: click.Context) -> None:
    """Print a group's help when it is called without a command."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


command = functools.partial(click.command, cls=Command)

lab_option = option(
    "--lab",
    metavar=NAME,
    help=Text(fr="Le lab ; inutile quand un seul est en marche.", en="The lab; not needed while only one is running."),
    shell_complete=completing.labs,
)


class SeedRange(click.IntRange):
    """The seeds that a person may choose."""

    def _describe_range(self) -> str:
        return "0<=x<2^127"  # nobody reads the number of 39 digits


def seed_option(default: int | None = None, *, text: Text | None = None) -> Callable[[F], F]:
    """Return the option ``--seed``."""
    return option(
        "--seed",
        type=SeedRange(min=0, max=MAX_CHOSEN),
        default=default,
        metavar="N",
        help=text or Text(fr="Le numéro de la variante.", en="The variant's number."),
    )


scenario_argument = argument("scenario", metavar=SCENARIO, shell_complete=completing.scenarios)
host_argument = argument("host", metavar=Text(fr="MACHINE", en="HOST"), shell_complete=completing.hosts)
