"""Is the small office healthy? Asked from where the clients are."""

import ipaddress
import re
import time

import pytest

from grader import check, lines_in, scaled_timeout

ADDRESSES = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}
WORKSTATIONS = (*ADDRESSES, "pc3")
POOL = ("192.168.10.100", "192.168.10.199")
DRAWING = "/plans/escalier-saint-aubin.dxf"
WELCOME = "Bienvenue sur l'intranet de la menuiserie Valbocage."


def in_pool(address):
    first, last = map(ipaddress.IPv4Address, POOL)
    return first <= ipaddress.IPv4Address(address) <= last


def names(lab):
    """Return the names of the company with their addresses."""
    return {name: ADDRESSES.get(name) or lab.address(name) for name in ("r1", "srv1", "web1", "pc1", "pc2")}


@pytest.mark.parametrize("pc", ADDRESSES)
@check(
    "guard",
    fr="{{ pc }} reçoit son adresse, sa passerelle et son résolveur par DHCP.",
    en="{{ pc }} gets its address, gateway and resolver by DHCP.",
)
def test_configured_by_dhcp(lab, pc):
    client = lab.client(pc)
    address = f"{ADDRESSES[pc]}/24"
    lab.wait(lambda: address in client.addresses("eth0"), what=f"{pc} has {address}")
    assert client.gateway() == lab.address("r1", "eth0"), f"{pc}: the gateway is {client.gateway()}"
    assert client.resolvers() == (lab.address("srv1"),), f"{pc}: the resolvers are {client.resolvers()}"


@pytest.mark.parametrize("pc", ADDRESSES)
@check(
    "guard",
    fr="Le serveur DHCP connaît le bail de {{ pc }}.",
    en="The DHCP server knows the lease of {{ pc }}.",
    host="srv1",
)
def test_lease_on_the_server(lab, pc):
    rows = lines_in(lab.host("srv1").file("/var/lib/kea/kea-leases4.csv").content_string)[1:]
    leases = {row.split(",")[0]: row.split(",") for row in rows}  # the last row of an address counts
    assert ADDRESSES[pc] in leases, f"no lease of {ADDRESSES[pc]}"
    _, mac, _, _, expires, *_ = leases[ADDRESSES[pc]]
    assert mac == lab.values["lab"].hosts[pc].mac, f"{ADDRESSES[pc]} belongs to {mac}"
    assert int(expires) > time.time(), f"the lease of {ADDRESSES[pc]} has expired"


@check(
    "guard",
    fr="Vu des bureaux, chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Seen from the office, every machine has its name in DNS, and its reverse name.",
    timeout=90,
)
def test_names_both_ways(lab):
    office, server = lab.probe("office"), lab.address("srv1")
    for name, address in names(lab).items():
        fqdn = f"{name}.{lab.domain}"
        there, back = office.resolve(fqdn, server), office.resolve(address, server, "PTR")
        assert there.records == (address,), f"{fqdn}: {there}"
        assert back.records == (fqdn,), f"{address}: {back}"


@check(
    "guard",
    fr="Le poste de la salle de réunion et un visiteur reçoivent une adresse de l'étendue pour moins d'un jour.",
    en="The meeting room's workstation and a visitor get an address of the pool for less than a day.",
    host="pc3",
)
def test_pool(lab):
    client = lab.client("pc3")
    lab.wait(lambda: client.addresses("eth0"), within=15, what="pc3 has an address")
    (address,) = client.addresses("eth0")
    assert in_pool(address.partition("/")[0]), f"pc3 has {address}"
    assert client.gateway() == lab.address("r1", "eth0"), f"pc3: the gateway is {client.gateway()}"
    assert client.resolvers() == (lab.address("srv1"),), f"pc3: the resolvers are {client.resolvers()}"
    # A client with an identity that the server has never seen asks, and leaves it at that.
    asked = client.run(
        ("timeout", str(scaled_timeout(10)), "dhcpcd", "-T", "-4", "-I", "00:68:65:61:6c:74:68", "eth0"), timeout=20
    )
    offered = dict(re.findall(r"^new_(\w+)='([^']*)'", asked.stdout, re.MULTILINE))
    assert "ip_address" in offered, "a visitor is offered no address"
    assert in_pool(offered["ip_address"]), f"a visitor is offered {offered['ip_address']}"
    assert int(offered["dhcp_lease_time"]) < 24 * 3600, f"a lease lasts {offered['dhcp_lease_time']} seconds"


@pytest.mark.parametrize("pc", WORKSTATIONS)
@check(
    "guard",
    fr="La liaison de {{ pc }} porte tous les paquets de pleine taille, et le plan de l'escalier arrive entier.",
    en="The link of {{ pc }} carries all packets of full size, and the drawing of the staircase arrives whole.",
)
def test_links(lab, pc):
    client = lab.client(pc)
    lab.wait(lambda: client.addresses("eth0"), within=15, what=f"{pc} has an address")
    router = lab.address("r1", "eth0")
    assert client.ping(router, size=1472), f"{pc}: a packet of full size does not reach the router"
    volley = ("-n", "-q", "-M", "do", "-s", "1472", "-l", "30", "-c", "30", "-w", "5")
    seen = client.run(("ping", *volley, router), timeout=15).stdout
    assert " 0% packet loss" in seen, f"{pc}: {seen.strip()}"
    wanted = ("--output", "/dev/null", "--max-time", str(scaled_timeout(15)), "--write-out", "%{http_code}")
    got = client.run(("curl", "--silent", *wanted, f"http://intranet.{lab.domain}{DRAWING}"), timeout=30)
    assert (got.status, got.stdout) == (0, "200"), f"{pc} does not get the drawing in time: {got.status}, {got.stdout}"


@pytest.mark.parametrize("pc", WORKSTATIONS)
@check(
    "guard",
    fr="L'intranet s'ouvre par son nom depuis {{ pc }}.",
    en="The intranet opens by its name from {{ pc }}.",
)
def test_intranet_by_name(lab, pc):
    page = lab.client(pc).http_get(f"http://intranet.{lab.domain}/")
    assert page.status == 200, page
    assert WELCOME in page.body, "the page is not the company's"


@check(
    "guard",
    fr="Les deux réseaux se joignent à travers le routeur.",
    en="The two networks reach each other through the router.",
)
def test_routing(lab):
    assert lab.probe("office").ping(lab.address("web1")), "web1 cannot be reached from the office"
    for pc, address in ADDRESSES.items():
        assert lab.probe("servers").ping(address), f"{pc} cannot be reached from the server room"


@check(
    "guard",
    fr="Les services démarrent avec les serveurs et fonctionnent.",
    en="The services start with the servers and run.",
)
def test_services(lab):
    expected = {"r1": "isc-dhcp-relay", "srv1": "kea-dhcp4-server", "web1": "nginx"}
    for host, name in (*expected.items(), ("srv1", "named")):
        service = lab.host(host).service(name)
        assert service.is_running, f"{name} does not run on {host}"
        assert service.is_enabled, f"{name} does not start with {host}"
