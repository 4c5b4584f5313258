"""``people``: who is a candidate, a trainee, a trainer, a member of a jury; and how their data goes again."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import click

from orchestrator.cli.click_classes import CommandGroup, help_without_command
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import tr
from orchestrator.cli.output import plain, table
from orchestrator.cli.store_access import reading
from orchestrator.core.errors import UsageError
from orchestrator.core.paths import state_folder
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.records import retention
from orchestrator.records.changes import change
from orchestrator.records.csv_people import COLUMNS, read_people
from orchestrator.records.database import Transaction
from orchestrator.records.groups import Groups
from orchestrator.records.models import ROLES, Person, Role
from orchestrator.records.people import NewPerson, People, roles_in_words

F = TypeVar("F", bound=Callable[..., Any])
Value: TypeAlias = str | datetime | None
"""What an option of a column gives."""

people_command = CommandGroup(
    "people",
    help=tr(
        "Les personnes : candidats, stagiaires, formateurs, membres de jury.\n\n"
        "Ce qui identifie quelqu'un n'est écrit qu'ici ; les résultats ne portent qu'une référence.",
        "People: candidates, trainees, trainers, jury members.\n\n"
        "What identifies somebody is written here only; results bear a reference alone.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)

_person_argument = click.argument("person", metavar=tr("PERSONNE", "PERSON"))
_roles_option = click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    help=tr("Un rôle ; répétable.", "A role; may be repeated."),
)


def _columns(function: F) -> F:
    """Add an option for each thing that is known of a person."""
    day = tr("DATE", "DATE")
    options: Sequence[tuple[str, str | None, str]] = (
        ("--given-name", None, tr("Le prénom.", "The given name.")),
        ("--family-name", None, tr("Le nom.", "The family name.")),
        ("--born", day, tr("La date de naissance (2004-05-17).", "The date of birth (2004-05-17).")),
        ("--email", None, tr("L'adresse de courriel.", "The e-mail address.")),
        ("--organisation", None, tr("L'employeur ou l'organisme.", "The employer or professional body.")),
        ("--candidate-number", None, tr("Le numéro de candidat.", "The candidate's number.")),
        ("--extra-time", None, tr("Le temps majoré : 1/3, 20 min.", "Extra time: 1/3, 20 min.")),
        ("--account", None, tr("Le compte sur cette machine.", "The account on this machine.")),
        ("--keep-until", day, tr("Garder ces données jusqu'au…", "Keep this data until…")),
    )
    for name, metavar, said in reversed(options):
        kind = click.DateTime(["%Y-%m-%d"]) if metavar else str
        function = click.option(name, type=kind, metavar=metavar or tr("TEXTE", "TEXT"), help=said)(function)
    return function


_trainer_option = click.option(
    "--trainer",
    "trainers",
    multiple=True,
    metavar=tr("PERSONNE", "PERSON"),
    help=tr("Qui l'a formé ; répétable.", "Who trained them; may be repeated."),
)


@people_command.command(
    "add",
    short_help=tr("Ajouter quelqu'un.", "Add somebody."),
    help=tr(
        "Ajouter quelqu'un, sous un nom court. Sans --role, c'est un stagiaire ; un candidat reçoit un numéro.",
        "Add somebody under a short name. Without --role, a trainee; a candidate is given a number.",
    ),
)
@click.argument("handle", metavar=tr("NOM-COURT", "SHORT-NAME"))
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
        made = people.add(new, by=_me(writing))
        _trained(people, made, trainers)
    _tell(invocation, made, tr("ajouté", "added"))


@people_command.command(
    "change",
    short_help=tr("Changer ce qu'on sait de quelqu'un.", "Change what is known of somebody."),
    help=tr(
        "Changer ce qu'on sait de quelqu'un. Un texte vide l'efface ; --role ajoute un rôle.",
        "Change what is known of somebody. An empty text clears it; --role adds a role.",
    ),
)
@_person_argument
@_roles_option
@_columns
@_trainer_option
@pass_invocation
def change_(
    invocation: Invocation, /, person: str, roles: tuple[Role, ...], trainers: tuple[str, ...], **values: Value
) -> None:
    """Change a person."""
    with invocation.app.database.write() as writing:
        people, me = People(writing), _me(writing)
        found = people.find(person)
        given = {n: v for n, v in _values(values, keep_empty=found).items() if values[n] is not None}
        change(writing, found, given, by=me)
        for role in roles:
            people.give_role(found, role, by=me)
        _trained(people, found, trainers)
    _tell(invocation, found, tr("enregistré", "saved"))


@people_command.command(
    "list",
    short_help=tr("La liste des personnes.", "List the people."),
    help=tr("La liste des personnes, ou de celles d'un rôle.", "List the people, or those of one role."),
)
@click.option("--role", type=click.Choice(ROLES), help=tr("Un seul rôle.", "One role only."))
@pass_invocation
def list_(invocation: Invocation, role: Role | None) -> None:
    """List people."""
    with reading(invocation) as store:
        people = People(store).list(role)
        until = {person.ref: retention.keep_until(store, person) for person in people}
    if invocation.json:
        invocation.output.document({"people": [_document(person, until[person.ref]) for person in people]})
        return
    rows = table(
        tr("Nom court", "Short name"), tr("Nom", "Name"), tr("Rôles", "Roles"), tr("Numéro", "Number"),
        tr("Temps majoré", "Extra time"), tr("Gardé jusqu'au", "Kept until"),
    )  # fmt: skip
    for person in people:
        rows.add_row(
            plain(person.handle, "key"),
            plain(person.name),
            plain(roles_in_words(person.roles).in_(invocation.language)),
            plain(person.candidate_number or ""),
            plain(person.extra_time or ""),
            plain(f"{until[person.ref]:%Y-%m-%d}"),
        )
    invocation.output.print(rows)


@people_command.command(
    "import",
    short_help=tr("Ajouter une liste (CSV).", "Add a list (CSV)."),
    help=tr(
        f"Ajouter une liste CSV : {', '.join(COLUMNS)}.\n\n"
        "Tout est relu d'abord : à la moindre erreur, personne n'est ajouté. « group » : un groupe, créé au besoin.",
        f"Add a CSV list: {', '.join(COLUMNS)}.\n\n"
        "All of it is read first: with one mistake, nobody is added. 'group' puts into a group, made where needed.",
    ),
)
@click.argument("path", type=click.Path(path_type=Path), metavar=tr("FICHIER", "FILE"))
@pass_invocation
def import_(invocation: Invocation, path: Path) -> None:
    """Add a list of people."""
    listed = read_people(path)
    with invocation.app.database.write() as writing:
        people, groups, me = People(writing), Groups(writing), _me(writing)
        known = {group.name for group in groups.list()}
        made = []
        for one in listed:
            person = people.add(one.person, by=me)
            made.append(person)
            if one.group is not None:
                group = groups.find(one.group) if one.group in known else groups.create(one.group, by=me)
                known.add(one.group)
                groups.add(group, person, trainer="trainer" in person.roles, by=me)
    if invocation.json:
        invocation.output.document({"added": [_document(person, person.keep_until) for person in made]})
    else:
        said = tr(f"✔ {len(made)} personnes ajoutées.", f"✔ {len(made)} people added.")
        invocation.output.print(plain(said, "ok"))


@people_command.command(
    "forget",
    short_help=tr("Effacer ce qui identifie quelqu'un.", "Erase what identifies somebody."),
    help=tr(
        "Effacer ce qui identifie quelqu'un ; ses résultats restent, sous une référence qui ne mène à personne.\n\n"
        "Ce que le dossier d'un jury doit garder y reste, et vous est dit. --due : tous ceux dont le délai est passé.",
        "Erase what identifies somebody; their results stay, under a reference that leads to nobody any more.\n\n"
        "What a jury's record has to keep stays there, and you are told. --due: all those whose time is over.",
    ),
)
@click.argument("person", metavar=tr("[PERSONNE]", "[PERSON]"), required=False)
@click.option("--due", is_flag=True, help=tr("Tous ceux dont le délai est passé.", "All whose time is over."))
@click.option("--gone", is_flag=True, help=tr("Leurs labs n'existent plus.", "Their labs are gone."))
@pass_invocation
def forget(invocation: Invocation, person: str | None, *, due: bool, gone: bool) -> None:
    """Forget people."""
    if due == (person is not None):
        raise UsageError(
            Text(fr="Nommez une personne, ou donnez --due.", en="Name one person, or give --due."),
            Text(fr="« breakfix people list » les montre.", en="'breakfix people list' shows them."),
        )
    done: dict[str, retention.Forgotten] = {}
    with invocation.app.database.write() as writing:
        me = _me(writing)
        found = retention.due(writing, datetime.now(UTC).date()) if due else (People(writing).find(str(person)),)
        for one in found:
            handle = one.handle
            if gone or due:
                retention.end_gone(writing, one)
            done[handle] = retention.forget(writing, one, by=me, reason="retention" if due else "asked")
    store = DeliverablesStore(state_folder() / "deliverables")
    for one_done in done.values():
        for instance in one_done.instances:
            store.forget(instance)
    _tell_forgotten(invocation, done)


@people_command.command(
    "retention",
    short_help=tr("Combien de temps tout est gardé.", "How long all of it is kept."),
    help=tr(
        "Combien de jours les données de quelqu'un sont gardées après la dernière activité ; sans option, le montrer.",
        "How many days somebody's data is kept after the last activity; without an option, show it.",
    ),
)
@click.option("--days", type=click.IntRange(1, 36500), metavar="N", help=tr("Le nombre de jours.", "The days."))
@click.option(
    "--keep-numbers/--erase-numbers",
    "numbers",
    default=None,
    help=tr("Garder les numéros de candidat, ou les effacer aussi.", "Keep candidates' numbers, or erase them too."),
)
@pass_invocation
def retention_(invocation: Invocation, days: int | None, *, numbers: bool | None) -> None:
    """Show or change the policy."""
    with invocation.app.database.write() as writing:
        now = retention.policy(writing)
        new = retention.Policy(
            now.days if days is None else days, now.keep_candidate_numbers if numbers is None else numbers
        )
        if new != now:
            retention.set_policy(writing, new, by=_me(writing))
        due = [one.handle for one in retention.due(writing, datetime.now(UTC).date())]
    if invocation.json:
        document = {"days": new.days, "keep_candidate_numbers": new.keep_candidate_numbers, "due": due}
        invocation.output.document(document)
        return
    said = tr(
        f"Les données de quelqu'un sont gardées {new.days} jours après sa dernière activité ; ensuite, son numéro de "
        f"candidat est {'gardé' if new.keep_candidate_numbers else 'effacé aussi'}.",
        f"Somebody's data is kept for {new.days} days after the last activity; then the candidate's number is "
        f"{'kept' if new.keep_candidate_numbers else 'erased, too'}.",
    )
    invocation.output.print(plain(said))
    if due:
        over = tr(
            f"! Délai passé : {', '.join(due)}. « breakfix people forget --due » les oublie.",
            f"! Time is over for: {', '.join(due)}. 'breakfix people forget --due' forgets them.",
        )
        invocation.output.print(plain(over, "warn"))


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


def _me(writing: Transaction) -> str:
    """Return the ``ref`` of who runs the program."""
    return People(writing).of_account(getpass.getuser()).ref


def _tell(invocation: Invocation, person: Person, what: str) -> None:
    if invocation.json:
        invocation.output.document(_document(person, person.keep_until))
        return
    number = tr(f", candidat {person.candidate_number}", f", candidate {person.candidate_number}")
    line = f"✔ {person.handle} {what} ({person.ref}{number if person.candidate_number else ''})."
    invocation.output.print(plain(line, "ok"))


def _tell_forgotten(invocation: Invocation, done: Mapping[str, retention.Forgotten]) -> None:
    if invocation.json:
        invocation.output.document(
            {"forgotten": [{"person": h, "ref": f.ref, "kept_by": list(f.kept_by)} for h, f in done.items()]}
        )
        return
    if not done:
        invocation.output.print(plain(tr("Aucun délai n'est passé.", "Nobody's time is over.")))
    for handle, one in done.items():
        line = tr(f"✔ {handle} est oublié ; restent ses résultats, sous {one.ref}.",
                  f"✔ {handle} is forgotten; what stays are the results, under {one.ref}.")  # fmt: skip
        invocation.output.print(plain(line, "ok"))
        for subject in one.kept_by:
            kept = tr(
                f"  ! Le dossier de {subject} dit encore de qui il s'agit : un jury doit le garder jusqu'à son terme.",
                f"  ! The record of {subject} still says who it was: a jury has to keep it until its own term.",
            )
            invocation.output.print(plain(kept, "warn"))


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
        "keep_until": until and until.isoformat(),
    }
