"""Faults of two Samba domain controllers: one no longer takes over what changes on the other, or does not find it."""

from __future__ import annotations

import base64
import re
from typing import ClassVar, Literal

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.fault import (
    Fault,
    Memento,
    nothing_to_break,
    wait_for_effect,
    wait_until_sound,
    wait_until_undone,
)
from orchestrator.faults.library.directory.samba_ad import TOOL_TIME, UPDATE_LIST, register_names
from orchestrator.faults.library.system.units import restart, restart_and_wait
from orchestrator.model.base import DomainName, HostName

_SAM = "/var/lib/samba/private/sam.ldb"
_CONTROLLER, _SSSD = "samba-ad-dc.service", "sssd.service"
_OPTIONS = {
    "inbound": (0x2, "DISABLE_INBOUND_REPL", "WERR_DS_DRA_SINK_DISABLED"),
    "outbound": (0x4, "DISABLE_OUTBOUND_REPL", "WERR_DS_DRA_SOURCE_DISABLED"),
}
"""Direction -> its bit in a controller's options ([MS-ADTS] 6.1.1.2.2.1.2.1.1), its name, and how it refuses."""
_ACCEPTED, _REFUSED, _WRONG = "accepted", "refused", "Password incorrect"
_NAME = re.compile(r"(\$\{IF_\w+\})?CNAME\s+\$\{NTDSGUID\}\._msdcs\.")
"""The line of a controller's alias in its list."""
_KEEPS_DATE = "--controls=local_oid:1.3.6.1.4.1.7165.4.3.20:0"
"""The password's date is the one that is given, not the time of the change (DSDB_CONTROL_PASSWORD_BYPASS_LAST_SET)."""
_KINIT = """
file=$(mktemp)
trap 'rm "$file"' EXIT
printf '[libdefaults]\\ndns_lookup_kdc = false\\n[realms]\\n%s = {\\nkdc = 127.0.0.1\\n}\\n' "$1" >"$file"
KRB5_CONFIG=$file kinit -c MEMORY: "$2@$1"
"""
"""Asks the controller that it runs on, and no other one."""


class AdReplicationDisabled(Fault):
    """A domain controller has been told to take over no changes, or to pass none on: a directory stays as it was.

    Somebody switched the replication off for a maintenance, with `samba-tool drs options`, and not on again. Both
    controllers serve their clients, with what they know. The trainee sees `WERR_DS_DRA_SINK_DISABLED` (or, where the
    source passes nothing on, `WERR_DS_DRA_SOURCE_DISABLED`) in `samba-tool drs showrepl`, and DISABLE_INBOUND_REPL (or
    DISABLE_OUTBOUND_REPL) among that controller's options. It outlasts a reboot. The images need `samba-tool` and the
    tools of ldb.
    """

    name: ClassVar[str] = "ad-replication-disabled"

    host: HostName = Field(description="The controller whose directory stays as it was.", examples=["dc2"])
    source: HostName = Field(description="The controller that it replicates from.", examples=["dc1"])
    domain: DomainName = Field(description="The domain's DNS name.", examples=["example.internal"])
    direction: Literal["inbound", "outbound"] = Field(
        default="inbound",
        description="What was switched off: what the host takes over (`inbound`), or what the source passes on.",
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the options; the replication must work."""
        wait_until_sound(self, lambda: self._refusal(driver))
        return {"options": str(self._options(driver))}

    def inject(self, driver: LabDriver) -> None:
        """Switch the replication off in one direction."""
        bit, _, _ = _OPTIONS[self.direction]
        self._set(driver, self._options(driver) | bit)

    def verify(self, driver: LabDriver) -> None:
        """The controllers must refuse to replicate, because one has been told so."""
        _, _, refused = _OPTIONS[self.direction]

        def look() -> str:
            refusal = self._refusal(driver)
            return "" if refused in refusal else refusal or f"{self.host} replicates"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the options back, and fetch what was missed."""
        self._set(driver, int(memento["options"]))
        wait_until_undone(self, lambda: self._refusal(driver))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        _, option, _ = _OPTIONS[self.direction]
        told = "entrante" if self.direction == "inbound" else "sortante"
        return Text(
            fr=f"La réplication {told} {de(self._told)} était désactivée (option {option}).",
            en=f"The {self.direction} replication of {self._told} was switched off (option {option}).",
        )

    @property
    def _told(self) -> str:
        """Return the controller that has been told so."""
        return self.host if self.direction == "inbound" else self.source

    def _settings(self, driver: LabDriver) -> str:
        """Return the DN of the controller's NTDS settings."""
        return _value(driver, self._told, "", "dsServiceName")

    def _options(self, driver: LabDriver) -> int:
        return int(_value(driver, self._told, self._settings(driver), "options") or 0)

    def _set(self, driver: LabDriver, options: int) -> None:
        change = f"dn: {self._settings(driver)}\nchangetype: modify\nreplace: options\noptions: {options}\n"
        driver.run(self._told, ("ldbmodify", "-H", _SAM), stdin=change.encode(), timeout=TOOL_TIME)

    def _refusal(self, driver: LabDriver) -> str:
        """Return why the controller does not fetch what has changed: nothing, where it does."""
        naming_context = ",".join(f"DC={label}" for label in self.domain.split("."))
        argv = ("samba-tool", "drs", "replicate", self.host, self.source, naming_context, "-P")
        done = driver.run(self.host, argv, check=False, timeout=TOOL_TIME)
        return (done.stdout + done.stderr).decode(errors="replace").strip()[-300:] if done.status else ""


class AdPartnerNameMissing(Fault):
    """The domain's DNS lacks the name by which the other controllers find one: they no longer fetch what it changes.

    A controller looks its partner up by the identifier of that partner's settings, an alias below `_msdcs`. Its line is
    commented out in `/var/lib/samba/private/dns_update_list`, which says what the controller registers, and
    `samba_dnsupdate` takes it out of DNS: neither a reboot nor the controller's own updates bring it back. The trainee
    sees `WERR_FILE_NOT_FOUND` in `samba-tool drs showrepl` on the partner, as soon as that has lost its old connection:
    let `ad-password-not-replicated` follow, which starts it again. The images need Samba's own DNS, the tools of ldb
    and `dig`.
    """

    name: ClassVar[str] = "ad-partner-name-missing"

    host: HostName = Field(description="The controller that is no longer found.", examples=["dc1"])
    partner: HostName = Field(description="The controller that looks for it.", examples=["dc2"])
    domain: DomainName = Field(description="The domain's DNS name.", examples=["example.internal"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the list; both controllers must find the name."""
        register_names(driver, self.host)  # what was never registered would not be taken out either
        wait_until_sound(self, lambda: "; ".join(f"{at}: -" for at, found in self._answers(driver) if not found))
        return {UPDATE_LIST: snapshot.take(driver, self.host, UPDATE_LIST).text()}

    def inject(self, driver: LabDriver) -> None:
        """Comment the line out, and have the controller follow its list."""
        lines = driver.read(self.host, UPDATE_LIST).decode().splitlines()
        after = [f"#{line}" if _NAME.match(line) else line for line in lines]
        driver.write(self.host, UPDATE_LIST, "".join(f"{line}\n" for line in after).encode())
        register_names(driver, self.host)

    def verify(self, driver: LabDriver) -> None:
        """Neither controller must find the name."""
        wait_for_effect(self, lambda: "; ".join(f"{at}: {found}" for at, found in self._answers(driver) if found))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the list back, and have the controller register what it says."""
        snapshot.put_back(driver, self.host, UPDATE_LIST, memento[UPDATE_LIST])
        register_names(driver, self.host)
        wait_until_undone(self, lambda: "; ".join(f"{at}: -" for at, found in self._answers(driver) if not found))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Dans le DNS {de(self.domain)}, il manquait le nom sous lequel {self.partner} cherche {self.host} "
            "(l'alias de son identifiant, sous _msdcs).",
            en=f"The DNS of {self.domain} lacked the name by which {self.partner} looks for {self.host} "
            "(the alias of its identifier, below _msdcs).",
        )

    def _answers(self, driver: LabDriver) -> list[tuple[str, str]]:
        """Return what either controller is told of the name by the server that it asks first.

        Its own copy of the zone may know the name for ever: what is taken out reaches it by the same replication.
        """
        settings = _value(driver, self.host, "", "dsServiceName")
        name = f"{_value(driver, self.host, settings, 'objectGUID')}._msdcs.{self.domain}"
        argv = ("dig", "+short", "+time=5", name, "CNAME")
        return [(at, driver.run(at, argv).stdout.decode().strip()) for at in (self.host, self.partner)]


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
        """Keep the old password's date; that password must be right, and the new one not yet."""
        answers = [self._ask(driver, self.host, password) for password in (self.password, self.becomes)]
        if answers != [_ACCEPTED, _REFUSED]:
            raise nothing_to_break(self, f"{self.host}, the old and the new password: {answers}")
        return {"date": self._account(driver)[1]}

    def inject(self, driver: LabDriver) -> None:
        """Start the second controller again, then change the password on the first one."""
        restart(driver, self.other, _CONTROLLER)
        argv = ("samba-tool", "user", "setpassword", self.login, f"--newpassword={self.becomes}")
        driver.run(self.host, argv, timeout=TOOL_TIME)
        for member in self.members:
            restart(driver, member, _SSSD)

    def verify(self, driver: LabDriver) -> None:
        """The first controller must accept the new password, and the second refuse it."""

        def look() -> str:
            answers = [self._ask(driver, controller, self.becomes) for controller in (self.host, self.other)]
            return "" if answers == [_ACCEPTED, _REFUSED] else f"{self.host}, {self.other}, the new password: {answers}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Set the old password with its old date, as if it had never been changed; the second knows or learns it."""
        password = base64.b64encode(self.password.encode("utf-16-le")).decode()
        change = (
            f"{self._account(driver)[0]}\nchangetype: modify\n"
            f"replace: clearTextPassword\nclearTextPassword:: {password}\n-\n"
            f"replace: pwdLastSet\npwdLastSet: {memento['date']}\n"
        )
        driver.run(self.host, ("ldbmodify", "-H", _SAM, _KEEPS_DATE), stdin=change.encode(), timeout=TOOL_TIME)
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

    def _account(self, driver: LabDriver) -> tuple[str, str]:
        """Return the line of LDIF that names the account, and its password's date."""
        argv = ("ldbsearch", "-H", _SAM, f"(sAMAccountName={self.login})", "pwdLastSet")
        lines = driver.run(self.host, argv, timeout=TOOL_TIME).stdout.decode().replace("\n ", "")
        (name,) = re.findall(r"^dn::? .*$", lines, re.MULTILINE)
        (date,) = re.findall(r"^pwdLastSet: (\d+)$", lines, re.MULTILINE)
        return name, date


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
