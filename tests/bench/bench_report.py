"""The benchmark's report: the machine, every single measurement, medians and ratios."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from orchestrator.core.text import Language, Text
from tests.bench.machine_facts import MachineFacts
from tests.bench.report_text import render_text
from tests.bench.samples import Comparison

SCHEMA: Final = 1


@dataclass(frozen=True)
class BenchReport:
    """What one run of the benchmark found.

    Attributes:
        started_at: ISO 8601, UTC.
        seconds: how long it took.
        runs: samples of each long measurement.
        machine: where it ran.
        peer_privileges: what systemd needed under Compose, and our hosts do not have.
        comparisons: the measurements, in the order in which they are told.
    """

    started_at: str
    seconds: float
    runs: int
    machine: MachineFacts
    peer_privileges: Text
    comparisons: tuple[Comparison, ...]

    @property
    def met(self) -> bool:
        """Return whether every target is met."""
        return all(comparison.met is not False for comparison in self.comparisons)

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {
            "schema": SCHEMA,
            "started_at": self.started_at,
            "seconds": self.seconds,
            "runs": self.runs,
            "machine": asdict(self.machine),
            "peer_privileges": {"fr": self.peer_privileges.fr, "en": self.peer_privileges.en},
            "met": self.met,
            "comparisons": [comparison.to_document() for comparison in self.comparisons],
        }

    def to_text(self, language: Language) -> str:
        """Return the report as plain text."""
        return render_text(self, language)
