"""Does everything pass that the written policy allows, and nothing else? Asked from each network, by clients."""

import secrets

import pytest

from grader import check, ruleset_differences, scaled_timeout
from lab_tools import ARRIVES, FW1, INET1, PC1, PROXY1, PUBLIC, RELAY1, SERVERS, SRV1, SUPPLIER, WEB1, arrived

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


def send(station, server, sender, recipient):
    """Hand a message with a new mark to a mail server, as a mail program does; return the mark."""
    mark = secrets.token_hex(8)
    text = f"From: {sender}\\r\\nTo: {recipient}\\r\\nSubject: {mark}\\r\\n\\r\\nBonjour.\\r\\n"
    envelope = ["--mail-from", sender, "--mail-rcpt", recipient]
    line = (
        f"printf '{text}' | curl --disable --silent --show-error --max-time {scaled_timeout(15)} --upload-file - \"$@\""
    )
    done = station.run(["sh", "-c", line, "send", *envelope, f"smtp://{server}"], timeout=25)
    assert done.status == 0, f"the message is not taken: {done.stderr.strip()}"
    return mark


def arrives(lab, host, mailbox, mark):
    """Wait until a mailbox has the message with a mark."""

    def there():
        found = lab.host(host).run("grep -rlF %s %s", f"Subject: {mark}", f"/var/mail/boites/{mailbox}/new")
        assert found.rc == 0, f"the message is not in the mailbox {mailbox} of {host}"
        return True

    lab.wait(there, within=ARRIVES, every=0.5)


@check(
    "guard", fr="Un message d'Internet arrive dans une boîte aux lettres.", en="A message from the Internet arrives."
)
def test_mail_comes_in(lab):
    mark = send(lab.probe("outside"), PUBLIC, SUPPLIER, f"afaure@{lab.domain}")
    arrives(lab, "srv1", "afaure", mark)


@check(
    "guard", fr="Un message d'un poste arrive sur Internet.", en="A message from a workstation reaches the Internet."
)
def test_mail_goes_out(lab):
    mark = send(lab.client("pc1"), f"srv1.{lab.domain}", f"croux@{lab.domain}", SUPPLIER)
    arrives(lab, "inet1", "commandes", mark)


@check("guard", fr="Le relais ne relaie pas pour n'importe qui.", en="The relay does not relay for just anybody.")
def test_relay_is_closed(lab):
    stranger = ("--mail-from", "a@meteo-bocage.example", "--mail-rcpt", SUPPLIER)
    upload = ("--max-time", str(scaled_timeout(10)), "--upload-file", "/dev/null")
    said = lab.probe("outside").run(["curl", "--disable", "-sS", *upload, *stranger, f"smtp://{PUBLIC}"]).stderr
    assert "RCPT failed: 55" in said, f"the relay takes a message from outside for outside: {said.strip()}"


@check(
    "guard",
    fr="Les postes ont le Web par le mandataire, les sites interdits exceptés.",
    en="The workstations have the Web through the proxy, but for forbidden sites.",
)
def test_web_through_the_proxy(lab):
    page = secrets.token_hex(6)
    for site, expected in (("www.scierie-delorme", 200), ("www.meteo-bocage", 200), ("www.jeux-en-ligne", 403)):
        answer = through_proxy(lab.client("pc1"), f"http://proxy1.{lab.domain}:3128", f"http://{site}.example/{page}")
        assert answer[0] == expected, f"{site}.example through the proxy: {answer[0]}"
        assert (page in answer[1]) or expected != 200, f"the page is not that of {site}.example"


def through_proxy(station, proxy, url):
    """Get a page through a proxy; return its status (0 without an answer) and its text."""
    done = station.run(
        [
            "curl",
            "--disable",
            "-sS",
            "--max-time",
            str(scaled_timeout(10)),
            "--proxy",
            proxy,
            "--write-out",
            "%{http_code}",
            url,
        ]
    )
    return int(done.stdout[-3:] or 0), done.stdout[:-3]


@check("guard", fr="Le mandataire ne sert que le réseau local.", en="The proxy serves the local network alone.")
def test_proxy_serves_the_lan(lab):
    status, _ = through_proxy(lab.probe("dmz"), f"http://{PROXY1}:3128", "http://www.meteo-bocage.example/")
    assert status == 403, f"the proxy answers {status} to the DMZ"


@check(
    "guard",
    fr="Le site de l'entreprise s'ouvre depuis Internet et depuis le réseau local.",
    en="The company's site opens from the Internet and from the local network.",
)
def test_company_site(lab):
    for station, url in ((lab.probe("outside"), f"http://{PUBLIC}/"), (lab.client("pc1"), f"http://www.{lab.domain}/")):
        page = station.http_get(url)
        assert "Escaliers, fenêtres" in page.body, f"{url}: {page.status or page.problem}"


@check(
    "guard",
    fr="Le télétravailleur ouvre l'intranet par le VPN.",
    en="The remote worker opens the intranet through the VPN.",
)
def test_intranet_through_the_vpn(lab):
    nomade1 = lab.client("nomade1")

    def opens():
        page = nomade1.http_get(f"http://intranet.{lab.domain}/")
        assert "Plannings, devis" in page.body, f"the intranet: {page.status or page.problem}"
        return True

    lab.wait(opens, within=AGAIN, every=0.5)
    route = next((r for r in nomade1.routes() if r.destination == "192.168.50.0/24"), None)
    assert route, "nomade1 has no route to the local network"
    assert route.interface == "tun0", f"the local network is reached by {route.interface}"


@pytest.mark.parametrize("segment", FORBIDDEN)
@check(
    "guard",
    fr="Depuis le segment {{ segment }}, rien d'interdit ne passe.",
    en="From the segment {{ segment }} nothing forbidden passes.",
)
def test_forbidden(lab, segment):
    passed = arrived(lab.probe(segment), FORBIDDEN[segment])
    assert not passed, f"from {segment}: {', '.join(passed)}"


@pytest.mark.parametrize("host", sorted({*ALLOWED, *REFUSED}))
@check(
    "guard",
    fr="{{ host }} atteint ce que la politique lui permet, et rien d'autre.",
    en="{{ host }} reaches what the policy lets it, and nothing else.",
)
def test_each_host(lab, host):
    may, may_not = ALLOWED.get(host, []), REFUSED.get(host, [])
    answers = lab.client(host).scan([*may, *may_not], timeout=5)
    blocked = [f"{a}:{p} ({answers[a, p].state})" for a, p in may if not answers[a, p].arrived]
    assert not blocked, f"{host} does not reach {', '.join(blocked)}"
    passed = [f"{a}:{p}" for a, p in may_not if answers[a, p].arrived]
    assert not passed, f"{host} reaches {', '.join(passed)}"


@check(
    "guard", fr="Les règles du pare-feu sont celles de son fichier.", en="The firewall's rules are those of its file."
)
def test_policy_is_kept(lab):
    assert not ruleset_differences(lab.host("fw1")), ruleset_differences(lab.host("fw1"))


@pytest.mark.parametrize("host", SERVICES)
@check(
    "guard",
    fr="Les services de {{ host }} fonctionnent et démarrent avec la machine.",
    en="The services of {{ host }} run and start with the machine.",
)
def test_services(lab, host):
    for name in SERVICES[host]:
        service = lab.host(host).service(name)
        assert service.is_running, f"{name} does not run on {host}"
        assert service.is_enabled, f"{name} does not start with {host}"
