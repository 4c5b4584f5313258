"""Starts, upgrades and removes the fabric helper's two containers.

The *pause container* does nothing but hold the network namespace of the fabric: bridges, cables and traffic outlive
the helper. The *helper* is the one privileged container.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from orchestrator.core import labels
from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import CREATED, Container, ContainerSpec, Engine, NoSuchContainerError
from orchestrator.fabric.client import FabricClient
from orchestrator.fabric.reaper import remove_reapers, remove_remains, remove_stale_socket

PAUSE = "breakfix-pause"
HELPER = "breakfix-fabric"
STATE_VOLUME = "breakfix-fabric"
SOCKET_FOLDER = Path("/run/breakfix")
SOCKET = SOCKET_FOLDER / "fabric.sock"
SHIM_GROUP = "breakfix"
"""All containers share one containerd-shim: 5 MB less each. The pause container, which is there before all others and
after them, holds it: a shim ends with its last container, and one that is started in that moment would be lost."""
_SHARES = 16384
"""The helper's weight for the processors, that of 32 hosts: all labs wait for it, and it needs little."""
_SECURITYFS = "/sys/kernel/security"

_START_LIMIT = 60.0
"""Seconds until a started helper must answer; a slow machine needs several."""
_CONTEST = 20.0
"""Seconds until two programs that make the containers at once must have come to an end; a slow engine needs several."""
_GRACE = 5
"""Seconds that the helper gets to take away its socket."""


def docker_socket(environment: Mapping[str, str] = os.environ) -> str:
    """Return the path of Docker's Unix socket on this machine."""
    host = environment.get("DOCKER_HOST", "")
    return host.removeprefix("unix://") if host.startswith("unix://") else "/var/run/docker.sock"


def ensure(engine: Engine, image: str) -> FabricClient:
    """Return a client of the helper, which is started, or replaced where it is not of ``image``.

    Another program may be at the same work: whatever one of them does the other takes as done, and looks again where
    the engine refuses what has just changed.

    Args:
        engine: the engine.
        image: the helper image's reference; the image must exist.

    Raises:
        MachineError: the helper does not come up.
        LabError: the engine goes on refusing to run one of the two containers.
    """
    trouble: LabError | None = None

    def stands() -> bool:
        nonlocal trouble
        try:
            _raise(engine, image)
        except LabError as error:  # a name that is taken, a container that is gone or whose pause container is
            trouble = error
            return False
        return True

    if not wait_until(stands, within=_CONTEST, every=0.1) and trouble is not None:
        raise trouble
    return _answering(engine)


def as_it_is() -> FabricClient:
    """Return a client of the helper that runs; where none does, each request says that it does not answer."""
    return FabricClient(SOCKET)


def _raise(engine: Engine, image: str) -> None:
    """Make both containers run, as far as they do not."""
    helper = _find(engine, HELPER)
    pause = _find(engine, PAUSE)  # looked up after the helper, which is made after it
    if pause is not None and pause.state == CREATED:
        _start(engine, pause)  # somebody else has just made it, or was killed before starting it
    elif pause is None or not pause.running:
        _remove(engine, pause)
        engine.start(engine.create(_pause(image)))
    elif helper is not None and helper.running and helper.labels.get(labels.FINGERPRINT) == image:
        return
    if helper is not None and helper.state == CREATED and helper.labels.get(labels.FINGERPRINT) == image:
        _start(engine, helper)
        return
    _remove(engine, helper)
    engine.create_volume(STATE_VOLUME, {labels.KIND: "state"})
    engine.start(engine.create(_helper(image, apparmor=engine.info().apparmor)))


def remove(engine: Engine) -> None:
    """Remove the helper, the pause container and the cables' recorded states: nothing of the fabric is left."""
    helper = _find(engine, HELPER)
    if helper is not None and helper.running:
        engine.stop(helper.id, grace=_GRACE)  # it takes its socket away
    _remove(engine, helper)
    _remove(engine, _find(engine, PAUSE))
    remove_reapers(engine)
    remove_stale_socket(engine, SOCKET)
    engine.remove_volume(STATE_VOLUME)


def _start(engine: Engine, container: Container) -> None:
    """Start what was made; what cannot start (its pause container is gone, Docker lost sight of it) is removed."""
    try:
        engine.start(container.id)
    except LabError:
        _remove(engine, container)
        raise


def _find(engine: Engine, name: str) -> Container | None:
    try:
        return engine.container(name)
    except NoSuchContainerError:
        return None


def _remove(engine: Engine, container: Container | None) -> None:
    """Remove a container that was seen, by its id: one that another Breakfix made meanwhile stays."""
    if container is not None:
        remove_remains(engine, [container])
        engine.remove(container.id)


def _pause(image: str) -> ContainerSpec:
    return ContainerSpec(
        name=PAUSE,
        image=image,
        command=("sleep", "infinity"),
        labels={labels.KIND: "pause"},
        drop_capabilities=("ALL",),
        read_only=True,
        shim_group=SHIM_GROUP,
    )


def _helper(image: str, *, apparmor: bool) -> ContainerSpec:
    return ContainerSpec(
        name=HELPER,
        image=image,
        labels={labels.KIND: "fabric", labels.FINGERPRINT: image},
        privileged=True,
        cpu_shares=_SHARES,
        pid_mode="host",
        cgroup_namespace="host",
        shim_group=SHIM_GROUP,
        binds={
            "/sys/fs/cgroup": ("/sys/fs/cgroup", False),
            docker_socket(): ("/run/docker.sock", False),
            str(SOCKET_FOLDER): ("/run/breakfix", False),
            STATE_VOLUME: ("/var/lib/breakfix", False),
            **({_SECURITYFS: (_SECURITYFS, False)} if apparmor else {}),
        },
    )


def _answering(engine: Engine) -> FabricClient:
    """Return a client as soon as the helper answers it; one whose socket somebody took away is restarted."""
    client = FabricClient(SOCKET)

    def answers() -> bool:
        try:
            client.ping()
        except MachineError:
            return False
        return True

    if wait_until(answers, within=_START_LIMIT):
        return client
    helper = _find(engine, HELPER)
    if helper is not None and helper.running and not SOCKET.exists():
        engine.restart(helper.id, grace=0)
        wait_until(answers, within=_START_LIMIT)
    client.ping()  # says why
    return client
