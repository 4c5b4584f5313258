"""Reading content files: within their folder, of a bounded size, as text or bytes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.control_characters import CONTROLS, name_of
from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_TEXT = 1 << 20
"""Bytes of the largest YAML, Markdown or Python file that is read."""

MAX_FILE = 8 << 20
"""Bytes of the largest file of any other kind, such as one that a lab places in a host."""

MAX_FILES = 2000
"""The most files and folders of one lab, scenario or image."""

MAX_TOTAL = 64 << 20
"""Bytes of all these files together."""

MAX_LEVELS = 20
"""The most folders inside each other."""

_PYTHONS_OWN = frozenset("\0\f")
"""What Python itself allows (a form feed), or refuses in its own words."""

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
        raise ContentError((unreadable(path, error),)) from error


def read_text(path: Path, *, within: Path) -> str:
    """Return a UTF-8 file's text.

    Raises:
        ContentError: as ``read_bytes``, or the file is not UTF-8, or has characters that would act on a terminal.
    """
    text = decode(read_bytes(path, within=within), path)
    found = next((found for found in CONTROLS.finditer(text) if found[0] not in _PYTHONS_OWN), None)
    if found is not None:
        name = name_of(found[0])
        told = problem(
            path,
            f"cette ligne a un caractère de commande ({name}), qui agirait sur un terminal ; retirez-le",
            f"this line has a control character ({name}), which would act on a terminal; remove it",
            line=text.count("\n", 0, found.start()) + 1,
        )
        raise ContentError((told,))
    return text


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
        links = [name for name in folders if os.path.islink(f"{parent}/{name}")]  # noqa: PTH114
        folders[:] = [name for name in folders if name not in _LEFT_BEHIND and name not in links]
        found += [Path(parent, name) for name in (*names, *links) if not _left_behind(name)]
    return tuple(sorted(found))


def add_files(digest: _Hash, folder: Path, *, without: Collection[str] = ()) -> None:
    """Add every file below a folder to a digest, by path and content.

    Args:
        digest: what is added to.
        folder: the folder.
        without: the files and folders that are left out, by their paths below it.

    Raises:
        ContentError: a file cannot be read, is too big, or a link out of the folder.
    """
    for path in files_below(folder):
        name = path.relative_to(folder)
        if not any(part.as_posix() in without for part in (name, *name.parents)):
            content = read_bytes(path, within=folder, limit=MAX_FILE)
            head = os.fsencode(name.as_posix())
            digest.update(b"%d:%s%d:" % (len(head), head, len(content)))
            digest.update(content)


def require_bounded(folder: Path) -> None:
    """Refuse the folder of a lab, a scenario or an image that nobody could read through, before anything is read.

    Raises:
        ContentError: it has too many files, too large ones, or too many folders inside each other.
    """
    count = total = 0
    pending = [(str(folder), 0)]
    while pending:
        at, levels = pending.pop()
        if levels > MAX_LEVELS:
            raise _beyond(
                folder, f"plus de {MAX_LEVELS} niveaux de dossiers", f"more than {MAX_LEVELS} levels of folders"
            )
        with contextlib.suppress(OSError), os.scandir(at) as entries:  # whoever reads it says why not
            for entry in entries:
                count += 1
                if entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, levels + 1))
                elif entry.is_file(follow_symlinks=False):
                    size = entry.stat(follow_symlinks=False).st_size
                    total += size if size <= MAX_FILE else 0  # a larger one is refused by itself
                if count > MAX_FILES:
                    raise _beyond(folder, f"plus de {MAX_FILES} fichiers", f"more than {MAX_FILES} files")
                if total > MAX_TOTAL:
                    most = MAX_TOTAL >> 20
                    raise _beyond(folder, f"plus de {most} Mio en tout", f"more than {most} MiB in all")


def _beyond(folder: Path, fr: str, en: str) -> ContentError:
    return ContentError(
        (
            problem(
                folder,
                f"ce dossier a {fr} ; retirez-en ce qui n'est pas du contenu",
                f"this folder has {en}; remove what is no content",
            ),
        )
    )


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
        return unreadable(path, error)
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


def unreadable(path: Path, error: Exception) -> Problem:
    """Return the problem of a file or folder that the system does not let anybody read."""
    return problem(path, *_unreadable(error))


def _unreadable(error: Exception) -> tuple[str, str]:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"lecture impossible : {reason}", f"cannot be read: {reason}"
