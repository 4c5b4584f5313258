"""Faults of a BIND 9 name server, made in its zone files and options."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.fault import not_effective, wait_for_effect
from orchestrator.model.base import AbsolutePath, HostName
from orchestrator.model.lab import Address

_SETTLE = 20.0
"""Seconds until a restarted name server must answer."""


class _FileOfNamed(EditedFile):
    """A fault in one file of the name server, which is restarted to read it."""

    file: AbsolutePath = Field(description="The file of BIND's configuration that is edited.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return self.file

    def load(self, driver: LabDriver, text: str) -> None:
        """Write the file, restart the server and wait until it answers."""
        driver.write(self.host, self.file, text.encode())
        driver.run(self.host, ("systemctl", "reset-failed", "named"), check=False)
        driver.run(self.host, ("systemctl", "restart", "named"))
        if not wait_until(lambda: dig(driver, self.host, "localhost", "A") not in {"", "TIMEOUT"}, within=_SETTLE):
            raise not_effective(self, "named does not answer after its restart")


def dig(driver: LabDriver, host: str, name: str, kind: str) -> str:
    """Return what a name server answers itself: its data, or the response code where there are none."""
    done = driver.run(
        host,
        ("dig", "+time=1", "+tries=1", "+noall", "+answer", "+comments", "@127.0.0.1", name, kind),
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    status = re.search(r"status: (\w+)", output)
    if status is None:
        return "TIMEOUT"
    data = [line.split(None, 4)[4] for line in output.splitlines() if line and not line.startswith(";")]
    return " ".join(data) or status.group(1)


class DnsRecordWrong(_FileOfNamed):
    """A record of a zone has wrong data: a stale address, a name without its final dot, a PTR record of another host.

    The trainee sees that the name server answers, but wrongly: ``dig NAME @SERVER`` shows the data. It stands in the
    zone file. It needs BIND 9 (image ``netservices``) and records written as ``OWNER [TTL] IN TYPE DATA``.
    """

    name: ClassVar[str] = "dns-record-wrong"

    owner: str = Field(description="The record's owner as it stands in the zone file, such as ``intranet``.")
    type: Literal["A", "CNAME", "PTR", "MX", "NS"] = Field(description="The type that the record has or gets.")
    value: str = Field(description="The wrong data.")
    query: str = Field(description="The full name to look up to see the effect.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        record = re.compile(
            rf"^({re.escape(self.owner)}\s+(?:\d+\s+)?IN\s+)(?:A|CNAME|PTR|MX|NS)\s+\S.*$", re.MULTILINE
        )
        return record.sub(lambda found: f"{found.group(1)}{self.type} {self.value}", text, count=1)

    def verify(self, driver: LabDriver) -> None:
        """The server must give the wrong data."""

        def look() -> str:
            seen = dig(driver, self.host, self.query, self.type)
            return "" if self._shown_by(seen) else f"{self.query} {self.type}: {seen}"

        wait_for_effect(self, look)

    def _shown_by(self, seen: str) -> bool:
        """Return whether an answer holds the data; to a name without final dot the zone is added (RFC 1035, 5.1)."""
        whole, begun = f" {self.value} " in f" {seen} ", f" {self.value}." in f" {seen}"
        if self.type == "A" or self.value.endswith("."):
            return whole
        return begun and f" {self.value}. " not in f" {seen} "

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Dans {self.file}, l'enregistrement « {self.owner} » valait « {self.type} {self.value} ».",
            en=f"In {self.file} the record '{self.owner}' was '{self.type} {self.value}'.",
        )


class DnsZoneSyntax(_FileOfNamed):
    """A zone file has a syntax error: the server cannot load the zone.

    The trainee sees SERVFAIL for every name of the zone, and the line in the journal of named; ``named-checkconf -z``
    finds it. It needs BIND 9 (image ``netservices``).
    """

    name: ClassVar[str] = "dns-zone-syntax"

    line: str = Field(description="The faulty line that is added to the zone file.")
    query: str = Field(description="A name of the zone.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return text.rstrip("\n") + f"\n{self.line}\n"

    def verify(self, driver: LabDriver) -> None:
        """The server must answer SERVFAIL for the zone."""

        def look() -> str:
            seen = dig(driver, self.host, self.query, "A")
            return "" if seen == "SERVFAIL" else f"{self.query}: {seen}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La ligne « {self.line} » de {self.file} empêchait le chargement de la zone.",
            en=f"The line '{self.line}' of {self.file} kept the zone from loading.",
        )


class DnsQueriesRefused(_FileOfNamed):
    """The server answers only itself.

    The trainee sees ``status: REFUSED`` from every other host, for every name. It needs BIND 9 (image ``netservices``)
    with an ``allow-query`` statement in the file.
    """

    name: ClassVar[str] = "dns-queries-refused"

    client: HostName = Field(description="A host whose queries must be refused.")
    server: str = Field(description="The server's address as the client knows it.")
    query: str = Field(description="A name that the server knows.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return re.sub(r"allow-query\s*\{[^}]*\};", "allow-query { localhost; };", text, count=1)

    def verify(self, driver: LabDriver) -> None:
        """The client must be refused."""
        argv = ("dig", "+time=1", "+tries=2", f"@{self.server}", self.query, "A")

        def look() -> str:
            seen = driver.run(self.client, argv, check=False).stdout.decode(errors="replace")
            return "" if "status: REFUSED" in seen else seen

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"« allow-query » de {self.file} n'autorisait plus que le serveur lui-même.",
            en=f"'allow-query' in {self.file} allowed the server alone.",
        )


class DnsRecordMissing(_FileOfNamed):
    """A record of a zone is missing.

    The trainee sees that the name server knows its zone but not this name (NXDOMAIN), or not this type of it (an empty
    NOERROR). It stands in the zone file. It needs BIND 9 (image ``netservices``) and records written as
    ``OWNER [TTL] IN TYPE DATA``, one a line.
    """

    name: ClassVar[str] = "dns-record-missing"

    owner: str = Field(description="The record's owner as it stands in the zone file, such as ``intranet``.")
    type: Literal["A", "CNAME", "PTR", "MX", "NS"] = Field(description="The record's type.")
    query: str = Field(description="The full name to look up to see the effect.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        record = re.compile(rf"^{re.escape(self.owner)}\s+(?:\d+\s+)?IN\s+{self.type}\s+\S.*\n?", re.MULTILINE)
        return record.sub("", text)

    def verify(self, driver: LabDriver) -> None:
        """The server must answer that there is no such record, for a zone that it has."""

        def look() -> str:
            seen = dig(driver, self.host, self.query, self.type)
            return "" if seen in {"NXDOMAIN", "NOERROR"} else f"{self.query} {self.type}: {seen}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Dans {self.file}, l'enregistrement {self.type} de « {self.owner} » manquait.",
            en=f"In {self.file} the {self.type} record of '{self.owner}' was missing.",
        )


class DnsForwarderWrong(_FileOfNamed):
    """The server passes questions on to a forwarder that is not there any more.

    The trainee sees that the server's own zones are answered while names of elsewhere time out or give SERVFAIL. It
    needs BIND 9 (image ``netservices``) with a ``forwarders`` statement in the file, and no authoritative root in
    its way.
    """

    name: ClassVar[str] = "dns-forwarder-wrong"

    forwarder: Address = Field(description="The address that is asked by mistake; no DNS server answers there.")
    query: str = Field(description="A name that only the right forwarder knows.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        wrong = f"forwarders {{ {self.forwarder}; }};"
        return re.sub(r"forwarders\s*\{[^}]*\}\s*;", wrong, text, count=1)

    def verify(self, driver: LabDriver) -> None:
        """The server must have no answer to that name, and answer for itself."""

        def look() -> str:
            seen, itself = dig(driver, self.host, self.query, "A"), dig(driver, self.host, "localhost", "A")
            right = seen in {"SERVFAIL", "TIMEOUT"} and itself != "TIMEOUT"
            return "" if right else f"{self.query}: {seen}; localhost: {itself}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"{self.host} transmettait les questions à {self.forwarder}, où aucun serveur DNS ne répond.",
            en=f"{self.host} passed questions on to {self.forwarder}, where no DNS server answers.",
        )
