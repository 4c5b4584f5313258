"""Somebody works in a lab at the command line: it goes on where it was frozen, and labd does not freeze it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance

_BETWEEN_S: Final = 5.0
"""Seconds from one word about somebody's work to the next: labs are frozen after minutes."""
RUNS_S: Final = 20.0
"""Seconds from one word to the next while a command runs at which nobody types: labd freezes after a minute or more."""


def wake(invocation: Invocation, instance: Instance) -> None:
    """Say that somebody is about to work in a lab, and let it go on where it is frozen.

    Raises:
        BreakfixError: it does not go on.
    """
    invocation.labd.works(instance.name)
    if instance.frozen and not instance.assessed:
        invocation.app.labs.lifecycle.thaw(instance.name)  # labd may have been ended since it froze it
        text = Text(fr=f"{instance.name} était en pause : il reprend.", en=f"{instance.name} was frozen: it goes on.")
        invocation.output.note(text, style="quiet")


@contextmanager
def working(invocation: Invocation, instance: Instance, every: float | None = None) -> Iterator[Callable[[], None]]:
    """Keep a lab awake within the block, in which somebody works in it.

    Args:
        invocation: the command line.
        instance: the lab.
        every: seconds after which the work counts anew by itself; None: it never does.

    Gives:
        What is called whenever something is done; it returns at once.

    Raises:
        BreakfixError: the lab is frozen and does not go on.
    """
    wake(invocation, instance)
    presence = _Presence(invocation, instance.name, every)
    teller = threading.Thread(target=presence.tell, name="presence", daemon=True)
    teller.start()
    try:
        yield presence.acts
    finally:
        presence.end()
        teller.join()


class _Presence:
    """Tells of work in a thread of its own: whoever types waits for nobody."""

    def __init__(self, invocation: Invocation, lab: str, every: float | None) -> None:
        self._invocation = invocation
        self._lab = lab
        self._every = every
        self._labs = invocation.app.labs
        self._acted, self._over = threading.Event(), threading.Event()

    def acts(self) -> None:
        self._acted.set()

    def end(self) -> None:
        self._over.set()
        self._acted.set()

    def tell(self) -> None:
        while True:
            self._acted.wait(self._every)
            if self._over.is_set():
                return
            self._acted.clear()
            self._invocation.labd.works(self._lab, warn=False)
            with suppress(BreakfixError):  # it is gone, or the engine is: whoever works there sees that
                self._labs.lifecycle.thaw(self._lab)
            self._over.wait(_BETWEEN_S)


class TypedKeys:
    """What a user types at a terminal is work; see ``terminal.Tap``."""

    every = 3600.0

    def __init__(self, acts: Callable[[], None]) -> None:
        """Take what is called at each key."""
        self._acts = acts

    def shown(self, data: bytes) -> None:
        """See what the far end shows: nobody's work."""

    def typed(self, data: bytes) -> bool:
        """See what the user types; all of it is passed on."""
        if data:
            self._acts()
        return True

    def resized(self, rows: int, columns: int) -> None:
        """See the window's size."""

    def open(self) -> bool:
        """Return that the terminal stays open."""
        return True
