"""What configuration files of a network say: its routing (FRR), its addresses (Kea)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, TypeAlias

from orchestrator.sound_state.meaning_blocks import BlockStatement, told_in_blocks
from orchestrator.sound_state.meaning_values import BLANK, keyword, lowered, plain_lines, setting, squeezed

# --- FRR -------------------------------------------------------------------------------------------------------------

_FRR_OF_INTERFACES: Final = re.compile(r"(ip|ipv6) (ospf|ospf6|address|rip) .*|description .*|bandwidth .*|shutdown")
_FRR_COMMAND: Final = re.compile(r"(ip|ipv6) (address|\S+ \S+)|\S+")
"""What an interface's command sets, without its value: the last one of a command may be the one that counts."""
_FRR_BLOCKS: Final = re.compile(
    r"interface|router|route-map|vrf|line|key|address-family|segment-routing|bfd|pseudowire"
)
_FRR_AREA: Final = re.compile(r"\barea (\d{1,10})\b(?!\.)")
_FRR_OF_IPV6: Final = re.compile(r"^[ \t]*(ipv6 (?!forwarding)|router (ospf6|ripng|bgp|isis)|no ipv6 nd)", re.MULTILINE)


def frr(text: str) -> list[str]:
    """Return FRR's commands, each behind the block that it is in; interfaces are sorted, others keep their order.

    A file that is written by hand and one that FRR wrote say the same: an area is an address, and what FRR writes of
    itself (its version; that IPv6 is not forwarded where nothing routes it) is left out.
    """
    nodes: list[BlockStatement] = []
    block: list[BlockStatement] | None = None
    routes_ipv6 = _FRR_OF_IPV6.search(text)
    for line in plain_lines(text, "!#"):
        words = _FRR_AREA.sub(_frr_dotted, squeezed(line))
        if words.startswith("frr version ") or (words == "no ipv6 forwarding" and not routes_ipv6):
            continue
        if words in {"exit", "end"}:
            block = None
        elif _FRR_BLOCKS.fullmatch(keyword(words)) and " " in words and not words.startswith("address-family"):
            block = []
            nodes.append(BlockStatement(words, block))
        else:
            (nodes if block is None else block).append(BlockStatement(words))

    def order(node: BlockStatement, within: BlockStatement | None) -> str | None:
        interface = within or node
        set_there = _FRR_COMMAND.match(node.said) if within else None
        is_plain = all(_FRR_OF_INTERFACES.fullmatch(one.said) for one in interface.block or ())
        if not interface.said.startswith("interface ") or not is_plain:
            return None
        return set_there[0] if set_there else node.said

    return told_in_blocks(nodes, order)


def _frr_dotted(found: re.Match[str]) -> str:
    """Return an area as FRR shows it: ``area 0.0.0.0``; as it stands where FRR takes none of that number."""
    number = int(found[1])
    return f"area {ipaddress.IPv4Address(number)}" if number < 1 << 32 else found[0]


# --- Kea -------------------------------------------------------------------------------------------------------------

_KEA_COMMENT: Final = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|#[^\n]*|/\*.*?\*/', re.DOTALL)
_KEA_NAMES: Final = ("subnet", "name", "hw-address", "pool", "id")
"""What tells the elements of a list apart, for whoever reads the statements."""
_KEA_SETS: Final = frozenset({"option-data", "option-def", "reservations"})
"""Lists whose elements have no order, where each is named."""
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def kea(text: str) -> list[str]:
    """Return what Kea's JSON says, a statement for each value; keys have no order, lists do but of named elements."""
    document = json.loads(
        _KEA_COMMENT.sub(lambda match: match[1] or " ", text), object_pairs_hook=_distinct, parse_constant=_no_constant
    )
    return list(_kea_statements("", document))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that occurs twice")
    if isinstance(address := found.get("hw-address"), str):
        found["hw-address"] = lowered(address)
    for name in _KEA_SETS & found.keys():
        if isinstance(elements := found[name], list) and (labels := _kea_names(elements)):
            found[name] = [one for _, one in sorted(zip(labels, elements, strict=True), key=lambda pair: pair[0])]
    if isinstance(found.get("pools"), list):
        found["pools"] = _kea_pools(found["pools"])
    return found


def _kea_pools(pools: list[Any]) -> list[Any]:
    """Return the pools of a subnet as ``first - last``; one that ends where the next begins, and says no more, is one.

    Kea gives addresses of the first pool first, so those that do not touch keep their order.
    """
    found: list[Any] = []
    for pool in pools:
        between = _kea_range(pool.get("pool")) if isinstance(pool, dict) else None
        if between is None:
            found.append(pool)
            continue
        first, last = between
        before = _kea_range(found[-1]["pool"]) if len(pool) == 1 and found and set(found[-1]) == {"pool"} else None
        if before is not None and before[0].version == first.version and int(before[1]) + 1 == int(first):
            found.pop()
            first = before[0]
        found.append({**pool, "pool": f"{first} - {last}"})
    return found


def _kea_range(pool: Any) -> tuple[_Address, _Address] | None:  # noqa: ANN401 (what JSON may hold)
    """Return the first and the last address of a pool; None where it is none, which Kea says itself."""
    if not isinstance(pool, str):
        return None
    with suppress(ValueError):
        if "/" in pool:
            network = ipaddress.ip_network(pool.replace(" ", ""))
            return network[0], network[-1]
        first, _, last = (part.strip(BLANK) for part in pool.partition("-"))
        return ipaddress.ip_address(first), ipaddress.ip_address(last)
    return None


def _no_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _kea_statements(path: str, value: Any) -> Iterator[str]:  # noqa: ANN401 (what JSON may hold)
    if isinstance(value, dict) and value:
        for key in sorted(value):
            name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)
            yield from _kea_statements(f"{path}.{name}" if path else name, value[key])
    elif isinstance(value, list) and any(isinstance(element, dict | list) for element in value):
        for label, element in zip(_kea_labels(value), value, strict=True):
            yield from _kea_statements(f"{path}[{label}]", element)
    else:
        yield setting(path, json.dumps(value, ensure_ascii=False))


def _kea_labels(elements: list[Any]) -> list[str]:
    """Return what tells the elements of a list apart: a name that all have and none shares, or their place."""
    return _kea_names(elements) or [str(place) for place in range(len(elements))]


def _kea_names(elements: list[Any]) -> list[str]:
    """Return a name that all elements of a list have and none shares; nothing where there is no such name."""
    for name in _KEA_NAMES:
        if all(isinstance(element, dict) and isinstance(element.get(name), str | int) for element in elements):
            labels = [json.dumps(element[name], ensure_ascii=False) for element in elements]
            if len(set(labels)) == len(labels):
                return [f"{name} {label}" for label in labels]
    return []
