"""Packet filters as they run, told as ``meaning_nftables`` tells those of a file: in one form, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from orchestrator.fabric.fabric_interface import ObjectChange
from orchestrator.sound_state.network_providers import NetworkProvider
from orchestrator.sound_state.packet_rules import (
    BITS,
    KEYS,
    VALUE,
    PacketRule,
    Values,
    in_one_order,
    known_key,
    packet_rules,
    plain_value,
)

Json = Any
"""Whatever libnftables puts in a place (libnftables-json(5))."""

_FIELD: Final = "rules"
_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "ct state": {"1": "invalid", "2": "established", "4": "related", "8": "new", "64": "untracked"},
    BITS: {"16": "snat", "32": "dnat"},
}
"""What numbers are called in a file."""


def with_plain_filters(change: ObjectChange) -> ObjectChange:
    """Return a change whose rules are told in words and in one order, where it is a chain's."""
    kind, _, chain = change.object.partition(" ")
    if change.provider != NetworkProvider.name or kind != "filter":
        return change
    family = chain.partition(" ")[0]
    before, now = (
        {name: plain_rules(said, family) if name == _FIELD else said for name, said in fields.items()}
        for fields in (change.before, change.now)
    )
    return replace(change, before=before, now=now)


def plain_rules(listed: str, family: str) -> str:
    """Return the rules of a chain in one form, a line each.

    Args:
        listed: the rules as ``nft --json`` tells them, a line each.
        family: of the table: ``ip``, ``inet``, ….
    """
    return "\n".join(in_one_order((line, partial(_rules_of, line, family)) for line in listed.split("\n") if line))


def _rules_of(line: str, family: str) -> list[PacketRule]:
    try:
        return packet_rules([_alternatives(one, family) for one in json.loads(line)])
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("a rule of another form") from error


def _alternatives(expression: Json, family: str) -> list[Values]:
    """Return what one expression of a rule allows, or its verdict."""
    ((kind, said),) = expression.items()
    if kind == "vmap":
        keys = _keys(said["key"], family)
        if BITS in keys:
            raise ValueError("bits that are exactly these")
        return [(*_values(keys, value), ("", _verdict(verdict))) for value, verdict in said["data"]["set"]]
    if kind in {"dnat", "snat"} and "map" in (to := said["addr"]):
        if set(said) - {"family", "addr"} or said.get("family", family) != family:
            raise ValueError("a translation of another form")
        if BITS in (keys := _keys(to["map"]["key"], family)):
            raise ValueError("bits that are exactly these")
        return [(*_values(keys, key), ("", f"{kind} to {_place(place)}")) for key, place in to["map"]["data"]["set"]]
    if kind != "match":
        return [(("", _verdict(expression)),)]
    keys, right, operator = _keys(said["left"], family), said["right"], said["op"]
    if operator == "!=" and len(keys) == 1 and keys != [BITS]:
        others = sorted(_one(keys[0], value) for value in _elements(right))
        return [((keys[0], f"!= {others[0] if len(others) == 1 else '{ ' + ', '.join(others) + ' }'}"),)]
    if operator == "in" and keys in (["ct state"], [BITS]) and isinstance(right, str | int | list):
        return [_values(keys, bit) for bit in (right if isinstance(right, list) else [right])]
    if operator != "==" or BITS in keys:
        raise ValueError("another operator")
    return [_values(keys, value) for value in _elements(right)]


def _keys(left: Json, family: str) -> list[str]:
    ((kind, said),) = left.items()
    if kind == "concat":
        return [key for one in said for key in _keys(one, family)]
    words = f"{said['protocol']} {said['field']}" if kind == "payload" else f"{kind} {said['key']}"
    key = known_key(words, family)
    if key not in KEYS or set(said) - {"protocol", "field", "key"}:
        raise ValueError("a key that is not known")
    return [key]


def _elements(right: Json) -> list[Json]:
    return list(right["set"]) if isinstance(right, dict) and "set" in right else [right]


def _values(keys: Sequence[str], value: Json) -> Values:
    """Return the value of each key."""
    parts = value["concat"] if isinstance(value, dict) and "concat" in value else [value]
    return tuple((key, _one(key, part)) for key, part in zip(keys, parts, strict=True))


def _one(key: str, value: Json) -> str:
    word = str(value)
    if isinstance(value, dict):
        ((kind, said),) = value.items()
        word = f"{said['addr']}/{said['len']}" if kind == "prefix" else "-".join(map(str, said))
        if kind not in {"prefix", "range"}:
            raise ValueError("a value of another kind")
    if not VALUE.fullmatch(word):
        raise ValueError("no value that stands for itself")
    return plain_value(key, _NAMES.get(key, {}).get(word, word))


def _place(value: Json) -> str:
    """Return where a translation leads: an address, or one with a port."""
    parts = value["concat"] if isinstance(value, dict) and "concat" in value else [value]
    if not all(isinstance(part, str | int) for part in parts):
        raise ValueError("not one place")
    return ":".join(map(str, parts))


def _verdict(expression: Json) -> str:
    """Return a verdict in words."""
    ((kind, said),) = expression.items()
    if said is None:
        return str(kind)
    if kind in {"jump", "goto"} and set(said) == {"target"}:
        return f"{kind} {said['target']}"
    if kind == "reject" and set(said) == {"type", "expr"}:
        return f"reject with {said['type']} {said['expr']}"
    if (
        kind in {"dnat", "snat"}
        and set(said) <= {"addr", "port"}
        and all(isinstance(x, str | int) for x in said.values())
    ):
        return f"{kind} to {said['addr']}" + (f":{said['port']}" if "port" in said else "")
    raise ValueError("a verdict that is not known")
