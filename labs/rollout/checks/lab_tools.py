"""Workstations as the network sees them: what their card is given, what they are installed with, what came of it."""

import json
import random
import re
import secrets
import shlex
import uuid
from urllib.parse import urlsplit

from grader import concurrently, lines_in, reason, scaled_timeout

POOL = frozenset(f"192.168.90.{number}" for number in range(100, 150))
"""The addresses that the workshop's plan keeps for workstations."""
WORKSTATIONS = {
    "TB24-0117": ("tb-emb-17", "emballage"),
    "TB24-0118": ("tb-pei-18", "peinture"),
    "TB24-0121": ("tb-exp-21", "expedition"),
}
"""By serial number, the name that the standard wants, and the workshop."""
STANDARD = {
    "fuseau": "Europe/Paris",
    "clavier": "fr",
    "image": "poste-2.3.img.gz",
    "paquets": "etiquettes inventaire",
    "comptes": "atelier:1100 maintenance:1200",
}
"""What all workstations have in common, as a workstation says it."""
_KEYS = {"fuseau": "FUSEAU", "clavier": "CLAVIER", "image": "IMAGE", "paquets": "PAQUETS", "comptes": "COMPTES"}
"""The same in a deployment file."""
FIRST_START = ("atelier.conf", "catalogue.csv")
"""What the first start fetches, besides the list of checksums."""
HTTP = "/srv/http"
_TOOLS = ("/usr/local/lib/banc/machine", "/usr/bin/qemu-system-x86_64")
_STOPPED = re.compile(r"^.*ARR(?:Ê|E)T.*$", re.MULTILINE)

_CARD = r"""
import json, os, socket, struct, sys, time

architecture, patience = int(sys.argv[1]), float(sys.argv[2])
mac, number = b"\x52\x54\x00" + os.urandom(3), os.urandom(4)
options = b"\x63\x82\x53\x63\x35\x01\x01\x37\x05\x01\x03\x06\x42\x43\x5d\x02" + struct.pack("!H", architecture)
data = struct.pack("!BBBB4sHH4s4s4s4s16s64s128s", 1, 1, 6, 0, number, 0, 0x8000, *[bytes(4)] * 4, mac, b"", b"")
data += options + b"\x3c\x09PXEClient\xff"
udp = struct.pack("!HHHH", 68, 67, 8 + len(data), 0) + data
ip = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
total = sum(struct.unpack("!10H", ip))
total = (total & 0xFFFF) + (total >> 16)
ip = ip[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + ip[12:]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
wire.bind(("eth0", 0))
offers, end, again = {}, time.monotonic() + patience, 0.0
while (now := time.monotonic()) < end:
    if now >= again:
        wire.send(b"\xff" * 6 + mac + b"\x08\x00" + ip + udp)
        again = now + 1
    wire.settimeout(max(0.01, min(again, end) - now))
    try:
        frame = wire.recv(2000)
    except TimeoutError:
        continue
    if frame[23:24] != b"\x11" or frame[36:38] != b"\x00\x44" or frame[46:50] != number:
        continue
    said, options, at = frame[42:], {}, 240
    while at + 1 < len(said) and said[at] != 255:
        if said[at]:
            options[said[at]] = said[at + 2 : at + 2 + said[at + 1]]
        at += 2 + said[at + 1] if said[at] else 1
    # The file's name is in its own field, or else in option 67 (RFC 2132): iPXE looks for it in that order.
    name = said[108:236].split(b"\0")[0] or options.get(67, b"").split(b"\0")[0]
    offers[socket.inet_ntoa(frame[26:30])] = {
        "address": socket.inet_ntoa(said[16:20]),
        "server": socket.inet_ntoa(said[20:24]),
        "file": name.decode(errors="replace"),
    }
    end = min(end, now + 0.4)  # a second server has that long to answer too
print(json.dumps(offers))
"""
"""What a network card asks when it starts (RFC 2131, RFC 4578): ARCHITECTURE SECONDS; it prints who offered what."""


def offered(lab, architecture):
    """Return what a card of an architecture (0 BIOS, 7 UEFI) is offered: an address, the next server, a file name."""
    patience = scaled_timeout(4)
    done = lab.probe("atelier").run(
        ("python3", "-I", "-c", _CARD, str(architecture), str(patience)), timeout=patience + 5
    )
    assert done.status == 0, done.stderr
    return json.loads(done.stdout)


def assert_card_starts(lab, architecture=0):
    """A new card gets an address, its boot file over TFTP, and what that one names over HTTP; all from depot1."""
    kind, depot = {0: "BIOS", 7: "UEFI"}[architecture], lab.address("depot1")
    offers = offered(lab, architecture)
    assert offers, reason(
        fr=f"un poste {kind} demande une adresse et n'en reçoit pas",
        en=f"a {kind} workstation asks for an address and gets none",
    )
    others = [server for server in offers if server != depot]
    assert not others, reason(
        fr=f"une autre machine que depot1 propose des adresses : {', '.join(others)}",
        en=f"a machine other than depot1 offers addresses: {', '.join(others)}",
    )
    told = offers[depot]
    assert told["address"] in POOL, reason(
        fr=f"un poste se voit proposer {told['address']}, hors de l'étendue des postes",
        en=f"a workstation is offered {told['address']}, which is not in the workstations' pool",
    )
    assert told["file"], reason(
        fr=f"un poste {kind} reçoit une adresse, mais pas de nom de fichier de démarrage",
        en=f"a {kind} workstation gets an address, but no name of a boot file",
    )
    place = f"tftp://{told['server']}/{told['file']}"
    patience = str(scaled_timeout(4))
    got = lab.probe("atelier").run(("curl", "--disable", "-sS", "--noproxy", "*", "--max-time", patience, place))
    assert got.status == 0, reason(
        fr=f"un poste {kind} ne reçoit pas {place}", en=f"a {kind} workstation does not get {place}"
    )
    assert told["server"] == depot, reason(
        fr=f"{place} ne vient pas de depot1", en=f"{place} does not come from depot1"
    )
    named = re.search(r"^set depot (http://\S+)$", got.stdout, re.MULTILINE)
    assert named, reason(
        fr=f"{place} n'est pas un fichier de démarrage des postes", en=f"{place} is no boot file for workstations"
    )
    files = re.findall(r"^(?:kernel|initrd) \$\{depot\}/(\S+)", got.stdout, re.MULTILINE)
    assert len(files) == 2, reason(
        fr=f"{place} ne nomme pas un noyau et un système", en=f"{place} does not name a kernel and a system"
    )
    for name in files:
        assert_served(lab, f"{named[1]}/{name}")


def assert_served(lab, url):
    """A file is there over HTTP, and depot1's nginx serves it."""
    page = ("curl", "--disable", "-sS", "--head", "--noproxy", "*", "--max-time", str(scaled_timeout(4)))
    got = lab.probe("atelier").run((*page, "--write-out", "%{http_code} %{remote_ip}", "--output", "/dev/null", url))
    code, _, peer = got.stdout.partition(" ")
    answer = code if got.status == 0 else re.sub(r"^curl: \(\d+\) ", "", got.stderr.strip())
    assert (got.status, code) == (0, "200"), reason(
        fr=f"{url} ne se télécharge pas ({answer})", en=f"{url} cannot be downloaded ({answer})"
    )
    assert peer == lab.address("depot1"), reason(
        fr=f"{url} ne vient pas de depot1", en=f"{url} does not come from depot1"
    )
    server = lab.listener("depot1", 80, "/usr/sbin/nginx")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"depot1, port 80 : {doubts}", en=f"depot1, port 80: {doubts}")


def settings(lab, name):
    """Return what a deployment file says, as a workstation fetches it."""
    url = f"http://{lab.address('depot1')}/postes/{name}.conf"
    page = lab.probe("atelier").http_get(url)
    assert page.status == 200, reason(
        fr=f"{url} ne se télécharge pas ({page.status or page.problem})",
        en=f"{url} cannot be downloaded ({page.status or page.problem})",
    )
    found = {}
    for line in lines_in(page.body):
        for word in shlex.split(line, comments=True):
            key, _, value = word.partition("=")
            found[key] = value
    return found


def _same(kind, wanted, told):
    """Return whether a value says the same; the order of packages and accounts makes no difference."""
    if kind in {"paquets", "comptes"}:
        return sorted(wanted.split()) == sorted(told.split())
    return wanted == told


def assert_file_is_to_standard(lab, serial):
    """The files that a workstation fetches ask for what the written standard says of it."""
    asked = {**settings(lab, "commun"), **settings(lab, serial)}
    wanted = {_KEYS[kind]: (kind, value) for kind, value in STANDARD.items()}
    wanted |= {"NOM": ("nom", WORKSTATIONS[serial][0]), "SERVICE": ("service", WORKSTATIONS[serial][1])}
    for key, (kind, value) in wanted.items():
        told = asked.get(key, "")
        assert _same(kind, value, told), reason(
            fr=f"{serial} : {key} vaut « {told or 'rien'} » dans ses fichiers, le standard dit « {value} »",
            en=f'{serial}: {key} is "{told or "nothing"}" in its files, the standard says "{value}"',
        )


def assert_first_start_can_be_done(lab):
    """What the first start asks for is there, by the names that it uses, with the checksums that it expects."""
    script, _ = _first_start_page(lab, "premier-demarrage/etapes.sh")
    base = re.search(r"^depot=(http://\S+)$", script, re.MULTILINE)
    wanted = re.findall(r'^prend "?([^"\s]+)"? (\S+)$', script, re.MULTILINE)
    missing = [name for name in FIRST_START if name not in {name for _, name in wanted}]
    entered = re.search(r"http://([^/\s]+)/inscription\?", script)
    missing += [] if base and entered else ["inscription"]
    assert not missing, reason(
        fr=f"etapes.sh ne fait plus toutes les étapes ({', '.join(missing)})",
        en=f"etapes.sh no longer does all steps ({', '.join(missing)})",
    )
    urls = {name: urlsplit(f"{place.replace('$depot', base[1])}/{name}") for place, name in wanted}
    for name in sorted({one.netloc for one in urls.values()} | {urlsplit(base[1]).netloc, entered[1]}):
        told = lab.probe("atelier").resolve(name, server=lab.address("depot1")).records
        assert lab.address("depot1") in told, reason(
            fr=f"{name} : le DNS répond {', '.join(told) or 'rien'}",
            en=f"{name}: DNS answers {', '.join(told) or 'nothing'}",
        )
    assert_served(lab, f"http://{lab.address('depot1')}/inscription")
    text, _ = _first_start_page(lab, f"{urlsplit(base[1]).path.lstrip('/')}/SOMMES")
    sums = {row.split()[1]: row.split()[0] for row in lines_in(text) if len(row.split()) == 2}
    got = dict(
        zip(urls, concurrently(lambda one: _first_start_page(lab, one.path.lstrip("/")), urls.values()), strict=True)
    )
    for name, (_, digest) in got.items():
        assert sums.get(name) == digest, reason(
            fr=f"{name} n'a pas la somme de contrôle que dit SOMMES",
            en=f"{name} does not have the checksum that SOMMES says",
        )


def _first_start_page(lab, path):
    """Return a file of the first start as it is served, and its SHA-256."""
    url = f"http://{lab.address('depot1')}/{path}"
    script = 'page=$(mktemp) && curl -q -sSf --noproxy "*" --max-time "$1" -o "$page" "$2" && cat "$page" && '
    script += 'echo && echo "sha256 $(sha256sum <"$page")"; code=$?; rm -f "$page"; exit $code'
    got = lab.probe("atelier").run(("sh", "-c", script, "page", str(scaled_timeout(5)), url))
    said = re.sub(r"^curl: \(\d+\) ", "", got.stderr.strip())
    assert got.status == 0, reason(fr=f"{url} ne se télécharge pas ({said})", en=f"{url} cannot be downloaded ({said})")
    text, _, digest = got.stdout.rpartition("\nsha256 ")
    return text, digest.split()[0]


class Blank:
    """A blank workstation of the grader's own on the bench: another card and another machine, a known serial number."""

    def __init__(self, lab, serial):
        """Choose what nobody knows beforehand."""
        self.lab, self.serial = lab, serial
        self.uuid, name = str(uuid.uuid4()), f"essai-{secrets.token_hex(4)}"
        self.mac = "52:54:00:" + ":".join(f"{random.SystemRandom().randrange(256):02x}" for _ in range(3))
        self.unit, self.screen, self.disk = f"{name}.scope", f"/var/tmp/{name}.log", f"/var/tmp/{name}.img"

    def __enter__(self):
        """Switch it on, with the image's own means."""
        bench = self.lab.host("banc1")
        for path in _TOOLS:
            assert bench.file(path).is_the_images, reason(
                fr=f"{path} a été modifié : le banc ne prouve plus rien",
                en=f"{path} was changed: the bench proves nothing any longer",
            )
        machine = ("/usr/local/lib/banc/machine", "essai", self.serial, self.mac, self.uuid, self.disk, self.screen)
        words = " ".join(shlex.quote(word) for word in machine)
        started = bench.run(
            "sh -c %s",
            f"setsid systemd-run --quiet --scope --unit={self.unit} {words} </dev/null >/dev/null 2>&1 &",
        )
        assert started.rc == 0, started.stderr
        return self

    def __exit__(self, *_):
        """Switch it off, and take its disk away."""
        self.lab.host("banc1").run(
            "sh -c %s",
            f"systemctl kill --signal=KILL {self.unit}; rm -f {self.disk} {self.screen}",
        )

    def shown(self):
        """Return what its screen has shown, without what moves a cursor."""
        screen = self.lab.host("banc1").file(self.screen)
        text = screen.content.decode(errors="replace") if screen.exists else ""
        return re.sub(r"\x1b[^a-zA-Z]*[a-zA-Z]|[\x08\r]", "", text)

    def stopped(self):
        """Return what it stopped with, if it did."""
        found = _STOPPED.search(self.shown())
        return reason(fr=f"son écran dit : {found[0]}", en=f"its screen says: {found[0]}") if found else ""

    def standing(self):
        """Return the address that it says it has, once it is up."""
        found = re.search(r"^POSTE \S+ : debout, ([\d.]+)", self.shown(), re.MULTILINE)
        return found[1] if found else ""


def assert_workstation_is_installed(lab, serial):
    """A blank workstation boots from the network, installs itself, starts from its disk, and is to the standard."""
    for path in (f"{HTTP}/images/{STANDARD['image']}", f"{HTTP}/demarrage/initrd.gz", f"{HTTP}/demarrage/vmlinuz"):
        assert lab.host("depot1").file(path).is_the_images, reason(
            fr=f"{path} n'est plus celui de la fabrique", en=f"{path} is no longer the factory's"
        )
    late = reason(fr=f"{serial} : un poste neuf ne s'installe pas", en=f"{serial}: a new workstation is not installed")
    with Blank(lab, serial) as blank:
        address = lab.wait(blank.standing, within=150, every=0.5, what=late, unless=blank.stopped)
        page = lab.probe("atelier").http_get(f"http://{address}/cgi-bin/fiche", timeout=15)
    assert page.status == 200, reason(
        fr=f"{serial} : le poste installé ne répond pas ({page.status or page.problem})",
        en=f"{serial}: the installed workstation does not answer ({page.status or page.problem})",
    )
    told = dict(line.partition("=")[::2] for line in lines_in(page.body))
    assert told.get("uuid", "").lower() == blank.uuid, reason(
        fr=f"{address} : ce n'est pas le poste neuf qui répond",
        en=f"{address}: it is not the new workstation that answers",
    )
    wanted = {**STANDARD, "serie": serial, "nom": WORKSTATIONS[serial][0], "premier-demarrage": "fini"}
    wanted["fichiers"] = " ".join(("SOMMES", *FIRST_START))
    for kind, value in wanted.items():
        seen = told.get(kind, "")
        assert _same(kind, value, seen), reason(
            fr=f"{serial} installé : {kind} = « {seen or 'rien'} », le standard dit « {value} »",
            en=f'{serial} once installed: {kind} = "{seen or "nothing"}", the standard says "{value}"',
        )
    assert told.get("heure") in {"CET", "CEST"}, reason(
        fr=f"{serial} installé : son heure est {told.get('heure')}, non celle de Paris",
        en=f"{serial} once installed: its time is {told.get('heure')}, not that of Paris",
    )


DELIVERED = 12
"""How many workstations had been delivered before, each with a lease."""


def assert_delivered_keep_their_addresses(lab):
    """The DHCP server still knows the lease of each workstation that works somewhere in the factory."""
    rows = lines_in(lab.host("depot1").file("/var/lib/kea/kea-leases4.csv").content_string)
    last = {row.split(",")[0]: row.split(",") for row in rows[1:] if row.count(",") > 8}
    held = {row[1] for row in last.values() if row[1].startswith("02:7a:5c:03:00:") and row[9] == "0"}
    assert len(held) == DELIVERED, reason(
        fr=f"le serveur DHCP ne connaît plus que {len(held)} des {DELIVERED} postes livrés",
        en=f"the DHCP server knows only {len(held)} of the {DELIVERED} delivered workstations",
    )
