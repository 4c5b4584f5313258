"""The documents of a session: the record of proceedings ("procès-verbal"), a candidate's sheet, tables for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from grader.report_formats import (
    changes_to_explain,
    difference_lines,
    difference_sentence,
    final_verdict,
    forbidden_changes,
)
from orchestrator import __version__
from orchestrator.assessment.days import shown_day
from orchestrator.assessment.decisions import TITLE, Decision, Record, ccp_subject, record_of
from orchestrator.assessment.event_words import differences, remarks
from orchestrator.assessment.events import Kind
from orchestrator.assessment.evidence_page import environment
from orchestrator.assessment.extra_time import duration
from orchestrator.assessment.plan_file import Offer, zone_of
from orchestrator.assessment.results import Line, Sheet, meaning
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.language import printed
from orchestrator.core.spreadsheet import harmless
from orchestrator.model.referential import Referential
from orchestrator.model.session_plan import Candidate


@dataclass(frozen=True)
class Dossier:
    """What the documents are made of.

    Attributes:
        state: the session.
        referential: the certification.
        sheets: each candidate's sheet, by number.
        head: the journal's last entry, with which it can be verified later.
        offers: what is known of each scenario, by its id.
    """

    state: SessionState
    referential: Referential
    sheets: Mapping[str, Sheet]
    head: str
    offers: Mapping[str, Offer] = field(default_factory=dict)

    def subject(self, scenario: str) -> str:
        """Return what a scenario is called, in French; its id where it is not there any more."""
        offer = self.offers.get(scenario)
        return printed(offer.title.fr) if offer and offer.title else scenario


def minutes_page(dossier: Dossier, now: int) -> str:
    """Return the record of proceedings, as HTML in French: the language in which a French jury writes it."""
    return _page("minutes.html.j2", dossier, now)


def sheet_page(dossier: Dossier, candidate: str, now: int) -> str:
    """Return a candidate's sheet, as HTML in French."""
    return _page("sheet.html.j2", dossier, now, only=candidate)


def _page(template: str, dossier: Dossier, now: int, only: str = "") -> str:
    state = dossier.state
    zone = zone_of(state.plan)

    def hour(at: int | None) -> str:
        return "" if at is None else _unbroken(datetime.fromtimestamp(at, zone).strftime("%H h %M min %S s"))

    def moment(at: int | None) -> str:
        """Return an hour, with the day where it is not the one of the plan."""
        if at is None or datetime.fromtimestamp(at, zone).date().isoformat() == state.plan.date:
            return hour(at)
        return f"le {datetime.fromtimestamp(at, zone):%d/%m/%Y} à {hour(at)}"

    def day(at: int) -> str:
        return shown_day(datetime.fromtimestamp(at, zone).date(), "fr")

    page: str = (
        environment("fr")
        .get_template(template)
        .render(
            state=state,
            plan=state.plan,
            record=record_of(state),
            referential=dossier.referential,
            sheets=dossier.sheets,
            sheet=dossier.sheets.get(only),
            sittings=lambda number: [s for s in state.sittings.values() if s.candidate == number],
            word=_word,
            member=lambda name: next((m.name for m in state.plan.jury if m.id == name), name),
            given=lambda number, phase: state.given(number, phase).fr,
            extra=lambda candidate: candidate.extra_time or "",
            length=lambda phase: duration(state.length(phase)).fr,
            reading=lambda phase: duration(phase.reading_minutes * state.minute).fr,
            subject=dossier.subject,
            said=lambda text: printed(text.fr),
            typed=printed,
            stopped=lambda sitting: _stopped(state, sitting),
            raw=lambda text: text.fr == text.en,
            incidents=_incidents(state, dossier.subject),
            graded_remarks=lambda number: [
                one for event in state.events if event.candidate == number for one in remarks(event, dossier.subject)
            ],
            moment=moment,
            hour=hour,
            day=day,
            session_day=shown_day(date.fromisoformat(state.plan.date), "fr"),
            made=f"{day(now)} à {hour(now)}",
            head=dossier.head,
            version=__version__,
            deadline=state.deadline,
            plural=lambda number: "s" if number > 1 else "",
            verdict=final_verdict,
            meaning=meaning,
            changes=lambda report: (*report.forbidden, *report.unexplained),
            changed=difference_sentence,
            difference=lambda one: difference_lines(one).fr,
            to_explain=lambda count: changes_to_explain(count).fr,
            forbidden=lambda count: forbidden_changes(count).fr,
        )
    )
    return page


def _stopped(state: SessionState, sitting: Sitting) -> str:
    """Return how long time stood still for a candidate until the end, or nothing."""
    allowance, end = state.allowance(sitting), state.deadline(sitting)
    if allowance is None or end is None:
        return ""
    seconds = end - allowance.start - allowance.elapsed(end)
    return duration(seconds).fr if seconds else ""


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _word(decision: Decision | None) -> str:
    """Return a decision in a word, as a cell of a table has it."""
    if decision is None:
        return "—"
    return decision.word.fr.capitalize() + (" (correction)" if decision.corrected else "")


def _incidents(state: SessionState, subject: Callable[[str], str]) -> list[tuple[int, str, str]]:
    """Return what happened besides the plan: when, to whom, what."""
    ended = {(who, pause.end): pause for who, pauses in state.pauses.items() for pause in pauses}
    found = []
    for event in state.events:
        said = _INCIDENTS[event.kind](event.details) if event.kind in _INCIDENTS else ""
        if event.kind == "resumed" and (pause := ended.get((event.candidate, event.at))):
            said = f"Le temps reprend, après un arrêt de {duration(event.at - pause.begin).fr}."
        said = " ".join([*([said] if said else []), *(f"{one.fr}." for one in remarks(event, subject))])
        if said:
            found.append((event.at, event.candidate or "tous", printed(said)))
    return found


_INCIDENTS: Final[Mapping[Kind, Callable[[Mapping[str, Any]], str]]] = {
    "incident": lambda details: str(details.get("fr", details.get("text", ""))),
    "intervened": lambda details: (
        f"Intervention de l’organisation sur « {details['scenario']} » ({details['act']}) : {details['reason']}"
    ),
    "paused": lambda details: f"Le temps est arrêté : {details.get('reason', '')}",
    "resumed": lambda _details: "Le temps reprend.",
    "extended": lambda details: f"{details['minutes']} min ajoutées à son temps, par décision : {details['reason']}",
    "arrived": lambda _details: "Arrivée en retard ; l’heure de fin n’a pas changé.",
    "absent": lambda _details: "Absence constatée.",
    "finished": lambda _details: "Le candidat a rendu son travail avant la fin.",
    "replaced": lambda details: f"Avant l’épreuve, une variante de « {details['scenario']} » a été remplacée.",
    "unopened": lambda details: f"Le lab « {details['scenario']} » n’a pas pu être préparé.",
    "rebooted": lambda details: (
        f"Après le redémarrage, machine non revenue : {_hosts(details['lost'])}." if details["lost"] else ""
    ),
    "graded": lambda details: " ".join(
        f"Le contenu de « {scenario} » a été modifié pendant la session."
        for scenario, lab in details["labs"].items()
        if lab.get("stale")
    ),
    "regraded": lambda details: f"Preuves rouvertes ; {differences(len(details['differences'])).fr}.",
}
"""What the record tells besides the plan, in French."""


def _hosts(troubles: Mapping[str, Mapping[str, str]]) -> str:
    return ", ".join(host for hosts in troubles.values() for host in hosts)


def rows(dossier: Dossier) -> Sequence[Mapping[str, Any]]:
    """Return a row for each candidate and each competence, CCP or title that may be decided, for tables and programs.

    Nothing is summed up: only the row of a competence says what the checks found.
    """
    return [row for candidate in dossier.state.plan.candidates for row in _rows_of(dossier, candidate)]


def _rows_of(dossier: Dossier, candidate: Candidate) -> Iterator[Mapping[str, Any]]:
    sheet = dossier.sheets[candidate.number]
    who = {
        "session": dossier.state.id,
        "candidate": candidate.number,
        "name": candidate.name,
        "attendance": candidate.attendance,
        "extra_time": candidate.extra_time or "",
    }
    for part in sheet.parts:
        for line in part.lines:
            code, title = line.competence.code, line.competence.title.fr
            yield {**who, **_row(code, part.ccp.number, title, line.decision, line)}
        yield {**who, **_row(ccp_subject(part.ccp.number), part.ccp.number, part.ccp.title.fr, part.decision)}
    if sheet.whole_title:
        yield {**who, **_row(TITLE, None, dossier.referential.title.fr, sheet.title)}


def _row(
    subject: str, ccp: int | None, title: str, decision: Decision | None, line: Line | None = None
) -> Mapping[str, Any]:
    return {
        "subject": subject,
        "ccp": ccp,
        "competence": line.competence.code if line else "",
        "title": title,
        "worked_on": line.worked if line else None,
        "checks_passed": line.count("pass") if line else None,
        "checks_failed": line.count("fail") if line else None,
        "checks_without_judgement": line.count("error") if line else None,
        "changes_to_explain": line.unexplained if line else None,
        "forbidden_changes": line.forbidden if line else None,
        "decision": decision.verdict if decision else "",
        "reason": decision.reason if decision else "",
        "corrected": bool(decision and decision.corrected),
    }


def csv_of(dossier: Dossier, separator: str = ",") -> str:
    """Return the rows as CSV, with the columns of the plan, in its order, or all of them.

    A cell that a spreadsheet would take for a formula has an apostrophe before it.
    """
    text = io.StringIO(newline="")
    found = rows(dossier)
    columns: Sequence[str] = dossier.state.plan.columns or tuple(found[0])
    writer = csv.DictWriter(text, columns, delimiter=separator, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({key: harmless(value, separator) for key, value in row.items()} for row in found)
    return text.getvalue()


def document_of(dossier: Dossier) -> dict[str, Any]:
    """Return the session's results as JSON's types."""
    state, record = dossier.state, record_of(dossier.state)
    return {
        "schema": 1,
        "session": state.id,
        "title": state.plan.title,
        "date": state.plan.date,
        "rehearsal": state.rehearsal,
        "results": list(rows(dossier)),
        "sittings": [_sitting_out(state, sitting) for sitting in state.sittings.values()],
        "record": _record_out(record),
        "journal": dossier.head,
    }


def _sitting_out(state: SessionState, sitting: Sitting) -> dict[str, Any]:
    sealed = sitting.steps.get("sealed")
    return {
        "candidate": sitting.candidate,
        "phase": sitting.phase,
        "started": sitting.started,
        "seconds": state.total(sitting.candidate, sitting.phase),
        "deadline": state.deadline(sitting),
        "evidence": None if sealed is None else {"file": sealed.details["file"], "sha256": sealed.content_hash},
    }


def _record_out(record: Record) -> dict[str, Any]:
    return {
        "closed_at": record.closed_at,
        "digest": record.digest,
        "signatures": [{"member": s.member, "at": s.at} for s in record.signatures],
    }
