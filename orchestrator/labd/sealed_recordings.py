"""Sealed recordings on the time line: when something was done in each; searching in what they showed."""

from __future__ import annotations

import itertools
import json
import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from orchestrator.assessment.asciicast import TypedLine, shown_lines
from orchestrator.core.control_characters import in_one_line
from orchestrator.labd.sealed_copy import SealedCopy
from orchestrator.labd.time_spans import TimeSpans
from orchestrator.privacy.recording_pieces import LONGEST_LINE, head_of

MOST_FOUND: Final = 200
"""Lines that a search returns."""
LONGEST_TOLD: Final = 300
"""Characters of a line that is told: of a longer one its end."""
_SEARCH_S: Final = 10.0
"""Seconds of a search, after which it ends: who searches waits for it."""
_PAUSE: Final = 2.0
"""Seconds without anything after which a terminal rests."""
_REST: Final = 10.0
"""Seconds without a key after which typing begins again."""
_MOST_SECONDS: Final = 30 * 24 * 3600.0
_EVENT: Final = re.compile(rb'\[\s*([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*,\s*"(.)"')
_NAME: Final = re.compile(r"([a-z0-9][a-z0-9-]*)\.(.+)-[0-9]+")


@dataclass(frozen=True)
class TerminalActivity:
    """A recording as the time line shows it.

    Attributes:
        name: the recording's name.
        scenario: the scenario of its host; empty: the name does not say.
        host: the host, or the name.
        began: when it begins, seconds since 1970.
        seconds: how long it is.
        rows: lines of the window at first.
        columns: columns of the window at first.
        whole: whether all of it is played.
        busy: from and to which second something was shown or typed.
        typed: the seconds at which typing began again after a rest.
    """

    name: str
    scenario: str
    host: str
    began: float
    seconds: float
    rows: int
    columns: int
    whole: bool
    busy: tuple[tuple[float, float], ...]
    typed: tuple[float, ...]


def activity_of(sealed: SealedCopy, name: str) -> TerminalActivity:
    """Return a recording as the time line shows it; one that was cut off is read as far as it goes."""
    busy, typed, last = TimeSpans(_PAUSE), TimeSpans(_REST), 0.0
    with sealed.recording(name) as file:
        head = head_of(file)
        file.seek(0)
        for line in _lines(file):
            event = _EVENT.match(line) if line.endswith(b"\n") else None  # the last one may be cut off
            at = float(event[1]) if event else math.inf
            if event is None or at > _MOST_SECONDS:
                continue
            last = max(last, at)
            busy.add(at)
            if event[2] == b"i":
                typed.add(at)
    named = _NAME.fullmatch(name)
    scenario, host = (named[1], named[2]) if named else ("", name)
    return TerminalActivity(
        name=name,
        scenario=scenario,
        host=host,
        began=_number(head.get("timestamp")),
        seconds=last,
        rows=int(_number(head.get("height"), 24)),
        columns=int(_number(head.get("width"), 80)),
        whole=sealed.whole(name),
        busy=tuple(busy.found),
        typed=tuple(begin for begin, _ in typed.found),
    )


@dataclass(frozen=True)
class Found:
    """A line with what was searched for: when, seconds since 1970, in which recording, typed or shown."""

    at: float
    recording: str
    typed: bool
    line: str


def search(
    sealed: SealedCopy,
    recordings: tuple[TerminalActivity, ...],
    lines: tuple[TypedLine, ...],
    words: str,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[tuple[Found, ...], bool]:
    """Return the lines that were typed or shown and have some words, in time, and whether there may be more.

    Args:
        sealed: the evidence.
        recordings: its recordings.
        lines: what was typed.
        words: what is searched for; large and small letters are the same.
        clock: seconds that pass.
    """
    wanted, until = words.casefold(), clock() + _SEARCH_S
    found = [Found(one.at, one.terminal, True, _told(one.line)) for one in lines if wanted in one.line.casefold()]
    for one in recordings:
        with sealed.recording(one.name) as file:
            shown = itertools.takewhile(lambda _: clock() <= until, _shown(file))
            for at, line in shown_lines(shown):
                if wanted in line.casefold():
                    found.append(Found(one.began + at, one.name, False, _told(line)))
                if len(found) > MOST_FOUND:
                    break
    more = len(found) > MOST_FOUND or clock() > until
    return tuple(sorted(found[:MOST_FOUND], key=lambda one: one.at)), more


def _told(line: str) -> str:
    return in_one_line(line, LONGEST_TOLD)


def _shown(file: BinaryIO) -> Iterator[tuple[float, str]]:
    for line in _lines(file):
        try:
            match json.loads(line):
                case [int() | float() as at, "o", str(data)] if at <= _MOST_SECONDS:
                    yield float(at), data
        except ValueError:  # the line was cut off
            continue


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        yield line


def _number(value: object, otherwise: float = 0.0) -> float:
    known = isinstance(value, int | float) and math.isfinite(value) and value >= 0
    return float(value) if known else otherwise  # type: ignore[arg-type]
