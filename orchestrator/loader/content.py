"""Content roots and what is in them: labs, scenarios and images, found by looking, loaded when asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, TypeAlias

import orchestrator
from orchestrator.errors import ContentError, Place, Problem, UsageError
from orchestrator.loader.folder import Problems
from orchestrator.loader.image import load_image
from orchestrator.loader.lab import read_lab
from orchestrator.loader.referential import load_referential
from orchestrator.loader.scenario import Surroundings, load_scenario
from orchestrator.loader.scenario_folder import ValidateFault
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import Lab
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import Scenario, ScenarioDocument
from orchestrator.suggest import nearest
from orchestrator.text import Text

ENVIRONMENT: Final = "BREAKFIX_CONTENT"
"""The environment variable that adds content roots, separated as in PATH."""

Kind: TypeAlias = Literal["images", "labs", "scenarios", "referentials"]

_PACKAGE: Final = Path(orchestrator.__file__).parent
_REFERENTIAL: Final = _PACKAGE / "_referential" / "rncp-227.yaml"
_MAX_DEPTH: Final = 6

DOCUMENTS: Final[Mapping[Kind, str]] = {"images": "image.yaml", "labs": "lab.yaml", "scenarios": "scenario.yaml"}
"""The folders of a content root, and the file that makes a folder in each of them an image, a lab or a scenario."""
ROOT_FOLDERS: Final = (*DOCUMENTS, "faults")
"""The folders that make a folder a content root; one of them is enough."""

_SCENARIO_PARTS: Final = frozenset({"checks", "solutions", "shortcuts", "ticket.fr.md", "ticket.en.md"})
"""What only a scenario's folder has."""


def built_in_root() -> Path:
    """Return the root that comes with the program: inside an installed package, else the checkout."""
    installed = _PACKAGE / "_content"
    return installed if installed.is_dir() else _PACKAGE.parent


def content_roots(options: Iterable[Path] = (), environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return the content roots: the built-in one, those of ``--content``, those of ``BREAKFIX_CONTENT``.

    Raises:
        UsageError: one of them is no folder, or holds no content.
    """
    named = [*options, *(Path(part) for part in environment.get(ENVIRONMENT, "").split(os.pathsep) if part)]
    for root in named:
        _require_content(root)
    roots: dict[Path, Path] = {}
    for root in (built_in_root(), *named):
        roots.setdefault(root.resolve(), root)
    return tuple(roots.values())


@dataclass(frozen=True)
class Unit:
    """One thing that is read as a whole: the folder of an image, a lab or a scenario; the file of a referential."""

    kind: Kind
    folder: Path

    @property
    def name(self) -> str:
        """Return the name that the folder gives it."""
        return self.folder.name


class Content:
    """All content of some roots. Listing looks for folders only; a document is read when it is asked for.

    Ids are unique over all roots: an id that two folders have is refused when it is asked for or listed.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        """Take the roots, the built-in one first (see ``content_roots``)."""
        self.roots = tuple(roots)
        self._labs: dict[str, tuple[Lab | None, tuple[Problem, ...]]] = {}
        self._images: dict[str, ImageSpec] = {}

    def labs(self) -> tuple[str, ...]:
        """Return the names of all labs, sorted."""
        return self._lab_folders.names()

    def scenarios(self) -> tuple[str, ...]:
        """Return the ids of all scenarios, by competence folder and id."""
        return self._scenario_folders.names()

    def images(self) -> tuple[str, ...]:
        """Return the names of all images, sorted."""
        return self._image_folders.names()

    def lab_folder(self, name: str) -> Path:
        """Return a lab's folder; raises as ``lab``."""
        return self._lab_folders.one(name)

    def scenario_folder(self, name: str) -> Path:
        """Return a scenario's folder; raises as ``scenario``."""
        return self._scenario_folders.one(_last_part(name))

    def image_folder(self, name: str) -> Path:
        """Return an image's folder; raises as ``image``."""
        return self._image_folders.one(name)

    def lab(self, name: str) -> Lab:
        """Load a lab, once.

        Raises:
            UsageError: there is no such lab; the error names the nearest.
            ContentError: the lab is invalid, or two folders have this name.
        """
        lab, problems = self._read_lab(name)
        if lab is None or problems:
            raise ContentError(problems)
        return lab

    def units(self) -> tuple[Unit, ...]:
        """Return every image, lab and scenario, also those that share their name."""
        return tuple(
            Unit(kind, folder)
            for kind, folders in self._folders.items()
            for same_name in folders.all.values()
            for folder in same_name
        )

    def require_unique(self, unit: Unit) -> None:
        """Refuse a unit whose name another one of its kind has.

        Raises:
            ContentError: there is another one.
        """
        folders = self._folders.get(unit.kind)
        if folders is not None and unit.name in folders.all:
            folders.one(unit.name)

    def read_lab(self, folder: Path) -> tuple[Lab | None, tuple[Problem, ...]]:
        """Return a lab of these roots, or of none, with every problem; see ``orchestrator.loader.lab.read_lab``."""
        if folder in self._lab_folders.all.get(folder.name, ()):
            return self._read_lab(folder.name)
        return read_lab(folder, images=self._image_folders.all)

    def read_image(self, folder: Path) -> ImageSpec:
        """Load an image of these roots, or of none.

        Raises:
            ContentError: the image is invalid.
        """
        return load_image(folder, images=self._image_folders.all)

    def strays(self, below: Path | None = None) -> tuple[Problem, ...]:
        """Return a problem for each folder that looks like a unit but lacks the document that makes it one.

        Args:
            below: the folder to look in; None: everywhere.
        """
        real = None if below is None else below.resolve()
        return tuple(
            _without_document(folder, DOCUMENTS[kind])
            for root in self.roots
            for kind in DOCUMENTS
            for folder in _strays(root / kind, kind)
            if real is None or folder.resolve().is_relative_to(real)
        )

    def _read_lab(self, name: str) -> tuple[Lab | None, tuple[Problem, ...]]:
        if name not in self._labs:
            self._labs[name] = read_lab(self.lab_folder(name), images=self._image_folders.all)
        return self._labs[name]

    def image(self, name: str) -> ImageSpec:
        """Load an image's description, once.

        Raises:
            UsageError: there is no such image; the error names the nearest.
            ContentError: the image is invalid, or two folders have this name.
        """
        if name not in self._images:
            self._images[name] = load_image(self.image_folder(name), images=self._image_folders.all)
        return self._images[name]

    def images_of(self, lab: Lab) -> dict[str, ImageSpec]:
        """Return the images of a lab's hosts by name, as ``plan_lab`` and ``plan_scenario`` take them.

        Raises:
            ContentError: an image is invalid.
        """
        return {name: self.image(name) for name in sorted({h.image for h in lab.document.hosts.values()})}

    def scenario(self, name: str, *, validate_fault: ValidateFault | None = None) -> Scenario:
        """Load a scenario with its lab, and check both.

        Args:
            name: the scenario's id; the folders above it may come first (``1.3-network-connection/…``).
            validate_fault: tells what is wrong with a fault; called with rendered parameters.

        Raises:
            UsageError: there is no such scenario; the error names the nearest.
            ContentError: the scenario or its lab is invalid, or two folders have this id.
        """
        return load_scenario(self.scenario_folder(name), self.surroundings(validate_fault))

    def scenario_document(self, name: str) -> ScenarioDocument:
        """Read ``scenario.yaml`` alone, for a list of many scenarios; nothing else of the folder is checked.

        Raises:
            UsageError: there is no such scenario.
            ContentError: the file is invalid.
        """
        folder = self.scenario_folder(name)
        problems = Problems()
        document, _ = problems.document(folder / "scenario.yaml", ScenarioDocument, within=folder)
        if document is None or problems:
            raise problems.error()
        return document

    def surroundings(self, validate_fault: ValidateFault | None = None) -> Surroundings:
        """Return what a scenario leans on, to load one that is in no root."""
        return Surroundings(self._lab_folders.all, self._read_lab, self.referential(), validate_fault)

    def referential(self) -> Referential:
        """Return the certification's referential."""
        return self._referential

    @cached_property
    def _referential(self) -> Referential:
        return load_referential(_REFERENTIAL)

    @cached_property
    def _folders(self) -> dict[Kind, _Folders]:
        return {"images": self._image_folders, "labs": self._lab_folders, "scenarios": self._scenario_folders}

    @cached_property
    def _lab_folders(self) -> _Folders:
        return _Folders(self.roots, "labs", 1, _LAB)

    @cached_property
    def _scenario_folders(self) -> _Folders:
        return _Folders(self.roots, "scenarios", _MAX_DEPTH, _SCENARIO)

    @cached_property
    def _image_folders(self) -> _Folders:
        return _Folders(self.roots, "images", 1, _IMAGE)


_LAB: Final = (
    Text(fr="lab inconnu", en="unknown lab"),
    Text(fr="Les labs de ce contenu : {}.", en="The labs of this content: {}."),
)
_SCENARIO: Final = (
    Text(fr="scénario inconnu", en="unknown scenario"),
    Text(fr="Lancez « breakfix scenarios » pour la liste.", en="Run 'breakfix scenarios' for the list."),
)
_IMAGE: Final = (
    Text(fr="image inconnue", en="unknown image"),
    Text(fr="Lancez « breakfix images list » pour la liste.", en="Run 'breakfix images list' for the list."),
)


class _Folders:
    """The folders of one kind, by name."""

    def __init__(self, roots: Sequence[Path], kind: Kind, depth: int, words: tuple[Text, Text]) -> None:
        self._document = DOCUMENTS[kind]
        self._unknown, self._hint = words
        self.all: dict[str, list[Path]] = {}
        for root in roots:
            for folder in _folders_with(self._document, root / kind, depth, set()):
                self.all.setdefault(folder.name, []).append(folder)

    def names(self) -> tuple[str, ...]:
        problems = Problems()
        for name in self.all:
            problems.attempt(self.one, name)
        problems.raise_if_any()
        return tuple(self.all)

    def one(self, name: str) -> Path:
        folders = self.all.get(name, [])
        if not folders:
            raise self._unknown_error(name)
        if len(folders) > 1:
            first = Place.of(folders[0])
            raise ContentError(
                tuple(
                    Problem(
                        Place.of(other / self._document),
                        Text(
                            fr=f"« {name} » existe aussi dans {first} ; renommez l'un des deux",
                            en=f'"{name}" also exists in {first}; rename one of the two',
                        ),
                    )
                    for other in folders[1:]
                )
            )
        return folders[0]

    def _unknown_error(self, name: str) -> UsageError:
        near = nearest(name, self.all)
        text = Text(fr=f"{self._unknown.fr} « {name} »", en=f'{self._unknown.en} "{name}"')
        if near:
            listed = ", ".join(near)
            text = Text(fr=f"{text.fr} ; les plus proches : {listed}", en=f"{text.en}; the nearest: {listed}")
        return UsageError(text, self._hint.map(lambda hint: hint.format(", ".join(sorted(self.all)))))


def _folders_with(document: str, folder: Path, depth: int, seen: set[Path]) -> Iterator[Path]:
    """Yield the folders below a folder that hold a document, sorted; links are followed, not in circles."""
    real = folder.resolve()
    if depth < 0 or real in seen or not folder.is_dir():
        return
    seen.add(real)
    if (folder / document).exists() or (folder / document).is_symlink():
        yield folder
        return
    with os.scandir(folder) as entries:
        below = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "__")))
    for name in below:
        yield from _folders_with(document, folder / name, depth - 1, seen)


def _strays(folder: Path, kind: Kind, depth: int = 0) -> Iterator[Path]:
    """Yield the folders below one of a root's three that should have a document, and have none."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() and depth <= _MAX_DEPTH else ():
        if not entry.is_dir() or entry.is_symlink() or entry.name.startswith((".", "__")):
            continue
        if (entry / DOCUMENTS[kind]).exists() or (entry / DOCUMENTS[kind]).is_symlink():
            continue
        names = {inside.name for inside in entry.iterdir()}
        if kind != "scenarios" or names & _SCENARIO_PARTS or nearest(DOCUMENTS[kind], names):
            yield entry
        else:
            yield from _strays(entry, kind, depth + 1)


def _without_document(folder: Path, document: str) -> Problem:
    near = nearest(document, [entry.name for entry in folder.iterdir()], count=1)
    mend = Text(
        fr=f"renommez « {near[0]} »" if near else "créez-le, ou déplacez ce dossier",
        en=f'rename "{near[0]}"' if near else "create it, or move this folder",
    )
    return Problem(
        Place.of(folder / document),
        Text(
            fr=f"ce fichier manque, et sans lui le dossier n'est pas lu ; {mend.fr}",
            en=f"this file is missing, and without it the folder is not read; {mend.en}",
        ),
    )


def _last_part(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _require_content(root: Path) -> None:
    if not root.is_dir():
        raise UsageError(
            Text(
                fr=f"{root} n'est pas un dossier de contenu : ce dossier n'existe pas",
                en=f"{root} is no content folder: it does not exist or is no folder",
            ),
            Text(
                fr=f"Vérifiez --content et la variable {ENVIRONMENT}.",
                en=f"Check --content and the variable {ENVIRONMENT}.",
            ),
        )
    if not any((root / folder).is_dir() for folder in ROOT_FOLDERS):
        raise UsageError(
            Text(
                fr=f"{root} n'est pas un dossier de contenu : il n'y a ni labs/, ni scenarios/, ni images/, ni faults/",
                en=f"{root} is no content folder: it has no labs/, scenarios/, images/ or faults/",
            ),
            Text(
                fr="Donnez le dossier qui contient au moins un de ces quatre dossiers.",
                en="Give the folder that holds at least one of these four folders.",
            ),
        )
