"""A scenario's folder: ``scenario.yaml``, ticket, debrief, ``checks/``, ``files/``, ``solutions/``, ``shortcuts/``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import Problem
from orchestrator.loader.files import problem, read_text
from orchestrator.loader.folder import Problems, check_files, digest_of, misnamed_entries
from orchestrator.loader.placed_files import placed_files
from orchestrator.loader.scenario_checks import CHECKS, ScenarioFolder, ValidateFault
from orchestrator.loader.scenario_rendering import try_variants
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.lab import Lab
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import Scenario, ScenarioDocument, Solution, SolutionDocument
from orchestrator.suggest import with_suggestion
from orchestrator.text import Text

_COMPANIONS = ("ticket.fr.md", "ticket.en.md", "debrief.fr.md", "debrief.en.md")
_STEPS = ("solutions", "shortcuts")
_ENTRIES = ("scenario.yaml", *_COMPANIONS, "checks", "files", *_STEPS)


@dataclass(frozen=True)
class Surroundings:
    """What a scenario leans on.

    Attributes:
        labs: the names of all labs.
        lab: loads one of them; raises ``ContentError``.
        referential: the certification.
        validate_fault: tells what is wrong with a fault, its parameters rendered; None: not checked.
    """

    labs: Collection[str]
    lab: Callable[[str], Lab]
    referential: Referential
    validate_fault: ValidateFault | None = None


def load_scenario(folder: Path, surroundings: Surroundings) -> Scenario:
    """Load a scenario and check that it holds together, on several of its variants.

    Raises:
        ContentError: with every problem of the folder, and those of its lab.
    """
    problems = Problems()
    problems.add(misnamed_entries(folder, _ENTRIES))
    document, source = problems.document(folder / "scenario.yaml", ScenarioDocument, within=folder)
    texts = {name: _companion(folder / name, folder, problems) for name in _COMPANIONS}
    sources: dict[Path, YamlSource] = {}
    solutions = _solutions(folder, "solutions", problems, sources)
    shortcuts = _solutions(folder, "shortcuts", problems, sources)
    checks = check_files(folder, problems)
    files = placed_files(folder, problems)
    if document is None or source is None:
        raise problems.error()
    sources[folder / "scenario.yaml"] = source
    lab = _lab(document, source, surroundings, problems)
    digest = problems.attempt(digest_of, folder, also=lab.digest if lab else "")
    if lab is None or digest is None:
        raise problems.error()
    scenario = Scenario(
        document=document,
        folder=folder,
        lab=lab,
        ticket=Text(fr=texts["ticket.fr.md"], en=texts["ticket.en.md"]),
        debrief=Text(fr=texts["debrief.fr.md"], en=texts["debrief.en.md"]),
        solutions=tuple(sorted(solutions, key=lambda s: (not s.document.reference, s.name))),
        shortcuts=shortcuts,
        checks=checks,
        files=files,
        digest=digest,
    )
    complete = len(solutions) + len(shortcuts) == sum(1 for kind in _STEPS for _ in (folder / kind).glob("*.yaml"))
    loaded = ScenarioFolder(scenario, sources, surroundings.referential, complete)
    for check in CHECKS:
        problems.add(check(loaded))
    if not problems:
        problems.add(try_variants(loaded, surroundings.validate_fault))
    problems.raise_if_any()
    return scenario


def _companion(path: Path, folder: Path, problems: Problems) -> str:
    text = problems.attempt(read_text, path, within=folder)
    if text is not None and not text.strip():
        problems.add((problem(path, "ce fichier est vide ; écrivez le texte", "this file is empty; write the text"),))
    return text or "…"


def _solutions(folder: Path, kind: str, problems: Problems, sources: dict[Path, YamlSource]) -> tuple[Solution, ...]:
    found: list[Solution] = []
    problems.add(_not_yaml(folder / kind))
    for path in sorted((folder / kind).glob("*.yaml")):
        document, source = problems.document(path, SolutionDocument, within=folder)
        if source is not None:
            sources[path] = source
        if document is not None:
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


def _lab(document: ScenarioDocument, source: YamlSource, surroundings: Surroundings, problems: Problems) -> Lab | None:
    if document.lab in surroundings.labs:
        return problems.attempt(surroundings.lab, document.lab)
    text = Text(fr=f"lab inconnu « {document.lab} »", en=f'unknown lab "{document.lab}"')
    problems.add((Problem(source.place(("lab",)), with_suggestion(text, document.lab, surroundings.labs)),))
    return None
