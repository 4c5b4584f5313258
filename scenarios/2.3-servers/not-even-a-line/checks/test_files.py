"""Can people make files again, will it stay so, and has nobody lost anything?"""

import re
import secrets
from datetime import UTC, datetime, timedelta

from grader import check, concurrently, lines_in, reason, scaled_timeout
from lab_tools import (
    PEOPLE,
    SERVER,
    asked,
    assert_archives_are_whole,
    assert_lasts,
    assert_limit_is_as_agreed,
    assert_limits_hold,
    assert_nothing_is_gone,
    assert_saves,
)

COLLEAGUES = {
    "mkerbrat": "ibenhaddou",
    "ibenhaddou": "mkerbrat",
    "twolski": "nferhat",
    "nferhat": "twolski",
    "glenoir": "nferhat",
}
"""Who sits beside whom."""
READER = "omarchetti"
"""Who reads the readings."""
HOURS, KEPT = 6, 30
"""A reading is made every so many hours, and kept for so many days."""
BOOKS = 60
OWNER = {"folder": ("1203", "1101"), "terrain": "1101", "dessin": "1102", "accueil": "1103"}
PLACES = ("/etc/systemd/system", "/usr/local/lib/systemd/system")
"""Where units lie that are not a package's."""


# What has been seen of the volume ---------------------------------------------------------------------------


def rows(answer):
    """Return name -> (mode, uid, gid, size) of what a folder holds, as debugfs tells it."""
    found = (line.split("/") for line in lines_in(answer) if line.startswith("/") and line.count("/") >= 7)
    return {row[5]: (row[2], row[3], row[4], int(row[6] or 0)) for row in found}


def made(lab, volume):
    """Return when a volume's file system was made."""
    head = asked(lab, volume, "show_super_stats -h")["show_super_stats -h"]
    told = re.search(r"^Filesystem created: +(.+)$", head, re.MULTILINE)
    return datetime.strptime(told[1].strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)


def made_again(lab):
    """Return when the volume of files was made again; nothing while it is as it came, together with the archives."""
    files, archives = made(lab, "dossiers"), made(lab, "archives")
    return files if abs(files - archives) > timedelta(minutes=2) else None


def book(number):
    """Return what a field book holds."""
    lines = ["station;point;hz;v;distance"]
    for point in range(1, 21):
        hz = (number * 371993 + point * 192731) % 4000000
        v = 980000 + (number * 7919 + point * 3571) % 40000
        far = 5000 + (number * 10007 + point * 8111) % 180000
        angles = f"{hz // 10000:03d}.{hz % 10000:04d};{v // 10000:03d}.{v % 10000:04d}"
        lines.append(f"ST{number:02d};P{point:03d};{angles};{far // 1000}.{far % 1000:03d}")
    return "\n".join(lines) + "\n"


# A night on hv1 ---------------------------------------------------------------------------------------------


def started_by_timers(lab):
    """Return the units that hv1's own timers start, those that run and come again after a boot."""
    hv1 = lab.host("hv1")
    trees = [hv1.file(place).tree() for place in PLACES if hv1.file(place).exists]
    names = sorted({row.path.rpartition("/")[2] for tree in trees for row in tree if row.path.endswith(".timer")})

    def starts(name):
        timer = hv1.service(name)
        if not timer.exists or timer.systemd_property("Unit.LoadState") != "loaded":
            return ""
        packaged = timer.systemd_property("Unit.FragmentPath").startswith("/usr/lib/")
        runs = timer.systemd_property("Unit.ActiveState") == "active" and timer.systemd_property("Unit.WantedBy")
        return timer.systemd_property("Timer.Unit") if runs and not packaged else ""

    return [unit for unit in concurrently(starts, names) if unit]


def night(lab):
    """Have hv1's timers do their work, as in a day and a night."""
    units = started_by_timers(lab)
    if units:
        lab.host("hv1").run("timeout 100 systemctl start -- " + " ".join(["%s"] * len(units)), *units)


def on_fichiers(lab, lines):
    """Have the machine's root do something."""
    return lab.host("hv1").run("timeout 60 ssh -n -o BatchMode=yes -o ConnectTimeout=5 fichiers %s", lines)


def inodes(lab):
    """Return how many inodes the volume of files has, and how many of them are free."""
    told = asked(lab, "dossiers", "show_super_stats")["show_super_stats"]
    every = int(re.search(r"^Inode count: +(\d+)$", told, re.MULTILINE)[1])
    return every, sum(map(int, re.findall(r"(\d+) free inodes", told)))


def assert_takes_files(lab):
    """A file fits: without room a night shows nothing, and must not be played."""
    assert inodes(lab)[1] > len(PEOPLE), reason(
        fr="rien ne s'ajoute au volume, pas plus un relevé qu'un fichier",
        en="nothing can be added to the volume, a reading no more than a file",
    )


# The checks -------------------------------------------------------------------------------------------------


@check(
    "symptom",
    points=3,
    competence="2.3",
    fr="{{ who }} enregistre un nouveau fichier dans son dossier.",
    en="{{ who }} saves a new file in their folder.",
    before_fr="Qui a appelé ne peut enregistrer aucun fichier.",
    before_en="Whoever called cannot save a single file.",
    because="cannot save",
    host="pc2",
    lock="server",
    timeout=150,
)
def test_caller_saves(lab):
    assert_saves(lab, lab.values["who"])


@check(
    "objective",
    points=3,
    competence="2.3",
    fr="La moitié au moins des inodes du volume dossiers est libre.",
    en="Half of the inodes of the volume dossiers at least are free.",
    before_fr="Le serveur n'a pas de quoi tenir jusqu'au printemps.",
    before_en="The server has not got what it takes to last until spring.",
    because="inodes are free",
    host="hv1",
    lock="server",
    timeout=60,
)
def test_room(lab):
    every, free = inodes(lab)
    assert free * 2 >= every, reason(
        fr=f"{free} inodes sont libres sur {every} : la moitié doit l'être",
        en=f"{free} of {every} inodes are free: half of them have to be",
    )


_SEEDS = r"""
set -e
install -d -g accueil -m 2750 "{top}" "{top}/{login}"
cd "{top}/{login}"
for days in {days}; do
  name=$(date -u -d "$days days ago" +%Y-%m-%dT)01.csv
  echo "$days" >"$name"
  touch -d "$days days ago" "$name"
  echo "$name"
done
"""
_READ = ("curl", "-q", "-sS", "--insecure", "--noproxy", "*")


def read_by_reception(lab, folder, hours):
    """Return what reception sees by SFTP: the names in a folder, and what the readings of some hours hold."""
    base = f"sftp://{SERVER}/{folder}/"
    login = ("--max-time", str(scaled_timeout(30)), "--user", f"{READER}:{PEOPLE[READER][1]}", "--list-only")
    done = lab.probe("lan").run((*_READ, *login, base, *(f"{base}{hour}.csv" for hour in hours)), timeout=60)
    lines = [line.strip() for line in lines_in(done.stdout)]
    return {line for line in lines if line.endswith(".csv")}, [line for line in lines if ";" in line]


@check(
    "objective",
    points=6,
    competence="2.3",
    fr="Chaque heure dite, l'accueil a son relevé dans /{{ folder }} ; ce qui a plus de 30 jours s'en va de soi-même.",
    en="Reception gets each reading in /{{ folder }} at its hour, and what is older than 30 days leaves by itself.",
    before_fr="L'accueil ne reçoit plus ses relevés, et la panne peut revenir au printemps.",
    before_en="Reception no longer gets its readings, and the trouble may be back in spring.",
    because="nothing can be added",
    host="hv1",
    lock="server",
    timeout=150,
)
def test_readings(lab):
    assert_takes_files(lab)
    login = secrets.choice(["glenoir", "lortega", "mkerbrat"])
    folder, top = f"{lab.values['folder']}/{login}", f"/srv/dossiers/{lab.values['folder']}"
    done = on_fichiers(lab, _SEEDS.format(top=top, login=login, days="410 38 21"))
    names = lines_in(done.stdout)
    assert (done.rc, len(names)) == (0, 3), reason(
        fr=f"hv1 ne peut pas ajouter de relevés d'essai dans {top}", en=f"hv1 cannot add readings to try in {top}"
    )
    *old, young = names
    begin = datetime.now(UTC)
    try:
        night(lab)
        hours = sorted({f"{at:%Y-%m-%dT%H}" for at in (begin, datetime.now(UTC))})
        held, lines = read_by_reception(lab, folder, hours)
    finally:
        on_fichiers(lab, f"cd {top}/{login} && rm -f {' '.join(names)}")
    times = re.findall(rf"^(\d+-\d+-\d+;\d+:\d+);{login};\d+;\d+$", "\n".join(lines), re.MULTILINE)
    fresh = [
        datetime.strptime(one, "%Y-%m-%d;%H:%M").replace(tzinfo=UTC) >= begin - timedelta(minutes=5) for one in times
    ]
    assert any(fresh), reason(
        fr=f"{READER} ne trouve pas, dans /{folder}, le relevé que hv1 devait faire à l'instant",
        en=f"{READER} does not find, in /{folder}, the reading that hv1 was to make just now",
    )
    still = [name for name in old if name in held]
    assert not still, reason(
        fr=f"une nuit de hv1 a passé, et /{folder}/{still[0]} est encore là",
        en=f"a night on hv1 has passed, and /{folder}/{still[0]} is still there",
    )
    assert young in held, reason(
        fr=f"une nuit de hv1 a passé, et /{folder}/{young} n'est plus là : il avait 21 jours",
        en=f"a night on hv1 has passed, and /{folder}/{young} is gone: it was 21 days old",
    )


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Les relevés des derniers jours sont tous là.",
    en="The readings of the last days are all there.",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_last_month(lab):
    since = made_again(lab)
    if since is None:
        return
    top, now = f"/{lab.values['folder']}", datetime.now(UTC)
    questions = {login: f"ls -p {top}/{login}" for login in PEOPLE}
    told = asked(lab, "dossiers", *questions.values())
    slot = since.replace(hour=since.hour // HOURS * HOURS, minute=0, second=0) - timedelta(hours=HOURS)
    while slot > now - timedelta(days=KEPT - 1):
        name = f"{slot:%Y-%m-%dT%H}.csv"
        lost = [login for login, question in questions.items() if rows(told[question]).get(name, (0, 0, 0, 0))[3] < 20]
        assert not lost, reason(
            fr=f"{top}/{lost[0]}/{name} n'est plus là, ou est vide",
            en=f"{top}/{lost[0]}/{name} is gone, or empty",
        )
        slot -= timedelta(hours=HOURS)


@check(
    "guard",
    points=3,
    competence="2.3",
    fr="Aucun dossier ne manque, ni carnets de terrain ni archives, et chacun est à son propriétaire.",
    en="No file is missing, neither field books nor archives, and everything belongs to its owner.",
    host="hv1",
    lock="disks",
    timeout=90,
)
def test_files(lab):
    assert_nothing_is_gone(lab)
    assert_archives_are_whole(lab)
    places = {f"/{department}": [login for login in PEOPLE if PEOPLE[login][0] == department] for department in
              ("terrain", "dessin", "accueil")}  # fmt: skip
    told = asked(lab, "dossiers", *(f"ls -p {place}" for place in places))
    for place, logins in places.items():
        held = rows(told[f"ls -p {place}"])
        wrong = [name for name in (".", *logins) if held.get(name, ("", "", ""))[:3:2] != ("042770", OWNER[place[1:]])]
        assert not wrong, reason(
            fr=f"{place}/{wrong[0]} n'a plus les mêmes droits",
            en=f"{place}/{wrong[0]} no longer has the same rights",
        )
    if made_again(lab) is None:
        return
    folder = f"/terrain/svasseur/{lab.values['site']}"
    numbers = secrets.SystemRandom().sample(range(1, BOOKS + 1), 8)
    asking = {number: f"cat {folder}/carnet-{number:02d}.csv" for number in numbers}
    told = asked(lab, "dossiers", f"ls -p {folder}", *asking.values())
    held = rows(told[f"ls -p {folder}"])
    for number in range(1, BOOKS + 1):
        name = f"carnet-{number:02d}.csv"
        _, *owner, size = held.get(name, ("", "", "", -1))
        text = told[asking[number]] if number in asking else book(number)
        whole = size == len(book(number)) and text.strip() == book(number).strip()
        assert whole, reason(fr=f"{folder}/{name} n'est plus entier", en=f"{folder}/{name} is not whole any longer")
        assert tuple(owner) == OWNER["folder"], reason(
            fr=f"{folder}/{name} n'est plus à svasseur", en=f"{folder}/{name} is no longer svasseur's"
        )


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Chacun a toujours l'espace convenu, et qui l'a épuisé est refusé.",
    en="Everybody still has the space that is agreed, and whoever has used it up is refused.",
    host="pc2",
    lock="server",
    timeout=120,
)
def test_limits(lab):
    assert_limit_is_as_agreed(lab, *PEOPLE)
    assert_limits_hold(lab)


@check(
    "objective",
    points=2,
    competence="2.3",
    fr="À la table voisine aussi, on enregistre dans le volume dossiers, que le prochain démarrage monte pareil.",
    en="At the next table too, files are saved in the volume dossiers, and the next start mounts it the same.",
    before_fr="À la table voisine, rien de neuf ne s'enregistre non plus.",
    before_en="At the next table nothing new can be saved either.",
    because="cannot save",
    host="hv1",
    lock="server",
    timeout=120,
)
def test_lasts(lab):
    assert_lasts(lab, COLLEAGUES[lab.values["who"]])
