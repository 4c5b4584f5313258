"""Do the two sites reach each other again, by both links, by OSPF and for good, and is the rest as it was decided?"""

import ipaddress
import re

import pytest

from grader import check, ifupdown_interfaces, ifupdown_methods, ifupdown_stanzas
from lab_tools import (
    SOON,
    asked,
    assert_branch_opens_the_applications,
    reverse_path,
    reverse_path_at_boot,
    route,
    statements,
)

FIBRE = (("r1", "eth3", 10), ("r2", "eth1", 10))
BACKUP = (("r1", "eth4", 100), ("r3", "eth0", 5), ("r3", "eth1", 5), ("r2", "eth2", 100))
"""The ends of each link: router, interface, OSPF cost."""
LANS = {"r1": ("eth0", "eth1", "eth2"), "r2": ("eth0",), "r3": ()}
BRANCH, PC3 = "10.20.10.0/24", "10.20.10.53"
HEAD_OFFICE = ("10.10.10.0/24", "10.10.20.0/24", "10.10.30.0/24")
NETWORKS = (BRANCH, *HEAD_OFFICE, "10.0.12.0/29", "10.0.13.0/29", "10.0.23.0/29")


def states(lab, router):
    """Return the state of the OSPF neighbour on each interface that has one."""
    shown = asked(lab, router, "show ip ospf neighbor").get("neighbors", {})
    return {n["ifaceName"].partition(":")[0]: n["nbrState"] for entries in shown.values() for n in entries}


def assert_neighbours(lab, ends):
    """Wait for the neighbours of a link, then look at what both ends agreed on."""

    def all_full():
        for router, interface, _ in ends:
            state = states(lab, router).get(interface, "none at all")
            assert state.startswith("Full/"), f"{router} has no full OSPF neighbour on {interface}: {state}"
        return True

    lab.wait(all_full, within=SOON)
    for router, interface, cost in ends:
        seen, place = asked(lab, router, "show ip ospf interface")["interfaces"][interface], f"{interface} of {router}"
        assert seen["area"] == "0.0.0.0", f"{place} is in the area {seen['area']}"
        timers = (seen["timerMsecs"], seen["timerDeadSecs"])
        assert timers == (1000, 4), f"{place}: a lost neighbour is not noticed as was decided, the timers are {timers}"
        assert seen["mtuBytes"] == 1500, f"{place}: the MTU is {seen['mtuBytes']}"
        assert seen["cost"] == cost, f"{place}: the cost is {seen['cost']}"
        written = rf"^iface {interface} inet static\n(?:[ \t].*\n)*?\s+mtu (?!1500$)(\d+)$"
        later = re.search(written, ifupdown_stanzas(lab.host(router)), re.MULTILINE)
        assert later is None, f"{place}: the MTU is {later[1]} again at the next boot"


def assert_route(lab, router, network, hop):
    """Wait until a router has learnt a way by OSPF."""
    host = lab.host(router)

    def learnt():
        line = host.check_output("ip -4 route show exact %s", network)
        assert line, f"{router} has no route to {network}"
        assert f"via {hop} " in line, f"{router} does not go to {network} by the way decided: {line}"
        assert route(lab, router, network) == hop, f"{router} has not learnt {network} by OSPF: {line}"
        return True

    lab.wait(learnt, within=SOON)


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
    en="The planning and the intranet open by their names on pc3, the workstation of {{ user.full }}.",
    because="does not open",
    timeout=120,
)
def test_branch_opens_the_applications(lab):
    assert_branch_opens_the_applications(lab)


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="Du siège, on prend la main sur un poste de l'agence, et de grands paquets passent entiers dans les deux sens.",
    en="From the head office a workstation of the branch can be controlled, and large packets pass whole both ways.",
    because="not reached|does not reach",
)
def test_head_office_reaches_the_branch(lab):
    office, branch, web1 = lab.probe("desk-dispatch"), lab.probe("branch"), lab.address("web1")

    def controlled():
        answer = office.tcp(PC3, 22)
        assert answer, f"pc3 is not reached from dispatch: {answer.problem}"
        return True

    lab.wait(controlled, within=SOON)
    for place, target in ((office, PC3), (branch, web1)):
        answer = place.ping(target, within=4, size=1472)
        assert answer, f"a large packet does not reach {target}: {answer.problem}"


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Sur la fibre, r1 et r2 sont voisins OSPF, avec les réglages décidés.",
    en="On the fibre r1 and r2 are OSPF neighbours, with the settings decided.",
    because="no full OSPF neighbour",
)
def test_fibre(lab):
    assert_neighbours(lab, FIBRE)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="La liaison de secours est prête : r3 est voisin des deux routeurs et connaît le chemin des deux sites.",
    en="The backup link is ready: r3 is a neighbour of both routers and knows the way to both sites.",
    because="no full OSPF neighbour",
)
def test_backup(lab):
    assert_neighbours(lab, BACKUP)
    assert_route(lab, "r3", BRANCH, "10.0.23.2")
    for network in HEAD_OFFICE:
        assert_route(lab, "r3", network, "10.0.13.1")


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="Les deux sites se joignent par la fibre, par des routes qu'OSPF a apprises.",
    en="The two sites reach each other over the fibre, by routes that OSPF has learnt.",
    because="no route",
)
def test_routes(lab):
    assert_route(lab, "r1", BRANCH, "10.0.12.2")
    for network in HEAD_OFFICE:
        assert_route(lab, "r2", network, "10.0.12.1")


@pytest.mark.parametrize("router", LANS)
@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ router }} n'a que des routes apprises, OSPF y garde ses limites, et ce qui fonctionne est enregistré.",
    en="{{ router }} has learnt routes only, OSPF keeps its limits there, and what runs is saved for the next boot.",
    host="{{ router }}",
)
def test_configuration(lab, router):
    host = lab.host(router)
    running = needed_statements(host.check_output("vtysh -c 'show running-config'"))
    saved = needed_statements(host.file("/etc/frr/frr.conf").content_string)
    static = [words for _, words in running | saved if words.startswith("ip route ")]
    assert not static, f"{router} has a static route: {static[0]}"
    for block, words in sorted(running | saved):
        assert "mtu-ignore" not in words, f"{router} does not compare MTUs any more: {block}"
        assert covered(words) <= 1, f"{router} has one statement for several networks: {words}"
    unsaved = sorted(words for _, words in running ^ saved)
    assert not unsaved, f"{router}: what runs is not what starts next time: {unsaved[0]}"
    kernel = host.check_output("ip -4 route show proto static") + host.check_output("ip -4 route show proto boot")
    assert not kernel, f"{router} has a route set by hand: {kernel}"
    addressed = ifupdown_interfaces(host)
    for name in LANS[router] + tuple(name for end, name, _ in (*FIBRE, *BACKUP) if end == router):
        assert addressed.get(name) == [lab.address(router, name)], (
            f"{router}: {name} lacks its address at the next boot"
        )
    frr = host.service("frr")
    assert frr.is_running, f"FRR does not run on {router}"
    assert frr.is_enabled, f"FRR does not start with {router}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="Du côté des utilisateurs et des serveurs, OSPF reste muet, et leurs réseaux restent annoncés.",
    en="OSPF stays silent towards users and servers, and their networks stay announced.",
)
def test_users_side_is_silent(lab):
    for router, interfaces in LANS.items():
        seen = asked(lab, router, "show ip ospf interface")["interfaces"]
        for name in interfaces:
            assert name in seen, f"{router} does not announce the network of {name} any more"
            assert seen[name].get("timerPassiveIface"), f"{router} sends hellos on {name}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="La liaison de secours refuse toujours ce dont le retour ne passerait pas par elle.",
    en="The backup link still refuses what would not go back through it.",
)
def test_reverse_path(lab):
    for router, interface in (("r1", "eth4"), ("r2", "eth2")):
        seen = reverse_path(lab, router, interface)
        assert seen == "strict", f"{router} lets in what it should not: its filter is {seen}"
        later = reverse_path_at_boot(lab.host(router), interface)
        assert later == "strict", f"{router} lets in what it should not at the next boot: its filter is {later}"


@check(
    "guard",
    points=1,
    competence="2.1",
    fr="pc3 est toujours un poste de l'agence, configuré par DHCP.",
    en="pc3 is still a workstation of the branch, configured by DHCP.",
    host="pc3",
)
def test_workstation_unchanged(lab):
    pc3, host = lab.client("pc3"), lab.host("pc3")
    lab.wait(lambda: pc3.addresses("eth0") == (f"{PC3}/24",), within=SOON, what=f"pc3 has {PC3}")
    assert pc3.gateway() == lab.address("r2", "eth0"), f"the gateway of pc3 is {pc3.gateway()}"
    assert pc3.resolvers() == (lab.address("srv1"),), f"the resolvers of pc3 are {pc3.resolvers()}"
    by = ifupdown_methods(host, "eth0")
    assert by == ["dhcp"], f"pc3 sets eth0 up by {by or 'nothing'}"
