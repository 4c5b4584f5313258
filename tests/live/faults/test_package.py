"""The faults of packages on real hosts, with a repository of the lab's own on the same disk."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack

import pytest

from orchestrator.access.hands import Hands
from orchestrator.app import App
from orchestrator.errors import LabError
from orchestrator.faults.edits import LineEdit
from orchestrator.faults.package import PackageHalfConfigured, PackageHeld, PackageRemoved, PackageSourcesWrong
from orchestrator.faults.probe import Probe
from orchestrator.service import Running
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


def build(hands: Hands, version: str) -> str:
    """Make a package on the host and return its entry of the repository's index."""
    tree = f"/srv/build-{version}"
    hands.run("pc", ("mkdir", "-p", f"{tree}/DEBIAN", f"{tree}/usr/bin", "/srv/packages"))
    hands.write("pc", f"{tree}/DEBIAN/control", CONTROL.format(version=version).encode())
    hands.write("pc", f"{tree}/usr/bin/greeting", f"#!/bin/sh\necho Bonjour {version}\n".encode(), mode="0755")
    file = f"greeting_{version}_all.deb"
    hands.run("pc", ("dpkg-deb", "--root-owner-group", "--build", tree, f"/srv/packages/{file}"))
    content = hands.read("pc", f"/srv/packages/{file}")
    digest = hashlib.sha256(content).hexdigest()
    return f"{CONTROL.format(version=version)}Filename: ./{file}\nSize: {len(content)}\nSHA256: {digest}\n\n"


@pytest.fixture(autouse=True, scope="module")
def repository(app: App, running: Running, undo: ExitStack) -> None:
    hands = app.labs.hands(running)
    hands.run("pc", ("tar", "-C", "/", "-cf", "/root/apt.tar", "etc/apt", "var/lib/apt"))
    undo.callback(hands.run, "pc", ("sh", "-ec", REPOSITORY_GONE), timeout=APT_TIME)
    index = build(hands, "1.0") + build(hands, "2.0")
    hands.write("pc", "/srv/packages/Packages", index.encode())
    hands.run("pc", ("find", "/etc/apt/sources.list", "/etc/apt/sources.list.d", "-type", "f", "-delete"), check=False)
    hands.write("pc", SOURCES, f"{SOURCE}\n".encode(), mode="0644")
    hands.run("pc", ("apt-get", "update"), timeout=APT_TIME)
    hands.run("pc", ("apt-get", "install", "--yes", "greeting"), timeout=APT_TIME)


def greets(hands: Hands) -> bool:
    return output(hands, "pc", "greeting") == "Bonjour 2.0\n"


def greets_of_old(hands: Hands) -> bool:
    return output(hands, "pc", "greeting") == "Bonjour 1.0\n"


def dpkg_is_whole(hands: Hands) -> bool:
    return output(hands, "pc", "dpkg", "--audit") == ""


def lists_are_read(hands: Hands) -> bool:
    return succeeds(hands, "pc", "apt-get", "-o", "APT::Update::Error-Mode=any", "update", timeout=APT_TIME)


CASES = (
    Case(
        PackageRemoved(host="pc", package="greeting", probe=Probe(run=("greeting",), fails=True)),
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
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)


def test_what_cannot_be_installed_again_is_not_removed(hands: Hands) -> None:
    with pytest.raises(LabError, match="no source of pc offers less"):
        PackageRemoved(host="pc", package="less").remember(hands)
    assert succeeds(hands, "pc", "less", "--version")


def test_a_scripts_own_text_is_back_at_once(hands: Hands) -> None:
    script = "/var/lib/dpkg/info/openssh-server.postinst"
    before = output(hands, "pc", "sha256sum", script) + output(hands, "pc", "stat", "-c", "%a %U", script)
    fault = PackageHalfConfigured(host="pc", package="openssh-server")
    memento = fault.remember(hands)
    fault.inject(hands)
    assert output(hands, "pc", "sha256sum", script) + output(hands, "pc", "stat", "-c", "%a %U", script) == before
    fault.revert(hands, memento)
