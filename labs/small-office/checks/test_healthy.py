"""Is the small office healthy? Asked from where the clients are."""

import ipaddress
import re
import time

import pytest

from grader import check, concurrently, reason, scaled_timeout
from lab_tools import (
    RESERVED,
    addresses_in_words,
    assert_is_the_intranet,
    assert_led_by_dhcp,
    assert_service_lasts,
    dns_answer_of,
    no_lease_to_come,
    rows_of_leases,
)

WORKSTATIONS = (*RESERVED, "pc3")
POOL = ("192.168.10.100", "192.168.10.199")
XRAY = "/radios/examen-1187.dcm"
SOON = 10
"""Seconds that a workstation may need for its lease."""


def in_pool(address):
    first, last = map(ipaddress.IPv4Address, POOL)
    return first <= ipaddress.IPv4Address(address) <= last


def names(lab):
    """Return the clinic's names with their addresses."""
    return {name: RESERVED.get(name) or lab.address(name) for name in ("r1", "srv1", "web1", "pc1", "pc2")}


def has_an_address(lab, pc):
    missing = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
    lab.wait(
        lambda: lab.client(pc).addresses("eth0"), within=SOON, what=missing, unless=lambda: no_lease_to_come(lab, pc)
    )


@pytest.mark.parametrize("pc", RESERVED)
@check(
    "guard",
    fr="{{ pc }} reçoit son adresse, sa passerelle et son résolveur par DHCP.",
    en="{{ pc }} gets its address, gateway and resolver by DHCP.",
)
def test_configured_by_dhcp(lab, pc):
    address = f"{RESERVED[pc]}/24"

    def addressed():
        seen = lab.client(pc).addresses("eth0")
        words = addresses_in_words(seen)
        assert address in seen, reason(
            fr=f"{pc} : {words} au lieu de {address}", en=f"{pc} has {words} instead of {address}"
        )
        return True

    lab.wait(addressed, within=SOON, unless=lambda: no_lease_to_come(lab, pc))
    assert_led_by_dhcp(lab, pc)


@pytest.mark.parametrize("pc", RESERVED)
@check(
    "guard",
    fr="Le serveur DHCP connaît le bail de {{ pc }}.",
    en="The DHCP server knows the lease of {{ pc }}.",
    host="srv1",
    lock="",
)
def test_lease_on_the_server(lab, pc):
    address = RESERVED[pc]
    leases = {row[0]: row for row in rows_of_leases(lab)}
    assert address in leases, reason(fr=f"aucun bail pour {address}", en=f"no lease of {address}")
    _, mac, _, _, expires, *_ = leases[address]
    own = lab.values["lab"].hosts[pc].mac
    assert mac == own, reason(
        fr=f"le bail de {address} est à {mac} au lieu de {own}", en=f"{address} belongs to {mac} instead of {own}"
    )
    assert int(expires) > time.time(), reason(
        fr=f"le bail de {address} a expiré", en=f"the lease of {address} has expired"
    )


@check(
    "guard",
    fr="Vu des bureaux, chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Seen from the office, every machine has its name in DNS, and its reverse name.",
    timeout=90,
)
def test_names_both_ways(lab):
    office, server = lab.probe("office"), lab.address("srv1")

    def asked(name):
        return office.resolve(f"{name}.{lab.domain}", server), office.resolve(names(lab)[name], server, "PTR")

    for (name, address), (there, back) in zip(names(lab).items(), concurrently(asked, names(lab)), strict=True):
        fqdn = f"{name}.{lab.domain}"
        for question, answer, expected in ((fqdn, there, address), (address, back, fqdn)):
            seen = dns_answer_of(answer)
            assert answer.records == (expected,), reason(
                fr=f"{question} : {seen} au lieu de {expected}", en=f"{question}: {seen} instead of {expected}"
            )


@check(
    "guard",
    fr="Le poste de la salle de réunion et un visiteur reçoivent une adresse de l'étendue pour moins d'un jour.",
    en="The meeting room's workstation and a visitor get an address from the pool for less than a day.",
    host="pc3",
)
def test_pool(lab):
    has_an_address(lab, "pc3")
    client = lab.client("pc3")
    seen = client.addresses("eth0")
    words = addresses_in_words(seen)
    assert len(seen) == 1, reason(
        fr=f"pc3 : {words} au lieu d'une seule adresse", en=f"pc3 has {words} instead of one address"
    )
    assert in_pool(seen[0].partition("/")[0]), reason(
        fr=f"pc3 a {words}, hors de l'étendue", en=f"pc3 has {words}, which is not in the pool"
    )
    assert_led_by_dhcp(lab, "pc3")
    # A client with an identity that the server has never seen asks, and leaves it at that.
    asked = client.run(
        ("timeout", str(scaled_timeout(8)), "dhcpcd", "-T", "-4", "-I", "00:68:65:61:6c:74:68", "eth0"), timeout=20
    )
    offered = dict(re.findall(r"^new_(\w+)='([^']*)'", asked.stdout, re.MULTILINE))
    assert "ip_address" in offered, reason(
        fr="aucune adresse n'est proposée à un visiteur", en="a visitor is offered no address"
    )
    address, lasts = offered["ip_address"], int(offered["dhcp_lease_time"])
    assert in_pool(address), reason(
        fr=f"un visiteur se voit proposer {address}, hors de l'étendue",
        en=f"a visitor is offered {address}, which is not in the pool",
    )
    assert lasts < 24 * 3600, reason(
        fr=f"un bail dure {lasts} secondes, un jour ou plus", en=f"a lease lasts {lasts} seconds, a day or more"
    )


@pytest.mark.parametrize("pc", WORKSTATIONS)
@check(
    "guard",
    fr="La liaison de {{ pc }} porte tous les paquets de pleine taille, et la radio de l'examen 1187 arrive entière.",
    en="The link of {{ pc }} carries all full-size packets, and the X-ray of examination 1187 arrives whole.",
)
def test_links(lab, pc):
    has_an_address(lab, pc)
    client, router = lab.client(pc), lab.address("r1", "eth0")
    assert client.ping(router, size=1472), reason(
        fr=f"{pc} : un paquet de pleine taille n'atteint pas le routeur",
        en=f"{pc}: a full-size packet does not reach the router",
    )
    volley = ("-n", "-q", "-M", "do", "-s", "1472", "-l", "30", "-c", "30", "-w", "5")
    seen = client.run(("ping", *volley, router), timeout=15).stdout
    lost = re.search(r"([\d.]+)% packet loss", seen)
    share = lost[1] if lost else "100"
    assert share == "0", reason(
        fr=f"{pc} : sur trente paquets de pleine taille vers le routeur, {share} % sont perdus",
        en=f"{pc}: of thirty full-size packets to the router, {share}% are lost",
    )
    wanted = ("--output", "/dev/null", "--max-time", str(scaled_timeout(15)), "--write-out", "%{http_code}")
    got = client.run(("curl", "--silent", *wanted, f"http://intranet.{lab.domain}{XRAY}"), timeout=30)
    assert (got.status, got.stdout) == (0, "200"), reason(
        fr=f"{pc} ne reçoit pas la radio à temps : état {got.status} de curl, statut {got.stdout}",
        en=f"{pc} does not get the X-ray in time: exit status {got.status} of curl, status {got.stdout}",
    )


@pytest.mark.parametrize("pc", WORKSTATIONS)
@check(
    "guard",
    fr="L'intranet s'ouvre par son nom depuis {{ pc }}.",
    en="The intranet opens by its name from {{ pc }}.",
)
def test_intranet_by_name(lab, pc):
    assert_is_the_intranet(lab, pc, lab.client(pc).http_get(f"http://intranet.{lab.domain}/"))


@check(
    "guard",
    fr="Les deux réseaux se joignent à travers le routeur.",
    en="The two networks reach each other through the router.",
)
def test_routing(lab):
    ways = {("office", "web1"): lab.address("web1"), **{("servers", pc): RESERVED[pc] for pc in RESERVED}}
    answers = concurrently(lambda way: lab.probe(way[0]).ping(ways[way]), ways)
    places = {
        "office": reason(fr="des bureaux", en="the office"),
        "servers": reason(fr="de la salle des serveurs", en="the server room"),
    }
    for (segment, host), answer in zip(ways, answers, strict=True):
        assert answer, reason(
            fr=f"{host} ne répond pas, vu {places[segment]} : {answer.problem}",
            en=f"{host} cannot be reached from {places[segment]}: {answer.problem}",
        )


@check(
    "guard",
    fr="Les services démarrent avec les serveurs et fonctionnent.",
    en="The services start with the servers and run.",
)
def test_services(lab):
    expected = {"r1": "isc-dhcp-relay", "srv1": "kea-dhcp4-server", "web1": "nginx"}
    for host, name in (*expected.items(), ("srv1", "named")):
        assert_service_lasts(lab, host, name)
