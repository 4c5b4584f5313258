"""What routers and switches say themselves: how they are set, and what of that no waiting will change."""

import contextlib
import json
import re
from functools import partial

from grader import concurrently, ifupdown_methods, lines_in, reason

PCS = {
    "pc1": ("10.10.10.51", "10.10.10.1", "compta", "planning"),
    "pc2": ("10.10.30.52", "10.10.30.1", "planning", "compta"),
    "pc3": ("10.20.10.53", "10.20.10.1", "planning", "compta"),
}
"""Each workstation's address and gateway, the application that is for its users and the one that is not."""
PC3 = PCS["pc3"][0]
PAGES = {"intranet": "Bienvenue sur l'intranet", "compta": "Factures à valider", "planning": "Tournées du jour"}
LINKS = {
    "fibre": (("r1", "eth3", 10), ("r2", "eth1", 10)),
    "backup-hq": (("r1", "eth4", 100), ("r3", "eth0", 5)),
    "backup-branch": (("r3", "eth1", 5), ("r2", "eth2", 100)),
}
"""The two ends of each link between routers: router, interface, OSPF cost."""
IDENTITIES = {"r1": "10.0.0.1", "r2": "10.0.0.2", "r3": "10.0.0.3"}
FILTER = {"0": "off", "1": "strict", "2": "loose"}
"""What a value of rp_filter means; where an interface's and that of all differ, the kernel takes the greater one."""
FILTERS = {
    "off": reason(fr="coupé", en="off"),
    "strict": reason(fr="strict", en="strict"),
    "loose": reason(fr="lâche", en="loose"),
}
SWITCHING = "/usr/lib/openvswitch-switch/ovs-vswitchd"
"""What Debian's alternatives choose for ``ovs-vswitchd``."""
SOON = 15
"""Seconds that routes may need after the last action. When FRR was restarted, it took up to 11 s until the fibre was
used: what a router does not take of OSPF it is told again 5 s later."""
LEASE = 10
"""Seconds that a lease may need: a client that gets no answer asks again, some seconds later."""
PATIENCE = 1
"""Seconds for one try of a page, which is tried again: of what answers at all, all answers at once."""
LENGTH = 24
"""Of each site's networks: a shorter static route does not win against one of OSPF's."""
BY_HAND = frozenset({"3", "4", "196"})
"""Who set a route, as the kernel numbers them: ip(8), ip(8) again with "proto static", FRR's static routes."""
NO_STATEMENT = re.compile(
    r"!|#|end$|exit$|frr |hostname |log |service |description |no ipv6 |Building |Current |password |agentx"
)


def listed(values):
    """Return values in words, also where there is none."""
    return ", ".join(values) or reason(fr="rien", en="nothing")


# What FRR says -----------------------------------------------------------------------------------------


def told(lab, router, *commands):
    """Return what a router answers in JSON to each command; who answers is for ``assert_frr_answers``."""
    done = lab.host(router).run("vtysh" + " -c %s" * len(commands), *(f"{command} json" for command in commands))
    answers, text = [], done.stdout.strip()
    with contextlib.suppress(ValueError):  # of a daemon that does not run, vtysh says so in words
        while text:
            answer, end = json.JSONDecoder().raw_decode(text)
            answers.append(answer)
            text = text[end:].lstrip()
    said = done.stderr.strip() or text
    assert len(answers) == len(commands), reason(
        fr=f"{router} : FRR ne répond pas : {said or 'rien'}", en=f"{router}: FRR does not answer: {said or 'nothing'}"
    )
    return answers


def assert_frr_answers(lab, router):
    """Another program on the daemons' sockets could say anything."""
    for daemon in ("zebra", "ospfd"):
        heard = lab.listener(router, f"/run/frr/{daemon}.vty", f"/usr/lib/frr/{daemon}")
        assert heard.is_genuine, reason(
            fr=f"{router}, {daemon} : {' ; '.join(heard.doubts)}", en=f"{router}, {daemon}: {'; '.join(heard.doubts)}"
        )


def ospf(lab, router):
    """Return how OSPF runs on each of a router's interfaces, with the ``neighbour`` there and its ``nbrState``."""
    interfaces, neighbours = told(lab, router, "show ip ospf interface", "show ip ospf neighbor")
    seen = {n: dict(found) for n, found in interfaces.get("interfaces", {}).items() if found.get("ospfEnabled")}
    for identity, entries in neighbours.get("neighbors", {}).items():
        for entry in entries:
            place = seen.setdefault(entry["ifaceName"].partition(":")[0], {})
            place |= {"neighbour": identity, "nbrState": entry["nbrState"]}
    return seen


def is_full(seen, interface):
    """Return whether there is a neighbour on an interface with whom all is exchanged."""
    return seen.get(interface, {}).get("nbrState", "").startswith("Full/")


def links_of(router):
    """Return the links that a router has an end of."""
    return tuple(link for link, ends in LINKS.items() if router in {end for end, *_ in ends})


def assert_own_neighbours(lab, router):
    """Wait until a router has the neighbour decided on each link, and no other; return how OSPF runs there."""
    decided = {
        name: IDENTITIES[other]
        for ends in LINKS.values()
        for (end, name, _), (other, *_) in (ends, ends[::-1])
        if end == router
    }

    def all_there():
        seen = ospf(lab, router)
        full = {name: found["neighbour"] for name, found in seen.items() if is_full(seen, name)}
        words = listed(f"{identity} ({name})" for name, identity in sorted(full.items()))
        assert full == decided, reason(
            fr=f"les voisins OSPF de {router} ne sont pas ceux décidés : {words}",
            en=f"the neighbours of {router} are not those decided: {words}",
        )
        assert_frr_answers(lab, router)
        return seen

    return lab.wait(all_there, within=SOON, unless=lambda: no_adjacency(lab, *links_of(router)))


def known_way(known, network):
    """Return the gateway by which a router goes to a network, as OSPF has told it; else what it has, in words."""
    entries = known.get(network, [])
    learnt = [entry for entry in entries if entry.get("selected") and entry["protocol"] == "ospf"]
    hops = [hop for entry in learnt for hop in entry["nexthops"] if hop.get("fib")]
    if len(hops) == 1 and "ip" in hops[0]:
        return hops[0]["ip"]
    return ", ".join(entry["protocol"] for entry in entries) or reason(fr="aucune route", en="no route")


def statements(text, unsaid=()):
    """Return the statements of a router's configuration, each with its block, but for some that need no saying."""
    block, found = "", set()
    for line in lines_in(text):
        words = re.sub(r"\barea 0$", "area 0.0.0.0", line.strip())
        if not words or words in unsaid or NO_STATEMENT.match(words):
            continue
        block = block if line.startswith(" ") else words
        found.add((block, words))
    return found


# What no waiting will change ---------------------------------------------------------------------------


def no_adjacency(lab, *links):
    """Return why one of some links will not join its two routers, as both ends have it themselves; or nothing.

    A router that starts, or starts again, says nothing that counts.
    """
    return next(filter(None, map(partial(_parting, _views(lab, links)), links)), "")


def cut_off(lab):
    """Return why nothing gets from one site to the other as long as nobody sets the routers otherwise; or nothing.

    A static route leads it away, and none of OSPF's takes that one's place; or there is no route, and neither link
    will bring one.
    """
    ways = (("r2", lab.address("web1"), lab.address("r1", "eth3")), ("r1", PC3, lab.address("r2", "eth1")))
    routes = matching_routes(lab, ways)
    led_away = led_away_by_hand(ways, routes)
    lacking = [(router, target) for (router, target, _), route in zip(ways, routes, strict=True) if not route]
    if led_away or not lacking:
        return led_away
    views = _views(lab, LINKS)
    fibre = _parting(views, "fibre")
    backup = _parting(views, "backup-hq") or _parting(views, "backup-branch")
    if not (fibre and backup):
        return ""
    router, target = lacking[0]
    return reason(
        fr=f"{router} n'a pas de route vers {target} (fibre : {fibre} ; secours : {backup})",
        en=f"{router} has no route to {target} (fibre: {fibre}; backup: {backup})",
    )


def diverted(lab, ways):
    """Return which static route sends something elsewhere than the way decided, and OSPF cannot help it; or nothing.

    Args:
        lab: the lab.
        ways: the ways decided: router, destination, next hop.
    """
    return led_away_by_hand(ways, matching_routes(lab, ways))


def matching_routes(lab, ways):
    """Return the route that each router takes for its destination, and who set it; empty where it has none."""

    def route(way):
        router, target, _ = way
        done = lab.client(router).ask(("ip", "-N", "-4", "route", "get", "fibmatch", target))
        return done.stdout.strip() if done.status == 0 else ""

    return concurrently(route, ways)


def led_away_by_hand(ways, routes):
    """Return the first route that leads elsewhere than decided and was set by hand, in words; or nothing."""
    for (router, _, hop), route in zip(ways, routes, strict=True):
        found = re.search(r"^(\d[\d.]+(?:/(\d+))?) .*?\bvia (\S+) .*?\bproto (\d+)", route)
        if not found:
            continue
        network, length, via, setter = found.groups()
        if setter in BY_HAND and via != hop and int(length or 32) >= LENGTH:
            return reason(
                fr=f"sur {router}, une route statique envoie {network} à {via}",
                en=f"on {router} a static route sends {network} to {via}",
            )
    return ""


def _views(lab, links):
    """Return how OSPF runs on each router of some links, or why it will not; nothing for a router that starts."""
    routers = sorted({router for link in links for router, *_ in LINKS[link]})

    def view(router):
        frr = lab.host(router).service("frr")
        try:
            seen = ospf(lab, router)
        except AssertionError:
            stopped = frr.systemd_property("Unit.ActiveState") in ("inactive", "failed")
            return reason(fr=f"FRR est arrêté sur {router}", en=f"FRR is stopped on {router}") if stopped else None
        whole = all(name in seen for link in links for end, name, _ in LINKS[link] if end == router)
        return seen if whole or frr.is_running else None  # until it runs, its configuration may not be read yet

    return dict(zip(routers, concurrently(view, routers), strict=True))


def _parting(views, link):
    """Return in which point the two ends of a link keep their routers apart, or nothing."""
    ends = [(router, name, views[router]) for router, name, _ in LINKS[link]]
    for *_, view in ends:
        if not isinstance(view, dict):
            return view or ""
    if all(is_full(view, name) for _, name, view in ends):
        return ""
    for router, name, view in ends:
        if "area" not in view.get(name, {}):
            return reason(
                fr=f"OSPF ne fonctionne pas sur {name} de {router}", en=f"OSPF does not run on {name} of {router}"
            )
        if view[name].get("timerPassiveIface"):
            return reason(fr=f"l'interface {name} de {router} est passive", en=f"{name} of {router} is passive")
    return _disagreement([(router, view[name]) for router, name, view in ends])


def _disagreement(ends):
    """Return in which of the settings that must be the same two ends differ, or nothing."""
    (one, its), (other, others) = ends
    points = (
        (reason(fr="les aires OSPF diffèrent", en="the OSPF areas differ"), "area", ""),
        (reason(fr="les intervalles des hello diffèrent", en="the hello intervals differ"), "timerMsecs", " ms"),
        (reason(fr="les délais de perte d'un voisin diffèrent", en="the dead intervals differ"), "timerDeadSecs", " s"),
    )
    for words, setting, unit in points:
        mine, theirs = its.get(setting), others.get(setting)
        if mine != theirs:
            return reason(
                fr=f"{words} ({mine}{unit} sur {one}, {theirs}{unit} sur {other})",
                en=f"{words} ({mine}{unit} on {one}, {theirs}{unit} on {other})",
            )
    if its.get("authentication") != others.get("authentication"):
        return reason(fr="les authentifications OSPF diffèrent", en="the kinds of OSPF authentication differ")
    narrow, wide = sorted((its, others), key=lambda end: end["mtuBytes"])
    if narrow["mtuBytes"] < wide["mtuBytes"] and "mtuMismatchDetect" not in narrow:  # where it is, the end ignores MTUs
        return reason(
            fr=f"les MTU diffèrent ({its['mtuBytes']} sur {one}, {others['mtuBytes']} sur {other})",
            en=f"the MTUs differ ({its['mtuBytes']} on {one}, {others['mtuBytes']} on {other})",
        )
    return ""


# Switches ----------------------------------------------------------------------------------------------


def told_ports(lab, switch, columns):
    """Return what a switch's own database says of its ports, a row each; who answers is for ``switch_ports``."""
    done = lab.host(switch).run("ovs-vsctl --format=json --columns=%s list port", columns)
    assert done.rc == 0, reason(
        fr=f"{switch} : sa base ne répond pas : {done.stderr.strip()}",
        en=f"{switch}: its database does not answer: {done.stderr.strip()}",
    )
    return json.loads(done.stdout)["data"]


def switch_ports(lab, switch, columns):
    """Return what a switch's own database says of its ports, a row each; its flows are those of a plain switch."""
    rows = told_ports(lab, switch, columns)
    done = lab.host(switch).run("ovs-ofctl --no-stats dump-flows br0")
    assert done.rc == 0, reason(
        fr=f"{switch} ne commute pas : {done.stderr.strip()}",
        en=f"{switch} does not switch: {done.stderr.strip()}",
    )
    for socket, program in (("db.sock", "/usr/sbin/ovsdb-server"), ("br0.mgmt", SWITCHING)):
        heard = lab.listener(switch, f"/run/openvswitch/{socket}", program)
        assert heard.is_genuine, reason(
            fr=f"{switch}, {program} : {' ; '.join(heard.doubts)}", en=f"{switch}, {program}: {'; '.join(heard.doubts)}"
        )
    flows = [flow.strip() for flow in lines_in(done.stdout.rstrip())]
    assert flows == ["priority=0 actions=NORMAL"], reason(
        fr=f"{switch} a d'autres flux que ceux d'un simple commutateur : {listed(flows)}",
        en=f"{switch} has other flows than a plain switch: {listed(flows)}",
    )
    return rows


# The filter of the backup link -------------------------------------------------------------------------


def reverse_path(lab, router, interface):
    """Return how an interface filters by the way back now: off, strict or loose."""
    shown = lab.client(router).ask(("ip", "-4", "netconf", "show")).stdout
    values = dict(re.findall(r"^inet (\S+) .*\brp_filter (\w+)", shown, re.MULTILINE))
    assert interface in values, reason(
        fr=f"{router} n'a plus d'interface {interface}", en=f"{router} no longer has an interface {interface}"
    )
    return _greater(values["all"], values[interface])


def reverse_path_at_boot(host, interface):
    """Return how an interface will filter by the way back at the next boot, as the files of /etc/sysctl.d say."""
    names = sorted(f.path for f in host.file("/etc/sysctl.d").tree() if f.kind == "file" and f.path.endswith(".conf"))
    text = "\n".join(host.file(f"/etc/sysctl.d/{name}").content_string for name in names)
    setting = rf"^\s*-?net[./]ipv4[./]conf[./](all|{interface})[./]rp_filter\s*=\s*([012])\s*$"
    values = dict(re.findall(setting, text, re.MULTILINE))  # the last one counts
    return _greater(*(FILTER[values.get(name, "0")] for name in ("all", interface)))


def assert_backup_is_filtered(lab):
    """On both routers the backup link refuses what would not go back through it, and will at the next boot."""

    def filters(end):
        router, interface = end
        seen = reverse_path(lab, router, interface)
        assert seen == "strict", reason(
            fr=f"{router} laisse entrer ce qu'il ne devrait pas : le filtre d'{interface} est {FILTERS[seen]}",
            en=f"{router} lets in what it should not: the filter of {interface} is {FILTERS[seen]}",
        )
        later = FILTERS[reverse_path_at_boot(lab.host(router), interface)]
        assert later == FILTERS["strict"], reason(
            fr=f"{router} laissera entrer ce qu'il ne devrait pas au prochain démarrage : "
            f"le filtre d'{interface} sera {later}",
            en=f"{router} will let in what it should not after a reboot: the filter of {interface} will be {later}",
        )

    concurrently(filters, (("r1", "eth4"), ("r2", "eth2")))


# Workstations ------------------------------------------------------------------------------------------


def assert_opens(lab, pc, names, unless, within=SOON):
    """Applications open by their names on a workstation that has an address, and web1 serves them."""
    client = lab.client(pc)
    closed = {n: reason(fr=f"{n} ne s'ouvre pas sur {pc}", en=f"{n} does not open on {pc}") for n in names}
    lab.wait(
        lambda: client.addresses("eth0"),
        within=LEASE,
        unless=unless,
        what=reason(fr=f"{closed[names[0]]}, qui n'a pas d'adresse", en=f"{closed[names[0]]}, which has no address"),
    )

    def all_open():
        pages = concurrently(lambda name: client.http_get(f"http://{name}.{lab.domain}/", timeout=PATIENCE), names)
        for name, page in zip(names, pages, strict=True):
            assert_page(page, closed[name], 200, PAGES[name], lab.address("web1"))
        return True

    lab.wait(all_open, within=within, unless=unless)
    server = lab.listener("web1", 80, "/usr/sbin/nginx")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"web1, port 80 : {doubts}", en=f"web1, port 80: {doubts}")


def assert_branch_opens_the_applications(lab):
    """The branch's applications open by their names on pc3, and web1 serves them."""
    assert_opens(lab, "pc3", ("planning", "intranet"), lambda: cut_off(lab))


def assert_page(page, closed, status, words="", peer=""):
    """A page that was asked for has the status, the words and the server that it should have; else it is ``closed``."""
    answer = str(page.status) if page else page.problem
    assert page.status == status, reason(fr=f"{closed} : {answer}", en=f"{closed}: {answer}")
    assert words in page.body, reason(fr=f"{closed} : c'est une autre page", en=f"{closed}: it is another page")
    assert not peer or page.peer == peer, reason(
        fr=f"{closed} : c'est {page.peer} qui sert la page", en=f"{closed}: {page.peer} serves the page"
    )


def assert_configured_by_dhcp(lab, pc, unless=None):
    """A workstation has the reserved address, its gateway and its resolver, all of it from the DHCP server."""
    client, (address, gateway, *_) = lab.client(pc), PCS[pc]
    by = ifupdown_methods(lab.host(pc), "eth0")
    assert by == ["dhcp"], reason(
        fr=f"{pc} règle eth0 autrement que par DHCP : {listed(by)}",
        en=f"{pc} sets up eth0 by something else than DHCP: {listed(by)}",
    )

    def leased():
        seen = client.addresses("eth0")
        assert seen == (f"{address}/24",), reason(
            fr=f"l'adresse de {pc} n'est pas simplement {address} : {listed(seen)}",
            en=f"the address of {pc} is not just {address}: {listed(seen)}",
        )
        return True

    lab.wait(leased, within=LEASE, unless=unless)
    way, resolvers = client.gateway(), client.resolvers()
    assert way == gateway, reason(
        fr=f"la passerelle de {pc} n'est pas {gateway} : {way or 'aucune'}",
        en=f"the gateway of {pc} is not {gateway}: {way or 'none'}",
    )
    assert resolvers == (lab.address("srv1"),), reason(
        fr=f"le serveur de noms de {pc} n'est pas simplement srv1 : {listed(resolvers)}",
        en=f"the name server of {pc} is not just srv1: {listed(resolvers)}",
    )


def _greater(one, other):
    return max(one, other, key=tuple(FILTER.values()).index)
