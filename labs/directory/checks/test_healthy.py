"""Is the directory healthy? Asked as its users do: they log in, and open their group's folder."""

import pytest

from grader import check, concurrently, reason, scaled_timeout
from lab_tools import (
    PASSWORDS,
    assert_opens_home,
    assert_service_lasts,
    sftp,
    wake_sssd,
    words_of,
)

GROUPS = {
    "afaure": {"direction"},
    "croux": {"direction", "comptabilite"},
    "kbenali": {"comptabilite"},
    "snguyen": {"etudes"},
    "tgarnier": {"etudes", "atelier"},
    "mlebreton": {"atelier"},
}
SHARES = ("direction", "comptabilite", "etudes", "atelier")
CLIENTS = ("files1", "pc1", "pc2")
DENIED = 67
"""curl's status for a login that is refused."""
SOON = 8
"""Seconds after which SSSD, once it was told to, has surely asked the directory again."""


def for_everybody(lab, host, holds):
    """Wait until something holds for each person, all asked at once; SSSD may still take the directory for lost."""
    wake_sssd(lab, host)

    def soon(login):
        def asked():
            holds(login)
            return True

        lab.wait(asked, within=SOON, every=0.5)

    concurrently(soon, PASSWORDS)


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    fr="Sur {{ host }}, chacun ouvre une session avec son mot de passe de l'annuaire.",
    en="On {{ host }} everybody logs in with their password of the directory.",
    lock="logins on {{ host }}",  # sshd drops some of more than ten logins that have just begun
)
def test_everybody_logs_in(lab, host):
    for_everybody(lab, host, lambda login: assert_opens_home(lab, host, login))


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    fr="{{ host }} refuse un mauvais mot de passe.",
    en="{{ host }} refuses a wrong password.",
)
def test_wrong_password_is_refused(lab, host):
    done = sftp(lab, host, "afaure", "/home/afaure/", password=PASSWORDS["croux"])
    said = reason(fr="accepté", en="accepted") if done.status == 0 else words_of(done.stderr)
    assert done.status == DENIED, reason(
        fr=f"afaure sur {host} avec un mauvais mot de passe : {said}, au lieu d'un refus",
        en=f"afaure on {host} with a wrong password: {said}, instead of a refusal",
    )


@check(
    "guard",
    fr="Chaque groupe lit son dossier partagé, et personne d'autre.",
    en="Each group reads its shared folder, and nobody else does.",
    lock="logins on files1",
    timeout=90,
)
def test_shares(lab):
    def as_they_should(login):
        for share in SHARES:
            done = sftp(lab, "files1", login, f"/srv/partages/{share}/")
            said = words_of(done.stderr)
            assert done.status != DENIED, reason(
                fr=f"{login} n'ouvre pas de session sur files1 : {said}",
                en=f"{login} does not log in on files1: {said}",
            )
            seen = reason(fr="s'ouvre", en="is opened") if done.status == 0 else said
            assert (done.status == 0) == (share in GROUPS[login]), reason(
                fr=f"{login}, {share} : {seen}", en=f"{login}, {share}: {seen}"
            )

    for_everybody(lab, "files1", as_they_should)


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    fr="{{ host }} connaît les groupes de chacun.",
    en="{{ host }} knows everybody's groups.",
)
def test_groups(lab, host):
    def in_their_groups(login):
        found, expected = set(lab.client(host).run(["id", "-Gn", login]).stdout.split()), {"salaries", *GROUPS[login]}
        seen, right = ", ".join(sorted(found)), ", ".join(sorted(expected))
        assert found == expected, reason(
            fr=f"{login} sur {host} a pour groupes : {seen or 'aucun'}, au lieu de {right}",
            en=f"{login} on {host} is in {seen or 'no group'}, instead of {right}",
        )

    for_everybody(lab, host, in_their_groups)


@check(
    "guard",
    fr="L'annuaire répond sous TLS, par StartTLS et en LDAPS, avec un certificat à son nom.",
    en="The directory answers over TLS, by StartTLS and LDAPS, with a certificate for its name.",
)
def test_tls(lab):
    name = f"ldap1.{lab.domain}"

    def answers(way):
        done = lab.client("pc1").run(["ldapwhoami", "-x", "-o", f"nettimeout={scaled_timeout(20)}", *way])
        asked, said = " ".join(way), words_of(done.stdout + done.stderr)
        assert done.stdout.strip() == "anonymous", reason(
            fr=f"ldapwhoami {asked} : {said}", en=f"ldapwhoami {asked}: {said}"
        )

    concurrently(answers, (("-ZZ", "-H", f"ldap://{name}"), ("-H", f"ldaps://{name}")))


@check(
    "guard",
    fr="Personne ne lit les mots de passe de l'annuaire sans y être autorisé.",
    en="Nobody reads the directory's passwords without the right to.",
)
def test_passwords_are_private(lab):
    done = lab.client("pc2").run(["ldapsearch", "-x", "-ZZ", "-LLL", "(uid=afaure)", "uid", "userPassword"])
    said = words_of(done.stderr)
    assert "uid: afaure" in done.stdout, reason(
        fr=f"ldapsearch ne trouve pas afaure : {said}", en=f"ldapsearch does not find afaure: {said}"
    )
    assert "userPassword" not in done.stdout, reason(
        fr="tout le monde peut lire userPassword", en="userPassword is readable by everybody"
    )


@check(
    "guard",
    fr="Chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Every machine has its name in DNS, and its reverse name.",
    timeout=90,
)
def test_names_both_ways(lab):
    lan, server = lab.probe("lan"), lab.address("srv1")

    def both_ways(name):
        fqdn, address = f"{name}.{lab.domain}", lab.address(name)
        for asked, kind, right in ((fqdn, "A", address), (address, "PTR", fqdn)):
            answer = lan.resolve(asked, server, kind)
            seen = ", ".join(answer.records) or answer.status or reason(fr="aucune réponse", en="no answer")
            assert answer.records == (right,), reason(
                fr=f"{asked} : {seen}, au lieu de {right}", en=f"{asked}: {seen}, instead of {right}"
            )

    concurrently(both_ways, ("srv1", "ldap1", "files1", "pc1", "pc2"))


@check(
    "guard",
    fr="Les services démarrent avec les machines et fonctionnent.",
    en="The services start with the machines and run.",
)
def test_services(lab):
    expected = {"srv1": "named", "ldap1": "slapd", **dict.fromkeys(CLIENTS, "sssd")}
    concurrently(lambda place: assert_service_lasts(lab, *place), expected.items())
