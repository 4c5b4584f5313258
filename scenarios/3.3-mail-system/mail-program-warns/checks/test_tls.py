"""Do mail programs connect again, because the server proves who it is, and not because nobody asks it to?"""

import re
import secrets
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from grader import (
    certificate_key_ids,
    check,
    concurrently,
    lines_in,
    message_ids,
    plain_name,
    reason,
    scaled_timeout,
)
from lab_tools import (
    KEPT,
    PASSWORDS,
    assert_earlier_mail_is_there,
    assert_webmail_shows_mail,
    employee,
    received,
    send,
    subject_by_hand,
)

AUTHORITY = "2a8d4a95ea764221c7bd33f76b5a1cde909fd918"
"""The key identifier of the company's authority."""
MONTH = 30 * 24 * 3600
EXPIRED = "certificate has expired"
PORTS = {"993": "", "587": "-starttls smtp", "25": "-starttls smtp"}
STRICT = r"""(verify_peer(_name)?['"]\]?\s*=>?\s*true|allow_self_signed['"]\]?\s*=>?\s*false)\b"""
"""What PHP's options for TLS may say: they demand what holds without them."""
SERVICES = {"root", "dovecot", "postfix", "ssl-cert"}
"""Groups whose members may read the server's key: they serve with it."""
HOSTS = ("mail1", "ldap1", "srv1", "web1", "pc1", "pc2")


@check(
    "symptom",
    points=3,
    competence="3.3",
    fr="{{ login }} envoie un message sous TLS, et un collègue le lit, sans rien affaiblir.",
    en="{{ login }} sends a message over TLS and a colleague reads it, with nothing weakened.",
    before_fr="Un message {{ login | de }} à un collègue ne part pas : la messagerie affiche un avertissement.",
    before_en="A message from {{ login }} to a colleague won't go: the mail program shows a warning.",
    timeout=90,
    because=EXPIRED,
)
def test_mail_is_sent_and_read(lab):
    colleague = employee(lab, "tgarnier")
    received(lab, colleague, send(lab, employee(lab, lab.values["login"]), colleague.address, "Message"))


@pytest.mark.parametrize(("host", "login"), [("pc1", "croux"), ("pc2", "mlebreton")])
@check(
    "symptom",
    points=1,
    competence="3.3",
    fr="Sur {{ host }}, les outils du poste lisent et envoient du courrier, par le nom du serveur.",
    en="On {{ host }}, the workstation's tools read and send mail, using the server's name.",
    before_fr="Sur {{ host }}, on ne peut ni lire ni envoyer.",
    before_en="On {{ host }}, mail can be neither read nor sent.",
    host="{{ host }}",
    lock="",
    timeout=60,
    because="expired",
)
def test_workstation(lab, host, login):
    client, name = lab.client(host), f"mail.{lab.domain}"
    curl = ["curl", "--disable", "--silent", "--show-error", "--max-time", str(scaled_timeout(8))]
    curl += ["--user", f"{login}:{PASSWORDS[login]}"]
    subject, unique = subject_by_hand("Message")
    letter = ["--mail-from", f"{login}@{lab.domain}", "--mail-rcpt", f"afaure@{lab.domain}"]
    letter += ["--header", f"From: {login}@{lab.domain}", *unique, "--form", "=Bonjour"]

    def works(request):
        done = client.run([*curl, *request], timeout=30)
        said = done.stderr.partition("\n")[0].removeprefix("curl: ")
        assert done.status == 0, reason(fr=f"curl sur {host} : {said}", en=f"curl on {host}: {said}")

    concurrently(works, ([f"imaps://{name}/INBOX?ALL"], ["--ssl-reqd", *letter, f"smtp://{name}:587"]))
    received(lab, employee(lab, "afaure"), subject)


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Le webmail montre de nouveau le courrier.",
    en="The webmail shows the mail again.",
    before_fr="Le webmail ne montre pas le courrier.",
    before_en="The webmail doesn't show any mail.",
    host="web1",
    lock="",
    because="the login is refused",
)
def test_webmail(lab):
    assert_webmail_shows_mail(lab)


def names_in(certificate):
    """Return whom a certificate is for; programs take the common name where it has no name of the kind DNS."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        found = x509.SubjectAlternativeName([])
    names = found.get_values_for_type(x509.DNSName)
    common = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return {plain_name(name) for name in names or common} | set(addresses)


def names_of_the_server(lab):
    """Return the names and the addresses that are mail1's own."""
    names = {name for host in ("mail", "mail1", "mx1") for name in (host, f"{host}.{lab.domain}")}
    return names | {lab.address("mail1", "eth0"), lab.address("mail1", "eth1")}


@pytest.mark.parametrize("port", PORTS)
@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Sur le port {{ port }}, un certificat de l'entreprise, au nom du serveur seul, valable au moins un mois.",
    en="On port {{ port }}, a certificate from the company, for the server's names only, valid for a month or more.",
    before_fr="Avertissement {{ {'993': 'en lisant', '587': 'en envoyant', '25': 'chez qui nous écrit'}[port] }}.",
    before_en="A warning {{ {'993': 'on reading', '587': 'on sending', '25': 'for those who write to us'}[port] }}.",
    because=EXPIRED,
)
def test_certificate_is_good(lab, port):
    client, name = lab.client("pc2"), f"mail.{lab.domain}"
    ask = f"openssl s_client -connect {lab.address('mail1')}:{port} {PORTS[port]} -CAfile /etc/ssl/valbocage/ca.crt"
    shown = client.run(["sh", "-c", f"{ask} -verify_hostname {name} </dev/null 2>&1"]).stdout
    verdict, last = re.search(r"Verify return code: (\d+) \((.*)\)", shown), " ".join(shown.split()[-10:])
    assert verdict, reason(
        fr=f"mail1 ne parle pas TLS sur le port {port} : {last}",
        en=f"mail1 doesn't speak TLS on port {port}: {last}",
    )
    assert verdict[1] == "0", reason(
        fr=f"le certificat est refusé pour {name} : {verdict[2]}",
        en=f"the certificate is refused for {name}: {verdict[2]}",
    )
    body = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", shown, re.DOTALL)
    assert body, reason(
        fr=f"mail1 ne montre pas de certificat sur le port {port}", en=f"mail1 shows no certificate on port {port}"
    )
    named, other = names_in(x509.load_pem_x509_certificate(body[0].encode())), f"mx1.{lab.domain}"
    assert plain_name(other) in named, reason(
        fr=f"le certificat est refusé pour {other} : il ne porte pas ce nom",
        en=f"the certificate is refused for {other}: it does not have that name",
    )
    strange = named - names_of_the_server(lab)
    others = ", ".join(sorted(strange))
    assert not strange, reason(
        fr=f"le certificat de mail1 vaut aussi pour d'autres : {others}",
        en=f"the certificate of mail1 is good for others as well: {others}",
    )
    read = f'printf %s "$1" | openssl x509 -noout -checkend {MONTH} -enddate'
    end = client.run(["sh", "-c", read, "read", body[0]])
    until = " ".join(end.stdout.split())
    assert end.status == 0, reason(
        fr=f"le certificat expire avant un mois : {until}", en=f"the certificate expires within a month: {until}"
    )


@pytest.mark.parametrize("host", ["pc1", "pc2", "web1", "mail1", "ldap1"])
@check(
    "guard",
    points=1,
    competence="3.3",
    fr="{{ host }} fait confiance à la même autorité de certification qu'avant, et à aucune autre de plus.",
    en="{{ host }} trusts the same certification authority as before, and no other.",
    host="{{ host }}",
    lock="",
)
def test_same_authority(lab, host):
    there = lab.host(host)
    added = there.check_output("find /usr/local/share/ca-certificates -type f").split()
    named = ", ".join(added) or reason(fr="aucune autorité ajoutée", en="no added authority")
    assert added == ["/usr/local/share/ca-certificates/valbocage.crt"], reason(
        fr=f"{host} fait confiance à : {named}", en=f"{host} trusts: {named}"
    )
    for path in (*added, "/etc/ssl/valbocage/ca.crt"):
        assert certificate_key_ids(there.file(path)) == [AUTHORITY], reason(
            fr=f"{path} est le certificat d'une autre autorité", en=f"{path} is the certificate of another authority"
        )
    others = there.run("grep -c BEGIN /etc/ssl/certs/ca-certificates.crt").stdout.strip()
    plain = there.run("ls /usr/share/ca-certificates/mozilla | wc -l").stdout.strip()
    assert int(others) <= int(plain) + 1, reason(
        fr=f"{host} : {others} certificats de confiance au lieu de {int(plain) + 1}",
        en=f"{host}: {others} trusted certificates instead of {int(plain) + 1}",
    )


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Les programmes vérifient toujours le certificat, webmail compris.",
    en="Programs still verify the certificate, including the webmail.",
    host="web1",
    lock="",
)
def test_clients_still_verify(lab):
    settings = lab.host("web1").check_output("grep -vE '^[[:space:]]*(//|#|[*])' /etc/roundcube/config.inc.php")
    options = re.findall(r"verify_peer\w*|allow_self_signed", re.sub(STRICT, "", settings, flags=re.IGNORECASE))
    named = ", ".join(options)
    assert not options, reason(
        fr=f"Roundcube a des options qui affaiblissent sa vérification : {named}",
        en=f"Roundcube has options that weaken its checks: {named}",
    )
    for key, scheme in (("imap_host", "ssl"), ("smtp_host", "tls")):
        server = rf"""(\[\s*|array\s*\(\s*)?['"]{scheme}://mail\.{re.escape(lab.domain)}(:\d+)?['"]"""
        setting = rf"""\[\s*['"]{key}['"]\s*\]\s*="""
        by_name = re.findall(setting + r"\s*" + server, settings)
        assert 0 < len(by_name) == len(re.findall(setting, settings)), reason(
            fr="Roundcube ne joint pas le serveur de messagerie par son nom et sous TLS",
            en="Roundcube does not reach the mail server by its name and over TLS",
        )
    # This name is in no certificate: a client that verifies refuses it.
    other = f"{secrets.token_hex(6)}.example"
    ask = ["curl", "--silent", "--max-time", str(scaled_timeout(8)), "--user", "croux:Copeau-52"]
    ask += ["--resolve", f"{other}:993:{lab.address('mail1')}", f"imaps://{other}/"]

    def refuses(host):
        assert lab.client(host).run(ask).status != 0, reason(
            fr=f"{host} accepte un certificat fait pour un autre nom",
            en=f"{host} accepts a certificate for another name",
        )

    concurrently(refuses, ("pc1", "pc2"))


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Rien ne passe en clair : ni mot de passe sur les ports 587 et 25, ni IMAP sans TLS.",
    en="Nothing travels in clear text: no password on port 587 or 25, no IMAP without TLS.",
    timeout=60,
)
def test_nothing_in_clear(lab):
    server = lab.address("mail1")

    def no_password(port):
        argv = ["swaks", "--server", f"{server}:{port}", "--quit-after", "EHLO", "--timeout", str(scaled_timeout(8))]
        offered = lab.client("pc1").run(argv, timeout=30).stdout
        assert "250-AUTH" not in offered, reason(
            fr=f"mail1 prend les mots de passe en clair sur le port {port}",
            en=f"mail1 takes passwords in clear text on port {port}",
        )

    def no_plain_imap():
        assert not lab.probe("lan").tcp(server, 143), reason(
            fr="mail1 offre IMAP sur le port 143", en="mail1 offers IMAP on port 143"
        )

    concurrently(lambda ask: ask(), (lambda: no_password("25"), lambda: no_password("587"), no_plain_imap))


def public_halves(host):
    """Return the public half of each private key on a host that openssl reads, by the key's path."""
    pattern = "-BEGIN ((RSA|EC|ENCRYPTED) )?PRIVATE KEY"
    found = lines_in(host.run(f"grep -rlsE -- '{pattern}' {KEPT}").stdout)
    halves = {path: host.run("openssl pkey -pubout -in %s -passin pass:", path).stdout.strip() for path in found}
    return {path: half for path, half in halves.items() if half}


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="La clé de l'autorité n'a pas quitté ldap1, ni celle du serveur mail1, et les clés privées restent à root.",
    en="The authority's key has not left ldap1, nor the server's mail1, and private keys still belong to root.",
    timeout=90,
)
def test_keys_are_private(lab):
    authority = lab.host("ldap1").check_output("openssl x509 -noout -pubkey -in /etc/ssl/valbocage/ca.crt").strip()
    ask = f"openssl s_client -connect {lab.address('mail1')}:993 </dev/null 2>/dev/null | openssl x509 -noout -pubkey"
    server = lab.client("pc2").run(["sh", "-c", ask]).stdout.strip()
    for name, halves in zip(HOSTS, concurrently(lambda name: public_halves(lab.host(name)), HOSTS), strict=True):
        for path, half in halves.items():
            key = lab.host(name).file(path)
            if half == authority:
                assert name == "ldap1", reason(
                    fr=f"la clé de l'autorité est sur {name} : {path}", en=f"the authority's key is on {name}: {path}"
                )
                assert key.uid == 0, reason(
                    fr=f"la clé de l'autorité n'est pas à root : {path}",
                    en=f"the authority's key is not root's: {path}",
                )
                assert not key.mode & 0o077, reason(
                    fr=f"d'autres peuvent lire la clé de l'autorité : {path}",
                    en=f"the authority's key is readable by others: {path}",
                )
            elif half == server:
                assert name == "mail1", reason(
                    fr=f"la clé du serveur de messagerie est sur {name} : {path}",
                    en=f"the mail server's key is on {name}: {path}",
                )
                assert key.uid == 0, reason(
                    fr=f"la clé du serveur de messagerie n'est pas à root : {path}",
                    en=f"the mail server's key is not root's: {path}",
                )
                shared = key.mode & 0o070 and key.group not in SERVICES
                assert not shared, reason(
                    fr=f"la clé du serveur de messagerie est ouverte au groupe {key.group} : {path}",
                    en=f"the mail server's key is open to the group {key.group}: {path}",
                )
            assert name != "mail1" or not key.mode & 0o007, reason(
                fr=f"tout le monde peut lire {path}", en=f"everybody may read {path}"
            )
    assert lab.host("ldap1").file("/etc/ssl/valbocage/ca.key").exists, reason(
        fr="ldap1 n'a plus la clé de l'autorité", en="ldap1 no longer has the authority's key"
    )


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Un mauvais mot de passe est refusé, et chacun retrouve son ancien courrier.",
    en="A wrong password is refused, and everybody still has their earlier mail.",
    timeout=90,
)
def test_mail_is_whole(lab):
    def wrong_password():
        try:
            message_ids(lab.probe("lan"), replace(employee(lab, "afaure"), authority="", password="Rabot-42"))
        except AssertionError:
            return
        raise AssertionError(
            reason(fr="Dovecot accepte un mauvais mot de passe", en="Dovecot accepts a wrong password")
        )

    def earlier_mail_is_there():
        assert_earlier_mail_is_there(lab, [replace(employee(lab, login), authority="") for login in PASSWORDS])

    concurrently(lambda ask: ask(), (earlier_mail_is_there, wrong_password))
