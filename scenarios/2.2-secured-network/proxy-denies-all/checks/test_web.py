"""Does the office have the Web again, through the proxy and for good, and is nothing opened that was closed?"""

import re
import secrets
from urllib.parse import urlsplit

import pytest

from grader import check, concurrently, ruleset_differences, scaled_timeout
from lab_tools import (
    INET1,
    NOMADE1,
    PC1,
    PROXY1,
    PUBLIC,
    SRV1,
    WEB1,
    arrived,
    assert_no_more_than_before,
)

SITES = ("www.scierie-delorme.example", "www.meteo-bocage.example")
TELEWORK = "10."
"""How an address of a remote worker begins, and a network of theirs."""
PORT, DENIED = 3128, 403
AGAIN = 15
"""Seconds in which squid has started, or has given up a name server."""
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


def asked(station, url, *, method="GET", proxy=f"{PROXY1}:3128"):
    """Ask the proxy for a page; return the status (0 without an answer), the body, and curl's complaint."""
    tunnel = ["--proxytunnel"] if method == "CONNECT" else []
    code = "%{http_connect}" if method == "CONNECT" else "%{http_code}"
    options = ["--silent", "--show-error", "--max-time", str(scaled_timeout(10)), "--write-out", f"\n{code}"]
    done = station.ask(["curl", "--disable", *options, *tunnel, "--proxy", f"http://{proxy}", url], timeout=15)
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body, done.stderr.strip()


def opens(station, site, proxy=f"{PROXY1}:3128"):
    """Get a page that nobody has asked for before, and see that it is this site's."""
    page = secrets.token_hex(6)
    status, body, problem = asked(station, f"http://{site}/{page}", proxy=proxy)
    reason = next((e for e in ("ERR_ACCESS_DENIED", "ERR_DNS_FAIL", "ERR_CONNECT_FAIL") if e in body), problem)
    assert status == 200, f"{site} through the proxy: {status or 'no answer'} {reason}"
    assert f"Site : {site}\nPage : /{page}" in body, f"the page is not that of {site}"
    return True


def settings_of(lab):
    """Return what squid reads, all files together."""
    return lab.host("proxy1").check_output("cat /etc/squid/squid.conf $(find /etc/squid/conf.d -name '*.conf')")


def values_of(settings, directive):
    """Return the words of each line of a directive, without comments."""
    return [line.partition("#")[0].split() for line in re.findall(rf"^\s*{directive}\s(.*)", settings, re.MULTILINE)]


def assert_squid_listens(lab):
    """Another program on the proxy's port could make up whatever is asked for."""
    proxy = lab.listener("proxy1", 3128, "/usr/sbin/squid-gnutls")
    assert proxy.is_genuine, f"proxy1, port 3128: {'; '.join(proxy.doubts)}"


@pytest.mark.parametrize("site", SITES)
@check(
    "symptom",
    points=2,
    competence="2.2",
    fr="Sur pc1, http://{{ site }}/ s'ouvre par le mandataire.",
    en="On pc1, http://{{ site }}/ opens through the proxy.",
    because="ERR_ACCESS_DENIED|ERR_DNS_FAIL|no answer",
)
def test_site_opens(lab, site):
    pc1 = lab.client("pc1")
    lab.wait(lambda: opens(pc1, site), within=AGAIN, every=1)
    named = pc1.lookup(f"proxy1.{lab.domain}")
    assert named == (PROXY1,), f"on pc1, proxy1 is {', '.join(named) or 'not known'}"
    assert_squid_listens(lab)


@check(
    "symptom",
    points=3,
    competence="2.2",
    fr="Un autre poste du réseau local a le Web lui aussi, par le mandataire au port 3128.",
    en="Another workstation of the local network has the Web as well, through the proxy at port 3128.",
    because="ERR_ACCESS_DENIED|ERR_DNS_FAIL|no answer",
)
def test_every_workstation(lab):
    lab.wait(lambda: opens(lab.probe("lan"), SITES[0]), within=AGAIN, every=1)
    assert_squid_listens(lab)


@check(
    "symptom",
    points=1,
    competence="2.2",
    fr="C'est squid qui va chercher les pages, par le chemin prévu : son journal montre celles de pc1.",
    en="It is squid that fetches the pages, by the way provided for: its log shows those of pc1.",
    because="squid has not fetched",
)
def test_squid_fetches(lab):
    proxy1, page = lab.host("proxy1"), secrets.token_hex(6)

    def logged():
        asked(lab.client("pc1"), f"http://{SITES[0]}/{page}")
        line = f"GET http://{SITES[0]}/{page} "
        found = proxy1.run("grep -F %s /var/log/squid/access.log", line).stdout.strip()
        assert "/200 " in found, f"squid has not fetched the page: {found or 'no line in its log'}"
        return True

    lab.wait(logged, within=AGAIN, every=1)
    assert_squid_listens(lab)
    for servers in values_of(settings_of(lab), "dns_nameservers"):
        assert set(servers) <= {INET1}, f"squid asks another name server than the provider's: {' '.join(servers)}"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="squid tourne comme service, sous son propre compte, et démarre avec proxy1.",
    en="squid runs as a service, as its own account, and starts with proxy1.",
    host="proxy1",
)
def test_squid_is_a_service(lab):
    proxy1 = lab.host("proxy1")
    squid = proxy1.service("squid")
    lab.wait(lambda: squid.is_running, within=AGAIN, every=0.5, what="squid runs")
    assert squid.is_enabled, "squid does not start with proxy1"
    workers = proxy1.check_output("ps -C squid -o user=").split()
    assert "proxy" in workers, f"squid runs as {', '.join(sorted(set(workers))) or 'nobody'}"
    parsed = proxy1.run("squid -k parse")
    assert parsed.rc == 0, "squid refuses its configuration: it would not start again"


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Les sites interdits le restent.",
    en="The forbidden sites stay forbidden.",
)
def test_forbidden_sites(lab):
    url = "http://www.jeux-en-ligne.example/"
    for status, body, _ in concurrently(lambda station: asked(station, url), (lab.client("pc1"), lab.probe("lan"))):
        assert "Site :" not in body, f"www.jeux-en-ligne.example opens through the proxy ({status})"


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Le mandataire ne sert ni la DMZ, ni Internet, ni les télétravailleurs.",
    en="The proxy serves neither the DMZ nor the Internet nor the remote workers.",
)
def test_others_are_refused(lab):
    others = {"the DMZ": lab.probe("dmz"), "web1": lab.client("web1"), "vpn1": lab.client("vpn1")}
    others["the Internet"] = lab.probe("outside")
    answers = concurrently(lambda who: asked(others[who], f"http://{SITES[1]}/"), others)
    served = [f"{who} ({status})" for who, (status, body, _) in zip(others, answers, strict=True) if "Site :" in body]
    assert not served, f"the proxy serves {', '.join(served)}"
    settings = settings_of(lab)
    allowed = {name for words in values_of(settings, "http_access") if words[:1] == ["allow"] for name in words[1:]}
    sources = [words[2:] for words in values_of(settings, "acl") if words[1:2] == ["src"] and words[0] in allowed]
    remote = [source for one in sources for source in one if source.startswith(TELEWORK)]
    assert not remote, f"the proxy serves {', '.join(remote)}"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le mandataire n'ouvre de tunnel que vers le port 443, et ne va qu'aux ports du Web.",
    en="The proxy makes tunnels to port 443 alone, and goes to the ports of the Web alone.",
)
def test_only_the_web(lab):
    for method, url in (
        ("CONNECT", f"http://{INET1}:25/"),
        ("CONNECT", f"http://{INET1}:80/"),
        ("GET", f"http://{WEB1}:22/"),
    ):
        status, _, problem = asked(lab.probe("lan"), url, method=method)
        assert status in {0, DENIED}, f"{method} {url}: {status} {problem}"


@pytest.mark.parametrize("segment", FORBIDDEN)
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Depuis le segment {{ segment }}, le pare-feu n'a rien ouvert de plus.",
    en="From the segment {{ segment }}, the firewall has opened nothing more.",
)
def test_firewall_is_as_it_was(lab, segment):
    passed = arrived(lab.probe(segment), FORBIDDEN[segment])
    assert not passed, f"the firewall lets pass: {', '.join(passed)}"
    assert not ruleset_differences(lab.host("fw1")), ruleset_differences(lab.host("fw1"))


@pytest.mark.parametrize("host", REFUSED)
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="{{ host }} n'a pas gagné de droits.",
    en="{{ host }} has gained no rights.",
    host="{{ host }}",
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
        named = lab.host(host).run("grep -E 'scierie|meteo' /etc/hosts").stdout.strip()
        assert not named, f"/etc/hosts of {host} names an outside site: {named}"
    assert "hosts_file" not in settings_of(lab), "squid reads a file of names of its own"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Les programmes de pc1 passent toujours par le mandataire.",
    en="The programs of pc1 still go through the proxy.",
    host="pc1",
)
def test_workstation_uses_the_proxy(lab):
    text = lab.host("pc1").file("/etc/environment").content_string
    settings = dict(re.findall(r"""^(\w+)=["']?([^"'\s]*)""", text, re.MULTILINE))
    for name in ("http_proxy", "https_proxy"):
        place = urlsplit(settings.get(name, ""))
        named = place.hostname in {f"proxy1.{lab.domain}", "proxy1", PROXY1} and place.port == PORT
        assert named, f"{name} of pc1 is {settings.get(name) or 'not set'}"
