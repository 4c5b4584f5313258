"""Rendering what a scenario says (faults, steps, hints), each text with the place that an error names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.model.afterwards import LaterAction
from orchestrator.model.base import Document
from orchestrator.model.deliverables import Question
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.persona import ExampleDialogue, Persona, PersonaAnswer, PersonaDocument, PlannedPersona
from orchestrator.model.plan import PlannedSolution
from orchestrator.model.scenario import FaultChoice, FaultSpec, ScenarioDocument, Solution, Step
from orchestrator.templates.render import holds, render

KeyPath: TypeAlias = tuple[str | int, ...]
PlaceOf: TypeAlias = Callable[[Path, KeyPath], Place]
"""Tells where a text of a content file stands."""

Parameter: TypeAlias = Any
"""A value of a document: a text, a number, a list or mapping of such, or a document itself."""

D = TypeVar("D", bound=Document)
P = TypeVar("P", PersonaAnswer, ExampleDialogue)


class Renderer:
    """Renders templates of content files with one variant's values; a mistake raises ``ContentError``."""

    def __init__(self, values: Mapping[str, Any], place_of: PlaceOf) -> None:
        """Take the values, and what knows where texts stand."""
        self.values = values
        self.place_of = place_of

    def text(self, source: str, file: Path, path: KeyPath) -> str:
        """Render one text."""
        return render(source, self.values, lambda: self.place_of(file, path))

    def holds(self, expression: str | None, file: Path, path: KeyPath) -> bool:
        """Return whether a ``when`` is absent or true."""
        return expression is None or holds(expression, self.values, lambda: self.place_of(file, path))

    def both(self, text: Text, file: Path, path: KeyPath) -> Text:
        """Render a text in both languages."""
        return self._bilingual(text, (file, (*path, "fr")), (file, (*path, "en")))

    def companions(self, text: Text, folder: Path, name: str, only: Language | None = None) -> Text:
        """Render a text that stands in two files, ``ticket.fr.md`` and ``ticket.en.md``, or in one language only."""
        if only is not None:
            file = folder / f"{name}.{only}.md"
            return same(self.not_empty(self.text(text.in_(only), file, ()), file, ()))
        return self._bilingual(text, (folder / f"{name}.fr.md", ()), (folder / f"{name}.en.md", ()))

    def not_empty(self, text: str, file: Path, path: KeyPath) -> str:
        """Return a rendered text unless nothing is left of it in this variant."""
        if text:
            return text
        nothing = Text(fr="ce texte est vide dans une des variantes", en="this text is empty in one of the variants")
        raise ContentError((Problem(self.place_of(file, path), nothing),))

    def _bilingual(self, text: Text, fr: tuple[Path, KeyPath], en: tuple[Path, KeyPath]) -> Text:
        return Text(fr=self.not_empty(self.text(text.fr, *fr), *fr), en=self.not_empty(self.text(text.en, *en), *en))

    def anything(self, value: Parameter, file: Path, path: KeyPath) -> Parameter:
        """Render every text inside a value; what is no text stays as it is, keys too."""
        if isinstance(value, str):
            return self.text(value, file, path)
        if isinstance(value, Text):
            return self.both(value, file, path)
        if isinstance(value, Mapping):
            return {key: self.anything(item, file, (*path, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.anything(item, file, (*path, i)) for i, item in enumerate(value))
        if isinstance(value, Document):
            return self.document(value, file, path)
        return value

    def document(self, document: D, file: Path, path: KeyPath) -> D:
        """Render every text inside a document; ``when``, which has decided by now, is gone."""
        rendered = {
            name: None if name == "when" else self.anything(getattr(document, name), file, (*path, name))
            for name in type(document).model_fields
        }
        return document.model_copy(update=rendered)


def render_faults(document: ScenarioDocument, renderer: Renderer, file: Path) -> tuple[FaultSpec, ...]:
    """Return the faults of a variant: those stated, and the drawn case of each ``one_of``."""
    return tuple(renderer.document(spec, file, path) for spec, path in stated_faults(document, renderer.values))


def stated_faults(document: ScenarioDocument, values: Mapping[str, Any]) -> tuple[tuple[FaultSpec, KeyPath], ...]:
    """Return the faults of a variant as they are written, each with its path in ``scenario.yaml``."""
    stated: list[tuple[FaultSpec, KeyPath]] = []
    for i, entry in enumerate(document.faults):
        if isinstance(entry, FaultChoice):
            case = values[entry.as_]
            stated += [(spec, ("faults", i, "one_of", case, j)) for j, spec in enumerate(entry.one_of[case])]
        else:
            stated.append((entry, ("faults", i)))
    return tuple(stated)


def render_afterwards(document: ScenarioDocument, renderer: Renderer, file: Path) -> tuple[LaterAction, ...]:
    """Return what was done after the faults of a variant, in order."""
    return tuple(
        renderer.document(action, file, ("afterwards", i))
        for i, action in enumerate(document.afterwards)
        if renderer.holds(action.when, file, ("afterwards", i, "when"))
    )


def render_personas(personas: tuple[Persona, ...], renderer: Renderer) -> dict[str, PlannedPersona]:
    """Return the people who answer in a variant, by their short names."""
    planned = {}
    for persona in personas:
        document = render_persona(persona.document, renderer, persona.source)
        drawn = renderer.values.get(document.person or "")
        full, login = document.full or "", document.login or ""
        if isinstance(drawn, DrawnPerson):
            full, login = drawn.full, drawn.login
        planned[persona.name] = PlannedPersona(persona.name, full, login, document)
    return planned


def render_persona(document: PersonaDocument, renderer: Renderer, file: Path) -> PersonaDocument:
    """Return a persona's document as one variant has it: what does not apply is left out."""
    parts: dict[str, Any] = {}
    for name in type(document).model_fields:
        value = getattr(document, name)
        if name in {"answers", "dialogues"}:
            parts[name] = tuple(one for one, _ in applying_parts(value, name, renderer, file))
        else:
            parts[name] = renderer.anything(value, file, (name,))
    return document.model_copy(update=parts)


def applying_parts(stated: tuple[P, ...], name: str, renderer: Renderer, file: Path) -> tuple[tuple[P, KeyPath], ...]:
    """Return those of a persona's answers or dialogues whose ``when`` holds, rendered, each with its path."""
    return tuple(
        (renderer.document(one, file, (name, i)), (name, i))
        for i, one in enumerate(stated)
        if renderer.holds(one.when, file, (name, i, "when"))
    )


def render_questions(document: ScenarioDocument, renderer: Renderer, file: Path) -> dict[str, Question]:
    """Return the questions of a variant by name, with the truth; each has a competence."""
    rendered = {}
    for name, question in document.deliverables.answers.items():
        asked = renderer.document(question, file, ("deliverables", "answers", name))
        rendered[name] = asked.model_copy(update={"competence": asked.competence or document.competences[0]})
    return rendered


def applying_steps(solution: Solution, renderer: Renderer) -> tuple[tuple[Step, KeyPath], ...]:
    """Return the rendered steps whose ``when`` holds, each with its path in the solution's file."""
    return tuple(
        (renderer.document(step, solution.source, ("steps", i)), ("steps", i))
        for i, step in enumerate(solution.document.steps)
        if renderer.holds(step.when, solution.source, ("steps", i, "when"))
    )


def applies(solution: Solution, renderer: Renderer) -> bool:
    """Return whether a solution is one for this variant."""
    return renderer.holds(solution.document.when, solution.source, ("when",))


def render_solutions(solutions: tuple[Solution, ...], renderer: Renderer) -> tuple[PlannedSolution, ...]:
    """Return the solutions (or shortcuts) that apply to a variant, rendered."""
    return tuple(
        PlannedSolution(
            name=solution.name,
            summary=renderer.both(solution.document.summary, solution.source, ("summary",)),
            reference=solution.document.reference,
            steps=tuple(step for step, _ in applying_steps(solution, renderer)),
        )
        for solution in solutions
        if applies(solution, renderer)
    )
