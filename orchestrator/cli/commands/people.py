"""``people``: who is a candidate, a trainee, a trainer and so on, how they sign in, and how their data goes again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import click

from orchestrator.cli.click_classes import FILE, PERSON, WORDS, CommandGroup, argument, help_without_command, option
from orchestrator.cli.commands.people_data import forget, retention_
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import plain, table
from orchestrator.cli.store_access import myself, reading
from orchestrator.core.text import Text
from orchestrator.records import credentials, retention
from orchestrator.records.changes import change
from orchestrator.records.csv_people import COLUMNS, read_people
from orchestrator.records.groups import Groups
from orchestrator.records.models import ROLES, Person, Role
from orchestrator.records.people import NewPerson, People, roles_in_words

F = TypeVar("F", bound=Callable[..., Any])
Value: TypeAlias = str | datetime | None
"""What an option of a column gives."""

people_command = CommandGroup(
    "people",
    help=Text(
        fr="Les personnes : candidats, stagiaires, formateurs, membres de jury, administrateurs.\n\n"
        "Ce qui identifie quelqu'un n'est écrit qu'ici ; les résultats ne portent qu'une référence.",
        en="People: candidates, trainees, trainers, jury members, administrators.\n\n"
        "What identifies somebody is written here only; results bear a reference alone.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)

_person_argument = argument("person", metavar=PERSON)
_roles_option = option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    help=Text(fr="Un rôle ; répétable.", en="A role; may be repeated."),
)


def _columns(function: F) -> F:
    """Add an option for each thing that is known of a person."""
    options: Sequence[tuple[str, str | None, Text]] = (
        ("--given-name", None, Text(fr="Le prénom.", en="The given name.")),
        ("--family-name", None, Text(fr="Le nom.", en="The family name.")),
        ("--born", "DATE", Text(fr="La date de naissance (2004-05-17).", en="The date of birth (2004-05-17).")),
        ("--email", None, Text(fr="L'adresse de courriel.", en="The e-mail address.")),
        ("--organisation", None, Text(fr="L'employeur ou l'organisme.", en="The employer or professional body.")),
        ("--candidate-number", None, Text(fr="Le numéro de candidat.", en="The candidate's number.")),
        ("--extra-time", None, Text(fr="Le temps majoré : 1/3, 20 min.", en="Extra time: 1/3, 20 min.")),
        ("--account", None, Text(fr="Le compte sur cette machine.", en="The account on this machine.")),
        ("--language", "fr|en", Text(fr="La langue sur le portail.", en="The language in the portal.")),
        ("--keep-until", "DATE", Text(fr="Garder ces données jusqu'au…", en="Keep this data until…")),
    )
    kinds = {"DATE": click.DateTime(["%Y-%m-%d"]), "fr|en": click.Choice(["fr", "en"])}
    for name, metavar, said in reversed(options):
        kind = kinds.get(metavar or "", click.STRING)
        function = option(name, type=kind, metavar=metavar or WORDS, help=said)(function)
    return function


_trainer_option = option(
    "--trainer",
    "trainers",
    multiple=True,
    metavar=PERSON,
    help=Text(fr="Qui l'a formé ; répétable.", en="Who trained them; may be repeated."),
)


@people_command.command(
    "add",
    short_help=Text(fr="Ajouter quelqu'un.", en="Add somebody."),
    help=Text(
        fr="Ajouter quelqu'un, sous un nom court. Sans --role, c'est un stagiaire ; un candidat reçoit un numéro.",
        en="Add somebody under a short name. Without --role, a trainee; a candidate is given a number.",
    ),
)
@argument("handle", metavar=Text(fr="NOM-COURT", en="SHORT-NAME"))
@_roles_option
@_columns
@_trainer_option
@pass_invocation
def add(
    invocation: Invocation, /, handle: str, roles: tuple[Role, ...], trainers: tuple[str, ...], **values: Value
) -> None:
    """Add a person."""
    with invocation.app.database.write() as writing:
        people = People(writing)
        given = {name: value for name, value in _values(values).items() if value is not None}
        new = replace(NewPerson(handle, roles=frozenset(roles) or frozenset({"trainee"})), **given)
        made = people.add(new, by=myself(writing))
        _trained(people, made, trainers)
    _tell(invocation, made, Text(fr="ajouté", en="added"))


@people_command.command(
    "change",
    short_help=Text(fr="Changer ce qu'on sait de quelqu'un.", en="Change what is known of somebody."),
    help=Text(
        fr="Changer ce qu'on sait de quelqu'un. Un texte vide l'efface ; --role ajoute un rôle, --without-role en "
        "retire un.",
        en="Change what is known of somebody. An empty text clears it; --role adds a role, --without-role takes one "
        "away.",
    ),
)
@_person_argument
@_roles_option
@option(
    "--without-role",
    "without",
    type=click.Choice(ROLES),
    multiple=True,
    help=Text(fr="Un rôle à retirer ; répétable.", en="A role to take away; may be repeated."),
)
@_columns
@_trainer_option
@pass_invocation
def change_(
    invocation: Invocation,
    /,
    person: str,
    roles: tuple[Role, ...],
    without: tuple[Role, ...],
    trainers: tuple[str, ...],
    **values: Value,
) -> None:
    """Change a person."""
    with invocation.app.database.write() as writing:
        people, me = People(writing), myself(writing)
        found = people.find(person)
        given = {n: v for n, v in _values(values, keep_empty=found).items() if values[n] is not None}
        change(writing, found, given, by=me)
        people.set_roles(found, (found.roles - set(without)) | set(roles), by=me)
        _trained(people, found, trainers)
    _tell(invocation, found, Text(fr="enregistré", en="saved"))


@people_command.command(
    "list",
    short_help=Text(fr="La liste des personnes.", en="List the people."),
    help=Text(fr="La liste des personnes, ou de celles d'un rôle.", en="List the people, or those of one role."),
)
@option("--role", type=click.Choice(ROLES), help=Text(fr="Un seul rôle.", en="One role only."))
@pass_invocation
def list_(invocation: Invocation, role: Role | None) -> None:
    """List people."""
    with reading(invocation) as store:
        people = People(store).list(role)
        until = {person.ref: retention.keep_until(store, person) for person in people}
    rows = table(
        Text(fr="Nom court", en="Short name"),
        Text(fr="Nom", en="Name"),
        Text(fr="Rôles", en="Roles"),
        Text(fr="Numéro", en="Number"),
        Text(fr="Temps majoré", en="Extra time"),
        Text(fr="Gardé jusqu'au", en="Kept until"),
    )
    for person in people:
        rows.add_row(
            plain(person.handle, "key"),
            person.name,
            roles_in_words(person.roles).in_(invocation.language),
            person.candidate_number or "",
            person.extra_time or "",
            f"{until[person.ref]:%Y-%m-%d}",
        )
    invocation.output.emit({"people": [_document(person, until[person.ref]) for person in people]}, rows)


@people_command.command(
    "import",
    short_help=Text(fr="Ajouter une liste (CSV).", en="Add a list (CSV)."),
    help=Text(
        fr=f"Ajouter une liste CSV : {', '.join(COLUMNS)}.\n\n"
        "Tout est relu d'abord : à la moindre erreur, personne n'est ajouté. « group » : un groupe, créé au besoin.",
        en=f"Add a CSV list: {', '.join(COLUMNS)}.\n\n"
        "All of it is read first: with one mistake, nobody is added. 'group' puts into a group, made where needed.",
    ),
)
@argument("path", type=click.Path(path_type=Path), metavar=FILE)
@pass_invocation
def import_(invocation: Invocation, path: Path) -> None:
    """Add a list of people."""
    listed = read_people(path)
    with invocation.app.database.write() as writing:
        people, groups, me = People(writing), Groups(writing), myself(writing)
        known = {group.name for group in groups.list()}
        made = []
        for one in listed:
            person = people.add(one.person, by=me)
            made.append(person)
            if one.group is not None:
                group = groups.find(one.group) if one.group in known else groups.create(one.group, by=me)
                known.add(one.group)
                groups.add(group, person, trainer="trainer" in person.roles, by=me)
    document = {"added": [_document(person, person.keep_until) for person in made]}
    said = Text(fr=f"✔ {len(made)} personnes ajoutées.", en=f"✔ {len(made)} people added.")
    invocation.output.emit(document, lambda: invocation.output.ok(said))


@people_command.command(
    "password",
    short_help=Text(fr="Faire un lien pour choisir un mot de passe.", en="Make a link to choose a password."),
    help=Text(
        fr="Faire le lien par lequel quelqu'un choisit son mot de passe sur le portail.\n\n"
        "Il sert une fois : 7 jours pour un premier mot de passe, 24 heures pour en changer. Les précédents cessent.",
        en="Make the link by which somebody chooses their password in the portal.\n\n"
        "It works once: for 7 days for a first password, for 24 hours to change it. Earlier ones end.",
    ),
)
@_person_argument
@pass_invocation
def password(invocation: Invocation, person: str) -> None:
    """Make a one-time link."""
    with invocation.app.database.write() as writing:
        found = People(writing).find(person)
        link = credentials.make_link(writing, found, by=myself(writing), now=datetime.now(UTC))
    path = f"/link#{link.secret}"
    document = {"handle": found.handle, "ref": found.ref, "kind": link.kind, "link": link.secret, "path": path}
    until = Text(fr=f"{link.until:%Y-%m-%d %H:%M} UTC", en=f"{link.until:%Y-%m-%d %H:%M} UTC")

    def tell() -> None:
        invocation.output.ok(
            Text(
                fr=f"✔ Lien pour {found.handle}, valable une fois, jusqu'au {until.fr} :",
                en=f"✔ Link for {found.handle}, to be used once, until {until.en}:",
            )
        )
        invocation.output.print(f"  {path}")
        invocation.output.note(
            Text(
                fr="  → Mettez devant l'adresse du portail, et ne le donnez qu'à cette personne.",
                en="  → Put the portal's address before it, and give it to nobody else.",
            )
        )

    invocation.output.emit(document | {"until": link.until.isoformat(timespec="seconds")}, tell)


def _values(values: Mapping[str, Value], keep_empty: Person | None = None) -> dict[str, Any]:
    """Return columns' values: days as dates; an empty text clears a column, or leaves a name empty."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            found[name] = value.date()
        elif value == "" and keep_empty is not None and name not in {"given_name", "family_name"}:
            found[name] = None
        else:
            found[name] = value
    return found


def _trained(people: People, person: Person, trainers: Sequence[str]) -> None:
    for word in trainers:
        people.trained_by(person, people.find(word, role="trainer"))


def _tell(invocation: Invocation, person: Person, what: Text) -> None:
    number = person.candidate_number
    said = Text(
        fr=f"✔ {person.handle} {what.fr} ({person.ref}{f', candidat {number}' if number else ''}).",
        en=f"✔ {person.handle} {what.en} ({person.ref}{f', candidate {number}' if number else ''}).",
    )
    invocation.output.emit(_document(person, person.keep_until), lambda: invocation.output.ok(said))


def _document(person: Person, until: date | None) -> dict[str, Any]:
    return {
        "handle": person.handle,
        "ref": person.ref,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "roles": sorted(person.roles),
        "born": person.born and person.born.isoformat(),
        "email": person.email,
        "organisation": person.organisation,
        "candidate_number": person.candidate_number,
        "extra_time": person.extra_time,
        "account": person.account,
        "language": person.language,
        "keep_until": until and until.isoformat(),
    }


people_command.add_command(forget)
people_command.add_command(retention_)
