"""Faults by which updates stay away: old versions, a key that has expired, dpkg cut off."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.system.apt import (
    PackageName,
    PackageVersion,
    apt_get,
    available,
    forget_lists,
    held,
    status_of,
    update,
)
from orchestrator.faults.library.system.package import PackageHalfConfigured
from orchestrator.model.base import AbsolutePath, HostName

_UPDATES = "/var/lib/dpkg/updates"
_SECRET_KEY = re.compile(r"^sec:(?:[^:]*:){4}(\d+):.*?^fpr:+([0-9A-F]{40}):", re.MULTILINE | re.DOTALL)
"""When a key was made, and its fingerprint, as ``gpg --with-colons`` lists it."""


class PackagesOutdated(Fault):
    """Packages are installed in old versions, as if no update had come for a while; an upgrade would bring them.

    It goes before the fault that keeps the upgrade away. The trainee sees the old version in `apt-cache policy`, and
    what the program no longer can. The lab must offer both versions in a repository that works without the Internet.
    """

    name: ClassVar[str] = "packages-outdated"

    host: HostName = Field(description="The host that is broken.")
    versions: dict[PackageName, PackageVersion] = Field(
        min_length=1, description="Each package with the old version.", examples=[{"nginx": "1.0"}]
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the versions, which must not be held and be newer; sources must offer them and the old ones."""
        kept = {}
        for package, old in self.versions.items():
            status, version = status_of(driver, self.host, package)
            offered = available(driver, self.host, package)
            if status != "installed" or version == old or {version, old} - {*offered}:
                raise nothing_to_break(self, f"{package} {version} {status}; offered: {' '.join(offered) or '-'}")
            if held(driver, self.host, package):
                raise nothing_to_break(self, f"{package} is held")
            kept[package] = version
        return kept

    def inject(self, driver: LabDriver) -> None:
        """Install the old versions."""
        wanted = [f"{package}={version}" for package, version in self.versions.items()]
        apt_get(driver, self.host, "--allow-downgrades", "install", *wanted)

    def verify(self, driver: LabDriver) -> None:
        """The old versions must be installed."""
        for package, old in self.versions.items():
            status, version = status_of(driver, self.host, package)
            if version != old:
                raise not_effective(self, f"{package}: {version} ({status})")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Install the versions that were there."""
        wanted = [f"{package}={version}" for package, version in memento.items()]
        apt_get(driver, self.host, "--allow-downgrades", "install", *wanted)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        some = ", ".join(f"{package} {version}" for package, version in self.versions.items())
        return Text(
            fr=f"Sur {self.host}, d'anciennes versions étaient restées en place : {some}.",
            en=f"On {self.host} old versions had stayed in place: {some}.",
        )


class ArchiveKeyExpired(Fault):
    """A host has an old copy of the archive's key, which has expired since: `apt update` refuses the archive.

    The archive's owner has prolonged the key, and nobody fetched it. The trainee sees "Expired on" from apt, and the
    date with `gpg --show-keys`; the repair is to fetch the key again and to compare its fingerprint. The archive's
    host needs `gpg` and the signing key; the copy is made there, with an end before the archive was signed.
    """

    name: ClassVar[str] = "archive-key-expired"

    host: HostName = Field(description="The host that is broken.")
    keyring: AbsolutePath = Field(
        description="Its copy of the key, in ASCII armour.", examples=["/etc/apt/keyrings/site.asc"]
    )
    archive_host: HostName = Field(description="The host that has the signing key.", examples=["srv1"])
    signing_home: AbsolutePath = Field(
        description="The folder of the signing key there (GNUPGHOME).", examples=["/srv/archive/key"]
    )
    release: AbsolutePath = Field(
        description="The signed file there, whose `Date` says when it was signed.",
        examples=["/srv/archive/dists/site/InRelease"],
    )
    days: int = Field(default=30, ge=2, le=300, description="How many days before that the copy ends.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the copy; the archive must be read."""
        if failed := update(driver, self.host):
            raise nothing_to_break(self, failed)
        return {self.keyring: snapshot.take(driver, self.host, self.keyring).text()}

    def inject(self, driver: LabDriver) -> None:
        """Make the old copy, put it in place, and read the lists again: nothing is known of the archive then."""
        driver.write(self.host, self.keyring, self._old_copy(driver))
        forget_lists(driver, self.host)
        update(driver, self.host)

    def verify(self, driver: LabDriver) -> None:
        """Apt must refuse the archive because the key has expired."""
        failed = update(driver, self.host)
        if "xpired" not in failed and "EXPKEYSIG" not in failed:
            raise not_effective(self, failed or "apt-get update succeeds")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the copy back and read the lists again."""
        snapshot.put_back(driver, self.host, self.keyring, memento[self.keyring])
        update(driver, self.host)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la copie de la clé de l'archive, {self.keyring}, avait expiré.",
            en=f"On {self.host} the copy of the archive's key, {self.keyring}, had expired.",
        )

    def _old_copy(self, driver: LabDriver) -> bytes:
        """Return the public key as it was given away when its end was an earlier one; the archive's own stays."""
        work = driver.run(self.archive_host, ("mktemp", "-d")).stdout.decode().strip()
        copy = f"{work}/key"
        gpg = ("env", f"GNUPGHOME={copy}", "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback")
        try:
            driver.run(self.archive_host, ("cp", "-a", "--", self.signing_home, copy))
            listed = driver.run(self.archive_host, (*gpg, "--with-colons", "--list-secret-keys")).stdout.decode()
            found = _SECRET_KEY.search(listed)
            if found is None:
                raise nothing_to_break(self, f"{self.archive_host}:{self.signing_home} has no secret key")
            soon_after = f"--faked-system-time={int(found[1]) + 60}!"
            driver.run(self.archive_host, (*gpg, soon_after, "--quick-set-expire", found[2], self._end(driver)))
            return driver.run(self.archive_host, (*gpg, "--armor", "--export", found[2])).stdout
        finally:
            driver.run(self.archive_host, ("env", f"GNUPGHOME={copy}", "gpgconf", "--kill", "all"), check=False)
            driver.run(self.archive_host, ("rm", "-rf", "--", work))

    def _end(self, driver: LabDriver) -> str:
        """Return the day on which the copy ends."""
        text = driver.read(self.archive_host, self.release).decode(errors="replace")
        found = re.search(r"^Date: (.+)$", text, re.MULTILINE)
        if found is None:
            raise nothing_to_break(self, f"{self.release} has no date")
        argv = ("date", "--utc", f"--date={found[1]} - {self.days} days", "+%F")
        return driver.run(self.archive_host, argv).stdout.decode().strip()


class DpkgInterrupted(PackageHalfConfigured):
    """Dpkg was cut off while it configured a package, by a power cut, say: apt does nothing until that is finished.

    The trainee sees "dpkg was interrupted" from apt, and the package in `dpkg --audit`; the repair is
    `dpkg --configure -a`. Choose a package whose configuration may run again at any time.
    """

    name: ClassVar[str] = "dpkg-interrupted"

    def inject(self, driver: LabDriver) -> None:
        """Leave the package half configured, with the journal that dpkg had not yet taken over."""
        super().inject(driver)
        status = driver.read(self.host, "/var/lib/dpkg/status").decode()
        stanza = next(one for one in status.split("\n\n") if one.startswith(f"Package: {self.package}\n"))
        driver.write(self.host, f"{_UPDATES}/0000", f"{stanza.strip()}\n".encode(), mode="0644")

    def verify(self, driver: LabDriver) -> None:
        """Dpkg must find fault with the package, and apt refuse to do anything."""
        super().verify(driver)
        done = apt_get(driver, self.host, "check", check=False)
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.status == 0 or "dpkg was interrupted" not in said:
            raise not_effective(self, said.strip())

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, dpkg avait été coupé pendant qu'il configurait {self.package}.",
            en=f"On {self.host} dpkg had been cut off while it configured {self.package}.",
        )
