"""Faults of packages: removed, held at an old version, half configured."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.system.apt import (
    PackageName,
    PackageVersion,
    apt_get,
    available,
    held,
    status_of,
)
from orchestrator.model.base import HostName


class _OfPackage(Fault):
    """A fault of one package, which must be installed beforehand."""

    host: HostName = Field(description="The host that is broken.")
    package: PackageName = Field(description="The package.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the package's version."""
        status, version = status_of(driver, self.host, self.package)
        if status != "installed":
            raise nothing_to_break(self, f"{self.package}: {status or 'unknown'}")
        return {"version": version}

    def _require_available(self, driver: LabDriver, version: str) -> None:
        offered = available(driver, self.host, self.package)
        if version not in offered:
            raise nothing_to_break(
                self, f"no source of {self.host} offers {self.package} {version} (offered: {' '.join(offered) or '-'})"
            )


class PackageRemoved(_OfPackage):
    """A package has been removed (its configuration stays): its commands and services are missing.

    The trainee sees "command not found" or "Unit … not found", and `rc` in `dpkg -l`; the repair is `apt install`. The
    lab must offer the installed version in a repository that works without the Internet, and its lists must be read
    (`apt-get update`): without a source that has it the fault is refused.
    """

    name: ClassVar[str] = "package-removed"

    probe: EffectProbe | None = Field(default=None, description="A command that shows what misses the package.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the version, which a source must offer."""
        memento = super().remember(driver)
        self._require_available(driver, memento["version"])
        if self.probe:
            self.probe.require_absent(self, driver, self.host)
        return memento

    def inject(self, driver: LabDriver) -> None:
        """Remove the package and what depends on it not."""
        driver.run(self.host, ("dpkg", "--force-depends", "--remove", self.package), timeout=60)

    def verify(self, driver: LabDriver) -> None:
        """Dpkg must have nothing of it but its configuration, and the probe must show what misses it."""
        status, _ = status_of(driver, self.host, self.package)
        if status not in {"", "config-files", "not-installed"}:
            raise not_effective(self, f"{self.package}: {status}")
        if self.probe:
            self.probe.require_shown(self, driver, self.host)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Install the version that was there."""
        apt_get(driver, self.host, "--allow-downgrades", "install", f"{self.package}={memento['version']}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le paquet {self.package} avait été désinstallé.",
            en=f"On {self.host} the package {self.package} had been removed.",
        )


class PackageHeld(_OfPackage):
    """A package is installed in an old version and held there: upgrades pass it over.

    The trainee sees "The following packages have been kept back", and the package in `apt-mark showhold`. The lab must
    offer both versions in a repository that works without the Internet.
    """

    name: ClassVar[str] = "package-held"

    old_version: PackageVersion = Field(description="The old version that is installed instead.", examples=["1.0"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the version, which must not be held; sources must offer it and the old one."""
        memento = super().remember(driver)
        self._require_available(driver, memento["version"])
        self._require_available(driver, self.old_version)
        if memento["version"] == self.old_version or held(driver, self.host, self.package):
            raise nothing_to_break(self, f"{self.package} {memento['version']}, held: already")
        return memento

    def inject(self, driver: LabDriver) -> None:
        """Install the old version and hold it."""
        apt_get(driver, self.host, "--allow-downgrades", "install", f"{self.package}={self.old_version}")
        driver.run(self.host, ("apt-mark", "hold", self.package))

    def verify(self, driver: LabDriver) -> None:
        """The old version must be installed, and an upgrade must keep it back."""
        _, version = status_of(driver, self.host, self.package)
        upgrade = apt_get(driver, self.host, "--simulate", "upgrade").stdout.decode(errors="replace")
        kept = upgrade.partition("kept back:")[2].split()
        if version != self.old_version or self.package not in kept:
            raise not_effective(self, f"{self.package} {version}; {upgrade.strip()[-400:]}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Hold it no longer and install the version that was there."""
        driver.run(self.host, ("apt-mark", "unhold", self.package))
        apt_get(driver, self.host, "--allow-downgrades", "install", f"{self.package}={memento['version']}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le paquet {self.package} était figé à la version {self.old_version}.",
            en=f"On {self.host} the package {self.package} was held at version {self.old_version}.",
        )


class PackageHalfConfigured(_OfPackage):
    """The installation of a package was cut off: dpkg has it half configured, and apt complains at every step.

    The trainee sees "not fully installed or removed" from apt and the package in `dpkg --audit`; the repair is
    `dpkg --configure -a`. Choose a package whose configuration may run again at any time.
    """

    name: ClassVar[str] = "package-half-configured"

    def inject(self, driver: LabDriver) -> None:
        """Have dpkg configure the package with a script that fails, then put its own script back."""
        script = f"/var/lib/dpkg/info/{self.package}.postinst"
        own = snapshot.take(driver, self.host, script).text()
        status = "/var/lib/dpkg/status"
        before = driver.read(self.host, status).decode()
        begin = f"Package: {self.package}\nStatus: install ok "
        after = before.replace(f"{begin}installed\n", f"{begin}unpacked\n", 1)
        driver.write(self.host, script, b"#!/bin/sh\nexit 1\n", mode="0755")
        try:
            driver.write(self.host, status, after.encode())
            driver.run(self.host, ("dpkg", "--configure", self.package), check=False)
        finally:
            snapshot.put_back(driver, self.host, script, own)

    def verify(self, driver: LabDriver) -> None:
        """Dpkg must say that it is half configured, and find fault with it."""
        status, _ = status_of(driver, self.host, self.package)
        audit = driver.run(self.host, ("dpkg", "--audit"), check=False).stdout.decode()
        if status != "half-configured" or self.package not in audit:
            raise not_effective(self, f"{self.package}: {status}; {audit.strip()}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Finish the configuration."""
        driver.run(self.host, ("dpkg", "--configure", self.package), timeout=60)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, l'installation du paquet {self.package} avait été interrompue.",
            en=f"On {self.host} the installation of the package {self.package} had been cut off.",
        )
