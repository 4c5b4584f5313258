"""Do both directions take the fibre again, by routes that OSPF has learnt, and is the protection as it was?"""

import pytest

from grader import check, ifupdown_methods, lines_in
from lab_tools import (
    SOON,
    asked,
    assert_branch_opens_the_applications,
    reverse_path,
    reverse_path_at_boot,
    statements,
)

NEIGHBOURS = {
    "r1": {"eth3": ("10.0.0.2", 10), "eth4": ("10.0.0.3", 100)},
    "r2": {"eth1": ("10.0.0.1", 10), "eth2": ("10.0.0.3", 100)},
    "r3": {"eth0": ("10.0.0.1", 5), "eth1": ("10.0.0.2", 5)},
}
"""On each OSPF link: the neighbour's router id, and the cost."""
WAYS = (
    ("r1", "10.20.10.53", "10.0.12.2"),
    ("r1", "10.20.10.153", "10.0.12.2"),
    ("r2", "10.10.10.51", "10.0.12.1"),
    ("r2", "10.10.20.20", "10.0.12.1"),
    ("r2", "10.10.20.200", "10.0.12.1"),
    ("r2", "10.10.30.52", "10.0.12.1"),
)
"""Who sends to whom over the fibre: router, destination, next hop."""
PC3 = "10.20.10.53"


def configurations(lab, router):
    """Return the statements of the configuration that runs, and of the one that is saved."""
    host = lab.host(router)
    running = host.check_output("vtysh -c 'show running-config'")
    return statements(running), statements(host.file("/etc/frr/frr.conf").content_string)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="Le planning et l'intranet s'ouvrent par leur nom sur pc3, le poste {{ user.full | de }}.",
    en="The planning and the intranet open by their names on pc3, the workstation of {{ user.full }}.",
    because="does not open",
)
def test_branch_opens_the_applications(lab):
    assert_branch_opens_the_applications(lab)


@check(
    "symptom",
    points=2,
    competence="2.1",
    fr="De la salle des serveurs, on joint pc3, et tout autre appareil de l'agence joint les serveurs.",
    en="From the server room pc3 is reached, and any other device of the branch reaches the servers.",
    because="is not reached",
)
def test_servers_and_branch(lab):
    servers, branch = lab.probe("servers-web1"), lab.probe("branch")

    def reached():
        for place, target in ((servers, PC3), (branch, lab.address("web1")), (branch, lab.address("srv1"))):
            answer = place.ping(target, within=3, size=1472)
            assert answer, f"{target} is not reached: {answer.problem}"
        return True

    lab.wait(reached, within=SOON)


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="L'aller et le retour prennent tous deux la fibre, pour toutes les adresses des deux sites.",
    en="Both directions take the fibre, for all addresses of both sites.",
    because="not by the fibre",
)
def test_both_ways_take_the_fibre(lab):
    def all_by_the_fibre():
        for router, target, hop in WAYS:
            way = lines_in(lab.host(router).check_output("ip -4 route get %s", target))[0]
            assert f" via {hop} " in way, f"{router} sends to {target} not by the fibre: {way}"
        return True

    lab.wait(all_by_the_fibre, within=SOON)


@check(
    "objective",
    points=2,
    competence="2.1",
    fr="Les trois routeurs n'ont que des routes apprises par OSPF, maintenant et au prochain démarrage.",
    en="The three routers have only routes that OSPF has learnt, now and after the next boot.",
    because="static route",
)
def test_no_route_by_hand(lab):
    for router in NEIGHBOURS:
        running, saved = configurations(lab, router)
        static = sorted(words for _, words in running | saved if words.startswith("ip route "))
        assert not static, f"{router} has a static route: {static[0]}"
        host = lab.host(router)
        by_hand = [host.check_output(f"ip -4 route show table all proto {proto}") for proto in ("static", "boot")]
        assert not any(by_hand), f"{router} has a static route in the kernel: {' '.join(by_hand).strip()}"
        rules = lines_in(host.check_output("ip -4 rule show"))
        assert len(rules) == 3, f"{router} has a rule for routes of its own: {rules}"


@pytest.mark.parametrize("router", NEIGHBOURS)
@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ router }} garde ses voisins OSPF et ses coûts, et ce qui fonctionne est enregistré.",
    en="{{ router }} keeps its OSPF neighbours and its costs, and what runs is saved.",
    host="{{ router }}",
)
def test_ospf_as_it_was(lab, router):
    def all_full():
        shown = asked(lab, router, "show ip ospf neighbor").get("neighbors", {})
        full = {
            n["ifaceName"].partition(":")[0]: identity
            for identity, entries in shown.items()
            for n in entries
            if n["nbrState"].startswith("Full/")
        }
        expected = {interface: identity for interface, (identity, _) in NEIGHBOURS[router].items()}
        assert full == expected, f"the neighbours of {router} are {full}"
        return True

    lab.wait(all_full, within=SOON)
    interfaces = asked(lab, router, "show ip ospf interface")["interfaces"]
    for interface, (_, cost) in NEIGHBOURS[router].items():
        assert interfaces[interface]["cost"] == cost, (
            f"{router}: the cost of {interface} is {interfaces[interface]['cost']}"
        )
    running, saved = configurations(lab, router)
    unsaved = sorted(words for _, words in running ^ saved)
    assert not unsaved, f"{router}: what runs is not what starts next time: {unsaved[0]}"
    frr = lab.host(router).service("frr")
    assert frr.is_running, f"FRR does not run on {router}"
    assert frr.is_enabled, f"FRR does not start with {router}"


@check(
    "guard",
    points=2,
    competence="2.1",
    fr="La liaison de secours refuse toujours ce dont le retour ne passerait pas par elle.",
    en="The backup link still refuses what would not go back through it.",
)
def test_reverse_path(lab):
    for router, interface in (("r1", "eth4"), ("r2", "eth2")):
        seen = reverse_path(lab, router, interface)
        assert seen == "strict", f"{router}: the filter of {interface} is {seen}"
        later = reverse_path_at_boot(lab.host(router), interface)
        assert later == "strict", f"{router}: the filter of {interface} is {later} at the next boot"


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
    lab.wait(lambda: pc3.addresses("eth0") == (f"{PC3}/24",), within=SOON, what=f"pc3 has {PC3} alone")
    assert pc3.gateway() == lab.address("r2", "eth0"), f"the gateway of pc3 is {pc3.gateway()}"
    assert pc3.resolvers() == (lab.address("srv1"),), f"the resolvers of pc3 are {pc3.resolvers()}"
    by = ifupdown_methods(host, "eth0")
    assert by == ["dhcp"], f"pc3 sets eth0 up by {by or 'nothing'}"
