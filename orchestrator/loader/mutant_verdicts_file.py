"""Reading what an author says of mutants: ``mutants.yaml`` of a scenario's folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from orchestrator.core.errors import Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.folder_reader import Problems
from orchestrator.loader.scenario_folder import ScenarioFolder
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.mutant_verdicts import FILE, MutantVerdict, MutantVerdictsDocument
from orchestrator.templates.render import mistakes_in


def read_mutant_verdicts(
    folder: Path, problems: Problems, sources: dict[Path, YamlSource]
) -> tuple[MutantVerdict, ...]:
    """Return what is said of mutants; nothing where there is no such file, or none that can be read.

    Args:
        folder: the scenario's folder.
        problems: takes what is wrong.
        sources: gets the file, if it could be read.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    document, source = problems.document(path, MutantVerdictsDocument, within=folder)
    if document is None or source is None:
        return ()
    sources[path] = source
    return document.verdicts


def mutant_verdicts_hold(loaded: ScenarioFolder, verdicts: Collection[MutantVerdict]) -> Iterator[Problem]:
    """Yield what is wrong with what is said of mutants, as far as no mutant needs to be derived for it."""
    file = loaded.files.folder / FILE
    known = [solution.name for solution in loaded.files.solutions]
    seen: set[tuple[str, str, str, str | None]] = set()
    for i, one in enumerate(verdicts):
        path = ("verdicts", i)
        if one.solution not in known and loaded.files.complete:
            text = Text(fr=f"il n'y a pas de solution « {one.solution} »", en=f'there is no solution "{one.solution}"')
            yield Problem(loaded.files.place(file, (*path, "solution")), with_suggestion(text, one.solution, known))
        yield from mistakes_in(one.subject, loaded.names, loaded.files.text_place(file, (*path, "subject")))
        if one.when is not None:
            place = loaded.files.text_place(file, (*path, "when"))
            yield from mistakes_in(one.when, loaded.names, place, expression=True)
        key = (one.operator, one.solution, one.subject, one.when)
        if key in seen:
            yield Problem(
                loaded.files.place(file, path),
                Text(
                    fr="ce mutant a déjà un verdict plus haut ; gardez-en un",
                    en="this mutant has a verdict further up already; keep one",
                ),
            )
        seen.add(key)
