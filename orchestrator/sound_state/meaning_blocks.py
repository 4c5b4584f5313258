"""What configuration files say whose statements stand in blocks: each statement behind the blocks that it is in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from grader.lines import words_in
from orchestrator.sound_state.meaning_values import (
    BLANK,
    SHORT_TIMES,
    joined_lines,
    keyword,
    ordered_by,
    plain_lines,
    setting,
    span,
    squeezed,
    uncommented,
)


@dataclass
class _Node:
    """A statement, with those in its block; ``block`` is None where it has none."""

    said: str
    block: list[_Node] | None = None


_Order: TypeAlias = Callable[[_Node, "_Node | None"], str | None]
"""A statement and the one that it is in → what it is sorted by there; None where it stays."""


def _told(
    nodes: Sequence[_Node],
    order: _Order,
    within: _Node | None = None,
    before: str = "",
    *,
    is_sorted_first: bool = False,
) -> list[str]:
    """Return the statements of a block, each behind the blocks that it is in.

    Args:
        nodes: the block's statements.
        order: tells what to sort them by.
        within: whose block it is.
        before: what stands before each statement.
        is_sorted_first: sorted ones stand before those that stay, instead of between them.
    """
    told: list[tuple[str | None, str]] = []
    texts: dict[str, list[str]] = {}
    for place, node in enumerate(nodes):
        lines = [f"{before}{node.said}{'' if node.block is None else ':'}"]
        if node.block is not None:
            lines = [
                f"{before}{node.said}:",
                *_told(node.block, order, node, f"{before}{node.said} › ", is_sorted_first=is_sorted_first),
            ]
        texts[str(place)] = lines
        told.append((order(node, within), str(place)))
    if is_sorted_first:
        told.sort(key=lambda pair: pair[0] is None)
    return [line for place in ordered_by(told) for line in texts[place]]


def _whole(read_block: Callable[[Iterator[str]], list[_Node]], pieces: Iterable[str]) -> list[_Node]:
    """Return the statements of a whole file.

    Raises:
        ValueError: a block is closed that is not open, or the other way round.
    """
    rest = iter([*pieces, "}"])
    nodes = read_block(rest)
    if next(rest, None) is not None:
        raise ValueError("a block that is not open")
    return nodes


# --- nginx -----------------------------------------------------------------------------------------------------------

_NGINX_PIECE: Final = re.compile(
    r"""[ \t\n]+|#[^\n]*|[{};]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|\$\{[^}\n]*\}|[^ \t\n{};\\])+"""
)
_NGINX_PLAIN: Final = re.compile(r"""["'][A-Za-z0-9./_:=~^$*-]+["']""")
_NGINX_ONCE: Final = re.compile(
    r"listen|server_name|root|index|server_pieces|sendfile|tcp_nopush|default_type|client_max_body_size|ssl_certificate"
    r"|ssl_certificate_key|ssl_protocols|ssl_ciphers|ssl_prefer_server_ciphers|proxy_pass|proxy_http_version"
    r"|proxy_redirect|proxy_buffering|fastcgi_pass|fastcgi_index|keepalive_timeout|.*_timeout|autoindex|charset|user"
    r"|worker_processes|worker_connections|pid|worker_cpu_affinity|gzip|types_hash_max_size"
)
"""Directives whose place in a block does not count."""
_NGINX_TIMES: Final = re.compile(
    r"(proxy|fastcgi|uwsgi|client|send|lingering|resolver|ssl_session|keepalive)_(.*_)?timeout"
)
_NGINX_SIZES: Final = re.compile(r"client_(max_body|body_buffer|header_buffer)_size|types_hash_max_size")


def nginx(text: str) -> list[str]:
    """Return nginx's directives; those that may stand anywhere are sorted, others and all blocks keep their order."""
    if "_by_lua" in text:
        raise ValueError("a block in another language")

    def order(node: _Node, _: _Node | None) -> str | None:
        return keyword(node.said) if node.block is None and _NGINX_ONCE.fullmatch(keyword(node.said)) else None

    pieces = _pieces(text, _NGINX_PIECE, lambda piece: piece[0] == "#")
    return _told(_whole(_nginx_block, pieces), order, is_sorted_first=True)


def _nginx_block(pieces: Iterator[str]) -> list[_Node]:
    nodes: list[_Node] = []
    words: list[str] = []
    for piece in pieces:
        if piece not in {"{", "}", ";"}:
            words.append(piece[1:-1] if _NGINX_PLAIN.fullmatch(piece) else piece)
            continue
        if piece == "}":
            if words:
                raise ValueError("a directive that does not end")
            return nodes
        if not words:
            raise ValueError("a directive without a name")
        nodes.append(_Node(_nginx_directive(words), _nginx_block(pieces) if piece == "{" else None))
        words = []
    raise ValueError("a block that is not closed")


def _nginx_directive(words: list[str]) -> str:
    name, *values = words
    if _NGINX_TIMES.fullmatch(name):
        values = [span(value, SHORT_TIMES, "s") for value in values]
    size = (
        re.fullmatch(r"([0-9]{1,15})([kmg]?)", values[0].lower()) if _NGINX_SIZES.fullmatch(name) and values else None
    )
    if size:
        values[0] = f"{int(size[1]) << {'': 0, 'k': 10, 'm': 20, 'g': 30}[size[2]]}"
    return " ".join((name, *values))


def _pieces(text: str, pattern: re.Pattern[str], is_comment: Callable[[str], bool]) -> Iterator[str]:
    """Yield the pieces of a text, without blanks and comments.

    Raises:
        ValueError: something is no piece.
    """
    at = 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise ValueError("something that is no piece")
        at = match.end()
        piece = match[0]
        if piece[0] in " \t\n":
            continue
        if not is_comment(piece):
            yield piece
        elif match.start() and text[match.start() - 1] not in " \t\n;{}":
            raise ValueError("a comment that begins within a word")


# --- BIND ------------------------------------------------------------------------------------------------------------

_NAMED_PIECE: Final = re.compile(
    r'[ \t\n]+|//[^\n]*|#[^\n]*|/\*.*?\*/|[{};]|"(?:\\.|[^"\\\n])*"|(?:(?!//|/\*)[^ \t\n{};"#])+', re.DOTALL
)
_NAMED_BLOCKS: Final = frozenset(
    words_in("options zone view logging controls key channel server primaries tls http dnssec-policy ")
)


def named(text: str) -> list[str]:
    """Return the statements of named.conf; views, definitions and lists of addresses keep their order."""

    def order(node: _Node, within: _Node | None) -> str | None:
        name = keyword(node.said)
        if within is None or keyword(within.said) == "view":
            return node.said if name == "zone" and node.block is not None else None
        return name if keyword(within.said) in {"options", "zone", "key", "channel"} and name != "include" else None

    pieces = _pieces(text, _NAMED_PIECE, lambda piece: piece[0] == "#" or piece[:2] in {"//", "/*"})
    return _told(_whole(_named_block, pieces), order)


def _named_block(pieces: Iterator[str]) -> list[_Node]:
    nodes: list[_Node] = []
    words: list[str] = []
    block: list[_Node] | None = None
    for piece in pieces:
        if piece == "{":
            if block is not None or not words:
                raise ValueError("a block without a name")
            if words[0] in _NAMED_BLOCKS:
                block = _named_block(pieces)
            else:
                words += ["{", *_named_list(pieces), "}"]
        elif piece == "}":
            if words:
                raise ValueError("a statement that does not end")
            return nodes
        elif piece == ";":
            if words:
                nodes.append(_Node(" ".join(words[:2] if _is_internet(words) else words), block))
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
            words.append(_named_word(piece))
    raise ValueError("a list that is not closed")


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


# --- Dovecot ---------------------------------------------------------------------------------------------------------


def dovecot(text: str) -> list[str]:
    """Return Dovecot's settings, sorted in a block where none builds upon another; blocks keep their order."""
    stack: list[list[_Node]] = [[]]
    for written in joined_lines(text):
        line = uncommented(written, behind_blank=True).strip(BLANK)
        if line == "}":
            stack.pop()
            if not stack:
                raise ValueError("a block that is not open")
        elif line.endswith((" {", "\t{")):
            block: list[_Node] = []
            stack[-1].append(_Node(squeezed(line[:-1]), block))
            stack.append(block)
        else:
            name, equals, value = line.partition("=")
            stack[-1].append(_Node(setting(name.strip(BLANK), value.strip(BLANK)) if equals else line))
    if len(stack) != 1:
        raise ValueError("a block that is not closed")
    if any(node.said.startswith("dovecot_config_version") for node in stack[0][1:]):
        raise ValueError("a version that is not the first setting")
    in_order = re.search(r"^[ \t]*!include|\$[A-Za-z{]|^[ \t]*@", text, re.MULTILINE)

    def order(node: _Node, _: _Node | None) -> str | None:
        return None if in_order or node.block is not None or " = " not in node.said else keyword(node.said)

    return _told(stack[0], order, is_sorted_first=not in_order)


# --- FRR -------------------------------------------------------------------------------------------------------------

_FRR_OF_INTERFACES: Final = re.compile(r"(ip|ipv6) (ospf|ospf6|address|rip) .*|description .*|bandwidth .*|shutdown")
_FRR_BLOCKS: Final = re.compile(
    r"interface|router|route-map|vrf|line|key|address-family|segment-routing|bfd|pseudowire"
)


def frr(text: str) -> list[str]:
    """Return FRR's commands, each behind the block that it is in; interfaces are sorted, others keep their order."""
    nodes: list[_Node] = []
    block: list[_Node] | None = None
    for line in plain_lines(text, "!#"):
        words = squeezed(line)
        if words in {"exit", "end"}:
            block = None
        elif _FRR_BLOCKS.fullmatch(keyword(words)) and " " in words and not words.startswith("address-family"):
            block = []
            nodes.append(_Node(words, block))
        else:
            (nodes if block is None else block).append(_Node(words))

    def order(node: _Node, within: _Node | None) -> str | None:
        interface = within or node
        is_plain = all(_FRR_OF_INTERFACES.fullmatch(one.said) for one in interface.block or ())
        return node.said if interface.said.startswith("interface ") and is_plain else None

    return _told(nodes, order)


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
    return _told(_whole(_nft_block, pieces), lambda _, __: None)


def _nft_block(pieces: Iterator[str]) -> list[_Node]:
    nodes: list[_Node] = []
    words: list[str] = []
    for piece in pieces:
        if piece in {"\n", ";", "}"}:
            if words:
                nodes.append(_Node(" ".join(words)))
                words = []
            if piece == "}":
                return nodes
        elif piece == "{" and 1 < len(words) <= _NFT_BLOCKS.get(words[0], 0):
            family = ["ip"] if words[0] == "table" and len(words) == 2 else []  # noqa: PLR2004 (table and name)
            nodes.append(_Node(" ".join((words[0], *family, *words[1:])), _nft_block(pieces)))
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
