"""Sealed pictures of desktops on the time line: when each was open and changed, and the pictures themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.assessment.desktop_pictures import LIST, Happened, file_of, happened, named
from orchestrator.labd.sealed_copy import SealedCopy
from orchestrator.labd.time_spans import TimeSpans

MOST_SHOWN: Final = 10_000
"""Pictures of one desktop that are shown; the archive has all of them."""
_MOST_USED: Final = 5000
_MOST_LIST: Final = 8 << 20
_MOST_PICTURE: Final = 16 << 20
_PAUSE: Final = 2.0
"""Seconds without a picture after which a desktop rests."""
_MOMENT: Final = 0.5
"""Seconds between two times at which it is open that are one: a browser's line that came back."""
_FOLDER: Final = "desktops/"


@dataclass(frozen=True)
class DesktopActivity:
    """A recorded desktop as the time line shows it.

    Attributes:
        name: its name in the evidence.
        scenario: the scenario of its host; empty: the name does not say.
        host: the host, or the name.
        began: when it was first opened, seconds since 1970.
        seconds: how long it is until it was last closed, or the last that is known of it.
        opened: from and to which second it was open.
        busy: from and to which second it changed.
        used: the seconds at which the candidate acted in it anew.
        pictures: the pictures that the evidence has, in time.
        told: what kept pictures from being made, in time.
    """

    name: str
    scenario: str
    host: str
    began: float
    seconds: float
    opened: tuple[tuple[float, float], ...]
    busy: tuple[tuple[float, float], ...]
    used: tuple[float, ...]
    pictures: tuple[Happened, ...]
    told: tuple[Happened, ...]


def desktops_of(sealed: SealedCopy) -> tuple[DesktopActivity, ...]:
    """Return the desktops in evidence of which something is known, in the order in which they were first opened."""
    names = (name.removeprefix(_FOLDER).removesuffix(f"/{LIST}") for name in sealed.names_in(_FOLDER, f"/{LIST}"))
    found = (one for name in names if (one := _activity(sealed, name)) is not None)
    return tuple(sorted(found, key=lambda one: (one.began, one.name)))


def _activity(sealed: SealedCopy, name: str) -> DesktopActivity | None:
    content, _ = sealed.read(f"{_FOLDER}{name}/{LIST}", _MOST_LIST)
    said = happened(content)
    if not said:
        return None
    began, last = said[0].at, said[-1].at
    pictures = [one for one in said if one.kind == "picture" and sealed.has(_path(name, one))][:MOST_SHOWN]
    opened, busy = TimeSpans(_MOMENT), TimeSpans(_PAUSE)
    for one in pictures:
        busy.add(one.at - began)
    since: float | None = None
    for one in said:
        if one.kind == "opened":  # one that was never closed was open as far as anything is known of it
            since = one.at if since is None else since
        elif one.kind == "closed" and since is not None:
            opened.add(since - began, one.at - began)
            since = None
    if since is not None:
        opened.add(since - began, last - began)
    scenario, host = named(name)
    return DesktopActivity(
        name=name,
        scenario=scenario,
        host=host,
        began=began,
        seconds=last - began,
        opened=tuple(opened.found),
        busy=tuple(busy.found),
        used=tuple(one.at - began for one in said if one.kind == "used")[:_MOST_USED],
        pictures=tuple(pictures),
        told=tuple(one for one in said if one.kind in {"paced", "trouble", "full"}),
    )


def picture_in(sealed: SealedCopy, desktop: DesktopActivity, place: int) -> bytes | None:
    """Return a picture of a desktop by its place among those that are shown; None where there is none.

    Raises:
        MachineError: the evidence is damaged.
    """
    if not 0 <= place < len(desktop.pictures):
        return None
    content, whole = sealed.read(_path(desktop.name, desktop.pictures[place]), _MOST_PICTURE)
    return content if whole else None


def _path(name: str, picture: Happened) -> str:
    return f"{_FOLDER}{name}/{file_of(picture.number)}"
