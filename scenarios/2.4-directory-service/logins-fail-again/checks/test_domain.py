"""Does the domain announce itself again, so that any workstation finds it without being told where it is?"""

import re

import pytest

from grader import check, lines_in, names_by_hand, reason
from lab_tools import (
    ask_dns,
    assert_relies_on_the_domain,
    assert_service_lasts,
    assert_still_refuses,
    listed,
    sssd_settings,
    wait_for_login,
    wait_for_share,
)

PEOPLE = {"pc1": ("sdasilva", "Pantone-286", "comptabilite"), "pc2": ("nbrunet", "Cyan-58147", "prepresse")}
"""Who logs in where, and the share that they open."""
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
INDISPENSABLE = ("A dc1", "SRV _ldap._tcp", f"SRV _ldap._tcp.{SITE}._sites", "SRV _kerberos._tcp", "SRV _kerberos._udp")
"""Without these, SSSD and Kerberos find no controller."""
KNOWS_NONE = ("NXDOMAIN", "NOERROR")
"""How a name server answers that has no such record."""


def sssd_of(lab, host):
    """Return what SSSD says of the domain, where it is out of reach for it: it also remembers what DNS did not know."""
    status = lab.host(host).run("sssctl domain-status %s", lab.domain).stdout.strip().partition("\n")[0]
    offline = status.endswith("Offline")
    return reason(fr=" (SSSD y est hors ligne)", en=" (SSSD is offline there)") if offline else ""


def denied(lab, host):
    """Return which records the domain's DNS denies to a workstation that needs them, in words; nothing, if none."""
    answers = ask_dns(lab, lab.client(host), INDISPENSABLE)
    unknown = [record for record, found in answers.items() if found.status in KNOWS_NONE and not found.records]
    names = ", ".join(unknown)
    return names and reason(
        fr=f"le DNS du domaine ne connaît pas {names}", en=f"the domain's DNS does not know {names}"
    )


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
    fr="Sur {{ host }}, on ouvre une session avec son mot de passe du domaine, puis son partage avec un ticket.",
    en="On {{ host }} people log in with their domain password, then open their share with a ticket.",
    before_fr="Sur {{ host }}, personne n'ouvre de session.",
    before_en="Nobody can log in on {{ host }}.",
    timeout=120,
)
def test_works_on(lab, host):
    login, password, share = PEOPLE[host]
    wait_for_login(lab, host, login, password, lambda: denied(lab, host), lambda: sssd_of(lab, host))
    wait_for_share(lab, host, login, password, share, lambda: denied(lab, host))


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le DNS annonce le contrôleur du domaine et tous ses services.",
    en="DNS announces the domain's controller and all its services.",
    before_fr="Les deux postes attendus la semaine prochaine n'iraient pas mieux.",
    before_en="The two PCs due next week would fare no better.",
    because="no answer",
)
def test_announced(lab):
    for record, found in ask_dns(lab, lab.probe("lan"), RECORDS).items():
        port = RECORDS[record]
        kind, _, name = record.partition(" ")
        shown = f"{name}.{lab.domain} ({kind})"
        assert found.records, reason(fr=f"{shown} : {found.in_words}", en=f"{shown}: {found.in_words}")
        if port is None:
            right = found.records == (lab.address("dc1"),)
        else:
            right = [record.split()[2:] for record in found.records] == [[str(port), f"dc1.{lab.domain}"]]
        due = lab.address("dc1") if port is None else f"dc1.{lab.domain}, port {port}"
        assert right, reason(
            fr=f"{shown} : {found.in_words}, au lieu de {due}", en=f"{shown}: {found.in_words}, not {due}"
        )


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Le contrôleur enregistre de nouveau lui-même tout ce que les postes cherchent.",
    en="The controller registers everything that PCs look for, by itself again.",
    before_fr="Rien ne dit que cela ne reviendra pas, comme depuis septembre.",
    before_en="Nothing says that it will not come back, as it has since September.",
    host="dc1",
    lock="",
    timeout=120,
)
def test_registers_by_itself(lab):
    lost = set(RECORDS) - registered(lab)
    assert not lost, reason(
        fr=f"dc1 n'enregistre plus lui-même : {listed(lost)}", en=f"dc1 no longer registers by itself: {listed(lost)}"
    )
    command = lab.host("dc1").run("testparm -s --parameter-name='dns update command' 2>/dev/null").stdout.strip()
    assert "samba_dnsupdate" in command, reason(
        fr=f"dc1 met le DNS à jour avec « {command} », et non avec samba_dnsupdate",
        en=f"dc1 updates DNS with '{command}', not with samba_dnsupdate",
    )


@pytest.mark.parametrize("host", PEOPLE)
@check(
    "guard",
    points=2,
    competence="2.4",
    fr="{{ host }} cherche toujours le contrôleur dans le DNS du domaine, sans adresse ni nom écrits d'avance.",
    en="{{ host }} still looks for the controller in the domain's DNS, with no address or name set in advance.",
    host="{{ host }}",
    lock="",
    timeout=120,
)
def test_still_asks_dns(lab, host):
    there = lab.host(host)
    sssd = there.check_output("cat /etc/sssd/sssd.conf $(find /etc/sssd/conf.d -name '*.conf')")
    fixed = re.findall(r"^\s*((?:ad|krb5|ldap)_(?:backup_)?(?:server|uri|kpasswd))\s*=(?!\s*_srv_\s*$)", sssd, re.M)
    assert not fixed, reason(
        fr=f"SSSD sait d'avance où est le contrôleur : {', '.join(fixed)}",
        en=f"SSSD is told where the controller is: {', '.join(fixed)}",
    )
    assert re.search(r"^\s*id_provider\s*=\s*ad\s*$", sssd, re.M), reason(
        fr="SSSD n'utilise plus son fournisseur AD (id_provider = ad)",
        en="SSSD no longer uses its AD provider (id_provider = ad)",
    )
    kerberos = there.check_output("cat /etc/krb5.conf $(find /etc/krb5.conf.d -type f 2>/dev/null)")
    fixed = re.findall(r"^\s*(kdc|admin_server|master_kdc|primary_kdc|kpasswd_server)\s*=", kerberos, re.M)
    assert not fixed, reason(
        fr=f"Kerberos sait d'avance où est le contrôleur : {', '.join(fixed)}",
        en=f"Kerberos is told where the controller is: {', '.join(fixed)}",
    )
    told = names_by_hand(there, "dc1", lab.domain)
    assert not told, reason(
        fr=f"{host} sait d'avance où est le contrôleur : {told}", en=f"{host} is told where the controller is: {told}"
    )
    resolvers, due = lab.client(host).resolvers(), lab.address("dc1")
    shown = ", ".join(resolvers) or reason(fr="aucun serveur DNS", en="no name server")
    assert resolvers == (due,), reason(
        fr=f"{host} interroge {shown}, au lieu de {due}", en=f"{host} asks {shown}, not {due}"
    )


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
    assert_relies_on_the_domain(sssd_settings(lab, host), due=("access_provider",))


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Le DNS du domaine n'accepte de changements que de machines authentifiées, et démarre avec dc1.",
    en="The domain's DNS accepts changes from authenticated machines only, and starts with dc1.",
    host="dc1",
    lock="",
    timeout=120,
)
def test_controller_stays_sound(lab):
    policy = lab.host("dc1").run("testparm -s --parameter-name='allow dns updates' 2>/dev/null").stdout.strip()
    shown = policy or reason(fr="rien", en="nothing")
    assert policy == "secure only", reason(
        fr=f"allow dns updates = {shown}, au lieu de secure only", en=f"allow dns updates = {shown}, not secure only"
    )
    assert_service_lasts(lab, "dc1", "samba-ad-dc")
