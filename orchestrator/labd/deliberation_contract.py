"""The part of the contract (``calls``) that is about a jury that deliberates: what was seen, decisions, signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.session_contract import OfSession, SessionStage

DecisionVerdict = Literal["acquired", "not-acquired", "to-question"]
CheckOutcome = Literal["pass", "fail", "error"]


@dataclass(frozen=True)
class JuryLine:
    """A session of whose jury somebody is a member.

    Attributes:
        id: its name.
        title: what is assessed.
        date: its day, ISO 8601.
        stage: how far it is.
        candidates: how many there are.
        undecided: of how many of them something is still to be decided.
    """

    id: str
    title: str
    date: str
    stage: SessionStage
    candidates: int
    undecided: int


@dataclass(frozen=True)
class DecisionView:
    """A decision of the jury.

    Attributes:
        verdict: what was decided.
        word: the same as the record says it.
        reason: why.
        by: the name of the member who recorded it.
        at: when, ISO 8601 in the session's time zone.
        corrected: whether it replaced another one after the record was closed.
        pending: whether it is a correction that is not signed yet.
    """

    verdict: DecisionVerdict
    word: Text
    reason: str
    by: str
    at: str
    corrected: bool
    pending: bool


@dataclass(frozen=True)
class CandidateState:
    """A candidate, as far as the jury is with them.

    Attributes:
        number: the number.
        name: the name; a dash where it was forgotten.
        sealed: whether all their evidence is sealed; without labs there is none.
        worked: whether their labs were open.
        undecided: the subjects that are still to be decided, as the record calls them.
        questions: the subjects of which they are still to be questioned.
        title: what was decided on the title; None: nothing, or it is not assessed.
        missing: what a jury would expect and is not there, in sentences.
    """

    number: str
    name: str
    sealed: bool
    worked: bool
    undecided: tuple[Text, ...]
    questions: tuple[Text, ...]
    title: DecisionView | None
    missing: tuple[Text, ...] = ()


@dataclass(frozen=True)
class MemberState:
    """A member of the jury: whether they have signed the record as it is, or one that has changed since."""

    id: str
    name: str
    quality: str
    signed: bool
    void: bool
    me: bool


@dataclass(frozen=True)
class DeliberationView:
    """How far a jury is.

    Attributes:
        id: the session's name.
        title: what is assessed.
        stage: how far it is.
        minute: how many seconds a minute lasts: 60, fewer in a rehearsal.
        members: the members of the jury.
        candidates: the candidates.
        digest: what a member signs now.
        closed_at: when the record was last closed, ISO 8601; empty: it is open.
        corrections: how many corrections are still to be signed.
        questions: whether somebody is still to be questioned.
        may_sign: whether the caller may sign now.
        closes: whether their signature would close the record, or the corrections.
    """

    id: str
    title: str
    stage: SessionStage
    minute: int
    members: tuple[MemberState, ...]
    candidates: tuple[CandidateState, ...]
    digest: str
    closed_at: str
    corrections: int
    questions: bool
    may_sign: bool
    closes: bool


@dataclass(frozen=True)
class SeenCheck:
    """A check: its sentence, how it came out, what was seen of it."""

    scenario: Text
    outcome: CheckOutcome
    sentence: Text
    seen: Text | None


@dataclass(frozen=True)
class SeenChange:
    """A change to ask about, or a forbidden one: in a sentence, and in detail."""

    forbidden: bool
    sentence: Text
    lines: Text


@dataclass(frozen=True)
class GradedScenario:
    """The grading of a scenario, as it was sealed.

    Attributes:
        phase: the phase's title.
        id: the scenario's id.
        title: its title.
        verdict: its verdict in a sentence.
        meaning: what a jury has to know to read it; None of one that says it all.
        changes: the changes to ask about.
    """

    phase: str
    id: str
    title: Text
    verdict: Text
    meaning: Text | None
    changes: tuple[SeenChange, ...]


@dataclass(frozen=True)
class ObservationView:
    """What a member observed, or means to ask, with their name and the time, ISO 8601."""

    text: str
    by: str
    at: str
    question: bool = False


@dataclass(frozen=True)
class OpenQuestion:
    """Something that is open, and what a member may ask about it: it says what was seen, and not what is right.

    Attributes:
        text: the sentence.
        phase: the short name of the phase that it is about; empty: none in particular.
        subject: the competence, CCP or title that it is about; empty: none in particular.
    """

    text: Text
    phase: str
    subject: str


@dataclass(frozen=True)
class SubjectView:
    """What the jury decides on: a competence, a CCP, the title.

    Attributes:
        subject: a competence's code, ``ccp-`` and a CCP's number, or ``title``.
        title: what it is called.
        worked: whether one of the candidate's scenarios works on it; the others need no decision.
        checks: what was seen.
        without: the titles of the scenarios of which there is no result, each with the reason in words.
        observations: what the jury observed.
        decision: what was decided; None: nothing.
    """

    subject: str
    title: Text
    worked: bool
    checks: tuple[SeenCheck, ...]
    without: tuple[tuple[Text, str], ...]
    observations: tuple[ObservationView, ...]
    decision: DecisionView | None


@dataclass(frozen=True)
class PartView:
    """A CCP: its number, its competences, and itself as a subject."""

    number: int
    competences: tuple[SubjectView, ...]
    whole: SubjectView


@dataclass(frozen=True)
class SealedFile:
    """A file of sealed evidence: the phase's short name and title, its size in bytes."""

    phase: str
    title: str
    size: int


@dataclass(frozen=True)
class SheetView:
    """A candidate, for the jury.

    Attributes:
        session: the session's name.
        title: what is assessed.
        number: the candidate's number.
        name: the name; a dash where it was forgotten.
        closed: whether the record is closed: what is decided is a correction then.
        running: the titles of the phases whose evidence is not sealed: nothing can be decided before.
        scenarios: the gradings.
        parts: the CCP that are assessed.
        award: the title as a subject; None: it is not assessed.
        general: observations on no competence in particular.
        undecided: the subjects that are still to be decided.
        evidence: the sealed files.
        before: the number of the candidate before; empty: there is none.
        after: the number of the next one.
        questions: what is open, with what may be asked about it.
        missing: what a jury would expect and is not there, in sentences.
    """

    session: str
    title: str
    number: str
    name: str
    closed: bool
    running: tuple[str, ...]
    scenarios: tuple[GradedScenario, ...]
    parts: tuple[PartView, ...]
    award: SubjectView | None
    general: tuple[ObservationView, ...]
    undecided: tuple[str, ...]
    evidence: tuple[SealedFile, ...]
    before: str
    after: str
    questions: tuple[OpenQuestion, ...] = ()
    missing: tuple[Text, ...] = ()


@dataclass(frozen=True)
class OfCandidate:
    """Ask about a candidate of a session."""

    session: str
    number: str


@dataclass(frozen=True)
class RecordObservation:
    """Record an observation; ``competence``: its code; empty: on none; ``question``: it is to be asked."""

    session: str
    number: str
    text: str
    competence: str = ""
    question: bool = False


@dataclass(frozen=True)
class Decide:
    """Record the jury's decision on a subject; once the record is closed, propose a correction."""

    session: str
    number: str
    subject: str
    verdict: DecisionVerdict
    reason: str


@dataclass(frozen=True)
class SignRecord:
    """Sign the record, or the corrections.

    Attributes:
        session: the session.
        password: the caller's, again: a signature is theirs, not their browser's.
        digest: what they have seen and sign; another one is refused.
        anyway: whether it is meant to be closed though somebody is still to be questioned.
    """

    session: str
    password: str
    digest: str
    anyway: bool = False


JURY_SESSIONS = Call("jury-sessions", Nothing, tuple[JuryLine, ...])
"""Return the sessions of whose jury the caller is a member, the last day first."""
DELIBERATION = Call("deliberation", OfSession, DeliberationView)
"""Return how far the jury is; refused: the caller is no member, or the journal is not what was written."""
SHEET = Call("sheet", OfCandidate, SheetView)
"""Return a candidate for the jury."""
OBSERVE = Call("observe", RecordObservation, Nothing)
"""Record an observation; refused: the record is closed, or it says nothing."""
DECIDE = Call("decide", Decide, Nothing)
"""Record a decision, or a correction; refused: the evidence is not sealed, or no reason is given."""
SIGN_RECORD = Call("sign-record", SignRecord, Nothing)
"""Sign; refused: something is undecided, the record has changed since it was seen, or the password is another."""

DELIBERATION_CALLS: tuple[Call[Any, Any], ...] = (JURY_SESSIONS, DELIBERATION, SHEET, OBSERVE, DECIDE, SIGN_RECORD)
