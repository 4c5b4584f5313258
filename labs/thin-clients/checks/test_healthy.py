"""Do the thin clients work? Asked as their users do: a desktop opens on a terminal, and a document is kept."""

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


@pytest.mark.parametrize(
    ("login", "terminal"),
    [
        ("afaure", "term1"),
        ("croux", "term2"),
        ("kbenali", "term1"),
        ("snguyen", "term2"),
        ("tgarnier", "term1"),
        ("mlebreton", "term2"),
    ],
)
@check(
    "guard",
    fr="Le bureau de {{ login }} s'affiche sur {{ terminal }}, et ce qui y est enregistré arrive sur home1.",
    en="The desktop of {{ login }} shows on {{ terminal }}, and what is saved there arrives on home1.",
    host="ts1",
    timeout=240,
)
def test_desktop(lab, login, terminal):
    text = secrets.token_hex(8)
    note = f"essai-{text[:6]}.txt"
    with desktop(lab, terminal, login):
        assert_seen(lab, terminal, login)
        saved = in_session(lab, login, "sh -c %s", f"echo {text} >/home/{login}/Documents/{note}")
        assert saved.rc == 0, f"{login} cannot save: {saved.stderr.strip()}"
        script = in_session(lab, login, "sh -c %s", "cat /proc/$(pgrep -n -u $(id -u) -x icewm)/environ").stdout
        assert f"MENUISERIE_PROFIL={login}@home1" in script, f"the logon script did not run for {login}"
    kept = lab.host("home1").run("cat %s", f"/srv/profils/{login}/Documents/{note}").stdout.strip()
    lab.host("home1").run("rm -f %s", f"/srv/profils/{login}/Documents/{note}")
    assert kept == text, f"what {login} saved did not arrive on home1"


@check(
    "guard",
    fr="Un mauvais mot de passe n'ouvre pas de bureau.",
    en="A wrong password opens no desktop.",
    host="ts1",
    timeout=90,
)
def test_wrong_password(lab):
    refused = lab.client("ts1").run(["essai-bureau", "afaure", PASSWORDS["croux"]], timeout=SOON)
    assert refused.status != 0, "afaure gets a desktop with a wrong password"
    assert "refused" in refused.stdout, refused.stdout


@check(
    "guard",
    fr="Depuis le réseau, ts1 ne répond qu'en RDP et en SSH.",
    en="From the network, ts1 answers RDP and SSH only.",
)
def test_firewall(lab):
    lan, ts1 = lab.probe("lan"), lab.address("ts1")
    for port, wanted in ((3389, "open"), (22, "open"), (3350, "silent")):
        seen = lan.tcp(ts1, port)
        assert seen.state == wanted, f"port {port} of ts1: {seen}"


@check(
    "guard",
    fr="Chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Every machine has its name in DNS, and its reverse name.",
)
def test_names_both_ways(lab):
    lan, server = lab.probe("lan"), lab.address("srv1")
    for name in ("srv1", "ldap1", "home1", "ts1", "term1", "term2"):
        fqdn, address = f"{name}.{lab.domain}", lab.address(name)
        there, back = lan.resolve(fqdn, server), lan.resolve(address, server, "PTR")
        assert there.records == (address,), f"{fqdn}: {there}"
        assert back.records == (fqdn,), f"{address}: {back}"


@check(
    "guard",
    fr="Les services démarrent avec les machines et fonctionnent.",
    en="The services start with the machines and run.",
)
def test_services(lab):
    expected = [("srv1", "named"), ("ldap1", "slapd"), ("home1", "sssd"), ("home1", "ssh"), ("ts1", "sssd")]
    for host, name in [*expected, ("ts1", "xrdp"), ("ts1", "xrdp-sesman"), ("ts1", "nftables")]:
        service = lab.host(host).service(name)
        assert service.is_running, f"{name} does not run on {host}"
        assert service.is_enabled, f"{name} does not start with {host}"
