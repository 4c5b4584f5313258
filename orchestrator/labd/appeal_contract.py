"""The part of the contract (``calls``) about appeals: a candidate's kept labs are graded again, and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.evidence_contract import OfSitting


@dataclass(frozen=True)
class KeptLab:
    """A scenario of the sitting: its title, and whether its lab is kept; else only sealed answers can be graded."""

    title: Text
    kept: bool


@dataclass(frozen=True)
class Regrading:
    """What came of an appeal, as the journal has it.

    Attributes:
        at: when, ISO 8601 in the session's time zone.
        by: who asked for it: a member's name, or the account of the command line.
        differs: whether anything is not what was sealed.
        text: the result in a sentence.
        remarks: each check or change that differs, and why a lab was not ready.
        stale: the titles of the scenarios whose content has changed since: what differs may be its doing.
    """

    at: str
    by: str
    differs: bool
    text: Text
    remarks: tuple[Text, ...]
    stale: tuple[Text, ...]


@dataclass(frozen=True)
class AppealView:
    """The appeals of a sitting.

    Attributes:
        session: the session's name.
        title: what is assessed.
        number: the candidate's number.
        name: the name; a dash where it was forgotten.
        phase: the phase's short name.
        phase_title: its title.
        labs: its scenarios.
        running: whether it is being graded again now.
        trouble: why the last grading came to nothing; None: it did not.
        regradings: what came of the appeals, the last one first.
    """

    session: str
    title: str
    number: str
    name: str
    phase: str
    phase_title: str
    labs: tuple[KeptLab, ...]
    running: bool
    trouble: Text | None
    regradings: tuple[Regrading, ...]


APPEAL = Call("appeal", OfSitting, AppealView)
"""Return the appeals of a sitting; refused: the caller is no member of the jury, or nothing is sealed."""
GRADE_AGAIN = Call("grade-again", OfSitting, Nothing)
"""Begin to grade a sitting again; refused as ``APPEAL``, to who organised, or while another one is graded again."""

APPEAL_CALLS: tuple[Call[Any, Any], ...] = (APPEAL, GRADE_AGAIN)
"""Every call of this part."""
