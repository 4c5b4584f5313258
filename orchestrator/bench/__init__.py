"""The benchmark: our labs beside Debian's docker-compose and testinfra's stock backend, interleaved in one run."""

from orchestrator.bench.report import BenchReport
from orchestrator.bench.runner import run

__all__ = ["BenchReport", "run"]
