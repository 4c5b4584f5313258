"""Do people read and write in the browser again, over TLS, with their address books, and is nothing opened for it?"""

import json
import re
from dataclasses import replace

from grader import (
    check,
    concurrently,
    find_mail,
    lines_in,
    open_webmail,
    read_in_webmail,
    reason,
    send_by_webmail,
    webmail_contacts,
)
from lab_tools import (
    GRADING,
    OURS,
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    assert_service,
    employee,
    received,
    sawyer,
    send,
    tidy,
)

DATABASE = "/var/lib/dbconfig-common/sqlite3/roundcube/roundcube"
SETTINGS = "/etc/roundcube/config.inc.php"
CONTACTS = {
    "snguyen": {"atelier@ebenisterie-morvan.example", "projets@kerbrat-architectes.example", SAWYER},
    "tgarnier": {"commandes@quincaillerie-legoff.example", "technique@mairie-saint-aubin.example", SAWYER},
    "mlebreton": {"contact@affutage-diallo.example", "service@vernis-okonkwo.example", SAWYER},
}
"""Who is in the address books that were taken over."""
PORTS = {"22", "80", "443"}
"""What web1 answers on the network."""
EFFECTIVE = f"""define("RCUBE_INSTALL_PATH", "/var/lib/roundcube/"); $config = [];
include "/etc/roundcube/defaults.inc.php"; include "{SETTINGS}";
echo json_encode(array_intersect_key($config, array_flip(
  ["imap_host", "smtp_host", "smtp_user", "imap_conn_options", "smtp_conn_options"])));"""
"""What Roundcube comes to know from all its files."""
QUERY = (
    "SELECT u.username || ' ' || c.email FROM contacts c JOIN users u USING (user_id)"
    " WHERE c.del = 0 AND u.mail_host = 'mail.valbocage.internal'"
)
"""Who is in whose address book."""


def browser(lab, login, *, password=None):
    """Return an employee's browser: it trusts the company's authority alone."""
    me = employee(lab, login)
    name = f"webmail.{lab.domain}"
    return replace(me, server=lab.address("web1"), name=name, password=password or me.password)


def opens(lab, login, *, shows=""):
    """Open the webmail as an employee, and see that it lists a message.

    Roundcube makes an account at somebody's first login, and of two that come at once it refuses one; PHP goes on for
    two seconds with settings that it has read. Others tidy the same inbox: a list asked for meanwhile may not be whole.
    """

    def listed():
        assert shows in open_webmail(lab.probe("lan"), browser(lab, login)), reason(
            fr=f"le webmail ne montre pas l'ancien courrier de {login}",
            en=f"the webmail does not list the earlier mail of {login}",
        )
        return True

    lab.wait(listed, within=5, every=0.5)


def others(lab):
    """Return the logins of those who did not write the ticket."""
    return sorted(PASSWORDS.keys() - {lab.values["login"]})


@check(
    "symptom",
    points=3,
    competence="3.3",
    fr="{{ login }} ouvre le webmail sous TLS, y trouve l'ancien courrier, et lit un message qui vient d'arriver.",
    en="{{ login }} opens the webmail over TLS, finds the earlier mail there, and reads a message that has just come.",
    before_fr="{{ login }} n'arrive pas à lire son courrier dans le navigateur.",
    before_en="{{ login }} can't read any mail in the browser.",
    timeout=120,
    because="502|login page|login is refused",
    lock="",
)
def test_mail_is_read(lab):
    lan, login = lab.probe("lan"), lab.values["login"]
    opens(lab, login, shows="Facture 2026-0917")
    me = employee(lab, login)
    subject = send(lab, sawyer(lab), me.address, "Commande")
    received(lab, me, subject, keep=True)
    try:
        page = read_in_webmail(lan, browser(lab, login), subject)
    finally:
        tidy(lab, subject, servers=("mail1",))
    assert "Bonjour" in page.partition('id="messagebody"')[2], reason(
        fr="le webmail ouvre le message sans en montrer le texte",
        en="the webmail opens the message and does not show its text",
    )


@check(
    "symptom",
    points=3,
    competence="3.3",
    fr="Ce que {{ login }} écrit dans le webmail arrive chez un collègue et à la scierie, et reste dans ses envois.",
    en="What {{ login }} writes in the webmail reaches a colleague and the sawmill, and a copy of it is kept.",
    before_fr="{{ login }} n'arrive pas à écrire dans le navigateur.",
    before_en="{{ login }} can't write any mail in the browser.",
    timeout=120,
    because="502|login page|login is refused",
    lock="",
)
def test_mail_is_sent(lab):
    lan, login = lab.probe("lan"), lab.values["login"]
    opens(lab, login)

    def arrives(reader):
        subject = send_by_webmail(lan, browser(lab, login), reader.address, subject=f"{OURS} {GRADING} Confirmation")
        try:
            found = received(lab, reader, subject, folders=("INBOX", "Junk"), keep=True)
            find_mail(lan, employee(lab, login), subject, folders=("Sent",))
        finally:
            tidy(lab, subject)
        assert found.folder == "INBOX", reason(
            fr=f"ce que {login} envoie du webmail est rangé parmi les indésirables de {reader.address}",
            en=f"what {login} sends from the webmail is filed as junk at {reader.address}",
        )
        named = re.findall(r"^From:(.*)$", found.headers, re.MULTILINE)
        assert f"{login}@{lab.domain}" in "".join(named), reason(
            fr=f"ce message de {login} porte un autre expéditeur", en=f"that message of {login} names another sender"
        )

    concurrently(arrives, (employee(lab, others(lab)[0]), sawyer(lab)))


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="{{ login }} retrouve tout son carnet d'adresses dans le webmail.",
    en="{{ login }} finds the whole address book in the webmail.",
    before_fr="{{ login }} n'atteint pas son carnet d'adresses.",
    before_en="{{ login }} can't get at the address book.",
    timeout=60,
    because="502|login page|login is refused",
    lock="",
)
def test_address_book(lab):
    login = lab.values["login"]
    opens(lab, login)
    page = webmail_contacts(lab.probe("lan"), browser(lab, login))
    lost = sorted(address for address in CONTACTS[login] if address not in page)
    assert not lost, reason(
        fr=f"{login} ne trouve plus dans son carnet : {', '.join(lost)}",
        en=f"{login} no longer finds in the address book: {', '.join(lost)}",
    )


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Le webmail s'ouvre pour tous les autres aussi, et tout ce qui le sert démarre avec web1.",
    en="The webmail opens for everybody else as well, and all that serves it starts with web1.",
    before_fr="Le webmail ne s'ouvre pas non plus pour les autres.",
    before_en="The webmail doesn't open for the others either.",
    host="web1",
    timeout=120,
    because="502|login page|login is refused",
    lock="",
)
def test_everybody_reads(lab):
    concurrently(lambda login: opens(lab, login), others(lab))
    for name in ("nginx", "php8.4-fpm"):
        assert_service(lab, "web1", name)


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Avec un programme de messagerie, on écrit et on lit toujours sous TLS, et l'ancien courrier est là.",
    en="With a mail program, people still write and read over TLS, and the earlier mail is there.",
    timeout=90,
    lock="",
)
def test_mail_programs_work(lab):
    reader = employee(lab, "afaure")
    received(lab, reader, send(lab, employee(lab, "kbenali"), reader.address, "Message"))
    assert_earlier_mail_is_there(lab, [employee(lab, login) for login in PASSWORDS])


def hosts_in(key, value):
    """Return the hosts of a setting of Roundcube's: one, a list, or a table.

    A table has the hosts with what people call them, or, for sending, each behind the mail host that it is for.
    """
    if isinstance(value, dict):
        return [str(one if key == "smtp_host" or name.isdigit() else name) for name, one in value.items()]
    return [str(one) for one in value] if isinstance(value, list) else [str(value or "")]


def tls_weaknesses(settings):
    """Return what of Roundcube's settings would let it give passwords to whoever answers, in both languages."""
    for key in ("imap_host", "smtp_host"):
        hosts = hosts_in(key, settings.get(key))
        if not hosts or not all(host.startswith(("ssl://", "tls://")) for host in hosts):
            yield reason(fr=f"{key} se passe de TLS", en=f"{key} does without TLS")
    for key in ("imap_conn_options", "smtp_conn_options"):
        options = (settings.get(key) or {}).get("ssl", {})
        weak = [name for name in ("verify_peer", "verify_peer_name") if options.get(name, True) in {False, "", "0"}]
        weak += ["allow_self_signed"] if options.get("allow_self_signed") else []
        # Another authority, or the name that somebody else's certificate has, says nothing of the mail server.
        weak += [name for name in ("cafile", "capath", "peer_fingerprint") if name in options]
        if weak:
            told = ", ".join(weak)
            yield reason(fr=f"{key} affaiblit la vérification : {told}", en=f"{key} weakens the check: {told}")


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Le webmail vérifie toujours à qui il confie les mots de passe, et ne sert rien sans TLS.",
    en="The webmail still checks whom it hands passwords to, and serves nothing without TLS.",
    host="web1",
    timeout=60,
    lock="",
)
def test_tls_is_kept(lab):
    web1, lan = lab.host("web1"), lab.probe("lan")
    asked = web1.run("php -d display_errors=stderr -r %s", EFFECTIVE)
    assert asked.rc == 0, reason(fr=f"PHP ne lit plus {SETTINGS}", en=f"PHP no longer reads {SETTINGS}")
    weak = list(tls_weaknesses(json.loads(asked.stdout)))
    assert not weak, weak[0]
    plain = lan.http_get(f"http://{lab.address('web1')}/", host_header=f"webmail.{lab.domain}")
    assert plain.headers.get("location", "").startswith("https://"), reason(
        fr="le webmail répond sans TLS, au lieu de renvoyer vers https",
        en="the webmail answers without TLS, instead of sending people to https",
    )
    listening = [place.removeprefix("tcp://") for place in web1.socket.get_listening_sockets() if "tcp://" in place]
    more = {place.rpartition(":")[2] for place in listening if not place.startswith(("127.", "::1"))} - PORTS
    assert not more, reason(
        fr=f"web1 écoute le réseau aussi sur le port {', '.join(sorted(more))}",
        en=f"web1 listens to the network on port {', '.join(sorted(more))} as well",
    )


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Un mauvais mot de passe n'ouvre pas le webmail.",
    en="A wrong password does not open the webmail.",
    timeout=60,
    lock="",
)
def test_wrong_password(lab):
    try:
        open_webmail(lab.probe("lan"), browser(lab, "afaure", password="Rabot-42"))
    except AssertionError:
        return
    raise AssertionError(
        reason(fr="le webmail s'ouvre avec un mauvais mot de passe", en="the webmail opens with a wrong password")
    )


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="La base du webmail a gardé les carnets de tous, n'est ouverte à nul autre, et PHP n'a pas plus de droits.",
    en="The webmail's database has kept everybody's address book, is open to nobody else, and PHP has no more rights.",
    host="web1",
    lock="",
)
def test_database_is_kept_and_private(lab):
    web1 = lab.host("web1")
    kept = web1.run("php -r %s", f'echo implode("\\n", (new PDO("sqlite:{DATABASE}"))->query("{QUERY}")->fetchAll(7));')
    there = set(lines_in(kept.stdout))
    lost = sorted({f"{login} {address}" for login, some in CONTACTS.items() for address in some} - there)
    assert not lost, reason(
        fr=f"disparus de la base du webmail : {', '.join(lost)}",
        en=f"gone from the webmail's database: {', '.join(lost)}",
    )
    for path in (DATABASE, SETTINGS):
        mode = web1.file(path).mode
        assert not mode & 0o007, reason(
            fr=f"tous les comptes de web1 ont accès à {path} ({mode:04o})",
            en=f"every account of web1 may use {path} ({mode:04o})",
        )
    rulers = [row.args for row in web1.process.filter(user="root") if "pool " in row.args and "php-fpm" in row.args]
    assert not rulers, reason(
        fr=f"PHP sert les pages avec les droits de root : {rulers[0]}" if rulers else "",
        en=f"PHP serves pages with root's rights: {rulers[0]}" if rulers else "",
    )
    groups = set(web1.check_output("id -Gn www-data").split()) - {"www-data"}
    assert not groups, reason(
        fr=f"www-data est aussi dans le groupe {', '.join(sorted(groups))}",
        en=f"www-data is in the group {', '.join(sorted(groups))} as well",
    )
