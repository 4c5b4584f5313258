"""Does everything pass that the written policy allows, and nothing else? Asked from each network, by clients."""

import secrets

import pytest

from grader import check, concurrently, reason
from lab_tools import (
    DOMAIN,
    FW1,
    INET1,
    PARTNER,
    PC1,
    PROXY1,
    PUBLIC,
    RELAY1,
    SERVERS,
    SRV1,
    WEB1,
    arrived,
    assert_is_the_sites,
    assert_no_more_than_before,
    assert_rules_are_the_files,
    assert_still_reaches,
    comes_in,
    goes_out,
    in_short,
    limits,
)

AGAIN = 20
"""Seconds in which the tunnel is up again, a new attempt included."""

FORBIDDEN = {
    "outside": [
        *((PUBLIC, port) for port in (22, 53, 443, 1194, 3128, 8080)),
        *((server, port) for server in SERVERS for port in (22, 25, 80, 3128)),
        *((SRV1, port) for port in (22, 25, 53, 80)),
        (PC1, 22),
    ],
    "lan": [
        (FW1, 22),
        *((server, 22) for server in SERVERS),
        (RELAY1, 25),
        *((INET1, port) for port in (22, 25, 53, 80, 443)),
    ],
    "dmz": [
        ("172.16.50.1", 22),
        *((SRV1, port) for port in (22, 25, 53, 80)),
        (PC1, 22),
        *((INET1, port) for port in (22, 25, 53, 80, 443)),
    ],
}
"""What no ordinary machine of a network may open."""
ALLOWED = {
    "srv1": [(FW1, 22), *((server, 22) for server in SERVERS), (RELAY1, 25), (PROXY1, 3128), (WEB1, 80)],
    "pc1": [(PROXY1, 3128), (WEB1, 80)],
    "relay1": [(SRV1, 25), (INET1, 25), (INET1, 53)],
    "proxy1": [(INET1, 80), (INET1, 443), (INET1, 53)],
    "nomade1": [(PUBLIC, 25), (PUBLIC, 80), (SRV1, 25), (SRV1, 80)],
}
REFUSED = {
    "srv1": [(INET1, 25), (INET1, 80)],
    "pc1": [(FW1, 22), (RELAY1, 25), (RELAY1, 22), (INET1, 80)],
    "relay1": [(SRV1, 22), (SRV1, 80), (INET1, 22), (INET1, 80)],
    "proxy1": [(SRV1, 25), (SRV1, 80), (INET1, 22), (INET1, 25)],
    "web1": [(SRV1, 22), (SRV1, 25), (INET1, 53), (INET1, 80)],
    "vpn1": [(SRV1, 22), (SRV1, 80), (INET1, 53), (INET1, 80)],
    "nomade1": [(SRV1, 22), (SRV1, 53), (PC1, 22), (PUBLIC, 22)],
}
SERVICES = {
    "fw1": ["nftables"],
    "srv1": ["postfix", "nginx", "dnsmasq"],
    "relay1": ["postfix"],
    "proxy1": ["squid"],
    "web1": ["nginx"],
    "vpn1": ["openvpn-server@vpn"],
    "nomade1": ["openvpn-client@bureau"],
    "inet1": ["postfix", "nginx", "dnsmasq"],
}


@check(
    "guard", fr="Un message d'Internet arrive dans une boîte aux lettres.", en="A message from the Internet arrives."
)
def test_mail_comes_in(lab):
    comes_in(lab, "afaure")


@check(
    "guard", fr="Un message d'un poste arrive sur Internet.", en="A message from a workstation reaches the Internet."
)
def test_mail_goes_out(lab):
    goes_out(lab, "croux")


@check("guard", fr="Le relais ne relaie pas pour n'importe qui.", en="The relay does not relay for just anybody.")
def test_relay_is_closed(lab):
    stranger = ("--mail-from", "a@meteo-bocage.example", "--mail-rcpt", PARTNER, "--upload-file", "/dev/null")
    said = lab.probe("outside").run(["curl", "--disable", "-sS", *limits(10), *stranger, f"smtp://{PUBLIC}"]).stderr
    answer = said.strip()
    assert "RCPT failed: 55" in said, reason(
        fr=f"le relais devrait refuser un message de l'extérieur pour l'extérieur : {answer or 'il le prend'}",
        en=f"the relay should refuse a message from outside for outside: {answer or 'it takes it'}",
    )


@check(
    "guard",
    fr="Les postes ont le Web par le mandataire, les sites interdits exceptés.",
    en="The workstations have the Web through the proxy, but for forbidden sites.",
)
def test_web_through_the_proxy(lab):
    page, proxy = secrets.token_hex(6), f"http://proxy1.{lab.domain}:3128"
    sites = {"www.valdarbre": 200, "www.meteo-bocage": 200, "www.jeux-en-ligne": 403}
    answers = concurrently(lambda site: through_proxy(lab.client("pc1"), proxy, f"http://{site}.example/{page}"), sites)
    for (site, expected), (status, text) in zip(sites.items(), answers, strict=True):
        assert status == expected, reason(
            fr=f"{site}.example par le mandataire : statut {status} au lieu de {expected}",
            en=f"{site}.example through the proxy: status {status} instead of {expected}",
        )
        if expected == 200:
            assert_is_the_sites(lab, f"http://{site}.example/{page}", text)


def through_proxy(station, proxy, url):
    """Get a page through a proxy; return its status (0 without an answer) and its text."""
    done = station.run(["curl", "--disable", "-sS", *limits(10), "--proxy", proxy, "--write-out", "%{http_code}", url])
    return int(done.stdout[-3:] or 0), done.stdout[:-3]


@check("guard", fr="Le mandataire ne sert que le réseau local.", en="The proxy serves only the local network.")
def test_proxy_serves_the_lan(lab):
    status, _ = through_proxy(lab.probe("dmz"), f"http://{PROXY1}:3128", "http://www.meteo-bocage.example/")
    assert status == 403, reason(
        fr=f"le mandataire répond {status} à la DMZ au lieu de refuser (403)",
        en=f"the proxy answers {status} to the DMZ instead of refusing (403)",
    )


@check(
    "guard",
    fr="Le site de la mairie s'ouvre depuis Internet et depuis le réseau local.",
    en="The town's web site opens from the Internet and from the local network.",
)
def test_town_site(lab):
    places = {f"http://{PUBLIC}/": lab.probe("outside"), f"http://www.{DOMAIN}/": lab.client("pc1")}
    pages = concurrently(lambda url: places[url].http_get(url), places)
    for url, page in zip(places, pages, strict=True):
        seen = page.status or page.problem
        assert "État civil, urbanisme" in page.body, reason(
            fr=f"{url} ne montre pas le site de la mairie : {seen}",
            en=f"{url} does not show the town's web site: {seen}",
        )


@check(
    "guard",
    fr="Le télétravailleur ouvre l'intranet par le VPN.",
    en="The remote worker opens the intranet through the VPN.",
)
def test_intranet_through_the_vpn(lab):
    nomade1 = lab.client("nomade1")

    def opens():
        page = nomade1.http_get(f"http://intranet.{lab.domain}/")
        seen = page.status or page.problem
        assert "Agenda des élus" in page.body, reason(
            fr=f"l'intranet ne s'ouvre pas : {seen}", en=f"the intranet does not open: {seen}"
        )
        return True

    lab.wait(opens, within=AGAIN, every=0.5)
    route = next((r for r in nomade1.routes() if r.destination == "192.168.50.0/24"), None)
    assert route, reason(
        fr="nomade1 n'a pas de route vers le réseau local", en="nomade1 has no route to the local network"
    )
    assert route.interface == "tun0", reason(
        fr=f"nomade1 atteint le réseau local par {route.interface} au lieu de tun0",
        en=f"nomade1 reaches the local network by {route.interface} instead of tun0",
    )


@pytest.mark.parametrize("segment", FORBIDDEN)
@check(
    "guard",
    fr="Depuis le segment {{ segment }}, rien d'interdit ne passe.",
    en="From the segment {{ segment }} nothing forbidden passes.",
)
def test_forbidden(lab, segment):
    passed = in_short(arrived(lab.probe(segment), FORBIDDEN[segment]))
    assert not passed, reason(fr=f"le segment {segment} atteint {passed}", en=f"the segment {segment} reaches {passed}")


@pytest.mark.parametrize("host", sorted({*ALLOWED, *REFUSED}))
@check(
    "guard",
    fr="{{ host }} atteint ce que la politique lui permet, et rien d'autre.",
    en="{{ host }} reaches what the policy lets it, and nothing else.",
)
def test_each_host(lab, host):
    assert_still_reaches(lab, host, ALLOWED.get(host, []))
    assert_no_more_than_before(lab, host, REFUSED.get(host, []))


@check(
    "guard", fr="Les règles du pare-feu sont celles de son fichier.", en="The firewall's rules are those of its file."
)
def test_policy_is_kept(lab):
    assert_rules_are_the_files(lab)


@pytest.mark.parametrize("host", SERVICES)
@check(
    "guard",
    fr="Les services de {{ host }} fonctionnent et démarrent avec la machine.",
    en="The services of {{ host }} run and start with the machine.",
)
def test_services(lab, host):
    for name in SERVICES[host]:
        service = lab.host(host).service(name)
        assert service.is_running, reason(
            fr=f"{name} ne fonctionne pas sur {host}", en=f"{name} does not run on {host}"
        )
        assert service.is_enabled, reason(
            fr=f"{name} ne démarre pas avec {host}", en=f"{name} does not start with {host}"
        )
