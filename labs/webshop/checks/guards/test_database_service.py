"""Is the database server a service, and there again after the next boot?"""

from grader import check


@check(
    "guard",
    points=1,
    fr="PostgreSQL fonctionne sur db1 et démarre avec la machine.",
    en="PostgreSQL runs on db1 and starts with the host.",
    host="db1",
)
def test_database_service(lab):
    service = lab.host("db1").service("postgresql@17-main")
    assert service.is_running, "postgresql@17-main does not run on db1"
    assert service.is_enabled, "postgresql@17-main does not start with db1"
