"""Do both directions take the fibre again, by routes that OSPF has learnt, and is the protection as it was?"""

import pytest

from grader import check, concurrently, lines_in, reason
from lab_tools import (
    LINKS,
    PATIENCE,
    PC3,
    SOON,
    assert_backup_is_filtered,
    assert_branch_opens_the_applications,
    assert_configured_by_dhcp,
    assert_own_neighbours,
    cut_off,
    diverted,
    listed,
    statements,
)

ROUTERS = ("r1", "r2", "r3")
WAYS = (
    ("r1", "10.20.10.53", "10.0.12.2"),
    ("r1", "10.20.10.153", "10.0.12.2"),
    ("r2", "10.10.10.51", "10.0.12.1"),
    ("r2", "10.10.20.20", "10.0.12.1"),
    ("r2", "10.10.20.200", "10.0.12.1"),
    ("r2", "10.10.30.52", "10.0.12.1"),
)
"""Who sends to whom over the fibre: router, destination, next hop."""


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
    fr="De la salle des serveurs, on joint pc3, et tout autre appareil de l'agence joint les serveurs.",
    en="The server room reaches pc3, and any other device at the branch reaches the servers.",
    before_fr="L'agence et les serveurs ne se joignent pas.",
    before_en="The branch and the servers do not reach each other.",
    because="is not reached",
)
def test_servers_and_branch(lab):
    servers, branch = lab.probe("servers-web1"), lab.probe("branch")
    ways = ((servers, PC3), (branch, lab.address("web1")), (branch, lab.address("srv1")))

    def reached():
        answers = concurrently(lambda way: way[0].ping(way[1], within=PATIENCE, size=1472), ways)
        for (_, target), answer in zip(ways, answers, strict=True):
            assert answer, reason(
                fr=f"{target} n'est pas joint : {answer.problem}", en=f"{target} is not reached: {answer.problem}"
            )
        return True

    lab.wait(reached, within=SOON, unless=lambda: cut_off(lab))


@check(
    "symptom",
    points=3,
    competence="2.1",
    fr="L'aller et le retour prennent tous deux la fibre, pour toutes les adresses des deux sites.",
    en="Both directions take the fibre, for all addresses of both sites.",
    before_fr="Ce qui va d'un site à l'autre ne prend pas le chemin habituel.",
    before_en="What goes from one site to the other does not take the usual way.",
    because="not over the fibre",
)
def test_both_ways_take_the_fibre(lab):
    def all_by_the_fibre():
        found = concurrently(lambda way: lab.client(way[0]).ask(("ip", "-4", "route", "get", way[1])), WAYS)
        for (router, target, hop), done in zip(WAYS, found, strict=True):
            route, _, _ = listed(lines_in(done.stdout or done.stderr)[:1]).partition(" src ")
            assert f" via {hop} " in route, reason(
                fr=f"{router} n'envoie pas par la fibre ce qui est pour {target} : {route}",
                en=f"what {router} sends to {target} goes another way, not over the fibre: {route}",
            )
        return True

    lab.wait(all_by_the_fibre, within=SOON, unless=lambda: diverted(lab, WAYS))


@check(
    "objective",
    points=2,
    competence="2.1",
    fr="Les trois routeurs n'ont que des routes apprises par OSPF, maintenant et au prochain démarrage.",
    en="The three routers have only routes that OSPF has learnt, now and after the next boot.",
    before_fr="Les routeurs ne suivent pas tous les règles de ce réseau, que donne la page du lab.",
    before_en="Not every router keeps the rules of this network, which are on the lab's page.",
    because="static route",
)
def test_no_route_by_hand(lab):
    def has_none(router):
        running, saved = configurations(lab, router)
        static = sorted(words for _, words in running | saved if words.startswith("ip route "))
        assert not static, reason(
            fr=f"{router} a une route statique : {static[0]}", en=f"{router} has a static route: {static[0]}"
        )
        host = lab.host(router)
        by_hand = [host.check_output(f"ip -4 route show table all proto {proto}") for proto in ("static", "boot")]
        shown = " ".join(by_hand).strip()
        assert not shown, reason(
            fr=f"{router} a une route statique dans le noyau : {shown}",
            en=f"{router} has a static route in the kernel: {shown}",
        )
        rules = lines_in(host.check_output("ip -4 rule show"))
        assert len(rules) == 3, reason(
            fr=f"{router} n'a pas les trois règles de routage d'origine : {listed(rules)}",
            en=f"{router} does not have the three routing rules that it came with: {listed(rules)}",
        )

    concurrently(has_none, ROUTERS)


@pytest.mark.parametrize("router", ROUTERS)
@check(
    "guard",
    points=1,
    competence="2.1",
    fr="{{ router }} garde ses voisins OSPF et ses coûts, et ce qui fonctionne est enregistré.",
    en="{{ router }} keeps its OSPF neighbours and its costs, and what runs is saved.",
    host="{{ router }}",
    lock="",
)
def test_ospf_as_it_was(lab, router):
    seen = assert_own_neighbours(lab, router)
    for interface, decided in ((name, cost) for ends in LINKS.values() for end, name, cost in ends if end == router):
        cost = seen[interface]["cost"]
        assert cost == decided, reason(
            fr=f"{router} : le coût d'{interface} est {cost}, et non {decided}",
            en=f"{router}: the cost of {interface} is {cost}, not {decided}",
        )
    running, saved = configurations(lab, router)
    unsaved = listed(sorted(words for _, words in running ^ saved)[:1])
    assert running == saved, reason(
        fr=f"{router} : ce qui fonctionne n'est pas ce qui démarrera la prochaine fois : {unsaved}",
        en=f"{router}: what runs is not what will start next time: {unsaved}",
    )
    frr = lab.host(router).service("frr")
    assert frr.is_running, reason(fr=f"FRR ne fonctionne pas sur {router}", en=f"FRR does not run on {router}")
    assert frr.is_enabled, reason(fr=f"FRR ne démarre pas avec {router}", en=f"FRR does not start with {router}")


@check(
    "guard",
    points=2,
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
