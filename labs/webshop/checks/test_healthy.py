"""Is the web shop healthy? Asked from where its users are, then tier by tier."""

import json
import re

import pytest

from grader import check, scaled_timeout
from lab_tools import query

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
    assert page.status == 200, page
    missing = [tea for tea in CATALOGUE if tea not in page.body]
    assert not missing, f"missing from the catalogue: {', '.join(missing)}"


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
    assert number, f"the order was not taken: {sent.stdout[:200] or sent.stderr}"
    order = pc1.http_get(f"{shop}/commandes/{number[1]}")
    assert "Client : Contrôle de santé" in order.body, f"the order cannot be read: {order}"
    assert "2 × Sencha du matin" in order.body, "the order is another one"
    assert _stock(lab) <= before - 2, "the stock did not change"


def _stock(lab):
    return int(query(lab, "SELECT stock FROM product WHERE id = 6"))


@pytest.mark.parametrize("server", APPLICATIONS)
@check(
    "guard",
    fr="{{ server }} répond au mandataire et atteint la base de données.",
    en="{{ server }} answers the proxy and reaches the database.",
)
def test_application_server(lab, server):
    answer = lab.probe("application").http_get(f"http://{APPLICATIONS[server]}:8000/sante")
    assert answer.status == 200, answer
    health = json.loads(answer.body)
    assert health["server"] == server, f"{health['server']} answers in the place of {server}"
    assert health["products"] >= len(CATALOGUE), f"{server} sees {health['products']} products"


@check(
    "guard",
    fr="Le mandataire répartit les requêtes entre les deux serveurs d'application.",
    en="The proxy spreads the requests over both application servers.",
)
def test_both_servers_share_the_work(lab):
    office, name = lab.probe("office"), f"boutique.{lab.domain}"
    pages = [office.http_get(f"http://{lab.address('web1')}/", host_header=name) for _ in range(6)]
    assert {page.status for page in pages} == {200}, pages
    served = {page.headers.get("x-served-by") for page in pages}
    assert served == set(APPLICATIONS), f"only {', '.join(sorted(map(str, served)))} served six pages"


@check(
    "guard",
    fr="Des bureaux, on n'atteint ni les serveurs d'application ni la base de données.",
    en="From the office neither the application servers nor the database can be reached.",
)
def test_tiers_are_apart(lab):
    office = lab.probe("office", gateway=lab.address("web1", "eth0"))
    for address, port in ((APPLICATIONS["app1"], 8000), ("10.30.2.10", 5432)):
        assert not office.tcp(address, port), f"{address}:{port} can be reached from the office"


@pytest.mark.parametrize("host", SERVICES)
@check(
    "guard",
    fr="Le service de {{ host }} fonctionne et démarre avec la machine.",
    en="The service of {{ host }} runs and starts with the machine.",
)
def test_service(lab, host):
    service = lab.host(host).service(SERVICES[host])
    assert service.is_running, f"{SERVICES[host]} does not run on {host}"
    assert service.is_enabled, f"{SERVICES[host]} does not start with {host}"
