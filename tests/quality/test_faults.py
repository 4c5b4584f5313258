"""Every fault of the library documents itself and is proven on real hosts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.faults.fault import Fault
from orchestrator.faults.registry import fault_classes


@pytest.mark.parametrize("fault", fault_classes().values(), ids=lambda fault: fault.name)
def test_every_fault_documents_itself(fault: type[Fault]) -> None:
    """A trainer reads the docstring and the parameters' descriptions, and nothing else."""
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", fault.name)
    summary, _, more = (fault.__doc__ or "").partition("\n\n")
    assert summary.endswith(".")
    assert more.strip(), "what the trainee sees, and what the image must have"
    assert [name for name, field in fault.model_fields.items() if not field.description] == []


@pytest.mark.slow
def test_every_fault_has_a_live_test(root: Path) -> None:
    """pytest itself is asked which cases ``tests/live/faults`` has."""
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "live", "tests/live/faults"]
    done = subprocess.run(collect, cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    proven = set(re.findall(r"::test_fault\[([a-z0-9-]+)", done.stdout))
    assert set(fault_classes()) == proven
