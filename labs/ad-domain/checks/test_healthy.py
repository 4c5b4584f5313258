"""Is the domain healthy? Asked as its users do: they log in, get a ticket, and open their share with it."""

import re

import pytest

from grader import check, scaled_timeout
from lab_tools import NO_TICKET, go_to, with_ticket

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
DENIED = 67
"""curl's status for a login that is refused."""
SOON = 30
"""Seconds after which SSSD has surely asked the domain again, be it that it was out of reach before."""
LONG = 90
"""Seconds after which the file server has surely done so."""
RECORDS = {
    "_ldap._tcp": 389,
    "_kerberos._tcp": 88,
    "_kerberos._udp": 88,
    "_kpasswd._tcp": 464,
    "_kpasswd._udp": 464,
    "_gc._tcp": 3268,
    "_ldap._tcp.dc._msdcs": 389,
    "_ldap._tcp.pdc._msdcs": 389,
    "_kerberos._tcp.dc._msdcs": 88,
    "_ldap._tcp.Default-First-Site-Name._sites": 389,
    "_kerberos._tcp.Default-First-Site-Name._sites": 88,
}
"""The services of the domain that clients look up, and their ports."""


def sftp(lab, host, login, password):
    """Log in by SSH with a password from an observer on the network, and list the home folder."""
    url = f"sftp://{lab.address(host)}/home/{login}/"
    return lab.probe("lan").run(
        [
            "curl",
            "--silent",
            "--show-error",
            "--insecure",
            "--max-time",
            str(scaled_timeout(25)),
            "--user",
            f"{login}:{password}",
            url,
        ],
        timeout=30,
    )


def open_shares(lab, host, login, password):
    """Return which shares of the file server a Kerberos ticket opens, and what was said of the others."""
    script = "; ".join(
        f"smbclient --use-kerberos=required //files1.{lab.domain}/{share} -c ls >/dev/null && echo open: {share}"
        for share in SHARES
    )
    done = with_ticket(lab, host, login, password, script)
    assert done.status != NO_TICKET, f"{login} gets no ticket on {host}: {done.stderr.strip()}"
    return set(re.findall("^open: (.*)$", done.stdout, re.MULTILINE)), done.stdout + done.stderr


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="Sur {{ host }}, chacun ouvre une session avec son mot de passe du domaine.",
    en="On {{ host }} everybody logs in with their password of the domain.",
    timeout=180,
)
def test_everybody_logs_in(lab, host):
    for login, (password, _) in PEOPLE.items():

        def logs_in(login=login, password=password):
            done = sftp(lab, host, login, password)
            assert done.status == 0, f"{login} on {host}: {done.stderr.strip()}"
            return True

        lab.wait(logs_in, within=SOON, every=1)


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="{{ host }} refuse un mauvais mot de passe, et le compte désactivé d'un ancien salarié.",
    en="{{ host }} refuses a wrong password, and the disabled account of a former employee.",
    timeout=120,
)
def test_refusals(lab, host):
    for login, password in (("hmarchand", "Offset-4625"), ("pmorel", "Bristol-640")):
        done = sftp(lab, host, login, password)
        assert done.status == DENIED, f"{login} on {host}: {done.status} {done.stderr.strip()}"


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="{{ host }} connaît les groupes de chacun.",
    en="{{ host }} knows everybody's groups.",
    timeout=120,
)
def test_groups(lab, host):
    for login, (_, groups) in PEOPLE.items():

        def in_their_groups(login=login, groups=groups):
            found = set(lab.client(host).run(["id", "-Gn", login]).stdout.split())
            assert found >= groups, f"{login} on {host}: {sorted(found)}"
            strangers = found & {"direction", "comptabilite", "prepresse", "fabrication"} - groups
            assert not strangers, f"{login} on {host} is in {sorted(strangers)}"
            return True

        lab.wait(in_their_groups, within=SOON, every=1)


@check(
    "guard",
    fr="Chacun ouvre, avec un ticket Kerberos, les partages de ses groupes, et aucun autre.",
    en="With a Kerberos ticket everybody opens the shares of their groups, and no other.",
    timeout=240,
)
def test_shares(lab):
    for number, (login, (password, groups)) in enumerate(PEOPLE.items()):
        host = MEMBERS[number % len(MEMBERS)]
        due = {share for share, group in SHARES.items() if group in {None, *groups}}

        def as_it_should(host=host, login=login, password=password, due=due):
            found, said = open_shares(lab, host, login, password)
            assert found == due, f"{login} on {host} opens {sorted(found)}: {said.strip()[-300:]}"
            return True

        lab.wait(as_it_should, within=LONG, every=1)


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="Avec un ticket, on passe d'un poste à {{ host }} sans retaper son mot de passe.",
    en="With a ticket one goes from a workstation to {{ host }} without typing the password again.",
    timeout=120,
)
def test_ticket_opens_workstation(lab, host):
    other = "pc2" if host == "pc1" else "pc1"

    def passes():
        done = go_to(lab, other, host, "nbrunet", PEOPLE["nbrunet"][0])
        assert done.stdout.strip() == "nbrunet", f"{other} to {host}: {done.stderr.strip()}"
        return True

    lab.wait(passes, within=SOON, every=1)


@check(
    "guard",
    fr="Le DNS du domaine annonce tous ses services, sur dc1.",
    en="The domain's DNS announces all its services, on dc1.",
    timeout=120,
)
def test_services_of_the_domain(lab):
    server = lab.address("dc1")
    for name, port in RECORDS.items():
        found = lab.probe("lan").resolve(f"{name}.{lab.domain}", server, "SRV")
        assert [r.split()[2:] for r in found.records] == [[str(port), f"dc1.{lab.domain}"]], f"{name}: {found}"


@check(
    "guard",
    fr="Chaque machine a son nom dans le DNS, et utilise celui du domaine.",
    en="Every machine has its name in DNS, and uses the domain's.",
)
def test_names(lab):
    server = lab.address("dc1")
    for name in ("dc1", "files1", "pc1", "pc2"):
        found = lab.probe("lan").resolve(f"{name}.{lab.domain}", server)
        assert found.records == (lab.address(name),), f"{name}: {found}"
        assert lab.client(name).resolvers() == (server,), f"{name} asks {lab.client(name).resolvers()}"


@check(
    "guard",
    fr="Les machines ont toutes la même heure, et leur compte dans le domaine.",
    en="The machines all have the same time, and their account in the domain.",
    timeout=120,
)
def test_machines(lab):
    client = lab.client("dc1")
    for host in ("dc1", *MEMBERS, "files1"):
        assert not lab.host(host).run("systemctl show --property=Environment sssd samba-ad-dc").stdout.count("FAKETIME")
    for host in MEMBERS:
        done = lab.client(host).run(["kinit", "-c", "MEMORY:", "-k", f"{host.upper()}$"])
        assert done.status == 0, f"{host}: {done.stderr.strip()}"
    status = client.run(["samba-tool", "domain", "level", "show"], timeout=60)
    assert status.status == 0, status.stderr


@check(
    "guard",
    fr="Les services démarrent avec les machines et fonctionnent.",
    en="The services start with the machines and run.",
)
def test_services(lab):
    expected = {"dc1": ["samba-ad-dc"], "files1": ["smbd", "winbind"], "pc1": ["sssd", "ssh"], "pc2": ["sssd", "ssh"]}
    for host, names in expected.items():
        for name in names:
            service = lab.host(host).service(name)
            assert service.is_running, f"{name} does not run on {host}"
            assert service.is_enabled, f"{name} does not start with {host}"
