"""The documents of a session as files: made for whoever may have them, at the command line or in the portal."""

from __future__ import annotations

import json
from collections.abc import Mapping

from orchestrator.assessment.decision_table import SEPARATORS
from orchestrator.assessment.jury import Jury
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.pdf import pdf_of
from orchestrator.assessment.plan_file import PlanContext
from orchestrator.assessment.printed_documents import Dossier, csv_of, document_of, minutes_page, sheet_page


def dossier_of(jury_session: JurySession, context: PlanContext, head: str) -> tuple[Dossier, int]:
    """Return what a session's documents are made of, and the session's time.

    Args:
        jury_session: the session; that its journal is sound was looked at before.
        context: what its plan may name.
        head: the journal's last entry.
    """
    state = jury_session.state()
    jury = Jury(jury_session, context)
    sheets = {candidate.number: jury.sheet(candidate.number) for candidate in state.plan.candidates}
    return Dossier(state, context.referential, sheets, head, context.scenarios), jury_session.clock(state).now()


def documents_of(
    dossier: Dossier, now: int, *, html: bool = False, separator: str = SEPARATORS[0]
) -> Mapping[str, bytes]:
    """Return all documents by file name: the record of proceedings, a sheet of each candidate, the tables.

    Raises:
        MachineError: they are to be PDF, and the machine lacks the library that lays out text.
    """
    session, suffix = dossier.state.id, "html" if html else "pdf"
    pages = {f"pv-{session}": minutes_page(dossier, now)}
    pages |= {f"{session}-{number}": sheet_page(dossier, number, now) for number in dossier.sheets}
    return {
        **{f"{stem}.{suffix}": printed_page(page, html=html) for stem, page in pages.items()},
        f"{session}.csv": csv_of(dossier, separator).encode("utf-8-sig"),
        f"{session}.json": json_document(dossier),
    }


def printed_page(page: str, *, html: bool) -> bytes:
    """Return a page as a file.

    Raises:
        MachineError: it is to be PDF, and the machine lacks the library that lays out text.
    """
    return page.encode() if html else pdf_of(page)


def json_document(dossier: Dossier) -> bytes:
    """Return everything, for a program."""
    return (json.dumps(document_of(dossier), ensure_ascii=False, indent=2) + "\n").encode()
