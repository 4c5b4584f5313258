"""Whether loaded rules and a file's are told apart, on what nft really prints."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from grader.bilingual import text_of
from grader.nftables import compiled, ruleset_differences

FILE = """\
ip filter forward
  [ meta load l4proto => reg 1 ]
  [ cmp eq reg 1 0x00000006 ]
  [ payload load 2b @ transport header + 2 => reg 1 ]
  [ lookup reg 1 set __set%d ]
  [ immediate reg 0 accept ]
__set%d filter 3
__set%d filter 0
\telement 00005000  : 0 [end]\telement 0000bb01  : 0 [end]
ip filter forward
  [ lookup reg 1 set flows ]
  [ immediate reg 0 accept ]
ip filter forward
  [ ct load state => reg 1 ]
  [ lookup reg 1 set __map%d dreg 0 ]
ip filter refuse
  [ counter pkts 0 bytes 0 ]
  [ reject type 0 code 13 ]
ip nat prerouting
  [ immediate reg 1 0x503210ac ]
  [ nat dnat ip addr_min reg 1 ]
"""
KERNEL = """\
ip filter @__set0
\telement 0000bb01  : 0 [end]
\telement 00005000  : 0 [end]
ip filter forward 5
  [ meta load l4proto => reg 1 ]
  [ cmp eq reg 1 0x00000006 ]
  [ payload load 2b @ transport header + 2 => reg 1 ]
  [ lookup reg 1 set __set0 0x0 ]
  [ immediate reg 0 accept ]
ip filter forward 8 5
  [ lookup reg 1 set flows 0x0 ]
  [ immediate reg 0 accept ]
ip filter forward 9 8
  [ ct load state => reg 1 ]
  [ lookup reg 1 set __map2 dreg 0 0x0 ]
ip filter refuse 7 6
  [ counter pkts 12 bytes 720 ]
  [ reject type 0 code 13 ]
ip nat prerouting 3
  [ immediate reg 1 0x503210ac ]
  [ nat dnat ip addr_min reg 1 addr_max reg 1 flags 0x1 ]
table ip filter {
}
"""
TYPED = """\
ip filter forward 9 5
  [ immediate reg 0 accept ]
"""


@dataclass
class Result:
    """What a command on the firewall gives."""

    rc: int
    stdout: str
    stderr: str = ""


@dataclass
class Firewall:
    """A host whose nft answers as it is told."""

    file: Result
    kernel: str

    def run(self, command: str, *_: str) -> Result:
        assert "--check" in command, "the file is compiled, never loaded"
        return self.file

    def check_output(self, *_: str) -> str:
        return self.kernel


def told(kernel: str = KERNEL, file: Result | None = None) -> str:
    return text_of(ruleset_differences(Firewall(file or Result(0, FILE), kernel))).en  # type: ignore[arg-type]


def test_the_same_rules_are_the_same() -> None:
    assert compiled(FILE) == compiled(KERNEL)
    assert compiled(FILE).total() == 7
    assert told() == ""


def test_a_rule_typed_by_hand_is_seen() -> None:
    assert told(kernel=KERNEL + TYPED) == "1 loaded rules or elements are not in /etc/nftables.conf"


def test_a_rule_that_was_not_loaded_is_seen() -> None:
    assert told(file=Result(0, FILE + TYPED)) == "1 rules or elements of /etc/nftables.conf are not loaded"


def test_an_element_of_a_set_counts() -> None:
    assert "1 rules or elements" in told(kernel=KERNEL.replace("\telement 0000bb01  : 0 [end]\n", ""))


@pytest.mark.parametrize("kernel", ["", "table ip filter {\n}\n"])
def test_a_flushed_firewall_is_seen(kernel: str) -> None:
    assert told(kernel=kernel) == "7 rules or elements of /etc/nftables.conf are not loaded"


def test_a_file_that_nft_refuses_is_seen() -> None:
    refused = Result(1, "", "/etc/nftables.conf:3:1-4: Error: syntax error\nchian\n^^^^\n")
    assert told(file=refused).startswith("nft refuses /etc/nftables.conf: /etc/nftables.conf:3:1-4")
