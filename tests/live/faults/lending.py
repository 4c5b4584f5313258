"""The labs of the fault tests of one pytest process: started once, and lent to one module after another.

Every case leaves its lab as it found it, so the next module that names the same lab gets it: a start costs more than
many a case. A lab that may be broken is handed to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.progress import Silent
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.labs import Labs, Running


@dataclass(frozen=True)
class Lent:
    """A lab that a module has.

    Attributes:
        running: the lab.
        undo: what the module does to the lab before its first case is undone by what it puts here.
    """

    running: Running
    undo: ExitStack = field(default_factory=ExitStack)


class Lending:
    """The labs that run and are whole, by name."""

    def __init__(self, labs: Labs) -> None:
        """Begin with none."""
        self._labs = labs
        self._whole: dict[str, Running] = {}

    @contextmanager
    def lend(self, lab: str, failures: Callable[[], int], *, wanted_again: bool) -> Iterator[Lent]:
        """Run the block with a lab, kept for the next one only where nothing in it failed.

        Args:
            lab: the lab's name.
            failures: returns how many tests have failed so far.
            wanted_again: whether another module names the lab; else it is removed after this one.
        """
        running = self._take(lab)
        before = failures()
        whole = False
        try:
            with ExitStack() as undo:
                yield Lent(running, undo)
            whole = failures() == before
        finally:
            if whole and wanted_again:
                self._whole[lab] = running
            else:
                self._labs.lifecycle.discard(running.instance)

    def close(self) -> None:
        """Remove the labs that nobody has any more."""
        while self._whole:
            self._labs.lifecycle.discard(self._whole.popitem()[1].instance)

    def _take(self, lab: str) -> Running:
        """Return a lab that is kept, a fresh one where there is none, or it is gone or not ready."""
        kept = self._whole.pop(lab, None)
        if kept is not None:
            try:
                self._labs.running.planned(kept.instance.name)
                wait_for_conditions(self._labs.running.driver(kept), kept.plan.ready)
            except (LabError, UsageError):
                self._labs.lifecycle.discard(kept.instance)
            else:
                return kept
        return self._labs.lifecycle.start(self._labs.plans.of_lab(lab), Silent())
