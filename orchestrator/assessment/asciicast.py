"""Recordings of terminals in the format asciicast v2, and what was typed, line by line.

https://docs.asciinema.org/manual/asciicast/v2/: a line with the head, then a line for each event: seconds since the
head, ``o`` (shown), ``i`` (typed) or ``r`` (the window's new size), and the data. Every line is on the disk before the
next key is taken, so that a killed program loses nothing.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from orchestrator.core.hidden_typing import masked
from orchestrator.core.spreadsheet import freed, guarded

_ESCAPES: Final = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|.)")
_REST_OF_LINE: Final = "\v"
"""What stands for the sequence that clears the rest of a line, while a transcript is made."""
_SHOWN: Final = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()*+].|.)")
"""The sequences that a terminal obeys and does not show: movements and colours, titles, character sets."""
_MOVED: Final = re.compile(r"\x1b\[[0-9;]*[Hf]|\x1b\[[23]?J")
"""The sequences by which a program goes to another place of the screen, or clears it."""
_LONGEST_SHOWN: Final = 1 << 14
"""Characters of a line without an end that are looked at together."""
_KEYS: Final[Mapping[str, str]] = {"\x1b[A": "↑", "\x1b[B": "↓", "\x1bOA": "↑", "\x1bOB": "↓", "\t": "⇥"}

_COLUMNS: Final = ("seconds_since_1970", "terminal", "typed_as_text")
_AS_IT_IS: Final = "typed"
"""What the last column was called while a line stood there that a spreadsheet may take for a formula."""
_SECONDS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{3}")


class TerminalRecorder:
    """Writes one recording."""

    def __init__(self, path: Path, *, rows: int, columns: int, now: Callable[[], float], title: str) -> None:
        """Begin a recording.

        Args:
            path: the file, which must not exist.
            rows: lines of the window.
            columns: columns of the window.
            now: returns the session's time in seconds since 1970, with a fraction.
            title: what it is a recording of.
        """
        self._now = now
        self._began = now()
        self._file: IO[str] = path.open("x", encoding="utf-8", newline="\n")
        self._decoders = {kind: codecs.getincrementaldecoder("utf-8")("replace") for kind in "oi"}
        head = {"version": 2, "width": columns, "height": rows, "timestamp": int(self._began), "title": title}
        self._line(head)

    def shown(self, data: bytes) -> None:
        """Record what the terminal shows."""
        self._event("o", self._decoders["o"].decode(data))

    def typed(self, data: bytes, *, hidden: bool = False) -> None:
        """Record what is typed; a password's letters are not kept."""
        text = self._decoders["i"].decode(data)
        self._event("i", masked(text) if hidden else text)

    def resized(self, rows: int, columns: int) -> None:
        """Record the window's new size."""
        self._event("r", f"{columns}x{rows}")

    def close(self) -> None:
        """End the recording."""
        self._file.close()

    def _event(self, kind: str, data: str) -> None:
        if data:
            self._line([round(self._now() - self._began, 6), kind, data])

    def _line(self, value: Any) -> None:  # noqa: ANN401 - JSON
        self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._file.flush()


@dataclass(frozen=True)
class TypedLine:
    """One line that was typed.

    Attributes:
        at: when it was ended, seconds since 1970.
        terminal: the recording's name.
        line: what was typed; ``↑`` and ``⇥`` stand for keys whose effect only the recording shows.
    """

    at: float
    terminal: str
    line: str


def timeline(recording: Path, content: str | None = None) -> Iterator[TypedLine]:
    """Yield the lines that were typed in a recording; one that was cut short is read as far as it goes.

    Args:
        recording: its file.
        content: what is read in its place, such as the same without passwords.
    """
    began, line = 0.0, _LineAtHand()
    for number, row in enumerate(_rows(recording, content)):
        if number == 0:
            began = float(row["timestamp"])
        elif row[1] == "i":
            for key in _keys(row[2]):
                if key not in "\r\n":
                    line.take(key)
                elif (said := line.ended()).strip():
                    yield TypedLine(began + row[0], recording.stem, said)


def timeline_file(typed: Iterable[TypedLine]) -> bytes:
    """Return lines that were typed as a CSV file, of which no spreadsheet takes a cell for a formula."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    rows.writerows((f"{line.at:.3f}", line.terminal, guarded(line.line)) for line in typed)
    return text.getvalue().encode(errors="backslashreplace")


def read_timeline(content: bytes) -> Iterator[TypedLine]:
    """Yield the lines of a file that ``timeline_file`` made; where it is cut short, those before.

    A line may be as long as somebody cares to paste.
    """
    text = content.decode(errors="replace")
    if len(text) > csv.field_size_limit():
        csv.field_size_limit(len(text))
    rows = csv.reader(io.StringIO(text, newline=""))
    plain = next(rows, [""])[-1] == _AS_IT_IS
    for row in rows:
        if len(row) == len(_COLUMNS) and _SECONDS.fullmatch(row[0]):
            yield TypedLine(float(row[0]), row[1], row[2] if plain else freed(row[2]))


def transcript(recording: Path, content: str | None = None) -> str:
    """Return what a recording's terminal showed, as plain text: line after line, without colours and movements.

    A program that fills the whole screen (an editor, ``top``) cannot be read so: the recording shows it.

    Args:
        recording: its file.
        content: what is read in its place, such as the same without passwords.
    """
    shown = "".join(row[2] for number, row in enumerate(_rows(recording, content)) if number and row[1] == "o")
    shown = shown.replace("\x1b[K", _REST_OF_LINE)
    lines = _SHOWN.sub("", shown).replace("\r\n", "\n").split("\n")
    return "\n".join(_as_it_ends(line) for line in lines)


def shown_lines(events: Iterable[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Yield the lines that a terminal showed, each with the time at which the last of it was shown.

    What a program puts anywhere on the screen counts as a line of its own. Nothing is kept but the line at hand.

    Args:
        events: what was shown, in order: seconds, and the data.
    """
    text, at = "", 0.0
    for at, data in events:
        *lines, text = _MOVED.sub("\n", text + data).replace("\r\n", "\n").split("\n")
        if len(text) > _LONGEST_SHOWN:
            lines, text = [*lines, text], ""
        for line in lines:
            if said := _plain(line):
                yield at, said
    if said := _plain(text):
        yield at, said


def _plain(line: str) -> str:
    return _as_it_ends(_SHOWN.sub("", line.replace("\x1b[K", _REST_OF_LINE)))


def _as_it_ends(line: str) -> str:
    """Return a line as it stands once what was written over or rubbed out is gone."""
    cells: list[str] = []
    at = 0
    for character in line:
        if character == "\r":
            at = 0
        elif character == "\b":
            at = max(0, at - 1)
        elif character == _REST_OF_LINE:
            del cells[at:]
        elif character.isprintable() or character == "\t":
            cells[at : at + 1] = [character]
            at += 1
    return "".join(cells).rstrip()


def _rows(recording: Path, content: str | None) -> Iterator[Any]:
    with recording.open(encoding="utf-8") if content is None else io.StringIO(content, newline="\n") as file:
        for text in file:
            if text.endswith("\n"):
                yield json.loads(text)


def _keys(typed: str) -> Iterator[str]:
    """Yield each key; those that send several characters as the sign that stands for them, or not at all."""
    place = 0
    while place < len(typed):
        if escape := _ESCAPES.match(typed, place):
            if sign := _KEYS.get(escape[0]):
                yield sign
            place = escape.end()
        else:
            yield _KEYS.get(typed[place], typed[place])
            place += 1


class _LineAtHand:
    """A line that is being typed: a key costs the same however long it is, or one that is pasted would take hours."""

    def __init__(self) -> None:
        self._letters: list[str] = []

    def take(self, key: str) -> None:
        """Have a key do what a shell's line has it do."""
        letters = self._letters
        match key:
            case "\x7f" | "\x08":
                del letters[-1:]
            case "\x03" | "\x15":
                letters.clear()
            case "\x17":
                while letters and letters[-1].isspace():
                    letters.pop()
                while letters and letters.pop() != " ":
                    pass
            case _ if key.isprintable():
                letters.append(key)

    def ended(self) -> str:
        """Return it, and begin another one."""
        line = "".join(self._letters)
        self._letters.clear()
        return line
