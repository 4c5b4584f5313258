"""Is the DHCP service what it was? For scenarios where it is sound, and nobody's repair has to touch it."""

import json
import re

from grader import check

RESERVED = {"pc1": "192.168.10.51", "pc2": "192.168.10.52"}


@check(
    "guard",
    points=1,
    fr="Le service DHCP est inchangé : étendue, réservations, passerelle et résolveur.",
    en="The DHCP service is unchanged: pool, reservations, gateway and resolver.",
    host="srv1",
)
def test_dhcp_service_unchanged(lab):
    text = lab.host("srv1").file("/etc/kea/kea-dhcp4.conf").content_string
    (subnet,) = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))["Dhcp4"]["subnet4"]
    options = {option["name"]: option["data"] for option in subnet["option-data"]}
    reservations = {r["hw-address"]: r["ip-address"] for r in subnet["reservations"]}
    assert [p["pool"] for p in subnet["pools"]] == ["192.168.10.100 - 192.168.10.199"], "the pool was changed"
    assert options.pop("routers") == lab.address("r1", "eth0"), "the gateway handed out was changed"
    assert options.pop("domain-name-servers") == lab.address("srv1"), "the resolver handed out was changed"
    assert options.pop("domain-name") == lab.domain, "the domain handed out was changed"
    assert not options, f"more is handed out than before: {', '.join(options)}"
    expected = {lab.values["lab"].hosts[pc].mac: address for pc, address in RESERVED.items()}
    assert reservations == expected, "the reservations were changed"
    for host, name in (("srv1", "kea-dhcp4-server"), ("r1", "isc-dhcp-relay")):
        service = lab.host(host).service(name)
        assert service.is_running, f"{name} does not run on {host}"
        assert service.is_enabled, f"{name} does not start with {host}"
