"""What the lab page shows of a lab, made ready for its template."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.lab_contract import CableView, ChangeView, CheckView, GradingView, LabView
from orchestrator.portal import board_words, desktop_words, help_words, in_words, lab_words, talk_words

Phase = Literal["waiting", "starting", "started", "saved", "stopping", "failed", "gone"]
"""Which of its faces the page has."""

_CONTEXT = 2
"""Lines that are shown around what is gone and new."""
_LONGEST_CHANGE = 400
"""Lines of a change that are shown."""


def phase_of(lab: LabView) -> Phase:
    """Return which face the page has: while a lab is made anew, nothing can be done in it."""
    if lab.state == "gone":
        return "gone"
    if lab.state == "stopping" or lab.busy == "stop":
        return "stopping"
    if lab.state == "waiting":
        return "waiting"
    if lab.state == "starting" or lab.busy in {"start", "reset", "resume"}:
        return "starting"
    if lab.state == "saved":
        return "saved"
    return "started" if lab.state in {"started", "frozen"} else "failed"


def solved_in(lab: LabView) -> str:
    """Return how long it took to solve a lab, in whole minutes, at least one; empty where that is not known."""
    if not lab.since or not lab.solved_at:
        return ""
    passed = datetime.fromisoformat(lab.solved_at) - datetime.fromisoformat(lab.since)
    return in_words.minutes(max(1, round(passed.total_seconds() / 60)))


@dataclass(frozen=True)
class DiffLine:
    """A line of a change: ``sign`` is ``-`` for one that is gone, ``+`` for a new one, a space for one beside them."""

    sign: str
    text: str


def diff_lines(change: ChangeView) -> tuple[DiffLine, ...]:
    """Return what is gone and new in a change, with some of what is around it; empty where nothing can be shown."""
    before = (change.before or "").splitlines()
    now = (change.now or "").splitlines()
    lines = list(difflib.unified_diff(before, now, lineterm="", n=_CONTEXT))[2:]
    shown = [DiffLine("…" if line.startswith("@@") else line[:1], line[1:]) for line in lines[1 : _LONGEST_CHANGE + 1]]
    return tuple(DiffLine("…", "") if line.sign == "…" else line for line in shown)


@dataclass(frozen=True)
class CheckGroup:
    """Checks that belong together, under a heading.

    Attributes:
        heading: what stands above them.
        checks: those that are shown one by one.
        kept: guards that are green, several: one line, which unfolds.
    """

    heading: Text
    checks: tuple[CheckView, ...]
    kept: tuple[CheckView, ...] = ()

    @property
    def said(self) -> Text:
        """Return what is said of the guards that are green: of all, or of the rest where one is shown that is not."""
        return lab_words.REST_KEPT if self.checks else lab_words.KEPT


def verdict_said(grading: GradingView, language: Language) -> str:
    """Return the verdict in words: a task is done, not repaired; where answers alone are left, it says so."""
    left = grading.answers_left
    if left and grading.task:
        words = lab_words.TASK_ANSWER_LEFT if left == 1 else lab_words.TASK_ANSWERS_LEFT
    elif left:
        words = lab_words.ANSWER_LEFT if left == 1 else lab_words.ANSWERS_LEFT
    else:
        words = (lab_words.TASK_VERDICTS if grading.task else lab_words.VERDICTS)[grading.verdict]
    return in_words.said(words, language, n=left)


def check_groups(grading: GradingView) -> tuple[CheckGroup, ...]:
    """Return the checks of a grading: what is to be put right or done, what must keep working, answers."""
    groups: Sequence[tuple[Text, frozenset[str]]] = (
        (lab_words.TASK_TO_DO if grading.task else lab_words.TO_DO, frozenset({"symptom", "objective"})),
        (lab_words.TO_KEEP, frozenset({"guard"})),
    )
    known = frozenset[str]().union(*(roles for _, roles in groups))
    made = [_group(heading, tuple(c for c in grading.checks if c.role in roles)) for heading, roles in groups]
    made.append(CheckGroup(lab_words.ANSWERS, tuple(c for c in grading.checks if c.role not in known)))
    return tuple(group for group in made if group.checks or group.kept)


def _group(heading: Text, checks: tuple[CheckView, ...]) -> CheckGroup:
    kept = tuple(check for check in checks if check.role == "guard" and check.outcome == "pass")
    if len(kept) < 2:  # noqa: PLR2004 - one says more by itself
        return CheckGroup(heading, checks)
    return CheckGroup(heading, tuple(check for check in checks if check not in kept), kept)


def segment_title(lab: LabView, name: str, language: Language) -> str:
    """Return what a segment is called."""
    return next((s.title.in_(language) for s in lab.segments if s.name == name), name)


def cable_state(lab: LabView, cable: CableView, language: Language) -> str:
    """Return how a cable is, in words."""
    words = lab_words.PLUGGED if cable.plugged else lab_words.UNPLUGGED
    return in_words.said(words, language, segment=segment_title(lab, cable.at, language))


def script_data(lab: LabView, language: Language) -> Mapping[str, Any]:
    """Return what the page's scripts need to know at its beginning."""
    return {
        "base": f"/labs/{lab.name}",
        "lab": lab.name,
        "language": language,
        "phase": phase_of(lab),
        "yours": lab.yours,
        "busy": lab.busy,
        "idle": lab.state == "frozen" or bool(lab.freezes),
        "now": datetime.now(UTC).isoformat(),
        "since": lab.since,
        "minutes": lab.minutes,
        "last_event": lab.last_event,
        "hosts": {host.name: {"device": host.device} for host in lab.hosts},
        "terminals": [
            {"id": one.id, "host": one.host, "kind": one.kind, "ended": one.ended, "watched": one.watched}
            for one in lab.terminals
        ],
        "typing": [{"terminal": one.terminal, "state": one.state, "yours": one.yours} for one in lab.typing],
        "screens": [{"host": host.name, "watched": host.watched} for host in lab.hosts if host.desktop],
        "words": {
            name: in_words.said(text, language)
            for name, text in {
                **lab_words.SCRIPT_WORDS,
                **board_words.LAB_SCRIPT_WORDS,
                **help_words.LAB_SCRIPT_WORDS,
                **desktop_words.SCRIPT_WORDS,
                **talk_words.SCRIPT_WORDS,
            }.items()
        },
    }
