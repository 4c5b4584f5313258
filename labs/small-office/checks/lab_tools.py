"""What the checks of the small office share: words for what was seen, and why an address will no longer come."""

import ipaddress
import json
import re
from pathlib import PurePosixPath

from grader import concurrently, lines_in, reason, scaled_timeout

RESERVED = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}
KEA_PART = re.compile(r'("(?:\\.|[^"\\])*")|<\?include\s+"([^"]*)"\s*\?>|//[^\n]*|#[^\n]*|/\*.*?\*/', re.DOTALL)
"""A text, another file, or a comment."""
MOST_KEA_FILES = 10
WELCOME = "Bienvenue sur l'intranet de la clinique des Tilleuls."


def listed(values):
    """Return values in words: one after another, or that there is none."""
    return ", ".join(values) or reason(fr="rien", en="nothing")


def addresses_in_words(addresses):
    """Return addresses in words, for behind a colon in French: "aucune adresse" asks for a verb with "ne"."""
    return ", ".join(addresses) or reason(fr="aucune adresse", en="no address")


def answer_of(page):
    """Return how a page's server answered, in words that follow a name and a colon."""
    if page:
        return reason(fr=f"statut {page.status}", en=f"status {page.status}")
    return reason(fr=f"pas de réponse ({page.problem})", en=f"no answer ({page.problem})")


def dns_answer_of(answer):
    """Return what a name server answered, in words that follow a name and a colon."""
    if answer.status is None:
        return reason(fr="le serveur de noms ne répond pas", en="the name server does not answer")
    if not answer.records:
        return reason(fr=f"aucun enregistrement ({answer.status})", en=f"no record ({answer.status})")
    return ", ".join(answer.records)


def assert_is_the_intranet(lab, where, page):
    """A page that was asked for by name somewhere is the clinic's, and comes from web1."""
    assert page.status == 200, reason(
        fr=f"{where} : l'intranet ne s'ouvre pas : {answer_of(page)}",
        en=f"{where}: the intranet does not open: {answer_of(page)}",
    )
    assert WELCOME in page.body, reason(
        fr=f"{where} : une autre page que celle de la clinique répond",
        en=f"{where}: a page other than the clinic's answers",
    )
    assert page.peer == lab.address("web1"), reason(
        fr=f"{where} : {page.peer} répond à la place de web1", en=f"{where}: {page.peer} answers instead of web1"
    )
    server = lab.listener("web1", 80, "/usr/sbin/nginx")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"web1, port 80 : {doubts}", en=f"web1, port 80: {doubts}")


def assert_led_by_dhcp(lab, pc):
    """A workstation has the gateway and the resolver that the clinic's DHCP server gives."""
    gateway, router = lab.client(pc).gateway(), lab.address("r1", "eth0")
    seen = gateway or reason(fr="aucune", en="none")
    assert gateway == router, reason(
        fr=f"{pc} : passerelle par défaut : {seen} au lieu de {router}",
        en=f"{pc}: the gateway is {seen} instead of {router}",
    )
    assert_resolver(lab, pc)


def assert_resolver(lab, pc):
    """A workstation asks the clinic's name server, and no other one."""
    resolvers, server = lab.client(pc).resolvers(), lab.address("srv1")
    seen = ", ".join(resolvers) or reason(fr="aucun", en="none")
    assert resolvers == (server,), reason(
        fr=f"{pc} : résolveur : {seen} au lieu de {server}", en=f"{pc}: the resolver is {seen} instead of {server}"
    )


def assert_service_lasts(lab, host, name):
    """A service runs on a host, and starts with it."""
    service = lab.host(host).service(name)
    assert service.is_running, reason(
        fr=f"le service {name} ne fonctionne pas sur {host}", en=f"{name} does not run on {host}"
    )
    assert service.is_enabled, reason(
        fr=f"le service {name} ne démarre pas avec {host}", en=f"{name} does not start with {host}"
    )


def kea_text(lab, path, within=0):
    """Return one of Kea's files without its comments and with the files that it includes, as Kea reads them.

    A text in quotes may hold what looks like a comment. Kea takes ten files within each other.
    """

    def plain(found):
        if found[2] is None:
            return found[1] or " "
        return kea_text(lab, str(PurePosixPath("/", found[2])), within + 1)

    assert within < MOST_KEA_FILES, reason(
        fr="trop de fichiers de Kea s'incluent l'un l'autre", en="too many of Kea's files include each other"
    )
    file = lab.host("srv1").file(path)
    assert file.is_file, reason(fr=f"srv1 n'a pas de fichier {path}", en=f"srv1 has no file {path}")
    return KEA_PART.sub(plain, file.content_string)


def dhcp_configuration(lab):
    """Return Kea's configuration, whichever files it is written in."""
    text = kea_text(lab, "/etc/kea/kea-dhcp4.conf")
    try:
        return json.loads(re.sub(r",(?=\s*[\]}])", "", text))["Dhcp4"]
    except (ValueError, KeyError) as error:
        raise AssertionError(
            reason(
                fr="/etc/kea/kea-dhcp4.conf n'est plus une configuration de Kea",
                en="/etc/kea/kea-dhcp4.conf is no longer a Kea configuration",
            )
        ) from error


def office_scope(lab):
    """Return what Kea's configuration says of the office's subnet."""
    found = [s for s in dhcp_configuration(lab).get("subnet4", ()) if s["subnet"] == "192.168.10.0/24"]
    assert len(found) == 1, reason(
        fr=f"la configuration du serveur DHCP a {len(found)} étendues pour les bureaux au lieu d'une",
        en=f"the office has {len(found)} scopes in the server's configuration instead of one",
    )
    return found[0]


def addresses_of(subnet):
    """Return every address of a subnet's pools: a pool is two ends or a network, within the subnet."""
    within, found = ipaddress.IPv4Network(subnet["subnet"]), set()
    for entry in subnet.get("pools", ()):
        first, dash, last = (part.strip() for part in entry["pool"].partition("-"))
        try:
            if dash:
                low, high = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
            else:
                network = ipaddress.IPv4Network(first)
                low, high = network[0], network[-1]
        except ValueError as error:
            raise AssertionError(no_pool(entry)) from error
        assert low in within, no_pool(entry)
        assert high in within, no_pool(entry)
        found |= {ipaddress.IPv4Address(number) for number in range(int(low), int(high) + 1)}
    return found


def no_pool(entry):
    """Return that something is no pool of the office's subnet."""
    said = entry["pool"]
    return reason(
        fr=f"« {said} » n'est pas une étendue du sous-réseau des bureaux",
        en=f"'{said}' is no pool of the office's subnet",
    )


def reservations_of(subnet):
    """Return a subnet's reservations by hardware address, which Kea takes in either case: card -> address."""
    return {r.get("hw-address", "").lower(): r.get("ip-address", "") for r in subnet.get("reservations", ())}


def rows_of_leases(lab):
    """Return the rows of the DHCP server's lease file, each as its columns; of an address, the last row counts."""
    text = lab.host("srv1").file("/var/lib/kea/kea-leases4.csv").content_string
    return [row.split(",") for row in lines_in(text)[1:]]


def nothing_to_come(lab, name):
    """Return why a host's eth0 will get no other address by itself, or nothing: for ``unless``."""
    shown = lab.client(name).ask(("ip", "-json", "link", "show", "dev", "eth0"))
    if shown.status != 0:
        return reason(fr=f"{name} n'a pas d'interface eth0", en=f"{name} has no interface eth0")
    (link,) = json.loads(shown.stdout)
    if "UP" not in link["flags"]:
        return reason(fr=f"l'interface eth0 de {name} est désactivée", en=f"eth0 of {name} is down")
    if "LOWER_UP" not in link["flags"]:
        return reason(fr=f"eth0 de {name} n'a pas de liaison (NO-CARRIER)", en=f"eth0 of {name} has no carrier")
    if lab.host(name).process.filter(comm="dhcpcd"):
        return ""
    # While a host starts, its interfaces are still to be set up; afterwards a client that is gone stays so.
    if lab.host(name).service("networking").systemd_property("Unit.ActiveState") not in {"active", "failed"}:
        return ""
    return reason(
        fr=f"aucun client DHCP ne tourne sur {name}, rien n'y changera de soi-même",
        en=f"no DHCP client runs on {name}, nothing will change there by itself",
    )


def no_lease_to_come(lab, pc):
    """Return why a workstation will get no lease, or nothing: for ``unless``.

    A client that is between two tries is no reason; that neither router nor server is there to be asked is one.
    """
    if against := nothing_to_come(lab, pc):
        return against
    for host, name in (("srv1", "kea-dhcp4-server"), ("r1", "isc-dhcp-relay")):
        if lab.host(host).service(name).systemd_property("Unit.ActiveState") in {"inactive", "failed"}:
            return reason(fr=f"le service {name} est arrêté sur {host}", en=f"{name} is stopped on {host}")
    seen = probed(lab, pc, lab.address("r1", "eth0"))
    card = lab.host("r1").file("/sys/class/net/eth0/address").content_string.strip()
    if card in cards_in(seen) or not all("Sent" in done.stdout for done in seen):
        return ""
    return reason(
        fr=f"sur le câble de {pc}, la carte eth0 du routeur r1 ne répond pas",
        en=f"on the cable of {pc}, the card eth0 of the router r1 does not answer",
    )


def probed(lab, pc, address):
    """Ask on a workstation's cable who has an address, twice at the same time, for one question that is lost.

    It is a probe as of RFC 5227: whoever asks needs no address, and nobody remembers the question. A kernel answers at
    once, for all of its addresses, whichever card they are on.
    """
    probe = ("arping", "-D", "-c", "1", "-w", str(scaled_timeout(1)), "-I", "eth0", address)
    return concurrently(lambda _: lab.client(pc).ask(probe), range(2))


def cards_in(answers):
    """Return the cards that answered ``probed``."""
    said = "".join(done.stdout for done in answers)
    return {mac.lower() for mac in re.findall(r"\[((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\]", said, re.IGNORECASE)}
