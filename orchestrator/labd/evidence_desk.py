"""Sealed evidence for the members of a jury: a time line, its pieces, searching, what was seen. Called from threads.

Whoever asks is a member of the session's jury, and the journal was compared with itself: ``DeliberationDesk`` sees to
both. The evidence is compared with the journal here, before anything of it is shown.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.selectors import require_candidate, require_phase
from orchestrator.assessment.state import Sitting
from orchestrator.core.control_characters import CONTROLS
from orchestrator.labd import evidence_contract as contract
from orchestrator.labd import evidence_marks, session_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.deliberation_desk import DeliberationDesk
from orchestrator.labd.desktop_contract import DesktopPicture, SealedPictureOf
from orchestrator.labd.evidence_view import SealedContents, SealedSitting, scenarios_of, sitting_desktops
from orchestrator.labd.privacy_contract import Piece
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.sealed_copy import SealedCopy, Stamp, not_what_was_sealed, sha256_of, stamp_of
from orchestrator.labd.sealed_desktops import picture_in
from orchestrator.labd.sealed_recordings import search
from orchestrator.labd.told_refusals import missing_recording

_KEPT: Final = 4
"""Copies of evidence that are kept open: a jury goes from one candidate to the next."""
MOST_COMMANDS: Final = 3000
"""Lines that were typed which are marks."""
_MOST_ROWS: Final = 500


class EvidenceDesk:
    """Does what members of juries do with sealed evidence."""

    def __init__(self, deliberation: DeliberationDesk) -> None:
        """Take what knows who is a member of which jury."""
        self._deliberation = deliberation
        self._copies: OrderedDict[tuple[str, str], tuple[Stamp, SealedContents]] = OrderedDict()
        self._lock = threading.Lock()

    def replay(self, who: Who, asked: contract.OfSitting) -> contract.SittingReplay:
        """Return the time line of a sitting.

        Raises:
            RefusedCallError: there is no such session, candidate or phase, they are no member, or nothing is sealed.
            BreakfixError: the journal is not what was written, or the evidence is not what was sealed.
        """
        found = self._found(who, asked)
        state, sitting = found.state, found.sitting
        marks, left_out = self._marks(found)
        cut = found.step("cut")
        recorded = [(one.began, one.seconds) for one in found.contents.recordings]
        recorded += [(one.began, one.seconds) for one in found.contents.desktops]
        begins = [began for began, _ in recorded] + [at for at in (sitting.started,) if at is not None]
        ends = [began + seconds for began, seconds in recorded] + [cut or 0]
        allowance = state.allowance(sitting)
        return contract.SittingReplay(
            session=state.id,
            title=state.plan.title,
            number=sitting.candidate,
            name=state.plan.candidate(sitting.candidate).name,
            phase=sitting.phase,
            phase_title=state.plan.phase(sitting.phase).title,
            zone=zone_of(state.plan).key,
            began=found.iso(min(begins, default=0)),
            ended=found.iso(max([*ends, *begins])),
            cut=found.iso(cut),
            sha256=found.contents.sealed.sha256,
            terminals=tuple(
                contract.SittingTerminal(
                    id=place,
                    scenario=one.scenario,
                    host=one.host,
                    began=found.iso(one.began),
                    seconds=one.seconds,
                    rows=min(max(one.rows, 1), _MOST_ROWS),
                    columns=min(max(one.columns, 1), _MOST_ROWS),
                    whole=one.whole,
                    busy=one.busy,
                    typed=one.typed,
                )
                for place, one in enumerate(found.contents.recordings)
            ),
            desktops=tuple(sitting_desktops(found)),
            marks=marks,
            pauses=tuple(
                (found.iso(one.begin), found.iso(one.end if one.end is not None else cut or one.begin))
                for one in (allowance.pauses if allowance is not None else ())
                if found.within(one.begin)
            ),
            left_out=left_out,
        )

    def piece(self, who: Who, asked: contract.SealedPieceOf) -> Piece:
        """Return a piece of a recording; raises as ``replay``, or where there is none."""
        found = self._found(who, contract.OfSitting(asked.session, asked.phase, asked.number), again=False)
        known = found.contents.recordings
        name = known[asked.recording].name if 0 <= asked.recording < len(known) else ""
        piece = found.contents.sealed.piece(name, asked.at)
        if piece is None:
            raise missing_recording()
        return Piece(piece.lines, piece.next, piece.end)

    def picture(self, who: Who, asked: SealedPictureOf) -> DesktopPicture:
        """Return a picture of a desktop; raises as ``replay``, or where there is none."""
        found = self._found(who, contract.OfSitting(asked.session, asked.phase, asked.number), again=False)
        known = found.contents.desktops
        desktop = known[asked.desktop] if 0 <= asked.desktop < len(known) else None
        png = None if desktop is None else picture_in(found.contents.sealed, desktop, asked.picture)
        if png is None:
            raise missing_recording()
        return DesktopPicture(png)

    def search(self, who: Who, asked: contract.SearchSitting) -> contract.FoundInSitting:
        """Return what has some words; raises as ``replay``, or where there are none to search for."""
        words = asked.words.strip()
        if not words or len(words) > contract.LONGEST_SEARCH or CONTROLS.search(words):
            raise RefusedCallError(session_refusals.wrong_search(contract.LONGEST_SEARCH))
        found = self._found(who, contract.OfSitting(asked.session, asked.phase, asked.number))
        places = {one.name: place for place, one in enumerate(found.contents.recordings)}
        lines, more = search(found.contents.sealed, found.contents.recordings, found.contents.typed, words)
        return contract.FoundInSitting(
            tuple(
                contract.FoundLine(found.iso(one.at), places.get(one.recording, -1), one.typed, one.line)
                for one in lines
            ),
            more,
        )

    def evidence(self, who: Who, asked: contract.OfSitting) -> contract.SealedEvidence:
        """Return what was seen of a sitting; raises as ``replay``."""
        found = self._found(who, asked)
        state, sitting = found.state, found.sitting
        phase = state.plan.phase(sitting.phase)
        return contract.SealedEvidence(
            session=state.id,
            title=state.plan.title,
            number=sitting.candidate,
            name=state.plan.candidate(sitting.candidate).name,
            phase=sitting.phase,
            phase_title=phase.title,
            given=state.given(sitting.candidate, phase),
            started=found.iso(sitting.started),
            cut=found.iso(found.step("cut")),
            sealed=found.iso(found.step("sealed")),
            sha256=found.contents.sealed.sha256,
            size=found.contents.sealed.size,
            report_asked=phase.report,
            scenarios=tuple(scenarios_of(found)),
            desktops=tuple(sitting_desktops(found)),
        )

    # What is common -------------------------------------------------------------------------------------------

    def _found(self, who: Who, asked: contract.OfSitting, *, again: bool = True) -> SealedSitting:
        jury_session, state, _ = self._deliberation.mine(who, asked.session)
        require_phase(state, asked.phase)
        require_candidate(state, asked.number)
        sitting = state.sittings.get((asked.phase, asked.number))
        if sitting is None or not sitting.sealed:
            raise session_refusals.no_evidence()
        return SealedSitting(state, sitting, self._contents(jury_session, sitting, again=again))

    def _contents(self, jury_session: JurySession, sitting: Sitting, *, again: bool) -> SealedContents:
        """Return evidence that is what was sealed.

        Args:
            jury_session: the session.
            sitting: whose evidence.
            again: whether the file is hashed again; without, that is done only if it is not the one that was hashed.
        """
        path = jury_session.folder.sealed(sitting.phase, sitting.candidate)
        sealed = str(sitting.steps["sealed"].details["sha256"])
        if not path.is_file():
            raise session_refusals.no_evidence()
        key = str(path), sealed
        with self._lock:
            stamp, kept = stamp_of(path), self._copies.get(key)
            if kept is None or kept[0] != stamp:
                contents = SealedContents(SealedCopy(path, sealed))
            elif again and sha256_of(path) != sealed:
                raise not_what_was_sealed(path)
            else:
                contents = kept[1]
            self._copies[key] = stamp, contents
            self._copies.move_to_end(key)
            while len(self._copies) > _KEPT:
                self._copies.popitem(last=False)
        return contents

    def _marks(self, found: SealedSitting) -> tuple[tuple[contract.SittingMark, ...], int]:
        """Return the marks in time, and how many commands and files have none, for there are too many."""
        state, sitting = found.state, found.sitting
        places = {one.name: place for place, one in enumerate(found.contents.recordings)}
        collected = found.iso(found.step("collected") or found.step("cut") or state.last)
        graded = found.iso(found.step("graded") or state.last)
        about = state.about(sitting.candidate, sitting.phase)
        events = [one for one in about if one.phase or found.within(one.at)]  # in no phase: in this one's time
        marks = [
            *evidence_marks.of_journal(events, found.iso),
            *evidence_marks.of_desktops(found.contents.desktops, found.iso),
            *evidence_marks.of_commands(found.contents.typed[:MOST_COMMANDS], places, found.iso),
        ]
        left_out = max(0, len(found.contents.typed) - MOST_COMMANDS)
        for lab in sitting.labs:
            files, left = found.files(lab.scenario)
            left_out += left
            marks += evidence_marks.of_files(files, collected)
            before, after = (found.contents.report(lab.scenario, name) for name in ("start-report.json", "report.json"))
            marks += evidence_marks.of_gradings(found.contents.title(lab.scenario), before, after, graded)
            marks += evidence_marks.of_talk(found.contents.turns(lab.scenario))
        return evidence_marks.in_time(marks, zone_of(state.plan)), left_out
