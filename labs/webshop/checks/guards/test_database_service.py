"""Is the database server a service, and there again after the next boot?"""

from grader import check
from lab_tools import query

AT_NEXT_START = (
    "SELECT name FROM pg_settings s WHERE pending_restart OR (context = 'postmaster' AND source = 'configuration file'"
    " AND NOT EXISTS (SELECT FROM pg_file_settings f WHERE f.name = s.name AND f.applied)) ORDER BY name"
)
"""Settings that only a start applies, and that the files no longer give as the running server has them."""


@check(
    "guard",
    points=1,
    fr="PostgreSQL fonctionne sur db1 et démarre avec la machine, avec les mêmes réglages.",
    en="PostgreSQL runs on db1 and starts with the host, with the same settings.",
    host="db1",
)
def test_database_service(lab):
    service = lab.host("db1").service("postgresql@17-main")
    assert service.is_running, "postgresql@17-main does not run on db1"
    assert service.is_enabled, "postgresql@17-main does not start with db1"
    others = ", ".join(query(lab, AT_NEXT_START).split())
    assert not others, f"PostgreSQL will be another one after its next start, by its files: {others}"
