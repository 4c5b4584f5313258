"""Pictures of a candidate's desktops: a folder for each, with PNG files, and a list of them that is only added to.

The list (``pictures.jsonl``) begins with a line that says what it is of; each line after that is something that
happened: ``[seconds since 1970 of the session's time, kind, …]``. A picture stands in it once its file is whole, so
that a killed program leaves what can be read.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

ENDING: Final = ".desktop"
"""How the folder of a desktop's pictures is called, after its scenario and host, beside recordings of terminals."""
LIST: Final = "pictures.jsonl"
_VERSION: Final = 1
_NAME: Final = re.compile(r"([a-z0-9][a-z0-9-]*)\.(.+)")
_TAIL: Final = 1 << 14
_MOST_SECONDS: Final = 1 << 40

HappenedKind = Literal["opened", "closed", "used", "picture", "paced", "trouble", "full"]
"""What a line is about.

``opened``, ``closed``: a candidate's browser shows the desktop, or does no longer. ``used``: they act in it again after
a rest. ``picture``: its number, width, height and bytes. ``paced``: pictures are made no oftener than every so many
seconds from now on. ``trouble``: none can be made, and why. ``full``: there is no room for another one.
"""
Trouble = Literal["off", "gone", "locked", "large", "strange", "slow", "many", "disk"]
"""Why no picture can be made: see ``rfb_looker.WhyNot``; or the screen is off, too many of a candidate's are open, or
the disk takes none."""
_KINDS: Final = frozenset(get_args(HappenedKind))
_TROUBLES: Final = frozenset(get_args(Trouble))


@dataclass(frozen=True)
class Happened:
    """A line of the list.

    Attributes:
        at: when, seconds since 1970.
        kind: what it is about.
        number: of a picture; of ``paced`` the seconds; else 0.
        width: of a picture.
        height: of a picture.
        why: of a trouble.
    """

    at: float
    kind: HappenedKind
    number: int = 0
    width: int = 0
    height: int = 0
    why: Trouble | None = None


def folder_of(recordings: Path, scenario: str, host: str) -> Path:
    """Return where the pictures of a host's desktop are, in a candidate's folder of recordings."""
    return recordings / f"{scenario}.{host}{ENDING}"


def named(name: str) -> tuple[str, str]:
    """Return the scenario and the host that a desktop's name tells; of another name none, and the name."""
    match = _NAME.fullmatch(name)
    return (match[1], match[2]) if match else ("", name)


def file_of(number: int) -> str:
    """Return the name of a picture's file."""
    return f"{number:06}.png"


def happened(content: bytes) -> tuple[Happened, ...]:
    """Return what a list says, in time; a line that was cut off, or is none, is left out."""
    found = (one for line in content.splitlines() if (one := _read(line)) is not None)
    return tuple(sorted(found, key=lambda one: one.at))


def pictures_of(content: bytes) -> tuple[Happened, ...]:
    """Return the pictures that a list names, in time."""
    return tuple(one for one in happened(content) if one.kind == "picture")


def _read(line: bytes) -> Happened | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match row:
        case [int() | float() as at, "picture", int(number), int(width), int(height), int()] if number > 0:
            made = Happened(at, "picture", number, width, height)
        case [int() | float() as at, "paced", int(seconds)]:
            made = Happened(at, "paced", seconds)
        case [int() | float() as at, "trouble", str(why)] if why in _TROUBLES:
            made = Happened(at, "trouble", why=cast("Trouble", why))
        case [int() | float() as at, str(kind)] if kind in _KINDS - {"picture", "paced", "trouble"}:
            made = Happened(at, cast("HappenedKind", kind))
        case _:
            return None
    return made if math.isfinite(made.at) and 0 <= made.at <= _MOST_SECONDS else None


class PictureFolder:
    """Writes the pictures of one desktop. For one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, or go on in one that is there.

        Raises:
            OSError: the disk does not take it.
        """
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._number = max((int(one.stem) for one in folder.glob("*.png") if one.stem.isdecimal()), default=0)
        path = folder / LIST
        content = path.read_bytes() if path.is_file() else b""
        self._cut_off = bool(content) and not content.endswith(b"\n")  # its writer was killed
        if not content:
            scenario, host = named(folder.name.removesuffix(ENDING))
            self._add({"version": _VERSION, "scenario": scenario, "host": host})

    def note(self, at: float, kind: HappenedKind, *values: str | int) -> int:
        """Write down that something happened, and return the bytes that it took.

        Args:
            at: the session's time, seconds since 1970.
            kind: what happened.
            values: what else there is to know, see ``HappenedKind``.

        Raises:
            OSError: the disk does not take it.
        """
        return self._add([round(at, 3), kind, *values])

    def picture(self, at: float, png: bytes, width: int, height: int) -> int:
        """Keep a picture, and return the bytes that it took; raises as ``note``."""
        self._number += 1
        path = self._folder / file_of(self._number)
        try:
            path.write_bytes(png)
            return len(png) + self.note(at, "picture", self._number, width, height, len(png))
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def _add(self, line: object) -> int:
        data = (b"\n" if self._cut_off else b"") + json.dumps(line).encode() + b"\n"
        self._cut_off = True
        with (self._folder / LIST).open("ab", buffering=0) as file:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._cut_off = False
        return len(data)


def desktops_in(recordings: Path) -> tuple[Path, ...]:
    """Return the folders with pictures of a candidate's desktops, by name."""
    return tuple(sorted(one for one in recordings.glob(f"*{ENDING}") if one.is_dir()))


def taken(recordings: Path) -> tuple[int, int]:
    """Return how many pictures of a candidate's desktops there are, and the bytes of all that is kept of them."""
    sizes = [(one.suffix, one.stat().st_size) for folder in desktops_in(recordings) for one in folder.iterdir()]
    return sum(suffix == ".png" for suffix, _ in sizes), sum(size for _, size in sizes)


def sealed_pictures(recordings: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what is sealed of a candidate's desktops: each file's name in the evidence, and its content.

    Only pictures that the list names are: another one was never whole.
    """
    for folder in desktops_in(recordings):
        path, place = folder / LIST, f"desktops/{folder.name.removesuffix(ENDING)}"
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield f"{place}/{LIST}", content
        for picture in (folder / file_of(one.number) for one in pictures_of(content)):
            if picture.is_file():
                yield f"{place}/{picture.name}", picture.read_bytes()


def last_lines(folder: Path) -> tuple[Happened, ...]:
    """Return the last things that a desktop's list says, in time.

    Raises:
        OSError: it cannot be read.
    """
    with (folder / LIST).open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(0, end - _TAIL))
        return happened(file.read(_TAIL))
