"""What is thought of changes of a host's network."""

from __future__ import annotations

import pytest

from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.network_providers import NetworkProvider, SocketsProvider
from orchestrator.sound_state.provider import Thought


def thought(what: str, field: str, before: str | None, now: str | None) -> Thought:
    return NetworkProvider().think(StateChange("fw1", "network", what, field, before, now))


def of_a_socket(place: str, before: str | None, now: str | None) -> Thought:
    return SocketsProvider().think(StateChange("web1", "sockets", place, "program", before, now))


@pytest.mark.parametrize(
    ("what", "field", "before", "now"),
    [
        ("sysctl net.ipv4.ip_forward", "value", "0", "1"),
        ("sysctl net.ipv4.conf.eth0.forwarding", "value", "0", "1"),
        ("sysctl net.ipv6.conf.all.forwarding", "value", "0", "1"),
        ("sysctl net.ipv4.conf.eth0/10.rp_filter", "value", "2", "0"),
        ("sysctl net.ipv4.ip_unprivileged_port_start", "value", "1024", "80"),
    ],
)
def test_what_is_never_right(what: str, field: str, before: str | None, now: str | None) -> None:
    assert thought(what, field, before, now).standing == "forbidden"


@pytest.mark.parametrize(
    ("what", "field", "before", "now"),
    [
        ("sysctl net.ipv4.ip_forward", "value", "1", "0"),
        ("sysctl net.ipv4.conf.eth0.rp_filter", "value", "0", "1"),
        ("sysctl net.ipv4.conf.eth0.rp_filter", "value", None, "0"),
        ("sysctl net.ipv4.ip_unprivileged_port_start", "value", "80", "1024"),
        ("sysctl net.ipv4.ping_group_range", "value", "0 1", "1 0"),
        ("filter inet filter input", "policy", "accept", None),
        ("filter inet filter input", "policy", None, "drop"),
        ("filter inet filter input", "policy", "drop", "accept"),
        ("filter inet filter input", "policy", "drop", None),
        ("filter inet filter", "flags", None, "dormant"),
        ("filter inet filter input", "rules", "a", "b"),
        ("filter inet filter", "flags", "dormant", None),
        ("address eth0 192.168.10.9/24", "there", None, "yes"),
        ("link eth0", "mtu", "1500", "1400"),
    ],
)
def test_what_may_be_right(what: str, field: str, before: str | None, now: str | None) -> None:
    assert thought(what, field, before, now).standing == "unexplained"


@pytest.mark.parametrize(
    ("what", "field", "before", "now", "fr", "en"),
    [
        (
            "address eth0 192.168.10.9/24", "there", None, "yes",
            "La machine a une adresse de plus : 192.168.10.9/24 sur eth0.",
            "The host has one more address: 192.168.10.9/24 on eth0.",
        ),
        (
            "rule inet 100: from 10.0.0.0/8 table 7", "there", "yes", None,
            "La machine a une règle de routage de moins : inet 100: from 10.0.0.0/8 table 7.",
            "The host has one fewer routing rule: inet 100: from 10.0.0.0/8 table 7.",
        ),
        (
            "proxy 10.0.0.7 eth0", "there", None, "yes",
            "La machine a une réponse ARP pour une autre machine de plus : 10.0.0.7 sur eth0.",
            "The host has one more ARP answer for another host: 10.0.0.7 on eth0.",
        ),
        (
            "route default table main", "gateway", "192.168.10.1", "192.168.10.254",
            "La route par défaut, passerelle : 192.168.10.254 (192.168.10.1 avant).",
            "The default route, gateway: 192.168.10.254 (192.168.10.1 before).",
        ),
        (
            "route default6 table 7", "device", "eth0", "eth1",
            "La route par défaut (IPv6) table 7, interface : eth1 (eth0 avant).",
            "The default route (IPv6) table 7, interface: eth1 (eth0 before).",
        ),
        (
            "route 10.8.0.0/24 table main", "gateway", None, "172.16.0.94",
            "La route 10.8.0.0/24, passerelle : 172.16.0.94 (rien avant).",
            "The route 10.8.0.0/24, gateway: 172.16.0.94 (nothing before).",
        ),
        (
            "link eth0", "up", "yes", "no",
            "L'interface eth0, activée : non (oui avant).",
            "The interface eth0, up: no (yes before).",
        ),
        (
            "neighbour 192.168.10.1", "mac", "02:00:00:00:00:01", None,
            "L'entrée ARP permanente pour 192.168.10.1, adresse MAC : plus rien (02:00:00:00:00:01 avant).",
            "The permanent ARP entry for 192.168.10.1, MAC address: nothing now (02:00:00:00:00:01 before).",
        ),
        (
            "filter inet filter input", "rules", "", "[]\n[]",
            "La chaîne ou table de filtrage inet filter input, règles : modification (voir le détail).",
            "The filter chain or table inet filter input, rules: changed (see the details).",
        ),
        (
            "filter inet filter input", "policy", "drop", "accept",
            "La chaîne de filtrage inet filter input refusait tout par défaut ; maintenant, elle accepte.",
            "The filter chain inet filter input refused everything by default; now it accepts.",
        ),
        (
            "sysctl net.ipv4.ip_forward", "value", "0", "1",
            "Le réglage du noyau net.ipv4.ip_forward vaut 1 ; il valait 0.",
            "The kernel setting net.ipv4.ip_forward is 1; it was 0.",
        ),
        (
            "quota inet filter q", "bytes", "1", "2",
            "L'objet du réseau quota inet filter q, bytes : 2 (1 avant).",
            "The network object quota inet filter q, bytes: 2 (1 before).",
        ),
    ],
)  # fmt: skip
def test_it_is_said_in_plain_words(what: str, field: str, before: str, now: str, fr: str, en: str) -> None:
    told = thought(what, field, before, now).sentence
    assert (told.fr, told.en) == (fr, en)


@pytest.mark.parametrize(
    ("place", "before", "now", "standing"),
    [
        ("tcp 0.0.0.0:80", None, "/root/web", "forbidden"),
        ("tcp6 [::]:80", None, "/usr/local/bin/web", "forbidden"),
        ("udp 192.168.10.9:53", "/usr/sbin/named", "/tmp/dns\n/usr/sbin/named", "forbidden"),
        ("tcp 0.0.0.0:80", None, "/usr/sbin/nginx (deleted)", "unexplained"),
        ("tcp 127.0.0.1:80", None, "/root/web", "unexplained"),
        ("tcp6 [::1]:80", None, "/root/web", "unexplained"),
        ("tcp6 [::ffff:127.0.0.1]:80", None, "/root/web", "unexplained"),
        ("tcp 0.0.0.0:80", "/usr/sbin/nginx", "/usr/bin/python3.13", "unexplained"),
        ("tcp 0.0.0.0:80", "/opt/web", None, "unexplained"),
        ("tcp 0.0.0.0:2049", None, "", "unexplained"),
    ],
)
def test_who_listens(place: str, before: str | None, now: str | None, standing: str) -> None:
    assert of_a_socket(place, before, now).standing == standing


def test_who_listens_is_said_in_plain_words() -> None:
    told = of_a_socket("tcp 0.0.0.0:80", "/usr/sbin/nginx", None).sentence
    assert told.fr == "Plus rien n'écoute sur tcp 0.0.0.0:80 (avant : /usr/sbin/nginx)."
    assert told.en == "Nothing listens on tcp 0.0.0.0:80 any more (before: /usr/sbin/nginx)."
    told = of_a_socket("tcp 0.0.0.0:80", None, "/opt/a\n/opt/b").sentence
    assert told.fr == "Sur tcp 0.0.0.0:80 écoute maintenant : /opt/a, /opt/b."
    assert told.en == "Now listening on tcp 0.0.0.0:80: /opt/a, /opt/b."
