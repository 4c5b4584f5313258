"""Passwords in what a terminal showed, or in what was typed there: hidden for whoever reads its recording later.

A recording has a password in pieces: each key's echo is an event of its own, colours and movements lie between, and
what was mistyped is rubbed out. So the lines are put together as a terminal does, as far as a password needs it. Each
of its characters becomes a sign of one column: what stands beside it stays where it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from orchestrator.personas.password_masks import CUT, DISTINCT, shapes_of

HIDDEN: Final = "•"
"""What stands for each character of a password."""
_LONGEST: Final = 1024
"""Characters of a line that are looked at together: who types a password types it in one."""
_TOKEN: Final = re.compile(
    r"(?P<wrap> \r(?=[^\r\n]))"  # how readline goes on in the window's next line
    r"|\x1b\[(?P<numbers>[0-9;?<>=]*)[ -/]*(?P<order>[@-~])"
    r"|\x1b\](?P<title>[^\x07\x1b]*)(?:\x07|\x1b\\)|\x1b[()*+].|\x1b."
    # As many characters as are looked at together: the engine takes 300 bytes for each that it may have to give back.
    rf"|(?P<text>(?: (?!\r[^\r\n])|[^\x00-\x20\x7f-\x9f]){{1,{_LONGEST}}})"
    r"|(?P<key>[\x00-\x1f\x7f-\x9f])",
    re.DOTALL,
)
_ROW: Final = re.compile(r"[^\n]*\n|[^\n]+")


_Event: TypeAlias = tuple[Any, str, str]
"""When, what sort, and what was shown or typed."""


@dataclass
class _Line:
    """A line as it stands, and for each of its characters where it came from in what was shown."""

    text: str = ""
    source: list[int] = field(default_factory=list)
    changed: bool = False

    def write(self, at: int, text: str, place: int) -> None:
        """Write over what stands at a column."""
        self.changed = True
        if at > len(self.text):
            self.source += [-1] * (at - len(self.text))
            self.text = self.text.ljust(at)
        end = at + len(text)
        self.text = self.text[:at] + text + self.text[end:]
        self.source[at:end] = range(place, place + len(text))

    def cut(self, at: int, end: int | None) -> None:
        """Take characters out; what is behind them moves up."""
        self.changed = True
        self.text = self.text[:at] + ("" if end is None else self.text[end:])
        self.source[at:end] = []


class _Finder:
    """Finds passwords in a text, by the places of their characters."""

    def __init__(self, secrets: Collection[str], *, typed: bool) -> None:
        shapes = sorted({shape for secret in secrets for shape in shapes_of(secret)}, key=len, reverse=True)
        self._long = [shape for shape in shapes if len(shape) >= DISTINCT]
        self._patterns = [
            re.compile(re.escape(shape) if len(shape) >= DISTINCT else rf"(?<![\w-]){re.escape(shape)}(?![\w-])")
            for shape in shapes
        ]
        self._reach = max(map(len, self._long), default=0)
        self._typed = typed
        self.places: set[int] = set()
        self._line = _Line()
        self._rows: dict[int, _Line] = {}
        self._at = 0

    def read(self, text: str) -> None:
        """Find them in all that a terminal showed, or that was typed."""
        for token in _TOKEN.finditer(text):
            if (shown := token["text"]) is not None:
                self._write(shown, token.start())
            elif (key := token["key"]) is not None:
                self._key(key)
            elif (order := token["order"]) is not None:
                self._obey(order, token["numbers"])
            elif (title := token["title"]) is not None:
                self._look(title, range(token.start("title"), token.end("title")))
        self._leave()
        if text:  # it may go on in what is not there yet
            begun = self._line.text[: self._at]
            for shape in self._long:
                lengths = range(min(len(shape) - 1, len(begun)), CUT - 1, -1)
                length = next((one for one in lengths if begun.endswith(shape[:one])), 0)
                self.places.update(self._line.source[self._at - length : self._at])

    def _write(self, text: str, place: int) -> None:
        at, end = self._at, self._at + len(text)
        self._line.write(at, text, place)
        self._at = end
        begin, until = max(0, at - self._reach), end + self._reach
        part = self._line.text[begin:until]
        for shape in self._long:
            found = part.find(shape)
            while found >= 0:
                self.places.update(self._line.source[begin + found : begin + found + len(shape)])
                found = part.find(shape, found + 1)
        if end > 2 * _LONGEST:
            self._leave()
            self._line.cut(0, end - _LONGEST)
            self._at = _LONGEST

    def _key(self, key: str) -> None:
        if key == "\b":
            self._at = max(0, self._at - 1)
        elif key == "\x7f":  # as it is typed
            self._at = max(0, self._at - 1)
            self._line.cut(self._at, self._at + 1)
        elif key == "\r" and not self._typed:
            self._leave()
            self._at = 0
        elif key in "\r\n\x03\x04\x15":
            self._go(_Line(), 0)

    def _obey(self, order: str, numbers: str) -> None:
        """Move, or take something out, as a sequence says."""
        stated = [int(one) if one.isdigit() else 0 for one in numbers.lstrip("?<>=").split(";")]
        many = max(1, min(stated[0], _LONGEST))
        if order == "C":
            self._at = min(self._at + many, _LONGEST)
        elif order == "D":
            self._at = max(0, self._at - many)
        elif order == "G":
            self._at = many - 1
        elif order == "P":
            self._line.cut(self._at, self._at + many)
            self._leave()
        elif order == "K" and stated[0] == 0:
            self._line.cut(self._at, None)
        elif order == "J":
            self._rows.clear()
        elif order in "Hf":
            column = max(1, min(stated[1], _LONGEST)) if len(stated) > 1 else 1
            self._go(self._rows.setdefault(many, _Line()), column - 1)

    def _go(self, line: _Line, at: int) -> None:
        self._leave()
        self._line, self._at = line, at

    def _leave(self) -> None:
        """Look at a line as it stands, unless that was done."""
        if self._line.changed:
            self._look(self._line.text, self._line.source)
            self._line.changed = False

    def _look(self, text: str, source: Sequence[int]) -> None:
        for pattern in self._patterns:
            for found in pattern.finditer(text):
                self.places.update(source[found.start() : found.end()])


def masked_text(text: str, secrets: Collection[str], *, typed: bool = False) -> str:
    """Return what a terminal showed with its passwords hidden: as long as it was, and in the same columns.

    Args:
        text: what it showed.
        secrets: the passwords.
        typed: whether it is what was typed there instead.
    """
    finder = _Finder(secrets, typed=typed)
    finder.read(text)
    if not finder.places:
        return text
    letters = list(text)
    for place in finder.places - {-1}:
        letters[place] = HIDDEN
    return "".join(letters)


def masked_recording(lines: str, secrets: Collection[str], *, before: str = "", after: str = "") -> str:
    """Return whole lines of a recording in the format asciicast v2 with the passwords in its events hidden.

    Args:
        lines: the lines.
        secrets: the passwords.
        before: lines before them, in which a password may begin.
        after: lines behind them, in which it may end.
    """
    secrets = tuple(filter(None, secrets))
    if not secrets:
        return lines
    stated = [list(_events(part)) for part in (before, lines, after)]
    shown: dict[str, str] = {}
    for kind in "oi":
        text = "".join(event[2] for part in stated for _, event in part if event is not None and event[1] == kind)
        shown[kind] = masked_text(text, secrets, typed=kind == "i")
    at = {kind: sum(len(event[2]) for _, event in stated[0] if event and event[1] == kind) for kind in "oi"}
    made = []
    for line, event in stated[1]:
        if event is None or event[1] not in shown:
            made.append(line)
            continue
        kind, data = event[1], event[2]
        part = shown[kind][at[kind] : at[kind] + len(data)]
        at[kind] += len(data)
        made.append(line if part == data else json.dumps([event[0], kind, part], ensure_ascii=False) + "\n")
    return "".join(made)


def _events(lines: str) -> Iterator[tuple[str, _Event | None]]:
    """Yield each line with its event; None where it is none."""
    for line in _ROW.findall(lines):  # other ends of lines may stand within an event
        yield _event(line)


def _event(line: str) -> tuple[str, _Event | None]:
    try:
        match json.loads(line):
            case [at, str(kind), str(data)]:
                return line, (at, kind, data)
    except ValueError:
        pass
    return line, None
