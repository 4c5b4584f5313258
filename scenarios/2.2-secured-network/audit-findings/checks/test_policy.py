"""Is what the written policy forbids closed, on the firewall and for good, and does all that it allows still pass?"""

import re
import secrets

import pytest

from grader import check, concurrently, reason, scaled_timeout
from lab_tools import (
    DMZ_GATEWAY,
    DOMAIN,
    FW1,
    INET1,
    INTERNET,
    NEWCOMER,
    NOMADE1,
    PC1,
    PROXY1,
    PUBLIC,
    RELAY1,
    SERVERS,
    SILENCE,
    SOON,
    SRV1,
    WEB1,
    arrived,
    ask,
    assert_is_the_sites,
    assert_nginx_serves,
    assert_policy_is_kept,
    assert_published_alone,
    assert_rules_are_the_policy,
    assert_still_reaches,
    by_tcp,
    comes_in,
    filter_refuses,
    goes_out,
    in_short,
    in_words,
    limits,
    passing,
    ports_of,
    state_of,
    what_is_beside_tcp,
)

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


@check(
    "symptom",
    points=4,
    competence="2.2",
    fr="Entre nos réseaux et au départ de la DMZ, rien ne passe que la politique interdit.",
    en="Between our networks and from the DMZ, nothing passes that the policy forbids.",
    before_fr="Le premier écart relevé par l'audit n'est pas fermé.",
    before_en="The first breach found by the audit is not closed.",
    because="reaches",
    timeout=120,
)
def test_between_our_networks(lab):
    targets = BETWEEN | {NEWCOMER: [*ports_of(SRV1), *ports_of(INET1), *DESK]}
    stations, beside = what_is_beside_tcp(lab)
    questions = {name: [*others, *by_tcp(targets.get(name, ()))] for name, others in beside.items()}
    passed = in_short(passing(stations, questions))
    assert not passed, passed


@check(
    "symptom",
    points=4,
    competence="2.2",
    fr="Rien d'interdit n'est ouvert ni publié à Internet, et le pare-feu ne s'administre que de srv1.",
    en="Nothing forbidden is open or published to the Internet, and the firewall is administered from srv1 only.",
    before_fr="Le second écart relevé par l'audit n'est pas fermé.",
    before_en="The second breach found by the audit is not closed.",
    because="reaches",
    timeout=120,
)
def test_from_the_internet(lab):
    dmz = reason(fr="la DMZ", en="the DMZ")
    stations = {INTERNET: lab.probe("outside"), dmz: lab.probe("dmz"), "pc1": lab.client("pc1")}
    stations["nomade1"] = lab.client("nomade1")
    administration = [(DMZ_GATEWAY, 22), (FW1, 22), (PUBLIC, 22)]
    targets = {INTERNET: FROM_INTERNET, dmz: administration, "pc1": [(FW1, 22)], "nomade1": administration}
    passed = in_short(passing(stations, {name: by_tcp(places) for name, places in targets.items()}))
    assert not passed, passed
    assert_published_alone(lab, "web1", WEB1, 80)


@check(
    "objective",
    points=3,
    competence="2.2",
    fr="Ce que les règles de fw1 laissent passer est ce que la politique permet, pour tous les paquets possibles.",
    en="What the rules of fw1 let through is what the policy allows, for every possible packet.",
    before_fr="Une relecture du pare-feu, la politique à la main, trouverait encore à redire.",
    before_en="Anyone reviewing the firewall against the policy would still find fault with it.",
    because="let more pass than the policy",
    host="fw1",
    lock="",
)
def test_whole_policy(lab):
    assert_rules_are_the_policy(lab)


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Les règles en vigueur sur fw1 sont celles du fichier qu'il charge au démarrage.",
    en="The rules in force on fw1 are those of the file that it loads at boot.",
    host="fw1",
    lock="",
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
    lock="",
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
    concurrently(lambda pass_mail: pass_mail(lab, "afaure"), (comes_in, goes_out))


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Le Web passe par le mandataire, le site de la mairie s'ouvre de partout, l'intranet par le VPN.",
    en="The Web passes through the proxy, the town's site opens from everywhere, the intranet through the VPN.",
    timeout=90,
)
def test_web(lab):
    concurrently(lambda open_one: open_one(lab), (site_by_proxy, own_site, intranet))


def site_by_proxy(lab):
    """The workstation has a page of an outside site through the proxy."""
    page, proxy = secrets.token_hex(6), f"http://proxy1.{lab.domain}:3128"
    url = f"http://www.valdarbre.example/{page}"
    got = lab.client("pc1").run(["curl", "--disable", "-sS", *limits(10), "--proxy", proxy, url])
    seen = got.stderr.strip() or got.stdout[:80]
    assert f"Page : /{page}" in got.stdout, reason(
        fr=f"pas de Web par le mandataire : {seen}", en=f"no Web through the proxy: {seen}"
    )
    assert_is_the_sites(lab, url, got.stdout)


def own_site(lab):
    """The town's site opens from the Internet and from the workstation."""
    places = {f"http://{PUBLIC}/": lab.probe("outside"), f"http://www.{DOMAIN}/": lab.client("pc1")}
    for url, page in zip(places, concurrently(lambda url: places[url].http_get(url, timeout=3), places), strict=True):
        seen = page.status or page.problem
        assert "État civil, urbanisme" in page.body, reason(
            fr=f"le site de la mairie, {url} : {seen}", en=f"the town's site, {url}: {seen}"
        )
    assert_nginx_serves(lab, "web1")


def intranet(lab):
    """The remote worker has the intranet through the tunnel."""
    nomade1 = lab.client("nomade1")

    def opens():
        page = nomade1.http_get(f"http://intranet.{lab.domain}/", timeout=3)
        seen = page.status or page.problem
        assert "Intranet de la mairie" in page.body, reason(
            fr=f"l'intranet par le VPN : {seen}", en=f"the intranet by VPN: {seen}"
        )
        return True

    lab.wait(opens, within=SOON, every=0.3, unless=lambda: filter_refuses(state_of(nomade1, SRV1, 80)))
    assert_nginx_serves(lab, "srv1")


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le réseau local atteint par ping la DMZ et Internet, et chacun le pare-feu.",
    en="The local network reaches the DMZ and the Internet by ping, and everybody the firewall.",
    timeout=90,
)
def test_ping(lab):
    asked = {"lan": (WEB1, INET1, FW1), "dmz": (DMZ_GATEWAY,), "outside": (PUBLIC,)}

    def unanswered(segment):
        told = ask(lab.probe(segment), [("ping", address, "-") for address in asked[segment]], 4)
        return [address for address, state in zip(asked[segment], told, strict=True) if state != "answered"]

    lost = ", ".join(
        f"{segment} → {address}"
        for segment, addresses in zip(asked, concurrently(unanswered, asked), strict=True)
        for address in addresses
    )
    assert not lost, reason(fr=f"pas de réponse au ping : {lost}", en=f"no answer to ping: {lost}")


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le réseau local n'a pas gagné d'accès.",
    en="The local network has gained no access.",
)
def test_lan_is_as_it_was(lab):
    passed = in_short(arrived(lab.probe("lan"), FROM_LAN))
    assert not passed, reason(fr=f"le réseau local atteint {passed}", en=f"the local network reaches {passed}")


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Internet n'obtient aucune réponse à un paquet interdit ; nos réseaux, un refus immédiat.",
    en="The Internet gets no answer to a forbidden packet; our networks get a refusal at once.",
)
def test_how_it_is_refused(lab):
    concurrently(lambda refused: refused(lab), (silently, at_once))


def silently(lab):
    """The Internet is answered nothing."""
    state = state_of(lab.probe("outside"), PUBLIC, 8443, SILENCE)
    assert state == "silent", reason(
        fr=f"le pare-feu répond aux paquets interdits venus d'Internet ({in_words(state)})",
        en=f"the firewall answers forbidden packets from the Internet ({in_words(state)})",
    )


def at_once(lab):
    """The local network is told by ICMP, of which the kernel may have sent its share to others a moment before."""
    state = ""

    def told():
        nonlocal state
        state = state_of(lab.probe("lan"), RELAY1, 110)
        assert state in {"filtered", "unreachable"}, reason(
            fr=f"aucun message ICMP n'annonce au réseau local que la politique lui refuse {RELAY1}:110 "
            f"({in_words(state)})",
            en=f"the local network is not told by ICMP that the policy refuses it {RELAY1}:110 ({in_words(state)})",
        )
        return True

    def otherwise():
        answered = state in {"open", "refused"}
        return answered and reason(fr="c'est une autre réponse", en="that is another answer")

    lab.wait(told, within=SOON, every=0.3, unless=otherwise)


@pytest.mark.parametrize("host", ["relay1", "proxy1", "web1", "vpn1", "fw1"])
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="srv1 ouvre toujours une session d'administration sur {{ host }}.",
    en="srv1 still opens an administration session on {{ host }}.",
    host="{{ host }}",
    lock="",
)
def test_administration(lab, host):
    banner = (
        lab.client("srv1")
        .run(["sh", "-c", f"nc -N -w {scaled_timeout(3)} {lab.address(host)} 22 </dev/null | head -c 60"])
        .stdout
    )
    assert re.match(r"SSH-2\.0-OpenSSH", banner), reason(
        fr=f"SSH ne répond pas à srv1 sur {host} : {banner.strip() or 'aucune réponse'}",
        en=f"SSH of {host} does not answer srv1: {banner.strip() or 'nothing'}",
    )
    assert lab.host(host).service("ssh").is_enabled, reason(
        fr=f"ssh ne démarre pas avec {host}", en=f"ssh does not start with {host}"
    )
