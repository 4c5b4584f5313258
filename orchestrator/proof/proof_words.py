"""The names of a proof's stages and states, as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator.core.text import Text
from orchestrator.proof.binding import NAMES
from orchestrator.proof.model import Stage, StageName
from orchestrator.proof.proof_status import State, Status

STAGES: Mapping[StageName, Text] = {
    "nowhere": Text(fr="sans lab", en="no lab"),
    "healthy": Text(fr="lab sain", en="healthy"),
    "broken": Text(fr="en panne", en="broken"),
    "not-begun": Text(fr="pas commencé", en="not begun"),
    "restored": Text(fr="panne annulée", en="reverted"),
    "again": Text(fr="en panne encore", en="broken again"),
    "dialogue": Text(fr="dialogue", en="dialogue"),
    "solution": Text(fr="solution", en="solution"),
    "reboot": Text(fr="redémarrage", en="reboot"),
    "shortcut": Text(fr="raccourci", en="shortcut"),
    "stopped": Text(fr="après l'arrêt", en="stopped"),
}

STATES: Mapping[State, Text] = {
    "here": Text(fr="ici", en="here"),
    "recorded": Text(fr="auteur", en="author"),
    "claimed": Text(fr="annoncé", en="claimed"),
    "changed": Text(fr="modifié", en="changed"),
    "unproven": Text(fr="jamais", en="never"),
}


def stage_title(stage: Stage) -> Text:
    """Return a stage's name with the solution or shortcut that it is about."""
    return STAGES[stage.name].map(lambda name: f"{name} {stage.subject}".strip())


def status_text(status: Status) -> Text:
    """Return what is known of a scenario's proof, in one or two sentences."""
    return _WORDS[status.state](status, status.proven_at.partition("T")[0], ", ".join(map(str, status.seeds)))


def _here(status: Status, day: str, seeds: str) -> Text:
    text = Text(fr=f"Prouvé ici le {day} (graine {seeds})", en=f"Proven here on {day} (seed {seeds})")
    if status.brief:
        text = _and(text, ", le chemin principal", ", the main line")
    if status.older:
        text = _and(text, ", par un autre état du programme", ", by another state of the program")
    return _and(text, ".", ".")


def _recorded(status: Status, day: str, seeds: str) -> Text:
    text = Text(
        fr=f"Prouvé par son auteur le {day}, Breakfix {status.version} (graine {seeds})",
        en=f"Proven by its author on {day}, Breakfix {status.version} (seed {seeds})",
    )
    if status.signer:
        text = _and(text, f", signé par {status.signer}", f", signed by {status.signer}")
    return _and(text, ".", ".")


def _claimed(_status: Status, day: str, _seeds: str) -> Text:
    return Text(
        fr=f"Annoncé : une preuve du {day}, que personne de connu n'a signée.",
        en=f"Claimed: a proof of {day}, signed by nobody who is known here.",
    )


def _changed(status: Status, day: str, _seeds: str) -> Text:
    fr = ", ".join(NAMES[part].fr for part in status.changed)
    en = ", ".join(NAMES[part].en for part in status.changed)
    return Text(
        fr=f"À reprouver : prouvé le {day} ; ce qui a changé depuis : {fr}.",
        en=f"To be proven again: proven on {day}; changed since: {en}.",
    )


def _unproven(status: Status, day: str, _seeds: str) -> Text:
    if status.failed:
        return Text(fr=f"Non prouvé : la preuve du {day} a échoué.", en=f"Not proven: the proof of {day} failed.")
    if status.brief:
        return Text(
            fr=f"Non prouvé : la preuve brève du {day} s'appuyait sur une autre, qui n'est plus là.",
            en=f"Not proven: the brief proof of {day} leaned on another one, which is gone.",
        )
    return Text(fr="Jamais prouvé.", en="Never proven.")


def _and(text: Text, fr: str, en: str) -> Text:
    return Text(fr=text.fr + fr, en=text.en + en)


_WORDS: Mapping[State, Callable[[Status, str, str], Text]] = {
    "here": _here,
    "recorded": _recorded,
    "claimed": _claimed,
    "changed": _changed,
    "unproven": _unproven,
}
