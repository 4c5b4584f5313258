"""A report for people (plain text in either language) and for build servers (JUnit XML)."""

from __future__ import annotations

import re
import textwrap
from xml.etree import ElementTree as ET

from grader.report import CheckResult, CommandRecord, Report, WrittenReport
from orchestrator.core.text import Language, Text

_OUTCOMES = {
    "pass": Text(fr="OK", en="PASS"),
    "fail": Text(fr="ÉCHEC", en="FAIL"),
    "error": Text(fr="ERREUR", en="ERROR"),
}
_ROLES = {
    "symptom": Text(fr="symptôme", en="symptom"),
    "guard": Text(fr="garde-fou", en="guard"),
    "objective": Text(fr="objectif", en="objective"),
}
_VERDICTS = {
    "repaired": Text(fr="Réparé", en="Repaired"),
    "not_repaired": Text(fr="Pas encore réparé", en="Not repaired yet"),
    "error": Text(
        fr="ERREUR : cette évaluation n'est pas valable, aucun point n'est compté",
        en="ERROR: this grading is not valid, no points are counted",
    ),
}
_TASK_VERDICTS = {
    **_VERDICTS,
    "repaired": Text(fr="Terminé", en="Done"),
    "not_repaired": Text(fr="Pas encore terminé", en="Not done yet"),
}
_SECTIONS = {
    "symptom": Text(fr="symptôme", en="symptom"),
    "cause": Text(fr="cause", en="cause"),
    "action": Text(fr="action", en="action"),
    "test": Text(fr="test avec l'utilisateur", en="test with the user"),
    "minutes": Text(fr="temps passé", en="time spent"),
}
_WIDTH = max(len(word) for text in _OUTCOMES.values() for word in (text.fr, text.en))
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry at all (section 2.2); a host may print anything."""


def render_text(report: Report, language: Language, *, commands: bool = False) -> str:
    """Return the report as plain text; ``commands`` adds what was run for each check that did not pass."""
    lines: list[str] = []
    for result in report.results:
        lines += _result_lines(result, language, commands=commands)
    lines.append("")
    verdict = _verdict(report).in_(language)
    if report.points is not None:
        verdict += (
            f" : {report.points}/{report.points_total} points"
            if language == "fr"
            else (f": {report.points}/{report.points_total} points")
        )
    lines.append(verdict)
    if report.written is not None:
        lines.append(written_report(report.written).in_(language))
    return "\n".join(lines) + "\n"


def _verdict(report: Report) -> Text:
    said = _TASK_VERDICTS if report.of_a_task else _VERDICTS
    if not report.answers_left:
        return said[report.verdict]
    done = said["repaired"]
    return Text(
        fr=f"{done.fr}, mais des réponses manquent ou sont fausses", en=f"{done.en}, but answers are missing or wrong"
    )


def render_junit(report: Report) -> str:
    """Return the report as JUnit XML: a fail is a ``<failure>``, an error an ``<error>``."""
    suite = ET.Element(
        "testsuite",
        name=report.scenario or report.instance,
        tests=str(len(report.results)),
        failures=str(sum(r.outcome == "fail" for r in report.results)),
        errors=str(sum(r.outcome == "error" for r in report.results)),
        skipped="0",
        time=f"{report.seconds:.3f}",
        timestamp=report.started_at,
    )
    _properties(
        suite,
        {
            "instance": report.instance,
            "seed": str(report.seed),
            "digest": report.digest,
            "verdict": report.verdict,
            "points": "" if report.points is None else str(report.points),
            "points_total": str(report.points_total),
            **({} if report.written is None else {"written_report": written_report(report.written).en}),
        },
    )
    for result in report.results:
        _testcase(suite, result)
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def written_report(written: WrittenReport) -> Text:
    """Return one line on the intervention report."""
    if written.sha256 is None:
        state = Text(fr="pas encore écrit", en="not written yet")
    elif written.empty:
        state = Text(
            fr="à compléter : " + ", ".join(_SECTIONS[name].fr for name in written.empty),
            en="to be completed: " + ", ".join(_SECTIONS[name].en for name in written.empty),
        )
    else:
        state = Text(fr=f"complet, {written.minutes} min", en=f"complete, {written.minutes} min")
    return Text(fr=f"Rapport d'intervention : {state.fr}", en=f"Intervention report: {state.en}")


def command_line(record: CommandRecord) -> str:
    """Return one command as a line: where, what, and how it ended."""
    status = "-" if record.status is None else str(record.status)
    times = f" (x{record.times})" if record.times > 1 else ""
    own = " [in_host]" if record.in_host else ""
    return f"{record.where} $ {record.command} -> {status}{times}{own}"


def _result_lines(result: CheckResult, language: Language, *, commands: bool) -> list[str]:
    head = f"{_OUTCOMES[result.outcome].in_(language):{_WIDTH}}  {result.sentence.in_(language)}"
    if result.role is not None:
        head += f" [{_ROLES[result.role].in_(language)}, {result.points} pt]"
    lines = [head]
    margin = " " * (_WIDTH + 2)
    if result.evidence is not None:
        lines.append(textwrap.indent(result.evidence.in_(language), margin))
    if commands and result.outcome != "pass":
        for record in result.commands:
            lines.append(margin + command_line(record))
            if record.output:
                lines.append(textwrap.indent(record.output, margin + "  "))
    return lines


def _testcase(suite: ET.Element, result: CheckResult) -> None:
    file, _, name = result.id.partition("::")
    case = ET.SubElement(suite, "testcase", classname=file, name=name or file, time=f"{result.seconds:.3f}")
    _properties(
        case,
        {
            "role": result.role or "",
            "points": str(result.points),
            "competence": result.competence or "",
            "host": result.host or "",
            "sentence_fr": result.sentence.fr,
            "sentence_en": result.sentence.en,
        },
    )
    if result.outcome != "pass":
        evidence = result.evidence.en if result.evidence is not None else ""
        tag = "failure" if result.outcome == "fail" else "error"
        lines = evidence.splitlines() or [""]
        ET.SubElement(case, tag, message=_xml(lines[0]), type=result.outcome).text = _xml(evidence)
    if result.commands:
        output = "\n".join(
            command_line(c) + ("\n" + textwrap.indent(c.output, "  ") if c.output else "") for c in result.commands
        )
        ET.SubElement(case, "system-out").text = _xml(output)


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    element = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(element, "property", name=name, value=_xml(value))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
