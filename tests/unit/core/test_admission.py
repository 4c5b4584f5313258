"""How many labs begin: with the kernel's files and the clock in our hands."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from orchestrator.core.waiting import wait_until
from orchestrator.proof.admission import Admission, least_jobs

PLENTY = 8 << 20
"""Kilobytes."""


class Machine:
    """What a kernel would tell."""

    def __init__(self, folder: Path) -> None:
        self.pressure, self.meminfo = folder / "cpu", folder / "meminfo"
        self.now = 100.0
        self.waited(0.0)
        self.available(PLENTY)

    def waited(self, seconds: float) -> None:
        self.pressure.write_text(f"some avg10=0.00 avg60=0.00 avg300=0.00 total={round(seconds * 1e6)}\nfull total=0\n")

    def available(self, kilobytes: int) -> None:
        self.meminfo.write_text(f"MemTotal: 99999999 kB\nMemAvailable: {kilobytes} kB\n")

    def admission(self, jobs: int | None = None) -> Admission:
        return Admission(jobs, pressure=self.pressure, meminfo=self.meminfo, clock=lambda: self.now)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def begun(admission: Admission, hosts: int = 1) -> int:
    """Return how many labs of some hosts run once all have begun that may begin now, one after another."""
    while admission._may_begin(hosts):
        admission._running += 1
        admission._hosts += hosts
    return admission._running


def test_as_many_begin_as_are_asked_for(machine: Machine) -> None:
    machine.now += 60
    assert begun(machine.admission(5)) == 5


def test_without_the_kernels_word_it_is_one_more_than_processors(machine: Machine) -> None:
    machine.pressure.unlink()
    assert begun(machine.admission()) == least_jobs() == machine.admission().most


def test_another_one_begins_while_tasks_seldom_wait_and_not_at_once(machine: Machine) -> None:
    admission = machine.admission()
    machine.now += 10
    machine.waited(2)
    assert begun(admission) == least_jobs() + 1, "after one look nothing is known before the next"


def test_none_begins_while_tasks_often_wait(machine: Machine) -> None:
    admission = machine.admission()
    machine.now += 10
    machine.waited(9)
    assert begun(admission) == least_jobs()


def test_none_begins_while_memory_is_short(machine: Machine) -> None:
    admission = machine.admission()
    machine.now += 10
    machine.available(1 << 20)
    assert begun(admission) == least_jobs()


def test_there_is_a_most(machine: Machine) -> None:
    admission = machine.admission()
    for _ in range(admission.most):
        machine.now += 10
        begun(admission)
    assert admission._running == admission.most


def test_there_is_a_most_of_hosts_but_for_the_first_few_labs(machine: Machine) -> None:
    admission = machine.admission()
    assert begun(admission, hosts=1000) == least_jobs()
    machine.now += 10
    assert begun(admission, hosts=1) == least_jobs()
    small = machine.admission()
    machine.now += 10
    assert begun(small, hosts=1) == least_jobs() + 1


def test_a_turn_that_ends_lets_the_next_begin_and_an_end_lets_all(machine: Machine) -> None:
    admission = machine.admission(1)
    order: list[str] = []

    def work(name: str) -> None:
        with admission.turn():
            order.append(name)

    with admission.turn(1000):
        waiting = threading.Thread(target=work, args=("second",))
        waiting.start()
        order.append("first")
    waiting.join(20)
    assert order == ["first", "second"]
    assert admission._hosts == admission._running == 0
    with admission.turn():
        others = [threading.Thread(target=work, args=("late",)) for _ in range(2)]
        for other in others:
            other.start()
        admission.end()
        assert wait_until(lambda: order[2:] == ["late", "late"], within=20)
