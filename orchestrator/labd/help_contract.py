"""The part of the contract (``calls``) by which a trainer helps: typing with consent, hints, attempts and comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.lab_contract import GradingView, QuestionView, ReportView, TrainerNote
from orchestrator.labd.talk_contract import ConversationView

TypingState = Literal["asked", "allowed", "refused", "unanswered", "ended", "left", "idle", "closed"]
"""What becomes of a trainer's wish to type in a terminal, as events tell it.

The trainee has refused or not answered; one of the two has ended it; the trainer has left, or has not typed for long;
the terminal is closed, its lab gone, or labd was started again.
"""


@dataclass(frozen=True)
class AskToType:
    """Ask a lab's trainee for consent to type in a terminal that one looks at; nothing is typed before they give it."""

    lab: str
    terminal: str


@dataclass(frozen=True)
class AnswerTyping:
    """Allow or refuse what a trainer asked; ``id``: the question's, so that no other trainer gets the consent."""

    lab: str
    id: str
    allow: bool


@dataclass(frozen=True)
class EndTyping:
    """End a trainer's typing, or their question; for the trainee and for this trainer."""

    lab: str
    id: str


@dataclass(frozen=True)
class GiveHint:
    """Write a hint to a lab's trainee."""

    lab: str
    text: str


@dataclass(frozen=True)
class GiveClassHint:
    """Write a hint to everybody of a class who has the scenario of its last launch running."""

    name: str
    text: str


@dataclass(frozen=True)
class HintsGiven:
    """How many trainees a hint went to."""

    trainees: int


@dataclass(frozen=True)
class OfMember:
    """Names a trainee of a class."""

    name: str
    handle: str


@dataclass(frozen=True)
class OfMemberAttempt:
    """Names an attempt of a trainee of a class."""

    name: str
    handle: str
    attempt: int


@dataclass(frozen=True)
class AttemptSummary:
    """One attempt, as a trainer sees it in a list.

    Attributes:
        id: its number.
        scenario: the scenario's id.
        title: its title.
        seed: the variant, as it may be shown.
        started: ISO 8601.
        running: whether its lab is still there, as far as the store knows.
        solved: whether it was found repaired once.
        verdict: of the last grading, as ``GradingView`` has it; empty: there was none.
        seconds: until it was solved, else until the last that is known of it.
        minutes: the time that a trainee should need.
        hints: how many were read.
        hints_offered: how many there are.
        gradings: how often it was graded.
        given: how many hints trainers wrote.
        comments: how many comments trainers wrote.
        typed: whether a trainer was let type in a terminal.
    """

    id: int
    scenario: str
    title: Text
    seed: str
    started: str
    running: bool
    solved: bool
    verdict: str
    seconds: int
    minutes: int
    hints: int
    hints_offered: int
    gradings: int
    given: int
    comments: int
    typed: bool


@dataclass(frozen=True)
class MemberAttempts:
    """A trainee of a class with their attempts, the newest first."""

    handle: str
    name: str
    attempts: tuple[AttemptSummary, ...]


@dataclass(frozen=True)
class AttemptView:
    """All that a trainer reads of an attempt.

    Attributes:
        handle: the trainee's short name.
        name: their name as it is read.
        summary: what the list says of it.
        lab: the name of the lab where it runs still; empty: it does not.
        grading: the last grading; None: there was none.
        questions: what is asked, with the answers.
        report: the intervention report; None where none is asked for.
        notes: what trainers wrote, the oldest first.
        trouble: why answers, report and talk cannot be read; None: they can.
        talks: what was said with people of the lab.
    """

    handle: str
    name: str
    summary: AttemptSummary
    lab: str
    grading: GradingView | None
    questions: tuple[QuestionView, ...]
    report: ReportView | None
    notes: tuple[TrainerNote, ...]
    trouble: Text | None
    talks: tuple[ConversationView, ...] = ()


@dataclass(frozen=True)
class Comment:
    """Write a comment to an attempt of a trainee of a class."""

    name: str
    handle: str
    attempt: int
    text: str


@dataclass(frozen=True)
class ChangeComment:
    """Give a comment of one's own other words; ``note``: its number."""

    name: str
    handle: str
    attempt: int
    note: int
    text: str


@dataclass(frozen=True)
class OfComment:
    """Names a comment, by its number, on an attempt of a trainee of a class."""

    name: str
    handle: str
    attempt: int
    note: int


@dataclass(frozen=True)
class CommentNews:
    """A comment that a trainee was not shown yet; ``started``: when its attempt began, ISO 8601."""

    scenario: str
    title: Text
    started: str
    by: str


@dataclass(frozen=True)
class OfScenario:
    """Names a scenario."""

    scenario: str


@dataclass(frozen=True)
class AttemptNotes:
    """What trainers wrote to one of a trainee's own attempts; times in ISO 8601."""

    seed: str
    started: str
    notes: tuple[TrainerNote, ...]


ASK_TO_TYPE = Call("ask-to-type", AskToType, Nothing)
ANSWER_TYPING = Call("answer-typing", AnswerTyping, Nothing)
END_TYPING = Call("end-typing", EndTyping, Nothing)
GIVE_HINT = Call("give-hint", GiveHint, Nothing)
GIVE_CLASS_HINT = Call("give-class-hint", GiveClassHint, HintsGiven)
MEMBER_ATTEMPTS = Call("member-attempts", OfMember, MemberAttempts)
MEMBER_ATTEMPT = Call("member-attempt", OfMemberAttempt, AttemptView)
COMMENT = Call("comment", Comment, Nothing)
CHANGE_COMMENT = Call("change-comment", ChangeComment, Nothing)
WITHDRAW_COMMENT = Call("withdraw-comment", OfComment, Nothing)
RENEW_LINK = Call("renew-link", OfMember, NewLink)
COMMENT_NEWS = Call("comment-news", Nothing, tuple[CommentNews, ...])
READ_NOTES = Call("read-notes", OfScenario, tuple[AttemptNotes, ...])

HELP_CALLS: tuple[Call[Any, Any], ...] = (
    ASK_TO_TYPE,
    ANSWER_TYPING,
    END_TYPING,
    GIVE_HINT,
    GIVE_CLASS_HINT,
    MEMBER_ATTEMPTS,
    MEMBER_ATTEMPT,
    COMMENT,
    CHANGE_COMMENT,
    WITHDRAW_COMMENT,
    RENEW_LINK,
    COMMENT_NEWS,
    READ_NOTES,
)
"""Every call by which a trainer helps, and by which a trainee reads what they wrote."""
