"""``group``: a class, a scenario for all of it, and where everybody is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.live import Live

from orchestrator.cli.click_classes import (
    FILE,
    CommandGroup,
    argument,
    help_without_command,
    option,
    scenario_argument,
    seed_option,
)
from orchestrator.cli.commands.group_tables import (
    hosts_table,
    place_line,
    places_document,
    standings_document,
    standings_table,
)
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import plain, table
from orchestrator.cli.store_access import myself, reading
from orchestrator.core.control_characters import visible
from orchestrator.core.errors import ExitCode, MachineError
from orchestrator.core.interrupts import asked, shielded
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.practice.export import to_csv
from orchestrator.practice.launching import MemberPlace
from orchestrator.practice.standings import Standing
from orchestrator.records.groups import Groups
from orchestrator.records.people import People

group_command = CommandGroup(
    "group",
    help=Text(
        fr="Une classe : qui en fait partie, un scénario lancé pour tous, et où en est chacun.\n\n"
        "Chaque membre reçoit sa propre variante, sur un lab à lui.",
        en="A class: who is in it, a scenario launched for everybody, and how far each has come.\n\n"
        "Each member gets a variant and a lab of their own.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)

_group_argument = argument("group", metavar=Text(fr="GROUPE", en="GROUP"))
_members_argument = argument("people", nargs=-1, metavar=Text(fr="[PERSONNE]…", en="[PERSON]…"))
_trainer_option = option("--trainer", is_flag=True, help=Text(fr="Comme formateurs.", en="As trainers."))


@group_command.command(
    "create", help=Text(fr="Créer un groupe et y mettre des personnes.", en="Make a group, and put people into it.")
)
@_group_argument
@_members_argument
@pass_invocation
def create(invocation: Invocation, group: str, people: tuple[str, ...]) -> None:
    """Make a group."""
    with invocation.app.database.write() as writing:
        groups, me = Groups(writing), myself(writing)
        made = groups.create(group, by=me)
        for word in people:
            groups.add(made, People(writing).find(word), trainer=False, by=me)
    _tell_members(invocation, group)


@group_command.command("add", help=Text(fr="Mettre des personnes dans un groupe.", en="Put people into a group."))
@_group_argument
@_members_argument
@_trainer_option
@pass_invocation
def add(invocation: Invocation, group: str, people: tuple[str, ...], *, trainer: bool) -> None:
    """Add members."""
    with invocation.app.database.write() as writing:
        groups, me = Groups(writing), myself(writing)
        found = groups.find(group)
        for word in people:
            groups.add(found, People(writing).find(word), trainer=trainer, by=me)
    _tell_members(invocation, group)


@group_command.command("remove", help=Text(fr="Retirer des personnes d'un groupe.", en="Take people out of a group."))
@_group_argument
@_members_argument
@pass_invocation
def remove(invocation: Invocation, group: str, people: tuple[str, ...]) -> None:
    """Remove members."""
    with invocation.app.database.write() as writing:
        groups, me = Groups(writing), myself(writing)
        found = groups.find(group)
        for word in people:
            groups.remove(found, People(writing).find(word), by=me)
    _tell_members(invocation, group)


@group_command.command("list", help=Text(fr="La liste des groupes.", en="List the groups."))
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List groups."""
    with reading(invocation) as store:
        found = Groups(store).list()
    rows = table(
        Text(fr="Groupe", en="Group"),
        Text(fr="Stagiaires", en="Trainees"),
        Text(fr="Formateurs", en="Trainers"),
        Text(fr="Lancements", en="Launches"),
    )
    for one in found:
        rows.add_row(plain(one.name, "key"), str(one.trainees), str(one.trainers), str(one.launches))
    document = [{"name": g.name, "trainees": g.trainees, "trainers": g.trainers, "launches": g.launches} for g in found]
    invocation.output.emit({"groups": document}, rows)


@group_command.command("members", help=Text(fr="Qui est dans un groupe.", en="Show who is in a group."))
@_group_argument
@pass_invocation
def members(invocation: Invocation, group: str) -> None:
    """Show members."""
    _tell_members(invocation, group)


@group_command.command(
    "launch",
    short_help=Text(fr="Lancer un scénario pour tous.", en="Launch a scenario for everybody."),
    help=Text(
        fr="Lancer un scénario pour tous les stagiaires d'un groupe, chacun sur sa variante.\n\n"
        "Qui a déjà un lab de ce scénario le garde : relancez pour un retardataire. Ctrl-C retire tout ce qui vient "
        "d'être lancé. Code de sortie : 5 si un lab n'a pas démarré.",
        en="Launch a scenario for all trainees of a group, each on their own variant.\n\n"
        "Who has a lab of this scenario already keeps it: launch again for a late-comer. Ctrl-C removes all that was "
        "just launched. Exit status: 5 where a lab did not come up.",
    ),
)
@_group_argument
@scenario_argument
@seed_option(1, text=Text(fr="D'où les variantes sont tirées (1).", en="What the variants are drawn from (1)."))
@pass_invocation
def launch(invocation: Invocation, group: str, scenario: str, seed: int) -> int:
    """Launch a scenario."""

    def tell(place: MemberPlace) -> None:
        if not invocation.json:
            invocation.output.print(place_line(invocation, place))

    places = invocation.app.launcher.launch(group, scenario, seed, tell)
    invocation.labd.told("start", *(place.instance for place in places if place.instance and not place.kept))
    if invocation.json:
        invocation.output.document(places_document(places))
    elif not all(place.trouble for place in places):
        invocation.output.quiet(
            Text(
                fr=f"→ Chacun tape : « breakfix show {scenario} --seed VARIANTE » (son ticket), puis, avec --lab LAB, "
                "« breakfix lab », « breakfix shell MACHINE » et « breakfix check ».",
                en=f"→ Each one types: 'breakfix show {scenario} --seed VARIANT' (their ticket), then, with --lab LAB, "
                "'breakfix lab', 'breakfix shell HOST' and 'breakfix check'.",
            )
        )
        invocation.output.print(
            Text(
                fr=f"→ « breakfix group live {group} » montre où en est chacun.",
                en=f"→ 'breakfix group live {group}' shows how far each has come.",
            )
        )
    return ExitCode.BROKEN if any(place.trouble for place in places) else ExitCode.DONE


@group_command.command(
    "live",
    short_help=Text(fr="Où en est chacun.", en="Show how far each has come."),
    help=Text(
        fr="Où en est chacun : la dernière évaluation, le temps, les indices, et ce qui se voit du lab du dehors : "
        "quelles machines vivent, où l'on a tapé et quel fichier a changé en dernier.\n\n"
        "Rien n'est évalué, sauf avec --check : alors un lab après l'autre, avec un demi-processeur au plus, et sans "
        "gêner qui travaille. PERSONNE : ces membres seulement, machine par machine.",
        en="How far each has come: the last grading, the time, the hints, and what can be seen of the lab from "
        "outside: which hosts live, where something was typed and which file was changed last.\n\n"
        "Nothing is graded, but with --check: then one lab after another, with half a processor at most, and in "
        "nobody's way. PERSON: only these members, host by host.",
    ),
)
@_group_argument
@_members_argument
@option(
    "--check",
    is_flag=True,
    help=Text(fr="Évaluer chaque lab, l'un après l'autre.", en="Grade each lab, one after another."),
)
@option(
    "--watch",
    type=click.IntRange(1, 3600),
    metavar=Text(fr="SECONDES", en="SECONDS"),
    help=Text(
        fr="Redessiner après tant de secondes, jusqu'à Ctrl-C, sans rien évaluer de plus.",
        en="Draw again after so many seconds, until Ctrl-C; grades nothing more.",
    ),
)
@pass_invocation
def live(invocation: Invocation, group: str, people: tuple[str, ...], watch: int | None, *, check: bool) -> None:
    """Show where everybody is."""
    standings = invocation.app.standings
    if invocation.json:
        found = tuple(_graded(invocation, group, people)) if check else standings.board(group, people)
        invocation.output.document(standings_document(group, found))
        return
    shown = list(standings.board(group, people))

    def picture() -> RenderableType:
        board = standings_table(invocation, group, shown)
        return Group(board, "", hosts_table(shown)) if people else board

    if not check and watch is None:
        invocation.output.print(picture())
        return
    with (
        contextlib.nullcontext() if watch is None else contextlib.suppress(KeyboardInterrupt),
        Live(picture(), console=invocation.output.console, auto_refresh=False) as screen,
    ):
        for number, standing in enumerate(_graded(invocation, group, people) if check else ()):
            shown[number] = standing
            screen.update(picture(), refresh=True)
        while watch is not None:
            wait_until(asked, within=watch)
            shown[:] = standings.board(group, people)
            screen.update(picture(), refresh=True)


def _graded(invocation: Invocation, group: str, people: Sequence[str]) -> Iterator[Standing]:
    """Grade each member's lab, and yield where they are."""
    for standing in invocation.app.standings.check(group, people):
        if standing.instance:
            invocation.labd.told("check", standing.instance)
        yield standing


@group_command.command("stop", help=Text(fr="Arrêter tous les labs d'un groupe.", en="Stop all labs of a group."))
@_group_argument
@pass_invocation
def stop(invocation: Invocation, group: str) -> None:
    """Stop the group's labs."""
    with shielded():  # half a removal helps nobody
        stopped = invocation.app.launcher.stop(group)
    invocation.labd.told("stop", *stopped.names)
    if invocation.json:
        invocation.output.document({"removed": list(stopped.names)})
    else:
        for name in stopped.names:
            invocation.output.ok(Text(fr=f"✔ {name} arrêté et retiré.", en=f"✔ {name} stopped and removed."))
        if not stopped.names and not stopped.busy:
            invocation.output.print(
                Text(fr="Aucun lab de ce groupe n'est en marche.", en="No lab of this group is running.")
            )
    for error in stopped.busy:
        raise error


@group_command.command(
    "export",
    short_help=Text(fr="Les résultats en CSV.", en="Write the results as CSV."),
    help=Text(
        fr="Les résultats d'un groupe en CSV, une ligne par essai ; les heures sont en UTC.",
        en="Write a group's results as CSV, one line for each attempt; times are in UTC.",
    ),
)
@_group_argument
@option(
    "--output",
    "path",
    metavar=FILE,
    type=click.Path(path_type=Path, dir_okay=False),
    help=Text(fr="Dans un fichier.", en="Into a file."),
)
@option("--anonymous", is_flag=True, help=Text(fr="Sans les noms.", en="Without names."))
@option(
    "--separator",
    type=click.Choice((",", ";")),
    default=",",
    help=Text(
        fr="Ce qui sépare les cellules ; un tableur français attend « ; ».",
        en="What separates the cells; a French spreadsheet expects ';'.",
    ),
)
@pass_invocation
def export(invocation: Invocation, group: str, path: Path | None, separator: str, *, anonymous: bool) -> None:
    """Write results."""
    with reading(invocation) as store:
        groups = Groups(store)
        text = to_csv(groups.attempts(groups.find(group)), anonymous=anonymous, separator=separator)
    if path is None:
        click.echo(visible(text), nl=False)
        return
    try:
        path.write_bytes(text.encode("utf-8-sig"))  # the mark tells spreadsheets that it is UTF-8
    except OSError as error:
        reason = error.strerror or str(error)
        raise MachineError(
            Text(fr=f"Impossible d'écrire {path} : {reason}", en=f"Cannot write {path}: {reason}")
        ) from error
    invocation.output.note(Text(fr=f"Résultats écrits dans {path}.", en=f"Results written to {path}."))


def _tell_members(invocation: Invocation, group: str) -> None:
    with reading(invocation) as store:
        groups = Groups(store)
        found = groups.find(group)
        trainees, trainers = groups.members(found), groups.members(found, "trainer")
    if invocation.json:
        document = {"trainees": [p.handle for p in trainees], "trainers": [p.handle for p in trainers]}
        invocation.output.document({"name": group, **document})
        return
    invocation.output.print(Text(fr=f"Groupe {group}", en=f"Group {group}"), style="bold")
    for people, role in (
        (trainees, Text(fr="stagiaire", en="trainee")),
        (trainers, Text(fr="formateur", en="trainer")),
    ):
        for person in people:
            line = plain(f"  {person.handle}", "key")
            invocation.output.print(
                line.append(f"  {person.name}  {localized(role)}".replace("    ", "  "), style="quiet")
            )
    if not trainees and not trainers:
        invocation.output.quiet(Text(fr="  personne encore", en="  nobody yet"))
