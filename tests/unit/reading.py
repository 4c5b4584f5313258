"""Content that is read once for all the tests that only look at it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.loader.content import Content
from orchestrator.loader.scenario_folder import ValidateFault
from orchestrator.model.scenario import Scenario, ScenarioDocument


class ReadOnce(Content):
    """Content in which nobody changes a file: a scenario and its document are kept, as labs and images are."""

    def __init__(self, roots: Sequence[Path]) -> None:
        super().__init__(roots)
        self._scenarios: dict[tuple[str, bool], Scenario] = {}
        self._documents: dict[str, ScenarioDocument] = {}

    def scenario(self, name: str, *, validate_fault: ValidateFault | None = None) -> Scenario:
        key = name, validate_fault is None
        if key not in self._scenarios:
            self._scenarios[key] = super().scenario(name, validate_fault=validate_fault)
        return self._scenarios[key]

    def scenario_document(self, name: str) -> ScenarioDocument:
        if name not in self._documents:
            self._documents[name] = super().scenario_document(name)
        return self._documents[name]
