"""Reasons of checks in French and in English, inside plain strings: an assertion's message is no more than that.

``reason`` writes both texts into one string, between marks. It may be joined, formatted and raised as any other;
``text_of`` takes it apart again, also where one reason holds others.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from orchestrator.core.text import Text

_NONCE: Final = secrets.token_hex(4)
"""Keeps what a host prints from being taken for a mark: it is this grading's own."""
_OPEN, _BETWEEN, _CLOSE = (f"\ue000{kind}{_NONCE}\ue001" for kind in "fec")
_PLAIN: Final = rf"((?:(?!{_OPEN}|{_BETWEEN}|{_CLOSE}).)*)"
_INNERMOST: Final = re.compile(f"{_OPEN}{_PLAIN}{_BETWEEN}{_PLAIN}{_CLOSE}", re.DOTALL)
_MARKS: Final = re.compile(f"{_OPEN}|{_BETWEEN}|{_CLOSE}")
_SOURCE: Final = re.compile(r"\nassert .*", re.DOTALL)
"""What pytest adds to a message: the source of the assertion with its values."""


def reason(*, fr: str, en: str) -> str:
    """Return why a check is red, in both languages, as the message of an assertion.

    ``assert page.status == 200, reason(fr=f"{pc} : statut {page.status}", en=f"{pc}: status {page.status}")``

    Args:
        fr: the reason in French; it may hold other reasons.
        en: the same in English.
    """
    return f"{_OPEN}{fr}{_BETWEEN}{en}{_CLOSE}"


def text_of(message: str) -> Text:
    """Return a message in both languages; what no ``reason`` wrote is the same in both."""
    fr = en = message
    while _INNERMOST.search(fr):
        fr = _INNERMOST.sub(lambda found: found[1], fr)
    while _INNERMOST.search(en):
        en = _INNERMOST.sub(lambda found: found[2], en)
    return Text(fr=_MARKS.sub("", fr), en=_MARKS.sub("", en))


def without_source(message: str) -> str:
    """Return an assertion's message without the source that pytest adds, where a ``reason`` says it in words."""
    words, mark, rest = message.rpartition(_CLOSE)
    return words + mark + _SOURCE.sub("", rest) if mark else message
