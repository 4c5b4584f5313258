"""What the firewall lets through, by TCP and besides: all is asked at once, so that silence is waited for once."""

import re
import secrets

from grader import (
    Allowed,
    Firewall,
    concurrently,
    lines_in,
    policy_differences,
    reason,
    ruleset_differences,
    scaled_timeout,
)

FW1, SRV1, PC1 = "192.168.50.1", "192.168.50.10", "192.168.50.51"
RELAY1, PROXY1, WEB1, VPN1 = SERVERS = "172.16.50.25", "172.16.50.31", "172.16.50.80", "172.16.50.94"
PUBLIC, INET1, NOMADE1 = "203.0.113.2", "203.0.113.1", "203.0.113.77"
DMZ_GATEWAY, TELEWORK = "172.16.50.1", "10.8.50.0/24"
DOMAIN = "montreval.example"
"""What the public sees of the town hall: its mail, its site, its VPN; inside, names end in ``lab.domain``."""
SITE = "www.valdarbre.example"
PORT = 3128
"""The proxy's."""
PORTS = (21, 22, 25, 53, 80, 110, 143, 443, 465, 587, 993, 8080, 10000 + secrets.randbelow(50000))
"""Those that a rule names which is a little too wide, and one that nobody can know."""
INTERNET = reason(fr="Internet", en="the Internet")
NEWCOMER = reason(fr="une autre machine de la DMZ", en="another host of the DMZ")

LAN, DMZ, OUTSIDE = (("eth0",), ("eth1",), ("eth2",))
ITSELF, PING = (), (8,)
FIREWALL = Firewall(
    interfaces={"eth0": ["192.168.50.0/24"], "eth1": ["172.16.50.0/24", TELEWORK], "eth2": []},
    addresses=[FW1, DMZ_GATEWAY, PUBLIC],
)
PUBLISHED = ((WEB1, "tcp", 80), (RELAY1, "tcp", 25), (VPN1, "udp", 1194))
POLICY = [
    *(Allowed(OUTSIDE, (*DMZ, server), protocol, (port,), by=PUBLIC) for server, protocol, port in PUBLISHED),  # 1-3
    Allowed((*DMZ, RELAY1), OUTSIDE, "tcp", (25,)),  # 4
    Allowed((*DMZ, RELAY1), (*LAN, SRV1), "tcp", (25,)),  # 5
    Allowed((*LAN, SRV1), (*DMZ, RELAY1), "tcp", (25,)),  # 6
    Allowed(LAN, (*DMZ, PROXY1), "tcp", (3128,)),  # 7
    Allowed((*DMZ, PROXY1), OUTSIDE, "tcp", (80, 443)),  # 8
    *(Allowed((*DMZ, RELAY1, PROXY1), (*OUTSIDE, INET1), protocol, (53,)) for protocol in ("udp", "tcp")),  # 9
    Allowed((*LAN, SRV1), ("", FW1), "tcp", (22,)),  # 10
    Allowed((*LAN, SRV1), (*DMZ, *SERVERS), "tcp", (22,)),
    Allowed((*DMZ, TELEWORK), (*LAN, SRV1), "tcp", (25, 80)),  # 11
    Allowed(LAN, (*DMZ, WEB1), "tcp", (80,)),  # 12
    *(Allowed(LAN, there, "icmp", PING) for there in (DMZ, OUTSIDE)),  # 13
    *(Allowed(here, ITSELF, "icmp", PING) for here in (LAN, DMZ, OUTSIDE)),  # 14
    # What opens nothing more, and what the policy does not say so exactly
    Allowed(LAN, LAN, "icmp", PING, required=False),
    *(Allowed((*LAN, SRV1), there, "tcp", (22,), required=False) for there in (ITSELF, DMZ)),
    *(Allowed(OUTSIDE, (*DMZ, server), protocol, (port,), required=False) for server, protocol, port in PUBLISHED),
    Allowed((*LAN, SRV1), (*DMZ, RELAY1), "tcp", (25,), by=PUBLIC, required=False),
    Allowed(LAN, (*DMZ, WEB1), "tcp", (80,), by=PUBLIC, required=False),
]
"""The written policy of the lab's page, by its numbers: what is not in it is forbidden."""

PARTNER = "secretariat@valdarbre.example"
ARRIVES = 15
"""Seconds in which a message has come through: Postfix spares for a while a server that it could not reach before."""

SILENCE = 0.6
"""Seconds after which nothing answers any more: the kernels of a lab do so in less than a thousandth of that."""
PATIENCE = 1.5
"""The same for what has to answer."""
SOON = 8
"""Seconds in which what the policy allows opens after the last repair."""
CONNECT = 1.3
"""Seconds in which a server takes a connection: the kernel asks again after one."""
_PASSES = {"tcp": {"open", "refused"}, "ping": {"answered"}, "dns": {"answered"}, "udp": {"refused", "answered"}}
"""The answers by which a question has passed the firewall, be it that nobody listens at the end."""
_STATES = {
    "open": reason(fr="ouvert", en="open"),
    "answered": reason(fr="réponse reçue", en="answered"),
    "empty": reason(fr="réponse vide", en="empty answer"),
    "refused": reason(fr="connexion refusée", en="refused"),
    "filtered": reason(fr="injoignable, un filtre refuse par ICMP", en="unreachable, a filter refuses by ICMP"),
    "unreachable": reason(fr="injoignable", en="unreachable"),
    "silent": reason(fr="aucune réponse", en="silent"),
}

_ASK = r"""
import errno, posix, select, sys, time, _socket as socket, _struct as struct
RECVERR, ICMP_ORIGIN, PROHIBITED = 11, 2, {(3, 9), (3, 10), (3, 13)}
ABORT = struct.pack("2i", 1, 0)
AWAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENONET, errno.ENOPROTOOPT}
# What a host's own routes and filter make of it: blackhole, prohibit, a dropped packet, no interface, no address.
AWAY |= {errno.EINVAL, errno.EACCES, errno.EPERM, errno.ENETDOWN, errno.EADDRNOTAVAIL}
patience, words = float(sys.argv[1]), sys.argv[2:]
questions = list(zip(words[::3], words[1::3], words[2::3]))
found, asked, poll = {}, {}, select.poll()
wire = None

def query(name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return posix.urandom(2) + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)

def echo(number):
    def packet(total):
        return struct.pack("!BBHHH", 8, 0, total, posix.getpid() & 0xffff, number)
    total = sum(struct.unpack("!4H", packet(0)))
    return packet(~((total >> 16) + (total & 0xffff)) & 0xffff)

def failed(end, number, code):
    if code in AWAY:
        try:
            told = [data for _, kind, data in end.recvmsg(0, 512, socket.MSG_ERRQUEUE)[1] if kind == RECVERR]
        except OSError:
            told = []
        by = [struct.unpack_from("=IBBB", data) for data in told]
        found[number] = "filtered" if any(b[1] == ICMP_ORIGIN and b[2:] in PROHIBITED for b in by) else "unreachable"
    elif code == errno.ECONNREFUSED:
        found[number] = "refused"
    else:
        raise OSError(code, posix.strerror(code), " ".join(questions[number]))

def ask(number):
    global wire
    kind, address, what = questions[number]
    if kind == "ping":
        if wire is None:
            wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            poll.register(wire, select.POLLIN)
        try:
            wire.sendto(echo(number), (address, 0))
        except OSError as error:
            failed(wire, number, error.errno)
        return
    end = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    end.setblocking(False)
    end.setsockopt(socket.IPPROTO_IP, RECVERR, 1)
    if kind == "tcp":
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    asked[end.fileno()] = number, end
    code = end.connect_ex((address, 53 if kind == "dns" else int(what)))
    if code not in (0, errno.EINPROGRESS):
        failed(end, number, code)
    elif kind != "tcp":
        end.send(query(what) if kind == "dns" else b"?")
    poll.register(end, select.POLLOUT if kind == "tcp" else select.POLLIN)

def take(place):
    if wire is not None and place == wire.fileno():
        data = wire.recv(2048)
        kind, _, _, own, number = struct.unpack_from("!BBHHH", data, (data[0] & 15) * 4)
        if kind == 0 and own == posix.getpid() & 0xffff:
            found[number] = "answered"
        return
    number, end = asked[place]
    poll.unregister(end)
    if number in found:
        return
    if questions[number][0] == "tcp":
        code = end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            failed(end, number, code)
        else:
            found[number] = "open"
            end.close()
        return
    try:
        data = end.recv(4096)
    except OSError as error:
        failed(end, number, error.errno)
        return
    records = struct.unpack_from("!4H", data, 4)[1] if len(data) > 11 else 0
    found[number] = "empty" if questions[number][0] == "dns" and not records else "answered"

now = begun = time.monotonic()
gap = min(1, patience / 2)
again = begun + gap
for number in sorted(range(len(questions)), key=lambda one: questions[one][0] == "tcp"):
    ask(number)
while len(found) < len(questions):
    events = poll.poll(max(0, 1000 * (min(again, begun + patience) - now)))
    for place, _ in events:
        take(place)
    now = time.monotonic()
    if not events and now >= begun + patience:
        break
    if now >= again:
        again = now + gap
        for number in range(len(questions)):
            if number not in found and now < begun + patience:
                ask(number)
for number, question in enumerate(questions):
    print(*question, found.get(number, "silent"))
"""
"""Asks from where it runs: how long, then for each question its kind, an address, and a port or a name.

Of a TCP port it asks the kernel alone: it aborts the connection before it acknowledges the answer, so that no server
gets to see it. Postfix would write three lines into its log, which is the trainee's to read.

Python's own modules take longer to load than the answers take to come, so that those beneath them are used. What stays
silent is asked again. The kernel says by ICMP that a filter refuses, but only once a second and six times at
once (``icmp_ratelimit``), so that what matters most is asked first: TCP tells what passes without.
"""


def ports_of(address, *allowed):
    """Return the ports of an address that are to be tried, without those that the policy allows."""
    return [(address, port) for port in PORTS if port not in allowed]


def by_tcp(targets):
    """Return the questions whether addresses with their ports open."""
    return [("tcp", address, port) for address, port in targets]


def ask(station, questions, patience=SILENCE):
    """Ask all questions at once, each as its kind, an address, and a port or a name; return the answers in order."""
    if not questions:
        return []
    seconds = scaled_timeout(100 * patience) / 100
    words = [str(word) for question in questions for word in question]
    done = station.ask(["python3", "-I", "-S", "-c", _ASK, str(seconds), *words], timeout=patience + 5)
    told = [line.rpartition(" ")[2] for line in lines_in(done.stdout)]
    if done.status or len(told) != len(questions):  # no answer about the network
        raise RuntimeError(done.stderr.strip())
    return told


def state_of(station, address, port, patience=PATIENCE):
    """Return how a port answers, in the word of ``ask``."""
    return ask(station, [("tcp", address, port)], patience)[0]


def in_words(state):
    """Return an answer of ``ask`` in both languages."""
    return _STATES[state]


def in_short(findings, most=6):
    """Join what was found, the first of it where it is much."""
    rest = len(findings) - most
    more = [reason(fr=f"et {rest} autre{'s' * (rest > 1)}", en=f"and {rest} more")] if rest > 0 else []
    return "; ".join([*findings[:most], *more])


def published_besides(fw1, server, port):
    """Count the rules that translate or let in other ports of a server of the DMZ for the Internet."""
    found = 0
    for rule in lines_in(fw1.check_output("nft list ruleset")):
        let_in = rf'iifname "eth2".* ip daddr {server}\b.*accept|ip daddr {server}\b.* ct status dnat .*accept'
        if re.search(rf"dnat (ip )?to {server}\b|{let_in}", rule):
            ports = re.search(r"\bdport (\{.*?\}|\S+)", rule)
            found += ports is None or set(re.findall(r"[\d-]+", ports[1])) != {str(port)}
    return found


def assert_published_alone(lab, host, server, port):
    """The firewall publishes one port of a server of the DMZ to the Internet, even where nothing more comes through."""
    wide = published_besides(lab.host("fw1"), server, port)
    assert not wide, reason(
        fr=f"{wide} des règles publient de {host} plus que la politique ne le dit, même si rien ne passe",
        en=f"{wide} of the rules publish more of {host} than the policy says, even if nothing comes through",
    )


def arrived(station, targets):
    """Return which of some addresses with their ports can be reached, the ports of one address together."""
    return _reached(by_tcp(targets), ask(station, by_tcp(targets)))


def _reached(questions, told):
    ports = {}
    for (kind, address, port), state in zip(questions, told, strict=True):
        if kind == "tcp" and state in _PASSES["tcp"]:
            ports.setdefault(address, []).append(str(port))
    return [f"{address}:{','.join(some[:4])}{'…' if some[4:] else ''}" for address, some in ports.items()]


def passing(stations, questions):
    """Return in words what passes of what stations ask: both by the station's name, the questions as ``ask`` has them.

    The stations ask at the same time, and each all of its questions.
    """
    answers = concurrently(lambda name: ask(stations[name], questions[name]), questions)
    found = zip(questions, answers, strict=True)
    return [what for name, told in found for what in passed(name, questions[name], told)]


def passed(name, questions, told):
    """Return in words what has passed of a station's questions, by their answers."""
    found = [reason(fr=f"{name} atteint {what}", en=f"{name} reaches {what}") for what in _reached(questions, told)]
    for (kind, address, what), state in zip(questions, told, strict=True):
        if kind != "tcp" and state in _PASSES[kind]:
            found.append(_besides(name, kind, address, what))
    return found


def _besides(name, kind, address, what):
    """Return in words what passes besides TCP."""
    whom = {SRV1: "srv1", WEB1: "web1", INET1: INTERNET}[address]
    if kind == "ping":
        return reason(fr=f"{name} atteint {whom} par ping", en=f"{name} reaches {whom} by ping")
    if kind == "dns":
        return reason(fr=f"{name} atteint {whom} par UDP", en=f"{name} reaches {whom} by UDP")
    return reason(
        fr=f"{name} atteint le port {what} d'Internet par UDP",
        en=f"{name} reaches port {what} of the Internet by UDP",
    )


def what_is_beside_tcp(lab):
    """Return stations, and for each the pings and the questions by UDP that the policy does not provide for."""
    servers = ("relay1", "proxy1", "web1", "vpn1")
    stations = {name: lab.client(name) for name in (*servers, "nomade1", "pc1")}
    stations[NEWCOMER] = lab.probe("dmz")
    stations[INTERNET] = lab.probe("outside", gateway=lab.address("fw1", "eth2"))
    questions = {name: [] for name in stations}
    for one in (*servers, NEWCOMER, "nomade1"):
        questions[one] += [("dns", SRV1, f"intranet.{lab.domain}"), ("ping", SRV1, "-")]
    for one in (*servers, NEWCOMER):
        questions[one].append(("ping", INET1, "-"))
    for one in ("web1", "vpn1", NEWCOMER, "pc1"):
        questions[one].append(("dns", INET1, SITE))
    for one in ("relay1", "proxy1"):
        questions[one] += [("udp", INET1, port) for port in (25, 80, 443)]
    questions[INTERNET] += [("ping", SRV1, "-"), ("ping", WEB1, "-")]
    return stations, questions


def beside_tcp(lab):
    """Return in words each ping and each question by UDP that passes where the policy does not provide for it."""
    return passing(*what_is_beside_tcp(lab))


def limits(within, connect=CONNECT):
    """Return curl's options for how long it may take: to connect, and as a whole."""
    to_connect, whole = (str(scaled_timeout(100 * seconds) / 100) for seconds in (connect, within))
    return ("--connect-timeout", to_connect, "--max-time", whole)


def visits(lab, url):
    """Return what the server of the Internet's sites noted of a page: number, who asked from which port, status."""
    log = lab.host("inet1").file("/var/log/nginx/access.log").content_string
    rows = [row.split(" ") for row in lines_in(log)]
    return [row[:4] for row in rows if row[4:] == [url]]


def assert_is_the_sites(lab, url, body):
    """A page that came through the proxy is the site's own, and squid itself has fetched it.

    The site's server draws a number for each page, and notes it; nobody else knows it beforehand. squid keeps the
    connection by which it asked: a page that another program has fetched did not come by that.
    """
    squid = assert_squid_listens(lab)
    told = re.search(r"^Visite : ([0-9a-f]{32})$", body, re.MULTILINE)
    invented = reason(
        fr=f"{url} : le serveur du site n'a pas donné cette page", en=f"{url}: the site's server did not give this page"
    )
    assert told, invented
    client, port = lab.wait(
        lambda: next((row[1:3] for row in visits(lab, url) if row[0] == told[1]), None),
        within=PATIENCE,
        every=0.1,
        what=invented,
    )
    assert client == PUBLIC, reason(
        fr=f"{url} a été demandée par {client} et non par {PUBLIC}", en=f"{url} was asked for by {client}, not {PUBLIC}"
    )
    holders = lab.connected("proxy1", int(port), INET1, 80)
    by_squid = bool(holders) and holders <= squid.pids
    assert by_squid, reason(
        fr=f"{url} : ce n'est pas squid qui a demandé cette page au site",
        en=f"{url}: it was not squid that asked the site for this page",
    )
    assert_nginx_serves(lab, "inet1")
    altered = ", ".join(lab.altered("inet1", "/etc/nginx"))
    assert not altered, reason(
        fr=f"inet1 n'est pas à nous, et {altered} y a changé", en=f"inet1 is not ours, and {altered} was changed there"
    )


def assert_squid_listens(lab):
    """Another program on the proxy's port could make up whatever is asked for; return who listens."""
    proxy = lab.listener("proxy1", PORT, "/usr/sbin/squid-gnutls")
    doubts = "; ".join(proxy.doubts)
    assert proxy.is_genuine, reason(fr=f"proxy1, port {PORT} : {doubts}", en=f"proxy1, port {PORT}: {doubts}")
    return proxy


def assert_nginx_serves(lab, host):
    """Another program on a web server's port could show whatever is asked for."""
    server = lab.listener(host, 80, "/usr/sbin/nginx")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"{host}, port 80 : {doubts}", en=f"{host}, port 80: {doubts}")


def send(station, server, sender, recipient):
    """Hand a message with a new mark to a mail server, as a mail program does; return the mark."""
    mark = secrets.token_hex(8)
    header = f"From: {sender}\\r\\nTo: {recipient}\\r\\nSubject: {mark}\\r\\nMessage-ID: <{mark}@{SITE}>\\r\\n"
    line = f"printf '{header}\\r\\nBonjour.\\r\\n' | curl --disable --silent --show-error --upload-file - \"$@\""
    options = (*limits(12), "--mail-from", sender, "--mail-rcpt", recipient)
    done = station.run(["sh", "-c", line, "send", *options, f"smtp://{server}"], timeout=20)
    said = done.stderr.strip()
    assert done.status == 0, reason(
        fr=f"{server} ne prend pas le message : {said}", en=f"{server} does not take the message: {said}"
    )
    return mark


def comes_in(lab, login):
    """Send a message from the Internet to somebody at the town hall, and return it as it has arrived."""
    mark = send(lab.probe("outside"), PUBLIC, PARTNER, f"{login}@{DOMAIN}")
    return received(lab, "srv1", login, mark, passing_by=("relay1", "srv1"))


def goes_out(lab, login):
    """Send a message from the workstation to the partner, and return it as it has arrived."""
    mark = send(lab.client("pc1"), f"srv1.{lab.domain}", f"{login}@{DOMAIN}", PARTNER)
    return received(lab, "inet1", "secretariat", mark, passing_by=("srv1", "relay1", "inet1"))


def filter_refuses(*states):
    """Return in words that one of some answers is a filter's refusal, which does not end by itself; else nothing."""
    if "filtered" not in states:
        return ""
    return reason(fr="un tel refus n'est pas un retard", en="such a refusal is no delay")


def received(lab, host, mailbox, mark, *, passing_by):
    """Wait until a mailbox has the message with a mark, and return its text."""
    folder = f"/var/mail/boites/{mailbox}/new"

    def text():
        found = lab.host(host).run("grep -rlF %s %s", f"Subject: {mark}", folder)
        assert found.rc == 0, reason(
            fr=f"le message n'arrive pas dans la boîte {mailbox} de {host}",
            en=f"the message does not arrive in the mailbox {mailbox} of {host}",
        )
        return lab.host(host).check_output("cat %s", found.stdout.split()[0])

    return lab.wait(text, within=ARRIVES, every=0.3, unless=lambda: held_up(lab, passing_by, mark))


def held_up(lab, hosts, mark):
    """Return in words why one of some mail servers did not pass a message on when it tried, by its log; else nothing.

    What it has not even tried, because the next server did not answer a moment before, is only late.
    """
    for host in hosts:
        log = lab.host(host).file("/var/log/mail.log")
        rows = [row.partition("]: ")[2] for row in lines_in(log.content_string)] if log.exists else []
        own = {row.partition(":")[0] for row in rows if f"message-id=<{mark}@" in row}
        tried = [row for row in rows if row.partition(":")[0] in own and "status=" in row]
        said = [row.partition("status=")[2] for row in tried if "delivery temporarily suspended" not in row]
        if said and not said[-1].startswith("sent"):
            return reason(fr=f"{host} dit : {said[-1]}", en=f"{host} says: {said[-1]}")
    return ""


def stopped(service):
    """Return in words that a service does not run and is not about to, as it would be while its host boots."""
    state = service.systemd_property("Unit.ActiveState")
    if state == "failed" or (state == "inactive" and not service.systemd_property("Unit.Job")[0]):
        return reason(fr=f"{service.name} est dans l'état {state} (systemd)", en=f"{service.name} is {state} (systemd)")
    return ""


def assert_policy_is_kept(lab):
    """The firewall's rules are those of the file that it loads at boot."""
    fw1 = lab.host("fw1")
    assert fw1.service("nftables").is_enabled, reason(
        fr="le service nftables ne démarre pas avec fw1", en="the service nftables does not start with fw1"
    )
    assert_rules_are_the_files(lab)


def assert_rules_are_the_files(lab):
    """What the firewall has loaded is what its file says."""
    differences = ruleset_differences(lab.host("fw1"))
    assert not differences, reason(fr=f"fw1 : {differences}", en=f"fw1: {differences}")


def assert_rules_are_the_policy(lab):
    """What the firewall's rules let pass is what the policy allows, for all packets that can come."""
    differences = policy_differences(lab.host("fw1"), FIREWALL, POLICY)
    assert not differences, reason(fr=f"fw1 : {differences}", en=f"fw1: {differences}")


def assert_still_reaches(lab, host, allowed):
    """A host has all the access that the policy gives it."""
    waiting, states = list(allowed), []

    def reaches():
        states[:] = ask(lab.client(host), by_tcp(waiting), PATIENCE)
        told = [(*place, state) for place, state in zip(waiting, states, strict=True) if state not in _PASSES["tcp"]]
        waiting[:] = [(address, port) for address, port, _ in told]
        blocked = ", ".join(f"{address}:{port} ({in_words(state)})" for address, port, state in told)
        assert not blocked, reason(fr=f"{host} n'atteint plus {blocked}", en=f"{host} no longer reaches {blocked}")
        return True

    lab.wait(reaches, within=SOON, every=0.5, unless=lambda: filter_refuses(*states))


def assert_no_more_than_before(lab, host, refused):
    """A host reaches nothing that was closed to it."""
    passed = in_short(arrived(lab.client(host), refused))
    assert not passed, reason(
        fr=f"le pare-feu laisse {host} atteindre {passed}", en=f"the firewall lets {host} reach {passed}"
    )
