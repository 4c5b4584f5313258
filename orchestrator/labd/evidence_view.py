"""A sitting's sealed evidence as a jury's pages show it: checks, differences, files, what was handed in and said."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from grader.report import CheckResult, Report
from grader.report_formats import command_line, difference_lines, difference_sentence, final_verdict
from orchestrator.assessment.asciicast import TypedLine, read_timeline
from orchestrator.assessment.event_words import remarks
from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.results import meaning
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.control_characters import in_one_line, visible
from orchestrator.core.text import Text, same
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.labd.desktop_contract import SittingDesktop
from orchestrator.labd.evidence_contract import (
    ChangedFile,
    LookedCheck,
    SealedScenario,
    SeenCommand,
    SoundDifference,
)
from orchestrator.labd.sealed_copy import SealedCopy
from orchestrator.labd.sealed_desktops import DesktopActivity, desktops_of
from orchestrator.labd.sealed_recordings import TerminalActivity, activity_of
from orchestrator.model.turns import Turn
from orchestrator.personas.conversation_file import transcript, turns_in

MOST_FILES: Final = 500
"""Files that changed, of one scenario, which are listed."""
MOST_DIFFERENCES: Final = 1_000_000
"""Characters of all differences of a scenario's files that are shown."""
_MOST_TEXT: Final = 100_000
"""Bytes of a text that is shown; the archive has all of it."""
_MOST_OUTPUT: Final = 4000
"""Characters of what a command said."""
_MOST_TYPED: Final = 16 << 20
_MOST_DOCUMENT: Final = 32 << 20
_LONGEST_NAME: Final = 4096
_CUT: Final = "\n[…]"


class SealedContents:
    """What is in sealed evidence, each part read once.

    Attributes:
        sealed: the evidence.
    """

    def __init__(self, sealed: SealedCopy) -> None:
        """Take the evidence."""
        self.sealed = sealed
        self._reports: dict[str, Report | None] = {}

    @cached_property
    def recordings(self) -> tuple[TerminalActivity, ...]:
        """The recordings, in the order in which the terminals were opened."""
        found = (activity_of(self.sealed, name) for name in self.sealed.recordings)
        return tuple(sorted(found, key=lambda one: (one.began, one.name)))

    @cached_property
    def desktops(self) -> tuple[DesktopActivity, ...]:
        """The desktops, in the order in which they were first opened."""
        return desktops_of(self.sealed)

    @cached_property
    def typed(self) -> tuple[TypedLine, ...]:
        """What was typed, in time."""
        content, _ = self.sealed.read("timeline.csv", _MOST_TYPED)
        return tuple(sorted(read_timeline(content), key=lambda one: one.at))

    def report(self, scenario: str, name: str) -> Report | None:
        """Return a grading's report; None where there is none."""
        path = f"{scenario}/{name}"
        if path not in self._reports:
            content, whole = self.sealed.read(path, _MOST_DOCUMENT)
            self._reports[path] = Report.from_json(content.decode()) if content and whole else None
        return self._reports[path]

    def title(self, scenario: str) -> Text:
        """Return a scenario's title; its id where the evidence does not know it."""
        title = self.sealed.manifest["labs"].get(scenario, {}).get("title")
        return Text(fr=title["fr"], en=title["en"]) if title else same(scenario)

    def turns(self, scenario: str) -> tuple[Turn, ...]:
        """Return what was said with people of a scenario."""
        content, _ = self.sealed.read(f"{scenario}/{CONVERSATION}", _MOST_TYPED)
        return turns_in(content)

    def text(self, name: str, most: int = _MOST_TEXT) -> str:
        """Return a text that was handed in or made of what was; it acts on no terminal."""
        content, whole = self.sealed.read(name, most)
        return visible(content.decode(errors="replace")) + ("" if whole else _CUT)

    def changes(self, scenario: str) -> list[dict[str, Any]]:
        """Return the files that changed, as they were sealed."""
        content, whole = self.sealed.read(f"{scenario}/changes.json", _MOST_DOCUMENT)
        return json.loads(content) if content and whole else []

    def changed_at(self, scenario: str) -> dict[tuple[str, str], float]:
        """Return when each file was last changed, as its host's kernel has it: by host and path."""
        packed, whole = self.sealed.read(f"{scenario}/end.json.gz", _MOST_DOCUMENT)
        if not packed or not whole:
            return {}
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
                content = file.read(2 * _MOST_DOCUMENT + 1)
            hosts = json.loads(content) if len(content) <= 2 * _MOST_DOCUMENT else {}
        except (OSError, EOFError, zlib.error, ValueError):
            return {}
        return {
            (host, path): float(state["ctime"])
            for host, about in hosts.items()
            for path, state in about["states"].items()
            if state.get("ctime")
        }


@dataclass(frozen=True)
class SealedSitting:
    """A sitting with its evidence.

    Attributes:
        state: the session.
        sitting: the candidate in the phase.
        contents: the evidence.
    """

    state: SessionState
    sitting: Sitting
    contents: SealedContents

    def iso(self, at: float | None) -> str:
        """Return a time of the session's clock, to a thousandth; empty for none."""
        if at is None:
            return ""
        when = datetime.fromtimestamp(at, zone_of(self.state.plan))
        return when.isoformat(timespec="seconds" if float(at).is_integer() else "milliseconds")

    def step(self, kind: str) -> int | None:
        """Return when something was done after the deadline; None where it was not."""
        return self.sitting.steps[kind].at if kind in self.sitting.steps else None

    def within(self, at: float) -> bool:
        """Return whether something was while the candidate sat there, or when their files were looked at."""
        first, last = self.sitting.started, self.step("collected") or self.step("cut") or self.state.last
        return first is not None and first <= at <= last

    def files(self, scenario: str) -> tuple[tuple[ChangedFile, ...], int]:
        """Return the files that changed, the first ones, and how many more there are."""
        found = self.contents.changes(scenario)
        times = self.contents.changed_at(scenario) if found else {}
        return tuple(self._files(scenario, found[:MOST_FILES], times)), max(0, len(found) - MOST_FILES)

    def _files(
        self, scenario: str, found: Sequence[Mapping[str, Any]], times: Mapping[tuple[str, str], float]
    ) -> Iterator[ChangedFile]:
        left = MOST_DIFFERENCES
        for one in found:
            at = times.get((one["host"], one["path"]))
            told = self.iso(at) if at is not None and self.within(at) else ""
            diff = self.contents.text(f"{scenario}/differences/{one['number']}.diff") if one["difference"] else ""
            left -= len(diff)
            shown = diff if left >= 0 else ""
            name = in_one_line(one["path"], _LONGEST_NAME)
            yield ChangedFile(one["host"], name, one["change"], told, shown, bool(diff) and not shown)


def sitting_desktops(found: SealedSitting) -> Iterator[SittingDesktop]:
    """Yield the desktops of a sitting as the time line shows them."""
    for place, one in enumerate(found.contents.desktops):
        yield SittingDesktop(
            id=place,
            scenario=one.scenario,
            host=one.host,
            began=found.iso(one.began),
            seconds=one.seconds,
            opened=one.opened,
            busy=one.busy,
            used=one.used,
            pictures=tuple(picture.at - one.began for picture in one.pictures),
            sizes=tuple((picture.width, picture.height) for picture in one.pictures),
        )


def scenarios_of(found: SealedSitting) -> Iterator[SealedScenario]:
    """Yield each scenario of a sitting."""
    graded: Mapping[str, Any] = {}
    said: tuple[Text, ...] = ()
    if "graded" in found.sitting.steps:
        event = found.sitting.steps["graded"]
        graded, said = event.details["labs"], remarks(event)
    contents = found.contents
    for lab in found.sitting.labs:
        scenario = lab.scenario
        report = contents.report(scenario, "report.json")
        files, left = found.files(scenario)
        yield SealedScenario(
            id=scenario,
            title=contents.title(scenario),
            ticket=_ticket(contents, scenario),
            verdict=None if report is None else final_verdict(report),
            meaning=None if report is None else meaning(report),
            why=str(graded.get(scenario, {}).get("why", "")),
            remarks=tuple(one for one in said if one.en.startswith(f"{scenario}:")),
            checks=tuple(_checks(contents, scenario, report, graded.get(scenario, {}))),
            differences=tuple(
                SoundDifference(one.standing == "forbidden", difference_sentence(one), difference_lines(one))
                for one in ((*report.forbidden, *report.unexplained) if report is not None else ())
            ),
            files=files,
            files_left=left,
            answers=contents.text(f"{scenario}/answers.yaml"),
            report=contents.text(f"{scenario}/report.md"),
            talk=_talk(contents, scenario),
            typed=sum(one.terminal.startswith(f"{scenario}.") for one in contents.typed),
        )


def _checks(
    contents: SealedContents, scenario: str, report: Report | None, graded: Mapping[str, Any]
) -> Iterator[LookedCheck]:
    start = contents.report(scenario, "start-report.json")
    before = {} if start is None else {one.id: one.outcome for one in start.results}
    again = set(graded.get("asked_again", ()))
    disagreed = {one["check"] for one in graded.get("disagreed", ())}
    for one in report.results if report is not None else ():
        looked = "disagreed" if one.id in disagreed else "twice" if one.id in again else "once"
        yield LookedCheck(
            sentence=one.sentence,
            role=one.role or "",
            competence=one.competence or "",
            before=before.get(one.id),
            outcome=one.outcome,
            looked=looked,  # type: ignore[arg-type]
            seen=one.evidence and one.evidence.map(lambda text: _short(text, _MOST_OUTPUT)),
            commands=tuple(_commands(one)),
        )


def _commands(result: CheckResult) -> Iterator[SeenCommand]:
    for one in result.commands:
        yield SeenCommand(_short(command_line(one), 1000), _short(one.output, _MOST_OUTPUT))


def _short(text: str, most: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[:most]}{_CUT}"


def _ticket(contents: SealedContents, scenario: str) -> Text | None:
    fr, en = (contents.text(f"{scenario}/ticket.{language}.md") for language in ("fr", "en"))
    return Text(fr=fr or en, en=en or fr) if fr or en else None


def _talk(contents: SealedContents, scenario: str) -> Text | None:
    turns = contents.turns(scenario)
    if not turns:
        return None
    fr = visible(transcript(turns, {}, "Candidat", "fr"))[:_MOST_TEXT]
    en = visible(transcript(turns, {}, "Candidate", "en"))[:_MOST_TEXT]
    return Text(fr=fr, en=en) if fr else None
