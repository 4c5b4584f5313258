"""A scenario's folder as it was read, for those who ask whether it holds together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from orchestrator.core.errors import Place, Problem
from orchestrator.core.text import Text
from orchestrator.loader.check_statements import CheckFile
from orchestrator.loader.yaml_source import KeyPath, YamlSource
from orchestrator.model.persona import Persona
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import FaultChoice, FaultSpec, ScenarioDocument, Solution, Step
from orchestrator.planning.template_context import RESERVED

ValidateFault: TypeAlias = Callable[[FaultSpec, YamlSource], tuple[Problem, ...]]
"""Tells what is wrong with a fault, its parameters rendered; the source is that of its entry in ``scenario.yaml``."""


@dataclass(frozen=True)
class RepairFiles:
    """The files of a scenario's folder that can be looked at without its ``scenario.yaml``.

    Attributes:
        folder: the scenario's folder.
        sources: each YAML file of the folder.
        solutions: the solutions that could be read, the reference first.
        shortcuts: the shortcuts that could be read.
        checks: the check files.
        complete: whether every solution and shortcut could be read, so that counting them says something.
        personas: the people who answer, of those files that could be read.
    """

    folder: Path
    sources: Mapping[Path, YamlSource]
    solutions: tuple[Solution, ...]
    shortcuts: tuple[Solution, ...]
    checks: tuple[CheckFile, ...]
    complete: bool
    personas: tuple[Persona, ...] = ()

    def place(self, file: Path, path: KeyPath, *, key: bool = False) -> Place:
        """Return the place of a value (or key) of one of the YAML files."""
        return self.sources[file].place(path, key=key)

    def text_place(self, file: Path, path: KeyPath) -> Place:
        """Return the place of a template's first line, in a YAML file or in one that is the template."""
        return self.sources[file].text_place(path) if file in self.sources else Place.of(file, 1)

    def steps(self) -> Iterator[tuple[Solution, KeyPath, Step]]:
        """Yield each step of each solution and shortcut, with its path in that file."""
        for solution in (*self.solutions, *self.shortcuts):
            for i, step in enumerate(solution.document.steps):
                yield solution, ("steps", i), step


@dataclass(frozen=True)
class ScenarioFolder:
    """What the checks of ``scenario.yaml`` look at."""

    document: ScenarioDocument
    files: RepairFiles
    referential: Referential

    @property
    def file(self) -> Path:
        """Return the path of ``scenario.yaml``."""
        return self.files.folder / "scenario.yaml"

    @property
    def source(self) -> YamlSource:
        """Return ``scenario.yaml`` as it was read."""
        return self.files.sources[self.file]

    @property
    def names(self) -> frozenset[str]:
        """Return the names that every variant of the scenario has."""
        drawn = (entry.as_ for entry in self.document.faults if isinstance(entry, FaultChoice))
        return frozenset({*self.document.variables, *drawn, *RESERVED} - {"host"})

    def problem(self, path: KeyPath, text: Text, *, key: bool = False) -> Problem:
        """Return a problem at a value (or key) of ``scenario.yaml``."""
        return Problem(self.source.place(path, key=key), text)
