"""What of a run goes into a scenario's record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, get_args

from orchestrator.mutation.verdicts import JudgedRun
from orchestrator.proof.mutant_record import RecordedFate, RecordedMutant, RecordedMutants

_LONGEST: Final = 400
"""Characters that are recorded of a line: some type in whole files."""


def record_of(judged: JudgedRun, program: str) -> RecordedMutants:
    """Return what is recorded of a run: only mutants that were played, and found something to spoil.

    Args:
        judged: what was played, by this program, now or before an interruption.
        program: the program, as ``program_hash`` returns it.
    """
    run = judged.run
    mutants = []
    for one in (*run.mutants, *run.of("equivalent")):
        fate = next(known for known in get_args(RecordedFate) if known == one.fate)
        verdict = judged.verdicts.get(one.name)
        mutants.append(
            RecordedMutant(
                one.name,
                fate,
                one.summary,
                one.by,
                one.same,
                one.lost,
                tuple(line.map(_short) for line in one.lines) if fate in {"survived", "equivalent"} else (),
                "" if verdict is None else verdict.judgement,
                None if verdict is None else verdict.reason,
            )
        )
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return RecordedMutants(run.plan.seed, now, program, run.derived, tuple(mutants))


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
