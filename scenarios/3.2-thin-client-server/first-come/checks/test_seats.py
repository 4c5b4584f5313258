"""Do those who come later get a desktop, under the company's rule, and has nobody at work been thrown out for it?"""

import contextlib
import datetime as dt
import re

from grader import check, concurrently, lines_in, reason
from lab_tools import (
    MICRO,
    PASSWORDS,
    SOON,
    assert_usable,
    end_session,
    login_answer,
    login_of,
    of,
)

AT_WORK, HER_SCREEN = "croux", "term1"
ABSENT = "tgarnier"
LETTER = "/home/croux/Documents/lettre-banque.txt"
SAVED = "releve-escalier.txt"
"""What Thomas Garnier saved before he left."""
HELD = {"XRDP_SESMAN_KILL_DISCONNECTED": "1", "XRDP_SESMAN_MAX_DISC_TIME": "60"}
"""What a session is begun with, from which its X server knows how long it may outlive its terminal."""
ROOM = "Connection failed; Max session limit reached"
"""The refusal of whoever is one too many."""
TOGETHER = 120
"""Seconds within which the machines of a lab start, on a busy machine."""


def with_desktop(lab):
    """Return the logins of those who have a session on ts1 now."""
    ts1 = lab.host("ts1")
    return sorted({row.user for row in owners(ts1)} & PASSWORDS.keys())


def owners(ts1):
    """Return the X servers of desktops, with the logins of the people whose they are."""
    logins = {ts1.file(f"/home/{login}").uid: login for login in PASSWORDS if ts1.file(f"/home/{login}").exists}
    for row in ts1.process.filter(comm="Xorg"):
        if row.state != "Z" and row.uid in logins:
            yield Seat(row, logins[row.uid])


class Seat:
    """A desktop that is open: its X server, and whose it is."""

    def __init__(self, server, user):
        self.server, self.user = server, user


@contextlib.contextmanager
def somebody_at_work(lab, besides):
    """Have somebody come before a person, for as long as a ``with`` lasts, where nobody else has a desktop now."""
    if set(with_desktop(lab)) - {besides}:
        yield
        return
    first = next(login for login in PASSWORDS if login not in (besides, AT_WORK, ABSENT))
    answer = asked(lab, first)
    try:
        assert answer.startswith("ok "), reason(
            fr=f"personne n'a de bureau, et à {first}, ts1 répond « {answer} »",
            en=f"nobody has a desktop, and ts1 answers {first} '{answer}'",
        )
        yield
    finally:
        end_session(lab, first)


def begun_with(lab, login):
    """Return what the session of a person was told at its beginning of how long it may live."""
    read = "tr '\\0' '\\n' <\"/proc/$(pgrep -o -u $(id -u) -x Xorg)/environ\""
    told = lab.host("ts1").run("runuser -u %s -- sh -c %s", login, read).stdout
    return dict(line.partition("=")[::2] for line in lines_in(told) if line.startswith("XRDP_SESMAN_"))


def assert_closed_in_time(lab, login):
    """The session of a person would be closed a minute after its terminal is switched off."""
    told = begun_with(lab, login)
    kept = told.get("XRDP_SESMAN_KILL_DISCONNECTED") != HELD["XRDP_SESMAN_KILL_DISCONNECTED"]
    assert not kept, reason(
        fr=f"la session {of(login)} ne se fermerait jamais, terminal éteint : {login} reste connecté",
        en=f"the session of {login} would never be closed, with the terminal off: {login} is still logged in",
    )
    seconds = told.get("XRDP_SESMAN_MAX_DISC_TIME", "?")
    assert seconds == HELD["XRDP_SESMAN_MAX_DISC_TIME"], reason(
        fr=f"la session {of(login)} se fermerait {seconds} s après l'extinction du terminal, et non 60",
        en=f"the session of {login} would be closed {seconds} s after the terminal is switched off, and not 60",
    )


@check(
    "symptom",
    points=3,
    competence="3.2",
    fr="Le bureau {{ user | de }} s'ouvre sur term2, avec ses documents et ses réglages.",
    en="The desktop of {{ user }} opens on term2, with documents and settings.",
    before_fr="{{ user }} n'obtient pas de bureau sur term2.",
    before_en="{{ user }} gets no desktop on term2.",
    host="ts1",
    timeout=300,
    because="Max session limit reached|No X displays are available",
    lock="seats",
)
def test_late_comer_works(lab):
    with somebody_at_work(lab, besides=login_of(lab)):
        assert_usable(lab, "term2", login_of(lab))


@check(
    "symptom",
    points=3,
    competence="3.2",
    fr="{{ seats }} bureaux à la fois, pas un de plus, et un bureau quitté se ferme au bout d'une minute.",
    en="{{ seats }} desktops at a time, not one more, and a desktop that was left is closed after a minute.",
    before_fr="La note affichée à l'accueil n'est pas respectée : le serveur refuse trop tôt du monde.",
    before_en="The note in reception is not kept: the server turns people away too soon.",
    host="ts1",
    timeout=300,
    because="still logged in|Max session limit reached|No X displays are available",
    lock="seats",
)
def test_rule_is_kept(lab):
    seats = int(lab.values["seats"])
    before = with_desktop(lab)
    for login in before:
        if login != AT_WORK:  # hers began under the settings of then, and somebody sits before it
            assert_closed_in_time(lab, login)
    waiting = sorted(PASSWORDS.keys() - set(before))
    assert len(before) < seats, reason(
        fr=f"plus une place : des bureaux sont ouverts pour {', '.join(before)}",
        en=f"no place left: desktops are open for {', '.join(before)}",
    )
    come, late = waiting[: seats - len(before)], waiting[seats - len(before)]
    try:
        for login in come:
            answer = asked(lab, login)
            assert answer.startswith("ok "), reason(
                fr=f"{login} serait au bureau numéro {len(before) + come.index(login) + 1} sur {seats}, et ts1 répond "
                f"« {answer} »",
                en=f"{login} would have desktop number {len(before) + come.index(login) + 1} of {seats}, and ts1 "
                f"answers '{answer}'",
            )
        concurrently(lambda login: assert_closed_in_time(lab, login), come)
        refused = login_answer(lab, late, PASSWORDS[late])
        assert refused == ROOM, reason(
            fr=f"{seats} bureaux sont ouverts, et {late}, de trop, n'est pas refusé pour cela : {refused}",
            en=f"{seats} desktops are open, and {late}, one too many, is not refused for that: {refused}",
        )
    finally:
        concurrently(lambda login: end_session(lab, login), come)


def asked(lab, login):
    """Ask for a desktop without a terminal, and return the answer; it stays open."""
    command = ["xrdp-sesrun", "-t", "Xorg", "-p", PASSWORDS[login], login]
    told = lab.client("ts1").run(["sh", "-c", 'exec "$@" </dev/null 2>&1', "ask", *command], timeout=2 * SOON).stdout
    return (lines_in(told.strip()) or ["?"])[0]


def began_at(row):
    """Return when a process began, in seconds since 1970."""
    return dt.datetime.strptime(row.lstart, "%a %b %d %H:%M:%S %Y").astimezone().timestamp()


def nobody_sat_there(lab):
    """Return whether no desktop was open on her terminal since the machines were started, all of them together."""
    if lab.host(HER_SCREEN).file("/run/bureau/client.log").exists:
        return False
    began = [began_at(lab.host(name).process.get(pid=1)) for name in ("home1", "srv1", "ldap1", "ts1", HER_SCREEN)]
    return max(began[3:]) - min(began) <= TOGETHER


def turned_away(lab, since):
    """Return when, in seconds since 1970, ts1 first turned the author away after a time, or None."""
    words = f"Can't create session for user {login_of(lab)}"
    told = lab.host("ts1").run("journalctl --quiet --no-pager --identifier=xrdp --output=short-unix").stdout
    times = (float(line.split()[0]) for line in lines_in(told) if words in line)
    return next((time for time in times if time >= since), None)


@check(
    "guard",
    points=2,
    competence="3.2",
    fr="Clémence Roux travaille toujours sur term1, dans la même session, avec sa lettre à l'écran.",
    en="Clémence Roux is still at work on term1, in the same session, with her letter on the screen.",
    host="ts1",
    timeout=60,
    lock="",
)
def test_nobody_is_thrown_out(lab):
    if nobody_sat_there(lab):
        return
    ts1, terminal = lab.host("ts1"), lab.host(HER_SCREEN).service("bureau")
    assert terminal.is_running, reason(
        fr="le client léger de Clémence Roux s'est éteint", en="the terminal of Clémence Roux went off"
    )
    hers = [seat.server for seat in owners(ts1) if seat.user == AT_WORK]
    assert hers, reason(
        fr="Clémence Roux n'a plus de bureau : sa lettre est perdue",
        en="Clémence Roux has no desktop any more: her letter is lost",
    )
    editor = [row for row in ts1.process.filter(comm="xfw", uid=hers[0].uid) if LETTER in row.args]
    assert editor, reason(
        fr="la lettre de Clémence Roux n'est plus ouverte", en="the letter of Clémence Roux is no longer open"
    )
    since = turned_away(lab, terminal.systemd_property("Unit.ActiveEnterTimestamp") / MICRO)
    young = since is None or [row for row in (*hers, *editor) if began_at(row) > since + 1]
    assert not young, reason(
        fr="Clémence Roux a dû rouvrir sa session : ce qu'elle écrivait est perdu",
        en="Clémence Roux had to log in again: what she was writing is lost",
    )


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Ce que Thomas Garnier a enregistré avant de partir l'attend : sur home1, ou dans son bureau encore ouvert.",
    en="What Thomas Garnier saved before he left waits for him: on home1, or in his desktop while it is still open.",
    host="home1",
    timeout=90,
    lock="",
)
def test_work_of_the_absent_is_kept(lab):
    def kept():
        if nobody_sat_there(lab):
            return True
        there = lab.host("home1").file(f"/srv/profils/{ABSENT}/Documents/{SAVED}").exists
        still = ABSENT in with_desktop(lab) and lab.host("ts1").file(f"/home/{ABSENT}/Documents/{SAVED}").exists
        assert there or still, reason(
            fr=f"{SAVED}, de Thomas Garnier, n'est pas revenu sur home1 : la prochaine session l'efface",
            en=f"{SAVED} of Thomas Garnier has not come back to home1: the next session erases it",
        )
        return True

    lab.wait(kept, within=5, every=0.5)


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Chacun retrouve sa session s'il revient à temps, et n'en a qu'une ; root n'a pas de bureau.",
    en="People who come back in time find their session again, and have only one; root gets no desktop.",
    host="ts1",
    lock="",
)
def test_other_settings_are_kept(lab):
    told = lab.host("ts1").file("/etc/xrdp/sesman.ini").content_string
    for key, wanted in {"AllowRootLogin": "false", "Policy": "Default", "IdleTimeLimit": "0"}.items():
        found = re.findall(rf"^\s*{key}\s*=\s*(\S+)", told, re.MULTILINE)
        assert found == [wanted], reason(
            fr=f"sesman.ini : {key} vaut {', '.join(found) or 'rien'}, et non {wanted}",
            en=f"sesman.ini: {key} is {', '.join(found) or 'nothing'}, and not {wanted}",
        )
