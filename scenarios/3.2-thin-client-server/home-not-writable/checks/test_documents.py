"""Is a person's work kept again, from one terminal to the other, without opening it to others?"""

import contextlib
import re
import secrets

import pytest

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


@check(
    "symptom",
    points=4,
    competence="3.2",
    fr="{{ user }} enregistre sur term1, ferme son bureau, et retrouve son document sur term2, avec les anciens.",
    en="{{ user }} saves on term1, logs out, and finds the document on term2, with the old ones.",
    host="ts1",
    timeout=400,
    because="cannot save|did not arrive",
)
def test_work_is_kept(lab):
    login, text = login_of(lab), secrets.token_hex(8)
    home1, note = lab.host("home1"), f"essai-{text[:6]}.txt"
    documents = f"/home/{login}/Documents"
    with desktop(lab, "term1", login):
        assert_seen(lab, "term1", login)
        saved = in_session(lab, login, "sh -c %s", f"echo {text} >{documents}/{note}")
        assert saved.rc == 0, f"{login} cannot save: {saved.stderr.strip()}"
        changed = in_session(lab, login, "sh -c %s", f"echo {text} >>{documents}/{DOCUMENTS[login]}")
        assert changed.rc == 0, f"{login} cannot save in {DOCUMENTS[login]}: {changed.stderr.strip()}"
    kept = home1.run("cat %s", f"/srv/profils/{login}/Documents/{note}").stdout.strip()
    assert kept == text, f"what {login} saved did not arrive on home1"
    with desktop(lab, "term2", login):
        assert_seen(lab, "term2", login)
        found = in_session(lab, login, "cat %s %s", f"{documents}/{note}", f"{documents}/{DOCUMENTS[login]}").stdout
        assert found.count(text) == 2, f"{login} does not find on term2 what was saved on term1"
        tidied = f"rm {documents}/{note} && sed -i /{text}/d {documents}/{DOCUMENTS[login]}"
        assert in_session(lab, login, "sh -c %s", tidied).rc == 0, f"{login} cannot delete a document"


@pytest.mark.parametrize("login", PASSWORDS)
@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Les documents de {{ login }} sont toujours sur home1, et personne d'autre ne peut les lire.",
    en="The documents of {{ login }} are still on home1, and nobody else can read them.",
    host="home1",
)
def test_documents_are_private(lab, login):
    home1, profile = lab.host("home1"), f"/srv/profils/{login}"
    assert home1.file(f"{profile}/Documents/{DOCUMENTS[login]}").exists, f"{DOCUMENTS[login]} of {login} is gone"
    loose = home1.check_output("find %s -maxdepth 2 -perm /077 ! -path '*/.*'", profile)
    assert not loose, f"others than {login} may use {loose.splitlines()[0]}"
    if login != login_of(lab):
        strange = home1.check_output("find %s ! -user %s", profile, login)
        assert not strange, f"{strange.splitlines()[0]} does not belong to {login}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="La clé de ts1 n'ouvre sur home1 que les profils, et rien d'autre.",
    en="On home1 the key of ts1 opens the profiles, and nothing else.",
    host="home1",
)
def test_key_opens_profiles_only(lab):
    ts1 = lab.host("ts1")
    done = ts1.run("timeout 8 ssh -i /etc/profils/id_ed25519 -o BatchMode=yes root@home1 cat /etc/hostname")
    assert "home1" not in done.stdout, "the key of ts1 runs any command on home1, as root"
    shell = "ssh -i /etc/profils/id_ed25519 -o BatchMode=yes"
    outside = ts1.run("timeout 8 rsync --list-only --rsh=%s root@home1:../../etc/ssh/", shell)
    assert "sshd_config" not in outside.stdout, "the key of ts1 reads more of home1 than the profiles"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="{{ user }} n'a pas gagné de droits d'administration sur ts1.",
    en="{{ user }} has gained no administration rights on ts1.",
    host="ts1",
)
def test_no_new_rights(lab):
    login = login_of(lab)
    answer = lab.host("ts1").run("sudo -n -l -U %s", login)
    assert "not allowed" in answer.stdout + answer.stderr, f"{login} may use sudo on ts1"
    admins = {"root", "sudo", "adm", "shadow", "disk"} & set(lab.host("ts1").check_output("id -Gn %s", login).split())
    assert not admins, f"{login} is in {', '.join(sorted(admins))}"
