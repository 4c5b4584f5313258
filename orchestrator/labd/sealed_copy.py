"""Sealed evidence as a jury reads it: a copy of exactly the bytes that the journal names, in files without a name.

The copy is made while its hash is worked out. What is shown afterwards comes from it: whatever becomes of the file on
the disk, no byte is shown that was not sealed.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
import weakref
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from orchestrator.assessment.evidence import MANIFEST, SUMS
from orchestrator.assessment.session_folder import SessionFolder
from orchestrator.assessment.state import Sitting
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.privacy.recording_pieces import RecordingPiece, piece_of

MOST_RECORDED: Final = 256 << 20
"""Bytes of one recording that are played; the archive has all of it."""
_PART: Final = 1 << 20
_MOST_MANIFEST: Final = 32 << 20
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
_RECORDINGS: Final = "recordings/"
_CAST: Final = ".cast"


def sha256_of(path: Path, copy: BinaryIO | None = None) -> str:
    """Return a file's SHA-256; what was read is written to ``copy`` as well.

    Raises:
        MachineError: it cannot be read, or not be copied.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while part := source.read(_PART):
                digest.update(part)
                if copy is not None:
                    copy.write(part)
    except OSError as error:
        raise MachineError(
            Text(
                fr=f"Les preuves {path.name} ne se lisent pas : {error.strerror}.",
                en=f"The evidence {path.name} cannot be read: {error.strerror}.",
            )
        ) from error
    return digest.hexdigest()


def not_what_was_sealed(path: Path) -> MachineError:
    """Return the error for evidence whose hash is not the one that the journal holds."""
    return MachineError(
        Text(
            fr=f"Les preuves {path.name} ne sont pas le fichier scellé : leur SHA-256 n'est pas celui du journal.",
            en=f"The evidence {path.name} is not the file that was sealed: its SHA-256 is not the journal's.",
        ),
        Text(
            fr="Rien n'en est montré. Rétablissez le fichier depuis une sauvegarde.",
            en="Nothing of it is shown. Restore the file from a backup.",
        ),
    )


def not_what_this_seals(path: Path) -> MachineError:
    """Return the error for evidence that has other files than its manifest states, or cannot be unpacked."""
    return MachineError(
        Text(
            fr=f"Les preuves {path.name} ne sont pas celles que ce programme scelle : rien n'en est montré.",
            en=f"The evidence {path.name} is not what this program seals: nothing of it is shown.",
        )
    )


Stamp = tuple[int, int, int, int, int]
"""What differs once a file is another, or has changed: device, inode, size, times of its content and of its state."""


def stamp_of(path: Path) -> Stamp:
    """Return a file's stamp."""
    file = path.stat()
    return file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns


class SealedNames:
    """Knows which files are in evidence; each is hashed once, and again when it has changed."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[tuple[str, str], tuple[Stamp, frozenset[str]]] = {}

    def of(self, folder: SessionFolder, sitting: Sitting) -> frozenset[str]:
        """Return the names of the files in a sitting's sealed evidence; none where the file is gone.

        Raises:
            MachineError: it cannot be read, or is not what was sealed.
        """
        path = folder.sealed(sitting.phase, sitting.candidate)
        sealed = str(sitting.steps["sealed"].details["sha256"])
        if not path.is_file():
            return frozenset()
        stamp, kept = stamp_of(path), self._known.get((str(path), sealed))
        if kept is not None and kept[0] == stamp:
            return kept[1]
        if sha256_of(path) != sealed:
            raise not_what_was_sealed(path)
        try:
            with zipfile.ZipFile(path) as archive:
                names = frozenset(archive.namelist())
        except (*_DAMAGE, OSError) as error:
            raise not_what_this_seals(path) from error
        self._known[str(path), sealed] = stamp, names
        return names


class SealedCopy:
    """Evidence of one sitting. Safe for several threads at once.

    Attributes:
        manifest: what the evidence says of itself.
        sha256: its hash, which is the journal's.
        size: its bytes.
    """

    def __init__(self, path: Path, sealed: str) -> None:
        """Copy evidence, and compare its hash with the journal's.

        Args:
            path: the .zip.
            sealed: the SHA-256 that the journal holds.

        Raises:
            MachineError: it cannot be read, or is not what was sealed.
        """
        self._path = path
        self._files: list[BinaryIO] = []
        weakref.finalize(self, _close, self._files)  # somebody may still be reading a piece when it is put aside
        self._whole = self._file()
        if sha256_of(path, self._whole) != sealed:
            raise not_what_was_sealed(path)
        self.sha256, self.size = sealed, self._whole.tell()
        self._lock = threading.Lock()
        self._recordings: dict[str, BinaryIO] = {}
        try:
            self._archive = zipfile.ZipFile(self._whole)
            data, whole = self._read(MANIFEST, _MOST_MANIFEST)
            self.manifest: Mapping[str, Any] = json.loads(data) if whole else {}
            stated = {*self.manifest["files"], MANIFEST, SUMS}
        except (*_DAMAGE, KeyError, TypeError) as error:
            raise self._damaged() from error
        names = self._archive.namelist()
        if len(names) != len(set(names)) or not set(names) <= stated or not set(self.manifest["files"]) <= set(names):
            raise self._damaged()
        self._names = frozenset(names)

    def read(self, name: str, most: int) -> tuple[bytes, bool]:
        """Return the first bytes of a file of the evidence, and whether that is all of it; nothing of one that is none.

        Args:
            name: the file's name in the archive.
            most: how many bytes are read: what it unpacks to is the candidate's to choose.

        Raises:
            MachineError: it is damaged.
        """
        if name not in self._names:
            return b"", True
        try:
            return self._read(name, most)
        except (*_DAMAGE, OSError) as error:
            raise self._damaged() from error

    def has(self, name: str) -> bool:
        """Return whether the evidence has a file of a name."""
        return name in self._names

    def names_in(self, folder: str, ending: str) -> tuple[str, ...]:
        """Return the names of the files that begin and end so, in order."""
        return tuple(sorted(name for name in self._names if name.startswith(folder) and name.endswith(ending)))

    @property
    def recordings(self) -> tuple[str, ...]:
        """Return the names of the recordings, without folder and ending, in order."""
        found = self.names_in(_RECORDINGS, _CAST)
        return tuple(sorted(name.removeprefix(_RECORDINGS).removesuffix(_CAST) for name in found))

    def whole(self, recording: str) -> bool:
        """Return whether all of a recording is played, or only its beginning."""
        return self._archive.getinfo(f"{_RECORDINGS}{recording}{_CAST}").file_size <= MOST_RECORDED

    @contextmanager
    def recording(self, name: str) -> Iterator[BinaryIO]:
        """Lend a recording, unpacked, at its beginning; the first time it is unpacked, part by part.

        Raises:
            MachineError: it is damaged, or cannot be unpacked here.
        """
        with self._lock:
            if name not in self._recordings:
                try:
                    self._recordings[name] = self._unpacked(f"{_RECORDINGS}{name}{_CAST}")
                except (*_DAMAGE, KeyError, OSError) as error:
                    raise self._damaged() from error
            file = self._recordings[name]
            file.seek(0)
            yield file

    def piece(self, recording: str, at: int) -> RecordingPiece | None:
        """Return a piece of a recording; None where there is no such recording, or it does not reach so far."""
        if recording not in self.recordings:
            return None
        with self.recording(recording) as file:
            return piece_of(file, at)

    def _read(self, name: str, most: int) -> tuple[bytes, bool]:
        with self._archive.open(name) as file:
            data = file.read(most + 1)
        return data[:most], len(data) <= most

    def _unpacked(self, name: str) -> BinaryIO:
        made, left = self._file(), MOST_RECORDED
        with self._archive.open(name) as file:
            while left and (part := file.read(min(_PART, left))):
                made.write(part)
                left -= len(part)
        made.flush()
        return made

    def _file(self) -> BinaryIO:
        """Return a new file without a name, which ends with this."""
        made = cast("BinaryIO", tempfile.TemporaryFile(dir=self._path.parent))  # noqa: SIM115 - see ``_close``
        self._files.append(made)
        return made

    def _damaged(self) -> MachineError:
        return not_what_this_seals(self._path)


def _close(files: Iterable[BinaryIO]) -> None:
    for file in files:
        file.close()
