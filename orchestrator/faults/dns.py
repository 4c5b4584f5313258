"""Faults of a BIND 9 name server, made in its zone files and options."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

from orchestrator.access.hands import Hands
from orchestrator.faults.base import not_effective
from orchestrator.faults.edited_file import EditedFile
from orchestrator.model.base import AbsolutePath, HostName
from orchestrator.text import Text
from orchestrator.waiting import wait_until

_SETTLE = 20.0
"""Seconds until a restarted name server must answer."""


class _FileOfNamed(EditedFile):
    """A fault in one file of the name server, which is restarted to read it."""

    file: AbsolutePath = Field(description="The file of BIND's configuration that is edited.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return self.file

    def load(self, hands: Hands, text: str) -> None:
        """Write the file, restart the server and wait until it answers."""
        hands.write(self.host, self.file, text.encode())
        hands.run(self.host, ("systemctl", "reset-failed", "named"), check=False)
        hands.run(self.host, ("systemctl", "restart", "named"))
        if not wait_until(lambda: dig(hands, self.host, "localhost", "A") not in {"", "TIMEOUT"}, within=_SETTLE):
            raise not_effective(self, "named does not answer after its restart")


def dig(hands: Hands, host: str, name: str, kind: str) -> str:
    """Return what a name server answers itself: its data, or the response code where there are none."""
    done = hands.run(
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

    def change(self, text: str) -> str:
        """See ``EditedFile.change``."""
        record = re.compile(
            rf"^({re.escape(self.owner)}\s+(?:\d+\s+)?IN\s+)(?:A|CNAME|PTR|MX|NS)\s+\S.*$", re.MULTILINE
        )
        return record.sub(lambda found: f"{found.group(1)}{self.type} {self.value}", text, count=1)

    def verify(self, hands: Hands) -> None:
        """The server must give the wrong data."""
        seen = dig(hands, self.host, self.query, self.type)
        if not self._shown_by(seen):
            raise not_effective(self, f"{self.query} {self.type}: {seen}")

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

    def change(self, text: str) -> str:
        """See ``EditedFile.change``."""
        return text.rstrip("\n") + f"\n{self.line}\n"

    def verify(self, hands: Hands) -> None:
        """The server must answer SERVFAIL for the zone."""
        seen = dig(hands, self.host, self.query, "A")
        if seen != "SERVFAIL":
            raise not_effective(self, f"{self.query}: {seen}")

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

    def change(self, text: str) -> str:
        """See ``EditedFile.change``."""
        return re.sub(r"allow-query\s*\{[^}]*\};", "allow-query { localhost; };", text, count=1)

    def verify(self, hands: Hands) -> None:
        """The client must be refused."""
        argv = ("dig", "+time=1", "+tries=2", f"@{self.server}", self.query, "A")
        seen = hands.run(self.client, argv, check=False).stdout.decode(errors="replace")
        if "status: REFUSED" not in seen:
            raise not_effective(self, seen)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"« allow-query » de {self.file} n'autorisait plus que le serveur lui-même.",
            en=f"'allow-query' in {self.file} allowed the server alone.",
        )
