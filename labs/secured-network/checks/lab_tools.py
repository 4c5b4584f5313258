"""What the firewall lets through besides TCP: a scan of ports does not see it."""

SITE = "www.scierie-delorme.example"


def beside_tcp(lab):
    """Return in words each ping and each question by UDP that passes where the policy does not provide for it."""
    srv1, provider = lab.address("srv1"), lab.address("inet1")
    stations = {name: lab.client(name) for name in ("relay1", "proxy1", "web1", "vpn1", "nomade1", "pc1")}
    stations["another machine of the DMZ"] = lab.probe("dmz")
    stations["the Internet"] = lab.probe("outside", gateway=lab.address("fw1", "eth2"))
    dmz = ("relay1", "proxy1", "web1", "vpn1", "another machine of the DMZ")
    pings = [
        *((one, "srv1", srv1) for one in (*dmz, "nomade1", "the Internet")),
        *((one, "the Internet", provider) for one in dmz),
        ("the Internet", "web1", lab.address("web1")),
    ]
    questions = [
        *((one, "srv1", f"intranet.{lab.domain}", srv1) for one in (*dmz, "nomade1")),
        *((one, "the Internet", SITE, provider) for one in ("web1", "vpn1", "another machine of the DMZ", "pc1")),
    ]
    passed = [f"{one} reaches {what} by ping" for one, what, address in pings if stations[one].ping(address)]
    passed += [
        f"{one} reaches {what} by UDP" for one, what, name, server in questions if stations[one].resolve(name, server)
    ]
    return passed
