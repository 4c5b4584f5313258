"""Does the name lead to the intranet again, for everybody and for good, and is the rest of DNS still there?

The checks only look and ask: they may all run at once.
"""

import ipaddress
import re

import pytest

from grader import check, concurrently, lines_in, names_by_hand, reason
from lab_tools import (
    RESERVED,
    WELCOME,
    addresses_in_words,
    answer_of,
    assert_is_the_intranet,
    assert_resolver,
    assert_service_lasts,
    dns_answer_of,
    listed,
    office_scope,
)

COMPANY = ipaddress.ip_network("192.168.0.0/16")
RECORD = re.compile(r"^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(A|CNAME|NS)\s+(\S+)", re.MULTILINE)


def of_others(client):
    """Return whether an entry of a list lets in somebody from outside, or leaves out: that lets in all the rest."""
    try:
        network = ipaddress.ip_network(client)
    except ValueError:
        return client == "any" or client.startswith("!")
    return not (network.is_loopback or (network.version == 4 and network.subnet_of(COMPANY)))


def zone_file(lab):
    """Return the path of the clinic's zone file, as named's configuration gives it."""
    configuration = lab.host("srv1").check_output("named-checkconf -p")
    zone = re.search(rf'^zone "{re.escape(lab.domain)}"[^{{]*\{{(.*?)^\}};', configuration, re.MULTILINE | re.DOTALL)
    assert zone, reason(fr=f"named n'a pas de zone {lab.domain}", en=f"named has no zone {lab.domain}")
    file = re.search(r'^\s*file "([^"]+)"', zone[1], re.MULTILINE)
    assert file, reason(fr=f"la zone {lab.domain} n'a pas de fichier", en=f"the zone {lab.domain} has no file")
    return file[1]


def assert_named_answers(lab):
    """Another program on the name server's port could answer whatever is asked for."""

    def genuine(protocol):
        heard = lab.listener("srv1", 53, "/usr/sbin/named", protocol=protocol)
        doubts = "; ".join(heard.doubts)
        assert heard.is_genuine, reason(fr=f"srv1, port 53 : {doubts}", en=f"srv1, port 53: {doubts}")

    concurrently(genuine, ("udp", "tcp"))


def assert_leads_to(answer, where, question, expected):
    """What a name server answered somewhere is the one record that is right."""
    seen = dns_answer_of(answer)
    assert answer.records == (expected,), reason(
        fr=f"{where} : {question} : {seen} au lieu de {expected}",
        en=f"{where}: {question}: {seen} instead of {expected}",
    )


def compiled(lab):
    """Return the zone as named would load it: one full record per line. None when it would not load."""
    done = lab.host("srv1").run("named-compilezone -q -F text -o - %s %s", lab.domain, zone_file(lab))
    return done.stdout if done.rc == 0 else None


def records(text, domain):
    """Return the (name, type, data) of a zone's text; a short name is completed, as in a zone file."""
    return {
        (name if name.endswith((".", "@")) else f"{name}.{domain}.", kind, data)
        for name, kind, data in RECORD.findall(text)
    }


def leads_to(found, name):
    """Return the addresses that a full name leads to in a zone's records, through one alias at most."""
    names = {name, *(data for owner, kind, data in found if (owner, kind) == (name, "CNAME"))}
    return tuple(sorted(data for owner, kind, data in found if kind == "A" and owner in names))


@pytest.mark.parametrize("pc", RESERVED)
@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="Sur {{ pc }}, le DNS donne l'adresse de l'intranet et la page s'ouvre par son nom.",
    en="On {{ pc }}, DNS gives the address of the intranet and the page opens by its name.",
    before_fr="L'intranet ne s'ouvre pas sur {{ pc }}.",
    before_en="The intranet does not open on {{ pc }}.",
)
def test_intranet_by_name(lab, pc):
    client, name = lab.client(pc), f"intranet.{lab.domain}"
    assert_leads_to(client.resolve(name), pc, name, lab.address("web1"))
    assert_is_the_intranet(lab, pc, client.http_get(f"http://{name}/", timeout=3))
    assert_named_answers(lab)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Interrogé des bureaux et de la salle des serveurs, le serveur de noms donne la bonne adresse de l'intranet.",
    en="Asked from the office and the server room, the name server gives the right address of the intranet.",
    before_fr="L'intranet ne s'ouvre nulle part ailleurs dans la clinique.",
    before_en="The intranet does not open anywhere else in the clinic.",
)
def test_server_answers_the_company(lab):
    name = f"intranet.{lab.domain}"
    places = {
        "office": reason(fr="vu des bureaux", en="seen from the office"),
        "servers": reason(fr="vu de la salle des serveurs", en="seen from the server room"),
    }
    answers = concurrently(lambda segment: lab.probe(segment).resolve(name, lab.address("srv1")), places)
    for where, answer in zip(places.values(), answers, strict=True):
        assert_leads_to(answer, where, name, lab.address("web1"))
        assert answer.authoritative, reason(
            fr=f"{where} : la réponse ne vient pas de la zone de la clinique",
            en=f"{where}: the answer does not come from the clinic's own zone",
        )
    assert_named_answers(lab)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Les fichiers du serveur de noms sont justes : la réparation tient après un redémarrage.",
    en="The files of the name server are right: the repair survives a reboot.",
    before_fr="L'intranet ne s'ouvrirait pas davantage après un redémarrage.",
    before_en="The intranet would not open after a reboot either.",
    host="srv1",
    lock="",
)
def test_repair_is_in_the_files(lab):
    srv1 = lab.host("srv1")
    loads = srv1.run("named-checkconf -z")
    faulty = [line for line in lines_in(loads.stdout) if "loaded serial" not in line]
    said = "; ".join(faulty[:2])
    assert loads.rc == 0, reason(fr=f"named-checkconf -z : {said}", en=f"named-checkconf -z: {said}")
    found = records(compiled(lab) or "", lab.domain)
    for name in (f"intranet.{lab.domain}.", f"web1.{lab.domain}."):
        seen = leads_to(found, name)
        words, expected = addresses_in_words(seen), lab.address("web1")
        assert seen == (expected,), reason(
            fr=f"dans le fichier de zone, {name} : {words} au lieu de {expected}",
            en=f"in the zone file, {name} leads to {words} instead of {expected}",
        )
    options = srv1.check_output("named-checkconf -p")
    for allowed in re.findall(r"^\s*allow-query\s*\{(.*?)\};", options, re.MULTILINE | re.DOTALL):
        clients = set(re.findall(r'[^\s";]+', allowed)) - {"localhost", "127.0.0.1", "127.0.0.0/8", "none"}
        assert clients, reason(
            fr=f"allow-query ne laisse que le serveur lui-même interroger : {' '.join(allowed.split())}",
            en=f"allow-query lets only the server itself ask: {' '.join(allowed.split())}",
        )


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="named fonctionne comme service et démarre avec srv1.",
    en="named runs as a service and starts with srv1.",
    host="srv1",
    lock="",
)
def test_named_is_a_service(lab):
    srv1 = lab.host("srv1")
    named = srv1.service("named")
    assert_service_lasts(lab, "srv1", "named")
    for protocol in ("udp", "tcp"):
        heard = lab.listener("srv1", 53, protocol=protocol)
        programs = ", ".join(sorted(heard.executables))
        assert heard.pids <= {named.main_pid}, reason(
            fr=f"un autre processus que celui du service named répond au port 53 : {programs}",
            en=f"a process other than the service's answers on port 53: {programs}",
        )
    doubts = "; ".join(named.doubts)
    assert named.is_genuine, reason(fr=f"le service named : {doubts}", en=f"the service named: {doubts}")


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les autres noms de la clinique sont toujours dans la zone, sans nom inutile de plus.",
    en="The clinic's other names are still in the zone, with no needless one added.",
    host="srv1",
    lock="",
)
def test_zone_is_whole(lab):
    text = compiled(lab) or lab.host("srv1").file(zone_file(lab)).content_string
    found = records(text, lab.domain)
    expected = {"r1": lab.address("r1"), "srv1": lab.address("srv1"), **RESERVED}
    missing = [name for name, address in expected.items() if (f"{name}.{lab.domain}.", "A", address) not in found]
    assert not missing, reason(
        fr=f"il manque à la zone, avec la bonne adresse : {', '.join(missing)}",
        en=f"missing from the zone, with its right address: {', '.join(missing)}",
    )
    absurd = [name for name, _, _ in found if name.endswith(f".{lab.domain}.{lab.domain}.") or name.startswith("*.")]
    assert not absurd, reason(
        fr=f"la zone a un nom dont personne n'a besoin : {absurd[0]}",
        en=f"the zone has a name that nobody needs: {absurd[0]}",
    )


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Le serveur de noms ne répond qu'aux réseaux de la clinique.",
    en="The name server answers the clinic's networks only.",
    host="srv1",
    lock="",
)
def test_only_the_company_asks(lab):
    configuration = lab.host("srv1").check_output("named-checkconf -p")
    lists = re.findall(r"^\s*(allow-[\w-]+|acl \S+)\s*\{(.*?)\};", configuration, re.MULTILINE | re.DOTALL)
    assert "allow-query" in dict(lists), reason(
        fr="rien ne dit qui a le droit d'interroger : tout le monde l'a", en="nothing says who may ask: everybody may"
    )
    for name, clients in lists:
        others = list(filter(of_others, re.findall(r'[^\s";]+', clients)))
        assert not others, reason(
            fr=f"{name} laisse d'autres que la clinique interroger : {' '.join(others)}",
            en=f"{name} lets others than the clinic ask: {' '.join(others)}",
        )


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les zones inverses répondent toujours sur le serveur.",
    en="The reverse zones still answer on the server.",
    host="srv1",
    lock="",
)
def test_reverse_zones(lab):
    srv1 = lab.client("srv1")
    hosts = {"srv1": lab.address("srv1"), "web1": lab.address("web1"), **RESERVED}
    answers = concurrently(lambda name: srv1.resolve(hosts[name], "127.0.0.1", "PTR"), hosts)
    for (name, address), answer in zip(hosts.items(), answers, strict=True):
        assert_leads_to(answer, "srv1", address, f"{name}.{lab.domain}")


@pytest.mark.parametrize("pc", RESERVED)
@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ pc }} n'a rien de particulier : résolveur donné par DHCP, aucune ligne ajoutée dans /etc/hosts.",
    en="{{ pc }} has nothing special: the resolver given by DHCP, no line added to /etc/hosts.",
)
def test_workstation_unchanged(lab, pc):
    client = lab.client(pc)
    assert_resolver(lab, pc)
    added = names_by_hand(lab.host(pc), "intranet", "web1")
    assert not added, reason(fr=f"{pc} : {added}", en=f"{pc}: {added}")
    own, seen = f"{RESERVED[pc]}/24", client.addresses("eth0")
    assert seen == (own,), reason(
        fr=f"{pc} : {addresses_in_words(seen)} au lieu de {own}",
        en=f"{pc} has {addresses_in_words(seen)} instead of {own}",
    )


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Le serveur DHCP fonctionne et donne toujours srv1 comme résolveur.",
    en="The DHCP server runs and still gives srv1 as the resolver.",
    host="srv1",
    lock="",
)
def test_dhcp_gives_the_resolver(lab):
    options = {option.get("name"): option.get("data", "") for option in office_scope(lab).get("option-data", ())}
    given, server = options.get("domain-name-servers", ""), lab.address("srv1")
    assert given == server, reason(
        fr=f"le résolveur distribué : {listed(filter(None, [given]))} au lieu de {server}",
        en=f"the resolver handed out is {listed(filter(None, [given]))} instead of {server}",
    )
    assert lab.host("srv1").service("kea-dhcp4-server").is_running, reason(
        fr="le serveur DHCP ne fonctionne pas", en="the DHCP server does not run"
    )


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Vu des bureaux, l'intranet s'ouvre toujours par son adresse.",
    en="Seen from the office, the intranet still opens by its address.",
)
def test_intranet_by_address(lab):
    page = lab.probe("office").http_get(f"http://{lab.address('web1')}/")
    assert page.status == 200, reason(
        fr=f"http://{lab.address('web1')}/ : {answer_of(page)}", en=f"http://{lab.address('web1')}/: {answer_of(page)}"
    )
    assert WELCOME in page.body, reason(
        fr="web1 sert une autre page que celle de la clinique", en="web1 serves a page other than the clinic's"
    )
    assert lab.host("web1").service("nginx").is_enabled, reason(
        fr="le service nginx ne démarre pas avec web1", en="nginx does not start with web1"
    )
