"""All scenarios, and whether a proof holds for each: read at most once a minute, for hashing all of them takes long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.core.errors import ContentError, UsageError
from orchestrator.core.text import Text
from orchestrator.labd.told_refusals import refused
from orchestrator.loader.content import Content
from orchestrator.loader.files import read_text
from orchestrator.model.lab import Lab
from orchestrator.model.scenario import ScenarioDocument
from orchestrator.proof.proof_status import Proofs, Status

_FRESH_S: Final = 60.0
_PROVEN: Final = frozenset({"here", "recorded"})


@dataclass(frozen=True)
class ShelvedScenario:
    """A scenario as it is written, and what is known of its proof."""

    document: ScenarioDocument
    status: Status

    @property
    def proven(self) -> bool:
        """Return whether a proof holds for it."""
        return self.status.state in _PROVEN


class ScenarioShelf:
    """The scenarios of a content."""

    def __init__(
        self, content: Content, proofs: Callable[[], Proofs], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take where they are, what is known of their proofs, and how time passes."""
        self.content = content
        self.proofs = proofs
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = -_FRESH_S
        self._all: dict[str, ShelvedScenario] = {}

    def all(self) -> Mapping[str, ShelvedScenario]:
        """Return every scenario that can be read, by its id, in the order of the certification's folders."""
        with self._lock:
            if self._clock() - self._read_at >= _FRESH_S or not self._all:
                self._all = self._read()
                self._read_at = self._clock()
            return self._all

    def one(self, scenario: str) -> ShelvedScenario:
        """Return a scenario.

        Raises:
            RefusedCallError: there is none of that id, or it cannot be read.
        """
        found = self.all().get(scenario)
        if found is None:
            raise refused("missing", Text(fr="Ce scénario n'existe pas.", en="There is no such scenario."))
        return found

    def forget(self) -> None:
        """Have everything read anew: a scenario has just been proven."""
        with self._lock:
            self._all = {}

    def _read(self) -> dict[str, ShelvedScenario]:
        found = {}
        for name in self.content.scenarios():
            try:
                found[name] = ShelvedScenario(self.content.scenario_document(name), self._status(name))
            except ContentError:  # 'validate' tells of it
                continue
        return found

    def _status(self, name: str) -> Status:
        try:
            return self.proofs().status(name)
        except (ContentError, UsageError):
            return Status("unproven")


def page_of(lab: Lab) -> Text:
    """Return a lab's page in both languages, or its summary where it has none."""
    pages = {
        language: read_text(file, within=lab.folder)
        for language in ("fr", "en")
        if (file := lab.folder / f"README.{language}.md").is_file()
    }
    if not pages:
        return lab.document.summary
    one = next(iter(pages.values()))
    return Text(fr=pages.get("fr", one), en=pages.get("en", one))
