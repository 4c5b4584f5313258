"""Faults of package sources: they do not answer, or have nothing newer."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.edits import Edit
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.system.apt import PackageName, PackageVersion, available, update
from orchestrator.model.base import AbsolutePath, HostName


class _EditedSources(Fault):
    """A file of sources is changed, and the lists are read again."""

    host: HostName = Field(description="The host that is broken.")
    file: AbsolutePath = Field(
        description="The file of sources.", examples=["/etc/apt/sources.list.d/site.list"], pattern=r"^/etc/apt/"
    )
    edit: Edit

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file."""
        return {self.file: snapshot.take(driver, self.host, self.file).text()}

    def inject(self, driver: LabDriver) -> None:
        """Change the file and read the lists again."""
        before = driver.read(self.host, self.file).decode()
        after = self.edit.apply(before)
        if after == before:
            raise not_effective(self, f"nothing to change in {self.file}")
        driver.write(self.host, self.file, after.encode())
        update(driver, self.host)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the file back and read the lists again."""
        snapshot.put_back(driver, self.host, self.file, memento[self.file])
        update(driver, self.host)


class PackageSourcesWrong(_EditedSources):
    """The package sources are wrong: `apt update` fails, and nothing can be installed.

    `edit` changes a file of /etc/apt (another suite, a server's old address, a typing mistake). The lab must have a
    repository that works without the Internet: `apt-get update` must succeed beforehand and fail afterwards.
    """

    name: ClassVar[str] = "package-sources-wrong"

    complaint: str | None = Field(
        default=None, min_length=3, description="A text that apt's error must contain; by default any error will do."
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file; the lists must be readable."""
        if failed := update(driver, self.host):
            raise nothing_to_break(self, failed)
        return super().remember(driver)

    def verify(self, driver: LabDriver) -> None:
        """Reading the lists must fail."""
        failed = update(driver, self.host)
        if not failed or (self.complaint or "") not in failed:
            raise not_effective(self, failed or "apt-get update succeeds")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, une source de paquets de {self.file} était fausse.",
            en=f"On {self.host} a package source in {self.file} was wrong.",
        )


class PackageSourcesFrozen(_EditedSources):
    """The package sources are read without an error, and have nothing newer: a suite that is no longer kept up.

    `edit` changes a file of /etc/apt. The trainee sees "0 upgraded" on the host and a newer version elsewhere, and the
    suite in `apt-cache policy`. The lab must have a repository with such a suite that works without the Internet.
    """

    name: ClassVar[str] = "package-sources-frozen"

    package: PackageName = Field(description="A package of which the frozen suite has no newest version.")
    version: PackageVersion = Field(description="Its newest version, which is no longer offered.", examples=["2.0"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the file; the newest version must be offered."""
        offered = available(driver, self.host, self.package)
        if self.version not in offered:
            raise nothing_to_break(self, f"{self.package} {self.version} is not offered: {' '.join(offered) or '-'}")
        return super().remember(driver)

    def verify(self, driver: LabDriver) -> None:
        """Reading the lists must succeed, and offer an older version only."""
        failed = update(driver, self.host)
        offered = available(driver, self.host, self.package)
        if failed or not offered or self.version in offered:
            raise not_effective(self, failed or f"offered: {' '.join(offered) or '-'}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, {self.file} nommait une suite figée, où {self.package} {self.version} n'est pas.",
            en=f"On {self.host} {self.file} named a frozen suite, which has no {self.package} {self.version}.",
        )
