"""The service desk as its users and its agents have it: mail in and out, pages, tickets, the shared folders."""

import secrets
from datetime import UTC

from grader import Mailbox, RequestTracker, concurrently, find_mail, lines_in, reason, scaled_timeout, undelivered

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}
"""The people of the joinery."""
AGENTS = {"skeller": "Lampe-37", "ibakari": "Phare-48", "jperrin": "Balise-59", "ldahan": "Fanal-60"}
"""Those who support them; the first is the trainee's account."""
TRAINEE = "skeller"
HOSTS = ("srv1", "ldap1", "files1", "mail1", "helpdesk1", "pc1", "pc2")
OURS = "Breakfix"
"""How the subject of each message of a check begins, so that nobody takes it for a person's."""
PRIORITIES = {"P1": 80, "P2": 60, "P3": 40, "P4": 20}
"""The contract's priorities, as Request Tracker keeps them."""
HOURS = {"P1": 4, "P2": 8, "P3": 24, "P4": 72}
"""In how many hours a ticket is to be solved."""
MATRIX = {
    ("Entreprise", "Bloquante"): "P1",
    ("Entreprise", "Gênante"): "P2",
    ("Entreprise", "Faible"): "P3",
    ("Service", "Bloquante"): "P2",
    ("Service", "Gênante"): "P3",
    ("Service", "Faible"): "P4",
    ("Personne", "Bloquante"): "P3",
    ("Personne", "Gênante"): "P4",
    ("Personne", "Faible"): "P4",
}
"""Impact and urgency → priority, as the contract says."""
OWNERS = {
    "Comptes": "skeller",
    "Poste de travail": "jperrin",
    "Impression": "jperrin",
    "Messagerie": "ibakari",
    "Fichiers et réseau": "ibakari",
    "Sécurité": "ibakari",
    "Logiciels": "ldahan",
}
"""Category → whose such tickets are."""
DATABASE = "/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb"
"""Where Request Tracker keeps its tickets."""
_DELETE = (
    "use lib '/usr/share/request-tracker5/lib'; use RT; RT::LoadConfig(); RT::Init();"
    " my $t = RT::Tickets->new(RT->SystemUser); $t->FromSQL(\"Subject LIKE '$ARGV[0]'\");"
    " while (my $one = $t->Next) { $one->SetStatus('deleted') }"
)


def desk(lab):
    """Return what the helpdesk holds."""
    return RequestTracker(lab.host("helpdesk1")).snapshot()


def acts(lab, statement):
    """Return what a statement tells of tickets' histories, whose rows are "number act moment": number → acts."""
    ask = "sqlite3 -batch -init /dev/null -readonly -cmd '.timeout 15000' %s %s"
    asked = lab.host("helpdesk1").run(ask, DATABASE, statement, timeout=20)
    told = asked.stderr.strip()
    assert asked.rc == 0, reason(fr=f"la base des tickets ne se lit pas : {told}", en=f"the tickets' database: {told}")
    found = {}
    for line in lines_in(asked.stdout):
        number, act, moment = line.split(" ", 2)
        found.setdefault(int(number), []).append((act, moment))
    return found


def as_kept(moment):
    """Return a moment as the tickets' database has it: in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def words_of(text):
    """Return what a tool said in one line."""
    return " ".join(text.split()) or reason(fr="rien", en="nothing")


def employee(lab, login):
    """Somebody's mail program, which trusts the company's authority alone."""
    authority = lab.host("ldap1").file("/etc/ssl/valbocage/ca.crt").content_string
    address, password = f"{login}@{lab.domain}", (PASSWORDS | AGENTS)[login]
    return Mailbox(address, login, password, lab.address("mail1"), f"mail.{lab.domain}", authority)


def received(lab, login, subject):
    """Wait for a message in somebody's mailbox, unless a mail server on its way says why it goes no further."""

    def held_up():
        return next(filter(None, (undelivered(lab.host(host), subject) for host in ("mail1", "helpdesk1"))), "")

    return find_mail(lab.probe("lan"), employee(lab, login), subject, within=15, unless=held_up)


def write_to_support(lab, login):
    """Write to the support from where somebody is, with a mail program; return the subject, which is unique."""
    subject = f"{OURS} {secrets.token_hex(6)}"
    argv = ["swaks", "--server", f"{lab.address('mail1')}:587", "--tls", "--auth-user", login]
    argv += ["--auth-password", PASSWORDS[login], "--from", f"{login}@{lab.domain}", "--to", f"support@{lab.domain}"]
    argv += ["--header", f"Subject: {subject}", "--header", f"Message-Id: <{secrets.token_hex(8)}@poste.internal>"]
    done = lab.client("pc1").run([*argv, "--body", "Essai", "--timeout", str(scaled_timeout(8))], timeout=30)
    said = next((line for line in lines_in(done.stdout) if line.startswith(("<** ", "<~* "))), done.stderr)
    assert done.status == 0, reason(fr=f"mail1 : {words_of(said)}", en=f"mail1: {words_of(said)}")
    return subject


def forget(lab, subject):
    """Take a check's tickets and messages away again."""
    lab.host("helpdesk1").run("perl -e %s %s", _DELETE, subject, timeout=30)
    expunge = "for d in /var/vmail/*/; do doveadm expunge -u $(basename $d) mailbox INBOX subject %s; done"
    lab.host("mail1").run(expunge, subject, timeout=30)


def confirmed(lab, login, subject):
    """Return whether somebody's mailbox holds the desk's confirmation of a message."""
    # Dovecot's indexes still name what has been deleted.
    search = "grep --recursive --files-with-matches --no-messages --fixed-strings --exclude='dovecot*' %s %s"
    looked = lab.host("mail1").run(search, f"Votre demande : {subject}", f"/var/vmail/{login}")
    return looked.rc == 0


def written(lab, held, login, subject):
    """Return the newest ticket that a message became, whatever it is called now; None before it was written."""
    found = [one for one in held.tickets.values() if one.first_subject == subject]
    gone = reason(fr=f"le ticket « {subject} » n'est plus là", en=f"the ticket '{subject}' is gone")
    assert found or not confirmed(lab, login, subject), gone
    return found[-1] if found else None


def page(lab, path, login="", password="", *, station=None):
    """Open a page of the helpdesk as a browser does, signed in if a login is given; return what curl says."""
    name = f"helpdesk.{lab.domain}"
    argv = ["curl", "--silent", "--show-error", "--insecure", "--location", "--cookie", "", "--max-time"]
    argv += [str(scaled_timeout(25)), "--resolve", f"{name}:443:{lab.address('helpdesk1')}"]
    if login:
        argv += ["--data-urlencode", f"user={login}", "--data-urlencode", f"pass={password}"]
        path = "/NoAuth/Login.html"
    return (station or lab.probe("lan")).run([*argv, f"https://{name}{path}"], timeout=40)


def signs_in(lab, login, password):
    """Return whether the helpdesk lets somebody in."""
    done = page(lab, "/", login, password)
    said = words_of(done.stderr)
    assert done.status == 0, reason(fr=f"helpdesk1 : {said}", en=f"helpdesk1: {said}")
    return "/NoAuth/Logout.html" in done.stdout


def sftp(lab, login, path, *options, station=None):
    """Read a file of the file server, or list a folder, as somebody."""
    command = ("curl", "--silent", "--show-error", "--insecure", "--max-time", str(scaled_timeout(15)))
    url = f"sftp://{lab.address('files1') if station is None else f'files1.{lab.domain}'}{path}"
    there = lab.probe("lan") if station is None else lab.client(station)
    return there.run([*command, "--user", f"{login}:{PASSWORDS[login]}", *options, url], timeout=25)


def assert_service(lab, host, name):
    """A service runs, and starts with its machine."""
    service = lab.host(host).service(name)
    assert service.is_running, reason(fr=f"{name} ne fonctionne pas sur {host}", en=f"{name} does not run on {host}")
    assert service.is_enabled, reason(fr=f"{name} ne démarre pas avec {host}", en=f"{name} does not start with {host}")


def assert_answered_by_rt(lab):
    """The page is nginx's, and what stands behind it is the image's."""
    for place in (443, "/run/rt5-fcgi.sock"):
        doubts = "; ".join(lab.listener("helpdesk1", place).doubts)
        assert not doubts, reason(fr=f"helpdesk1, {place} : {doubts}", en=f"helpdesk1, {place}: {doubts}")


def named(tickets):
    """Return tickets in words."""
    return ", ".join(f"{one.number} ({one.subject})" for one in tickets) or reason(fr="aucun", en="none")


def at_once(asks):
    """Ask several things at once."""
    return concurrently(lambda ask: ask(), asks)
