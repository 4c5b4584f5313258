"""A report for people (plain text in either language) and for build servers (JUnit XML)."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from grader.report import CheckResult, CommandRecord, Difference, Report, Verdict, WrittenReport
from orchestrator.core.control_characters import visible
from orchestrator.core.text import Language, Text, same

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
_Words = Mapping[Verdict, Text]
_VERDICTS: _Words = {
    "repaired": Text(fr="Réparé", en="Repaired"),
    "not_repaired": Text(fr="Pas encore réparé", en="Not repaired yet"),
    "not_valid": Text(
        fr="ERREUR : cette évaluation n'est pas valable, aucun point n'est compté",
        en="ERROR: this grading is not valid, no points are counted",
    ),
}
_TASK_VERDICTS: _Words = {
    **_VERDICTS,
    "repaired": Text(fr="Terminé", en="Done"),
    "not_repaired": Text(fr="Pas encore terminé", en="Not done yet"),
}
_FINAL: _Words = {
    "repaired": _VERDICTS["repaired"],
    "not_repaired": Text(fr="Non réparé", en="Not repaired"),
    "not_valid": Text(fr="Évaluation non valable", en="Grading not valid"),
}
_TASK_FINAL: _Words = {
    **_FINAL,
    "repaired": _TASK_VERDICTS["repaired"],
    "not_repaired": Text(fr="Non terminé", en="Not done"),
}
_STANDINGS = {
    "forbidden": Text(fr="INTERDIT", en="FORBIDDEN"),
    "unexplained": Text(fr="À EXPLIQUER", en="TO EXPLAIN"),
}
_NETWORK = Text(fr="réseau", en="network")
_BEFORE, _NOW = Text(fr="avant", en="before"), Text(fr="maintenant", en="now")
_ABSENT, _EMPTY = Text(fr="absent", en="absent"), Text(fr="vide", en="empty")
_MOST_LINES = 12
"""Lines shown of one difference; the report's JSON has all of it."""
_WIDEST = 160
"""Characters shown of each of them."""
_LEFT_OUT = "…"
"""Stands for lines in the midst of a difference; none of its own begins so."""
_SECTIONS = {
    "symptom": Text(fr="symptôme", en="symptom"),
    "cause": Text(fr="cause", en="cause"),
    "action": Text(fr="action", en="action"),
    "test": Text(fr="test avec l'utilisateur", en="test with the user"),
    "minutes": Text(fr="temps passé", en="time spent"),
}
POINTS_DO_NOT_COUNT = Text(
    fr="Ces points sont ceux des contrôles : ils ne comptent qu'une fois défait ce qui est interdit.",
    en="These points are those of the checks: they count only once what is forbidden is undone.",
)
"""Stands beside the points of a grading with a forbidden change, which outweighs all checks."""
_WIDTH = max(len(word) for text in _OUTCOMES.values() for word in (text.fr, text.en))
_STANDING_WIDTH = max(len(word) for text in _STANDINGS.values() for word in (text.fr, text.en))
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry at all (section 2.2); a host may print anything."""


def render_text(report: Report, language: Language, *, commands: bool = False) -> str:
    """Return the report as plain text; ``commands`` adds what was run for each check that did not pass.

    Of the differences, those that have a part in the verdict are listed after the results.
    """
    lines: list[str] = []
    for result in report.results:
        lines += _result_lines(result, language, commands=commands)
    lines.append("")
    counted = (*report.forbidden, *report.unexplained)
    for one in counted:
        sentence = difference_sentence(one).in_(language)
        lines.append(f"{_STANDINGS[one.standing].in_(language):{_STANDING_WIDTH}}  {sentence}")
        lines += [" " * (_STANDING_WIDTH + 2) + line for line in difference_lines(one).in_(language).splitlines()]
    lines += [""] if counted else []
    verdict = verdict_text(report).in_(language)
    if report.points is not None:
        verdict += (
            f" : {report.points}/{report.points_total} points"
            if language == "fr"
            else (f": {report.points}/{report.points_total} points")
        )
    lines.append(verdict)
    if report.forbidden and report.points is not None:
        lines.append(POINTS_DO_NOT_COUNT.in_(language))
    if report.written is not None:
        lines.append(written_report(report.written).in_(language))
    return "\n".join(lines) + "\n"


def verdict_text(report: Report) -> Text:
    """Return the verdict as it is told to whoever may still go on with the repair."""
    return _worded(report, _TASK_VERDICTS if report.of_a_task else _VERDICTS)


def final_verdict(report: Report) -> Text:
    """Return the verdict in a few words, as it is told of a repair that is over."""
    return _worded(report, _TASK_FINAL if report.of_a_task else _FINAL)


def changes_to_explain(count: int) -> Text:
    """Return how many changes are to be explained, one at least."""
    return Text(
        fr=f"{count} changement{'' if count == 1 else 's'} à expliquer",
        en=f"{count} change{'' if count == 1 else 's'} to explain",
    )


def forbidden_changes(count: int) -> Text:
    """Return how many changes are forbidden, one at least."""
    return Text(
        fr=f"{count} changement{'' if count == 1 else 's'} interdit{'' if count == 1 else 's'}",
        en=f"{count} forbidden change{'' if count == 1 else 's'}",
    )


def _worded(report: Report, said: _Words) -> Text:
    done = said["repaired"]
    if report.answers_left:
        missing = Text(fr="des réponses manquent ou sont fausses", en="answers are missing or wrong")
        if report.of_a_task:  # where all of it is answers, nothing may have been done yet
            left = said["not_repaired"]
            return Text(fr=f"{left.fr} : {missing.fr}", en=f"{left.en}: {missing.en}")
        return Text(fr=f"{done.fr}, mais {missing.fr}", en=f"{done.en}, but {missing.en}")
    if report.verdict == "repaired_with_changes":
        left = changes_to_explain(len(report.unexplained))
        return Text(fr=f"{done.fr}, avec {left.fr}", en=f"{done.en}, with {left.en}")
    return said[report.verdict]


def difference_sentence(one: Difference) -> Text:
    """Return what has changed, in a line in which whatever a host said can be read."""
    return one.sentence.map(_in_one_line)


def difference_lines(one: Difference) -> Text:
    """Return where a difference is, and below it what was there and what is: a short diff where that has lines.

    Whatever a host said in it can be read, and acts on no terminal.
    """
    return Text(fr="\n".join(_difference_lines(one, "fr")), en="\n".join(_difference_lines(one, "en")))


def _difference_lines(one: Difference, language: Language) -> list[str]:
    was, now = (None if value is None else visible(value).removesuffix("\n") for value in (one.before, one.now))
    lines = [f"{_place(one).in_(language)} ({visible(one.field)})"]
    if was != now and "\n" not in (was or "") + (now or ""):
        shown = [_beside(_BEFORE, was, language), _beside(_NOW, now, language)]
    else:
        lines += [_beside(_BEFORE, was, language)] * (was is None) + [_beside(_NOW, now, language)] * (now is None)
        shown = [*difflib.unified_diff((was or "").splitlines(), (now or "").splitlines(), n=1, lineterm="")][2:]
        if not shown:
            shown = [Text(fr="seules les fins de ligne diffèrent", en="only the line ends differ").in_(language)]
    kept = _first(shown)
    lines += [line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…" for line in kept]
    if (more := len(shown) - len(kept) + kept.count(_LEFT_OUT)) > 0:
        word = Text(fr="ligne de plus", en="more line") if more == 1 else Text(fr="lignes de plus", en="more lines")
        lines.append(f"… {'et' if language == 'fr' else 'and'} {more} {word.in_(language)}")
    return lines


def _first(shown: Sequence[str]) -> Sequence[str]:
    """Return the lines for which there is room: where all of them tell what was, half tell what is."""
    now = [line for line in shown[_MOST_LINES:] if line.startswith("+")]
    if not now or any(line.startswith("+") for line in shown[:_MOST_LINES]):
        return shown[:_MOST_LINES]
    half = _MOST_LINES // 2
    return (*shown[: _MOST_LINES - 1 - min(half, len(now))], _LEFT_OUT, *now[:half])


def _place(one: Difference) -> Text:
    host = _NETWORK if one.host is None else same(one.host)
    return host.map(lambda name: f"{name} · {_in_one_line(one.object)}")


def _beside(when: Text, value: str | None, language: Language) -> str:
    said = _ABSENT.in_(language) if value is None else _in_one_line(value) or f"({_EMPTY.in_(language)})"
    return f"{when.in_(language)}{' ' * (language == 'fr')}: {said}"


def _in_one_line(text: str) -> str:
    return visible(text).replace("\r", "\\r").replace("\n", "\\n")


def render_junit(report: Report) -> str:
    """Return the report as JUnit XML: a fail is a ``<failure>``, an error an ``<error>``.

    A forbidden difference is a failed test of the class ``differences``, one that is to be explained a passed one.
    """
    counted = (*report.forbidden, *report.unexplained)
    suite = ET.Element(
        "testsuite",
        name=report.scenario or report.instance,
        tests=str(len(report.results) + len(counted)),
        failures=str(sum(r.outcome == "fail" for r in report.results) + len(report.forbidden)),
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
            "points_count": "yes" if report.points_count else "no",
            **({} if report.written is None else {"written_report": written_report(report.written).en}),
        },
    )
    for result in report.results:
        _testcase(suite, result)
    for one in counted:
        _difference_case(suite, one)
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


def _difference_case(suite: ET.Element, one: Difference) -> None:
    sentence, name = difference_sentence(one), f"{_place(one).en} ({visible(one.field)})"
    case = ET.SubElement(suite, "testcase", classname="differences", name=_xml(name), time="0.000")
    _properties(
        case,
        {
            "standing": one.standing,
            "host": one.host or "",
            "provider": one.provider,
            "object": _in_one_line(one.object),
            "field": one.field,
            "sentence_fr": sentence.fr,
            "sentence_en": sentence.en,
        },
    )
    if one.standing == "forbidden":
        failure = ET.SubElement(case, "failure", message=_xml(sentence.en), type=one.standing)
        failure.text = _xml(difference_lines(one).en)
    else:
        ET.SubElement(case, "system-out").text = _xml(difference_lines(one).en)


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    element = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(element, "property", name=name, value=_xml(value))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
