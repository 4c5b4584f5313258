"""What operators by kind can spoil on a host: every kind of every operator, and how to see which a host has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.mutation.kind import SpoiltKind
from orchestrator.mutation.limit_kinds import LIMITS
from orchestrator.mutation.protection_kinds import AUTHENTICATION, ENCRYPTION, VERIFICATION
from orchestrator.mutation.remade_kinds import REMADE

ALL: Final[Mapping[str, tuple[SpoiltKind, ...]]] = {
    "emptied-limit": LIMITS,
    "authentication-off": AUTHENTICATION,
    "verification-off": VERIFICATION,
    "encryption-off": ENCRYPTION,
    "remade-object": REMADE,
}
"""The kinds of each operator by kind."""


def probe() -> str:
    """Return lines that print what a host has, one on a line: the operator, and the kind."""
    return "\n".join(
        f"if {{ {kind.there}\n}} </dev/null >/dev/null 2>&1; then echo {operator} {kind.name}; fi"
        for operator, kinds in ALL.items()
        for kind in kinds
    )


def printed(output: str) -> Iterator[tuple[str, str]]:
    """Yield what the lines of ``probe`` printed."""
    for line in output.splitlines():
        operator, _, name = line.partition(" ")
        if any(kind.name == name for kind in ALL.get(operator, ())):
            yield operator, name
