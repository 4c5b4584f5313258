"""A host's disk: full at its size, kept over reboots, gone with the host."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.progress import Silent
from orchestrator.core.waiting import wait_until
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.labs import Running

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.core]

SIZE = 96 << 20
"""What the lab ``pair`` states for the host A."""
MUCH = 32 << 10
"""Half of what is kept back from a host, for its start: what a start writes of it is less than the other half."""
SOON = 60.0


def container_of(app: App, host: HostRef) -> str:
    return next(h.container for h in app.instances.find(host.instance).hosts if h.name == host.host)


def loop_devices(container: str) -> list[str]:
    """Return the loop devices of the machine that have a container's disk behind them."""
    found = []
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found += [file.parts[3]] if container in file.read_text() else []
        except OSError:  # it has just ended
            continue
    return found


def in_helper(*command: str) -> str:
    done = subprocess.run(
        ["docker", "exec", fabric_container.HELPER, *command], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def filled(driver: LabDriver) -> Iterator[bytes]:
    """Fill A's root file system; return what the writing program said.

    It writes twice: of what is not on the disk yet, ext4 counts more blocks than it takes in the end.
    """
    write = "dd if=/dev/zero of=/root/fill bs=1K count=200K oflag=append conv=notrunc,fsync"
    yield driver.run("a", ("sh", "-c", f"{write}; {write}"), check=False).stderr
    driver.run("a", ("rm", "-f", "/root/fill"))


def test_a_full_disk_is_the_hosts_own(app: App, a: HostRef, b: HostRef, driver: LabDriver, filled: bytes) -> None:
    assert b"No space left on device" in filled
    size = int(driver.run("a", ("stat", "-c", "%s", "/root/fill")).stdout)
    assert SIZE // 2 < size < SIZE
    taken = int(in_helper("du", "-sk", f"/var/lib/breakfix/disks/{container_of(app, a)}").split()[0]) << 10
    assert taken < SIZE + (1 << 20)
    assert app.fabric.run(b, ("sh", "-c", "head -c 1M /dev/zero >/root/x && rm /root/x")).status == 0
    for _ in range(2):  # what was kept back for the first of them is kept back again for the second
        driver.reboot("a")
        assert driver.run("a", ("systemctl", "is-system-running")).stdout == b"running\n"
        more = f"head -c {MUCH} /dev/zero >>/root/fill"  # a start may have given back some blocks, never so many
        assert driver.run("a", ("sh", "-c", more), check=False).status, "what is kept back can be had"
    driver.run("a", ("rm", "/root/fill"))
    driver.run("a", ("sh", "-c", "echo fits >/root/fill"))


def test_what_a_host_deletes_is_given_back(app: App, a: HostRef, driver: LabDriver, filled: bytes) -> None:
    assert filled
    driver.run("a", ("sh", "-c", "rm /root/fill && sync -f /root"))

    def given_back() -> bool:
        taken = int(in_helper("du", "-sk", f"/var/lib/breakfix/disks/{container_of(app, a)}").split()[0])
        return taken < SIZE >> 11

    assert wait_until(given_back, within=SOON, every=0.5)


def test_changes_outlive_reboots_and_there_is_one_device(app: App, a: HostRef, driver: LabDriver) -> None:
    """An agent of ours is in the host while it reboots: its old mounts are held for a moment."""
    driver.run("a", ("sh", "-c", "echo mine >/root/mine; rm /etc/motd; sed -i s/^root:/root:/ /etc/passwd"))
    for _ in range(3):
        driver.reboot("a")
        assert driver.run("a", ("cat", "/root/mine")).stdout == b"mine\n"
        assert driver.run("a", ("test", "-e", "/etc/motd"), check=False).status == 1
        assert wait_until(lambda: len(loop_devices(container_of(app, a))) == 1, within=SOON, every=0.1)
    assert app.fabric.compare(a, ["/etc/passwd", "/usr/bin/less"]) == {"/etc/passwd": "same", "/usr/bin/less": "same"}


def test_no_file_system_in_memory_is_without_a_size(app: App, pair: Running) -> None:
    for host in pair.instance.hosts:
        mounts = app.fabric.run(HostRef(pair.instance.name, host.name), ("cat", "/proc/self/mountinfo")).stdout
        memory = [line for line in mounts.decode().splitlines() if " - tmpfs " in line]
        assert len(memory) > 3
        writable = [line for line in memory if "rw" in line.split(" ")[5].split(",") and not line.endswith(" ro")]
        assert [line for line in writable if "size=" not in line] == [], host.name


def test_nothing_of_a_disk_is_left(app: App) -> None:
    plan = app.labs.plans.of_lab("pair")
    running = app.labs.lifecycle.start(plan, Silent())
    try:
        containers = [h.container for h in running.instance.hosts]
        assert all(len(loop_devices(container)) == 1 for container in containers)
        for name in ("a", "b"):  # agents and looks of a connection that stays open must not hold what has ended
            target = HostRef(running.instance.name, name)
            assert app.fabric.run(target, ("true",), vouched=True).changed == ()
            assert app.fabric.look(target, "/etc/hostname")[0].exists
    finally:
        app.labs.lifecycle.discard(running.instance)

    def gone() -> bool:
        kept = in_helper("ls", "/var/lib/breakfix/disks").split()
        return not any(container in kept or loop_devices(container) for container in containers)

    assert wait_until(gone, within=SOON, every=0.1)
