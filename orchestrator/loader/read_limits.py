"""The last net below reading what somebody else wrote: it comes to an end, and whatever happens is told of a file."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

from orchestrator.core.errors import BreakfixError, ContentError, Place, Problem
from orchestrator.core.text import Text

T = TypeVar("T")

SECONDS: Final = 10
"""Seconds of the processor's time that one folder or module may take; real ones take some hundredths."""


class _TooLongError(BaseException):
    """Time is up; no ``except Exception`` on the way may hold it up."""


def within_limits(read: Callable[[], T], path: Path) -> T:
    """Return what reading returns; whatever it may come upon is a problem with a file, never a traceback.

    Args:
        read: reads one folder or file.
        path: the file to name where nobody knew better.

    Raises:
        ContentError: what was read is wrong, cannot be read, or takes too long.
    """
    try:
        with _in_time():
            return read()
    except BreakfixError:
        raise
    except _TooLongError:
        text = Text(
            fr=f"lecture trop longue (plus de {SECONDS} s de calcul) ; simplifiez ses modèles et son code",
            en=f"takes too long to read (more than {SECONDS} s of computing); simplify its templates and code",
        )
        raise ContentError((Problem(Place.of(path), text),)) from None
    except Exception as error:
        raise ContentError((Problem(Place.of(path), _unreadable(error), _IF_RIGHT),)) from error


_IF_RIGHT: Final = Text(
    fr="Si rien n'est étrange dans ces fichiers, l'erreur est dans Breakfix : signalez-la.",
    en="If nothing is strange about these files, the mistake is Breakfix's: report it.",
)


def _unreadable(error: Exception) -> Text:
    if isinstance(error, RecursionError | MemoryError):
        return Text(
            fr="lecture impossible : trop de niveaux d'imbrication", en="cannot be read: nested in too many levels"
        )
    if isinstance(error, OSError) and error.strerror:
        named = f" ({Place.of(Path(error.filename))})" if isinstance(error.filename, str) else ""
        return Text(fr=f"lecture impossible : {error.strerror}{named}", en=f"cannot be read: {error.strerror}{named}")
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return Text(fr=f"lecture impossible : {said}", en=f"cannot be read: {said}")


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    """Raise ``_TooLongError`` when the time is up.

    Never in another thread than the first, which alone has signals; what is read for something else has its time.
    """
    if threading.current_thread() is not threading.main_thread() or any(signal.getitimer(signal.ITIMER_PROF)):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, SECONDS, 1)  # again and again: a destructor swallows what it raises
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
