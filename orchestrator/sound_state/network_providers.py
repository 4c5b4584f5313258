"""What is thought of a change of a host's network, and of who listens in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from grader.report import Standing
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import ObjectChange, StateChange
from orchestrator.sound_state.provider import Thought

_FORWARDS = re.compile(r"net\.ipv4\.ip_forward|net\.ipv[46]\.conf\..+\.forwarding")
_CHECKS_SENDERS = re.compile(r"net\.ipv4\.conf\..+\.rp_filter")
_LOW_PORTS = "net.ipv4.ip_unprivileged_port_start"
_OF_THE_SYSTEM = ("/usr/bin/", "/usr/lib/", "/usr/libexec/", "/usr/sbin/")
"""Where an image's packages have their programs; what a person adds lies elsewhere (``/usr/local``, ``/opt``, …)."""


class _Kind(NamedTuple):
    """What a kind of object is called, with its articles in French."""

    fr: str
    en: str
    the: str = "La"
    one: str = "une"


_KINDS = {
    "address": _Kind("adresse", "address", "L'"),
    "filter": _Kind("chaîne ou table de filtrage", "filter chain or table"),
    "flowtable": _Kind("table de flux", "flow table"),
    "link": _Kind("interface", "interface", "L'"),
    "map": _Kind("table de correspondance du filtre", "filter map"),
    "neighbour": _Kind("entrée ARP permanente pour", "permanent ARP entry for", "L'"),
    "proxy": _Kind("réponse ARP pour une autre machine", "ARP answer for another host"),
    "queue": _Kind("file d'attente de l'interface", "queue of the interface"),
    "route": _Kind("route", "route"),
    "rule": _Kind("règle de routage", "routing rule"),
    "set": _Kind("liste du filtre", "filter set"),
}
_OTHER = _Kind("objet du réseau", "network object", "L'", "un")
_FIELDS = {
    "below": Text(fr="interface porteuse", en="underlying interface"),
    "device": Text(fr="interface", en="interface"),
    "elements": Text(fr="contenu", en="content"),
    "flags": Text(fr="options", en="flags"),
    "gateway": Text(fr="passerelle", en="gateway"),
    "hook": Text(fr="point d'accroche", en="hook"),
    "hops": Text(fr="passerelles", en="gateways"),
    "kind": Text(fr="type", en="kind"),
    "mac": Text(fr="adresse MAC", en="MAC address"),
    "master": Text(fr="pont", en="bridge"),
    "metric": Text(fr="métrique", en="metric"),
    "mtu": Text(fr="MTU", en="MTU"),
    "names": Text(fr="noms", en="names"),
    "peer": Text(fr="autre extrémité", en="other end"),
    "policy": Text(fr="action par défaut", en="policy"),
    "priority": Text(fr="priorité", en="priority"),
    "protocol": Text(fr="origine", en="origin"),
    "rules": Text(fr="règles", en="rules"),
    "source": Text(fr="adresse source", en="source address"),
    "type": Text(fr="type", en="type"),
    "up": Text(fr="activée", en="up"),
    "vlan": Text(fr="VLAN", en="VLAN"),
    "xdp": Text(fr="programme XDP", en="XDP program"),
}
_WORDS = {"yes": "oui", "no": "non"}
"""What is said in French of a value that is a word."""
_LONG = 60
"""Characters of a value that still fit into a sentence; of a longer one the difference is shown beside it."""


_OF_AN_INTERFACE = re.compile(r"queue (?P<queue>\S+)|sysctl net\.ipv[46]\.conf\.(?P<setting>[^.]+)\.\S+")
"""What the kernel keeps for each interface: it comes and goes with that."""


class NetworkProvider:
    """Thinks about a host's network as it runs."""

    name = "network"

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        kind, _, rest = change.object.partition(" ")
        if kind == "sysctl":
            return _of_a_setting(change, rest)
        opened = _opened(change, rest) if kind == "filter" else None  # other rules may keep out what it kept out
        return Thought("unexplained", opened or _sentence(change, kind, rest))


class SocketsProvider:
    """Thinks about who listens in a host."""

    name = "sockets"

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        place, now, before = change.object, _known(change.now), _known(change.before)
        if now is None:
            sentence = Text(
                fr=f"Plus rien n'écoute sur {place} (avant : {before}).",
                en=f"Nothing listens on {place} any more (before: {before}).",
            )
        elif before is None:
            sentence = Text(
                fr=f"Sur {place} écoute maintenant : {now}.",
                en=f"Now listening on {place}: {now}.",
            )
        else:
            sentence = Text(
                fr=f"Ce n'est plus la même chose qui écoute sur {place} : {now} (avant : {before}).",
                en=f"Something else listens on {place}: {now} (before: {before}).",
            )
        added = _programs(change.now) - _programs(change.before)
        strange = any(not path.startswith(_OF_THE_SYSTEM) for path in added)
        return Thought("forbidden" if strange and _is_reached(place) else "unexplained", sentence)


def without_consequences(changes: Iterable[ObjectChange]) -> tuple[ObjectChange, ...]:
    """Return changes without what has come or gone only because its interface has: that one is told by itself."""
    changes = tuple(changes)
    interfaces = {(one.host, one.object) for one in changes if _is_whole(one) and one.object.startswith("link ")}

    def follows(one: ObjectChange) -> bool:
        found = _OF_AN_INTERFACE.fullmatch(one.object) if _is_whole(one) else None
        name = found and (found["queue"] or found["setting"].replace("/", "."))  # a dot is a slash in sysctl's names
        return bool(name) and (one.host, f"link {name}") in interfaces

    return tuple(one for one in changes if not follows(one))


def _is_whole(change: ObjectChange) -> bool:
    """Return whether a change is that an object of the network has come or gone."""
    return change.provider == NetworkProvider.name and not (change.before and change.now)


def _known(programs: str | None) -> str | None:
    """Return programs in words; None for none at all."""
    return None if programs is None else ", ".join(sorted(_programs(programs))) or "?"


def _programs(told: str | None) -> set[str]:
    """Return the paths that a field tells, a line each; it is empty where only the kernel holds the socket."""
    return set(filter(None, (told or "").split("\n")))


def _is_reached(place: str) -> bool:
    """Return whether others reach what listens at a place (``tcp 0.0.0.0:80``)."""
    address = ip_address(place.partition(" ")[2].rpartition(":")[0].strip("[]"))
    mapped = getattr(address, "ipv4_mapped", None) or address
    return not mapped.is_loopback


def _of_a_setting(change: StateChange, name: str) -> Thought:
    standing: Standing = "forbidden" if _weakens(name, change.before, change.now) else "unexplained"
    if change.before is None:
        fr, en = f"vaut {change.now} ; il n'existait pas avant", f"is {change.now}; it was not there before"
    elif change.now is None:
        fr, en = f"n'existe plus ; il valait {change.before}", f"is gone; it was {change.before}"
    else:
        fr, en = f"vaut {change.now} ; il valait {change.before}", f"is {change.now}; it was {change.before}"
    return Thought(standing, Text(fr=f"Le réglage du noyau {name} {fr}.", en=f"The kernel setting {name} {en}."))


def _weakens(name: str, before: str | None, now: str | None) -> bool:
    """Return whether a setting lets through or allows more than before."""
    if before is None or now is None:
        return False
    if name == _LOW_PORTS:
        return before.isdigit() and now.isdigit() and int(now) < int(before)
    if _FORWARDS.fullmatch(name):
        return before == "0" != now
    return _CHECKS_SENDERS.fullmatch(name) is not None and now == "0" != before


def _opened(change: StateChange, chain: str) -> Text | None:
    """Return what to say of a packet filter that keeps nothing out any more; None where it is not so."""
    if change.field == "policy" and change.before == "drop" and change.now is None:
        return Text(
            fr=f"La chaîne de filtrage {chain}, qui refusait tout par défaut, ne filtre plus rien.",
            en=f"The filter chain {chain}, which refused everything by default, no longer filters anything.",
        )
    if change.field == "policy" and change.before == "drop":
        return Text(
            fr=f"La chaîne de filtrage {chain} refusait tout par défaut ; maintenant, elle accepte.",
            en=f"The filter chain {chain} refused everything by default; now it accepts.",
        )
    if change.field == "flags" and "dormant" in (change.now or "").split():
        return Text(
            fr=f"La table de filtrage {chain} est mise en sommeil : elle ne filtre plus rien.",
            en=f"The filter table {chain} is dormant: it no longer filters anything.",
        )
    return None


def _sentence(change: StateChange, kind: str, rest: str) -> Text:
    """Return in plain words what has changed of an object."""
    word = _KINDS.get(kind, _OTHER)
    name = _name(kind, rest) if kind in _KINDS else Text(fr=change.object, en=change.object)
    if change.field == "there":
        fr, en = ("de plus", "one more") if change.before is None else ("de moins", "one fewer")
        return Text(
            fr=f"La machine a {word.one} {word.fr} {fr} : {name.fr}.", en=f"The host has {en} {word.en}: {name.en}."
        )
    if kind == "link" and change.field == "kind" and None in (change.before, change.now):
        fr, en = ("est nouvelle", "is new") if change.before is None else ("n'est plus là", "is gone")
        of = change.before or change.now
        return Text(fr=f"L'interface {rest} {fr} (type : {of}).", en=f"The interface {rest} {en} (kind: {of}).")
    gap = "" if word.the.endswith("'") else " "
    field = _FIELDS.get(change.field, Text(fr=change.field, en=change.field))
    is_default = kind == "route" and name.en.startswith("default")  # "the default route", "the route 10.0.0.0/8"
    en = f"The {name.en if is_default else f'{word.en} {name.en}'}, {field.en}"
    fr = f"{word.the}{gap}{word.fr} {name.fr}, {field.fr}"
    before, now = change.before, change.now
    if any(len(value) > _LONG or "\n" in value for value in (before, now) if value):
        return Text(fr=f"{fr} : modification (voir le détail).", en=f"{en}: changed (see the details).")
    told = {value: _WORDS.get(value, value) or "vide" for value in (before, now) if value is not None}
    shown = {value: value or "empty" for value in told}
    if before is None:
        return Text(fr=f"{fr} : {told[now or '']} (rien avant).", en=f"{en}: {shown[now or '']} (nothing before).")
    if now is None:
        return Text(fr=f"{fr} : plus rien ({told[before]} avant).", en=f"{en}: nothing now ({shown[before]} before).")
    return Text(fr=f"{fr} : {told[now]} ({told[before]} avant).", en=f"{en}: {shown[now]} ({shown[before]} before).")


def _name(kind: str, rest: str) -> Text:
    """Return an object's name as a technician says it."""
    words = rest.split(" ")
    if kind in {"address", "proxy"} and len(words) == 2:  # noqa: PLR2004 - an interface and an address
        device, address = words if kind == "address" else reversed(words)
        return Text(fr=f"{address} sur {device}", en=f"{address} on {device}")
    if kind == "route" and rest.endswith(" table main"):
        rest = rest.removesuffix(" table main")
    if kind == "route" and words[0] in {"default", "default6"}:
        more = ("" if words[0] == "default" else " (IPv6)") + rest.removeprefix(words[0])
        return Text(fr=f"par défaut{more}", en=f"default route{more}")
    return Text(fr=rest, en=rest)
