"""What an organiser is told whose plan or session is refused."""

from __future__ import annotations

from typing import Final

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import refused

MOST_REASON: Final = 500
"""Characters of a reason."""
LONGEST_MINUTE: Final = 59
"""Seconds of a rehearsal's minute: with sixty it is none."""

PROVE_FIRST: Final = Text(
    fr="Demandez à un administrateur de prouver ces scénarios, depuis le catalogue.",
    en="Ask an administrator to prove these scenarios, from the catalogue.",
)
ANOTHER_ID: Final = Text(
    fr="Donnez un autre « id » à ce plan ; ou retirez l'autre d'abord, tant qu'aucun lab n'en est ouvert.",
    en='Give this plan another "id"; or withdraw the other one first, as long as none of its labs is open.',
)


def missing_session() -> RefusedCallError:
    """Return what ends a call about a session that is not there, or was withdrawn."""
    return refused("missing", Text(fr="Cette session n'existe pas.", en="There is no such session."))


def wrong_rehearsal() -> Refusal:
    """Return that a rehearsal's minute is none."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Une minute de répétition dure de 1 à {LONGEST_MINUTE} secondes.",
            en=f"A minute of a rehearsal lasts from 1 to {LONGEST_MINUTE} seconds.",
        ),
        field="rehearsal",
    )


def wrong_reason() -> Refusal:
    """Return that a plan is withdrawn without a reason that can be kept."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Dites pourquoi, en {MOST_REASON} caractères au plus : le journal le garde.",
            en=f"Say why, in at most {MOST_REASON} characters: the journal keeps it.",
        ),
        field="reason",
    )


def begun() -> Refusal:
    """Return that a plan stays, for its labs are open or were."""
    return Refusal(
        "wrong",
        Text(
            fr="Des labs de cette session sont ouverts, ou l'ont été : elle ne se retire plus.",
            en="Labs of this session are open, or were: it can be withdrawn no longer.",
        ),
    )
