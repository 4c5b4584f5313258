"""Is the mail healthy? Asked as its users do: they write to one another and to the sawmill, and read what arrives."""

import secrets
from dataclasses import replace

import pytest

from grader import check, find_mail, scaled_timeout, send_mail
from lab_tools import (
    DRAWING,
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    assert_service,
    assert_webmail_shows_mail,
    employee,
    sawyer,
)

SERVICES = {
    "srv1": ("named",),
    "ldap1": ("slapd",),
    "mail1": ("postfix", "dovecot", "opendkim"),
    "web1": ("nginx", "php8.4-fpm"),
    "delmas": ("postfix", "dovecot", "opendkim"),
}


@pytest.mark.parametrize("login", PASSWORDS)
@check(
    "guard",
    fr="{{ login }} reçoit un message d'un collègue, et retrouve son ancien courrier.",
    en="{{ login }} receives a message from a colleague, and finds the earlier mail again.",
    timeout=90,
)
def test_mail_among_colleagues(lab, login):
    lan, me = lab.probe("lan"), employee(lab, login)
    colleague = employee(lab, "croux" if login != "croux" else "afaure")
    find_mail(lan, me, send_mail(lan, colleague, me.address, subject="Bonjour"))
    assert_earlier_mail_is_there(lab, [me])


@check(
    "guard",
    fr="Un plan de 3 Mo part chez un fournisseur, signé, et n'y passe pas pour indésirable.",
    en="A drawing of 3 MB goes to a supplier, signed, and does not pass for junk there.",
    timeout=90,
)
def test_mail_to_the_sawmill(lab):
    subject = send_mail(lab.probe("lan"), employee(lab, "snguyen"), SAWYER, subject="Plan", size=DRAWING)
    found = find_mail(lab.probe("outside"), sawyer(lab), subject, folders=("INBOX", "Junk"))
    assert found.folder == "INBOX", f"the sawmill files it in {found.folder}"
    assert "dkim=pass" in found.headers, found.headers


@check(
    "guard",
    fr="Un message de la scierie Delmas arrive dans l'entreprise.",
    en="A message from the Delmas sawmill arrives in the company.",
    timeout=90,
)
def test_mail_from_the_sawmill(lab):
    subject = send_mail(lab.probe("outside"), sawyer(lab), f"contact@{lab.domain}", subject="Devis")
    find_mail(lab.probe("lan"), employee(lab, "croux"), subject)


@pytest.mark.parametrize(("host", "login"), [("pc1", "afaure"), ("pc2", "mlebreton")])
@check(
    "guard",
    fr="Sur {{ host }}, on envoie et on lit du courrier par le nom du serveur, avec les outils du poste.",
    en="On {{ host }} mail is sent and read by the server's name, with the workstation's tools.",
    host="{{ host }}",
    timeout=90,
)
def test_workstation(lab, host, login):
    client, name, subject = lab.client(host), f"mail.{lab.domain}", f"Essai {secrets.token_hex(6)}"
    me, account = f"{login}@{lab.domain}", ["--auth-user", login, "--auth-password", PASSWORDS[login]]
    argv = ["swaks", "--server", f"{name}:587", "--tls", "--tls-verify-ca", *account, "--from", me, "--to", me]
    sent = client.run([*argv, "--header", f"Subject: {subject}", "--timeout", str(scaled_timeout(10))], timeout=30)
    assert sent.status == 0, f"swaks on {host}: {sent.stdout[-300:]}"
    url, user = f"imaps://{name}/INBOX?SUBJECT%20%22{subject.replace(' ', '%20')}%22", f"{login}:{PASSWORDS[login]}"

    def arrived():
        found = client.run(
            ["curl", "--silent", "--show-error", "--max-time", str(scaled_timeout(10)), "--user", user, url]
        )
        assert found.status == 0, f"curl on {host}: {found.stderr.strip()}"
        return found.stdout.split()[2:]

    lab.wait(arrived, within=15, every=0.5, what=f"'{subject}' in the inbox of {login}")


@check(
    "guard",
    fr="Le webmail s'ouvre sous TLS et montre le courrier.",
    en="The webmail opens over TLS and shows the mail.",
    timeout=90,
)
def test_webmail(lab):
    assert_webmail_shows_mail(lab)


@check(
    "guard",
    fr="Le serveur ne relaie pas pour des inconnus, et n'accepte pas de mot de passe faux ni en clair.",
    en="The server does not relay for strangers, and takes no password that is wrong or in clear.",
    timeout=90,
)
def test_nobody_abuses_it(lab):
    stranger = [
        "swaks",
        "--server",
        lab.address("mail1", "eth1"),
        "--timeout",
        str(scaled_timeout(10)),
        "--quit-after",
        "RCPT",
    ]
    done = lab.client("delmas").run([*stranger, "--from", SAWYER, "--to", "somebody@elsewhere.example"], timeout=20)
    assert "Relay access denied" in done.stdout, f"an open relay: {done.stdout[-200:]}"
    offered = lab.client("pc1").run(["swaks", "--server", f"mail.{lab.domain}:587", "--quit-after", "EHLO"], timeout=20)
    assert "250" in offered.stdout, f"port 587: {offered.stdout[-200:]}"
    assert "AUTH" not in offered.stdout, "port 587 takes passwords in clear"
    lan, me = lab.probe("lan"), employee(lab, "croux")
    with pytest.raises(AssertionError, match=r"535|[Aa]uthentication failed"):
        send_mail(lan, replace(me, password="Copeau-53"), me.address)


@check(
    "guard",
    fr="Le DNS publie où livrer le courrier, qui l'envoie et la clé qui le signe.",
    en="DNS publishes where mail is delivered, who sends it and the key that signs it.",
)
def test_dns(lab):
    outside, server = lab.probe("outside"), lab.address("srv1", "eth1")
    exchanger = outside.resolve(lab.domain, server, "MX").records
    assert exchanger == (f"10 mx1.{lab.domain}",), exchanger
    assert outside.resolve(f"mx1.{lab.domain}", server).records == (lab.address("mail1", "eth1"),)
    assert outside.resolve(f"mail.{lab.domain}", server).records == (lab.address("mail1", "eth0"),)
    policy = " ".join(outside.resolve(lab.domain, server, "TXT").records)
    assert "v=spf1 mx -all" in policy, policy
    key = lab.host("mail1").run("opendkim-testkey -d %s -s mail2026", lab.domain)
    assert key.rc == 0, f"opendkim-testkey: {key.stderr.strip()}"


@pytest.mark.parametrize("host", SERVICES)
@check(
    "guard",
    fr="Les services de {{ host }} fonctionnent et démarrent avec la machine.",
    en="The services of {{ host }} run and start with the machine.",
)
def test_services(lab, host):
    for name in SERVICES[host]:
        assert_service(lab, host, name)
