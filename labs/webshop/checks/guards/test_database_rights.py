"""Does the database serve whom it served, and nobody else? No repair in this lab needs more."""

import ipaddress
import json
import secrets

import pytest

from grader import check, lines_in, plain_name, reason
from lab_tools import POSTGRESQL, ask_as_inventory, queries, query, words_of

APPLICATIONS = ("shop", "inventory")
"""Databases, each with the application's role of the same name."""
CLIENTS = ("app1", "app2")
"""The hosts on which the applications run."""
DATA = "10.30.2.0/24"
"""The network on which these hosts reach the database."""


def rules_and_safe_methods(lab):
    """Return the rules of pg_hba.conf that let anybody in, and the methods that ask for a password safely.

    "md5" is one of them, and does SCRAM, where each password is stored so.
    """
    found, weak = queries(
        lab,
        (
            "SELECT json_agg(r) FROM pg_catalog.pg_hba_file_rules r WHERE error IS NULL",
            "SELECT count(*) FROM pg_catalog.pg_authid WHERE rolpassword NOT LIKE 'SCRAM-SHA-256$%'",
        ),
    )
    admitting = [rule for rule in json.loads(found) if rule["auth_method"] != "reject"]
    return admitting, {"scram-sha-256"} if int(weak) else {"scram-sha-256", "md5"}


def is_from_the_machine_itself(rule):
    """Return whether a rule is for connections from db1 alone: 127.0.0.1 with a netmask of 0 is everybody."""
    address, netmask = str(rule["address"]), str(rule["netmask"])
    return (
        rule["type"] == "local"
        or address in ("localhost", "samehost")
        or (address.startswith("127.") and netmask.startswith("255."))
        or (address == "::1" and netmask == ":".join(["ffff"] * 8))
    )


def is_within(rule, networks):
    """Return whether a rule is for addresses of some networks; a name, or IPv6, is not."""
    try:
        addresses = ipaddress.IPv4Network(f"{rule['address']}/{rule['netmask']}", strict=False)
    except ValueError:
        return False
    return any(addresses.subnet_of(ipaddress.IPv4Network(network)) for network in networks)


def enters(lab, role, database):
    """Return whether a role enters a database from an application server with a password that nobody has.

    What the server has loaded need not be what its file says now.
    """
    psql = f"PGPASSWORD=%s {POSTGRESQL}/psql -X -w -h %s -U %s -d %s -c 'SELECT 1'"
    return lab.host("app1").run(psql, secrets.token_hex(8), lab.address("db1"), role, database).rc == 0


@check(
    "guard",
    points=1,
    fr="Par le réseau, la base n'admet que les applications, chacune sur sa base, et personne sans un contrôle sûr.",
    en="Over the network the database admits only the applications, each to its own database, and nobody unchecked.",
    host="db1",
    lock="",
)
def test_who_may_connect(lab):
    clients = {"samenet", *(name for app in CLIENTS for name in (app, f"{app}.{lab.domain}"))}
    networks = {DATA, lab.values.get("network", DATA)}  # a fault's own one, where no host is
    rules, safe = rules_and_safe_methods(lab)
    for rule in rules:
        where = "/".join(rule[part] for part in ("address", "netmask") if rule[part])
        names = f"{','.join(rule['database'])} {','.join(rule['user_name'])}"
        seen = " ".join(filter(None, (rule["type"], names, where, rule["auth_method"])))
        known = rule["type"] == "local" and rule["auth_method"] == "peer"
        assert known or rule["auth_method"] in safe, reason(
            fr=f"pg_hba.conf laisse entrer sans mot de passe sûr : {seen}",
            en=f"pg_hba.conf lets in without a safe password: {seen}",
        )
        if is_from_the_machine_itself(rule):
            continue
        role = rule["user_name"]
        own = role in [[name] for name in APPLICATIONS] and rule["database"] in (role, ["sameuser"])
        assert own, reason(
            fr=f"pg_hba.conf ouvre plus que la base d'une application : {seen}",
            en=f"pg_hba.conf opens more than an application's database: {seen}",
        )
        near = plain_name(rule["address"] or "") in clients or is_within(rule, networks)
        assert near, reason(
            fr=f"pg_hba.conf laisse entrer plus que le réseau des applications : {seen}",
            en=f"pg_hba.conf lets in more than the network of the applications: {seen}",
        )
    for role in (*APPLICATIONS, "postgres"):
        assert not enters(lab, role, role), reason(
            fr=f"{role} entre dans sa base avec un mot de passe tiré au hasard",
            en=f"{role} enters its database with a random password",
        )


@check(
    "guard",
    points=1,
    fr="Les rôles des applications n'ont gagné aucun droit dans la base.",
    en="The applications' roles have gained no right in the database.",
    host="db1",
    lock="",
)
def test_roles_are_ordinary(lab):
    powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
    strong, joined, public = queries(
        lab,
        (
            f"SELECT rolname FROM pg_catalog.pg_roles WHERE rolname <> 'postgres' AND ({powers})",
            "SELECT m.rolname, g.rolname FROM pg_catalog.pg_auth_members a"
            " JOIN pg_catalog.pg_roles m ON m.oid = a.member"
            " JOIN pg_catalog.pg_roles g ON g.oid = a.roleid WHERE m.rolname !~ '^pg_'",
            "SELECT DISTINCT relname FROM pg_catalog.pg_class, aclexplode(relacl) a"
            " WHERE relkind IN ('r', 'S') AND a.grantee = 0 AND relnamespace = 'public'::regnamespace",
        ),
    )
    assert not strong, reason(
        fr=f"le rôle {lines_in(strong)[0]} a un droit d'administrateur",
        en=f"the role {lines_in(strong)[0]} has an administrator's right",
    )
    assert not joined, reason(
        fr=f"un rôle est devenu membre d'un autre : {lines_in(joined)[0].replace('|', ' dans ')}",
        en=f"a role has joined another: {lines_in(joined)[0].replace('|', ' in ')}",
    )
    assert not public, reason(
        fr=f"tout le monde peut se servir de la table {lines_in(public)[0]}",
        en=f"everybody may use the table {lines_in(public)[0]}",
    )


@pytest.mark.parametrize("database", APPLICATIONS)
@check(
    "guard",
    points=1,
    fr="La base {{ database }} est toujours là, avec ses tables, et appartient à son application.",
    en="The database {{ database }} is still there, with its tables, and belongs to its application.",
    host="db1",
    lock="",
)
def test_databases_are_there(lab, database):
    owner = query(lab, f"SELECT datdba::regrole FROM pg_catalog.pg_database WHERE datname = '{database}'")
    assert owner, reason(fr=f"la base {database} n'existe plus", en=f"the database {database} is gone")
    assert owner == database, reason(
        fr=f"la base {database} appartient à {owner}", en=f"the database {database} belongs to {owner}"
    )
    tables = (
        "SELECT relname, relowner::regrole FROM pg_catalog.pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    found = dict(line.split("|") for line in lines_in(query(lab, tables, database)))
    assert found, reason(
        fr=f"la base {database} n'a plus aucune table", en=f"the database {database} no longer has a table"
    )
    for table, role in found.items():
        assert role == database, reason(
            fr=f"dans la base {database}, la table {table} appartient à {role}",
            en=f"in the database {database}, the table {table} belongs to {role}",
        )


@check(
    "guard",
    points=1,
    fr="L'autre application, inventory, se connecte toujours à sa base.",
    en="The other application, inventory, still connects to its database.",
    host="db1",
    lock="",
)
def test_other_application_connects(lab):
    done = ask_as_inventory(lab, "SELECT 1")
    assert done.stdout.strip() == "1", reason(
        fr=f"inventory : la base répond : {words_of(done)}", en=f"inventory: the database answers: {words_of(done)}"
    )
