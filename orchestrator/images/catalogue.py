"""All images of the content roots, with their parents, fingerprints and tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestrator.core.errors import ContentError, Place, Problem, UsageError
from orchestrator.images import rootfs
from orchestrator.images.context import DESCRIPTION, ContextEntry, entries, program_folder
from orchestrator.images.fingerprint import fingerprint
from orchestrator.model.image import ImageSpec
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text

REPOSITORY = "breakfix"
"""Images are tagged ``breakfix/<name>:<fingerprint>``."""

_PROGRAM = frozenset({"orchestrator", "grader"})


@dataclass(frozen=True)
class ImageSource:
    """An image as content: what its ``image.yaml`` says, and the folder that it is in."""

    spec: ImageSpec
    folder: Path

    @property
    def description(self) -> str:
        """Return the path of its ``image.yaml``."""
        return str(self.folder / DESCRIPTION)


class Catalogue:
    """The images that can be built, each with parents that exist.

    Reading the folders is left until a fingerprint is asked for, and done once: a catalogue shows one moment.
    """

    def __init__(self, sources: Mapping[str, ImageSource]) -> None:
        """Make the catalogue.

        Args:
            sources: name -> image.

        Raises:
            ContentError: a parent is unknown, images are each other's parents, or an included folder is not there;
                every problem is listed.
        """
        self._sources = dict(sources)
        if problems := tuple(self._problems()):
            raise ContentError(problems)
        self._contexts: dict[str, tuple[ContextEntry, ...]] = {}
        self._fingerprints: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all images, sorted."""
        return tuple(sorted(self._sources))

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """Return the current tag of every image: name -> ``breakfix/<name>:<fingerprint>``."""
        return {name: self.tag(name) for name in self.names}

    def source(self, name: str) -> ImageSource:
        """Return an image.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in self._sources:
            text = Text(fr=f"Il n'y a pas d'image « {name} »", en=f'There is no image "{name}"')
            raise UsageError(with_suggestion(text, name, self.names))
        return self._sources[name]

    def lineage(self, name: str) -> tuple[str, ...]:
        """Return an image and its ancestors, the image first."""
        chain = [name]
        while parent := self.source(chain[-1]).spec.parent:
            chain.append(parent)
        return tuple(chain)

    def ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return images and all their ancestors, each after its parent."""
        return tuple(dict.fromkeys(one for name in names for one in reversed(self.lineage(name))))

    def context(self, name: str) -> tuple[ContextEntry, ...]:
        """Return the files that an image is built from.

        Raises:
            ContentError: one cannot be read.
        """
        if name not in self._contexts:
            source = self.source(name)
            included = {key: program_folder(path) for key, path in source.spec.include.items()}
            try:
                self._contexts[name] = entries(source.folder, included)
            except OSError as error:
                reason = error.strerror or str(error)
                text = Text(fr=f"lecture impossible : {reason}", en=f"cannot be read: {reason}")
                raise ContentError((Problem(Place(str(error.filename or source.folder)), text),)) from error
        return self._contexts[name]

    def fingerprint(self, name: str) -> str:
        """Return an image's fingerprint, which includes its parents'."""
        if name not in self._fingerprints:
            spec = self.source(name).spec
            parent = self.fingerprint(spec.parent) if spec.parent else rootfs.FINGERPRINT
            settings = {"name": name, "parent": spec.parent or "", "bootstrap": spec.bootstrap or ""}
            self._fingerprints[name] = fingerprint(self.context(name), parent=parent, settings=settings)
        return self._fingerprints[name]

    def tag(self, name: str) -> str:
        """Return the tag under which an image is, or will be, on the engine."""
        return f"{REPOSITORY}/{name}:{self.fingerprint(name)}"

    def parent_tag(self, name: str) -> str:
        """Return the tag of what an image is built on: its parent, or the raw root file system."""
        parent = self.source(name).spec.parent
        return self.tag(parent) if parent else rootfs.TAG

    def _problems(self) -> Iterator[Problem]:
        for name in sorted(self._sources):
            source = self._sources[name]
            for text in (
                *self._parent_problems(name),
                *_include_problems(source),
            ):
                yield Problem(Place(source.description), text)

    def _parent_problems(self, name: str) -> Iterator[Text]:
        spec = self._sources[name].spec
        if (spec.parent is None) == (spec.bootstrap is None):
            yield Text(
                fr="il faut « parent: » ou « bootstrap: debian », et pas les deux",
                en='it takes "parent:" or "bootstrap: debian", and not both',
            )
        if spec.parent is not None and spec.parent not in self._sources:
            text = Text(
                fr=f"l'image parente « {spec.parent} » n'existe pas",
                en=f'the parent image "{spec.parent}" does not exist',
            )
            yield with_suggestion(text, spec.parent, (other for other in self._sources if other != name))
        chain = [name]
        while (parent := self._parent(chain[-1])) and parent not in chain:
            chain.append(parent)
        if parent == name:
            circle = " → ".join((*chain, name))
            yield Text(fr=f"les images forment un cercle : {circle}", en=f"the images form a circle: {circle}")

    def _parent(self, name: str) -> str | None:
        return self._sources[name].spec.parent if name in self._sources else None


def _include_problems(source: ImageSource) -> Iterator[Text]:
    for name, path in source.spec.include.items():
        package, _, rest = path.partition("/")
        if "/" in name or name in {"", ".", ".."} or (source.folder / name).exists():
            yield Text(
                fr=f"include : « {name} » doit être un nom simple, que le dossier ne contient pas déjà",
                en=f'include: "{name}" must be a plain name that the folder does not contain already',
            )
        outside = package not in _PROGRAM or not rest or ".." in rest.split("/")
        if outside or not program_folder(path).is_dir():
            yield Text(
                fr=f"include : le dossier « {path} » n'existe pas dans le programme",
                en=f'include: there is no folder "{path}" in the program',
            )
