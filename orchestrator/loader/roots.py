"""Content roots and the folders in them that are images, labs and scenarios: found by looking, nothing is read."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import orchestrator
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import ContentError, Place, Problem, UsageError
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text
from orchestrator.loader.files import problem, unreadable
from orchestrator.loader.folder_reader import Problems

ENVIRONMENT: Final = "BREAKFIX_CONTENT"
"""The environment variable that adds content roots, separated as in PATH."""

Kind: TypeAlias = Literal["images", "labs", "scenarios", "referentials"]

_PACKAGE: Final = Path(orchestrator.__file__).parent
_MAX_DEPTH: Final = 6

DOCUMENTS: Final[Mapping[Kind, str]] = {"images": "image.yaml", "labs": "lab.yaml", "scenarios": "scenario.yaml"}
"""The folders of a content root, and the file that makes a folder in each of them an image, a lab or a scenario."""
ROOT_FOLDERS: Final = (*DOCUMENTS, "faults", "operators")
"""The folders that make a folder a content root; one of them is enough."""

_UNREADABLE: Final = re.compile(rf"{CONTROLS.pattern}|[\t\r\n]")
"""What no folder's name has: it could look like another line of a list, or act on the terminal."""
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
class ContentUnit:
    """One thing that is read as a whole: the folder of an image, a lab or a scenario; the file of a referential."""

    kind: Kind
    folder: Path

    @property
    def name(self) -> str:
        """Return the name that the folder gives it."""
        return self.folder.name


_DEPTHS: Final[Mapping[Kind, int]] = {"images": 1, "labs": 1, "scenarios": _MAX_DEPTH}
_WORDS: Final[Mapping[Kind, tuple[Text, Text]]] = {
    "images": (
        Text(fr="image inconnue", en="unknown image"),
        Text(fr="Lancez « breakfix images list » pour la liste.", en="Run 'breakfix images list' for the list."),
    ),
    "labs": (
        Text(fr="lab inconnu", en="unknown lab"),
        Text(fr="Les labs de ce contenu : {}.", en="The labs of this content: {}."),
    ),
    "scenarios": (
        Text(fr="scénario inconnu", en="unknown scenario"),
        Text(fr="Lancez « breakfix scenarios » pour la liste.", en="Run 'breakfix scenarios' for the list."),
    ),
}
"""What is said of a name that is not there, and what to do then."""


class Folders:
    """The folders of one kind.

    Attributes:
        all: those of all roots, by name.
        outside: those that a link brings in from outside of their root, which are refused.
    """

    def __init__(self, roots: Sequence[Path], kind: Kind) -> None:
        """Look for them."""
        self._document = DOCUMENTS[kind]
        self._unknown, self._hint = _WORDS[kind]
        self.all: dict[str, list[Path]] = {}
        self.outside: set[Path] = set()
        for root in roots:
            inside = root.resolve()
            for folder in _folders_with(self._document, root / kind, _DEPTHS[kind], set()):
                self.all.setdefault(folder.name, []).append(folder)
                if not folder.resolve().is_relative_to(inside):
                    self.outside.add(folder)

    def names(self) -> tuple[str, ...]:
        """Return all names, in the order in which they were found.

        Raises:
            ContentError: two folders have one name.
        """
        problems = Problems()
        for name in self.all:
            problems.attempt(self.one, name)
        problems.raise_if_any()
        return tuple(self.all)

    def one(self, name: str) -> Path:
        """Return the folder of a name.

        Raises:
            UsageError: there is none; the error names the nearest.
            ContentError: there are several, or it is a link out of its root.
        """
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
        if folders[0] in self.outside:
            raise ContentError((_leads_out(folders[0]),))
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
    try:
        real = folder.resolve()
        if depth < 0 or real in seen or not os.path.isdir(folder):  # noqa: PTH112 (no error where it cannot be looked at)
            return
        seen.add(real)
        if os.path.lexists(folder / document):
            yield folder
            return
        with os.scandir(folder) as entries:
            below = sorted(entry.name for entry in entries if entry.is_dir() and _may_be_a_unit(entry.name))
    except (OSError, RuntimeError):  # a loop of links is RuntimeError before Python 3.13; ``strays`` tells of the rest
        return
    for name in (name for name in below if not _UNREADABLE.search(name)):
        yield from _folders_with(document, folder / name, depth - 1, seen)


def strays(roots: Iterable[Path], below: Path | None = None) -> Iterator[Problem]:
    """Yield a problem for each folder that looks like a unit but lacks the document that makes it one.

    So is told what cannot be looked at: it may be a unit.

    Args:
        roots: the content roots.
        below: the folder to look in; None: everywhere.
    """
    real = None if below is None else below.resolve()
    for root in roots:
        for kind in DOCUMENTS:
            for folder, found in _strays(root / kind, kind):
                if real is None or folder.resolve().is_relative_to(real):
                    yield found


def _strays(folder: Path, kind: Kind, depth: int = 0) -> Iterator[tuple[Path, Problem]]:
    """Yield the folders below one of a root's three that should have a document, and have none."""
    try:
        below = sorted(folder / name for name in _folders_in(folder)) if depth <= _MAX_DEPTH else []
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield folder, unreadable(folder, error)
        return
    for entry in below:
        if _UNREADABLE.search(entry.name):
            fr = "le nom de ce dossier a un caractère de commande ou une fin de ligne ; renommez-le"
            yield entry, problem(entry, fr, "this folder's name has a control character or a line end; rename it")
            continue
        if os.path.lexists(entry / DOCUMENTS[kind]):
            continue
        try:
            names = {inside.name for inside in entry.iterdir()}
        except OSError as error:
            yield entry, unreadable(entry, error)
            continue
        if DOCUMENTS[kind] in names:  # it is there, but nobody may look at it
            yield entry, unreadable(entry, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        elif kind != "scenarios" or names & _SCENARIO_PARTS or nearest(DOCUMENTS[kind], names):
            yield entry, _without_document(entry, DOCUMENTS[kind], names)
        else:
            yield from _strays(entry, kind, depth + 1)


def _folders_in(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False) and _may_be_a_unit(entry.name)]


def _may_be_a_unit(name: str) -> bool:
    return not name.startswith((".", "__"))


def _leads_out(folder: Path) -> Problem:
    return problem(
        folder,
        "ce dossier est un lien qui sort du contenu ; copiez-le, ou donnez le contenu où il se trouve par --content",
        "this folder is a link that leaves the content; copy it, or give the content that it is in by --content",
    )


def _without_document(folder: Path, document: str, names: Iterable[str]) -> Problem:
    near = nearest(document, names, count=1)
    repair = Text(
        fr=f"renommez « {near[0]} »" if near else "créez-le, ou déplacez ce dossier",
        en=f'rename "{near[0]}"' if near else "create it, or move this folder",
    )
    return Problem(
        Place.of(folder / document),
        Text(
            fr=f"ce fichier manque, et sans lui le dossier n'est pas lu ; {repair.fr}",
            en=f"this file is missing, and without it the folder is not read; {repair.en}",
        ),
    )


def _require_content(root: Path) -> None:
    if not os.path.isdir(root):  # noqa: PTH112 (also a name that is too long)
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
    if not any(os.path.isdir(root / folder) for folder in ROOT_FOLDERS):  # noqa: PTH112
        raise UsageError(
            Text(
                fr=f"{root} n'est pas un dossier de contenu : ni labs/, ni scenarios/, images/, faults/ ou operators/",
                en=f"{root} is no content folder: it has no labs/, scenarios/, images/, faults/ or operators/",
            ),
            Text(
                fr="Donnez le dossier qui contient au moins l'un d'eux.",
                en="Give the folder that holds at least one of them.",
            ),
        )
