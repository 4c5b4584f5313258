"""Does the firewall let through no other protocol than the policy's? A scan of TCP ports does not see that."""

from grader import check


@check(
    "guard",
    points=1,
    fr="Ni les pings ni les questions DNS ne passent là où la politique ne les prévoit pas.",
    en="Neither pings nor DNS questions pass where the policy does not provide for them.",
    timeout=90,
)
def test_no_other_protocol_passes(lab):
    srv1, provider = lab.address("srv1"), lab.address("inet1")
    relay1, web1, pc1 = (lab.client(name) for name in ("relay1", "web1", "pc1"))
    stranger = lab.probe("dmz")
    for station, where in ((relay1, "relay1"), (stranger, "another machine of the DMZ")):
        assert not station.ping(srv1), f"{where} reaches srv1 by ping"
    for station, where in ((web1, "web1"), (stranger, "another machine of the DMZ"), (pc1, "pc1")):
        assert not station.resolve("www.scierie-delorme.example", provider), f"{where} asks the Internet by UDP"
    assert not web1.ping(provider), "web1 reaches the Internet by ping"
    outside = lab.probe("outside", gateway=lab.address("fw1", "eth2"))
    for host in ("srv1", "web1"):
        assert not outside.ping(lab.address(host)), f"the Internet reaches {host} by ping"
