"""Does the X-ray arrive as quickly as it should, by a sound link, for everybody and for good?

No check asserts a time. What a workstation needs is compared with what the server room needs in the same minute, and
the best of several tries counts on both sides: a machine under load slows both. The server room's tries come first: a
single one that was held up would let a workstation pass that is slow. The tries end early where no load of a machine
explains what was seen twice: packets that are lost, or an X-ray of which not even a part has come.

The checks run at once, although they share the cables: a sound one has room for all of them together, and what they
take from each other is far less than what is allowed.
"""

import json
import math
import re

from grader import check, concurrently, ifupdown_interfaces, lines_in, names_by_hand, reason, scaled_timeout
from lab_tools import RESERVED, addresses_in_words, assert_is_the_intranet, listed, no_lease_to_come

WORKSTATIONS = ("pc1", "pc2", "pc3")
XRAY = "/radios/examen-1187.dcm"
DIGEST = "f9c353d6b4a83fc51b67e52f32617fdebab8f700b0f99f46248903845d5b16c3"
"""The X-ray's SHA-256; a smaller one would open sooner."""
TIMES = 40
"""A workstation may take so many times what the server room takes for the X-ray; the faults take over a thousand."""
TRIES = 5
HOPELESS = 2
"""After so many tries that no load explains, there is no other one."""
PART = 4
"""A try that ends before one such part of the X-ray has come is hopeless: more than PART * TIMES times as slow."""
TIMES_QUEUED = 100
"""The same for the slowest of many pings at once, where a good link takes less than a millisecond."""
FULL = 1472
"""Bytes of a ping that fills a packet of 1500."""
MANY = ("-l", "30", "-c", "30")
LIMIT = r"^[[:space:]]*([^#;[:space:]].*)?\btc\b.*qdisc"
"""A line that sets a limit, and is no comment."""
AT_A_START = (
    "/etc/systemd/system /etc/network/interfaces /etc/network/interfaces.d /etc/network/if-*.d /etc/frr /etc/rc.local"
)
"""Where such a line would take effect."""
SOON = 10
"""Seconds that a workstation may need for its lease after the last action."""


def has_an_address(lab, pc):
    missing = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
    lab.wait(
        lambda: lab.client(pc).addresses("eth0"), within=SOON, what=missing, unless=lambda: no_lease_to_come(lab, pc)
    )


def download(lab, host, limit):
    """Return the seconds that a host takes for the X-ray, infinity beyond ``limit``, and the octets that came."""
    wanted = ("--max-time", f"{limit:.2f}", "--output", "/dev/null")
    told = ("--write-out", "%{http_code} %{time_total} %{size_download}")
    command = ("curl", "--disable", "--silent", *wanted, *told, f"http://intranet.{lab.domain}{XRAY}")
    done = lab.client(host).run(command, timeout=limit + 10)
    code, total, octets = done.stdout.split()
    return float(total) if done.status == 0 and code == "200" else math.inf, int(octets)


def reference(lab):
    """Return how long the server room takes for the X-ray, and how many octets it has."""
    best, size = math.inf, 0
    for _ in range(TRIES):
        taken, size = download(lab, "srv1", 8)
        best = min(best, taken)
        assert best < math.inf, reason(
            fr="la radio n'arrive même pas dans la salle des serveurs",
            en="the X-ray does not even arrive in the server room",
        )
    return best, size


def arrives(lab, pc, there, size):
    """Compare a workstation with the server room."""
    has_an_address(lab, pc)
    here, hopeless = math.inf, 0
    for _ in range(TRIES):
        taken, octets = download(lab, pc, TIMES * there + 0.5)
        here = min(here, taken)
        if here <= TIMES * there:
            assert octets == size, reason(
                fr=f"la radio qui arrive sur {pc} n'est pas celle de web1 : {octets} octets au lieu de {size}",
                en=f"the X-ray that arrives on {pc} is not web1's: {octets} bytes instead of {size}",
            )
            assert_is_the_intranet(lab, pc, lab.client(pc).http_get(f"http://intranet.{lab.domain}/"))
            return
        hopeless += octets < size / PART
        if hopeless == HOPELESS:
            break
    needed = reason(fr=f"bien plus de {TIMES} fois", en=f"far more than {TIMES} times")
    if here < math.inf:
        needed = reason(fr=f"{here / there:.0f} fois", en=f"{here / there:.0f} times")
    raise AssertionError(
        reason(
            fr=f"pour la radio, {pc} met {needed} le temps de la salle des serveurs, {TIMES} fois au plus sont admises",
            en=f"{pc} needs {needed} as long as the server room for the X-ray; at most {TIMES} times is allowed",
        )
    )


def burst(lab, host, router):
    """Send many full-size pings at once; return the share that was lost, and the time of the slowest in ms."""
    wait = ("-w", str(scaled_timeout(1)))
    done = lab.client(host).run(("ping", "-n", "-q", "-M", "do", "-s", str(FULL), *MANY, *wait, router), timeout=10)
    lost = re.search(r"([\d.]+)% packet loss", done.stdout)
    slowest = re.search(r"= [\d.]+/[\d.]+/([\d.]+)/", done.stdout)
    return float(lost[1]) if lost else 100.0, float(slowest[1]) if slowest else math.inf


def stanzas(host):
    """Return what /etc/network/interfaces and its folder say, line by line, without comments and blanks."""
    text = host.check_output("cat /etc/network/interfaces $(find /etc/network/interfaces.d -type f)")
    return [line.strip() for line in lines_in(text) if line.strip() and not line.strip().startswith("#")]


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="La radio de l'examen 1187 arrive vite, et entière, sur le poste {{ user.full | de }} ({{ pc }}).",
    en="The X-ray of examination 1187 arrives quickly and whole on {{ user.full }}'s workstation ({{ pc }}).",
    before_fr="La radio de l'examen 1187 n'arrive pas, ou mal, sur le poste {{ user.full | de }} ({{ pc }}).",
    before_en="The X-ray of examination 1187 hardly opens, if at all, for {{ user.full }} ({{ pc }}).",
    host="{{ pc }}",
    because="as long as the server room",
    lock="",
    timeout=120,
)
def test_xray_arrives(lab):
    arrives(lab, lab.values["pc"], *reference(lab))


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="De {{ pc }} au routeur, les paquets de pleine taille passent tous, sans attendre.",
    en="From {{ pc }} to the router, all full-size packets get through, without waiting.",
    before_fr="Sur {{ pc }}, tout ce qui est un peu gros passe mal.",
    before_en="On {{ pc }}, anything of some size has trouble getting through.",
    host="{{ pc }}",
    because="full-size",
    lock="",
    timeout=120,
)
def test_full_packets_pass(lab):
    pc = lab.values["pc"]
    has_an_address(lab, pc)
    lost, slowest, best, hopeless = 100.0, math.inf, math.inf, 0
    for _ in range(TRIES):
        best = min(best, burst(lab, "srv1", lab.address("r1", "eth1"))[1])
        assert best < math.inf, reason(
            fr="le routeur ne répond même pas à la salle des serveurs",
            en="the router does not even answer the server room",
        )
    for _ in range(TRIES):
        lost, seen = burst(lab, pc, lab.address("r1", "eth0"))
        slowest = min(slowest, seen)
        if lost == 0 and slowest <= TIMES_QUEUED * best:
            return
        hopeless += lost > 0
        if hopeless == HOPELESS:
            break
    assert lost == 0, reason(
        fr=f"sur 30 paquets de pleine taille de {pc} au routeur, {lost:.0f} % sont perdus",
        en=f"of 30 full-size packets from {pc} to the router, {lost:.0f}% are lost",
    )
    raise AssertionError(
        reason(
            fr=f"les paquets de pleine taille de {pc} attendent {slowest / best:.0f} fois plus que dans la salle des "
            f"serveurs, {TIMES_QUEUED} fois au plus sont admises",
            en=f"full-size packets from {pc} wait {slowest / best:.0f} times as long as in the server room; "
            f"at most {TIMES_QUEUED} times is allowed",
        )
    )


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="La radio arrive vite sur tous les postes, et rien ne les ralentira au prochain démarrage.",
    en="The X-ray arrives quickly on every workstation, and nothing will slow them down at the next start.",
    before_fr="La radio ne s'ouvre pas vite partout.",
    before_en="The X-ray does not open quickly everywhere.",
    because="as long as the server room",
    timeout=120,
)
def test_everybody_for_good(lab):
    there, size = reference(lab)
    concurrently(
        lambda pc: arrives(lab, pc, there, size), sorted(WORKSTATIONS, key=lambda name: name != lab.values["pc"])
    )

    def started(name):
        host = lab.host(name)
        commands = [line for line in stanzas(host) if re.match(r"((pre|post)-)?(up|down)\b", line)]
        assert not commands, reason(
            fr=f"/etc/network/interfaces de {name} lance au prochain démarrage : {commands[0]}",
            en=f"/etc/network/interfaces of {name} runs at the next start: {commands[0]}",
        )
        units = host.run(f"grep -lErs '{LIMIT}' {AT_A_START}").stdout.split()
        assert not units, reason(
            fr=f"{name} pose un limiteur au prochain démarrage : {units[0]}",
            en=f"{name} sets a limit at the next start: {units[0]}",
        )

    concurrently(started, ("r1", *WORKSTATIONS))


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Les postes gardent leur configuration par DHCP, avec des cartes à la MTU normale.",
    en="The workstations still get their settings by DHCP, with the normal MTU on their cards.",
    timeout=120,
)
def test_workstations_unchanged(lab):
    def unchanged(pc):
        host = lab.host(pc)
        methods = [line.split()[-1] for line in stanzas(host) if line.startswith("iface eth0")]
        assert methods == ["dhcp"], reason(
            fr=f"{pc} configure eth0 par {listed(methods)}, et non par dhcp",
            en=f"{pc} sets eth0 up by {listed(methods)}, not by dhcp",
        )
        has_an_address(lab, pc)
        if pc in RESERVED:
            own, seen = f"{RESERVED[pc]}/24", lab.client(pc).addresses("eth0")
            assert seen == (own,), reason(
                fr=f"{pc} : {addresses_in_words(seen)} au lieu de {own}",
                en=f"{pc} has {addresses_in_words(seen)} instead of {own}",
            )
        (link,) = json.loads(host.check_output("ip -json link show dev eth0"))
        assert link["mtu"] == 1500, reason(
            fr=f"la carte de {pc} a une MTU de {link['mtu']} au lieu de 1500",
            en=f"the card of {pc} has an MTU of {link['mtu']} instead of 1500",
        )
        squeezed = [route["dst"] for route in json.loads(host.check_output("ip -json route")) if route.get("metrics")]
        assert not squeezed, reason(
            fr=f"{pc} bride ses paquets par une route : {listed(squeezed)}",
            en=f"{pc} squeezes its packets by a route: {listed(squeezed)}",
        )
        named = names_by_hand(host, "intranet", "web1")
        assert not named, reason(fr=f"{pc} : {named}", en=f"{pc}: {named}")

    concurrently(unchanged, WORKSTATIONS)


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Le routeur transmet tout, sans filtre ni retouche, par des cartes à la MTU normale.",
    en="The router passes everything on, unfiltered and unaltered, with the normal MTU on its cards.",
    host="r1",
    lock="",
)
def test_router_unchanged(lab):
    host = lab.host("r1")
    rules = " ".join(host.check_output("nft list ruleset").split())
    assert not rules, reason(fr=f"r1 a des règles de filtrage : {rules}", en=f"r1 has rules: {rules}")
    kept = ifupdown_interfaces(host)
    for name in ("eth0", "eth1"):
        own, later = lab.address("r1", name), kept.get(name, [])
        assert later == [own], reason(
            fr=f"{name} de r1 au prochain démarrage : {addresses_in_words(later)} au lieu de {own}",
            en=f"{name} of r1 has {addresses_in_words(later)} instead of {own} at the next start",
        )
        (link,) = json.loads(host.check_output("ip -json link show dev %s", name))
        assert link["mtu"] == 1500, reason(
            fr=f"{name} de r1 a une MTU de {link['mtu']} au lieu de 1500",
            en=f"{name} of r1 has an MTU of {link['mtu']} instead of 1500",
        )
        seen = lab.client("r1").addresses(name)
        assert seen == (f"{own}/24",), reason(
            fr=f"{name} de r1 : {addresses_in_words(seen)} au lieu de {own}/24",
            en=f"{name} of r1 has {addresses_in_words(seen)} instead of {own}/24",
        )


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="L'intranet sert toujours la même radio.",
    en="The intranet still serves the same X-ray.",
    host="web1",
    lock="",
)
def test_same_xray(lab):
    url = f"http://{lab.address('web1')}{XRAY}"
    got = lab.probe("servers").run(
        ("sh", "-c", f"curl --silent --max-time {scaled_timeout(20)} {url} | sha256sum"), timeout=30
    )
    assert got.stdout.split()[:1] == [DIGEST], reason(
        fr="la radio que sert web1 n'est plus celle de la clinique", en="the X-ray that web1 serves is not the clinic's"
    )
    assert lab.host("web1").service("nginx").is_enabled, reason(
        fr="le service nginx ne démarre pas avec web1", en="nginx does not start with web1"
    )
