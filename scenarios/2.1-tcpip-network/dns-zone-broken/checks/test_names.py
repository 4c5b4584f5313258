"""Does the name lead to the intranet again, for everybody and for good, and is the rest of DNS still there?"""

import ipaddress
import json
import re

import pytest

from grader import check, lines_in

WORKSTATIONS = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}
COMPANY = ipaddress.ip_network("192.168.0.0/16")
WELCOME = "Bienvenue sur l'intranet de la menuiserie Valbocage."
RECORD = re.compile(r"^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(A|CNAME|NS)\s+(\S+)", re.MULTILINE)


def of_others(client):
    """Return whether an entry of a list lets in somebody from outside, or leaves out: that lets in all the rest."""
    try:
        network = ipaddress.ip_network(client)
    except ValueError:
        return client == "any" or client.startswith("!")
    return not (network.is_loopback or (network.version == 4 and network.subnet_of(COMPANY)))


def zone_file(lab):
    """Return the path of the company's zone file, as named's configuration gives it."""
    configuration = lab.host("srv1").check_output("named-checkconf -p")
    zone = re.search(rf'^zone "{re.escape(lab.domain)}"[^{{]*\{{(.*?)^\}};', configuration, re.MULTILINE | re.DOTALL)
    assert zone, f"named has no zone {lab.domain}"
    file = re.search(r'^\s*file "([^"]+)"', zone[1], re.MULTILINE)
    assert file, f"the zone {lab.domain} has no file"
    return file[1]


def assert_named_answers(lab):
    """Another program on the name server's port could answer whatever is asked for."""
    for protocol in ("udp", "tcp"):
        heard = lab.listener("srv1", 53, "/usr/sbin/named", protocol=protocol)
        assert heard.is_genuine, f"srv1, port 53: {'; '.join(heard.doubts)}"


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


@pytest.mark.parametrize("pc", WORKSTATIONS)
@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="Sur {{ pc }}, le DNS donne l'adresse de l'intranet et la page s'ouvre par son nom.",
    en="On {{ pc }}, DNS gives the address of the intranet and the page opens by its name.",
)
def test_intranet_by_name(lab, pc):
    client, name = lab.client(pc), f"intranet.{lab.domain}"
    answer = client.resolve(name)
    assert answer.records == (lab.address("web1"),), f"{name}: {answer.status}, {answer.records}"
    page = client.http_get(f"http://{name}/", timeout=3)
    assert page.status == 200, f"{pc}: {page.problem or page.status}"
    assert WELCOME in page.body, f"{pc}: another page answers"
    assert page.peer == lab.address("web1"), f"{pc}: {page.peer} answers instead of web1"
    assert_named_answers(lab)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Interrogé des bureaux et de la salle des serveurs, le serveur de noms donne la bonne adresse de l'intranet.",
    en="Asked from the office and the server room, the name server gives the right address of the intranet.",
)
def test_server_answers_the_company(lab):
    name = f"intranet.{lab.domain}"
    for segment in ("office", "servers"):
        answer = lab.probe(segment).resolve(name, lab.address("srv1"))
        assert answer.records == (lab.address("web1"),), f"{segment}: {name}: {answer.status}, {answer.records}"
        assert answer.authoritative, "the answer does not come from the company's own zone"
    assert_named_answers(lab)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Les fichiers du serveur de noms sont justes : la réparation tient après un redémarrage.",
    en="The files of the name server are right: the repair holds after a reboot.",
    host="srv1",
)
def test_repair_is_in_the_files(lab):
    srv1 = lab.host("srv1")
    loads = srv1.run("named-checkconf -z")
    faulty = [line for line in lines_in(loads.stdout) if "loaded serial" not in line]
    assert loads.rc == 0, f"named-checkconf -z: {'; '.join(faulty[:3])}"
    found = records(compiled(lab) or "", lab.domain)
    for name in (f"intranet.{lab.domain}.", f"web1.{lab.domain}."):
        seen = leads_to(found, name)
        assert seen == (lab.address("web1"),), f"in the zone file, {name} leads to {', '.join(seen) or 'no address'}"
    options = srv1.check_output("named-checkconf -p")
    for allowed in re.findall(r"^\s*allow-query\s*\{(.*?)\};", options, re.MULTILINE | re.DOTALL):
        clients = set(re.findall(r'[^\s";]+', allowed)) - {"localhost", "127.0.0.1", "127.0.0.0/8", "none"}
        assert clients, f"allow-query lets only the server itself ask: {' '.join(allowed.split())}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="named fonctionne comme service et démarre avec srv1.",
    en="named runs as a service and starts with srv1.",
    host="srv1",
)
def test_named_is_a_service(lab):
    srv1 = lab.host("srv1")
    named = srv1.service("named")
    assert named.is_running, "the service named does not run"
    assert named.is_enabled, "the service named does not start with srv1"
    for protocol in ("udp", "tcp"):
        heard = lab.listener("srv1", 53, protocol=protocol)
        assert heard.pids <= {named.main_pid}, f"another process answers on port 53: {', '.join(heard.executables)}"
    assert named.is_genuine, "; ".join(named.doubts)


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les autres noms de l'entreprise sont toujours dans la zone, sans nom inutile de plus.",
    en="The other names of the company are still in the zone, with no needless name besides.",
    host="srv1",
)
def test_zone_is_whole(lab):
    text = compiled(lab) or lab.host("srv1").file(zone_file(lab)).content_string
    found = records(text, lab.domain)
    expected = {"r1": lab.address("r1"), "srv1": lab.address("srv1"), **WORKSTATIONS}
    missing = [name for name, address in expected.items() if (f"{name}.{lab.domain}.", "A", address) not in found]
    assert not missing, f"missing from the zone: {', '.join(missing)}"
    absurd = [name for name, _, _ in found if name.endswith(f".{lab.domain}.{lab.domain}.") or name.startswith("*.")]
    assert not absurd, f"the zone has a name that nobody needs: {absurd[0]}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Le serveur de noms ne répond qu'aux réseaux de l'entreprise.",
    en="The name server answers the company's networks only.",
    host="srv1",
)
def test_only_the_company_asks(lab):
    configuration = lab.host("srv1").check_output("named-checkconf -p")
    lists = re.findall(r"^\s*(allow-[\w-]+|acl \S+)\s*\{(.*?)\};", configuration, re.MULTILINE | re.DOTALL)
    assert "allow-query" in dict(lists), "nothing says who may ask: everybody may"
    for name, clients in lists:
        others = list(filter(of_others, re.findall(r'[^\s";]+', clients)))
        assert not others, f"{name} lets others than the company ask: {' '.join(others)}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Les zones inverses répondent toujours sur le serveur.",
    en="The reverse zones still answer on the server.",
    host="srv1",
)
def test_reverse_zones(lab):
    srv1 = lab.client("srv1")
    for name, address in {"srv1": lab.address("srv1"), "web1": lab.address("web1"), **WORKSTATIONS}.items():
        answer = srv1.resolve(address, "127.0.0.1", "PTR")
        assert answer.records == (f"{name}.{lab.domain}",), f"{address}: {answer.status}, {answer.records}"


@pytest.mark.parametrize("pc", WORKSTATIONS)
@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ pc }} n'a rien de particulier : résolveur donné par DHCP, aucune ligne ajoutée dans /etc/hosts.",
    en="{{ pc }} has nothing special: the resolver given by DHCP, no line added to /etc/hosts.",
)
def test_workstation_unchanged(lab, pc):
    client, host = lab.client(pc), lab.host(pc)
    assert client.resolvers() == (lab.address("srv1"),), f"{pc}: the resolvers are {client.resolvers()}"
    lines = [line.partition("#")[0] for line in lines_in(host.file("/etc/hosts").content_string)]
    added = [line for line in lines if "intranet" in line or "web1" in line]
    assert not added, f"{pc}: /etc/hosts says {added[0]!r}"
    assert client.addresses("eth0") == (f"{WORKSTATIONS[pc]}/24",), f"{pc}: the address is {client.addresses('eth0')}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Le serveur DHCP fonctionne et donne toujours srv1 comme résolveur.",
    en="The DHCP server runs and still gives srv1 as the resolver.",
    host="srv1",
)
def test_dhcp_gives_the_resolver(lab):
    srv1 = lab.host("srv1")
    text = srv1.file("/etc/kea/kea-dhcp4.conf").content_string
    (subnet,) = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))["Dhcp4"]["subnet4"]
    options = {option["name"]: option["data"] for option in subnet["option-data"]}
    assert options["domain-name-servers"] == lab.address("srv1"), f"the resolver handed out is {options}"
    assert srv1.service("kea-dhcp4-server").is_running, "the DHCP server does not run"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Vu des bureaux, l'intranet s'ouvre toujours par son adresse.",
    en="Seen from the office, the intranet still opens by its address.",
)
def test_intranet_by_address(lab):
    page = lab.probe("office").http_get(f"http://{lab.address('web1')}/")
    assert page.status == 200, f"web1: {page.problem or page.status}"
    assert WELCOME in page.body, "web1 serves another page"
    assert lab.host("web1").service("nginx").is_enabled, "nginx does not start with web1"
