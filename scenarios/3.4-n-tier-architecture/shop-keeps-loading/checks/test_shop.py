"""Does the shop answer in time again, is the lock gone for good, and is nothing lost or hidden?"""

import re

from grader import check, concurrently, lines_in, reason
from lab_tools import (
    ask,
    assert_are_the_data,
    assert_is_in_the_database,
    assert_is_shown,
    assert_shop_opens,
    place_order,
    words_of,
)

PATIENCE = 2
"""Seconds that an observer waits for an answer: a shop that waits for nobody needs a tenth of one. The proxy's own
patience is 4 seconds: a busy grader, which waits longer, sees its 504."""
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
RUNNING = ("active", "reloading", "refreshing")
STARTS = ("Triggers", "Wants", "Requires", "BindsTo", "Upholds", "OnSuccess", "OnFailure")
"""By which a unit's file says that others start with it."""


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="La boutique s'ouvre sans attendre sur le poste {{ user.full | de }} (pc1).",
    en="The shop opens without waiting on {{ user.full }}'s workstation (pc1).",
    before_fr="Sur le poste {{ user.full | de }} (pc1), la boutique charge sans fin.",
    before_en="On {{ user.full }}'s workstation (pc1) the shop loads and loads.",
    because="answers 504|does not answer .Operation timed out",
)
def test_shop_opens(lab):
    assert_shop_opens(lab, PATIENCE)


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Une commande passée depuis les bureaux est enregistrée, et la boutique la montre.",
    en="An order placed from the office is stored, and the shop shows it.",
    before_fr="Impossible de passer une commande.",
    before_en="No order can be placed.",
    because="answers HTTP/1.1 504|does not answer an order .*timed out",
)
def test_order_is_stored(lab):
    office, shop = lab.probe("office"), f"http://{lab.address('web1')}"
    customer, number, answer = place_order(office, shop, PATIENCE)
    assert number, reason(fr=f"la boutique {answer}", en=f"the shop {answer}")
    assert_is_shown(office.http_get(f"{shop}/commandes/{number}", timeout=PATIENCE), number, customer)
    stored = ask(lab, f"SELECT customer FROM public.purchase WHERE id = {number}")
    assert_is_in_the_database(stored.stdout.strip(), number, customer)


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Dans la base, le catalogue et les anciennes commandes sont là, et se lisent sans attendre.",
    en="In the database the catalogue and the earlier orders are there, and can be read without any wait.",
    before_fr="Le catalogue et les anciennes commandes restent inaccessibles.",
    before_en="The catalogue and the earlier orders stay out of reach.",
    because="lock timeout",
    host="db1",
    lock="",
)
def test_tables_are_free_and_whole(lab):
    teas = ask(lab, "SELECT name FROM public.product")
    assert teas.rc == 0, reason(
        fr=f"la table product ne peut pas être lue : {words_of(teas)}",
        en=f"the table product cannot be read: {words_of(teas)}",
    )
    orders = ask(lab, "SELECT customer FROM public.purchase WHERE id <= 5")
    assert orders.rc == 0, reason(
        fr=f"la table purchase ne peut pas être lue : {words_of(orders)}",
        en=f"the table purchase cannot be read: {words_of(orders)}",
    )
    assert_are_the_data(lines_in(teas.stdout), lines_in(orders.stdout))


def commands_of(host, unit):
    """Return what a service runs, with the content of the scripts that it calls, and that these call."""
    text, known = " ".join(str(unit[key]) for key in COMMANDS), set()
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
    return unit["UnitFileState"] in ("enabled", "enabled-runtime")


def units_of(host, job):
    """Return the units that somebody may have made or changed, the job's and PostgreSQL's own among them.

    Each comes with its properties in systemd, all of them asked for at once: that is one look for each unit.
    """
    names = {f"{job}.service", f"{job}.timer", "postgresql@17-main.service"}
    for folder in UNITS:
        rows = host.file(folder).tree() if host.file(folder).exists else ()
        names |= {name for row in rows for name in re.findall(UNIT, row.path)}
    packaged = host.run("grep -rlswE %s /usr/lib/systemd/system", f"LOCK|{job}").stdout
    names |= set(re.findall(UNIT, packaged))
    named = sorted(name for name in names if "@." not in name)
    units = concurrently(lambda name: host.service(name).systemd_properties, named)
    return {name: unit for name, unit in zip(named, units, strict=True) if unit["LoadState"] != "not-found"}


def starters(units, commands, lockers):
    """Return the units that lock a table, and those that start one of them, directly or by others."""
    found, before = set(lockers), set()
    while found != before:
        before = set(found)
        called = "|".join(re.escape(name.removesuffix(".service")) for name in found)
        for name, unit in units.items():
            named = {other for key in STARTS for other in unit[key]}
            if named & found or re.search(rf"\b(re)?start\b.*\b({called})\b", commands.get(name, "")):
                found.add(name)
    return found - set(lockers)


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="Rien, sur db1, ne reprendra ce verrou, ni au prochain démarrage ni à une heure prévue.",
    en="Nothing on db1 will take that lock again, neither at the next boot nor at a set time.",
    before_fr="La même panne peut revenir demain matin.",
    before_en="The same trouble may be back tomorrow morning.",
    because="starts with db1",
    host="db1",
    lock="",
)
def test_lock_does_not_come_back(lab):
    db1 = lab.host("db1")
    units = units_of(db1, lab.values["job"])
    commands = {name: commands_of(db1, unit) for name, unit in units.items() if name.endswith(".service")}
    lockers = [name for name, text in commands.items() if holds_a_lock(text)]
    for name in lockers:
        assert not is_enabled(units[name]), reason(
            fr=f"{name} verrouille une table et démarre avec db1", en=f"{name} locks a table and starts with db1"
        )
    if not lockers:
        return
    for name in sorted(starters(units, commands, lockers)):
        unit = units[name]
        waits = is_enabled(unit) or (name.endswith(WAITING) and unit["ActiveState"] in RUNNING)
        assert not waits, reason(
            fr=f"{' et '.join(lockers)} verrouille une table, et {name} le démarre",
            en=f"{' and '.join(lockers)} locks a table, and {name} starts it",
        )


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le mandataire n'attend pas plus longtemps qu'avant.",
    en="The proxy does not wait longer than before.",
    host="web1",
    lock="",
)
def test_proxy_does_not_hide_it(lab):
    configuration = lab.host("web1").run("nginx -T")
    limits = re.findall(r"^\s*proxy_read_timeout\s+(\w+);", configuration.stdout, re.MULTILINE)
    seen = ", ".join(limits) or reason(fr="absent", en="gone")
    assert limits == ["4s"], reason(
        fr=f"sur web1, proxy_read_timeout est {seen}, au lieu de 4s",
        en=f"on web1, proxy_read_timeout is {seen} instead of 4s",
    )
    assert "proxy_cache_path" not in configuration.stdout, reason(
        fr="le mandataire sert des pages d'un cache", en="the proxy serves pages from a cache"
    )


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="L'application a toujours ses deux tables, et aucune autre.",
    en="The application still has its two tables, and no other.",
    host="db1",
    lock="",
)
def test_tables_are_the_shops(lab):
    tables = ask(
        lab, "SELECT relname FROM pg_catalog.pg_class WHERE relkind = 'r' AND relowner = 'shop'::regrole ORDER BY 1"
    )
    seen = ", ".join(tables.stdout.split()) or reason(fr="aucune", en="none")
    assert seen == "product, purchase", reason(
        fr=f"les tables de la boutique sont : {seen}, au lieu de product, purchase",
        en=f"the shop's tables are {seen} instead of product, purchase",
    )
