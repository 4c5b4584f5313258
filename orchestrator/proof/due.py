"""What the tests prove of the content: whatever is not as it is recorded, and by turns a little of what is.

Nothing of it is left to chance: the same content and program give the same choice on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.proof.binding import Binding
from orchestrator.proof.ledger import FoundEntry
from orchestrator.proof.proof_status import Proofs

MOST_STALE: Final = 5
"""The most scenarios that the tests prove whole because they are not as recorded: each takes some minutes."""
REPLAYED: Final = 1
WHOLE: Final = 1
LABS: Final = 3
"""Of so many labs a main line is played, one each: some have eight scenarios, and the time must not depend on whose
turn it is."""


@dataclass(frozen=True)
class Due:
    """What is to be played; each scenario is in one of them.

    Attributes:
        stale: without a record of them as they are now: proven whole, those with the most shortcuts first.
        replayed: as they are recorded, every colour compared; each whose record nobody vouches for is among them.
        whole: proven whole, without comparing.
        main_lines: of these the main line alone.
        records: the records of all that have one, as they are now or not.
    """

    stale: tuple[str, ...]
    replayed: tuple[str, ...]
    whole: tuple[str, ...]
    main_lines: tuple[str, ...]
    records: Mapping[str, FoundEntry]


def due(content: Content, proofs: Proofs) -> Due:
    """Return what is to be played of the content that comes with the program.

    Raises:
        ContentError: a document is invalid.
    """
    bindings = {name: proofs.binding(name) for name in content.scenarios()}
    found = {name: proofs.ledger.find(name) for name in bindings}
    records = {name: record for name, record in found.items() if record is not None}
    fresh = {name for name, record in records.items() if not record.entry.binding.changed(bindings[name])}
    edited = {name for name in fresh if records[name].believed == "no"}
    turn = _Turn(bindings)
    replayed = [*sorted(edited), *turn.order(fresh - edited)[:REPLAYED]]
    whole = turn.order(fresh.difference(replayed))[:WHOLE]
    rest = fresh.difference(replayed, whole)
    labs = {name: content.scenario_document(name).lab for name in bindings}
    chosen = turn.order({labs[name] for name in rest})[:LABS]
    main_lines = [turn.order(name for name in rest if labs[name] == lab)[0] for lab in chosen]
    shortcuts = {name: len([*(content.scenario_folder(name) / "shortcuts").glob("*.yaml")]) for name in bindings}
    stale = sorted(bindings.keys() - fresh, key=lambda name: (-shortcuts[name], name))
    return Due(tuple(stale), tuple(replayed), tuple(whole), tuple(sorted(main_lines)), records)


def require_few_stale(content: Content, proofs: Proofs) -> None:
    """Refuse content of which more is stale than the tests can prove in their time.

    Raises:
        UsageError: it is so; the error names the command that proves and records them.
        ContentError: a document is invalid.
    """
    stale = sorted(due(content, proofs).stale)
    if len(stale) <= MOST_STALE:
        return
    raise UsageError(
        Text(
            fr=f"{len(stale)} scénarios ne sont plus tels que leur preuve enregistrée ; les tests en prouvent "
            f"{MOST_STALE} au plus.",
            en=f"{len(stale)} scenarios are not as their recorded proof any more; the tests prove {MOST_STALE} at "
            "most.",
        ),
        Text(
            fr=f"Prouvez-les et enregistrez les preuves : « breakfix prove {' '.join(stale)} --record ».",
            en=f"Prove them and record the proofs: 'breakfix prove {' '.join(stale)} --record'.",
        ),
    )


class _Turn:
    """An order that changes with the content and the program, and with nothing else."""

    def __init__(self, bindings: Mapping[str, Binding]) -> None:
        lines = (f"{name} {sorted(binding.to_document().items())}" for name, binding in sorted(bindings.items()))
        self._tree = hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def order(self, names: Iterable[str]) -> list[str]:
        """Return names in the order of this turn."""
        return sorted(names, key=lambda name: hashlib.sha256(f"{self._tree} {name}".encode()).hexdigest())
