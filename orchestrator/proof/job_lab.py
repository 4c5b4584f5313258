"""The labs that proof jobs work on: each is removed when its job ends, and all at once when a proof is interrupted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import Plan
from orchestrator.proof.residue import residue_of

Ended: TypeAlias = Callable[[tuple[Text, ...], float], None]
"""Is told what is left of a lab that was removed, and how many seconds its removal took."""


class JobOverError(Exception):
    """Nothing more can be done in a job; why is recorded, unless its proof was interrupted."""


class AtWork:
    """The labs that run now; after ``abandon`` there are none, and none comes to be."""

    def __init__(self, labs: Labs) -> None:
        """Begin with none."""
        self.lock = threading.RLock()
        self.abandoned = False
        self._labs = labs
        self._running: dict[str, Instance] = {}

    def add(self, instance: Instance) -> None:
        """Note that a lab runs."""
        with self.lock:
            self._running[instance.name] = instance

    def remove(self, instance: Instance) -> None:
        """Note that a lab is gone."""
        with self.lock:
            self._running.pop(instance.name, None)

    def abandon(self) -> None:
        """Remove every lab, so that whatever waits for one ends; jobs begin nothing new."""
        with self.lock:
            self.abandoned = True
            running = tuple(self._running.values())
        for instance in running:
            with suppress(LabError):
                self._labs.lifecycle.discard(instance)

    def go_on(self) -> None:
        """Raise where the proof was interrupted."""
        if self.abandoned:
            raise JobOverError


@dataclass
class JobLab:
    """A job's lab."""

    running: Running
    driver: LabDriver


@contextmanager
def job_lab(labs: Labs, plan: Plan, at_work: AtWork, ended: Ended) -> Iterator[JobLab]:
    """Run the block with a healthy lab of its own.

    Raises:
        LabError: the lab does not come up; nothing of it is left.
        JobOverError: the proof was interrupted.
    """
    running = labs.lifecycle.start(plan, Silent(), broken=False)
    at_work.add(running.instance)
    driver = None
    try:
        at_work.go_on()
        driver = labs.running.driver(running)
        yield JobLab(running, driver)
    finally:
        began = time.monotonic()
        labs.lifecycle.discard(running.instance)
        at_work.remove(running.instance)
        left: tuple[Text, ...] = ()
        if driver is not None and not at_work.abandoned:
            driver.fabric.close()  # what the helper holds for this thread's connection ends with it
            left = residue_of(driver, recorded=labs.running.recorded(running.instance))
        ended(left, time.monotonic() - began)
