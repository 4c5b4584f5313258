"""The part of the contract (``calls``) about what is kept of people, how it goes, and the replay of recorded work.

What somebody may take with them, all that is kept about them, is read at ``POST /v1/my-data?language=fr`` as a zip
file, with the same header as a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.path_contract import LookAtScenario
from orchestrator.labd.talk_contract import ConversationView

# What is kept -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LookLine:
    """A trainer has looked at recordings of somebody's.

    Attributes:
        at: when, ISO 8601.
        by: the trainer's name.
        title: the title of the scenario that the attempt is about.
    """

    at: str
    by: str
    title: Text


@dataclass(frozen=True)
class PrivacyView:
    """What is kept about who asks, by the machine's own settings; dates are ISO 8601.

    Attributes:
        email: their address; empty: none is known. So are the next ones.
        born: their date of birth.
        organisation: their employer or professional body.
        candidate_number: their number as a candidate.
        account: their account on this machine.
        classes: the classes that they are in.
        trainers: the names of who may look at their work: the trainers of these classes.
        attempts: how many attempts there are.
        recordings: how many recordings of terminals there are on this machine.
        recorded_bytes: how large these are together.
        looks: who has looked at recordings, the newest first.
        days: days after their last activity for which what identifies them is kept.
        until: the last day on which it is, as things stand.
        keeps_number: whether a candidate's number stays afterwards.
        recordings_days: days for which a recording is kept.
        sign_in_hours: hours after which a sign-in that rests ends.
        sign_in_days: days after which each sign-in ends.
        asked: when they asked to be forgotten; empty: they did not.
        running: their labs that run: these have to be stopped before.
    """

    email: str
    born: str
    organisation: str
    candidate_number: str
    account: str
    classes: tuple[str, ...]
    trainers: tuple[str, ...]
    attempts: int
    recordings: int
    recorded_bytes: int
    looks: tuple[LookLine, ...]
    days: int
    until: str
    keeps_number: bool
    recordings_days: int
    sign_in_hours: int
    sign_in_days: int
    asked: str
    running: tuple[str, ...]


# Erasure ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AskErasure:
    """Ask to be forgotten; the password is asked for again."""

    password: str


@dataclass(frozen=True)
class ErasureRequestLine:
    """Somebody's wish to be forgotten; ``asked``: ISO 8601."""

    handle: str
    name: str
    asked: str


@dataclass(frozen=True)
class OfPerson:
    """Names somebody by their short name."""

    handle: str


@dataclass(frozen=True)
class ErasureView:
    """What would come of forgetting somebody who has asked for it.

    Attributes:
        handle: the short name.
        name: the name as it is read.
        asked: when they asked, ISO 8601.
        classes: the classes that they would leave.
        attempts: how many attempts would stay, under a reference that leads to nobody.
        recordings: how many recordings of terminals would go.
        recorded_bytes: how large these are together.
        kept_by: the jury sessions whose record says who they are, and goes on saying it until its own term.
        running: their labs that run: these have to be stopped before.
    """

    handle: str
    name: str
    asked: str
    classes: tuple[str, ...]
    attempts: int
    recordings: int
    recorded_bytes: int
    kept_by: tuple[str, ...]
    running: tuple[str, ...]


@dataclass(frozen=True)
class Erased:
    """What came of it: under which reference the results stay, and how many recordings are gone."""

    ref: str
    recordings: int


# Replay -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfAttempt:
    """Names an attempt by its number."""

    attempt: int


@dataclass(frozen=True)
class RecordingLine:
    """One terminal's recording, see ``privacy.kept_recordings``; ``began``: ISO 8601."""

    id: str
    host: str
    began: str
    seconds: float
    size: int
    rows: int
    columns: int


MarkKind = Literal["green", "red", "unsure", "hint", "change"]


@dataclass(frozen=True)
class MarkLine:
    """Something that turned: a check, as a grading found it, a hint that was read, a change that a grading found.

    Attributes:
        at: when, ISO 8601.
        kind: ``green``, ``red`` or ``unsure`` (no judgement) of a check.
        text: its sentence; of a hint, nothing.
        number: of a hint; else 0.
    """

    at: str
    kind: MarkKind
    text: Text
    number: int = 0


@dataclass(frozen=True)
class ReplayView:
    """All that the replay of an attempt shows but the recordings themselves.

    Attributes:
        attempt: its number.
        scenario: the scenario's id.
        title: its title.
        seed: the variant, as it may be shown.
        started: when it began, ISO 8601.
        solved: when it was first found repaired; empty: it was not.
        yours: whether it is the reader's own.
        name: whose it is.
        recordings: its terminals' recordings, the oldest first.
        marks: what turned, in time.
        recordings_days: days for which a recording is kept.
        talks: what was said with people of the lab.
    """

    attempt: int
    scenario: str
    title: Text
    seed: str
    started: str
    solved: str
    yours: bool
    name: str
    recordings: tuple[RecordingLine, ...]
    marks: tuple[MarkLine, ...]
    recordings_days: int
    talks: tuple[ConversationView, ...] = ()


@dataclass(frozen=True)
class PieceOf:
    """Ask for a piece of a recording, from a byte on: 0, or the ``next`` of the piece before."""

    attempt: int
    recording: str
    at: int


@dataclass(frozen=True)
class Piece:
    """Whole lines of a recording (asciicast v2), where the next piece begins, and whether there is none."""

    lines: str
    next: int
    end: bool


PRIVACY = Call("privacy", Nothing, PrivacyView)
ASK_ERASURE = Call("ask-erasure", AskErasure, Nothing)
WITHDRAW_ERASURE = Call("withdraw-erasure", Nothing, Nothing)
ERASURE_REQUESTS = Call("erasure-requests", Nothing, tuple[ErasureRequestLine, ...])
LOOK_AT_ERASURE = Call("look-at-erasure", OfPerson, ErasureView)
ERASE_PERSON = Call("erase-person", OfPerson, Erased)
RECORDED_ATTEMPTS = Call("recorded-attempts", LookAtScenario, tuple[int, ...])
REPLAY = Call("replay", OfAttempt, ReplayView)
REPLAY_PIECE = Call("replay-piece", PieceOf, Piece)

PRIVACY_CALLS: tuple[Call[Any, Any], ...] = (
    PRIVACY,
    ASK_ERASURE,
    WITHDRAW_ERASURE,
    ERASURE_REQUESTS,
    LOOK_AT_ERASURE,
    ERASE_PERSON,
    RECORDED_ATTEMPTS,
    REPLAY,
    REPLAY_PIECE,
)
"""Every call of this part of the contract."""
