"""What configuration files of servers say whose statements stand in blocks: each behind the blocks that it is in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from grader.lines import words_in
from orchestrator.sound_state.meaning_values import (
    BLANK,
    SHORT_TIMES,
    joined_lines,
    keyword,
    ordered_by,
    setting,
    span,
    squeezed,
    uncommented,
)


@dataclass
class BlockStatement:
    """A statement, with those in its block; ``block`` is None where it has none."""

    said: str
    block: list[BlockStatement] | None = None


BlockOrder: TypeAlias = Callable[[BlockStatement, "BlockStatement | None"], str | None]
"""A statement and the one that it is in → what it is sorted by there; None where it stays."""


def told_in_blocks(
    nodes: Sequence[BlockStatement],
    order: BlockOrder,
    within: BlockStatement | None = None,
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
                *told_in_blocks(node.block, order, node, f"{before}{node.said} › ", is_sorted_first=is_sorted_first),
            ]
        texts[str(place)] = lines
        told.append((order(node, within), str(place)))
    if is_sorted_first:
        told.sort(key=lambda pair: pair[0] is None)
    return [line for place in ordered_by(told) for line in texts[place]]


def whole_file(
    read_block: Callable[[Iterator[str]], list[BlockStatement]], pieces: Iterable[str]
) -> list[BlockStatement]:
    """Return the statements of a whole file.

    Args:
        read_block: reads the statements up to the end of a block.
        pieces: what the file is made of.

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
    r"listen|server_name|root|index|server_tokens|sendfile|tcp_nopush|default_type|client_max_body_size|ssl_certificate"
    r"|ssl_certificate_key|ssl_protocols|ssl_ciphers|ssl_prefer_server_ciphers|proxy_pass|proxy_http_version"
    r"|proxy_redirect|proxy_buffering|fastcgi_pass|fastcgi_index|keepalive_timeout|.*_timeout|autoindex|charset|user"
    r"|worker_processes|worker_connections|pid|worker_cpu_affinity|gzip|types_hash_max_size"
)
"""Directives whose place in a block does not count."""
_NGINX_TIMES: Final = re.compile(
    r"(proxy|fastcgi|uwsgi|client|send|lingering|resolver|ssl_session|keepalive)_(.*_)?timeout"
)
_NGINX_EVERY_ADDRESS: Final = re.compile(r"(?:0\.0\.0\.0|\*):(?=[0-9]+$)")
_NGINX_SIZES: Final = re.compile(r"client_(max_body|body_buffer|header_buffer)_size|types_hash_max_size")


_NGINX_SERVER_DEFAULTS: Final = frozenset({"weight=1", "max_fails=1", "fail_timeout=10s", "fail_timeout=10"})


def nginx(text: str) -> list[str]:
    """Return nginx's directives; those that may stand anywhere are sorted, others and all blocks keep their order.

    The servers of an ``upstream`` take turns, so that their order does not count, unless it chooses one by a hash.
    """
    if "_by_lua" in text:
        raise ValueError("a block in another language")

    def order(node: BlockStatement, within: BlockStatement | None) -> str | None:
        if within is not None and node.said.startswith("server ") and _takes_turns(within):
            return node.said
        return keyword(node.said) if node.block is None and _NGINX_ONCE.fullmatch(keyword(node.said)) else None

    pieces = _pieces(text, _NGINX_PIECE, lambda piece: piece[0] == "#")
    return told_in_blocks(whole_file(_nginx_block, pieces), order, is_sorted_first=True)


def _takes_turns(block: BlockStatement) -> bool:
    return block.said.startswith("upstream ") and not any(
        keyword(node.said) in {"hash", "ip_hash"} for node in block.block or ()
    )


def _nginx_block(pieces: Iterator[str]) -> list[BlockStatement]:
    nodes: list[BlockStatement] = []
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
        nodes.append(BlockStatement(_nginx_directive(words), _nginx_block(pieces) if piece == "{" else None))
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
    if name == "listen" and values:  # a port alone is one of every IPv4 address
        values[0] = _NGINX_EVERY_ADDRESS.sub("", values[0])
    if name == "server" and len(values) > 1:  # of an upstream: a server, and what is said of it
        values[1:] = sorted(value for value in values[1:] if value not in _NGINX_SERVER_DEFAULTS)
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


_NAMED_NETWORK: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){0,3})/([0-9]{1,2})")


def named(text: str) -> list[str]:
    """Return the statements of named.conf; views, definitions and lists of addresses keep their order.

    A network of a list may leave out the zeros at its end, and be one address.
    """

    def order(node: BlockStatement, within: BlockStatement | None) -> str | None:
        name = keyword(node.said)
        if within is None or keyword(within.said) == "view":
            return node.said if name == "zone" and node.block is not None else None
        return name if keyword(within.said) in {"options", "zone", "key", "channel"} and name != "include" else None

    pieces = _pieces(text, _NAMED_PIECE, lambda piece: piece[0] == "#" or piece[:2] in {"//", "/*"})
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
                words += ["{", *_named_list(pieces), "}"]
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


# --- Dovecot ---------------------------------------------------------------------------------------------------------


_DOVECOT_SOCKETS: Final = frozenset({"fifo_listener", "unix_listener"})
"""Blocks whose name is the path of a socket, unless they set another one."""
_DOVECOT_PREFIXED: Final = frozenset({"mailbox", "namespace", "passdb", "quota", "userdb"})
"""Blocks whose settings may be called with the block's kind before their name (Dovecot 2.4)."""
_DOVECOT_SIZE: Final = re.compile(r"(\d+)([BkKmMgGtT]?)")
_POWERS: Final = "BKMGT"


def _dovecot_setting(within: str, name: str, value: str) -> str:
    """Return a setting of a block of a kind in one way: its name without the kind, a size in its largest unit."""
    name, value = name.strip(BLANK), value.strip(BLANK)
    if within in _DOVECOT_PREFIXED:
        name = name.removeprefix(f"{within}_")
    if name.endswith("_size") and (size := _DOVECOT_SIZE.fullmatch(value)) is not None:
        number, power = int(size[1]), _POWERS.index(size[2].upper() or "B")
        while number and number % 1024 == 0 and power < len(_POWERS) - 1:
            number, power = number // 1024, power + 1
        value = f"{number}{_POWERS[power].removeprefix('B')}"
    return setting(name, value)


def dovecot(text: str) -> list[str]:
    """Return Dovecot's settings, sorted in a block where none builds upon another; blocks keep their order."""
    stack: list[list[BlockStatement]] = [[]]
    for written in joined_lines(text):
        line = uncommented(written, behind_blank=True).strip(BLANK)
        if line == "}":
            stack.pop()
            if not stack:
                raise ValueError("a block that is not open")
        elif line.endswith((" {", "\t{")):
            block: list[BlockStatement] = []
            stack[-1].append(BlockStatement(squeezed(line[:-1]), block))
            stack.append(block)
        else:
            name, equals, value = line.partition("=")
            within = keyword(stack[-2][-1].said) if len(stack) > 1 else ""
            stack[-1].append(BlockStatement(_dovecot_setting(within, name, value) if equals else line))
    if len(stack) != 1:
        raise ValueError("a block that is not closed")
    _name_sockets(stack[0])
    if any(node.said.startswith("dovecot_config_version") for node in stack[0][1:]):
        raise ValueError("a version that is not the first setting")
    in_order = re.search(r"^[ \t]*!include|\$[A-Za-z{]|^[ \t]*@", text, re.MULTILINE)

    def order(node: BlockStatement, _: BlockStatement | None) -> str | None:
        return None if in_order or node.block is not None or " = " not in node.said else keyword(node.said)

    return told_in_blocks(stack[0], order, is_sorted_first=not in_order)


def _name_sockets(nodes: Iterable[BlockStatement]) -> None:
    """Call each socket by its path, where that stands within its block."""
    for node in nodes:
        paths = [one for one in node.block or () if one.said.startswith("path = ")]
        if node.block is not None and keyword(node.said) in _DOVECOT_SOCKETS and len(paths) == 1:
            node.said = f"{keyword(node.said)} {paths[0].said.removeprefix('path = ')}"
            node.block.remove(paths[0])
        _name_sockets(node.block or ())
