"""The dye works' punch clock: the hour that it gives, and what its next start will do, read from outside.

The machine is never asked about itself: its root is the trainee. Its clock is read in what it serves (a page, NTP), its
settings on its disk's image. The hour that counts is the grader's, which every host of the lab shares.
"""

import base64
import calendar
import contextlib
import ipaddress
import json
import re
import time
from dataclasses import dataclass, field

from grader import lines_in, reason, scaled_timeout

CLOCK, SERVER, GATE = "192.168.100.21", "192.168.100.5", "192.168.100.31"
"""The punch clock, the time server, the gate's controller."""
_CARD = "52:54:00:5a:a0:21"
"""The punch clock's network card: what answers for its address must be it."""
TEST_BADGE = "999"
"""The technician's badge, which counts for nobody's hours."""
REGISTER = (
    "2026-11-26 07:52:41;14", "2026-11-26 07:55:03;3", "2026-11-26 07:58:20;22", "2026-11-26 16:31:09;3",
    "2026-11-26 16:31:15;22", "2026-11-26 16:34:50;14", "2026-11-27 07:49:33;3", "2026-11-27 07:54:12;14",
    "2026-11-27 07:57:47;22", "2026-11-27 16:30:28;22", "2026-11-27 16:32:06;3", "2026-11-27 16:33:59;14",
    "2026-11-30 07:51:18;22", "2026-11-30 07:53:40;3", "2026-11-30 07:59:02;14",
)  # fmt: skip
"""What the register holds from the start."""
RECEIPTS = "/var/log/pointage.log"
"""On pc2: what the punch clock answered to those who punched there."""
_RIGHT = 5.0
"""Seconds by which a right clock may seem to be off: it is read over the network of a busy machine."""
_BOOT, _SYNC = 60, 15
"""Seconds until the machine must answer after a start, and then until it must have its server's hour."""
_CONSOLE = "/var/log/pointeuse/console.log"
_NO_ANSWER = reason(fr="pointeuse ne répond pas", en="pointeuse does not answer")


# Over the network -------------------------------------------------------------------------------------------


def _assert_card_holds_the_address(shown):
    macs = sorted({one["lladdr"] for one in json.loads(shown or "[]") if "lladdr" in one})
    assert macs == [_CARD], reason(
        fr=f"{CLOCK} est tenue par {' '.join(macs) or 'personne'}, et non par la carte de pointeuse",
        en=f"{CLOCK} is held by {' '.join(macs) or 'nobody'}, not by the card of pointeuse",
    )


def page(lab, path):
    """Return a page of the punch clock as pc2 gets it; it may still be booting, and must be the machine itself."""
    pc2, service = lab.client("pc2"), lab.host("hv1").service("pointeuse")
    off = reason(fr="la machine pointeuse est éteinte", en="the machine pointeuse is off")
    url = f"http://pointeuse.{lab.domain}{path}"

    def answers():
        answer = pc2.http_get(url, timeout=3.0)
        return answer if answer.status else None

    got = lab.wait(answers, within=_BOOT, every=0.5, what=_NO_ANSWER, unless=lambda: "" if service.is_running else off)
    assert got.status == 200, reason(fr=f"pc2 : {url} répond {got.status}", en=f"pc2: {url} answers {got.status}")
    assert got.peer == CLOCK, reason(
        fr=f"pc2 : {url} est servie par {got.peer}, et non par pointeuse",
        en=f"pc2: {url} is served by {got.peer}, not by pointeuse",
    )
    _assert_card_holds_the_address(pc2.ask(("ip", "-json", "neighbour", "show", CLOCK)).stdout)
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
    assert abs(off) <= _RIGHT, reason(
        fr=f"pc2 : un pointage est noté avec {_minutes(off)} {'d’avance' if off > 0 else 'de retard'} sur l'heure",
        en=f"pc2: a punch is noted {_minutes(off)} {'ahead of' if off > 0 else 'behind'} the right hour",
    )
    last = page(lab, "/registre.csv").body
    assert f"{'-'.join(noted.groups()[:3])} {':'.join(noted.groups()[3:])};{TEST_BADGE}" in lines_in(last), reason(
        fr="le pointage n'est pas dans le registre", en="the punch is not in the register"
    )


_ASK = r"""
import json, socket, struct, subprocess, sys, time

address = sys.argv[1]
told = {"answered": False}
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
    wire.settimeout(float(sys.argv[2]))
    wire.connect((address, 123))
    for attempt in range(2):
        sent = time.time()
        mark = struct.pack("!II", int(sent) + 2208988800, attempt + 1)
        try:
            wire.send(b"\x23" + bytes(39) + mark)
            while (data := wire.recv(512))[24:32] != mark:
                pass
        except OSError:
            continue
        got = time.time()
        stamps = (struct.unpack("!II", data[n:n + 8]) for n in (32, 40))
        received, answered = (whole - 2208988800 + part / 2**32 for whole, part in stamps)
        told = {
            "answered": True, "leap": data[0] >> 6, "stratum": data[1], "source": socket.inet_ntoa(data[12:16]),
            "off": (received + answered) / 2 - (sent + got) / 2,
        }
        break
told["cards"] = subprocess.run(["ip", "-json", "neighbour", "show", address], capture_output=True, text=True).stdout
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Hour:
    """What a machine answers to NTP: its source's address, and by how many seconds its clock is ahead."""

    answered: bool
    synchronised: bool = False
    source: str = ""
    off: float = 0.0
    cards: str = "[]"


def hour_of(lab, address):
    """Ask a machine for the hour, by NTP, from an observer on the network."""
    wait = scaled_timeout(1)
    done = lab.probe("lan").run(("python3", "-I", "-S", "-c", _ASK, address, str(wait)), timeout=2 * wait + 5)
    told = json.loads(done.stdout)
    if not told["answered"]:
        return Hour(answered=False, cards=told["cards"])
    in_step = told["leap"] != 3 and 0 < told["stratum"] < 16
    return Hour(True, in_step, told["source"], told["off"], told["cards"])


def _settled(lab):
    """Return what the punch clock answers to NTP; one that has just booted gets the time to find its server's hour."""
    seen = []
    console, heure1 = lab.host("hv1").file(_CONSOLE), lab.host("heure1")

    def settled():
        seen[:] = [hour_of(lab, CLOCK)]
        return seen[0].synchronised

    def in_vain():
        """It boots its time service before its page; and what a server denies does not come."""
        if not seen[0].answered:
            return "no time service"
        conf = heure1.file("/etc/chrony/chrony.conf")
        if not heure1.service("chrony").is_running or not (conf.exists and _served(conf.content_string, CLOCK)):
            return "denied"
        age = time.time() - console.mtime.timestamp() if console.exists else _SYNC
        return "booted" if age >= scaled_timeout(_SYNC) else ""

    with contextlib.suppress(AssertionError):  # what was seen last says it better
        lab.wait(settled, within=_BOOT, every=0.7, unless=in_vain)
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
    _assert_card_holds_the_address(hour.cards)
    assert abs(hour.off) <= _RIGHT, reason(
        fr=f"les horloges murales ont {_minutes(hour.off)} {'d’avance' if hour.off > 0 else 'de retard'}",
        en=f"the wall clocks are {_minutes(hour.off)} {'ahead' if hour.off > 0 else 'behind'}",
    )


def assert_follows_the_server(lab):
    """The punch clock takes its hour from the works' time server, and from nobody else."""
    page(lab, "/")
    hour = _settled(lab)
    _assert_card_holds_the_address(hour.cards)
    assert hour.synchronised, reason(
        fr="pointeuse ne prend son heure de personne", en="pointeuse takes its hour from nobody"
    )
    assert hour.source == SERVER, reason(
        fr=f"pointeuse prend son heure de {hour.source}, et non de heure1 ({SERVER})",
        en=f"pointeuse takes its hour from {hour.source}, not from heure1 ({SERVER})",
    )


def assert_gives_the_hour(lab, name, address, ahead=0):
    """A host gives the hour over the network, so many minutes ahead of the works'."""
    hour = hour_of(lab, address)
    assert hour.synchronised, reason(fr=f"{name} ne donne plus l'heure", en=f"{name} no longer gives the hour")
    assert abs(hour.off - ahead * 60) <= _RIGHT, reason(
        fr=f"{name} n'a plus son heure : elle est à {hour.off / 60:+.1f} min de l'heure juste",
        en=f"{name} no longer keeps its hour: it is {hour.off / 60:+.1f} min from the right one",
    )


def assert_register_is_whole(lab):
    """What was punched stays as it was punched, those of today included."""
    kept = lines_in(page(lab, "/registre.csv").body)
    receipts = lab.host("pc2").file(RECEIPTS)
    told = lines_in(receipts.content_string) if receipts.exists else []
    punched = [re.fullmatch(r"badge (\d+) : (\S+ \S+)", line.strip()) for line in told]
    wanted = [*REGISTER, *(f"{one[2]};{one[1]}" for one in punched if one)]
    missing = [line for line in wanted if line not in kept]
    assert not missing, reason(
        fr=f"le pointage « {missing[0]} » n'est plus dans le registre",
        en=f'the punch "{missing[0]}" is no longer in the register',
    )


# On the disk -------------------------------------------------------------------------------------------------

_READ = r"""
d=$(mktemp -d -p /var/tmp) && trap 'rm -rf "$d"' EXIT && cd "$d" || exit 99
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

    def under(self, folder, ending=""):
        """Return the files of a folder by path, in the order of their names."""
        return [
            self.files[path] for path in sorted(self.files) if path.startswith(folder + "/") and path.endswith(ending)
        ]


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


def _directives(text):
    """Return a chrony configuration's lines as words, without comments."""
    lines = (line.strip() for line in lines_in(text))
    return [line.split() for line in lines if line and line[0] not in "#!;%"]


def _configuration(disk):
    """Return all that chrony reads at its start, what it includes as well."""
    found, waiting = [], _directives(disk.files.get("/etc/chrony/chrony.conf", ""))
    while waiting:
        words = waiting.pop(0)
        name, place = words[0].lower(), (words[1] if len(words) > 1 else "").rstrip("/")
        if name == "include":
            waiting += _directives(disk.files.get(place, ""))
        elif name in {"confdir", "sourcedir"}:
            for text in disk.under(place, ".conf" if name == "confdir" else ".sources"):
                waiting += _directives(text)
        else:
            found.append([name, *words[1:]])
    return found


def _addresses(disk):
    """Return name -> address, as the disk's /etc/hosts tells it."""
    known = {}
    for line in lines_in(disk.files.get("/etc/hosts", "")):
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            known.setdefault(name.lower(), address)
    return known


_BY_HAND = re.compile(r"^\s*(?:/usr/sbin/)?(?:service chrony start|/etc/init\.d/chrony start)\s*$")
"""A line that starts the time service in the script of the boot: as good as a link in /etc/rc2.d."""


def _starts_chrony(disk):
    linked = [to for path, to in disk.links.items() if re.fullmatch(r"/etc/rc2\.d/S\d\dchrony", path)]
    if any(to in {"../init.d/chrony", "/etc/init.d/chrony"} for to in linked):
        return True
    return any(_BY_HAND.match(line) for line in lines_in(disk.files.get("/etc/init.d/rcS", "")))


def _next_start(disk):
    """Return what is wrong with the punch clock's next start, or nothing."""
    if not _starts_chrony(disk):
        return reason(
            fr="rien ne démarrerait son service de temps avec pointeuse", en="nothing would start chrony with pointeuse"
        )
    settings, known = _configuration(disk), _addresses(disk)
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
    steps = [words[1:3] for words in settings if words[0] == "makestep"]
    number = re.compile(r"-?\d+(?:\.\d+)?")
    if not any(len(step) == 2 and all(map(number.fullmatch, step)) and step[1] not in {"0", "-0"} for step in steps):
        return reason(
            fr="au prochain démarrage, pointeuse mettrait des heures à rattraper son retard ou son avance",
            en="at its next start pointeuse would take hours to come right",
        )
    return ""


def _served(text, address):
    """Return whether a time server's configuration lets an address ask: the longest prefix decides."""
    rules = []
    for words in _directives(text):
        name, given = words[0].lower(), [word for word in words[1:] if word != "all"]
        if name not in {"allow", "deny"}:
            continue
        place = given[0] if given else "0.0.0.0/0"
        parts = place.partition("/")[0].count(".") + 1
        if "/" not in place and parts < 4:
            place = f"{place}{'.0' * (4 - parts)}/{8 * parts}"
        try:
            network = ipaddress.ip_network(place, strict=False)
        except ValueError:  # a name: this network has no DNS server
            continue
        if network.version != 4:
            continue
        if "all" in words:
            rules = [rule for rule in rules if not rule[0].subnet_of(network)]
        rules = [rule for rule in rules if rule[0] != network] + [(network, name == "allow")]
    holding = [rule for rule in rules if ipaddress.ip_address(address) in rule[0]]
    return max(holding, key=lambda rule: rule[0].prefixlen)[1] if holding else False


def assert_next_start_is_right(lab):
    """The next start of the punch clock, and of the time server, gives the punch clock the works' hour."""

    looks = (_next_start(*disks(lab, "system")) for _ in range(2))  # what was just written is there at the second one
    wrong = next(looks) and next(looks)
    assert not wrong, wrong
    heure1 = lab.host("heure1")
    conf = heure1.file("/etc/chrony/chrony.conf")
    assert heure1.service("chrony").is_enabled, reason(
        fr="heure1 ne démarre plus son service de temps", en="heure1 no longer starts its time service"
    )
    served = conf.exists and _served(conf.content_string, CLOCK)
    assert served, reason(fr="heure1 refuse l'heure à pointeuse", en="heure1 denies the hour to pointeuse")


def assert_server_serves_the_works_alone(lab):
    """The time server gives the works' machines the right hour, and strangers none."""
    assert_gives_the_hour(lab, "heure1", SERVER)
    conf = lab.host("heure1").file("/etc/chrony/chrony.conf").content_string
    for stranger in ("192.0.2.7", "10.20.30.40"):
        assert not _served(conf, stranger), reason(
            fr=f"heure1 répond à tout le monde, à {stranger} aussi", en=f"heure1 answers everybody, {stranger} too"
        )


def assert_machine_is_as_it_was_made(lab):
    """Programs, page, zone and boot of the punch clock are as made; its time service's settings may differ."""
    now, made = disks(lab, "system", "system-base")
    changed = [path for path in made.programs if now.programs.get(path) != made.programs[path]]

    def held(disk, path):
        text = disk.files.get(path)
        if path == "/etc/init.d/rcS" and text is not None:
            return [line for line in lines_in(text) if not _BY_HAND.match(line)]
        return text

    ours = [path for path in {*now.files, *made.files} if not re.match(r"/etc/(?:chrony|hosts$)", path)]
    changed += [path for path in sorted(ours) if held(now, path) != held(made, path) and path != "/etc/rc2.d/README"]
    loose = {
        path
        for path in {*now.links, *made.links}
        if not re.fullmatch(r"/etc/(?:rc2\.d/[SK]\d\dchrony|chrony/.*)", path)
    }
    changed += [path for path in sorted(loose) if now.links.get(path) != made.links.get(path)]
    known = _addresses(now)
    changed += ["/etc/hosts" for name, address in _addresses(made).items() if known.get(name) != address]
    dull = [path for path in ("/etc/init.d/rcS", "/etc/init.d/chrony") if now.modes.get(path) != made.modes.get(path)]
    changed += dull
    assert not changed, reason(
        fr=f"sur pointeuse, {changed[0]} a été modifié", en=f"on pointeuse {changed[0]} was changed"
    )
