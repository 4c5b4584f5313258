"""Is the directory healthy? Asked as its users do: they log in, and open their group's folder."""

import pytest

from grader import check, scaled_timeout

PEOPLE = {
    "afaure": ("Rabot-41", {"direction"}),
    "croux": ("Copeau-52", {"direction", "comptabilite"}),
    "kbenali": ("Ciseau-63", {"comptabilite"}),
    "snguyen": ("Equerre-74", {"etudes"}),
    "tgarnier": ("Gabarit-85", {"etudes", "atelier"}),
    "mlebreton": ("Maillet-96", {"atelier"}),
}
SHARES = ("direction", "comptabilite", "etudes", "atelier")
CLIENTS = ("files1", "pc1", "pc2")
DENIED = 67
"""curl's status for a login that is refused."""
SOON = 15
"""Seconds after which SSSD has surely asked the directory again, be it that it was out of reach before."""


def sftp(lab, host, login, password, path):
    """Log in by SSH with a password, from an observer on the network, and read a file or list a folder."""
    url = f"sftp://{lab.address(host)}{path}"
    return lab.probe("lan").run(
        [
            "curl",
            "--silent",
            "--show-error",
            "--insecure",
            "--max-time",
            str(scaled_timeout(15)),
            "--user",
            f"{login}:{password}",
            url,
        ],
        timeout=20,
    )


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    fr="Sur {{ host }}, chacun ouvre une session avec son mot de passe de l'annuaire.",
    en="On {{ host }} everybody logs in with their password of the directory.",
)
def test_everybody_logs_in(lab, host):
    for login, (password, _) in PEOPLE.items():

        def logs_in(login=login, password=password):
            done = sftp(lab, host, login, password, f"/home/{login}/")
            assert done.status == 0, f"{login} on {host}: {done.stderr.strip()}"
            return True

        lab.wait(logs_in, within=SOON, every=1)


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    fr="{{ host }} refuse un mauvais mot de passe.",
    en="{{ host }} refuses a wrong password.",
)
def test_wrong_password_is_refused(lab, host):
    done = sftp(lab, host, "afaure", "Copeau-52", "/home/afaure/")
    assert done.status == DENIED, f"a wrong password: {done.status} {done.stderr.strip()}"


@check(
    "guard",
    fr="Chaque groupe lit son dossier partagé, et personne d'autre.",
    en="Each group reads its shared folder, and nobody else does.",
)
def test_shares(lab):
    for login, (password, groups) in PEOPLE.items():
        for share in SHARES:

            def as_it_should(login=login, password=password, share=share, may=share in groups):
                done = sftp(lab, "files1", login, password, f"/srv/partages/{share}/")
                refused = done.stderr.strip()
                assert done.status != DENIED, f"{login} does not log in on files1: {refused}"
                assert (done.status == 0) == may, f"{login}, {share}: {refused or 'is opened'}"
                return True

            lab.wait(as_it_should, within=SOON, every=1)


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    fr="{{ host }} connaît les groupes de chacun.",
    en="{{ host }} knows everybody's groups.",
)
def test_groups(lab, host):
    for login, (_, groups) in PEOPLE.items():

        def in_their_groups(login=login, groups=groups):
            found = set(lab.client(host).run(["id", "-Gn", login]).stdout.split())
            assert found == {"salaries", *groups}, f"{login} on {host}: {sorted(found)}"
            return True

        lab.wait(in_their_groups, within=SOON, every=1)


@check(
    "guard",
    fr="L'annuaire répond sous TLS, par StartTLS et en LDAPS, avec un certificat à son nom.",
    en="The directory answers over TLS, by StartTLS and LDAPS, with a certificate for its name.",
)
def test_tls(lab):
    client = lab.client("pc1")
    name = f"ldap1.{lab.domain}"
    for options in (["-ZZ", "-H", f"ldap://{name}"], ["-H", f"ldaps://{name}"]):
        done = client.run(["ldapwhoami", "-x", "-o", f"nettimeout={scaled_timeout(20)}", *options])
        assert done.stdout.strip() == "anonymous", f"{' '.join(options)}: {done.stderr.strip()}"


@check(
    "guard",
    fr="Personne ne lit les mots de passe de l'annuaire sans y être autorisé.",
    en="Nobody reads the directory's passwords without the right to.",
)
def test_passwords_are_private(lab):
    done = lab.client("pc2").run(["ldapsearch", "-x", "-ZZ", "-LLL", "(uid=afaure)", "uid", "userPassword"])
    assert "uid: afaure" in done.stdout, done.stderr
    assert "userPassword" not in done.stdout, "userPassword is readable by everybody"


@check(
    "guard",
    fr="Chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Every machine has its name in DNS, and its reverse name.",
    timeout=90,
)
def test_names_both_ways(lab):
    lan, server = lab.probe("lan"), lab.address("srv1")
    for name in ("srv1", "ldap1", "files1", "pc1", "pc2"):
        fqdn, address = f"{name}.{lab.domain}", lab.address(name)
        there, back = lan.resolve(fqdn, server), lan.resolve(address, server, "PTR")
        assert there.records == (address,), f"{fqdn}: {there}"
        assert back.records == (fqdn,), f"{address}: {back}"


@check(
    "guard",
    fr="Les services démarrent avec les machines et fonctionnent.",
    en="The services start with the machines and run.",
)
def test_services(lab):
    expected = {"srv1": "named", "ldap1": "slapd", **dict.fromkeys(CLIENTS, "sssd")}
    for host, name in expected.items():
        service = lab.host(host).service(name)
        assert service.is_running, f"{name} does not run on {host}"
        assert service.is_enabled, f"{name} does not start with {host}"
