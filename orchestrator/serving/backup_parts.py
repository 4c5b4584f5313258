"""What a backup holds, and its manifest: every file with its size and SHA-256, by which a restore is checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.documents import document_of, read_json_as
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

FORMAT: Final = 1
"""The version of the archive's form."""
MANIFEST: Final = "manifest.json"
STORE: Final = "store.sqlite"
SETTINGS: Final = "portal.toml"
FOLDERS: Final = ("recordings", "deliverables", "certificate")
"""The folders of an archive; beside them stand the store, the settings and the manifest."""
MOST_FILES: Final = 200_000
BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class BackedUpFile:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        format: the archive's form.
        breakfix: the version of the program that made it.
        made: when, ISO 8601.
        files: each file by its name in the archive.
    """

    format: int
    breakfix: str
    made: str
    files: Mapping[str, BackedUpFile]

    def encoded(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(document_of(self)).encode()

    @classmethod
    def decode(cls, content: bytes) -> Manifest:
        """Read one.

        Raises:
            ValueError: it is none.
        """
        return read_json_as(content, cls)


@dataclass(frozen=True)
class BackupPlaces:
    """Where the parts of a backup are on this machine.

    Attributes:
        folders: name in the archive -> folder.
        settings: the settings file.
        labd: labd's socket; while something answers there, nothing is restored.
    """

    folders: Mapping[str, Path]
    settings: Path
    labd: Path


@contextmanager
def file_errors(what: Text, hint: Text) -> Iterator[None]:
    """Tell within the block what the system says of a file as our error.

    Args:
        what: what cannot be done; the system's word follows it.
        hint: the next step.

    Raises:
        MachineError: a file cannot be read or written.
    """
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        raise MachineError(Text(fr=f"{what.fr} : {said}", en=f"{what.en}: {said}"), hint) from error
