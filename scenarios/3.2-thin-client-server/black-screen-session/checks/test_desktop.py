"""Does the desktop open again, for the author of the ticket and for the others, with all that belongs to it?"""

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
    points=3,
    competence="3.2",
    fr="Le bureau de {{ user }} s'affiche sur term2, avec ses documents et ses réglages.",
    en="The desktop of {{ user }} shows on term2, with documents and settings.",
    host="ts1",
    timeout=300,
    because="no desktop|no window manager",
)
def test_desktop_of_the_author(lab):
    assert_usable(lab, "term2", login_of(lab))


@check(
    "symptom",
    points=2,
    competence="3.2",
    fr="Le bureau d'Anne Faure s'affiche sur term1, avec ses documents et ses réglages.",
    en="The desktop of Anne Faure shows on term1, with documents and settings.",
    host="ts1",
    timeout=300,
    because="no desktop|no window manager",
)
def test_desktop_of_another(lab):
    assert_usable(lab, "term1", "afaure")


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Un mauvais mot de passe n'ouvre pas de bureau.",
    en="A wrong password opens no desktop.",
    host="ts1",
    timeout=90,
)
def test_wrong_password(lab):
    answer = lab.client("ts1").run(["essai-bureau", "mlebreton", PASSWORDS["afaure"]], timeout=SOON).stdout
    assert "could not be authenticated" in answer, f"mlebreton with a wrong password: {answer.strip()}"


@pytest.mark.parametrize("login", PASSWORDS)
@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Le profil de {{ login }} est entier sur home1, et privé.",
    en="The profile of {{ login }} is whole on home1, and private.",
    host="home1",
)
def test_profile_is_whole(lab, login):
    home1, profile = lab.host("home1"), f"/srv/profils/{login}"
    assert home1.file(f"{profile}/Documents/{DOCUMENTS[login]}").exists, f"{DOCUMENTS[login]} of {login} is gone"
    assert home1.file(f"{profile}/.xsessionrc").exists, f"{login} has lost the settings of .xsessionrc"
    open_to_others = home1.check_output("find %s -perm /007 ! -type l -path '*/Documents*'", profile)
    assert not open_to_others, f"everybody may use {open_to_others.splitlines()[0]}"
    strange = home1.check_output("find %s ! -user %s", profile, login)
    assert not strange, f"{strange.splitlines()[0]} does not belong to {login}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="xrdp sert les bureaux de ts1 comme service, avec son propre programme, et root n'y a pas droit.",
    en="xrdp serves the desktops of ts1 as a service, with its own program, and root may not use it.",
    host="ts1",
)
def test_server_is_as_it_was(lab):
    ts1 = lab.host("ts1")
    for name in ("xrdp", "xrdp-sesman", "nftables"):
        service = ts1.service(name)
        assert service.is_running, f"the service {name} does not run"
        assert service.is_enabled, f"the service {name} does not start with ts1"
    changed = re.findall(r"^..5\S* +(/usr/\S+)$", ts1.run("dpkg --verify xrdp xorgxrdp icewm").stdout, re.MULTILINE)
    assert not changed, f"{changed[0]} is no longer the program of its package"
    root = re.search(r"^AllowRootLogin=(\w+)", ts1.file("/etc/xrdp/sesman.ini").content_string, re.MULTILINE)
    assert root, "sesman.ini no longer says whether root may log in"
    assert root[1] == "false", "root may open a desktop"
