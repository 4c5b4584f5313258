"""Commands on a candidate's lab: refused, or an organiser's intervention with a reason, which the journal keeps."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator.cli.click_classes import WORDS, option
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.instances.instance import Instance

F = TypeVar("F", bound=Callable[..., Any])

_intervene = option(
    "--intervene",
    is_flag=True,
    help=Text(
        fr="Intervenir sur le lab d'un candidat : le journal de la session le note, avec --reason.",
        en="Intervene on a candidate's lab: the session's journal notes it, with --reason.",
    ),
)
_reason = option("--reason", default="", metavar=WORDS, help=Text(fr="Pourquoi intervenir.", en="Why to intervene."))


def intervention_options(function: F) -> F:
    """Give a command the options by which an organiser acts on a candidate's lab."""
    return _intervene(_reason(function))


def note_intervention(invocation: Invocation, instance: Instance, act: str, reason: str, *, intervene: bool) -> None:
    """Let anybody act on a lab; on a candidate's, only who says why, which the session's journal keeps first.

    Args:
        invocation: the command line.
        instance: the lab.
        act: what is done, as it is typed: ``cable pc1:eth0 plug``.
        reason: why.
        intervene: whether it is meant to be a candidate's.

    Raises:
        UsageError: it is a candidate's lab, and it is not meant to be, no reason is given, or no session of this
            account has it.
    """
    if not instance.assessed:
        return
    found = invocation.app.registry.holder_of(instance.name)
    if found is None:
        raise UsageError(
            Text(
                fr=f"{instance.name} est le lab d'un candidat, d'une session que ce compte ne tient pas.",
                en=f"{instance.name} is a candidate's lab, of a session that this account does not hold.",
            )
        )
    jury_session, sitting, lab = found
    if not intervene:
        raise UsageError(
            Text(
                fr=f"{instance.name} est le lab {sitting.phase} de {sitting.candidate} : ce que l'on y fait se note.",
                en=f"{instance.name} is the lab of {sitting.candidate} in {sitting.phase}: what is done there is "
                "noted.",
            ),
            Text(
                fr='Une intervention de l\'organisation : « --intervene --reason "…" ».',
                en="An intervention by the organisers: '--intervene --reason \"…\"'.",
            ),
        )
    jury_session.intervene(getpass.getuser(), sitting, lab.scenario, act, reason)


def refuse_assessed(instance: Instance, instead: Text) -> None:
    """Refuse what would show a candidate's results, or give them help, without the session knowing.

    Args:
        instance: the lab.
        instead: what there is instead, as a next step.

    Raises:
        UsageError: it is a candidate's lab.
    """
    if instance.assessed:
        raise UsageError(
            Text(fr=f"{instance.name} est le lab d'un candidat.", en=f"{instance.name} is a candidate's lab."), instead
        )
