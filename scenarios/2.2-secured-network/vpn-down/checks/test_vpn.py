"""Is the tunnel up again for every remote worker and for good, as safe as before, and is it still the only way in?"""

import contextlib
import ipaddress
import re

from grader import certificate_key_ids, check, lines_in, ruleset_differences
from lab_tools import INET1, PC1, PUBLIC, SRV1, VPN1, WEB1, arrived, ports_of, reached

LAN = ipaddress.ip_network("192.168.50.0/24")
AUTHORITY = "2a8d4a95ea764221c7bd33f76b5a1cde909fd918"
"""The key identifier of the company's authority."""
AGAIN = 25
"""Seconds in which a client has made a new attempt and the tunnel is up."""
MONTH = 30 * 24 * 3600
POLICY = {"AES-256-GCM", "CHACHA20-POLY1305"}
STATUS = "/run/openvpn-server/status-vpn.log"
TITLE = "Intranet de la menuiserie Valbocage"
BEYOND = {
    "nomade1": [*ports_of(SRV1, 25, 80), *((PC1, port) for port in (22, 25, 80)), (WEB1, 22), ("192.168.50.1", 22)],
    "vpn1": [*((one, port) for one in (SRV1, INET1) for port in (22, 25, 53, 80, 443)), (PC1, 22), (PC1, 80)],
}
"""What neither the remote worker through the tunnel nor the VPN server itself may open."""


def options(text):
    """Return the options of an OpenVPN configuration, each with its arguments; the last one counts."""
    plain = (re.sub(r"\s[#;].*", "", line).strip() for line in lines_in(text) if re.match(r"\s*[a-z]", line))
    lines = (re.split(r"\s+", line, maxsplit=1) for line in plain)
    return {words[0]: words[1] if len(words) > 1 else "" for words in lines}


def of_server(lab):
    """Return the server's options."""
    return options(lab.host("vpn1").check_output("cat /etc/openvpn/server/vpn.conf"))


def of_client(lab):
    """Return the laptop's options."""
    return options(lab.host("nomade1").check_output("cat /etc/openvpn/client/bureau.conf"))


def forbidden(settings, default):
    """Return in words the ciphers of a configuration that the policy forbids, those for older peers included."""
    named = [settings.get("data-ciphers", default), settings.get("data-ciphers-fallback", "")]
    return ", ".join(sorted({cipher for one in named for cipher in one.split(":") if cipher} - POLICY))


def is_route(option):
    """Return whether a pushed option is a route to srv1, and to no more than the local network."""
    found = re.match(r"route\s+([\d.]+)(?:\s+([\d.]+))?(?:\s|$)", option)
    try:
        network = ipaddress.ip_network(f"{found[1]}/{found[2] or 32}", strict=False) if found else None
    except ValueError:
        return False
    return network is not None and network.subnet_of(LAN) and ipaddress.ip_address(SRV1) in network


def path(folder, name):
    """Return the path of a file that a configuration in a folder names."""
    return name if name.startswith("/") else f"{folder}/{name}"


@check(
    "symptom",
    points=3,
    competence="2.2",
    fr="Sur nomade1, l'intranet s'ouvre par le tunnel.",
    en="On nomade1 the intranet opens through the tunnel.",
    because="the intranet does not open",
    timeout=60,
)
def test_intranet_opens(lab):
    nomade1 = lab.client("nomade1")

    def opens():
        page = nomade1.http_get(f"http://intranet.{lab.domain}/")
        assert TITLE in page.body, f"the intranet does not open: {page.status or page.problem}"
        return True

    lab.wait(opens, within=AGAIN, every=1)
    way = nomade1.run(["ip", "-4", "route", "get", SRV1]).stdout
    assert " dev tun" in way, f"srv1 is not reached through the tunnel: {way.strip()}"
    assert nomade1.lookup(f"intranet.{lab.domain}") == (SRV1,), "intranet is not the address of srv1"


@check(
    "symptom",
    points=2,
    competence="2.2",
    fr="Le serveur VPN donne à chaque portable une liaison chiffrée selon la politique, et la route de l'intranet.",
    en="The VPN server gives each laptop a connection encrypted by the policy, and the route to the intranet.",
    because="has no session|is encrypted with|does not push",
    timeout=90,
)
def test_server_gives_what_it_should(lab):
    vpn1 = lab.host("vpn1")

    def session():
        rows = [line.split(",") for line in lines_in(vpn1.run(f"cat {STATUS}").stdout)]
        named = next((row for row in rows if row[:2] == ["HEADER", "CLIENT_LIST"]), [])[1:]
        found = [dict(zip(named, row, strict=False)) for row in rows if row[:2] == ["CLIENT_LIST", "nomade1"]]
        assert found, "nomade1 has no session on the VPN server"
        return found[-1]

    cipher = lab.wait(session, within=AGAIN, every=1).get("Data Channel Cipher")
    assert cipher in POLICY, f"the tunnel is encrypted with {cipher}"

    def pushes():
        journal = lab.host("nomade1").check_output("journalctl -q --no-pager -o cat -u openvpn-client@bureau")
        replies = re.findall(r"PUSH_REPLY,[^']*", journal)
        assert replies, "the server does not push anything"
        assert any(map(is_route, replies[-1].split(","))), f"the server does not push the route: {replies[-1]}"
        return True

    lab.wait(pushes, within=AGAIN, every=1)


@check(
    "objective",
    points=2,
    competence="2.2",
    fr="Un portable qui respecte la politique accepte le serveur : certificat de l'entreprise, chiffrement, route.",
    en="A laptop that follows the policy accepts the server: a certificate of the company, cipher, route.",
    because="certificate|cipher|route",
)
def test_good_for_every_laptop(lab):
    vpn1, server = lab.host("vpn1"), of_server(lab)
    presented = path("/etc/openvpn/server", server["cert"])
    verified = vpn1.run("openssl verify -purpose sslserver -CAfile /etc/ssl/valbocage/ca.crt %s", presented)
    assert verified.rc == 0, f"the server's certificate is refused: {(verified.stderr or verified.stdout).strip()}"
    role = vpn1.check_output("openssl x509 -noout -subject -ext extendedKeyUsage -in %s", presented)
    assert "TLS Web Server Authentication" in role, "the server's certificate is not for a server (extendedKeyUsage)"
    assert f"vpn.{lab.domain}" in role, f"the server's certificate is for another name: {lines_in(role)[0]}"
    ends = vpn1.run("openssl x509 -noout -checkend %s -in %s", str(MONTH), presented)
    assert ends.rc == 0, "the server's certificate ends within a month"
    offered = forbidden(server, "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305")
    assert not offered, f"the server offers a cipher that the policy forbids: {offered}"
    configuration = vpn1.check_output("cat /etc/openvpn/server/vpn.conf")
    pushed = re.findall(r"^\s*push\s+[\"'](.*)[\"']", configuration, re.MULTILINE)
    assert any(map(is_route, pushed)), "no route is pushed to laptops"


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Serveur et portable ne se fient qu'à l'autorité de l'entreprise, et chacun vérifie l'autre.",
    en="The company's authority is the only one that server and laptop trust, and each verifies the other.",
)
def test_both_verify(lab):
    server, client = of_server(lab), of_client(lab)
    for host, folder, settings in (("vpn1", "/etc/openvpn/server", server), ("nomade1", "/etc/openvpn/client", client)):
        assert "ca" in settings, f"{host} trusts no authority"
        trusted = path(folder, settings["ca"])
        found = certificate_key_ids(lab.host(host).file(trusted))
        assert found == [AUTHORITY], f"{host} trusts another authority than the company's, or another one besides"
    assert client.get("remote-cert-tls") == "server", "nomade1 no longer demands the certificate of a server"
    assert "verify-x509-name" in client, "nomade1 no longer verifies the server's name"
    assert server.get("verify-client-cert", "require") == "require", "vpn1 lets laptops in without a certificate"
    assert server.get("remote-cert-tls") == "client", "vpn1 no longer demands the certificate of a client"
    accepted = forbidden(client, "AES-128-GCM")
    assert not accepted, f"nomade1 accepts a cipher that the policy forbids: {accepted}"
    disguised = lab.host("nomade1").check_output("systemctl show --property Environment --value openvpn-client@bureau")
    assert "FAKETIME" not in disguised, "OpenVPN is shown a wrong time on nomade1"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Les clés privées de vpn1 ne sont lisibles que par root.",
    en="The private keys of vpn1 are readable by root alone.",
    host="vpn1",
)
def test_keys_are_private(lab):
    vpn1 = lab.host("vpn1")
    key, authority = path("/etc/openvpn/server", of_server(lab)["key"]), "/etc/ssl/valbocage/ca.key"
    for one in (key, authority) if vpn1.file(authority).exists else (key,):  # it may have been taken out of the DMZ
        assert not vpn1.file(one).mode & 0o077, f"{one} is readable by others than root"
    found = vpn1.check_output("grep -rlsE -- '-BEGIN ([A-Z]+ )?PRIVATE KEY' /etc /home /opt /root /srv /tmp /var/tmp")
    loose = [key for key in lines_in(found) if vpn1.file(key).mode & 0o007]
    assert not loose, f"everybody may read {loose[0]}"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Sur vpn1, OpenVPN tourne comme service ; il démarre avec vpn1 comme avec nomade1.",
    en="On vpn1 OpenVPN runs as a service; it starts with vpn1 as with nomade1.",
)
def test_is_a_service(lab):
    vpn1, server = lab.host("vpn1"), "openvpn-server@vpn"
    lab.wait(lambda: vpn1.service(server).is_running, within=15, every=0.5, what=f"{server} runs on vpn1")
    main = vpn1.check_output("systemctl show --property MainPID --value %s", server)
    running = vpn1.run("ps -C openvpn -o pid=").stdout.split()
    assert running == [main], "another OpenVPN than the service runs on vpn1"
    for host, unit in (("vpn1", server), ("nomade1", "openvpn-client@bureau")):
        assert lab.host(host).service(unit).is_enabled, f"{unit} does not start with {host}"


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Le tunnel reste le seul chemin vers l'intranet : rien de plus n'est ouvert à Internet.",
    en="The tunnel is still the only way to the intranet: nothing more is open to the Internet.",
)
def test_only_way_in(lab):
    outside = lab.probe("outside")
    closed = [(PUBLIC, port) for port in (22, 81, 443, 1194, 8000, 8080, 8443)]
    closed += [(SRV1, 22), (SRV1, 25), (SRV1, 80), (PC1, 22), (VPN1, 22)]
    passed = arrived(outside, closed)
    assert not passed, f"open to the Internet: {', '.join(passed)}"
    for station in (outside, lab.client("nomade1"), lab.client("inet1")):
        assert TITLE not in station.http_get(f"http://{PUBLIC}/").body, "the intranet is published to the Internet"
    assert not ruleset_differences(lab.host("fw1")), ruleset_differences(lab.host("fw1"))


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Ni un télétravailleur ni vpn1 lui-même n'atteignent davantage que ce que la politique leur permet.",
    en="Neither a remote worker nor vpn1 itself reaches more than the policy allows them.",
    timeout=90,
)
def test_no_more_than_the_policy(lab):
    stations = {host: lab.client(host) for host in BEYOND}

    def through_the_tunnel():
        assert stations["nomade1"].tcp(SRV1, 80), "there is no tunnel"
        return True

    with contextlib.suppress(AssertionError):  # where there is none yet, nothing passes it
        lab.wait(through_the_tunnel, within=AGAIN, every=1)
    passed = reached(stations, BEYOND)
    assert not passed, "; ".join(passed)
    loose = {"client-to-client", "duplicate-cn"} & set(of_server(lab))
    assert not loose, f"vpn1 lets laptops do more than the policy says: {', '.join(sorted(loose))}"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="L'intranet s'ouvre toujours au bureau, et Internet toujours sur nomade1.",
    en="The intranet still opens at the office, and the Internet still on nomade1.",
)
def test_rest_works(lab):
    assert TITLE in lab.client("pc1").http_get(f"http://intranet.{lab.domain}/").body, "pc1 has no intranet"
    site = lab.client("nomade1").http_get("http://www.scierie-delorme.example/")
    assert site.status == 200, f"nomade1 has no Internet: {site.problem}"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le nom du serveur VPN est toujours celui de l'adresse publique, d'après le DNS.",
    en="The VPN server's name is still that of the public address, by DNS.",
)
def test_name_of_the_server(lab):
    assert of_client(lab).get("remote", "").split()[:1] == [f"vpn.{lab.domain}"], "nomade1 connects to another server"
    assert lab.client("nomade1").lookup(f"vpn.{lab.domain}") == (PUBLIC,), "vpn is another address on nomade1"
