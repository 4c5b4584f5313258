"""What named.conf says: the statements of BIND, each behind the blocks that it is in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
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

    A network of a list may leave out the zeros at its end, and be one address.
    """

    def order(node: BlockStatement, within: BlockStatement | None) -> str | None:
        name = keyword(node.said)
        if within is None or keyword(within.said) == "view":
            return node.said if name == "zone" and node.block is not None else None
        return name if keyword(within.said) in {"options", "zone", "key", "channel"} and name != "include" else None

    pieces = pieces_of(text, _NAMED_PIECE, lambda piece: piece[0] == "#" or piece[:2] in {"//", "/*"})
    return told_in_blocks(whole_file(_named_block, pieces), order)


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
    is_set = _NAMED_SETS.fullmatch(name) and not any(one[0] in "!{}" or not one.endswith(";") for one in elements)
    return sorted(set(elements)) if is_set else elements


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
