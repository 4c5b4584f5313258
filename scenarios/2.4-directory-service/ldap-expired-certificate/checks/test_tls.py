"""Does everybody log in again, because the directory proves who it is, and not because nobody asks it to?"""

import ipaddress
import re

import pytest

from grader import account_names, certificate_key_ids, check, scaled_timeout

PASSWORDS = {"pc1": ("croux", "Copeau-52"), "pc2": ("mlebreton", "Maillet-96"), "files1": ("tgarnier", "Gabarit-85")}
AUTHORITY = "2a8d4a95ea764221c7bd33f76b5a1cde909fd918"
"""The key identifier of the company's authority."""
AUTHORITY_KEY = "/etc/ssl/valbocage/ca.key"
MONTH = 30 * 24 * 3600
SOON = 8
"""Seconds after which SSSD has surely tried the directory again."""


def settings_of(text):
    """Return the options of SSSD's files, the last one counting."""
    return dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))


@pytest.mark.parametrize("host", PASSWORDS)
@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="On ouvre de nouveau une session sur {{ host }} avec un mot de passe de l'annuaire.",
    en="One logs in on {{ host }} again with a password of the directory.",
    timeout=120,
)
def test_logs_in(lab, host):
    login, password = PASSWORDS[host]

    def logs_in():
        done = lab.login("lan", host, login, password)
        assert done.accepted, f"{login} on {host}: {done.problem}"
        return True

    lab.wait(logs_in, within=SOON, every=1)


@pytest.mark.parametrize("host", ["pc1", "pc2"])
@check(
    "symptom",
    points=1,
    competence="2.4",
    fr="Depuis {{ host }}, l'annuaire répond sous TLS à son nom, par StartTLS et en LDAPS.",
    en="From {{ host }} the directory answers over TLS to its name, by StartTLS and LDAPS.",
)
def test_answers_over_tls(lab, host):
    client, name = lab.client(host), f"ldap1.{lab.domain}"
    for options in (["-ZZ", "-H", f"ldap://{name}"], ["-H", f"ldaps://{name}"]):
        done = client.run(["ldapwhoami", "-x", "-o", f"nettimeout={scaled_timeout(20)}", *options])
        assert done.stdout.strip() == "anonymous", f"{' '.join(options)}: {done.stderr.strip()}"


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="L'annuaire présente un certificat de serveur de l'entreprise, à son nom, valable encore au moins un mois.",
    en="The directory presents a server's certificate of the company, for its name, valid for a month at least.",
)
def test_certificate_is_good(lab):
    client, name = lab.client("pc2"), f"ldap1.{lab.domain}"
    trusted = "-CAfile /etc/ssl/valbocage/ca.crt"
    ask = f"openssl s_client -connect {lab.address('ldap1')}:636 {trusted} -verify_hostname {name}"
    shown = client.run(["sh", "-c", f"{ask} </dev/null 2>&1"]).stdout
    verdict = re.search(r"Verify return code: (\d+) \((.*)\)", shown)
    assert verdict, f"ldap1 speaks no TLS on port 636: {shown[-200:]}"
    assert verdict[1] == "0", f"the certificate is refused: {verdict[2]}"
    read = f"{ask} </dev/null 2>/dev/null | openssl x509 -noout"
    end = client.run(["sh", "-c", f"{read} -checkend {MONTH} -enddate"])
    assert end.status == 0, f"the certificate ends within a month: {' '.join(end.stdout.split())}"
    may_sign = client.run(["sh", "-c", f"{read} -ext basicConstraints"])
    assert "CA:TRUE" not in may_sign.stdout, "the certificate makes the directory's key an authority: CA:TRUE"


@pytest.mark.parametrize("host", ["pc1", "pc2", "files1"])
@check(
    "guard",
    points=2,
    competence="2.4",
    fr="{{ host }} vérifie toujours qui est l'annuaire avant de lui confier un mot de passe.",
    en="{{ host }} still verifies who the directory is before it trusts it with a password.",
    host="{{ host }}",
)
def test_clients_still_verify(lab, host):
    there = lab.host(host)
    settings = settings_of(there.check_output("cat /etc/sssd/sssd.conf $(find /etc/sssd/conf.d -name '*.conf')"))
    assert settings.get("ldap_tls_reqcert", "demand") in {"demand", "hard"}, "SSSD does not demand a good certificate"
    uri = settings.get("ldap_uri", "")
    encrypted = uri.startswith("ldaps://") or settings.get("ldap_id_use_start_tls", "").lower() == "true"
    assert encrypted, f"SSSD speaks to {uri} without TLS"
    assert f"ldap1.{lab.domain}" in uri, f"SSSD asks {uri}"
    disabled = settings.get("ldap_auth_disable_tls_never_use_in_production", "false")
    assert disabled.lower() == "false", "SSSD may send passwords in clear"
    # The address as one number is in no certificate: a client that verifies refuses it.
    server = int(ipaddress.ip_address(lab.address("ldap1")))
    careless = lab.client(host).run(["ldapwhoami", "-x", "-ZZ", "-H", f"ldap://{server}"])
    assert careless.status != 0, "the LDAP tools accept a certificate for another name"


@pytest.mark.parametrize("host", ["pc1", "pc2", "files1", "ldap1"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ host }} fait confiance à la même autorité de certification qu'avant, et à aucune autre de plus.",
    en="{{ host }} trusts the same certification authority as before, and none besides.",
    host="{{ host }}",
)
def test_same_authority(lab, host):
    there = lab.host(host)
    added = there.check_output("find /usr/local/share/ca-certificates -type f").split()
    assert added == ["/usr/local/share/ca-certificates/valbocage.crt"], f"{host} trusts: {', '.join(added)}"
    for path in (*added, "/etc/ssl/valbocage/ca.crt"):
        assert certificate_key_ids(there.file(path)) == [AUTHORITY], f"{path} is the certificate of another authority"
    others = there.run("cat /etc/ssl/certs/ca-certificates.crt | grep -c BEGIN").stdout.strip()
    plain = there.run("ls /usr/share/ca-certificates/mozilla | wc -l").stdout.strip()
    assert int(others) <= int(plain) + 1, f"{host}: {others} trusted certificates instead of {int(plain) + 1}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="slapd démarre avec ldap1, sous son propre compte ; personne d'autre n'a sa clé privée, ni celle de l'autorité.",
    en="slapd starts with ldap1, as its own account; nobody else has its private key, or the authority's.",
    host="ldap1",
)
def test_slapd_and_its_key(lab):
    ldap1 = lab.host("ldap1")
    slapd = ldap1.service("slapd")
    assert slapd.is_running, "slapd does not run"
    assert slapd.is_enabled, "slapd does not start with ldap1"
    status = ldap1.file(f"/proc/{slapd.main_pid}/status").content_string
    assert not re.search(r"^[UG]id:.*\s0\b", status, re.MULTILINE), "slapd runs as root"
    configuration = ldap1.check_output("ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -s base -b cn=config")
    key = re.search(r"^olcTLSCertificateKeyFile: (\S+)", configuration, re.MULTILINE)
    assert key, "slapd has no private key in its configuration"
    for path in (key[1], AUTHORITY_KEY):
        assert not ldap1.file(path).mode & 0o007, f"{path} is readable by everybody"
    original = ldap1.file(AUTHORITY_KEY)
    for folder in ("/etc", "/home", "/srv", "/tmp", "/var/tmp"):
        for found in ldap1.file(folder).tree():
            if found.kind == "file" and found.size == original.size and (found.uid or found.mode & 0o007):
                path = f"{folder}/{found.path}"
                assert ldap1.file(path).sha256sum != original.sha256sum, f"{path} is a copy of the authority's key"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Un mauvais mot de passe ne donne toujours aucun accès.",
    en="A wrong password still gives no access.",
    timeout=120,
)
def test_wrong_password(lab):
    done = lab.login("lan", "pc2", "afaure", "Copeau-52")
    assert done.refused, f"afaure on pc2 with a wrong password: {done.status} {done.problem}"
    lab.login("lan", "pc2", "afaure", "Rabot-41")  # a right one clears the count of failures


@pytest.mark.parametrize("host", ["pc1", "pc2", "files1"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes de {{ host }} viennent de l'annuaire : aucun n'a été recréé sur la machine.",
    en="The accounts of {{ host }} come from the directory: none was made anew on the machine.",
    host="{{ host }}",
)
def test_no_local_account(lab, host):
    text = lab.host(host).file("/etc/passwd").content_string
    people = {"afaure", "croux", "kbenali", "snguyen", "tgarnier", "mlebreton"}
    local = people & account_names(text)
    assert not local, f"{host}: /etc/passwd has {', '.join(sorted(local))}"
