"""The part of the contract (``calls``) about recorded desktops: on a sitting's time line, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.labd.calls import Call


@dataclass(frozen=True)
class SittingDesktop:
    """A recorded desktop on the time line.

    Attributes:
        id: its number among the sitting's desktops, from 0.
        scenario: the scenario whose host it is on; empty: the name does not say.
        host: the host.
        began: when it was first opened.
        seconds: how long it is until it was last closed.
        opened: from and to which second it was open, in order.
        busy: from and to which second it changed, in order.
        used: the seconds at which the candidate acted in it anew after a rest.
        pictures: the seconds at which its pictures were made, in order: the first one is number 0.
        sizes: the width and height of each picture.
    """

    id: int
    scenario: str
    host: str
    began: str
    seconds: float
    opened: tuple[tuple[float, float], ...]
    busy: tuple[tuple[float, float], ...]
    used: tuple[float, ...]
    pictures: tuple[float, ...]
    sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SealedPictureOf:
    """Ask for a picture of a desktop, by the numbers of both."""

    session: str
    phase: str
    number: str
    desktop: int
    picture: int


@dataclass(frozen=True)
class DesktopPicture:
    """A picture, as PNG."""

    png: bytes


SITTING_PICTURE = Call("sitting-picture", SealedPictureOf, DesktopPicture)
"""Return a sealed picture of a desktop, in which nothing is masked."""
