"""The kinds of files that people write, and the line that tells an editor which schema a file follows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.model.base import CONTRACT, ContractDocument
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import LabDocument
from orchestrator.model.mutant_verdicts import MutantVerdictsDocument
from orchestrator.model.persona import PersonaDocument
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import ScenarioDocument, SolutionDocument
from orchestrator.model.serve_settings import ServeSettings
from orchestrator.model.session_plan import SessionPlan

SCHEMAS: Final = f"schemas/v{CONTRACT}"
"""Where a content root keeps its schemas; the project's own are in ``docs/`` below that name."""


@dataclass(frozen=True)
class Kind:
    """One kind of content file.

    Attributes:
        name: its name, and that of its schema.
        model: what the loader makes of such a file.
        files: which files of a content root are of this kind, for people.
        page: the page below ``docs/`` that has the reference of its keys.
    """

    name: str
    model: type[ContractDocument]
    files: str
    page: str = "trainers"

    @property
    def file(self) -> str:
        """Return the file name of the schema."""
        return f"{self.name}.json"


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("lab", LabDocument, "labs/<lab>/lab.yaml"),
        Kind("scenario", ScenarioDocument, "scenarios/<competence>/<id>/scenario.yaml"),
        Kind("solution", SolutionDocument, "solutions/*.yaml, shortcuts/*.yaml"),
        Kind("persona", PersonaDocument, "persona.yaml, personas/*.yaml of a scenario"),
        Kind("mutants", MutantVerdictsDocument, "mutants.yaml of a scenario"),
        Kind("image", ImageSpec, "images/<image>/image.yaml"),
        Kind("session", SessionPlan, "session.yaml"),
        Kind("referential", Referential, "the certification's data file"),
        Kind("portal", ServeSettings, "/etc/breakfix/portal.toml", page="portal"),
    )
}
"""Every kind of content file, by the name of its schema."""


def header_line(kind: str, document: Path, schemas: Path) -> str:
    """Return the first line of a content file, by which the YAML language server finds its schema.

    Args:
        kind: a name in ``KINDS``.
        document: the file that gets the line.
        schemas: the folder of the schemas (see ``SCHEMAS``); the line holds the way from the file to it.

    Raises:
        KeyError: there is no such kind.
    """
    way = os.path.relpath(schemas / KINDS[kind].file, document.parent)
    return f"# yaml-language-server: $schema={Path(way).as_posix()}"
