"""Faults of an OpenLDAP directory: a wrong or missing value, a locked account, an old password that locks it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect
from orchestrator.faults.library.directory import ldap_server
from orchestrator.faults.library.system.units import UnitName, reload_units, unit_state
from orchestrator.model.base import DomainName, HostName

Dn = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]+=[^\n]+(,[A-Za-z]+=[^\n]+)*$"), Field(description="The entry's DN.")
]

_LOCKED = "pwdAccountLockedTime"
_FAILURES = "pwdFailureTime"
_FOR_EVER = "000001010000Z"
"""What an administrator sets: locked until an administrator unlocks it (slapo-ppolicy(5))."""


class DirectoryValueWrong(Fault):
    """An attribute of an entry has a wrong value, or has lost one: a member of a group, a number, a shell.

    The trainee compares the entry with another one in `ldapsearch`. `probe` is the command in which a user feels it,
    on a client; where the client keeps a cache, it must be a short one. The server needs `ldapmodify` (package
    ldap-utils) and must let its root administer the data over ldapi:///.
    """

    name: ClassVar[str] = "directory-value-wrong"

    host: HostName = Field(description="The directory server.")
    entry: Dn = Field(examples=["cn=comptabilite,ou=groups,dc=example,dc=internal"])
    attribute: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", description="The attribute.", examples=["memberUid"])
    value: str = Field(min_length=1, description="The right value, which is there now.", examples=["croux"])
    becomes: str | None = Field(default=None, min_length=1, description="What it becomes; by default it is removed.")
    probe: EffectProbe = Field(
        description="The command that shows the effect.",
        examples=[{"host": "pc1", "run": ["id", "-Gn", "croux"], "prints": "salaries"}],
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing but that the value is there; the effect must not be seen yet."""
        values = ldap_server.values(driver, self.host, self.entry, self.attribute)
        if self.value not in values:
            raise nothing_to_break(self, f"{self.entry}: {self.attribute} = {', '.join(values) or '-'}")
        self.probe.require_absent(self, driver, self.host)
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Change or remove the value."""
        self._change(driver, self.value, self.becomes)

    def verify(self, driver: LabDriver) -> None:
        """The value must be gone, the wrong one be there, and the probe show it."""

        def look() -> str:
            values = ldap_server.values(driver, self.host, self.entry, self.attribute)
            gone, there = self.value not in values, self.becomes is None or self.becomes in values
            return "" if gone and there else f"{self.entry}: {self.attribute} = {', '.join(values) or '-'}"

        wait_for_effect(self, look)
        self.probe.require_shown(self, driver, self.host)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the right value back, whatever became of the wrong one."""
        values = ldap_server.values(driver, self.host, self.entry, self.attribute)
        wrong = self.becomes if self.becomes in values else None
        if self.value not in values or wrong:
            self._change(driver, wrong, None if self.value in values else self.value)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        if self.becomes is None:
            return Text(
                fr=f"Dans l'annuaire, {self.entry} avait perdu la valeur {self.attribute}: {self.value}.",
                en=f"In the directory, {self.entry} had lost the value {self.attribute}: {self.value}.",
            )
        return Text(
            fr=f"Dans l'annuaire, {self.entry} avait {self.attribute}: {self.becomes} au lieu de {self.value}.",
            en=f"In the directory, {self.entry} had {self.attribute}: {self.becomes} instead of {self.value}.",
        )

    def _change(self, driver: LabDriver, old: str | None, new: str | None) -> None:
        ldap_server.modify(driver, self.host, self.entry, self.attribute, remove=old, add=new)


class _OfAccount(Fault):
    """A fault of one account whose password the user knows."""

    host: HostName = Field(description="The directory server.")
    entry: Dn = Field(examples=["uid=croux,ou=people,dc=example,dc=internal"])
    password: str = Field(
        min_length=1,
        description="The password that the user knows, which is tried.",
        examples=["Copeau-52"],
        repr=False,
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing: the account must not be locked, and its password be right."""
        locked = ldap_server.values(driver, self.host, self.entry, _LOCKED)
        if locked or not ldap_server.accepts(driver, self.host, self.entry, self.password):
            raise nothing_to_break(self, f"{self.entry}: {_LOCKED} = {', '.join(locked) or '-'}")
        return {}

    def verify(self, driver: LabDriver) -> None:
        """The right password must be refused because the directory has locked the account."""

        def look() -> str:
            locked = ldap_server.values(driver, self.host, self.entry, _LOCKED)
            if self._expected(locked) and not self._tried(driver, self.password):
                return ""
            return f"{self.entry}: {_LOCKED} = {', '.join(locked) or '-'}"

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Unlock the account and forget the failures."""
        for attribute in (_LOCKED, _FAILURES):
            if ldap_server.values(driver, self.host, self.entry, attribute):
                ldap_server.modify(driver, self.host, self.entry, attribute)

    def _expected(self, locked: tuple[str, ...]) -> bool:
        return bool(locked)

    def _tried(self, driver: LabDriver, password: str) -> bool:
        """Try a password of the account as the fault's story has it; the directory's log tells from where."""
        return ldap_server.accepts(driver, self.host, self.entry, password)


class DirectoryAccountLocked(_OfAccount):
    """The directory has locked an account: its right password is refused on every machine.

    `by: failures` is the password policy after too many wrong passwords, `by: administrator` a lock set by hand, which
    never ends by itself. The trainee sees `pwdAccountLockedTime` among the operational attributes (`ldapsearch … +`)
    and unlocks the account by deleting it. The server needs the overlay ppolicy with `pwdLockout: TRUE`. Passwords are
    tried on the server itself; name the workstation where a person types them, so that the logs of both show it. It
    needs `sshpass`, and SSSD.
    """

    name: ClassVar[str] = "directory-account-locked"

    by: Literal["failures", "administrator"] = Field(default="failures", description="What locked it.")
    typed_on: HostName | None = Field(
        default=None, description="The workstation where the passwords are typed; by default the server asks itself."
    )
    mistyped: str | None = Field(
        default=None,
        min_length=1,
        description="The wrong password that is typed; by default the right one with a question mark.",
        examples=["Copeau-51"],
        repr=False,
    )

    def inject(self, driver: LabDriver) -> None:
        """Try wrong passwords as somebody at a keyboard does, or set the lock by hand."""
        if self.by == "administrator":
            ldap_server.modify(driver, self.host, self.entry, _LOCKED, add=_FOR_EVER)
            return
        for _ in range(_MOST_FAILURES):
            if ldap_server.values(driver, self.host, self.entry, _LOCKED):
                return
            self._tried(driver, self.mistyped or f"{self.password}?")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        if self.by == "administrator":
            return Text(
                fr=f"Dans l'annuaire, le compte {self.entry} avait été verrouillé à la main.",
                en=f"In the directory the account {self.entry} had been locked by hand.",
            )
        fr, en = (f", tapés sur {self.typed_on}", f", typed on {self.typed_on}") if self.typed_on else ("", "")
        return Text(
            fr=f"Dans l'annuaire, le compte {self.entry} s'était verrouillé après trop de mots de passe faux{fr}.",
            en=f"In the directory the account {self.entry} had been locked after too many wrong passwords{en}.",
        )

    def _expected(self, locked: tuple[str, ...]) -> bool:
        return bool(locked) and (_FOR_EVER in locked) == (self.by == "administrator")

    def _tried(self, driver: LabDriver, password: str) -> bool:
        if self.typed_on is None:
            return super()._tried(driver, password)
        login = self.entry.partition("=")[2].partition(",")[0]
        command = ("sshpass", "ssh", *_ONE_PASSWORD, f"{login}@localhost", "true")
        return driver.run(self.typed_on, command, stdin=password.encode(), check=False).status == 0


_ONE_PASSWORD = (
    *("-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1"),
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
)
"""What `ssh` needs to try one password and to leave nothing behind."""
_MOST_FAILURES = 20
"""Wrong passwords that are tried at most; no policy allows more."""


class DirectoryPasswordStale(_OfAccount):
    """A program on some machine still logs in with a person's old password, and locks the account again and again.

    It is the phone, the scheduled task or the mail client that was forgotten when the password was changed. The trainee
    who only unlocks the account sees it locked again within seconds; the directory's log (`journalctl -u slapd`, with
    `olcLogLevel: stats`) shows from which address the failures come. The client needs `ldapwhoami` and systemd.
    """

    name: ClassVar[str] = "directory-password-stale"

    client: HostName = Field(description="The machine with the forgotten program.")
    server_name: DomainName = Field(
        description="The directory's name, with StartTLS.", examples=["ldap1.example.internal"]
    )
    old_password: str = Field(min_length=1, description="The password of before.", examples=["Copeau-51"], repr=False)
    unit: UnitName = Field(
        default="address-book-sync.service", description="The program's service; the client must not have it."
    )
    purpose: str = Field(
        default="Synchronise the address book", min_length=1, description="What the service says of itself."
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; the client must not have the service."""
        state = unit_state(driver, self.client, self.unit)
        if state.load != "not-found":
            raise nothing_to_break(self, f"{self.unit}: {state}")
        return super().remember(driver)

    def inject(self, driver: LabDriver) -> None:
        """Install the program with its settings, and start it."""
        settings = (
            f"# {self.purpose}: the account that it uses.\n"
            f"LDAP_URI=ldap://{self.server_name}\nBIND_DN={self.entry}\nPASSWORD={self.old_password}\n"
        )
        script = (
            f"#!/bin/sh\n# {self.purpose}. Settings: {self._settings}\n"
            "while :; do\n"
            '  ldapwhoami -x -ZZ -H "$LDAP_URI" -D "$BIND_DN" -w "$PASSWORD" >/dev/null || echo "login refused" >&2\n'
            "  sleep 2\n"
            "done\n"
        )
        unit = (
            f"[Unit]\nDescription={self.purpose}\nAfter=network.target\n\n"
            f"[Service]\nEnvironmentFile={self._settings}\nExecStart={self._program}\n"
            "Restart=always\n\n[Install]\nWantedBy=multi-user.target\n"
        )
        driver.write(self.client, self._settings, settings.encode(), mode="0600")
        driver.write(self.client, self._program, script.encode(), mode="0755")
        driver.write(self.client, self._unit_file, unit.encode(), mode="0644")
        reload_units(driver, self.client)
        driver.run(self.client, ("systemctl", "enable", "--now", "--", self.unit))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Remove the program, then unlock the account."""
        driver.run(self.client, ("systemctl", "disable", "--now", "--", self.unit), check=False)
        driver.run(self.client, ("rm", "-f", "--", self._settings, self._program, self._unit_file))
        reload_units(driver, self.client)
        super().revert(driver, memento)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.client}, {self.unit} essayait sans cesse l'ancien mot de passe {de(self.entry)}.",
            en=f"On {self.client} {self.unit} kept trying the old password of {self.entry}.",
        )

    def _tried(self, driver: LabDriver, password: str) -> bool:
        return ldap_server.accepts(driver, self.client, self.entry, password, server_name=self.server_name)

    @property
    def _name(self) -> str:
        return re.sub(r"\.service$", "", self.unit)

    @property
    def _settings(self) -> str:
        return f"/etc/default/{self._name}"

    @property
    def _program(self) -> str:
        return f"/usr/local/bin/{self._name}"

    @property
    def _unit_file(self) -> str:
        return f"/etc/systemd/system/{self.unit}"
