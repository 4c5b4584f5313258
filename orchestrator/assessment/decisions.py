"""What the jury decides, and how the record is signed: by people, never worked out of points.

A decision is on a subject: a competence ("1.3"), a CCP ("ccp-1"), or the whole title ("title"). Those on CCP and title
are the jury's own as well: none of them is worked out of those on the competences.

A signature is a member's consent to a digest: SHA-256 of the decisions, the observations and the sealed evidence as
they are then. Two members who sign the same digest close the record; whatever changes before makes another digest, and
takes both signatures again. After the closing a change is a correction, which counts once two members have signed it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from orchestrator.assessment.events import SessionEvent
from orchestrator.assessment.session_folder import sha256
from orchestrator.assessment.state import SessionState
from orchestrator.core.text import Text

Verdict = Literal["acquired", "not-acquired", "to-question"]

VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
TITLE: Final = "title"
"""The subject of a decision on the whole title."""
_CCP: Final = "ccp-"
_QUESTION: Final = Text(fr="à compléter par un questionnement", en="to be completed by questioning")
_OF_A_COMPETENCE: Final[Mapping[Verdict, Text]] = {
    "acquired": Text(fr="acquise", en="acquired"),
    "not-acquired": Text(fr="non acquise", en="not acquired"),
    "to-question": _QUESTION,
}
_OF_AN_AWARD: Final[Mapping[Verdict, Text]] = {
    "acquired": Text(fr="obtenu", en="awarded"),
    "not-acquired": Text(fr="non obtenu", en="not awarded"),
    "to-question": _QUESTION,
}
SIGNATURES: Final = 2
"""How many members sign."""


def ccp_subject(number: int) -> str:
    """Return the subject of a decision on a CCP."""
    return f"{_CCP}{number}"


@dataclass(frozen=True)
class Decision:
    """A decision of the jury on one subject, of one candidate.

    Attributes:
        subject: a competence's code, ``ccp-`` and a CCP's number, or ``title``.
        verdict: what was decided.
        reason: why.
        by: the member who recorded it.
        at: when, seconds since 1970.
        corrected: whether it replaced another one after the record was closed.
    """

    subject: str
    verdict: Verdict
    reason: str
    by: str
    at: int
    corrected: bool = False

    @property
    def word(self) -> Text:
        """Return the verdict as the record says it: a competence is acquired, a CCP or a title awarded."""
        award = self.subject == TITLE or self.subject.startswith(_CCP)
        return (_OF_AN_AWARD if award else _OF_A_COMPETENCE)[self.verdict]


@dataclass(frozen=True)
class Signature:
    """A member's consent to a digest."""

    member: str
    at: int
    digest: str


@dataclass(frozen=True)
class Record:
    """The jury's record as it is now.

    Attributes:
        decisions: candidate and subject -> the decision that counts.
        pending: corrections that are not signed yet, in the same form.
        digest: what a member signs now.
        signatures: the signatures under that digest, or under the one that closed the record.
        closed_at: when it was last closed; None before.
    """

    decisions: Mapping[tuple[str, str], Decision]
    pending: Mapping[tuple[str, str], Decision]
    digest: str
    signatures: tuple[Signature, ...]
    closed_at: int | None


def record_of(state: SessionState) -> Record:
    """Return the jury's record."""
    decisions: dict[tuple[str, str], Decision] = {}
    pending: dict[tuple[str, str], Decision] = {}
    closed_at: int | None = None
    for event in state.events:
        if event.kind in {"decided", "correction"}:
            d = event.details
            corrected = event.kind == "correction"
            made = Decision(d["subject"], d["verdict"], d["reason"], event.by, event.at, corrected)
            (pending if corrected else decisions)[event.candidate, made.subject] = made
        elif event.kind == "closed":
            decisions |= pending
            pending = {}
            closed_at = event.at
    digest = digest_of(state, {**decisions, **pending})
    return Record(decisions, pending, digest, _signatures(state, digest), closed_at)


def digest_of(state: SessionState, decisions: Mapping[tuple[str, str], Decision]) -> str:
    """Return the digest of what a signature stands for; made of numbers and words, no names."""
    document: dict[str, Any] = {
        "session": state.id,
        "plan": state.events[0].content_hash,
        "decisions": [
            [candidate, subject, decision.verdict, decision.reason, decision.by, decision.at]
            for (candidate, subject), decision in sorted(decisions.items())
        ],
        "observations": [
            [e.candidate, e.details.get("competence"), e.details.get("text"), e.by, e.at, *_question(e)]
            for e in state.of("observed")
        ],
        "evidence": [[e.candidate, e.phase, e.content_hash] for e in state.of("sealed")],
    }
    return sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())


def _question(event: SessionEvent) -> list[str]:
    """Return what is stated besides of a question, and of no other observation: those signed before there were any."""
    return ["question"] if event.details.get("question") else []


def _signatures(state: SessionState, digest: str) -> tuple[Signature, ...]:
    found = {
        event.by: Signature(event.by, event.at, digest)
        for event in state.of("signed")
        if event.details.get("digest") == digest
    }
    return tuple(found.values())
