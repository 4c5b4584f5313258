"""Is what the written policy forbids closed, on the firewall and for good, and does all that it allows still pass?"""

import re
import secrets

import pytest

from grader import check, scaled_timeout
from lab_tools import (
    ARRIVES,
    FW1,
    INET1,
    NOMADE1,
    PC1,
    PROXY1,
    PUBLIC,
    RELAY1,
    SERVERS,
    SRV1,
    SUPPLIER,
    WEB1,
    arrived,
    assert_policy_is_kept,
    assert_still_reaches,
    beside_tcp,
    ports_of,
    published_besides,
    reached,
    send,
)

DMZ_GATEWAY = "172.16.50.1"
DESK = [(PC1, port) for port in (22, 25, 80)]
BETWEEN = {
    "relay1": [*ports_of(SRV1, 25), *ports_of(INET1, 25, 53), (NOMADE1, 53), *DESK],
    "proxy1": [*ports_of(SRV1), *ports_of(INET1, 53, 80, 443), (NOMADE1, 53), *DESK],
    "web1": [*ports_of(SRV1), *ports_of(INET1), *DESK],
    "vpn1": [*ports_of(SRV1), *ports_of(INET1), *DESK],
    "nomade1": [*ports_of(SRV1, 25, 80), *DESK],
}
"""What each machine of the DMZ, and the remote worker through the tunnel, must not open."""
FROM_INTERNET = [
    *ports_of(PUBLIC, 25, 80),
    *((PUBLIC, port) for port in (1194, 2222, 3128)),
    *((server, port) for server in SERVERS for port in (22, 80, 3128)),
    *((SRV1, port) for port in (22, 25, 53, 80)),
    (PC1, 22),
]
FROM_LAN = [(RELAY1, 25), *((s, 22) for s in SERVERS), *((INET1, p) for p in (22, 25, 53, 80, 443))]
ALLOWED = {
    "srv1": [(FW1, 22), *((server, 22) for server in SERVERS), (RELAY1, 25), (PROXY1, 3128), (WEB1, 80)],
    "pc1": [(PROXY1, 3128), (WEB1, 80)],
    "relay1": [(SRV1, 25), (INET1, 25), (INET1, 53)],
    "proxy1": [(INET1, 80), (INET1, 443), (INET1, 53), (NOMADE1, 80)],
    "nomade1": [(PUBLIC, 25), (PUBLIC, 80), (SRV1, 25), (SRV1, 80)],
}


def arrives(lab, host, mailbox, mark):
    """Wait until a mailbox has the message with a mark."""

    def there():
        found = lab.host(host).run("grep -rlF %s %s", f"Subject: {mark}", f"/var/mail/boites/{mailbox}/new")
        assert found.rc == 0, f"the message does not arrive in the mailbox {mailbox}"
        return True

    lab.wait(there, within=ARRIVES, every=0.5)


@check(
    "symptom",
    points=4,
    competence="2.2",
    fr="Entre nos réseaux et au départ de la DMZ, rien ne passe que la politique interdit.",
    en="Between our networks and from the DMZ, nothing passes that the policy forbids.",
    because="reaches",
    timeout=120,
)
def test_between_our_networks(lab):
    others = [*ports_of(SRV1), *ports_of(INET1), *DESK]
    stations = {host: lab.client(host) for host in BETWEEN} | {"another host of the DMZ": lab.probe("dmz")}
    passed = reached(stations, BETWEEN | {"another host of the DMZ": others}) + beside_tcp(lab)
    assert not passed, "; ".join(passed)


@check(
    "symptom",
    points=4,
    competence="2.2",
    fr="Rien d'interdit n'est ouvert ni publié à Internet, et le pare-feu ne s'administre que de srv1.",
    en="To the Internet nothing forbidden is open or published, and the firewall is administered from srv1 alone.",
    because="reaches",
    timeout=120,
)
def test_from_the_internet(lab):
    stations = {"the Internet": lab.probe("outside"), "the DMZ": lab.probe("dmz"), "pc1": lab.client("pc1")}
    stations["nomade1"] = lab.client("nomade1")
    administration = [(DMZ_GATEWAY, 22), (FW1, 22), (PUBLIC, 22)]
    targets = {"the Internet": FROM_INTERNET, "the DMZ": administration, "pc1": [(FW1, 22)], "nomade1": administration}
    passed = reached(stations, targets)
    assert not passed, "; ".join(passed)
    wide = published_besides(lab.host("fw1"), WEB1, 80)
    assert not wide, f"{wide} of the rules publish more of web1 than the policy says, even if nothing comes through"


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Les règles en vigueur sur fw1 sont celles du fichier qu'il charge au démarrage.",
    en="The rules in force on fw1 are those of the file that it loads at boot.",
    host="fw1",
)
def test_policy_is_kept(lab):
    assert_policy_is_kept(lab)


@pytest.mark.parametrize("host", ALLOWED)
@check(
    "guard",
    points=2,
    competence="2.2",
    fr="{{ host }} garde tous les accès que la politique lui donne.",
    en="{{ host }} keeps all the access that the policy gives it.",
    host="{{ host }}",
    timeout=90,
)
def test_allowed(lab, host):
    assert_still_reaches(lab, host, ALLOWED[host])


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Le courrier passe dans les deux sens.",
    en="Mail passes both ways.",
    timeout=90,
)
def test_mail(lab):
    coming = send(lab.probe("outside"), PUBLIC, SUPPLIER, f"afaure@{lab.domain}")
    going = send(lab.client("pc1"), f"srv1.{lab.domain}", f"afaure@{lab.domain}", SUPPLIER)
    arrives(lab, "srv1", "afaure", coming)
    arrives(lab, "inet1", "commandes", going)


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Le Web passe par le mandataire, le site de l'entreprise s'ouvre de partout, l'intranet par le VPN.",
    en="The Web passes through the proxy, the company's site opens from everywhere, the intranet through the VPN.",
    timeout=90,
)
def test_web(lab):
    page, proxy = secrets.token_hex(6), f"http://proxy1.{lab.domain}:3128"
    site = "http://www.scierie-delorme.example"
    got = lab.client("pc1").run(
        ["curl", "--disable", "-sS", "--max-time", str(scaled_timeout(10)), "--proxy", proxy, f"{site}/{page}"]
    )
    assert page in got.stdout, f"no Web through the proxy: {got.stderr.strip() or got.stdout[:80]}"
    for station, url in ((lab.probe("outside"), f"http://{PUBLIC}/"), (lab.client("pc1"), f"http://www.{lab.domain}/")):
        answer = station.http_get(url)
        assert "Escaliers, fenêtres" in answer.body, f"the company's site, {url}: {answer.status or answer.problem}"

    def intranet():
        answer = lab.client("nomade1").http_get(f"http://intranet.{lab.domain}/")
        assert "Intranet de la menuiserie" in answer.body, f"the intranet by VPN: {answer.status or answer.problem}"
        return True

    lab.wait(intranet, within=25, every=1)


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le réseau local atteint par ping la DMZ et Internet, et chacun le pare-feu.",
    en="The local network reaches the DMZ and the Internet by ping, and everybody the firewall.",
    timeout=90,
)
def test_ping(lab):
    for where, address in (("lan", WEB1), ("lan", INET1), ("lan", FW1), ("dmz", DMZ_GATEWAY), ("outside", PUBLIC)):
        assert lab.probe(where).ping(address, within=5), f"no ping from {where} to {address}"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le réseau local n'a pas gagné d'accès.",
    en="The local network has gained no access.",
)
def test_lan_is_as_it_was(lab):
    passed = arrived(lab.probe("lan"), FROM_LAN)
    assert not passed, f"from the local network: {', '.join(passed)}"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Internet n'obtient aucune réponse à un paquet interdit ; nos réseaux, un refus immédiat.",
    en="The Internet gets no answer to a forbidden packet; our networks get a refusal at once.",
)
def test_how_it_is_refused(lab):
    assert lab.probe("outside").tcp(PUBLIC, 8443).state == "silent", "the firewall answers forbidden packets"

    def told():
        said = lab.probe("lan").tcp(RELAY1, 110, timeout=3).state
        assert said == "unreachable", f"the local network is not told by ICMP that the policy refuses it ({said})"
        return True

    lab.wait(told, within=12, every=1)


@pytest.mark.parametrize("host", ["relay1", "proxy1", "web1", "vpn1", "fw1"])
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="srv1 ouvre toujours une session d'administration sur {{ host }}.",
    en="srv1 still opens an administration session on {{ host }}.",
    host="{{ host }}",
)
def test_administration(lab, host):
    banner = (
        lab.client("srv1")
        .run(["sh", "-c", f"nc -N -w {scaled_timeout(5)} {lab.address(host)} 22 </dev/null | head -c 60"])
        .stdout
    )
    assert re.match(r"SSH-2\.0-OpenSSH", banner), f"SSH of {host} does not answer srv1: {banner or 'nothing'}"
    assert lab.host(host).service("ssh").is_enabled, f"ssh does not start with {host}"
