"""A build's context: the files of an image's folder and of the program folders that it includes."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

DESCRIPTION = "image.yaml"
"""The file that describes the image: no part of its content."""

_LEFT_BEHIND = frozenset({"__pycache__", ".DS_Store", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
_LEFT_BEHIND_ENDINGS = ("~", ".pyc", ".pyo", ".swp", ".swo", ".orig", ".rej")
_EXECUTABLE = 0o100


@dataclass(frozen=True, order=True)
class ContextEntry:
    """One file or symbolic link of a context; everything that a build may depend on, nothing else.

    Attributes:
        path: relative, with ``/``.
        executable: whether its owner may execute it; no other bit of the mode counts.
        content: the file's bytes, or the link's target.
    """

    path: str
    executable: bool
    link: bool
    content: bytes


def entries(folder: Path, included: Mapping[str, Path]) -> tuple[ContextEntry, ...]:
    """Return the context of an image folder, sorted by path.

    Args:
        folder: the image's folder.
        included: name in the context -> folder of the program.

    Raises:
        OSError: a file cannot be read.
    """
    own = (entry for entry in _below(folder, "") if entry.path != DESCRIPTION)
    others = (entry for name, path in included.items() for entry in _below(path, f"{name}/"))
    return tuple(sorted((*own, *others)))


def program_folder(path: str) -> Path:
    """Return a folder of the program, such as ``orchestrator/fabric/helper``; works when installed, too."""
    package, _, rest = path.partition("/")
    return Path(str(resources.files(package).joinpath(rest)))


def pack(context: Iterable[ContextEntry]) -> bytes:
    """Return a context as a tar archive that is the same for the same content, so that layers are reused."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folders: set[PurePosixPath] = set()
        for entry in context:
            for parent in reversed(PurePosixPath(entry.path).parents[:-1]):
                if parent not in folders:
                    folders.add(parent)
                    archive.addfile(_member(str(parent), tarfile.DIRTYPE, 0o755))
            _add(archive, entry)
    return stream.getvalue()


def _add(archive: tarfile.TarFile, entry: ContextEntry) -> None:
    if entry.link:
        member = _member(entry.path, tarfile.SYMTYPE, 0o777)
        member.linkname = os.fsdecode(entry.content)
        archive.addfile(member)
        return
    member = _member(entry.path, tarfile.REGTYPE, 0o755 if entry.executable else 0o644)
    member.size = len(entry.content)
    archive.addfile(member, io.BytesIO(entry.content))


def _member(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)  # time, owner and group are 0
    member.type = kind
    member.mode = mode
    return member


def _below(folder: Path, prefix: str) -> list[ContextEntry]:
    found: list[ContextEntry] = []
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = [name for name in folders if name not in links and not _left_behind(name)]
        for name in (*names, *links):
            if not _left_behind(name):
                path = Path(parent, name)
                found.append(_entry(path, prefix + path.relative_to(folder).as_posix()))
    return found


def _entry(path: Path, name: str) -> ContextEntry:
    if path.is_symlink():
        return ContextEntry(name, executable=False, link=True, content=os.fsencode(path.readlink()))
    executable = bool(path.stat().st_mode & _EXECUTABLE)
    return ContextEntry(name, executable=executable, link=False, content=path.read_bytes())


def _left_behind(name: str) -> bool:
    return name in _LEFT_BEHIND or name.endswith(_LEFT_BEHIND_ENDINGS)
