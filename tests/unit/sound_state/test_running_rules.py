"""Packet filters as they run say what the file says that they were made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.fabric.fabric_interface import ObjectChange
from orchestrator.loader.roots import built_in_root
from orchestrator.sound_state.meaning_nftables import nftables
from orchestrator.sound_state.running_rules import plain_rules, with_plain_filters
from tests.unit.sound_state.test_nftables_rules import RULES, told

RULESETS = Path(__file__).parents[1] / "grader" / "rulesets"

LEFT = {
    "iif": {"meta": {"key": "iifname"}},
    "saddr": {"payload": {"protocol": "ip", "field": "saddr"}},
    "daddr": {"payload": {"protocol": "ip", "field": "daddr"}},
    "dport": {"payload": {"protocol": "tcp", "field": "dport"}},
    "th": {"payload": {"protocol": "th", "field": "dport"}},
    "l4": {"meta": {"key": "l4proto"}},
    "protocol": {"payload": {"protocol": "ip", "field": "protocol"}},
    "state": {"ct": {"key": "state"}},
    "status": {"ct": {"key": "status"}},
    "type": {"payload": {"protocol": "icmp", "field": "type"}},
    "mark": {"meta": {"key": "mark"}},
}


def rule(*parts: tuple[Any, ...], verdict: object = "accept") -> str:
    """Write a rule as the helper tells it; a part is a key and a value, or those and an operator."""
    matches = [
        {"match": {"op": operator[0] if operator else "==", "left": LEFT[key], "right": value}}
        for key, value, *operator in parts
    ]
    end = {verdict: None} if isinstance(verdict, str) else verdict
    return json.dumps([*matches, end], separators=(",", ":"))


def in_file(*rules: str) -> str:
    return "\n".join(one.rpartition(" › ")[2] for one in told("\n".join(rules))[RULES:])


@pytest.mark.parametrize(
    ("runs", "written"),
    [
        (rule(("dport", {"set": [80, 443]})), "tcp dport { http, https } accept"),
        (rule(("l4", {"set": [6, 17]}), ("th", 53)), "meta l4proto { tcp, udp } th dport 53 accept"),
        (rule(("protocol", 1)), "ip protocol icmp accept"),
        (rule(("state", [2, 4], "in")), "ct state established,related accept"),
        (rule(("status", 32, "in")), "ct status dnat accept"),
        (rule(("type", 8)), "icmp type echo-request accept"),
        (rule(("saddr", {"prefix": {"addr": "10.8.50.0", "len": 24}})), "ip saddr 10.8.50.0/24 accept"),
        (rule(("saddr", {"range": ["10.8.50.0", "10.8.50.255"]})), "ip saddr 10.8.50.0/24 accept"),
        (rule(("saddr", {"set": ["10.0.0.2", "10.0.0.1"]}, "!="), verdict="drop"),
         "ip saddr != { 10.0.0.1, 10.0.0.2 } drop"),
        (rule(("iif", "eth0"), verdict={"jump": {"target": "refuse"}}), "iifname eth0 jump refuse"),
        (rule(verdict={"reject": {"type": "icmp", "expr": "admin-prohibited"}}), "reject with icmp admin-prohibited"),
        (rule(("dport", 25), verdict={"dnat": {"addr": "10.1.0.1", "port": 25}}), "tcp dport 25 dnat to 10.1.0.1"),
        (json.dumps([{"match": {"op": "==", "left": {"concat": [LEFT["saddr"], LEFT["dport"]]},
                                "right": {"set": [{"concat": ["10.0.0.1", 25]}]}}}, {"accept": None}]),
         "ip saddr 10.0.0.1 tcp dport 25 accept"),
        (json.dumps([{"vmap": {"key": LEFT["iif"], "data": {"set": [
            ["eth0", {"accept": None}], ["eth1", {"jump": {"target": "x"}}]]}}}]),
         "iifname vmap { eth0 : accept, eth1 : jump x }"),
        (rule(verdict={"dnat": {"family": "ip", "addr": {"map": {"key": LEFT["dport"], "data": {"set": [
            [25, "10.1.0.1"], [80, {"concat": ["10.1.0.2", 8080]}]]}}}}}),
         "dnat to tcp dport map { 80 : 10.1.0.2 . 8080, 25 : 10.1.0.1 }"),
        (rule(verdict="masquerade"), "masquerade"),
    ],
)  # fmt: skip
def test_what_runs_is_told_as_a_file_tells_it(runs: str, written: str) -> None:
    assert plain_rules(runs, "ip") == in_file(written)


def test_the_order_of_matches_and_of_rules_that_do_not_meet_is_one() -> None:
    first, second = rule(("iif", "eth0"), ("dport", 22)), rule(("iif", "eth1"), verdict="drop")
    turned = rule(("dport", 22), ("iif", "eth0"))
    assert plain_rules(f"{first}\n{second}", "ip") == plain_rules(f"{second}\n{turned}", "ip")
    assert plain_rules(f"{rule()}\n{second}", "ip") != plain_rules(f"{second}\n{rule()}", "ip")


@pytest.mark.parametrize(
    "line",
    [
        rule(("mark", 1)),
        rule(("status", {"set": [32]})),
        rule(("status", 32, "!=")),
        rule(("dport", 80, "in")),
        rule(("saddr", "@office")),
        rule(("saddr", {"&": [1, 2]})),
        rule(("iif", "eth0 oifname eth1")),
        rule(("iif", "\u2028")),
        rule(("dport", 80), verdict={"dnat": {"addr": {"map": {}}}}),
        rule(verdict={"dnat": {"addr": {"map": {"key": LEFT["dport"], "data": "@m"}}}}),
        rule(verdict={"dnat": {"addr": {"map": {"key": LEFT["status"], "data": {"set": [[32, "10.1.0.1"]]}}}}}),
        rule(
            verdict={
                "dnat": {
                    "addr": {"map": {"key": LEFT["dport"], "data": {"set": [[25, "10.1.0.1"]]}}},
                    "flags": "random",
                }
            }
        ),
        rule(("dport", 80), verdict={"limit": {"rate": 4}}),
        json.dumps([{"match": {"op": "==", "left": {"payload": {"base": "th", "offset": 0, "len": 16}}, "right": 1}}]),
        json.dumps([{"vmap": {"key": LEFT["iif"], "data": "@m"}}]),
        json.dumps([{"vmap": {"key": LEFT["status"], "data": {"set": [[32, {"accept": None}]]}}}]),
        '[{"accept":null},{"accept":null}]',
        '["accept"]',
        "[]",
        "no JSON",
    ],
)
def test_a_rule_that_is_not_understood_stays_as_nft_tells_it(line: str) -> None:
    assert plain_rules(line, "ip") == line


def test_the_rules_of_a_lab_s_firewall_are_those_of_its_file() -> None:
    listed = json.loads((RULESETS / "as-the-lab-has-it.json").read_text())["nftables"]
    file = built_in_root() / "labs" / "secured-network" / "files" / "fw1" / "etc" / "nftables.conf"
    chains: dict[str, list[str]] = {}
    for one in (entry["rule"] for entry in listed if "rule" in entry):
        chains.setdefault(f"table ip {one['table']} › chain {one['chain']} › ", []).append(
            json.dumps([part for part in one["expr"] if "counter" not in part])
        )
    assert set(chains) > {"table ip filter › chain forward › "}
    written = nftables(file.read_text())
    for chain, lines in chains.items():
        said = [one.removeprefix(chain) for one in written if one.startswith(chain)]
        assert plain_rules("\n".join(lines), "ip").split("\n") == [
            one for one in said if not one.startswith(("type ", "policy "))
        ]


def test_only_the_rules_of_a_chain_are_told_so() -> None:
    accepted = rule(("dport", 80))
    chain = ObjectChange("fw1", "network", "filter ip t c", {"rules": accepted, "policy": "drop"}, {"rules": ""})
    told_so = with_plain_filters(chain)
    assert (told_so.before, told_so.now) == ({"rules": "tcp dport 80 accept", "policy": "drop"}, {"rules": ""})
    other = ObjectChange("fw1", "network", "route default", {"rules": accepted}, {})
    assert with_plain_filters(other) == other
