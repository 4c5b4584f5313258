"""Is the workstation connected as it should be, and is everything else as it was?"""

from grader import check, concurrently, ifupdown_methods, names_by_hand, reason
from lab_tools import RESERVED, addresses_in_words, assert_is_the_intranet, listed, no_lease_to_come

SOON = 3
"""Seconds that a workstation may need for its lease after the last action."""


def opens_the_intranet(lab, pc):
    """Open the intranet by its name, as soon as there is an address."""
    client = lab.client(pc)
    missing = reason(fr=f"{pc} n'a pas d'adresse", en=f"{pc} has no address")
    lab.wait(lambda: client.addresses("eth0"), within=SOON, what=missing, unless=lambda: no_lease_to_come(lab, pc))
    assert_is_the_intranet(lab, pc, client.http_get(f"http://intranet.{lab.domain}/", timeout=2))


@check(
    "symptom",
    points=2,
    competence="1.3",
    fr="L'intranet s'ouvre sur le poste {{ user.full | de }} ({{ pc }}), à son adresse réservée.",
    en="The intranet opens on {{ user.full }}'s PC ({{ pc }}), at its reserved address.",
    before_fr="L'intranet ne s'ouvre pas sur le poste {{ user.full | de }} ({{ pc }}).",
    before_en="The intranet does not open on {{ user.full }}'s PC ({{ pc }}).",
    host="{{ pc }}",
    lock="",
)
def test_intranet_opens(lab):
    pc = lab.values["pc"]
    opens_the_intranet(lab, pc)
    addresses = lab.client(pc).addresses("eth0")
    seen = addresses_in_words(addresses)
    assert addresses == (f"{RESERVED[pc]}/24",), reason(
        fr=f"{pc} : {seen} au lieu de {RESERVED[pc]}/24", en=f"{pc} has {seen} instead of {RESERVED[pc]}/24"
    )


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="{{ pc }} demande toujours son adresse par DHCP.",
    en="{{ pc }} still asks for its address by DHCP.",
    host="{{ pc }}",
    lock="",
)
def test_still_dhcp(lab):
    by = ifupdown_methods(lab.host(lab.values["pc"]), "eth0")
    assert by == ["dhcp"], reason(
        fr=f"/etc/network/interfaces configure eth0 par {listed(by)}, et non par dhcp",
        en=f"/etc/network/interfaces sets eth0 up by {listed(by)}, not by dhcp",
    )


@check(
    "guard",
    points=1,
    competence="1.3",
    fr="Les autres postes fonctionnent comme avant, et aucun ne contourne le DNS.",
    en="The other PCs work as before, and none bypasses DNS.",
)
def test_other_workstations(lab):
    others = ({"pc1", "pc2"} - {lab.values["pc"]}).pop(), "pc3"
    concurrently(lambda pc: opens_the_intranet(lab, pc), others)
    for pc in ("pc1", "pc2", "pc3"):
        bypass = names_by_hand(lab.host(pc), "intranet", "web1")
        assert not bypass, reason(fr=f"{pc} : {bypass}", en=f"{pc}: {bypass}")
