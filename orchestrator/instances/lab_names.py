"""The names of labs: those that a person may give, and new ones."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance
from orchestrator.model.plan import Plan

LONGEST: Final = 40
"""Letters of a name that a person gives: with a host's it has to make a container's name."""
_LONGEST_NEW: Final = 32
"""Letters of a scenario's name in a new name."""
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def require_name(name: str) -> None:
    """Make sure that a name can be a lab's: it becomes a part of containers' and files' names.

    Raises:
        UsageError: it cannot.
    """
    if _NAME.fullmatch(name) and len(name) <= LONGEST:
        return
    raise UsageError(
        Text(fr=f"« {name} » ne peut pas être le nom d'un lab.", en=f'"{name}" cannot be the name of a lab.'),
        Text(
            fr=f"Des lettres minuscules sans accent, des chiffres et des tirets, une lettre d'abord, {LONGEST} "
            f"caractères au plus : {_nearest(name)}, par exemple.",
            en=f"Small letters without accents, digits and hyphens, a letter first, {LONGEST} characters at most: "
            f"{_nearest(name)}, for example.",
        ),
    )


def require_free(name: str, hosts: Sequence[str], running: Sequence[Instance]) -> None:
    """Make sure that a lab can be given a name: none has it, and no container the name of one of its hosts'.

    Raises:
        UsageError: it cannot be a lab's name, or is in use.
    """
    require_name(name)
    wanted = {f"{name}-{host}" for host in hosts}
    for instance in running:
        if instance.name == name or wanted & {f"{instance.name}-{host.name}" for host in instance.hosts}:
            raise UsageError(
                Text(
                    fr=f"Le nom « {name} » est pris : le lab {instance.name} est en marche.",
                    en=f'The name "{name}" is taken: the lab {instance.name} is running.',
                ),
                Text(
                    fr=f"Choisissez un autre nom, ou arrêtez-le d'abord : « breakfix stop --lab {instance.name} ».",
                    en=f"Choose another name, or stop it first: 'breakfix stop --lab {instance.name}'.",
                ),
            )


def new_name(plan: Plan, taken: Collection[str]) -> str:
    """Return a name for an instance of a plan that is not taken."""
    while True:
        name = f"{(plan.scenario or plan.lab)[:_LONGEST_NEW].rstrip('-')}-{secrets.token_hex(2)}"
        if name not in taken:
            return name


def _nearest(name: str) -> str:
    """Return the nearest name that a lab can have."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    near = "-".join(words).lstrip("0123456789-")[:LONGEST].rstrip("-")
    return near or "lab-1"
