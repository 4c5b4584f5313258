"""Does the intranet open by its name for her, for good, and is what she asked to be left still there?"""

import re

import pytest

from grader import check, concurrently, ifupdown_methods, lines_in, names_by_hand, reason
from lab_tools import (
    RESERVED,
    addresses_in_words,
    assert_is_the_intranet,
    assert_led_by_dhcp,
    assert_resolver,
    dns_answer_of,
    listed,
    no_lease_to_come,
)

SOON = 10
"""Seconds that a workstation may need for its lease after the last action."""
NEEDED = ("192.168.20.15", "dicom-gw")


def has_an_address(lab, pc):
    missing = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
    lab.wait(
        lambda: lab.client(pc).addresses("eth0"), within=SOON, what=missing, unless=lambda: no_lease_to_come(lab, pc)
    )


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="Sur {{ pc }}, l'intranet s'ouvre par son nom.",
    en="On {{ pc }} the intranet opens by its name.",
    before_fr="Sur {{ pc }}, l'intranet ne s'ouvre pas par son nom.",
    before_en="On {{ pc }} the intranet does not open by its name.",
    host="{{ pc }}",
    because="the intranet does not open",
    lock="",
)
def test_intranet_by_name(lab):
    pc = lab.values["pc"]
    has_an_address(lab, pc)
    assert_is_the_intranet(lab, pc, lab.client(pc).http_get(f"http://intranet.{lab.domain}/", timeout=4))


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="Sur {{ pc }}, les programmes trouvent les noms de la clinique par le DNS, sans que rien soit écrit à la main.",
    en="On {{ pc }} programs find the clinic's names through DNS, with nothing written by hand.",
    before_fr="Les liens qu'on lui envoie ne mènent nulle part sur {{ pc }}.",
    before_en="The links that she is sent lead nowhere on {{ pc }}.",
    host="{{ pc }}",
    because="instead of",
    lock="",
)
def test_names_come_from_dns(lab):
    pc = lab.values["pc"]
    has_an_address(lab, pc)
    client, names = lab.client(pc), (f"intranet.{lab.domain}", f"web1.{lab.domain}")
    assert_resolver(lab, pc)
    for name, seen in zip(names, concurrently(client.lookup, names), strict=True):
        expected = (lab.address("web1"),)
        words = addresses_in_words(seen)
        assert seen == expected, reason(
            fr=f"{pc} : {name} : {words} au lieu de {expected[0]}", en=f"{pc}: {name}: {words} instead of {expected[0]}"
        )
    by_hand = names_by_hand(lab.host(pc), *names, "intranet", "web1")
    assert not by_hand, reason(fr=f"{pc} : {by_hand}", en=f"{pc}: {by_hand}")
    answer = client.resolve(names[0])
    seen = dns_answer_of(answer)
    assert answer.records == (lab.address("web1"),), reason(
        fr=f"{pc} : le DNS donne pour {names[0]} : {seen}", en=f"{pc}: DNS gives for {names[0]}: {seen}"
    )
    kept = lab.host(pc).file("/etc/dhcpcd.conf").content_string
    imposed = re.search(r"^[ \t]*static[ \t]+domain_name_servers=(.*)$", kept, re.MULTILINE)
    assert not imposed, reason(
        fr=f"{pc} : au prochain bail, /etc/dhcpcd.conf imposera le serveur {imposed and imposed[1]}",
        en=f"{pc}: with the next lease /etc/dhcpcd.conf will set the server {imposed and imposed[1]}",
    )


@check(
    "guard",
    points=2,
    competence="1.5",
    fr="La ligne de dicom-gw est toujours dans le fichier des noms de {{ pc }}.",
    en="The line of dicom-gw is still in the hosts file of {{ pc }}.",
    before_fr="Quelque chose qu'elle demandait de laisser n'y est plus.",
    before_en="Something that she asked to be left is gone.",
    host="{{ pc }}",
    lock="",
)
def test_what_she_needs_is_there(lab):
    pc = lab.values["pc"]
    lines = [line.partition("#")[0].split() for line in lines_in(lab.host(pc).file("/etc/hosts").content_string)]
    address, name = NEEDED
    assert any(line[:1] == [address] and name in line[1:] for line in lines), reason(
        fr=f"/etc/hosts, sur {pc}, ne donne plus {address} à {name}",
        en=f"/etc/hosts on {pc} no longer gives {name} the address {address}",
    )
    found = lab.client(pc).lookup(name)
    words = addresses_in_words(found)
    assert found == (address,), reason(fr=f"sur {pc}, {name} mène à {words}", en=f"on {pc}, {name} leads to {words}")


@pytest.mark.parametrize("pc", RESERVED)
@check(
    "guard",
    points=1,
    competence="1.3",
    fr="{{ pc }} est configuré par DHCP, avec son adresse, sa passerelle et son résolveur.",
    en="{{ pc }} is set up by DHCP, with its address, gateway and resolver.",
    before_fr="{{ pc }} n'a plus les réglages de la clinique.",
    before_en="{{ pc }} no longer has the clinic's settings.",
    host="{{ pc }}",
    lock="",
)
def test_configured_by_dhcp(lab, pc):
    has_an_address(lab, pc)
    seen, own = lab.client(pc).addresses("eth0"), f"{RESERVED[pc]}/24"
    words = addresses_in_words(seen)
    assert seen == (own,), reason(fr=f"{pc} : {words} au lieu de {own}", en=f"{pc} has {words} instead of {own}")
    by = ifupdown_methods(lab.host(pc), "eth0")
    assert by == ["dhcp"], reason(
        fr=f"{pc} configure eth0 par {listed(by)}, et non par dhcp",
        en=f"{pc} sets eth0 up by {listed(by)}, not by dhcp",
    )
    if pc != lab.values["pc"] or lab.values["cause"] != "other-server":
        assert_led_by_dhcp(lab, pc)
