"""Removes images of ours that no content needs any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core import labels
from orchestrator.engine.engine_interface import Engine, Image, ImageInUseError
from orchestrator.images import rootfs
from orchestrator.images.catalogue import Catalogue


@dataclass(frozen=True)
class Pruned:
    """What was removed.

    Attributes:
        removed: tags, and the ids of untagged images.
        in_use: outdated images that stay because a container or another image needs them.
        freed: bytes.
    """

    removed: tuple[str, ...]
    in_use: tuple[str, ...]
    freed: int


def prune(engine: Engine, catalogue: Catalogue) -> Pruned:
    """Remove outdated images and what failed builds left; current images and those in use stay."""
    current = {rootfs.TAG, *catalogue.tags.values()}
    before = engine.images_size()
    removed: list[str] = []
    pending = [
        reference
        for image in engine.images({labels.KIND: "image"})
        for reference in _references(image)
        if reference not in current
    ]
    in_use = _remove(engine, pending)
    while len(in_use) < len(pending):
        # An image can be removed once those built on it are gone: look again as long as that helps.
        removed += [reference for reference in pending if reference not in in_use]
        pending = in_use
        in_use = _remove(engine, pending)
    return Pruned(tuple(removed), tuple(in_use), max(0, before - engine.images_size()))


def _references(image: Image) -> tuple[str, ...]:
    return image.tags or (image.id,)


def _remove(engine: Engine, references: Sequence[str]) -> list[str]:
    in_use = []
    for reference in references:
        try:
            engine.remove_image(reference)
        except ImageInUseError:
            in_use.append(reference)
    return in_use
