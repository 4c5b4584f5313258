"""Records made under a scenario's former name: they become those of the scenario that bears another one now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias

from sqlalchemy import Engine, select, union, update

from orchestrator.records.models import Attempt, Launch

NamesNow: TypeAlias = Callable[[Collection[str]], Mapping[str, str]]
"""Tells which of these names scenarios no longer have, each with the name that its scenario has now."""

_BEARING: Final = (Attempt, Launch)


def adopt_names(engine: Engine, names_now: NamesNow) -> None:
    """Write the names that scenarios have now into what is kept of them; the journal says what they had then."""
    with engine.execution_options(breakfix_read_only=True).connect() as connection:
        used = set(connection.scalars(union(*(select(table.scenario) for table in _BEARING))))
    renamed = names_now(used) if used else {}
    if not renamed:
        return
    with engine.begin() as connection:
        for former, now in renamed.items():
            for table in _BEARING:
                connection.execute(update(table).where(table.scenario == former).values(scenario=now))
