"""Has the workstation its own network again, through its socket, and are the VLANs apart as they were planned?"""

from functools import partial

from grader import check, concurrently, reason
from lab_tools import (
    LEASE,
    PATIENCE,
    PCS,
    assert_configured_by_dhcp,
    assert_opens,
    assert_page,
    switch_ports,
    told_ports,
)

SOCKETS = {"pc1": ("desk-admin", "eth1", "eth1"), "pc2": ("desk-dispatch", "eth2", "eth3")}
"""Each workstation's wall socket, the port of sw2 that it leads to, and the port of sw1 that its gateway is on."""
PORTS = {
    "sw1": {"eth0": {10, 30}, "eth1": {10}, "eth2": {20}, "eth3": {30}, "eth4": {20}, "eth5": {20}},
    "sw2": {"eth0": {10, 30}, "eth1": {10}, "eth2": {30}},
}
"""The VLANs of each port as planned; the trunks are eth0."""
COLUMNS = "name,tag,trunks,vlan_mode"
AT_ONCE = 8
"""Seconds that a page or an answer may need: no route has to be learnt."""


def other(pc):
    """Return the workstation that had no trouble."""
    return "pc2" if pc == "pc1" else "pc1"


def vlans_of(rows):
    """Return the VLANs of each port of a switch; none for a port that lets everything through.

    What a trunk carries without a tag is one more: no native VLAN was planned.
    """
    ports = {}
    for name, tag, trunks, mode in rows:
        carried = trunks[1] if isinstance(trunks, list) else [trunks]
        access = isinstance(tag, int) and mode in ("access", ["set", []])
        native = {f"{tag} untagged"} if str(mode).startswith("native-") else set()
        ports[name] = {tag} if access else set(carried) | native
    return ports


def led_nowhere(lab, pc):
    """Return that the switches, as they are set, lead from a workstation's socket to no gateway; or nothing.

    Only what is plain counts: both ends in one VLAN each, and trunks that list what they carry.
    """
    _, desk, uplink = SOCKETS[pc]
    try:
        sw1, sw2 = concurrently(lambda switch: vlans_of(told_ports(lab, switch, COLUMNS)), ("sw1", "sw2"))
    except AssertionError:  # a switch that starts says nothing that counts
        return ""
    way = [ports.get(port) for ports, port in ((sw2, desk), (sw2, "eth0"), (sw1, "eth0"), (sw1, uplink))]
    if None not in way:
        one, *trunks, last = way
        plain = len(one) == len(last) == 1 and not any(isinstance(vlan, str) for vlans in way for vlan in vlans)
        if not plain or (one == last and all(not carried or one <= carried for carried in trunks)):
            return ""
    return reason(
        fr=f"d'après leurs réglages, les commutateurs ne mènent pas de la prise de {pc} à r1",
        en=f"as they are set, the switches do not lead from the socket of {pc} to r1",
    )


def assert_applications(lab, pc):
    """Open the intranet and the application that is for a workstation's user, by their names."""
    _, _, own, _ = PCS[pc]
    assert_opens(lab, pc, (own, "intranet"), lambda: led_nowhere(lab, pc), AT_ONCE)


def assert_socket(lab, pc):
    """Plug another device into a workstation's socket, with an address of its VLAN."""
    _, gateway, *_ = PCS[pc]
    place = lab.probe(SOCKETS[pc][0])

    def leads_on():
        answer = place.ping(gateway, within=PATIENCE)
        assert answer, reason(
            fr=f"un appareil dans la prise de {pc} n'atteint pas la passerelle {gateway} : {answer.problem}",
            en=f"a device in the socket of {pc} does not reach the gateway {gateway}: {answer.problem}",
        )
        names = place.resolve(f"intranet.{lab.domain}", lab.address("srv1"))
        assert names, reason(
            fr=f"un appareil dans la prise de {pc} n'obtient rien du serveur de noms : {names.status or 'silence'}",
            en=f"a device in the socket of {pc} gets nothing from the name server: {names.status or 'silence'}",
        )
        return True

    lab.wait(leads_on, within=AT_ONCE, unless=lambda: led_nowhere(lab, pc))


def assert_leased(lab, pc):
    """A workstation is set up by DHCP."""
    assert_configured_by_dhcp(lab, pc, unless=lambda: led_nowhere(lab, pc))


def assert_reserved(lab, pc):
    """The application of others refuses a workstation."""
    *_, foreign = PCS[pc]
    unlike = reason(fr=f"{foreign} ne refuse pas {pc}", en=f"{foreign} does not refuse {pc}")

    def refused():
        assert_page(lab.client(pc).http_get(f"http://{foreign}.{lab.domain}/", timeout=PATIENCE), unlike, 403)
        return True

    lab.wait(refused, within=AT_ONCE, unless=lambda: led_nowhere(lab, pc))


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Sur {{ pc }}, {{ user.full }} ouvre son application et l'intranet par leur nom.",
    en="On {{ pc }}, {{ user.full }} opens the department's application and the intranet by name.",
    before_fr="Sur {{ pc }}, ni l'application {{ user.full | de }} ni l'intranet ne s'ouvrent.",
    before_en="On {{ pc }}, neither the application of {{ user.full }} nor the intranet opens.",
    because="does not open",
)
def test_applications_open(lab):
    assert_applications(lab, lab.values["pc"])


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="La prise de {{ pc }} donne sur son VLAN : tout appareil y atteint la passerelle et le serveur de noms.",
    en="The socket of {{ pc }} leads to its VLAN: from there any device reaches the gateway and the name server.",
    before_fr="Un autre appareil, branché à la place de {{ pc }}, n'a pas de réseau non plus.",
    before_en="Another device, plugged in where {{ pc }} is, has no network either.",
    because="does not reach the gateway",
)
def test_socket(lab):
    assert_socket(lab, lab.values["pc"])


@check(
    "objective",
    points=2,
    competence="2.1",
    fr="Sur les deux commutateurs, chaque port est dans son VLAN, et le trunk porte les VLAN 10 et 30, aucun autre.",
    en="On both switches each port is in its VLAN, and the trunk carries VLANs 10 and 30 and no other.",
    before_fr="Entre la prise et le routeur, tout n'est pas réglé comme sur la page du lab.",
    before_en="Between the socket and the router, not everything is set as on the lab's page.",
    because="are not as planned",
)
def test_ports(lab):
    def as_decided(switch):
        seen, decided = vlans_of(switch_ports(lab, switch, COLUMNS)), PORTS[switch]
        gone = ", ".join(sorted(set(decided) - set(seen)))
        assert not gone, reason(fr=f"{switch} a perdu des ports : {gone}", en=f"{switch} has lost ports: {gone}")
        wrong = [port for port, vlans in decided.items() if seen[port] != vlans]
        assert not wrong, reason(
            fr=f"{switch} : ports qui ne sont pas comme prévu : {len(wrong)} sur {len(decided)}",
            en=f"{switch}: {len(wrong)} of {len(decided)} ports are not as planned",
        )
        more = ", ".join(sorted(set(seen) - set(decided) - {"br0"}))
        assert not more, reason(
            fr=f"{switch} a des ports qui n'étaient pas prévus : {more}",
            en=f"{switch} has ports that were not planned: {more}",
        )

    concurrently(as_decided, PORTS)


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Le poste voisin et sa prise fonctionnent comme avant, et les applications restent réservées.",
    en="The PC next to it and its socket work as before, and the applications stay reserved.",
)
def test_neighbour(lab):
    pc = other(lab.values["pc"])
    questions = (assert_applications, assert_socket, assert_leased, assert_reserved)
    concurrently(lambda question: question(lab, pc), questions)


@check(
    "guard",
    points=2,
    competence="2.1",
    fr="Les VLAN sont séparés : sans passer par le routeur, un poste n'atteint ni l'autre poste ni les serveurs.",
    en="The VLANs are apart: without the router, a PC reaches neither the other PC nor the servers.",
)
def test_vlans_are_apart(lab):
    def has_an_address(pc):
        none = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
        found = partial(lab.client(pc).addresses, "eth0")
        lab.wait(found, within=LEASE, unless=lambda: led_nowhere(lab, pc), what=none)

    def is_apart(pair):
        pc, target = pair
        answer = lab.client(pc).run(["arping", "-D", "-c", "1", "-w", "1", "-I", "eth0", target])
        assert "Received 0 response" in answer.stdout, reason(
            fr=f"{target} répond directement à {pc}", en=f"{target} answers {pc} directly"
        )

    concurrently(has_an_address, SOCKETS)
    servers = (lab.address("web1"), lab.address("srv1"))
    concurrently(is_apart, [(pc, target) for pc in SOCKETS for target in (PCS[other(pc)][0], *servers)])


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ pc }} reçoit son adresse réservée par DHCP, avec sa passerelle et son résolveur.",
    en="{{ pc }} gets its reserved address by DHCP, with its gateway and its name server.",
    host="{{ pc }}",
    lock="",
)
def test_configured_by_dhcp(lab):
    assert_leased(lab, lab.values["pc"])


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les deux commutateurs font le travail eux-mêmes, et le reprendront au prochain démarrage.",
    en="Both switches do the switching themselves, and still will after a reboot.",
)
def test_switches(lab):
    def works(switch):
        host = lab.host(switch)
        for name in ("ovsdb-server", "ovs-vswitchd"):
            service = host.service(name)
            assert service.is_running, reason(
                fr=f"{name} ne fonctionne pas sur {switch}", en=f"{name} does not run on {switch}"
            )
            assert service.is_enabled, reason(
                fr=f"{name} ne démarre pas avec {switch}", en=f"{name} does not start with {switch}"
            )
        bridged = host.check_output("ip -brief link show type bridge")
        assert not bridged, reason(
            fr=f"{switch} a un autre pont : {bridged}", en=f"{switch} has another bridge: {bridged}"
        )
        addresses = lab.client(switch).addresses()
        assert not addresses, reason(
            fr=f"{switch} a l'adresse {addresses[0]} : un commutateur de ce réseau n'en a pas",
            en=f"{switch} has the address {addresses[0]}: a switch of this network has none",
        )

    concurrently(works, PORTS)
