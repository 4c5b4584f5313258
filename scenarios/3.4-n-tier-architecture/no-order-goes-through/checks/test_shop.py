"""Are orders and stock updates stored again, by everybody who writes to the database, and is nothing lost or opened?"""

import pytest

from grader import check, lines_in, reason
from lab_tools import (
    CATALOGUE,
    answer_of,
    ask,
    ask_as_inventory,
    assert_data_is_whole,
    assert_is_in_the_database,
    assert_is_shown,
    assert_service_lasts,
    place_order,
    queries,
    query,
    words_of,
)

READ_ONLY = "default_transaction_read_only"
STILL_SET = (
    f"SELECT 1 FROM pg_catalog.pg_db_role_setting WHERE '{READ_ONLY}=on' = ANY (setconfig)",
    f"SELECT 1 FROM pg_catalog.pg_file_settings WHERE name = '{READ_ONLY}' AND applied AND setting ~* '^(on|t|y|1)'",
)
"""Who is read-only unless somebody has made an exception for them: databases and roles, and the whole server."""


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Une commande passée sur le poste {{ user.full | de }} (pc1) est acceptée, et la boutique la montre.",
    en="An order placed on {{ user.full }}'s workstation (pc1) is accepted, and the shop shows it.",
    before_fr="Une commande passée sur le poste {{ user.full | de }} (pc1) est refusée.",
    before_en="An order placed on {{ user.full }}'s workstation (pc1) is refused.",
    because="answers HTTP/1.1 500",
)
def test_order_from_the_workstation(lab):
    shop, pc1 = f"http://boutique.{lab.domain}", lab.client("pc1")
    customer, number, answer = place_order(pc1, shop)
    assert number, reason(fr=f"la boutique {answer}", en=f"the shop {answer}")
    assert_is_shown(pc1.http_get(f"{shop}/commandes/{number}"), number, customer)
    stored = query(lab, f"SELECT customer FROM public.purchase WHERE id = {number}")
    assert_is_in_the_database(stored, number, customer)


@pytest.mark.parametrize("server", ["app1", "app2"])
@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="Une commande confiée à {{ server }} arrive dans la base.",
    en="An order given to {{ server }} arrives in the database.",
    before_fr="Une commande confiée à {{ server }} n'aboutit pas.",
    before_en="An order given to {{ server }} does not go through.",
    because="answers HTTP/1.1 500",
)
def test_order_by_each_server(lab, server):
    customer, number, answer = place_order(lab.probe("application"), f"http://{lab.address(server, 'eth0')}:8000")
    assert number, reason(fr=f"{server} {answer}", en=f"{server} {answer}")
    stored = query(lab, f"SELECT customer FROM public.purchase WHERE id = {number}")
    assert_is_in_the_database(stored, number, customer)


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="L'entrepôt met à jour les stocks sans passer par la boutique, et l'inventaire écrit aussi dans sa base.",
    en="The warehouse updates the stock without going through the shop, and the inventory writes to its database too.",
    before_fr="L'entrepôt n'arrive pas à mettre les stocks à jour.",
    before_en="The warehouse cannot update the stock.",
    because="read-only transaction",
    host="db1",
    lock="",  # it adds one to a row's number, which no other check reads
)
def test_stock_update(lab):
    done = ask(lab, "UPDATE public.product SET stock = stock + 1 WHERE name = 'Gunpowder' RETURNING name")
    assert done.stdout.strip() == "Gunpowder", reason(
        fr=f"la base répond à une mise à jour du stock : {words_of(done)}",
        en=f"the database answers an update of the stock: {words_of(done)}",
    )
    done = ask_as_inventory(lab, "UPDATE public.device SET place = place WHERE false")
    assert done.stdout.strip() == "UPDATE 0", reason(
        fr=f"inventory : la base répond à une mise à jour : {words_of(done)}",
        en=f"inventory: the database answers an update: {words_of(done)}",
    )
    assert not any(queries(lab, STILL_SET)), reason(
        fr="qui n'a pas d'exception à la règle obtient toujours une transaction en lecture seule",
        en="anybody who has no exception to the rule still gets a read-only transaction",
    )


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le catalogue et une ancienne commande s'affichent comme avant.",
    en="The catalogue and an earlier order show as before.",
)
def test_reading_still_works(lab):
    office, shop = lab.probe("office"), f"http://{lab.address('web1')}"
    page = office.http_get(f"{shop}/")
    missing = [tea for tea in CATALOGUE if tea not in page.body]
    assert not missing, reason(
        fr=f"le catalogue n'est pas entier : la boutique {answer_of(page)}, il manque {missing[0]}",
        en=f"the catalogue is not whole: the shop {answer_of(page)}, {missing[0]} is missing",
    )
    assert_is_shown(office.http_get(f"{shop}/commandes/2"), 2, "Client : Hôtel des Embruns")


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


@pytest.mark.parametrize("server", ["app1", "app2"])
@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Sur {{ server }}, la boutique se connecte à sa base avec son propre rôle, et démarre avec la machine.",
    en="On {{ server }} the shop connects to its database as its own role, and starts with the host.",
    host="{{ server }}",
    lock="",
)
def test_application_unchanged(lab, server):
    settings = lab.host(server).file("/etc/shop/shop.env")
    ours = "DATABASE_URL=postgresql://shop:Darjeeling-2026@db1/shop"
    assert ours in lines_in(settings.content_string), reason(
        fr=f"l'adresse de la base (DATABASE_URL) a été changée sur {server}",
        en=f"the database's address was changed on {server}",
    )
    assert_service_lasts(lab, server, "shop")
