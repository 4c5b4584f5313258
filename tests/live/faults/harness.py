"""How a fault is proven on real hosts: healthy, injected, (rebooted,) reverted.

A module of this folder names its lab in ``LAB``, lists ``CASES`` and has the one test that runs them:

    LAB = "fault-site"
    CASES = (Case(SomeFault(host="pc1"), healthy=lambda driver: reaches(driver, "pc1", "10.80.1.1")),)

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_fault(case: Case, driver: LabDriver) -> None:
        prove(case, driver)

Modules of one lab get it one after another (``lending.py``): cases leave it as they found it, and what a module's own
fixtures do to it they undo (fixture ``undo``). ``tests/quality/test_faults.py`` asks pytest which faults have a case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.waiting import wait_until
from orchestrator.faults import fault as fault_module
from orchestrator.faults.fault import Fault

SOON = 30.0
"""Seconds until a behaviour must have changed: an upper bound that a sound lab never comes near."""
AFTER_BOOT, SETTLED_AFTER_BOOT = 120.0, 60.0
"""The same, and a fault's own ``SETTLE``, for hosts whose services are still starting."""

Behaviour = Callable[[LabDriver], bool]


@dataclass(frozen=True)
class Case:
    """One fault with its parameters and the behaviour that it is about.

    Attributes:
        fault: the fault.
        healthy: the behaviour that the fault breaks: true without it, false with it.
        unharmed: what the fault leaves working; with ``healthy`` it tells the fault from a dead host.
        reboots: the hosts that a trainee reboots first, in vain: the fault must still be there.
        note: tells cases of one fault apart.
    """

    fault: Fault
    healthy: Behaviour
    unharmed: Behaviour | None = None
    reboots: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        """Return the test's id: the fault's name first, which ``tests/quality/test_faults.py`` reads."""
        return f"{self.fault.name}:{self.note}" if self.note else self.fault.name


def prove(case: Case, driver: LabDriver) -> None:
    """Break a healthy lab and repair it again, and see at each stage what is seen."""
    fault = case.fault
    assert soon(case.healthy, driver), "the lab is not healthy before the fault"
    _assert_not_effective(fault, driver)
    memento = json.loads(json.dumps(dict(fault.remember(driver))))  # as it is kept with the instance
    try:
        fault.inject(driver)
        fault.verify(driver)
        _assert_broken(case, driver)
        if case.reboots:
            driver.reboot(*case.reboots)
            with _settle(SETTLED_AFTER_BOOT):
                fault.verify(driver)
            _assert_broken(case, driver, within=AFTER_BOOT)
    finally:
        fault.revert(driver, memento)
    repaired = soon(case.healthy, driver, within=AFTER_BOOT if case.reboots else SOON)
    assert repaired, "the revert did not repair the lab"
    _assert_not_effective(fault, driver)


def soon(behaviour: Behaviour, driver: LabDriver, *, within: float = SOON) -> bool:
    """Return whether a behaviour is seen before long; a look that a busy machine does not end in time is repeated.

    Raises:
        LabError: the last look's own.
    """
    failed: LabError | None = None

    def seen() -> bool:
        nonlocal failed
        try:
            shown, failed = behaviour(driver), None
        except LabError as error:
            shown, failed = False, error
        return shown

    shown = wait_until(seen, within=within, every=0.1)
    if failed is not None:
        raise failed
    return bool(shown)


def _assert_broken(case: Case, driver: LabDriver, *, within: float = SOON) -> None:
    broken_twice = soon(lambda h: not case.healthy(h) and not case.healthy(h), driver, within=within)
    assert broken_twice, "the fault does not break what it is about"
    if case.unharmed is not None:
        assert soon(case.unharmed, driver, within=within), "the fault breaks more than it should"


def _assert_not_effective(fault: Fault, driver: LabDriver) -> None:
    """The fault's own verify must see that the fault is not there: else it would pass whatever is injected.

    It is asked again where it fails for another reason, or still sees what has just been reverted.
    """
    said: list[str] = []

    def refuses() -> bool:
        try:
            fault.verify(driver)
        except LabError as error:
            said.append(str(error))
        else:
            said.append("the fault has taken effect")
        return f"{fault.name} has not taken effect" in said[-1]

    with _settle(0.0):
        assert wait_until(refuses, within=SOON), said


@contextmanager
def _settle(seconds: float) -> Iterator[None]:
    """Let the faults wait so many seconds for their effect."""
    usual, fault_module.SETTLE = fault_module.SETTLE, seconds
    try:
        yield
    finally:
        fault_module.SETTLE = usual


# What a technician looks at ---------------------------------------------------------------------------------


def succeeds(driver: LabDriver, host: str, *argv: str, timeout: float = 30.0) -> bool:
    """Return whether a command succeeds on a host."""
    return driver.run(host, argv, check=False, timeout=timeout).status == 0


def output(driver: LabDriver, host: str, *argv: str) -> str:
    """Return what a command prints on a host, whether it succeeds or not."""
    return driver.run(host, argv, check=False).stdout.decode(errors="replace")


def reaches(driver: LabDriver, host: str, address: str) -> bool:
    """Return whether a host gets an answer to a ping."""
    return succeeds(driver, host, "ping", "-c1", "-W1", "-n", "-q", address)


def serves(driver: LabDriver, host: str, port: int, size: int) -> None:
    """Make a host give some bytes to the next one that connects to a TCP port, and wait until it listens."""
    give = f"pkill -x nc; (head -c {size} /dev/zero | nc -l -p {port} -N >/dev/null 2>&1 &)"
    driver.run(host, ("sh", "-c", give), check=False)
    assert soon(lambda h: output(h, host, "ss", "-Hltn", f"sport = :{port}") != "", driver)


def fetches(driver: LabDriver, host: str, address: str, port: int, *, within: int) -> int:
    """Return how many bytes a host gets from a TCP port in some seconds."""
    return int(output(driver, host, "sh", "-c", f"timeout {within} nc -d -n {address} {port} | wc -c") or 0)


def connects(driver: LabDriver, host: str, address: str, port: int) -> bool:
    """Return whether a host can open a TCP connection."""
    return succeeds(driver, host, "nc", "-z", "-n", "-w1", address, str(port))
