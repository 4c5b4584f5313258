"""What the firewall lets through, by TCP and besides: many are asked at once, for silence takes its time."""

from grader import at_once

SITE = "www.scierie-delorme.example"


def arrived(station, targets):
    """Return in words which of some addresses with their ports can be reached."""
    return [f"{address}:{port}" for (address, port), answer in station.scan(targets).items() if answer.arrived]


def reached(stations, targets):
    """Return in words what can be reached from stations that have a name; each has its own targets."""
    found = at_once(lambda name: arrived(stations[name], targets[name]), stations)
    return [f"{name} reaches {what}" for name, all_of in zip(stations, found, strict=True) for what in all_of]


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

    def pinged(ping):
        one, what, address = ping
        return f"{one} reaches {what} by ping" if stations[one].ping(address) else ""

    def resolved(question):
        one, what, name, server = question
        return f"{one} reaches {what} by UDP" if stations[one].resolve(name, server) else ""

    return [passed for passed in (*at_once(pinged, pings), *at_once(resolved, questions)) if passed]
