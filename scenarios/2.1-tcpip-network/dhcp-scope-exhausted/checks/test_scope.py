"""Has the DHCP server room for those who come again, for good, without taking anything from those who were there?"""

import ipaddress
import json
import re
import time

from grader import check, ifupdown_methods, lines_in, scaled_timeout

RESERVED = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}
FIRST, LAST = ipaddress.IPv4Address("192.168.10.100"), ipaddress.IPv4Address("192.168.10.199")
"""The pool by the company's address plan."""
HOUR = 3600
WELCOME = "Bienvenue sur l'intranet de la menuiserie Valbocage."
SOON = 30
"""Seconds that a workstation may need for its lease after the last action."""
NEWCOMER = "00:76:69:73:69:74:65:75:72"
"""The client identifier of a visitor whom the server has never seen."""


def configuration(lab):
    """Return Kea's configuration without its comments; a text in quotes may hold what looks like one."""
    text = lab.host("srv1").file("/etc/kea/kea-dhcp4.conf").content_string
    plain = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|#[^\n]*|/\*.*?\*/', lambda m: m[1] or "", text, flags=re.DOTALL)
    return json.loads(re.sub(r",(?=\s*[\]}])", "", plain))["Dhcp4"]


def office(lab):
    """Return the configuration of the office's subnet."""
    found = [s for s in configuration(lab)["subnet4"] if s["subnet"] == "192.168.10.0/24"]
    assert len(found) == 1, f"the office has {len(found)} scopes in the server's configuration"
    return found[0]


def addresses_of(subnet):
    """Return every address of a subnet's pools."""
    found = set()
    for entry in subnet.get("pools", ()):
        first, dash, last = entry["pool"].partition("-")
        if dash:
            low, high = (int(ipaddress.IPv4Address(end.strip())) for end in (first, last))
            found |= {ipaddress.IPv4Address(number) for number in range(low, high + 1)}
        else:
            found |= set(ipaddress.IPv4Network(first.strip()))
    return found


def leases(lab):
    """Return the leases that run: address -> hardware address."""
    last = {}
    for row in lines_in(lab.host("srv1").file("/var/lib/kea/kea-leases4.csv").content_string)[1:]:
        address, hardware, _, lifetime, expires, *rest = row.split(",")
        runs = int(lifetime) and int(expires) > time.time() and rest[4] == "0"
        last[address] = hardware if runs else None  # the last row of an address counts
    return {address: hardware for address, hardware in last.items() if hardware}


def phones(lab):
    """Return the leases of the workshop's phones, which are in use: address -> hardware address."""
    count = lab.values["last"] - 99 if lab.values["cause"] == "small-pool" else 2
    return {f"192.168.10.{100 + number}": f"02:7a:5c:01:00:{number:02x}" for number in range(count)}


def offer(lab, pc, *options):
    """Return what the DHCP server offers to somebody on a workstation's cable who asks and takes nothing."""
    asked = lab.client(pc).run(("timeout", str(scaled_timeout(10)), "dhcpcd", "-T", "-4", *options, "eth0"), timeout=20)
    return dict(re.findall(r"^new_(\w+)='([^']*)'", asked.stdout, re.MULTILINE))


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Le poste de la salle de réunion (pc3) reçoit son adresse par DHCP, dans l'étendue, et ouvre l'intranet.",
    en="The meeting room's workstation (pc3) gets its address by DHCP, of the pool, and opens the intranet.",
    host="pc3",
    because="pc3 has",
    timeout=90,
)
def test_meeting_room(lab):
    client, mac = lab.client("pc3"), lab.values["lab"].hosts["pc3"].mac

    def leased():
        own = {address for address, hardware in leases(lab).items() if hardware == mac}
        seen = client.addresses("eth0")
        assert seen, "pc3 has no address"
        assert len(seen) == 1, f"pc3 has {len(seen)} addresses: {', '.join(seen)}"
        address = seen[0].partition("/")[0]
        assert address in own, f"pc3 has {address}, which the server has not leased to it"
        assert FIRST <= ipaddress.IPv4Address(address) <= LAST, f"pc3 has {address}, which is not for visitors"
        return True

    lab.wait(leased, within=SOON)
    assert ifupdown_methods(lab.host("pc3"), "eth0") == ["dhcp"], "pc3 has an address that was set by hand"
    page = client.http_get(f"http://intranet.{lab.domain}/", timeout=10)
    assert page.status == 200, f"the intranet does not open on pc3: {page.problem or page.status}"
    assert WELCOME in page.body, "another page answers"


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Un visiteur de plus se voit offrir une adresse de l'étendue, pour la journée.",
    en="One visitor more is offered an address of the pool, for the day.",
    host="srv1",
    because="is offered no address",
    timeout=60,
)
def test_newcomer(lab):
    offered = offer(lab, "pc3", "-I", NEWCOMER)
    assert "ip_address" in offered, "a visitor who has just come is offered no address"
    assert FIRST <= ipaddress.IPv4Address(offered["ip_address"]) <= LAST, (
        f"a visitor is offered {offered['ip_address']}"
    )
    assert offered.get("routers") == lab.address("r1", "eth0"), f"the gateway offered is {offered.get('routers')}"
    servers = offered.get("domain_name_servers")
    assert servers == lab.address("srv1"), f"the name server offered is {servers}"
    lasts = int(offered["dhcp_lease_time"])
    assert lasts <= 24 * HOUR, f"an address is given for {lasts / HOUR:.0f} hours: those who left would keep theirs"
    assert lasts >= HOUR, f"an address is given for {lasts} seconds only: everybody asks again all the time"


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="L'étendue a encore de la place pour {{ visitors }} participants.",
    en="The pool has room for {{ visitors }} more participants.",
    host="srv1",
    because="free",
)
def test_room_for_all(lab):
    subnet = office(lab)
    reserved = {r.get("ip-address") for r in subnet.get("reservations", ())}
    taken = {ipaddress.IPv4Address(a) for a in (*leases(lab), *reserved) if a}
    free = len({a for a in addresses_of(subnet) if FIRST <= a <= LAST} - taken)
    needed = lab.values["visitors"]
    assert free >= needed, f"{free} addresses are free, {needed} are needed"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les postes des bureaux gardent leur réservation, leur bail et leur adresse ; les téléphones, leur bail.",
    en="The desks keep their reservation, their lease and their address; the phones keep their lease.",
    timeout=90,
)
def test_desks(lab):
    known = leases(lab)
    for pc, address in RESERVED.items():
        mac = lab.values["lab"].hosts[pc].mac
        lab.wait(lambda pc=pc: lab.client(pc).addresses("eth0"), within=SOON, what=f"{pc} has an address")
        assert lab.client(pc).addresses("eth0") == (f"{address}/24",), f"{pc} has another address"
        assert ifupdown_methods(lab.host(pc), "eth0") == ["dhcp"], f"{pc} is not set up by dhcp any more"
        assert known.get(address) == mac, f"the server has forgotten the lease of {pc}"
        offered = offer(lab, pc).get("ip_address")
        assert offered == address, f"{pc} would be offered {offered or 'no address'} instead of {address}"
    for address, mac in phones(lab).items():
        assert known.get(address) == mac, f"the server has forgotten that {address} is in use by a phone"
    reservations = {r.get("hw-address"): r.get("ip-address") for r in office(lab).get("reservations", ())}
    for pc, address in RESERVED.items():
        assert reservations.get(lab.values["lab"].hosts[pc].mac) == address, f"the reservation of {pc} is gone"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="L'étendue ne donne que les adresses que le plan d'adressage prévoit pour elle, et le serveur retient ses baux.",
    en="The pool gives only the addresses that the address plan has for it, and the server remembers its leases.",
    host="srv1",
)
def test_address_plan(lab):
    beyond = sorted(a for a in addresses_of(office(lab)) if not FIRST <= a <= LAST)
    assert not beyond, f"the pool gives {beyond[0]}, which is not for visitors"
    database = configuration(lab).get("lease-database", {})
    assert database.get("persist", True), "the server forgets its leases when it restarts"
    for host, name in (("srv1", "kea-dhcp4-server"), ("srv1", "named"), ("r1", "isc-dhcp-relay")):
        service = lab.host(host).service(name)
        assert service.is_running, f"{name} does not run on {host}"
        assert service.is_enabled, f"{name} does not start with {host}"
