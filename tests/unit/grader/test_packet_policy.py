"""What a firewall's rules let pass against a written policy, on what ``nft -j list ruleset`` really prints.

The files in ``rulesets`` are of nftables 1.1.3; ``as-the-lab-has-it`` is the firewall of ``labs/secured-network``.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from grader import packet_sets
from grader.bilingual import text_of
from grader.errors import ObservationError
from grader.firewall_place import Firewall
from grader.nftables_passage import lets_pass
from grader.packet_policy import Allowed, departures, policy_differences
from grader.packet_sets import packets

ROOT = Path(__file__).parents[3]
RULESETS = Path(__file__).parent / "rulesets"

Json = Any


def _lab_tools() -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        "policy_of_a_lab", ROOT / "labs/secured-network/checks/lab_tools.py"
    )
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


LAB = _lab_tools()


def listing(name: str = "as-the-lab-has-it") -> Json:
    """Return a ruleset."""
    return json.loads((RULESETS / f"{name}.json").read_text())


def chain(ruleset: Json, name: str) -> list[Json]:
    """Return the rules of a chain, to be changed; a ``Rules`` puts them back."""
    return [entry["rule"] for entry in ruleset["nftables"] if entry.get("rule", {}).get("chain") == name]


@dataclass
class Host:
    """A firewall with some rules."""

    ruleset: Json
    backend: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(hostname="fw1"))

    def check_output(self, command: str) -> str:
        assert command == "nft -j list ruleset"
        return self.ruleset if isinstance(self.ruleset, str) else json.dumps(self.ruleset)


def told(ruleset: Json) -> str:
    """Return how rules depart from the lab's policy, in English."""
    return text_of(policy_differences(Host(ruleset), LAB.FIREWALL, LAB.POLICY)).en  # type: ignore[arg-type]


def with_rule(ruleset: Json, chain: str, *statements: Json, table: str = "filter") -> Json:
    """Return a ruleset with one more rule at the beginning of a chain."""
    rule = {"rule": {"family": "ip", "table": table, "chain": chain, "expr": list(statements)}}
    place = next(n for n, entry in enumerate(ruleset["nftables"]) if entry.get("rule", {}).get("table") == table)
    ruleset["nftables"].insert(place, rule)
    return ruleset


def replaced(old: str, new: str, name: str = "as-the-lab-has-it") -> Json:
    """Return a ruleset in which one part of the JSON is another."""
    text = json.dumps(listing(name))
    assert old in text
    return json.loads(text.replace(old, new))


def payload(protocol: str, name: str, right: Json, operator: str = "==") -> Json:
    """Return a match of a field of the packet."""
    return {"match": {"op": operator, "left": {"payload": {"protocol": protocol, "field": name}}, "right": right}}


def meta(key: str, right: Json) -> Json:
    """Return a match of what is known beside the packet."""
    return {"match": {"op": "==", "left": {"meta": {"key": key}}, "right": right}}


ACCEPT, DROP = {"accept": None}, {"drop": None}
LIMIT = {"limit": {"rate": 5, "burst": 5, "per": "second"}}


@pytest.mark.parametrize("name", ["as-the-lab-has-it", "rewritten"])
def test_rules_that_let_the_same_pass_are_the_same(name: str) -> None:
    assert told(listing(name)) == ""


def test_a_rewriting_lets_exactly_the_same_pass() -> None:
    one, other = (lets_pass(json.dumps(listing(n)), LAB.FIREWALL) for n in ("as-the-lab-has-it", "rewritten"))
    assert one.may == one.sure == other.may == other.sure
    assert list(one.may.boxes()) == list(other.may.boxes())


def _twice(ruleset: Json) -> Json:
    rules = [entry for entry in ruleset["nftables"] if entry.get("rule", {}).get("chain") == "forward"]
    place = ruleset["nftables"].index(rules[0])
    ruleset["nftables"][place:place] = [rules[0], *rules[-2:0:-1]]
    return ruleset


def _through_a_chain(ruleset: Json) -> Json:
    for name, of in (("lan", "eth0"), ("dmz", "eth1")):
        ruleset["nftables"].insert(2, {"chain": {"family": "ip", "table": "filter", "name": name}})
        rules = [r for r in chain(ruleset, "forward") if f'"iifname"}}}}, "right": "{of}"' in json.dumps(r)]
        for rule in rules:
            rule["chain"] = name
        ruleset = with_rule(ruleset, "forward", meta("iifname", of), {"jump": {"target": name}})
    return ruleset


SAME: dict[str, Callable[[], Json]] = {
    "another order, and rules twice": lambda: _twice(listing()),
    "chains for each network": lambda: _through_a_chain(listing()),
    "a range for two ports": lambda: replaced('{"set": [80, 443]}', '{"set": [{"range": [80, 80]}, 443]}'),
    "a prefix for one address": lambda: replaced('"172.16.50.31"', '{"prefix": {"addr": "172.16.50.31", "len": 32}}'),
    "comments and counters": lambda: with_rule(
        listing(), "forward", {"counter": {"packets": 3, "bytes": 9}}, {"log": {"prefix": "x"}}
    ),
    "a limited log": lambda: with_rule(listing(), "forward", LIMIT, {"log": None}),
    "a mark": lambda: with_rule(listing(), "forward", {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}),
    "private sources refused from the Internet": lambda: with_rule(
        listing(),
        "forward",
        meta("iifname", "eth2"),
        payload("ip", "saddr", {"set": [{"prefix": {"addr": "10.0.0.0", "len": 8}}]}),
        DROP,
    ),
    "new connections begin with SYN": lambda: with_rule(
        listing(), "forward", payload("tcp", "flags", "syn", "!="), DROP
    ),
    "a table that sleeps": lambda: replaced(
        '{"table": {"family": "ip", "name": "nat"}}',
        '{"table": {"family": "ip", "name": "nat"}}, {"table": {"family": "ip", "name": "off", "flags": "dormant"}}, '
        '{"chain": {"family": "ip", "table": "off", "name": "forward", "type": "filter", "hook": "forward", '
        '"prio": 1, "policy": "drop"}}',
    ),
}


@pytest.mark.parametrize("rules", SAME.values(), ids=SAME)
def test_another_way_of_writing_is_the_same(rules: Callable[[], Json]) -> None:
    assert told(rules()) == ""


def test_ports_that_no_probe_tries() -> None:
    assert told(
        replaced(
            '"field": "dport"}}, "right": {"set": [80, 443]}',
            '"field": "dport"}}, "right": {"set": [80, 443, 445, 3389, 8443]}',
        )
    ) == ("the rules let more pass than the policy: eth1 172.16.50.31 → eth2, tcp 445,3389,8443")


OTHER: dict[str, tuple[Callable[[], Json], str]] = {
    "a host that may all": (
        lambda: with_rule(
            listing(), "forward", meta("iifname", "eth0"), payload("ip", "saddr", "192.168.50.51"), ACCEPT
        ),
        "more .*: eth0 192.168.50.51 → eth0, any protocol but icmp; .*",
    ),
    "one correspondent only": (
        lambda: with_rule(
            listing(),
            "forward",
            payload("ip", "saddr", "172.16.50.25"),
            payload("ip", "daddr", "203.0.113.1", "!="),
            meta("oifname", "eth2"),
            DROP,
        ),
        "less .*: eth1 172.16.50.25 → eth2 but 203.0.113.1, tcp 25",
    ),
    "a limit": (
        lambda: with_rule(listing(), "forward", meta("oifname", "eth2"), LIMIT, DROP),
        r"less .*: eth0 → eth2, icmp 8; .*what the comparison does not understand .*\(ip filter forward: limit\)",
    ),
    "a mark lets pass": (
        lambda: with_rule(listing(), "input", meta("mark", 7), payload("tcp", "dport", 9), ACCEPT),
        r"more .*: eth0 → the firewall, tcp 9; eth1 → .* \(ip filter input: meta mark\)",
    ),
    "another address is translated": (
        lambda: with_rule(
            listing(),
            "prerouting",
            meta("iifname", "eth2"),
            payload("tcp", "dport", 8025),
            {"dnat": {"addr": "172.16.50.25", "port": 25}},
            table="nat",
        ),
        r"more .*: eth2 → any address but 172.16.50.25 \(translated to 172.16.50.25:25\), tcp 8025; "
        r"eth2 → 172.16.50.25 \(translated to the same address:25\), tcp 8025",
    ),
    "a translation is missing": (
        lambda: replaced('"right": 1194}}, {"dnat": {"addr": "172.16.50.94"}}', '"right": 1194}}, {"accept": null}'),
        r"less .*: eth2 → 203.0.113.2 \(translated to 172.16.50.94\), udp 1194",
    ),
    "a redirection": (
        lambda: with_rule(
            listing(), "prerouting", payload("tcp", "dport", 2222), {"redirect": {"port": 22}}, table="nat"
        ),
        r"more .*: eth0 192.168.50.10 → any address but .* \(translated to the firewall:22\), tcp 2222; .*",
    ),
    "packets are changed": (
        lambda: with_rule(listing(), "forward", {"dup": {"addr": "203.0.113.9", "dev": "eth2"}}),
        r".*rules change packets \(ip filter forward: dup\).*",
    ),
    "rules that see frames": (
        lambda: {
            "nftables": [
                *listing()["nftables"],
                {"table": {"family": "netdev", "name": "n"}},
                {"rule": {"family": "netdev", "table": "n", "chain": "c", "expr": [DROP]}},
            ]
        },
        r"less .*\(netdev n c: netdev\)",
    ),
    "no rule at all": (lambda: {"nftables": []}, "more .*any protocol.*and .* more; .*less .*"),
}


@pytest.mark.parametrize(("rules", "said"), OTHER.values(), ids=OTHER)
def test_what_departs_from_the_policy_is_said(rules: Callable[[], Json], said: str) -> None:
    found = told(rules())
    assert re.fullmatch(f"(the rules let )?{said}", found), found


def test_both_languages_say_the_same() -> None:
    found = text_of(policy_differences(Host({"nftables": []}), LAB.FIREWALL, LAB.POLICY))  # type: ignore[arg-type]
    assert found.fr.startswith(
        "les règles laissent passer plus que la politique : "
        "eth0 sauf 192.168.50.10 → le pare-feu, tout protocole sauf icmp; "
    )


@pytest.mark.parametrize("printed", ["", "[]", '{"nftables": [{"table": {}}]}'])
def test_what_nft_does_not_print_is_no_judgement(printed: str) -> None:
    with pytest.raises(ObservationError):
        told(printed)


def test_a_ruleset_without_end_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_sets, "MOST_PARTS", 5)
    assert told(listing()) == "There are too many rules to compare."


def test_every_kind_of_match_is_read() -> None:
    passage = lets_pass(json.dumps(listing("every-kind-of-match")), LAB.FIREWALL)
    assert passage.may
    assert not passage.sure, "a chain of the device may drop everything"
    places = {what for _, what in passage.not_understood}
    assert {"limit", "meta skuid", "fib", "ip ttl", "ct ip daddr", "quota", "tproxy", "notrack"} <= places
    assert not {"ct state", "tcp dport", "iifname", "tcp flags", "meta l4proto"} & places
    assert {"dnat", "redirect", "snat", "masquerade", "tproxy", "notrack", "ip dscp"} <= {
        what for _, what in passage.alterations
    }


def test_ipv6_is_a_family_of_its_own() -> None:
    firewall = Firewall({"a": ["2001:db8:1::/64"], "b": []}, ["2001:db8:1::1"])
    ruleset: Json = {"nftables": [{"table": {"family": "ip6", "name": "t"}}]}
    chain = {"family": "ip6", "table": "t", "name": "f", "type": "filter", "hook": "forward", "prio": 0}
    ruleset["nftables"].append({"chain": chain | {"policy": "drop"}})
    expression = [meta("iifname", "a"), payload("icmpv6", "type", "echo-request"), ACCEPT]
    ruleset["nftables"].append({"rule": {"family": "ip6", "table": "t", "chain": "f", "expr": expression}})
    passage = lets_pass(json.dumps(ruleset), firewall, 6)
    policy = [Allowed(("a",), (place,), "icmpv6", (128,)) for place in ("a", "b")]
    more, less = departures(passage, firewall, policy, 6)
    assert not less
    assert more == more & packets(leaves=((0, 0),)), "nothing filters what comes to the firewall itself"
