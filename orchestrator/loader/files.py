"""Reading content files: within their folder, of a bounded size, as text or bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import ContentError, Place, Problem
from orchestrator.text import Text

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_TEXT = 1 << 20
"""Bytes of the largest YAML, Markdown or Python file that is read."""

MAX_FILE = 8 << 20
"""Bytes of the largest file of any other kind, such as one that a lab places in a host."""

_LEFT_BEHIND = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"})


def problem(path: Path, fr: str, en: str, *, line: int = 0) -> Problem:
    """Return a problem with a file, or with one of its lines."""
    return Problem(Place.of(path, line), Text(fr=fr, en=en))


def read_bytes(path: Path, *, within: Path, limit: int = MAX_TEXT) -> bytes:
    """Return a file's bytes.

    Args:
        path: the file.
        within: the content folder that it must lie in, also after following symbolic links.
        limit: the most bytes that are accepted.

    Raises:
        ContentError: the file is missing, unreadable, no regular file, too big, or a link out of the folder.
    """
    if refused := _refusal(path, within, limit):
        raise ContentError((refused,))
    try:
        return path.read_bytes()
    except OSError as error:
        raise ContentError((problem(path, *_unreadable(error)),)) from error


def read_text(path: Path, *, within: Path) -> str:
    """Return a UTF-8 file's text.

    Raises:
        ContentError: as ``read_bytes``, or the file is not UTF-8.
    """
    return decode(read_bytes(path, within=within), path)


def decode(data: bytes, path: Path) -> str:
    """Return the text of UTF-8 bytes that were read from a file.

    Raises:
        ContentError: the bytes are not UTF-8; the problem names the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ContentError(
            (
                problem(
                    path,
                    "ce n'est pas de l'UTF-8 ; enregistrez le fichier en UTF-8",
                    "this is not UTF-8; save the file as UTF-8",
                    line=line,
                ),
            )
        ) from error


def files_below(folder: Path) -> tuple[Path, ...]:
    """Return every file below a folder, sorted, without caches; a link to a folder counts as one file."""
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = [name for name in folders if name not in _LEFT_BEHIND and name not in links]
        found += [Path(parent, name) for name in (*names, *links) if not _left_behind(name)]
    return tuple(sorted(found))


def add_files(digest: _Hash, folder: Path, *, without: str = "") -> None:
    """Add every file below a folder to a digest, by path and content.

    Args:
        digest: what is added to.
        folder: the folder.
        without: the name of a file or folder directly in it that is left out.

    Raises:
        ContentError: a file cannot be read, is too big, or a link out of the folder.
    """
    for path in files_below(folder):
        name = path.relative_to(folder)
        if not without or name.parts[0] != without:
            content = read_bytes(path, within=folder, limit=MAX_FILE)
            head = name.as_posix().encode()
            digest.update(b"%d:%s%d:" % (len(head), head, len(content)))
            digest.update(content)


def _left_behind(name: str) -> bool:
    return name in _LEFT_BEHIND or name.endswith(("~", ".pyc", ".swp"))


def _refusal(path: Path, within: Path, limit: int) -> Problem | None:
    """Return why a file is not read, or None where nothing speaks against it."""
    links = _through_links(path, within)
    try:
        real = path.resolve(strict=True) if links else path
        size = real.stat().st_size
    except FileNotFoundError:
        return _missing(path)
    except (OSError, RuntimeError) as error:  # a loop of links is RuntimeError before Python 3.13
        return problem(path, *_unreadable(error))
    words: tuple[str, str] | None = None
    if links and not real.is_relative_to(within.resolve()):
        folder = Place.of(within)
        words = (
            f"ce lien symbolique sort du dossier {folder} ; remplacez-le par une copie du fichier",
            f"this symbolic link leaves the folder {folder}; replace it by a copy of the file",
        )
    elif not real.is_file():
        words = ("ce n'est pas un fichier ordinaire", "this is not a regular file")
    elif size > limit:
        large = f"{size / (1 << 20):.1f}"
        fr, en = ("", "") if limit == MAX_TEXT else (", ou mettez-le dans une image", ", or put it in an image")
        words = (
            f"ce fichier fait {large.replace('.', ',')} Mio ; la limite est de {limit >> 20} Mio : réduisez-le{fr}",
            f"this file has {large} MiB; the limit is {limit >> 20} MiB: make it smaller{en}",
        )
    return problem(path, *words) if words else None


def _through_links(path: Path, within: Path) -> bool:
    """Return whether the way from a folder to a file may lead out of it: by a symbolic link, or by ``..``."""
    if not path.is_relative_to(within):
        return True
    at = str(within)
    for part in path.relative_to(within).parts:
        at = f"{at}/{part}"
        if part == ".." or os.path.islink(at):  # noqa: PTH114 (thousands of files: Path objects take longer)
            return True
    return False


def _missing(path: Path) -> Problem:
    if path.is_symlink():
        return problem(
            path,
            "ce lien symbolique ne mène nulle part ; remplacez-le par le fichier",
            "this symbolic link leads nowhere; replace it by the file",
        )
    return problem(path, "ce fichier manque ; créez-le", "this file is missing; create it")


def _unreadable(error: Exception) -> tuple[str, str]:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"lecture impossible : {reason}", f"cannot be read: {reason}"
