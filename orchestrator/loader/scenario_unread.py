"""What can be said of a scenario's templates while its ``scenario.yaml``, or its lab, cannot be made out.

Nothing is rendered. A template that is no valid one, or that names what no variant can have, is told all the same, so
that the author repairs it together with what keeps the rest from being read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import Place, Problem
from orchestrator.loader.check_statements import names_are_known
from orchestrator.loader.scenario_folder import RepairFiles
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.planning.template_context import RESERVED
from orchestrator.templates.render import mistakes_in

_CASE: Final = "cause"
"""The name of a drawn case where ``as`` gives no other (see ``FaultChoice``)."""


def try_unread(folder: Path, texts: Mapping[str, str], files: RepairFiles) -> Iterator[Problem]:
    """Yield what is wrong in templates that cannot be rendered yet.

    Args:
        folder: the scenario's folder.
        texts: the ticket and the debrief by the names of their files.
        files: the other files of the folder, ``scenario.yaml`` among its sources.
    """
    source = files.sources.get(folder / "scenario.yaml")
    names = None if source is None else _names(source.value)
    if source is None or names is None:
        return
    yield from names_are_known(files.checks, names)
    for name, text in texts.items():
        yield from mistakes_in(text, names, Place.of(folder / name, 1))
    others = [solution.source for solution in (*files.solutions, *files.shortcuts)]
    others += [persona.source for persona in files.personas]
    for one in (source, *(files.sources[other] for other in others)):
        for path, text in _strings(one.value):
            if path[0] in {"hints", "faults", "afterwards", "summary", "steps", "opens", "answers", "dialogues"}:
                yield from mistakes_in(text, names, one.text_place(path), expression=path[-1] == "when")


def _names(document: object) -> frozenset[str] | None:
    """Return the names that the variants would have; None where that cannot be seen."""
    variables = document.get("variables") or {} if isinstance(document, dict) else None
    faults = document.get("faults") or [] if isinstance(document, dict) else None
    if not isinstance(variables, dict) or not isinstance(faults, list):
        return None
    cases = {str(entry.get("as", _CASE)) for entry in faults if isinstance(entry, dict) and "fault" not in entry}
    return frozenset({*variables, *cases, *RESERVED} - {"host"})


def _strings(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:  # noqa: ANN401 - any YAML value
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _strings(item, (*path, key))
