"""The part of the contract (``calls``) about sealed evidence as a jury looks at it: a time line, pieces, what was seen.

All of it comes from the sealed file, whose SHA-256 was compared with the journal's, and from the journal, which was
compared with itself. Times are ISO 8601 in the session's time zone; they count as the session's clock did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call
from orchestrator.labd.deliberation_contract import CheckOutcome
from orchestrator.labd.desktop_contract import SITTING_PICTURE, SittingDesktop
from orchestrator.labd.privacy_contract import Piece

LONGEST_SEARCH = 200
"""Characters that are searched for at once."""

SittingMarkKind = Literal[
    "command", "file", "difference", "talk", "act", "cable", "intervention", "announcement", "pause", "incident",
    "restart", "presence", "hint", "grading", "cut", "step",
]  # fmt: skip
"""What a mark is about, see ``evidence_marks``."""
Looked = Literal["once", "twice", "disagreed"]
"""How often a check was asked at the deadline: a second time, if it was not green; whether both gradings agree."""


@dataclass(frozen=True)
class OfSitting:
    """Names a candidate's sitting of a phase."""

    session: str
    phase: str
    number: str


@dataclass(frozen=True)
class SealedPieceOf:
    """Ask for a piece of a sealed recording, from a byte on: 0, or the ``next`` of the piece before."""

    session: str
    phase: str
    number: str
    recording: int
    at: int


@dataclass(frozen=True)
class SearchSitting:
    """Search what was typed and what was shown in a sitting; large and small letters are the same."""

    session: str
    phase: str
    number: str
    words: str


# The time line ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SittingTerminal:
    """A recorded terminal on the time line.

    Attributes:
        id: its number among the sitting's recordings, from 0.
        scenario: the scenario whose host it is on; empty: the name does not say.
        host: the host.
        began: when it was opened.
        seconds: how long it was used.
        rows: lines of the window at first.
        columns: columns of the window at first.
        whole: whether all of it is played; of a very long one only the beginning is.
        busy: from and to which second something was shown or typed, in order.
        typed: the seconds at which typing began again after a rest.
    """

    id: int
    scenario: str
    host: str
    began: str
    seconds: float
    rows: int
    columns: int
    whole: bool
    busy: tuple[tuple[float, float], ...]
    typed: tuple[float, ...]


@dataclass(frozen=True)
class SittingMark:
    """Something on the time line.

    Attributes:
        at: when.
        kind: what it is about.
        text: it in words.
        where: the recording that it was typed in, by its number; -1: none.
        detail: more of it, line by line: a file's difference, what was there before and is there now.
    """

    at: str
    kind: SittingMarkKind
    text: Text
    where: int = -1
    detail: Text | None = None


@dataclass(frozen=True)
class SittingReplay:
    """The time line of a sitting.

    Attributes:
        session: the session's name.
        title: what is assessed.
        number: the candidate's number.
        name: the name; a dash where it was forgotten.
        phase: the phase's short name.
        phase_title: its title.
        zone: the name of the session's time zone.
        began: where the time line begins.
        ended: where it ends.
        cut: when input was cut; empty: it was not.
        sha256: of the sealed file, which is the journal's.
        terminals: the terminals, in the order in which they were opened.
        desktops: the desktops, in the order in which they were first opened.
        marks: what happened, in time.
        pauses: from and to when the candidate's time stood still.
        left_out: how many marks of commands and files are not listed, for there are too many.
    """

    session: str
    title: str
    number: str
    name: str
    phase: str
    phase_title: str
    zone: str
    began: str
    ended: str
    cut: str
    sha256: str
    terminals: tuple[SittingTerminal, ...]
    desktops: tuple[SittingDesktop, ...]
    marks: tuple[SittingMark, ...]
    pauses: tuple[tuple[str, str], ...]
    left_out: int


@dataclass(frozen=True)
class FoundLine:
    """A line that has what was searched for: when, in which recording, typed or shown."""

    at: str
    where: int
    typed: bool
    line: str


@dataclass(frozen=True)
class FoundInSitting:
    """What was found, in time; ``more``: there may be more, the search was ended before."""

    lines: tuple[FoundLine, ...]
    more: bool


# What was seen ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SeenCommand:
    """A command of a check: how it was called and how it ended, and what it said."""

    line: str
    output: str


@dataclass(frozen=True)
class LookedCheck:
    """A check at the deadline.

    Attributes:
        sentence: what it says.
        role: ``symptom``, ``guard``, ``objective``; empty: none.
        competence: the code; empty: none.
        before: what it was found to be before the candidate sat down; None: it was not asked.
        outcome: the judgement at the end.
        looked: how often it was asked; where two gradings disagree it has no judgement, and ``seen`` tells both.
        seen: what was seen.
        commands: what was asked of the hosts.
    """

    sentence: Text
    role: str
    competence: str
    before: CheckOutcome | None
    outcome: CheckOutcome
    looked: Looked
    seen: Text | None
    commands: tuple[SeenCommand, ...]


@dataclass(frozen=True)
class SoundDifference:
    """A difference from a sound lab that counts: forbidden, or to be explained."""

    forbidden: bool
    sentence: Text
    lines: Text


@dataclass(frozen=True)
class ChangedFile:
    """A file that is not as it was at the start.

    Attributes:
        host: the host.
        path: the file.
        change: what became of it.
        at: when it was last changed, as its host's kernel has it; empty: not known, or not within the sitting.
        difference: the unified difference of a text of the configuration; empty: there is none to show.
        left_out: whether there is a difference that is not here, for there are too many: the archive has it.
    """

    host: str
    path: str
    change: Literal["added", "changed", "removed"]
    at: str
    difference: str
    left_out: bool = False


@dataclass(frozen=True)
class SealedScenario:
    """A scenario in the evidence.

    Attributes:
        id: the scenario's id.
        title: its title.
        ticket: the task; None: it is not known any more.
        verdict: the verdict in a sentence; None: there is no result.
        meaning: what a jury has to know to read it.
        why: why there is no result.
        remarks: what has to be known of the gradings.
        checks: the checks.
        differences: the differences from sound that count.
        files: the files that changed.
        files_left: how many more there are.
        answers: the answers as they were handed in; empty: none were.
        report: the intervention report; empty: none was handed in.
        talk: what was said with people of the scenario, without passwords; None: nothing.
        typed: how many lines were typed in its terminals.
    """

    id: str
    title: Text
    ticket: Text | None
    verdict: Text | None
    meaning: Text | None
    why: str
    remarks: tuple[Text, ...]
    checks: tuple[LookedCheck, ...]
    differences: tuple[SoundDifference, ...]
    files: tuple[ChangedFile, ...]
    files_left: int
    answers: str
    report: str
    talk: Text | None
    typed: int


@dataclass(frozen=True)
class SealedEvidence:
    """A candidate's sealed evidence of a phase.

    Attributes:
        session: the session's name.
        title: what is assessed.
        number: the candidate's number.
        name: the name; a dash where it was forgotten.
        phase: the phase's short name.
        phase_title: its title.
        given: the time that the candidate had, as it was added.
        started: when it began.
        cut: when input was cut; empty: it was not.
        sealed: when the evidence was sealed.
        sha256: of the sealed file, which is the journal's.
        size: its bytes.
        report_asked: whether a report was asked for.
        scenarios: each scenario.
        desktops: the desktops, as on the time line.
    """

    session: str
    title: str
    number: str
    name: str
    phase: str
    phase_title: str
    given: Text
    started: str
    cut: str
    sealed: str
    sha256: str
    size: int
    report_asked: bool
    scenarios: tuple[SealedScenario, ...]
    desktops: tuple[SittingDesktop, ...]


SITTING_REPLAY = Call("sitting-replay", OfSitting, SittingReplay)
"""Return the time line; refused: the caller is no member, nothing is sealed, or it is not what was sealed."""
SITTING_PIECE = Call("sitting-piece", SealedPieceOf, Piece)
"""Return a piece of a sealed recording, in which passwords are masked as they were sealed."""
SEARCH_SITTING = Call("search-sitting", SearchSitting, FoundInSitting)
"""Return the lines that were typed or shown and have what is searched for."""
SEALED_EVIDENCE = Call("sealed-evidence", OfSitting, SealedEvidence)
"""Return what was seen of a sitting."""

EVIDENCE_CALLS: tuple[Call[Any, Any], ...] = (
    SITTING_REPLAY,
    SITTING_PIECE,
    SITTING_PICTURE,
    SEARCH_SITTING,
    SEALED_EVIDENCE,
)
"""Every call of this part of the contract."""
