"""The one privileged piece: who may speak to it, about which containers, and how badly."""

from __future__ import annotations

import dataclasses
import random
import socket
import stat
from collections.abc import Iterator

import pytest

from orchestrator.app import App
from orchestrator.core import labels
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.fabric_interface import HELPER_IMAGE, HostRef, HostUnreachableError
from orchestrator.fabric.helper.messages import ROLES, VERSION, Hello, body_of, encode
from orchestrator.labs import Running
from tests.unit.fabric.test_protocol import mutated

pytestmark = [pytest.mark.live, pytest.mark.core]

MESSAGES = 3000


def test_the_socket_is_for_who_may_use_docker(cells: Running) -> None:
    assert cells.instance.hosts
    ours, dockers = fabric_container.SOCKET.stat(), (fabric_container.SOCKET_FOLDER.parent / "docker.sock").stat()
    assert stat.S_IMODE(ours.st_mode) == 0o660
    assert (ours.st_uid, ours.st_gid) == (0, dockers.st_gid)


@pytest.fixture
def impostor(app: App, cells: Running) -> Iterator[HostRef]:
    """A container that bears an instance's and a host's name, but is no host of ours."""
    target = HostRef(cells.instance.name, "impostor")
    named = {labels.INSTANCE: target.instance, labels.HOST: target.host}
    image = app.build(["host"])["host"]
    spec = ContainerSpec(
        name=f"breakfix-{target.instance}-impostor", image=image, labels=named, command=("sleep", "99")
    )
    container = app.engine.create(dataclasses.replace(spec, restart=False))
    app.engine.start(container)
    yield target
    app.engine.remove(container)


def test_it_enters_no_container_but_its_hosts(app: App, cells: Running, impostor: HostRef) -> None:
    assert app.fabric.run(HostRef(cells.instance.name, "b"), ("true",)).status == 0, "the control"
    for target in (impostor, HostRef("", fabric_container.HELPER), HostRef(cells.instance.name, "1")):
        with pytest.raises(HostUnreachableError):
            app.fabric.run(target, ("true",))
        with pytest.raises(HostUnreachableError):
            app.fabric.look(target, "/etc/hostname")


@pytest.mark.alone
@pytest.mark.parametrize("gate", ["touch", "mkfifo"])
def test_a_new_helper_undoes_nothing_for_the_names_that_it_finds(app: App, cells: Running, gate: str) -> None:
    """What it does to a host before the boot follows names that are the host's root's later on."""
    target = HostRef(cells.instance.name, "b")
    mounted = "grep -E '^([^ ]+ ){4}/proc/sys ro' /proc/self/mountinfo"
    before = app.fabric.run(target, ("sh", "-c", mounted))
    assert before.status == 0, "the control: it is mounted, and for reading only"
    names = f"cd /run/breakfix; rm -f gate old; {gate} gate; ln -s /proc/sys old"
    assert app.fabric.run(target, ("sh", "-c", names)).status == 0
    app.engine.restart(fabric_container.HELPER, grace=1)
    app.fabric.close()  # its connections ended with the old helper
    with fabric_container.ensure(app.engine, app.build([])[HELPER_IMAGE]) as fabric:
        fabric.wait_ready(target.instance, [target.host], timeout=60)
        assert fabric.run(target, ("sh", "-c", mounted)).stdout == before.stdout
        refused = fabric.run(target, ("sh", "-c", "echo x >/proc/sys/kernel/domainname"))
        assert "Read-only file system" in refused.stderr.decode()
        assert fabric.run(target, ("test", "-h", "/run/breakfix/old")).status == 0, "the link is as it was"
        fabric.run(target, ("sh", "-c", "cd /run/breakfix; rm -f gate old"))


@pytest.mark.alone
def test_nonsense_on_its_socket_does_not_hurt_it(app: App, cells: Running) -> None:
    """The unit tests send a hundred thousand messages to the parser; these meet the helper itself.

    Its processes are as many as the connections: other labs would wait for their turn longer than they are ready to.
    """
    chance, connections = random.Random(20261125), 0
    sent = 0
    while sent < MESSAGES:
        connections += 1
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(30)
            connection.connect(str(fabric_container.SOCKET))
            try:
                if chance.random() < 0.9:
                    connection.sendall(encode(body_of(Hello(VERSION, chance.choice(ROLES)))))
                for _ in range(chance.randrange(60)):
                    connection.sendall(mutated(chance))
                    sent += 1
            except (BrokenPipeError, ConnectionResetError):
                continue  # it hangs up on nonsense
    assert connections > MESSAGES // 100
    assert app.engine.container(fabric_container.HELPER).running
    with app.fabric.another_connection() as fabric:
        assert fabric.run(HostRef(cells.instance.name, "b"), ("true",)).status == 0
        assert len(fabric.ports(cells.instance.name)) == 6
