"""Instances: what a host is created with, what a failed start leaves (nothing), how one is found again."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, get_args

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core import labels
from orchestrator.core.errors import BreakfixError, LabError, MachineError, UsageError
from orchestrator.core.text import same
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.fabric_interface import (
    CommandTimeoutError,
    Completed,
    HostRef,
    HostUnreachableError,
    PortState,
)
from orchestrator.instances import breaking, bringing_up, readiness
from orchestrator.instances import lifecycle as module
from orchestrator.instances.host_container import GRADING_ROOM
from orchestrator.instances.instance_records import InjectedFault, InstanceRecord
from orchestrator.instances.lab_names import require_free
from orchestrator.instances.locks import BusyError, Locks
from orchestrator.instances.placing import Accounts, archive_of
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.instances.system_calls import filter_of_hosts
from orchestrator.model.afterwards import LaterAction, Trace
from orchestrator.model.image import DeviceFile
from orchestrator.model.lab import Condition
from orchestrator.model.plan import PlacedFile
from orchestrator.model.scenario import FaultSpec
from tests.fakes.fabric import FakeFabric

if TYPE_CHECKING:
    from tests.unit.core.conftest import Engine, Machines, World


def specs(world: World) -> dict[str, ContainerSpec]:
    made = (world.engine.spec(c.id) for c in world.engine.containers({labels.KIND: "host"}))
    return {spec.hostname or "?": spec for spec in made}


# What a host is created with ------------------------------------------------------------------------------


def test_every_host_runs_and_carries_what_tells_of_it(world: World) -> None:
    plan = world.plan()
    instance = world.start(plan)
    assert instance.name.startswith("moved-desks-")
    assert [(h.name, h.state) for h in instance.hosts] == [("pc1", "running"), ("pc2", "running"), ("r1", "running")]
    assert (instance.scenario, instance.lab, instance.seed) == ("moved-desks", "pair", 7)
    assert (instance.owner, instance.digest, instance.expected) == ("alice", plan.digest, 3)
    assert instance.whole
    for name, spec in specs(world).items():
        own = dict(spec.labels)
        wiring = json.loads(own.pop(labels.WIRING))
        assert own == {
            labels.KIND: "host",
            labels.INSTANCE: instance.name,
            labels.HOST: name,
            labels.SCENARIO: "moved-desks",
            labels.LAB: "pair",
            labels.SEED: "7",
            labels.OWNER: "alice",
            labels.DIGEST: plan.digest,
            labels.HOSTS: "3",
        }
        assert wiring == {
            "segments": ["office", "servers"],
            "interfaces": [{"name": i.name, "segment": i.segment, "mac": i.mac} for i in plan.host(name).interfaces],
            "sysctls": name == "r1",
            "capabilities": ["NET_ADMIN"] if name == "r1" else [],
            "disk": 1 << 30,
        }
        assert spec.name == f"breakfix-{instance.name}-{name}"


def test_each_host_has_its_limits_and_its_images_capabilities(world: World) -> None:
    world.start()
    made = specs(world)
    assert {n: (s.memory, s.cpu_shares, s.pids) for n, s in made.items()} == {
        "pc1": ((160 << 20) + GRADING_ROOM, 512, 256),
        "pc2": ((96 << 20) + GRADING_ROOM, 256, 64),
        "r1": ((128 << 20) + GRADING_ROOM, 512, 256),
    }
    assert {n: (s.image, s.devices) for n, s in made.items()} == {
        "pc1": ("breakfix/host:1", ()),
        "pc2": ("breakfix/host:1", ()),
        "r1": ("breakfix/router:1", ("/dev/net/tun",)),
    }


def test_no_host_gets_the_machine(world: World) -> None:
    """Whatever a later field of the specification would allow: a host has the defaults but for what it needs."""
    world.start()
    needed = {"hostname", "environment", "devices", "memory", "cpu_shares", "pids", "tmpfs"}
    needed |= {"name", "image", "labels", "stop_signal", "security_options", "shim_group"}
    plain = ContainerSpec("name", "image", {})
    for spec in specs(world).values():
        for field in dataclasses.fields(ContainerSpec):
            if field.name not in needed:
                assert getattr(spec, field.name) == getattr(plain, field.name), field.name
        assert (spec.privileged, spec.pid_mode, spec.binds) == (False, None, {})
        assert spec.cgroup_namespace == "private"
        assert spec.capabilities == (), "what an image adds counts in the host's own user namespace alone"
        assert set(spec.devices) <= set(get_args(DeviceFile))
        assert all("size=" in options and "nosuid" in options for options in spec.tmpfs.values())
        assert spec.stop_signal == "SIGRTMIN+3", "systemd's own signal to shut down"
        assert spec.shim_group == fabric_container.SHIM_GROUP


def test_only_a_host_that_writes_sysctls_leaves_dockers_apparmor_profile(
    make_world: Callable[[Engine], World], engine_with_apparmor: Engine
) -> None:
    world = make_world(engine_with_apparmor)
    world.start()
    profiles = {
        name: [option for option in spec.security_options if option.startswith("apparmor")]
        for name, spec in specs(world).items()
    }
    assert profiles == {"pc1": [], "pc2": [], "r1": ["apparmor=breakfix-host"]}


def test_without_apparmor_there_is_no_profile(world: World) -> None:
    world.start()
    assert {spec.security_options for spec in specs(world).values()} == {(f"seccomp={filter_of_hosts()}",)}


def test_the_filter_of_system_calls_refuses_what_makes_namespaces_and_mounts() -> None:
    document = json.loads(filter_of_hosts())
    plain = {name for rule in document["syscalls"] if not rule["args"] for name in rule["names"]}
    assert {"mount", "unshare", "pivot_root", "bpf", "keyctl", "open_by_handle_at", "clone3"} <= plain
    assert "setns" not in plain, "a host's init enters the namespaces that are made for it"
    flags = {rule["args"][0]["value"] for rule in document["syscalls"] if rule["names"] == ["clone"]}
    assert flags == {0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000}, (
        "clone(2): CLONE_NEW…"
    )


def test_files_are_put_before_the_first_start(world: World) -> None:
    world.start()
    for host in ("pc1", "pc2", "r1"):
        calls = [call for call, of in world.engine.steps if of == host and not call.startswith("read")]
        assert calls == ["create", "put_archive", "start"]


def journal(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note starts, waits for boots and commands in one list."""
    told: list[str] = []
    start, wait_ready, run = world.engine.start, world.fabric.wait_ready, world.fabric.run

    def noted_start(container: str) -> None:
        told.append(f"start {world.engine.spec(container).hostname}")
        start(container)

    def noted_wait(instance: str, hosts: Sequence[str], *, timeout: float) -> None:
        told.append(f"ready {' '.join(hosts)}")
        wait_ready(instance, hosts, timeout=timeout)

    def noted_run(target: HostRef, argv: Sequence[str], **more: Any) -> Completed:  # noqa: ANN401
        told.append(f"{target.host}: {argv[0]}")
        return run(target, argv, **more)

    monkeypatch.setattr(world.engine, "start", noted_start)
    monkeypatch.setattr(world.fabric, "wait_ready", noted_wait)
    monkeypatch.setattr(world.fabric, "run", noted_run)
    return told


def test_dhcp_clients_start_once_the_servers_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = journal(world, monkeypatch)
    world.start(broken=False)
    assert told[:3] == ["start r1", "ready r1", "r1: systemctl"]
    assert sorted(told[3:5]) == ["start pc1", "start pc2"]
    assert told[5] == "ready pc1 pc2", "nothing is asked of hosts that have not booted"
    assert {"pc1: ping", "pc2: ping"} <= set(told[6:])


def test_clients_of_a_server_that_does_not_answer_are_not_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "wait_until", lambda condition, **_: condition() or None)
    world.fabric.on("systemctl is-active *", host="r1", status=3)
    told = journal(world, monkeypatch)
    with pytest.raises(LabError, match="r1 is not ready"):
        world.start()
    assert told == ["start r1", "ready r1", "r1: systemctl"]
    assert world.left == ([], [])


def test_a_lab_without_dhcp_starts_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = "labs/pair/lab.yaml"
    world.edit(
        lab,
        "Poste 1, en: Workstation 1}\n    interfaces: {eth0: {segment: office, address: dhcp}}",
        "P, en: W}\n    interfaces: {eth0: {segment: office, address: 192.168.10.11}}",
    )
    world.edit(lab, "{eth0: {segment: office, address: dhcp}}", "{eth0: {segment: office, address: none}}")
    told = journal(world, monkeypatch)
    world.start(world.bare())
    assert sorted(told[:3]) == ["start pc1", "start pc2", "start r1"]
    assert told[3] == "ready pc1 pc2 r1"


def unpacked(archive: bytes) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            files[member.name] = (member, content.read() if content else b"")
    return files


def test_the_plans_files_arrive_with_numeric_owners(world: World) -> None:
    plan = world.plan()
    instance = world.start(plan)
    for host in instance.hosts:
        (archive,) = world.engine.archives(host.container)
        files = unpacked(archive)
        assert {f"/{name}": content for name, (_, content) in files.items()} == {
            file.path: file.content for file in plan.host(host.name).files
        }
        for entry, _ in files.values():
            numbers = (entry.uid, entry.gid, entry.mode)
            assert numbers == ((101, 33, 0o640) if entry.name == "etc/bind/rndc.key" else (0, 0, 0o644))
            assert (entry.uname, entry.gname) == ("", ""), "a name would be looked up on the machine"
            assert entry.isreg()
            assert entry.mtime > 1_700_000_000, "no tool of a technician expects a file of 1970"
    asked = {of for call, of in world.engine.steps if call.startswith("read")}
    assert asked == {"r1"}, "root is 0 everywhere: nobody need ask"


def test_an_account_that_the_image_lacks_is_named(world: World) -> None:
    file = PlacedFile("/etc/x", b"", "nagios", "root", 0o644)
    with pytest.raises(LabError) as raised:
        archive_of([file], Accounts())
    assert "nagios" in raised.value.text.fr
    assert "/etc/x" in raised.value.text.en
    world.edit("labs/pair/lab.yaml", "owner: bind", "owner: nagios")
    with pytest.raises(LabError, match="nagios"):
        world.start()
    assert world.left == ([], [])


def test_progress_is_told(world: World) -> None:
    world.start()
    assert world.progress.steps == ["Starting 3 hosts", "Waiting for the services", "Preparing the incident"]
    world.start(broken=False)
    assert world.progress.steps[3:] == ["Starting 3 hosts", "Waiting for the services"]


def test_a_healthy_instance_has_no_fault(world: World) -> None:
    instance = world.start(broken=False)
    assert not [line for line in world.fabric.done if line.startswith("cable")]
    assert world.records.get(instance.name).faults == ()


def test_a_name_that_is_taken_is_not_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the other instance would be removed when the start fails."""
    numbers = itertools.chain(["aaaa", "aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(numbers))
    first = world.start()
    second = world.start()
    assert (first.name, second.name) == ("moved-desks-aaaa", "moved-desks-bbbb")
    assert world.instances.find("moved-desks-aaaa").whole


def test_a_long_scenarios_name_still_makes_a_hosts_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "beef")
    plan = dataclasses.replace(world.plan(), scenario="abcdefgh-abcdefgh-abcdefgh-abcd-efgh")
    assert world.start(plan).name == "abcdefgh-abcdefgh-abcdefgh-abcd-beef"


# A name that was chosen -----------------------------------------------------------------------------------


def test_a_lab_has_the_name_that_was_chosen(world: World) -> None:
    running = world.labs().lifecycle.start(world.plan(), world.progress, name="mine")
    assert running.instance == world.instances.find("mine")
    assert {c.name for c in world.engine.containers({})} >= {"breakfix-mine-pc1", "breakfix-mine-r1"}
    world.instances.remove("mine")
    assert world.labs().lifecycle.start(world.plan(), world.progress, name="mine").instance.name == "mine"


@pytest.mark.parametrize("name", ["mine", "Mine", "mine_2", "a" * 41, "../mine", "", "-mine"])
def test_a_name_that_is_in_use_or_none_is_refused_before_anything_is_made(world: World, name: str) -> None:
    kept = world.labs().lifecycle.start(world.plan(), world.progress, name="mine").instance
    before, built = world.left, list(world.built)
    with pytest.raises(UsageError) as refused:
        world.labs().lifecycle.start(world.plan(), world.progress, name=name)
    assert refused.value.hint is not None
    assert (world.left, world.built) == (before, built)
    assert world.instances.find(kept.name) == kept


def test_no_host_gets_the_container_of_another_lab_s(world: World) -> None:
    plan = world.plan()
    kept = dataclasses.replace(world.start(), name="mine-pc1")
    host = dataclasses.replace(kept.hosts[0], name="a")
    with pytest.raises(UsageError, match="mine-pc1 is running"):
        require_free("mine", ["pc1-a"], [dataclasses.replace(kept, hosts=(host,))])
    require_free("mine", [host.name for host in plan.hosts], [kept])


def test_two_starts_of_one_name_do_not_meet(world: World, at_work: Callable[[str], None]) -> None:
    at_work("mine")
    with pytest.raises(BusyError):
        world.labs().lifecycle.start(world.plan(), world.progress, name="mine")
    assert world.left == ([], [])


# A start that fails ---------------------------------------------------------------------------------------


def raising(error: BaseException, *, on: str = "") -> Callable[..., Any]:
    """Return what raises, for a host whose name is in its first argument."""

    def act(first: object = "", *_: object, **__: object) -> None:
        if on in (first.hostname or "" if isinstance(first, ContainerSpec) else str(first)):
            raise error

    return act


FAILURES = [LabError(same("no")), MachineError(same("no")), KeyboardInterrupt(), SystemExit(1), RuntimeError("bug")]


@pytest.mark.slow
@pytest.mark.parametrize("error", FAILURES, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("step", ["create", "put_archive", "start", "info", "read_file"])
def test_whatever_the_engine_refuses_leaves_nothing(
    make_world: Callable[[Engine], World],
    engine_with_apparmor: Engine,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: BaseException,
) -> None:
    world = make_world(engine_with_apparmor)
    bystander = world.start(broken=False)
    before = world.left
    monkeypatch.setattr(world.engine, step, raising(error))
    with pytest.raises(type(error)):
        world.start()
    assert world.left == before
    assert world.instances.find(None) == bystander


def test_one_host_that_fails_takes_the_others_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The router fails when a workstation exists already."""
    real, others = world.engine.put_archive, threading.Barrier(2)

    def put_archive(container: str, archive: bytes) -> None:
        real(container, archive)
        host = world.engine.spec(container).hostname
        if host != "pc1":
            others.wait(10)
        if host == "r1":
            raise LabError(same("no"))

    monkeypatch.setattr(world.engine, "put_archive", put_archive)
    with pytest.raises(LabError):
        world.start()
    assert ("put_archive", "pc2") in world.engine.steps
    assert world.left == ([], [])


def test_a_client_that_fails_takes_the_servers_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = world.engine.start

    def start(container: str) -> None:
        if world.engine.spec(container).hostname == "pc2":
            raise LabError(same("no"))
        real(container)

    monkeypatch.setattr(world.engine, "start", start)
    with pytest.raises(LabError):
        world.start()
    assert ("start", "r1") in world.engine.steps
    assert world.left == ([], [])


def test_nothing_is_created_after_a_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing_up, "THREADS", 1)
    monkeypatch.setattr(world.engine, "put_archive", raising(LabError(same("no"))))
    with pytest.raises(LabError):
        world.start()
    assert world.engine.steps == [("create", "pc1")]


def test_after_a_failure_nothing_more_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by a thread that is quicker with its next item than anybody is with cancelling it."""
    submitted, begun = threading.Event(), []

    class Items(list[int]):
        def __iter__(self) -> Iterator[int]:
            yield from super().__iter__()
            submitted.set()

    def act(item: int) -> None:
        begun.append(item)
        assert submitted.wait(10)
        raise LabError(same("no"))

    monkeypatch.setattr(bringing_up, "THREADS", 1)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1)
    try:
        with pytest.raises(LabError):
            bringing_up.for_each(act, Items(range(100)))
    finally:
        sys.setswitchinterval(interval)
    assert begun == [0]


@pytest.mark.parametrize("error", FAILURES, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("call", ["wait_ready", "run", "set_port", "ports"])
def test_whatever_the_fabric_refuses_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException
) -> None:
    monkeypatch.setattr(world.fabric, call, raising(error))
    with pytest.raises(type(error)):
        world.start()
    assert world.left == ([], [])


def test_hosts_run_under_the_runtime_that_was_asked_for(world: World) -> None:
    assert {spec.runtime for spec in specs(world).values()} == set()
    fabric = lambda: world.fabric  # noqa: E731
    for asked, given in (("runc", "runc"), ("", None)):
        instances = module.Instances(world.engine, fabric, world.records, world.locks, "alice", asked)
        instance = instances.start(world.plan(), world.around, world.progress)
        assert {spec.runtime for spec in specs(world).values()} == {given}
        instances.remove(instance.name)


def test_a_runtime_that_the_engine_does_not_know_is_refused_before_anything_is_made(world: World) -> None:
    instances = module.Instances(world.engine, lambda: world.fabric, world.records, world.locks, "alice", "runsc")
    with pytest.raises(UsageError, match="BREAKFIX_RUNTIME=runsc") as refused:
        instances.start(world.plan(), world.around, world.progress)
    assert refused.value.hint is not None
    assert "runc" in refused.value.hint.en
    assert world.left == ([], [])


def test_a_fabric_that_does_not_come_up_leaves_nothing(world: World) -> None:
    def broken() -> Any:  # noqa: ANN401 - never returns
        raise MachineError(same("no helper"))

    instances = module.Instances(world.engine, broken, world.records, world.locks, "alice")
    with pytest.raises(MachineError):
        instances.start(world.plan(), world.around, world.progress)
    assert world.left == ([], [])


def test_a_service_that_does_not_come_up_leaves_nothing_and_says_which(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "wait_until", lambda condition, **_: condition() or None)
    world.fabric.on("ping *", host="pc2", status=1, stderr="Destination Host Unreachable\n")
    with pytest.raises(LabError) as raised:
        world.start()
    assert "pc2" in raised.value.text.fr
    assert "ping -c1 192.168.10.1" in raised.value.text.en
    assert raised.value.evidence == "Destination Host Unreachable\n"
    assert world.left == ([], [])


def test_a_fault_without_effect_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.fabric, "set_port", lambda *_, **__: None)
    with pytest.raises(LabError, match="has not taken effect"):
        world.start()
    assert world.left == ([], [])


def test_an_interruption_between_two_hosts_leaves_nothing(world: World) -> None:
    class Interrupting(type(world.progress)):  # type: ignore[misc]
        def step(self, text: Any) -> None:  # noqa: ANN401
            if text.en.startswith("Preparing"):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.instances.start(world.plan(), world.around, Interrupting())
    assert world.left == ([], [])


# Ready conditions -----------------------------------------------------------------------------------------


def condition(host: str, *, within: int = 5) -> Condition:
    return Condition(host=host, run=("systemctl", "is-active", host), within=within)


def test_conditions_of_different_hosts_are_waited_for_at_once(
    driver: LabDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)

    def run(_target: HostRef, _argv: Sequence[str], **_: object) -> Completed:
        both.wait(10)
        return Completed(0, b"", b"")

    monkeypatch.setattr(driver.fabric, "run", run)
    wait_for_conditions(driver, [condition("pc1"), condition("pc2")])


def test_a_condition_is_asked_until_it_holds(driver: LabDriver, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = iter([3, 3, 0])
    monkeypatch.setattr(driver.fabric, "run", lambda *_, **__: Completed(next(statuses), b"", b""))
    wait_for_conditions(driver, [condition("pc1")])
    assert next(statuses, None) is None
    assert world.fabric.closed, "each thread's session is closed"


UNENDED = CommandTimeoutError(same("pc1: not done after 3 s"))
UNREACHABLE = HostUnreachableError(same("pc1 does not run"))


def test_a_look_that_fails_is_repeated(driver: LabDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([UNENDED, UNREACHABLE, None])

    def run(*_: object, **__: object) -> Completed:
        error = next(looks)
        if error is not None:
            raise error
        return Completed(0, b"", b"")

    monkeypatch.setattr(driver.fabric, "run", run)
    wait_for_conditions(driver, [condition("pc1")])
    assert next(looks, "none") == "none"


@pytest.mark.slow
@pytest.mark.parametrize("error", [UNENDED, UNREACHABLE], ids=lambda error: type(error).__name__)
def test_a_look_that_fails_to_the_end_says_how(
    driver: LabDriver, monkeypatch: pytest.MonkeyPatch, error: LabError
) -> None:
    monkeypatch.setattr(driver.fabric, "run", raising(error))
    with pytest.raises(type(error), match=f"^{error}$"):
        wait_for_conditions(driver, [condition("pc1", within=1)])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MachineError(same("no helper"))])
def test_when_one_wait_ends_badly_the_others_end_too(
    driver: LabDriver, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Ctrl-C must not last until the slowest service's limit."""
    failed = threading.Event()
    asked_after = 0

    def run(target: HostRef, *_: object, **__: object) -> Completed:
        nonlocal asked_after
        if target.host == "pc2":
            failed.set()
            raise error
        asked_after += failed.is_set()
        return Completed(3, b"", b"")

    monkeypatch.setattr(driver.fabric, "run", run)
    with pytest.raises(type(error)):
        wait_for_conditions(driver, [condition("pc1", within=3), condition("pc2", within=3)])
    assert asked_after < 20


def test_without_conditions_nothing_is_asked(driver: LabDriver, world: World) -> None:
    wait_for_conditions(driver, [])
    assert world.fabric.done == []


# Finding --------------------------------------------------------------------------------------------------


def test_with_nothing_running_the_next_step_is_told(world: World) -> None:
    for name in (None, "moved-desks-1234"):
        with pytest.raises(UsageError, match="No lab is running") as raised:
            world.instances.find(name)
        assert raised.value.hint is not None
        assert "breakfix start" in raised.value.hint.fr


def test_the_only_instance_needs_no_name(world: World) -> None:
    instance = world.start()
    assert world.instances.find(None) == instance
    assert world.instances.find(instance.name) == instance


def test_among_several_a_name_is_needed(world: World) -> None:
    names = [world.start().name for _ in range(2)]
    with pytest.raises(UsageError, match="Several labs") as raised:
        world.instances.find(None)
    for name in names:
        assert name in raised.value.text.fr
        assert world.instances.find(name).name == name


def test_for_a_misspelt_name_the_nearest_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(["aaaa", "bbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(numbers))
    world.start()
    world.start(world.bare())
    with pytest.raises(UsageError, match="moved-desk-aaaa") as raised:
        world.instances.find("moved-desk-aaaa")
    assert raised.value.hint is not None
    assert "moved-desks-aaaa" in raised.value.hint.en
    assert "pair-bbbb" not in raised.value.hint.en
    with pytest.raises(UsageError) as raised:
        world.instances.find("zzz")
    assert raised.value.hint is not None
    assert "pair-bbbb" in raised.value.hint.fr, "with nothing like it, all are named"


def test_an_instance_is_whole_only_while_every_host_runs(world: World) -> None:
    instance = world.start()
    last = instance.hosts[-1].container
    for change, state in ((world.engine.stop, "exited"), (world.engine.remove, None)):
        change(last)
        seen = world.instances.find(instance.name)
        assert not seen.whole
        assert [h.state for h in seen.hosts][2:] == ([state] if state else [])


def test_a_host_that_runs_without_its_cable_or_its_boot_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker says "running" of a host that waits at its gate for ever."""
    instance = world.start()
    world.engine.stop(instance.hosts[2].container)
    asked: list[tuple[str, Sequence[str], float]] = []

    def wait_ready(name: str, hosts: Sequence[str], *, timeout: float) -> None:
        asked.append((name, hosts, timeout))
        if hosts == ["pc1"]:
            raise LabError(same("demo: pc1: OSError: File exists"))
        raise CommandTimeoutError(same("demo: not done after 0 s"))

    assert world.instances.looks.unready(instance) == {}
    monkeypatch.setattr(world.fabric, "wait_ready", wait_ready)
    found = world.instances.looks.unready(world.instances.find(None))
    assert asked == [(instance.name, ["pc1"], 0), (instance.name, ["pc2"], 0)], "nothing is waited for"
    assert {host: why.en for host, why in found.items()} == {
        "pc1": "demo: pc1: OSError: File exists",
        "pc2": "has not booted (yet)",
    }
    monkeypatch.setattr(world.fabric, "wait_ready", raising(MachineError(same("the helper does not answer"))))
    assert set(world.instances.looks.unready(instance).values()) == {same("the helper does not answer")}


def test_a_start_that_was_cut_off_is_seen(world: World) -> None:
    """What a killed program leaves: labels tell how many hosts there should be."""
    instance = world.start()
    spec = world.engine.spec(instance.hosts[0].container)
    for host in instance.hosts:
        world.engine.remove(host.container)
    world.engine.create(spec)
    seen = world.instances.find(None)
    assert (seen.expected, len(seen.hosts), seen.whole) == (3, 1, False)
    assert (seen.scenario, seen.seed, seen.owner) == ("moved-desks", 7, "alice")


def test_a_bare_lab_has_no_scenario(world: World) -> None:
    instance = world.start(world.bare())
    assert (instance.scenario, instance.lab, instance.seed) == ("", "pair", 0)


# Removing -------------------------------------------------------------------------------------------------


def test_a_helper_that_does_not_answer_is_started_to_take_the_cables_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = world.start()
    instances, asked = world.instances, list[str]()

    class Away(FakeFabric):
        def ports(self, instance: str) -> tuple[PortState, ...]:
            asked.append(f"away {instance}")
            raise MachineError(same("the helper does not answer"))

    class Raised(FakeFabric):
        def ports(self, instance: str) -> tuple[PortState, ...]:
            asked.append(f"raised {instance}")
            return ()

    monkeypatch.setattr(instances.looks, "_helper", Away)
    monkeypatch.setattr(instances.looks, "_fabric", Raised)
    instances.remove(instance.name)
    assert asked == [f"away {instance.name}", f"raised {instance.name}"]
    asked.clear()
    assert instances.looks.unready(instance) == {}
    assert asked == [f"away {instance.name}"], "what is asked of the one that was started is whether hosts are ready"
    asked.clear()
    monkeypatch.setattr(instances.looks, "_fabric", raising(MachineError(same("no"))))
    instances.remove(instance.name)
    monkeypatch.setattr(instances.looks, "_helper", Raised)
    instances.remove(instance.name)
    assert set(asked) == {f"away {instance.name}", f"raised {instance.name}"}, "one that answers is not started"


def test_removing_one_leaves_the_others(world: World) -> None:
    first, second = world.start(), world.start()
    world.instances.remove(first.name)
    assert [i.name for i in world.instances.all()] == [second.name]
    assert world.left[1] == [f"{second.name}.handed-over", f"{second.name}.json"]
    world.instances.remove(first.name)


def test_a_broken_instance_can_be_removed(world: World) -> None:
    instance = world.start()
    world.engine.stop(instance.hosts[0].container)
    world.engine.remove(instance.hosts[1].container)
    world.state.joinpath(f"{instance.name}.json").unlink()
    world.instances.remove(instance.name)
    assert world.left == ([], [])


def test_removing_everything_takes_the_fabric_too(world: World) -> None:
    names = sorted(world.start().name for _ in range(2))
    for name in (fabric_container.PAUSE, fabric_container.HELPER):
        world.engine.create(ContainerSpec(name, "breakfix/fabric:1", {labels.KIND: "fabric"}))
    world.engine.create_volume(fabric_container.STATE_VOLUME, {labels.KIND: "state"})
    world.engine.add_image("debian:13")
    stranger = world.engine.create(ContainerSpec("stranger", "debian:13", {}))
    assert list(world.instances.remove_all()) == names
    assert world.left == (["stranger"], [])
    assert world.engine.volumes({}) == ()
    world.engine.remove(stranger)
    assert world.instances.remove_all() == ()


def test_what_is_spared_keeps_the_fabric(world: World) -> None:
    gone, spared = (world.start().name for _ in range(2))
    world.engine.create(ContainerSpec(fabric_container.HELPER, "breakfix/fabric:1", {labels.KIND: "fabric"}))
    assert world.instances.remove_all(lambda instance: instance.name == spared) == (gone,)
    assert [instance.name for instance in world.instances.all()] == [spared]
    assert fabric_container.HELPER in world.left[0]


# Faults ---------------------------------------------------------------------------------------------------


class Stub:
    """A fault that tells what is asked of it, and what the record said at that moment."""

    told: ClassVar[list[str]] = []
    fails: ClassVar[str] = ""

    def __init__(self, world: World, spec: FaultSpec) -> None:
        self.world = world
        self.name = spec.parameters["name"]

    def _tell(self, what: str, driver: LabDriver) -> None:
        recorded = "+".join(f.parameters["name"] for f in self.world.records.get(driver.instance).faults)
        self.told.append(f"{what} {self.name} [{recorded}]")
        if self.fails == f"{what} {self.name}":
            raise LabError(same("no"))

    def remember(self, driver: LabDriver) -> dict[str, str]:
        self._tell("remember", driver)
        return {"of": self.name}

    def inject(self, driver: LabDriver) -> None:
        self._tell("inject", driver)

    def verify(self, driver: LabDriver) -> None:
        self._tell("verify", driver)

    def revert(self, driver: LabDriver, memento: dict[str, str]) -> None:
        assert memento == {"of": self.name}
        self._tell("revert", driver)


@pytest.fixture
def stubs(world: World, monkeypatch: pytest.MonkeyPatch) -> type[Stub]:
    monkeypatch.setattr(Stub, "told", [])
    monkeypatch.setattr(Stub, "fails", "")
    monkeypatch.setattr(breaking, "make_fault", lambda spec, _roots: Stub(world, spec))
    return Stub


def two_faults(world: World, driver: LabDriver) -> LabDriver:
    faults = tuple(FaultSpec(fault="stub", parameters={"name": name}) for name in ("a", "b"))
    return dataclasses.replace(driver, plan=dataclasses.replace(world.plan(), faults=faults))


def test_how_to_revert_is_recorded_before_anything_is_broken(
    world: World, driver: LabDriver, stubs: type[Stub]
) -> None:
    broken = two_faults(world, driver)
    world.instances.inject(broken)
    assert stubs.told == [
        "remember a []",
        "inject a [a]",
        "verify a [a]",
        "remember b [a]",
        "inject b [a+b]",
        "verify b [a+b]",
    ]
    stubs.told.clear()
    world.instances.revert(broken)
    assert stubs.told == ["revert b [a+b]", "revert a [a+b]"]
    assert world.records.get(driver.instance).faults == ()
    world.instances.revert(broken)
    assert len(stubs.told) == 2, "what is reverted is not reverted again"


@pytest.mark.parametrize(("fails", "recorded"), [("remember b", ["a"]), ("inject b", ["a", "b"]), ("verify a", ["a"])])
def test_a_fault_that_fails_half_way_can_be_reverted(
    world: World, driver: LabDriver, stubs: type[Stub], monkeypatch: pytest.MonkeyPatch, fails: str, recorded: list[str]
) -> None:
    broken = two_faults(world, driver)
    monkeypatch.setattr(Stub, "fails", fails)
    with pytest.raises(LabError):
        world.instances.inject(broken)
    assert [f.parameters["name"] for f in world.records.get(driver.instance).faults] == recorded
    stubs.told.clear()
    world.instances.revert(broken)
    assert [line.split()[1] for line in stubs.told] == recorded[::-1]


def test_people_act_once_after_the_faults(
    world: World, driver: LabDriver, stubs: type[Stub], monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = Trace(run=("tail", "/var/log/mail.log"), prints="deferred")
    action = LaterAction(tell=same("Léa writes"), host="pc1", script="mail", trace=trace)
    broken = two_faults(world, driver)
    broken = dataclasses.replace(broken, plan=dataclasses.replace(broken.plan, afterwards=(action,)))
    monkeypatch.setattr(breaking, "carry_out", lambda one, _: stubs.told.append(one.tell.en))
    world.instances.inject(broken)
    assert stubs.told[-2:] == ["verify b [a+b]", "Léa writes"]
    world.instances.revert(broken)
    world.instances.inject(broken)
    assert stubs.told.count("Léa writes") == 1, "what people did is not undone by a revert"


def test_the_same_fault_twice_is_reverted_each_with_its_own_memento(world: World) -> None:
    world.fabric.set_port(HostRef("", "pc2"), "eth0", segment="servers")
    world.edit(
        "scenarios/1.3-network-connection/moved-desks/scenario.yaml",
        "host: pc2, segment: servers",
        "host: pc2, segment: office",
    )
    before = dict(world.fabric.cables)
    instance = world.start()
    record = world.records.get(instance.name)
    assert [(f.fault, f.parameters["host"], f.memento.get("segment")) for f in record.faults] == [
        ("link-wrong-segment", "pc1", "office"),
        ("link-wrong-segment", "pc2", "servers"),
        ("link-unplugged", "pc2", None),
    ]
    assert world.fabric.cables != before
    world.instances.revert(world.driver(instance))
    assert world.fabric.cables == before


def test_faults_are_reverted_although_the_scenario_was_edited_since(world: World) -> None:
    before = dict(world.fabric.cables)
    instance = world.start()
    world.instances.revert(world.driver(instance, dataclasses.replace(world.plan(), faults=())))
    assert world.fabric.cables == before


def test_parameters_that_do_not_fit_break_nothing(world: World, driver: LabDriver) -> None:
    faults = (FaultSpec(fault="link-unplugged", parameters={"hots": "pc1"}),)
    broken = dataclasses.replace(driver, plan=dataclasses.replace(world.plan(), faults=faults))
    with pytest.raises(BreakfixError, match="hots"):
        world.instances.inject(broken)
    assert world.fabric.done == []
    assert world.records.get(driver.instance).faults == ()


def test_a_start_that_was_not_ended_is_recorded_as_such(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed program removes nothing; what it leaves must not be taken for a whole lab with its fault."""
    seen: list[bool | None] = []

    def wait_ready(instance: str, *_: object, **__: object) -> None:
        seen.append(world.records.get(instance).started)

    monkeypatch.setattr(world.fabric, "wait_ready", wait_ready)
    instance = world.start()
    assert seen == [False, False]
    record = world.records.get(instance.name)
    assert record.started
    assert len(record.faults) == 3
    assert record.roots == (str(world.root),)


def test_what_was_recorded_is_text(world: World) -> None:
    instance = world.start()
    stored = json.loads((world.state / f"{instance.name}.json").read_text())
    assert stored["faults"][0] == {
        "fault": "link-wrong-segment",
        "parameters": {"host": "pc1", "segment": "servers"},
        "memento": {"segment": "office"},
    }
    assert world.records.get(instance.name).faults[0] == InjectedFault(**stored["faults"][0])


# Two programs at once -------------------------------------------------------------------------------------

OTHER = """
import sys
from pathlib import Path
from orchestrator.instances.locks import Locks
with Locks(Path(sys.argv[1])).exclusive(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def at_work(world: World) -> Iterator[Callable[[str], None]]:
    """``at_work(name)``: another program is at work on an instance until the test's end."""
    with contextlib.ExitStack() as stack:

        def begin(name: str) -> None:
            command = [sys.executable, "-c", OTHER, str(world.state.parent / "lock"), name]
            process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"

        yield begin


ALL = OTHER.replace(".exclusive(sys.argv[2])", ".exclusive_with_all()")


def stops_everything(lock: Path) -> bool:
    """Return whether another program could now begin to stop everything."""
    command = [sys.executable, "-c", ALL.replace("Path(sys.argv[1])", "Path(sys.argv[1]), patience=0"), str(lock)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_nobody_takes_the_fabric_away_between_its_start_and_a_lab_s(world: World) -> None:
    """Another user stops everything while this one's fabric is made, which also brings the lock that both go by."""
    common = world.state.parent / "common"
    asked: list[bool] = []
    locks = Locks(world.state.parent / "lock", common, patience=0)

    def fabric() -> Machines:
        if not asked:
            asked.append(stops_everything(world.state.parent / "lock"))
            common.touch()  # as the helper does
        else:
            asked.append(stops_everything(common))
        return world.fabric

    world.start_with(locks, fabric)
    assert asked[0] is False
    assert len(asked) > 1
    assert set(asked) == {False}


def test_a_start_while_everything_is_stopped_says_who_is_at_work(world: World) -> None:
    command = [sys.executable, "-c", ALL, str(world.state.parent / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(BusyError) as raised:
            world.start()
        assert raised.value.holder.pid == process.pid
        process.kill()
    assert world.left == ([], [])


def test_what_another_program_is_at_work_on_stays_as_it_is(world: World, at_work: Callable[[str], None]) -> None:
    instance = world.start()
    driver, before, running = world.driver(instance), world.left, world.labs().running.planned(None)
    record, done = world.records.get(instance.name), list(world.fabric.done)
    at_work(instance.name)
    for act in (
        lambda: world.instances.remove(instance.name),
        world.instances.remove_all,
        lambda: world.instances.inject(driver),
        lambda: world.instances.revert(driver),
        lambda: world.labs().lifecycle.reset(running, world.progress),
        lambda: world.labs().solutions.hint(running),
        lambda: world.labs().grading.check(running),
        lambda: world.labs().solutions.apply(running, running.plan.solutions[0], lambda _: None),
    ):
        with pytest.raises(BusyError):
            act()
    assert world.left == before
    assert world.records.get(instance.name) == record
    assert world.fabric.done == done
    assert world.instances.find(None) == instance, "looking never waits"


def test_a_start_at_which_somebody_is_at_work_is_not_cut_off(
    world: World, at_work: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    labs, seen = world.labs(), list[str]()

    def wait_ready(name: str, *_: object, **__: object) -> None:
        at_work(name)  # this process's own lock is none that it sees
        seen.append(labs.running.state_of(world.instances.find(name)))
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.fabric, "wait_ready", wait_ready)
        patch.setattr(module, "remove_instance", lambda *_: None)
        patch.setattr(Locks, "exclusive", lambda *_: contextlib.nullcontext())
        with pytest.raises(Killed):
            world.start()
    (instance,) = world.instances.all()
    assert seen == ["starting"]
    assert labs.running.state_of(instance) == "starting"
    with pytest.raises(BusyError):
        labs.grading.check(labs.running.planned(None))


def test_a_stop_at_which_somebody_is_at_work_is_told(world: World, at_work: Callable[[str], None]) -> None:
    instance = world.start()
    assert world.labs().running.state_of(instance) == "started"
    at_work(instance.name)
    assert world.labs().running.state_of(instance) == "started", "a grading, for instance"
    world.records.cut_off(instance.name)
    assert world.labs().running.state_of(instance) == "stopping"


def test_a_start_or_a_stop_whose_program_is_gone_is_cut_off(world: World) -> None:
    instance = world.start()
    world.records.cut_off(instance.name)
    assert world.labs().running.state_of(instance) == "cut off"


class Killed(BaseException):
    """The program is killed."""


def test_a_record_of_an_earlier_lab_of_the_same_name_says_nothing_of_this_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user reset it, and was killed before its fault was in place."""
    instance = world.start()
    mine = world.records.get(instance.name)
    other = world.of_another_user()
    with monkeypatch.context() as patch:

        def inject(*_: object) -> None:
            patch.setattr(module, "remove_instance", lambda *_: None)  # a killed program clears nothing away
            raise Killed

        patch.setattr(module, "break_lab", inject)
        with pytest.raises(Killed):
            other.labs().lifecycle.reset(other.labs().running.planned(None), world.progress)
    assert world.records.get(instance.name) == mine
    (left,) = world.instances.all()
    assert (left.name, left.whole) == (instance.name, True), "as far as the engine knows"
    assert [labs.running.state_of(left) for labs in (world.labs(), other.labs())] == ["cut off", "cut off"]


def test_what_was_removed_meanwhile_is_said_to_be_gone(world: World) -> None:
    running = world.labs().running.planned(world.start().name)
    world.instances.remove(running.instance.name)
    with pytest.raises(LabError, match="is gone"):
        world.labs().solutions.hint(running)
    assert world.left == ([], [])


def test_a_killed_start_or_stop_is_swept_up_by_the_next(world: World, at_work: Callable[[str], None]) -> None:
    world.records.put(InstanceRecord("killed-1a2b", started=False))
    world.records.put(InstanceRecord("starting-1a2b", started=False))
    at_work("starting-1a2b")
    instance = world.start(broken=False)
    assert set(world.records.names()) == {instance.name, "starting-1a2b"}


def test_what_is_known_of_a_lab_goes_when_somebody_else_removed_it(world: World) -> None:
    by_hand, by_another, stays = world.start(), world.start(), world.start()
    for host in by_hand.hosts:
        world.engine.remove(host.container)
    other = world.of_another_user()
    other.instances.remove(by_another.name)
    assert world.engine.volumes({labels.INSTANCE: by_hand.name}) == (), "whoever comes by clears the mark away"
    assert set(world.records.names()) == {by_hand.name, by_another.name, stays.name}, "another user's are out of reach"
    instance = world.start(broken=False)
    assert set(world.records.names()) == {stays.name, instance.name}
    assert world.instances.started(stays.name)
    world.instances.remove_all()
    assert world.left == ([], [])
    assert world.engine.volumes({}) == ()


def test_an_instance_is_marked_when_its_fault_is_in_place(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[bool] = []
    real = world.fabric.set_port

    def set_port(target: HostRef, *given: Any, **more: Any) -> None:  # noqa: ANN401
        marked.append(world.instances.started(target.instance))
        real(target, *given, **more)

    monkeypatch.setattr(world.fabric, "set_port", set_port)
    instance = world.start()
    assert set(marked) == {False}
    assert world.instances.started(instance.name)
    assert not world.instances.started(instance.name[:-1])


def test_a_mark_that_cannot_be_made_is_a_failed_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.engine, "create_volume", raising(MachineError(same("no space left on device"))))
    with pytest.raises(MachineError, match="no space"):
        world.start()
    assert world.left == ([], [])


def test_a_removal_that_is_cut_off_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = world.start()
    assert not world.labs().running.cut_off(instance)
    monkeypatch.setattr(world.engine, "remove", raising(MachineError(same("no"))))
    with pytest.raises(MachineError):
        world.instances.remove(instance.name)
    assert world.labs().running.cut_off(instance)
