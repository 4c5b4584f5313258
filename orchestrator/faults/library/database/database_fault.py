"""What the faults of a PostgreSQL server share: an application that connects, and what refuses it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect
from orchestrator.faults.library.database.postgres_server import Application
from orchestrator.model.base import HostName
from orchestrator.model.lab import Address

SqlName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$", max_length=63)]
"""A database, role or table of PostgreSQL that needs no quotes."""


class DatabaseFault(Fault):
    """A fault that an application of a database feels."""

    host: HostName = Field(description="The PostgreSQL server.")
    database: SqlName = Field(description="The application's database.", examples=["inventory"])
    role: SqlName = Field(description="The role that the application connects as.", examples=["inventory"])
    password: str = Field(description="That role's password.", examples=["inventory"])
    client: HostName | None = Field(
        default=None, description="The application's host, which has psql; by default the server itself."
    )
    address: Address = Field(default="127.0.0.1", description="The server's address as the application knows it.")
    port: int = Field(default=5432, ge=1, le=65535, description="The server's TCP port.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing yet; the application must work."""
        if refused := self.ask(driver):
            raise nothing_to_break(self, refused)
        return {}

    def ask(self, driver: LabDriver, sql: str = "SELECT 1;", **names: str) -> str:
        """Connect as the application, run SQL and return what refused it, or an empty text where it worked."""
        application = Application(
            self.client or self.host, self.address, self.port, self.database, self.role, self.password
        )
        return application.ask(driver, sql, **names)

    def require_refused(self, driver: LabDriver, reason: str, sql: str = "SELECT 1;", **names: str) -> None:
        """Make sure that the application is refused for a reason.

        Args:
            driver: what acts on the lab.
            reason: a part of PostgreSQL's message.
            sql: what the application asks.
            names: the variables of the statements.

        Raises:
            LabError: it works, or is refused for another reason.
        """

        def look() -> str:
            refused = self.ask(driver, sql, **names)
            return "" if reason in refused else refused or "the application works"

        wait_for_effect(self, look)
