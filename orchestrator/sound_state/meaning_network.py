"""What configuration files of a network say: its routing (FRR), its packet filter (nftables), its addresses (Kea)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.sound_state.meaning_blocks import BlockStatement, told_in_blocks, whole_file
from orchestrator.sound_state.meaning_values import keyword, plain_lines, setting, squeezed

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


def nftables(text: str) -> list[str]:
    """Return the commands and rules of an nftables file in their order; the elements of a plain set have none."""
    pieces = [piece for piece in _NFT_PIECE.findall(text) if piece[0] not in " \t#" and piece != "\\\n"]
    if len("".join(_NFT_PIECE.findall(text))) != len(text):
        raise ValueError("something that is no piece")
    return told_in_blocks(whole_file(_nft_block, pieces), lambda _, __: None)


def _nft_block(pieces: Iterator[str]) -> list[BlockStatement]:
    nodes: list[BlockStatement] = []
    words: list[str] = []
    for piece in pieces:
        if piece in {"\n", ";", "}"}:
            if words:
                nodes.append(BlockStatement(" ".join(words)))
                words = []
            if piece == "}":
                return nodes
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
    return found


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
