"""Root in a host gets nowhere: not in a booted host, by whatever way in, nor in a container of any image."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.fabric_interface import HELPER_IMAGE, HostRef
from orchestrator.instances.instance import StartContext as Making
from orchestrator.labs import Running
from tests.containment.attempts import (
    ATTEMPTS,
    BEYOND,
    DONE,
    Attempt,
    Environment,
    beyond,
    by_network,
    got_out,
    in_container,
    lacking,
    results,
    script,
    unproven,
    untried,
)

pytestmark = pytest.mark.live

IMAGES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "images").glob("*/image.yaml"))
NO_HOSTS = {"base", HELPER_IMAGE}
CORE_IMAGES = {"host", "router", "vpn"}
FORBIDDEN = {"DAC_READ_SEARCH": 2, "SYS_MODULE": 16, "SYS_RAWIO": 17, "SYS_ADMIN": 21, "PERFMON": 38, "BPF": 39}
SOON = 60.0
FILTERED = "2"
"""Seccomp with a filter, as proc(5) numbers it."""
WAYS: Mapping[str, tuple[str, ...]] = {
    "by the helper": ("perl", "-"),
    # On control groups of version 2 a unit's share of a small host's processes would not do for the attempts.
    "by its systemd": (
        *("systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--property=TasksMax=infinity"),
        *("perl", "-"),
    ),
}


class Program:
    """The attempts, and what comes of them where nothing is refused."""

    def __init__(self, app: App, around: Environment) -> None:
        self.attempts = (*ATTEMPTS, *by_network(around), *beyond())
        self.text = script(around, self.attempts)
        self._app = app
        self._around = around

    @cached_property
    def control(self) -> dict[str, tuple[str, str]]:
        """On the machine itself, whose own addresses are reached without a packet that leaves it."""
        folder = str(Path(self._around.note).parent)
        binds = [f"{path}:{path}" for path in ("/run/docker.sock", str(fabric_container.SOCKET_FOLDER), folder)]
        words = ["--privileged", "--pid=host", "--network=host", *(word for b in binds for word in ("-v", b))]
        return self._in(words, (*ATTEMPTS, *by_network(self._around)))

    @cached_property
    def control_beyond(self) -> dict[str, tuple[str, str]]:
        """In a network of its own, which has the addresses that lie past the machine: nothing is sent to them."""
        return self._in(["--network=none", "--cap-add=NET_ADMIN"], beyond(), at_home=True)

    def _in(
        self, words: list[str], attempts: Sequence[Attempt], *, at_home: bool = False
    ) -> dict[str, tuple[str, str]]:
        image = self._app.build(["host"])["host"]
        program = script(self._around, attempts, at_home=at_home)
        return in_container("run", "--rm", "-i", *words, "--entrypoint", "perl", image, "-", program=program)


@pytest.fixture(scope="module")
def program(app: App, around: Environment) -> Program:
    return Program(app, around)


def forbidden(bounding: str) -> list[str]:
    mask = int(bounding, 16)
    return [name for name, number in FORBIDDEN.items() if mask >> number & 1]


@pytest.mark.core
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_an_attempt_succeeds_where_nothing_is_refused(cells: Running, program: Program, attempt: Attempt) -> None:
    """The control: without it a slip in an attempt would look like a wall. The helper runs, for its socket."""
    assert cells.instance.hosts
    if missing := lacking(program.control, attempt):
        pytest.skip(f"this machine itself lacks {missing}: nothing is said of {attempt.name}")
    assert program.control[attempt.name][0] == DONE


@pytest.mark.core
def test_the_machine_is_reached_where_nothing_is_refused(program: Program, around: Environment) -> None:
    """The control of what goes by the network: each address, by each protocol, from the machine itself."""
    assert len(around.addresses) >= 2, "its own, besides the one of the loopback"
    assert unproven(program.control, by_network(around)) == []


@pytest.mark.core
def test_what_lies_beyond_is_reached_where_it_is_at_home(program: Program) -> None:
    assert unproven(program.control_beyond, beyond()) == []


@pytest.fixture
def neighbour(app: App, cells: Running, around: Environment) -> Iterator[None]:
    """The host B has all addresses beyond the machine, and answers there."""
    b = HostRef(cells.instance.name, "b")
    program = script(around, (), at_home=True)
    assert app.fabric.run(b, ("sh", "-c", "cat >/run/beyond.pl"), stdin=program).status == 0
    assert app.fabric.run(b, ("systemd-run", "--quiet", "--unit=beyond", "perl", "/run/beyond.pl")).status == 0
    yield
    assert app.fabric.run(b, ("systemctl", "stop", "beyond")).status == 0
    for address in BEYOND.values():
        mask = 128 if ":" in address else 32
        app.fabric.run(b, ("ip", "address", "del", f"{address}/{mask}", "dev", "eth0"))


@pytest.mark.core
@pytest.mark.usefixtures("neighbour")
def test_what_lies_beyond_is_reached_where_a_neighbour_has_it(
    app: App, cells: Running, program: Program, around: Environment
) -> None:
    """The control of the attempts' own frames: they do go out by a host's cables, whatever its routes are."""
    a = HostRef(cells.instance.name, "a")

    def reached() -> bool:
        done = app.fabric.run(a, ("perl", "-"), stdin=script(around, beyond()), timeout=300)
        return unproven(program.control | results(done.stdout), beyond()) == []

    assert wait_until(reached, within=SOON)


@pytest.mark.core
def test_the_control_has_what_no_host_has(program: Program) -> None:
    assert len(forbidden(program.control["CapBnd"][0])) == len(FORBIDDEN)
    assert program.control["Seccomp"][0] != FILTERED


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", [pytest.param("a", marks=pytest.mark.core), "r", "s", "v"])
def test_root_stays_in_a_running_host(app: App, cells: Running, program: Program, host: str, way: str) -> None:
    target = HostRef(cells.instance.name, host)
    done = app.fabric.run(target, WAYS[way], stdin=program.text, timeout=300)
    assert done.status == 0, done.stderr.decode()
    found = results(done.stdout)
    assert got_out(found, program.attempts) == []
    assert untried(found, program.control | program.control_beyond, program.attempts) == []
    assert forbidden(found["CapBnd"][0]) == []
    assert found["Seccomp"][0] == FILTERED
    if app.engine.info().apparmor:
        assert found["profile"][0] in {"docker-default", "breakfix-host"}


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(name, marks=pytest.mark.core if name in CORE_IMAGES else ())
        for name in IMAGES
        if name not in NO_HOSTS
    ],
)
def test_root_stays_in_a_container_of_every_image(app: App, cells: Running, program: Program, image: str) -> None:
    container = app.engine.create(spec_of(app, cells, image))
    try:
        app.engine.start(container)
        found = in_container("exec", "-i", container, "perl", "-", program=program.text)
        settings = json.loads(subprocess.run(["docker", "inspect", container], check=True, capture_output=True).stdout)
    finally:
        app.engine.remove(container)
    assert got_out(found, program.attempts) == []
    assert untried(found, program.control | program.control_beyond, program.attempts) == []
    assert forbidden(found["CapBnd"][0]) == []
    assert found["Seccomp"][0] == FILTERED
    host = settings[0]["HostConfig"]
    assert {device["PathOnHost"] for device in host["Devices"] or ()} <= {"/dev/net/tun"}
    assert (host["Privileged"], host["NetworkMode"], host["PidMode"]) == (False, "none", "")
    assert host["CgroupnsMode"] == "private"
    assert not host["Binds"]
    assert host["PidsLimit"] > 0
    assert 0 < host["Memory"] == host["MemorySwap"]
    assert all("size=" in options for options in host["Tmpfs"].values())
    if app.engine.info().apparmor:
        assert settings[0]["AppArmorProfile"] in {"docker-default", "breakfix-host"}


def spec_of(app: App, cells: Running, image: str) -> ContainerSpec:
    """Return the container of a host of an image, as a start would make it but for the labels that the helper knows."""
    plan = cells.plan
    making = Making({name: app.content.image(name) for name in IMAGES}, app.build([image]), ())
    host = dataclasses.replace(plan.host("b"), image=image)
    spec = app.instances._hosts.spec(cells.instance.name, plan, host, making)
    return dataclasses.replace(spec, name=f"{spec.name}-of-{image}", labels={}, restart=False)
