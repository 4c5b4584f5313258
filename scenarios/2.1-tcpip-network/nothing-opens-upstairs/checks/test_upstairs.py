"""Do the pages open again, for everybody they are for, over every cable where it was, and are the networks apart?"""

import re

from grader import check, concurrently, reason
from lab_tools import (
    PAGES,
    PATIENCE,
    PCS,
    SOON,
    assert_configured_by_dhcp,
    assert_opens,
    assert_page,
    listed,
    switch_ports,
)

CABLES = {
    "sw1": ("eth0", "eth1", "eth2", "eth3", "eth4", "eth5"),
    "sw2": ("eth0", "eth1", "eth2"),
    "r1": ("eth0", "eth1", "eth2"),
    "srv1": ("eth0",),
    "web1": ("eth0",),
    "pc1": ("eth0",),
    "pc2": ("eth0",),
}
"""The interfaces of the head office that have a cable."""
PORTS = {
    "sw1": {"eth0": {10, 30}, "eth1": {10}, "eth2": {20}, "eth3": {30}, "eth4": {20}, "eth5": {20}},
    "sw2": {"eth0": {10, 30}, "eth1": {10}, "eth2": {30}},
}
"""The VLANs of each port as planned; the trunks are eth0."""
COLUMNS = "name,tag,trunks"


def with_link(shown):
    """Return the interfaces that have a link, of what ip(8) shows."""
    return re.findall(r"^\d+: (\w+)(?:@\S+)?: <[^>]*\bLOWER_UP\b", shown, re.MULTILINE)


def unplugged(lab):
    """Return which interfaces of the head office have nothing at the end of their cable, in words, or nothing."""

    def dead(host):
        shown = lab.client(host).ask(("ip", "-o", "link", "show")).stdout
        return [f"{host}:{name}" for name in CABLES[host] if name not in with_link(shown)]

    found = [place for places in concurrently(dead, CABLES) for place in places]
    places = ", ".join(found)
    return reason(fr=f"pas de liaison sur {places}", en=f"there is no link on {places}") if found else ""


def vlans_of(rows):
    """Return the VLANs of each port of a switch."""
    return {
        name: {tag} if isinstance(tag, int) else set(trunks[1] if isinstance(trunks, list) else [trunks])
        for name, tag, trunks in rows
        if name != "br0"
    }


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Sur {{ pc }}, {{ user.full }} ouvre l'application de son service et l'intranet.",
    en="On {{ pc }}, {{ user.full }} opens the department's application and the intranet.",
    before_fr="Sur {{ pc }}, le poste {{ user.full | de }}, rien ne s'ouvre.",
    before_en="On {{ pc }}, the PC of {{ user.full }}, nothing opens.",
    because="does not open",
)
def test_pages_open(lab):
    pc = lab.values["pc"]
    assert_opens(lab, pc, (PCS[pc][2], "intranet"), lambda: unplugged(lab))


@check(
    "objective",
    points=2,
    competence="2.1",
    fr="À l'étage et à l'agence, chaque poste ouvre l'application de son service, et pas celle des autres.",
    en="Upstairs and at the branch, each PC opens its own department's application, and not the others'.",
    before_fr="Tout le monde n'ouvre pas encore l'application de son service.",
    before_en="Not everybody can open their department's application yet.",
    because="does not answer",
)
def test_everybody_opens_their_own(lab):
    def opens(pc):
        client, (*_, own, foreign) = lab.client(pc), PCS[pc]

        def answers():
            for name, status in ((own, 200), (foreign, 403)):
                page = client.http_get(f"http://{name}.{lab.domain}/", timeout=PATIENCE)
                unlike = reason(
                    fr=f"{name} ne répond pas {status} à {pc}", en=f"{name} does not answer {status} to {pc}"
                )
                assert_page(page, unlike, status, PAGES[name] if status == 200 else "", lab.address("web1"))
            return True

        lab.wait(answers, within=SOON, unless=lambda: unplugged(lab))

    concurrently(opens, PCS)


@check(
    "objective",
    points=3,
    competence="2.1",
    fr="Au siège, chaque câble est branché, et chaque poste atteint sa passerelle et les deux serveurs.",
    en="At head office every cable is in, and each PC reaches its gateway and both servers.",
    before_fr="De l'étage jusqu'aux serveurs, quelque chose ne répond pas.",
    before_en="Between the upstairs offices and the servers, something does not answer.",
    because="no link",
)
def test_cables(lab):
    dead = unplugged(lab)
    assert not dead, dead

    def reached(way):
        pc, target = way
        answer = lab.client(pc).ping(target, within=SOON)
        assert answer, reason(
            fr=f"{pc} n'atteint pas {target} : {answer.problem}",
            en=f"{pc} does not reach {target}: {answer.problem}",
        )

    servers = (lab.address("srv1"), lab.address("web1"))
    concurrently(reached, [(pc, target) for pc in ("pc1", "pc2") for target in (PCS[pc][1], *servers)])


@check(
    "guard",
    points=2,
    competence="2.1",
    fr="Sur les deux commutateurs, chaque port reste dans son VLAN, et le trunk porte les VLAN 10 et 30, aucun autre.",
    en="On both switches each port stays in its VLAN, and the trunk carries VLANs 10 and 30 and no other.",
)
def test_vlans(lab):
    def as_planned(switch):
        seen, planned = vlans_of(switch_ports(lab, switch, COLUMNS)), PORTS[switch]
        wrong = listed(sorted(port for port in seen.keys() | planned.keys() if seen.get(port) != planned.get(port)))
        assert seen == planned, reason(
            fr=f"{switch} : ports qui ne sont pas comme prévu : {wrong}", en=f"{switch}: ports not as planned: {wrong}"
        )

    concurrently(as_planned, PORTS)


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ pc }} garde l'adresse que le serveur DHCP lui réserve, avec sa passerelle et son résolveur.",
    en="{{ pc }} keeps the address that the DHCP server reserves for it, with its gateway and its name server.",
    host="{{ pc }}",
    lock="",
)
def test_configured_by_dhcp(lab):
    assert_configured_by_dhcp(lab, lab.values["pc"])
