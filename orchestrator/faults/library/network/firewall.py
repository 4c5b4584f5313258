"""Faults of a packet filter: nftables, whose policy stands in a file that its service loads."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.fault import not_effective, wait_for_effect
from orchestrator.model.base import AbsolutePath, Document, HostName
from orchestrator.model.lab import Address


class Connection(Document):
    """A TCP connection that shows what a firewall lets through."""

    client: HostName = Field(
        description="The host that opens the connection; it needs nc, as the image ``host`` has it."
    )
    address: Address = Field(description="The address that it connects to.")
    port: int = Field(ge=1, le=65535, description="The TCP port; something must listen there.")

    def opens(self, driver: LabDriver) -> bool:
        """Return whether the connection can be opened."""
        argv = ("nc", "-z", "-n", "-w", "1", self.address, str(self.port))
        return driver.run(self.client, argv, check=False).status == 0

    def __str__(self) -> str:
        """Return the connection as it is told to people."""
        return f"{self.client} → {self.address}:{self.port}"


class _Ruleset(EditedFile):
    """A fault in the file of a firewall's policy, which is loaded into the kernel."""

    file: AbsolutePath = Field(default="/etc/nftables.conf", description="The file with the policy.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return self.file

    def load(self, driver: LabDriver, text: str) -> None:
        """Write the file and load it; it must begin with ``flush ruleset``, as Debian's does."""
        driver.write(self.host, self.file, text.encode())
        driver.run(self.host, ("nft", "--file", self.file))

    def _kernel(self, driver: LabDriver, kind: str) -> list[dict[str, Any]]:
        """Return the kernel's objects of one kind: ``chain`` or ``rule``."""
        listed = json.loads(driver.run(self.host, ("nft", "--json", "list", "ruleset")).stdout)
        return [entry[kind] for entry in listed["nftables"] if kind in entry]


def _line_of(rule: str) -> re.Pattern[str]:
    """Return what finds a rule's line, however its words are spaced, with a comment after it or not."""
    words = r"[ \t]+".join(re.escape(word) for word in rule.split())
    return re.compile(rf"^([ \t]*){words}[ \t]*(#[^\n]*)?(\n|\Z)", re.MULTILINE)


class _RuleRemoved(_Ruleset):
    """A fault that takes one rule away."""

    rule: str = Field(min_length=1, description="The rule as it stands in the file, such as ``tcp dport 25 accept``.")
    blocked: Connection = Field(description="A TCP connection that needs the rule.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return _line_of(self.rule).sub("", text, count=1)

    def verify(self, driver: LabDriver) -> None:
        """The connection must fail while the rest of the policy is loaded."""

        def look() -> str:
            loaded, opens = len(self._kernel(driver, "chain")), self.blocked.opens(driver)
            return "" if loaded and not opens else f"{loaded} chains are loaded, {self.blocked} opens: {opens}"

        wait_for_effect(self, look)


class FirewallRuleMissing(_RuleRemoved):
    """A rule that allows something is missing: the firewall blocks one service.

    The trainee sees that one service cannot be reached, and gets a time-out or a refusal, while others on the same
    server can. The repair is that one rule and nothing wider. It stands in ``/etc/nftables.conf`` and outlasts a
    reboot. It needs nftables (image ``router``).
    """

    name: ClassVar[str] = "firewall-rule-missing"

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Dans le pare-feu {self.host}, la règle « {self.rule} » manquait.",
            en=f"In the firewall {self.host} the rule '{self.rule}' was missing.",
        )


class FirewallNatMissing(_RuleRemoved):
    """A translation rule (masquerade, SNAT, DNAT) is missing.

    The trainee sees that packets leave with a private source address and no answer comes back, or that a published port
    leads nowhere. It stands in ``/etc/nftables.conf`` and outlasts a reboot. It needs nftables (image ``router``).
    """

    name: ClassVar[str] = "firewall-nat-missing"

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la règle de traduction d'adresses « {self.rule} » manquait.",
            en=f"On {self.host} the translation rule '{self.rule}' was missing.",
        )


class FirewallTooOpen(_Ruleset):
    """A rule lets more through than the policy allows.

    The trainee sees nothing that fails: an audit finds a connection that should not open. The repair closes that and
    nothing else. It stands in ``/etc/nftables.conf`` and outlasts a reboot. It needs nftables (image ``router``).
    """

    name: ClassVar[str] = "firewall-too-open"

    rule: str = Field(min_length=1, description="The rule as it stands in the file.")
    becomes: str = Field(min_length=1, description="The wider rule in its place.")
    opened: Connection = Field(description="A TCP connection that the policy forbids and the wider rule allows.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return _line_of(self.rule).sub(lambda line: f"{line[1]}{self.becomes}{line[3]}", text, count=1)

    def verify(self, driver: LabDriver) -> None:
        """The connection must open although a policy is loaded."""

        def look() -> str:
            loaded, opens = len(self._kernel(driver, "rule")), self.opened.opens(driver)
            return "" if loaded and opens else f"{loaded} rules are loaded, {self.opened} opens: {opens}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la règle « {self.becomes} » laissait passer plus que « {self.rule} ».",
            en=f"On {self.host} the rule '{self.becomes}' let more through than '{self.rule}'.",
        )


class FirewallDefaultDrop(_Ruleset):
    """A chain drops by default what it accepted before.

    The trainee sees that whatever no rule names is blocked, all at once. It stands in ``/etc/nftables.conf`` and
    outlasts a reboot. It needs nftables (image ``router``).
    """

    name: ClassVar[str] = "firewall-default-drop"

    chain: str = Field(pattern=r"^[A-Za-z_][\w-]*$", description="The chain's name in the file, such as ``input``.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        policy = rf"(\bchain[ \t]+{re.escape(self.chain)}[ \t\n]*\{{[^{{}}]*?\bpolicy[ \t]+)accept\b"
        return re.sub(policy, r"\1drop", text, count=1)

    def verify(self, driver: LabDriver) -> None:
        """The kernel's chain must drop by default."""
        policies = [c.get("policy") for c in self._kernel(driver, "chain") if c["name"] == self.chain]
        if "drop" not in policies:
            raise not_effective(self, f"chain {self.chain}: {policies or 'not there'}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la chaîne « {self.chain} » rejetait par défaut ce qu'aucune règle ne nomme.",
            en=f"On {self.host} the chain '{self.chain}' dropped by default what no rule names.",
        )
