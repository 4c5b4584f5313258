"""The mail as its users have it: who writes with which mail program, what they kept, and what serves them."""

from dataclasses import replace

from grader import Mailbox, message_ids, open_webmail

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


def assert_earlier_mail_is_there(lab, readers):
    """Each of some employees still has the messages that were in the mailbox from the start."""
    lan = lab.probe("lan")
    for reader in readers:
        archived = {f"<archive-{reader.login}-{number}@{lab.domain}>" for number in range(1, 6)}
        lost = archived - message_ids(lan, reader, ("INBOX", "Sent"))
        assert not lost, f"{reader.login}: {len(lost)} earlier messages are gone"


def assert_webmail_shows_mail(lab):
    """The webmail opens for an employee, and lists a message from the start."""
    browser = replace(employee(lab, "kbenali"), server=lab.address("web1"), name=f"webmail.{lab.domain}")
    assert "Facture 2026-0917" in open_webmail(lab.probe("lan"), browser), "the webmail does not list the earlier mail"


def assert_service(lab, host, name):
    """A service runs, and starts with its host."""
    _assert_service(lab, host, name, f"{name} does not run on {host}")


def assert_service_of_mail1(lab, name):
    """A service of mail1 runs, and starts with it; what the evidence says is short, for the check names the host."""
    _assert_service(lab, "mail1", name, f"{name} does not run")


def _assert_service(lab, host, name, stopped):
    service = lab.host(host).service(name)
    assert service.is_running, stopped
    assert service.is_enabled, f"{name} does not start with {host}"
