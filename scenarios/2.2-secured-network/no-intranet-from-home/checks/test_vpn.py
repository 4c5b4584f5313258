"""Is the tunnel up again for every remote worker and for good, as safe as before, and is it still the only way in?"""

import contextlib
import ipaddress
import posixpath
import re

from grader import certificate_key_ids, check, concurrently, lines_in, openvpn_options, plain_name, reason
from lab_tools import (
    DOMAIN,
    INET1,
    PC1,
    PUBLIC,
    SRV1,
    VPN1,
    WEB1,
    arrived,
    ask,
    assert_nginx_serves,
    assert_rules_are_the_files,
    by_tcp,
    in_short,
    passed,
    passing,
    ports_of,
    stopped,
)

LAN = ipaddress.ip_network("192.168.50.0/24")
AUTHORITY = "2a8d4a95ea764221c7bd33f76b5a1cde909fd918"
"""The key identifier of the town hall's authority."""
AGAIN = 20
"""Seconds in which a client has made a new attempt and the tunnel is up; it gives up a server that left after 10."""
MONTH = 30 * 24 * 3600
POLICY = {"AES-256-GCM", "CHACHA20-POLY1305"}
STATUS = "/run/openvpn-server/status-vpn.log"
SERVER, CLIENT = "openvpn-server@vpn", "openvpn-client@bureau"
DEFAULT_CIPHERS = "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305"
TITLE = "Intranet de la mairie de Montreval"
BEYOND = {
    "nomade1": [*ports_of(SRV1, 25, 80), *((PC1, port) for port in (22, 25, 80)), (WEB1, 22), ("192.168.50.1", 22)],
    "vpn1": [*((one, port) for one in (SRV1, INET1) for port in (22, 25, 53, 80, 443)), (PC1, 22), (PC1, 80)],
}
"""What neither the remote worker through the tunnel nor the VPN server itself may open."""


def of_server(lab):
    """Return the server's options."""
    return openvpn_options(lab.host("vpn1"), "/etc/openvpn/server/vpn.conf")


def of_client(lab):
    """Return the laptop's options."""
    return openvpn_options(lab.host("nomade1"), "/etc/openvpn/client/bureau.conf")


def ciphers(settings, default=DEFAULT_CIPHERS):
    """Return the ciphers that a configuration offers or accepts, as OpenVPN writes their names."""
    return {one.removeprefix("?").upper() for one in settings.get("data-ciphers", default).split(":") if one}


def forbidden(settings, default=DEFAULT_CIPHERS):
    """Return in words the ciphers of a configuration that the policy forbids, those for older peers included."""
    fallback = {settings.get("data-ciphers-fallback").upper()} - {""}
    return ", ".join(sorted((ciphers(settings, default) | fallback) - POLICY))


def is_route(option):
    """Return whether a pushed option is a route to srv1, and to no more than the local network."""
    found = re.match(r"route\s+([\d.]+)(?:\s+([\d.]+))?(?:\s|$)", option)
    try:
        network = ipaddress.ip_network(f"{found[1]}/{found[2] or 32}", strict=False) if found else None
    except ValueError:
        return False
    return network is not None and network.subnet_of(LAN) and ipaddress.ip_address(SRV1) in network


def pushes_route(lab, server):
    """Return whether the server is told to push a route to srv1 to every laptop.

    Its folder for clients counts where ``DEFAULT``, which is for all those that have no file there, says so, and no
    file says otherwise.
    """
    if holds_route(server):
        return True
    folder = server.get("client-config-dir")
    place = lab.host("vpn1").file(posixpath.join(server.folder, folder))
    names = place.listdir() if folder and place.is_directory else []
    files = (openvpn_options(lab.host("vpn1"), posixpath.join(place.path, name)) for name in names)
    return "DEFAULT" in names and all(map(holds_route, files))


def holds_route(options):
    """Return whether a file of options pushes a route to srv1."""
    return any(is_route(words[0]) for words in options.every("push") if words)


def openssl(vpn1, command, certificate, *words):
    """Run openssl on vpn1 on a certificate, which need not stand in a file of its own."""
    return vpn1.run(f"printf %%s %s | openssl {command}", certificate.decode(errors="replace"), *words)


def refusal_of(vpn1, certificate):
    """Return in words why whoever trusts the town hall's authority refuses the server's certificate; else nothing."""
    verified = openssl(vpn1, "verify -purpose sslserver -CAfile /etc/ssl/montreval/ca.crt", certificate)
    if verified.rc == 0:
        return ""
    printed = (verified.stderr or verified.stdout).strip()
    said = ", ".join(re.findall(r"\blookup: (.+)", printed)) or printed
    return reason(fr=f"le certificat du serveur est refusé : {said}", en=f"the server's certificate is refused: {said}")


def latest(lab, words):
    """Return when the laptop's OpenVPN last wrote something into its journal, in seconds since 1970; 0 for never."""
    unit = f"{CLIENT}.service"
    journal = lab.host("nomade1").run("journalctl -q --no-pager -o short-unix -n 200 -u %s", unit).stdout
    return max((float(line.split()[0]) for line in lines_in(journal) if re.search(words, line)), default=0.0)


def started(lab, host, unit):
    """Return when a service's main process started, in seconds since 1970."""
    return lab.host(host).service(unit).systemd_property("Service.ExecMainStartTimestamp") / 1e6


def no_tunnel(lab):
    """Return in words why no tunnel will come up, or none that leads to srv1; nothing while it may only be late.

    What the laptop was refused counts if neither end has begun anew since, and the files still say the same.
    """
    vpn1, nomade1 = lab.host("vpn1"), lab.client("nomade1")
    service = vpn1.service(SERVER)
    if not service.is_running:
        listens = any(vpn1.socket(f"udp://{address}:1194").is_listening for address in ("0.0.0.0", VPN1))
        return "" if listens else stopped(service)
    server, client = of_server(lab), of_client(lab)
    begun = started(lab, "vpn1", SERVER)
    refused = latest(lab, "VERIFY .*ERROR") > max(begun, started(lab, "nomade1", CLIENT))
    if refused and (no := refusal_of(vpn1, server.content("cert"))):
        return no
    if not ciphers(server) & ciphers(client) and latest(lab, "AUTH_FAILED") > begun:
        offered, accepted = (":".join(sorted(ciphers(one))) for one in (server, client))
        return reason(
            fr=f"le serveur ne propose que {offered}, le portable n'accepte que {accepted}",
            en=f"the server offers {offered} alone, the laptop accepts {accepted} alone",
        )
    if any(nomade1.addresses("tun0")) and not leads_there(nomade1) and not pushes_route(lab, server):
        return reason(
            fr="le tunnel est monté, sans route annoncée par le serveur",
            en="the tunnel is up, without a route from the server",
        )
    return ""


def leads_there(nomade1):
    """Return whether the laptop has a route to srv1 through a tunnel."""
    through = [route.destination for route in nomade1.routes() if (route.interface or "").startswith("tun")]
    return any(
        ipaddress.ip_address(SRV1) in ipaddress.ip_network(one.replace("default", "0.0.0.0/0")) for one in through
    )


@check(
    "symptom",
    points=3,
    competence="2.2",
    fr="Sur nomade1, l'intranet s'ouvre par le tunnel.",
    en="On nomade1 the intranet opens through the tunnel.",
    before_fr="L'intranet ne s'ouvre pas sur nomade1.",
    before_en="The intranet does not open on nomade1.",
    because="the intranet does not open",
    timeout=60,
)
def test_intranet_opens(lab):
    nomade1 = lab.client("nomade1")

    def opens():
        assert leads_there(nomade1), reason(
            fr="l'intranet ne s'ouvre pas : nomade1 n'a pas de route vers srv1 par un tunnel",
            en="the intranet does not open: nomade1 has no route to srv1 through a tunnel",
        )
        page = nomade1.http_get(f"http://intranet.{lab.domain}/", timeout=3)
        seen = page.status or page.problem
        assert TITLE in page.body, reason(
            fr=f"l'intranet ne s'ouvre pas : {seen}", en=f"the intranet does not open: {seen}"
        )
        return True

    lab.wait(opens, within=AGAIN, every=0.3, unless=lambda: no_tunnel(lab))
    way = nomade1.run(["ip", "-4", "route", "get", SRV1]).stdout
    assert " dev tun" in way, reason(
        fr=f"nomade1 n'atteint pas srv1 par le tunnel : {way.strip()}",
        en=f"srv1 is not reached through the tunnel: {way.strip()}",
    )
    addresses = nomade1.lookup(f"intranet.{lab.domain}")
    named = ", ".join(addresses)
    assert addresses == (SRV1,), reason(
        fr=f"sur nomade1, intranet désigne {named or 'aucune adresse'} au lieu de srv1 ({SRV1})",
        en=f"on nomade1 intranet is {named or 'no address'} instead of srv1's ({SRV1})",
    )
    assert_nginx_serves(lab, "srv1")


@check(
    "symptom",
    points=2,
    competence="2.2",
    fr="Le serveur VPN donne à chaque portable une liaison chiffrée selon la politique, et la route de l'intranet.",
    en="The VPN server gives each laptop a connection encrypted by the policy, and the route to the intranet.",
    before_fr="De chez soi, on n'est pas relié à l'intranet comme la politique le prévoit.",
    before_en="From home, nobody is connected to the intranet as the policy provides.",
    because="has no session|is encrypted with|does not push",
    timeout=90,
)
def test_server_gives_what_it_should(lab):
    vpn1 = lab.host("vpn1")

    def session():
        rows = [line.split(",") for line in lines_in(vpn1.run(f"cat {STATUS}").stdout)]
        named = next((row for row in rows if row[:2] == ["HEADER", "CLIENT_LIST"]), [])[1:]
        mine = [dict(zip(named, row, strict=False)) for row in rows if row[:2] == ["CLIENT_LIST", "nomade1"]]
        # One that still talks about the cipher has no address, and OpenVPN's old default in the cipher's place.
        found = [one for one in mine if one.get("Virtual Address")]
        assert found, reason(
            fr="nomade1 n'a pas de session sur le serveur VPN", en="nomade1 has no session on the VPN server"
        )
        return found[-1]

    cipher = lab.wait(session, within=AGAIN, every=0.3, unless=lambda: no_tunnel(lab)).get("Data Channel Cipher")
    assert cipher in POLICY, reason(
        fr=f"le tunnel est chiffré avec {cipher or 'rien'}, ce que la politique interdit",
        en=f"the tunnel is encrypted with {cipher or 'nothing'}, which the policy forbids",
    )

    def pushes():
        journal = lab.host("nomade1").check_output("journalctl -q --no-pager -o cat -u openvpn-client@bureau")
        replies = re.findall(r"PUSH_REPLY,[^']*", journal)
        assert replies, reason(fr="le serveur n'annonce rien au portable", en="the server does not push anything")
        pushed = replies[-1].split(",")
        routes = ", ".join(option for option in pushed if option.startswith("route "))
        assert any(map(is_route, pushed)), reason(
            fr=f"le serveur n'annonce pas la route de srv1 (annoncé : {routes or 'aucune route'})",
            en=f"the server does not push the route to srv1 (pushed: {routes or 'no route'})",
        )
        return True

    lab.wait(pushes, within=AGAIN, every=0.3, unless=lambda: no_tunnel(lab))


@check(
    "objective",
    points=2,
    competence="2.2",
    fr="Un portable qui respecte la politique accepte le serveur : certificat de la mairie, chiffrement, route.",
    en="A laptop that follows the policy accepts the server: a certificate of the town hall, cipher, route.",
    before_fr="Un autre portable n'aurait pas l'intranet non plus.",
    before_en="Another laptop would not get the intranet either.",
    because="certificate|cipher|route",
)
def test_good_for_every_laptop(lab):
    vpn1, server = lab.host("vpn1"), of_server(lab)
    presented = server.content("cert")
    refusal = refusal_of(vpn1, presented)
    assert not refusal, refusal
    role = openssl(vpn1, "x509 -noout -subject -ext extendedKeyUsage", presented).stdout
    assert "TLS Web Server Authentication" in role, reason(
        fr="le certificat du serveur n'est pas pour un serveur (extendedKeyUsage)",
        en="the server's certificate is not for a server (extendedKeyUsage)",
    )
    assert f"vpn.{DOMAIN}" in role, reason(
        fr=f"le certificat du serveur est pour un autre nom que vpn.{DOMAIN} : {lines_in(role)[0]}",
        en=f"the server's certificate is for another name than vpn.{DOMAIN}: {lines_in(role)[0]}",
    )
    ends = openssl(vpn1, "x509 -noout -checkend %s", presented, str(MONTH))
    assert ends.rc == 0, reason(
        fr="le certificat du serveur expire dans moins d'un mois", en="the server's certificate ends within a month"
    )
    offered = forbidden(server)
    assert not offered, reason(
        fr=f"le serveur propose un chiffrement que la politique interdit : {offered}",
        en=f"the server offers a cipher that the policy forbids: {offered}",
    )
    assert pushes_route(lab, server), reason(
        fr="aucune route n'est annoncée aux portables", en="no route is pushed to laptops"
    )


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Serveur et portable ne se fient qu'à l'autorité de la mairie, et chacun vérifie l'autre.",
    en="The town hall's authority is the only one that server and laptop trust, and each verifies the other.",
)
def test_both_verify(lab):
    server, client = of_server(lab), of_client(lab)
    for host, settings in (("vpn1", server), ("nomade1", client)):
        assert "ca" in settings, reason(fr=f"{host} ne se fie à aucune autorité", en=f"{host} trusts no authority")
        trusted = {*certificate_key_ids(settings.content("ca")), *settings.every("capath")}
        assert trusted == {AUTHORITY}, reason(
            fr=f"{host} se fie à une autre autorité que celle de la mairie, ou à une autre en plus",
            en=f"{host} trusts another authority than the town hall's, or another one besides",
        )
    assert client.get("remote-cert-tls") == "server", reason(
        fr="nomade1 n'exige plus le certificat d'un serveur", en="nomade1 no longer demands the certificate of a server"
    )
    assert "verify-x509-name" in client, reason(
        fr="nomade1 ne vérifie plus le nom du serveur", en="nomade1 no longer verifies the server's name"
    )
    assert server.get("verify-client-cert") in {"", "require"}, reason(
        fr="vpn1 laisse entrer des portables sans certificat", en="vpn1 lets laptops in without a certificate"
    )
    assert server.get("remote-cert-tls") == "client", reason(
        fr="vpn1 n'exige plus le certificat d'un client", en="vpn1 no longer demands the certificate of a client"
    )
    accepted = forbidden(client, "AES-128-GCM")
    assert not accepted, reason(
        fr=f"nomade1 accepte un chiffrement que la politique interdit : {accepted}",
        en=f"nomade1 accepts a cipher that the policy forbids: {accepted}",
    )
    disguised = lab.host("nomade1").check_output("systemctl show --property Environment --value openvpn-client@bureau")
    assert "FAKETIME" not in disguised, reason(
        fr="sur nomade1, OpenVPN voit une fausse heure", en="OpenVPN is shown a wrong time on nomade1"
    )


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Les clés privées de vpn1 ne sont lisibles que par root.",
    en="Only root can read the private keys on vpn1.",
    host="vpn1",
    lock="",
)
def test_keys_are_private(lab):
    vpn1 = lab.host("vpn1")
    key, authority = of_server(lab).holder("key"), "/etc/ssl/montreval/ca.key"
    for one in (key, authority) if vpn1.file(authority).exists else (key,):  # it may have been taken out of the DMZ
        assert not vpn1.file(one).mode & 0o077, reason(
            fr=f"{one}, où est une clé privée, est lisible par d'autres que root",
            en=f"{one}, which holds a private key, is readable by others than root",
        )
    found = vpn1.check_output("grep -rlsE -- '-BEGIN ([A-Z]+ )?PRIVATE KEY' /etc /home /opt /root /srv /tmp /var/tmp")
    loose = [key for key in lines_in(found) if vpn1.file(key).mode & 0o007]
    keys = ", ".join(loose)
    assert not loose, reason(fr=f"tout le monde peut lire {keys}", en=f"everybody may read {keys}")


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Sur vpn1, OpenVPN tourne comme service ; il démarre avec vpn1 comme avec nomade1.",
    en="On vpn1 OpenVPN runs as a service; it starts with vpn1 as with nomade1.",
)
def test_is_a_service(lab):
    vpn1 = lab.host("vpn1")
    service = vpn1.service(SERVER)
    runs = reason(fr=f"{SERVER} ne fonctionne pas sur vpn1", en=f"{SERVER} does not run on vpn1")
    lab.wait(lambda: service.is_running, within=10, every=0.3, what=runs, unless=lambda: stopped(service))
    main = vpn1.check_output("systemctl show --property MainPID --value %s", SERVER)
    running = vpn1.run("ps -C openvpn -o pid=").stdout.split()
    assert running == [main], reason(
        fr="un autre OpenVPN que le service tourne sur vpn1", en="another OpenVPN than the service runs on vpn1"
    )
    for host, unit in (("vpn1", SERVER), ("nomade1", CLIENT)):
        assert lab.host(host).service(unit).is_enabled, reason(
            fr=f"{unit} ne démarre pas avec {host}", en=f"{unit} does not start with {host}"
        )


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
    stations = (outside, lab.client("nomade1"), lab.client("inet1"))

    def is_intranet(station):
        return TITLE in station.http_get(f"http://{PUBLIC}/", timeout=3).body

    asked = (lambda: arrived(outside, closed), *(lambda s=station: is_intranet(s) for station in stations))
    reached, *published = concurrently(lambda one: one(), asked)
    places = in_short(reached)
    assert not places, reason(fr=f"ouvert à Internet : {places}", en=f"open to the Internet: {places}")
    assert not any(published), reason(
        fr="l'intranet est publié sur Internet", en="the intranet is published to the Internet"
    )
    assert_rules_are_the_files(lab)


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Ni un télétravailleur ni vpn1 lui-même n'atteignent davantage que ce que la politique leur permet.",
    en="Neither a remote worker nor vpn1 itself reaches more than the policy allows them.",
    timeout=90,
)
def test_no_more_than_the_policy(lab):
    beyond = concurrently(lambda part: part(lab), (beyond_of_laptop, beyond_of_server))
    found = in_short([what for one in beyond for what in one])
    assert not found, found
    server = of_server(lab)
    loose = ", ".join(one for one in ("client-to-client", "duplicate-cn") if one in server)
    assert not loose, reason(
        fr=f"vpn1 permet aux portables plus que ne dit la politique : {loose}",
        en=f"vpn1 lets laptops do more than the policy says: {loose}",
    )


def beyond_of_laptop(lab):
    """Return in words what the laptop reaches beyond the policy; the intranet's port shows that the tunnel is there."""
    nomade1, questions, told = lab.client("nomade1"), by_tcp([(SRV1, 80), *BEYOND["nomade1"]]), []

    def through_the_tunnel():
        told[:] = ask(nomade1, questions) if leads_there(nomade1) else []
        return told[:1] == ["open"]

    with contextlib.suppress(AssertionError):  # where there is none yet, nothing passes it
        lab.wait(through_the_tunnel, within=AGAIN, every=0.3, unless=lambda: no_tunnel(lab))
    told = told or ask(nomade1, questions)
    return passed("nomade1", questions[1:], told[1:])


def beyond_of_server(lab):
    """Return in words what the VPN server itself reaches beyond the policy."""
    return passing({"vpn1": lab.client("vpn1")}, {"vpn1": by_tcp(BEYOND["vpn1"])})


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="L'intranet s'ouvre toujours au bureau, et Internet toujours sur nomade1.",
    en="The intranet still opens at the office, and the Internet still on nomade1.",
)
def test_rest_works(lab):
    asked = {"pc1": f"http://intranet.{lab.domain}/", "nomade1": "http://www.valdarbre.example/"}
    intranet, site = concurrently(lambda host: lab.client(host).http_get(asked[host]), asked)
    seen = intranet.status or intranet.problem
    assert TITLE in intranet.body, reason(
        fr=f"l'intranet ne s'ouvre pas sur pc1 : {seen}", en=f"pc1 has no intranet: {seen}"
    )
    seen = site.status or site.problem
    assert site.status == 200, reason(fr=f"nomade1 n'a pas Internet : {seen}", en=f"nomade1 has no Internet: {seen}")


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le nom du serveur VPN est toujours celui de l'adresse publique, d'après le DNS.",
    en="The VPN server's name is still that of the public address, by DNS.",
)
def test_name_of_the_server(lab):
    name = f"vpn.{DOMAIN}"
    remotes = {plain_name(words[0]) for words in of_client(lab).every("remote") if words}
    listed = ", ".join(sorted(remotes))
    assert remotes == {plain_name(name)}, reason(
        fr=f"nomade1 se connecte à {listed or 'aucun serveur'} au lieu de {name}",
        en=f"nomade1 connects to {listed or 'no server'} instead of {name}",
    )
    addresses = lab.client("nomade1").lookup(name)
    named = ", ".join(addresses)
    assert addresses == (PUBLIC,), reason(
        fr=f"sur nomade1, {name} désigne {named or 'aucune adresse'} au lieu de {PUBLIC}",
        en=f"on nomade1 {name} is {named or 'no address'} instead of {PUBLIC}",
    )
