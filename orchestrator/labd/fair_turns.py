"""Whose turn it is: those who ask take turns, however much each has asked for. Pure."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")


_CLASS: Final = "class:"


def asker_of(name: str) -> str:
    """Return as whose a class's launches take their turns: no person's reference looks so."""
    return f"{_CLASS}{name}"


def class_of(asker: str) -> str:
    """Return the class that asks; empty where it is a person."""
    return asker.removeprefix(_CLASS) if asker.startswith(_CLASS) else ""


class FairTurns(Generic[T]):
    """What waits, by who asked for it; each asker's own is served in the order in which it was asked for."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._by_asker: dict[str, list[T]] = {}

    def __len__(self) -> int:
        """Return how much waits."""
        return sum(map(len, self._by_asker.values()))

    def add(self, asker: str, item: T) -> None:
        """Have something wait; an asker who has nothing yet comes behind the others."""
        self._by_asker.setdefault(asker, []).append(item)

    def of(self, asker: str) -> tuple[T, ...]:
        """Return what waits of an asker's."""
        return tuple(self._by_asker.get(asker, ()))

    def order(self) -> tuple[T, ...]:
        """Return all that waits, in the order in which it will be served if nobody asks for more."""
        columns, found = list(self._by_asker.values()), list[T]()
        for turn in range(max(map(len, columns), default=0)):
            found += [column[turn] for column in columns if turn < len(column)]
        return tuple(found)

    def serve(self, item: T) -> None:
        """Take something out whose turn it is: the next turns are the other askers'."""
        asker = self._without(item)
        if asker in self._by_asker:
            self._by_asker[asker] = self._by_asker.pop(asker)

    def take_back(self, item: T) -> None:
        """Take something out that is no longer wanted; its asker keeps their turn for what else they asked for."""
        self._without(item)

    def _without(self, item: T) -> str:
        asker = next(asker for asker, waiting in self._by_asker.items() if item in waiting)
        self._by_asker[asker].remove(item)
        if not self._by_asker[asker]:
            del self._by_asker[asker]
        return asker
