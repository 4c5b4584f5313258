"""Is the web shop healthy? Asked from where its users are, then tier by tier."""

import json
import re

import pytest

from grader import check, concurrently, reason, scaled_timeout
from lab_tools import answer_of, assert_service_lasts, query, words_of

CATALOGUE = (
    "Assam de printemps",
    "Darjeeling des brumes",
    "Earl Grey de la maison",
    "Gunpowder",
    "Oolong des hauts plateaux",
    "Sencha du matin",
)
APPLICATIONS = {"app1": "10.30.1.11", "app2": "10.30.1.12"}
SERVICES = {"web1": "nginx", "app1": "shop", "app2": "shop", "db1": "postgresql@17-main"}


@check(
    "guard",
    fr="La boutique s'ouvre par son nom sur le poste du service clients, avec tout son catalogue.",
    en="The shop opens by its name on the customer service workstation, with its whole catalogue.",
)
def test_catalogue(lab):
    page = lab.client("pc1").http_get(f"http://boutique.{lab.domain}/")
    assert page.status == 200, reason(fr=f"la boutique {answer_of(page)}", en=f"the shop {answer_of(page)}")
    missing = ", ".join(tea for tea in CATALOGUE if tea not in page.body)
    assert not missing, reason(fr=f"il manque au catalogue : {missing}", en=f"missing from the catalogue: {missing}")


@check(
    "guard",
    fr="Une commande saisie sur le poste est enregistrée, relue dans la boutique, et déduite du stock.",
    en="An order entered on the workstation is stored, read again in the shop, and taken out of the stock.",
)
def test_order(lab):
    shop, pc1 = f"http://boutique.{lab.domain}", lab.client("pc1")
    fields = ("customer=Contrôle de santé", "product=6", "quantity=2")
    data = [argument for field in fields for argument in ("--data-urlencode", field)]
    before = _stock(lab)
    sent = pc1.run(
        [
            "curl",
            "--silent",
            "--show-error",
            "--include",
            "--max-time",
            str(scaled_timeout(5)),
            *data,
            f"{shop}/commandes",
        ]
    )
    number = re.search(r"^Location: \S*/commandes/(\d+)\s*$", sent.stdout, re.MULTILINE | re.IGNORECASE)
    answer = sent.stdout.partition("\r")[0] or words_of(sent)
    assert number, reason(fr=f"la commande n'a pas été prise : {answer}", en=f"the order was not taken: {answer}")
    order = pc1.http_get(f"{shop}/commandes/{number[1]}")
    assert "Client : Contrôle de santé" in order.body, reason(
        fr=f"la commande {number[1]} ne peut pas être relue : la boutique {answer_of(order)}",
        en=f"order {number[1]} cannot be read: the shop {answer_of(order)}",
    )
    assert "2 × Sencha du matin" in order.body, reason(
        fr=f"la commande {number[1]} n'est pas de deux Sencha du matin",
        en=f"order {number[1]} is another one, not of two Sencha du matin",
    )
    after = _stock(lab)
    assert after <= before - 2, reason(
        fr=f"le stock n'a pas changé : {after}, et {before} avant la commande de deux",
        en=f"the stock did not change: {after}, and {before} before the order of two",
    )


def _stock(lab):
    return int(query(lab, "SELECT stock FROM public.product WHERE id = 6"))


@pytest.mark.parametrize("server", APPLICATIONS)
@check(
    "guard",
    fr="{{ server }} répond au mandataire et atteint la base de données.",
    en="{{ server }} answers the proxy and reaches the database.",
)
def test_application_server(lab, server):
    answer = lab.probe("application").http_get(f"http://{APPLICATIONS[server]}:8000/sante")
    assert answer.status == 200, reason(fr=f"{server} {answer_of(answer)}", en=f"{server} {answer_of(answer)}")
    health = json.loads(answer.body)
    assert health["server"] == server, reason(
        fr=f"{health['server']} répond à la place de {server}",
        en=f"{health['server']} answers in place of {server}",
    )
    assert health["products"] >= len(CATALOGUE), reason(
        fr=f"{server} voit {health['products']} produits au lieu de {len(CATALOGUE)}",
        en=f"{server} sees {health['products']} products instead of {len(CATALOGUE)}",
    )


@check(
    "guard",
    fr="Le mandataire répartit les requêtes entre les deux serveurs d'application.",
    en="The proxy spreads the requests over both application servers.",
)
def test_both_servers_share_the_work(lab):
    office, name = lab.probe("office"), f"boutique.{lab.domain}"
    pages = [office.http_get(f"http://{lab.address('web1')}/", host_header=name) for _ in range(6)]
    bad = next((page for page in pages if page.status != 200), None)
    assert bad is None, reason(fr=f"la boutique {answer_of(bad)}", en=f"the shop {answer_of(bad)}")
    served = {page.headers.get("x-served-by", "") for page in pages}
    names = ", ".join(sorted(filter(None, served))) or reason(fr="aucun serveur nommé", en="no server by its name")
    assert served == set(APPLICATIONS), reason(
        fr=f"qui a servi six pages : {names}, au lieu d'app1 et d'app2",
        en=f"who served six pages: {names}, instead of app1 and app2",
    )


@check(
    "guard",
    fr="Des bureaux, on n'atteint ni les serveurs d'application ni la base de données.",
    en="From the office neither the application servers nor the database can be reached.",
)
def test_tiers_are_apart(lab):
    office = lab.probe("office", gateway=lab.address("web1", "eth0"))
    inner = ((APPLICATIONS["app1"], 8000), ("10.30.2.10", 5432))
    for (address, port), answer in zip(inner, concurrently(lambda place: office.tcp(*place), inner), strict=True):
        assert not answer, reason(
            fr=f"{address}:{port} est accessible des bureaux", en=f"{address}:{port} can be reached from the office"
        )


@pytest.mark.parametrize("host", SERVICES)
@check(
    "guard",
    fr="Le service {{ host | de }} fonctionne et démarre avec la machine.",
    en="The service of {{ host }} runs and starts with the machine.",
)
def test_service(lab, host):
    assert_service_lasts(lab, host, SERVICES[host])
