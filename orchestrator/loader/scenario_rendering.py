"""Does a scenario hold together in its variants? Templates are rendered, names that steps use looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import Place, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.check_statements import StatedCheck
from orchestrator.loader.folder_reader import Problems
from orchestrator.loader.persona_variants import persona_problems, talk_problems, texts_of_persona
from orchestrator.loader.repair_checks import step_actions
from orchestrator.loader.scenario_folder import ScenarioFolder, ValidateFault
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.model.afterwards import LaterAction
from orchestrator.model.deliverables import ListQuestion, Question
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.lab import LabFile
from orchestrator.model.persona import Persona
from orchestrator.model.scenario import MayChange, Scenario, Solution, Step
from orchestrator.personas.slots import name_parts
from orchestrator.planning.answers import UnreadableAnswerError, check_truth, normal_form
from orchestrator.planning.host_files import hosts_of, render_file
from orchestrator.planning.steps import Renderer, applies, applying_steps, render_persona, stated_faults
from orchestrator.planning.template_context import RESERVED, base_values
from orchestrator.planning.variant import covering_variants, options_of
from orchestrator.templates.render import deciding_names, names_in, render, words_of

_FAILED: Final = "{{}}"
"""Stands for a text that could not be rendered: no rendered text can be this."""


def try_variants(scenario: Scenario, loaded: ScenarioFolder, validate_fault: ValidateFault | None) -> Iterable[Problem]:
    """Yield what is wrong in any of a handful of variants that together cover every choice.

    A place that is wrong in one variant is not told again for the next.
    """
    told: set[Place] = set()
    parts = _parts(scenario, loaded)
    base = base_values(scenario.lab, seed=0)
    for variant in covering_variants(scenario):
        values = {**variant.values, **base, "seed": variant.seed}
        attempt = _Attempt(scenario, loaded, values, validate_fault)
        for part in parts:
            if part.is_new(values):
                part.render(attempt)
        attempt.faults()
        new = [p for p in attempt.problems if p.place not in told]
        told.update(problem.place for problem in new)
        yield from new


@dataclass
class _Part:
    """Texts of a scenario that are rendered together, and again only where a value differs that decides about them.

    Attributes:
        render: renders them in an attempt.
        deciding: the names whose values decide what becomes of the texts; the value of any other is only put in.
    """

    render: Callable[[_Attempt], object]
    deciding: frozenset[str]
    _tried: set[tuple[object, ...]] = field(default_factory=set)

    def is_new(self, values: Mapping[str, Any]) -> bool:
        """Return whether no variant before had these values."""
        key = tuple(value if isinstance(value := values.get(n), str | int) else repr(value) for n in self.deciding)
        before = len(self._tried)
        self._tried.add(key)
        return len(self._tried) > before


def _parts(scenario: Scenario, loaded: ScenarioFolder) -> list[_Part]:
    """Return all texts of a scenario but the faults, which are validated with every variant's values."""
    varying = loaded.names - {"lab", "domain"}

    def part(render: Callable[[_Attempt], object], texts: Iterable[str], names: frozenset[str] = frozenset()) -> _Part:
        return _Part(render, varying & names.union(*map(deciding_names, texts)))

    made = [
        part(partial(_Attempt.companions, text=text, name=name), (text.fr, text.en))
        for name, text in (("ticket", scenario.ticket), ("debrief", scenario.debrief))
    ]
    made += [
        part(partial(_Attempt.hint, hint=hint, i=i), (hint.fr, hint.en))
        for i, hint in enumerate(scenario.document.hints)
    ]
    made += [
        part(partial(_Attempt.file, file=file), (file.content.decode(),))
        for file in scenario.lab.files
        # Of a file that names nothing of the scenario's, the lab's own loading has said all.
        if file.template and varying & words_of(file.content.decode())
    ]
    made += [
        part(partial(_Attempt.file, file=file), (file.content.decode(),), frozenset({file.host}))
        for file in scenario.files
        if file.template
    ]
    made += [
        part(partial(_Attempt.question, name=name, stated=question), *_texts_of_question(question))
        for name, question in scenario.document.deliverables.answers.items()
    ]
    made += [
        part(
            partial(_Attempt.may_change, i=i, stated=stated),
            (stated.host, stated.path, stated.entry),
            names_in(stated.host),
        )
        for i, stated in enumerate(scenario.document.may_change)
    ]
    made += [
        part(partial(_Attempt.out_of_reach, i=i, host=host), (host,), names_in(host))
        for i, host in enumerate(scenario.document.out_of_reach)
    ]
    made += [
        part(partial(_Attempt.later_action, i=i, stated=stated), *_texts_of_later_action(stated))
        for i, stated in enumerate(scenario.document.afterwards)
    ]
    made += [
        part(partial(_Attempt.solution, solution=solution), *_texts_of(solution))
        for solution in (*scenario.solutions, *scenario.shortcuts)
    ]
    made += [
        part(partial(_Attempt.persona, persona=persona), *texts_of_persona(persona)) for persona in scenario.personas
    ]
    for check in (check for file in loaded.files.checks for check in file.checks):
        texts = [text.source for text in check.templates()]
        if check.parameters.isdisjoint(name for text in texts for name in names_in(text)):
            host = names_in(check.host.source) if check.host else frozenset()
            made.append(part(partial(_Attempt.check, check=check), texts, host))
    return made


def _texts_of(solution: Solution) -> tuple[list[str], frozenset[str]]:
    """Return the templates of a solution, and the names that decide which of its steps apply, and to what."""
    steps = solution.document.steps
    conditions = [when for when in (solution.document.when, *(step.when for step in steps)) if when]
    actions = [getattr(step, name) for step in steps for name in step_actions(step)]
    targets = [getattr(action, name, None) for action in actions for name in ("host", "segment")]
    answers = [answer for step in steps for answer in (step.answers or {}).values()]
    decisive = (text for text in (*targets, *answers) if text)
    names = frozenset[str]().union(*map(words_of, conditions), *map(names_in, decisive))
    return list(_strings(solution.document.model_dump())), names


def _texts_of_later_action(action: LaterAction) -> tuple[list[str], frozenset[str]]:
    """Return the templates of something that people did, and the names that decide whether, and where."""
    where = [host for host in (action.host, action.trace.host) if host is not None]
    names = words_of(action.when) if action.when else frozenset[str]()
    return list(_strings(action.model_dump())), names.union(*map(names_in, where))


def _texts_of_question(question: Question) -> tuple[list[str], frozenset[str]]:
    """Return the templates of a question, and the names that its truth is made of: each value may be no answer."""
    truths = question.truth if isinstance(question, ListQuestion) else (question.truth,)
    return list(_strings(question.model_dump())), frozenset[str]().union(*map(names_in, truths))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


class _TolerantRenderer(Renderer):
    """Renders on after a mistake, so that the author sees every one; what failed becomes ``_FAILED``."""

    def __init__(self, loaded: ScenarioFolder, values: Mapping[str, Any], problems: Problems) -> None:
        super().__init__(values, loaded.files.text_place)
        self._problems = problems

    def text(self, source: str, file: Path, path: KeyPath) -> str:
        rendered = self._problems.attempt(super().text, source, file, path)
        return _FAILED if rendered is None else rendered

    def holds(self, expression: str | None, file: Path, path: KeyPath) -> bool:
        return self._problems.attempt(super().holds, expression, file, path) or False

    def not_empty(self, text: str, file: Path, path: KeyPath) -> str:
        return self._problems.attempt(super().not_empty, text, file, path) or _FAILED


class _Attempt:
    """One variant of a scenario; ``problems`` gathers what is wrong in it."""

    def __init__(
        self,
        scenario: Scenario,
        loaded: ScenarioFolder,
        values: Mapping[str, Any],
        validate_fault: ValidateFault | None,
    ) -> None:
        self.problems = Problems()
        self._scenario = scenario
        self._loaded = loaded
        self._hosts = scenario.lab.document.hosts
        self._segments = scenario.lab.document.segments
        self._values = values
        self._validate_fault = validate_fault
        self._renderer = _TolerantRenderer(loaded, values, self.problems)

    def companions(self, text: Text, name: str) -> None:
        """Render the ticket or the debrief."""
        only = self._scenario.document.ticket_language if name == "ticket" else None
        self._renderer.companions(text, self._scenario.folder, name, only)

    def hint(self, hint: Text, i: int) -> None:
        """Render a hint."""
        self._renderer.both(hint, self._loaded.file, ("hints", i))

    def file(self, file: LabFile) -> None:
        """Render a placed file: the scenario's, or one of the lab that names something of the scenario's."""
        for host in hosts_of(self._scenario.lab, file, self._values):
            self.problems.attempt(render_file, file, host, self._values)

    def check(self, check: StatedCheck) -> None:
        """Render the sentences of a check, and look up its host."""
        for text in (check.fr, check.en, *check.before):
            if text is not None and names_in(text.source) <= self._values.keys():
                self.problems.attempt(render, text.source, self._values, text.place)
        if check.host is not None and "{" in check.host.source:
            host = self.problems.attempt(render, check.host.source, self._values, check.host.place)
            if host is not None and host not in self._hosts:
                self.problems.add((Problem(check.host.place, self._no_host(host)),))

    def faults(self) -> None:
        """Render and validate the faults of the variant."""
        for stated, path in stated_faults(self._loaded.document, self._values):
            before = len(self.problems)
            spec = self._renderer.document(stated, self._loaded.file, path)
            if self._validate_fault is not None and len(self.problems) == before:
                self.problems.add(self._validate_fault(spec, self._loaded.source.below(path)))
            host = spec.parameters.get("host")
            if isinstance(host, str) and host not in self._hosts and len(self.problems) == before:
                self.problems.add((self._loaded.problem((*path, "parameters", "host"), self._no_host(host)),))

    def question(self, name: str, stated: Question) -> None:
        """Render a question, and look whether its truth is an answer to it."""
        path: KeyPath = ("deliverables", "answers", name)
        question = self._renderer.document(stated, self._loaded.file, path)
        if _FAILED in question.truth:
            return
        try:
            check_truth(question, self._hosts)
        except UnreadableAnswerError as error:
            where = Text(fr=f"{error.text.fr} ({self._variant.fr})", en=f"{error.text.en} ({self._variant.en})")
            self.problems.add((self._loaded.problem((*path, "truth"), where),))

    def may_change(self, i: int, stated: MayChange) -> None:
        """Render what a task may change, and look up its host."""
        path: KeyPath = ("may_change", i)
        part = self._renderer.document(stated, self._loaded.file, path)
        if part.host not in (*self._hosts, _FAILED):
            self.problems.add((self._loaded.problem((*path, "host"), self._no_host(part.host)),))
        if bool(stated.path) == bool(stated.entry):
            text = Text(
                fr="donnez soit « path », un fichier, soit « entry », une entrée de l'annuaire",
                en='give either "path", a file, or "entry", an entry of the directory',
            )
            self.problems.add((self._loaded.problem(path, text),))
        if part.path not in ("", _FAILED) and not part.path.startswith("/"):
            text = Text(
                fr=f"« {part.path} » doit être un chemin absolu, comme « /srv/production »",
                en=f'"{part.path}" must be an absolute path, such as "/srv/production"',
            )
            self.problems.add((self._loaded.problem((*path, "path"), text),))

    def out_of_reach(self, i: int, host: str) -> None:
        """Look up a host that the trainee cannot go to."""
        named = self._renderer.text(host, self._loaded.file, ("out_of_reach", i))
        if named not in (*self._hosts, _FAILED):
            self.problems.add((self._loaded.problem(("out_of_reach", i), self._no_host(named)),))

    def later_action(self, i: int, stated: LaterAction) -> None:
        """Render something that people did after the fault, and look up its hosts."""
        path: KeyPath = ("afterwards", i)
        if not self._renderer.holds(stated.when, self._loaded.file, (*path, "when")):
            return
        done = self._renderer.document(stated, self._loaded.file, path)
        for host, place in ((done.host, (*path, "host")), (done.trace.host, (*path, "trace", "host"))):
            if host is not None and host not in (*self._hosts, _FAILED):
                self.problems.add((self._loaded.problem(place, self._no_host(host)),))

    def solution(self, solution: Solution) -> None:
        """Render a solution or shortcut, and look up what its steps name."""
        self._renderer.both(solution.document.summary, solution.source, ("summary",))
        if not applies(solution, self._renderer):
            if solution.document.reference:
                self._refuse(
                    solution,
                    ("when",),
                    Text(
                        fr=f"la solution de référence doit toujours valoir, aussi {self._variant.fr}",
                        en=f"the reference solution must always apply, also {self._variant.en}",
                    ),
                )
            return
        steps = applying_steps(solution, self._renderer)
        if not steps:
            self._refuse(
                solution,
                ("steps",),
                Text(fr=f"aucune étape ne reste {self._variant.fr}", en=f"no step is left {self._variant.en}"),
            )
        for step, path in steps:
            self._step(solution, path, step)

    def persona(self, persona: Persona) -> None:
        """Render a persona, look up what they name, and whether their dialogues are understood."""
        render_persona(persona.document, self._renderer, persona.source)
        lab, files = self._scenario.lab.document, self._loaded.files
        self.problems.add(persona_problems(persona, self._renderer, lab, files, self._names))

    @property
    def _names(self) -> tuple[str, ...]:
        """Return the names of the variant's people."""
        people = [value.full for value in self._values.values() if isinstance(value, DrawnPerson)]
        stated = [persona.document.full for persona in self._scenario.personas if persona.document.full]
        people += [self._renderer.text(full, self._loaded.file, ()) for full in stated]
        return name_parts(people)

    @property
    def _variant(self) -> Text:
        """Return which variant this is: its choices, or all that was drawn where there is no choice."""
        drawn = {n: v for n, v in self._values.items() if n not in RESERVED and isinstance(v, str | int)}
        choices = {n: v for n, v in drawn.items() if n in options_of(self._scenario)}
        listed = ", ".join(f"{name}={value}" for name, value in (choices or drawn).items())
        return Text(fr=f"pour {listed}", en=f"for {listed}") if listed else Text(fr="jamais", en="ever")

    def _step(self, solution: Solution, path: KeyPath, step: Step) -> None:
        kinds = step_actions(step)
        if step.answers is not None:
            self._answers(solution, path, step.answers)
        if step.talk is not None:
            self.problems.add(
                talk_problems(step.talk, self._scenario, (solution.source, (*path, "talk")), self._loaded, self._names)
            )
        if len(kinds) != 1 or step.action is None or step.action.host == _FAILED:
            return
        kind, host = kinds[0], step.action.host
        if host not in self._hosts:
            self._refuse(solution, (*path, kind, "host"), self._no_host(host))
        elif step.cable is not None:
            self._interface(solution, (*path, kind), host, step.cable.interface)
        if step.cable is not None and step.cable.segment is not None:
            self._segment(solution, (*path, kind), step.cable.segment)

    def _answers(self, solution: Solution, path: KeyPath, answers: Mapping[str, str]) -> None:
        questions = self._scenario.document.deliverables.answers
        for name, answer in answers.items():
            if answer == _FAILED or name not in questions:
                continue
            try:
                normal_form(questions[name], answer, self._hosts)
            except UnreadableAnswerError as error:
                self._refuse(solution, (*path, "answers", name), error.text)

    def _no_host(self, name: str) -> Text:
        text = Text(fr=f"le lab n'a pas d'hôte « {name} »", en=f'the lab has no host "{name}"')
        return with_suggestion(text, name, self._hosts)

    def _interface(self, solution: Solution, path: KeyPath, host: str, name: str) -> None:
        known = self._hosts[host].interfaces
        if name not in known:
            text = Text(fr=f"« {host} » n'a pas d'interface « {name} »", en=f'"{host}" has no interface "{name}"')
            self._refuse(solution, (*path, "interface"), with_suggestion(text, name, known))

    def _segment(self, solution: Solution, path: KeyPath, name: str) -> None:
        if name not in (*self._segments, _FAILED):
            text = Text(fr=f"le lab n'a pas de segment « {name} »", en=f'the lab has no segment "{name}"')
            self._refuse(solution, (*path, "segment"), with_suggestion(text, name, self._segments))

    def _refuse(self, solution: Solution, path: KeyPath, text: Text) -> None:
        self.problems.add((Problem(self._loaded.files.place(solution.source, path), text),))
