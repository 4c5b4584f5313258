"""Is the database server a service, and there again after the next boot?"""

from grader import check, reason
from lab_tools import assert_service_lasts, query

AT_NEXT_START = (
    "SELECT name FROM pg_catalog.pg_settings s WHERE pending_restart OR (context = 'postmaster'"
    " AND source = 'configuration file' AND NOT EXISTS (SELECT FROM pg_catalog.pg_file_settings f"
    " WHERE f.name = s.name AND f.applied)) ORDER BY name"
)
"""Settings that only a start applies, and that the files no longer give as the running server has them."""


@check(
    "guard",
    points=1,
    fr="PostgreSQL fonctionne sur db1 et démarre avec la machine, avec les mêmes réglages.",
    en="PostgreSQL runs on db1 and starts with the host, with the same settings.",
    host="db1",
    lock="",
)
def test_database_service(lab):
    assert_service_lasts(lab, "db1", "postgresql@17-main")
    others = ", ".join(query(lab, AT_NEXT_START).split())
    assert not others, reason(
        fr=f"après son prochain démarrage, PostgreSQL aura d'autres réglages, selon ses fichiers : {others}",
        en=f"after its next start PostgreSQL will have other settings, by its files: {others}",
    )
