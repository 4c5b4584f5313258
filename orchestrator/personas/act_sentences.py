"""What somebody does in the lab while they are talked to, as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.model.turns import PersonaAct

_CABLE_ACTS: Final[Mapping[str, Text]] = {
    "plug": Text(
        fr="{name} branche le câble {of} ({interface}).", en="{name} plugs the cable of {host} ({interface}) in."
    ),
    "unplug": Text(
        fr="{name} débranche le câble {of} ({interface}).", en="{name} unplugs the cable of {host} ({interface})."
    ),
    "replace": Text(
        fr="{name} remplace le câble {of} ({interface}).", en="{name} replaces the cable of {host} ({interface})."
    ),
}
_CABLE_MOVED: Final = Text(
    fr="{name} branche le câble {of} ({interface}) ailleurs : {what}.",
    en="{name} plugs the cable of {host} ({interface}) in elsewhere: {what}.",
)
_OTHERS: Final[Mapping[str, Text]] = {
    "reboot": Text(fr="{name} redémarre {host}.", en="{name} restarts {host}."),
    "types": Text(fr="{name} tape sur {host} : {what}", en="{name} types on {host}: {what}"),
    "shell": Text(fr="{name} agit sur {host}.", en="{name} acts on {host}."),
    "looks": Text(fr="{name} regarde sur {host}.", en="{name} looks at {host}."),
}
_WHOLE: Final[Mapping[str, Text]] = {
    "shell": Text(fr="{name} agit sur {host} : {what}", en="{name} acts on {host}: {what}"),
    "looks": Text(fr="{name} regarde sur {host} : {what}", en="{name} looks at {host}: {what}"),
}


def act_sentence(act: PersonaAct, name: str, *, whole: bool = False) -> Text:
    """Return what somebody did.

    Args:
        act: it.
        name: what they are called.
        whole: whether the lines of a scenario's author are told too, which stand for hands and eyes: they would tell a
            trainee too much.
    """
    interface, what, sentence = "", act.what, _OTHERS[act.kind] if act.kind != "cable" else _CABLE_MOVED
    if act.kind == "cable":
        interface, _, what = act.what.partition(" ")
        sentence = _CABLE_ACTS.get(what, _CABLE_MOVED)
    elif whole:
        sentence = _WHOLE.get(act.kind, sentence)
    values = {"name": name, "host": act.host, "of": de(act.host), "interface": interface, "what": what}
    return Text(fr=sentence.fr.format(**values), en=sentence.en.format(**values))
