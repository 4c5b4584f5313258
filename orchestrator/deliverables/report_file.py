"""``report.md``: the intervention report. A machine looks whether it is complete, and judges nothing of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from grader.report import WrittenReport
from orchestrator.core.errors import ContentError
from orchestrator.core.text import Language, Text
from orchestrator.loader.yaml_source import parse_yaml
from orchestrator.model.deliverables import ReportStep

_SECTIONS: Final[Mapping[str, tuple[Text, Text]]] = {
    "symptom": (
        Text(fr="Symptôme", en="Symptom"),
        Text(
            fr="Ce que l'utilisateur constate ou demande : quoi, où, depuis quand.",
            en="What the user sees or asks for: what, where, since when.",
        ),
    ),
    "cause": (
        Text(fr="Cause", en="Cause"),
        Text(
            fr="Pourquoi cela arrive, et ce qui vous l'a montré. Pour une mise en œuvre : le besoin.",
            en="Why it happens, and what showed it. For a task: the need behind it.",
        ),
    ),
    "action": (
        Text(fr="Action", en="Action"),
        Text(
            fr="Ce que vous avez fait, dans l'ordre, assez précis pour être refait ou défait.",
            en="What you did, in order, precise enough to be done again or undone.",
        ),
    ),
    "test": (
        Text(fr="Test avec l'utilisateur", en="Test with the user"),
        Text(
            fr="Ce que vous avez essayé ensemble, et le résultat.",
            en="What you tried together, and how it came out.",
        ),
    ),
}
"""Section -> its heading, and what belongs there."""

_MINUTES: Final = re.compile(r"([0-9]{1,4})\s*(?:min|mn|minutes?)?\.?", re.IGNORECASE)
_FRONT: Final = re.compile(r"\A---[ \t]*\n(?P<front>.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING: Final = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_FENCE: Final = re.compile(r"\s*(```|~~~)")


def report_template(title: Text, scenario: str, lab: str, language: Language) -> str:
    """Return the report with its headings, to be filled in."""
    hints = {name: f"<!-- {hint.in_(language)} -->" for name, (_, hint) in _SECTIONS.items()}
    return _compose(title, scenario, lab, hints, "", language)


def report_of(step: ReportStep, title: Text, scenario: str, lab: str, language: Language) -> str:
    """Return the report that a solution writes."""
    texts = {name: getattr(step, name).in_(language).strip() for name in _SECTIONS}
    return _compose(title, scenario, lab, texts, f" {step.minutes}", language)


def read_report(data: bytes | None) -> WrittenReport:
    """Return how complete a report is; None: none was written."""
    if data is None:
        return WrittenReport(empty=(*_SECTIONS, "minutes"))
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    front = _FRONT.match(text)
    minutes = _minutes(front["front"]) if front else None
    filled = _filled(_COMMENT.sub("", text[front.end() :] if front else text))
    empty = [name for name in _SECTIONS if name not in filled]
    return WrittenReport(
        empty=(*empty, *(() if minutes is not None else ("minutes",))),
        minutes=minutes,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _compose(title: Text, scenario: str, lab: str, texts: Mapping[str, str], minutes: str, language: Language) -> str:
    spent = Text(fr="temps passé, en minutes", en="time spent, in minutes").in_(language)
    heading = Text(fr=f"Rapport d'intervention : {title.fr}", en=f"Intervention report: {title.en}").in_(language)
    front = f"---\nscenario: {scenario}\nlab: {lab}\nminutes:{minutes}  # {spent}\n---\n"
    sections = "".join(f"\n## {word.in_(language)}\n\n{texts[name]}\n" for name, (word, _) in _SECTIONS.items())
    return f"{front}\n# {heading}\n{sections}"


def _minutes(front: str) -> int | None:
    try:
        source = parse_yaml(front, "report.md")
    except ContentError:
        return None
    found = _MINUTES.fullmatch(source.raw(("minutes",)).strip()) if isinstance(source.value, dict) else None
    return int(found[1]) or None if found else None


def _filled(body: str) -> set[str]:
    """Return the sections below whose heading there is at least one letter or digit."""
    section: str | None = None
    fenced = False
    filled: set[str] = set()
    for line in body.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.fullmatch(line.strip())
        if heading is not None and (len(heading[1]) <= len("##") or _section_of(heading[2])):
            section = _section_of(heading[2])
        elif section is not None and any(letter.isalnum() for letter in line):
            filled.add(section)
    return filled


def _section_of(heading: str) -> str | None:
    wanted = _plain(heading)
    for name, (word, _) in _SECTIONS.items():
        if wanted in {name, _plain(word.fr), _plain(word.en), f"{_plain(word.fr)}s", f"{_plain(word.en)}s"}:
            return name
    return None


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold().strip(" :\u00a0")
