"""Does the database serve whom it served, and nobody else? No repair in this lab needs more."""

import json

import pytest

from grader import check
from lab_tools import query

APPLICATIONS = ("shop", "inventory")
"""Databases, each with the application's role of the same name."""
CLIENTS = ("app1", "app2")
"""The hosts on which the applications run."""


def rules(lab):
    """Return the rules of pg_hba.conf for connections by the network, those from the machine itself left out."""
    found = json.loads(query(lab, "SELECT json_agg(r) FROM pg_hba_file_rules r WHERE error IS NULL"))
    return [r for r in found if r["type"] != "local" and not str(r["address"]).startswith(("127.", "::1"))]


@check(
    "guard",
    points=1,
    fr="La base n'admet par le réseau que chaque application, sur sa base, avec son mot de passe.",
    en="By the network the database admits each application only, to its database, with its password.",
    host="db1",
)
def test_who_may_connect(lab):
    clients = {"samenet", *(name for app in CLIENTS for name in (app, f"{app}.{lab.domain}"))}
    for rule in rules(lab):
        seen = f"{','.join(rule['database'])} {','.join(rule['user_name'])} {rule['address']} {rule['auth_method']}"
        if rule["auth_method"] == "reject":
            continue
        assert rule["auth_method"] == "scram-sha-256", f"pg_hba.conf lets in without a safe password: {seen}"
        own = [rule["database"], rule["user_name"]] in [[[name], [name]] for name in APPLICATIONS]
        assert own, f"pg_hba.conf opens more than an application's database: {seen}"
        near = rule["address"] in clients or str(rule["netmask"]).startswith("255.255.255.")
        assert near, f"pg_hba.conf lets in more than a network of the company: {seen}"


@check(
    "guard",
    points=1,
    fr="Les rôles des applications n'ont gagné aucun droit dans la base.",
    en="The applications' roles have gained no right in the database.",
    host="db1",
)
def test_roles_are_ordinary(lab):
    powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
    strong = query(lab, f"SELECT rolname FROM pg_roles WHERE rolname <> 'postgres' AND ({powers})")
    assert not strong, f"the role {strong.splitlines()[0]} has an administrator's right"
    joined = query(
        lab,
        "SELECT m.rolname || ' in ' || g.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member"
        " JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname !~ '^pg_'",
    )
    assert not joined, f"a role has joined another: {joined.splitlines()[0]}"
    public = query(
        lab,
        "SELECT DISTINCT relname FROM pg_class, aclexplode(relacl) a"
        " WHERE relkind IN ('r', 'S') AND a.grantee = 0 AND relnamespace = 'public'::regnamespace",
    )
    assert not public, f"everybody may use the table {public.splitlines()[0]}"


@pytest.mark.parametrize("database", APPLICATIONS)
@check(
    "guard",
    points=1,
    fr="La base {{ database }} est toujours là, avec ses tables, et à son application.",
    en="The database {{ database }} is still there, with its tables, and its application's.",
    host="db1",
)
def test_databases_are_there(lab, database):
    owner = query(lab, f"SELECT datdba::regrole FROM pg_database WHERE datname = '{database}'")
    assert owner, f"the database {database} is gone"
    assert owner == database, f"the database {database} belongs to {owner}"
    tables = (
        "SELECT relname, relowner::regrole FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    found = dict(line.split("|") for line in query(lab, tables, database).splitlines())
    assert found, f"the database {database} has no table any more"
    taken = [f"{table} belongs to {role}" for table, role in found.items() if role != database]
    assert not taken, f"in the database {database}, the table {taken[0]}"
