"""The shop as its users and its administrator have it: a page, an order, a question to the database."""

import contextlib
import re
import secrets

from grader import ask_postgresql, lines_in, reason, scaled_timeout

CATALOGUE = ("Assam de printemps", "Darjeeling des brumes", "Gunpowder", "Sencha du matin")
"""Some of the teas that the shop has sold for long."""
ORDERS = {
    "Salon de thé du Port",
    "Hôtel des Embruns",
    "Épicerie Le Gall",
    "Crêperie de la Place",
    "Librairie Tournepage",
}
"""Who placed the first five orders."""


POSTGRESQL = "/usr/lib/postgresql/17/bin"


def query(lab, sql, database="shop"):
    """Ask the shop's database server as its administrator; rows are lines."""
    return queries(lab, (sql,), database)[0]


def queries(lab, statements, database="shop"):
    """Ask several things of the shop's database server; return the rows of each."""
    done = ask_postgresql(lab.host("db1"), *statements, database=database)
    assert done.rc == 0, reason(
        fr=f"la base {database} répond : {words_of(done)}", en=f"the database {database} answers: {words_of(done)}"
    )
    assert_server_is_the_shops(lab)
    return done.rows


def ask(lab, sql):
    """Ask the shop's database as its administrator, who may be refused; return what ``ask_postgresql`` does."""
    done = ask_postgresql(lab.host("db1"), sql, database="shop")
    if done.rc == 0:
        assert_server_is_the_shops(lab)
    return done


def ask_as_inventory(lab, sql):
    """Ask the other application's database as that application does; return testinfra's result."""
    psql = f"PGPASSWORD=inventory {POSTGRESQL}/psql -X -h %s -U inventory -d inventory -Atc %s"
    return lab.host("app1").run(psql, lab.address("db1"), sql)


def answer_of(page):
    """Return how a page's server answered, in words that follow its name."""
    if page:
        return reason(fr=f"répond {page.status}", en=f"answers {page.status}")
    return reason(fr=f"ne répond pas ({page.problem})", en=f"does not answer ({page.problem})")


def words_of(done):
    """Return the first line of what a program says that went wrong."""
    return done.stderr.strip().partition("\n")[0] or reason(fr="rien", en="nothing")


def assert_server_is_the_shops(lab):
    """Another database server on the shop's socket could hold whatever is asked for."""
    server = lab.listener("db1", "/run/postgresql/.s.PGSQL.5432", f"{POSTGRESQL}/postgres")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"db1, PostgreSQL : {doubts}", en=f"db1, PostgreSQL: {doubts}")
    units = ", ".join(sorted(server.units))
    assert server.units == {"postgresql@17-main.service"}, reason(
        fr=f"db1 : {units} répond à la place de postgresql@17-main.service",
        en=f"db1: {units} answers instead of postgresql@17-main.service",
    )


@contextlib.contextmanager
def fresh_order(lab):
    """Have an order in the database that nobody has seen: a page from before, or a made-up one, does not show it."""
    customer = f"Client {secrets.token_hex(4)}"
    sql = f"INSERT INTO public.purchase (customer, product, quantity) VALUES ('{customer}', 1, 1) RETURNING id"
    added = ask(lab, sql)
    assert added.rc == 0, reason(
        fr=f"une commande ne s'ajoute pas à la table purchase : {words_of(added)}",
        en=f"an order cannot be added to the table purchase: {words_of(added)}",
    )
    number = added.stdout.split()[0]
    try:
        yield f"/commandes/{number}", customer
    finally:
        ask(lab, f"DELETE FROM public.purchase WHERE id = {number}")


def assert_proxy_is_nginx(lab):
    """Another program on the proxy's port could show whatever is asked for."""
    proxy = lab.listener("web1", 80, "/usr/sbin/nginx")
    doubts = "; ".join(proxy.doubts)
    assert proxy.is_genuine, reason(fr=f"web1, port 80 : {doubts}", en=f"web1, port 80: {doubts}")


def place_order(station, url, patience=8):
    """Place an order; return the customer, the number (None where it was refused) and how the server answered.

    The last is in words that follow the server's name.
    """
    customer = f"Client {secrets.token_hex(4)}"
    fields = [w for f in (f"customer={customer}", "product=2", "quantity=1") for w in ("--data-urlencode", f)]
    command = [
        "curl",
        "--disable",
        "--silent",
        "--show-error",
        "--include",
        "--max-time",
        str(scaled_timeout(10 * patience) / 10),
        *fields,
        f"{url}/commandes",
    ]
    sent = station.run(command, timeout=patience + 5)
    place = re.search(r"^Location: \S*/commandes/(\d+)\s*$", sent.stdout, re.MULTILINE | re.IGNORECASE)
    line = sent.stdout.partition("\r")[0]
    answer = reason(fr=f"répond {line} à une commande", en=f"answers {line} to an order")
    if not line:
        answer = reason(
            fr=f"ne répond pas à une commande ({words_of(sent)})",
            en=f"does not answer an order ({words_of(sent)})",
        )
    return customer, place and place[1], answer


def assert_is_the_catalogue(page):
    """A page that was asked for is the shop's catalogue."""
    assert page.status == 200, reason(fr=f"la boutique {answer_of(page)}", en=f"the shop {answer_of(page)}")
    missing = [tea for tea in CATALOGUE if tea not in page.body]
    assert not missing, reason(
        fr=f"la page n'est pas le catalogue de la boutique : il y manque {missing[0]}",
        en=f"the page is not the shop's catalogue: {missing[0]} is missing",
    )


def assert_is_shown(page, number, customer):
    """A page that was asked for shows a customer's order."""
    assert customer in page.body, reason(
        fr=f"la boutique ne montre pas la commande {number} : elle {answer_of(page)}",
        en=f"the shop does not show order {number}: it {answer_of(page)}",
    )


def assert_fresh_order_is_shown(page, customer):
    """A page that was asked for shows the order of ``fresh_order``."""
    assert customer in page.body, reason(
        fr=f"la boutique ne montre pas une commande qui vient d'être passée : elle {answer_of(page)}",
        en=f"the shop does not show an order that has just been placed: it {answer_of(page)}",
    )


def assert_comes_from_the_proxy(lab, page):
    """The page is web1's, and not another host's to which the name was led."""
    assert page.peer == lab.address("web1"), reason(
        fr=f"{page.peer} répond à la place de web1", en=f"{page.peer} answers instead of web1"
    )


def assert_shop_opens(lab, patience=5):
    """On pc1 the catalogue and an order of just now show, each after so many seconds at most, by web1's nginx."""
    shop, pc1 = f"http://boutique.{lab.domain}", lab.client("pc1")
    page = pc1.http_get(f"{shop}/", timeout=patience)
    assert_is_the_catalogue(page)
    assert_comes_from_the_proxy(lab, page)
    assert_proxy_is_nginx(lab)
    with fresh_order(lab) as (path, customer):
        order = pc1.http_get(f"{shop}{path}", timeout=patience)
    assert_fresh_order_is_shown(order, customer)


def assert_order_is_stored(lab):
    """An order placed from the office shows in the shop, and is in the database."""
    office, shop = lab.probe("office"), f"http://{lab.address('web1')}"
    customer, number, answer = place_order(office, shop)
    assert number, reason(fr=f"la boutique {answer}", en=f"the shop {answer}")
    assert_is_shown(office.http_get(f"{shop}/commandes/{number}"), number, customer)
    stored = query(lab, f"SELECT customer FROM public.purchase WHERE id = {number}")
    assert_is_in_the_database(stored, number, customer)


def assert_is_in_the_database(stored, number, customer):
    """What the database has under an order's number is the customer's order."""
    assert stored == customer, reason(
        fr=f"la commande {number} n'est pas dans la base", en=f"order {number} is not in the database"
    )


def assert_service_lasts(lab, host, name):
    """A service runs on a host, and starts with it."""
    service = lab.host(host).service(name)
    assert service.is_running, reason(
        fr=f"le service {name} ne fonctionne pas sur {host}", en=f"the service {name} does not run on {host}"
    )
    assert service.is_enabled, reason(
        fr=f"le service {name} ne démarre pas avec {host}", en=f"the service {name} does not start with {host}"
    )


def assert_are_the_data(products, orders):
    """Names of products hold the catalogue; names of customers are those of the first five orders."""
    missing = ", ".join(sorted(set(CATALOGUE) - set(products)))
    assert not missing, reason(fr=f"il manque au catalogue : {missing}", en=f"missing from the catalogue: {missing}")
    assert set(orders) == ORDERS, reason(
        fr="les cinq premières commandes ne sont plus toutes là, ou plus les mêmes",
        en="earlier orders are gone: the first five are not all there, or have been changed",
    )


def assert_data_is_whole(lab):
    """The catalogue and the earlier orders are still in the database."""
    statements = ("SELECT name FROM public.product", "SELECT customer FROM public.purchase WHERE id <= 5")
    assert_are_the_data(*map(lines_in, queries(lab, statements)))
