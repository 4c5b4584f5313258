"""Does ``scenario.yaml`` hold together? One small function per question that needs no variant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from orchestrator.core.errors import Problem
from orchestrator.core.suggest import nearest, with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.folder_reader import folder_name
from orchestrator.loader.scenario_folder import ScenarioFolder
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import FaultChoice

_COMPETENCE_FOLDER: Final = re.compile(r"([1-9]\.[1-9])(?:-|$)")


def unknown_competence(code: str, referential: Referential) -> Text | None:
    """Return what is wrong with a competence's code: that the certification does not have it."""
    known = referential.competences()
    if code in known:
        return None
    near = next(iter(nearest(code, known, count=1)), next(iter(known)))
    title = known[near].title
    return Text(
        fr=f"compétence inconnue « {code} » ; vouliez-vous dire « {near} » ({title.fr}) ?",
        en=f'unknown competence "{code}"; did you mean "{near}" ({title.en})?',
    )


def _id_is_the_folder(loaded: ScenarioFolder) -> Iterable[Problem]:
    return folder_name(loaded.files.folder, loaded.document.id, loaded.source, "id")


def _former_ids_are_others(loaded: ScenarioFolder) -> Iterable[Problem]:
    document = loaded.document
    seen = {document.id}
    for i, former in enumerate(document.former_ids):
        if former in seen:
            yield loaded.problem(
                ("former_ids", i),
                Text(fr=f"« {former} » est déjà dit", en=f'"{former}" is said already'),
            )
        seen.add(former)


def _competences_exist(loaded: ScenarioFolder) -> Iterable[Problem]:
    for i, code in enumerate(loaded.document.competences):
        if (text := unknown_competence(code, loaded.referential)) is not None:
            yield loaded.problem(("competences", i), text)


def _competence_is_the_folder_above(loaded: ScenarioFolder) -> Iterable[Problem]:
    above = loaded.files.folder.resolve().parent.name
    found = _COMPETENCE_FOLDER.match(above)
    if found and found[1] not in loaded.document.competences:
        yield loaded.problem(
            ("competences",),
            Text(
                fr=f"le dossier « {above} » annonce la compétence {found[1]}, qui n'est pas dans la liste",
                en=f'the folder "{above}" promises competence {found[1]}, which is not in the list',
            ),
        )


def _kind_matches_faults(loaded: ScenarioFolder) -> Iterable[Problem]:
    document = loaded.document
    if document.kind == "fault" and not document.faults:
        yield loaded.problem(
            ("kind",),
            Text(
                fr="un scénario de panne a une panne : ajoutez « faults », ou écrivez « kind: task »",
                en='a fault scenario has a fault: add "faults", or write "kind: task"',
            ),
        )


def _people_act_after_a_fault(loaded: ScenarioFolder) -> Iterable[Problem]:
    if loaded.document.afterwards and not loaded.document.faults:
        yield loaded.problem(
            ("afterwards",),
            Text(
                fr="sans panne, rien ne suit une panne : retirez « afterwards »",
                en='without a fault nothing follows one: leave "afterwards" out',
            ),
            key=True,
        )


def _cases_have_faults(loaded: ScenarioFolder) -> Iterable[Problem]:
    for i, entry in enumerate(loaded.document.faults):
        if isinstance(entry, FaultChoice):
            for case, faults in entry.one_of.items():
                if not faults:
                    yield loaded.problem(
                        ("faults", i, "one_of", case),
                        Text(fr=f"le cas « {case} » n'a pas de panne", en=f'the case "{case}" has no fault'),
                        key=True,
                    )


def _what_is_handed_in_is_asked_for(loaded: ScenarioFolder) -> Iterable[Problem]:
    asked = loaded.document.deliverables
    for solution, path, step in loaded.files.steps():
        stated: list[tuple[str, KeyPath, bool]] = [(name, ("answers", name), True) for name in step.answers or ()]
        printed = step.shell.answers if step.shell is not None else ()
        stated += [(name, ("shell", "answers", i), False) for i, name in enumerate(printed)]
        for name, below, is_key in stated:
            if name not in asked.answers:
                text = Text(
                    fr=f"« deliverables » ne pose pas de question « {name} »",
                    en=f'"deliverables" asks no question "{name}"',
                )
                yield Problem(
                    loaded.files.place(solution.source, (*path, *below), key=is_key),
                    with_suggestion(text, name, asked.answers),
                )
        if step.report is not None and not asked.report:
            yield Problem(
                loaded.files.place(solution.source, (*path, "report"), key=True),
                Text(
                    fr="aucun rapport n'est demandé : écrivez « report: true » dans « deliverables »",
                    en='no report is asked for: write "report: true" in "deliverables"',
                ),
            )


def _competences_of_questions_are_listed(loaded: ScenarioFolder) -> Iterable[Problem]:
    document = loaded.document
    for name, question in document.deliverables.answers.items():
        if question.competence is not None and question.competence not in document.competences:
            text = Text(
                fr=f"la compétence « {question.competence} » n'est pas parmi celles du scénario",
                en=f'the competence "{question.competence}" is not among the scenario\'s',
            )
            yield loaded.problem(
                ("deliverables", "answers", name, "competence"),
                with_suggestion(text, question.competence, document.competences),
            )


CHECKS: Final[tuple[Callable[[ScenarioFolder], Iterable[Problem]], ...]] = (
    _id_is_the_folder,
    _former_ids_are_others,
    _competences_exist,
    _competence_is_the_folder_above,
    _kind_matches_faults,
    _people_act_after_a_fault,
    _cases_have_faults,
    _what_is_handed_in_is_asked_for,
    _competences_of_questions_are_listed,
)
"""The other questions about ``scenario.yaml``."""
