"""What a person types or does in a step of a solution, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.elision import de
from orchestrator.core.text import Text, same
from orchestrator.model.deliverables import ReportStep
from orchestrator.model.scenario import CableStep, ScriptStep, Step
from orchestrator.planning.answers import items_of


def step_lines(step: Step) -> tuple[Text, ...]:
    """Return what a person types or does in a step, line by line."""
    if step.shell is not None:
        typed = tuple(same(f"{step.shell.host} # {line}") for line in step.shell.script.strip().splitlines())
        return (*typed, *_answered_by(step.shell))
    if step.device is not None:
        return tuple(same(f"{step.device.host}(config)# {line}") for line in step.device.lines)
    if step.file is not None:
        where = f"{step.file.host}:{step.file.path}"
        head = Text(fr=f"{where} reçoit :", en=f"{where} gets:")
        return (head, *(same(f"  {line}") for line in step.file.content.splitlines()))
    if step.reboot is not None:
        return (Text(fr=f"redémarrage {de(step.reboot.host)}", en=f"reboot of {step.reboot.host}"),)
    return (_cable(step.cable),) if step.cable is not None else _handed_in_by(step)


def _answered_by(step: ScriptStep) -> tuple[Text, ...]:
    listed = ", ".join(step.answers)
    handed_in = Text(fr=f"remis, tel qu'affiché : {listed}", en=f"handed in as printed: {listed}")
    return (handed_in,) if listed else ()


def _handed_in_by(step: Step) -> tuple[Text, ...]:
    if step.report is not None:
        return tuple(_report_lines(step.report))
    if step.talk is not None:
        return tuple(
            Text(fr=f"— {' '.join(line.say.fr.split())}", en=f"— {' '.join(line.say.en.split())}")
            for line in step.talk.lines
        )
    return tuple(same(f"{name}: {_answer_line(answer)}") for name, answer in (step.answers or {}).items())


def _answer_line(answer: str) -> str:
    """Return an answer on one line: the items of a list, or a text of several lines."""
    return " ".join(answer.split()) if "\n" in answer else ", ".join(items_of(answer))


def _report_lines(report: ReportStep) -> Iterator[Text]:
    for word, text in (
        (Text(fr="Symptôme : ", en="Symptom: "), report.symptom),
        (Text(fr="Cause : ", en="Cause: "), report.cause),
        (Text(fr="Action : ", en="Action: "), report.action),
        (Text(fr="Test : ", en="Test: "), report.test),
    ):
        yield Text(fr=word.fr + " ".join(text.fr.split()), en=word.en + " ".join(text.en.split()))
    yield Text(fr=f"Temps passé : {report.minutes} min", en=f"Time spent: {report.minutes} min")


def _cable(cable: CableStep) -> Text:
    name = f"{cable.host}:{cable.interface}"
    if cable.replace:
        return Text(fr=f"câble {name} remplacé", en=f"cable {name} replaced")
    if cable.segment is not None:
        return Text(fr=f"câble {name} → segment {cable.segment}", en=f"cable {name} → segment {cable.segment}")
    if cable.plug:
        return Text(fr=f"câble {name} branché", en=f"cable {name} plugged in")
    return Text(fr=f"câble {name} débranché", en=f"cable {name} unplugged")
