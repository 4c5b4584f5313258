"""What keeps the grader from judging: each of these makes a check an error, never a pass and never a fail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.bilingual import reason, text_of
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text

UNEXPECTED_STATUS = re.compile(r"\S+: '.*' ended with status -?\d+, expected ", re.DOTALL)
"""How the English evidence of a check begins that ``check_output`` or ``run_expect`` turned red."""


def unexpected_status(where: str, command: str, status: int, expected: Sequence[int], said: str = "") -> str:
    """Return the message for a command that did not end as a check needs it to.

    Args:
        where: the host.
        command: what was run.
        status: how it ended.
        expected: how it should have ended, each as good as the others.
        said: what it printed.
    """
    wanted = [str(one) for one in expected]
    return reason(
        fr=f"{where} : « {command} » a fini avec l'état {status}, attendu {' ou '.join(wanted)}{said and f' : {said}'}",
        en=f"{where}: '{command}' ended with status {status}, expected {' or '.join(wanted)}{said and f': {said}'}",
    )


class ObservationError(LabError):
    """The grader could not look: a tool is missing, was killed, or answered something unreadable."""


class CheckMistakeError(LabError):
    """A check is written wrongly: an unknown host, a returned value, a skip."""


def missing_tool(where: str, command: str, status: int) -> ObservationError:
    """Return the error for a command that does not exist (127) or cannot be executed (126) at a place."""
    fr = "n'existe pas" if status == 127 else "ne peut pas être exécutée"  # noqa: PLR2004 (POSIX 2.8.2)
    en = "does not exist" if status == 127 else "cannot be executed"  # noqa: PLR2004 (POSIX 2.8.2)
    return ObservationError(
        Text(
            fr=f"{where} : la commande « {command} » {fr} (état {status}).",
            en=f"{where}: the command '{command}' {en} (status {status}).",
        )
    )


def killed_tool(where: str, command: str, signal: int) -> ObservationError:
    """Return the error for a command that a signal ended before it could answer."""
    return ObservationError(
        Text(
            fr=f"{where} : la commande « {command} » a été tuée par le signal {signal}.",
            en=f"{where}: the command '{command}' was killed by signal {signal}.",
        )
    )


def changed_tools(where: str, command: str, changed: Sequence[str]) -> ObservationError:
    """Return the error for a command of a host whose own tools are not those of its image any more."""
    shown = ", ".join(changed)
    return ObservationError(
        Text(
            fr=f"{where} : ses outils ont été changés ({shown}) : ce que dit « {command} » ne prouve rien.",
            en=f"{where}: the host's own tools were changed ({shown}): what '{command}' says proves nothing.",
        )
    )


def unreadable(where: str, command: str, answer: str) -> ObservationError:
    """Return the error for a tool whose answer says nothing about the lab; the answer may be a ``reason``."""
    shown = text_of(answer).map(lambda text: text.strip()[:300] or "-")
    return ObservationError(
        Text(
            fr=f"{where} : réponse inattendue de « {command} » : {shown.fr}",
            en=f"{where}: unexpected answer of '{command}': {shown.en}",
        )
    )
