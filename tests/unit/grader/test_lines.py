"""Lines and words are told as the programs tell them whose files are read: Python ends them at more characters."""

from __future__ import annotations

import pytest

from grader.accounts import account_names, rows_in
from grader.forwarding_state import parse_arp, parse_fib_trie
from grader.lines import lines_in, words_in
from grader.nftables import compiled
from grader.tools import Completion, parse_dig, parse_lookup, parse_resolvers

ENDS = ("\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028")
NO_BLANKS = ("\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u2028")


@pytest.mark.parametrize("end", ENDS)
def test_no_other_character_ends_a_line(end: str) -> None:
    assert lines_in(f"a{end}b\nc\n\n") == [f"a{end}b", "c", ""]
    assert lines_in("") == []


@pytest.mark.parametrize("character", NO_BLANKS)
def test_no_other_character_parts_words(character: str) -> None:
    assert words_in(f" a{character}b\tc\v\r\n") == [f"a{character}b", "c"]


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_read_out_of_the_middle_of_a_line(end: str) -> None:
    assert parse_resolvers(f"# x{end}nameserver 192.168.20.10\nnameserver 10.0.0.1\n") == ("10.0.0.1",)
    assert parse_lookup(Completion(0, f"10.0.0.1  STREAM a{end}10.0.0.2 STREAM b\n", "")) == ("10.0.0.1",)
    assert [row[0] for row in rows_in(f"x:x:1:1:{end}croux:x:2:2::/:/bin/sh\n", "passwd")] == ["x"]
    assert account_names(f"x:*:1{end}croux:*:1\n") == {"x"}
    header = "IP address HW type Flags HW address Mask Device\n"
    row = "10.0.0.1 0x1 0x2 02:00:00:00:00:01 * "
    assert [n.address for n in parse_arp(f"{header}{row}e{end}10.0.0.2 0x1 0x6\n")] == ["10.0.0.1"]
    assert parse_fib_trie(f"  |-- 10.0.0.1\n  /32 host LOCAL{end}  /8 host LOCAL\n")[0].prefixlen == 32
    assert len(parse_fib_trie(f"  |-- 10.0.0.1\n  /32 host LOCAL{end}  /8 host LOCAL\n")) == 1
    assert compiled(f"ip filter input 4 3\n  [ payload load ]{end}  [ immediate reg 0 drop ]\n").total() == 1
    answer = f';; ->>HEADER<<- opcode: QUERY, status: NOERROR\nx. 60 IN TXT "a{end}y. 60 IN TXT b"\n'
    assert len(parse_dig(Completion(0, answer, ""), "TXT").records) == 1


@pytest.mark.parametrize("character", NO_BLANKS)
def test_what_the_c_library_takes_for_a_part_of_a_name_is_one(character: str) -> None:
    assert account_names(f"{character}croux:*:1\n") == {f"{character}croux"}
