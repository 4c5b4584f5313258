"""What configuration files of servers say whose statements stand in blocks: each behind the blocks that it is in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

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


def pieces_of(text: str, pattern: re.Pattern[str], is_comment: Callable[[str], bool]) -> Iterator[str]:
    """Yield the pieces of a text, without blanks and comments.

    Args:
        text: the text.
        pattern: what a piece is.
        is_comment: whether a piece is one.

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

    pieces = pieces_of(text, _NGINX_PIECE, lambda piece: piece[0] == "#")
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
