"""What zones a BIND name server has as it runs, whatever its files say by now.

A transfer would tell them as well, but the labs' servers give none, not even to themselves. So ``named`` is asked for
all that it has (``rndc dumpdb -zones``): also a zone that no file names any more, and a record that came by a dynamic
update. An earlier dump of somebody's stays as it was.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.meaning_records import joined_text
from orchestrator.sound_state.provider import Objects, RunInHost, Thought

_SERVER: Final = "server"
_ZONE: Final = "zone "
_SERVED: Final = "(served)"
"""The field that each zone has, before all names: what is said of it is said of a zone that has come or gone."""
_ANSWERS, _FILE, _UNREAD = "answers", "configuration", "not read"
_SCRIPT: Final = r"""
cd /var/cache/bind 2>/dev/null && status=$(/usr/sbin/rndc status 2>/dev/null) || exit 0
printf '%s\0' "$status"
read=$(printf '%s\n' "$status" | sed -n 's/^last configured: //p')
find /etc/bind -name 'named.conf*' -newerct "$read 1 second" 2>/dev/null
printf '\0'
kept=$(mktemp -u named_dump.db.XXXXXX)
mv -f named_dump.db "$kept" 2>/dev/null
/usr/sbin/rndc dumpdb -zones >/dev/null 2>&1 && for pass in $(seq 500); do
  tail -n 1 named_dump.db 2>/dev/null | grep -q '^; Dump complete' && { cat named_dump.db; break; }
  sleep 0.05
done
rm -f named_dump.db
mv -f "$kept" named_dump.db 2>/dev/null
true
"""
"""Tells the server's status, the settings that it has not read since they were written, and all zones.

``rndc`` says to the second when the settings were read, and answers before the dump is written: that takes
milliseconds, and half a minute is waited for on a machine that has much to do.
"""
_DUMPED: Final = re.compile(r"; Zone dump of '(.*)/([A-Z]+)(?:/(.*))?'")
_WORKED_OUT: Final = frozenset({"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "TYPE65534"})
"""Records that a server makes of the others by itself when it signs a zone, and makes anew from time to time."""
_NAMES: Final = frozenset({"CNAME", "DNAME", "MX", "NS", "PTR", "SOA", "SRV"})
"""Types whose data are names and numbers: capitals make no other ones."""
_EMPTY: Final = ". . 28800 7200 604800 86400"
"""The SOA of a zone that BIND makes by itself, so that nobody asks the Internet for private addresses (RFC 6303)."""
_COLUMNS: Final = 5
_SERIAL: Final = 2
_SOA_WORDS: Final = 7
_STRING: Final = re.compile(r'"((?:\\.|[^"\\])*)"')
_SHOWN: Final = 100
"""Characters of a record that are shown in a sentence."""


class BindState:
    """The provider of the state of a BIND name server."""

    name = "bind"
    program = "/usr/sbin/named"
    always = _SERVER

    def look(self, run: RunInHost) -> Objects:
        """Return each zone with the records of each name, and with which settings the server runs.

        A zone's serial number is left out: each change raises it.

        Raises:
            LabError: the host cannot be asked.
        """
        status, *more = run(("sh", "-c", _SCRIPT), b"").split("\0")
        if len(more) != 2 or not more[1].rstrip().endswith("; Dump complete"):  # noqa: PLR2004 - what the script tells
            return {_SERVER: {_ANSWERS: "no"}}
        unread, dump = more
        reads = re.search(r"^configuration file: (.*)$", status, re.MULTILINE)
        server = {
            _ANSWERS: "yes",
            _FILE: reads[1] if reads else "",
            _UNREAD: "\n".join(sorted(filter(None, unread.split("\n")))),
        }
        return {_SERVER: server, **dict(_zones(dump))}

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``: a zone that is gone, or a name of one, is data of others that are gone."""
        if change.object == _SERVER:
            return _of_server(change)
        zone = change.object.removeprefix(_ZONE)
        if change.field == _SERVED:
            return _of_zone(zone, change)
        return _of_name(zone, change)


def _zones(dump: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the zones of a dump that say something, each with the records of its names, a line each.

    A zone that could not be loaded stands there without records: it is not served.
    """
    name = ""
    records: dict[str, set[str]] = defaultdict(set)
    for line in (*dump.split("\n"), "; Zone dump of '/IN'"):
        if head := _DUMPED.fullmatch(line):
            if name and records and not _is_made_by_itself(records):
                fields = {owner: "\n".join(sorted(some)) for owner, some in records.items()}
                yield f"{_ZONE}{name}", {_SERVED: "yes", **fields}
            name = _called(*head.groups())
            records = defaultdict(set)
        elif name and line and not line.startswith(";"):
            words = line.split(None, _COLUMNS - 1)
            if len(words) == _COLUMNS and words[3] not in _WORKED_OUT:
                records[_bare(words[0])].add(_record(words[3], words[4], words[1]))


def _called(zone: str, kind: str, view: str | None) -> str:
    """Return what a zone is called; nothing for one of another class, such as BIND's about itself."""
    if kind != "IN" or not zone:
        return ""
    return _bare(zone) if view is None else f"{_bare(zone)} (view {view})"


def _bare(name: str) -> str:
    """Return a name as it compares, without its last dot."""
    return name.lower().removesuffix(".") or "."


def _is_made_by_itself(records: dict[str, set[str]]) -> bool:
    """Return whether a zone is one of those that BIND makes where nobody has one of that name.

    It then knows of the zones below it that somebody has.
    """
    kept = {name: {record.partition(" ttl=")[0] for record in some} for name, some in records.items()}
    apex, *_ = kept.values()
    zone, *_ = kept
    below = [some for name, some in kept.items() if name != zone]
    return apex == {f"NS {zone}.", f"SOA {zone}{_EMPTY}"} and all(some == {"NS ."} for some in below)


def _record(kind: str, data: str, ttl: str) -> str:
    """Return a record as it compares."""
    if kind in _NAMES:
        data = data.lower()
    words = data.split()
    if kind == "SOA" and len(words) == _SOA_WORDS:
        data = " ".join((*words[:_SERIAL], *words[_SERIAL + 1 :]))
    elif kind in {"TXT", "SPF"}:
        strings = _STRING.findall(data)
        data = joined_text(strings) if strings else data
    return f"{kind} {data} ttl={ttl}"


def _lines(value: str | None) -> set[str]:
    return set(filter(None, (value or "").split("\n")))


def _of_server(change: StateChange) -> Thought:
    if change.field == _ANSWERS and change.now != "yes":
        said = Text(
            fr="named ne répond plus à rndc : personne ne sait quelles zones il sert.",
            en="named does not answer rndc any more: nobody knows what zones it has.",
        )
    elif change.field == _FILE and change.now:
        said = Text(
            fr=f"named ne lit plus {change.before} : il a démarré avec {change.now}.",
            en=f"named does not read {change.before} any more: it was started with {change.now}.",
        )
    elif change.field == _UNREAD and (new := ", ".join(sorted(_lines(change.now) - _lines(change.before)))):
        said = Text(
            fr=f"named n'a pas relu ses réglages depuis qu'ils ont été écrits : {new}.",
            en=f"named has not read its settings since they were written: {new}.",
        )
    else:
        return Thought("harmless", Text(fr="named tourne avec ses réglages.", en="named runs with its settings."))
    return Thought("unexplained", said)


def _of_zone(zone: str, change: StateChange) -> Thought:
    if change.now is None:
        said = Text(fr=f"named ne sert plus la zone {zone}.", en=f"named does not serve the zone {zone} any more.")
        return Thought("forbidden", said)
    said = Text(
        fr=f"named sert une zone qu'il ne servait pas : {zone}.", en=f"named serves a zone that it did not: {zone}."
    )
    return Thought("unexplained", said)


def _of_name(zone: str, change: StateChange) -> Thought:
    before, now = _lines(change.before), _lines(change.now)
    place = Text(
        fr=f"Dans la zone {zone} que sert named, le nom « {change.field} »",
        en=f"In the zone {zone} as named serves it, the name '{change.field}'",
    )
    if not now:
        # A text may have become superfluous: the key of a selector that nobody signs with any more.
        only_texts = all(record.startswith("TXT ") for record in before)
        said = Text(fr=f"{place.fr} n'existe plus.", en=f"{place.en} is gone.")
        return Thought("unexplained" if only_texts else "forbidden", said)
    gone, new = _shown(before - now), _shown(now - before)
    if not before:
        return Thought("unexplained", Text(fr=f"{place.fr} est nouveau : {new}.", en=f"{place.en} is new: {new}."))
    shown = "; ".join(f"{sign} {some}" for sign, some in (("+", new), ("-", gone)) if some)
    return Thought("unexplained", Text(fr=f"{place.fr} a changé : {shown}.", en=f"{place.en} has changed: {shown}."))


def _shown(records: Iterable[str]) -> str:
    short = (one if len(one) <= _SHOWN else f"{one[:_SHOWN]}…" for one in sorted(records))
    return "; ".join(short)
