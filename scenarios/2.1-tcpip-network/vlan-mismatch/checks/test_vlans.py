"""Has the workstation its own network again, through its socket, and are the VLANs apart as they were decided?"""

from grader import check, ifupdown_methods
from lab_tools import switch_ports

PCS = {
    "pc1": ("10.10.10.51", "10.10.10.1", "desk-admin", "compta", "planning"),
    "pc2": ("10.10.30.52", "10.10.30.1", "desk-dispatch", "planning", "compta"),
}
"""Each workstation's address, gateway, wall socket, application, and the application of others."""
PAGES = {"intranet": "Bienvenue sur l'intranet", "compta": "Factures à valider", "planning": "Tournées du jour"}
PORTS = {
    "sw1": {"eth0": {10, 30}, "eth1": {10}, "eth2": {20}, "eth3": {30}, "eth4": {20}, "eth5": {20}},
    "sw2": {"eth0": {10, 30}, "eth1": {10}, "eth2": {30}},
}
"""The VLANs of each port as decided; the trunks are eth0."""
SOON = 15
"""Seconds that a lease or a page may need after the last action."""


def other(pc):
    """Return the workstation that had no trouble."""
    return "pc2" if pc == "pc1" else "pc1"


def assert_applications(lab, pc):
    """Open the intranet and the application that is for a workstation's user, by their names."""
    client, (*_, own, _) = lab.client(pc), PCS[pc]
    lab.wait(lambda: client.addresses("eth0"), within=SOON, what=f"{pc} has an address")
    for name in (own, "intranet"):

        def opens(name=name):
            page = client.http_get(f"http://{name}.{lab.domain}/")
            assert page.status == 200, f"{name} does not open on {pc}: {page.status or page.problem}"
            assert PAGES[name] in page.body, f"{name} does not open on {pc}: the page is another one"
            assert page.peer == lab.address("web1"), f"{name} does not open on {pc}: {page.peer} serves the page"
            return True

        lab.wait(opens, within=SOON)


def assert_socket(lab, pc):
    """Plug another device into a workstation's socket, with an address of its VLAN."""
    _, gateway, socket, *_ = PCS[pc]
    place = lab.probe(socket)
    answer = place.ping(gateway, within=8)
    assert answer, f"a device in the socket of {pc} does not reach the gateway {gateway}: {answer.problem}"

    def named():
        names = place.resolve(f"intranet.{lab.domain}", lab.address("srv1"))
        assert names, f"a device in the socket of {pc} gets no answer from the name server: {names.status}"
        return True

    lab.wait(named, within=SOON)


def ports_of(lab, switch):
    """Return the VLANs of each port of a switch; none for a port that lets everything through.

    What a trunk carries without a tag is one more: nobody has decided on a native VLAN.
    """
    ports = {}
    for name, tag, trunks, mode in switch_ports(lab, switch, "name,tag,trunks,vlan_mode"):
        carried = trunks[1] if isinstance(trunks, list) else [trunks]
        access = isinstance(tag, int) and mode in ("access", ["set", []])
        native = {f"{tag} untagged"} if str(mode).startswith("native-") else set()
        ports[name] = {tag} if access else set(carried) | native
    return ports


def assert_configured_by_dhcp(lab, pc):
    """Look at a workstation's configuration: all of it from the DHCP server, with the reserved address."""
    client, (address, gateway, *_) = lab.client(pc), PCS[pc]
    lab.wait(lambda: client.addresses("eth0") == (f"{address}/24",), within=SOON, what=f"{pc} has {address} alone")
    assert client.gateway() == gateway, f"the gateway of {pc} is {client.gateway()}"
    assert client.resolvers() == (lab.address("srv1"),), f"the resolvers of {pc} are {client.resolvers()}"
    by = ifupdown_methods(lab.host(pc), "eth0")
    assert by == ["dhcp"], f"{pc} sets eth0 up by {by or 'nothing'}"


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Sur {{ pc }}, {{ user.full }} ouvre son application et l'intranet par leur nom.",
    en="On {{ pc }} {{ user.full }} opens their application and the intranet by their names.",
    because="does not open",
)
def test_applications_open(lab):
    assert_applications(lab, lab.values["pc"])


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="La prise de {{ pc }} donne sur son VLAN : tout appareil y atteint la passerelle et le serveur de noms.",
    en="The socket of {{ pc }} leads to its VLAN: any device reaches the gateway and the name server from it.",
    because="does not reach the gateway",
)
def test_socket(lab):
    assert_socket(lab, lab.values["pc"])


@check(
    "objective",
    points=2,
    competence="2.1",
    fr="Sur les deux commutateurs, chaque port est dans son VLAN, et le trunk porte les VLAN 10 et 30, aucun autre.",
    en="On both switches each port is in its VLAN, and the trunk carries VLANs 10 and 30, no other.",
    because="are not as decided",
)
def test_ports(lab):
    for switch, decided in PORTS.items():
        seen = ports_of(lab, switch)
        gone = set(decided) - set(seen)
        assert not gone, f"{switch} has lost ports: {', '.join(sorted(gone))}"
        wrong = [port for port, vlans in decided.items() if seen[port] != vlans]
        assert not wrong, f"{switch}: {len(wrong)} of {len(decided)} ports are not as decided"
        more = set(seen) - set(decided) - {"br0"}
        assert not more, f"{switch} has ports that were not decided: {', '.join(sorted(more))}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Le poste voisin et sa prise fonctionnent comme avant, et les applications restent réservées.",
    en="The neighbouring workstation and its socket work as before, and the applications stay reserved.",
)
def test_neighbour(lab):
    pc = other(lab.values["pc"])
    assert_applications(lab, pc)
    assert_socket(lab, pc)
    assert_configured_by_dhcp(lab, pc)
    foreign = PCS[pc][4]
    refused = lab.client(pc).http_get(f"http://{foreign}.{lab.domain}/")
    assert refused.status == 403, f"{foreign} answers {refused.status} to {pc}"


@check(
    "guard",
    points=2,
    competence="2.1",
    fr="Les VLAN sont séparés : sans passer par le routeur, un poste n'atteint ni l'autre poste ni les serveurs.",
    en="The VLANs are apart: without the router a workstation reaches neither the other one nor the servers.",
)
def test_vlans_are_apart(lab):
    for pc in PCS:
        lab.wait(lambda pc=pc: lab.client(pc).addresses("eth0"), within=SOON, what=f"{pc} has an address")
        for target in (PCS[other(pc)][0], lab.address("web1"), lab.address("srv1")):
            answer = lab.client(pc).run(["arping", "-D", "-c", "1", "-w", "1", "-I", "eth0", target])
            assert "Received 0 response" in answer.stdout, f"{target} answers {pc} directly"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ pc }} reçoit son adresse réservée par DHCP, avec sa passerelle et son résolveur.",
    en="{{ pc }} gets its reserved address by DHCP, with its gateway and its resolver.",
    host="{{ pc }}",
)
def test_configured_by_dhcp(lab):
    assert_configured_by_dhcp(lab, lab.values["pc"])


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les deux commutateurs font le travail eux-mêmes, et le reprendront au prochain démarrage.",
    en="Both switches do the work themselves, and will do so after the next boot.",
)
def test_switches(lab):
    for switch in PORTS:
        host = lab.host(switch)
        for name in ("ovsdb-server", "ovs-vswitchd"):
            service = host.service(name)
            assert service.is_running, f"{name} does not run on {switch}"
            assert service.is_enabled, f"{name} does not start with {switch}"
        bridged = host.check_output("ip -brief link show type bridge")
        assert not bridged, f"{switch} has another bridge: {bridged}"
        addresses = lab.client(switch).addresses()
        assert not addresses, f"{switch} has the address {addresses[0]}: a switch of this network has none"
