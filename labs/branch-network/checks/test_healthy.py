"""Is the network of both sites healthy? Asked from where its users are, then device by device."""

import time

import pytest

from grader import check, lines_in
from lab_tools import asked, reverse_path, route, switch_ports

PCS = {
    "pc1": ("10.10.10.51", "10.10.10.1", "compta", "planning"),
    "pc2": ("10.10.30.52", "10.10.30.1", "planning", "compta"),
    "pc3": ("10.20.10.53", "10.20.10.1", "planning", "compta"),
}
"""Each workstation's address and gateway, the application that is for its users and the one that is not."""
PAGES = {"intranet": "Bienvenue sur l'intranet", "compta": "Factures à valider", "planning": "Tournées du jour"}
NEIGHBOURS = {
    "r1": {"eth3": "10.0.0.2", "eth4": "10.0.0.3"},
    "r2": {"eth1": "10.0.0.1", "eth2": "10.0.0.3"},
    "r3": {"eth0": "10.0.0.1", "eth1": "10.0.0.2"},
}
"""The router id of the neighbour on each OSPF link."""
LANS = {"r1": ("eth0", "eth1", "eth2"), "r2": ("eth0",)}
ROUTES = {
    "r1": {"10.20.10.0/24": "10.0.12.2"},
    "r2": {"10.10.10.0/24": "10.0.12.1", "10.10.20.0/24": "10.0.12.1", "10.10.30.0/24": "10.0.12.1"},
    "r3": {"10.10.20.0/24": "10.0.13.1", "10.20.10.0/24": "10.0.23.2"},
}
VLANS = {
    "sw1": {"eth0": (10, 30), "eth1": 10, "eth2": 20, "eth3": 30, "eth4": 20, "eth5": 20},
    "sw2": {"eth0": (10, 30), "eth1": 10, "eth2": 30},
}
"""The VLAN of each access port, and those that a trunk carries."""
SERVICES = (
    ("r1", "frr"),
    ("r1", "isc-dhcp-relay"),
    ("r2", "frr"),
    ("r2", "isc-dhcp-relay"),
    ("r3", "frr"),
    ("sw1", "ovs-vswitchd"),
    ("sw2", "ovs-vswitchd"),
    ("srv1", "kea-dhcp4-server"),
    ("srv1", "named"),
    ("web1", "nginx"),
)
SOON = 30.0
"""Seconds until something must be so, on a machine that has other things to do as well."""


@pytest.mark.parametrize("pc", PCS)
@check(
    "guard",
    fr="{{ pc }} reçoit son adresse, sa passerelle et son résolveur par DHCP.",
    en="{{ pc }} gets its address, gateway and resolver by DHCP.",
)
def test_configured_by_dhcp(lab, pc):
    client, (address, gateway, *_) = lab.client(pc), PCS[pc]
    lab.wait(lambda: client.addresses("eth0") == (f"{address}/24",), within=SOON, what=f"{pc} has {address}")
    assert client.gateway() == gateway, f"{pc}: the gateway is {client.gateway()}"
    assert client.resolvers() == (lab.address("srv1"),), f"{pc}: the resolvers are {client.resolvers()}"


@pytest.mark.parametrize("pc", PCS)
@check(
    "guard",
    fr="Le serveur DHCP connaît le bail de {{ pc }}.",
    en="The DHCP server knows the lease of {{ pc }}.",
    host="srv1",
)
def test_lease_on_the_server(lab, pc):
    rows = lines_in(lab.host("srv1").file("/var/lib/kea/kea-leases4.csv").content_string)[1:]
    leases = {row.split(",")[0]: row.split(",") for row in rows}  # the last row of an address counts
    address = PCS[pc][0]
    assert address in leases, f"no lease of {address}"
    _, mac, _, _, expires, *_ = leases[address]
    assert mac == lab.values["lab"].hosts[pc].mac, f"{address} belongs to {mac}"
    assert int(expires) > time.time(), f"the lease of {address} has expired"


@pytest.mark.parametrize("pc", PCS)
@check(
    "guard",
    fr="{{ pc }} ouvre l'intranet et son application par leur nom, et pas l'application des autres.",
    en="{{ pc }} opens the intranet and its application by their names, and not the application of others.",
)
def test_applications(lab, pc):
    client, (*_, own, foreign) = lab.client(pc), PCS[pc]
    for name, status in (("intranet", 200), (own, 200), (foreign, 403)):

        def answers(name=name, status=status):
            page = client.http_get(f"http://{name}.{lab.domain}/")
            assert page.status == status, f"{name} answers {page.status or page.problem} to {pc}"
            assert status != 200 or PAGES[name] in page.body, f"{name}: the page is another one"
            return True

        lab.wait(answers, within=SOON)


@check(
    "guard",
    fr="Des deux sites, chaque machine a son nom dans le DNS, et son nom inverse.",
    en="From both sites every machine has its name in DNS, and its reverse name.",
    timeout=90,
)
def test_names_both_ways(lab):
    names = {pc: address for pc, (address, *_) in PCS.items()}
    names |= {"srv1": lab.address("srv1"), "web1": lab.address("web1"), "r1": lab.address("r1", "eth1")}
    names |= {"r2": lab.address("r2"), "r3": lab.address("r3")}
    server = lab.address("srv1")
    for segment in ("branch", "desk-admin"):
        place = lab.probe(segment)
        for name, address in names.items():

            def known(name=name, address=address, place=place):
                there, back = place.resolve(f"{name}.{lab.domain}", server), place.resolve(address, server, "PTR")
                assert there.records == (address,), f"{name}: {there}"
                assert back.records == (f"{name}.{lab.domain}",), f"{address}: {back}"
                return True

            lab.wait(known, within=SOON)


@check(
    "guard",
    fr="De grands paquets passent entiers d'un site à l'autre, dans les deux sens.",
    en="Large packets pass whole from one site to the other, in both directions.",
)
def test_large_packets(lab):
    for segment, target in (("branch", lab.address("web1")), ("servers-web1", PCS["pc3"][0])):
        answer = lab.probe(segment).ping(target, within=15, size=1472)
        assert answer, f"{segment} to {target}: {answer.problem}"


@pytest.mark.parametrize("router", NEIGHBOURS)
@check(
    "guard",
    fr="{{ router }} a ses deux voisins OSPF, et n'en cherche aucun du côté des utilisateurs.",
    en="{{ router }} has its two OSPF neighbours, and looks for none on the users' side.",
    host="{{ router }}",
)
def test_ospf_neighbours(lab, router):
    def all_there():
        shown = asked(lab, router, "show ip ospf neighbor").get("neighbors", {})
        full = {
            n["ifaceName"].partition(":")[0]: identity
            for identity, entries in shown.items()
            for n in entries
            if n["nbrState"].startswith("Full/")
        }
        assert full == NEIGHBOURS[router], f"the neighbours of {router} are {full}"
        return True

    lab.wait(all_there, within=SOON)
    interfaces = asked(lab, router, "show ip ospf interface")["interfaces"]
    for name in LANS.get(router, ()):
        assert interfaces[name].get("timerPassiveIface"), f"{router} sends hellos on {name}"
    assert {settings["area"] for settings in interfaces.values()} == {"0.0.0.0"}, "not all is in area 0"


@pytest.mark.parametrize("router", ROUTES)
@check(
    "guard",
    fr="{{ router }} a appris par OSPF le chemin direct vers l'autre site, sans route statique.",
    en="{{ router }} has learnt the direct way to the other site by OSPF, without a static route.",
    host="{{ router }}",
)
def test_routes(lab, router):
    host = lab.host(router)
    for network, hop in ROUTES[router].items():

        def learnt(network=network, hop=hop):
            way = route(lab, router, network)
            assert way == hop, f"{router} to {network}: {way}"
            return True

        lab.wait(learnt, within=SOON)
    written = host.check_output("vtysh -c 'show running-config'") + host.file("/etc/frr/frr.conf").content_string
    assert "\nip route " not in written, f"{router} has a static route"


@check(
    "guard",
    fr="La liaison de secours refuse ce dont le retour ne passerait pas par elle.",
    en="The backup link refuses what would not go back through it.",
)
def test_reverse_path(lab):
    for router, interface in (("r1", "eth4"), ("r2", "eth2")):
        seen = reverse_path(lab, router, interface)
        assert seen == "strict", f"{router}: rp_filter of {interface} is {seen}"


@pytest.mark.parametrize("switch", VLANS)
@check(
    "guard",
    fr="Les ports de {{ switch }} sont dans leurs VLAN.",
    en="The ports of {{ switch }} are in their VLANs.",
    host="{{ switch }}",
)
def test_vlans(lab, switch):
    ports = {}
    for name, tag, trunks in switch_ports(lab, switch, "name,tag,trunks"):
        carried = trunks[1] if isinstance(trunks, list) else [trunks]
        ports[name] = tag if isinstance(tag, int) else tuple(carried)
    del ports["br0"]
    assert ports == VLANS[switch], f"{switch}: {ports}"


@check(
    "guard",
    fr="Les VLAN sont séparés : pc1 n'atteint pc2 qu'à travers le routeur.",
    en="The VLANs are apart: pc1 reaches pc2 through the router only.",
)
def test_vlans_are_apart(lab):
    client = lab.client("pc1")
    asked_for = client.run(["arping", "-D", "-c", "2", "-w", "2", "-I", "eth0", PCS["pc2"][0]])
    assert "Received 0 response" in asked_for.stdout, f"pc2 answers pc1 directly: {asked_for.stdout}"
    assert client.ping(PCS["pc2"][0], within=15), "pc1 does not reach pc2 at all"


@pytest.mark.parametrize(("host", "name"), SERVICES)
@check(
    "guard",
    fr="Le service {{ name }} de {{ host }} fonctionne et démarre avec la machine.",
    en="The service {{ name }} of {{ host }} runs and starts with the machine.",
    host="{{ host }}",
)
def test_service(lab, host, name):
    service = lab.host(host).service(name)
    assert service.is_running, f"{name} does not run on {host}"
    assert service.is_enabled, f"{name} does not start with {host}"
