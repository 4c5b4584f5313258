"""What a file of nftables says: its tables, and the rules of its chains (nft(8))."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.sound_state.meaning_blocks import BlockStatement, told_in_blocks
from orchestrator.sound_state.nftables_rules import AnonymousSet, Word, hook, one_form, said

_PIECE: Final = re.compile(r'[ \t]+|\\\n|#[^\n]*|[{};,\n]|"[^"\n]*"|[^ \t\n{};,"#\\]+')
_BLOCKS: Final[Mapping[str, int]] = {
    "table": 3, "chain": 2, "set": 2, "map": 2, "flowtable": 2, "counter": 2, "quota": 2, "limit": 2, "synproxy": 2,
}  # fmt: skip
"""What opens a block → with how many words at the most; more of them are a rule's, before a set."""
_MOST: Final = 10_000
"""Pieces that values may add to a file."""
_TALLY: Final = re.compile(r"packets \d+ bytes \d+")
_NAMED: Final = re.compile(r"(\$[A-Za-z_][A-Za-z0-9_]*)(:\d+)?")
_OF_CONSTANT_SET: Final = re.compile(r"(type|typeof|size|comment) .*|flags (constant|interval)|auto-merge")
_WRITES: Final = {"add", "update", "delete"}


@dataclass(frozen=True)
class _Statement:
    """A statement's words and sets, and the statements of its block; ``block`` is None where it has none."""

    words: tuple[Word, ...]
    block: tuple[_Statement, ...] | None = None

    @property
    def kind(self) -> str:
        """Return the first word of the statement that opens a block; nothing where it opens none."""
        return str(self.words[0]) if self.block is not None else ""


def nftables(text: str) -> list[str]:
    """Return the commands and rules of an nftables file; the elements of a plain set have no order.

    A file that is written by hand and one of ``nft list ruleset`` say the same of the same rules: names that a file
    defines stand for their values, as do sets that nothing changes; what rules have counted is no part of them. Rules
    are told in one form and order (see ``packet_rules``).
    """
    pieces = [piece for piece in _PIECE.findall(text) if piece[0] not in " \t#" and piece != "\\\n"]
    if len("".join(_PIECE.findall(text))) != len(text):
        raise ValueError("something that is no piece")
    rest = iter([*_defined(pieces), "}"])
    statements = _block(rest)
    if next(rest, None) is not None:
        raise ValueError("a block that is not open")
    return told_in_blocks(_file(statements), lambda _, __: None)


# --- names -----------------------------------------------------------------------------------------------------------


def _defined(pieces: list[str]) -> list[str]:
    """Return the pieces with the values of names instead of the names; a file with other files in it keeps its own."""
    if not {"include", "redefine", "undefine"}.isdisjoint(pieces):
        return pieces
    values: dict[str, list[str]] = {}
    left: list[str] = []
    rest = iter(pieces)
    depth = 0
    for piece in rest:
        if piece == "define" and not depth and (not left or left[-1] in {"\n", ";", "}"}):
            name, equals, *value = _definition(rest)
            if equals != "=" or not value or f"${name}" in values:
                raise ValueError("a definition of another form")
            values[f"${name}"] = _valued(value, values)
            continue
        depth += {"{": 1, "}": -1}.get(piece, 0)
        left.append(piece)
    return _valued(left, values)


def _valued(pieces: list[str], values: Mapping[str, list[str]]) -> list[str]:
    """Return pieces with values for names, unless they grow beyond what a person would write."""
    found = [_value(piece, values) for piece in pieces]
    if sum(map(len, found)) > len(pieces) + _MOST:
        raise ValueError("names of names of names")
    return list(itertools.chain.from_iterable(found))


def _value(piece: str, values: Mapping[str, list[str]]) -> list[str]:
    """Return what stands for a piece: the value of a name, with the port behind it where it has one."""
    named = _NAMED.fullmatch(piece)
    value = values.get(named[1]) if named else None
    if not named or value is None or (named[2] and len(value) > 1):
        return [piece]
    return [f"{value[0]}{named[2]}"] if named[2] else value


def _definition(pieces: Iterator[str]) -> list[str]:
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


# --- blocks ----------------------------------------------------------------------------------------------------------


def _block(pieces: Iterator[str]) -> tuple[_Statement, ...]:
    """Take the statements up to the end of a block."""
    statements: list[_Statement] = []
    words: list[Word] = []
    for piece in pieces:
        if piece in {"\n", ";", "}"}:
            if words:
                statements.append(_Statement(tuple(words)))
            words = []
            if piece == "}":
                return tuple(statements)
        elif piece == "{" and 1 < len(words) <= _BLOCKS.get(str(words[0]), 0):
            statements.append(_Statement(tuple(words), _block(pieces)))
            words = []
        elif piece == "{":
            words.append(_set(pieces))
        else:
            words.append(piece)
    raise ValueError("a block that is not closed")


def _set(pieces: Iterator[str]) -> AnonymousSet:
    """Take the elements of a set."""
    elements: list[list[Word]] = [[]]
    for piece in pieces:
        if piece == "}":
            return AnonymousSet(tuple(tuple(words) for words in elements if words))
        if piece == ",":
            elements.append([])
        elif piece == "{":
            elements[-1].append(_set(pieces))
        elif piece == ";":
            raise ValueError("a statement in a set")
        elif piece != "\n":
            elements[-1].append(piece)
    raise ValueError("a set that is not closed")


# --- what they say ---------------------------------------------------------------------------------------------------


def _file(statements: Sequence[_Statement]) -> list[BlockStatement]:
    tables = Counter(_table(one)[1:] for one in statements if one.kind == "table")
    is_alone = all(one.kind == "table" or one.words == ("flush", "ruleset") for one in statements)
    nodes: list[BlockStatement] = []
    for one in statements:
        if one.kind != "table":
            nodes += _told(one)
            continue
        table = _table(one)
        sets = _constant_sets(one.block or ()) if is_alone and tables[table[1:]] == 1 else {}
        inside = [
            node for inner in one.block or () if not _is_one_of(inner, sets) for node in _told(inner, table[1], sets)
        ]
        nodes.append(BlockStatement(" ".join(table), inside))
    return nodes


def _table(statement: _Statement) -> tuple[str, ...]:
    """Return the words of a table, with its family."""
    words = tuple(map(str, statement.words))
    return words if len(words) > 2 else (words[0], "ip", *words[1:])  # noqa: PLR2004 (table and name)


def _constant_sets(statements: Sequence[_Statement]) -> Mapping[str, AnonymousSet]:
    """Return the sets of a table that are as they are written as long as it is: no rule and no time changes them."""
    names = Counter(one.words[1:] for one in statements if one.kind in {"set", "map"})
    rules = [rule.words for one in statements if one.kind == "chain" for rule in one.block or ()]
    written = {later for words in rules for word, later in itertools.pairwise(words) if word in _WRITES}
    sets: dict[str, AnonymousSet] = {}
    for one in statements:
        elements = [inner.words[2] for inner in one.block or () if inner.words[:2] == ("elements", "=")]
        others = [said(inner.words) for inner in one.block or () if inner.words[:2] != ("elements", "=")]
        name = f"@{one.words[1]}" if one.kind == "set" else ""
        if (
            name
            and names[one.words[1:]] == 1
            and name not in written
            and len(elements) == 1
            and isinstance(elements[0], AnonymousSet)
            and all(map(_OF_CONSTANT_SET.fullmatch, others))
        ):
            sets[name] = elements[0]
    return sets


def _is_one_of(statement: _Statement, sets: Mapping[str, AnonymousSet]) -> bool:
    return statement.kind == "set" and f"@{statement.words[1]}" in sets


def _told(
    statement: _Statement, family: str = "", sets: Mapping[str, AnonymousSet] | None = None
) -> list[BlockStatement]:
    """Return what a statement says; none where it only tells what was counted."""
    told = said(statement.words)
    if statement.block is None:
        return [] if _TALLY.fullmatch(told) else [BlockStatement(told)]
    if statement.kind == "chain":
        return [BlockStatement(told, [BlockStatement(one) for one in _chain(statement.block, family, sets or {})])]
    return [BlockStatement(told, [node for inner in statement.block for node in _told(inner)])]


def _chain(statements: Sequence[_Statement], family: str, sets: Mapping[str, AnonymousSet]) -> list[str]:
    """Return the statements of a chain: how it is hooked, then its rules."""
    told: list[str] = []
    rules: list[tuple[Word, ...]] = []
    for one in statements:
        if one.block is not None:
            raise ValueError("a block in a chain")
        if one.words[0] in {"type", "policy", "comment"}:
            told.append(said(one.words) if family == "bridge" else hook(said(one.words)))
        else:
            rules.append(tuple(sets.get(word, word) if isinstance(word, str) else word for word in one.words))
    is_base = any(one.startswith("type ") for one in told)
    return [*(one for one in told if not (is_base and one == "policy accept")), *one_form(rules, family)]
