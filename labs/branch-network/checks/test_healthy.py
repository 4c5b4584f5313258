"""Is the network of both sites healthy? Asked from where its users are, then device by device."""

import time
from functools import partial

import pytest

from grader import check, concurrently, lines_in, reason
from lab_tools import (
    FILTERS,
    PAGES,
    PATIENCE,
    PC3,
    PCS,
    SOON,
    assert_configured_by_dhcp,
    assert_frr_answers,
    assert_own_neighbours,
    assert_page,
    known_way,
    listed,
    reverse_path,
    switch_ports,
    told,
)

ROUTERS = ("r1", "r2", "r3")
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


@pytest.mark.parametrize("pc", PCS)
@check(
    "guard",
    fr="{{ pc }} reçoit son adresse, sa passerelle et son résolveur par DHCP.",
    en="{{ pc }} gets its address, gateway and resolver by DHCP.",
)
def test_configured_by_dhcp(lab, pc):
    assert_configured_by_dhcp(lab, pc)


@pytest.mark.parametrize("pc", PCS)
@check(
    "guard",
    fr="Le serveur DHCP connaît le bail de {{ pc }}.",
    en="The DHCP server knows the lease of {{ pc }}.",
    host="srv1",
    lock="",
)
def test_lease_on_the_server(lab, pc):
    rows = lines_in(lab.host("srv1").file("/var/lib/kea/kea-leases4.csv").content_string)[1:]
    leases = {row.split(",")[0]: row.split(",") for row in rows}  # the last row of an address counts
    address, decided = PCS[pc][0], lab.values["lab"].hosts[pc].mac
    assert address in leases, reason(fr=f"aucun bail de {address}", en=f"no lease of {address}")
    _, mac, _, _, expires, *_ = leases[address]
    assert mac == decided, reason(
        fr=f"{address} est à {mac}, et non à {decided}", en=f"{address} belongs to {mac}, not to {decided}"
    )
    assert int(expires) > time.time(), reason(
        fr=f"le bail de {address} a expiré", en=f"the lease of {address} has expired"
    )


@pytest.mark.parametrize("pc", PCS)
@check(
    "guard",
    fr="{{ pc }} ouvre l'intranet et son application par leur nom, et pas l'application des autres.",
    en="{{ pc }} opens the intranet and its application by name, and not the application of others.",
)
def test_applications(lab, pc):
    client, (*_, own, foreign) = lab.client(pc), PCS[pc]
    decided = {"intranet": 200, own: 200, foreign: 403}

    def all_answer():
        pages = concurrently(lambda name: client.http_get(f"http://{name}.{lab.domain}/", timeout=PATIENCE), decided)
        for (name, status), page in zip(decided.items(), pages, strict=True):
            unlike = reason(fr=f"{name} ne répond pas {status} à {pc}", en=f"{name} does not answer {status} to {pc}")
            assert_page(page, unlike, status, PAGES[name] if status == 200 else "")
        return True

    lab.wait(all_answer, within=SOON)


@check(
    "guard",
    fr="Des deux sites, chaque machine a son nom dans le DNS, et son nom inverse.",
    en="From both sites every machine has its name in DNS, and its reverse name.",
)
def test_names_both_ways(lab):
    names = {pc: address for pc, (address, *_) in PCS.items()}
    names |= {"srv1": lab.address("srv1"), "web1": lab.address("web1"), "r1": lab.address("r1", "eth1")}
    names |= {"r2": lab.address("r2"), "r3": lab.address("r3")}
    server = lab.address("srv1")

    def known(question):
        segment, name, address = question
        place = lab.probe(segment)

        def both_ways():
            there, back = place.resolve(f"{name}.{lab.domain}", server), place.resolve(address, server, "PTR")
            for asked, answer, decided in ((name, there, address), (address, back, f"{name}.{lab.domain}")):
                words = listed((answer.status or reason(fr="aucune réponse", en="no answer"), *answer.records))
                assert answer.records == (decided,), reason(
                    fr=f"{asked} n'est pas {decided} dans le DNS : {words}",
                    en=f"{asked} is not {decided} in DNS: {words}",
                )
            return True

        lab.wait(both_ways, within=SOON)

    concurrently(known, [(segment, *entry) for segment in ("branch", "desk-admin") for entry in names.items()])


@check(
    "guard",
    fr="De grands paquets passent entiers d'un site à l'autre, dans les deux sens.",
    en="Large packets pass whole from one site to the other, in both directions.",
)
def test_large_packets(lab):
    def passes(way):
        segment, target = way
        answer = lab.probe(segment).ping(target, within=SOON, size=1472)
        assert answer, reason(
            fr=f"un grand paquet de {segment} n'atteint pas {target} : {answer.problem}",
            en=f"a large packet from {segment} does not reach {target}: {answer.problem}",
        )

    concurrently(passes, (("branch", lab.address("web1")), ("servers-web1", PC3)))


@pytest.mark.parametrize("router", ROUTERS)
@check(
    "guard",
    fr="{{ router }} a ses deux voisins OSPF, et n'en cherche aucun du côté des utilisateurs.",
    en="{{ router }} has its two OSPF neighbours, and looks for none on the users' side.",
    host="{{ router }}",
    lock="",
)
def test_ospf_neighbours(lab, router):
    interfaces = assert_own_neighbours(lab, router)
    for name in LANS.get(router, ()):
        assert interfaces.get(name, {}).get("timerPassiveIface"), reason(
            fr=f"{router} envoie des hello sur {name}, ou n'en annonce pas le réseau",
            en=f"{router} sends hellos on {name}, or does not announce its network",
        )
    areas = listed(sorted({settings["area"] for settings in interfaces.values()}))
    assert areas == "0.0.0.0", reason(
        fr=f"{router} n'est pas tout entier dans l'aire 0.0.0.0 : {areas}",
        en=f"not all of {router} is in area 0.0.0.0: {areas}",
    )


@pytest.mark.parametrize("router", ROUTES)
@check(
    "guard",
    fr="{{ router }} a appris par OSPF le chemin direct vers l'autre site, sans route statique.",
    en="{{ router }} has learnt the direct way to the other site from OSPF, with no static route.",
    host="{{ router }}",
    lock="",
)
def test_routes(lab, router):
    def learnt():
        (known,) = told(lab, router, "show ip route")
        for network, hop in ROUTES[router].items():
            way = known_way(known, network)
            assert way == hop, reason(
                fr=f"{router} ne va pas vers {network} par {hop} : {way}",
                en=f"{router} does not go to {network} by {hop}: {way}",
            )
        assert_frr_answers(lab, router)
        return True

    lab.wait(learnt, within=SOON)
    host = lab.host(router)
    written = host.check_output("vtysh -c 'show running-config'") + host.file("/etc/frr/frr.conf").content_string
    assert "\nip route " not in written, reason(fr=f"{router} a une route statique", en=f"{router} has a static route")


@check(
    "guard",
    fr="La liaison de secours refuse ce dont le retour ne passerait pas par elle.",
    en="The backup link refuses packets whose reply would not go back over it.",
)
def test_reverse_path(lab):
    for router, interface in (("r1", "eth4"), ("r2", "eth2")):
        seen = reverse_path(lab, router, interface)
        assert seen == "strict", reason(
            fr=f"{router} : le filtre (rp_filter) d'{interface} est {FILTERS[seen]}, et non strict",
            en=f"{router}: rp_filter of {interface} is {FILTERS[seen]}, not strict",
        )


@pytest.mark.parametrize("switch", VLANS)
@check(
    "guard",
    fr="Les ports de {{ switch }} sont dans leurs VLAN.",
    en="The ports of {{ switch }} are in their VLANs.",
    host="{{ switch }}",
    lock="",
)
def test_vlans(lab, switch):
    ports = {}
    for name, tag, trunks in switch_ports(lab, switch, "name,tag,trunks"):
        carried = trunks[1] if isinstance(trunks, list) else [trunks]
        ports[name] = tag if isinstance(tag, int) else tuple(carried)
    del ports["br0"]
    wrong = listed(sorted(n for n in ports.keys() | VLANS[switch].keys() if ports.get(n) != VLANS[switch].get(n)))
    assert ports == VLANS[switch], reason(
        fr=f"{switch} : ports qui ne sont pas comme décidé : {wrong}", en=f"{switch}: ports not as decided: {wrong}"
    )


@check(
    "guard",
    fr="Les VLAN sont séparés : pc1 n'atteint pc2 qu'à travers le routeur.",
    en="The VLANs are apart: pc1 reaches pc2 only through the router.",
)
def test_vlans_are_apart(lab):
    client, target = lab.client("pc1"), PCS["pc2"][0]
    directly, routed = concurrently(
        lambda ask: ask(),
        (
            partial(client.run, ["arping", "-D", "-c", "2", "-w", "2", "-I", "eth0", target]),
            partial(client.ping, target, within=SOON),
        ),
    )
    assert "Received 0 response" in directly.stdout, reason(
        fr=f"pc2 répond directement à pc1 : {directly.stdout.strip()}",
        en=f"pc2 answers pc1 directly: {directly.stdout.strip()}",
    )
    assert routed, reason(
        fr=f"pc1 n'atteint pas du tout pc2 : {routed.problem}", en=f"pc1 does not reach pc2 at all: {routed.problem}"
    )


@pytest.mark.parametrize(("host", "name"), SERVICES)
@check(
    "guard",
    fr="Le service {{ name }} de {{ host }} fonctionne et démarre avec la machine.",
    en="The service {{ name }} of {{ host }} runs and starts with the machine.",
    host="{{ host }}",
    lock="",
)
def test_service(lab, host, name):
    service = lab.host(host).service(name)
    assert service.is_running, reason(fr=f"{name} ne fonctionne pas sur {host}", en=f"{name} does not run on {host}")
    assert service.is_enabled, reason(fr=f"{name} ne démarre pas avec {host}", en=f"{name} does not start with {host}")
