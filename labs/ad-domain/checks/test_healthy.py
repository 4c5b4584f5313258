"""Is the domain healthy? Asked as its users do: they log in, get a ticket, and open their share with it."""

import re

import pytest

from grader import check, concurrently, reason
from lab_tools import (
    NO_TICKET,
    SOON,
    ask_dns,
    assert_refuses_strangers,
    assert_service_lasts,
    listed,
    wait_for_login,
    wait_for_passage,
    with_ticket,
    words_of,
)

PEOPLE = {
    "hmarchand": ("Velin-7310", {"direction", "comptabilite"}),
    "ylegoff": ("Offset-4625", {"fabrication"}),
    "nbrunet": ("Cyan-58147", {"prepresse"}),
    "mcarre": ("Magenta-930", {"prepresse", "fabrication"}),
    "sdasilva": ("Pantone-286", {"comptabilite"}),
}
SHARES = {"commun": None, "comptabilite": "comptabilite", "prepresse": "prepresse"}
"""The shares, and the group that each is for; None: everybody."""
MEMBERS = ("pc1", "pc2")
RECORDS = {
    "SRV _ldap._tcp": 389,
    "SRV _kerberos._tcp": 88,
    "SRV _kerberos._udp": 88,
    "SRV _kpasswd._tcp": 464,
    "SRV _kpasswd._udp": 464,
    "SRV _gc._tcp": 3268,
    "SRV _ldap._tcp.dc._msdcs": 389,
    "SRV _ldap._tcp.pdc._msdcs": 389,
    "SRV _kerberos._tcp.dc._msdcs": 88,
    "SRV _ldap._tcp.Default-First-Site-Name._sites": 389,
    "SRV _kerberos._tcp.Default-First-Site-Name._sites": 88,
}
"""The services of the domain that clients look up, and their ports."""


def open_shares(lab, host, login, password):
    """Return which shares of the file server a Kerberos ticket opens, and what was said of the others."""
    script = "; ".join(
        f"smbclient --use-kerberos=required //files1.{lab.domain}/{share} -c ls >/dev/null && echo open: {share}"
        for share in SHARES
    )
    done = with_ticket(lab, host, login, password, script)
    assert done.status != NO_TICKET, reason(
        fr=f"{login} n'obtient pas de ticket sur {host} : {words_of(done)}",
        en=f"{login} gets no ticket on {host}: {words_of(done)}",
    )
    said = " ".join((done.stdout + done.stderr).split())
    return set(re.findall("^open: (.*)$", done.stdout, re.MULTILINE)), said[-300:]


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="Sur {{ host }}, chacun ouvre une session avec son mot de passe du domaine.",
    en="On {{ host }} everybody logs in with their password of the domain.",
    timeout=120,
)
def test_everybody_logs_in(lab, host):
    concurrently(lambda login: wait_for_login(lab, host, login, PEOPLE[login][0]), PEOPLE)


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="{{ host }} refuse un mauvais mot de passe, et le compte désactivé d'un ancien salarié.",
    en="{{ host }} refuses a wrong password, and the disabled account of a former employee.",
    timeout=120,
)
def test_refusals(lab, host):
    assert_refuses_strangers(lab, host)


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="{{ host }} connaît les groupes de chacun.",
    en="{{ host }} knows everybody's groups.",
    timeout=120,
)
def test_groups(lab, host):
    def wait_for_groups(login):
        groups = PEOPLE[login][1]

        def in_their_groups():
            found = set(lab.client(host).run(["id", "-Gn", login]).stdout.split())
            lacking = groups - found
            assert not lacking, reason(
                fr=f"{login} sur {host} n'est pas dans {listed(lacking)}, mais dans {listed(found)}",
                en=f"{login} on {host} is not in {listed(lacking)}, but in {listed(found)}",
            )
            strangers = found & {"direction", "comptabilite", "prepresse", "fabrication"} - groups
            assert not strangers, reason(
                fr=f"{login} sur {host} est aussi dans {listed(strangers)}",
                en=f"{login} on {host} is in {listed(strangers)} as well",
            )
            return True

        lab.wait(in_their_groups, within=SOON, every=0.5)

    concurrently(wait_for_groups, PEOPLE)


@check(
    "guard",
    fr="Chacun ouvre, avec un ticket Kerberos, les partages de ses groupes, et aucun autre.",
    en="With a Kerberos ticket everybody opens the shares of their groups, and no other.",
    timeout=120,
)
def test_shares(lab):
    def wait_for_shares(number):
        login, (password, groups) = list(PEOPLE.items())[number]
        host = MEMBERS[number % len(MEMBERS)]
        due = {share for share, group in SHARES.items() if group in {None, *groups}}

        def as_it_should():
            found, said = open_shares(lab, host, login, password)
            assert found == due, reason(
                fr=f"{login} sur {host} ouvre {listed(found)}, au lieu de {listed(due)} : {said}",
                en=f"{login} on {host} opens {listed(found)}, not {listed(due)}: {said}",
            )
            return True

        lab.wait(as_it_should, within=SOON, every=0.5)

    concurrently(wait_for_shares, range(len(PEOPLE)))


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="Avec un ticket, on passe d'un poste à {{ host }} sans retaper son mot de passe.",
    en="With a ticket one goes from a workstation to {{ host }} without typing the password again.",
    timeout=120,
)
def test_ticket_opens_workstation(lab, host):
    other = "pc2" if host == "pc1" else "pc1"
    wait_for_passage(lab, other, host, "nbrunet", PEOPLE["nbrunet"][0])


@check(
    "guard",
    fr="Le DNS du domaine annonce tous ses services, sur dc1.",
    en="The domain's DNS announces all its services, on dc1.",
    timeout=120,
)
def test_services_of_the_domain(lab):
    for record, found in ask_dns(lab, lab.probe("lan"), RECORDS).items():
        due = [[str(RECORDS[record]), f"dc1.{lab.domain}"]]
        assert [r.split()[2:] for r in found.records] == due, reason(
            fr=f"{record} : {found.in_words}, au lieu de dc1.{lab.domain}, port {RECORDS[record]}",
            en=f"{record}: {found.in_words}, not dc1.{lab.domain}, port {RECORDS[record]}",
        )


@check(
    "guard",
    fr="Chaque machine a son nom dans le DNS, et utilise celui du domaine.",
    en="Every machine has its name in DNS, and uses the domain's.",
)
def test_names(lab):
    names = ("dc1", "files1", "pc1", "pc2")
    for record, found in ask_dns(lab, lab.probe("lan"), [f"A {name}" for name in names]).items():
        due = lab.address(record.removeprefix("A "))
        assert found.records == (due,), reason(
            fr=f"{record} : {found.in_words}, au lieu de {due}", en=f"{record}: {found.in_words}, not {due}"
        )
    server = lab.address("dc1")
    for name in names:
        resolvers = lab.client(name).resolvers()
        asked = ", ".join(resolvers) or reason(fr="aucun serveur DNS", en="no name server")
        assert resolvers == (server,), reason(
            fr=f"{name} interroge {asked}, au lieu de {server}", en=f"{name} asks {asked}, not {server}"
        )


@check(
    "guard",
    fr="Les machines ont toutes la même heure, et leur compte dans le domaine.",
    en="The machines all have the same time, and their account in the domain.",
    timeout=120,
)
def test_machines(lab):
    def keeps_the_time(host):
        shown = lab.host(host).run("systemctl show --property=Environment sssd samba-ad-dc").stdout
        assert "FAKETIME" not in shown, reason(
            fr=f"l'heure des services de {host} est décalée", en=f"the time of the services of {host} is shifted"
        )

    def has_its_account(host):
        done = lab.client(host).run(["kinit", "-c", "MEMORY:", "-k", f"{host.upper()}$"])
        assert done.status == 0, reason(
            fr=f"{host} n'obtient pas de ticket pour lui-même : {words_of(done)}",
            en=f"{host} gets no ticket of its own: {words_of(done)}",
        )

    concurrently(keeps_the_time, ("dc1", *MEMBERS, "files1"))
    concurrently(has_its_account, MEMBERS)
    status = lab.client("dc1").run(["samba-tool", "domain", "level", "show"], timeout=60)
    assert status.status == 0, reason(
        fr=f"dc1 ne montre pas le niveau du domaine : {words_of(status)}",
        en=f"dc1 does not show the domain's level: {words_of(status)}",
    )


@check(
    "guard",
    fr="Les services démarrent avec les machines et fonctionnent.",
    en="The services start with the machines and run.",
)
def test_services(lab):
    expected = {"dc1": ["samba-ad-dc"], "files1": ["smbd", "winbind"], "pc1": ["sssd", "ssh"], "pc2": ["sssd", "ssh"]}
    services = [(host, name) for host, names in expected.items() for name in names]
    concurrently(lambda service: assert_service_lasts(lab, *service), services)
