"""The names of a proof's stages and states, as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.proof.model import Stage, StageName
from orchestrator.proof.store import State
from orchestrator.text import Text

STAGES: Mapping[StageName, Text] = {
    "nowhere": Text(fr="sans lab", en="no lab"),
    "healthy": Text(fr="lab sain", en="healthy"),
    "broken": Text(fr="en panne", en="broken"),
    "not-begun": Text(fr="pas commencé", en="not begun"),
    "restored": Text(fr="panne annulée", en="reverted"),
    "again": Text(fr="en panne encore", en="broken again"),
    "solution": Text(fr="solution", en="solution"),
    "reboot": Text(fr="redémarrage", en="reboot"),
    "shortcut": Text(fr="raccourci", en="shortcut"),
    "stopped": Text(fr="après l'arrêt", en="stopped"),
}

STATES: Mapping[State, Text] = {
    "proven": Text(fr="prouvé", en="proven"),
    "stale": Text(fr="à reprouver", en="stale"),
    "unproven": Text(fr="non prouvé", en="unproven"),
}


def stage_title(stage: Stage) -> Text:
    """Return a stage's name with the solution or shortcut that it is about."""
    return STAGES[stage.name].map(lambda name: f"{name} {stage.subject}".strip())
