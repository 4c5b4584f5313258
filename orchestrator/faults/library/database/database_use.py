"""Faults of a PostgreSQL database that an application reaches and cannot use: read-only, or a table locked."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import Memento, not_effective, nothing_to_break, wait_for_effect
from orchestrator.faults.library.database.database_fault import DatabaseFault, SqlName
from orchestrator.faults.library.database.postgres_server import administer
from orchestrator.faults.library.system.units import UnitName, reload_units, unit_state


class DatabaseReadOnly(DatabaseFault):
    r"""A database is read-only: the application shows its data and fails to save.

    The trainee sees "cannot execute … in a read-only transaction", and the setting with `\drds` in psql; the repair is
    `ALTER DATABASE … RESET default_transaction_read_only`. `table` is one that the role may change.
    """

    name: ClassVar[str] = "database-read-only"

    table: SqlName = Field(description="A table that the application writes to.", examples=["device"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep what the setting is now: nothing, where the database has none of its own."""
        super().remember(driver)
        if refused := self._write(driver):
            raise nothing_to_break(self, refused)
        setting = administer(
            driver,
            self.host,
            "SELECT split_part(s, '=', 2) FROM pg_db_role_setting r JOIN pg_database d ON d.oid = r.setdatabase, "
            "unnest(r.setconfig) s WHERE d.datname = :'name' AND r.setrole = 0 "
            "AND s LIKE 'default_transaction_read_only=%';",
            name=self.database,
        )
        return {"setting": setting}

    def inject(self, driver: LabDriver) -> None:
        """Make it read-only for each new connection."""
        self._set(driver, "on")

    def verify(self, driver: LabDriver) -> None:
        """The application must be able to read, and to write must be refused because of the setting."""
        if refused := self.ask(driver):
            raise not_effective(self, refused)

        def look() -> str:
            refused = self._write(driver)
            return "" if "in a read-only transaction" in refused else refused or "the application writes"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Make the setting what it was."""
        self._set(driver, memento["setting"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la base {self.database} était en lecture seule.",
            en=f"On {self.host} the database {self.database} was read-only.",
        )

    def _write(self, driver: LabDriver) -> str:
        return self.ask(driver, 'DELETE FROM :"table" WHERE false;', table=self.table)

    def _set(self, driver: LabDriver, value: str) -> None:
        change = "SET default_transaction_read_only = :'value'" if value else "RESET default_transaction_read_only"
        administer(driver, self.host, f'ALTER DATABASE :"name" {change};', name=self.database, value=value)


class DatabaseTableLocked(DatabaseFault):
    """A forgotten job holds a lock on a table: the application waits for ever on that table alone.

    A service (`unit`) opens a transaction, locks the table and never ends, again after each reboot. The trainee sees
    the session in `pg_stat_activity` and the lock in `pg_locks`. Ending the session helps until the service starts
    again; stopping the service leaves its session, which must be ended too.
    """

    name: ClassVar[str] = "database-table-locked"

    table: SqlName = Field(description="A table that the application reads.", examples=["device"])
    unit: UnitName = Field(
        default="nightly-archive.service", description="The name of the service; the host must not have it."
    )
    server_unit: UnitName = Field(default="postgresql@17-main.service", description="The unit of the server itself.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; the application must read the table, and the host not have the service."""
        memento = super().remember(driver)
        state = unit_state(driver, self.host, self.unit)
        if state.load != "not-found":
            raise nothing_to_break(self, f"{self.unit}: {state}")
        if refused := self._read(driver):
            raise nothing_to_break(self, refused)
        return memento

    def inject(self, driver: LabDriver) -> None:
        """Install and start the service."""
        steps = ("BEGIN", f"LOCK TABLE {self.table} IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(1e7)")
        commands = " ".join(f'-c "{step}"' for step in steps)
        text = (
            f"[Unit]\nDescription=Archive of {self.database}\n"
            f"Requires={self.server_unit}\nAfter={self.server_unit}\n\n"
            f"[Service]\nUser=postgres\nEnvironment=PGAPPNAME={self._application}\n"
            f"ExecStart=/usr/bin/psql --no-psqlrc -v ON_ERROR_STOP=1 -d {self.database} {commands}\n\n"
            "[Install]\nWantedBy=multi-user.target\n"
        )
        driver.write(self.host, self._unit_file, text.encode(), mode="0644")
        reload_units(driver, self.host)
        driver.run(self.host, ("systemctl", "enable", "--now", "--", self.unit))

    def verify(self, driver: LabDriver) -> None:
        """The application must wait for the table, and the lock be the service's."""
        self.require_refused(driver, "canceling statement due to lock timeout", self._query, table=self.table)
        holders = administer(
            driver,
            self.host,
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.relation = :'table'::regclass AND l.mode = 'AccessExclusiveLock' AND l.granted;",
            self.database,
            table=self.table,
        )
        if holders != self._application:
            raise not_effective(self, f"the lock is held by: {holders or 'nobody'}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Remove the service and end its session, which does not notice that nobody waits for it any more."""
        driver.run(self.host, ("systemctl", "disable", "--now", "--", self.unit), check=False)
        driver.run(self.host, ("rm", "-f", "--", self._unit_file))
        reload_units(driver, self.host)
        end = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name = :'name';"
        administer(driver, self.host, end, name=self._application)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le service {self.unit} gardait un verrou exclusif sur la table {self.table}.",
            en=f"On {self.host} the service {self.unit} held an exclusive lock on the table {self.table}.",
        )

    _query: ClassVar[str] = "SET lock_timeout = '300ms'; SELECT count(*) FROM :\"table\";"

    def _read(self, driver: LabDriver) -> str:
        return self.ask(driver, self._query, table=self.table)

    @property
    def _application(self) -> str:
        return self.unit.rpartition(".")[0]

    @property
    def _unit_file(self) -> str:
        return f"/etc/systemd/system/{self.unit}"
