"""What a PostgreSQL server's state is, of what psql printed, and what is thought of each change of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from grader.report import Standing
from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.postgresql_state import PostgresqlState
from orchestrator.sound_state.provider import Provider

CLUSTER = r"""
["role shop", {"limit": -1, "login": true, "expires": "", "inherit": true, "createdb": false, "password": "SCRAM-SHA-256$4096:qTzRMf6C8OQ/8bbNMZJrLA==$3f0Yb:xwN=", "bypassrls": false, "member of": "pg_monitor\npg_maintain", "superuser": false, "createrole": false, "replication": false}]
["database shop", {"limit": 2, "owner": "shop", "rights": "shop=CTc/shop\n=Tc/shop", "template": false, "connections": true}]
["role shop in database shop", {"setting search_path": "x"}]
["database shop", {"setting default_transaction_read_only": "off"}]
["setting max_connections", {"value": "30", "pending restart": false}]
["setting max_connections", {"after restart": "20"}]
["configuration", {"errors": "", "loaded": true}]
["hba", [["local", ["all"], ["postgres"], null, null, "peer", null, null, 118], ["host", ["all"], ["all"], "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "scram-sha-256", null, null, 127], ["host", ["shop"], ["shop"], "samenet", null, "scram-sha-256", null, null, 134], ["host", ["a b|c"], ["all"], "0.0.0.0", "0.0.0.0", "cert", ["map=x"], null, 135], [null, null, null, null, null, null, null, "end-of-line before IP address specification", 136]]]
["pg_ident.conf", {"mappings": ""}]
["databases", ["we'ird \\ name", "shop"]]
"""  # noqa: E501 - as it was printed
POSTGRES = """["schema postgres.public", {"owner": "pg_database_owner", "rights": "=U/pg_database_owner"}]
"""
SHOP = r"""
["table shop.public.product", {"owner": "shop", "rights": "shop=arwdDxtm/shop", "columns": "id integer not null"}]
["function shop.public.f()", {"owner": "postgres", "rights": "=X/postgres", "definition": "CREATE OR REPLACE FUNCTION public.f()\n RETURNS integer\n"}]
["table shop.public.product", {"rows": 12}]
"""  # noqa: E501
INTERFACES = (
    '[{"ifname":"lo","addr_info":[{"local":"127.0.0.1","prefixlen":8},{"local":"::1","prefixlen":128}]},'
    '{"ifname":"eth0","addr_info":[{"local":"10.30.2.10","prefixlen":24}]}]'
)
HBA = "local | all | all |  | peer | \nhostssl | all | all | 10.0.0.0/24 | scram-sha-256 | \n"
SOUND = HBA + "host | shop | shop | 10.30.2.0/25,10.30.2.128/25 | scram-sha-256 | "


class Server:
    """Stands for a host: psql's first run is the cluster's, its second the other databases'."""

    def __init__(self, *printed: tuple[str, str]) -> None:
        self.printed = list(printed)
        self.runs: list[tuple[str, ...]] = []

    def __call__(self, argv: Sequence[str], stdin: bytes) -> str:
        if argv[0] == "ip":
            return INTERFACES
        self.runs.append(tuple(argv))
        mark = next(line.split()[1] for line in stdin.decode().splitlines() if line.startswith("\\echo "))
        text = ""
        for _ in range(stdin.count(b"\\gexec")):
            changed, told = self.printed.pop(0)
            text += f"{changed}{mark}\n{told.lstrip()}{mark}\n"
        return text


def thought(called: str, field: str, before: str | None, now: str | None) -> tuple[Standing, str, str]:
    standing, sentence = PostgresqlState().think(StateChange("db1", "postgresql", called, field, before, now))
    return standing, sentence.fr, sentence.en


def test_it_is_a_provider() -> None:
    provider: Provider = PostgresqlState()
    assert provider.name == "postgresql"


def test_objects_are_told_from_two_runs() -> None:
    server = Server(("", CLUSTER + POSTGRES), ("", POSTGRES), ("", SHOP))
    found = PostgresqlState().look(server)
    assert len(server.runs) == 2
    assert r"dbname='we\'ird \\ name'" in server.runs[1][-3]
    assert found["role shop"] == {
        "limit": "none",
        "login": "yes",
        "expires": "",
        "inherit": "yes",
        "createdb": "no",
        "password": "SCRAM-SHA-256 a2d5ccb6d96c5520",
        "bypassrls": "no",
        "member of": "pg_maintain\npg_monitor",
        "superuser": "no",
        "createrole": "no",
        "replication": "no",
    }
    assert found["database shop"]["limit"] == "2"
    assert found["database shop"]["rights"] == "=Tc/shop\nshop=CTc/shop"
    assert found["database shop"]["setting default_transaction_read_only"] == "off"
    assert found["role shop in database shop"] == {"setting search_path": "x"}
    assert found["setting max_connections"] == {"value": "30", "pending restart": "no", "after restart": "20"}
    assert found["table shop.public.product"]["rows"] == "12"
    assert found["pg_hba.conf"]["rules"].split("\n") == [
        "local | all | postgres |  | peer | ",
        "host | all | all | ::1/128 | scram-sha-256 | ",
        "host | shop | shop | 10.30.2.0/24,127.0.0.0/8,::1/128 | scram-sha-256 | ",
        'host | "a b\\u007cc" | all | 0.0.0.0/0 | cert | map=x',
        'error | "end-of-line before IP address specification" | line 136',
    ]


def test_a_changed_catalogue_is_an_error() -> None:
    with pytest.raises(LabError, match="pg_roles did not come with the server"):
        PostgresqlState().look(Server(("pg_roles\n", CLUSTER)))


@pytest.mark.parametrize(
    ("called", "field", "before", "now", "english"),
    [
        ("role shop", "superuser", "no", "yes", "PostgreSQL's role 'shop' has gained a right: superuser."),
        ("role evil", "superuser", None, "yes", "PostgreSQL's role 'evil' has gained a right: superuser."),
        ("role shop", "login", "no", "yes", "PostgreSQL's role 'shop' has gained a right: log in."),
        ("role shop", "member of", "", "pg_monitor", "PostgreSQL's role 'shop' has gained a right: pg_monitor."),
        ("role new", "member of", None, "shop", "PostgreSQL's role 'new' has gained a right: shop."),
        ("role shop", "limit", "none", "3", "PostgreSQL's role 'shop' is now allowed 3 connections at once."),
        ("database shop", "limit", "20", "1", "PostgreSQL's database 'shop' is now allowed 1 connection at once."),
        ("role shop", "password", "SCRAM-SHA-256 a", "", "PostgreSQL's role 'shop' no longer has a password."),
        (
            "role shop",
            "password",
            "SCRAM-SHA-256 a",
            "md5 b",
            "PostgreSQL's role 'shop' has a password that is kept less safely.",
        ),
        ("role shop", "superuser", "no", None, "PostgreSQL's role 'shop' is gone."),
        ("table shop.public.product", "rows", "5", None, "PostgreSQL's table 'shop.public.product' is gone."),
        (
            "table shop.public.product",
            "rows",
            "5",
            "4",
            "PostgreSQL's table 'shop.public.product' has lost data (4 instead of 5 rows).",
        ),
        (
            "table shop.public.product",
            "columns",
            'id integer not null\n"a b" text\nstock integer',
            "id bigint",
            "PostgreSQL's table 'shop.public.product' has lost columns: \"a b\", stock.",
        ),
        (
            "table shop.public.product",
            "rights",
            "shop=arw/shop",
            "inventory=r/shop\nshop=arw*/shop",
            "PostgreSQL's table 'shop.public.product' gives more rights: inventory=r, shop=w*.",
        ),
        (
            "table shop.public.product",
            "owner",
            "shop",
            "inventory",
            "PostgreSQL's table 'shop.public.product' belongs to inventory (before: shop).",
        ),
        (
            "table shop.public.product",
            "row security",
            "on",
            "off",
            "PostgreSQL's table 'shop.public.product' has no row security any more.",
        ),
        ("setting ssl", "value", "on", "off", "PostgreSQL's setting 'ssl' protects less than before: off."),
        ("setting ssl", "value", "on", None, "PostgreSQL's setting 'ssl' protects less than before: off."),
        (
            "setting password_encryption",
            "value",
            None,
            "md5",
            "PostgreSQL's setting 'password_encryption' protects less than before: md5.",
        ),
        (
            "configuration",
            "errors",
            "",
            "syntax error",
            "PostgreSQL's configuration has an error, it will not start again: syntax error.",
        ),
    ],
)
def test_what_is_forbidden(called: str, field: str, before: str | None, now: str | None, english: str) -> None:
    standing, _, sentence = thought(called, field, before, now)
    assert (standing, sentence) == ("forbidden", english)


@pytest.mark.parametrize(
    ("called", "field", "before", "now", "english"),
    [
        ("role shop", "limit", "none", "20", "PostgreSQL's role 'shop' has changed (connections allowed): 20 instead"
         " of none."),
        ("role shop", "limit", "2", "none", "PostgreSQL's role 'shop' has changed (connections allowed): none instead"
            " of 2."),
        ("role new", "login", None, "yes", "PostgreSQL's role 'new' is new."),
        ("role shop", "superuser", "yes", "no", "PostgreSQL's role 'shop' has changed (superuser): no instead of yes."),
        ("role shop", "password", "SCRAM-SHA-256 a", "SCRAM-SHA-256 b", "PostgreSQL's role 'shop' has changed"
            " (password)."),
        ("role shop", "setting statement_timeout", None, "1s", "PostgreSQL's role 'shop' has the setting"
            " statement_timeout = 1s."),
        ("role shop in database crm", "setting work_mem", "1MB", None, "PostgreSQL's role 'shop' in the database"
            " 'crm' no longer has the setting work_mem."),
        ("table shop.public.product", "rights", "a=rw/o", "a=r/o", "PostgreSQL's table 'shop.public.product' has"
            " changed (rights): a=r/o instead of a=rw/o."),
        ("table shop.public.product", "rights", "a=r*w/o", "a=rw/o", "PostgreSQL's table 'shop.public.product' has"
            " changed (rights): a=rw/o instead of a=r*w/o."),
        ("table shop.public.new", "rights", None, "a=rw/o", "PostgreSQL's table 'shop.public.new' is new."),
        ("index shop.public.i", "definition", "CREATE …", None, "PostgreSQL's index 'shop.public.i' is gone."),
        ("event trigger shop.e", "enabled", "O", "D", "PostgreSQL's event trigger 'shop.e' has changed (whether it is"
            " enabled): D instead of O."),
        ("setting max_connections", "value", "30", "20", "PostgreSQL's setting 'max_connections' has changed (value):"
            " 20 instead of 30."),
        ("setting max_connections", "after restart", None, "20", "PostgreSQL's setting 'max_connections' will be 20"
            " after a restart."),
        ("setting max_connections", "after restart", "20", None, "PostgreSQL's setting 'max_connections' will not"
            " change at a restart."),
        ("setting work_mem", "value", None, "8192", "PostgreSQL's setting 'work_mem' no longer has its default value"
            " (8192)."),
        ("setting work_mem", "value", "8192", None, "PostgreSQL's setting 'work_mem' has its default value again."),
        ("setting ssl", "value", None, "off", "PostgreSQL's setting 'ssl' no longer has its default value (off)."),
        ("configuration", "loaded", "yes", "no", "PostgreSQL has not read its configuration files since they changed."),
        ("configuration", "errors", "syntax error", "", "PostgreSQL's configuration has changed."),
        ("pg_ident.conf", "mappings", "", "a: b -> c", "The rules of PostgreSQL's pg_ident.conf have changed."),
    ],
)  # fmt: skip
def test_what_is_to_explain(called: str, field: str, before: str | None, now: str | None, english: str) -> None:
    standing, _, sentence = thought(called, field, before, now)
    assert (standing, sentence) == ("unexplained", english)


def test_more_rows_are_harmless() -> None:
    assert thought("table shop.public.purchase", "rows", "5", "6") == (
        "harmless",
        "La table PostgreSQL « shop.public.purchase » a plus de lignes : 6, au lieu de 5.",
        "PostgreSQL's table 'shop.public.purchase' has more rows: 6 instead of 5.",
    )


@pytest.mark.parametrize(("before", "now"), [(None, "no"), ("no", None)])
def test_the_value_of_a_setting_tells_more_than_its_restart(before: str | None, now: str | None) -> None:
    assert thought("setting work_mem", "pending restart", before, now)[0] == "harmless"
    assert thought("setting work_mem", "pending restart", "no", "yes")[0] == "unexplained"


def test_sentences_are_french() -> None:
    said = [
        thought("role shop", "superuser", "no", "yes")[1],
        thought("database shop", "limit", "none", "1")[1],
        thought("role shop in database crm", "setting work_mem", None, "1MB")[1],
        thought("table a.b.c", "columns", "x text", "y text")[1],
    ]
    assert said == [
        "Le rôle PostgreSQL « shop » a gagné un droit : superutilisateur.",
        "La base PostgreSQL « shop » n'a plus droit qu'à 1 connexion à la fois.",
        "Le rôle PostgreSQL « shop » dans la base « crm » a le réglage work_mem = 1MB.",
        "La table PostgreSQL « a.b.c » a perdu des colonnes : x.",
    ]


@pytest.mark.parametrize(
    ("line", "standing"),
    [
        ("host | shop | shop | 0.0.0.0/0 | trust | ", "forbidden"),
        ("host | shop | shop | 10.30.2.11/32 | trust | ", "forbidden"),
        ("host | shop | shop | 10.30.2.11/32 | password | ", "forbidden"),
        ("local | all | all |  | trust | ", "forbidden"),
        ("local | shop | shop |  | peer | ", "unexplained"),
        ("host | shop | shop | 10.30.0.0/16 | scram-sha-256 | ", "forbidden"),
        ("host | shop | shop | all | scram-sha-256 | ", "forbidden"),
        ("host | shop | shop | ::/0 | scram-sha-256 | ", "forbidden"),
        ("host | all | shop | 10.30.2.0/24 | scram-sha-256 | ", "forbidden"),
        ("host | shop | all | 10.30.2.0/24 | scram-sha-256 | ", "forbidden"),
        ("host | shop | shop | 10.0.0.0/24 | scram-sha-256 | ", "forbidden"),  # no longer encrypted
        ("hostssl | shop | other | 10.0.0.7/32 | scram-sha-256 | ", "unexplained"),
        ("host | replication | shop | 10.0.0.7/32 | scram-sha-256 | ", "forbidden"),
        ("host | shop | shop | 10.30.2.0/24 | scram-sha-256 | ", "unexplained"),  # both halves
        ("host | sameuser | shop | 10.30.2.11/32 | scram-sha-256 | ", "unexplained"),
        ("host | shop | shop | app2.kerlann.internal | scram-sha-256 | ", "unexplained"),
        ("host | shop | shop | .internal | scram-sha-256 | ", "forbidden"),
        ("host | all | all | 0.0.0.0/0 | reject | ", "unexplained"),
        ('error | "end-of-line" | line 136', "forbidden"),
    ],
)
def test_a_new_line_lets_in_more_or_not(line: str, standing: Standing) -> None:
    assert thought("pg_hba.conf", "rules", SOUND, f"{SOUND}\n{line}")[0] == standing


def test_a_users_own_database_is_not_every_database() -> None:
    own = "host | sameuser | all | 10.30.2.0/24 | scram-sha-256 | "
    assert thought("pg_hba.conf", "rules", own, f"{own}\n{own.replace('sameuser', 'all')}")[0] == "forbidden"
    assert thought("pg_hba.conf", "rules", own, f"{own}\n{own.replace('.0/24', '.7/32')}")[0] == "unexplained"
    one = "host | shop | shop | 10.30.2.7/32 | scram-sha-256 | "
    assert thought("pg_hba.conf", "rules", own, f"{own}\n{one}")[0] == "unexplained"


def test_a_password_is_more_than_trust() -> None:
    trust = "host | all | all | 10.30.2.0/24 | trust | "
    assert thought("pg_hba.conf", "rules", trust, trust.replace("trust", "password"))[0] == "unexplained"
    assert thought("pg_hba.conf", "rules", trust.replace("trust", "password"), trust)[0] == "forbidden"


def test_a_line_that_refused_is_missed() -> None:
    refused = "host | all | all | 10.30.2.66/32 | reject | \n"
    assert thought("pg_hba.conf", "rules", refused + SOUND, SOUND) == (
        "forbidden",
        "pg_hba.conf ne refuse plus : host all all 10.30.2.66/32 reject.",
        "pg_hba.conf no longer refuses: host all all 10.30.2.66/32 reject.",
    )


def test_a_line_with_an_error_is_named() -> None:
    assert thought("pg_hba.conf", "rules", SOUND, f'{SOUND}\nerror | "end-of-line" | line 136') == (
        "forbidden",
        'pg_hba.conf a une erreur à la ligne 136, PostgreSQL ne redémarrera pas : "end-of-line".',
        'pg_hba.conf has an error in line 136, PostgreSQL will not start again: "end-of-line".',
    )
