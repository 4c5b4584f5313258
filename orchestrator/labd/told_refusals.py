"""What labd says where it refuses: words for people in a browser, who have no command line and see no path."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Final

from orchestrator.core.errors import BreakfixError, ContentError, LabError, UsageError
from orchestrator.core.text import Text
from orchestrator.instances.locks import BusyError
from orchestrator.instances.saving import SavedLabError
from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.labd.refused_call import RefusedCallError

_log = logging.getLogger(__name__)

_OF_THE_MACHINE: Final = re.compile(r"breakfix |\bkill\b|\b[Dd]ocker\b|(?:^|[\s'\"«(])/\w")
"""A command, a path or Docker: what helps at the machine's own command line, and concerns nobody in a browser."""
_ASK: Final = Text(
    fr="Réessayez dans un instant ; si cela dure, prévenez la personne qui s'occupe de cette machine.",
    en="Try again in a moment; if it lasts, tell whoever looks after this machine.",
)
_DOING: Final[Mapping[str, Text]] = {
    "start": Text(fr="il démarre encore", en="it is still starting"),
    "check": Text(fr="une évaluation est en cours", en="a grading is running"),
    "reset": Text(fr="il recommence au début", en="it is being started again"),
    "stop": Text(fr="il s'arrête", en="it is being stopped"),
    "cable": Text(fr="un câble est en main", en="a cable is being handled"),
    "say": Text(fr="quelqu'un y répond ou y agit", en="somebody is answering or acting in it"),
    "hint": Text(fr="un indice vient d'être demandé", en="a hint has just been asked for"),
    "queue": Text(fr="il attend son tour pour démarrer", en="it waits for its turn to start"),
    "freeze": Text(fr="il est mis en pause", en="it is being frozen"),
    "thaw": Text(fr="il reprend", en="it is being thawed"),
    "save": Text(fr="il est sauvegardé", en="it is being saved"),
    "resume": Text(fr="il est remis en marche", en="it is being resumed"),
}


def refused(
    kind: RefusalKind, text: Text, hint: Text | None = None, field: str = "", seconds: int = 0
) -> RefusedCallError:
    """Return what ends a call, see ``Refusal``."""
    return RefusedCallError(Refusal(kind, text, hint, field, seconds))


def signed_out() -> RefusedCallError:
    """Return what ends a call of nobody, or of somebody whose sign-in has ended."""
    return refused("signed-out", Text(fr="Vous n'êtes pas connecté.", en="You are not signed in."))


def forbidden() -> RefusedCallError:
    """Return what ends a call that is for others."""
    return refused("forbidden", Text(fr="Cela ne vous est pas permis.", en="You may not do that."))


def missing_lab() -> RefusedCallError:
    """Return what ends a call about a lab that is not there, or is not theirs: both read the same."""
    return refused(
        "missing", Text(fr="Ce lab n'existe pas, ou n'existe plus.", en="There is no such lab, or it is gone.")
    )


def saved_lab() -> RefusedCallError:
    """Return what ends a call that needs the hosts of a lab that is saved."""
    return refused(
        "busy",
        Text(
            fr="Ce lab est sauvegardé : ses machines sont éteintes.",
            en="This lab is saved: its machines are switched off.",
        ),
        Text(fr="Reprenez-le d'abord, depuis sa page.", en="Resume it first, on its page."),
    )


def missing_class() -> RefusedCallError:
    """Return what ends a call about a class that is not there, or is not theirs: both read the same."""
    return refused("missing", Text(fr="Cette classe n'existe pas.", en="There is no such class."))


def missing_terminal() -> RefusedCallError:
    """Return what ends a call about a terminal that is not there."""
    return refused(
        "missing", Text(fr="Ce terminal n'existe pas, ou plus.", en="There is no such terminal, or it is gone.")
    )


def missing_desktop() -> RefusedCallError:
    """Return what ends a call about a desktop of which there is nothing to see."""
    return refused(
        "missing",
        Text(
            fr="De ce bureau, il n'y a rien à voir, ou plus.", en="There is nothing to see of that desktop, or no more."
        ),
    )


def missing_attempt() -> RefusedCallError:
    """Return what ends a call about an attempt that is not there, or is not theirs: both read the same."""
    return refused("missing", Text(fr="Cet essai n'existe pas.", en="There is no such attempt."))


def missing_recording() -> RefusedCallError:
    """Return what ends a call about a recording that is not there, or that ends before."""
    return refused("missing", Text(fr="Cet enregistrement n'existe plus.", en="This recording is gone."))


def busy_with(act: str) -> RefusedCallError:
    """Return what ends a call on a lab with which something else is being done."""
    doing = _DOING[act]
    return refused(
        "busy",
        Text(fr=f"Ce lab est occupé : {doing.fr}.", en=f"This lab is busy: {doing.en}."),
        Text(fr="Réessayez quand ce sera fini.", en="Try again once that is done."),
    )


def broken() -> Refusal:
    """Return what is told of a mistake of the program's own, which the log describes."""
    return Refusal(
        "broken", Text(fr="Le service des labs a rencontré une erreur.", en="The lab service met with an error."), _ASK
    )


def cut_short() -> Refusal:
    """Return what is told of something that the end of labd has ended."""
    return Refusal(
        "machine",
        Text(
            fr="Le service des labs a redémarré pendant cette action.",
            en="The lab service was restarted during this action.",
        ),
        Text(fr="Recommencez-la.", en="Do it again."),
    )


def refusal_of(error: BreakfixError) -> Refusal:
    """Return an error as a refusal: its own words where they help in a browser, else general ones; the log has all."""
    if isinstance(error, BusyError):
        return Refusal(
            "busy",
            Text(
                fr="Ce lab est occupé : un autre programme de la machine y travaille.",
                en="This lab is busy: another program of the machine is at work on it.",
            ),
            _ASK,
        )
    if isinstance(error, SavedLabError):
        return saved_lab().refusal
    kind: RefusalKind = "wrong" if isinstance(error, UsageError) else "machine"
    text = words_of(error)
    if kind == "machine":
        _log.warning("%s: %s %s", type(error).__name__, error.text.en, error.evidence)
    if text != error.text:
        return Refusal(kind, text, _ASK)
    hint = error.hint if error.hint is not None and speaks(error.hint) else None
    return Refusal(kind, text, hint or (_ASK if kind == "machine" else None))


def words_of(error: BreakfixError) -> Text:
    """Return what is said of an error in a browser: its own words where they help there."""
    return _general(error) if isinstance(error, ContentError) or not speaks(error.text) else error.text


def speaks(text: Text) -> bool:
    """Return whether a text says something in a browser: it names no command and no path of the machine."""
    return not _OF_THE_MACHINE.search(text.fr) and not _OF_THE_MACHINE.search(text.en)


def _general(error: BreakfixError) -> Text:
    if isinstance(error, ContentError):
        return Text(
            fr="Ce scénario ou son lab contient une erreur : il ne peut pas servir tel quel.",
            en="This scenario or its lab has a mistake in it: it cannot be used as it is.",
        )
    if isinstance(error, LabError):
        return Text(fr="Le lab a rencontré un problème.", en="The lab met with trouble.")
    if isinstance(error, UsageError):
        return Text(fr="Ce n'est pas possible ici.", en="That is not possible here.")
    return Text(fr="La machine des labs a un problème.", en="The machine of the labs has a problem.")
