"""Does a drawing leave again, by submission with a password and over TLS, and is nothing open that was closed?"""

import secrets
from dataclasses import replace

from grader import check, concurrently, reason, scaled_timeout, send_mail
from lab_tools import (
    DRAWING,
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    employee,
    received,
    refusal,
    sawyer,
    send,
    subject_by_hand,
)

ON_ITS_WAY = 4_050_000
"""Octets of a text that travels as long as such a drawing does in base64: 4.1 MB with the ends of its lines."""
LARGEST = 10 << 20
LARGE = 10_000_000
"""What the largest message may be, as round as anybody writes it."""


def size_limit(lab):
    return int(lab.host("mail1").check_output("postconf -xh message_size_limit"))


@check(
    "symptom",
    points=4,
    competence="3.3",
    fr="Un plan de 3 Mo {{ login | de }} arrive à la scierie, et chez un collègue.",
    en="A 3 MB drawing from {{ login }} reaches the sawmill, and a colleague.",
    before_fr="Le plan {{ login | de }} ne part ni pour la scierie, ni pour un collègue.",
    before_en="The drawing from {{ login }} reaches neither the sawmill nor a colleague.",
    timeout=120,
    because="cannot send to .*(refused|closed|552|timed out)",
)
def test_drawing_leaves(lab):
    me, colleague = employee(lab, lab.values["login"]), employee(lab, "kbenali")

    def leaves(reader):
        subject = send(lab, me, reader.address, "Plan", size=ON_ITS_WAY)
        return received(lab, reader, subject, folders=("INBOX",) if reader is colleague else ("INBOX", "Junk"))

    abroad, _ = concurrently(leaves, (sawyer(lab), colleague))
    assert abroad.folder == "INBOX", reason(
        fr="la scierie prend le message pour un indésirable : il n'est pas signé",
        en="the sawmill takes the message for junk: it isn't signed",
    )
    limit = size_limit(lab)
    assert not 0 < limit < LARGE, reason(
        fr=f"les messages de plus de {limit} octets sont refusés", en=f"messages larger than {limit} bytes are refused"
    )


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Tous les autres salariés envoient des plans aussi, avec leur mot de passe.",
    en="All the other employees can send drawings too, with their passwords.",
    before_fr="Les autres salariés n'arrivent pas non plus à envoyer leurs plans.",
    before_en="The other employees can't send their drawings either.",
    timeout=120,
    because="cannot send to .*(refused|closed|552|timed out)",
)
def test_everybody_sends(lab):
    reader = employee(lab, "mlebreton")

    def sends(login):
        received(lab, reader, send(lab, employee(lab, login), reader.address, "Croquis", size=DRAWING // 2))

    concurrently(sends, sorted(PASSWORDS.keys() - {lab.values["login"]}))


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="D'un poste, swaks envoie un plan par mail.{{ domain }}, port 587.",
    en="From a workstation, swaks sends a drawing through mail.{{ domain }}, port 587.",
    before_fr="Un plan envoyé depuis le poste du bureau est refusé.",
    before_en="A drawing sent from the office workstation is refused.",
    host="pc1",
    lock="",
    timeout=90,
    because="refused|closed|552|timed? ?out",
)
def test_workstation_sends(lab):
    pc1, login = lab.client("pc1"), lab.values["login"]
    subject, unique = subject_by_hand("Croquis")
    with lab.workspace("pc1", {"plan.dwg": secrets.token_bytes(1_500_000)}, user="technicien") as work:
        account = ["--auth-user", login, "--auth-password", PASSWORDS[login], "--from", f"{login}@{lab.domain}"]
        drawing = f"@{work.path('plan.dwg')}"
        message = ["--to", f"kbenali@{lab.domain}", *unique, "--attach", drawing]
        server = ["--server", f"mail.{lab.domain}:587", "--tls", "--tls-verify-ca"]
        argv = ["env", "HOME=/nonexistent", "swaks", *server, *account, *message]
        sent = pc1.run([*argv, "--timeout", str(scaled_timeout(8)), "--silent", "2"], timeout=60)
    assert sent.status == 0, reason(fr=f"swaks sur pc1 : {refusal(sent)}", en=f"swaks on pc1: {refusal(sent)}")
    received(lab, employee(lab, "kbenali"), subject)


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Un mauvais mot de passe est refusé, aucun n'est pris en clair, et le port 587 ne prend rien sans mot de passe.",
    en="A wrong password is refused, none is taken in clear text, and port 587 takes nothing without one.",
    timeout=90,
)
def test_passwords_are_protected(lab):
    me = employee(lab, "croux")

    def wrong_password():
        try:
            send_mail(lab.probe("lan"), replace(me, password="Copeau-53"), f"afaure@{lab.domain}")
        except AssertionError:
            return
        raise AssertionError(
            reason(fr="mail1 envoie avec un mauvais mot de passe", en="mail1 sends with a wrong password")
        )

    def clear_passwords(port):
        argv = ["swaks", "--server", f"mail.{lab.domain}:{port}", "--quit-after", "EHLO"]
        offered = lab.client("pc1").run([*argv, "--timeout", str(scaled_timeout(5))], timeout=30).stdout
        assert "250-AUTH" not in offered, reason(
            fr=f"mail1 prend les mots de passe en clair sur le port {port}",
            en=f"mail1 takes passwords in clear text on port {port}",
        )

    def no_password():
        argv = ["swaks", "--server", f"{lab.address('mail1', 'eth1')}:587", "--from", SAWYER, "--tls-optional"]
        argv += ["--to", me.address, "--quit-after", "RCPT", "--timeout", str(scaled_timeout(5))]
        handed = lab.client("delmas").run(argv, timeout=30)
        assert handed.status != 0, reason(
            fr="mail1 prend du courrier sans mot de passe sur le port 587",
            en="mail1 takes mail without a password on port 587",
        )

    questions = (wrong_password, lambda: clear_passwords("25"), lambda: clear_passwords("587"), no_password)
    concurrently(lambda ask: ask(), questions)


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="La taille des messages reste limitée à ce que l'entreprise permet.",
    en="Message size is still limited to what the company allows.",
    host="mail1",
    lock="",
)
def test_size_stays_limited(lab):
    limit = size_limit(lab)
    assert 0 < limit <= LARGEST, reason(
        fr=f"message_size_limit vaut {limit}, au plus {LARGEST} attendu (0 : aucune limite)",
        en=f"message_size_limit is {limit}, expected at most {LARGEST} (0 means no limit)",
    )


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="On reçoit toujours du courrier de l'extérieur, et l'ancien est là.",
    en="Mail still arrives from outside, and the earlier mail is there.",
    timeout=90,
)
def test_mail_is_received(lab):
    def invoice_arrives():
        subject = send(lab, sawyer(lab), f"croux@{lab.domain}", "Facture")
        received(lab, employee(lab, "croux"), subject)

    def earlier_mail_is_there():
        assert_earlier_mail_is_there(lab, [employee(lab, login) for login in PASSWORDS])

    concurrently(lambda ask: ask(), (invoice_arrives, earlier_mail_is_there))
