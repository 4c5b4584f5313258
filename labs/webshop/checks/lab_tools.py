"""The shop as its users and its administrator have it: a page, an order, a question to the database."""

import contextlib
import re
import secrets

from grader import lines_in, scaled_timeout

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
PSQL = f"runuser -u postgres -- {POSTGRESQL}/psql -X -h /run/postgresql"
"""The administrator's psql, which reads no settings of a trainee's: Debian's wrapper chooses a server by such."""


def query(lab, sql, database="shop"):
    """Ask the shop's database server as its administrator; rows are lines."""
    rows = lab.host("db1").check_output(f"{PSQL} -d %s -Atc %s", database, sql)
    assert_server_is_the_shops(lab)
    return rows


def ask(lab, sql):
    """Ask as the administrator does, who waits for no lock longer than a second; return testinfra's result."""
    done = lab.host("db1").run(f"{PSQL} -d shop -Atqc 'SET lock_timeout = 1000' -c %s", sql)
    if done.rc == 0:
        assert_server_is_the_shops(lab)
    return done


def ask_as_inventory(lab, sql):
    """Ask the other application's database as that application does; return testinfra's result."""
    psql = f"PGPASSWORD=inventory {POSTGRESQL}/psql -X -h %s -U inventory -d inventory -Atc %s"
    return lab.host("app1").run(psql, lab.address("db1"), sql)


def assert_server_is_the_shops(lab):
    """Another database server on the shop's socket could hold whatever is asked for."""
    server = lab.listener("db1", "/run/postgresql/.s.PGSQL.5432", f"{POSTGRESQL}/postgres")
    assert server.is_genuine, f"db1, PostgreSQL: {'; '.join(server.doubts)}"
    assert server.units == {"postgresql@17-main.service"}, f"db1: {', '.join(sorted(server.units))} answers instead"


@contextlib.contextmanager
def fresh_order(lab):
    """Have an order in the database that nobody has seen: a page from before, or a made-up one, does not show it."""
    customer = f"Client {secrets.token_hex(4)}"
    sql = f"INSERT INTO public.purchase (customer, product, quantity) VALUES ('{customer}', 1, 1) RETURNING id"
    added = ask(lab, sql)
    assert added.rc == 0, f"purchase: {added.stderr.strip()}"
    number = added.stdout.split()[0]
    try:
        yield f"/commandes/{number}", customer
    finally:
        ask(lab, f"DELETE FROM public.purchase WHERE id = {number}")


def assert_proxy_is_nginx(lab):
    """Another program on the proxy's port could show whatever is asked for."""
    proxy = lab.listener("web1", 80, "/usr/sbin/nginx")
    assert proxy.is_genuine, f"web1, port 80: {'; '.join(proxy.doubts)}"


def place_order(station, url, patience=8):
    """Place an order; return the customer, the number (None where it was refused) and the answer's first line."""
    customer = f"Client {secrets.token_hex(4)}"
    fields = [w for f in (f"customer={customer}", "product=2", "quantity=1") for w in ("--data-urlencode", f)]
    command = [
        "curl",
        "--disable",
        "--silent",
        "--include",
        "--max-time",
        str(scaled_timeout(patience)),
        *fields,
        f"{url}/commandes",
    ]
    sent = station.run(command, timeout=patience + 5)
    place = re.search(r"^Location: \S*/commandes/(\d+)\s*$", sent.stdout, re.MULTILINE | re.IGNORECASE)
    return customer, place and place[1], sent.stdout.partition("\r")[0] or "nothing"


def assert_is_the_catalogue(page):
    """A page that was asked for is the shop's catalogue."""
    assert page.status == 200, f"the shop answers {page.status or page.problem}"
    missing = [tea for tea in CATALOGUE if tea not in page.body]
    assert not missing, f"the page is not the shop's catalogue: {missing[0]} is missing"


def assert_order_is_stored(lab):
    """An order placed from the office shows in the shop, and is in the database."""
    office, shop = lab.probe("office"), f"http://{lab.address('web1')}"
    customer, number, answer = place_order(office, shop)
    assert number, f"the shop answers {answer} to an order"
    page = office.http_get(f"{shop}/commandes/{number}")
    assert customer in page.body, f"the shop does not show order {number}: {page.status or page.problem}"
    stored = query(lab, f"SELECT customer FROM public.purchase WHERE id = {number}")
    assert stored == customer, f"order {number} is not in the database"


def assert_data_is_whole(lab):
    """The catalogue and the earlier orders are still in the database."""
    missing = set(CATALOGUE) - set(lines_in(query(lab, "SELECT name FROM public.product")))
    assert not missing, f"missing from the catalogue: {', '.join(sorted(missing))}"
    assert set(lines_in(query(lab, "SELECT customer FROM public.purchase WHERE id <= 5"))) == ORDERS, (
        "earlier orders are gone"
    )
