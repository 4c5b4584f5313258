"""The page of a candidate's evidence: everything that is in the .zip, for a reader who has nothing but a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from grader.report import Report
from grader.report_formats import command_line, difference_lines, difference_sentence, final_verdict
from orchestrator.assessment.asciicast import read_timeline
from orchestrator.assessment.days import shown_day
from orchestrator.assessment.desktop_pictures import LIST, file_of, happened, named, pictures_of
from orchestrator.assessment.desktop_troubles import told_trouble
from orchestrator.assessment.event_words import told
from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.results import meaning
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.language import Language, typographic
from orchestrator.core.text import Text
from orchestrator.personas.conversation_file import transcript, turns_in
from orchestrator.proof.proof_status import Status
from orchestrator.proof.proof_words import status_text

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment(language: Language) -> jinja2.Environment:
    """Return what renders the pages of a session in a language: each template is compiled once, for all candidates."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        language=language,
        tr=lambda fr, en: typographic(fr) if language == "fr" else en,
        said=lambda text: typographic(text.fr) if language == "fr" else text.en,
    )
    return made


def index_of(
    state: SessionState,
    sitting: Sitting,
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    language: Language,
) -> str:
    """Return the page.

    Args:
        state: the session.
        sitting: the candidate in the phase.
        manifest: the manifest, still without the hashes of the files.
        files: the other files of the .zip.
        language: the page's language.
    """
    zone = zone_of(state.plan)
    phase = state.plan.phase(sitting.phase)

    def hour(at: float) -> str:
        return datetime.fromtimestamp(at, zone).strftime("%H:%M:%S")

    labs = [
        {
            "title": _title(lab.scenario, manifest["labs"][lab.scenario]["title"], language),
            "about": manifest["labs"][lab.scenario],
            **_ticket(files, lab.scenario, language),
            "report": _report(files, f"{lab.scenario}/report.json"),
            "graded": _graded(sitting, lab.scenario),
            "answers": _text(files, f"{lab.scenario}/answers.yaml"),
            "written": _text(files, f"{lab.scenario}/report.md"),
            "talked": _talked(files.get(f"{lab.scenario}/conversation.jsonl"), language),
            "changes": json.loads(files.get(f"{lab.scenario}/changes.json", b"[]")),
            "difference": lambda change, scenario=lab.scenario: _text(
                files, f"{scenario}/differences/{change['number']}.diff"
            ),
        }
        for lab in sitting.labs
    ]
    page: str = (
        environment(language)
        .get_template("evidence.html.j2")
        .render(
            state=state,
            sitting=sitting,
            phase=phase,
            labs=labs,
            manifest=manifest,
            hour=hour,
            day=lambda at: shown_day(datetime.fromtimestamp(at, zone).date(), language),
            time_given=state.given(sitting.candidate, phase).in_(language),
            deadline=state.deadline(sitting),
            events=[
                (event, told(event).in_(language))
                for event in state.about(sitting.candidate, sitting.phase)
                if event.kind not in {"identity", "clock", "drawn"}
            ],
            typed=list(read_timeline(files["timeline.csv"])),
            proof_told=lambda proof: status_text(Status.from_document(proof)).in_(language),
            verdict=final_verdict,
            meaning=meaning,
            command_line=command_line,
            changed=difference_sentence,
            counted=lambda report: (*report.forbidden, *report.unexplained),
            difference_lines=lambda one: difference_lines(one).in_(language),
            recordings=[name for name in files if name.endswith(".cast")],
            desktops=list(_desktops(files, hour)),
        )
    )
    return page


@dataclass(frozen=True)
class _Desktop:
    """A recorded desktop: its list, its pictures with their hours, and what kept some from being made."""

    name: str
    names: str
    pictures: list[tuple[str, str]]
    troubles: list[tuple[str, Text]]


def _desktops(files: Mapping[str, bytes], hour: Callable[[float], str]) -> Iterator[_Desktop]:
    for path, content in files.items():
        folder, _, name = path.rpartition("/")
        if name != LIST:
            continue
        _, host = named(desktop := folder.rpartition("/")[2])
        told = [(hour(one.at), said) for one in happened(content) if (said := told_trouble(host, one)) is not None]
        pictures = [(f"{folder}/{file_of(one.number)}", hour(one.at)) for one in pictures_of(content)]
        yield _Desktop(desktop, path, [one for one in pictures if one[0] in files], told)


def _title(scenario: str, title: Mapping[str, str] | None, language: Language) -> str:
    return f"{title[language]} ({scenario})" if title else scenario


def _text(files: Mapping[str, bytes], name: str) -> str:
    return files.get(name, b"").decode(errors="replace")


def _talked(data: bytes | None, language: Language) -> str:
    return transcript(turns_in(data), {}, "Candidat" if language == "fr" else "Candidate", language)


def _ticket(files: Mapping[str, bytes], scenario: str, language: Language) -> Mapping[str, str]:
    """Return the ticket in a language, or in the one that it has, and which that is."""
    other: Language = "en" if language == "fr" else "fr"
    names: Mapping[Language, str] = {one: f"{scenario}/ticket.{one}.md" for one in (language, other)}
    found = next((one for one, name in names.items() if name in files), language)
    return {"ticket": _text(files, names[found]), "ticket_language": found}


def _report(files: Mapping[str, bytes], name: str) -> Report | None:
    return Report.from_json(files[name].decode()) if name in files else None


def _graded(sitting: Sitting, scenario: str) -> Mapping[str, Any]:
    graded: Mapping[str, Any] = sitting.steps["graded"].details["labs"][scenario] if "graded" in sitting.steps else {}
    return graded
