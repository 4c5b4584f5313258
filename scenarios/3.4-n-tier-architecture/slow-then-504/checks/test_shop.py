"""Does the shop answer in time again, is the lock gone for good, and is nothing lost or hidden?"""

import contextlib
import re
import secrets

import pytest

from grader import check

CATALOGUE = ("Assam de printemps", "Darjeeling des brumes", "Gunpowder", "Sencha du matin")
ORDERS = "Salon de thé du Port|Hôtel des Embruns|Épicerie Le Gall|Crêperie de la Place|Librairie Tournepage"
PATIENCE = 8
"""Seconds that an observer waits for an answer; the proxy gives up before that."""


def query(lab, sql):
    """Ask the database as its administrator, who waits for no lock longer than a second; return testinfra's result."""
    return lab.host("db1").run("runuser -u postgres -- psql -X -d shop -Atqc 'SET lock_timeout = 1000' -c %s", sql)


@contextlib.contextmanager
def fresh_order(lab):
    """Have an order in the database that nobody has seen: a page from before, or a made-up one, does not show it."""
    customer = f"Client {secrets.token_hex(4)}"
    sql = f"INSERT INTO public.purchase (customer, product, quantity) VALUES ('{customer}', 1, 1) RETURNING id"
    added = query(lab, sql)
    assert added.rc == 0, f"purchase: {added.stderr.strip()}"
    number = added.stdout.split()[0]
    try:
        yield f"/commandes/{number}", customer
    finally:
        query(lab, f"DELETE FROM public.purchase WHERE id = {number}")


def assert_proxy_is_nginx(lab):
    """Another program on the proxy's port could show whatever is asked for."""
    proxy = lab.listener("web1", 80, "/usr/sbin/nginx")
    assert proxy.is_genuine, f"web1, port 80: {'; '.join(proxy.doubts)}"


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="La boutique s'ouvre sans attendre sur le poste de {{ user.full }} (pc1).",
    en="The shop opens without waiting on {{ user.full }}'s workstation (pc1).",
    because="answers 504",
)
def test_shop_opens(lab):
    page = lab.client("pc1").http_get(f"http://boutique.{lab.domain}/", timeout=PATIENCE)
    assert page.status == 200, f"the shop answers {page.status or page.problem}"
    missing = [tea for tea in CATALOGUE if tea not in page.body]
    assert not missing, f"the page is not the shop's catalogue: {missing[0]} is missing"
    assert page.peer == lab.address("web1"), f"{page.peer} answers instead of web1"
    assert_proxy_is_nginx(lab)
    with fresh_order(lab) as (path, customer):
        order = lab.client("pc1").http_get(f"http://boutique.{lab.domain}{path}", timeout=PATIENCE)
    assert customer in order.body, f"the shop does not show an order of just now: {order.status or order.problem}"


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Une commande passée depuis les bureaux est enregistrée, et la boutique la montre.",
    en="An order placed from the office is stored, and the shop shows it.",
    because="answers HTTP/1.1 504",
)
def test_order_is_stored(lab):
    office, shop, customer = lab.probe("office"), f"http://{lab.address('web1')}", f"Client {secrets.token_hex(4)}"
    fields = [w for f in (f"customer={customer}", "product=2", "quantity=1") for w in ("--data-urlencode", f)]
    command = ["curl", "--disable", "--silent", "--include", "--max-time", str(PATIENCE), *fields, f"{shop}/commandes"]
    sent = office.run(command, timeout=PATIENCE + 5)
    place = re.search(r"^Location: \S*(/commandes/(\d+))\s*$", sent.stdout, re.MULTILINE | re.IGNORECASE)
    assert place, f"the shop answers {sent.stdout.partition(chr(13))[0] or 'nothing'} to an order"
    page = office.http_get(f"{shop}{place[1]}", timeout=PATIENCE)
    assert customer in page.body, f"the shop does not show order {place[2]}: {page.status or page.problem}"
    stored = query(lab, f"SELECT customer FROM public.purchase WHERE id = {place[2]}")
    assert stored.stdout.strip() == customer, f"order {place[2]} is not in the database"


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Dans la base, le catalogue et les anciennes commandes sont là, et se lisent sans attendre personne.",
    en="In the database the catalogue and the earlier orders are there, and can be read without waiting for anybody.",
    because="lock timeout",
    host="db1",
)
def test_tables_are_free_and_whole(lab):
    teas = query(lab, "SELECT name FROM public.product")
    assert teas.rc == 0, f"product: {teas.stderr.strip()}"
    missing = set(CATALOGUE) - set(teas.stdout.splitlines())
    assert not missing, f"missing from the catalogue: {', '.join(sorted(missing))}"
    orders = query(lab, "SELECT customer FROM public.purchase WHERE id <= 5")
    assert orders.rc == 0, f"purchase: {orders.stderr.strip()}"
    assert set(orders.stdout.splitlines()) == set(ORDERS.split("|")), "earlier orders are gone"


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="Rien, sur db1, ne reprendra ce verrou au prochain démarrage.",
    en="Nothing on db1 will take that lock again at the next boot.",
    because="starts with db1",
    host="db1",
)
def test_lock_does_not_come_back(lab):
    db1, job = lab.host("db1"), lab.values["job"]
    unit = db1.service(job)
    started = unit.is_enabled
    locks = unit.exists and "LOCK TABLE" in str(unit.systemd_property("Service.ExecStart"))
    assert not (started and locks), f"{job}.service locks a table and starts with db1"


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le mandataire n'attend pas plus longtemps qu'avant.",
    en="The proxy does not wait longer than before.",
    host="web1",
)
def test_proxy_does_not_hide_it(lab):
    configuration = lab.host("web1").run("nginx -T")
    limits = re.findall(r"^\s*proxy_read_timeout\s+(\w+);", configuration.stdout, re.MULTILINE)
    assert limits == ["4s"], f"proxy_read_timeout is {', '.join(limits) or 'gone'}"
    assert "proxy_cache_path" not in configuration.stdout, "the proxy serves pages from a cache"


@pytest.mark.parametrize(
    ("host", "service"),
    [("web1", "nginx"), ("app1", "shop"), ("app2", "shop"), ("db1", "postgresql@17-main")],
)
@check(
    "guard",
    points=1,
    competence="3.4",
    fr="{{ service }} fonctionne sur {{ host }} et démarre avec la machine.",
    en="{{ service }} runs on {{ host }} and starts with the host.",
    host="{{ host }}",
)
def test_service(lab, host, service):
    unit = lab.host(host).service(service)
    assert unit.is_running, f"{service} does not run on {host}"
    assert unit.is_enabled, f"{service} does not start with {host}"


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le rôle de l'application est ce qu'il était, et sa base n'est ouverte à personne d'autre.",
    en="The application's role is what it was, and its database is open to nobody else.",
    host="db1",
)
def test_database_is_not_open(lab):
    powerful = query(lab, "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname <> 'postgres'")
    assert not powerful.stdout.strip(), f"the role {powerful.stdout.strip()} is an administrator"
    rules = query(lab, "SELECT DISTINCT auth_method FROM pg_hba_file_rules WHERE type <> 'local' AND error IS NULL")
    assert rules.stdout.strip() == "scram-sha-256", f"pg_hba.conf lets clients in by {rules.stdout.split()}"
    tables = query(lab, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relowner = 'shop'::regrole ORDER BY 1")
    assert tables.stdout.split() == ["product", "purchase"], f"the shop's tables are {tables.stdout.split()}"
