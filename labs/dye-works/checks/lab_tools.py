"""The dye works' punch clock: the hour that it gives, and what its next start will do, read from outside.

The machine is never asked about itself: its root is the trainee. Its clock is read in what it serves (a page, NTP), its
settings on its disk's image. The hour that counts is the grader's, which every host of the lab shares.
"""

import base64
import calendar
import contextlib
import json
import re
import time
from dataclasses import dataclass, field

from grader import ask_ntp, chrony_directives, chrony_serves, lines_in, reason, scaled_timeout

CLOCK, SERVER = "192.168.100.21", "192.168.100.5"
"""The punch clock, the time server."""
_CARD = "52:54:00:5a:a0:21"
"""The punch clock's network card: what answers for its address must be it."""
TEST_BADGE = "999"
"""The technician's badge, which counts for nobody's hours."""
RIGHT = 30.0
"""Seconds by which a right clock may be off: payroll counts minutes; one set by hand on a busy machine comes late."""
_BOOT, _SYNC = 60, 15
"""Seconds until the machine must answer after a start, and then until it must have its server's hour."""
_CONSOLE = "/var/log/pointeuse/console.log"
_NO_ANSWER = reason(fr="pointeuse ne répond pas", en="pointeuse does not answer")


# Over the network -------------------------------------------------------------------------------------------


def _assert_the_machines(card):
    assert card == _CARD, reason(
        fr=f"{CLOCK} est tenue par {card or 'personne'}, et non par la carte de pointeuse",
        en=f"{CLOCK} is held by {card or 'nobody'}, not by the card of pointeuse",
    )


def _has_started(console):
    """Return whether the machine has come to the end of its boot, as its serial console tells."""
    said = console.content_string if console.exists else ""
    return said.rfind("pointeuse: started, ") > max(map(said.rfind, ("SeaBIOS", "pointeuse: stopping")))


def page(lab, path):
    """Return a page of the punch clock as pc2 gets it; it may still be booting, and must be the machine itself."""
    pc2, hv1 = lab.client("pc2"), lab.host("hv1")
    service, console = hv1.service("pointeuse"), hv1.file(_CONSOLE)
    url = f"http://pointeuse.{lab.domain}{path}"

    def answers():
        answer = pc2.http_get(url, timeout=3.0)
        return answer if answer.status else None

    def in_vain():
        if not service.is_running:
            return reason(fr="la machine est éteinte", en="the machine is off")
        if _has_started(console):
            return reason(fr="la machine a démarré, sa page non", en="the machine has started, its page has not")
        return ""

    got = lab.wait(answers, within=_BOOT, every=0.5, what=_NO_ANSWER, unless=in_vain)
    assert got.status == 200, reason(fr=f"pc2 : {url} répond {got.status}", en=f"pc2: {url} answers {got.status}")
    assert got.peer == CLOCK, reason(
        fr=f"pc2 : {url} est servie par {got.peer}, et non par pointeuse",
        en=f"pc2: {url} is served by {got.peer}, not by pointeuse",
    )
    neighbours = json.loads(pc2.ask(("ip", "-json", "neighbour", "show", CLOCK)).stdout or "[]")
    _assert_the_machines(" ".join(sorted({one["lladdr"] for one in neighbours if "lladdr" in one})))
    return got


def _ahead_of_utc(now):
    """Return by how many seconds the hour of Paris is ahead of UTC: summer time is the European Union's."""
    year = time.gmtime(now).tm_year
    starts, ends = (
        calendar.timegm(
            (year, month, max(week[calendar.SUNDAY] for week in calendar.monthcalendar(year, month)), 1, 0, 0)
        )
        for month in (3, 10)
    )
    return 7200 if starts <= now < ends else 3600


def _minutes(seconds):
    """Return how far a clock is off, in words of both languages."""
    if abs(seconds) < 90:
        return f"{abs(seconds):.0f} s"
    return f"{abs(seconds) / 60:.0f} min"


def assert_punches_with_the_right_hour(lab):
    """Whoever punches on pc2 is noted with the hour that it is."""
    page(lab, "/")  # what was just started has to have its hour first
    _settled(lab)
    before = time.time()
    body = page(lab, f"/cgi-bin/pointer?badge={TEST_BADGE}").body
    after = time.time()
    noted = re.search(rf"badge {TEST_BADGE} : (\d{{4}})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\s*$", body)
    assert noted, reason(fr="pc2 : le pointage n'est pas noté", en="pc2: the punch is not noted")
    then = calendar.timegm(tuple(int(part) for part in noted.groups())) - _ahead_of_utc(before)
    off = max(0.0, then - after) or min(0.0, then + 1 - before)
    assert abs(off) <= RIGHT, reason(
        fr=f"pc2 : un pointage est noté avec {_minutes(off)} {'d’avance' if off > 0 else 'de retard'} sur l'heure",
        en=f"pc2: a punch is noted {_minutes(off)} {'ahead of' if off > 0 else 'behind'} the right hour",
    )
    last = page(lab, "/registre.csv").body
    assert f"{'-'.join(noted.groups()[:3])} {':'.join(noted.groups()[3:])};{TEST_BADGE}" in lines_in(last), reason(
        fr="le pointage n'est pas dans le registre", en="the punch is not in the register"
    )


def _settled(lab):
    """Return what the punch clock answers to NTP; one that has just booted gets the time to find its server's hour."""
    seen = []
    console, heure1 = lab.host("hv1").file(_CONSOLE), lab.host("heure1")

    def settled():
        seen[:] = [ask_ntp(lab.probe("lan"), CLOCK)]
        return seen[0].synchronised

    def in_vain():
        """It boots its time service before its page; and what a server denies does not come."""
        if not seen[0].answered:
            return "no time service"
        if not heure1.service("chrony").is_running or not server_serves(lab, CLOCK):
            return "denied"
        age = time.time() - console.mtime.timestamp() if console.exists else _SYNC
        return "booted" if age >= scaled_timeout(_SYNC) else ""

    with contextlib.suppress(AssertionError):  # what was seen last says it better
        lab.wait(settled, within=_BOOT, every=0.7, unless=in_vain)
    if seen[0].answered:
        _assert_the_machines(seen[0].card)
    return seen[0]


def _silent(hour):
    """Say why an answer to NTP gives no hour."""
    if not hour.answered:
        return reason(
            fr="pointeuse ne donne pas l'heure aux horloges murales : pas de réponse",
            en="pointeuse does not give the wall clocks the hour: no answer",
        )
    return reason(
        fr="pointeuse ne donne pas l'heure aux horloges murales : elle dit ne pas la savoir",
        en="pointeuse does not give the wall clocks the hour: it says that it does not know it",
    )


def assert_wall_clocks_are_right(lab):
    """The punch clock gives the wall clocks the hour that it is."""
    page(lab, "/")
    hour = _settled(lab)
    assert hour.synchronised, _silent(hour)
    assert abs(hour.ahead) <= RIGHT, reason(
        fr=f"les horloges murales ont {_minutes(hour.ahead)} {'d’avance' if hour.ahead > 0 else 'de retard'}",
        en=f"the wall clocks are {_minutes(hour.ahead)} {'ahead' if hour.ahead > 0 else 'behind'}",
    )


def assert_follows_the_server(lab):
    """The punch clock takes its hour from the works' time server, and from nobody else."""
    page(lab, "/")
    hour = _settled(lab)
    assert hour.synchronised, reason(
        fr="pointeuse ne prend son heure de personne", en="pointeuse takes its hour from nobody"
    )
    assert hour.source == SERVER, reason(
        fr=f"pointeuse prend son heure de {hour.source}, et non de heure1 ({SERVER})",
        en=f"pointeuse takes its hour from {hour.source}, not from heure1 ({SERVER})",
    )


# On the disk -------------------------------------------------------------------------------------------------

_READ = r"""
d=$(mktemp -d -p /var/tmp) && trap 'rm -rf "$d"' EXIT && cd "$d" || exit 99
# What has just been done in pointeuse is in its memory only, for seconds.
timeout 20 ssh -n -o BatchMode=yes -o ConnectTimeout=5 pointeuse sync >/dev/null 2>&1
for image in "$@"; do
  timeout 40 qemu-img convert -U -f qcow2 -O raw "/var/lib/pointeuse/$image.qcow2" disk || exit 98
  mkdir $image
  for path in /etc /srv/www; do timeout 20 debugfs -c -R "rdump $path $image" disk >/dev/null 2>&1; done
  mv $image/www $image/srv-www
  for path in /usr/sbin/chronyd /usr/bin/date /usr/bin/busybox /usr/bin/dash; do
    timeout 20 debugfs -c -R "dump $path $image/program" disk >/dev/null 2>&1
    echo "$image program $path $(sha256sum <$image/program | cut -c 1-64)"
    rm -f $image/program
  done
  rm disk
  for kind in chrony init.d rc2.d default hosts inittab localtime timezone; do
    find "$image/etc/$kind" -type l -printf "$image link /etc/$kind/%P %l\n" 2>/dev/null
    find "$image/etc/$kind" -type f -printf '%m %P\n' 2>/dev/null | while read -r mode name; do
      echo "$image file /etc/$kind/$name $mode $(base64 -w 0 "$image/etc/$kind${name:+/$name}")"
    done
  done
  for name in index.html cgi-bin/pointer; do
    [ -L $image/srv-www/$name ] || echo "$image file /srv/www/$name 0 $(base64 -w 0 $image/srv-www/$name)"
  done
done
"""


@dataclass
class Disk:
    """What stands on the punch clock's disk: files with their mode, links, checksums of programs."""

    files: dict = field(default_factory=dict)
    modes: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)
    programs: dict = field(default_factory=dict)


def disks(lab, *images):
    """Return the punch clock's disk as it is now (``system``) or as it was made (``system-base``)."""
    hv1 = lab.host("hv1")
    for name in ("vmlinuz", "initramfs.img", "system-base.qcow2"):
        assert hv1.file(f"/var/lib/pointeuse/{name}").is_the_images, reason(
            fr=f"{name} a été modifié sur hv1", en=f"{name} was changed on hv1"
        )
    done = hv1.run(f"bash -c %s read {' '.join(images)}", _READ)
    assert done.rc == 0, reason(fr="le disque de pointeuse ne se lit pas", en="the disk of pointeuse is unreadable")
    found = {image: Disk() for image in images}
    for line in lines_in(done.stdout):
        image, kind, path, *rest = line.split(" ")
        disk, path = found[image], path.rstrip("/")
        if kind == "file":
            disk.modes[path] = rest[0]
            disk.files[path] = base64.b64decode(rest[1] if len(rest) > 1 else "").decode("utf-8", errors="replace")
        else:
            {"link": disk.links, "program": disk.programs}[kind][path] = " ".join(rest)
    return tuple(found.values())


def addresses(text):
    """Return name -> address, as a file /etc/hosts tells it; several addresses of one name, all of them."""
    known = {}
    for line in lines_in(text):
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            known[name.lower()] = " ".join(dict.fromkeys([*known.get(name.lower(), "").split(), address]))
    return known


BY_HAND = re.compile(r"^\s*(?:/usr/sbin/)?(?:service chrony start|/etc/init\.d/chrony start)\s*$")
"""A line that starts the time service in the script of the boot: as good as a link in /etc/rc2.d."""


def _starts_chrony(disk):
    linked = [to for path, to in disk.links.items() if re.fullmatch(r"/etc/rc2\.d/S\d\dchrony", path)]
    if any(to in {"../init.d/chrony", "/etc/init.d/chrony"} for to in linked):
        return True
    return any(BY_HAND.match(line) for line in lines_in(disk.files.get("/etc/init.d/rcS", "")))


def _steps_at_boot(threshold="", updates="", *_):
    """Return whether ``makestep`` sets a clock that is minutes off."""
    try:
        return float(threshold) < 60 and int(updates) != 0
    except ValueError:
        return False


def _next_start(disk):
    """Return what is wrong with the punch clock's next start, or nothing."""
    if not _starts_chrony(disk):
        return reason(
            fr="rien ne démarrerait son service de temps avec pointeuse", en="nothing would start chrony with pointeuse"
        )
    settings, known = chrony_directives(disk.files), addresses(disk.files.get("/etc/hosts", ""))
    sources = [
        words for words in settings if words[0] in {"server", "pool", "peer", "refclock"} and "noselect" not in words
    ]
    for words in sources:
        name = words[1] if len(words) > 1 else ""
        address = known.get(name.lower(), name)
        if words[0] == "refclock" or address != SERVER:
            return reason(
                fr=f"au prochain démarrage, pointeuse prendrait son heure de {name}",
                en=f"at its next start pointeuse would take its hour from {name}",
            )
    if not sources:
        return reason(
            fr="au prochain démarrage, pointeuse ne prendrait son heure de personne",
            en="at its next start pointeuse would take its hour from nobody",
        )
    steps = [words[1:] for words in settings if words[0] == "makestep"]
    if not (steps and _steps_at_boot(*steps[-1])):
        return reason(
            fr="au prochain démarrage, pointeuse mettrait des heures à rattraper son retard ou son avance",
            en="at its next start pointeuse would take hours to come right",
        )
    return ""


def server_serves(lab, address):
    """Return whether the settings of the time server let an address ask, from its next start on."""
    heure1, folder = lab.host("heure1"), "/etc/chrony/conf.d"
    paths = ["/etc/chrony/chrony.conf", "/etc/hosts"]
    if heure1.file(folder).is_directory:
        paths += [f"{folder}/{name}" for name in heure1.file(folder).listdir()]
    files = {path: heure1.file(path).content_string for path in paths if heure1.file(path).is_file}
    return chrony_serves(chrony_directives(files), address, addresses(files.get("/etc/hosts", "")))


def assert_next_start_is_right(lab):
    """The next start of the punch clock, and of the time server, gives the punch clock the works' hour."""
    wrong = [""]

    def right():
        wrong[:] = [_next_start(*disks(lab, "system"))]
        return not wrong[0]

    with contextlib.suppress(AssertionError):  # what was just written is on the disk a moment later
        lab.wait(right, within=1.5, every=0.5)
    assert not wrong[0], wrong[0]
    assert lab.host("heure1").service("chrony").is_enabled, reason(
        fr="heure1 ne démarre plus son service de temps", en="heure1 no longer starts its time service"
    )
    assert server_serves(lab, CLOCK), reason(
        fr="heure1 refuse l'heure à pointeuse", en="heure1 denies the hour to pointeuse"
    )
