"""An image's folder: ``image.yaml`` and what it is built from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from orchestrator.core.errors import ContentError, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.files import problem, require_bounded
from orchestrator.loader.folder_reader import Problems, folder_name, misnamed_entries
from orchestrator.loader.yaml_source import YamlSource, read_yaml
from orchestrator.model.image import ImageSpec

_ENTRIES = ("image.yaml", "Dockerfile", "files")


def load_image(folder: Path, *, images: Collection[str]) -> ImageSpec:
    """Load an image's description and check it.

    Args:
        folder: the image's folder.
        images: the names of the images that it may be built on.

    Raises:
        ContentError: with every problem of the folder.
    """
    require_bounded(folder)
    problems = Problems()
    problems.add(misnamed_entries(folder, _ENTRIES))
    spec, source = problems.document(folder / "image.yaml", ImageSpec, within=folder)
    if spec is None or source is None:
        raise problems.error()
    problems.add(folder_name(folder, spec.name, source, "name"))
    problems.add(_parent_problems(spec, source, images))
    if not (folder / "Dockerfile").is_file():
        problems.add(
            (problem(folder / "Dockerfile", "ce fichier manque ; créez-le", "this file is missing; create it"),)
        )
    problems.raise_if_any()
    return spec


def require_no_circle(spec: ImageSpec, folder: Path, parent_of: Callable[[str], str | None]) -> None:
    """Refuse an image that is among its own ancestors.

    Args:
        spec: the image.
        folder: its folder.
        parent_of: returns the parent of an image by its name, or None.

    Raises:
        ContentError: it is.
    """
    chain = [spec.name]
    parent = spec.parent
    while parent is not None and parent not in chain:
        chain.append(parent)
        parent = parent_of(parent)
    if parent == spec.name:
        circle = " → ".join((*chain, parent))
        text = Text(fr=f"les images forment un cercle : {circle}", en=f"the images form a circle: {circle}")
        source = read_yaml(folder / "image.yaml", within=folder)
        raise ContentError((Problem(source.place(("parent",)), text),))


def _parent_problems(spec: ImageSpec, source: YamlSource, images: Collection[str]) -> Iterable[Problem]:
    if (spec.parent is None) == (spec.bootstrap is None):
        yield Problem(
            source.place(("parent",)),
            Text(
                fr="une image a un « parent », ou « bootstrap: debian » pour la racine : l'un des deux",
                en='an image has a "parent", or "bootstrap: debian" for the root: one of the two',
            ),
        )
    if spec.parent is not None and (spec.parent not in images or spec.parent == spec.name):
        text = Text(fr=f"image parente inconnue « {spec.parent} »", en=f'unknown parent image "{spec.parent}"')
        others = [name for name in images if name != spec.name]
        yield Problem(source.place(("parent",)), with_suggestion(text, spec.parent, others))
