"""Who may reach a PostgreSQL server: the lines of pg_hba.conf in words that compare, and whether they let in more."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from orchestrator.core.text import Text
from orchestrator.sound_state.provider import RunInHost, json_printed

_WITHOUT_PASSWORD = {"trust", "password", "ident"}
"""Methods that ask for none, or for one that whoever listens reads."""


class _Line(NamedTuple):
    """A line of pg_hba.conf, as ``rules_in_words`` tells it."""

    type: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    addresses: tuple[str, ...]
    method: str
    options: str


def rules_in_words(rows: Sequence[Sequence[object]], run: RunInHost) -> str:
    """Return the lines of pg_hba.conf in words, with what ``samenet`` and ``samehost`` stand for on this host.

    Args:
        rows: what ``pg_hba_file_rules`` says of each line: type, databases, users, address, mask, method, options,
            error, number.
        run: runs a command in the server's host.

    Raises:
        LabError: the host does not tell its addresses.
    """
    own = _own_networks(run) if any(row[3] in {"samenet", "samehost"} for row in rows) else {}
    return "\n".join(_rule(row, own) for row in rows)


def lets_in_more(before: str, now: str) -> Text | None:
    """Return what pg_hba.conf lets in that it did not let in before, as a sentence, or that it has an error; else None.

    Args:
        before: its lines in the sound state, as ``rules_in_words`` wrote them.
        now: its lines now.
    """
    broken = [line for line in now.split("\n") if line.startswith("error | ")]
    if broken:
        _, error, place = broken[0].split(" | ")
        number = place.removeprefix("line ")
        return Text(
            fr=f"pg_hba.conf a une erreur à la ligne {number}, PostgreSQL ne redémarrera pas : {error}.",
            en=f"pg_hba.conf has an error in line {number}, PostgreSQL will not start again: {error}.",
        )
    had, has = _lines(before), _lines(now)
    refused = [line for line in had if line.method == "reject" and line not in has]
    if refused:
        text = _written(refused[0])
        return Text(fr=f"pg_hba.conf ne refuse plus : {text}.", en=f"pg_hba.conf no longer refuses: {text}.")
    for line in has:
        if line.method == "reject" or line in had:
            continue
        weak = line.method in _WITHOUT_PASSWORD
        others = [one for one in had if one.method != "reject" and (not weak or one.method in {line.method, "trust"})]
        if all(_covered(line, database, user, others) for database in line.databases for user in line.users):
            continue
        text = _written(line)
        if weak:
            return Text(
                fr=f"pg_hba.conf laisse entrer sans mot de passe protégé : {text}.",
                en=f"pg_hba.conf lets in without a protected password: {text}.",
            )
        return Text(fr=f"pg_hba.conf laisse entrer plus qu'avant : {text}.", en=f"pg_hba.conf lets in more: {text}.")
    return None


def _rule(row: Sequence[object], own: Mapping[str, tuple[str, ...]]) -> str:
    kind, databases, users, address, mask, method, options, error, number = row
    if error is not None:
        return f"error | {_word(str(error))} | line {number}"
    addresses = own.get(str(address)) or ((_network(str(address), mask),) if address is not None else ())
    listed = [databases if isinstance(databases, list) else [], users if isinstance(users, list) else [], addresses]
    words = [",".join(_word(str(one)) for one in some) for some in listed]
    further = ",".join(_word(str(one)) for one in options) if isinstance(options, list) else ""
    return " | ".join([str(kind), *words, str(method), further])


def _word(word: str) -> str:
    """Return a name that neither holds a separator nor an end of line."""
    if re.fullmatch(r"[\w.$+/:=-]+", word):
        return word
    return json.dumps(word).replace("|", "\\u007c").replace(",", "\\u002c")


def _network(address: str, mask: object) -> str:
    """Return an address and its mask as a network, or the word or name that stands for addresses."""
    return str(ipaddress.ip_network(f"{address}/{_length(str(mask))}", strict=False)) if mask is not None else address


def _length(mask: str) -> int:
    return int(ipaddress.ip_address(mask)).bit_count()


def _own_networks(run: RunInHost) -> Mapping[str, tuple[str, ...]]:
    """Return what ``samenet`` and ``samehost`` stand for."""
    links = json_printed(run(("ip", "-json", "address"), b""), "ip")
    found = [one for link in links for one in link.get("addr_info", ())]
    interfaces = [ipaddress.ip_interface(f"{one['local']}/{one['prefixlen']}") for one in found]
    hosts = sorted({str(ipaddress.ip_network(one.ip)) for one in interfaces})
    return {"samenet": tuple(sorted({str(one.network) for one in interfaces})), "samehost": tuple(hosts)}


def _lines(rules: str) -> list[_Line]:
    """Return the lines that ``rules_in_words`` wrote."""
    found = []
    for line in rules.split("\n"):
        if line and not line.startswith("error | "):
            kind, databases, users, addresses, method, options = line.split(" | ")
            lists = [tuple(filter(None, some.split(","))) for some in (databases, users, addresses)]
            found.append(_Line(kind, lists[0], lists[1], lists[2], method, options))
    return found


def _written(line: _Line) -> str:
    return " ".join(filter(None, [line.type, *(",".join(some) for some in line[1:4]), line.method, line.options]))


def _covered(line: _Line, database: str, user: str, others: Sequence[_Line]) -> bool:
    """Return whether one of a line's databases and users was let in from all its addresses, no less encrypted."""
    own = user if database == "sameuser" else database
    databases = {database, own} | ({"all"} if database != "replication" else set())
    databases |= {"sameuser"} if own == user != "all" else set()
    allowed = [
        one
        for one in others
        if databases & {*one.databases} and {user, "all"} & {*one.users}
        if one.type == line.type or (one.type == "host" and line.type != "local")
    ]
    if line.type == "local":
        return bool(allowed)
    words = {address for one in allowed for address in one.addresses}
    return all(_within(address, words) for address in line.addresses)


def _within(address: str, words: set[str]) -> bool:
    """Return whether an address of a line lies within others; what a host's name stands for is not known here."""
    if "all" in words or address in words:
        return True
    try:
        network = ipaddress.ip_network(address)
    except ValueError:
        return address != "all" and not address.startswith(".") and bool(words)
    if isinstance(network, ipaddress.IPv4Network):
        fours = [one for one in _networks(words) if isinstance(one, ipaddress.IPv4Network)]
        return any(network.subnet_of(one) for one in ipaddress.collapse_addresses(fours))
    sixes = [one for one in _networks(words) if isinstance(one, ipaddress.IPv6Network)]
    return any(network.subnet_of(one) for one in ipaddress.collapse_addresses(sixes))


def _networks(words: Iterable[str]) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Yield those of some words that are networks."""
    for word in words:
        with suppress(ValueError):
            yield ipaddress.ip_network(word)
