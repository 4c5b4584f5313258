"""What every fault class must have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.core.errors import Place, Problem
from orchestrator.core.text import Text
from orchestrator.faults.static_faults import StaticFault

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


def lacking(said: StaticFault, place: Place) -> Iterator[Problem]:
    """Yield what a trainer's fault class lacks."""
    if said.missing:
        listed = ", ".join(f"{name}()" for name in said.missing)
        yield Problem(
            place,
            Text(
                fr=f"la classe {said.title} n'a pas {listed} ; une classe de base commence par « _ »",
                en=f'the class {said.title} has no {listed}; a base class begins with "_"',
            ),
        )
    if said.name is None or not _NAME.fullmatch(said.name):
        yield Problem(
            place,
            Text(
                fr=f'il manque à la classe {said.title} son nom de panne : name: ClassVar[str] = "fichier-perdu"',
                en=f'the class {said.title} has no fault name: name: ClassVar[str] = "file-lost"',
            ),
            Text(
                fr="Le nom est en minuscules sans accents, avec au moins un tiret.",
                en="The name is in lower case, with at least one hyphen.",
            ),
        )
    if said.unusable:
        yield Problem(
            place,
            Text(
                fr=f"les bornes d'un paramètre de la classe {said.title} ne vont pas : {said.unusable}",
                en=f"the bounds of a parameter of the class {said.title} cannot be used: {said.unusable}",
            ),
        )
    if not said.docstring.strip():
        yield Problem(
            place,
            Text(
                fr=f"la classe {said.title} n'est pas documentée : sa première phrase dit ce qui est cassé",
                en=f"the class {said.title} has no docstring: its first sentence says what is broken",
            ),
        )
