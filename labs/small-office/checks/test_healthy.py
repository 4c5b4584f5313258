"""Is the small office healthy? Asked from where the clients are."""

import time

import pytest

from grader import check

ADDRESSES = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}
WELCOME = "Bienvenue sur l'intranet de la menuiserie Valbocage."


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
    rows = lab.host("srv1").file("/var/lib/kea/kea-leases4.csv").content_string.splitlines()[1:]
    leases = {row.split(",")[0]: row.split(",") for row in rows}  # the last row of an address counts
    assert ADDRESSES[pc] in leases, f"no lease of {ADDRESSES[pc]}"
    _, mac, _, _, expires, *_ = leases[ADDRESSES[pc]]
    assert mac == lab.values["lab"].hosts[pc].mac, f"{ADDRESSES[pc]} belongs to {mac}"
    assert int(expires) > time.time(), f"the lease of {ADDRESSES[pc]} has expired"


@check(
    "guard",
    fr="Vu des bureaux, chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Seen from the office, every machine has its name in DNS, and its reverse name.",
)
def test_names_both_ways(lab):
    office, server = lab.probe("office"), lab.address("srv1")
    for name, address in names(lab).items():
        fqdn = f"{name}.{lab.domain}"
        there, back = office.resolve(fqdn, server), office.resolve(address, server, "PTR")
        assert there.records == (address,), f"{fqdn}: {there}"
        assert back.records == (fqdn,), f"{address}: {back}"


@pytest.mark.parametrize("pc", ADDRESSES)
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
