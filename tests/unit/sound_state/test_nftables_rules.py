"""Rules of nftables that are written differently and do the same, and those that do not."""

from __future__ import annotations

import itertools
import random
import re
from typing import TypeAlias

import pytest

from orchestrator.sound_state.meaning_nftables import nftables

RULES = 4
"""Statements before the first rule: the table, the chain, what hooks it, its policy."""


def told(rules: str, table: str = "table ip t") -> list[str]:
    return nftables(f"{table} {{ chain c {{ type filter hook input priority 0; policy drop\n{rules}\n}} }}\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tcp dport { 80, 443 } accept", "tcp dport 443 accept\ntcp dport http accept"),
        ("ip saddr { 10.0.0.1, 10.0.0.2 } tcp dport 25 accept",
         "tcp dport smtp ip saddr 10.0.0.2 accept; ip saddr 10.0.0.1 tcp dport { 25 } counter accept"),
        ("meta l4proto { tcp, udp } th dport 53 accept", "udp dport domain accept\ntcp dport domain accept"),
        ("ip protocol tcp tcp dport 22 accept", 'tcp dport ssh accept comment "help desk"'),
        ("ip protocol 1 accept", "meta l4proto icmp accept"),
        ("ip saddr . tcp dport { 10.0.0.1 . 25, 10.0.0.2 . 80 } accept",
         "ip saddr 10.0.0.2 tcp dport 80 accept\nip saddr 10.0.0.1 tcp dport 25 accept"),
        ("ip saddr . tcp dport 10.0.0.1 . 25 accept", "ip saddr 10.0.0.1 tcp dport 25 accept"),
        ('iifname vmap { "eth0" : accept, eth1 : jump x }', "iifname eth1 jump x\niifname eth0 accept"),
        ("ip saddr 10.8.50.0-10.8.50.255 accept", "ip saddr 10.8.50.0/24 accept"),
        ("ip saddr 10.8.50.7/24 accept", "ip saddr 10.8.50.0/24 accept"),
        ("ip saddr 10.8.50.7/32 accept", "ip saddr 10.8.50.7 counter packets 3 bytes 9 accept"),
        ("ct state established,related accept", "ct state { related, established } accept"),
        ("ip saddr != { 10.0.0.2, 10.0.0.1 } drop", "ip saddr != { 10.0.0.1, 10.0.0.2 } drop"),
        ("iifname eth0 accept\niifname eth1 drop", "iifname eth1 drop\niifname eth0 accept"),
        ("tcp dport 80 accept\nudp dport 80 drop", "udp dport 80 drop\ntcp dport 80 accept"),
        ("ip saddr 10.0.0.0/24 drop\nip saddr 10.0.1.1 accept", "ip saddr 10.0.1.1 accept\nip saddr 10.0.0.0/24 drop"),
        ("tcp dport 80 accept\ntcp dport 80 accept", "tcp dport 80 accept"),
        ("icmp type 8 accept", "icmp type echo-request accept"),
        ("meta l4proto gre accept\nmeta l4proto esp drop", "meta l4proto 50 drop\nmeta l4proto 47 accept"),
        ("ip daddr 10.0.0.1 tcp dport 80 dnat to 10.1.0.1:80", "ip daddr 10.0.0.1 tcp dport 80 dnat to 10.1.0.1"),
        ("ip daddr 10.0.0.1 dnat ip to tcp dport map { 80 : 10.1.0.1, smtp : 10.1.0.2 . 26 }",
         "ip daddr 10.0.0.1 tcp dport 25 dnat to 10.1.0.2:26\nip daddr 10.0.0.1 tcp dport 80 dnat to 10.1.0.1"),
        ("dnat to ip daddr . tcp dport map { 10.0.0.1 . 80 : 10.1.0.1 }",
         "ip daddr 10.0.0.1 tcp dport 80 dnat to 10.1.0.1"),
        ("tcp dport { 22, 80 } dnat to tcp dport map { 80 : 10.1.0.1, 25 : 10.1.0.2 }",
         "tcp dport 80 dnat to 10.1.0.1"),
        ("snat to ip saddr map { 10.0.0.0/24 : 1.1.1.1 }", "ip saddr 10.0.0.0/24 snat to 1.1.1.1"),
    ],
)  # fmt: skip
def test_what_does_the_same_says_the_same(one: str, other: str) -> None:
    assert told(one) == told(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tcp dport { 80, 443 } accept", "tcp dport 80 accept"),
        ("tcp dport 80 accept\ndrop", "drop\ntcp dport 80 accept"),
        ("ip saddr 10.0.0.0/24 drop\nip saddr 10.0.0.1 accept", "ip saddr 10.0.0.1 accept\nip saddr 10.0.0.0/24 drop"),
        ("tcp dport 80 accept\nip saddr 10.0.0.1 drop", "ip saddr 10.0.0.1 drop\ntcp dport 80 accept"),
        ('iifname "eth*" accept\niifname eth1 drop', 'iifname eth1 drop\niifname "eth*" accept'),
        ("ct status dnat accept\nct status snat drop", "ct status snat drop\nct status dnat accept"),
        ("ct status { dnat } accept", "ct status dnat accept"),
        ("ip saddr != 10.0.0.1 drop\nip saddr 10.0.0.2 accept", "ip saddr 10.0.0.2 accept\nip saddr != 10.0.0.1 drop"),
        ("tcp dport 80-90 accept\ntcp dport 85 drop", "tcp dport 85 drop\ntcp dport 80-90 accept"),
        ("tcp dport 80 limit rate 4/second accept", "tcp dport 80 accept"),
        ("tcp dport 80 counter name x accept", "tcp dport 80 accept"),
        ("tcp dport 80 log accept\nudp dport 80 drop", "udp dport 80 drop\ntcp dport 80 log accept"),
        ("ip daddr 10.0.0.1 tcp dport 80 dnat to 10.1.0.1:81", "ip daddr 10.0.0.1 tcp dport 80 dnat to 10.1.0.1"),
        ("tcp dport 80 snat to 10.1.0.1:80", "tcp dport 80 snat to 10.1.0.1"),
        ("iifname vmap { eth0 : accept, eth1 : drop }", "iifname eth1 accept\niifname eth0 drop"),
        ("meta mark 1 accept", "meta mark 2 accept"),
        ("tcp flags syn / syn,rst accept", "tcp flags syn accept"),
        ("ip saddr . tcp dport { 10.0.0.1 . 25 } accept", "ip saddr . tcp sport { 10.0.0.1 . 25 } accept"),
        ("ct status vmap { dnat : accept }", "ct status dnat accept"),
        ("icmp type 11 accept\nicmp type time-exceeded drop", "icmp type time-exceeded drop\nicmp type 11 accept"),
        ("tcp dport 080 accept\ntcp dport 80 drop", "tcp dport 80 drop\ntcp dport 080 accept"),
        ("tcp dport nut accept\ntcp dport 3493 drop", "tcp dport 3493 drop\ntcp dport nut accept"),
        ("meta l4proto icmpv6 accept\nmeta l4proto ipv6-icmp drop",
         "meta l4proto ipv6-icmp drop\nmeta l4proto icmpv6 accept"),
        ("ct state established accept\nct state 0x2 drop", "ct state 0x2 drop\nct state established accept"),
        ("tcp dport 80 jump x\ntcp dport 80 jump x", "tcp dport 80 jump x"),
        ("ip daddr { } accept", "ip daddr 0.0.0.0/0 accept"),
        ("dnat to tcp dport map { 80 : 10.1.0.1, 25 : 10.1.0.2 }", "tcp dport 80 dnat to 10.1.0.1"),
        ("dnat to tcp dport map { 80 : 10.1.0.1 }", "tcp dport 80 snat to 10.1.0.1"),
        ("tcp dport 80-90 dnat to tcp dport map { 85 : 10.1.0.1 }", "tcp dport 80-90 dnat to 10.1.0.1"),
        ("tcp dport 22 dnat to tcp dport map { 80 : 10.1.0.1 }", "tcp dport 22 dnat to 10.1.0.1"),
        ("dnat to ct status map { dnat : 10.1.0.1 }", "ct status dnat dnat to 10.1.0.1"),
        ("dnat to tcp dport map @m", "tcp dport 80 dnat to @m"),
    ],
)  # fmt: skip
def test_what_does_something_else_says_something_else(one: str, other: str) -> None:
    assert told(one) != told(other)


def test_a_protocol_of_ipv4_alone_is_another_in_a_table_of_both() -> None:
    assert told("ip protocol tcp accept") == told("meta l4proto tcp accept")
    assert told("ip protocol tcp accept", "table inet t") != told("meta l4proto tcp accept", "table inet t")


def test_a_table_s_constant_set_stands_for_its_elements() -> None:
    named = (
        "table ip t { set s { type ipv4_addr; flags interval; elements = { 10.0.0.1, 10.0.0.2 } }\n chain c { %s }\n}"
    )
    plain = "table ip t { chain c { %s } }"
    rule = "ip saddr @s tcp dport 22 accept"
    assert nftables(named % rule) == nftables(plain % rule.replace("@s", "{ 10.0.0.2, 10.0.0.1 }"))
    assert nftables(named % rule) != nftables(plain % rule.replace("@s", "{ 10.0.0.2 }"))


@pytest.mark.parametrize(
    "text",
    [
        "table ip t { set s { type ipv4_addr; flags dynamic; elements = { 10.0.0.1 } }\n"
        " chain c { ip saddr @s accept; }\n}",
        "table ip t { set s { type ipv4_addr; timeout 1h; elements = { 10.0.0.1 } }\n"
        " chain c { ip saddr @s accept; }\n}",
        "table ip t { set s { type ipv4_addr; elements = { 10.0.0.1 } }\n"
        " chain c { ip saddr @s accept; tcp dport 22 add @s { ip saddr } }\n}",
        "table ip t { set s { type ipv4_addr; elements = { 10.0.0.1 } }\n chain c { ip saddr @s accept; }\n}\n"
        "add element ip t s { 10.0.0.2 }\n",
        "table ip t { set s { type ipv4_addr; elements = { 10.0.0.1 } }\n chain c { ip saddr @s accept; }\n}\n"
        "table ip t { set s { type ipv4_addr; elements = { 10.0.0.2 } }\n}\n",
    ],
    ids=["dynamic", "for a time", "written by a rule", "added to", "in two parts"],
)
def test_a_set_that_may_change_keeps_its_name(text: str) -> None:
    assert any("@s" in one for one in nftables(text))


def test_a_name_keeps_the_port_behind_it() -> None:
    named = "define W = 10.0.0.1\ntable ip t { chain c { tcp dport 8080 dnat to $W:80; } }"
    assert nftables(named)[-1].endswith("tcp dport 8080 dnat to 10.0.0.1:80")


def test_a_priority_has_a_number() -> None:
    for_all = "table {} t {{ chain c {{ type filter hook input priority {}; policy drop; }} }}"
    assert nftables(for_all.format("ip", "filter")) == nftables(for_all.format("ip", "0"))
    assert nftables(for_all.format("bridge", "filter")) != nftables(for_all.format("bridge", "0"))


def test_more_than_a_person_writes_stays_as_it_is() -> None:
    many = ", ".join(map(str, range(1, 40)))
    rule = f"tcp dport {{ {many} }} tcp sport {{ {many} }} accept"
    assert sum("accept" in one for one in told(rule)) == 1


# --- against single packets ------------------------------------------------------------------------------------------

Rules: TypeAlias = "list[tuple[dict[str, tuple[str, ...]], str]]"
"""Values of keys, and a verdict."""

VALUES = {
    "iifname": ("eth0", "eth1"),
    "ip saddr": ("10.0.0.1", "10.0.0.2", "10.0.0.0/24", "10.0.1.1"),
    "tcp dport": ("25", "80", "80-90"),
    "udp dport": ("25", "53"),
}
PACKETS = [
    {"iifname": interface, "ip saddr": source, f"{protocol} dport": port}
    for interface, source, protocol, port in itertools.product(
        ("eth0", "eth1"), ("10.0.0.1", "10.0.0.2", "10.0.0.9", "10.0.1.1"), ("tcp", "udp"), ("25", "53", "80", "85")
    )
]


def has(packet: dict[str, str], key: str, value: str) -> bool:
    """Return whether a packet matches, worked out without the program."""
    of_packet = packet.get(key)
    if of_packet is None:
        return False
    if value == "10.0.0.0/24":
        return of_packet.startswith("10.0.0.")
    return of_packet in {"80", "85"} if value == "80-90" else of_packet == value


def outcome(rules: Rules, packet: dict[str, str]) -> str:
    for matches, verdict in rules:
        if all(any(has(packet, key, value) for value in values) for key, values in matches.items()):
            return verdict
    return "nothing"


def drawn(random_: random.Random) -> Rules:
    rules: Rules = []
    for _ in range(random_.randint(1, 6)):
        keys = random_.sample(sorted(VALUES), random_.randint(0, 2))
        matches = {key: tuple(random_.sample(VALUES[key], random_.randint(1, 2))) for key in keys}
        rules.append((matches, random_.choice(("accept", "drop", "jump x"))))
    return rules


def written(rules: Rules, random_: random.Random) -> str:
    lines = []
    for matches, verdict in rules:
        said = [f"{key} {values[0] if len(values) == 1 else f'{{ {values[1]}, {values[0]} }}'}"
                for key, values in matches.items()]  # fmt: skip
        random_.shuffle(said)
        lines.append(" ".join([*said, verdict]))
    return "\n".join(lines)


def read(statements: list[str]) -> Rules:
    """Read the rules that are told, each of single values."""
    rules: Rules = []
    for statement in statements:
        rule = statement.rpartition(" › ")[2]
        verdict = re.search(r"(accept|drop|jump x)$", rule)
        if verdict:
            found = re.findall(r"(iifname|ip saddr|tcp dport|udp dport) (\S+)", rule[: verdict.start()])
            rules.append(({key: (value,) for key, value in found}, verdict[0]))
    return rules


@pytest.mark.parametrize("seed", range(150))
def test_every_packet_meets_the_same_fate(seed: int) -> None:
    random_ = random.Random(seed)
    rules = drawn(random_)
    shown = told(written(rules, random_))[RULES:]
    again = read(shown)
    assert [outcome(again, packet) for packet in PACKETS] == [outcome(rules, packet) for packet in PACKETS]
    assert told("\n".join(one.rpartition(" › ")[2] for one in shown))[RULES:] == shown
