"""What people did after the fault: it is done, its trace is waited for, and a trace that proves nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Completed, HostRef
from orchestrator.faults import later_actions as module
from orchestrator.model.afterwards import LaterAction, Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.access.lab_driver import LabDriver
    from tests.unit.core.conftest import World

WRITES = LaterAction(
    tell=Text(fr="Léa écrit", en="Léa writes"),
    host="pc1",
    script="sendmail bruno",
    trace=Trace(host="r1", run=("tail", "mail.log"), prints="deferred"),
)


class Hosts:
    """Hosts whose log shows a message some looks after it was sent, or never, below what it shows already."""

    def __init__(self, looks: int | None, *, already: bytes = b"quiet") -> None:
        self.looks = looks
        self.already = already
        self.sent = False
        self.done: list[str] = []

    def run(self, target: HostRef, argv: Sequence[str], *, stdin: bytes = b"", **_: object) -> Completed:
        self.done.append(f"{target.host}: {stdin.decode() or ' '.join(argv)}")
        if stdin:
            self.sent = True
            return Completed(75, b"", b"try again later")
        if self.sent and self.looks is not None:
            self.looks -= 1
        return Completed(0, self.already + b" deferred" * (self.sent and self.looks == 0), b"")


def play(world: World, driver: LabDriver, monkeypatch: pytest.MonkeyPatch, hosts: Hosts) -> None:
    monkeypatch.setattr(world.fabric, "run", hosts.run)
    monkeypatch.setattr(module, "SETTLE", 0.2)
    module.carry_out(WRITES, driver)


def test_an_action_is_done_and_its_trace_waited_for(
    world: World, driver: LabDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = Hosts(looks=2)
    play(world, driver, monkeypatch, hosts)
    assert hosts.done == ["r1: tail mail.log", "pc1: sendmail bruno", "r1: tail mail.log", "r1: tail mail.log"]


def test_an_action_without_a_trace_did_not_happen(
    world: World, driver: LabDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LabError, match=r'^"Léa writes" has left no trace that was not seen before: '):
        play(world, driver, monkeypatch, Hosts(looks=None))


def test_a_trace_that_was_there_before_is_none(
    world: World, driver: LabDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check has asked the same: its line is in the log, and counts as no trace of the action."""
    with pytest.raises(LabError, match=r"→ 0: a message deferred$"):
        play(world, driver, monkeypatch, Hosts(looks=None, already=b"a message deferred"))
    play(world, driver, monkeypatch, Hosts(looks=2, already=b"a message deferred"))


def test_a_trace_says_what_must_be_seen() -> None:
    with pytest.raises(ValidationError, match='give "fails" or "prints"'):
        Trace(run=("true",))
    assert Trace(run=("true",), fails=True).is_met(1, "")
    assert not Trace(run=("true",), fails=False).is_met(1, "")
    assert not Trace(run=("true",), fails=False, prints="deferred").is_met(0, "quiet")
