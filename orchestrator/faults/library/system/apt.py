"""What apt and dpkg say of packages, and the few things that faults have them do; all of it works offline."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.fabric.fabric_interface import Completed

PackageName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+$", max_length=100), Field(examples=["nginx"])
]
"""A Debian package's name."""

PackageVersion = Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.+:~-]*$", max_length=100)]
"""A Debian package's version."""

_APT = (
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "LC_ALL=C",
    "apt-get",
    "--yes",
    "--quiet",
    "--option=Acquire::Retries=0",
    "--option=Acquire::http::Timeout=5",
)
_LIMIT = 120.0
"""Seconds that apt may take."""


def status_of(driver: LabDriver, host: str, package: str) -> tuple[str, str]:
    """Return a package's status (``installed``, ``half-configured``…; empty: unknown) and version."""
    argv = ("dpkg-query", "--show", "--showformat", "${db:Status-Status}|${Version}", "--", package)
    done = driver.run(host, argv, check=False)
    status, _, version = done.stdout.decode().partition("|") if done.status == 0 else ("", "", "")
    return status, version


def apt_get(driver: LabDriver, host: str, *words: str, check: bool = True) -> Completed:
    """Run apt-get without questions and return what came of it.

    Raises:
        LabError: it failed and ``check`` is set.
    """
    return driver.run(host, (*_APT, *words), check=check, timeout=_LIMIT)


def update(driver: LabDriver, host: str) -> str:
    """Read the package lists again; return what failed (a source that does not answer counts), or an empty text."""
    done = apt_get(driver, host, "--option=APT::Update::Error-Mode=any", "update", check=False)
    return "" if done.status == 0 else (done.stderr or done.stdout).decode(errors="replace").strip()


def available(driver: LabDriver, host: str, package: str) -> list[str]:
    """Return the versions of a package that the host's sources offer, the newest first."""
    done = driver.run(host, ("env", "LC_ALL=C", "apt-cache", "madison", package), check=False)
    rows = [[cell.strip() for cell in line.split("|")] for line in done.stdout.decode().splitlines()]
    return [row[1] for row in rows if len(row) > 1]


def held(driver: LabDriver, host: str, package: str) -> bool:
    """Return whether a package is held back from upgrades."""
    return package in driver.run(host, ("apt-mark", "showhold", package)).stdout.decode().split()


def forget_lists(driver: LabDriver, host: str) -> None:
    """Remove the package lists that were read: apt knows of no package but those that are installed."""
    driver.run(host, ("find", "/var/lib/apt/lists", "-maxdepth", "1", "-type", "f", "!", "-name", "lock", "-delete"))
