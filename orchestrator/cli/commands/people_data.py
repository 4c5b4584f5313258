"""``people forget`` and ``people retention``: how long somebody's data is kept, and how it goes again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

import click

from orchestrator.cli.click_classes import argument, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.store_access import myself
from orchestrator.core.elision import de
from orchestrator.core.errors import UsageError
from orchestrator.core.paths import state_folder
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.privacy.erasure import ErasedPerson, Erasure
from orchestrator.privacy.kept_recordings import KeptRecordings
from orchestrator.records import retention
from orchestrator.records.database import Transaction
from orchestrator.records.models import Person
from orchestrator.records.people import People
from orchestrator.serving.serve_folders import ServeFolders


@command(
    "forget",
    short_help=Text(fr="Effacer ce qui identifie quelqu'un.", en="Erase what identifies somebody."),
    help=Text(
        fr="Effacer ce qui identifie quelqu'un ; ses résultats restent, sous une référence qui ne mène à personne.\n\n"
        "Partent aussi ses réponses, ses rapports et les enregistrements de ses terminaux sur cette machine. Ce que le "
        "dossier d'un jury doit garder y reste, et vous est dit. --due : tous ceux dont le délai est passé.",
        en="Erase what identifies somebody; their results stay, under a reference that leads to nobody any more.\n\n"
        "Answers, reports and recordings of terminals on this machine go, too. What a jury's record has to keep stays "
        "there, and you are told. --due: all those whose time is over.",
    ),
)
@argument("person", metavar=Text(fr="[PERSONNE]", en="[PERSON]"), required=False)
@option("--due", is_flag=True, help=Text(fr="Tous ceux dont le délai est passé.", en="All whose time is over."))
@option("--gone", is_flag=True, help=Text(fr="Leurs labs n'existent plus.", en="Their labs are gone."))
@pass_invocation
def forget(invocation: Invocation, person: str | None, *, due: bool, gone: bool) -> None:
    """Forget people."""
    if due == (person is not None):
        raise UsageError(
            Text(fr="Nommez une personne, ou donnez --due.", en="Name one person, or give --due."),
            Text(fr="« breakfix people list » les montre.", en="'breakfix people list' shows them."),
        )

    def chosen(writing: Transaction) -> tuple[Person, ...]:
        if due:
            return retention.due(writing, datetime.now(UTC).date())
        return (People(writing).find(str(person)),)

    recordings = KeptRecordings(ServeFolders.of(os.geteuid()).recordings)
    erasure = Erasure(invocation.app.database, DeliverablesStore(state_folder() / "deliverables"), recordings)
    done = erasure.forget(chosen, myself, reason="retention" if due else "asked", gone=gone or due)
    _tell_forgotten(invocation, done)


@command(
    "retention",
    short_help=Text(fr="Combien de temps tout est gardé.", en="How long all of it is kept."),
    help=Text(
        fr="Combien de jours les données de quelqu'un sont gardées après la dernière activité ; sans option, le "
        "montrer.",
        en="How many days somebody's data is kept after the last activity; without an option, show it.",
    ),
)
@option("--days", type=click.IntRange(1, 36500), metavar="N", help=Text(fr="Le nombre de jours.", en="The days."))
@option(
    "--keep-numbers/--erase-numbers",
    "numbers",
    default=None,
    help=Text(
        fr="Garder les numéros de candidat, ou les effacer aussi.", en="Keep candidates' numbers, or erase them too."
    ),
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
            retention.set_policy(writing, new, by=myself(writing))
        due = [one.handle for one in retention.due(writing, datetime.now(UTC).date())]
    if invocation.json:
        invocation.output.document({"days": new.days, "keep_candidate_numbers": new.keep_candidate_numbers, "due": due})
        return
    invocation.output.print(
        Text(
            fr=f"Les données de quelqu'un sont gardées {new.days} jours après sa dernière activité ; ensuite, son "
            f"numéro de candidat est {'gardé' if new.keep_candidate_numbers else 'effacé aussi'}.",
            en=f"Somebody's data is kept for {new.days} days after the last activity; then the candidate's number is "
            f"{'kept' if new.keep_candidate_numbers else 'erased, too'}.",
        )
    )
    if due:
        invocation.output.warn(
            Text(
                fr=f"! Délai passé : {', '.join(due)}. « breakfix people forget --due » les oublie.",
                en=f"! Time is over for: {', '.join(due)}. 'breakfix people forget --due' forgets them.",
            )
        )


def _tell_forgotten(invocation: Invocation, done: Mapping[str, ErasedPerson]) -> None:
    if invocation.json:
        invocation.output.document(
            {
                "forgotten": [
                    {
                        "person": handle,
                        "ref": one.forgotten.ref,
                        "kept_by": list(one.forgotten.kept_by),
                        "recordings": one.recordings,
                    }
                    for handle, one in done.items()
                ]
            }
        )
        return
    if not done:
        invocation.output.print(Text(fr="Aucun délai n'est passé.", en="Nobody's time is over."))
    for handle, erased in done.items():
        one = erased.forgotten
        invocation.output.ok(
            Text(
                fr=f"✔ {handle} est oublié ; restent ses résultats, sous {one.ref}.",
                en=f"✔ {handle} is forgotten; what stays are the results, under {one.ref}.",
            )
        )
        for subject in one.kept_by:
            invocation.output.warn(
                Text(
                    fr=f"  ! Le dossier {de(subject)} dit encore de qui il s'agit : un jury doit le garder jusqu'à son "
                    "terme.",
                    en=f"  ! The record of {subject} still says who it was: a jury has to keep it until its own term.",
                )
            )
