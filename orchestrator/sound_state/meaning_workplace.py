"""What files of a workplace say: package sources and apt's settings, printers, the keyboard, the time zone."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final

from grader.lines import lines_in, words_in
from orchestrator.sound_state.meaning_values import BLANK, lowered, ordered_by, plain_lines, squeezed, uncommented

_OPTION: Final = re.compile(r"\[([^\]]*)\][ \t]*")
_ARMOUR: Final = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\n(?:[A-Za-z]+: .*\n)*\n((?:[A-Za-z0-9+/=]+\n)+?)(?:=[A-Za-z0-9+/]{4}\n)?"
    r"-----END PGP PUBLIC KEY BLOCK-----\s*"
)
_ZONES: Final = re.compile(r"(?:\.\./|/)usr/share/zoneinfo/([A-Za-z0-9_+/-]+)")
_BY_ITSELF: Final = frozenset({"statetime", "configtime", "uuid", "reason", "marker"})
"""What CUPS writes of its printers as they work."""
_ANY_CASE: Final = frozenset({"yes", "no", "on", "off", "true", "false"})


def apt_sources(text: str) -> list[str]:
    """Return the sources of deb822 stanzas, sorted: of which ``Enabled: no`` counts as none."""
    found = []
    for stanza in re.split(r"\n[ \t]*\n", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)):
        fields: dict[str, str] = {}
        name = ""
        for line in filter(str.strip, lines_in(stanza)):
            if line[0] in BLANK:
                if not name:
                    raise ValueError("a continued line without a beginning")
                fields[name] += f" {line}"
                continue
            key, colon, value = line.partition(":")
            name = lowered(key.strip(BLANK))
            if not colon or name in fields:
                raise ValueError("not the fields of deb822")
            fields[name] = value
        if not fields or lowered(fields.pop("enabled", "yes").strip(BLANK)) in {"no", "false", "0"}:
            continue
        values = {name: words_in(value) for name, value in fields.items()}
        for word in ("types", "uris", "suites"):
            if not values.get(word):
                raise ValueError(f"a source without {word}")
        kinds, addresses, suites, parts = (values.pop(name, []) for name in ("types", "uris", "suites", "components"))
        found += [
            _source(kind, address, suite, parts, {name: ",".join(words) for name, words in values.items()})
            for kind in kinds
            for address in addresses
            for suite in suites
        ]
    return sorted(found)


def apt_list(text: str) -> list[str]:
    """Return the sources of one-line entries, sorted."""
    found = []
    for line in lines_in(text):
        words = squeezed(uncommented(line))
        if not words:
            continue
        kind, _, rest = words.partition(" ")
        options: dict[str, str] = {}
        if match := _OPTION.match(rest):
            for option in words_in(match[1]):
                name, equals, value = option.partition("=")
                if not equals:
                    raise ValueError("an option without a value")
                options[lowered(name)] = value
            rest = rest[match.end() :]
        address, suite, *parts = words_in(rest)
        found.append(_source(kind, address, suite, parts, options))
    return sorted(found)


def _source(kind: str, address: str, suite: str, parts: list[str], options: dict[str, str]) -> str:
    """Return a source in one way of writing: its options first, by name."""
    said = " ".join(f"{name}={value}" for name, value in sorted(options.items()))
    return " ".join(filter(None, [kind, f"[{said}]" if said else "", address.rstrip("/"), suite, *sorted(parts)]))


def apt_settings(text: str) -> list[str]:
    """Return apt.conf's settings of one line each, in their order; blocks are not understood."""
    found = []
    for line in plain_lines(text, "#/"):
        match = re.fullmatch(r'([A-Za-z0-9:_-]+)[ \t]+"([^"\\]*)"[ \t]*;', line)
        if match is None:
            raise ValueError("not one setting on its line")
        value = lowered(match[2])
        found.append(f"{lowered(match[1])} = {value if value in _ANY_CASE else match[2]}")
    return found


def public_key(text: str) -> list[str]:
    """Return a public key in ASCII armour by its digest, whatever comments and line lengths it has."""
    match = _ARMOUR.fullmatch(text)
    if match is None:
        raise ValueError("not one block of ASCII armour")
    try:
        data = base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    return [f"key {hashlib.sha256(data).hexdigest()}"]


def cups(text: str) -> list[str]:
    """Return the settings of CUPS, sorted within their block; what it writes as printers work is left out."""
    found: list[tuple[str | None, str]] = []
    blocks: list[str] = []
    for line in plain_lines(text):
        words = squeezed(line)
        if words.startswith("</"):
            if not blocks:
                raise ValueError("a block that ends without a beginning")
            blocks.pop()
            continue
        if words.startswith("<"):
            blocks.append(words)
            found.append((None, " › ".join(blocks)))
            continue
        word = lowered(words.partition(" ")[0])
        if word == "servername":
            words = words.removesuffix(":631")
        if word not in _BY_ITSELF:
            found.append((word, " › ".join([*blocks, f"{word} {words.partition(' ')[2]}".strip(BLANK)])))
    if blocks:
        raise ValueError("a block that is not closed")
    return ordered_by(found)


def printer_options(text: str) -> list[str]:
    """Return lpoptions(1) by printer: which one is the default, and each one's options."""
    lines = (words_in(line) for line in plain_lines(text))
    return sorted(" ".join([*words[:2], *sorted(words[2:])]) for words in lines)


def time_zone(target: str) -> list[str]:
    """Return the zone that ``/etc/localtime`` leads to."""
    match = _ZONES.fullmatch(target)
    if match is None:
        raise ValueError("a link that leads to no zone")
    return [match[1]]
