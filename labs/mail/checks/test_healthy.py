"""Is the mail healthy? Asked as its users do: they write to one another and to the sawmill, and read what arrives."""

import re
from dataclasses import replace

import pytest

from grader import check, concurrently, reason, scaled_timeout, send_mail, undelivered
from lab_tools import (
    DRAWING,
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    assert_service,
    assert_webmail_shows_mail,
    employee,
    received,
    refusal,
    sawyer,
    send,
    subject_by_hand,
    tidy,
    verdict_on,
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
    en="{{ login }} receives a message from a colleague, and still has the earlier mail.",
    timeout=90,
)
def test_mail_among_colleagues(lab, login):
    me = employee(lab, login)
    colleague = employee(lab, "croux" if login != "croux" else "afaure")
    received(lab, me, send(lab, colleague, me.address, "Bonjour"))
    assert_earlier_mail_is_there(lab, [me])


@check(
    "guard",
    fr="Un plan de 3 Mo part chez un fournisseur, signé, et n'y passe pas pour indésirable.",
    en="A 3 MB drawing goes to a supplier, signed, and isn't taken for junk there.",
    timeout=90,
)
def test_mail_to_the_sawmill(lab):
    subject = send(lab, employee(lab, "snguyen"), SAWYER, "Plan", size=DRAWING)
    found = received(lab, sawyer(lab), subject, folders=("INBOX", "Junk"))
    verdict = verdict_on(found.headers, "mx.scierie-delmas.example")
    assert found.folder == "INBOX", reason(
        fr=f"la scierie le range dans {found.folder} : {verdict}",
        en=f"the sawmill files it in {found.folder}: {verdict}",
    )
    assert "dkim=pass" in verdict, reason(
        fr=f"la scierie ne vérifie pas la signature : {verdict}",
        en=f"the sawmill does not verify the signature: {verdict}",
    )


@check(
    "guard",
    fr="Un message de la scierie Delmas arrive dans l'entreprise.",
    en="A message from the Delmas sawmill reaches the company.",
    timeout=90,
)
def test_mail_from_the_sawmill(lab):
    subject = send(lab, sawyer(lab), f"contact@{lab.domain}", "Devis")
    received(lab, employee(lab, "croux"), subject)


@pytest.mark.parametrize(("host", "login"), [("pc1", "afaure"), ("pc2", "mlebreton")])
@check(
    "guard",
    fr="Sur {{ host }}, on envoie et on lit du courrier par le nom du serveur, avec les outils du poste.",
    en="On {{ host }}, mail is sent and read with the workstation's tools, using the server's name.",
    host="{{ host }}",
    lock="",
    timeout=90,
)
def test_workstation(lab, host, login):
    client, name = lab.client(host), f"mail.{lab.domain}"
    subject, options = subject_by_hand("Essai")
    me, account = f"{login}@{lab.domain}", ["--auth-user", login, "--auth-password", PASSWORDS[login]]
    argv = ["swaks", "--server", f"{name}:587", "--tls", "--tls-verify-ca", *account, "--from", me, "--to", me]
    sent = client.run([*argv, *options, "--timeout", str(scaled_timeout(8))], timeout=30)
    assert sent.status == 0, reason(fr=f"swaks sur {host} : {refusal(sent)}", en=f"swaks on {host}: {refusal(sent)}")
    url, user = f"imaps://{name}/INBOX?SUBJECT%20%22{subject.replace(' ', '%20')}%22", f"{login}:{PASSWORDS[login]}"

    def arrived():
        found = client.run(
            ["curl", "--silent", "--show-error", "--max-time", str(scaled_timeout(8)), "--user", user, url]
        )
        said = found.stderr.partition("\n")[0].removeprefix("curl: ")
        assert found.status == 0, reason(fr=f"curl sur {host} : {said}", en=f"curl on {host}: {said}")
        return found.stdout.split()[2:]

    missing = reason(
        fr=f"« {subject} » n'est pas dans la boîte de réception de {login}",
        en=f"'{subject}' is not in the inbox of {login}",
    )
    try:
        lab.wait(arrived, within=10, every=0.3, what=missing, unless=lambda: undelivered(lab.host("mail1"), subject))
    finally:
        tidy(lab, subject, servers=("mail1",))


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
    en="The server doesn't relay for strangers, and takes no password that is wrong or in clear text.",
    timeout=90,
)
def test_nobody_abuses_it(lab):
    def relay():
        argv = ["swaks", "--server", lab.address("mail1", "eth1"), "--from", SAWYER]
        argv += ["--to", "somebody@elsewhere.example"]
        argv += ["--quit-after", "RCPT", "--timeout", str(scaled_timeout(8))]
        done = lab.client("delmas").run(argv, timeout=20)
        assert "Relay access denied" in done.stdout, reason(
            fr=f"« Relay access denied » attendu pour un inconnu, réponse : {refusal(done)}",
            en=f"an open relay: expected 'Relay access denied' for a stranger, the answer: {refusal(done)}",
        )

    def clear_passwords():
        argv = ["swaks", "--server", f"mail.{lab.domain}:587", "--quit-after", "EHLO"]
        offered = lab.client("pc1").run([*argv, "--timeout", str(scaled_timeout(8))], timeout=20)
        assert "250" in offered.stdout, reason(
            fr=f"le port 587 ne répond pas à EHLO : {refusal(offered)}",
            en=f"port 587 does not answer EHLO: {refusal(offered)}",
        )
        assert "AUTH" not in offered.stdout, reason(
            fr="le port 587 prend les mots de passe en clair", en="port 587 takes passwords in clear text"
        )

    def wrong_password():
        me = employee(lab, "croux")
        said = reason(fr="le message est pris", en="the message is taken")
        try:
            send_mail(lab.probe("lan"), replace(me, password="Copeau-53"), me.address)
        except AssertionError as error:
            said = str(error)
        assert re.search(r"535|[Aa]uthentication failed", said), reason(
            fr=f"un mauvais mot de passe n'est pas refusé avec le code 535 : {said}",
            en=f"a wrong password is not refused with code 535: {said}",
        )

    concurrently(lambda ask: ask(), (relay, clear_passwords, wrong_password))


@check(
    "guard",
    fr="Le DNS publie où livrer le courrier, qui l'envoie et la clé qui le vérifie.",
    en="DNS publishes where mail is delivered, who sends it, and the key that verifies it.",
)
def test_dns(lab):
    outside, server = lab.probe("outside"), lab.address("srv1", "eth1")
    wanted = {
        (lab.domain, "MX"): f"10 mx1.{lab.domain}",
        (f"mx1.{lab.domain}", "A"): lab.address("mail1", "eth1"),
        (f"mail.{lab.domain}", "A"): lab.address("mail1", "eth0"),
    }
    nothing = reason(fr="rien", en="nothing")

    def published(asked):
        return outside.resolve(asked[0], server, asked[1]).records

    for (name, kind), record, found in zip(wanted, wanted.values(), concurrently(published, wanted), strict=True):
        said = ", ".join(found) or nothing
        assert found == (record,), reason(
            fr=f"{name} {kind} : {record} attendu, le DNS donne {said}",
            en=f"{name} {kind}: expected {record}, DNS gives {said}",
        )
    policy = " ".join(published((lab.domain, "TXT")))
    assert "v=spf1 mx -all" in policy, reason(
        fr=f"{lab.domain} TXT : « v=spf1 mx -all » attendu, le DNS donne {policy or nothing}",
        en=f"{lab.domain} TXT: expected 'v=spf1 mx -all', DNS gives {policy or nothing}",
    )
    key = lab.host("mail1").run("opendkim-testkey -d %s -s mail2026", lab.domain)
    said = key.stderr.strip()
    assert key.rc == 0, reason(fr=f"opendkim-testkey : {said}", en=f"opendkim-testkey: {said}")


@pytest.mark.parametrize("host", SERVICES)
@check(
    "guard",
    fr="Les services de {{ host }} fonctionnent et démarrent avec la machine.",
    en="The services of {{ host }} run and start with the machine.",
)
def test_services(lab, host):
    for name in SERVICES[host]:
        assert_service(lab, host, name)
