"""A plan to rehearse a whole day with: made-up people, two short phases of scenarios that are proven."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.core.language import Language
from orchestrator.labd.plan_contract import PlanChoices, ScenarioChoice
from orchestrator.labd.plan_form_contract import CandidateFields, MemberFields, PhaseFields, PlanFields
from orchestrator.portal import in_words, plan_words

SECONDS: Final = "2"
"""How long a minute lasts: both phases, reading included, take two minutes and a half."""
_CANDIDATES: Final = 6
_LONGER: Final = 2
_REMOTE: Final = 5
_PHASES: Final = (("40", "5"), ("25", ""))
"""For each phase, the minutes of work and of reading."""
_ZONE: Final = "Europe/Paris"


def rehearsal(choices: PlanChoices, language: Language, now: datetime) -> PlanFields | None:
    """Return a plan to try a day with; None: no scenario is proven, so that no day can be held.

    Args:
        choices: what a plan may name.
        language: that of the names.
        now: the moment; it makes the session's name one of its own.
    """
    here = [one for one in choices.scenarios if one.here]
    scenarios = _easiest(here or choices.scenarios)
    if not scenarios:
        return None
    at = now.astimezone(ZoneInfo(_ZONE))
    made_up = in_words.said(plan_words.MADE_UP, language)
    return PlanFields(
        title=in_words.said(plan_words.REHEARSAL_OF, language, at=f"{at:%Y-%m-%d %H:%M:%S}"),
        id=f"rehearsal-{at:%Y-%m-%d-%H%M%S}",
        referential=choices.referential,
        date=f"{at:%Y-%m-%d}",
        timezone=_ZONE,
        centre=made_up,
        room=made_up,
        proof="here" if here else "recorded",
        retention_months="1",
        jury=tuple(
            MemberFields(f"member-{n}", in_words.said(plan_words.MADE_UP_MEMBER, language, n=n), made_up)
            for n in (1, 2)
        ),
        candidates=tuple(_candidate(n, language) for n in range(1, _CANDIDATES + 1)),
        phases=tuple(
            PhaseFields(f"phase-{n}", in_words.said(plan_words.PHASE, language, n=n), *minutes, scenarios=(one.id,))
            for n, (minutes, one) in enumerate(zip(_PHASES, (scenarios * 2)[:2], strict=True), 1)
        ),
    )


def _easiest(scenarios: Sequence[ScenarioChoice]) -> list[ScenarioChoice]:
    """Return the two that are easiest, or as many as there are."""
    return sorted(scenarios, key=lambda one: (one.difficulty, one.id))[:2]


def _candidate(number: int, language: Language) -> CandidateFields:
    """Return somebody made up; one has extra time, and one is at a distance, as it happens."""
    return CandidateFields(
        f"C-{number:02}",
        in_words.said(plan_words.MADE_UP_CANDIDATE, language, n=number),
        extra_time="1/3" if number == _LONGER else "",
        attendance="remote" if number == _REMOTE else "on-site",
    )
