"""Does the desktop open again, for the right person, with the right password, under the same rules, and for good?"""

import contextlib
import re
import secrets

from grader import check

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}
SOON = 60
"""Seconds that a desktop, a window or the end of a session may take on a busy machine."""
DOCUMENTS = {
    "afaure": "ordre-du-jour-2026-11.txt",
    "croux": "lettre-banque.txt",
    "kbenali": "tva-octobre.csv",
    "snguyen": "escalier-saint-aubin.txt",
    "tgarnier": "debit-chene.csv",
    "mlebreton": "planning-semaine-48.txt",
}
"""A document in everybody's profile."""
POINT = (120, 640)
"""A point of the screen within the window that the proof opens, beside what opens by itself."""


def display_of(lab, login):
    """Return the display of a person's desktop on the session server."""
    processes = lab.host("ts1").run("ps -ww -u %s -o args=", login).stdout
    found = re.search(r"Xorg (:\d+) ", processes)
    assert found, f"{login} has no desktop on ts1"
    return found[1]


def in_session(lab, login, command, *words):
    """Run a command as a person, on their desktop."""
    settings = f"DISPLAY={display_of(lab, login)} XAUTHORITY=/home/{login}/.Xauthority"
    return lab.host("ts1").run(f"runuser -u %s -- env {settings} {command}", login, *words)


@contextlib.contextmanager
def desktop(lab, terminal, login):
    """Open a person's desktop on a terminal for as long as a ``with`` lasts, and log out."""
    seat = lab.client(terminal)
    end_session(lab, login)
    opened = seat.run(["bureau", "open", login, PASSWORDS[login]], timeout=SOON)
    assert opened.status == 0, f"{terminal}: {opened.stderr.strip()}"

    def answer():
        status = seat.run(["bureau", "status"])
        if status.status != 0:
            return f"no desktop for {login}: {status.stderr.strip()}"
        window_manager = in_session(lab, login, "xprop -root _NET_SUPPORTING_WM_CHECK").stdout
        assert "window id" in window_manager, f"the desktop of {login} has no window manager: its screen stays black"
        return "open"

    try:
        answered = lab.wait(answer, within=SOON, every=0.5)
        assert answered == "open", answered
        yield
    finally:
        end_session(lab, login)
        seat.run(["bureau", "close"], timeout=SOON)


def end_session(lab, login):
    """Log a person out, as the menu does; what does not end then is killed, with the socket that it would leave."""
    ts1 = lab.host("ts1")

    def over():
        return not ts1.run("pgrep -u %s", login).stdout and not ts1.file(f"/run/profils/{login}").exists

    ts1.run("pkill -TERM -u %s -x x-session-manag", login)
    try:
        lab.wait(over, within=5, every=0.2)
    except AssertionError:
        found = re.search(r"Xorg :(\d+) ", ts1.run("ps -ww -u %s -o args=", login).stdout)
        ts1.run("pkill -KILL -u %s", login)
        lab.wait(over, within=SOON, every=0.5, what=f"the end of the session of {login}")
        if found:
            ts1.run("rm -f %s %s", f"/tmp/.X11-unix/X{found[1]}", f"/tmp/.X{found[1]}-lock")


def assert_seen(lab, terminal, login):
    """Open a window of a colour that nobody can guess on the desktop, and find it on the terminal's screen."""
    wanted = secrets.token_bytes(3)
    colour = "rgb:" + wanted.hex("/")
    window = f"xterm -bg {colour} -fg {colour} -cr {colour} +sb -geometry 40x8+20+570 -e sleep 60"
    in_session(lab, login, "sh -c %s", f"{window} >/dev/null 2>&1 &")

    def shown():
        pixel = lab.client(terminal).run(["bureau", "pixel", *map(str, POINT)]).stdout.strip()
        assert re.fullmatch("#[0-9a-f]{6}", pixel), f"the screen of {terminal} shows nothing"
        far = max(abs(a - b) for a, b in zip(bytes.fromhex(pixel[1:]), wanted, strict=True))
        assert far <= 4, f"the desktop of {login} does not show on {terminal}"
        return True

    lab.wait(shown, within=SOON, every=0.3)


def login_of(lab):
    """Return the login of the person who wrote the ticket."""
    first, last = lab.values["user"].split()
    return f"{first[0]}{last}".lower()


def assert_usable(lab, terminal, login):
    """Open a desktop on a terminal, with the company's logon script and the person's own documents, kept by home1."""
    with desktop(lab, terminal, login):
        assert_seen(lab, terminal, login)
        settings = in_session(lab, login, "sh -c %s", "cat /proc/$(pgrep -n -u $(id -u) -x icewm)/environ").stdout
        assert f"MENUISERIE_PROFIL={login}@home1" in settings, f"the company's logon script did not run for {login}"
        language = "en_GB.UTF-8" if login == "snguyen" else "fr_FR.UTF-8"
        assert f"LANG={language}" in settings, f"the desktop of {login} does not speak {language}"
        listed = in_session(lab, login, "ls %s", f"/home/{login}/Documents").stdout.split()
        assert DOCUMENTS[login] in listed, f"{login} does not find {DOCUMENTS[login]} on the desktop"
        fetched = lab.host("ts1").file(f"/run/profils/{login}").exists
        assert fetched, f"the profile of {login} was not fetched from home1"


@check(
    "symptom",
    points=4,
    competence="3.2",
    fr="Le bureau de {{ user }} s'ouvre sur term2, et le service démarrera de nouveau avec ts1.",
    en="The desktop of {{ user }} opens on term2, and the service will start with ts1 again.",
    host="ts1",
    timeout=300,
    because="no desktop",
)
def test_desktop_opens(lab):
    assert_usable(lab, "term2", login_of(lab))
    for name in ("xrdp", "xrdp-sesman"):
        assert lab.host("ts1").service(name).is_enabled, f"the service {name} does not start with ts1"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Sans mot de passe juste, ou sans service de l'entreprise, ts1 n'ouvre pas de bureau.",
    en="Without the right password, or without a department of the company, ts1 opens no desktop.",
    host="ts1",
    timeout=180,
)
def test_others_are_refused(lab):
    for login, password in (("tgarnier", PASSWORDS["afaure"]), ("technicien", "technicien")):
        answer = lab.client("ts1").run(["essai-bureau", login, password], timeout=SOON).stdout
        assert "refused" in answer, f"{login} with the password {password}: {answer.strip()}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Le pare-feu de ts1 est en place, et laisse tomber ce qui n'est pas prévu.",
    en="The firewall of ts1 is in place, and drops what is not foreseen.",
    host="term1",
)
def test_firewall(lab):
    ts1, lan = lab.host("ts1"), lab.probe("lan")
    for port in (111, 3350, 5901):
        seen = lan.tcp(lab.address("ts1"), port)
        assert seen.state == "silent", f"port {port} of ts1 answers: {seen.state}"
    nftables = ts1.service("nftables")
    assert nftables.is_running, "the firewall of ts1 is not loaded"
    assert nftables.is_enabled, "the firewall does not start with ts1"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="L'annuaire verrouille toujours un compte après trop d'essais, et {{ user }} n'y a pas gagné de groupe.",
    en="The directory still locks an account after too many attempts, and {{ user }} has gained no group.",
    host="ldap1",
)
def test_directory_is_as_it_was(lab):
    ldap1, login = lab.host("ldap1"), login_of(lab)
    search = "ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -o ldif-wrap=no"
    policy = ldap1.check_output(f"{search} -s base -b cn=default,ou=policies,dc=valbocage,dc=internal pwdLockout")
    assert "pwdLockout: TRUE" in policy, "the policy no longer locks accounts"
    groups = ldap1.check_output(f"{search} -b ou=groups,dc=valbocage,dc=internal %s cn", f"(memberUid={login})")
    gained = set(re.findall(r"^cn: (\S+)", groups, re.MULTILINE)) - {
        {"kbenali": "comptabilite", "snguyen": "etudes", "mlebreton": "atelier"}[login]
    }
    assert not gained, f"{login} is now in {', '.join(sorted(gained))}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Les comptes de ts1 viennent de l'annuaire : aucun n'a été recréé sur la machine.",
    en="The accounts of ts1 come from the directory: none was made anew on the machine.",
    host="ts1",
)
def test_no_local_account(lab):
    ts1 = lab.host("ts1")
    local = {line.split(":")[0] for line in ts1.file("/etc/passwd").content_string.splitlines()}
    assert not local & set(PASSWORDS), f"/etc/passwd of ts1 has {', '.join(sorted(local & set(PASSWORDS)))}"
    sssd = ts1.service("sssd")
    assert sssd.is_running, "sssd does not run on ts1"
    assert sssd.is_enabled, "sssd does not start with ts1"
