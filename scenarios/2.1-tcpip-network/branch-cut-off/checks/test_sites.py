"""Do the two sites reach each other again, by both links, by OSPF and for good, and does the rest keep the rules?"""

import ipaddress
import re
from functools import partial

import pytest

from grader import check, concurrently, ifupdown_interfaces, ifupdown_stanzas, reason
from lab_tools import (
    LINKS,
    PATIENCE,
    PC3,
    SOON,
    assert_backup_is_filtered,
    assert_branch_opens_the_applications,
    assert_configured_by_dhcp,
    assert_frr_answers,
    cut_off,
    is_full,
    known_way,
    no_adjacency,
    ospf,
    statements,
    told,
)

LANS = {"r1": ("eth0", "eth1", "eth2"), "r2": ("eth0",), "r3": ()}
BRANCH = "10.20.10.0/24"
HEAD_OFFICE = ("10.10.10.0/24", "10.10.20.0/24", "10.10.30.0/24")
NETWORKS = (BRANCH, *HEAD_OFFICE, "10.0.12.0/29", "10.0.13.0/29", "10.0.23.0/29")


def assert_neighbours(lab, *links):
    """Wait for the neighbours of some links, then look at what both ends of each agreed on."""
    ends = [end for link in links for end in LINKS[link]]
    routers = sorted({router for router, *_ in ends})

    def all_full():
        views = dict(zip(routers, concurrently(partial(ospf, lab), routers), strict=True))
        for router, interface, _ in ends:
            state = views[router].get(interface, {}).get("nbrState") or reason(fr="aucun", en="none at all")
            assert is_full(views[router], interface), reason(
                fr=f"{router} n'a pas de voisin OSPF « Full » sur {interface} : {state}",
                en=f"{router} has no full OSPF neighbour on {interface}: {state}",
            )
        concurrently(partial(assert_frr_answers, lab), routers)
        return views

    views = lab.wait(all_full, within=SOON, unless=lambda: no_adjacency(lab, *links))
    stanzas = {router: ifupdown_stanzas(lab.host(router)) for router in routers}
    for router, interface, cost in ends:
        seen = views[router][interface]
        place = reason(fr=f"{interface} de {router}", en=f"{interface} of {router}")
        assert seen["area"] == "0.0.0.0", reason(
            fr=f"{place} est dans l'aire {seen['area']}, et non 0.0.0.0",
            en=f"{place} is in the area {seen['area']}, not 0.0.0.0",
        )
        timers = f"{seen['timerMsecs']} ms, {seen['timerDeadSecs']} s"
        assert timers == "1000 ms, 4 s", reason(
            fr=f"{place} : la perte d'un voisin n'est pas vue comme décidé (1 s et 4 s), les délais sont {timers}",
            en=f"{place}: a lost neighbour is not noticed as the rules ask (1 s and 4 s), the timers are {timers}",
        )
        assert seen["mtuBytes"] == 1500, reason(
            fr=f"{place} : la MTU est {seen['mtuBytes']}, et non 1500",
            en=f"{place}: the MTU is {seen['mtuBytes']}, not 1500",
        )
        assert seen["cost"] == cost, reason(
            fr=f"{place} : le coût est {seen['cost']}, et non {cost}",
            en=f"{place}: the cost is {seen['cost']}, not {cost}",
        )
        written = rf"^iface {interface} inet static\n(?:[ \t].*\n)*?\s+mtu (?!1500$)(\d+)$"
        later = re.search(written, stanzas[router], re.MULTILINE)
        assert later is None, reason(
            fr=f"{place} : la MTU sera de nouveau {later[1]} au prochain démarrage",
            en=f"{place}: the MTU will be {later[1]} again at the next boot",
        )


def assert_routes(lab, router, hops, *links):
    """Wait until a router has learnt by OSPF, over some links, by which hop it goes to each network."""
    client = lab.client(router)

    def learnt():
        kernel = {route.destination: route for route in reversed(client.routes())}  # the first of a network counts
        (known,) = told(lab, router, "show ip route")
        for network, hop in hops.items():
            assert network in kernel, reason(
                fr=f"{router} n'a pas de route vers {network}", en=f"{router} has no route to {network}"
            )
            way = kernel[network].gateway or kernel[network].interface or reason(fr="plusieurs", en="several")
            assert way == hop, reason(
                fr=f"{router} ne va pas vers {network} par le chemin prévu, {hop}, mais par {way}",
                en=f"{router} does not go to {network} the planned way, {hop}, but by {way}",
            )
            way = known_way(known, network)
            assert way == hop, reason(
                fr=f"{router} n'a pas appris {network} par OSPF : {way}",
                en=f"{router} has not learnt {network} by OSPF: {way}",
            )
        assert_frr_answers(lab, router)
        return True

    lab.wait(learnt, within=SOON, unless=lambda: no_adjacency(lab, *links))


def needed_statements(text):
    """Return the statements of a router's configuration, but for one where it says what goes without saying."""
    return statements(text, () if "passive-interface default" in text else ("no ip ospf passive",))


def covered(words):
    """Return how many of the company's networks a ``network`` statement covers."""
    if not words.startswith("network "):
        return 0
    named = ipaddress.ip_network(words.split()[1], strict=False)
    return sum(ipaddress.ip_network(network).subnet_of(named) for network in NETWORKS)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Le planning et l'intranet s'ouvrent par leur nom sur pc3, le poste {{ user.full | de }}.",
    en="The schedule and the intranet open by name on pc3, the PC of {{ user.full }}.",
    before_fr="Sur pc3, le poste {{ user.full | de }}, ni le planning ni l'intranet ne s'ouvrent.",
    before_en="On pc3, the PC of {{ user.full }}, neither the schedule nor the intranet opens.",
    because="does not open",
)
def test_branch_opens_the_applications(lab):
    assert_branch_opens_the_applications(lab)


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="Du siège, on prend la main sur un poste de l'agence, et de grands paquets passent entiers dans les deux sens.",
    en="From head office you can connect to a PC at the branch, and large packets pass whole both ways.",
    before_fr="Du siège, on n'arrive pas à prendre la main sur le poste de l'agence.",
    before_en="From head office, nobody can connect to the PC at the branch.",
    because="not reached|does not reach",
)
def test_head_office_reaches_the_branch(lab):
    office, branch, web1 = lab.probe("desk-dispatch"), lab.probe("branch"), lab.address("web1")
    ways, too_long = ((office, PC3), (branch, web1)), []

    def controlled():
        session = office.tcp(PC3, 22, timeout=PATIENCE)
        assert session, reason(
            fr=f"pc3 n'est pas joint depuis l'exploitation : {session.problem}",
            en=f"pc3 is not reached from dispatch: {session.problem}",
        )
        echoes = concurrently(lambda way: way[0].ping(way[1], within=PATIENCE, size=1472), ways)
        too_long[:] = [echo.problem for echo in echoes if re.search(r"Frag needed|too long", echo.problem)]
        for (_, target), echo in zip(ways, echoes, strict=True):
            assert echo, reason(
                fr=f"un grand paquet n'atteint pas {target} : {echo.problem}",
                en=f"a large packet does not reach {target}: {echo.problem}",
            )
        return True

    lab.wait(controlled, within=SOON, unless=lambda: cut_off(lab) or "".join(too_long[:1]))


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Sur la fibre, r1 et r2 sont voisins OSPF, avec les réglages décidés.",
    en="On the fibre r1 and r2 are OSPF neighbours, with the settings that the rules ask for.",
    before_fr="L'agence n'est pas servie par sa liaison habituelle.",
    before_en="The branch is not served by its usual link.",
    because="no full OSPF neighbour",
)
def test_fibre(lab):
    assert_neighbours(lab, "fibre")


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="La liaison de secours est prête : r3 est voisin des deux routeurs et connaît le chemin des deux sites.",
    en="The backup link is ready: r3 is a neighbour of both routers and knows the way to both sites.",
    before_fr="La deuxième liaison n'est pas prête à prendre le relais.",
    before_en="The second link is not ready to take over.",
    because="no full OSPF neighbour",
)
def test_backup(lab):
    links = ("backup-hq", "backup-branch")
    assert_neighbours(lab, *links)
    assert_routes(lab, "r3", {BRANCH: "10.0.23.2", **dict.fromkeys(HEAD_OFFICE, "10.0.13.1")}, *links)


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="Les deux sites se joignent par la fibre, par des routes qu'OSPF a apprises.",
    en="The two sites reach each other over the fibre, by routes that OSPF has learnt.",
    before_fr="Rien ne passe d'un site à l'autre.",
    before_en="Nothing gets from one site to the other.",
    because="no route",
)
def test_routes(lab):
    hops = {"r1": {BRANCH: "10.0.12.2"}, "r2": dict.fromkeys(HEAD_OFFICE, "10.0.12.1")}
    concurrently(lambda router: assert_routes(lab, router, hops[router], "fibre"), hops)


@pytest.mark.parametrize("router", LANS)
@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ router }} n'a que des routes apprises, OSPF y garde ses limites, et ce qui fonctionne est enregistré.",
    en="{{ router }} has only routes that it learnt, OSPF stays within its limits, and what runs is saved.",
    host="{{ router }}",
    lock="",
)
def test_configuration(lab, router):
    host = lab.host(router)
    running = needed_statements(host.check_output("vtysh -c 'show running-config'"))
    saved = needed_statements(host.file("/etc/frr/frr.conf").content_string)
    static = [words for _, words in running | saved if words.startswith("ip route ")]
    assert not static, reason(
        fr=f"{router} a une route statique : {static[0]}", en=f"{router} has a static route: {static[0]}"
    )
    for block, words in sorted(running | saved):
        assert "mtu-ignore" not in words, reason(
            fr=f"{router} ne compare plus les MTU : {block}", en=f"{router} no longer compares MTUs: {block}"
        )
        assert covered(words) <= 1, reason(
            fr=f"{router} a une seule instruction pour plusieurs réseaux : {words}",
            en=f"{router} has one statement for several networks: {words}",
        )
    unsaved = sorted(words for _, words in running ^ saved)
    assert not unsaved, reason(
        fr=f"{router} : ce qui fonctionne n'est pas ce qui démarrera la prochaine fois : {unsaved[0]}",
        en=f"{router}: what runs is not what will start next time: {unsaved[0]}",
    )
    kernel = host.check_output("ip -4 route show proto static") + host.check_output("ip -4 route show proto boot")
    assert not kernel, reason(
        fr=f"{router} a une route mise à la main : {kernel}", en=f"{router} has a route set by hand: {kernel}"
    )
    addressed = ifupdown_interfaces(host)
    ends = tuple(name for link in LINKS.values() for end, name, _ in link if end == router)
    for name in LANS[router] + ends:
        assert addressed.get(name) == [lab.address(router, name)], reason(
            fr=f"{router} : {name} n'aura pas son adresse au prochain démarrage",
            en=f"{router}: {name} will not have its address at the next boot",
        )
    frr = host.service("frr")
    assert frr.is_running, reason(fr=f"FRR ne fonctionne pas sur {router}", en=f"FRR does not run on {router}")
    assert frr.is_enabled, reason(fr=f"FRR ne démarre pas avec {router}", en=f"FRR does not start with {router}")


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Du côté des utilisateurs et des serveurs, OSPF reste muet, et leurs réseaux restent annoncés.",
    en="OSPF stays silent towards users and servers, and their networks stay announced.",
)
def test_users_side_is_silent(lab):
    def is_silent(router):
        seen = ospf(lab, router)
        assert_frr_answers(lab, router)
        for name in LANS[router]:
            assert name in seen, reason(
                fr=f"{router} n'annonce plus le réseau d'{name}",
                en=f"{router} no longer announces the network of {name}",
            )
            assert seen[name].get("timerPassiveIface"), reason(
                fr=f"{router} envoie des hello sur {name}", en=f"{router} sends hellos on {name}"
            )

    concurrently(is_silent, [router for router, names in LANS.items() if names])


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="La liaison de secours refuse toujours ce dont le retour ne passerait pas par elle.",
    en="The backup link still refuses packets whose reply would not go back over it.",
)
def test_reverse_path(lab):
    assert_backup_is_filtered(lab)


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="pc3 est toujours un poste de l'agence, configuré par DHCP.",
    en="pc3 is still a PC at the branch, configured by DHCP.",
    host="pc3",
    lock="",
)
def test_workstation_unchanged(lab):
    assert_configured_by_dhcp(lab, "pc3", unless=lambda: cut_off(lab))
