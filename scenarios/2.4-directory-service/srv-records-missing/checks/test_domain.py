"""Does the domain announce itself again, so that any workstation finds it without being told where it is?"""

import re

import pytest

from grader import check, lines_in
from lab_tools import assert_still_refuses, open_share, sssd_settings

PEOPLE = {"pc1": ("sdasilva", "Pantone-286", "comptabilite"), "pc2": ("nbrunet", "Cyan-58147", "prepresse")}
"""Who logs in where, and the share that they open."""
SOON = 20
"""Seconds after which SSSD has surely looked for the domain again."""
LONG = 90
"""Seconds after which the file server has surely done so, where the controller was restarted."""
SITE = "Default-First-Site-Name"
RECORDS = {
    "A dc1": None,
    "SRV _ldap._tcp": 389,
    "SRV _ldap._tcp.dc._msdcs": 389,
    "SRV _ldap._tcp.pdc._msdcs": 389,
    f"SRV _ldap._tcp.{SITE}._sites": 389,
    f"SRV _ldap._tcp.{SITE}._sites.dc._msdcs": 389,
    "SRV _kerberos._tcp": 88,
    "SRV _kerberos._udp": 88,
    "SRV _kerberos._tcp.dc._msdcs": 88,
    f"SRV _kerberos._tcp.{SITE}._sites": 88,
    "SRV _kpasswd._tcp": 464,
    "SRV _kpasswd._udp": 464,
    "SRV _gc._tcp": 3268,
}
"""What clients look up, and the port of each service."""


def sssd_of(lab, host):
    """Return what SSSD says of the domain, where it is out of reach for it: it also remembers what DNS did not know."""
    status = lab.host(host).run("sssctl domain-status %s", lab.domain).stdout.strip().partition("\n")[0]
    return f"; SSSD on {host}: {status}" if status.endswith("Offline") else ""


def registered(lab):
    """Return the records that the controller's list has, by type and name below the domain."""
    found = set()
    for line in lines_in(lab.host("dc1").file("/var/lib/samba/private/dns_update_list").content_string):
        kind, _, rest = re.sub(r"^\$\{IF_\w+\}", "", line.strip()).partition(" ")
        name = "".join(rest.split()[:1]).replace("${HOSTNAME}", f"dc1.{lab.domain}").replace("${SITE}", SITE)
        name = re.sub(r"\$\{DNS(DOMAIN|FOREST)\}", lab.domain, name)
        found.add(f"{kind} {name.removesuffix('.').removesuffix(f'.{lab.domain}')}")
    return found


@pytest.mark.parametrize("host", PEOPLE)
@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Sur {{ host }}, on ouvre une session avec un mot de passe du domaine, puis son partage avec un ticket.",
    en="On {{ host }} one logs in with a password of the domain, and opens one's share with a ticket.",
    timeout=240,
)
def test_works_on(lab, host):
    login, password, share = PEOPLE[host]

    def logs_in():
        done = lab.login("lan", host, login, password)
        assert done.accepted, f"{login} on {host}: {done.problem}{sssd_of(lab, host)}"
        return True

    def opens_share():
        done = open_share(lab, host, login, password, share)
        assert done.status == 0, f"{login} on {host}, share {share}: {(done.stderr or done.stdout).strip()}"
        return True

    lab.wait(logs_in, within=SOON, every=1)
    lab.wait(opens_share, within=LONG, every=1)


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le DNS annonce le contrôleur du domaine et tous ses services.",
    en="DNS announces the domain's controller and all its services.",
    because="no answer",
)
def test_announced(lab):
    lan, server = lab.probe("lan"), lab.address("dc1")
    for record, port in RECORDS.items():
        kind, _, name = record.partition(" ")
        answer = lan.resolve(f"{name}.{lab.domain}", server, kind).records
        assert answer, f"{name}.{lab.domain} ({kind}): no answer"
        if port is None:
            assert answer == (server,), f"{name}.{lab.domain}: {', '.join(answer)}"
        else:
            where = [record.split()[2:] for record in answer]
            assert where == [[str(port), f"dc1.{lab.domain}"]], f"{name}.{lab.domain}: {', '.join(answer)}"


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Le contrôleur enregistre de nouveau lui-même tout ce que les postes cherchent.",
    en="The controller again registers by itself all that workstations look for.",
    host="dc1",
    timeout=120,
)
def test_registers_by_itself(lab):
    lost = sorted(set(RECORDS) - registered(lab))
    assert not lost, f"dc1 no longer registers by itself: {', '.join(lost)}"
    command = lab.host("dc1").run("testparm -s --parameter-name='dns update command' 2>/dev/null").stdout.strip()
    assert "samba_dnsupdate" in command, f"dc1 updates DNS with '{command}'"


@pytest.mark.parametrize("host", PEOPLE)
@check(
    "guard",
    points=2,
    competence="2.4",
    fr="{{ host }} cherche toujours le contrôleur dans le DNS du domaine, sans adresse ni nom écrits d'avance.",
    en="{{ host }} still looks for the controller in the domain's DNS, with no address or name written beforehand.",
    host="{{ host }}",
    timeout=120,
)
def test_still_asks_dns(lab, host):
    there = lab.host(host)
    sssd = there.check_output("cat /etc/sssd/sssd.conf $(find /etc/sssd/conf.d -name '*.conf')")
    fixed = re.findall(r"^\s*((?:ad|krb5|ldap)_(?:backup_)?(?:server|uri|kpasswd))\s*=(?!\s*_srv_\s*$)", sssd, re.M)
    assert not fixed, f"SSSD is told where the controller is: {', '.join(fixed)}"
    assert re.search(r"^\s*id_provider\s*=\s*ad\s*$", sssd, re.M), "SSSD no longer uses its AD provider"
    kerberos = there.check_output("cat /etc/krb5.conf $(find /etc/krb5.conf.d -type f 2>/dev/null)")
    fixed = re.findall(r"^\s*(kdc|admin_server|master_kdc|primary_kdc|kpasswd_server)\s*=", kerberos, re.M)
    assert not fixed, f"Kerberos is told where the controller is: {', '.join(fixed)}"
    hosts = re.findall(
        rf"^\s*[0-9][^#\n]*\b(?:dc1|{re.escape(lab.domain)})\b", there.file("/etc/hosts").content_string, re.M
    )
    hosts = [line for line in hosts if not re.search(rf"\b{host}\b", line)]
    assert not hosts, f"/etc/hosts: {hosts[0].strip()}"
    resolvers = lab.client(host).resolvers()
    assert resolvers == (lab.address("dc1"),), f"{host} asks {', '.join(resolvers)}"


@pytest.mark.parametrize("host", PEOPLE)
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ host }} refuse toujours un mauvais mot de passe et un ancien salarié ; il s'en remet au domaine seul.",
    en="{{ host }} still refuses a wrong password and a former employee; it relies on the domain alone.",
    timeout=120,
)
def test_still_refuses(lab, host):
    assert_still_refuses(lab, host)
    settings = sssd_settings(lab, host)
    assert settings.get("access_provider") == "ad", f"access_provider = {settings.get('access_provider')}"
    assert settings.get("auth_provider", "ad") == "ad", f"auth_provider = {settings['auth_provider']}"
    assert settings.get("krb5_validate", "true").lower() == "true", "SSSD no longer verifies tickets"
    assert settings.get("cache_credentials", "false").lower() == "false", "SSSD logs in from a cache of passwords"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Le DNS du domaine n'accepte de changements que de machines authentifiées, et démarre avec dc1.",
    en="The domain's DNS accepts changes from authenticated machines only, and starts with dc1.",
    host="dc1",
    timeout=120,
)
def test_controller_stays_sound(lab):
    dc1 = lab.host("dc1")
    policy = dc1.run("testparm -s --parameter-name='allow dns updates' 2>/dev/null").stdout.strip()
    assert policy == "secure only", f"allow dns updates = {policy}"
    service = dc1.service("samba-ad-dc")
    assert service.is_running, "samba-ad-dc does not run"
    assert service.is_enabled, "samba-ad-dc does not start with dc1"
