"""Images in one file, for a classroom without network."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO

from orchestrator.core import labels
from orchestrator.engine.engine_interface import Engine
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.images import rootfs
from orchestrator.images.catalogue import REPOSITORY, Catalogue
from orchestrator.core.text import Text

OnProgress = Callable[[int, int], None]
"""Receives the bytes done and the bytes in all (0: not known)."""

_CHUNK = 1 << 20
_MANIFEST = "manifest.json"
_MOST_MANIFEST = 8 << 20
_LEVEL = 1
"""gzip's fastest level: measured on all images, it halves the file and keeps up with Docker's own pace."""


@dataclass(frozen=True)
class Bundle:
    """A file of images: its size in bytes, and the images' tags."""

    path: Path
    size: int
    tags: tuple[str, ...]


def save(
    engine: Engine,
    catalogue: Catalogue,
    names: Iterable[str],
    path: Path,
    *,
    force: bool = False,
    on_progress: OnProgress = lambda _done, _total: None,
) -> Bundle:
    """Write images, all their ancestors and the raw root file system into one file.

    The file has the format of ``docker save``, compressed with gzip. It gets its name once it is whole.

    Args:
        engine: where the images are.
        catalogue: the images.
        names: which images.
        path: the file.
        force: whether a file of that name may be replaced.
        on_progress: receives the bytes that Docker has given so far; how many it will be is not known.

    Raises:
        UsageError: the file exists, or its folder does not.
        NoSuchImageError: an image has not been built.
        MachineError: the file cannot be written.
    """
    _refuse_bad_target(path, force=force)
    names = tuple(names)
    wanted = [catalogue.tag(name) for name in catalogue.ordered(names)]
    there = {tag for image in engine.images({labels.KIND: "image"}) for tag in image.tags}
    # Ancestors are needed only to build more on top: an image that itself was loaded may lack them.
    needed = {catalogue.tag(name) for name in names}
    tags = tuple(tag for tag in (rootfs.TAG, *wanted) if tag in needed or tag in there)
    try:
        _write(engine.save(tags), path, on_progress)
    except OSError as error:
        raise _unwritable(path, error) from error
    return Bundle(path, path.stat().st_size, tags)


def load(engine: Engine, path: Path, *, on_progress: OnProgress = lambda _done, _total: None) -> Bundle:
    """Load images from a file, after looking at all of it: a damaged file changes nothing.

    Args:
        engine: where the images shall be.
        path: the file.
        on_progress: receives the bytes that have been passed to Docker, and the file's size.

    Raises:
        UsageError: the file does not exist, is damaged, or holds no images of Breakfix.
        MachineError: the engine refuses it.
    """
    bundle = inspect(path)
    with path.open("rb") as stream:
        engine.load(_counted(stream, bundle.size, on_progress))
    return bundle


def inspect(path: Path) -> Bundle:
    """Return what is in a file of images, having read it to its end.

    Raises:
        UsageError: the file does not exist, is damaged, or holds no images of Breakfix.
    """
    try:
        size = path.stat().st_size
        tags = _tags(path)
    except FileNotFoundError as error:
        raise UsageError(Text(fr=f"Le fichier {path} n'existe pas.", en=f"There is no file {path}.")) from error
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise _damaged(path, str(error)) from error
    ours = tuple(tag for tag in tags if tag.startswith(f"{REPOSITORY}/"))
    if not ours:
        raise UsageError(
            Text(
                fr=f"{path} ne contient aucune image de Breakfix.",
                en=f"{path} holds no image of Breakfix.",
            ),
            Text(
                fr="Il faut un fichier écrit par « breakfix images save ».",
                en="It takes a file written by 'breakfix images save'.",
            ),
        )
    return Bundle(path, size, ours)


def _tags(path: Path) -> list[str]:
    """Return the tags in an archive, reading each byte of it: gzip then proves that nothing is missing."""
    manifest: bytes | None = None
    with _opened(path) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if member.name == _MANIFEST and member.size <= _MOST_MANIFEST:
                    content = archive.extractfile(member)
                    manifest = content.read() if content else None
        while stream.read(_CHUNK):
            pass
    try:
        described = json.loads(manifest or b"")
        return [str(tag) for one in described for tag in one.get("RepoTags") or ()]
    except (ValueError, AttributeError, TypeError) as error:
        raise tarfile.ReadError(f"no {_MANIFEST} in it") from error


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")


def _write(content: Iterable[bytes], path: Path, on_progress: OnProgress) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        done = 0
        with os.fdopen(descriptor, "wb") as stream:
            with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=_LEVEL, mtime=0) as packed:
                for chunk in content:
                    packed.write(chunk)
                    done += len(chunk)
                    on_progress(done, 0)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _counted(stream: IO[bytes], total: int, on_progress: OnProgress) -> Iterator[bytes]:
    done = 0
    while chunk := stream.read(_CHUNK):
        yield chunk
        done += len(chunk)
        on_progress(done, total)


def _refuse_bad_target(path: Path, *, force: bool) -> None:
    if not path.parent.is_dir():
        raise UsageError(Text(fr=f"Le dossier {path.parent} n'existe pas.", en=f"There is no folder {path.parent}."))
    if path.is_dir() or (path.exists() and not force):
        raise UsageError(
            Text(fr=f"{path} existe déjà.", en=f"{path} exists already."),
            Text(fr="Donnez un autre nom, ou ajoutez --force.", en="Give another name, or add --force."),
        )


def _damaged(path: Path, reason: str) -> UsageError:
    return UsageError(
        Text(
            fr=f"{path} n'est pas une archive d'images entière : {reason}",
            en=f"{path} is not a whole archive of images: {reason}",
        ),
        Text(
            fr="Copie interrompue ? Comparez sa taille avec celle de l'original, puis copiez-le de nouveau.",
            en="The copy may have been cut short: compare its size with the original's, then copy it again.",
        ),
    )


def _unwritable(path: Path, error: OSError) -> MachineError:
    reason = error.strerror or str(error)
    return MachineError(Text(fr=f"Impossible d'écrire {path} : {reason}", en=f"Cannot write {path}: {reason}"))
