"""Does the town hall have the Web again, through the proxy and for good, and is nothing opened that was closed?"""

import re
import secrets
from urllib.parse import urlsplit

import pytest

from grader import check, concurrently, lines_in, names_by_hand, plain_name, reason
from lab_tools import (
    CONNECT,
    INET1,
    NOMADE1,
    PC1,
    PORT,
    PROXY1,
    PUBLIC,
    SILENCE,
    SRV1,
    WEB1,
    arrived,
    assert_is_the_sites,
    assert_no_more_than_before,
    assert_rules_are_the_files,
    assert_squid_listens,
    in_short,
    limits,
    stopped,
    visits,
)

SITES = ("www.valdarbre.example", "www.meteo-bocage.example")
TELEWORK = "10."
"""How an address of a remote worker begins, and a network of theirs."""
DENIED = 403
AGAIN = 10
"""Seconds in which squid has started and serves."""
HASTE = 0.8
"""Seconds in which squid answers what it need not ask others for."""
FORBIDDEN = {
    "lan": [(INET1, 53), (INET1, 80), (INET1, 443), *((PROXY1, port) for port in (22, 80, *range(8080, 8090)))],
    "dmz": [(INET1, 53), (INET1, 80), (INET1, 443), (SRV1, 53), (SRV1, 80)],
    "outside": [(PUBLIC, 3128), (PROXY1, 3128), (PROXY1, 8080), (SRV1, 80)],
}
REFUSED = {
    "pc1": [(INET1, 53), (INET1, 80), (INET1, 443), (PROXY1, 22)],
    "proxy1": [(INET1, 22), (INET1, 25), (NOMADE1, 53), (SRV1, 22), (SRV1, 53), (SRV1, 80), (PC1, 22)],
    "relay1": [(NOMADE1, 53)],
}


def asked(station, url, *, method="GET", within=10, connect=CONNECT):
    """Ask the proxy for a page; return the status (0 without an answer), the body, and curl's complaint."""
    tunnel = ["--proxytunnel"] if method == "CONNECT" else []
    code = "%{http_connect}" if method == "CONNECT" else "%{http_code}"
    options = ["--silent", "--show-error", *limits(within, connect), "--write-out", f"\n{code}"]
    proxy = ["--proxy", f"http://{PROXY1}:{PORT}"]
    done = station.ask(["curl", "--disable", *options, *tunnel, *proxy, url], timeout=15)
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body, done.stderr.strip()


def wait_for_site(lab, station, site):
    """Wait until a site opens, unless squid's own settings or its answer tell that it will not.

    Squid gives up a name server after seconds; where it asks one that is not the provider's, these are not waited for.
    """
    body = ""

    def opens():
        nonlocal body
        page = secrets.token_hex(6)  # nobody has asked for it before
        within = HASTE if wrong_settings(lab) else 10
        status, body, problem = asked(station, f"http://{site}/{page}", within=within)
        said = next((e for e in ("ERR_ACCESS_DENIED", "ERR_DNS_FAIL", "ERR_CONNECT_FAIL") if e in body), problem)
        assert status == 200, reason(
            fr=f"{site} par le mandataire : {f'statut {status}' if status else 'pas de réponse'} {said}".rstrip(),
            en=f"{site} through the proxy: {f'status {status}' if status else 'no answer'} {said}".rstrip(),
        )
        assert f"Site : {site}\nPage : /{page}" in body, reason(
            fr=f"la page n'est pas celle de {site}", en=f"the page is not that of {site}"
        )
        assert_is_the_sites(lab, f"http://{site}/{page}", body)
        return True

    lab.wait(opens, within=AGAIN, every=0.3, unless=lambda: wrong_settings(lab) or denial(body))


def wrong_settings(lab):
    """Return in words which setting of squid's keeps every workstation from the Web, for as long as it stands."""
    settings = settings_of(lab)
    ports = [words[0] for words in values_of(settings, "http_port") if words]
    if not any(re.fullmatch(rf"(.*:)?{PORT}", port) for port in ports):
        listed = ", ".join(ports)
        return reason(
            fr=f"squid doit écouter sur {listed or 'aucun port'} d'après sa configuration, et non sur {PORT}",
            en=f"squid is to listen on {listed or 'no port'} by its settings, not on {PORT}",
        )
    others = strange_resolvers(settings)
    return others and reason(
        fr=f"squid interroge un autre serveur DNS que celui de l'opérateur : {others}",
        en=f"squid asks another name server than the provider's: {others}",
    )


def denial(body):
    """Return in words that squid's answer is a denial, if it is."""
    denied = "ERR_ACCESS_DENIED" in body
    return denied and reason(fr="squid refuse la demande", en="squid denies the request")


def strange_resolvers(settings):
    """Return the name servers that squid is told to ask, where the provider's is not the only one."""
    told = [server for servers in values_of(settings, "dns_nameservers") for server in servers]
    return " ".join(told) if set(told) - {INET1} else ""


def settings_of(lab):
    """Return what squid reads, all files together."""
    proxy1 = lab.host("proxy1")
    folder = proxy1.file("/etc/squid/conf.d")
    names = sorted(name for name in folder.listdir() if name.endswith(".conf")) if folder.exists else []
    files = ["/etc/squid/squid.conf", *(f"/etc/squid/conf.d/{name}" for name in names)]
    return "\n".join(proxy1.file(path).content_string for path in files)


def values_of(settings, directive):
    """Return the words of each line of a directive, without comments."""
    return [line.partition("#")[0].split() for line in re.findall(rf"^\s*{directive}\s(.*)", settings, re.MULTILINE)]


@pytest.mark.parametrize("site", SITES)
@check(
    "symptom",
    points=2,
    competence="2.2",
    fr="Sur pc1, http://{{ site }}/ s'ouvre par le mandataire.",
    en="On pc1, http://{{ site }}/ opens through the proxy.",
    before_fr="Sur pc1, http://{{ site }}/ ne s'ouvre pas.",
    before_en="On pc1, http://{{ site }}/ does not open.",
    because="ERR_ACCESS_DENIED|ERR_DNS_FAIL|no answer",
)
def test_site_opens(lab, site):
    pc1 = lab.client("pc1")
    wait_for_site(lab, pc1, site)
    named = pc1.lookup(f"proxy1.{lab.domain}")
    addresses = ", ".join(named)
    assert named == (PROXY1,), reason(
        fr=f"sur pc1, proxy1 désigne {addresses or 'aucune adresse'} au lieu de {PROXY1}",
        en=f"on pc1, proxy1 is {addresses or 'not known'} instead of {PROXY1}",
    )


@check(
    "symptom",
    points=3,
    competence="2.2",
    fr="Un autre poste du réseau local a le Web lui aussi, par le mandataire au port 3128.",
    en="Another workstation on the local network has the Web too, through the proxy on port 3128.",
    before_fr="Un autre poste de la mairie n'ouvre aucun site non plus.",
    before_en="Another PC at the town hall cannot open any site either.",
    because="ERR_ACCESS_DENIED|ERR_DNS_FAIL|no answer",
)
def test_every_workstation(lab):
    wait_for_site(lab, lab.probe("lan"), SITES[0])


@check(
    "symptom",
    points=1,
    competence="2.2",
    fr="C'est squid qui va chercher les pages, par le chemin prévu : son journal montre celles de pc1.",
    en="It is squid that fetches the pages, by the route provided for: its log shows those of pc1.",
    before_fr="Les pages que pc1 demande ne lui parviennent pas.",
    before_en="The pages that pc1 asks for do not come back.",
    because="squid has not fetched",
)
def test_squid_fetches(lab):
    proxy1, page, body = lab.host("proxy1"), secrets.token_hex(6), ""

    def logged():
        nonlocal body
        within = HASTE if wrong_settings(lab) else 10
        _, body, _ = asked(lab.client("pc1"), f"http://{SITES[0]}/{page}", within=within)
        line = f"GET http://{SITES[0]}/{page} "
        found = lines_in(proxy1.run("grep -F %s /var/log/squid/access.log", line).stdout)
        last = found[-1] if found else ""
        assert any("/200 " in row and "TCP_DENIED" not in row for row in found), reason(
            fr=f"squid n'est pas allé chercher la page : {last or 'aucune ligne dans son journal'}",
            en=f"squid has not fetched the page: {last or 'no line in its log'}",
        )
        return True

    lab.wait(logged, within=AGAIN, every=0.3, unless=lambda: wrong_settings(lab) or denial(body))
    assert_squid_listens(lab)
    others = strange_resolvers(settings_of(lab))
    assert not others, reason(
        fr=f"squid interroge un autre serveur DNS que celui de l'opérateur : {others}",
        en=f"squid asks another name server than the provider's: {others}",
    )


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="squid tourne comme service, sous son propre compte, et démarre avec proxy1.",
    en="squid runs as a service, as its own account, and starts with proxy1.",
    host="proxy1",
    lock="",
)
def test_squid_is_a_service(lab):
    proxy1 = lab.host("proxy1")
    squid = proxy1.service("squid")
    running = reason(fr="squid ne fonctionne pas", en="squid does not run")
    lab.wait(lambda: squid.is_running, within=AGAIN, every=0.3, what=running, unless=lambda: stopped(squid))
    assert squid.is_enabled, reason(fr="squid ne démarre pas avec proxy1", en="squid does not start with proxy1")
    workers = proxy1.check_output("ps -C squid -o user=").split()
    accounts = ", ".join(sorted(set(workers)))
    assert "proxy" in workers, reason(
        fr=f"squid tourne sous le compte {accounts or 'de personne'} au lieu de proxy",
        en=f"squid runs as {accounts or 'nobody'} instead of proxy",
    )
    parsed = proxy1.run("squid -k parse")
    assert parsed.rc == 0, reason(
        fr="squid refuse sa configuration : il ne redémarrerait pas",
        en="squid refuses its configuration: it would not start again",
    )


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Les sites interdits le restent.",
    en="The forbidden sites stay forbidden.",
)
def test_forbidden_sites(lab):
    url = f"http://www.jeux-en-ligne.example/{secrets.token_hex(6)}"
    for status, body, _ in concurrently(lambda station: asked(station, url), (lab.client("pc1"), lab.probe("lan"))):
        opened = "Site :" in body or visits(lab, url)
        assert not opened, reason(
            fr=f"www.jeux-en-ligne.example s'ouvre par le mandataire (statut {status})",
            en=f"www.jeux-en-ligne.example opens through the proxy ({status})",
        )


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Le mandataire ne sert ni la DMZ, ni Internet, ni les télétravailleurs.",
    en="The proxy serves neither the DMZ nor the Internet nor the remote workers.",
)
def test_others_are_refused(lab):
    dmz, internet = reason(fr="la DMZ", en="the DMZ"), reason(fr="Internet", en="the Internet")
    others = {dmz: lab.probe("dmz"), "web1": lab.client("web1"), "vpn1": lab.client("vpn1")}
    others[internet] = lab.probe("outside")
    urls = {who: f"http://{SITES[1]}/{secrets.token_hex(6)}" for who in others}
    answers = concurrently(lambda who: asked(others[who], urls[who], within=4, connect=SILENCE), others)
    served = ", ".join(
        f"{who} ({status})"
        for who, (status, body, _) in zip(others, answers, strict=True)
        if "Site :" in body or visits(lab, urls[who])
    )
    assert not served, reason(fr=f"le mandataire sert {served}", en=f"the proxy serves {served}")
    settings = settings_of(lab)
    allowed = {name for words in values_of(settings, "http_access") if words[:1] == ["allow"] for name in words[1:]}
    sources = [words[2:] for words in values_of(settings, "acl") if words[1:2] == ["src"] and words[0] in allowed]
    remote = ", ".join(source for one in sources for source in one if source.startswith(TELEWORK))
    assert not remote, reason(
        fr=f"le mandataire sert les télétravailleurs ({remote})", en=f"the proxy serves the remote workers ({remote})"
    )


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le mandataire n'ouvre de tunnel que vers le port 443, et ne va qu'aux ports du Web.",
    en="The proxy tunnels to port 443 only, and connects to the Web's ports only.",
)
def test_only_the_web(lab):
    lan = lab.probe("lan")
    tried = (("CONNECT", f"http://{INET1}:25/"), ("CONNECT", f"http://{INET1}:80/"), ("GET", f"http://{WEB1}:22/"))
    answers = concurrently(lambda one: asked(lan, one[1], method=one[0]), tried)
    for (method, url), (status, _, problem) in zip(tried, answers, strict=True):
        assert status in {0, DENIED}, reason(
            fr=f"{method} {url} : statut {status} au lieu d'un refus ({DENIED}) {problem}".rstrip(),
            en=f"{method} {url}: status {status} instead of a refusal ({DENIED}) {problem}".rstrip(),
        )


@pytest.mark.parametrize("segment", FORBIDDEN)
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Depuis le segment {{ segment }}, le pare-feu n'a rien ouvert de plus.",
    en="From the segment {{ segment }}, the firewall has opened nothing more.",
)
def test_firewall_is_as_it_was(lab, segment):
    passed = in_short(arrived(lab.probe(segment), FORBIDDEN[segment]))
    assert not passed, reason(
        fr=f"le pare-feu laisse le segment {segment} atteindre {passed}",
        en=f"the firewall lets the segment {segment} reach {passed}",
    )
    assert_rules_are_the_files(lab)


@pytest.mark.parametrize("host", REFUSED)
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="{{ host }} n'a pas gagné de droits.",
    en="{{ host }} has gained no rights.",
    host="{{ host }}",
    lock="",
)
def test_no_more_than_before(lab, host):
    assert_no_more_than_before(lab, host, REFUSED[host])


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Les noms des sites viennent du DNS, sur proxy1 comme sur pc1, et non d'un fichier.",
    en="The sites' names come from DNS, on proxy1 as on pc1, and not from a file.",
)
def test_no_name_typed_by_hand(lab):
    for host in ("proxy1", "pc1"):
        named = names_by_hand(lab.host(host), *SITES)
        assert not named, reason(
            fr=f"{host} connaît un site extérieur sans le DNS : {named}",
            en=f"{host} knows an outside site without DNS: {named}",
        )
    assert "hosts_file" not in settings_of(lab), reason(
        fr="squid lit son propre fichier de noms (hosts_file)", en="squid reads a file of names of its own (hosts_file)"
    )


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Les programmes de pc1 passent toujours par le mandataire.",
    en="The programs of pc1 still go through the proxy.",
    host="pc1",
    lock="",
)
def test_workstation_uses_the_proxy(lab):
    text = lab.host("pc1").file("/etc/environment").content_string
    settings = dict(re.findall(r"""^(\w+)=["']?([^"'\s]*)""", text, re.MULTILINE))
    for name in ("http_proxy", "https_proxy"):
        place = urlsplit(settings.get(name, ""))
        named = plain_name(place.hostname or "") in {f"proxy1.{lab.domain}", "proxy1", PROXY1} and place.port == PORT
        seen = settings.get(name)
        assert named, reason(
            fr=f"{name} de pc1 vaut {seen or 'rien'} au lieu de désigner proxy1:{PORT}",
            en=f"{name} of pc1 is {seen or 'not set'} instead of proxy1:{PORT}",
        )
