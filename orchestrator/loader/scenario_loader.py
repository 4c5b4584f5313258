"""A scenario's folder: ``scenario.yaml``, ticket, debrief, ``checks/``, ``files/``, ``solutions/``, ``shortcuts/``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Problem
from orchestrator.core.language import Language
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.check_calls import Known, asked_names_are_known
from orchestrator.loader.check_statements import asked_names, competences_are_known, names_are_known
from orchestrator.loader.draw_checks import CHECKS_OF_DRAWS
from orchestrator.loader.files import problem, read_text, require_bounded
from orchestrator.loader.folder_reader import Problems, check_files, digest_of, misnamed_entries
from orchestrator.loader.lab_tools_source import tools_are_known
from orchestrator.loader.mutant_verdicts_file import mutant_verdicts_hold, read_mutant_verdicts
from orchestrator.loader.persona_checks import personas_hold_together
from orchestrator.loader.persona_files import PERSONA_ENTRIES, read_personas
from orchestrator.loader.placed_files import placed_files
from orchestrator.loader.repair_checks import CHECKS_OF_FILES
from orchestrator.loader.scenario_checks import CHECKS, unknown_competence
from orchestrator.loader.scenario_folder import RepairFiles, ScenarioFolder, ValidateFault
from orchestrator.loader.scenario_on_lab import CHECKS_ON_LAB
from orchestrator.loader.scenario_rendering import try_variants
from orchestrator.loader.scenario_unread import try_unread
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.lab import Lab
from orchestrator.model.mutant_verdicts import FILE as MUTANTS
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import Scenario, ScenarioDocument, Solution, SolutionDocument

_LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
_COMPANIONS = tuple(f"{name}.{language}.md" for name in ("ticket", "debrief") for language in _LANGUAGES)
_STEPS = ("solutions", "shortcuts")
_ENTRIES = ("scenario.yaml", *_COMPANIONS, "checks", "files", *_STEPS, *PERSONA_ENTRIES, MUTANTS)


@dataclass(frozen=True)
class ScenarioContext:
    """What a scenario leans on.

    Attributes:
        labs: the names of all labs.
        read_lab: reads one of them, see ``orchestrator.loader.lab_loader.read_lab``; raises ``ContentError``.
        referential: the certification.
        validate_fault: tells what is wrong with a fault, its parameters rendered; None: not checked.
    """

    labs: Collection[str]
    read_lab: Callable[[str], tuple[Lab | None, tuple[Problem, ...]]]
    referential: Referential
    validate_fault: ValidateFault | None = None


def load_scenario(folder: Path, context: ScenarioContext) -> Scenario:
    """Load a scenario and check that it holds together, on several of its variants.

    What one file spoils does not hide what is wrong in the others.

    Raises:
        ContentError: with every problem of the folder, and those of its lab.
    """
    require_bounded(folder)
    problems = Problems()
    problems.add(misnamed_entries(folder, _ENTRIES))
    document, source = problems.document(folder / "scenario.yaml", ScenarioDocument, within=folder)
    only = document.ticket_language if document is not None else _stated_language(source)
    tickets: dict[Language, str] = {language: f"ticket.{only or language}.md" for language in _LANGUAGES}
    names = (*dict.fromkeys(tickets.values()), *(name for name in _COMPANIONS if name.startswith("debrief")))
    texts = {name: _companion(folder / name, folder, problems) for name in names}
    problems.add(_unread_ticket(folder, only))
    sources: dict[Path, YamlSource] = {} if source is None else {folder / "scenario.yaml": source}
    files = _repair_files(folder, sources, problems)
    mutants = read_mutant_verdicts(folder, problems, sources)
    placed = placed_files(folder, problems)
    for question in CHECKS_OF_FILES:
        problems.add(question(files))
    problems.add(competences_are_known(files.checks, partial(unknown_competence, referential=context.referential)))
    lab = None if document is None or source is None else _lab(document, source, context, problems)
    digest = digest_of(folder, problems, also=lab.digest if lab else "")
    if lab is None:
        problems.add(try_unread(folder, texts, files))
    if document is None:
        raise problems.error()
    loaded = ScenarioFolder(document, files, context.referential)
    problems.add(mutant_verdicts_hold(loaded, mutants))
    drawable = _ask(loaded, problems)
    if lab is None:
        raise problems.error()
    known: Known = {
        "host": lab.document.hosts,
        "segment": lab.document.segments,
        "value": loaded.names,
        "persona": [persona.name for persona in files.personas],
    }
    problems.add(asked_names_are_known(asked_names(files.checks), known))
    problems.add(tools_are_known(files.checks, lab.tools, lab.folder))
    scenario = Scenario(
        document=document,
        folder=folder,
        lab=lab,
        ticket=Text(fr=texts[tickets["fr"]], en=texts[tickets["en"]]),
        debrief=Text(fr=texts["debrief.fr.md"], en=texts["debrief.en.md"]),
        solutions=files.solutions,
        shortcuts=files.shortcuts,
        checks=(*(file.path for file in files.checks), *_taken_over(document, source, lab, problems)),
        files=placed,
        digest=digest,
        personas=files.personas,
        mutants=mutants,
    )
    unfit = [problem for question in CHECKS_ON_LAB for problem in question(scenario, loaded)]
    problems.add(unfit)
    if drawable and not unfit:
        problems.add(try_variants(scenario, loaded, context.validate_fault))
    problems.raise_if_any()
    return scenario


def _taken_over(
    document: ScenarioDocument, source: YamlSource | None, lab: Lab, problems: Problems
) -> tuple[Path, ...]:
    """Return the files of the lab's guards that a scenario names."""
    guards = {path.stem.removeprefix("test_").replace("_", "-"): path for path in lab.guards}
    for i, name in enumerate(document.guards):
        if name not in guards and source is not None:
            unknown = Text(fr=f"le lab n'a pas de garde « {name} »", en=f'the lab has no guard "{name}"')
            problems.add([Problem(source.place(("guards", i)), with_suggestion(unknown, name, guards))])
    return tuple(guards[name] for name in document.guards if name in guards)


def _ask(loaded: ScenarioFolder, problems: Problems) -> bool:
    """Ask everything about ``scenario.yaml``, and return whether its variants can be drawn."""
    for question in CHECKS:
        problems.add(question(loaded))
    undrawable = [problem for question in CHECKS_OF_DRAWS for problem in question(loaded)]
    problems.add(undrawable)
    problems.add(names_are_known(loaded.files.checks, loaded.names))
    problems.add(personas_hold_together(loaded))
    return not undrawable


def _companion(path: Path, folder: Path, problems: Problems) -> str:
    text = problems.attempt(read_text, path, within=folder)
    if text is not None and not text.strip():
        problems.add((problem(path, "ce fichier est vide ; écrivez le texte", "this file is empty; write the text"),))
    return text or "…"


def _stated_language(source: YamlSource | None) -> Language | None:
    """Return the ticket's one language as a ``scenario.yaml`` says it that is no scenario for other reasons."""
    stated = source.value.get("ticket_language") if source is not None and isinstance(source.value, dict) else None
    return next((language for language in _LANGUAGES if language == stated), None)


def _unread_ticket(folder: Path, only: Language | None) -> Iterator[Problem]:
    """Yield a problem where the ticket has one language and yet a file in the other."""
    for language in _LANGUAGES if only is not None else ():
        path = folder / f"ticket.{language}.md"
        if language != only and path.exists():
            yield problem(
                path,
                f"ce fichier ne serait pas lu : d'après « ticket_language », le ticket n'est qu'en « {only} »",
                f'this file would not be read: "ticket_language" says that the ticket is in "{only}" only',
            )


def _repair_files(folder: Path, sources: dict[Path, YamlSource], problems: Problems) -> RepairFiles:
    """Read the solutions, the shortcuts and the check files; ``sources`` gets each YAML file that could be read."""
    read = {kind: _solutions(folder, kind, problems, sources) for kind in _STEPS}
    checks = check_files(folder, problems)
    personas = read_personas(folder, problems, sources)
    found = sum(1 for kind in _STEPS for _ in (folder / kind).glob("*.yaml"))
    return RepairFiles(
        folder=folder,
        sources=sources,
        solutions=tuple(sorted(read["solutions"], key=lambda s: (not s.document.reference, s.name))),
        shortcuts=read["shortcuts"],
        checks=checks,
        complete=sum(map(len, read.values())) == found,
        personas=personas,
    )


def _solutions(folder: Path, kind: str, problems: Problems, sources: dict[Path, YamlSource]) -> tuple[Solution, ...]:
    found: list[Solution] = []
    problems.add(_not_yaml(folder / kind))
    for path in sorted((folder / kind).glob("*.yaml")):
        document, source = problems.document(path, SolutionDocument, within=folder)
        if source is not None and document is not None:
            sources[path] = source
            found.append(Solution(path.stem, document, path))
    return tuple(found)


def _not_yaml(folder: Path) -> list[Problem]:
    return [
        problem(
            path,
            "ce fichier ne serait pas lu : nommez-le *.yaml",
            "this file would not be read: name it *.yaml",
        )
        for path in sorted(folder.glob("*.yml"))
    ]


def _lab(document: ScenarioDocument, source: YamlSource, context: ScenarioContext, problems: Problems) -> Lab | None:
    if document.lab in context.labs:
        lab, of_lab = problems.attempt(context.read_lab, document.lab) or (None, ())
        problems.add(of_lab)
        return lab
    text = Text(fr=f"lab inconnu « {document.lab} »", en=f'unknown lab "{document.lab}"')
    problems.add((Problem(source.place(("lab",)), with_suggestion(text, document.lab, context.labs)),))
    return None
