"""Does the landing stage reach its guest again, over the card that it is defined with, and will it tomorrow?"""

from xml.etree import ElementTree as ET

from grader import check, reason, scaled_timeout
from lab_tools import (
    ADDRESSES,
    SHOWN,
    assert_runs_as_defined,
    assert_starts_with_the_machine,
    console,
    hopeless,
)

_ON_DISK = """d=$(mktemp -d); /usr/bin/qemu-img convert -U -f "$1" -O raw "$2" "$d/disk" \
&& /usr/sbin/debugfs -R "cat /etc/machine" "$d/disk" 2>/dev/null; rm -rf "$d" """
"""What a guest's disk says of its name and its address: the first thing that it reads when it starts."""


def _assert_reached(lab, guest):
    """A guest that has started answers pc2 at once: one that does not will not later either."""
    hv1, pc2 = lab.host("hv1"), lab.client("pc2")
    log, process = (hv1.file(path) for path in (f"/var/log/libvirt/qemu/{guest}-console.log", _pid(guest)))
    silent = reason(fr=f"pc2 : {guest} ne répond pas", en=f"pc2: {guest} does not answer")

    def started():
        fresh = log.exists and process.exists and log.mtime >= process.mtime
        return hopeless(lab, guest) or (fresh and "power button" not in console(lab, guest))

    lab.wait(started, within=60, every=0.4, what=silent)
    if not hopeless(lab, guest):
        assert pc2.ping(ADDRESSES[guest]) or pc2.ping(ADDRESSES[guest]), silent


def _pid(guest):
    return f"/run/libvirt/qemu/{guest}.pid"


def _defined(lab, path):
    """Return what libvirt keeps in a file. It writes no DOCTYPE: a file with one could hold entities without end."""
    kept = lab.host("hv1").file(path)
    text = kept.content_string if kept.exists else "<!DOCTYPE"
    unreadable = reason(fr=f"{path} n'est pas une définition de libvirt", en=f"{path} is no definition of libvirt's")
    assert "<!DOCTYPE" not in text, unreadable
    assert "<!ENTITY" not in text, unreadable
    try:
        return ET.fromstring(text)
    except ET.ParseError:
        raise AssertionError(unreadable) from None


def _card(domain):
    """Return a definition's only network card: its MAC address, its model, its link; and where it is plugged."""
    cards = domain.findall("devices/interface")
    assert len(cards) == 1, reason(
        fr=f"la machine a {len(cards)} cartes réseau", en=f"the machine has {len(cards)} network cards"
    )

    def of(child, key):
        found = cards[0].find(child)
        return "" if found is None else found.get(key, "")

    what = (of("mac", "address"), of("model", "type"), of("link", "state") or "up")
    bridge = of("actual/source", "bridge") or of("source", "bridge")
    return what, of("source", "network"), bridge


def _bridge_of(lab, network):
    """Return the bridge that a libvirt network leads to; the network must start with the machine."""
    folder = "/etc/libvirt/qemu/networks"
    assert lab.host("hv1").file(f"{folder}/autostart/{network}.xml").exists, reason(
        fr=f"le réseau virtuel {network} ne démarre pas avec hv1",
        en=f"the virtual network {network} does not start with hv1",
    )
    found = _defined(lab, f"{folder}/{network}.xml").find("bridge")
    return "" if found is None else found.get("name", "")


def _assert_card_lasts(lab, guest):
    hv1 = lab.host("hv1")
    live = _card(_defined(lab, f"/run/libvirt/qemu/{guest}.xml").find("domain"))
    kept = _card(_defined(lab, f"/etc/libvirt/qemu/{guest}.xml"))
    network = kept[1]
    bridge = _bridge_of(lab, network) if network else kept[2]
    assert (kept[0], bridge) == (live[0], live[2]), reason(
        fr=f"{guest} : la carte réseau n'est pas la même en ce moment et dans ce qui est enregistré",
        en=f"{guest}: the network card is not the same now as in what is kept",
    )
    leads = bool(bridge) and hv1.file(f"/sys/class/net/{bridge}/brif/eth1").exists and live[0][2] == "up"
    assert leads, reason(
        fr=f"{guest} : la carte réseau ne mène pas au réseau de la compagnie",
        en=f"{guest}: the network card does not lead to the company's network",
    )


def _assert_address_lasts(lab, guest):
    hv1 = lab.host("hv1")
    disk = _defined(lab, f"/etc/libvirt/qemu/{guest}.xml").find("devices/disk")
    kind, path = disk.find("driver").get("type"), disk.find("source").get("file")

    done = hv1.run("timeout %s sh -c %s disk %s %s", str(scaled_timeout(20)), _ON_DISK, kind, path)
    assert f"ADDRESS={ADDRESSES[guest]}/24" in done.stdout.split(), reason(
        fr=f"{guest} : ce qui est sur son disque lui donne une autre adresse que {ADDRESSES[guest]}/24",
        en=f"{guest}: what is on its disk gives it another address than {ADDRESSES[guest]}/24",
    )


@check(
    "symptom",
    points=3,
    competence="3.1",
    fr="La page de {{ guest }} s'ouvre sur pc2, avec tout ce qu'elle contenait.",
    en="The page of {{ guest }} opens on pc2, with all that was on it.",
    before_fr="{{ 'La page des départs' if guest == 'horaires' else 'Le carnet de bord' }} ne s'ouvre pas au quai.",
    before_en="{{ 'The departures page' if guest == 'horaires' else 'The logbook' }} does not open at the quay.",
    because="does not answer",
    host="pc2",
    lock="{{ guest }}",
    timeout=150,
)
def test_page(lab):
    guest = lab.values["guest"]
    _assert_reached(lab, guest)
    SHOWN[guest](lab)


@check(
    "objective",
    points=4,
    competence="3.1",
    fr="{{ guest }} tourne telle qu'elle est définie, et sera joignable après chaque démarrage de hv1.",
    en="{{ guest }} runs as it is defined, and will be within reach after each start of hv1.",
    before_fr="Après la prochaine coupure de courant, le quai n'aurait toujours pas sa page.",
    before_en="After the next power cut the landing stage would still not have its page.",
    because="does not lead|another address|not the same|does not answer",
    host="hv1",
    lock="",
    timeout=120,
)
def test_lasts(lab):
    guest = lab.values["guest"]
    assert_runs_as_defined(lab, guest)
    _assert_card_lasts(lab, guest)
    _assert_address_lasts(lab, guest)
    assert_starts_with_the_machine(lab, guest)
    _assert_reached(lab, guest)  # a card that stays as it is must be one that the machine can use


@check(
    "guard",
    points=2,
    competence="3.1",
    fr="L'autre page du quai s'ouvre toujours, et rien n'en a disparu.",
    en="The landing stage's other page still opens, and nothing on it is gone.",
    host="pc2",
    lock="other",
    timeout=150,
)
def test_other_page(lab):
    (other,) = set(SHOWN) - {lab.values["guest"]}
    _assert_reached(lab, other)
    SHOWN[other](lab)
