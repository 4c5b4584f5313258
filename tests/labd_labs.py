"""The labs that a labd of a test's has made: they, and no others, are removed behind it, whatever came of the test."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from orchestrator.core.paths import state_folder
from orchestrator.instances.instance import Instance

_ENDING = ".events"


class _Running(Protocol):
    def all(self) -> Iterable[Instance]: ...


class _Lifecycle(Protocol):
    def discard(self, instance: Instance) -> None: ...


class _Labs(Protocol):
    @property
    def running(self) -> _Running: ...

    @property
    def lifecycle(self) -> _Lifecycle: ...


def labs_begun(folder: Path) -> frozenset[str]:
    """Return the labs that a labd whose state is in a folder has begun and not stopped.

    It begins the log of a lab before anything of it is made, under a name that nobody has, and removes it once all of
    the lab is gone (``orchestrator.labd.event_log``).

    Args:
        folder: what ``labd_process`` was given.
    """
    logs = state_folder({"XDG_STATE_HOME": str(folder / "state")}) / "labd"
    return frozenset(path.name.removesuffix(_ENDING) for path in logs.glob(f"*{_ENDING}"))


def discard_begun(labs: _Labs, folder: Path) -> None:
    """Remove what is left of the labs that a labd has begun; it has ended.

    Raises:
        BreakfixError: one of them cannot be removed; the others are.
    """
    begun = labs_begun(folder)
    with ExitStack() as removing:
        for instance in labs.running.all():
            if instance.name in begun:
                removing.callback(labs.lifecycle.discard, instance)
