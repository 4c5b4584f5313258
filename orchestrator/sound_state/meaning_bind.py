"""What named.conf says: the statements of BIND, each behind the blocks that it is in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from grader.lines import words_in
from orchestrator.sound_state.meaning_blocks import BlockStatement, pieces_of, told_in_blocks, whole_file
from orchestrator.sound_state.meaning_values import keyword

_NAMED_PIECE: Final = re.compile(
    r'[ \t\n]+|//[^\n]*|#[^\n]*|/\*.*?\*/|[{};]|"(?:\\.|[^"\\\n])*"|(?:(?!//|/\*)[^ \t\n{};"#])+', re.DOTALL
)
_NAMED_BLOCKS: Final = frozenset(
    words_in("options zone view logging controls key channel server primaries tls http dnssec-policy ")
)


_NAMED_SETS: Final = re.compile(r"acl|allow-[a-z-]+|blackhole|match-(clients|destinations)")
"""Lists of addresses, of which one has to match: their order counts where one of them is excluded (``!``)."""
_NAMED_NETWORK: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){0,3})/([0-9]{1,2})")


def named(text: str) -> list[str]:
    """Return the statements of named.conf; views, definitions and lists of servers keep their order.

    A network of a list may leave out the zeros at its end, and be one address. A name that the file gives to addresses
    stands for them wherever it only says who is meant.
    """

    def order(node: BlockStatement, within: BlockStatement | None) -> str | None:
        name = keyword(node.said)
        if within is None or keyword(within.said) == "view":
            return node.said if name == "zone" and node.block is not None else None
        return name if keyword(within.said) in {"options", "zone", "key", "channel"} and name != "include" else None

    pieces = pieces_of(text, _NAMED_PIECE, lambda piece: piece[0] == "#" or piece[:2] in {"//", "/*"})
    nodes = whole_file(_named_block, pieces)
    meant = _meant(nodes)
    used = {name for node in nodes for name in _put_in(node, meant)}
    left = [node for node in nodes if _defines(node) not in used]
    named_still = {word.strip("!;") for node in left for word in _words_of(node)}
    return told_in_blocks([node for node in nodes if node in left or _defines(node) in named_still], order)


def _defines(node: BlockStatement) -> str:
    """Return the name that a statement gives to addresses, or nothing."""
    name, _, rest = node.said.partition(" ")
    return rest.partition(" ")[0] if name == "acl" else ""


def _elements(said: str) -> list[str] | None:
    """Return the elements of a list that only says who is meant; None where it is another one."""
    name, _, rest = said.partition(" { ")
    elements = rest.removesuffix("}").split()
    is_plain = _NAMED_SETS.fullmatch(keyword(name)) and rest.endswith("}")
    return elements if is_plain and _is_set(elements) else None


def _meant(nodes: list[BlockStatement]) -> dict[str, frozenset[str]]:
    """Return whom each name means that the file gives once to plain addresses, or to other such names."""
    names = [_defines(node) for node in nodes]
    found: dict[str, frozenset[str]] = {}
    for name, node in zip(names, nodes, strict=True):
        elements = _elements(node.said) if name else None
        if elements is not None and names.count(name) == 1:
            found[f"{name};"] = frozenset(other for one in elements for other in found.get(one, {one}))
    return found


def _put_in(node: BlockStatement, meant: Mapping[str, frozenset[str]]) -> set[str]:
    """Put addresses in the place of names in a statement and its block; return the names."""
    used = {name for inner in node.block or () for name in _put_in(inner, meant)}
    elements = _elements(node.said) or []
    if named := meant.keys() & set(elements):
        everybody = {other for one in elements for other in meant.get(one, {one})}
        node.said = f"{node.said.partition(' { ')[0]} {{ {' '.join(sorted(everybody))} }}"
    return used | {name.removesuffix(";") for name in named}


def _words_of(node: BlockStatement) -> Iterator[str]:
    yield from node.said.split(" ")
    for inner in node.block or ():
        yield from _words_of(inner)


def _named_block(pieces: Iterator[str]) -> list[BlockStatement]:
    nodes: list[BlockStatement] = []
    words: list[str] = []
    block: list[BlockStatement] | None = None
    for piece in pieces:
        if piece == "{":
            if block is not None or not words:
                raise ValueError("a block without a name")
            if words[0] in _NAMED_BLOCKS:
                block = _named_block(pieces)
            else:
                words += ["{", *_named_set(words[0], _named_list(pieces)), "}"]
        elif piece == "}":
            if words:
                raise ValueError("a statement that does not end")
            return nodes
        elif piece == ";":
            if words:
                nodes.append(BlockStatement(" ".join(words[:2] if _is_internet(words) else words), block))
            words, block = [], None
        elif block is not None:
            raise ValueError("words behind a block")
        else:
            words.append(piece if not words or piece[0] != '"' else _named_word(piece))
    raise ValueError("a block that is not closed")


def _is_internet(words: list[str]) -> bool:
    """Return whether words name a zone with its class, which is this one without it as well."""
    return len(words) == 3 and words[0] == "zone" and words[2].upper() == "IN"  # noqa: PLR2004 (zone, name, class)


def _named_word(piece: str) -> str:
    """Return a quoted word without its quotes where it is a plain name or path."""
    return piece[1:-1] if re.fullmatch(r'"[A-Za-z0-9./_-]+"', piece) else piece


def _named_list(pieces: Iterator[str]) -> list[str]:
    """Return the words of a list up to its end, each element with its ``;``."""
    words: list[str] = []
    depth = 1
    for piece in pieces:
        depth += {"{": 1, "}": -1}.get(piece, 0)
        if not depth:
            return words
        if piece == ";" and words:
            words[-1] += ";"
        else:
            words.append(_named_network(_named_word(piece)))
    raise ValueError("a list that is not closed")


def _named_set(name: str, elements: list[str]) -> list[str]:
    """Return the elements of a list; of one that only says who is meant, each once and sorted."""
    return sorted(set(elements)) if _NAMED_SETS.fullmatch(name) and _is_set(elements) else elements


def _is_set(elements: Iterable[str]) -> bool:
    return not any(one[0] in "!{}" or not one.endswith(";") for one in elements)


def _named_network(word: str) -> str:
    """Return an IPv4 network in full, one address without its length; anything else as it stands."""
    found = _NAMED_NETWORK.fullmatch(word)
    if found is None:
        return word
    octets = found[1].split(".")
    with suppress(ValueError):
        network = ipaddress.IPv4Network(f"{'.'.join([*octets, *['0'] * (4 - len(octets))])}/{found[2]}")
        return str(network.network_address if network.prefixlen == network.max_prefixlen else network)
    return word
