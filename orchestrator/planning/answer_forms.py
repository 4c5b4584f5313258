"""The one form of each kind of answer in which equal answers are equal, however people write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from orchestrator.core.text import Text

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}(?:[.,][0-9]{1,18})?")
_GROUPS: Final = re.compile(r"(?<=[0-9])[ \u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
"""The spaces that people write between thousands."""
_MINUS: Final = "\u2212"
_PART: Final = "[0-9a-f]"
_MAC: Final = re.compile(
    rf"{_PART}{{12}}|{_PART}{{6}}[-:]{_PART}{{6}}|{_PART}{{4}}([-:. ]){_PART}{{4}}\1{_PART}{{4}}"
    rf"|{_PART}{{1,2}}(?:([-:. ]){_PART}{{1,2}})(?:\2{_PART}{{1,2}}){{4}}"
)
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_DAY: Final = re.compile(r"([0-9]{1,2})(?:er|st|nd|rd|th)?")
_MONTHS: Final = (
    ("janvier", "january"),
    ("fevrier", "february"),
    ("mars", "march"),
    ("avril", "april"),
    ("mai", "may"),
    ("juin", "june"),
    ("juillet", "july"),
    ("aout", "august"),
    ("septembre", "september"),
    ("octobre", "october"),
    ("novembre", "november"),
    ("decembre", "december"),
)
_SHORTEST: Final = 3
"""Letters of a month's name that is cut short."""
_BESIDE: Final = frozenset(
    (
        *("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "le"),
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "the", "of"),
    )
)
"""Words of a date that say nothing more."""


class UnreadableAnswerError(ValueError):
    """The answer is not of the kind that is asked for.

    Attributes:
        text: why, with the nearest right form, in both languages.
    """

    def __init__(self, text: Text) -> None:
        """Tell why."""
        super().__init__(text.en)
        self.text = text


def folded(text: str) -> str:
    """Return a text without what makes no difference to a reader: capitals, accents, spacing, a final stop."""
    plain = unicodedata.normalize("NFKD", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.casefold().split()).strip(" .")


def integer(answer: str) -> str:
    """Return a whole number in digits; thousands may be parted by spaces."""
    digits = _digits(answer)
    if not _INTEGER.fullmatch(digits):
        raise UnreadableAnswerError(
            Text(fr=f"« {answer} » n'est pas un nombre entier", en=f'"{answer}" is no whole number')
        )
    return str(int(digits))


def number(answer: str) -> str:
    """Return a number in digits; comma and point are both decimal, and thousands may be parted by spaces."""
    digits = _digits(answer)
    if not _NUMBER.fullmatch(digits):
        raise UnreadableAnswerError(
            Text(fr=f"« {answer} » n'est pas un nombre comme 1 250,5", en=f'"{answer}" is no number such as 1250.5')
        )
    plain = f"{Decimal(digits.replace(',', '.')):f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


def _digits(answer: str) -> str:
    return _GROUPS.sub("", answer.strip().replace(_MINUS, "-"))


def address(answer: str, *, prefix: bool) -> str:
    """Return an IPv4 address, with the length of the prefix where that is asked for and given."""
    host, _, mask = re.sub(r"\s*/\s*|\s+", "/", answer.strip()).partition("/")
    try:
        found = IPv4Interface(f"{host}/{mask}") if mask else IPv4Address(host)
    except ValueError:
        raise UnreadableAnswerError(
            Text(
                fr=f"« {answer} » n'est pas une adresse IPv4 comme 192.168.10.1",
                en=f'"{answer}" is no IPv4 address such as 192.168.10.1',
            )
        ) from None
    return found.with_prefixlen if prefix and isinstance(found, IPv4Interface) else str(IPv4Address(int(found)))


def mac(answer: str) -> str:
    """Return a MAC address as ``ip link`` shows it, from any of the usual ways to part its digits."""
    text = answer.strip().lower()
    if not _MAC.fullmatch(text):
        raise UnreadableAnswerError(
            Text(
                fr=f"« {answer} » n'est pas une adresse MAC comme 02:00:00:12:34:56",
                en=f'"{answer}" is no MAC address such as 02:00:00:12:34:56',
            )
        )
    parts = re.split("[-:. ]", text)
    width = 12 // len(parts)
    digits = "".join(part.zfill(width) for part in parts)
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def prefix(answer: str) -> str:
    """Return the length of an IPv4 prefix, ``/24``, from that or from its mask."""
    text = answer.strip().removeprefix("/").strip()
    length = int(text) if re.fullmatch("[0-9]{1,2}", text) else _length_of(text)
    if length is None or length > 32:  # noqa: PLR2004 (the bits of an address)
        raise UnreadableAnswerError(
            Text(
                fr=f"« {answer} » n'est ni un préfixe comme /24, ni un masque comme 255.255.255.0",
                en=f'"{answer}" is neither a prefix such as /24 nor a mask such as 255.255.255.0',
            )
        )
    return f"/{length}"


def _length_of(mask: str) -> int | None:
    try:
        bits = f"{int(IPv4Address(mask)):032b}"
    except ValueError:
        return None
    return None if "01" in bits else bits.count("1")


def name(answer: str) -> str:
    """Return the name of a host or a domain in small letters, without the final dot."""
    text = unicodedata.normalize("NFC", answer.strip()).removesuffix(".").lower()
    try:
        labels = [label.encode("idna").decode() for label in text.split(".")]
    except UnicodeError:
        labels = []
    if not labels or not all(_LABEL.fullmatch(label) for label in labels):
        raise UnreadableAnswerError(
            Text(
                fr=f"« {answer} » n'est pas un nom comme www.example.org",
                en=f'"{answer}" is no name such as www.example.org',
            )
        )
    return ".".join(labels)


def date(answer: str) -> str:
    """Return a date as ISO 8601 writes it; where all is digits, the day comes before the month, as in France."""
    text = folded(answer)
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return dt.date(int(found[1]), int(found[3]), int(found[4])).isoformat()
        if found := _DAY_FIRST.fullmatch(text):
            return dt.date(int(found[4]), int(found[3]), int(found[1])).isoformat()
        return _in_words(text)
    except ValueError:
        raise UnreadableAnswerError(
            Text(
                fr=f"« {answer} » n'est pas une date comme 2026-03-14, 14/03/2026 ou 14 mars 2026",
                en=f'"{answer}" is no date such as 2026-03-14, 14/03/2026 or 14 March 2026',
            )
        ) from None


def _in_words(text: str) -> str:
    """Return a date whose month is written in letters.

    Raises:
        ValueError: it is none.
    """
    day, month, year = (word for word in re.split("[ ,]+", text) if word not in _BESIDE)
    if not _DAY.fullmatch(day):
        day, month = month, day
    month = month.rstrip(".")
    months = {i for i, names in enumerate(_MONTHS, 1) if any(one.startswith(month) for one in names)}
    found = _DAY.fullmatch(day)
    if found is None or len(month) < _SHORTEST or len(months) != 1 or not re.fullmatch("[0-9]{4}", year):
        raise ValueError(text)
    return dt.date(int(year), months.pop(), int(found[1])).isoformat()
