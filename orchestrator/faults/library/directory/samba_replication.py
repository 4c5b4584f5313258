"""Faults of two Samba domain controllers: one no longer takes over what changes on the other."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import (
    Fault,
    Memento,
    nothing_to_break,
    wait_for_effect,
    wait_until_sound,
    wait_until_undone,
)
from orchestrator.faults.library.directory.samba_ad import TOOL_TIME
from orchestrator.faults.library.system.units import restart, restart_and_wait
from orchestrator.model.base import DomainName, HostName

_SAM = "/var/lib/samba/private/sam.ldb"
_CONTROLLER, _SSSD = "samba-ad-dc.service", "sssd.service"
_INBOUND_OFF = 0x2
"""NTDSDSA_OPT_DISABLE_INBOUND_REPL in a controller's options: [MS-ADTS] 6.1.1.2.2.1.2.1.1."""
_ACCEPTED, _REFUSED, _WRONG = "accepted", "refused", "Password incorrect"
_KINIT = """
file=$(mktemp)
trap 'rm "$file"' EXIT
printf '[libdefaults]\\ndns_lookup_kdc = false\\n[realms]\\n%s = {\\nkdc = 127.0.0.1\\n}\\n' "$1" >"$file"
KRB5_CONFIG=$file kinit -c MEMORY: "$2@$1"
"""
"""Asks the controller that it runs on, and no other one."""


class AdReplicationDisabled(Fault):
    """A domain controller has been told to take over no changes: its directory stays as it was.

    Somebody switched the replication off for a maintenance, with `samba-tool drs options`, and not on again. The
    controller serves its clients, with what it knows. The trainee sees `WERR_DS_DRA_SINK_DISABLED` in `samba-tool drs
    showrepl`, and DISABLE_INBOUND_REPL among the options. It outlasts a reboot. The image needs `samba-tool` and the
    tools of ldb.
    """

    name: ClassVar[str] = "ad-replication-disabled"

    host: HostName = Field(description="The controller that takes over nothing.", examples=["dc2"])
    source: HostName = Field(description="The controller that it replicates from.", examples=["dc1"])
    domain: DomainName = Field(description="The domain's DNS name.", examples=["example.internal"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the options; the replication must work."""
        wait_until_sound(self, lambda: self._refusal(driver))
        return {"options": str(self._options(driver))}

    def inject(self, driver: LabDriver) -> None:
        """Switch the inbound replication off."""
        self._set(driver, self._options(driver) | _INBOUND_OFF)

    def verify(self, driver: LabDriver) -> None:
        """The controller must refuse to replicate, because it has been told so."""

        def look() -> str:
            refusal = self._refusal(driver)
            return "" if "WERR_DS_DRA_SINK_DISABLED" in refusal else refusal or f"{self.host} replicates"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the options back, and fetch what was missed."""
        self._set(driver, int(memento["options"]))
        wait_until_undone(self, lambda: self._refusal(driver))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La réplication entrante {de(self.host)} était désactivée (option DISABLE_INBOUND_REPL).",
            en=f"The inbound replication of {self.host} was switched off (option DISABLE_INBOUND_REPL).",
        )

    def _settings(self, driver: LabDriver) -> str:
        """Return the DN of the controller's NTDS settings."""
        return _value(driver, self.host, "", "dsServiceName")

    def _options(self, driver: LabDriver) -> int:
        return int(_value(driver, self.host, self._settings(driver), "options") or 0)

    def _set(self, driver: LabDriver, options: int) -> None:
        change = f"dn: {self._settings(driver)}\nchangetype: modify\nreplace: options\noptions: {options}\n"
        driver.run(self.host, ("ldbmodify", "-H", _SAM), stdin=change.encode(), timeout=TOOL_TIME)

    def _refusal(self, driver: LabDriver) -> str:
        """Return why the controller does not fetch what has changed: nothing, where it does."""
        naming_context = ",".join(f"DC={label}" for label in self.domain.split("."))
        argv = ("samba-tool", "drs", "replicate", self.host, self.source, naming_context, "-P")
        done = driver.run(self.host, argv, check=False, timeout=TOOL_TIME)
        return (done.stdout + done.stderr).decode(errors="replace").strip()[-300:] if done.status else ""


class AdPasswordNotReplicated(Fault):
    """A password was changed on one domain controller, and the other one does not know the new one.

    It is the symptom of a replication that another fault has broken before, higher up in the scenario; where the
    replication works, it does not take effect. The user gets in where the first controller is asked, and is refused
    where the second is. The images need `samba-tool` and MIT's `kinit`.
    """

    name: ClassVar[str] = "ad-password-not-replicated"

    host: HostName = Field(description="The controller where the password is changed.", examples=["dc1"])
    other: HostName = Field(
        description="The controller that does not learn it. Its service restarts first, as after a night's updates: "
        "no old connection then hides what is broken.",
        examples=["dc2"],
    )
    domain: DomainName = Field(description="The domain's DNS name.", examples=["example.internal"])
    login: str = Field(pattern=r"^[a-z][a-z0-9._-]*$", description="The user's login.", examples=["croux"])
    password: str = Field(min_length=1, description="The password until now.", examples=["Copeau-52"], repr=False)
    becomes: str = Field(min_length=1, description="The new password.", examples=["Rabot-417"], repr=False)
    members: tuple[HostName, ...] = Field(
        default=(), description="Members that turn to the second controller; their SSSD starts again after it."
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; the old password must be right, and the new one not yet."""
        answers = [self._ask(driver, self.host, password) for password in (self.password, self.becomes)]
        if answers != [_ACCEPTED, _REFUSED]:
            raise nothing_to_break(self, f"{self.host}, the old and the new password: {answers}")
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Start the second controller again, then change the password on the first one."""
        restart(driver, self.other, _CONTROLLER)
        self._set_password(driver, self.becomes)
        for member in self.members:
            restart(driver, member, _SSSD)

    def verify(self, driver: LabDriver) -> None:
        """The first controller must accept the new password, and the second refuse it."""

        def look() -> str:
            answers = [self._ask(driver, controller, self.becomes) for controller in (self.host, self.other)]
            return "" if answers == [_ACCEPTED, _REFUSED] else f"{self.host}, {self.other}, the new password: {answers}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Set the old password, which the second controller still knows or learns."""
        self._set_password(driver, self.password)
        for member in self.members:
            restart_and_wait(driver, member, _SSSD)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le nouveau mot de passe {de(self.login)}, changé sur {self.host}, n'était pas parvenu à {self.other}.",
            en=f"The new password of {self.login}, changed on {self.host}, had not reached {self.other}.",
        )

    def _ask(self, driver: LabDriver, controller: str, password: str) -> str:
        return _answer(driver, controller, self.domain, self.login, password)

    def _set_password(self, driver: LabDriver, password: str) -> None:
        argv = ("samba-tool", "user", "setpassword", self.login, f"--newpassword={password}")
        driver.run(self.host, argv, timeout=TOOL_TIME)


def _value(driver: LabDriver, host: str, entry: str, attribute: str) -> str:
    """Return a value in a controller's own directory, or an empty text."""
    argv = ("ldbsearch", "-H", _SAM, "-s", "base", "-b", entry, attribute)
    lines = driver.run(host, argv, timeout=TOOL_TIME).stdout.decode().replace("\n ", "")  # long lines are folded
    found = re.search(rf"^{attribute}: (.*)$", lines, re.MULTILINE)
    return found[1].strip() if found else ""


def _answer(driver: LabDriver, host: str, domain: str, login: str, password: str) -> str:
    """Return what a controller's own Kerberos says of a password: accepted, refused, or why it cannot tell.

    NTLM would not do: it accepts the password before the last one for another hour.
    """
    argv = ("sh", "-c", _KINIT, "sh", domain.upper(), login)
    done = driver.run(host, argv, stdin=f"{password}\n".encode(), check=False, timeout=TOOL_TIME)
    said = (done.stdout + done.stderr).decode(errors="replace").strip()
    if done.status == 0:
        return _ACCEPTED
    return _REFUSED if _WRONG in said else said
