"""What every fault is, and how a scenario's fault specification becomes one."""

from __future__ import annotations

import inspect
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import BreakfixError, FaultMistakeError, LabError, Place
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.model.base import Document

SETTLE = 20.0
"""Seconds that a fault may take to show once it is injected: a daemon restarts, a neighbour is given up."""

Memento = Mapping[str, str]
"""What a revert needs to know of the state before the fault: short texts, kept with the instance."""


class Fault(Document, ABC):
    """One way of breaking one thing.

    A subclass's fields are its parameters. ``remember`` is called, and its result kept, before ``inject``: whatever
    happens in between, ``revert`` can bring the host back.
    """

    model_config = ConfigDict(defer_build=True)  # a scenario uses few of all the faults

    name: ClassVar[str]
    """The fault's name in scenario files."""

    def remember(self, driver: LabDriver) -> Memento:
        """Return what ``revert`` will need."""
        return {}

    @abstractmethod
    def inject(self, driver: LabDriver) -> None:
        """Break it."""

    @abstractmethod
    def verify(self, driver: LabDriver) -> None:
        """Make sure that the fault has really taken effect.

        Raises:
            LabError: it has not.
        """

    @abstractmethod
    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Undo exactly what ``inject`` did."""

    @abstractmethod
    def explain(self) -> Text:
        """Return one sentence that says what is broken, for the debrief."""


@contextmanager
def mistakes_told(fault: Fault, method: str) -> Iterator[None]:
    """Run one of a fault's methods, and tell a mistake of a trainer's class at its line; one of ours stays unexpected.

    Raises:
        FaultMistakeError: the method raised what is no error of a lab.
    """
    try:
        yield
    except BreakfixError:
        raise
    except Exception as error:
        if type(fault).__module__.startswith("orchestrator."):
            raise
        file = inspect.getfile(type(fault))
        lines = [f.lineno or 0 for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        where = f"{Place.of(Path(file), lines[-1] if lines else 0)}: {type(error).__name__}: {error}"
        raise FaultMistakeError(
            Text(
                fr=f"La panne {fault.name} a une erreur dans {method}() : {where}",
                en=f"The fault {fault.name} has a mistake in {method}(): {where}",
            )
        ) from error


def nothing_to_break(fault: Fault, seen: str) -> LabError:
    """Return the error for a fault whose object is not sound, or not there, before the fault."""
    return LabError(
        Text(
            fr=f"La panne {fault.name} ne peut pas être injectée, l'état de départ n'est pas sain : {seen}",
            en=f"The fault {fault.name} cannot be injected, what it breaks is not sound beforehand: {seen}",
        )
    )


def not_effective(fault: Fault, seen: str) -> LabError:
    """Return the error for a fault that has not taken effect."""
    return LabError(
        Text(
            fr=f"La panne {fault.name} n'a pas pris effet : {seen}",
            en=f"The fault {fault.name} has not taken effect: {seen}",
        )
    )


def _not_undone(fault: Fault, seen: str) -> LabError:
    return LabError(
        Text(
            fr=f"La panne {fault.name} a été retirée, mais se voit encore : {seen}",
            en=f"The fault {fault.name} has been undone, but still shows: {seen}",
        )
    )


def wait_for_effect(fault: Fault, look: Callable[[], str]) -> None:
    """Wait until a fault shows.

    Args:
        fault: the fault.
        look: returns ``""`` where the fault shows, else what is seen instead.

    A look that fails is repeated as one that sees nothing yet: a server that has just been changed, on a busy machine,
    leaves a question without an answer now and then.

    Raises:
        LabError: it does not show in ``SETTLE`` seconds; the error says what was seen last, or is the last look's own.
    """
    _wait(look, lambda seen: not_effective(fault, seen))


def wait_until_sound(fault: Fault, look: Callable[[], str]) -> None:
    """Wait until what a fault breaks is sound, before the fault: what has just been started may not be yet.

    ``look`` returns ``""`` where it is sound, else what is seen instead; one that fails is repeated.

    Raises:
        LabError: it is not in ``SETTLE`` seconds; the error says what was seen last, or is the last look's own.
    """
    _wait(look, lambda seen: nothing_to_break(fault, seen))


def wait_until_undone(fault: Fault, look: Callable[[], str]) -> None:
    """Wait until a fault that has been reverted no longer shows.

    ``look`` returns ``""`` where it does not, else what is still seen; one that fails is repeated.

    Raises:
        LabError: it still shows after ``SETTLE`` seconds; the error says what was seen last, or is the last look's own.
    """
    _wait(look, lambda seen: _not_undone(fault, seen))


def _wait(look: Callable[[], str], refusal: Callable[[str], LabError]) -> None:
    """Repeat a look until it returns ``""``; what it returns at the end of ``SETTLE`` is told by ``refusal``."""
    seen: str | LabError = ""

    def done() -> bool:
        nonlocal seen
        try:
            seen = look()
        except FaultMistakeError:
            raise
        except LabError as error:
            seen = error
        return not seen

    if not wait_until(done, within=SETTLE):
        raise seen if isinstance(seen, LabError) else refusal(seen)
