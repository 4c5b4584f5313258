"""What is open about a candidate, with what a member of the jury may ask; and what is not there that one would expect.

A question says what was seen, never what would have been right: what it is worth is for the jury to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from grader.report_formats import difference_sentence
from orchestrator.assessment.decisions import Decision
from orchestrator.assessment.results import SeenScenario, Sheet
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.text import Text, same
from orchestrator.deliverables.deliverables_store import REPORT
from orchestrator.labd.deliberation_contract import OpenQuestion

_CHANGED: Final = Text(
    fr="{scenario} : {what} Que s'est-il passé là, et pourquoi ?",
    en="{scenario}: {what} What happened there, and why?",
)
_UNJUDGED: Final = Text(
    fr="{scenario} : la machine n'a pas pu juger « {what} » Qu'en a vu le candidat, et comment ?",
    en="{scenario}: the machine could not judge '{what}' What did the candidate see of it, and how?",
)
_DISAGREED: Final = Text(
    fr="{scenario} : deux évaluations ne s'accordent pas sur « {what} » De quoi cela peut-il dépendre ?",
    en="{scenario}: two gradings do not agree on '{what}' What may it depend on?",
)
_TO_COMPLETE: Final = Text(fr="À compléter, dit le jury : {what}", en="To be completed, the jury says: {what}")
_UNOPENED: Final = Text(
    fr="{phase} : aucun lab de « {scenario} » n'a été ouvert.", en="{phase}: no lab of '{scenario}' was opened."
)
_UNTOUCHED: Final = Text(
    fr="{phase} : aucun terminal de « {scenario} » n'a été ouvert.",
    en="{phase}: no terminal of '{scenario}' was opened.",
)
_NO_REPORT: Final = Text(
    fr="{phase} : aucun rapport n'a été rendu pour « {scenario} ».",
    en="{phase}: no report was handed in for '{scenario}'.",
)
_NO_OBSERVATION: Final = Text(fr="Aucune observation de {member}.", en="No observation by {member}.")

Title = Callable[[str], Text]
"""Returns a scenario's title."""


def questions_of(
    state: SessionState, sheet: Sheet, standing: Mapping[tuple[str, str], Decision], title: Title
) -> Iterator[OpenQuestion]:
    """Yield what is open about a candidate.

    Args:
        state: the session.
        sheet: the candidate's sheet.
        standing: the decisions as they stand, corrections that wait for signatures included.
        title: returns a scenario's title.
    """
    for graded in sheet.graded:
        yield from _of_scenario(state, sheet.candidate, graded, title(graded.scenario))
    for (candidate, subject), made in sorted(standing.items()):
        if candidate == sheet.candidate and made.verdict == "to-question":
            yield OpenQuestion(_with(_TO_COMPLETE, what=same(made.reason)), "", subject)


def _of_scenario(state: SessionState, candidate: str, graded: SeenScenario, title: Text) -> Iterator[OpenQuestion]:
    report = graded.report
    for one in (*report.forbidden, *report.unexplained):
        yield OpenQuestion(_with(_CHANGED, scenario=title, what=difference_sentence(one)), graded.phase, "")
    disagreed = _disagreed(state.sittings[graded.phase, candidate], graded.scenario)
    for result in report.results:
        if result.outcome == "error":
            said = _DISAGREED if result.id in disagreed else _UNJUDGED
            asked = _with(said, scenario=title, what=result.sentence)
            yield OpenQuestion(asked, graded.phase, result.competence or "")


def missing_of(
    state: SessionState, candidate: str, title: Title, sealed_names: Callable[[Sitting], frozenset[str]]
) -> Iterator[Text]:
    """Yield what is not there that a jury would expect, of a candidate whose time is over.

    Args:
        state: the session.
        candidate: the number.
        title: returns a scenario's title.
        sealed_names: returns the names of the files in a sitting's evidence.
    """
    sat = [one for one in state.sittings.values() if one.candidate == candidate and one.started is not None]
    for sitting in sat:
        if sitting.sealed:
            yield from _missing_in(state, sitting, title, sealed_names(sitting))
    if any(one.sealed for one in sat):
        observed = {event.by for event in state.of("observed") if event.candidate == candidate}
        for member in state.plan.jury:
            if member.id not in observed:
                yield _with(_NO_OBSERVATION, member=same(member.name))


def _missing_in(state: SessionState, sitting: Sitting, title: Title, names: frozenset[str]) -> Iterator[Text]:
    phase = state.plan.phase(sitting.phase)
    opened = {lab.scenario for lab in sitting.labs}
    for scenario in state.drawings[sitting.phase].drawn.get(sitting.candidate, ()):
        values = {"phase": same(phase.title), "scenario": title(scenario)}
        if scenario not in opened:
            yield _with(_UNOPENED, **values)
            continue
        if not any(name.startswith(f"recordings/{scenario}.") for name in names):
            yield _with(_UNTOUCHED, **values)
        if phase.report and f"{scenario}/{REPORT}" not in names:
            yield _with(_NO_REPORT, **values)


def _disagreed(sitting: Sitting, scenario: str) -> frozenset[str]:
    labs: Mapping[str, Any] = sitting.steps["graded"].details["labs"] if "graded" in sitting.steps else {}
    return frozenset(one["check"] for one in labs.get(scenario, {}).get("disagreed", ()))


def _with(text: Text, **values: Text) -> Text:
    fr = text.fr.format(**{name: value.fr for name, value in values.items()})
    en = text.en.format(**{name: value.en for name, value in values.items()})
    return Text(fr=fr, en=en)
