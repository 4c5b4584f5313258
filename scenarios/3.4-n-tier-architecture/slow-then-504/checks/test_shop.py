"""Does the shop answer in time again, is the lock gone for good, and is nothing lost or hidden?"""

import re

import pytest

from grader import check, lines_in
from lab_tools import (
    CATALOGUE,
    ORDERS,
    ask,
    assert_is_the_catalogue,
    assert_proxy_is_nginx,
    fresh_order,
    place_order,
)

PATIENCE = 8
"""Seconds that an observer waits for an answer; the proxy gives up before that."""
COMMANDS = ("ExecStartPre", "ExecStart", "ExecStartPost")
DEEPEST = 5
"""How far scripts that call scripts are followed."""
LONGEST = 100_000
"""Octets of a file that may be such a script."""
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system")
"""Where an administrator's units are, besides those of packages."""
UNIT = r"[\w@.:-]+\.(?:service|timer|path|socket|target)\b"
WAITING = (".timer", ".path", ".socket")
"""Kinds of units that start others when their time comes."""
STARTS = ("Triggers", "Wants", "Requires", "BindsTo", "Upholds", "OnSuccess", "OnFailure")
"""By which a unit's file says that others start with it."""


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="La boutique s'ouvre sans attendre sur le poste {{ user.full | de }} (pc1).",
    en="The shop opens without waiting on {{ user.full }}'s workstation (pc1).",
    because="answers 504",
)
def test_shop_opens(lab):
    page = lab.client("pc1").http_get(f"http://boutique.{lab.domain}/", timeout=PATIENCE)
    assert_is_the_catalogue(page)
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
    office, shop = lab.probe("office"), f"http://{lab.address('web1')}"
    customer, number, answer = place_order(office, shop, PATIENCE)
    assert number, f"the shop answers {answer} to an order"
    page = office.http_get(f"{shop}/commandes/{number}", timeout=PATIENCE)
    assert customer in page.body, f"the shop does not show order {number}: {page.status or page.problem}"
    stored = ask(lab, f"SELECT customer FROM public.purchase WHERE id = {number}")
    assert stored.stdout.strip() == customer, f"order {number} is not in the database"


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
    teas = ask(lab, "SELECT name FROM public.product")
    assert teas.rc == 0, f"product: {teas.stderr.strip()}"
    missing = set(CATALOGUE) - set(lines_in(teas.stdout))
    assert not missing, f"missing from the catalogue: {', '.join(sorted(missing))}"
    orders = ask(lab, "SELECT customer FROM public.purchase WHERE id <= 5")
    assert orders.rc == 0, f"purchase: {orders.stderr.strip()}"
    assert set(lines_in(orders.stdout)) == ORDERS, "earlier orders are gone"


def commands_of(host, unit):
    """Return what a service runs, with the content of the scripts that it calls, and that these call."""
    text, known = " ".join(str(unit.systemd_property(f"Service.{key}")) for key in COMMANDS), set()
    for _ in range(DEEPEST):
        called = set(re.findall(r"/[\w./-]+", text)) - known
        files = [file for file in map(host.file, sorted(called)) if file.is_file and file.size <= LONGEST]
        text = "\n".join([text, *(file.content_string for file in files if not file.is_the_images)])
        known |= called
    return text


def holds_a_lock(commands):
    """Return whether commands lock a table and then sleep with it; what comes to an end hinders nobody."""
    return re.search(r"\bLOCK\b.*pg_sleep", commands, re.IGNORECASE | re.DOTALL) is not None


def is_enabled(unit):
    """Return whether a unit starts with the host, which one that is merely "static" does not."""
    return unit.exists and unit.systemd_property("Unit.UnitFileState") in ("enabled", "enabled-runtime")


def units_of(host, job):
    """Return the units that somebody may have made or changed, the job's and PostgreSQL's own among them."""
    names = {f"{job}.service", f"{job}.timer", "postgresql@17-main.service"}
    for folder in UNITS:
        rows = host.file(folder).tree() if host.file(folder).exists else ()
        names |= {name for row in rows for name in re.findall(UNIT, row.path)}
    packaged = host.run("grep -rlswE %s /usr/lib/systemd/system", f"LOCK|{job}").stdout
    names |= set(re.findall(UNIT, packaged))
    known = {name: host.service(name) for name in sorted(names) if "@." not in name}
    return {name: unit for name, unit in known.items() if unit.exists}


def starters(units, commands, lockers):
    """Return the units that lock a table, and those that start one of them, directly or by others."""
    found, before = set(lockers), set()
    while found != before:
        before = set(found)
        called = "|".join(re.escape(name.removesuffix(".service")) for name in found)
        for name, unit in units.items():
            named = {other for key in STARTS for other in unit.systemd_property(f"Unit.{key}")}
            if named & found or re.search(rf"\b(re)?start\b.*\b({called})\b", commands.get(name, "")):
                found.add(name)
    return found - set(lockers)


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="Rien, sur db1, ne reprendra ce verrou, ni au prochain démarrage ni à une heure prévue.",
    en="Nothing on db1 will take that lock again, neither at the next boot nor at a set time.",
    because="starts with db1",
    host="db1",
)
def test_lock_does_not_come_back(lab):
    db1 = lab.host("db1")
    units = units_of(db1, lab.values["job"])
    commands = {name: commands_of(db1, unit) for name, unit in units.items() if name.endswith(".service")}
    lockers = [name for name, text in commands.items() if holds_a_lock(text)]
    for name in lockers:
        assert not is_enabled(units[name]), f"{name} locks a table and starts with db1"
    if not lockers:
        return
    for name in sorted(starters(units, commands, lockers)):
        unit = units[name]
        waits = is_enabled(unit) or (name.endswith(WAITING) and unit.is_running)
        assert not waits, f"{' and '.join(lockers)} locks a table, and {name} starts it"


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
    fr="L'application a toujours ses deux tables, et aucune autre.",
    en="The application still has its two tables, and no other.",
    host="db1",
)
def test_tables_are_the_shops(lab):
    tables = ask(lab, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relowner = 'shop'::regrole ORDER BY 1")
    assert tables.stdout.split() == ["product", "purchase"], f"the shop's tables are {tables.stdout.split()}"
