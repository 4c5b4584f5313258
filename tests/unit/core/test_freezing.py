"""Freezing a host: asked again while the kernel refuses, with an end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.instances import freezing
from orchestrator.instances.freezing import freeze
from tests.fakes.engine import FakeEngine


class Reluctant(FakeEngine):
    """An engine whose kernel refuses the first pauses."""

    refusals = 0
    asked = 0

    def pause(self, container: str) -> None:
        self.asked += 1
        if self.asked <= self.refusals:
            raise LabError(same("unable to freeze"))
        super().pause(container)


@pytest.fixture
def engine() -> Reluctant:
    made = Reluctant()
    made.add_image("host:1")
    return made


@pytest.fixture
def running(engine: Reluctant) -> Callable[[], str]:
    def make() -> str:
        container = engine.create(ContainerSpec(name="pc1", image="host:1", labels={}))
        engine.start(container)
        return container

    return make


def test_a_refusal_is_asked_again(engine: Reluctant, running: Callable[[], str]) -> None:
    engine.refusals = 2
    container = running()
    freeze(engine, container)
    assert (engine.container(container).state, engine.asked) == ("paused", 3)


def test_what_never_stands_still_is_told(
    engine: Reluctant, running: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "_WITHIN", 0.0)
    engine.refusals = 1000
    container = running()
    with pytest.raises(LabError, match="unable to freeze"):
        freeze(engine, container)
    assert engine.container(container).state == "running"


def test_what_does_not_run_has_nothing_to_freeze(engine: Reluctant, running: Callable[[], str]) -> None:
    container = running()
    engine.stop(container)
    freeze(engine, container)
    assert (engine.container(container).state, engine.asked) == ("exited", 0)


def test_a_host_that_starts_for_ever_is_stopped(engine: Reluctant, running: Callable[[], str]) -> None:
    container = running()
    engine.destroy(container)
    freeze(engine, container)
    assert engine.container(container).state == "exited"
