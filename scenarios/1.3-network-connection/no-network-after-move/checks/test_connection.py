"""Is the workstation connected again, as every other one of the clinic, and is everything else as it was?"""

import json
import time

from grader import check, concurrently, ifupdown_interfaces, ifupdown_methods, names_by_hand, reason
from lab_tools import (
    RESERVED,
    WELCOME,
    addresses_in_words,
    answer_of,
    assert_is_the_intranet,
    assert_led_by_dhcp,
    dns_answer_of,
    listed,
    no_lease_to_come,
    rows_of_leases,
)

SOON = 3
"""Seconds that a workstation may need for its lease after the last action."""


def opens_the_intranet(lab, pc):
    client = lab.client(pc)
    missing = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
    lab.wait(lambda: client.addresses("eth0"), within=SOON, what=missing, unless=lambda: no_lease_to_come(lab, pc))
    assert_is_the_intranet(lab, pc, client.http_get(f"http://intranet.{lab.domain}/", timeout=2))


def lease_of(lab, pc):
    """Return the address that the DHCP server has leased to a workstation, or None."""
    mac = lab.values["lab"].hosts[pc].mac
    found = None
    for address, hardware, _, lifetime, expires, *_ in rows_of_leases(lab):
        if hardware == mac:  # the last row counts; a released lease has a lifetime of 0
            found = address if int(lifetime) and int(expires) > time.time() else None
    return found


# No check here does more than look, or send what disturbs no other one.


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="L'intranet s'ouvre par son nom sur le poste {{ user.full | de }} ({{ pc }}).",
    en="The intranet opens by its name on {{ user.full }}'s workstation ({{ pc }}).",
    before_fr="L'intranet ne s'ouvre pas sur le poste {{ user.full | de }} ({{ pc }}).",
    before_en="The intranet does not open on {{ user.full }}'s workstation ({{ pc }}).",
    host="{{ pc }}",
    lock="",
)
def test_intranet_opens(lab):
    opens_the_intranet(lab, lab.values["pc"])


@check(
    "symptom",
    points=2,
    competence="1.3",
    fr="Depuis la salle des serveurs, {{ pc }} répond à son adresse.",
    en="From the server room, {{ pc }} answers at its address.",
    before_fr="On ne joint pas {{ pc }} à distance.",
    before_en="{{ pc }} cannot be reached remotely.",
    host="r1",
    lock="",
)
def test_reached_from_the_servers(lab):
    pc = lab.values["pc"]
    address, servers, own = RESERVED[pc], lab.probe("servers"), lab.values["lab"].hosts[pc].mac

    def answers():
        return servers.ask(("ping", "-n", "-c", "1", "-W", "0.5", address)).status == 0

    silent = reason(
        fr=f"{pc} ne répond pas à l'adresse {address}",
        en=f"{pc} does not answer at {address}",
    )
    lab.wait(answers, within=SOON, every=0.2, what=silent, unless=lambda: no_lease_to_come(lab, pc))
    neighbours = json.loads(lab.client("r1").ask(("ip", "-json", "neighbour", "show", address)).stdout or "[]")
    macs = {n["lladdr"] for n in neighbours if "lladdr" in n}
    assert macs == {own}, reason(
        fr=f"à l'adresse {address}, r1 a pour voisin {listed(sorted(macs))} au lieu de {own}",
        en=f"another machine answers at {address}: r1 knows {listed(sorted(macs))} there instead of {own}",
    )


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="{{ pc }} reçoit adresse, passerelle et résolveur par DHCP, et le fera encore après un redémarrage.",
    en="{{ pc }} gets address, gateway and resolver by DHCP, and will do so after a reboot.",
    before_fr="{{ pc }} n'a pas le réseau comme les autres postes, et le rallumer n'y change rien.",
    before_en="{{ pc }} has no network as the other PCs have, and switching it off and on does not help.",
    host="srv1",
    lock="",
)
def test_configured_by_dhcp(lab):
    pc = lab.values["pc"]
    client, host = lab.client(pc), lab.host(pc)

    by = ifupdown_methods(host, "eth0")
    assert by == ["dhcp"], reason(
        fr=f"/etc/network/interfaces configure eth0 par {listed(by)}, et non par dhcp",
        en=f"/etc/network/interfaces sets eth0 up by {listed(by)}, not by dhcp",
    )
    assert "eth0" in ifupdown_interfaces(host), reason(
        fr="eth0 n'est pas activée au démarrage (auto eth0)", en="eth0 is not brought up at boot (auto eth0)"
    )

    def leased():
        lease = lease_of(lab, pc)
        assert lease is not None, reason(
            fr=f"le serveur DHCP n'a pas de bail pour {pc}", en=f"the DHCP server has no lease for {pc}"
        )
        addresses = client.addresses("eth0")
        seen = addresses_in_words(addresses)
        assert addresses == (f"{lease}/24",), reason(
            fr=f"eth0 : {seen} ; le bail est pour {lease}", en=f"eth0 has {seen}; the lease is {lease}"
        )
        assert_led_by_dhcp(lab, pc)
        return True

    lab.wait(leased, within=SOON, unless=lambda: no_lease_to_come(lab, pc))
    (link,) = json.loads(client.ask(("ip", "-json", "-4", "address", "show", "dev", "eth0")).stdout)
    permanent = ", ".join(a["local"] for a in link["addr_info"] if not a.get("dynamic"))
    assert not permanent, reason(
        fr=f"{permanent} a été mise à la main : elle n'a pas de durée de validité",
        en=f"{permanent} was set by hand: it has no lifetime",
    )


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Les autres postes fonctionnent comme avant.",
    en="The other workstations work as before.",
)
def test_other_workstations(lab):
    other = "pc2" if lab.values["pc"] == "pc1" else "pc1"
    expected = RESERVED[other]
    concurrently(lambda pc: opens_the_intranet(lab, pc), (other, "pc3"))
    addresses, lease = lab.client(other).addresses("eth0"), lease_of(lab, other)
    seen = addresses_in_words(addresses)
    assert addresses == (f"{expected}/24",), reason(
        fr=f"{other} : {seen} au lieu de {expected}/24", en=f"{other} has {seen} instead of {expected}/24"
    )
    seen = lease or reason(fr="aucun", en="none")
    assert lease == expected, reason(
        fr=f"bail de {other} sur le serveur DHCP : {seen} au lieu de {expected}",
        en=f"the DHCP server's lease for {other} is {seen} instead of {expected}",
    )


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Aucun poste ne contourne le DNS par une ligne dans /etc/hosts.",
    en="No workstation bypasses DNS with a line in /etc/hosts.",
)
def test_no_line_in_hosts(lab):
    for pc in RESERVED:
        bypass = names_by_hand(lab.host(pc), "intranet", "web1")
        assert not bypass, reason(fr=f"{pc} : {bypass}", en=f"{pc}: {bypass}")


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

    def resolved():
        answer = office.resolve(name, lab.address("srv1"))
        seen = dns_answer_of(answer)
        assert answer.records == (web,), reason(
            fr=f"{name} : {seen} au lieu de {web}", en=f"{name}: {seen} instead of {web}"
        )

    def opened():
        page = office.http_get(f"http://{web}/", host_header=name, timeout=2)
        seen = answer_of(page)
        assert page, reason(fr=f"l'intranet, sur web1 : {seen}", en=f"the intranet on web1: {seen}")
        assert WELCOME in page.body, reason(
            fr=f"l'intranet, sur web1, sert une autre page que celle de la clinique ({seen})",
            en=f"the intranet on web1 serves a page other than the clinic's ({seen})",
        )

    concurrently(lambda ask: ask(), (resolved, opened))
