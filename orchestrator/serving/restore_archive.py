"""``restore``: a backup read with distrust, checked whole, then put in place at once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from orchestrator.core import interrupts
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.text import Text
from orchestrator.serving.backup_archive import OnBytes
from orchestrator.serving.backup_parts import (
    BLOCK,
    FOLDERS,
    FORMAT,
    MANIFEST,
    MOST_FILES,
    SETTINGS,
    STORE,
    BackedUpFile,
    BackupPlaces,
    Manifest,
    file_errors,
)

_LONGEST_NAME = 1000
_LARGEST_MANIFEST = 64 << 20


@dataclass(frozen=True)
class Restored:
    """What a restore did: the backup's manifest, and where the old parts were put."""

    manifest: Manifest
    aside: tuple[Path, ...]


class HostileArchiveError(UsageError):
    """An archive with something that no backup holds, or that is not what its manifest says."""

    def __init__(self, fr: str, en: str) -> None:
        """Say what it is."""
        super().__init__(
            Text(fr=f"Cette archive n'est pas une sauvegarde sûre : {fr}", en=f"This archive is no safe backup: {en}"),
            Text(
                fr="Rien n'a été changé. Prenez une autre sauvegarde, faite par « breakfix backup ».",
                en="Nothing was changed. Take another backup, made by 'breakfix backup'.",
            ),
        )


def restore_backup(
    source: Path,
    places: BackupPlaces,
    restore_store: Callable[[Path], object],
    on_bytes: OnBytes,
    *,
    replace: bool = False,
) -> Restored:
    """Bring a backup's data back.

    Args:
        source: the archive.
        places: where its parts go.
        restore_store: brings the store back from the copy in a file, or refuses.
        on_bytes: is told of progress.
        replace: whether data may be there; it is kept aside.

    Raises:
        UsageError: the archive is unsafe, broken or of another form, or data is there.
        MachineError: something cannot be read or written.
    """
    there = [place for place in _targets(places).values() if _has_data(place)]
    if there and not replace:
        raise _data_is_there(there)
    beside = next(iter(places.folders.values())).parent
    with _restoring(source):
        beside.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=beside) as folder:
            staged = Path(folder)
            manifest = unpack(source, staged, on_bytes)
            with interrupts.shielded():
                restore_store(staged / STORE)
                aside = _put_in_place(staged, places)
    return Restored(manifest, aside)


def unpack(source: Path, folder: Path, on_bytes: OnBytes) -> Manifest:
    """Unpack an archive into an empty folder, and check every file against the manifest.

    Raises:
        HostileArchiveError: it holds what no backup holds, or differs from its manifest.
        UsageError: it is no archive.
    """
    found: dict[str, BackedUpFile] = {}
    manifest = b""
    size = source.stat().st_size
    try:
        with source.open("rb") as stream, tarfile.open(fileobj=stream, mode="r:gz") as archive:
            for member in archive:
                _require_safe(member, found)
                content = archive.extractfile(member)
                if content is None:
                    raise HostileArchiveError(f"« {member.name} » est vide de sens", f'"{member.name}" has no content')
                if member.name == MANIFEST:
                    manifest = content.read(_LARGEST_MANIFEST)
                else:
                    found[member.name] = _written(content, member.size, folder / member.name)
                on_bytes(min(stream.tell(), size), size)
    except (tarfile.TarError, EOFError, zlib.error, ValueError, MemoryError) as error:
        raise HostileArchiveError("elle est incomplète ou illisible", "it is incomplete or unreadable") from error
    except OSError as error:
        if isinstance(error, PermissionError) or error.errno is not None:
            raise
        raise HostileArchiveError("elle est incomplète ou illisible", "it is incomplete or unreadable") from error
    return _agreed(manifest, found)


def _require_safe(member: tarfile.TarInfo, found: Mapping[str, BackedUpFile]) -> None:
    """Refuse what no backup holds: whatever is no plain file below a folder of ours."""
    name = member.name
    if not member.isreg():
        raise HostileArchiveError(f"« {name} » n'est pas un fichier ordinaire", f'"{name}" is no plain file')
    path = PurePosixPath(name)
    safe = name == str(path) and not path.is_absolute() and not {"..", "."}.intersection(path.parts)
    known = name in {MANIFEST, STORE, SETTINGS} or (len(path.parts) > 1 and path.parts[0] in FOLDERS)
    if not safe or not known or "\0" in name or "\\" in name or len(name) > _LONGEST_NAME:
        raise HostileArchiveError(f"nom inattendu « {name} »", f'unexpected name "{name}"')
    if name in found:
        raise HostileArchiveError(f"« {name} » y est deux fois", f'"{name}" is in it twice')
    if len(found) >= MOST_FILES:
        raise HostileArchiveError("trop de fichiers", "too many files")
    if hasattr(tarfile, "data_filter"):  # Python's own opinion, where this Python has one
        try:
            tarfile.data_filter(member, "/nowhere")
        except tarfile.FilterError as error:
            raise HostileArchiveError(f"« {name} »", f'"{name}"') from error


def _written(content: IO[bytes], size: int, path: Path) -> BackedUpFile:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(path.parent).free < size:
        raise MachineError(
            Text(fr="Il n'y a plus assez de place pour la sauvegarde.", en="There is not enough room for the backup."),
            Text(fr=f"Libérez de la place dans {path.parent}.", en=f"Make room in {path.parent}."),
        )
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as stream:  # noqa: PTH123 - it is open already
        while block := content.read(BLOCK):
            digest.update(block)
            stream.write(block)
    return BackedUpFile(size, digest.hexdigest())


def _agreed(content: bytes, found: Mapping[str, BackedUpFile]) -> Manifest:
    try:
        manifest = Manifest.decode(content)
    except ValueError as error:
        raise HostileArchiveError("son manifeste manque", "its manifest is missing") from error
    if manifest.format > FORMAT:
        raise UsageError(
            Text(
                fr=f"Cette sauvegarde est d'un Breakfix plus récent ({manifest.breakfix}).",
                en=f"This backup is of a newer Breakfix ({manifest.breakfix}).",
            ),
            Text(fr="Mettez Breakfix à jour, puis recommencez.", en="Update Breakfix, then run this again."),
        )
    differs = sorted(name for name in {*manifest.files, *found} if manifest.files.get(name) != found.get(name))
    if differs:
        raise HostileArchiveError(
            f"« {differs[0]} » n'est pas ce que dit son manifeste", f'"{differs[0]}" is not what its manifest says'
        )
    if STORE not in found:
        raise HostileArchiveError("la base manque", "the store is missing")
    return manifest


# In place -------------------------------------------------------------------------------------------------


def _targets(places: BackupPlaces) -> dict[str, Path]:
    return {**places.folders, SETTINGS: places.settings}


def _has_data(place: Path) -> bool:
    return place.is_file() or (place.is_dir() and any(place.iterdir()))


def _put_in_place(staged: Path, places: BackupPlaces) -> tuple[Path, ...]:
    """Move what was unpacked to where it belongs, and what was there aside."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside = []
    for name, place in _targets(places).items():
        if not (staged / name).exists():
            continue
        if _has_data(place):
            kept = place.with_name(f"{place.name}.before-{stamp}")
            place.rename(kept)
            aside.append(kept)
        elif place.is_dir():
            place.rmdir()
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(staged / name, place)
    return tuple(aside)


def _data_is_there(there: list[Path]) -> UsageError:
    listed = ", ".join(map(str, there))
    return UsageError(
        Text(fr=f"Il y a déjà des données : {listed}.", en=f"There is data already: {listed}."),
        Text(
            fr="--replace les met de côté et rétablit la sauvegarde.",
            en="--replace puts them aside and restores the backup.",
        ),
    )


def _restoring(source: Path) -> AbstractContextManager[None]:
    return file_errors(
        Text(fr=f"La sauvegarde {source} ne peut pas être rétablie", en=f"The backup {source} cannot be restored"),
        Text(
            fr="Vérifiez le fichier, vos droits et la place sur le disque.",
            en="See to the file, your rights and the room on the disk.",
        ),
    )
