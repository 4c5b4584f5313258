"""Reading the people who answer: ``persona.yaml`` of a scenario's folder, or several ``personas/*.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.loader.files import problem
from orchestrator.loader.folder_reader import Problems
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.persona import Persona, PersonaDocument

PERSONA_ENTRIES: Final = ("persona.yaml", "personas")
"""What a scenario's folder may have of them."""


def read_personas(folder: Path, problems: Problems, sources: dict[Path, YamlSource]) -> tuple[Persona, ...]:
    """Return the personas that could be read, by name: that of the file, or of the person where there is one file.

    Args:
        folder: the scenario's folder.
        problems: takes what is wrong.
        sources: gets each file that could be read.
    """
    found = []
    for path in _files(folder, problems):
        document, source = problems.document(path, PersonaDocument, within=folder)
        if document is not None and source is not None:
            sources[path] = source
            name = document.person or path.stem if path.parent == folder else path.stem
            found.append(Persona(name, document, path))
    return tuple(found)


def _files(folder: Path, problems: Problems) -> Iterator[Path]:
    single, several = folder / "persona.yaml", sorted((folder / "personas").glob("*.yaml"))
    if single.exists():
        yield single
    if single.exists() and several:
        problems.add(
            [
                problem(
                    single,
                    "mettez ce fichier dans personas/, avec les autres",
                    "put this file into personas/, with the others",
                )
            ]
        )
    problems.add(
        problem(path, "ce fichier ne serait pas lu : nommez-le *.yaml", "this file would not be read: name it *.yaml")
        for path in sorted((folder / "personas").glob("*.yml"))
    )
    yield from several
