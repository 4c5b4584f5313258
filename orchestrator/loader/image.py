"""An image's folder: ``image.yaml`` and what it is built from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from orchestrator.errors import Problem
from orchestrator.loader.files import problem
from orchestrator.loader.folder import Problems, folder_name, misnamed_entries
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.image import FORBIDDEN_CAPABILITIES, ImageSpec
from orchestrator.suggest import with_suggestion
from orchestrator.text import Text

_ENTRIES = ("image.yaml", "Dockerfile", "files")


def load_image(folder: Path, *, images: Collection[str]) -> ImageSpec:
    """Load an image's description and check it.

    Args:
        folder: the image's folder.
        images: the names of the images that it may be built on.

    Raises:
        ContentError: with every problem of the folder.
    """
    problems = Problems()
    problems.add(misnamed_entries(folder, _ENTRIES))
    spec, source = problems.document(folder / "image.yaml", ImageSpec, within=folder)
    if spec is None or source is None:
        raise problems.error()
    problems.add(folder_name(folder, spec.name, source, "name"))
    problems.add(_parent_problems(spec, source, images))
    problems.add(_capability_problems(spec, source))
    if not (folder / "Dockerfile").is_file():
        problems.add(
            (problem(folder / "Dockerfile", "ce fichier manque ; créez-le", "this file is missing; create it"),)
        )
    problems.raise_if_any()
    return spec


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


def _capability_problems(spec: ImageSpec, source: YamlSource) -> Iterable[Problem]:
    for i, capability in enumerate(spec.capabilities):
        if capability in FORBIDDEN_CAPABILITIES:
            yield Problem(
                source.place(("capabilities", i)),
                Text(
                    fr=f"{capability} livrerait la machine au stagiaire, root dans son hôte ; retirez-la",
                    en=f"{capability} would give the machine to the trainee, root in a host; remove it",
                ),
            )
