"""Does the door have everybody who is invited, and does the server see to it every morning?"""

import random
import secrets
from datetime import datetime, timedelta

from grader import check, lines_in, play_cron, reason
from lab_tools import SHARES, as_user, listed, said

FOLDER = f"{SHARES}/billetterie"
INVITATIONS = f"{FOLDER}/invitations.csv"
LIST = f"{FOLDER}/liste-des-invites.txt"
OWNER = "billetterie"
LONG_INVITED = (
    "Okonkwo, Ifeanyi;2;presse",
    "Vauquelin, Rose;1;presse",
    "Delmotte, Hippolyte;2;mairie",
    "Sarkissian, Anouk;2;compagnie",
    "Nguyen, Bao;1;compagnie",
    "Pastor, Inès;4;lycée Jean-Moulin",
    "Brunet, Fantine;2;mécène",
    "Haddad, Nour;2;mécène",
    "Lindqvist, Elsa;1;tournée",
)
"""Who was written down before anything went wrong."""
_SUNDAY = 6


def entries(invitations):
    """Return the lines of the list that a text of invitations comes to."""
    rows = [row.split(";") for row in lines_in(invitations) if row.count(";") == 2]
    return {
        f"{name} : {seats} place{'s' if int(seats) > 1 else ''} ({by})" for name, seats, by in rows if seats.isdigit()
    }


def on_the_list(text):
    """Return the guests' lines of a list."""
    return {line.strip() for line in lines_in(text) if " : " in line and " place" in line}


@check(
    "symptom",
    points=3,
    competence="2.3",
    fr="La liste que la billetterie sort pour la porte porte tous les invités, et personne d'autre.",
    en="The list that the box office takes to the door has every guest on it, and nobody else.",
    before_fr="À la porte, des invités ne sont pas sur la liste.",
    before_en="At the door some guests are not on the list.",
    because="is not on the list",
    host="pc1",
    lock="list",
)
def test_list(lab):
    done = as_user(lab, "pc1", "partage -c 'get liste-des-invites.txt -'")
    opens = done.rc == 0 and "NT_STATUS" not in done.stdout + done.stderr
    assert opens, reason(
        fr=f"pc1 : la liste ne s'ouvre pas : {said(done)}", en=f"pc1: the list does not open: {said(done)}"
    )
    shown = on_the_list(done.stdout)
    wanted = entries(lab.host("srv1").file(INVITATIONS).content_string)
    missing, strangers = sorted(wanted - shown), sorted(shown - wanted)
    assert not missing, reason(
        fr=f"pc1 : « {missing[0]} » n'est pas sur la liste", en=f'pc1: "{missing[0]}" is not on the list'
    )
    assert not strangers, reason(
        fr=f"pc1 : « {strangers[0]} » est sur la liste, sans invitation",
        en=f'pc1: "{strangers[0]}" is on the list without an invitation',
    )


def mornings(lab):
    """Yield a Sunday and another day, each of another month, at the list's hour."""
    hour, minute = int(lab.values["hour"]), int(lab.values["minute"])
    start = datetime.now().replace(hour=hour, minute=minute, second=0, microsecond=0)  # noqa: DTZ005 - of no zone
    sunday = start + timedelta(days=40 + random.randrange(7 * 20))
    sunday += timedelta(days=(_SUNDAY - sunday.weekday()) % 7)
    yield sunday
    yield sunday + timedelta(days=31 + random.randrange(1, 6))


def own_timers(lab):
    """Return the administrator's own timers of systemd: those that run, and come again after a boot."""
    srv1 = lab.host("srv1")
    found = srv1.run("find /etc/systemd/system -name '*.timer' -type f -printf '%f\\n'")
    timers = [srv1.service(name) for name in lines_in(found.stdout)]
    return [
        timer
        for timer in timers
        if timer.systemd_property("Unit.ActiveState") == "active" and timer.systemd_property("Unit.WantedBy")
    ]


def strikes(lab, timer, morning):
    """Return whether one of a timer's calendar expressions comes at a minute."""
    for _, expression, _ in timer.systemd_property("Timer.TimersCalendar"):
        at = f"--base-time={morning - timedelta(seconds=1):%Y-%m-%d %H:%M:%S}"
        said = lab.host("srv1").run("env LC_ALL=C systemd-analyze calendar %s -- %s", at, expression).stdout
        if f"{morning:%Y-%m-%d %H:%M:%S}" in said:
            return True
    return False


def started_by_a_timer(lab, morning):
    """Have the timers do what they will do at a minute; return the units in the account's name that they started."""
    srv1 = lab.host("srv1")
    units = [timer.systemd_property("Timer.Unit") for timer in own_timers(lab) if strikes(lab, timer, morning)]
    of_the_account = [unit for unit in units if srv1.service(unit).systemd_property("Service.User") == OWNER]
    for unit in of_the_account:
        srv1.run("timeout 60 systemctl start --wait -- %s", unit)
    return of_the_account


def assert_does_not_expire(lab, morning):
    """The account may still work on a day; a timer of systemd would not ask."""
    entry = next(line for line in lines_in(lab.host("srv1").file("/etc/shadow").content_string) if OWNER in line)
    until = entry.split(":")[7]
    assert not until or int(until) * 86400 > morning.timestamp(), reason(
        fr=f"srv1 : le compte {OWNER} a expiré, et la liste n'est pas refaite en son nom",
        en=f"srv1: the account {OWNER} has expired, and the list is not made again in its name",
    )


def assert_is_made_at(lab, morning):
    """At an hour, cron or a timer has the account make the list: somebody written down just before is on it."""
    srv1, guest = lab.host("srv1"), f"Essai-{secrets.token_hex(4)}, Camille"
    kept = f"/run/{guest.partition(',')[0]}"
    copies = "install -d -m 700 %s && cp -p %s %s %s/"
    srv1.run(copies, kept, INVITATIONS, LIST, kept)
    try:
        srv1.run("sh -c %s", f"echo '{guest};2;essai' >>{INVITATIONS}")
        played = play_cron(srv1, morning)
        made = srv1.file(LIST)
        by_a_timer = [] if made.exists and guest in made.content_string else started_by_a_timer(lab, morning)
        text = made.content_string if made.exists else ""
        owner, mode = (made.user, made.mode) if made.exists else ("", 0)
    finally:
        srv1.run("cp -p %s/invitations.csv %s", kept, INVITATIONS)
        srv1.run("rm -f %s", LIST)
        srv1.run("cp -p %s/liste-des-invites.txt %s", kept, LIST)
        srv1.run("rm -rf %s", kept)
    jobs = listed([f"{one.user} : {one.command[:60]} → {one.status}" for one in played.jobs])
    when_fr, when_en = f"le {morning:%d/%m à %H:%M}", f"on {morning:%d/%m at %H:%M}"
    if by_a_timer:
        assert_does_not_expire(lab, morning)
    assert played.struck or by_a_timer, reason(
        fr=f"srv1, {when_fr} : cron ne fait rien : {listed(played.said[-3:])}",
        en=f"srv1, {when_en}: cron does nothing: {listed(played.said[-3:])}",
    )
    assert guest in text, reason(
        fr=f"srv1, {when_fr} : la liste n'est pas refaite ; cron a lancé : {jobs}",
        en=f"srv1, {when_en}: the list is not made again; cron started: {jobs}",
    )
    assert by_a_timer or any(one.user == OWNER and one.status == 0 for one in played.jobs), reason(
        fr=f"srv1, {when_fr} : ce n'est pas cron, au nom de {OWNER}, qui refait la liste ; il a lancé : {jobs}",
        en=f"srv1, {when_en}: it is not cron, in the name of {OWNER}, that makes the list; it started: {jobs}",
    )
    alone = owner == OWNER and not mode & 0o007
    assert alone, reason(
        fr=f"srv1, {when_fr} : la liste est à {owner or 'personne'}, droits {mode:04o}",
        en=f"srv1, {when_en}: the list belongs to {owner or 'nobody'}, mode {mode:04o}",
    )


@check(
    "objective",
    points=4,
    competence="2.3",
    fr="Chaque matin à {{ hour }} h {{ minute }}, le serveur refait la liste, sans personne.",
    en="Every morning at {{ hour }}:{{ minute }} the server makes the list again, without anybody.",
    before_fr="Demain matin, la liste serait toujours la même.",
    before_en="Tomorrow morning the list would still be the same.",
    because="the list is not made again",
    host="srv1",
    lock="list",
    timeout=420,
)
def test_every_morning(lab):
    cron = lab.host("srv1").service("cron")
    stays = cron.is_running and cron.is_enabled
    assert stays, reason(
        fr="srv1 : cron ne tourne pas, ou ne démarre pas avec la machine",
        en="srv1: cron does not run, or does not start with the machine",
    )
    assert cron.is_genuine, reason(
        fr="srv1 : ce cron n'est pas celui du système", en="srv1: this cron is not the system's"
    )
    for morning in mornings(lab):
        assert_is_made_at(lab, morning)


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Les invitations notées sont toutes là, et la liste n'est lue que de la billetterie.",
    en="The invitations that were written down are all there, and nobody but the box office reads the list.",
    host="srv1",
    lock="list",
)
def test_nothing_lost(lab):
    srv1 = lab.host("srv1")
    written = set(lines_in(srv1.file(INVITATIONS).content_string))
    lost = [line for line in LONG_INVITED if line not in written]
    assert not lost, reason(fr=f"{INVITATIONS} a perdu : {listed(lost)}", en=f"{INVITATIONS} has lost: {listed(lost)}")
    for path in (INVITATIONS, LIST):
        file = srv1.file(path)
        alone = file.exists and file.user == OWNER and not file.mode & 0o007
        assert alone, reason(
            fr=f"{path} n'est plus à {OWNER} seul, ou s'ouvre à tous",
            en=f"{path} is no longer {OWNER}'s alone, or is open to all",
        )
