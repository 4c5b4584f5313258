"""Is the workstation connected again, as every other one of the company, and is everything else as it was?"""

import json
import re
import time

from grader import check, ifupdown_methods, ifupdown_stanzas, lines_in

RESERVED = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}
WELCOME = "Bienvenue sur l'intranet de la menuiserie Valbocage."
SOON = 3
"""Seconds that a workstation may need for its lease after the last action."""


def opens_the_intranet(lab, pc):
    client = lab.client(pc)

    def addressed():
        assert client.addresses("eth0"), f"{pc} has no address"
        return True

    lab.wait(addressed, within=SOON)
    page = client.http_get(f"http://intranet.{lab.domain}/", timeout=SOON)
    assert page.status == 200, f"{pc}: {page.problem or page.status}"
    assert WELCOME in page.body, f"{pc}: another page answers"
    assert page.peer == lab.address("web1"), f"{pc}: {page.peer} answers instead of web1"


def lease_of(lab, pc):
    """Return the address that the DHCP server has leased to a workstation, or None."""
    mac = lab.values["lab"].hosts[pc].mac
    found = None
    for row in lines_in(lab.host("srv1").file("/var/lib/kea/kea-leases4.csv").content_string)[1:]:
        address, hardware, _, lifetime, expires, *_ = row.split(",")
        if hardware == mac:  # the last row counts; a released lease has a lifetime of 0
            found = address if int(lifetime) and int(expires) > time.time() else None
    return found


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="L'intranet s'ouvre par son nom sur le poste {{ user.full | de }} ({{ pc }}).",
    en="The intranet opens by its name on {{ user.full }}'s workstation ({{ pc }}).",
    host="{{ pc }}",
)
def test_intranet_opens(lab):
    opens_the_intranet(lab, lab.values["pc"])


@check(
    "symptom",
    points=2,
    competence="1.3",
    fr="Depuis la salle des serveurs, {{ pc }} répond à son adresse.",
    en="From the server room, {{ pc }} answers at its address.",
    host="r1",
)
def test_reached_from_the_servers(lab):
    pc = lab.values["pc"]
    address, servers = RESERVED[pc], lab.probe("servers")
    answer = servers.ping(address, within=SOON)
    assert answer, f"{pc} does not answer at {address}: {answer.problem}"
    neighbours = json.loads(lab.client("r1").ask(("ip", "-json", "neighbour", "show", address)).stdout or "[]")
    macs = {n["lladdr"] for n in neighbours if "lladdr" in n}
    assert macs == {lab.values["lab"].hosts[pc].mac}, f"another machine answers at {address}: {macs}"


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="{{ pc }} reçoit adresse, passerelle et résolveur par DHCP, et le fera encore après un redémarrage.",
    en="{{ pc }} gets address, gateway and resolver by DHCP, and will do so after a reboot.",
    host="srv1",
)
def test_configured_by_dhcp(lab):
    pc = lab.values["pc"]
    client, host = lab.client(pc), lab.host(pc)

    by = ifupdown_methods(host, "eth0")
    assert by == ["dhcp"], f"/etc/network/interfaces sets eth0 up by {by or 'nothing'}, not by dhcp"
    assert re.search(r"^\s*auto\b.*\beth0\b", ifupdown_stanzas(host), re.MULTILINE), (
        "eth0 is not brought up at boot (auto eth0)"
    )

    def leased():
        lease = lease_of(lab, pc)
        assert lease is not None, f"the DHCP server has no lease for {pc}"
        addresses = client.addresses("eth0")
        assert addresses == (f"{lease}/24",), f"eth0 has {', '.join(addresses) or 'no address'}; the lease is {lease}"
        assert client.gateway() == lab.address("r1", "eth0"), f"the gateway is {client.gateway()}"
        assert client.resolvers() == (lab.address("srv1"),), f"the resolvers are {client.resolvers()}"
        return True

    lab.wait(leased, within=SOON)
    (link,) = json.loads(client.ask(("ip", "-json", "-4", "address", "show", "dev", "eth0")).stdout)
    permanent = [a["local"] for a in link["addr_info"] if not a.get("dynamic")]
    assert not permanent, f"{permanent} was set by hand: it has no lifetime"


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Les autres postes fonctionnent comme avant.",
    en="The other workstations work as before.",
)
def test_other_workstations(lab):
    other = "pc2" if lab.values["pc"] == "pc1" else "pc1"
    opens_the_intranet(lab, other)
    assert lab.client(other).addresses("eth0") == (f"{RESERVED[other]}/24",), f"{other} has another address"
    assert lease_of(lab, other) == RESERVED[other], f"the DHCP server has no lease for {other}"
    opens_the_intranet(lab, "pc3")


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Aucun poste ne contourne le DNS par une ligne dans /etc/hosts.",
    en="No workstation bypasses DNS with a line in /etc/hosts.",
)
def test_no_line_in_hosts(lab):
    for pc in RESERVED:
        lines = lines_in(lab.host(pc).file("/etc/hosts").content_string)
        bypass = [line for line in lines if "intranet" in line.partition("#")[0] or "web1" in line.partition("#")[0]]
        assert not bypass, f"{pc}: /etc/hosts says {bypass[0]!r}"


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Vus des bureaux, le serveur de noms et l'intranet répondent comme avant.",
    en="Seen from the office, the name server and the intranet answer as before.",
)
def test_servers_answer(lab):
    office, web = lab.probe("office"), lab.address("web1")
    name = f"intranet.{lab.domain}"
    answer = office.resolve(name, lab.address("srv1"))
    assert answer.records == (web,), f"{name}: {answer}"
    page = office.http_get(f"http://{web}/", host_header=name)
    assert WELCOME in page.body, f"the intranet answers {page.status or page.problem}"
