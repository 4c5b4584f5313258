"""Faults of a Samba Active Directory domain: names that its DNS lacks, machine accounts that open nothing."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.faults import snapshot
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.fault import (
    Fault,
    Memento,
    nothing_to_break,
    wait_for_effect,
    wait_until_sound,
    wait_until_undone,
)
from orchestrator.faults.library.system.units import UnitName, restart, restart_and_wait
from orchestrator.model.base import DomainName, HostName

UPDATE_LIST = "/var/lib/samba/private/dns_update_list"
"""What a controller registers in DNS, see samba_dnsupdate(8)."""
KEYTAB = "/etc/krb5.keytab"
"""Where a member keeps the keys of its account."""
TOOL_TIME = 90.0
"""Seconds that a tool of Samba's directory may take on a busy machine."""

_BOOT = 30.0
"""Seconds until a controller that has just booted registers names."""
_SSSD = "sssd.service"
_SITE = "Default-First-Site-Name"

Record = Annotated[str, StringConstraints(pattern=r"^(A|SRV) [A-Za-z0-9_][A-Za-z0-9_.-]*$")]


def register_names(driver: LabDriver, host: str) -> None:
    """Have a controller follow its list; one that has just booted does not serve its own DNS yet."""
    argv = ("samba_dnsupdate",)
    if not wait_until(lambda: driver.run(host, argv, timeout=60, check=False).status == 0, within=_BOOT):
        driver.run(host, argv, timeout=60)


class AdRecordsMissing(Fault):
    """The domain's DNS lacks records of the controller: clients no longer find a service of the domain, or the host.

    The records are commented out in `/var/lib/samba/private/dns_update_list`, which says what the controller registers,
    and `samba_dnsupdate` takes them out of DNS: neither a reboot nor the controller's own updates bring them back. The
    trainee sees it with `dig SRV _kerberos._udp.DOMAIN` and in the errors of `kinit` and SSSD. The image needs Samba's
    own DNS and `dig`.
    """

    name: ClassVar[str] = "ad-records-missing"

    host: HostName = Field(description="The domain controller.")
    domain: DomainName = Field(description="The domain's DNS name.", examples=["example.internal"])
    records: tuple[Record, ...] = Field(
        min_length=1,
        description="The records: type, and name below the domain.",
        examples=[["SRV _kerberos._tcp", "SRV _kerberos._udp"], ["A dc1"]],
    )
    members: tuple[HostName, ...] = Field(
        default=(), description="Members of the domain whose SSSD starts again, as after a night switched off."
    )
    probe: EffectProbe = Field(
        description="The command in which a client feels it.",
        examples=[{"host": "pc1", "run": ["kinit", "-k", "PC1$"], "prints": "Cannot find KDC"}],
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the list; the records must be there, and the effect not be seen yet."""
        register_names(driver, self.host)  # what was never registered would not be taken out either
        for record in self.records:
            if not self._answer(driver, record):
                raise nothing_to_break(self, f"{record}: -")
        self.probe.require_absent(self, driver, self.host)
        return {UPDATE_LIST: snapshot.take(driver, self.host, UPDATE_LIST).text()}

    def inject(self, driver: LabDriver) -> None:
        """Comment the records out, and have the controller follow its list."""
        lines = driver.read(self.host, UPDATE_LIST).decode().splitlines()
        after = [f"#{line}" if self._record_of(line) in self.records else line for line in lines]
        driver.write(self.host, UPDATE_LIST, "".join(f"{line}\n" for line in after).encode())
        register_names(driver, self.host)
        for member in self.members:
            restart(driver, member, _SSSD)

    def verify(self, driver: LabDriver) -> None:
        """The controller must not answer for any of the records, and the client feel it."""

        def look() -> str:
            answers = {record: self._answer(driver, record) for record in self.records}
            return ", ".join(f"{record}: {answer}" for record, answer in answers.items() if answer)

        wait_for_effect(self, look)
        self.probe.require_shown(self, driver, self.host)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the list back, and have the controller register what it says."""
        snapshot.put_back(driver, self.host, UPDATE_LIST, memento[UPDATE_LIST])
        register_names(driver, self.host)
        for member in self.members:
            restart_and_wait(driver, member, _SSSD)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        names = ", ".join(self.records)
        return Text(
            fr=f"Dans le DNS {de(self.domain)}, il manquait ce que {self.host} n'enregistrait plus : {names}.",
            en=f"The DNS of {self.domain} lacked what {self.host} no longer registered: {names}.",
        )

    def _answer(self, driver: LabDriver, record: str) -> str:
        kind, _, name = record.partition(" ")
        argv = ("dig", "+short", "+time=5", "@127.0.0.1", f"{name}.{self.domain}", kind)
        return driver.run(self.host, argv).stdout.decode().strip()

    def _record_of(self, line: str) -> str:
        """Return the record that a line of the list is about, as ``records`` would say it."""
        kind, _, rest = re.sub(r"^\$\{IF_\w+\}", "", line).partition(" ")
        name = "".join(rest.split()[:1]).replace("${HOSTNAME}", f"{self.host}.{self.domain}").replace("${SITE}", _SITE)
        name = name.replace("${DNSDOMAIN}", self.domain).replace("${DNSFOREST}", self.domain)
        return f"{kind} {name.removesuffix(f'.{self.domain}')}"


class _OfMachineAccount(Fault):
    """A fault of the account with which a machine is a member of the domain."""

    host: HostName = Field(description="The domain controller.")
    machine: HostName = Field(description="The member; its account is its name in capitals, followed by `$`.")
    unit: UnitName = Field(default=_SSSD, description="The member's service that logs in with the account.")
    probe: EffectProbe = Field(
        description="The command that shows the effect on a user.",
        examples=[{"host": "pc1", "run": ["su", "-", "technicien", "-c", "id croux"], "fails": True}],
    )

    _refusal: ClassVar[str]
    """What kinit prints where the fault is effective."""

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; the account must open the domain to its machine, and the effect not be seen yet."""
        wait_until_sound(self, lambda: self._try_account(driver))
        self.probe.require_absent(self, driver, self.machine)
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Spoil the account; the member's service starts again, as it does after a night switched off."""
        self.spoil(driver)
        restart(driver, self.machine, self.unit)

    def verify(self, driver: LabDriver) -> None:
        """The controller must refuse the machine for the fault's own reason, and the probe show what that does."""

        def look() -> str:
            refusal = self._try_account(driver)
            return "" if self._refusal in refusal else refusal or f"{self.account} is accepted"

        wait_for_effect(self, look)
        self.probe.require_shown(self, driver, self.machine)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Repair the account, and restart the member's service."""
        self.repair(driver)
        wait_until_undone(self, lambda: self._try_account(driver))
        restart_and_wait(driver, self.machine, self.unit)

    @property
    def account(self) -> str:
        """Return the account's name."""
        return f"{self.machine.upper()}$"

    @abstractmethod
    def spoil(self, driver: LabDriver) -> None:
        """Change the account."""

    @abstractmethod
    def repair(self, driver: LabDriver) -> None:
        """Make the account open the domain to its machine again."""

    def _try_account(self, driver: LabDriver) -> str:
        """Return why the machine gets no ticket with its own keys: nothing, where it gets one."""
        done = driver.run(self.machine, ("kinit", "-c", "MEMORY:", "-k", self.account), check=False)
        return (done.stderr or done.stdout).decode().strip() if done.status else ""


class AdMachineDisabled(_OfMachineAccount):
    """The machine account of a member is disabled: the domain no longer speaks to the machine.

    Somebody cleaned up accounts that seemed unused. On the member, SSSD is offline and `kinit -k 'NAME$'` says that the
    credentials have been revoked; the controller shows the account as disabled (`samba-tool computer show`). The member
    needs `kinit` and a keytab.
    """

    name: ClassVar[str] = "ad-machine-disabled"
    _refusal: ClassVar[str] = "revoked"

    def spoil(self, driver: LabDriver) -> None:
        """Disable the account."""
        driver.run(self.host, ("samba-tool", "user", "disable", self.account), timeout=TOOL_TIME)

    def repair(self, driver: LabDriver) -> None:
        """Enable it."""
        driver.run(self.host, ("samba-tool", "user", "enable", self.account), timeout=TOOL_TIME)

    def _try_account(self, driver: LabDriver) -> str:
        """Return how the controller refuses the account as such: asked without its keys, which may be gone too."""
        done = driver.run(self.machine, ("kinit", "-c", "MEMORY:", self.account), stdin=b"\n", check=False)
        said = (done.stdout + done.stderr).decode().strip()
        return said if self._refusal in said else ""

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le compte de machine {self.account} était désactivé dans le domaine.",
            en=f"The machine account {self.account} was disabled in the domain.",
        )


class AdMachinePasswordChanged(_OfMachineAccount):
    """The machine account of a member has another password than the member's keytab: the trust is broken.

    Somebody has reset the account on the controller, or joined another machine under the same name. On the member,
    `kinit -k 'NAME$'` says "Preauthentication failed", and the key version of `klist -k` is older than the account's.
    The member has to be joined again. It needs `kinit` and a keytab.
    """

    name: ClassVar[str] = "ad-machine-password-changed"
    _refusal: ClassVar[str] = "Preauthentication failed"

    def spoil(self, driver: LabDriver) -> None:
        """Give the account another password, of which the member knows nothing."""
        self._set_password(driver, "Reset")

    def repair(self, driver: LabDriver) -> None:
        """Give the account a third password, and bring its keys to the member."""
        self._set_password(driver, "Joined")
        exported = f"/root/{self.machine}.keytab"
        found = driver.run(self.machine, ("klist", "-k", KEYTAB)).stdout.decode()
        principals = sorted(set(re.findall(r"^ *\d+ (\S+)@", found, re.MULTILINE)))
        export = ("samba-tool", "domain", "exportkeytab", exported)
        known = [name for name in principals if not name.startswith("RestrictedKrbHost/")]
        try:
            for principal in known:
                driver.run(self.host, (*export, f"--principal={principal}"), timeout=TOOL_TIME)
            driver.write(self.machine, KEYTAB, driver.read(self.host, exported), mode="0600")
        finally:
            driver.run(self.host, ("rm", "-f", "--", exported))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le mot de passe de la machine ({self.account}) n'était plus celui du {KEYTAB} {de(self.machine)}.",
            en=f"The password of the machine account {self.account} was not the one in {KEYTAB} of {self.machine}.",
        )

    def _set_password(self, driver: LabDriver, kind: str) -> None:
        """Set a password that is another one for each kind: the same one again would change nothing."""
        password = f"--newpassword={kind}-again-{self.machine}-2026"
        driver.run(self.host, ("samba-tool", "user", "setpassword", self.account, password), timeout=TOOL_TIME)
