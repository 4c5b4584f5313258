"""A desktop as its user has it: opened on a terminal, seen by its pixels, closed again."""

import contextlib
import re
import secrets

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}
DOCUMENTS = {
    "afaure": "ordre-du-jour-2026-11.txt",
    "croux": "lettre-banque.txt",
    "kbenali": "tva-octobre.csv",
    "snguyen": "escalier-saint-aubin.txt",
    "tgarnier": "debit-chene.csv",
    "mlebreton": "planning-semaine-48.txt",
}
"""A document in everybody's profile."""
SOON = 60
"""Seconds that a program of the terminal, or the end of a session, may take on a busy machine."""
SHOWN = 30
"""Seconds that a desktop or a window may take to show: on an idle machine it was there after 2 to 4."""
MICRO = 1_000_000
"""systemd counts microseconds."""
POINT = (120, 640)
"""A point of the screen within the window that the proof opens, beside what opens by itself."""


def login_of(lab):
    """Return the login of the person who wrote the ticket."""
    first, last = lab.values["user"].split()
    return f"{first[0]}{last}".lower()


def forget_failures(lab, login):
    """Log in to the directory with the right password: wrong ones that checks try would lock the account some day."""
    person = f"uid={login},ou=people,dc=valbocage,dc=internal"
    lab.host("ts1").run("ldapwhoami -x -ZZ -D %s -w %s", person, PASSWORDS[login])


def display_of(lab, login):
    """Return the display of a person's desktop on the session server."""
    processes = lab.host("ts1").run("ps -ww -u %s -o args=", login).stdout
    found = re.search(r"Xorg (:\d+) ", processes)
    assert found, f"{login} has no desktop on ts1"
    return found[1]


def in_session(lab, login, command, *words):
    """Run a command as a person, on their desktop."""
    settings = f"DISPLAY={display_of(lab, login)} XAUTHORITY=/home/{login}/.Xauthority"
    return lab.host("ts1").run(f"runuser -u %s -- /usr/bin/env {settings} {command}", login, *words)


def settings_of(lab, login):
    """Return the environment that a person's desktop was started with."""
    return in_session(lab, login, "sh -c %s", "cat /proc/$(pgrep -n -u $(id -u) -x icewm)/environ").stdout


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
        answered = lab.wait(answer, within=SHOWN, every=0.5)
        assert answered == "open", answered
        yield
    finally:
        end_session(lab, login)
        seat.run(["bureau", "close"], timeout=SOON)


def end_session(lab, login):
    """Log a person out, as the menu does; what does not end then is killed, with the socket that it would leave."""
    ts1 = lab.host("ts1")

    def over():
        if ts1.run("pgrep -u %s", login).stdout:
            return False
        # The mark goes when the profile is back on home1. Who restarts xrdp-sesman kills what brings it back: it stays.
        mark = ts1.file(f"/run/profils/{login}")
        since = ts1.service("xrdp-sesman").systemd_property("Unit.ActiveEnterTimestamp") / MICRO
        return not mark.exists or mark.mtime.timestamp() < since or not ts1.run("pgrep -x xrdp-sesexec").stdout

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

    lab.wait(shown, within=SHOWN, every=0.3)


@contextlib.contextmanager
def own_setting(lab, login):
    """Add a setting to a person's .xsessionrc on home1 for as long as a ``with`` lasts, while no desktop is open."""
    home1, setting = lab.host("home1"), f"ESSAI_{secrets.token_hex(8)}=1"
    profile, kept = f"/srv/profils/{login}", f"/run/xsessionrc.{login}"
    settings = f"{profile}/.xsessionrc"
    write = f"{{ echo export {setting}; cat {kept}; }} >{settings}"
    own = f"[ -e {kept} ] || chown --reference={profile} {settings}"
    home1.run("sh -c %s", f"cp --archive {settings} {kept}; {write}; {own}")
    try:
        yield setting
    finally:
        home1.run("sh -c %s", f"mv {kept} {settings} || rm {settings}")


def left_behind(lab, login):
    """Return the command lines of a person's shells on ts1, but for those that their window manager comes from."""
    ts1 = lab.host("ts1")
    processes = {row.pid: row for row in ts1.process.filter(uid=ts1.file(f"/home/{login}").uid)}
    shells = {pid: row.args for pid, row in processes.items() if row.exe.endswith(("/bash", "/dash"))}
    row = next((row for row in processes.values() if row.comm == "icewm"), None)
    while row:
        shells.pop(row.pid, None)
        row = processes.get(row.ppid)
    return list(shells.values())


def assert_usable(lab, terminal, login):
    """Open a desktop on a terminal, with the company's logon script, and the person's own settings and documents."""
    end_session(lab, login)  # it would bring back the settings that it began with
    with own_setting(lab, login) as setting, desktop(lab, terminal, login):
        assert_seen(lab, terminal, login)
        settings = settings_of(lab, login)
        assert f"MENUISERIE_PROFIL={login}@home1" in settings, f"the company's logon script did not run for {login}"
        language = "en_GB.UTF-8" if login == "snguyen" else "fr_FR.UTF-8"
        assert f"LANG={language}" in settings, f"the desktop of {login} does not speak {language}"
        assert setting in settings, f"the desktop of {login} does not read the .xsessionrc that home1 keeps"
        listed = in_session(lab, login, "ls %s", f"/home/{login}/Documents").stdout.split()
        assert DOCUMENTS[login] in listed, f"{login} does not find {DOCUMENTS[login]} on the desktop"
        fetched = lab.host("ts1").file(f"/run/profils/{login}").exists
        assert fetched, f"the profile of {login} was not fetched from home1"

        def logon_is_over():
            running = left_behind(lab, login)
            assert not running, f"the logon of {login} never ends: beside the desktop, {running[0]} still runs"
            return True

        lab.wait(logon_is_over, within=SHOWN, every=0.5)
