"""Does a drawing leave again, by submission with a password and over TLS, and is nothing open that was closed?"""

import secrets
from dataclasses import replace

import pytest

from grader import check, find_mail, scaled_timeout, send_mail
from lab_tools import (
    DRAWING,
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    assert_service_of_mail1,
    employee,
    sawyer,
)

ON_ITS_WAY = 4_050_000
"""Octets of a text that travels as long as such a drawing does in base64: 4.1 MB with the ends of its lines."""
LARGEST = 10 << 20
LARGE = 10_000_000
"""What the largest message may be, as round as anybody writes it."""


def size_limit(lab):
    return int(lab.host("mail1").check_output("postconf -xh message_size_limit"))


def make_room(lab, host, login, subject):
    """Remove what a grading has sent: the next one needs the same room, and a mailbox holds 30 MiB."""
    lab.host(host).run("doveadm expunge -u %s mailbox '*' subject %s", login, subject)


@check(
    "symptom",
    points=4,
    competence="3.3",
    fr="Un plan de 3 Mo {{ login | de }} arrive à la scierie, et chez un collègue.",
    en="A drawing of 3 MB by {{ login }} arrives at the sawmill, and at a colleague's.",
    timeout=120,
    because="cannot send to .*(refused|closed|552|timed out)",
)
def test_drawing_leaves(lab):
    lan, me, colleague = lab.probe("lan"), employee(lab, lab.values["login"]), employee(lab, "kbenali")
    abroad = at_home = None
    try:
        abroad = send_mail(lan, me, SAWYER, subject="Plan", size=ON_ITS_WAY)
        at_home = send_mail(lan, me, colleague.address, subject="Plan", size=ON_ITS_WAY)
        found = find_mail(lab.probe("outside"), sawyer(lab), abroad, folders=("INBOX", "Junk"))
        assert found.folder == "INBOX", "the sawmill takes the message for junk: it is not signed"
        find_mail(lan, colleague, at_home)
    finally:
        for host, login, subject in (("delmas", "p.delmas", abroad), ("mail1", "kbenali", at_home)):
            if subject:
                make_room(lab, host, login, subject)
    limit = size_limit(lab)
    assert not 0 < limit < LARGE, f"messages larger than {limit} octets are refused"


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Tous les autres salariés envoient des plans aussi, avec leur mot de passe.",
    en="All the other employees send drawings as well, with their passwords.",
    timeout=120,
    because="cannot send to .*(refused|closed|552|timed out)",
)
def test_everybody_sends(lab):
    make_room(lab, "mail1", "mlebreton", "Croquis")
    lan = lab.probe("lan")
    for login in sorted(PASSWORDS.keys() - {lab.values["login"]}):
        send_mail(lan, employee(lab, login), f"mlebreton@{lab.domain}", subject="Croquis", size=DRAWING // 2)


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="D'un poste, swaks envoie un plan par mail.{{ domain }}, port 587.",
    en="From a workstation, swaks sends a drawing by mail.{{ domain }}, port 587.",
    host="pc1",
    timeout=90,
    because="refused|closed|552|timed? ?out",
)
def test_workstation_sends(lab):
    make_room(lab, "mail1", "kbenali", "Croquis")
    pc1, login = lab.client("pc1"), lab.values["login"]
    with lab.workspace("pc1", {"plan.dwg": secrets.token_bytes(1_500_000)}, user="technicien") as work:
        account = ["--auth-user", login, "--auth-password", PASSWORDS[login], "--from", f"{login}@{lab.domain}"]
        drawing = f"@{work.path('plan.dwg')}"
        message = ["--to", f"kbenali@{lab.domain}", "--header", "Subject: Croquis", "--attach", drawing]
        server = ["--server", f"mail.{lab.domain}:587", "--tls", "--tls-verify-ca"]
        argv = ["env", "HOME=/nonexistent", "swaks", *server, *account, *message]
        sent = pc1.run([*argv, "--timeout", str(scaled_timeout(15)), "--silent", "2"], timeout=60)
    assert sent.status == 0, f"swaks on pc1: {(sent.stdout + sent.stderr)[-200:]}"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Un mauvais mot de passe est refusé, aucun n'est pris en clair, et le port 587 ne prend rien sans mot de passe.",
    en="A wrong password is refused, none is accepted in clear, and port 587 takes nothing without a password.",
    timeout=90,
)
def test_passwords_are_protected(lab):
    lan, me = lab.probe("lan"), employee(lab, "croux")
    wrong = replace(me, password="Copeau-53")
    try:
        send_mail(lan, wrong, f"afaure@{lab.domain}")
    except AssertionError:
        taken = False
    else:
        taken = True
    assert not taken, "mail1 sends with a wrong password"
    for port in ("25", "587"):
        argv = [
            "swaks",
            "--server",
            f"mail.{lab.domain}:{port}",
            "--quit-after",
            "EHLO",
            "--timeout",
            str(scaled_timeout(5)),
        ]
        offered = lab.client("pc1").run(argv, timeout=30).stdout
        assert "250-AUTH" not in offered, f"mail1 takes passwords in clear on port {port}"
    stranger = ["swaks", "--server", f"{lab.address('mail1', 'eth1')}:587", "--from", SAWYER, "--tls-optional"]
    stranger += ["--to", me.address, "--quit-after", "RCPT", "--timeout", str(scaled_timeout(5))]
    handed = lab.client("delmas").run(stranger, timeout=30)
    assert handed.status != 0, "mail1 takes mail without a password on port 587"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="La taille des messages reste limitée à ce que l'entreprise permet.",
    en="The size of messages stays limited to what the company allows.",
    host="mail1",
)
def test_size_stays_limited(lab):
    limit = size_limit(lab)
    assert 0 < limit <= LARGEST, f"message_size_limit is {limit}"


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="On reçoit toujours du courrier de l'extérieur, et l'ancien est là.",
    en="Mail still arrives from outside, and the earlier mail is there.",
    timeout=90,
)
def test_mail_is_received(lab):
    subject = send_mail(lab.probe("outside"), sawyer(lab), f"croux@{lab.domain}", subject="Facture")
    find_mail(lab.probe("lan"), employee(lab, "croux"), subject)
    assert_earlier_mail_is_there(lab, (employee(lab, login) for login in PASSWORDS))


@pytest.mark.parametrize("name", ["postfix", "dovecot", "opendkim"])
@check(
    "guard",
    points=1,
    competence="3.3",
    fr="{{ name }} fonctionne sur mail1, et démarre avec la machine.",
    en="{{ name }} runs on mail1, and starts with the host.",
    host="mail1",
)
def test_services(lab, name):
    assert_service_of_mail1(lab, name)
