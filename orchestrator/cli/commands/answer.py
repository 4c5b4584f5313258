"""``answer`` and ``report``: what is handed in besides the repair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import click

from grader.report_formats import written_report
from orchestrator.cli.click_classes import FILE, command, lab_option, option
from orchestrator.cli.editing import edit
from orchestrator.cli.interventions import refuse_assessed
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.store_access import record
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.text import Text
from orchestrator.deliverables.answers_file import AnswersError, form_of
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.model.deliverables import ListQuestion
from orchestrator.planning.answers import items_of

_SESSION_HAND_IN = Text(
    fr="Au poste du candidat : « breakfix session hand-in ».", en="At the candidate's seat: 'breakfix session hand-in'."
)
_show_option = option(
    "--show", is_flag=True, help=Text(fr="Montrer sans rien changer.", en="Show it, and change nothing.")
)
_file_option = option(
    "--file",
    "source",
    type=click.File("rb"),
    metavar=FILE,
    help=Text(fr="Prendre ce fichier (« - » : l'entrée standard).", en="Take this file ('-': standard input)."),
)


@command(
    "answer",
    help=Text(
        fr="Répondre aux questions du scénario.\n\n"
        "Sans option, ouvre vos réponses dans $EDITOR. « breakfix check » les évalue.",
        en="Answer the scenario's questions.\n\n"
        "Without an option, opens your answers in $EDITOR. 'breakfix check' grades them.",
    ),
)
@lab_option
@option(
    "--set",
    "settings",
    multiple=True,
    metavar=Text(fr="NOM=RÉPONSE", en="NAME=ANSWER"),
    help=Text(
        fr="Donner une réponse ; répétable. Une liste s'écrit a,b.", en="Give one answer; may be repeated. A list: a,b."
    ),
)
@_file_option
@_show_option
@pass_invocation
def answer_command(
    invocation: Invocation, lab: str | None, settings: Sequence[str], source: BinaryIO | None, *, show: bool
) -> int:
    """Answer the questions."""
    labs = invocation.app.labs
    running = labs.running.planned(lab)
    refuse_assessed(running.instance, _SESSION_HAND_IN)
    handed_in = labs.hand_in(running)
    names = handed_in.questions
    if source is not None:
        data = source.read()
        with labs.running.exclusive(running):
            handed_in.take_answers(data, getattr(source, "name", "-"), invocation.language)
    if settings:
        given = dict(_setting(setting, next(iter(names))) for setting in settings)
        with labs.running.exclusive(running):
            handed_in.answer(given, invocation.language)
    if not (show or settings or source is not None or invocation.json):
        edit(invocation, handed_in.answers_file(invocation.language), options=("--set", "--file"))
    answers = handed_in.answers()
    invocation.output.emit(_answers_document(handed_in), lambda: show_answers(invocation, handed_in))
    if not show and (settings or source is not None or not invocation.json):
        record(invocation, lambda practice: practice.handed_in(running, "answer"))
        invocation.labd.told("answer", running.instance.name)
    if answers.problems:
        raise AnswersError(answers.problems)
    return ExitCode.DONE


@command(
    "report",
    help=Text(
        fr="Écrire le rapport d'intervention : symptôme, cause, action, test avec l'utilisateur, temps passé.\n\n"
        "Sans option, l'ouvre dans $EDITOR. Il est gardé comme preuve ; aucune machine ne le note.",
        en="Write the intervention report: symptom, cause, action, test with the user, time spent.\n\n"
        "Without an option, opens it in $EDITOR. It is kept as evidence; no machine gives it points.",
    ),
)
@lab_option
@_file_option
@_show_option
@pass_invocation
def report_command(invocation: Invocation, lab: str | None, source: BinaryIO | None, *, show: bool) -> None:
    """Write the report."""
    labs = invocation.app.labs
    running = labs.running.planned(lab)
    refuse_assessed(running.instance, _SESSION_HAND_IN)
    handed_in = labs.hand_in(running)
    if source is not None:
        text = source.read().decode("utf-8-sig", errors="replace")
        with labs.running.exclusive(running):
            handed_in.take_report(text)
    path = handed_in.report_file(invocation.language)
    if not (show or source is not None or invocation.json):
        edit(invocation, path, options=("--file",))
    if not show and (source is not None or not invocation.json):
        record(invocation, lambda practice: practice.handed_in(running, "report"))
        invocation.labd.told("report", running.instance.name)
    written = handed_in.written()
    text = path.read_text(encoding="utf-8", errors="replace")
    if invocation.json:
        invocation.output.document({"file": str(path), "report": written and written.to_document(), "text": text})
        return
    if show:
        invocation.output.print(text.rstrip(), "")
    if written is not None:
        line = written_report(written).in_(invocation.language)
        invocation.output.print(line, style="warn" if written.empty else "ok")
        invocation.output.quiet(str(path))


def _setting(text: str, example: str) -> tuple[str, str]:
    name, equals, answer = text.partition("=")
    if not equals:
        raise UsageError(
            Text(fr=f"« {text} » n'est pas une réponse.", en=f'"{text}" is no answer.'),
            Text(fr=f"Écrivez : --set {example}=RÉPONSE", en=f"Write: --set {example}=ANSWER"),
        )
    return name.strip(), answer.strip()


def _answers_document(handed_in: HandIn) -> dict[str, object]:
    answers = handed_in.answers()
    return {
        "questions": [
            {
                "name": name,
                "question": both(question.question),
                "kind": question.kind,
                "form": both(form_of(question, handed_in.hosts)),
                "answer": _answer(question, answers.given.get(name)),
                "problem": both(answers.unreadable.get(name)),
            }
            for name, question in handed_in.questions.items()
        ]
    }


def _answer(question: object, given: str | None) -> object:
    return list(items_of(given)) if given is not None and isinstance(question, ListQuestion) else given


def show_answers(invocation: Invocation, handed_in: HandIn) -> None:
    """Print the questions with the form of each answer, and what was answered so far."""
    answers, language = handed_in.answers(), invocation.language
    rows = table(
        Text(fr="Nom", en="Name"), Text(fr="Question", en="Question"), Text(fr="Votre réponse", en="Your answer")
    )
    rows.columns[0].no_wrap = True
    for name, question in handed_in.questions.items():
        given = answers.given.get(name)
        shown = plain(", ".join(items_of(given)) if isinstance(question, ListQuestion) else given) if given else None
        missing = (
            Text(fr="illisible", en="unreadable")
            if name in answers.unreadable
            else Text(fr="à donner", en="to be given")
        )
        asked = f"{question.question.in_(language).strip()} ({form_of(question, handed_in.hosts).in_(language)})"
        rows.add_row(plain(name, "key"), asked, shown or plain(missing, "warn"))
    invocation.output.print(rows)
