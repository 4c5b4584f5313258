"""Faults of accounts: locked, expired, without a shell, out of a group, or with another password."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.accounts.local_accounts import LocalAccounts
from orchestrator.model.base import AbsolutePath, AccountName, HostName

_REFUSED = "Authentication failure"
_EXPIRED = "expired"


class _OfAccount(Fault):
    """A fault of one account of a host."""

    host: HostName = Field(description="The host that has the account.")
    account: AccountName = Field(description="The account's login.", examples=["technicien"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the account; a session must begin beforehand."""
        if refused := self._accounts(driver).begin_session(self.account):
            raise nothing_to_break(self, f"{self.account}: {refused}")
        return {"lines": self._accounts(driver).kept(self.account)}

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Make the account what it was."""
        self._accounts(driver).put_back(memento["lines"])

    def _accounts(self, driver: LabDriver) -> LocalAccounts:
        return LocalAccounts(driver, self.host)


class _WithPassword(_OfAccount):
    """A fault by which a right password is refused."""

    password: str = Field(
        min_length=1,
        description="The password that the user knows, with which a login is tried.",
        examples=["Tulipe-42"],
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the account; the password must be right."""
        if refused := self._accounts(driver).log_in(self.account, self.password):
            raise nothing_to_break(self, f"{self.account}: {refused}")
        return super().remember(driver)

    def _require_refused(self, driver: LabDriver) -> None:
        refused = self._accounts(driver).log_in(self.account, self.password)
        if _REFUSED not in refused:
            raise not_effective(self, f"{self.account}: {refused or 'logged in'}")


class AccountLocked(_WithPassword):
    """An account is locked: the right password is refused.

    The trainee sees `L` in `passwd --status`, and unlocks it with `usermod --unlock`; SSH keys still work. `password`
    must be the account's: a login with it is tried before and after.
    """

    name: ClassVar[str] = "account-locked"

    def inject(self, driver: LabDriver) -> None:
        """Lock it."""
        self._accounts(driver).lock(self.account)

    def verify(self, driver: LabDriver) -> None:
        """The password must be refused, and the account be locked: another password is another fault."""
        self._require_refused(driver)
        status = driver.run(self.host, ("passwd", "--status", "--", self.account)).stdout.decode().split()
        if status[1:2] != ["L"]:
            raise not_effective(self, " ".join(status))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le compte {self.account} était verrouillé.",
            en=f"On {self.host} the account {self.account} was locked.",
        )


class AccountExpired(_OfAccount):
    """An account has ended: logins are refused with "Your account has expired", whatever the password.

    It is the date of a temporary worker's contract, never prolonged. The trainee sees it with `chage --list`.
    """

    name: ClassVar[str] = "account-expired"

    day: str = Field(
        default="2024-12-31",
        pattern=r"^20[0-2]\d-[01]\d-[0-3]\d$",
        description="The day of its end, in the past: YYYY-MM-DD.",
    )

    def inject(self, driver: LabDriver) -> None:
        """Set the day."""
        self._accounts(driver).expire(self.account, self.day)

    def verify(self, driver: LabDriver) -> None:
        """A session must be refused because the account has expired."""
        refused = self._accounts(driver).begin_session(self.account)
        if _EXPIRED not in refused:
            raise not_effective(self, f"{self.account}: {refused or 'a session begins'}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le compte {self.account} avait expiré le {self.day}.",
            en=f"On {self.host} the account {self.account} had expired on {self.day}.",
        )


class AccountShellWrong(_OfAccount):
    """An account has a login shell that ends at once or does not exist: the password is right, the session closes.

    `/usr/sbin/nologin` says "This account is currently not available"; a shell that is not installed says "No such file
    or directory". The trainee sees it in `getent passwd`.
    """

    name: ClassVar[str] = "account-shell-wrong"

    shell: AbsolutePath = Field(default="/usr/sbin/nologin", description="The wrong shell.")

    def inject(self, driver: LabDriver) -> None:
        """Set the shell."""
        self._accounts(driver).set_shell(self.account, self.shell)

    def verify(self, driver: LabDriver) -> None:
        """A session must end at once, because of the shell and not of the account."""
        refused = self._accounts(driver).begin_session(self.account)
        shell = driver.run(self.host, ("getent", "passwd", self.account)).stdout.decode().strip().rpartition(":")[2]
        if not refused or _EXPIRED in refused or shell != self.shell:
            raise not_effective(self, f"{self.account}, {shell}: {refused or 'a session begins'}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, l'interpréteur de commandes {de(self.account)} était {self.shell}.",
            en=f"On {self.host} the login shell of {self.account} was {self.shell}.",
        )


class AccountGroupLost(_OfAccount):
    """An account is no longer in a group, and has lost what the group may do: sudo, a shared folder, a printer.

    Sessions that are open keep the group; new ones do not have it. The trainee sees it with `id`. The account must be
    in the group beforehand, and not as its first group.
    """

    name: ClassVar[str] = "account-group-lost"

    group: AccountName = Field(description="The group.", examples=["sudo"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the account and the group."""
        memento = super().remember(driver)
        groups = self._accounts(driver).groups(self.account)
        if self.group not in groups[1:]:
            raise nothing_to_break(self, f"{self.account}: {' '.join(groups)}")
        return {**memento, "lines": self._accounts(driver).kept(self.account, self.group)}

    def inject(self, driver: LabDriver) -> None:
        """Take it out of the group."""
        self._accounts(driver).leave(self.account, self.group)

    def verify(self, driver: LabDriver) -> None:
        """A new session must not have the group."""
        groups = self._accounts(driver).groups(self.account)
        if self.group in groups:
            raise not_effective(self, f"{self.account}: {' '.join(groups)}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le compte {self.account} n'était plus membre du groupe {self.group}.",
            en=f"On {self.host} the account {self.account} was no longer in the group {self.group}.",
        )


class AccountPasswordChanged(_WithPassword):
    """An account has another password than the one that its user knows.

    The trainee sees a plain "Authentication failure" and an account that is neither locked nor expired; the repair is
    to set a new password. `password` must be the account's: logins with both are tried.
    """

    name: ClassVar[str] = "account-password-changed"

    changed_to: str = Field(
        min_length=1, description="The password that it has now.", examples=["Jonquille-17"], repr=False
    )

    def inject(self, driver: LabDriver) -> None:
        """Set the other password."""
        self._accounts(driver).set_password(self.account, self.changed_to)

    def verify(self, driver: LabDriver) -> None:
        """The user's password must be refused, and the other one accepted."""
        self._require_refused(driver)
        if refused := self._accounts(driver).log_in(self.account, self.changed_to):
            raise not_effective(self, f"{self.account}: {refused}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le mot de passe {de(self.account)} avait été changé.",
            en=f"On {self.host} the password of {self.account} had been changed.",
        )
