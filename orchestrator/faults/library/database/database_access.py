"""Faults of a PostgreSQL server that refuses an application: its host, its password, or one more connection."""

from __future__ import annotations

import dataclasses
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Memento, not_effective
from orchestrator.faults.library.database.database_fault import DatabaseFault
from orchestrator.faults.library.database.postgres_server import administer, settings_of
from orchestrator.model.lab import Subnet

_LIMIT_OF_CONNECTIONS = 10
_TAKEN = 30.0
"""Seconds until the connections that a limit allows are all made."""
_PAUSE = 0.1
"""Seconds until a connection that has ended is made again."""


class DatabaseClientRefused(DatabaseFault):
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
        self.require_refused(driver, "no pg_hba.conf entry for host")

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


class DatabasePasswordWrong(DatabaseFault):
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
        self.require_refused(driver, "password authentication failed")

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


class DatabaseConnectionLimit(DatabaseFault):
    r"""The application's role may have too few connections: "too many connections for role".

    With `limit: 0` nobody connects; with more, the application works until so many users work at once. The trainee
    sees it with `\du` in psql, and repairs it with `ALTER ROLE … CONNECTION LIMIT`.
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
            self.require_refused(driver, "too many connections for role")
            return
        over = threading.Event()
        with ThreadPoolExecutor(self.limit) as pool:
            held = [pool.submit(self._hold, driver, over) for _ in range(self.limit)]
            try:
                wait_until(lambda: self._all_taken(driver), within=_TAKEN)  # a look would take the place of one of them
                self.require_refused(driver, "too many connections for role")
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
        """Keep a connection until it is over: one that ends, or finds a look's still in its place, is made again."""
        with driver.fabric.another_connection() as fabric:
            own = dataclasses.replace(driver, fabric=fabric)
            while not over.is_set():
                with suppress(LabError):  # a client that does not end in its time, on a busy machine
                    self.ask(own, "SELECT pg_sleep(8);")
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
