"""Does the workstation have its address for itself again, for good, and is everything else as it was?"""

import json
import re

from grader import check, concurrently, ifupdown_interfaces, ifupdown_methods, ifupdown_stanzas, reason
from lab_tools import (
    RESERVED,
    addresses_in_words,
    assert_is_the_intranet,
    assert_led_by_dhcp,
    cards_in,
    listed,
    no_lease_to_come,
    nothing_to_come,
    probed,
)

SOON = 3
"""Seconds that a workstation may need for its lease after the last action."""
ROUNDS = 3
"""Each workstation opens the page this often, in turn: one card cannot be remembered for both that quickly."""

# The checks may run at once: only the first one has the workstations send anything but questions about ARP, which
# leave no trace in anybody's memory of who has which card (they come from no address).


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="L'intranet s'ouvre à chaque essai, sur les deux postes tour à tour.",
    en="The intranet opens every time, on both workstations in turn.",
    before_fr="L'intranet ne s'ouvre pas à chaque essai.",
    before_en="The intranet does not open every time.",
    because=r"try \d of 6",
)
def test_intranet_opens_by_turns(lab):
    def addressed(pc):
        missing = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
        client = lab.client(pc)
        lab.wait(lambda: client.addresses("eth0"), within=SOON, what=missing, unless=lambda: no_lease_to_come(lab, pc))

    concurrently(addressed, RESERVED)
    turns = [pc for _ in range(ROUNDS) for pc in RESERVED]
    for number, pc in enumerate(turns, 1):  # one that is lost is enough
        page = lab.client(pc).http_get(f"http://intranet.{lab.domain}/", timeout=1.5)
        tried = reason(fr=f"essai {number} sur {len(turns)}, sur {pc}", en=f"try {number} of {len(turns)}, on {pc}")
        assert_is_the_intranet(lab, tried, page)


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="L'adresse de {{ pc }} n'est qu'à lui : personne d'autre n'y répond.",
    en="The address of {{ pc }} is its own: nobody else answers for it.",
    before_fr="{{ pc }} perd le réseau, alors que tout y paraît normal.",
    before_en="{{ pc }} loses the network, although everything on it looks normal.",
    host="{{ pc }}",
    because="also answers for",
    lock="",
)
def test_nobody_else_answers(lab):
    pc = lab.values["pc"]
    client, address = lab.client(pc), RESERVED[pc]
    missing = reason(fr=f"{pc} n'a pas l'adresse {address}", en=f"{pc} does not have the address {address}")
    lab.wait(
        lambda: f"{address}/24" in client.addresses("eth0"),
        within=SOON,
        what=missing,
        unless=lambda: no_lease_to_come(lab, pc),
    )
    asked = probed(lab, pc, address)
    others = sorted(cards_in(asked))
    assert not others, reason(
        fr=f"pour {address}, l'adresse de {pc}, {' et '.join(others)} répond aussi",
        en=f"{' and '.join(others)} also answers for {address}, the address of {pc}",
    )
    for done in asked:
        assert "Sent" in done.stdout, reason(
            fr=f"arping n'a pas pu poser la question : {done.stderr.strip()}",
            en=f"arping could not ask: {done.stderr.strip()}",
        )


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Les autres machines n'ont que leur propre adresse, maintenant et après un redémarrage.",
    en="The other machines have their own addresses only, now and after a reboot.",
    before_fr="Redémarrer le poste n'y change rien de durable.",
    before_en="Restarting the PC does not help for long.",
    because="192.168.10.5[12]",
)
def test_others_have_their_own_address(lab):
    pc = lab.values["pc"]
    address, other = RESERVED[pc], "pc2" if pc == "pc1" else "pc1"
    expected = {
        other: (f"{RESERVED[other]}/24",),
        "r1": tuple(f"{lab.address('r1', name)}/24" for name in ("eth0", "eth1")),
        "srv1": (f"{lab.address('srv1')}/24",),
        "web1": (f"{lab.address('web1')}/24",),
    }

    def settled(name):
        client, own = lab.client(name), expected[name]

        def has_its_own():
            seen = client.addresses()
            assert seen == own, reason(
                fr=f"{name} : {addresses_in_words(seen)} au lieu de {', '.join(own)}",
                en=f"{name} has {addresses_in_words(seen)} instead of {', '.join(own)}",
            )
            return True

        lab.wait(has_its_own, within=SOON, unless=lambda: nothing_to_come(lab, name))
        written = re.findall(rf"\b{re.escape(address)}\b", ifupdown_stanzas(lab.host(name)))
        assert not written, reason(
            fr=f"/etc/network/interfaces de {name} lui donne {address} au prochain démarrage",
            en=f"/etc/network/interfaces of {name} gives it {address} at the next boot",
        )

    concurrently(settled, expected)
    by = ifupdown_methods(lab.host(other), "eth0")
    assert by == ["dhcp"], reason(
        fr=f"{other} configure eth0 par {listed(by)}, et non par dhcp",
        en=f"{other} sets eth0 up by {listed(by)}, not by dhcp",
    )
    later = {name: ifupdown_interfaces(lab.host(name)) for name in (other, "r1")}
    assert "eth0" in later[other], reason(
        fr=f"{other} n'active pas eth0 au prochain démarrage", en=f"{other} does not bring eth0 up at the next boot"
    )
    for name in ("eth0", "eth1"):
        own, written = lab.address("r1", name), later["r1"].get(name, [])
        assert written == [own], reason(
            fr=f"{name} de r1 au prochain démarrage : {addresses_in_words(written)} au lieu de {own}",
            en=f"{name} of r1 has {addresses_in_words(written)} instead of {own} at the next boot",
        )


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="{{ pc }} reçoit toujours son adresse réservée par DHCP, avec sa passerelle et son résolveur.",
    en="{{ pc }} still gets its reserved address by DHCP, with its gateway and its resolver.",
    host="{{ pc }}",
    lock="",
)
def test_workstation_configured_by_dhcp(lab):
    pc = lab.values["pc"]
    client, host = lab.client(pc), lab.host(pc)
    own = f"{RESERVED[pc]}/24"

    def has_its_own():
        seen = client.addresses("eth0")
        assert seen == (own,), reason(
            fr=f"{pc} : {addresses_in_words(seen)} au lieu de {own} seule",
            en=f"{pc} has {addresses_in_words(seen)} instead of {own} and no other address",
        )
        return True

    lab.wait(has_its_own, within=SOON, unless=lambda: no_lease_to_come(lab, pc))
    assert_led_by_dhcp(lab, pc)
    by = ifupdown_methods(host, "eth0")
    assert by == ["dhcp"], reason(
        fr=f"/etc/network/interfaces de {pc} configure eth0 par {listed(by)}, et non par dhcp",
        en=f"/etc/network/interfaces of {pc} sets eth0 up by {listed(by)}, not by dhcp",
    )
    (link,) = json.loads(client.ask(("ip", "-json", "-4", "address", "show", "dev", "eth0")).stdout)
    assert all(a.get("dynamic") for a in link["addr_info"]), reason(
        fr=f"l'adresse {own} a été mise à la main : elle n'a pas de durée de validité",
        en=f"the address {own} was set by hand: it has no lifetime",
    )


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Les machines gardent leurs cartes, et aucune n'a d'entrée ARP permanente.",
    en="The machines keep their cards, and none has a permanent ARP entry.",
)
def test_no_forced_neighbour(lab):
    for name in ("pc1", "pc2", "r1"):
        host, own = lab.host(name), lab.values["lab"].hosts[name].mac
        card = host.file("/sys/class/net/eth0/address").content_string.strip()
        assert card == own, reason(
            fr=f"{name} a la carte {card} au lieu de {own}", en=f"{name} has the card {card} instead of {own}"
        )
        forced = lab.client(name).ask(("ip", "neighbour", "show", "nud", "permanent", "dev", "eth0")).stdout.strip()
        assert not forced, reason(
            fr=f"{name} a une entrée permanente : {forced}", en=f"{name} has a permanent entry: {forced}"
        )
