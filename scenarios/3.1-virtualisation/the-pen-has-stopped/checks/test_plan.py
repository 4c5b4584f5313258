"""Does the logbook take crossings again, with all that it had, and does what is promised hold by the written plan?"""

import json
from xml.etree import ElementTree as ET

from grader import check, reason, scaled_timeout
from lab_tools import SHOWN, assert_not_paused, assert_runs_as_defined, assert_starts_with_the_machine

_IMAGES = "/var/lib/libvirt/images"
_MIB = 1 << 20
_PLAN = {"horaires": 32, "carnet": 32, "essai": 64}
"""The most that the disks of a guest may hold in all (MiB)."""
_MEMORY = 80
"""The most memory of each guest (MiB)."""


def _defined(lab, guest):
    """Return a guest's definition. libvirt writes no DOCTYPE: a file with one could hold entities without end."""
    kept = lab.host("hv1").file(f"/etc/libvirt/qemu/{guest}.xml")
    text = kept.content_string if kept.exists else "<!DOCTYPE"
    unreadable = reason(fr=f"{guest} n'est plus définie", en=f"{guest} is no longer defined")
    assert "<!DOCTYPE" not in text, unreadable
    assert "<!ENTITY" not in text, unreadable
    try:
        return ET.fromstring(text)
    except ET.ParseError:
        raise AssertionError(unreadable) from None


def _guests(lab):
    names = lab.host("hv1").file("/etc/libvirt/qemu").listdir()
    return sorted(name.removesuffix(".xml") for name in names if name.endswith(".xml"))


def _chain(lab, path):
    """Return the files that a disk consists of, the lowest one last: their paths, sizes and what they take (bytes)."""
    command = "timeout %s /usr/bin/qemu-img info -U --backing-chain --output=json %s"
    done = lab.host("hv1").run(command, str(scaled_timeout(20)), path)
    assert done.rc == 0, reason(fr=f"{path} ne se lit pas comme un disque", en=f"{path} cannot be read as a disk")
    return [(one["filename"], one["virtual-size"], one["actual-size"]) for one in json.loads(done.stdout)]


def _disks(lab, guest):
    """Return the files of all of a guest's disks."""
    sources = (disk.find("source") for disk in _defined(lab, guest).iterfind("devices/disk"))
    paths = [source.get("file", "") for source in sources if source is not None]
    return [part for path in paths for part in _chain(lab, path)]


@check(
    "symptom",
    points=3,
    competence="3.1",
    fr="Le carnet s'ouvre sur pc2, prend une traversée, et a toutes celles des jours d'avant.",
    en="The logbook opens on pc2, takes a crossing, and has all those of the days before.",
    before_fr="Le carnet ne s'ouvre plus au quai.",
    before_en="The logbook no longer opens at the landing stage.",
    because="is paused",
    host="pc2",
    lock="carnet",
    timeout=120,
)
def test_logbook(lab):
    assert_not_paused(lab, "carnet")
    SHOWN["carnet"](lab)


@check(
    "objective",
    points=4,
    competence="3.1",
    fr="Chaque machine a les disques que le plan lui donne, et rien d'autre n'est avec eux.",
    en="Each machine has the disks that the plan gives it, and nothing else lies with them.",
    before_fr="Les disques ne sont pas ceux que dit le plan.",
    before_en="The disks are not what the plan says.",
    because="promised|lies with the disks",
    host="hv1",
    lock="",
    timeout=120,
)
def test_disks(lab):
    named = set()
    for guest in _guests(lab):
        parts = _disks(lab, guest)
        named |= {path for path, _, _ in parts}
        promised = sum(size for _, size, _ in parts) / _MIB
        most = _PLAN.get(guest, 0)
        assert promised <= most, reason(
            fr=f"{guest} : ses disques et leurs instantanés promettent {promised:.0f} Mio, le plan en donne {most}",
            en=f"{guest}: its disks and their snapshots are promised {promised:.0f} MiB, the plan gives {most}",
        )
    there = {f"{_IMAGES}/{name}" for name in lab.host("hv1").file(_IMAGES).listdir()}
    stray = sorted(there - named)
    assert not stray, reason(fr=f"{stray[0]} est avec les disques", en=f"{stray[0]} lies with the disks")


@check(
    "objective",
    points=3,
    competence="2.3",
    fr="Si chaque disque se remplissait jusqu'au bout, il resterait ce que le plan tient libre.",
    en="If every disk filled up to its end, what the plan keeps free would still be free.",
    before_fr="La place que le plan tient libre n'y est pas.",
    before_en="What the plan keeps free is not free.",
    because="would be free",
    host="hv1",
    lock="",
    timeout=120,
)
def test_reserve(lab):
    reserve = lab.values["reserve"]
    done = lab.host("hv1").run("/usr/bin/stat --file-system --format '%%S %%a' %s", _IMAGES)
    block, free = map(int, done.stdout.split())
    grow = sum(max(0, size - taken) for guest in _guests(lab) for _, size, taken in _disks(lab, guest))
    left = (block * free - grow) / _MIB
    assert left >= reserve, reason(
        fr=f"il resterait {max(left, 0):.0f} Mio, le plan en veut {reserve}",
        en=f"{max(left, 0):.0f} MiB would be free, the plan wants {reserve}",
    )


@check(
    "objective",
    points=2,
    competence="3.1",
    fr="Chaque machine a la mémoire que le plan lui donne.",
    en="Each machine has the memory that the plan gives it.",
    before_fr="La mémoire promise n'est pas celle que dit le plan.",
    before_en="The memory that is promised is not what the plan says.",
    because="asks for",
    host="hv1",
    lock="",
)
def test_memory(lab):
    units = {"KiB": 1 << 10, "k": 1 << 10, "MiB": _MIB, "M": _MIB, "GiB": 1 << 30, "G": 1 << 30, "b": 1, "bytes": 1}
    for guest in _guests(lab):
        size = _defined(lab, guest).find("memory")
        asks = int(size.text) * units.get(size.get("unit", "KiB"), 1 << 30) / _MIB
        assert asks <= _MEMORY, reason(
            fr=f"{guest} demande {asks:.0f} Mio de mémoire, le plan lui en donne {_MEMORY}",
            en=f"{guest} asks for {asks:.0f} MiB of memory, the plan gives it {_MEMORY}",
        )


@check(
    "objective",
    points=2,
    competence="3.1",
    fr="carnet tourne telle qu'elle est définie, sur son seul disque, et repart avec hv1.",
    en="carnet runs as it is defined, on its one disk, and starts again with hv1.",
    before_fr="Après une coupure de courant, le carnet ne s'ouvrirait toujours pas.",
    before_en="After a power cut the logbook would still not open.",
    because="is paused|other settings",
    host="hv1",
    lock="",
    timeout=90,
)
def test_lasts(lab):
    assert_not_paused(lab, "carnet")
    assert_runs_as_defined(lab, "carnet")
    assert_starts_with_the_machine(lab, "carnet")


@check(
    "guard",
    points=1,
    competence="3.1",
    fr="Les départs s'affichent toujours au quai, et repartent avec hv1.",
    en="The departures are still shown at the landing stage, and start again with hv1.",
    host="pc2",
    lock="horaires",
    timeout=120,
)
def test_departures(lab):
    assert_not_paused(lab, "horaires")
    SHOWN["horaires"](lab)
    assert_starts_with_the_machine(lab, "horaires")
