"""The mail as its users have it: who writes with which mail program, what they kept, and what serves them."""

import re
import secrets
from dataclasses import replace

from grader import Mailbox, concurrently, find_mail, message_ids, open_webmail, reason, send_mail, undelivered

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}
SAWYER = "p.delmas@scierie-delmas.example"
DRAWING = 3_000_000
"""Octets of a drawing, as the employees send them."""
HOSTS = ("srv1", "ldap1", "mail1", "web1", "pc1", "pc2")
"""The company's machines."""
OURS = "Breakfix"
"""How the subject of each message of a check begins, so that nobody takes it for a person's."""
GRADING = secrets.token_hex(3)
"""Names this grading in these subjects: what an earlier one has left is told from what a check still waits for."""
MAILBOXES = "/var/vmail"
"""Each has its owner's login as name."""
KEPT = "/etc /home /opt /root /srv /tmp /usr/local /var"
"""Where somebody may have put a private key, or a copy of one."""


def employee(lab, login, *, verifies=True):
    """An employee's mail program: it trusts the company's authority alone, or else looks at no certificate."""
    address, server = f"{login}@{lab.domain}", lab.address("mail1", "eth0")
    if not verifies:
        return Mailbox(address, login, PASSWORDS[login], server)
    authority = lab.host("ldap1").file("/etc/ssl/valbocage/ca.crt").content_string
    return Mailbox(address, login, PASSWORDS[login], server, f"mail.{lab.domain}", authority)


def sawyer(lab):
    """The mail program of the sawmill's employee, with whom the company deals."""
    return Mailbox(SAWYER, "p.delmas", "Douglas-17", lab.address("delmas"))


def send(lab, sender, to, subject, *, size=0):
    """Send a message from where its author is, and return its subject, which is unique."""
    station = lab.probe("outside" if sender.address == SAWYER else "lan")
    return send_mail(station, sender, to, subject=f"{OURS} {GRADING} {subject}", size=size)


def received(lab, reader, subject, *, folders=("INBOX",), keep=False):
    """Wait for a message in somebody's mailbox, unless a mail server on its way says why it goes no further.

    Then it is removed, unless told to keep it: what a check sends is not for people to find.
    """

    def held_up():
        return next(filter(None, (undelivered(lab.host(server), subject) for server in ("delmas", "mail1"))), "")

    station = lab.probe("outside" if reader.address == SAWYER else "lan")
    try:
        found = find_mail(station, reader, subject, folders=folders, unless=held_up)
    except AssertionError:
        tidy(lab)  # what came back to its author
        raise
    if not keep:
        tidy(lab, subject, servers=("delmas" if reader.address == SAWYER else "mail1",))
    return found


def tidy(lab, subject="", *, servers=("mail1", "delmas")):
    """Remove a message of a check from the mailboxes, what came back to its author, and what earlier gradings left.

    Dovecot would ask the directory for everybody, which leaves twenty lines in the log of slapd: only those whose
    mailboxes have something of a check are looked at.
    """
    which = ["(", "subject", OURS, "not", "subject", f"{OURS} {GRADING}", ")"]
    which += ["or", "(", "from", "MAILER-DAEMON", "text", f"{OURS} ", ")"]
    which += ["or", "subject", subject] if subject else []
    owners = "grep -rlaF --exclude='dovecot*' %s %s | cut -d/ -f4 | sort -u"  # Dovecot's index remembers subjects
    expunge = " ".join(["timeout 10 doveadm expunge -u \"$login\" mailbox '*' '('", *("%s" for _ in which), "')'"])

    def remove(server):
        lab.host(server).run(f"for login in $({owners}); do {expunge}; done", f"{OURS} ", MAILBOXES, *which)

    concurrently(remove, servers)


def subject_by_hand(begin):
    """Return a subject that is unique, and the options of swaks and curl for it; its last word is in the Message-ID."""
    token = secrets.token_hex(6)
    subject = f"{OURS} {GRADING} {begin} {token}"
    return subject, ["--header", f"Subject: {subject}", "--header", f"Message-Id: <{token}@workstation.internal>"]


def refusal(done):
    """Return what swaks shows of a conversation that failed, in one line: its own error, or the server's refusal."""
    lines = [" ".join(line.split()) for line in (done.stdout + done.stderr).split("\n")]
    told = [line.partition(" ")[2] for line in lines if line.startswith(("***", "<**", "<~*"))]
    nothing = reason(fr="aucun refus", en="no refusal")
    return " ".join(told)[-200:] or nothing


def verdict_on(headers, server):
    """Return what a server says of a message's signature (RFC 8601); a sender may write what another one would say."""
    plain = re.sub(r"\r\n[ \t]+", " ", headers)
    found = re.findall(rf"^Authentication-Results: *{re.escape(server)};(.*?)\r?$", plain, re.MULTILINE | re.IGNORECASE)
    return " ".join(told.strip() for told in found) or "dkim=none"


def assert_earlier_mail_is_there(lab, readers):
    """Each of some employees still has the messages that were in the mailbox from the start."""
    lan = lab.probe("lan")

    def read(reader):
        archived = {f"<archive-{reader.login}-{number}@{lab.domain}>" for number in range(1, 6)}
        lost = len(archived - message_ids(lan, reader, ("INBOX", "Sent")))
        assert not lost, reason(
            fr=f"{reader.login} : anciens messages disparus : {lost} sur {len(archived)}",
            en=f"{reader.login}: earlier messages missing: {lost} of {len(archived)}",
        )

    concurrently(read, readers)


def assert_webmail_shows_mail(lab):
    """The webmail opens for an employee, and lists a message from the start."""
    browser = replace(employee(lab, "kbenali"), server=lab.address("web1"), name=f"webmail.{lab.domain}")
    assert "Facture 2026-0917" in open_webmail(lab.probe("lan"), browser), reason(
        fr="le webmail ne montre pas l'ancien courrier", en="the webmail does not list the earlier mail"
    )


def assert_service(lab, host, name):
    """A service runs, and starts with its host."""
    service = lab.host(host).service(name)
    assert service.is_running, reason(fr=f"{name} ne tourne pas sur {host}", en=f"{name} does not run on {host}")
    assert service.is_enabled, reason(fr=f"{name} ne démarre pas avec {host}", en=f"{name} does not start with {host}")
