"""The root of all commands. Their modules are imported when they are called, so that ``--help`` is quick."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from orchestrator.cli import french, language_choice
from orchestrator.cli.click_classes import Command, CommandGroup, global_options, help_without_command
from orchestrator.cli.language_choice import tr

if language_choice.chosen() == "fr":
    french.install()


@dataclass(frozen=True)
class CommandEntry:
    """One command: the module below ``commands`` that makes it, and what it does in a few words."""

    name: str
    module: str
    short: str


SECTIONS: tuple[tuple[str, tuple[CommandEntry, ...]], ...] = (
    (
        tr("S'entraîner", "Practise"),
        (
            CommandEntry("scenarios", "scenarios", tr("La liste des scénarios.", "List the scenarios.")),
            CommandEntry("show", "scenarios", tr("La fiche d'un scénario.", "Show a scenario's card and ticket.")),
            CommandEntry("start", "start", tr("Démarrer un lab en panne.", "Start a lab with its fault.")),
            CommandEntry("check", "check", tr("Évaluer la réparation.", "Grade the repair.")),
            CommandEntry("answer", "answer", tr("Répondre aux questions.", "Answer the scenario's questions.")),
            CommandEntry("report", "answer", tr("Écrire le rapport.", "Write the intervention report.")),
            CommandEntry("hint", "hint", tr("L'indice suivant.", "Show the next hint.")),
            CommandEntry("reset", "stop", tr("Recommencer la même panne.", "Start the same fault anew.")),
            CommandEntry("stop", "stop", tr("Arrêter le lab et tout retirer.", "Stop the lab and remove all of it.")),
            CommandEntry(
                "progress", "progress", tr("Ce qui est résolu, et la suite.", "Show what is solved, what is next.")
            ),
        ),
    ),
    (
        tr("Intervenir dans le lab", "Work in the lab"),
        (
            CommandEntry("status", "status", tr("Les labs en marche.", "Show the running labs.")),
            CommandEntry("lab", "lab", tr("Le lab : machines, comptes.", "Read about the lab: hosts, accounts.")),
            CommandEntry("map", "map", tr("Le plan du réseau.", "Draw the network.")),
            CommandEntry("shell", "shell", tr("Ouvrir un terminal.", "Open a terminal on a host.")),
            CommandEntry("exec", "execute", tr("Lancer une commande.", "Run one command on a host.")),
            CommandEntry(
                "forward", "forward", tr("Atteindre un port du lab d'ici.", "Reach a port of the lab from here.")
            ),
            CommandEntry("cable", "cable", tr("Brancher, débrancher, remplacer.", "Plug, unplug, replace a cable.")),
        ),
    ),
    (
        tr("Concevoir des scénarios", "Design scenarios"),
        (
            CommandEntry("new", "new", tr("Écrire un exemple à transformer.", "Write an example to start from.")),
            CommandEntry("try", "trying", tr("Essayer tout en écrivant.", "Try a scenario while writing it.")),
            CommandEntry("faults", "faults", tr("Les pannes de la bibliothèque.", "Document the faults.")),
            CommandEntry("validate", "validate", tr("Relire les fichiers de contenu.", "Check the content's files.")),
            CommandEntry("schema", "schema", tr("Les schémas pour l'éditeur.", "Schemas of the files, for editors.")),
            CommandEntry("prove", "prove", tr("Prouver qu'un scénario est juste.", "Prove that a scenario is sound.")),
            CommandEntry("ledger", "ledger", tr("À quelles preuves se fier.", "Whose proofs to believe.")),
        ),
    ),
    (
        tr("Suivre des personnes", "Follow people"),
        (
            CommandEntry("group", "group", tr("Un scénario pour une classe.", "A scenario for a whole class.")),
            CommandEntry("people", "people", tr("Candidats, stagiaires, jurys.", "Candidates, trainees, juries.")),
            CommandEntry("audit", "audit", tr("Vérifier le journal des résultats.", "Verify the journal of results.")),
        ),
    ),
    (
        tr("Évaluer", "Assess"),
        (CommandEntry("session", "session", tr("Une session de jury chronométrée.", "Run a timed jury session.")),),
    ),
    (
        tr("La machine", "The machine"),
        (
            CommandEntry("demo", "demo", tr("Tout voir, du début à la fin.", "See all of it, from start to end.")),
            CommandEntry("doctor", "doctor", tr("Ce qui manque à cette machine.", "Tell what this machine lacks.")),
            CommandEntry("images", "images", tr("Les images des machines.", "Build, list, save, load images.")),
            CommandEntry("bench", "bench", tr("Mesurer démarrages et mémoire.", "Measure starts and memory.")),
            CommandEntry("test", "test", tr("Lancer les tests du projet.", "Run the project's tests.")),
            CommandEntry("completion", "completion", tr("La complétion du shell.", "Print the shell's completion.")),
        ),
    ),
)
ENTRIES = {entry.name: entry for _, entries in SECTIONS for entry in entries}


class RootCommand(CommandGroup):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's
        """Return the commands' names in the order of the help."""
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"orchestrator.cli.commands.{entry.module}")
        command = getattr(module, f"{cmd_name}_command")
        if not isinstance(command, click.Command):
            message = f"{module.__name__}.{cmd_name}_command is no command"
            raise TypeError(message)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Return the commands that begin so, without importing them, and the options."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(e.name, help=e.short) for e in ENTRIES.values() if e.name.startswith(incomplete)]
        return [*found, *Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands by what they are for."""
        width = max(map(len, ENTRIES))
        for title, entries in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(entry.name.ljust(width), entry.short) for entry in entries])


def _version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from importlib import metadata

    try:
        version = metadata.version("breakfix")
    except metadata.PackageNotFoundError:
        version = tr("version de travail", "working copy")
    click.echo(f"breakfix {version}")
    context.exit()


def _options() -> Sequence[click.Parameter]:
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_version,
        help=tr("Afficher la version.", "Show the version."),
    )
    return [*global_options(hidden=False), version]


root = RootCommand(
    "breakfix",
    help=tr(
        "Des pannes réelles, sur de vraies machines, à réparer soi-même.\n\n"
        "Pour commencer : « breakfix scenarios », puis « breakfix start SCÉNARIO ».\n"
        "« breakfix COMMANDE --help » explique chaque commande.",
        "Real faults on real machines, for you to repair.\n\n"
        "To begin: 'breakfix scenarios', then 'breakfix start SCENARIO'.\n"
        "'breakfix COMMAND --help' explains each command.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)
root.params[:] = list(_options())
