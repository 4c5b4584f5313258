"""Whether the journal, and what it vouches for, is still what was written: each difference is found and named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from orchestrator.core.text import Text
from orchestrator.records import journal
from orchestrator.records.columns import canonical
from orchestrator.records.models import CheckReport, JournalHead, JournalRow

Kind = Literal["changed", "payload", "erased", "removed", "moved", "chain", "truncated", "rewritten", "content"]


@dataclass(frozen=True)
class AuditFinding:
    """One thing that is not as it was written.

    Attributes:
        kind: what was done: an entry ``changed``, or its ``payload``; a payload ``erased`` and no entry says so;
            entries ``removed``, ``moved`` to another's place or ``truncated`` at the end; a broken ``chain``; a journal
            ``rewritten`` since its head was noted; a document whose ``content`` is not what was journaled.
        seq: the entry's number, or the first of several; 0 where no entry is meant.
        text: what is wrong, for a person.
    """

    kind: Kind
    seq: int
    text: Text


_READ: Final = (
    "SELECT * FROM journal ORDER BY seq",
    "SELECT * FROM journal_head ORDER BY id",
    "SELECT * FROM check_reports ORDER BY id",
)
"""All that ``verify`` and its verifiers read: each table whole."""
Verifier = Callable[[Session, Sequence[JournalRow]], Iterator[AuditFinding]]


def verify(session: Session, noted: journal.ChainHead | None = None) -> tuple[AuditFinding, ...]:
    """Compare the journal with itself, with what it vouches for, and with a head that was noted elsewhere.

    Args:
        session: a transaction.
        noted: a head that was printed, signed or sent away earlier; with it, a journal that was written again from some
            point on, with hashes that fit, is found as well.

    Returns:
        What is wrong, in the journal's order; nothing for a sound journal.
    """
    rows = tuple(session.scalars(select(JournalRow).order_by(JournalRow.seq)))
    found = [*_single_rows(rows), *_order(rows), *_end(session, rows)]
    if noted is not None:
        found += _since(rows, noted)
    for verifier in VERIFIERS:
        found += verifier(session, rows)
    return tuple(sorted(found, key=lambda finding: finding.seq))


def fingerprint(session: Session) -> str:
    """Return the SHA-256 of every row that ``verify`` reads: as long as it is the same, so is what ``verify`` finds.

    It is a fifth of the work, for the rows are taken as they are stored, and no hash of each is worked out.
    """
    digest = hashlib.sha256()
    for rows in _READ:
        digest.update(f"{rows}\n".encode())
        for row in session.execute(sql(rows), execution_options={"yield_per": 1000}):
            digest.update(repr(tuple(row)).encode(errors="backslashreplace"))
    return digest.hexdigest()


def _single_rows(rows: Sequence[JournalRow]) -> Iterator[AuditFinding]:
    """Compare each row with the hashes that it carries."""
    changed = [row for row in rows if journal.hash_of(row) != row.hash]
    places = [row.seq for row in changed]
    for row in changed:
        origin = _written_as(row, places)
        if origin is None:
            yield _changed(row.seq)
        else:
            yield _moved(row.seq, origin)
    erased = _erased(rows)
    for row in rows:
        if row.payload is None or row.salt is None:
            if row.seq not in erased:
                yield _erased_silently(row.seq)
        elif journal.payload_hash(row.salt, row.payload) != row.payload_hash:
            yield _payload(row.seq)


def _written_as(row: JournalRow, places: Sequence[int]) -> int | None:
    """Return the number under which a row was written that now stands in another's place; None where it has none."""
    for place in places:
        there = JournalRow(
            seq=place,
            at=row.at,
            actor=row.actor,
            kind=row.kind,
            subject=row.subject,
            content_hash=row.content_hash,
            payload_hash=row.payload_hash,
            previous=row.previous,
        )
        if journal.hash_of(there) == row.hash:
            return place
    return None


def _erased(rows: Sequence[JournalRow]) -> set[int]:
    """Return the numbers of the entries whose erasure stands in the journal."""
    said: set[int] = set()
    for row in rows:
        if row.kind == journal.ERASED and row.payload is not None:
            listed = json.loads(row.payload).get("entries", [])
            said |= {number for number in listed if isinstance(number, int) and number < row.seq}
    return said


def _order(rows: Sequence[JournalRow]) -> Iterator[AuditFinding]:
    """Follow the chain from entry to entry."""
    seq, hash_ = 0, journal.GENESIS
    for row in rows:
        if row.seq > seq + 1:
            yield _removed(seq + 1, row.seq - 1)
        elif row.previous != hash_:
            yield _chain(row.seq)
        seq, hash_ = row.seq, row.hash


def _end(session: Session, rows: Sequence[JournalRow]) -> Iterator[AuditFinding]:
    """Compare the last entry with the head that each append moves on."""
    last = rows[-1].seq if rows else 0
    heads = list(session.scalars(select(JournalHead)))
    if not heads:
        yield _headless()
    for head in heads:
        if head.seq > last:
            yield _truncated(last + 1, head.seq)
        elif head.seq < last or head.hash != (rows[-1].hash if rows else journal.GENESIS):
            yield _beyond(head.seq, last)


def _since(rows: Sequence[JournalRow], noted: journal.ChainHead) -> Iterator[AuditFinding]:
    last = rows[-1].seq if rows else 0
    if noted.seq > last:
        yield _truncated(last + 1, noted.seq)
        return
    hashes = {0: journal.GENESIS, **{row.seq: row.hash for row in rows}}
    if hashes.get(noted.seq) != noted.hash:
        yield _rewritten(noted.seq)


def _reports(session: Session, rows: Sequence[JournalRow]) -> Iterator[AuditFinding]:
    """Compare each stored report with the hash that the journal took of it."""
    journaled = {row.subject: row for row in rows if row.kind == REPORT_KEPT}
    for report in session.scalars(select(CheckReport).execution_options(yield_per=100)):
        row = journaled.get(report_subject(report.id))
        actual = content_hash(report.report)
        if row is None:
            yield _content(0, report.id)
        elif actual != row.content_hash or report.content_hash != row.content_hash:
            yield _content(row.seq, report.id)


REPORT_KEPT = "attempt.checked"
"""The kind of the entry that vouches for a report of a grading."""


def report_subject(number: int) -> str:
    """Return what a report is called in the journal."""
    return f"report:{number}"


def content_hash(document: object) -> str:
    """Return the hash by which the journal vouches for a document: SHA-256 of its canonical text."""
    return journal.sha256(canonical(document))


VERIFIERS: list[Verifier] = [_reports]
"""What the journal vouches for besides itself; each is given all rows, and reads what stands in ``_READ`` alone."""


# Wording ----------------------------------------------------------------------------------------------------


def _finding(kind: Kind, seq: int, fr: str, en: str) -> AuditFinding:
    return AuditFinding(kind, seq, Text(fr=fr, en=en))


def _missing(kind: Kind, first: int, last: int, fr: str, en: str) -> AuditFinding:
    """Return a finding of entries that are gone, one or several; ``fr`` and ``en`` say where."""
    if last > first:
        fr += f"les entrées {first} à {last} ont été retirées."
        return _finding(kind, first, fr, f"{en}entries {first} to {last} were removed.")
    return _finding(kind, first, f"{fr}l’entrée {first} a été retirée.", f"{en}entry {first} was removed.")


def _changed(seq: int) -> AuditFinding:
    return _finding("changed", seq, f"L’entrée {seq} a été modifiée.", f"Entry {seq} was changed.")


def _moved(seq: int, origin: int) -> AuditFinding:
    fr = f"À la place de l’entrée {seq} se trouve l’entrée {origin} : l’ordre a été changé."
    return _finding("moved", seq, fr, f"In the place of entry {seq} stands entry {origin}: the order was changed.")


def _payload(seq: int) -> AuditFinding:
    fr = f"Le contenu (payload) de l’entrée {seq} a été modifié."
    return _finding("payload", seq, fr, f"The payload of entry {seq} was changed.")


def _erased_silently(seq: int) -> AuditFinding:
    fr = f"Le contenu de l’entrée {seq} a été effacé sans qu’aucune entrée ne le dise."
    return _finding("erased", seq, fr, f"The payload of entry {seq} was erased, and no entry says so.")


def _removed(first: int, last: int) -> AuditFinding:
    return _missing("removed", first, last, "Il y a un trou : ", "There is a gap: ")


def _chain(seq: int) -> AuditFinding:
    fr = f"L’entrée {seq} ne suit pas celle qui la précède : l’une des deux a été remplacée."
    return _finding("chain", seq, fr, f"Entry {seq} does not follow the one before it: one of the two was replaced.")


def _truncated(first: int, last: int) -> AuditFinding:
    return _missing("truncated", first, last, "La fin du journal manque : ", "The journal's end is missing: ")


def _headless() -> AuditFinding:
    return _finding("truncated", 0, "La tête du journal a été retirée.", "The journal's head was removed.")


def _beyond(head: int, last: int) -> AuditFinding:
    fr = f"La tête du journal (entrée {head}) n’est pas sa dernière entrée ({last}) : "
    en = f"The journal's head (entry {head}) is not its last entry ({last}): "
    fr += "une entrée a été ajoutée ou remplacée hors de Breakfix."
    return _finding("rewritten", last, fr, f"{en}an entry was added or replaced outside Breakfix.")


def _rewritten(seq: int) -> AuditFinding:
    fr = f"L’entrée {seq} n’est plus celle qui avait été notée : le journal a été réécrit jusque-là."
    en = f"Entry {seq} is not the one that was noted: the journal was rewritten up to there."
    return _finding("rewritten", seq, fr, en)


def _content(seq: int, report: int) -> AuditFinding:
    fr = f"Le compte rendu d’évaluation {report} n’est pas celui dont le journal a l’empreinte"
    en = f"Grading report {report} is not the one whose hash the journal holds"
    if seq:
        fr, en = f"{fr} (entrée {seq})", f"{en} (entry {seq})"
    return _finding("content", seq, f"{fr}.", f"{en}.")
