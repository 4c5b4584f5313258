"""Does the shop answer again for its users, for good and with both application servers, and is the rest as it was?"""

from grader import check, reason
from lab_tools import (
    assert_data_is_whole,
    assert_is_the_catalogue,
    assert_order_is_stored,
    assert_proxy_is_nginx,
    assert_service_lasts,
    assert_shop_opens,
)

APPLICATIONS = ("app1", "app2")
PAGES = 12
"""Requests that show whether both servers take their share."""


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="La boutique s'ouvre sur le poste {{ user.full | de }} (pc1).",
    en="The shop opens on {{ user.full }}'s workstation (pc1).",
    before_fr="Sur le poste {{ user.full | de }} (pc1), la boutique ne s'ouvre pas.",
    before_en="On {{ user.full }}'s workstation (pc1) the shop does not open.",
    because="does not answer",
)
def test_shop_opens(lab):
    assert_shop_opens(lab)


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Une commande passée depuis les bureaux est enregistrée dans la base, et la boutique la montre.",
    en="An order placed from the office is stored in the database, and the shop shows it.",
    before_fr="Impossible de passer une commande.",
    before_en="No order can be placed.",
    because="does not answer",
)
def test_order_is_stored(lab):
    assert_order_is_stored(lab)
    assert_proxy_is_nginx(lab)


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="Le mandataire répartit les pages entre app1 et app2.",
    en="The proxy spreads the pages over app1 and app2.",
    before_fr="La boutique ne montre aucune page.",
    before_en="The shop shows no page at all.",
    because="does not answer",
)
def test_both_servers_take_their_share(lab):
    office, shop = lab.probe("office"), f"http://{lab.address('web1')}/"
    served = set()
    for _ in range(PAGES):
        page = office.http_get(shop)
        assert_is_the_catalogue(page)
        served.add(page.headers.get("x-served-by", ""))
        if served == set(APPLICATIONS):
            return
    names = ", ".join(sorted(filter(None, served))) or reason(fr="aucun serveur nommé", en="no server by its name")
    raise AssertionError(
        reason(
            fr=f"qui a servi {PAGES} pages : {names}, au lieu d'app1 et d'app2",
            en=f"who served {PAGES} pages: {names}, instead of app1 and app2",
        )
    )


@check(
    "objective",
    points=2,
    competence="3.4",
    fr="Sur web1, nginx tient le port 80 comme service, et démarre avec la machine.",
    en="On web1 nginx holds port 80 as a service, and starts with the machine.",
    before_fr="Rien ne répond à l'adresse de la boutique.",
    before_en="Nothing answers at the shop's address.",
    host="web1",
    lock="",
    because="does not run on web1|held by nobody",
)
def test_proxy_is_a_service(lab):
    assert_service_lasts(lab, "web1", "nginx")
    units = lab.listener("web1", 80).units
    seen = ", ".join(sorted(units)) or reason(fr="personne", en="nobody")
    assert units == {"nginx.service"}, reason(
        fr=f"web1 : le port 80 est tenu par {seen}, au lieu de nginx.service",
        en=f"web1: port 80 is held by {seen}, instead of nginx.service",
    )
    assert_proxy_is_nginx(lab)


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Sur web1, nginx ne répond aux visiteurs que sous son propre compte.",
    en="On web1 nginx answers visitors only as its own account.",
    host="web1",
    lock="",
)
def test_workers_are_not_root(lab):
    # Without nginx, as long as it is stopped, nobody answers.
    workers = [process for process in lab.host("web1").process.filter(comm="nginx") if process.ppid != 1]
    users = ", ".join(sorted({process.user for process in workers} - {"www-data"}))
    assert not users, reason(
        fr=f"les processus de nginx qui répondent aux visiteurs sont à {users}, au lieu de www-data",
        en=f"nginx answers visitors as {users} instead of www-data",
    )


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le catalogue et les anciennes commandes sont toujours dans la base.",
    en="The catalogue and the earlier orders are still in the database.",
    host="db1",
    lock="",
)
def test_data_is_whole(lab):
    assert_data_is_whole(lab)
