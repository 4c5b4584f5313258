"""Does a scenario hold together in its variants? Templates are rendered, names that steps use looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import Place, Problem
from orchestrator.host_files import render_file
from orchestrator.loader.folder import Problems
from orchestrator.loader.scenario_checks import ScenarioFolder, ValidateFault
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.model.lab import ALL_HOSTS
from orchestrator.model.scenario import ACTIONS, Solution, Step
from orchestrator.steps import Renderer, applies, applying_steps, stated_faults
from orchestrator.suggest import with_suggestion
from orchestrator.text import Text
from orchestrator.values import RESERVED, base_values
from orchestrator.variant import covering_variants, options_of

_FAILED: Final = "{{}}"
"""Stands for a text that could not be rendered: no rendered text can be this."""


def try_variants(loaded: ScenarioFolder, validate_fault: ValidateFault | None) -> Iterable[Problem]:
    """Yield what is wrong in any of a handful of variants that together cover every choice.

    A place that is wrong in one variant is not told again for the next.
    """
    told: set[Place] = set()
    for variant in covering_variants(loaded.scenario):
        values = {**variant.values, **base_values(loaded.scenario.lab, variant.seed)}
        new = [p for p in _Attempt(loaded, values, validate_fault).problems() if p.place not in told]
        told.update(problem.place for problem in new)
        yield from new


class _TolerantRenderer(Renderer):
    """Renders on after a mistake, so that the author sees every one; what failed becomes ``_FAILED``."""

    def __init__(self, loaded: ScenarioFolder, values: Mapping[str, Any], problems: Problems) -> None:
        super().__init__(values, loaded.text_place)
        self._problems = problems

    def text(self, source: str, file: Path, path: KeyPath) -> str:
        rendered = self._problems.attempt(super().text, source, file, path)
        return _FAILED if rendered is None else rendered

    def holds(self, expression: str | None, file: Path, path: KeyPath) -> bool:
        return self._problems.attempt(super().holds, expression, file, path) or False

    def not_empty(self, text: str, file: Path, path: KeyPath) -> str:
        return self._problems.attempt(super().not_empty, text, file, path) or _FAILED


class _Attempt:
    """One variant of a scenario, rendered whole."""

    def __init__(self, loaded: ScenarioFolder, values: Mapping[str, Any], validate_fault: ValidateFault | None) -> None:
        self._loaded = loaded
        self._scenario = loaded.scenario
        self._hosts = loaded.scenario.lab.document.hosts
        self._segments = loaded.scenario.lab.document.segments
        self._values = values
        self._validate_fault = validate_fault
        self._problems = Problems()
        self._renderer = _TolerantRenderer(loaded, values, self._problems)

    def problems(self) -> tuple[Problem, ...]:
        """Return every problem of this variant."""
        self._texts()
        self._faults()
        for solution in (*self._scenario.solutions, *self._scenario.shortcuts):
            self._solution(solution)
        return tuple(self._problems)

    def _texts(self) -> None:
        scenario = self._scenario
        self._renderer.companions(scenario.ticket, scenario.folder, "ticket")
        self._renderer.companions(scenario.debrief, scenario.folder, "debrief")
        for i, hint in enumerate(scenario.document.hints):
            self._renderer.both(hint, self._loaded.file, ("hints", i))
        for file in self._loaded.varying_files:
            for host in self._hosts if file.host == ALL_HOSTS else (file.host,):
                self._problems.attempt(render_file, file, host, self._values)

    def _faults(self) -> None:
        before = len(self._problems)
        for stated, path in stated_faults(self._scenario.document, self._values):
            spec = self._renderer.document(stated, self._loaded.file, path)
            if self._validate_fault is None or len(self._problems) > before:
                continue
            self._problems.add(self._loaded.problem(path, text) for text in self._validate_fault(spec))

    def _solution(self, solution: Solution) -> None:
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

    @property
    def _variant(self) -> Text:
        """Return which variant this is: its choices, or all that was drawn where there is no choice."""
        drawn = {n: v for n, v in self._values.items() if n not in RESERVED and isinstance(v, str | int)}
        choices = {n: v for n, v in drawn.items() if n in options_of(self._scenario)}
        listed = ", ".join(f"{name}={value}" for name, value in (choices or drawn).items())
        return Text(fr=f"pour {listed}", en=f"for {listed}") if listed else Text(fr="jamais", en="ever")

    def _step(self, solution: Solution, path: KeyPath, step: Step) -> None:
        kind = next(name for name in ACTIONS if getattr(step, name) is not None)
        host = step.action.host
        if host == _FAILED:
            return
        if host not in self._hosts:
            text = Text(fr=f"le lab n'a pas d'hôte « {host} »", en=f'the lab has no host "{host}"')
            self._refuse(solution, (*path, kind, "host"), with_suggestion(text, host, self._hosts))
        elif step.cable is not None:
            self._interface(solution, (*path, kind), host, step.cable.interface)
        if step.cable is not None and step.cable.segment is not None:
            self._segment(solution, (*path, kind), step.cable.segment)

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
        self._problems.add((Problem(self._loaded.place(solution.source, path), text),))
