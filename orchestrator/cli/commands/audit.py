"""``audit``: is the journal still what was written?"""

from __future__ import annotations

import re
from typing import Any

import click

from orchestrator.cli.click_classes import CommandGroup, help_without_command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.store_access import reading
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.paths import data_folder
from orchestrator.core.text import Text
from orchestrator.records import audit, journal
from orchestrator.records.witness import Witness

audit_command = CommandGroup(
    "audit",
    help=Text(
        fr="Le journal sur lequel reposent les résultats : le vérifier, en noter la tête, le lire.\n\n"
        "Chaque entrée porte l'empreinte de celles qui la précèdent.",
        en="The journal that results rest on: verify it, note its head, read it.\n\n"
        "Each entry bears the hash of those before it.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)

_HEAD = re.compile(r"(\d+):([0-9a-f]{64})")


@audit_command.command(
    "verify",
    short_help=Text(fr="Vérifier que rien n'a été touché.", en="Verify that nothing was touched."),
    help=Text(
        fr="Vérifier que rien n'a été modifié, retiré, déplacé ni coupé ; ce qui l'a été est nommé.\n\n"
        "Le journal est aussi comparé à la tête que cette machine a vue en dernier, et à celle que vous donnez "
        "(sur un procès-verbal, par exemple). Code de sortie : 0 intact, 1 touché.",
        en="Verify that nothing was changed, removed, moved or cut off; whatever was is named.\n\n"
        "The journal is also compared with the head that this machine saw last, and with the one that you give "
        "(from a jury's record, for instance). Exit status: 0 untouched, 1 touched.",
    ),
)
@option(
    "--head",
    "noted",
    metavar="N:HASH",
    help=Text(fr="La tête notée par « audit head ».", en="The head as 'audit head' printed it."),
)
@pass_invocation
def verify(invocation: Invocation, noted: str | None) -> int:
    """Verify the journal."""
    database, witness = invocation.app.database, Witness(data_folder())
    heads = [head for head in (_head(noted), witness.seen(database.name)) if head is not None]
    with reading(invocation) as store:
        found = list(audit.verify(store))
        for head in heads:
            found += [finding for finding in audit.verify(store, head) if finding not in found]
        now = journal.head(store)
    if not found and database.exists:
        witness.note(database.name, now)
    document = {
        "sound": not found,
        "head": str(now),
        "findings": [{"kind": one.kind, "entry": one.seq or None, "text": both(one.text)} for one in found],
    }
    invocation.output.emit(document, lambda: _tell(invocation, found, now))
    return ExitCode.NOT_REPAIRED if found else ExitCode.DONE


def _tell(invocation: Invocation, found: list[audit.AuditFinding], head: journal.ChainHead) -> None:
    out = invocation.output
    for one in found:
        out.bad(f"✘ {one.text.in_(invocation.language)}")
    if found:
        out.print(
            Text(
                fr="→ Ne supprimez rien : gardez la base telle qu'elle est, et comparez-la à une sauvegarde.",
                en="→ Delete nothing: keep the database as it is, and compare it with a backup.",
            )
        )
        return
    out.ok(Text(fr=f"✔ Journal intact : {head.seq} entrées.", en=f"✔ The journal is untouched: {head.seq} entries."))
    out.quiet(Text(fr=f"  Tête : {head}", en=f"  Head: {head}"))


@audit_command.command(
    "head",
    short_help=Text(fr="La tête du journal, à noter ailleurs.", en="The journal's head, to be noted elsewhere."),
    help=Text(
        fr="La tête du journal : notez-la hors de cette machine (procès-verbal, courriel à un témoin).\n\n"
        "« audit verify --head » prouve plus tard que rien, jusque-là, n'a été touché.",
        en="The journal's head: note it outside this machine (a jury's record, a message to a witness).\n\n"
        "'audit verify --head' proves later that nothing up to it was touched.",
    ),
)
@pass_invocation
def head_(invocation: Invocation) -> None:
    """Print the journal's head."""
    database = invocation.app.database
    with reading(invocation) as store:
        head = journal.head(store)
    if database.exists:
        Witness(data_folder()).note(database.name, head)
    invocation.output.emit({"entries": head.seq, "head": str(head)}, lambda: click.echo(str(head)))


@audit_command.command(
    "log",
    short_help=Text(fr="Lire le journal.", en="Read the journal."),
    help=Text(
        fr="Lire le journal, en entier ou sur un seul sujet.", en="Read the journal, all of it or on one subject."
    ),
)
@option(
    "--subject",
    metavar=Text(fr="SUJET", en="SUBJECT"),
    help=Text(fr="Un seul sujet, comme attempt:3.", en="Only what is about one subject, as attempt:3."),
)
@pass_invocation
def log(invocation: Invocation, subject: str | None) -> None:
    """Print entries."""
    with reading(invocation) as store:
        entries = journal.entries(store, subject=subject)
    rows = table(
        "N°",
        Text(fr="Quand", en="When"),
        Text(fr="Qui", en="Who"),
        Text(fr="Quoi", en="What"),
        Text(fr="Sujet", en="Subject"),
    )
    for entry in entries:
        rows.add_row(
            str(entry.seq),
            f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}",
            entry.event.actor,
            plain(entry.event.kind, "key"),
            entry.event.subject,
        )
    invocation.output.emit({"entries": [_document(entry) for entry in entries]}, rows)


def _document(entry: journal.JournalEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor": entry.event.actor,
        "kind": entry.event.kind,
        "subject": entry.event.subject,
        "content_hash": entry.event.content_hash or None,
        "payload": None if entry.erased else dict(entry.event.payload),
        "hash": entry.hash,
    }


def _head(noted: str | None) -> journal.ChainHead | None:
    if noted is None:
        return None
    match = _HEAD.fullmatch(noted.strip().lower())
    if match is None:
        raise UsageError(
            Text(fr=f"« {noted} » n’est pas une tête de journal.", en=f'"{noted}" is no head of a journal.'),
            Text(
                fr="Donnez-la entière, comme « breakfix audit head » l’imprime : 12:9f86… (64 chiffres).",
                en="Give it whole, as 'breakfix audit head' prints it: 12:9f86… (64 digits).",
            ),
        )
    return journal.ChainHead(int(match[1]), match[2])
