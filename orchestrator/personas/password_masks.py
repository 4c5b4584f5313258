"""Passwords in what was said: who talks hears them, and whoever reads it later sees that one was there.

The turns themselves keep them: gradings read those, and a later turn may need what an earlier one told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from orchestrator.core.text import Text
from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.slots import told_password

MASK: Final = Text(fr="•••• (mot de passe)", en="•••• (password)")
"""What stands in the place of a password."""
_DISTINCT: Final = 6
"""Characters from which on a password is one also within other characters, as in ``-wSapin-4417``."""
_CUT: Final = 3
"""Characters of a password's end that are seen as such where the beginning of a text is cut off."""


def passwords_of(turn: Turn, known: Iterable[str]) -> tuple[str, ...]:
    """Return the passwords in a turn, of which more may come once it is answered.

    Args:
        turn: the turn.
        known: passwords that may be in it: the variant's, and those that earlier turns had.
    """
    told = (told_password(turn.said) or "").strip("«»“”\"'` ")
    if not told and "tell_password" in turn.intents:
        told = turn.slots.get("command", "")
    texts = [turn.said, turn.reply, *turn.slots.values(), *turn.wanted.values()]
    texts += [text for act in turn.acts for text in (act.what, act.output)]
    found = (one for one in (told, *known) if one and any(_without(text, (one,), "") != text for text in texts))
    return tuple(dict.fromkeys(found))


def masked(turn: Turn) -> Turn:
    """Return a turn as whoever reads it later sees it, without the passwords."""
    hide = _hiding(turn)
    return replace(
        with_acts_masked(turn),
        said=hide(turn.said),
        reply=hide(turn.reply),
        slots=_named(turn.slots, turn),
        wanted=_named(turn.wanted, turn),
        secrets=(),
    )


def with_acts_masked(turn: Turn) -> Turn:
    """Return a turn as who talks sees it: what was said as it was, what somebody types as on a screen that hides it."""
    hide = _hiding(turn)
    return replace(turn, acts=tuple(_hidden(act, hide) for act in turn.acts))


def _hiding(turn: Turn) -> Callable[[str], str]:
    secrets, mask = turn.secrets, MASK.in_(turn.language)
    return lambda text: _without(text, secrets, mask)


def _hidden(act: PersonaAct, hide: Callable[[str], str]) -> PersonaAct:
    return replace(act, what=hide(act.what), output=hide(act.output))


def _named(values: Mapping[str, str], turn: Turn) -> dict[str, str]:
    """Return what a turn names; the number in a password is none of it."""
    hide, mask = _hiding(turn), MASK.in_(turn.language)
    part = {name for name, value in values.items() if any(value in secret for secret in turn.secrets)}
    return {name: mask if name in part else hide(value) for name, value in values.items()}


def _without(text: str, secrets: Iterable[str], mask: str) -> str:
    """Return a text with something else in the place of passwords."""
    for secret in sorted(secrets, key=len, reverse=True):
        for shape in dict.fromkeys((secret, secret.replace("'", "'\"'\"'"))):  # as it is typed, and as a shell has it
            if len(shape) < _DISTINCT:
                text = re.sub(rf"(?<![\w-]){re.escape(shape)}(?![\w-])", lambda _: mask, text)
            else:
                text = text.replace(shape, mask)
            ends = (shape[-length:] for length in range(len(shape) - 1, _CUT - 1, -1))
            if text.startswith("…") and (end := next((one for one in ends if text[1:].startswith(one)), None)):
                text = f"…{mask}{text[1 + len(end) :]}"
    return text
