"""Does the webmail let people in again, for good, and without opening what was closed?"""

import re
from dataclasses import replace

import pytest

from grader import check
from grader.mail import Mailbox, find, identities, send, webmail

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}
DATABASE = "/var/lib/dbconfig-common/sqlite3/roundcube/roundcube"
LINK = "/run/php/php-fpm.sock"
"""What leads to the socket of the version of PHP that is installed; the package makes it at each start."""


def employee(lab, login):
    return Mailbox(f"{login}@{lab.domain}", login, PASSWORDS[login], lab.address("mail1", "eth0"))


def browser(lab, login):
    """Somebody's browser: it trusts the company's authority, and asks for the webmail by its name."""
    authority = lab.host("ldap1").file("/etc/ssl/valbocage/ca.crt").content_string
    name = f"webmail.{lab.domain}"
    return replace(employee(lab, login), server=lab.address("web1"), name=name, authority=authority)


@check(
    "symptom",
    points=4,
    competence="3.3",
    fr="{{ login }} ouvre une session dans le webmail, et y voit le message qu'on vient de lui envoyer.",
    en="{{ login }} logs in to the webmail, and sees the message that was just sent.",
    timeout=90,
    because="in the webmail: ",
)
def test_message_is_seen(lab):
    lan, login = lab.probe("lan"), lab.values["login"]
    subject = send(lan, employee(lab, "croux"), f"{login}@{lab.domain}", subject="Dossier")
    find(lan, employee(lab, login), subject)
    assert subject in webmail(lan, browser(lab, login)), f"the webmail does not show '{subject}' to {login}"


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Tous les autres entrent aussi dans le webmail, et le pourront encore après un redémarrage.",
    en="All the others get into the webmail as well, and still will after a reboot.",
    host="web1",
    timeout=120,
    because="in the webmail: ",
)
def test_everybody_gets_in(lab):
    for login in sorted(PASSWORDS.keys() - {lab.values["login"]}):
        assert "Facture 2026-0917" in webmail(lab.probe("lan"), browser(lab, login)), f"{login} sees no earlier mail"
    web1 = lab.host("web1")
    for name in ("nginx", "php8.4-fpm"):
        service = web1.service(name)
        assert service.is_running, f"{name} does not run"
        assert service.is_enabled, f"{name} does not start with web1"
    asked = set(re.findall(r"fastcgi_pass\s+unix:([^;\s]+)", web1.check_output("nginx -T 2>/dev/null")))
    made = set(web1.check_output("sed -n 's/^listen *= *//p' /etc/php/*/fpm/pool.d/*.conf").split()) | {LINK}
    assert asked <= made, f"nothing makes {', '.join(sorted(asked - made))} when web1 starts"


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Ni les réglages ni la base du webmail ne sont ouverts à tous les comptes de web1.",
    en="Neither the webmail's settings nor its database are open to every account of web1.",
    host="web1",
)
def test_secrets_stay_closed(lab):
    web1 = lab.host("web1")
    for path in ("/etc/roundcube/config.inc.php", DATABASE, "/etc/webmail/tls/webmail.key"):
        assert not web1.file(path).mode & 0o007, f"every account may use {path}"
    root = web1.check_output("find /etc/roundcube /usr/share/roundcube -type f -perm /022 -not -user root")
    assert not root, f"the webmail may rewrite {root.splitlines()[0]}"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="PHP tourne sous le compte www-data, derrière nginx, et nulle part ailleurs.",
    en="PHP runs as the account www-data, behind nginx, and nowhere else.",
    host="web1",
)
def test_php_is_where_it_belongs(lab):
    web1 = lab.host("web1")
    accounts = set(web1.check_output("sed -n 's/^user *= *//p' /etc/php/*/fpm/pool.d/*.conf").split())
    assert accounts == {"www-data"}, f"PHP runs as {', '.join(sorted(accounts))}"
    listening = web1.check_output("ss -Hltn").splitlines()
    ports = {line.split()[3].rpartition(":")[2] for line in listening if not line.split()[3].startswith("127.")}
    assert ports <= {"22", "80", "443"}, (
        f"web1 listens on port {', '.join(sorted(ports - {'22', '80', '443'}))} as well"
    )


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Ce que l'on écrit au webmail voyage toujours sous TLS.",
    en="What is typed into the webmail still travels over TLS.",
)
def test_tls_is_kept(lab):
    page = lab.probe("lan").http_get(f"http://{lab.address('web1')}/", host_header=f"webmail.{lab.domain}")
    assert page.status == 301, f"http://webmail.{lab.domain}/ answers {page.status or page.problem}"
    assert page.headers.get("location", "").startswith("https://"), "http does not lead to https"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Chacun retrouve tout son ancien courrier, et un mauvais mot de passe n'ouvre rien.",
    en="Everybody finds all of their earlier mail, and a wrong password opens nothing.",
    timeout=90,
)
def test_mail_is_whole(lab):
    lan = lab.probe("lan")
    for login in PASSWORDS:
        archived = {f"<archive-{login}-{number}@{lab.domain}>" for number in range(1, 6)}
        lost = archived - identities(lan, employee(lab, login), ("INBOX", "Sent"))
        assert not lost, f"{login}: {len(lost)} earlier messages are gone"
    with pytest.raises(AssertionError):
        webmail(lan, replace(browser(lab, "croux"), password="Copeau-53"))
