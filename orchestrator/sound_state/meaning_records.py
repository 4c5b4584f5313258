"""What files of records say: accounts, zones, directory entries, and the settings of PostgreSQL and of environments."""

from __future__ import annotations

import base64
import ipaddress
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from grader.lines import lines_in
from orchestrator.sound_state.meaning_values import (
    BLANK,
    SYSTEMD_TIMES,
    joined_lines,
    lowered,
    ordered_by,
    plain_lines,
    setting,
    span,
    squeezed,
    uncommented,
)


def accounts(text: str) -> list[str]:
    """Return the entries of passwd(5), group(5), shadow(5) and gshadow(5), by name; members of a group are a set.

    Where a name or a number occurs twice the first one counts, and the order is kept.
    """
    entries = [line.split(":") for line in lines_in(text) if line]
    for entry in entries:
        if len(entry) == 4 and not entry[0].startswith(("+", "-")):  # noqa: PLR2004 (group and gshadow)
            entry[3] = ",".join(sorted(set(entry[3].split(","))))
    names = [entry[0] for entry in entries]
    numbers = [entry[2] for entry in entries if len(entry) in {4, 7} and entry[2].isdigit()]
    found = [":".join(entry) for entry in entries]
    is_set = len(set(names)) == len(names) and len({int(number) for number in numbers}) == len(numbers)
    return sorted(found) if is_set and not any(name.startswith(("+", "-")) for name in names) else found


# --- zones -----------------------------------------------------------------------------------------------------------

_TTL: Final = re.compile(r"(?:[0-9]{1,10}[wdhms]?)+", re.IGNORECASE)
_TTL_PART: Final = re.compile(r"([0-9]{1,10})([wdhms]?)", re.IGNORECASE)
_SECONDS: Final = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "": 1}
_NAMES_IN: Final[Mapping[str, tuple[int, ...]]] = {
    "NS": (0,), "CNAME": (0,), "PTR": (0,), "DNAME": (0,), "MX": (1,), "SRV": (3,), "SOA": (0, 1),
}  # fmt: skip
"""Record type → which words of its data are names."""
_SOA_WORDS: Final = 7
_ZONE_NAME: Final = re.compile(r"(?=.*[a-z])[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
"""What a zone may be called by: ``192.168.10`` is what its file is called by only, the zone is another one."""


def zone(text: str, apex: str = "") -> list[str]:
    """Return the records of a zone file, sorted, with full names in their data and with times in seconds.

    The serial number of the SOA is left out: each change raises it. Owners are told as they stand in the zone, whether
    they are written in full or not. A name that the file leaves relative stays so where nothing tells the zone's.

    Args:
        text: what the file holds.
        apex: what the file is called by, behind ``db.``: the zone's name, where it can be one.
    """
    found: list[str] = []
    zone_name = f"{lowered(apex)}." if _ZONE_NAME.fullmatch(apex) else ""
    origin, owner, default = zone_name, "", ""
    for begins_blank, words in _zone_lines(text):
        match words[0].upper():
            case "$TTL" if len(words) == 2:  # noqa: PLR2004 (the directive and its value)
                default = _seconds(words[1])
                continue
            case "$ORIGIN" if len(words) == 2:  # noqa: PLR2004
                origin = _full(words[1], origin)
                continue
            case "$INCLUDE" | "$GENERATE":
                raise ValueError("records that stand elsewhere")
        if not begins_blank:
            owner = _full(words.pop(0), origin)
        if not owner:
            raise ValueError("a record without an owner")
        found.append(_record(_short(owner, zone_name), words, origin, default))
    return sorted(found)


def _short(owner: str, zone_name: str) -> str:
    """Return an owner as it stands in its zone."""
    if zone_name and owner == zone_name:
        return "@"
    return owner.removesuffix(f".{zone_name}") if zone_name else owner


def _record(owner: str, words: list[str], origin: str, default: str) -> str:
    ttl = ""
    while words and (words[0].upper() == "IN" or (not ttl and _TTL.fullmatch(words[0]))):
        word = words.pop(0)
        ttl = ttl if word.upper() == "IN" else _seconds(word)
    if len(words) < 2 or not (ttl or default):  # noqa: PLR2004 (a type and data)
        raise ValueError("a record without a time, a type or data")
    kind, *data = words
    kind = kind.upper()
    if not re.fullmatch(r"[A-Z][A-Z0-9-]*", kind) or kind in {"CH", "HS"}:
        raise ValueError("not a type of record")
    for place in _NAMES_IN.get(kind, ()):
        if place < len(data):
            data[place] = _full(data[place], origin)
    if kind == "SOA":
        if len(data) != _SOA_WORDS:
            raise ValueError("not a SOA record")
        data[2:] = ["(serial)", *(_seconds(word) for word in data[3:])]
    elif kind == "AAAA" and len(data) == 1:
        data[0] = str(ipaddress.IPv6Address(data[0]))
    elif kind in {"TXT", "SPF"}:
        data = [joined_text([word[1:-1] if word[0] == '"' else word for word in data])]
    return " ".join((owner, ttl or default, kind, *data))


def joined_text(strings: Sequence[str]) -> str:
    """Return the text of a record, quoted; into which strings one of mail is cut does not count.

    RFC 7208 (3.3) and RFC 6376 (3.6.2.2) join them, and the latter's tags may have blanks around them.
    """
    joined = "".join(strings).replace("\\;", ";")
    if joined.startswith("v=DKIM1"):
        joined = "; ".join(filter(None, map(_dkim_tag, joined.split(";"))))
    return f'"{joined}"' if joined.startswith("v=") else " ".join(f'"{string}"' for string in strings)


def _dkim_tag(tag: str) -> str:
    """Return a tag without the blanks that do not count: around its parts, and within a key."""
    name, equals, value = (part.strip() for part in tag.partition("="))
    return f"{name}{equals}{''.join(value.split()) if name == 'p' else value}"


def _full(name: str, origin: str) -> str:
    """Return a name with its origin, in small letters; relative where the file does not tell the rest."""
    if "\\" in name or '"' in name:
        raise ValueError("a name with an escape")
    name = lowered(name)
    if name == "@":
        return origin or "@"
    return name if name.endswith(".") or not origin or origin == "@" else f"{name}.{origin.removeprefix('.')}"


def _seconds(value: str) -> str:
    if not _TTL.fullmatch(value):
        raise ValueError("not a time")
    return str(sum(int(number) * _SECONDS[unit.lower()] for number, unit in _TTL_PART.findall(value)))


def _zone_lines(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Yield whether an entry begins with a blank, and its words; brackets join lines."""
    words: list[str] = []
    depth, begins_blank = 0, False
    for line in lines_in(text):
        if not depth:
            begins_blank, words = line[:1] in {" ", "\t"}, []
        for word in re.findall(r'"(?:\\.|[^"\\])*"|;.*|[()]|(?:\\.|[^ \t();"\\])+|[^ \t]', line):
            if word[0] == ";":
                break
            if word in {"(", ")"}:
                depth += 1 if word == "(" else -1
            elif word in {'"', "\\"}:
                raise ValueError("a quote that is not closed")
            else:
                words.append(word)
        if depth not in {0, 1}:
            raise ValueError("brackets that do not match")
        if not depth and words:
            yield begins_blank, words
    if depth:
        raise ValueError("a bracket that is not closed")


# --- LDIF ------------------------------------------------------------------------------------------------------------

_BOOKKEEPING: Final = frozenset({"entrycsn", "modifytimestamp", "contextcsn"})


def ldif(text: str) -> list[str]:
    """Return the entries of an LDIF file, attributes sorted by name; what each change renews is left out."""
    unfolded: list[str] = []
    for line in lines_in(text):
        if line.startswith(" ") and unfolded:
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    found: list[tuple[str | None, str]] = []
    entry = ""
    for line in unfolded:
        if line.startswith("#"):
            continue
        if not line:
            entry = ""
            continue
        name, value = _attribute(line)
        if name in _BOOKKEEPING:
            continue
        if name == "dn":
            entry = f"{value}:"
            found.append((None, entry))
        else:
            found.append((None if entry == "" else name, f"{entry} {name}: {value}".lstrip(BLANK)))
    if any(statement.startswith("changetype:") or " changetype: " in statement for _, statement in found):
        raise ValueError("changes, whose order counts")
    return ordered_by(found)


def _attribute(line: str) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Za-z0-9;.-]+):(:?) *(.*)", line)
    if match is None:
        raise ValueError("not an attribute")
    name, value = match[1].lower(), match[3]
    if match[2]:
        plain = base64.b64decode(value, validate=True).decode(errors="replace")
        value = plain if plain.isprintable() and plain == plain.strip() and "\ufffd" not in plain else f":: {value}"
    return name, value


# --- PostgreSQL ------------------------------------------------------------------------------------------------------

_PG_LINE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)(?:[ \t]*=[ \t]*|[ \t]+)('(?:[^'\\]|'')*'|[^ \t'#=]+)")
_PG_BYTES: Final = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_PG_TIMES: Final = {
    "us": SYSTEMD_TIMES["us"], "ms": SYSTEMD_TIMES["ms"], "s": SYSTEMD_TIMES["s"], "min": SYSTEMD_TIMES["min"],
    "h": SYSTEMD_TIMES["h"], "d": SYSTEMD_TIMES["d"],
}  # fmt: skip
_PG_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("work_mem", "maintenance_work_mem", "temp_file_limit"), "kB"),
    **dict.fromkeys(("min_wal_size", "max_wal_size"), "MB"),
    **dict.fromkeys(
        ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout",
         "deadlock_timeout", "log_min_duration_statement"), "ms"),
    **dict.fromkeys(("authentication_timeout", "checkpoint_timeout"), "s"),
}  # fmt: skip
"""Setting → the unit of a number without one."""
_PG_SWITCH: Final = {"on": "on", "true": "on", "yes": "on", "off": "off", "false": "off", "no": "off"}
_PG_TEXTS: Final = re.compile(
    r".*(name|names|prefix|command|file|directory|path|user|role|addresses|library|libraries)"
)
_PG_ELSEWHERE: Final = frozenset({"include", "include_dir", "include_if_exists"})


def postgresql(text: str) -> list[str]:
    """Return PostgreSQL's settings, by name; of several values the last counts. None passes an include."""
    found: list[tuple[str, str]] = []
    run: dict[str, str] = {}
    for line in plain_lines(text):
        match = _PG_LINE.fullmatch(uncommented(line).strip(BLANK))
        if match is None:
            raise ValueError("not a setting")
        name = match[1].lower()
        value = _pg_value(name, match[2][1:-1] if match[2][0] == "'" else match[2])
        if name in _PG_ELSEWHERE:
            found += [*sorted(run.items()), (name, value)]
            run = {}
        else:
            run[name] = value
    found += sorted(run.items())
    return [setting(name, value if re.fullmatch(r"[^ \t']+", value) else f"'{value}'") for name, value in found]


def _pg_value(name: str, value: str) -> str:
    if _PG_TEXTS.fullmatch(name) or name in _PG_ELSEWHERE or "." in name:
        return value
    amount = re.fullmatch(r"([0-9]{1,15})[ \t]*([A-Za-z]*)", value)
    unit = amount and (amount[2] or _PG_UNITS.get(name))
    if amount and unit in _PG_BYTES:
        return f"{int(amount[1]) * _PG_BYTES[unit]} bytes"
    if amount and unit in _PG_TIMES:
        return span(amount[1] + str(unit), _PG_TIMES)
    return _PG_SWITCH.get(lowered(value), value)


_PG_ALL_OF: Final = frozenset({"all", "replication", "samehost", "samenet", "samerole", "sameuser"})


def postgresql_access(text: str) -> list[str]:
    """Return the rules of pg_hba.conf or pg_ident.conf in their order: the first that matches counts.

    A rule for several databases or users is one for each.
    """
    found: list[str] = []
    for line in joined_lines(text):
        words = [_pg_word(word) for word in squeezed(uncommented(line)).split(" ")]
        if words[0].startswith("host") and len(words) > 5 and re.fullmatch(r"255\.[0-9.]+", words[4]):  # noqa: PLR2004
            words[3:5] = [str(ipaddress.IPv4Interface(f"{words[3]}/{words[4]}"))]
        found += map(" ".join, itertools.product(*_pg_columns(words)))
    return found


def _pg_columns(words: Sequence[str]) -> list[list[str]]:
    """Return the words of a rule, each in a list; of its databases and users those that are listed."""
    columns = [[word] for word in words]
    if words[0].startswith(("local", "host")):
        columns[1:3] = [word.split(",") if '"' not in word else [word] for word in words[1:3]]
    return columns


def _pg_word(word: str) -> str:
    """Return a name without the quotes that it does not need: they make a word that says something else a name."""
    plain = re.fullmatch(r'"([A-Za-z0-9_.-]+)"', word)
    return plain[1] if plain is not None and plain[1].lower() not in _PG_ALL_OF else word


# --- environments ----------------------------------------------------------------------------------------------------

_VARIABLE: Final = re.compile(r"""((?:export )?[A-Za-z_]\w*)=("[^"$`\\]*"|'[^']*'|[A-Za-z0-9./_@:+,=%-]*)""", re.ASCII)


def environment(text: str) -> list[str]:
    """Return variables by name, the last value of each; what a shell would work out is not understood."""
    values = {}
    for line in plain_lines(text):
        match = _VARIABLE.fullmatch(line)
        if match is None:
            raise ValueError("not a plain variable")
        values[match[1]] = match[2][1:-1] if match[2][:1] in {'"', "'"} else match[2]
    return [f"{name}={value}" for name, value in sorted(values.items())]
