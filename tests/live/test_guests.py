"""A lab with virtual machines, whose guest is killed and whose host is rebooted in the middle, comes back and goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.report_formats import render_text
from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core import labels
from orchestrator.core.progress import Silent
from orchestrator.core.waiting import wait_until
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.labs import Running
from tests.live.traces import PROC, Traces, inspect, links

pytestmark = [pytest.mark.live, pytest.mark.slow]

LAB, HOST, GUEST = "virtual-hosts", "hv1", "horaires"
QEMU = "qemu-system"
SOON = 60.0


@pytest.fixture
def running(app: App) -> Iterator[Running]:
    made = app.labs.lifecycle.start(app.labs.plans.of_lab(LAB), Silent())
    yield made
    if app.engine.containers({labels.INSTANCE: made.instance.name}):
        app.labs.lifecycle.discard(made.instance)


def container_of(app: App, running: Running) -> str:
    """Return the id of the hypervisor's container."""
    (found,) = app.engine.containers({labels.INSTANCE: running.instance.name, labels.HOST: HOST})
    return found.id


def guests_of(container: str) -> set[int]:
    """Return the processes of this machine that are a guest of a container's."""
    found = set()
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            try:
                if container in (entry / "cgroup").read_text() and QEMU in (entry / "cmdline").read_text():
                    found.add(int(entry.name))
            except OSError:
                continue  # it has just ended
    return found


def state(driver: LabDriver) -> str:
    return driver.run(HOST, ("virsh", "domstate", GUEST)).stdout.decode().strip()


def assert_healthy(app: App, running: Running) -> None:
    report = app.labs.grading.health(running)
    assert report.results
    assert all(one.outcome == "pass" for one in report.results), render_text(report, "en", commands=True)


def test_a_killed_guest_and_a_reboot_in_the_middle_leave_nothing(app: App, running: Running) -> None:
    driver, container = app.labs.running.driver(running), container_of(app, running)
    inspected = inspect(container)
    assert inspected is not None
    traces = Traces.of(container, inspected)
    first = guests_of(container)
    assert len(first) == 2

    killed = driver.run(HOST, ("pkill", "--signal", "KILL", "--full", f"guest={GUEST},")).status
    assert killed == 0
    assert wait_until(lambda: state(driver) == "shut off", within=SOON), state(driver)
    driver.run(HOST, ("virsh", "start", GUEST))
    booting = guests_of(container) - first
    assert len(booting) == 1, "the guest has just begun to boot"
    driver.reboot()
    wait_for_conditions(driver, running.plan.ready)
    assert_healthy(app, running)
    assert len(guests_of(container)) == 2, "each guest once"

    driver.run(HOST, ("virsh", "reset", GUEST))
    app.labs.lifecycle.discard(running.instance)
    left: list[str] = []

    def nothing() -> bool:
        left[:] = [*traces.left(), *(alias for alias in links() if alias.startswith(f"{running.instance.name}/"))]
        return not left

    assert wait_until(nothing, within=SOON, every=0.1), left
    assert not guests_of(container)
