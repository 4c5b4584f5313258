"""What ``validate`` reads (scenarios, labs, images, referentials, named by path or by name) and all their problems."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from orchestrator.core.errors import ContentError, Problem, UsageError
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.loader.folder_reader import Problems
from orchestrator.loader.read_limits import within_limits
from orchestrator.loader.referential_loader import load_referential
from orchestrator.loader.roots import DOCUMENTS, ROOT_FOLDERS, ContentUnit
from orchestrator.loader.scenario_folder import ValidateFault
from orchestrator.loader.scenario_loader import load_scenario
from orchestrator.loader.validation_cache import ValidationCache
from orchestrator.loader.yaml_source import read_yaml

_WORTH_A_PROCESS: Final = 6
"""Scenarios that take longer to read than a process to start."""

_Outcome: TypeAlias = tuple[ContentUnit, tuple[Problem, ...]]
"""What was read, and its problems."""

_REFERENTIAL_KEYS: Final = frozenset({"rncp", "ccps"})


def content_root_of(path: Path) -> Path | None:
    """Return the content root that a path is in: the folder above the nearest of ``ROOT_FOLDERS``.

    A folder that holds one of them is a root itself. None: the path is in no root.
    """
    if any(os.path.isdir(path / name) for name in ROOT_FOLDERS):  # noqa: PTH112 (no error where nobody may look)
        return path
    for folder in path.resolve().parents:
        if folder.name in ROOT_FOLDERS:
            return folder.parent
    return path.resolve().parent if path.name in ROOT_FOLDERS else None


@dataclass(frozen=True)
class SurveySelection:
    """What is to be read, and the folders that should be but cannot."""

    units: tuple[ContentUnit, ...]
    strays: tuple[Problem, ...] = ()


def select(content: Content, words: Sequence[str]) -> SurveySelection:
    """Return what the words of a command line name, each once; everything where there is no word.

    Args:
        content: the content, with the roots of the paths among the words.
        words: paths (a content root, any folder in it, a folder or file of a scenario, lab or image), or names.

    Raises:
        UsageError: a word names nothing.
    """
    if not words:
        return SurveySelection(content.units(), content.strays())
    found = (unit for word in words for unit in _named(content, word))
    folders = [Path(word) for word in words if os.path.isdir(word)]  # noqa: PTH112
    return SurveySelection(
        tuple(dict.fromkeys(found)), tuple(stray for folder in folders for stray in content.strays(folder))
    )


def problems_of(
    content: Content,
    selection: SurveySelection,
    validate_fault: ValidateFault,
    *,
    cache: ValidationCache | None = None,
    processes: int = 0,
) -> tuple[Problem, ...]:
    """Return every problem of what was selected, by file and line.

    Args:
        content: the content.
        selection: what to read.
        validate_fault: tells what is wrong with a fault.
        cache: what was read before and has not changed since; None: everything is read.
        processes: the most to read with at once; 0: as many as the machine has processors.
    """
    problems = Problems()
    problems.add(selection.strays)
    for unit in selection.units:
        problems.attempt(content.require_unique, unit)
    inside = [unit for unit in selection.units if not content.leads_out(unit)]
    units = [unit for unit in inside if cache is None or unit not in cache]
    scenarios = [unit for unit in units if unit.kind == "scenarios"]
    many = min(processes or len(os.sched_getaffinity(0)), len(scenarios) // _WORTH_A_PROCESS)
    shares = [scenarios[i::many] for i in range(many)] if many > 1 else [scenarios]

    def read(share: Sequence[ContentUnit]) -> list[_Outcome]:
        return [(unit, _problems_of(content, unit, validate_fault)) for unit in share]

    outcomes = read([unit for unit in units if unit.kind != "scenarios"])  # the processes below inherit the labs
    helpers = [_Helper(read, share) for share in shares[1:]]
    outcomes += read(shares[0])
    for helper in helpers:
        outcomes += helper.result()
    for _, found in outcomes:
        problems.add(found)
    if cache is not None:
        cache.add(unit for unit, found in outcomes if not found)
    return problems.sorted()


class _Helper:
    """A forked process that reads a share of the scenarios; what it cannot do, its parent does."""

    def __init__(self, read: Callable[[Sequence[ContentUnit]], list[_Outcome]], share: Sequence[ContentUnit]) -> None:
        self._read, self._share = read, share
        self._pipe, writing = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            status = 1
            try:
                os.close(self._pipe)
                with open(writing, "wb") as pipe:  # noqa: PTH123 (a file descriptor)
                    pickle.dump(read(share), pipe)
                status = 0
            finally:
                os._exit(status)
        os.close(writing)

    def result(self) -> list[_Outcome]:
        with open(self._pipe, "rb") as pipe:  # noqa: PTH123
            data = pipe.read()
        _, status = os.waitpid(self._process, 0)
        if status != 0:  # the mistake shows here as it would have without the helper
            return self._read(self._share)
        found: list[_Outcome] = pickle.loads(data)  # noqa: S301 (our own child's)
        return found


def _problems_of(content: Content, unit: ContentUnit, validate_fault: ValidateFault) -> tuple[Problem, ...]:
    def read() -> tuple[Problem, ...]:
        match unit.kind:
            case "scenarios":
                load_scenario(unit.folder, content.scenario_context(validate_fault))
            case "labs":
                return content.read_lab(unit.folder)[1]
            case "images":
                content.read_image(unit.folder)
            case "referentials":
                load_referential(unit.folder)
        return ()

    document = DOCUMENTS.get(unit.kind)
    try:
        return within_limits(read, unit.folder / document if document else unit.folder)
    except ContentError as error:
        return error.problems


def _named(content: Content, word: str) -> tuple[ContentUnit, ...]:
    path = Path(word)
    if os.path.lexists(path):  # unlike Path.exists, also of a name that is too long to be one
        return _at(content, path)
    by_name = tuple(unit for unit in content.units() if unit.name == word.rstrip("/").rpartition("/")[2])
    if by_name:
        return by_name
    if path.suffix or word.startswith((".", "/", "~")):
        raise UsageError(
            Text(fr=f"{word} n'existe pas", en=f"{word} does not exist"),
            Text(
                fr="Donnez un dossier de contenu, un scénario, un lab, une image, ou un fichier de l'un d'eux.",
                en="Give a content folder, a scenario, a lab, an image, or a file of one of them.",
            ),
        )
    content.scenario_folder(word)  # raises, and names the nearest
    return ()


def _at(content: Content, path: Path) -> tuple[ContentUnit, ...]:
    """Return all units below a path, or the one that the path is in."""
    real = path.resolve()
    here = path.absolute()

    def is_below(folder: Path) -> bool:
        return folder.resolve().is_relative_to(real) or folder.absolute().is_relative_to(here)  # brought in by a link

    below = tuple(unit for unit in content.units() if is_below(unit.folder))
    if below:
        return below
    for folder in (path, *path.absolute().parents):
        for kind, document in DOCUMENTS.items():
            if os.path.isfile(folder / document):  # noqa: PTH113
                return (_known(content, ContentUnit(kind, folder)),)
    if content_root_of(path) is not None and (path.is_dir() or path.parent.name in {"faults", "operators"}):
        return ()  # nothing but faults or operators, of which validate always reads all
    if path.is_file() and path.suffix in {".yaml", ".yml"} and _is_referential(path):
        return (ContentUnit("referentials", path),)
    listed = ", ".join(DOCUMENTS.values())
    raise UsageError(
        Text(
            fr=f"{path} n'appartient à aucun scénario, lab ou image : ni là, ni au-dessus, il n'y a de {listed}",
            en=f"{path} belongs to no scenario, lab or image: neither there nor above it is a {listed}",
        ),
        Text(
            fr="Donnez un dossier qui contient un de ces fichiers, ou qui contient labs/, scenarios/ ou images/.",
            en="Give a folder that holds one of these files, or one that holds labs/, scenarios/ or images/.",
        ),
    )


def _known(content: Content, unit: ContentUnit) -> ContentUnit:
    """Return the content's own name for a unit, so that it is read once."""
    real = unit.folder.resolve()
    return next((known for known in content.units() if known.folder.resolve() == real), unit)


def _is_referential(path: Path) -> bool:
    try:
        value = read_yaml(path, within=path.parent).value
    except ContentError:
        return False
    return isinstance(value, dict) and bool(_REFERENTIAL_KEYS & value.keys())
