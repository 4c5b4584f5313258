"""Files that are compared by meaning however long they have grown: the logs that a program keeps as its configuration.

The fabric's helper tells the text of files up to 64 KiB, and of longer ones the digest. The log of a switch's database
is longer after some two hundred changes, and says no more than it did if they were undone. So it is read once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import Fabric, HostRef, ObjectChange
from orchestrator.sound_state import file_state

_GROW: Final = re.compile(r"/etc/openvswitch/conf\.db")
"""The files that grow with each change of what they say."""
_DIGEST: Final = re.compile(r"sha256 [0-9a-f]{64}")
_SECRET: Final = b"PRIVATE KEY"
"""In a file with a secret in it: the helper tells none, and nor does this."""


def with_long_texts(fabric: Fabric, instance: str, changes: Iterable[ObjectChange]) -> Iterator[ObjectChange]:
    """Yield changes, with the text of what has grown in place of its digest.

    What cannot be read, or is longer than what the fabric tells of a file (4 MiB), keeps its digest: it differs.

    Args:
        fabric: reaches the hosts.
        instance: the lab.
        changes: what the helper found.
    """
    for change in changes:
        if change.provider == file_state.NAME and _GROW.fullmatch(change.object) and _is_long(change.now):
            text = _text(fabric, HostRef(instance, change.host), change.object)
            yield change if text is None else replace(change, now={**change.now, "content": text})
        else:
            yield change


def _is_long(entry: Mapping[str, str]) -> bool:
    return entry.get("kind") == "file" and "key" not in entry and bool(_DIGEST.fullmatch(entry.get("content", "")))


def _text(fabric: Fabric, host: HostRef, path: str) -> str | None:
    """Return a file's text; None where it cannot be told.

    It may have changed since the helper took its digest: either is what the host has now.
    """
    try:
        state, data = fabric.look(host, path, "content", follow=False)
    except LabError:
        return None
    if not state.exists or state.kind != "file" or _SECRET in data or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
