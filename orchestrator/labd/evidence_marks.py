"""The marks of a sitting's time line: what was typed, what changed, what was said, what happened in the room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Final

from grader.report import Report
from grader.report_formats import difference_lines, difference_sentence, final_verdict
from orchestrator.assessment.asciicast import TypedLine
from orchestrator.assessment.desktop_troubles import told_trouble
from orchestrator.assessment.event_words import told
from orchestrator.assessment.events import PROGRAM, Kind, SessionEvent
from orchestrator.core.control_characters import in_one_line, visible
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.labd.evidence_contract import ChangedFile, SittingMark, SittingMarkKind
from orchestrator.labd.sealed_desktops import DesktopActivity
from orchestrator.labd.sealed_recordings import LONGEST_TOLD
from orchestrator.model.turns import Turn
from orchestrator.personas.act_sentences import act_sentence

_KINDS: Final[Mapping[Kind, SittingMarkKind]] = {
    "replaced": "incident",
    "unopened": "incident",
    "arrived": "presence",
    "absent": "presence",
    "finished": "presence",
    "seated": "presence",
    "unseated": "presence",
    "turned-away": "presence",
    "paused": "pause",
    "resumed": "pause",
    "extended": "announcement",
    "announced": "announcement",
    "warned": "announcement",
    "incident": "incident",
    "intervened": "intervention",
    "cabled": "cable",
    "restarted": "restart",
    "hint": "hint",
    "cut": "cut",
    "graded": "grading",
    "regraded": "grading",
}
"""What the journal says of a sitting, as the time line shows it; whatever else it says is a step."""
_OTHERS: Final[frozenset[Kind]] = frozenset(
    {
        "planned", "withdrawn", "identity", "clock", "drawn", "invited", "observed", "decided", "signed",
        "closed", "correction", "exported", "cleared",
    }
)  # fmt: skip
"""What is about the jury, or everybody's plan."""
_CHANGES: Final[Mapping[str, Text]] = {
    "added": Text(fr="{where} : fichier ajouté", en="{where}: file added"),
    "changed": Text(fr="{where} : fichier modifié", en="{where}: file changed"),
    "removed": Text(fr="{where} : fichier retiré", en="{where}: file removed"),
}
_SAID: Final = Text(fr="Échange avec {name}", en="Talk with {name}")
_AT_START: Final = Text(fr="Évaluation de départ, {scenario} : {verdict}", en="First grading, {scenario}: {verdict}")
_LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")

Clock = Callable[[float], str]
"""Returns a time, seconds since 1970, as ISO 8601 in the session's time zone."""


def of_journal(events: Iterable[SessionEvent], iso: Clock) -> Iterator[SittingMark]:
    """Yield what the journal says of a sitting; where somebody did it, with who."""
    for event in events:
        if event.kind not in _OTHERS:
            kind = _KINDS.get(event.kind, "step")
            yield SittingMark(iso(event.at), kind, _by(told(event).map(_line), event))


def of_commands(lines: Iterable[TypedLine], recordings: Mapping[str, int], iso: Clock) -> Iterator[SittingMark]:
    """Yield the lines that were typed, each with its recording's number."""
    for one in lines:
        yield SittingMark(iso(one.at), "command", same(_line(one.line)), recordings.get(one.terminal, -1))


def of_desktops(desktops: Iterable[DesktopActivity], iso: Clock) -> Iterator[SittingMark]:
    """Yield what kept pictures of desktops from being made."""
    for desktop in desktops:
        for one in desktop.told:
            if (said := told_trouble(desktop.host, one)) is not None:
                yield SittingMark(iso(one.at), "incident", said.map(_line))


def of_files(files: Iterable[ChangedFile], otherwise: str) -> Iterator[SittingMark]:
    """Yield the files that changed, at the time of their last change; those of which none is known when all was seen.

    Args:
        files: the files.
        otherwise: when the files were looked at, ISO 8601.
    """
    for one in files:
        where = _line(f"{one.host}: {one.path}")
        detail = same(one.difference) if one.difference else None
        yield SittingMark(one.at or otherwise, "file", _with(_CHANGES[one.change], where=same(where)), detail=detail)


def of_gradings(scenario: Text, before: Report | None, after: Report | None, graded: str) -> Iterator[SittingMark]:
    """Yield the grading before the candidate sat down, and what differs from a sound lab at the end.

    Args:
        scenario: the scenario's title.
        before: the first grading.
        after: the last one.
        graded: when that was, ISO 8601.
    """
    if before is not None and _is_time(before.started_at):
        said = _with(_AT_START, scenario=scenario, verdict=final_verdict(before))
        yield SittingMark(before.started_at, "grading", said)
    for one in (*after.forbidden, *after.unexplained) if after is not None else ():
        yield SittingMark(graded, "difference", difference_sentence(one), detail=difference_lines(one))


def of_talk(turns: Iterable[Turn]) -> Iterator[SittingMark]:
    """Yield what was said with people of a scenario, and what these did; sealing masked the passwords."""
    for turn in turns:
        name = _line(turn.persona)
        if turn.begun or not _is_time(turn.at):
            continue
        said = visible("\n".join((f"> {turn.said}", turn.reply)))
        yield SittingMark(turn.at, "talk", _with(_SAID, name=same(name)), detail=same(said))
        for act in turn.acts:
            if _is_time(act.at):
                yield SittingMark(act.at, "act", act_sentence(act, name, whole=True).map(_line))


def in_time(marks: Iterable[SittingMark], zone: tzinfo) -> tuple[SittingMark, ...]:
    """Return marks in the order of their times, which are said in one time zone."""
    found = [(datetime.fromisoformat(mark.at).astimezone(zone), mark) for mark in marks]
    return tuple(replace(mark, at=at.isoformat()) for at, mark in sorted(found, key=lambda one: one[0]))


def _with(text: Text, **values: Text) -> Text:
    fr, en = ({name: value.in_(language) for name, value in values.items()} for language in _LANGUAGES)
    return Text(fr=text.fr.format(**fr), en=text.en.format(**en))


def _line(text: str) -> str:
    return in_one_line(text, LONGEST_TOLD)


def _by(said: Text, event: SessionEvent) -> Text:
    """Return what an event says, with who did it where that is somebody else than the candidate."""
    nobody = event.by in {PROGRAM, "", event.candidate}
    return said if nobody else said.map(lambda text: f"{text} ({_line(event.by)})")


def _is_time(iso: str) -> bool:
    try:
        return datetime.fromisoformat(iso).tzinfo is not None
    except ValueError:
        return False
