"""The surveyors' file server: what its users can do over the network, and what its disks hold, read from outside.

The guest is never asked about itself: its root is the trainee. A disk's image tells LVM's volumes, and a volume its
file system, its quotas and its files (debugfs).
"""

import re
import secrets
from dataclasses import dataclass, field

from grader import lines_in, reason, scaled_timeout

SERVER = "192.168.80.21"
PEOPLE = {
    "mkerbrat": ("terrain", "Theodolite-31", 700),
    "ibenhaddou": ("terrain", "Jalonnette-42", 600),
    "svasseur": ("terrain", "Nivelle-53", 500),
    "twolski": ("dessin", "Cartouche-64", 800),
    "nferhat": ("dessin", "Calque-75", 450),
    "glenoir": ("dessin", "Echelle-86", 550),
    "omarchetti": ("accueil", "Registre-97", 120),
    "lortega": ("dessin", "Equerre-18", 40),
}
"""Login -> department, password, and the space that is agreed (MiB). The lab's page lists them."""
_UIDS = {login: str(1201 + place) for place, login in enumerate(PEOPLE)}
FULL = "lortega"
"""Who has no room left, as agreed: a trainee at the drawing office, who keeps nothing there."""
AGREED_GIB = 3
"""The size that is agreed for the volume of files."""
_NAMES = {
    "terrain": ("nuage-scanner-1.laz", "nuage-scanner-2.laz"),
    "dessin": ("fonds-de-plan.dwg", "orthophoto.tif"),
    "accueil": ("courriers-numerises.pdf", "actes-numerises.pdf"),
}
_BIG = {
    "mkerbrat": 399, "ibenhaddou": 349, "svasseur": 249, "twolski": 399, "nferhat": 199, "glenoir": 249,
    "omarchetti": 60, "lortega": 39,
}  # fmt: skip
"""MiB of everybody's two big files together."""
_FILE_SYSTEMS = {"dossiers": "8f4e27d1-6b0a-4f35-9d8c-2a7be0c51d31", "archives": "8f4e27d1-6b0a-4f35-9d8c-2a7be0c51d32"}
_BOOT = 60
"""Seconds until the guest must answer after a start: without KVM it needs some."""
_DISKS = "/var/lib/fichiers"
_MIB = 1 << 20


# Over the network -------------------------------------------------------------------------------------------


def assert_server_answers(lab):
    """The file server's SSH answers; it may still be booting."""
    off = reason(fr="la machine fichiers est éteinte", en="the machine fichiers is off")
    silent = reason(fr="fichiers ne répond pas", en="fichiers does not answer")
    service = lab.host("hv1").service("fichiers")
    pc2 = lab.client("pc2")
    lab.wait(
        lambda: pc2.tcp(SERVER, 22), within=_BOOT, every=0.5, what=silent,
        unless=lambda: "" if service.is_running else off,
    )  # fmt: skip


_SAVE = r"""
cd "$(mktemp -d)" || exit 99
head -c "$4" /dev/urandom >sent
curl -q --fail-early -sS --insecure --noproxy '*' --max-time "$1" --user "$2" -T sent "sftp://$3" --next \
  -q -sS --insecure --noproxy '*' --max-time "$1" --user "$2" -o got "sftp://$3"
code=$?
[ $code != 0 ] || cmp -s sent got || code=98
echo "$code"
if [ "$5" = away ] || [ $code != 0 ]; then
  curl -q -sS --insecure --noproxy '*' --max-time "$1" --user "$2" -Q "rm /${3#*/}" -o away "sftp://${3%/*}/" 2>&1
fi
cd / && rm -rf "$OLDPWD"
"""
_REFUSED = {"25", "79", "56"}
"""What curl exits with when the server takes no more: see EXIT CODES."""


@dataclass(frozen=True)
class Saving:
    """How somebody's saving ended: ``path`` below the server's folder, and why not; whether the server refused."""

    path: str
    problem: str = ""
    refused: bool = False

    def __bool__(self):
        """Return whether it was saved, and read back the same."""
        return not self.problem


def saving(lab, login, size=4 * _MIB, *, keep=False):
    """Have somebody save a file of so many bytes in their own folder, by SFTP, and read it again; then take it away."""
    assert_server_answers(lab)
    department, password, _ = PEOPLE[login]
    path = f"{department}/{login}/essai-{secrets.token_hex(4)}.bin"
    words = (str(scaled_timeout(25)), f"{login}:{password}", f"{SERVER}/{path}", str(size), "keep" if keep else "away")
    done = lab.probe("lan").run(("sh", "-c", _SAVE, "save", *words), timeout=80)
    code = ([*lines_in(done.stdout), ""])[0].strip()
    said = " ".join(re.sub(r"^curl: \(\d+\) ", "", line) for line in lines_in(done.stderr)[:1])
    if code == "0":
        return Saving(path)
    refused = code in _REFUSED
    if refused:
        problem = reason(
            fr=f"{login} ne peut pas enregistrer {size / _MIB:.0f} Mo dans {department} : le serveur refuse",
            en=f"{login} cannot save {size / _MIB:.0f} MB in {department}: the server refuses",
        )
    else:
        problem = reason(
            fr=f"{login} ne peut pas travailler dans {department} : {said or code}",
            en=f"{login} cannot work in {department}: {said or code}",
        )
    return Saving(path, problem, refused)


def remove_saved(lab, login, path):
    """Take away what a saving has kept."""
    address = f"sftp://{SERVER}/{path.rpartition('/')[0]}/"
    away = ("curl", "-q", "-sS", "--insecure", "--noproxy", "*", "--max-time", str(scaled_timeout(20)))
    account = f"{login}:{PEOPLE[login][1]}"
    lab.probe("lan").run((*away, "--user", account, "-Q", f"rm /{path}", "-o", "/dev/null", address), timeout=40)


def assert_saves(lab, *logins):
    """Somebody can save in their folder, as can each of the others."""
    for login in logins:
        done = saving(lab, login)
        assert done, done.problem


def assert_limits_hold(lab):
    """Whoever has used up what is agreed is refused, although the volume has room."""
    done = saving(lab, FULL)
    assert not done, reason(
        fr=f"{FULL} a épuisé les {PEOPLE[FULL][2]} Mio convenus et peut encore enregistrer",
        en=f"{FULL} has used up the {PEOPLE[FULL][2]} MiB that are agreed, and can still save",
    )
    assert done.refused, done.problem


# On the disks ------------------------------------------------------------------------------------------------

_HEADS = r"""
d=$(mktemp -d -p /var/tmp) && trap 'rm -rf "$d"' EXIT && cd "$d" || exit 99
for disk in donnees reserve; do
  timeout 20 qemu-img dd -U -f qcow2 -O raw bs=4096 count=256 "if=/var/lib/fichiers/$disk.qcow2" of=head || exit 98
  echo "disk $disk $(dd if=head bs=1 skip=544 count=32 2>/dev/null | tr -cd 'A-Za-z0-9')"
  set -- $(od -An -t u8 -j 4136 -N 16 head)
  [ "$2" -gt 0 ] && [ "$2" -lt 131072 ] && dd if=head bs=1 "skip=$((4096 + $1))" "count=$2" 2>/dev/null
  echo
done
"""
_VOLUME = re.compile(r"^(\w[\w.+-]*) \{\nid = ", re.MULTILINE)
_SEGMENT = re.compile(
    r"start_extent = (\d+)\nextent_count = (\d+)\n+type = \"(\w+)\"\n(?:stripe_count = (\d+)[^\n]*\n)?"
    r"(?:\n*stripes = \[\n\"(pv\d+)\", (\d+)\n\])?"
)
_PV = re.compile(r"^(pv\d+) \{\nid = \"([\w-]+)\".*?pe_start = (\d+)", re.MULTILINE | re.DOTALL)


@dataclass
class Volume:
    """A logical volume as the disks tell it: where each of its parts lies, in order."""

    bytes: int = 0
    parts: list = field(default_factory=list)


def volumes(lab):
    """Return the volume group's logical volumes by name, as LVM's own records on the disks tell them."""
    done = lab.host("hv1").run("bash -c %s", _HEADS)
    assert done.rc == 0, reason(
        fr="les disques de fichiers ne se lisent pas", en="the disks of fichiers are unreadable"
    )
    disks, texts = {}, []
    for part in re.split(r"^disk ", done.stdout, flags=re.MULTILINE)[1:]:
        head, _, text = part.partition("\n")
        name, _, identity = head.partition(" ")
        disks[identity] = name
        texts += [text] if re.search(r"^seqno = \d+$", text, re.MULTILINE) else []
    assert texts, reason(
        fr="les disques n'ont plus de groupe de volumes", en="the disks have no volume group any longer"
    )
    newest = max(texts, key=lambda text: int(re.search(r"^seqno = (\d+)$", text, re.MULTILINE)[1]))
    extent = int(re.search(r"^extent_size = (\d+)$", newest, re.MULTILINE)[1]) * 512
    physical, _, logical = newest.partition("logical_volumes {")
    places = {name: (disks.get(pv.replace("-", ""), ""), int(start) * 512) for name, pv, start in _PV.findall(physical)}
    found = {}
    _, *named = _VOLUME.split(logical)
    for name, text in zip(named[::2], named[1::2], strict=True):
        volume = found.setdefault(name, Volume())
        for _, count, kind, stripes, pv, first in _SEGMENT.findall(text):
            disk, begin = places.get(pv, ("", 0))
            if kind != "striped" or stripes != "1" or not disk:
                volume.parts.clear()
                break
            volume.parts.append((disk, begin + int(first) * extent, int(count) * extent))
            volume.bytes += int(count) * extent
    return found


def _raw(disk, start, size):
    inner = f'{{"driver":"qcow2","file":{{"driver":"file","filename":"{_DISKS}/{disk}.qcow2"}}}}'
    return f'json:{{"driver":"raw","offset":{start},"size":{size},"file":{inner}}}'


_ASK = r"""
d=$(mktemp -d -p /var/tmp) && trap 'rm -rf "$d"' EXIT || exit 99
questions=$1; shift
# What has just been done in fichiers is in its memory only, for seconds; if it is off, there is nothing to wait for.
timeout 20 ssh -n -o BatchMode=yes -o ConnectTimeout=5 fichiers sync >/dev/null 2>&1
timeout 40 qemu-img convert -U -O raw "$@" "$d/volume" || exit 98
printf '%s\n' "$questions" | while IFS= read -r one; do
  echo "= $one"
  timeout 20 debugfs -c -R "$one" "$d/volume" 2>&1 | tail -n +2
done
"""


def asked(lab, volume, *questions):
    """Return what debugfs says of a volume, for each question: the volume is put together from its disks."""
    told = volumes(lab).get(volume, Volume())
    unread = reason(
        fr=f"le volume {volume} n'est plus là, ou plus d'un seul tenant",
        en=f"the volume {volume} is gone, or not linear",
    )
    assert told.parts, unread
    sources = [_raw(*part) for part in told.parts]
    return _answers(lab, sources, questions)


def of_the_system(lab, *questions, image="system"):
    """Return what debugfs says of the guest's system disk, as it is now or (``system-base``) as it was made."""
    inner = f'json:{{"driver":"qcow2","file":{{"driver":"file","filename":"{_DISKS}/{image}.qcow2"}}}}'
    return _answers(lab, [inner], questions)


def _answers(lab, sources, questions):
    line = "bash -c %s ask %s " + " ".join(["%s"] * len(sources))
    done = lab.host("hv1").run(line, _ASK, "\n".join(questions), *sources)
    assert done.rc == 0, reason(
        fr="les disques de fichiers ne se lisent pas", en="the disks of fichiers are unreadable"
    )
    parts = re.split(r"^= .*\n", done.stdout, flags=re.MULTILINE)[1:]
    return dict(zip(questions, parts, strict=True))


@dataclass(frozen=True)
class FileSystem:
    """What a volume's superblock and quotas say: bytes, UUID, and login -> hard and soft limit (KiB)."""

    bytes: int
    uuid: str
    limits: dict


def file_system(lab, volume):
    """Return a volume's file system."""
    told = asked(lab, volume, "show_super_stats -h", "lq user")
    head = told["show_super_stats -h"]

    def value(name):
        found = re.search(rf"^{name}: +(\S+)$", head, re.MULTILINE)
        return found[1] if found else ""

    size = int(value("Block count") or 0) * int(value("Block size") or 0)
    rows = [line.split() for line in lines_in(told["lq user"])]
    limits = {row[0]: (int(row[3]), int(row[2])) for row in rows if len(row) == 7 and row[0].isdigit()}
    return FileSystem(size, value("Filesystem UUID"), {login: limits.get(uid) for login, uid in _UIDS.items()})


def _agreed(login, limits):
    """Return whether somebody's limits are what is agreed; MB or MiB, and a soft limit just below it, are as good."""
    if limits is None:
        return False
    hard, soft = limits
    mib = PEOPLE[login][2]
    return mib * 1000 * 1000 // 1024 <= hard <= mib * 1024 and (soft == 0 or hard * 0.75 <= soft <= hard)


def _soon(lab, look):
    """A look at the disks finds nothing wrong; what has just been changed is there a moment later."""
    seen = [""]

    def right():
        seen[:] = [look()]
        return not seen[0]

    try:
        lab.wait(right, within=2, every=0.7)
    except AssertionError:
        raise AssertionError(seen[0]) from None


def assert_limit_is_as_agreed(lab, *logins):
    """The quota of each is what is agreed, on the disk."""

    def look():
        limits = file_system(lab, "dossiers").limits
        wrong = [login for login in logins if not _agreed(login, limits[login])]
        if not wrong:
            return ""
        now, mib = (limits[wrong[0]] or (0, 0))[0] // 1024, PEOPLE[wrong[0]][2]
        return reason(
            fr=f"{wrong[0]} a un quota de {now} Mio (0 : sans limite), {mib} Mio sont convenus",
            en=f"{wrong[0]} has a quota of {now} MiB (0: no limit), {mib} MiB are agreed",
        )

    _soon(lab, look)


def assert_volume_has_its_size(lab):
    """The file system of the files is the one that it was, and has the size that is agreed."""

    def look():
        seen = file_system(lab, "dossiers")
        if seen.uuid != _FILE_SYSTEMS["dossiers"]:
            return reason(
                fr="le volume dossiers a été refait : ce n'est plus le même système de fichiers",
                en="the volume dossiers was made again: it is not the same file system",
            )
        now = seen.bytes / (1 << 30)
        return "" if now >= AGREED_GIB else reason(
            fr=f"le système de fichiers de dossiers fait {now:.2f} Gio, {AGREED_GIB} Gio sont convenus",
            en=f"the file system of dossiers has {now:.2f} GiB, {AGREED_GIB} GiB are agreed",
        )  # fmt: skip

    _soon(lab, look)


_STARTING = ("/etc/init.d/rcS", "/etc/init.d/rcK", "/etc/inittab")
_DEVICES = {
    "/dev/donnees/dossiers", "/dev/mapper/donnees-dossiers", "LABEL=dossiers", f"UUID={_FILE_SYSTEMS['dossiers']}"
}  # fmt: skip


def assert_lasts(lab, login):
    """What is saved is in the volume, and the next start of the guest mounts it the same, with its quotas."""
    done = saving(lab, login, 64 * 1024, keep=True)
    assert done, done.problem
    folder, _, name = done.path.rpartition("/")
    elsewhere = reason(
        fr=f"ce que {login} enregistre n'est pas dans le volume dossiers",
        en=f"what {login} saves is not in the volume dossiers",
    )
    listing = f"ls -p /{folder}"
    try:
        lab.wait(lambda: f"/{name}/" in asked(lab, "dossiers", listing)[listing], within=8, every=0.7, what=elsewhere)
    finally:
        remove_saved(lab, login, done.path)
    for path in ("vmlinuz", "initramfs.img", "system-base.qcow2"):
        assert lab.host("hv1").file(f"{_DISKS}/{path}").is_the_images, reason(
            fr=f"{path} a été modifié sur hv1", en=f"{path} was changed on hv1"
        )
    now = of_the_system(lab, *(f"cat {path}" for path in ("/etc/fstab", *_STARTING)))
    made = of_the_system(lab, *(f"cat {path}" for path in _STARTING), image="system-base")
    changed = [path for path in _STARTING if now[f"cat {path}"] != made[f"cat {path}"]]
    assert not changed, reason(
        fr=f"sur fichiers, {' '.join(changed)} a été modifié", en=f"on fichiers {' '.join(changed)} was changed"
    )
    rows = [line.split() for line in lines_in(now["cat /etc/fstab"]) if line.strip() and not line.startswith("#")]
    mounts = [row for row in rows if len(row) >= 4 and row[1].rstrip("/").startswith("/srv/dossiers")]
    good = len(mounts) == 1 and mounts[0][0] in _DEVICES and mounts[0][1].rstrip("/") == "/srv/dossiers"
    options = set(mounts[0][3].split(",")) if good else {"noauto"}
    # One of the first and none of the others: sets that have nothing in common.
    assert options & {"usrquota", "quota"} > options & {"noauto", "ro", "noquota"}, reason(
        fr="au prochain démarrage de fichiers, /srv/dossiers ne serait pas monté avec ses quotas",
        en="at the next start of fichiers /srv/dossiers would not be mounted with its quotas",
    )


def _listed(answer):
    """Return name -> (mode and owner, size) of what a folder holds."""
    rows = [line.split("/") for line in lines_in(answer) if line.startswith("/") and line.count("/") >= 7]
    return {row[5]: ((row[2], row[3], row[4]), int(row[6] or 0)) for row in rows}


def assert_nothing_is_gone(lab):
    """Everybody's files are in the volume, with their size, their owner and the room that they take."""
    folders = {login: f"/{PEOPLE[login][0]}/{login}" for login in PEOPLE}
    files = {login: [f"{place}/{name}" for name in _NAMES[PEOPLE[login][0]]] for login, place in folders.items()}
    questions = [f"ls -p {place}" for place in folders.values()]
    questions += [f"stat {path}" for paths in files.values() for path in paths]
    questions += [f"cat {place}/sommaire.txt" for place in folders.values()]
    told = asked(lab, "dossiers", *questions)
    for login, place in folders.items():
        first = _BIG[login] * 5 // 8
        held = _listed(told[f"ls -p {place}"])
        for path, mib in zip(files[login], (first, _BIG[login] - first), strict=True):
            name = path.rpartition("/")[2]
            blocks = re.search(r"Blockcount: (\d+)", told[f"stat {path}"])
            (_, owner, _), size = held.get(name, (("", "", ""), -1))
            whole = size == mib * _MIB and blocks and int(blocks[1]) * 512 >= mib * _MIB
            assert whole, reason(fr=f"{path} n'est plus entier", en=f"{path} is not whole any longer")
            assert owner == _UIDS[login], reason(fr=f"{path} n'est plus à {login}", en=f"{path} is no longer {login}'s")
        assert f"{first} Mio" in told[f"cat {place}/sommaire.txt"], reason(
            fr=f"{place}/sommaire.txt n'est plus ce qu'il était", en=f"{place}/sommaire.txt is not what it was"
        )


_CLOSED = "/2025/dossiers-clos-2025.tar"


def assert_archives_are_whole(lab):
    """The volume of archives is the same file system, and has what it had."""
    told = asked(lab, "archives", "show_super_stats -h", f"stat {_CLOSED}")
    assert _FILE_SYSTEMS["archives"] in told["show_super_stats -h"], reason(
        fr="le volume archives a été refait", en="the volume archives was made again"
    )
    blocks = re.search(r"Blockcount: (\d+)", told[f"stat {_CLOSED}"])
    assert (int(blocks[1]) if blocks else 0) * 512 >= 610 * _MIB, reason(
        fr=f"{_CLOSED} n'est plus dans les archives", en=f"{_CLOSED} is no longer in the archives"
    )
