"""Faults of files: a wrong content, owner or mode, or a file that is missing."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.edits import Edit
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.system.as_account import as_account
from orchestrator.faults.library.system.units import UnitName, restart, restart_and_wait
from orchestrator.model.base import AbsolutePath, AccountName, FileMode, HostName

Access = Literal["read", "write", "execute"]
"""What an account may do with a file; ``execute`` on a folder means to go into it."""

_TESTS: dict[Access, str] = {"read": "-r", "write": "-w", "execute": "-x"}
_FRENCH: dict[Access, str] = {"read": "lire", "write": "modifier", "execute": "exécuter"}


class _OfFile(Fault):
    """A fault of one file; services that read it are restarted."""

    host: HostName = Field(description="The host that is broken.")
    path: AbsolutePath = Field(description="The file.", examples=["/etc/hosts"])
    restart: tuple[UnitName, ...] = Field(default=(), description="The services that must read it again.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file."""
        kept = snapshot.take(driver, self.host, self.path)
        if kept.kind == "absent":
            raise nothing_to_break(self, f"{self.host}:{self.path} does not exist")
        return {self.path: kept.text()}

    def inject(self, driver: LabDriver) -> None:
        """Spoil the file and restart what reads it; that may fail, as it does for a user."""
        self.spoil(driver)
        for unit in self.restart:
            restart(driver, self.host, unit)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back and restart what reads it."""
        snapshot.put_back(driver, self.host, self.path, memento[self.path])
        for unit in self.restart:
            restart_and_wait(driver, self.host, unit)

    @abstractmethod
    def spoil(self, driver: LabDriver) -> None:
        """Change the file."""


class FileChanged(_OfFile):
    """The content of a file is wrong: a line, a setting, an INI or JSON value.

    `edit` says what is changed (see its kinds), `restart` which services read it, and `probe` by which command the
    effect is seen: before the fault it must not show, afterwards it must.
    """

    name: ClassVar[str] = "file-changed"

    edit: Edit
    probe: EffectProbe = Field(
        description="The command that shows the effect.",
        examples=[{"run": ["getent", "hosts", "intranet"], "prints": "192.168.30.9"}],
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file; the effect must not be seen yet."""
        self.probe.require_absent(self, driver, self.host)
        return super().remember(driver)

    def spoil(self, driver: LabDriver) -> None:
        """Apply the edit."""
        before = driver.read(self.host, self.path).decode()
        after = self.edit.apply(before)
        if after == before:
            raise not_effective(self, f"nothing to change in {self.path}")
        driver.write(self.host, self.path, after.encode())

    def verify(self, driver: LabDriver) -> None:
        """The probe must show the effect."""
        self.probe.require_shown(self, driver, self.host)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le contenu de {self.path} était faux.",
            en=f"On {self.host} the content of {self.path} was wrong.",
        )


class _OfAccess(_OfFile):
    """A fault by which an account loses a right on a file, or has one that it should not have."""

    account: AccountName = Field(
        description="The account that feels it: a user, or the one that a service runs as.", examples=["www-data"]
    )
    access: Access = Field(default="read", description="What it can no longer do with the file.")
    gained: bool = Field(
        default=False, description="The reverse: the account may now do what it should not (a private file left open)."
    )
    probe: EffectProbe | None = Field(default=None, description="A command that shows the effect on a service besides.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep owner and mode; the account must have the right beforehand (or lack it, where it is gained)."""
        memento = super().remember(driver)
        if may(driver, self.host, self.account, self.access, self.path) == self.gained:
            raise nothing_to_break(self, f"{self.account}, {self.access}, {self.path}")
        if self.probe:
            self.probe.require_absent(self, driver, self.host)
        return memento

    def verify(self, driver: LabDriver) -> None:
        """The account itself must try, and fail (or succeed, where the right is gained)."""
        if may(driver, self.host, self.account, self.access, self.path) != self.gained:
            raise not_effective(self, f"{self.account}, {self.access}, {self.path}")
        if self.probe:
            self.probe.require_shown(self, driver, self.host)

    def _consequence(self) -> Text:
        can = Text(fr="pouvait", en="could") if self.gained else Text(fr="ne pouvait plus", en="could no longer")
        return Text(
            fr=f"{self.account} {can.fr} {_FRENCH[self.access]} {self.path}",
            en=f"{self.account} {can.en} {self.access} {self.path}",
        )


class FileOwnerWrong(_OfAccess):
    """A file belongs to the wrong user or group, so that an account (often a service's) cannot use it.

    It is what remains of an edit or a copy made as root. The trainee sees "Permission denied" in the service's log and
    the wrong names in `ls -l`. `account` really tries before and after: choose one whom the owner matters to.
    """

    name: ClassVar[str] = "file-owner-wrong"

    owner: AccountName = Field(default="root", description="The wrong owner.")
    group: AccountName = Field(default="root", description="The wrong group.")

    def spoil(self, driver: LabDriver) -> None:
        """Change owner and group."""
        driver.run(self.host, ("chown", f"{self.owner}:{self.group}", "--", self.path))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        then = self._consequence()
        return Text(
            fr=f"Sur {self.host}, {self.path} appartenait à {self.owner}:{self.group} : {then.fr}.",
            en=f"On {self.host} {self.path} belonged to {self.owner}:{self.group}: {then.en}.",
        )


class FileModeWrong(_OfAccess):
    """A file or folder has the wrong mode: an account can no longer use it, or can although it should not.

    The trainee sees "Permission denied", or a program that refuses a private file which is open to all, and the mode in
    `ls -l`. `account` really tries before and after.
    """

    name: ClassVar[str] = "file-mode-wrong"

    mode: FileMode = Field(description='The wrong mode, octal and quoted: "0600".', examples=["0600"])

    def spoil(self, driver: LabDriver) -> None:
        """Change the mode."""
        driver.run(self.host, ("chmod", self.mode, "--", self.path))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        then = self._consequence()
        return Text(
            fr=f"Sur {self.host}, {self.path} avait les droits {self.mode} : {then.fr}.",
            en=f"On {self.host} {self.path} had the mode {self.mode}: {then.en}.",
        )


class FolderModeWrong(_OfFile):
    """A folder has another mode than it should, such as a sticky bit too many or a setgid bit too few.

    No account loses a right on the folder itself, and yet people feel it in what they do there: they cannot rename or
    delete each other's files, or their new files are another group's. `probe` says by which command that is seen:
    before the fault it must not show, afterwards it must. The trainee sees the mode in `ls -ld`.
    """

    name: ClassVar[str] = "folder-mode-wrong"

    mode: FileMode = Field(description='The wrong mode, octal and quoted: "03770".', examples=["03770"])
    probe: EffectProbe = Field(
        description="The command that shows the effect.",
        examples=[{"run": ["sh", "-c", "touch /srv/depot/x; stat -c %G /srv/depot/x"], "prints": "root"}],
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep owner and mode; the effect must not be seen yet."""
        memento = super().remember(driver)
        if snapshot.Snapshot.of(memento[self.path]).kind != "folder":
            raise nothing_to_break(self, f"{self.host}:{self.path} is no folder")
        self.probe.require_absent(self, driver, self.host)
        return memento

    def spoil(self, driver: LabDriver) -> None:
        """Change the mode; `chmod` keeps a folder's special bits unless all digits are given."""
        driver.run(self.host, ("chmod", self.mode.rjust(5, "0"), "--", self.path))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Give the folder its mode again, with the special bits that it had and no others; restart what reads it."""
        super().revert(driver, memento)
        was = snapshot.Snapshot.of(memento[self.path])
        driver.run(self.host, ("chmod", was.mode.rjust(5, "0"), "--", self.path))

    def verify(self, driver: LabDriver) -> None:
        """The probe must show the effect."""
        self.probe.require_shown(self, driver, self.host)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le dossier {self.path} avait les droits {self.mode}.",
            en=f"On {self.host} the folder {self.path} had the mode {self.mode}.",
        )


class FileMissing(_OfFile):
    """A file is missing: deleted, or moved to where nobody looks for it (`moved_to`).

    A deleted file must have at most 256 KiB, because its content is kept for the revert; a folder or a large file can
    only be moved. Without `probe`, the fault is seen by opening the file; with it, by what misses the file.
    """

    name: ClassVar[str] = "file-missing"

    moved_to: AbsolutePath | None = Field(
        default=None, description="Where it is now; by default it is gone.", examples=["/etc/hosts.bak"]
    )
    probe: EffectProbe | None = Field(default=None, description="A command that shows the effect on a service.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file, or where it is moved from."""
        if self.probe:
            self.probe.require_absent(self, driver, self.host)
        if self.moved_to is None:
            memento = super().remember(driver)
            if snapshot.Snapshot.of(memento[self.path]).kind == "folder":
                raise nothing_to_break(self, f"{self.path} is a folder, which can only be moved: give moved_to")
            return memento
        if not self._exists(driver, self.path) or self._exists(driver, self.moved_to):
            raise nothing_to_break(self, f"{self.path} is missing, or {self.moved_to} exists")
        return {}

    def spoil(self, driver: LabDriver) -> None:
        """Move or delete the file."""
        if self.moved_to:
            driver.run(self.host, ("mv", "--no-target-directory", "--", self.path, self.moved_to))
        else:
            driver.run(self.host, ("rm", "--", self.path))

    def verify(self, driver: LabDriver) -> None:
        """Nothing must be found under the path, and the probe must show what misses it."""
        if self._exists(driver, self.path):
            raise not_effective(self, f"{self.path} exists")
        if self.probe:
            self.probe.require_shown(self, driver, self.host)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back and restart what reads it."""
        if self.moved_to is None:
            super().revert(driver, memento)
            return
        if self._exists(driver, self.moved_to):
            driver.run(self.host, ("rm", "-rf", "--", self.path))
            driver.run(self.host, ("mv", "--no-target-directory", "--", self.moved_to, self.path))
        for unit in self.restart:
            restart_and_wait(driver, self.host, unit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        if self.moved_to:
            return Text(
                fr=f"Sur {self.host}, {self.path} avait été déplacé en {self.moved_to}.",
                en=f"On {self.host} {self.path} had been moved to {self.moved_to}.",
            )
        return Text(
            fr=f"Sur {self.host}, {self.path} avait été supprimé.", en=f"On {self.host} {self.path} had been deleted."
        )

    def _exists(self, driver: LabDriver, path: str) -> bool:
        return driver.run(self.host, ("test", "-e", path), check=False).status == 0


def may(driver: LabDriver, host: str, account: str, access: Access, path: str) -> bool:
    """Return whether an account may use a path: the account itself asks, with its groups and without root's power."""
    argv = as_account(driver, host, account, "test", _TESTS[access], path)
    return driver.run(host, argv, check=False).status == 0
