"""What configuration files of a network say: its routing (FRR), its packet filter (nftables), its addresses (Kea)."""

from __future__ import annotations

import ipaddress
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

from orchestrator.sound_state.meaning_blocks import BlockStatement, told_in_blocks, whole_file
from orchestrator.sound_state.meaning_values import BLANK, keyword, plain_lines, setting, squeezed

# --- FRR -------------------------------------------------------------------------------------------------------------

_FRR_OF_INTERFACES: Final = re.compile(r"(ip|ipv6) (ospf|ospf6|address|rip) .*|description .*|bandwidth .*|shutdown")
_FRR_COMMAND: Final = re.compile(r"(ip|ipv6) (address|\S+ \S+)|\S+")
"""What an interface's command sets, without its value: the last one of a command may be the one that counts."""
_FRR_BLOCKS: Final = re.compile(
    r"interface|router|route-map|vrf|line|key|address-family|segment-routing|bfd|pseudowire"
)


def frr(text: str) -> list[str]:
    """Return FRR's commands, each behind the block that it is in; interfaces are sorted, others keep their order."""
    nodes: list[BlockStatement] = []
    block: list[BlockStatement] | None = None
    for line in plain_lines(text, "!#"):
        words = squeezed(line)
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


# --- nftables --------------------------------------------------------------------------------------------------------

_NFT_PIECE: Final = re.compile(r'[ \t]+|\\\n|#[^\n]*|[{};,\n]|"[^"\n]*"|[^ \t\n{};,"#\\]+')
_NFT_BLOCKS: Final[Mapping[str, int]] = {
    "table": 3, "chain": 2, "set": 2, "map": 2, "flowtable": 2, "counter": 2, "quota": 2, "limit": 2, "synproxy": 2,
}  # fmt: skip
"""What opens a block → with how many words at the most; more of them are a rule's, before a set."""
_NFT_COUNTED: Final = re.compile(r"(?<=\bcounter) packets \d+ bytes \d+\b|(?<=\bbytes) used \d+ \w*bytes\b")
_NFT_MOST: Final = 10_000
"""Pieces that values may add to a file."""
_NFT_TALLY: Final = re.compile(r"packets \d+ bytes \d+")
_NFT_REASON: Final = re.compile(r"(?<=\breject with )(icmp|icmpv6|icmpx) type(?= )")
_NFT_NAME: Final = re.compile(r'"([A-Za-z_][A-Za-z0-9_.-]*)"')


def nftables(text: str) -> list[str]:
    """Return the commands and rules of an nftables file in their order; the elements of a plain set have none.

    A file that is written by hand and one of ``nft list ruleset`` say the same of the same rules: names that a file
    defines stand for their values, and what rules have counted is no part of them (nft(8)).
    """
    pieces = [piece for piece in _NFT_PIECE.findall(text) if piece[0] not in " \t#" and piece != "\\\n"]
    if len("".join(_NFT_PIECE.findall(text))) != len(text):
        raise ValueError("something that is no piece")
    return told_in_blocks(whole_file(_nft_block, _nft_defined(pieces)), lambda _, __: None)


def _nft_defined(pieces: list[str]) -> list[str]:
    """Return the pieces with the values of names instead of the names; a file with other files in it keeps its own."""
    if not {"include", "redefine", "undefine"}.isdisjoint(pieces):
        return pieces
    values: dict[str, list[str]] = {}
    said: list[str] = []
    rest = iter(pieces)
    depth = 0
    for piece in rest:
        if piece == "define" and not depth and (not said or said[-1] in {"\n", ";", "}"}):
            name, equals, *value = _nft_definition(rest)
            if equals != "=" or not value or f"${name}" in values:
                raise ValueError("a definition of another form")
            values[f"${name}"] = _nft_valued(value, values)
            continue
        depth += {"{": 1, "}": -1}.get(piece, 0)
        said.append(piece)
    return _nft_valued(said, values)


def _nft_valued(pieces: list[str], values: Mapping[str, list[str]]) -> list[str]:
    """Return pieces with values for names, unless they grow beyond what a person would write."""
    said = [values.get(piece, [piece]) for piece in pieces]
    if sum(map(len, said)) > len(pieces) + _NFT_MOST:
        raise ValueError("names of names of names")
    return list(itertools.chain.from_iterable(said))


def _nft_definition(pieces: Iterator[str]) -> list[str]:
    """Take the words of a definition, whose value may be a set over several lines."""
    words: list[str] = []
    depth = 0
    for piece in pieces:
        if piece in {"\n", ";"} and not depth:
            break
        depth += {"{": 1, "}": -1}.get(piece, 0)
        if piece != "\n":
            words.append(piece)
    return words if len(words) > 1 else ["", ""]


def _nft_statement(words: list[str]) -> str:
    """Return a statement as nft prints it: a plain name without quotes, a reason without the word ``type``."""
    plain = (_NFT_NAME.fullmatch(word) for word in words)
    said = " ".join(match[1] if match else word for match, word in zip(plain, words, strict=True))
    return _NFT_REASON.sub(r"\1", _NFT_COUNTED.sub("", said))


def _nft_block(pieces: Iterator[str]) -> list[BlockStatement]:
    nodes: list[BlockStatement] = []
    words: list[str] = []
    for piece in pieces:
        if piece in {"\n", ";", "}"}:
            if words and not _NFT_TALLY.fullmatch(said := _nft_statement(words)):
                nodes.append(BlockStatement(said))
            words = []
            if piece == "}":
                is_base = any(node.said.startswith("type ") for node in nodes)
                return [node for node in nodes if not (is_base and node.said == "policy accept")]
        elif piece == "{" and 1 < len(words) <= _NFT_BLOCKS.get(words[0], 0):
            family = ["ip"] if words[0] == "table" and len(words) == 2 else []  # noqa: PLR2004 (table and name)
            nodes.append(BlockStatement(" ".join((words[0], *family, *words[1:])), _nft_block(pieces)))
            words = []
        elif piece == "{":
            words.append(_nft_set(pieces))
        else:
            words.append(piece)
    raise ValueError("a block that is not closed")


def _nft_set(pieces: Iterator[str]) -> str:
    """Return a set of a rule, its elements sorted where they are plain."""
    elements: list[list[str]] = [[]]
    for piece in pieces:
        if piece == "}":
            said = [" ".join(words) for words in elements if words]
            return f"{{ {', '.join(said if any('{' in one for one in said) else sorted(said))} }}"
        if piece == ",":
            elements.append([])
        elif piece == "{":
            elements[-1].append(_nft_set(pieces))
        elif piece == ";":
            raise ValueError("a statement in a set")
        elif piece != "\n":
            elements[-1].append(piece)
    raise ValueError("a set that is not closed")


# --- Kea -------------------------------------------------------------------------------------------------------------

_KEA_COMMENT: Final = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|#[^\n]*|/\*.*?\*/', re.DOTALL)
_KEA_NAMES: Final = ("subnet", "name", "hw-address", "pool", "id")
"""What tells the elements of a list apart, for whoever reads the statements."""


_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def kea(text: str) -> list[str]:
    """Return what Kea's JSON says, a statement for each value; keys have no order, lists do."""
    document = json.loads(
        _KEA_COMMENT.sub(lambda match: match[1] or " ", text), object_pairs_hook=_distinct, parse_constant=_no_constant
    )
    return list(_kea_statements("", document))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that occurs twice")
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
    for name in _KEA_NAMES:
        if all(isinstance(element, dict) and isinstance(element.get(name), str | int) for element in elements):
            labels = [json.dumps(element[name], ensure_ascii=False) for element in elements]
            if len(set(labels)) == len(labels):
                return [f"{name} {label}" for label in labels]
    return [str(place) for place in range(len(elements))]
