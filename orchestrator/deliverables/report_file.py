"""``report.md``: the intervention report. A machine looks whether it is complete, and judges nothing of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
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
_COMMENT_BEGINS: Final = re.compile(r"<(\\*)!--")
_MARK: Final = re.compile(r"^(\s*)(\\*)(?=#)")
"""What a heading begins with; a backslash before it, or within the beginning of a comment, makes either plain text."""


@dataclass(frozen=True)
class ReportParts:
    """The parts of a report, each as its author wrote it; ``minutes`` None: not said."""

    symptom: str = ""
    cause: str = ""
    action: str = ""
    test: str = ""
    minutes: int | None = None


def report_template(title: Text, scenario: str, lab: str, language: Language) -> str:
    """Return the report with its headings, to be filled in."""
    hints = {name: f"<!-- {hint.in_(language)} -->" for name, (_, hint) in _SECTIONS.items()}
    return _compose(title, scenario, lab, hints, "", language)


def report_of(step: ReportStep, title: Text, scenario: str, lab: str, language: Language) -> str:
    """Return the report that a solution writes."""
    texts = {name: getattr(step, name).in_(language).strip() for name in _SECTIONS}
    return _compose(title, scenario, lab, texts, f" {step.minutes}", language)


def report_text(parts: ReportParts, title: Text, scenario: str, lab: str, language: Language) -> str:
    """Return the report of parts that somebody typed; ``parts_of`` reads them again, whatever is in them."""
    texts = {name: _typed(getattr(parts, name)) for name in _SECTIONS}
    return _compose(title, scenario, lab, texts, "" if parts.minutes is None else f" {parts.minutes}", language)


def parts_of(data: bytes | None) -> ReportParts:
    """Return the parts of a report; one that was not written is empty."""
    if data is None:
        return ReportParts()
    minutes, body = _opened(data)
    texts = {name: "\n".join(lines).strip() for name, lines in _sections(body).items()}
    return ReportParts(**{name: _as_typed(text) for name, text in texts.items()}, minutes=minutes)


def read_report(data: bytes | None) -> WrittenReport:
    """Return how complete a report is; None: none was written."""
    if data is None:
        return WrittenReport(empty=(*_SECTIONS, "minutes"))
    minutes, body = _opened(data)
    sections = _sections(body)
    empty = [name for name in _SECTIONS if not any(map(str.isalnum, "".join(sections.get(name, ()))))]
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


def _opened(data: bytes) -> tuple[int | None, str]:
    """Return the minutes that a report states, and its body without comments."""
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    front = _FRONT.match(text)
    return _minutes(front["front"]) if front else None, _COMMENT.sub("", text[front.end() :] if front else text)


def _sections(body: str) -> dict[str, list[str]]:
    """Return the lines below the heading of each section."""
    section: str | None = None
    fenced = False
    found: dict[str, list[str]] = {}
    for line in body.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _heads(line)
        if heading is not None:
            section = _section_of(heading[2])
        elif section is not None:
            found.setdefault(section, []).append(line)
    return found


def _heads(line: str) -> re.Match[str] | None:
    """Return the heading that a line is, if a section begins or ends with it."""
    heading = _HEADING.fullmatch(line.strip())
    return heading if heading and (len(heading[1]) <= len("##") or _section_of(heading[2])) else None


def _typed(text: str) -> str:
    """Return what somebody typed as it can stand in a section: no heading of ours, no comment, no fence left open."""
    lines, fenced = [], False
    for line in _COMMENT_BEGINS.sub(r"<\\\1!--", text.replace("\r\n", "\n").strip()).splitlines():
        fenced ^= bool(_FENCE.match(line))
        heads = not fenced and _heads(_MARK.sub(r"\1", line))
        lines.append(_MARK.sub(r"\1\\\2", line) if heads else line)
    return "\n".join([*lines, *(["```"] if fenced else [])])


def _as_typed(text: str) -> str:
    r"""Return what ``_typed`` was given."""
    lines, fenced = [], False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        mark = _MARK.match(line)
        heads = mark and mark[2] and not fenced and _heads(_MARK.sub(r"\1", line))
        lines.append(line.replace("\\", "", 1) if heads else line)
    return re.sub(r"<\\(\\*)!--", r"<\1!--", "\n".join(lines))


def _section_of(heading: str) -> str | None:
    wanted = _plain(heading)
    for name, (word, _) in _SECTIONS.items():
        if wanted in {name, _plain(word.fr), _plain(word.en), f"{_plain(word.fr)}s", f"{_plain(word.en)}s"}:
            return name
    return None


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold().strip(" :\u00a0")
