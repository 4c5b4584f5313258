"""``backup``: one archive with the store, recordings, what was handed in, settings and certificate."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from orchestrator import __version__
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.serving.backup_parts import (
    BLOCK,
    FORMAT,
    MANIFEST,
    SETTINGS,
    STORE,
    BackedUpFile,
    BackupPlaces,
    Manifest,
    file_errors,
)

OnBytes = Callable[[int, int], None]
"""Is told how many bytes are done, of how many."""


@dataclass(frozen=True)
class BackupMade:
    """A backup that is there: where, how many files it holds, and its own size in bytes."""

    path: Path
    files: int
    size: int


def write_backup(
    places: BackupPlaces, target: Path, copy_store: Callable[[Path], object], on_bytes: OnBytes
) -> BackupMade:
    """Write a backup; it appears whole, readable for its owner alone, or not at all.

    Args:
        places: where the parts are; those that are not there are left out.
        target: the archive, which is not there yet.
        copy_store: writes a copy of the store to a file.
        on_bytes: is told of progress.

    Raises:
        UsageError: there is such a file.
        MachineError: something cannot be read or written.
    """
    if target.exists():
        raise UsageError(
            Text(fr=f"{target} existe déjà.", en=f"There is {target} already."),
            Text(fr="Donnez un autre nom à la sauvegarde.", en="Give the backup another name."),
        )
    with _writing(target), tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        store = Path(folder, STORE)
        copy_store(store)
        made = Path(folder, "archive")
        found = [*_parts(places, store)]
        total = sum(path.stat().st_size for _, path in found if path.exists())
        with _new(made) as stream, tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
            writing = _Writing(archive, on_bytes, total)
            for name, path in found:
                writing.add(name, path)
            manifest = Manifest(FORMAT, __version__, datetime.now(UTC).isoformat(timespec="seconds"), writing.files)
            writing.add_manifest(manifest.encoded())
        size = made.stat().st_size
        os.link(made, target)  # another file of that name is never replaced
    return BackupMade(target, len(writing.files), size)


@dataclass
class _Writing:
    """An archive that is being written."""

    archive: tarfile.TarFile
    on_bytes: OnBytes
    total: int
    files: dict[str, BackedUpFile] = field(default_factory=dict)
    _done: int = 0

    def add(self, name: str, path: Path) -> None:
        """Add a file as long as it is now; what a recording gains meanwhile is left out, one that is gone is too."""
        try:
            stream = open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")  # noqa: PTH123, SIM115
        except FileNotFoundError:
            return
        with stream:
            state = os.fstat(stream.fileno())
            if not stat.S_ISREG(state.st_mode):
                return
            member = _member(name, state.st_size, int(state.st_mtime))
            reading = _Hashing(stream, state.st_size, self._passed)
            self.archive.addfile(member, reading)
            self.files[name] = BackedUpFile(state.st_size, reading.digest.hexdigest())

    def add_manifest(self, content: bytes) -> None:
        """Add what the archive says of itself, last: then every file was read."""
        self.archive.addfile(_member(MANIFEST, len(content), int(datetime.now(UTC).timestamp())), io.BytesIO(content))

    def _passed(self, count: int) -> None:
        self._done += count
        self.on_bytes(self._done, self.total)


class _Hashing:
    """A file's first bytes, hashed as they are read; one that has shrunk meanwhile is an error."""

    def __init__(self, stream: IO[bytes], size: int, passed: Callable[[int], None]) -> None:
        self._stream, self._left, self._passed = stream, size, passed
        self.digest = hashlib.sha256()

    def read(self, count: int = -1) -> bytes:
        """Return the next bytes."""
        wanted = self._left if count < 0 else min(count, self._left)
        content = self._stream.read(min(wanted, BLOCK) if count < 0 else wanted)
        self._left -= len(content)
        self.digest.update(content)
        self._passed(len(content))
        return content


def _parts(places: BackupPlaces, store: Path) -> Iterator[tuple[str, Path]]:
    """Yield each file's name in the archive and where it is."""
    yield STORE, store
    if places.settings.is_file():
        yield SETTINGS, places.settings
    for name, folder in places.folders.items():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _member(name: str, size: int, when: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, when, 0o600
    return member


@contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as stream:  # noqa: PTH123
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _writing(target: Path) -> AbstractContextManager[None]:
    return file_errors(
        Text(fr=f"La sauvegarde {target} ne peut pas être écrite", en=f"The backup {target} cannot be written"),
        Text(
            fr="Choisissez un dossier où vous pouvez écrire et qui a de la place.",
            en="Choose a folder that you may write to, with room.",
        ),
    )
