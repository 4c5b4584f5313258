"""Drawing scenarios: a pure function of the pool and a seed, so that it can be done again in front of a witness.

Each scenario of the pool gets a number, SHA-256 of the seed, the phase, the rule, the candidate and the scenario; the
smallest ones are drawn. Whoever has the seed and the pool can work it out with ``sha256sum``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.assessment.plan_file import Offer
from orchestrator.core.documents import document_of, read_as
from orchestrator.model.session_plan import DrawRule, Phase

_METHOD: Final = "breakfix draw 1"
_DIGITS: Final = 32


def new_draw_seed() -> str:
    """Return a fresh seed: 32 hexadecimal digits, to be read out and typed again."""
    return secrets.token_hex(_DIGITS // 2)


@dataclass(frozen=True)
class Drawing:
    """What was drawn for one phase.

    Attributes:
        phase: its name.
        seed: what it was drawn with.
        pools: for each rule, in order, the scenarios that could be drawn.
        drawn: candidate -> scenarios, in order.
    """

    phase: str
    seed: str
    pools: tuple[tuple[str, ...], ...]
    drawn: Mapping[str, tuple[str, ...]]

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        return {"method": _METHOD, **document_of(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Drawing:
        """Return what ``to_document`` wrote."""
        return read_as(document, cls)


def pool_of(rule: DrawRule, offers: Mapping[str, Offer], proven: Sequence[str]) -> tuple[str, ...]:
    """Return the proven scenarios that a rule may draw, sorted."""
    return tuple(
        sorted(
            name
            for name in proven
            if rule.competence in offers[name].competences and rule.easiest <= offers[name].difficulty <= rule.hardest
        )
    )


def draw(phase: Phase, candidates: Sequence[str], pools: Sequence[Sequence[str]], seed: str) -> Drawing:
    """Draw the scenarios of a phase for each candidate; a phase with scenarios of its own has them.

    Args:
        phase: the phase.
        candidates: the candidates' numbers.
        pools: for each of the phase's rules, what may be drawn.
        seed: what to draw with.

    Raises:
        ValueError: a pool has fewer scenarios than are to be drawn, those drawn by an earlier rule not counted.
    """
    drawn = {candidate: phase.scenarios or _drawn(phase, candidate, pools, seed) for candidate in candidates}
    return Drawing(phase.name, seed, tuple(tuple(pool) for pool in pools), drawn)


def drawn_again(drawing: Drawing, phase: Phase) -> bool:
    """Return whether drawing again with the same seed from the same pools gives the same."""
    return draw(phase, list(drawing.drawn), drawing.pools, drawing.seed) == drawing


def _drawn(phase: Phase, candidate: str, pools: Sequence[Sequence[str]], seed: str) -> tuple[str, ...]:
    found: list[str] = []
    who = "" if phase.same_for_all else candidate
    for number, (rule, pool) in enumerate(zip(phase.draw, pools, strict=True)):
        left = [name for name in pool if name not in found]
        if len(left) < rule.count:
            message = f"{rule.count} of {len(left)} scenarios cannot be drawn for {rule.competence}"
            raise ValueError(message)
        left.sort(key=lambda name: _number(seed, phase.name, str(number), who, name))
        found += left[: rule.count]
    return tuple(found)


def _number(*parts: str) -> str:
    return hashlib.sha256("\n".join((_METHOD, *parts)).encode()).hexdigest()
