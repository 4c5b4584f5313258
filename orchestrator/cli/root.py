"""The root of all commands. Their modules are imported when they are called, so that ``--help`` is quick."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from orchestrator.cli.click_classes import Command, CommandGroup, Option, global_options, help_without_command
from orchestrator.cli.language_choice import localized
from orchestrator.core.text import Text


@dataclass(frozen=True)
class CommandEntry:
    """One command: the module below ``commands`` that makes it, and what it does in a few words."""

    name: str
    module: str
    fr: str
    en: str

    @property
    def short(self) -> Text:
        """Return what it does."""
        return Text(fr=self.fr, en=self.en)


SECTIONS: tuple[tuple[Text, tuple[CommandEntry, ...]], ...] = (
    (
        Text(fr="S'entraîner", en="Practise"),
        (
            CommandEntry("scenarios", "scenarios", fr="La liste des scénarios.", en="List the scenarios."),
            CommandEntry("show", "scenarios", fr="La fiche d'un scénario.", en="Show a scenario's card and ticket."),
            CommandEntry("start", "start", fr="Démarrer un lab en panne.", en="Start a lab with its fault."),
            CommandEntry("check", "check", fr="Évaluer la réparation.", en="Grade the repair."),
            CommandEntry("answer", "answer", fr="Répondre aux questions.", en="Answer the scenario's questions."),
            CommandEntry("report", "answer", fr="Écrire le rapport.", en="Write the intervention report."),
            CommandEntry("talk", "talk", fr="Parler avec les utilisateurs.", en="Talk with the users."),
            CommandEntry("hint", "hint", fr="L'indice suivant.", en="Show the next hint."),
            CommandEntry("reset", "stop", fr="Recommencer la même panne.", en="Start the same fault again."),
            CommandEntry("stop", "stop", fr="Arrêter le lab et tout retirer.", en="Stop the lab and remove all of it."),
            CommandEntry("save", "saving", fr="Éteindre le lab sans rien perdre.", en="Switch the lab off, keep it."),
            CommandEntry("resume", "saving", fr="Reprendre un lab sauvegardé.", en="Go on with a saved lab."),
            CommandEntry(
                "progress", "progress", fr="Ce qui est résolu, et la suite.", en="Show what is solved, what is next."
            ),
        ),
    ),
    (
        Text(fr="Intervenir dans le lab", en="Work in the lab"),
        (
            CommandEntry("status", "status", fr="Les labs en marche.", en="Show the running labs."),
            CommandEntry("lab", "lab", fr="Le lab : machines, comptes.", en="Read about the lab: hosts, accounts."),
            CommandEntry("map", "map", fr="Le plan du réseau.", en="Draw the network."),
            CommandEntry("shell", "shell", fr="Ouvrir un terminal.", en="Open a terminal on a host."),
            CommandEntry("exec", "execute", fr="Lancer une commande.", en="Run one command on a host."),
            CommandEntry(
                "forward", "forward", fr="Atteindre un port du lab d'ici.", en="Reach a port of the lab from here."
            ),
            CommandEntry("cable", "cable", fr="Brancher, débrancher, remplacer.", en="Plug, unplug, replace a cable."),
        ),
    ),
    (
        Text(fr="Concevoir des scénarios", en="Design scenarios"),
        (
            CommandEntry("new", "new", fr="Écrire un exemple à transformer.", en="Write an example to start from."),
            CommandEntry("try", "trying", fr="Essayer tout en écrivant.", en="Try a scenario while writing it."),
            CommandEntry("faults", "faults", fr="Les pannes de la bibliothèque.", en="Document the faults."),
            CommandEntry("validate", "validate", fr="Relire les fichiers de contenu.", en="Check the content's files."),
            CommandEntry("schema", "schema", fr="Les schémas pour l'éditeur.", en="Schemas of the files, for editors."),
            CommandEntry(
                "prove", "prove", fr="Prouver qu'un scénario est juste.", en="Prove that a scenario is sound."
            ),
            CommandEntry("ledger", "ledger", fr="À quelles preuves se fier.", en="Whose proofs to believe."),
        ),
    ),
    (
        Text(fr="Suivre des personnes", en="Follow people"),
        (
            CommandEntry("group", "group", fr="Un scénario pour une classe.", en="A scenario for a whole class."),
            CommandEntry("people", "people", fr="Candidats, stagiaires, jurys.", en="Candidates, trainees, juries."),
            CommandEntry(
                "audit", "audit", fr="Vérifier le journal des résultats.", en="Verify the journal of results."
            ),
        ),
    ),
    (
        Text(fr="Évaluer", en="Assess"),
        (CommandEntry("session", "session", fr="Une session de jury chronométrée.", en="Run a timed jury session."),),
    ),
    (
        Text(fr="La machine", en="The machine"),
        (
            CommandEntry("serve", "serve", fr="Servir les labs au navigateur.", en="Serve labs in the browser."),
            CommandEntry("demo", "demo", fr="Tout voir, du début à la fin.", en="See all of it, from start to end."),
            CommandEntry("doctor", "doctor", fr="Ce qui manque à cette machine.", en="Tell what this machine lacks."),
            CommandEntry("images", "images", fr="Les images des machines.", en="Build, list, save, load images."),
            CommandEntry("backup", "backup", fr="Tout sauvegarder en un fichier.", en="Back up all data in one file."),
            CommandEntry("restore", "backup", fr="Rétablir une sauvegarde.", en="Restore a backup."),
            CommandEntry("cluster", "cluster", fr="Plusieurs machines comme une seule.", en="Several machines as one."),
            CommandEntry("capacity", "capacity", fr="Combien de labs tiennent ici.", en="How many labs fit here."),
            CommandEntry("bench", "bench", fr="Mesurer démarrages et mémoire.", en="Measure starts and memory."),
            CommandEntry("test", "test", fr="Lancer les tests du projet.", en="Run the project's tests."),
            CommandEntry("completion", "completion", fr="La complétion du shell.", en="Print the shell's completion."),
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

        found = [
            CompletionItem(e.name, help=localized(e.short)) for e in ENTRIES.values() if e.name.startswith(incomplete)
        ]
        return [*found, *Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands by what they are for."""
        width = max(map(len, ENTRIES))
        for title, entries in SECTIONS:
            with formatter.section(localized(title)):
                formatter.write_dl([(entry.name.ljust(width), localized(entry.short)) for entry in entries])


def _version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from importlib import metadata

    try:
        version = metadata.version("breakfix")
    except metadata.PackageNotFoundError:
        version = localized(Text(fr="version de travail", en="working copy"))
    click.echo(f"breakfix {version}")
    context.exit()


def _options() -> Sequence[click.Parameter]:
    version = Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_version,
        help=Text(fr="Afficher la version.", en="Show the version."),
    )
    return [*global_options(hidden=False), version]


root = RootCommand(
    "breakfix",
    help=Text(
        fr="Des pannes réelles, sur de vraies machines, à réparer soi-même.\n\n"
        "Pour commencer : « breakfix scenarios », puis « breakfix start SCÉNARIO ».\n"
        "« breakfix COMMANDE --help » explique chaque commande.",
        en="Real faults on real machines, for you to repair.\n\n"
        "To begin: 'breakfix scenarios', then 'breakfix start SCENARIO'.\n"
        "'breakfix COMMAND --help' explains each command.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)
root.params[:] = list(_options())
