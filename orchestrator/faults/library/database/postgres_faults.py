"""Faults of a PostgreSQL server, as its applications feel them."""

from __future__ import annotations

import dataclasses
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break, wait_for_effect
from orchestrator.faults.library.database.postgres_server import Application, administer, settings_of
from orchestrator.faults.library.system.units import UnitName, reload_units, unit_state
from orchestrator.model.base import HostName
from orchestrator.model.lab import Address, Subnet

SqlName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$", max_length=63)]
"""A database, role or table of PostgreSQL that needs no quotes."""

_LIMIT_OF_CONNECTIONS = 10
_TAKEN = 30.0
"""Seconds until the connections that a limit allows are all made."""
_PAUSE = 0.1
"""Seconds until a connection that has ended is made anew."""


class _OfDatabase(Fault):
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
        if refused := self._ask(driver):
            raise nothing_to_break(self, refused)
        return {}

    def _ask(self, driver: LabDriver, sql: str = "SELECT 1;", **names: str) -> str:
        application = Application(
            self.client or self.host, self.address, self.port, self.database, self.role, self.password
        )
        return application.ask(driver, sql, **names)

    def _require_refused(self, driver: LabDriver, reason: str, sql: str = "SELECT 1;", **names: str) -> None:
        def look() -> str:
            refused = self._ask(driver, sql, **names)
            return "" if reason in refused else refused or "the application works"

        wait_for_effect(self, look)


class DatabaseClientRefused(_OfDatabase):
    """The server refuses the application's host: "no pg_hba.conf entry for host".

    The lines of pg_hba.conf for this database and role are for another network (`network`). The trainee sees the
    message on the client and in the server's log. No other line may let the application in.
    """

    name: ClassVar[str] = "database-client-refused"

    network: Subnet = Field(default="192.0.2.0/24", description="The network that the lines are for instead.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file."""
        memento = super().remember(driver)
        path = self._file(driver)
        return {**memento, "path": path, "content": snapshot.take(driver, self.host, path).text()}

    def inject(self, driver: LabDriver) -> None:
        """Change the address of each line for the application and have the server read them again."""
        path = self._file(driver)
        before = driver.read(self.host, path).decode()
        line = rf"^(host\w*[ \t]+{self.database}[ \t]+{self.role}[ \t]+)(\S+)"
        after, count = re.subn(line, rf"\g<1>{self.network}", before, flags=re.MULTILINE)
        if not count:
            raise not_effective(self, f"{path} has no line for {self.database} and {self.role}")
        driver.write(self.host, path, after.encode())
        administer(driver, self.host, "SELECT pg_reload_conf();")

    def verify(self, driver: LabDriver) -> None:
        """The application must be refused for want of an entry."""
        self._require_refused(driver, "no pg_hba.conf entry for host")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back and have the server read it again."""
        snapshot.put_back(driver, self.host, memento["path"], memento["content"])
        administer(driver, self.host, "SELECT pg_reload_conf();")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, pg_hba.conf n'autorisait {self.role} sur {self.database} que depuis {self.network}.",
            en=f"On {self.host} pg_hba.conf let {self.role} use {self.database} from {self.network} alone.",
        )

    def _file(self, driver: LabDriver) -> str:
        return administer(driver, self.host, "SHOW hba_file;")


class DatabasePasswordWrong(_OfDatabase):
    """The application's role has another password than the application has in its configuration.

    The trainee sees "password authentication failed for user". The repair is to give the role the application's
    password again, or the application the new one.
    """

    name: ClassVar[str] = "database-password-wrong"

    changed_to: str = Field(default="changed", min_length=1, description="The password that the role has now.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the role's stored password (a SCRAM verifier)."""
        super().remember(driver)
        stored = settings_of(
            driver, self.host, {"role": self.role}, "SELECT rolpassword FROM pg_authid WHERE rolname = :'role';"
        )
        return {"stored": stored}

    def inject(self, driver: LabDriver) -> None:
        """Set the other password."""
        self._set(driver, self.changed_to)

    def verify(self, driver: LabDriver) -> None:
        """The application's password must be refused."""
        self._require_refused(driver, "password authentication failed")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Store the password that was there."""
        self._set(driver, memento["stored"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le mot de passe du rôle {self.role} n'était plus celui de l'application.",
            en=f"On {self.host} the password of the role {self.role} was no longer the application's.",
        )

    def _set(self, driver: LabDriver, password: str) -> None:
        administer(driver, self.host, "ALTER ROLE :\"role\" PASSWORD :'password';", role=self.role, password=password)


class DatabaseConnectionLimit(_OfDatabase):
    r"""The application's role may have too few connections: "too many connections for role".

    With `limit: 0` nobody connects; with more, the application works until so many users work at once. The trainee
    sees it with `\du` in psql, and mends it with `ALTER ROLE … CONNECTION LIMIT`.
    """

    name: ClassVar[str] = "database-connection-limit"

    limit: int = Field(
        default=0, ge=0, le=_LIMIT_OF_CONNECTIONS, description="How many connections the role may have at once."
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the role's limit (-1: none)."""
        super().remember(driver)
        limit = settings_of(
            driver, self.host, {"role": self.role}, "SELECT rolconnlimit FROM pg_roles WHERE rolname = :'role';"
        )
        return {"limit": limit}

    def inject(self, driver: LabDriver) -> None:
        """Set the limit."""
        self._set(driver, str(self.limit))

    def verify(self, driver: LabDriver) -> None:
        """Beside as many connections as the limit allows, one more must be refused."""
        if not self.limit:
            self._require_refused(driver, "too many connections for role")
            return
        over = threading.Event()
        with ThreadPoolExecutor(self.limit) as pool:
            held = [pool.submit(self._hold, driver, over) for _ in range(self.limit)]
            try:
                wait_until(lambda: self._all_taken(driver), within=_TAKEN)  # a look would take the place of one of them
                self._require_refused(driver, "too many connections for role")
            finally:
                over.set()
                for connection in held:
                    connection.result()

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Set the limit that was there."""
        self._set(driver, memento["limit"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le rôle {self.role} n'avait droit qu'à {self.limit} connexion(s) à la fois.",
            en=f"On {self.host} the role {self.role} was allowed {self.limit} connection(s) at once.",
        )

    def _hold(self, driver: LabDriver, over: threading.Event) -> None:
        """Keep a connection until it is over: one that ends, or finds a look's still in its place, is made anew."""
        with driver.fabric.another_connection() as fabric:
            own = dataclasses.replace(driver, fabric=fabric)
            while not over.is_set():
                with suppress(LabError):  # a client that does not end in its time, on a busy machine
                    self._ask(own, "SELECT pg_sleep(8);")
                over.wait(_PAUSE)

    def _all_taken(self, driver: LabDriver) -> bool:
        """Return whether the role has as many connections as it may."""
        sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = :'role';"
        try:
            return int(administer(driver, self.host, sql, role=self.role)) >= self.limit
        except LabError:  # no answer is none yet; what is really wrong, the looks tell
            return False

    def _set(self, driver: LabDriver, limit: str) -> None:
        administer(driver, self.host, f'ALTER ROLE :"role" CONNECTION LIMIT {int(limit)};', role=self.role)


class DatabaseReadOnly(_OfDatabase):
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
        if refused := self._ask(driver):
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
        return self._ask(driver, 'DELETE FROM :"table" WHERE false;', table=self.table)

    def _set(self, driver: LabDriver, value: str) -> None:
        change = "SET default_transaction_read_only = :'value'" if value else "RESET default_transaction_read_only"
        administer(driver, self.host, f'ALTER DATABASE :"name" {change};', name=self.database, value=value)


class DatabaseTableLocked(_OfDatabase):
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
        self._require_refused(driver, "canceling statement due to lock timeout", self._query, table=self.table)
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
        return self._ask(driver, self._query, table=self.table)

    @property
    def _application(self) -> str:
        return self.unit.rpartition(".")[0]

    @property
    def _unit_file(self) -> str:
        return f"/etc/systemd/system/{self.unit}"
