"""What the firewall lets through, by TCP and besides: many are asked at once, for silence takes its time."""

import re
import secrets

from grader import concurrently, lines_in, ruleset_differences, scaled_timeout

FW1, SRV1, PC1 = "192.168.50.1", "192.168.50.10", "192.168.50.51"
RELAY1, PROXY1, WEB1, VPN1 = SERVERS = "172.16.50.25", "172.16.50.31", "172.16.50.80", "172.16.50.94"
PUBLIC, INET1, NOMADE1 = "203.0.113.2", "203.0.113.1", "203.0.113.77"
SITE = "www.scierie-delorme.example"
PORTS = (21, 22, 25, 53, 80, 110, 143, 443, 465, 587, 993, 8080, 10000 + secrets.randbelow(50000))
"""Those that a rule names which is a little too wide, and one that nobody can know."""

SUPPLIER = "commandes@scierie-delorme.example"
ARRIVES = 25
"""Seconds in which a message has come through, a retry included."""


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
    found = concurrently(lambda name: arrived(stations[name], targets[name]), stations)
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

    tried = (*concurrently(pinged, pings), *concurrently(resolved, questions), *concurrently(sent, datagrams))
    return [passed for passed in tried if passed]


def send(station, server, sender, recipient):
    """Hand a message with a new mark to a mail server, as a mail program does; return the mark."""
    mark = secrets.token_hex(8)
    text = f"From: {sender}\\r\\nTo: {recipient}\\r\\nSubject: {mark}\\r\\n\\r\\nBonjour.\\r\\n"
    line = (
        f"printf '{text}' | curl --disable --silent --show-error --max-time {scaled_timeout(12)} --upload-file - \"$@\""
    )
    envelope = ("--mail-from", sender, "--mail-rcpt", recipient)
    done = station.run(["sh", "-c", line, "send", *envelope, f"smtp://{server}"], timeout=20)
    assert done.status == 0, f"{server} does not take the message: {done.stderr.strip()}"
    return mark


def assert_policy_is_kept(lab):
    """The firewall's rules are those of the file that it loads at boot."""
    fw1 = lab.host("fw1")
    assert fw1.service("nftables").is_enabled, "the service nftables does not start with fw1"
    assert not ruleset_differences(fw1), ruleset_differences(fw1)


def assert_still_reaches(lab, host, allowed):
    """A host has all the access that the policy gives it."""

    def reaches():
        answers = lab.client(host).scan(allowed, timeout=5)
        blocked = [f"{address}:{port}" for (address, port), answer in answers.items() if not answer.arrived]
        assert not blocked, f"{host} no longer reaches {', '.join(blocked)}"
        return True

    lab.wait(reaches, within=15, every=1)


def assert_no_more_than_before(lab, host, refused):
    """A host reaches nothing that was closed to it."""
    passed = arrived(lab.client(host), refused)
    assert not passed, f"the firewall lets {host} reach {', '.join(passed)}"
