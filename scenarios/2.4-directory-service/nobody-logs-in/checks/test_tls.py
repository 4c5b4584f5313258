"""Does everybody log in again, because the directory proves who it is, and not because nobody asks it to?"""

import ipaddress
import re

import pytest

from grader import certificate_key_ids, check, concurrently, ldap_values, reason, scaled_timeout
from lab_tools import (
    PASSWORDS,
    assert_logs_in,
    assert_no_local_account,
    assert_service_lasts,
    assert_wrong_password_is_refused,
    forget_failures,
    sssd_settings,
    wake_sssd,
    words_of,
)

PEOPLE = {"pc1": "croux", "pc2": "mlebreton", "files1": "tgarnier"}
"""Who logs in on which machine."""
AUTHORITY = "2a8d4a95ea764221c7bd33f76b5a1cde909fd918"
"""The key identifier of the company's authority."""
OWN_AUTHORITY = "/usr/local/share/ca-certificates/valbocage.crt"
AUTHORITY_KEY = "/etc/ssl/valbocage/ca.key"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""The authorities that SSSD and the LDAP tools of a machine trust."""
MONTH = 30 * 24 * 3600
SOON = 8
"""Seconds after which SSSD has surely tried the directory again."""


def settings_of(lab, host):
    """Return the options of SSSD's files, the last one counting."""
    return dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", sssd_settings(lab, host), re.MULTILINE))


def demands_certificate(settings):
    """Return whether SSSD asks no directory whose certificate is not good."""
    return settings.get("ldap_tls_reqcert", "demand") in {"demand", "hard"}


def is_encrypted(settings):
    """Return whether SSSD speaks TLS from the beginning, or begins it."""
    starts = settings.get("ldap_id_use_start_tls", "").lower() == "true"
    return settings.get("ldap_uri", "").startswith("ldaps://") or starts


def ask_over_tls(lab, host, *options):
    """Ask the directory from a machine who one is, with its own tools, which verify the certificate."""
    wait = scaled_timeout(20)
    return lab.client(host).run(["ldapwhoami", "-x", "-o", f"nettimeout={wait}", *options])


def presented(lab, host, place, authorities):
    """Return what openssl shows on a machine of slapd's certificate, and its verdict: a number and words, or None.

    TLS alone, without LDAP, leaves three lines in the log of slapd instead of ten.
    """
    name = f"ldap1.{lab.domain}"
    ask = f"timeout {scaled_timeout(8)} openssl s_client -connect {place}:636 -verify_hostname {name}"
    shown = lab.client(host).run(["sh", "-c", f"{ask} -CAfile {authorities} </dev/null 2>&1"]).stdout
    verdict = re.search(r"Verify return code: (\d+) \((.*)\)", shown)
    return shown, verdict.groups() if verdict else None


def with_openssl(lab, host, command, certificate):
    """Run one of openssl's commands on a machine, with a certificate as its input."""
    line = f'printf %s "$1" | openssl {command} 2>&1'
    return lab.client(host).run(["sh", "-c", line, "openssl", certificate])


def certificate_refused(lab, host):
    """Return in words that a machine refuses the directory's certificate, which its SSSD demands; or nothing.

    It is asked often, so of the certificate's file and not of slapd, which would log it.
    """
    settings = settings_of(lab, host)
    if not demands_certificate(settings) or not is_encrypted(settings):
        return ""
    ldap1 = lab.host("ldap1")
    try:
        files = [ldap1.file(path) for path in ldap_values(ldap1, "cn=config", "olcTLSCertificateFile")]
    except AssertionError:  # it does not answer just now, and may yet
        return ""
    for text in (file.content_string for file in files if file.exists):
        verify = f"verify -CAfile {BUNDLE} -purpose sslserver -verify_hostname ldap1.{lab.domain}"
        wrong = re.search(
            r"^error \d+ at \d+ depth lookup: (.*)$", with_openssl(lab, host, verify, text).stdout, re.MULTILINE
        )
        if wrong:
            return reason(
                fr=f"{host} refuse le certificat de l'annuaire : {wrong[1]}",
                en=f"{host} refuses the directory's certificate: {wrong[1]}",
            )
    return ""


@pytest.mark.parametrize("host", PEOPLE)
@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="On ouvre de nouveau une session sur {{ host }} avec un mot de passe de l'annuaire.",
    en="People can log in on {{ host }} again with their password from the directory.",
    before_fr="Personne ne peut ouvrir de session sur {{ host }}.",
    before_en="Nobody can log in on {{ host }}.",
    timeout=120,
)
def test_logs_in(lab, host):
    def refused():
        why = certificate_refused(lab, host)
        if not why:
            wake_sssd(lab, host)
        return why

    assert_logs_in(lab, host, [PEOPLE[host]], within=SOON, unless=refused)


@pytest.mark.parametrize("host", ["pc1", "pc2"])
@check(
    "symptom",
    points=1,
    competence="2.4",
    fr="Depuis {{ host }}, l'annuaire répond sous TLS à son nom, par StartTLS et en LDAPS.",
    en="From {{ host }}, the directory answers over TLS to its name, by StartTLS and LDAPS.",
    before_fr="{{ host }} ne peut vérifier le mot de passe de personne.",
    before_en="{{ host }} has no way of checking anyone's password.",
)
def test_answers_over_tls(lab, host):
    name = f"ldap1.{lab.domain}"

    def by_starttls():
        done = ask_over_tls(lab, host, "-ZZ", "-H", f"ldap://{name}")
        said = words_of(done.stdout + done.stderr)
        assert done.stdout.strip() == "anonymous", reason(
            fr=f"ldapwhoami -ZZ -H ldap://{name} : {said}", en=f"ldapwhoami -ZZ -H ldap://{name}: {said}"
        )

    def by_ldaps():
        shown, verdict = presented(lab, host, name, BUNDLE)
        number, said = verdict or ("", words_of(shown[-200:]))
        assert number == "0", reason(fr=f"ldaps://{name} : {said}", en=f"ldaps://{name}: {said}")

    concurrently(lambda ask: ask(), (by_starttls, by_ldaps))


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="L'annuaire présente un certificat de serveur de l'entreprise, à son nom, valable encore au moins un mois.",
    en="The directory presents a server certificate from the company, for its name, valid for at least a month.",
    before_fr="Les ouvertures de session ne sont pas rétablies pour de bon.",
    before_en="Logins are not back for good.",
)
def test_certificate_is_good(lab):
    shown, verdict = presented(lab, "pc2", lab.address("ldap1"), "/etc/ssl/valbocage/ca.crt")
    said = words_of(shown[-200:])
    assert verdict, reason(
        fr=f"ldap1 ne parle pas TLS sur le port 636 : {said}", en=f"ldap1 speaks no TLS on port 636: {said}"
    )
    assert verdict[0] == "0", reason(
        fr=f"le certificat est refusé : {verdict[1]}", en=f"the certificate is refused: {verdict[1]}"
    )
    body = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", shown, re.DOTALL)
    certificate = body[0] if body else ""
    end = with_openssl(lab, "pc2", f"x509 -noout -checkend {MONTH} -enddate", certificate)
    said = words_of(end.stdout)
    assert end.status == 0, reason(
        fr=f"le certificat se termine avant un mois : {said}", en=f"the certificate ends within a month: {said}"
    )
    assert "CA:TRUE" not in with_openssl(lab, "pc2", "x509 -noout -ext basicConstraints", certificate).stdout, reason(
        fr="le certificat fait de la clé de l'annuaire une autorité : CA:TRUE",
        en="the certificate makes the directory's key an authority: CA:TRUE",
    )


@pytest.mark.parametrize("host", ["pc1", "pc2", "files1"])
@check(
    "guard",
    points=2,
    competence="2.4",
    fr="{{ host }} vérifie toujours qui est l'annuaire avant de lui confier un mot de passe.",
    en="{{ host }} still verifies who the directory is before trusting it with a password.",
    host="{{ host }}",
    lock="",
)
def test_clients_still_verify(lab, host):
    settings = settings_of(lab, host)
    assert demands_certificate(settings), reason(
        fr="SSSD n'exige pas un certificat valable", en="SSSD does not demand a good certificate"
    )
    uri, server = settings.get("ldap_uri", ""), f"ldap1.{lab.domain}"
    asked = uri or reason(fr="aucun annuaire", en="no directory")
    assert is_encrypted(settings), reason(
        fr=f"SSSD s'adresse sans TLS à {asked}", en=f"SSSD speaks to {asked} without TLS"
    )
    assert server in uri, reason(
        fr=f"SSSD interroge {asked} au lieu de {server}", en=f"SSSD asks {asked} instead of {server}"
    )
    disabled = settings.get("ldap_auth_disable_tls_never_use_in_production", "false")
    assert disabled.lower() == "false", reason(
        fr="SSSD peut envoyer des mots de passe en clair", en="SSSD may send passwords in clear"
    )
    # The address as one number is in no certificate: a client that verifies refuses it.
    number = int(ipaddress.ip_address(lab.address("ldap1")))
    careless = lab.client(host).run(["ldapwhoami", "-x", "-H", f"ldaps://{number}"])
    assert careless.status != 0, reason(
        fr="les outils LDAP acceptent un certificat établi pour un autre nom",
        en="the LDAP tools accept a certificate for another name",
    )


@pytest.mark.parametrize("host", ["pc1", "pc2", "files1", "ldap1"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ host }} fait confiance à la même autorité de certification qu'avant, et à aucune autre de plus.",
    en="{{ host }} trusts the same certification authority as before, and no other.",
    host="{{ host }}",
    lock="",
)
def test_same_authority(lab, host):
    there = lab.host(host)
    added, expected = there.check_output("find /usr/local/share/ca-certificates -type f").split(), OWN_AUTHORITY
    seen = ", ".join(added)
    assert added == [expected], reason(
        fr=f"{host} fait confiance à {seen or 'aucune autorité ajoutée'}, au lieu de {expected}",
        en=f"{host} trusts: {seen or 'no added authority'}, instead of {expected}",
    )
    for path in (*added, "/etc/ssl/valbocage/ca.crt"):
        assert certificate_key_ids(there.file(path)) == [AUTHORITY], reason(
            fr=f"{path} est le certificat d'une autre autorité", en=f"{path} is the certificate of another authority"
        )
    others = there.run("cat /etc/ssl/certs/ca-certificates.crt | grep -c BEGIN").stdout.strip()
    plain = there.run("ls /usr/share/ca-certificates/mozilla | wc -l").stdout.strip()
    most = int(plain) + 1
    assert int(others) <= most, reason(
        fr=f"{host} : {others} certificats de confiance au lieu de {most}",
        en=f"{host}: {others} trusted certificates instead of {most}",
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="slapd démarre avec ldap1, sous son propre compte ; personne d'autre n'a sa clé privée, ni celle de l'autorité.",
    en="slapd starts with ldap1, under its own account; nobody else has its private key, or the authority's.",
    host="ldap1",
    lock="",
)
def test_slapd_and_its_key(lab):
    ldap1 = lab.host("ldap1")
    assert_service_lasts(lab, "ldap1", "slapd")
    status = ldap1.file(f"/proc/{ldap1.service('slapd').main_pid}/status").content_string
    assert not re.search(r"^[UG]id:.*\s0\b", status, re.MULTILINE), reason(
        fr="slapd tourne en root", en="slapd runs as root"
    )
    keys = ldap_values(ldap1, "cn=config", "olcTLSCertificateKeyFile")
    assert keys, reason(
        fr="la configuration de slapd n'indique aucune clé privée", en="slapd has no private key in its configuration"
    )
    for path in (*keys, AUTHORITY_KEY):
        assert not ldap1.file(path).mode & 0o007, reason(
            fr=f"{path} est lisible par tous", en=f"{path} is readable by everybody"
        )
    original = ldap1.file(AUTHORITY_KEY)
    for folder in ("/etc", "/home", "/srv", "/tmp", "/var/tmp"):
        for found in ldap1.file(folder).tree():
            if found.kind == "file" and found.size == original.size and (found.uid or found.mode & 0o007):
                path = f"{folder}/{found.path}"
                assert ldap1.file(path).sha256sum != original.sha256sum, reason(
                    fr=f"{path} est une copie de la clé de l'autorité", en=f"{path} is a copy of the authority's key"
                )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Un mauvais mot de passe ne donne toujours aucun accès.",
    en="A wrong password still gives no access.",
    timeout=120,
)
def test_wrong_password(lab):
    assert_wrong_password_is_refused(lab, "pc2", "afaure", PASSWORDS["croux"])
    forget_failures(lab, "pc2", "afaure")


@pytest.mark.parametrize("host", ["pc1", "pc2", "files1"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes de {{ host }} viennent de l'annuaire : aucun n'a été recréé sur la machine.",
    en="The accounts of {{ host }} come from the directory: none was recreated on the machine.",
    host="{{ host }}",
    lock="",
)
def test_no_local_account(lab, host):
    assert_no_local_account(lab, host)
