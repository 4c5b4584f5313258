"""The faults of packages on real hosts, with a repository of the lab's own on the same disk."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.faults.edits import LineEdit
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.library.system.package import (
    PackageHalfConfigured,
    PackageHeld,
    PackageRemoved,
)
from orchestrator.faults.library.system.package_sources import PackageSourcesWrong
from orchestrator.labs import Running
from tests.live.faults.harness import Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"
SOURCES = "/etc/apt/sources.list.d/site.list"
SOURCE = "deb [trusted=yes] file:/srv/packages ./"
APT_TIME = 120.0
REPOSITORY_GONE = """apt-get purge --yes greeting
rm -rf /srv/packages /srv/build-* /etc/apt /var/lib/apt
tar -C / -xf /root/apt.tar; rm /root/apt.tar
"""
CONTROL = """Package: greeting
Version: {version}
Architecture: all
Maintainer: Site <root@site.internal>
Description: a command that greets
"""


def build(driver: LabDriver, version: str) -> str:
    """Make a package on the host and return its entry of the repository's index."""
    tree = f"/srv/build-{version}"
    driver.run("pc", ("mkdir", "-p", f"{tree}/DEBIAN", f"{tree}/usr/bin", "/srv/packages"))
    driver.write("pc", f"{tree}/DEBIAN/control", CONTROL.format(version=version).encode())
    driver.write("pc", f"{tree}/usr/bin/greeting", f"#!/bin/sh\necho Bonjour {version}\n".encode(), mode="0755")
    file = f"greeting_{version}_all.deb"
    driver.run("pc", ("dpkg-deb", "--root-owner-group", "--build", tree, f"/srv/packages/{file}"))
    content = driver.read("pc", f"/srv/packages/{file}")
    digest = hashlib.sha256(content).hexdigest()
    return f"{CONTROL.format(version=version)}Filename: ./{file}\nSize: {len(content)}\nSHA256: {digest}\n\n"


@pytest.fixture(autouse=True, scope="module")
def repository(app: App, running: Running, undo: ExitStack) -> None:
    driver = app.labs.running.driver(running)
    driver.run("pc", ("tar", "-C", "/", "-cf", "/root/apt.tar", "etc/apt", "var/lib/apt"))
    undo.callback(driver.run, "pc", ("sh", "-ec", REPOSITORY_GONE), timeout=APT_TIME)
    index = build(driver, "1.0") + build(driver, "2.0")
    driver.write("pc", "/srv/packages/Packages", index.encode())
    driver.run("pc", ("find", "/etc/apt/sources.list", "/etc/apt/sources.list.d", "-type", "f", "-delete"), check=False)
    driver.write("pc", SOURCES, f"{SOURCE}\n".encode(), mode="0644")
    driver.run("pc", ("apt-get", "update"), timeout=APT_TIME)
    driver.run("pc", ("apt-get", "install", "--yes", "greeting"), timeout=APT_TIME)


def greets(driver: LabDriver) -> bool:
    return output(driver, "pc", "greeting") == "Bonjour 2.0\n"


def greets_of_old(driver: LabDriver) -> bool:
    return output(driver, "pc", "greeting") == "Bonjour 1.0\n"


def dpkg_is_whole(driver: LabDriver) -> bool:
    return output(driver, "pc", "dpkg", "--audit") == ""


def lists_are_read(driver: LabDriver) -> bool:
    return succeeds(driver, "pc", "apt-get", "-o", "APT::Update::Error-Mode=any", "update", timeout=APT_TIME)


CASES = (
    Case(
        PackageRemoved(host="pc", package="greeting", probe=EffectProbe(run=("greeting",), fails=True)),
        healthy=greets,
        unharmed=dpkg_is_whole,
        reboots=("pc",),
    ),
    Case(
        PackageHeld(host="pc", package="greeting", old_version="1.0"),
        healthy=greets,
        unharmed=greets_of_old,
        reboots=("pc",),
    ),
    Case(PackageHalfConfigured(host="pc", package="greeting"), healthy=dpkg_is_whole, unharmed=greets, reboots=("pc",)),
    Case(PackageHalfConfigured(host="pc", package="openssh-server"), healthy=dpkg_is_whole, note="with-script"),
    Case(
        PackageSourcesWrong(
            host="pc",
            file=SOURCES,
            edit=LineEdit(kind="line", line=SOURCE, becomes="deb [trusted=yes] file:/srv/pakages ./"),
            complaint="/srv/pakages",
        ),
        healthy=lists_are_read,
        unharmed=greets,
        reboots=("pc",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_what_cannot_be_installed_again_is_not_removed(driver: LabDriver) -> None:
    with pytest.raises(LabError, match="no source of pc offers less"):
        PackageRemoved(host="pc", package="less").remember(driver)
    assert succeeds(driver, "pc", "less", "--version")


def test_a_scripts_own_text_is_back_at_once(driver: LabDriver) -> None:
    script = "/var/lib/dpkg/info/openssh-server.postinst"
    before = output(driver, "pc", "sha256sum", script) + output(driver, "pc", "stat", "-c", "%a %U", script)
    fault = PackageHalfConfigured(host="pc", package="openssh-server")
    memento = fault.remember(driver)
    fault.inject(driver)
    assert output(driver, "pc", "sha256sum", script) + output(driver, "pc", "stat", "-c", "%a %U", script) == before
    fault.revert(driver, memento)
