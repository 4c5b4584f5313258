"""Does the workstation have its address for itself again, for good, and is everything else as it was?"""

import json
import re

from grader import check, ifupdown_interfaces, ifupdown_methods, ifupdown_stanzas

RESERVED = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}
WELCOME = "Bienvenue sur l'intranet de la menuiserie Valbocage."
SOON = 3
"""Seconds that a workstation may need for its lease after the last action."""
ROUNDS = 3
"""Each workstation opens the page this often, by turns: one card cannot be remembered for both that quickly."""


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="L'intranet s'ouvre à chaque essai, sur les deux postes tour à tour.",
    en="The intranet opens at every try, on both workstations by turns.",
    because="of 6 tries",
)
def test_intranet_opens_by_turns(lab):
    def addressed():
        return all(lab.client(pc).addresses("eth0") for pc in RESERVED)

    lab.wait(addressed, within=SOON, what="both workstations have an address")
    lost = []
    for _ in range(ROUNDS):
        for pc in RESERVED:
            page = lab.client(pc).http_get(f"http://intranet.{lab.domain}/", timeout=1.5)
            if page.status != 200 or WELCOME not in page.body or page.peer != lab.address("web1"):
                lost.append(pc)
    tries = ROUNDS * len(RESERVED)
    assert not lost, f"the intranet did not open on {', '.join(sorted(set(lost)))}: {len(lost)} of {tries} tries failed"


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="L'adresse de {{ pc }} n'est qu'à lui : personne d'autre n'y répond.",
    en="The address of {{ pc }} is its own: nobody else answers for it.",
    host="{{ pc }}",
    because="also answers for",
)
def test_nobody_else_answers(lab):
    pc = lab.values["pc"]
    client, address = lab.client(pc), RESERVED[pc]
    lab.wait(lambda: f"{address}/24" in client.addresses("eth0"), within=SOON, what=f"{pc} has the address {address}")
    asked = client.ask(("arping", "-D", "-c", "2", "-w", "2", "-I", "eth0", address))
    others = set(re.findall(r"\[((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\]", asked.stdout, re.IGNORECASE))
    assert not others, f"{' and '.join(sorted(others))} also answers for {address}, the address of {pc}"
    assert "Sent" in asked.stdout, f"arping could not ask: {asked.stderr.strip()}"


@check(
    "symptom",
    points=3,
    competence="1.3",
    fr="Les autres machines n'ont que leur propre adresse, maintenant et après un redémarrage.",
    en="The other machines have their own addresses only, now and after a reboot.",
    because="192.168.10.5[12]",
)
def test_others_have_their_own_address(lab):
    pc = lab.values["pc"]
    address, other = RESERVED[pc], "pc2" if pc == "pc1" else "pc1"
    expected = {
        other: (f"{RESERVED[other]}/24",),
        "r1": tuple(f"{lab.address('r1', name)}/24" for name in ("eth0", "eth1")),
        "srv1": (f"{lab.address('srv1')}/24",),
        "web1": (f"{lab.address('web1')}/24",),
    }
    for name, own in expected.items():
        client = lab.client(name)

        def has_its_own(name=name, own=own, client=client):
            seen = client.addresses()
            assert seen == own, f"{name} has {', '.join(seen) or 'no address'} instead of {', '.join(own)}"
            return True

        lab.wait(has_its_own, within=SOON)
        written = re.findall(rf"\b{re.escape(address)}\b", ifupdown_stanzas(lab.host(name)))
        assert not written, f"/etc/network/interfaces of {name} gives it {address} at the next boot"
    by = ifupdown_methods(lab.host(other), "eth0")
    assert by == ["dhcp"], f"{other} sets eth0 up by {by}, not by dhcp"
    later = {name: ifupdown_interfaces(lab.host(name)) for name in (other, "r1")}
    assert "eth0" in later[other], f"{other} does not bring eth0 up at the next boot"
    for name in ("eth0", "eth1"):
        own, written = lab.address("r1", name), later["r1"].get(name, ["no address"])
        assert written == [own], f"{name} of r1 has {', '.join(written)} instead of {own} at the next boot"


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="{{ pc }} reçoit toujours son adresse réservée par DHCP, avec sa passerelle et son résolveur.",
    en="{{ pc }} still gets its reserved address by DHCP, with its gateway and its resolver.",
    host="{{ pc }}",
)
def test_workstation_configured_by_dhcp(lab):
    pc = lab.values["pc"]
    client, host = lab.client(pc), lab.host(pc)
    own = (f"{RESERVED[pc]}/24",)
    lab.wait(lambda: client.addresses("eth0") == own, within=SOON, what=f"{pc} has {RESERVED[pc]} and no other address")
    assert client.gateway() == lab.address("r1", "eth0"), f"the gateway is {client.gateway()}"
    assert client.resolvers() == (lab.address("srv1"),), f"the resolvers are {client.resolvers()}"
    by = ifupdown_methods(host, "eth0")
    assert by == ["dhcp"], f"/etc/network/interfaces sets eth0 up by {by or 'nothing'}"
    (link,) = json.loads(client.ask(("ip", "-json", "-4", "address", "show", "dev", "eth0")).stdout)
    assert all(a.get("dynamic") for a in link["addr_info"]), "the address was set by hand: it has no lifetime"


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Les machines gardent leurs cartes, et aucune ne retient une adresse MAC par force.",
    en="The machines keep their cards, and none remembers a MAC address by force.",
)
def test_no_forced_neighbour(lab):
    for name in ("pc1", "pc2", "r1"):
        host = lab.host(name)
        card = host.file("/sys/class/net/eth0/address").content_string.strip()
        assert card == lab.values["lab"].hosts[name].mac, f"{name} has the card {card}"
        forced = lab.client(name).ask(("ip", "neighbour", "show", "nud", "permanent", "dev", "eth0")).stdout.strip()
        assert not forced, f"{name} remembers by force: {forced}"
