"""The fingerprint of an image: the same content on the same parent has the same one on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256

from orchestrator.images.context import ContextEntry

_DIGITS = 12


def fingerprint(context: Iterable[ContextEntry], *, parent: str, settings: Mapping[str, str]) -> str:
    """Return 12 hexadecimal digits that change with anything that changes the image.

    Args:
        context: the build's files.
        parent: the parent's fingerprint.
        settings: the keys of ``image.yaml`` that the build depends on.
    """
    digest = sha256(json.dumps([parent, sorted(settings.items())]).encode())
    for entry in sorted(context):
        head = [entry.path, entry.executable, entry.link, len(entry.content)]
        digest.update(json.dumps(head).encode())
        digest.update(entry.content)
    return digest.hexdigest()[:_DIGITS]
