"""Labs that are started for nobody: light, frozen, claimed by one; and what a program that is killed leaves of them."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import LabError, UsageError
from orchestrator.instances.instance_marks import put_mark
from orchestrator.labs import Running

from .conftest import World


def pooled(world: World, name: str = "ready") -> Running:
    return world.labs().lifecycle.start(world.plan(), world.progress, name=name, pooled="made of this")


def states(world: World, name: str = "ready") -> set[str]:
    return {host.state for host in world.labs().running.find(name).hosts}


def shares(world: World, name: str = "ready") -> dict[str, int | None]:
    hosts = world.labs().running.find(name).hosts
    return {host.name: world.engine.spec(host.container).cpu_shares for host in hosts}


def test_one_stands_ready_broken_and_frozen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    light = dict[str, int | None]()
    ready = world.fabric.wait_ready

    def booting(instance: str, hosts: object, *, timeout: float) -> None:
        light.update(shares(world, instance))
        ready(instance, hosts, timeout=timeout)  # type: ignore[arg-type]

    monkeypatch.setattr(world.fabric, "wait_ready", booting)
    running = pooled(world)
    labs = world.labs()
    assert states(world) == {"paused"}
    assert labs.running.pooled() == {"ready"}
    assert labs.running.state_of(labs.running.find("ready")) == "started"
    assert len(world.records.get("ready").faults) == len(running.plan.faults)
    assert light == {"pc1": 32, "pc2": 16, "r1": 32}, "it takes what nobody else wants"
    assert shares(world) == {"pc1": 512, "pc2": 256, "r1": 512}
    pool = labs.running.instances.pool
    assert pool.is_made_of("ready", "made of this")
    assert not pool.is_made_of("ready", "made of that")


def test_no_watchdog_kills_what_was_frozen_for_long(world: World) -> None:
    (host, *_) = pooled(world).instance.hosts
    assert world.engine.spec(host.container).environment["SYSTEMD_PROC_CMDLINE"] == "systemd.service_watchdogs=no"


def test_one_gets_it(world: World) -> None:
    labs = world.labs()
    started = pooled(world)
    claimed = labs.lifecycle.claim("ready")
    assert claimed.plan == started.plan
    assert claimed.instance.identity == started.instance.identity
    assert states(world) == {"running"}
    assert labs.running.pooled() == frozenset()
    with pytest.raises(LabError, match="kept ready no longer"):
        labs.lifecycle.claim("ready")
    assert labs.running.find(None).name == "ready"


def test_one_that_somebody_has_touched_is_not_handed_over(world: World) -> None:
    labs = world.labs()
    pooled(world)
    labs.lifecycle.thaw("ready")
    with pytest.raises(LabError, match="touched"):
        labs.lifecycle.claim("ready")
    assert labs.running.pooled() == {"ready"}


def test_it_is_meant_only_where_it_is_named(world: World) -> None:
    labs = world.labs()
    pooled(world)
    with pytest.raises(UsageError, match="No lab is running"):
        labs.running.find(None)
    mine = labs.lifecycle.start(world.plan(), world.progress)
    assert labs.running.find(None).name == mine.instance.name
    assert labs.running.find("ready").name == "ready"


def test_nothing_is_left_of_one_that_does_not_come_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise LabError(world.plan().title)

    monkeypatch.setattr(world.engine, "pause", fails)
    with pytest.raises(LabError):
        pooled(world)
    assert world.labs().running.all() == ()
    assert world.engine.volumes({"breakfix.kind": "pooled"}) == ()


def test_the_mark_goes_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """So whoever is killed while they remove one leaves one that is to be removed."""
    pooled(world)
    labs = world.labs()

    def killed(_container: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.engine, "remove", killed)
    with pytest.raises(KeyboardInterrupt):
        labs.lifecycle.discard(labs.running.find("ready"))
    assert labs.running.pooled() == {"ready"}
    assert labs.running.cut_off(labs.running.find("ready"))
    monkeypatch.undo()
    labs.lifecycle.discard(labs.running.find("ready"))
    assert world.engine.volumes({"breakfix.kind": None}) == ()


def test_a_mark_without_a_lab_goes_with_the_next_start(world: World) -> None:
    put_mark(world.engine, "gone", "pooled")
    world.labs().lifecycle.start(world.plan(), world.progress)
    assert world.labs().running.instances.pool.names() == frozenset()
