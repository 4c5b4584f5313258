"""Is the DHCP service what it was? For scenarios where it is sound, and nobody's repair has to touch it."""

from grader import check, reason
from lab_tools import (
    RESERVED,
    addresses_of,
    assert_service_lasts,
    dhcp_configuration,
    listed,
    office_scope,
    reservations_of,
)

POOL = "192.168.10.100 - 192.168.10.199"


@check(
    "guard",
    points=1,
    fr="Le service DHCP est inchangé : étendue, réservations, passerelle et résolveur.",
    en="The DHCP service is unchanged: pool, reservations, gateway and resolver.",
    host="srv1",
    lock="",
)
def test_dhcp_service_unchanged(lab):
    subnet, scopes = office_scope(lab), len(dhcp_configuration(lab)["subnet4"])
    assert scopes == 1, reason(
        fr=f"le serveur DHCP a {scopes} étendues au lieu d'une", en=f"the server has {scopes} scopes instead of one"
    )
    options = {option.get("name", ""): option.get("data", "") for option in subnet.get("option-data", ())}
    reservations = reservations_of(subnet)
    pools = [p["pool"] for p in subnet.get("pools", ())]
    assert addresses_of(subnet) == addresses_of({**subnet, "pools": [{"pool": POOL}]}), reason(
        fr=f"l'étendue a été modifiée : {listed(pools)} au lieu de {POOL}",
        en=f"the pool was changed: {listed(pools)} instead of {POOL}",
    )
    given = {
        "routers": (lab.address("r1", "eth0"), reason(fr="la passerelle distribuée", en="the gateway handed out")),
        "domain-name-servers": (lab.address("srv1"), reason(fr="le résolveur distribué", en="the resolver handed out")),
        "domain-name": (lab.domain, reason(fr="le domaine distribué", en="the domain handed out")),
    }
    for name, (expected, what) in given.items():
        seen = options.pop(name, "")
        words = seen or reason(fr="rien", en="nothing")
        assert seen == expected, reason(
            fr=f"{what} a changé : {words} au lieu de {expected}",
            en=f"{what} was changed: {words} instead of {expected}",
        )
    assert not options, reason(
        fr=f"le serveur distribue d'autres options qu'avant : {', '.join(options)}",
        en=f"more is handed out than before: {', '.join(options)}",
    )
    expected = {lab.values["lab"].hosts[pc].mac: address for pc, address in RESERVED.items()}
    seen = listed(f"{address} ({mac})" for mac, address in reservations.items())
    assert reservations == expected, reason(
        fr=f"les réservations ont été modifiées : {seen}", en=f"the reservations were changed: {seen}"
    )
    for host, name in (("srv1", "kea-dhcp4-server"), ("r1", "isc-dhcp-relay")):
        assert_service_lasts(lab, host, name)
