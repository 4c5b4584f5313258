"""What the firewall lets through, by TCP and besides: many are asked at once, for silence takes its time."""

import re
import secrets

from grader import at_once
from grader.lines import lines_in

SITE = "www.scierie-delorme.example"
PORTS = (21, 22, 25, 53, 80, 110, 143, 443, 465, 587, 993, 8080, 10000 + secrets.randbelow(50000))
"""Those that a rule names which is a little too wide, and one that nobody can know."""


def ports_of(address, *allowed):
    """Return the ports of an address that are to be tried, without those that the policy allows."""
    return [(address, port) for port in PORTS if port not in allowed]


def published_besides(fw1, server, port):
    """Count the rules that translate or let in other ports of a server of the DMZ for the Internet."""
    found = 0
    for rule in lines_in(fw1.check_output("nft list ruleset")):
        let_in = rf'iifname "eth2".* ip daddr {server}\b.*accept|ip daddr {server}\b.* ct status dnat .*accept'
        if re.search(rf"dnat (ip )?to {server}\b|{let_in}", rule):
            ports = re.search(r"\bdport (\{.*?\}|\S+)", rule)
            found += ports is None or set(re.findall(r"[\d-]+", ports[1])) != {str(port)}
    return found


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

    datagrams = [(one, port) for one in ("relay1", "proxy1") for port in (25, 80, 443)]

    def pinged(ping):
        one, what, address = ping
        return f"{one} reaches {what} by ping" if stations[one].ping(address) else ""

    def resolved(question):
        one, what, name, server = question
        return f"{one} reaches {what} by UDP" if stations[one].resolve(name, server) else ""

    def sent(datagram):
        one, port = datagram
        asked = ["dig", "+tries=2", "+time=2", "-p", str(port), f"@{provider}", SITE]
        closed = "connection refused" in stations[one].ask(asked, timeout=10).stdout
        return f"{one} reaches port {port} of the Internet by UDP" if closed else ""

    tried = (*at_once(pinged, pings), *at_once(resolved, questions), *at_once(sent, datagrams))
    return [passed for passed in tried if passed]
