"""A desktop as its user has it: opened on a terminal, seen by its pixels, closed again."""

import contextlib
import re
import secrets

from grader import lines_in, reason

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
SOON = 20
"""Seconds that a command of a terminal may take on a busy machine."""
SHOWN = 10
"""Seconds that a desktop or a window may take to show, where nothing says that it cannot: 2 to 4 on an idle machine."""
ENDED = 10
"""Seconds that a profile may take to be brought back once its session is killed; a home server that is away costs 8."""
MARK = "ESSAI"
"""How the name of a setting begins that a check adds for a moment to what a person's desktop reads."""
MICRO = 1_000_000
"""systemd counts microseconds."""
POINT = (120, 640)
"""A point of the screen within the window that the proof opens, beside what opens by itself."""
REFUSED = re.compile(
    r"could not be authenticated|is not authorized|Can't create session|retry limit|session limit|General login error"
)
"""What xrdp tells who gets no desktop; whoever is asked for another password is no longer waiting for a desktop."""
STATES = {
    "open": "ouvert",
    "refused": "connexion refusée",
    "silent": "pas de réponse",
    "unreachable": "injoignable",
    "unknown name": "nom inconnu",
}
"""States of a TCP port in French."""
ASK = """coproc ask { exec stdbuf -oL xrdp-sesrun -t Xorg -p "$2" "$1" 2>&1; }
pid=$ask_PID; read -r said <&"${ask[0]}"; kill "$pid" 2>/dev/null; echo "$said"
"""
"""Asks the session manager for a desktop; ends at its first answer, before it asks for another password."""

LOOKED = "rm -rf /run/bureau/client.log /tmp/com.freerdp.client.*"
"""Removes what a desktop that a check has opened leaves on a terminal: the RDP client's log and clipboard."""


def login_of(lab):
    """Return the login of the person who wrote the ticket."""
    first, last = lab.values["user"].split()
    return f"{first[0]}{last}".lower()


def of(login):
    """Return a login with the French preposition before it."""
    return f"d'{login}" if login[0] in "aeiouy" else f"de {login}"


def state_of(answer):
    """Return the state of a TCP port in words."""
    return reason(fr=STATES[answer.state], en=answer.state)


def forget_failures(lab, login):
    """Log in to the directory with the right password: wrong ones that checks try would lock the account some day."""
    person = f"uid={login},ou=people,dc=valbocage,dc=internal"
    lab.host("ts1").run("ldapwhoami -x -ZZ -D %s -w %s", person, PASSWORDS[login])


def login_answer(lab, login, password):
    """Return what ts1 answers to a login without a terminal, ``ok …`` to who gets a desktop, which is closed again."""
    answer = lab.client("ts1").run(["bash", "-c", ASK, "ask", login, password], timeout=SOON).stdout.strip()
    if answer.startswith("ok "):
        end_session(lab, login)
    return answer or reason(fr="rien", en="nothing")


def display_of(lab, login):
    """Return the display of a person's desktop on the session server."""
    found = re.search(r"Xorg (:\d+) ", processes_of(lab, login))
    assert found, reason(fr=f"{login} n'a pas de bureau sur ts1", en=f"{login} has no desktop on ts1")
    return found[1]


def processes_of(lab, login):
    """Return the command lines of a person's processes on ts1, one in each line."""
    return lab.host("ts1").run("ps -ww -u %s -o args=", login).stdout


def in_session(lab, login, command, *words):
    """Run a command as a person, on their desktop."""
    settings = f"DISPLAY={display_of(lab, login)} XAUTHORITY=/home/{login}/.Xauthority"
    return lab.host("ts1").run(f"runuser -u %s -- /usr/bin/env {settings} {command}", login, *words)


def settings_of(lab, login):
    """Return the environment that a person's desktop was started with."""
    return in_session(lab, login, "sh -c %s", "cat /proc/$(pgrep -n -u $(id -u) -x icewm)/environ").stdout


def assert_reaches(lab, terminal):
    """Let a terminal reach the desktops of ts1. A service that restarts is given a second."""

    def reached():
        seen = lab.client(terminal).tcp(lab.address("ts1"), 3389, timeout=1)
        assert seen, reason(
            fr=f"pas de bureau sur {terminal} : le port 3389 de ts1 n'est pas ouvert ({state_of(seen)})",
            en=f"no desktop on {terminal}: port 3389 of ts1 is not open ({state_of(seen)})",
        )
        return True

    lab.wait(reached, within=1, every=0.2)


@contextlib.contextmanager
def desktop(lab, terminal, login):
    """Open a person's desktop on a terminal for as long as a ``with`` lasts, and log out."""
    end_session(lab, login)
    with opened(lab, terminal, login):
        yield


@contextlib.contextmanager
def opened(lab, terminal, login, unless=None):
    """Do as ``desktop`` does for who has no session left; ``unless`` says what else keeps the desktop from opening."""
    seat = lab.client(terminal)
    assert_reaches(lab, terminal)
    since = lab.host("ts1").run("date +@%s.%N").stdout.strip()
    started = seat.run(["bureau", "open", login, PASSWORDS[login]], timeout=SOON)
    assert started.status == 0, reason(
        fr=f"{terminal} ne démarre pas le client RDP : {started.stderr.strip()}",
        en=f"{terminal} does not start the RDP client: {started.stderr.strip()}",
    )

    def shows():
        window_manager = in_session(lab, login, "xprop -root _NET_SUPPORTING_WM_CHECK").stdout
        assert "window id" in window_manager, reason(
            fr=f"le bureau {of(login)} n'a pas de gestionnaire de fenêtres, son écran reste noir",
            en=f"the desktop of {login} has no window manager, its screen stays black",
        )
        return True

    def hopeless():
        return client_ended(lab, terminal) or refusal(lab, login, since) or (unless and unless())

    try:
        lab.wait(shows, within=SHOWN, every=0.3, unless=hopeless)
        yield
    finally:
        try:
            end_session(lab, login)
        finally:
            seat.run(["bureau", "close"], timeout=SOON)
            seat.run(["sh", "-c", LOOKED], timeout=SOON)


def client_ended(lab, terminal):
    """Return in words that the RDP client of a terminal has ended, or nothing: it does not come back by itself."""
    if lab.host(terminal).service("bureau").is_running:
        return None
    said = lab.client(terminal).run(["bureau", "status"]).stderr.strip().removeprefix("fermé / closed: ")
    return reason(
        fr=f"le client RDP de {terminal} s'est arrêté ({said})", en=f"the RDP client of {terminal} has ended ({said})"
    )


def refusal(lab, login, since):
    """Return in words what xrdp has refused to a person since a time, or that their X server has ended, or nothing."""
    told = lab.host("ts1").run("journalctl --quiet --no-pager --identifier=xrdp --since=%s", since).stdout
    connections = re.findall(rf" xrdp\[(\d+)\]: .*: Performing login request for {login}$", told, re.MULTILINE)
    for connection, words in re.findall(r" xrdp\[(\d+)\]: .*xrdp_wm_log_msg: (.*)$", told, re.MULTILINE):
        if connection in connections and REFUSED.search(words):
            return reason(fr=f"xrdp répond « {words} »", en=f"xrdp answers '{words}'")
    programs = processes_of(lab, login)
    if "[Xorg] <defunct>" in programs and not re.search(r"Xorg :\d", programs):
        return reason(
            fr="le serveur X s'est arrêté aussitôt démarré", en="the X server has ended as soon as it started"
        )
    return None


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

    asked = ts1.run("pkill -TERM -u %s -x x-session-manag", login).rc == 0
    try:
        lab.wait(over, within=5 if asked else 0.5, every=0.1)
    except AssertionError:
        found = re.search(r"Xorg :(\d+) ", processes_of(lab, login))
        ts1.run("pkill -KILL -u %s", login)
        endless = reason(
            fr=f"la session {of(login)} ne se termine pas sur ts1", en=f"the session of {login} does not end on ts1"
        )
        lab.wait(over, within=ENDED, every=0.3, what=endless)
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
        assert re.fullmatch("#[0-9a-f]{6}", pixel), reason(
            fr=f"l'écran de {terminal} n'affiche rien", en=f"the screen of {terminal} shows nothing"
        )
        far = max(abs(a - b) for a, b in zip(bytes.fromhex(pixel[1:]), wanted, strict=True))
        assert far <= 4, reason(
            fr=f"le bureau {of(login)} ne s'affiche pas sur {terminal} (couleur #{wanted.hex()} attendue, {pixel} vue)",
            en=f"the desktop of {login} does not show on {terminal} (expected the colour #{wanted.hex()}, saw {pixel})",
        )
        return True

    lab.wait(shown, within=SHOWN, every=0.2, unless=lambda: client_ended(lab, terminal))


def add_setting(lab, login):
    """Add a setting that nobody can guess to a person's .xsessionrc on home1, while no desktop is open; return it."""
    remove_setting(lab, login)  # of a check that was killed, if there was one
    setting = f"{MARK}_{secrets.token_hex(8)}=1"
    profile, kept = f"/srv/profils/{login}", f"/run/xsessionrc.{login}"
    settings = f"{profile}/.xsessionrc"
    keep = f"if [ -e {settings} ]; then cp --archive {settings} {kept}; else touch {kept}.none; fi"
    write = f"{{ echo export {setting}; [ ! -e {kept} ] || cat {kept}; }} >{settings}"
    own = f"[ -e {kept} ] || chown --reference={profile} {settings}"
    lab.host("home1").run("sh -c %s", f"{keep}; {write}; {own}")
    return setting


def remove_setting(lab, login):
    """Leave nothing of what ``add_setting`` has added: on home1, nor in what ts1 has fetched from there."""
    kept, settings = f"/run/xsessionrc.{login}", f"/srv/profils/{login}/.xsessionrc"
    back = f"[ ! -e {kept} ] || mv {kept} {settings}; [ ! -e {kept}.none ] || rm -f {settings} {kept}.none"
    seen = lab.host("home1").run("sh -c %s", f"{back}; stat --format=%Y {settings}").stdout.strip()
    copy = f"/home/{login}/.xsessionrc"
    # With the time of home1's own file, rsync takes the two for the same, and brings nothing back.
    tidy = f"sed -i '/^export {MARK}_/d' {copy} && touch --date=@{seen} {copy}" if seen else f"rm {copy}"
    lab.host("ts1").run("sh -c %s", f"! grep -q '^export {MARK}_' {copy} 2>/dev/null || {{ {tidy}; }}")


@contextlib.contextmanager
def note_to_save(lab, login):
    """Return the name of a document and its text, to be saved as a person; nothing of either is left afterwards."""
    text = secrets.token_hex(8)
    note, own = f"essai-{text[:6]}.txt", DOCUMENTS[login]
    tidy = f"rm -f {note}; ! grep -q {text} {own} 2>/dev/null || sed -i /{text}/d {own}"
    try:
        yield note, text
    finally:
        for host, homes in (("ts1", "/home"), ("home1", "/srv/profils")):
            lab.host(host).run("sh -c %s", f"cd {homes}/{login}/Documents 2>/dev/null || exit 0; {tidy}")


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


def assert_usable(lab, terminal, login, unless=None):
    """Open a desktop on a terminal, with the company's logon script, and the person's own settings and documents.

    ``unless`` returns in words what keeps the desktop from opening, beside what is known anyway.
    """
    end_session(lab, login)  # it would bring back the settings that it began with
    with contextlib.ExitStack() as later:
        later.callback(remove_setting, lab, login)
        setting = add_setting(lab, login)
        later.enter_context(opened(lab, terminal, login, unless))
        settings = settings_of(lab, login)
        remove_setting(lab, login)  # before the logout brings it back
        assert_seen(lab, terminal, login)
        assert_logon_script(login, settings)
        language = "en_GB.UTF-8" if login == "snguyen" else "fr_FR.UTF-8"
        seen = re.search(r"(?:^|\0)LANG=([^\0]*)", settings)
        assert f"LANG={language}" in settings, reason(
            fr=f"le bureau {of(login)} n'est pas dans sa langue : {language} attendu, {seen[1] if seen else 'rien'} vu",
            en=f"the desktop of {login} is not in {language}, as it should be, but in {seen[1] if seen else 'nothing'}",
        )
        assert setting in settings, reason(
            fr=f"le bureau {of(login)} ne lit pas le .xsessionrc que garde home1",
            en=f"the desktop of {login} does not read the .xsessionrc that home1 keeps",
        )
        listed = lines_in(in_session(lab, login, "ls %s", f"/home/{login}/Documents").stdout)
        assert DOCUMENTS[login] in listed, reason(
            fr=f"{login} ne trouve pas {DOCUMENTS[login]} sur son bureau, mais {', '.join(listed) or 'rien'}",
            en=f"{login} does not find {DOCUMENTS[login]} on the desktop, but {', '.join(listed) or 'nothing'}",
        )
        fetched = lab.host("ts1").file(f"/run/profils/{login}").exists
        assert fetched, reason(
            fr=f"le profil {of(login)} n'a pas été pris sur home1",
            en=f"the profile of {login} was not fetched from home1",
        )

        def logon_is_over():
            running = left_behind(lab, login)
            assert not running, reason(
                fr=f"l'ouverture de session {of(login)} ne finit pas : à côté du bureau, {running[0]} tourne encore",
                en=f"the logon of {login} never ends: besides the desktop, {running[0]} is still running",
            )
            return True

        lab.wait(logon_is_over, within=SHOWN, every=0.5, unless=unless)


def assert_logon_script(login, settings):
    """Find what the company's logon script sets in the environment of a person's desktop."""
    assert f"MENUISERIE_PROFIL={login}@home1" in settings, reason(
        fr=f"le script d'ouverture de l'entreprise ne s'est pas exécuté pour {login}",
        en=f"the company's logon script did not run for {login}",
    )
