"""Has the DHCP server room for those who come again, for good, without taking anything from those who were there?"""

import contextlib
import ipaddress
import re
import time

from grader import check, concurrently, ifupdown_methods, lines_in, reason, scaled_timeout
from lab_tools import (
    RESERVED,
    addresses_in_words,
    addresses_of,
    assert_is_the_intranet,
    assert_service_lasts,
    dhcp_configuration,
    listed,
    no_lease_to_come,
    office_scope,
    reservations_of,
    rows_of_leases,
)

FIRST, LAST = ipaddress.IPv4Address("192.168.10.100"), ipaddress.IPv4Address("192.168.10.199")
"""The pool by the company's address plan."""
HOUR = 3600
SOON = 10
"""Seconds that a workstation of the office may need for its lease after the last action."""
NEXT_TRY = 30
"""Seconds in which the meeting room's workstation, which had been refused, may ask again by itself."""
ANSWER = 0.5
"""Seconds for an offer, which takes a tenth of that; what is not answered is asked again."""
NEWCOMER = "00:76:69:73:69:74:65:75:72"
"""The client identifier of a visitor whom the server has never seen."""


def leases(lab):
    """Return the leases that run: address -> hardware address."""
    last = {}
    for address, hardware, _, lifetime, expires, *rest in rows_of_leases(lab):
        runs = int(lifetime) and int(expires) > time.time() and rest[4] == "0"
        last[address] = hardware if runs else None  # the last row of an address counts
    return {address: hardware for address, hardware in last.items() if hardware}


def phones(lab):
    """Return the leases of the nurses' phones, which are in use: address -> hardware address."""
    count = lab.values["last"] - 99 if lab.values["cause"] == "small-pool" else 2
    return {f"192.168.10.{100 + number}": f"02:7a:5c:01:00:{number:02x}" for number in range(count)}


def asked(lab, pc, *options):
    """Ask the DHCP server once, on a workstation's cable, and take nothing; return its offer and the question's number.

    A host has one such question at a time: a check that comes second waits for the first one's.
    """
    patience = f"{ANSWER * scaled_timeout(10) / 10:.2f}"

    def done():
        ended = lab.client(pc).run(("timeout", patience, "dhcpcd", "-T", "-4", "-d", *options, "eth0"), timeout=10)
        return None if "pidfile_lock" in ended.stderr else ended

    busy = reason(fr=f"un autre dhcpcd -4 tourne sur {pc}", en=f"another dhcpcd -4 runs on {pc}")
    ended = lab.wait(done, within=SOON, every=0.1, what=busy)
    offered = dict(re.findall(r"^new_(\w+)='([^']*)'", ended.stdout, re.MULTILINE))
    return offered, set(re.findall(r"\(xid (0x[0-9a-f]+)\)", ended.stderr))


def refusal(lab, numbers):
    """Return what the DHCP server's journal says of questions that it had no address for, or nothing."""
    said = lab.host("srv1").run("journalctl --quiet --output=cat --since=-2min --unit=kea-dhcp4-server").stdout
    refused = [
        line.partition(number)[2].strip(" :")
        for number in numbers
        for line in lines_in(said)
        if " ALLOC_ENGINE_V4_ALLOC_FAIL " in line and f"tid={number}:" in line
    ]
    return reason(fr=f"srv1 dit : {refused[0]}", en=f"srv1 says: {refused[0]}") if refused else ""


def offer(lab, pc, missing, *options):
    """Return what the DHCP server offers to somebody on a workstation's cable who asks and takes nothing."""
    numbers = set()

    def offered():
        seen, latest = asked(lab, pc, *options)
        numbers.clear()
        numbers.update(latest)
        return seen if "ip_address" in seen else None

    return lab.wait(offered, within=SOON, every=0.2, what=missing, unless=lambda: refusal(lab, numbers))


def is_left_as_it_is(lab, pc, is_right):
    """Return why a workstation's lease will not change, or nothing: the server refuses it, or offers the same again.

    ``is_right`` is asked last: the lease that is awaited may have come in between, and is offered again as well.
    """
    offered, numbers = asked(lab, pc)
    current = [seen.partition("/")[0] for seen in lab.client(pc).addresses("eth0")]
    if offered.get("ip_address") in current:
        with contextlib.suppress(AssertionError):
            is_right()
            return ""
        return reason(fr="le serveur DHCP lui propose la même adresse", en="the DHCP server offers it the same address")
    return "" if offered else refusal(lab, numbers)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Le poste de la salle de réunion (pc3) reçoit son adresse par DHCP, dans l'étendue, et ouvre l'intranet.",
    en="The meeting room's workstation (pc3) gets its address by DHCP, from the pool, and opens the intranet.",
    before_fr="Le poste de la salle de réunion (pc3) n'a pas de réseau, et l'intranet ne s'y ouvre pas.",
    before_en="The meeting room's workstation (pc3) has no network, and the intranet does not open there.",
    host="pc3",
    because="pc3 has",
    timeout=90,
    lock="",
)
def test_meeting_room(lab):
    client, mac = lab.client("pc3"), lab.values["lab"].hosts["pc3"].mac

    def leased():
        own = {address for address, hardware in leases(lab).items() if hardware == mac}
        seen = client.addresses("eth0")
        words = addresses_in_words(seen)
        assert len(seen) == 1, reason(
            fr=f"pc3 : {words}, au lieu d'une adresse de l'étendue",
            en=f"pc3 has {words} instead of one address from the pool",
        )
        address = seen[0].partition("/")[0]
        assert address in own, reason(
            fr=f"pc3 a {address}, pour laquelle le serveur ne lui a pas donné de bail",
            en=f"pc3 has {address}, which the server has not leased to it",
        )
        assert FIRST <= ipaddress.IPv4Address(address) <= LAST, reason(
            fr=f"pc3 a {address}, qui n'est pas pour les visiteurs",
            en=f"pc3 has {address}, which is not for visitors",
        )
        return True

    lab.wait(
        leased,
        within=NEXT_TRY,
        unless=lambda: no_lease_to_come(lab, "pc3") or is_left_as_it_is(lab, "pc3", leased),
    )
    by = ifupdown_methods(lab.host("pc3"), "eth0")
    assert by == ["dhcp"], reason(
        fr=f"/etc/network/interfaces de pc3 configure eth0 par {listed(by)}, et non par dhcp",
        en=f"pc3 has an address that was set by hand: eth0 is set up by {listed(by)}, not by dhcp",
    )
    assert_is_the_intranet(lab, "pc3", client.http_get(f"http://intranet.{lab.domain}/", timeout=8))


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Un visiteur de plus se voit offrir une adresse de l'étendue, pour la journée.",
    en="Another visitor is offered an address from the pool, for the day.",
    before_fr="Un visiteur qui branche son portable en salle de réunion n'a pas de réseau.",
    before_en="A visitor who plugs a laptop in, in the meeting room, gets no network.",
    host="srv1",
    because="is offered no address",
    timeout=60,
    lock="",
)
def test_newcomer(lab):
    missing = reason(
        fr="aucune adresse n'est proposée à un visiteur qui vient d'arriver",
        en="a visitor who has just come is offered no address",
    )
    offered = offer(lab, "pc3", missing, "-I", NEWCOMER)
    address, lasts = offered["ip_address"], int(offered["dhcp_lease_time"])
    assert FIRST <= ipaddress.IPv4Address(address) <= LAST, reason(
        fr=f"un visiteur se voit proposer {address}, hors de l'étendue {FIRST} - {LAST}",
        en=f"a visitor is offered {address}, which is outside {FIRST} - {LAST}",
    )
    gateway, server = lab.address("r1", "eth0"), lab.address("srv1")
    for name, expected, what in (
        ("routers", gateway, reason(fr="la passerelle proposée", en="the gateway offered")),
        ("domain_name_servers", server, reason(fr="le serveur de noms proposé", en="the name server offered")),
    ):
        seen = offered.get(name, "")
        words = seen or reason(fr="rien", en="nothing")
        assert seen == expected, reason(
            fr=f"{what} : {words} au lieu de {expected}", en=f"{what} is {words} instead of {expected}"
        )
    assert lasts <= 24 * HOUR, reason(
        fr=f"une adresse est donnée pour {lasts / HOUR:.0f} heures : ceux qui sont partis garderaient la leur",
        en=f"an address is given for {lasts / HOUR:.0f} hours: those who left would keep theirs",
    )
    assert lasts >= HOUR, reason(
        fr=f"une adresse n'est donnée que pour {lasts} secondes : tout le monde redemande sans cesse",
        en=f"an address is given for {lasts} seconds only: everybody keeps asking again",
    )


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="L'étendue a encore de la place pour {{ visitors }} participants.",
    en="The pool has room for {{ visitors }} more participants.",
    before_fr="Jeudi, il n'y aurait pas de réseau pour les {{ visitors }} participants.",
    before_en="On Thursday there would be no network for the {{ visitors }} people who are coming.",
    host="srv1",
    because="free",
    lock="",
)
def test_room_for_all(lab):
    subnet = office_scope(lab)
    reserved = {r.get("ip-address") for r in subnet.get("reservations", ())}
    taken = {ipaddress.IPv4Address(a) for a in (*leases(lab), *reserved) if a}
    free = len({a for a in addresses_of(subnet) if FIRST <= a <= LAST} - taken)
    needed = lab.values["visitors"]
    assert free >= needed, reason(
        fr=f"{free} adresses sont libres, il en faut {needed}", en=f"{free} addresses are free, {needed} are needed"
    )


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les autres postes gardent leur réservation, leur bail et leur adresse ; les téléphones, leur bail.",
    en="The other workstations keep their reservation, lease and address; the phones keep their lease.",
    timeout=90,
)
def test_desks(lab):
    def served(pc):
        address, own = RESERVED[pc], f"{RESERVED[pc]}/24"
        missing = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
        lab.wait(
            lambda: lab.client(pc).addresses("eth0"),
            within=SOON,
            what=missing,
            unless=lambda: no_lease_to_come(lab, pc),
        )
        seen = lab.client(pc).addresses("eth0")
        assert seen == (own,), reason(
            fr=f"{pc} : {addresses_in_words(seen)} au lieu de {own}",
            en=f"{pc} has {addresses_in_words(seen)} instead of {own}",
        )
        by = ifupdown_methods(lab.host(pc), "eth0")
        assert by == ["dhcp"], reason(
            fr=f"{pc} configure eth0 par {listed(by)}, et non par dhcp",
            en=f"{pc} sets eth0 up by {listed(by)}, not by dhcp",
        )
        assert leases(lab).get(address) == lab.values["lab"].hosts[pc].mac, reason(
            fr=f"le serveur a oublié le bail de {pc}", en=f"the server has forgotten the lease of {pc}"
        )
        none = reason(
            fr=f"{pc} ne se verrait proposer aucune adresse au lieu de {address}",
            en=f"{pc} would be offered no address instead of {address}",
        )
        offered = offer(lab, pc, none)["ip_address"]
        assert offered == address, reason(
            fr=f"{pc} se verrait proposer {offered} au lieu de {address}",
            en=f"{pc} would be offered {offered} instead of {address}",
        )

    concurrently(served, RESERVED)
    known = leases(lab)
    for address, mac in phones(lab).items():
        assert known.get(address) == mac, reason(
            fr=f"le serveur a oublié que {address} est utilisée par un téléphone",
            en=f"the server has forgotten that {address} is in use by a phone",
        )
    reservations = reservations_of(office_scope(lab))
    for pc, address in RESERVED.items():
        assert reservations.get(lab.values["lab"].hosts[pc].mac) == address, reason(
            fr=f"la réservation de {pc} ({address}) a disparu", en=f"the reservation of {pc} ({address}) is gone"
        )


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="L'étendue ne donne que les adresses que le plan d'adressage prévoit pour elle, et le serveur retient ses baux.",
    en="The pool gives only the addresses that the address plan has for it, and the server remembers its leases.",
    host="srv1",
    lock="",
)
def test_address_plan(lab):
    beyond = sorted(a for a in addresses_of(office_scope(lab)) if not FIRST <= a <= LAST)
    assert not beyond, reason(
        fr=f"l'étendue donne {beyond[0]}, qui n'est pas pour les visiteurs",
        en=f"the pool gives {beyond[0]}, which is not for visitors",
    )
    database = dhcp_configuration(lab).get("lease-database", {})
    assert database.get("persist", True), reason(
        fr="le serveur oublie ses baux quand il redémarre", en="the server forgets its leases when it restarts"
    )
    for host, name in (("srv1", "kea-dhcp4-server"), ("srv1", "named"), ("r1", "isc-dhcp-relay")):
        assert_service_lasts(lab, host, name)
