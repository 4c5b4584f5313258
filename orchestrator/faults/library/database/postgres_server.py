"""A PostgreSQL server as its administrator and as an application see it, through psql."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text

_PSQL = ("psql", "--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1")


def administer(driver: LabDriver, host: str, sql: str, database: str = "postgres", **names: str) -> str:
    """Run SQL as the server's superuser and return what it prints.

    Args:
        driver: what acts on the lab.
        host: the server.
        sql: the statements; ``:"name"`` and ``:'name'`` stand for a quoted identifier and text.
        database: the database.
        names: the variables of the statements.

    Raises:
        LabError: the server does not run, or refuses a statement.
    """
    variables = tuple(f"--set={name}={value}" for name, value in names.items())
    argv = ("runuser", "--user=postgres", "--", *_PSQL, f"--dbname={database}", *variables)
    return driver.run(host, argv, stdin=f"{sql}\n".encode()).stdout.decode().strip()


@dataclass(frozen=True)
class Application:
    """How an application connects.

    Attributes:
        client: the host that it runs on.
        address: the server's address for it.
        port: the server's port.
    """

    client: str
    address: str
    port: int
    database: str
    role: str
    password: str

    def ask(self, driver: LabDriver, sql: str, **names: str) -> str:
        """Connect, run SQL and return what refused it, or an empty text where it worked."""
        variables = tuple(f"--set={name}={value}" for name, value in names.items())
        where = (
            f"--host={self.address}",
            f"--port={self.port}",
            f"--username={self.role}",
            f"--dbname={self.database}",
        )
        done = driver.run(
            self.client,
            ("env", f"PGPASSWORD={self.password}", "PGCONNECT_TIMEOUT=3", *_PSQL, *where, *variables),
            stdin=f"{sql}\n".encode(),
            check=False,
        )
        return "" if done.status == 0 else done.stderr.decode(errors="replace").strip() or f"status {done.status}"


def settings_of(driver: LabDriver, host: str, names: Mapping[str, str], sql: str) -> str:
    """Return one value of the catalogue.

    Raises:
        LabError: there is no such row: no such role, database or table.
    """
    value = administer(driver, host, sql, **names)
    if not value:
        listed = ", ".join(names.values())
        raise LabError(
            Text(fr=f"{host} : PostgreSQL ne connaît pas {listed}", en=f"{host}: PostgreSQL does not know {listed}")
        )
    return value
