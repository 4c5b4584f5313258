"""The *reaper*: a container that clears away, for a moment, what only root may and what nobody answers for any more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from orchestrator.core import labels
from orchestrator.core.errors import LabError
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import Container, ContainerSpec, Engine
from orchestrator.fabric.fabric_interface import HELPER_IMAGE
from orchestrator.fabric.helper import reaper_program

_TARGET = "/run/breakfix"

_DEADLINE = 20.0
"""Seconds until the work must be done; a container has to be started for it."""


def remove_stale_socket(engine: Engine, socket: Path) -> None:
    """Take away the socket of a helper that was killed: its folder is root's."""
    if socket.exists():
        _reap(
            engine,
            ("rm", "-f", f"{_TARGET}/{socket.name}"),
            lambda _reaper: not socket.exists(),
            binds={str(socket.parent): (_TARGET, False)},
        )


def remove_remains(engine: Engine, containers: Iterable[Container]) -> None:
    """Clear away what is left of containers that are to be removed and do not run for all that the engine knows.

    Docker that is killed while it starts a container may take it for one that was never started, or has ended: it
    would then remove its own record, and the container's processes or its control groups would stay for good. To start
    it again first is no way: Docker takes the end of the old processes for that of the new ones. (Seen with 26.1.)

    Args:
        engine: the engine.
        containers: what was found of them; those that run are left alone.
    """
    ids = [container.id for container in containers if not container.running]
    if not ids:
        return
    with suppress(LabError):  # the rest has to go even so
        _reap(
            engine,
            ("python3", "-P", "-c", Path(reaper_program.__file__).read_text(encoding="utf-8"), *ids),
            lambda reaper: not engine.container(reaper).running,
            binds={str(reaper_program.GROUPS): (str(reaper_program.GROUPS), False)},
            kills=True,
        )


def _reap(
    engine: Engine,
    command: tuple[str, ...],
    done: Callable[[str], bool],
    *,
    binds: dict[str, tuple[str, bool]],
    kills: bool = False,
) -> None:
    """Run a command as root, in a container with no other right than it needs, where an image for it is left."""
    tags = [tag for image in engine.images({labels.IMAGE: HELPER_IMAGE}) for tag in image.tags]
    if not tags:
        return
    reaper = engine.create(
        ContainerSpec(
            name=f"breakfix-reaper-{secrets.token_hex(4)}",
            image=tags[0],
            command=command,
            labels={labels.KIND: "reaper"},
            capabilities=("KILL",) if kills else (),
            drop_capabilities=("ALL",),
            # Docker's profile lets nobody send a signal to a container of another one.
            security_options=("apparmor=unconfined",) if kills and engine.info().apparmor else (),
            pid_mode="host" if kills else None,
            read_only=True,
            restart=False,
            binds=binds,
        )
    )
    try:
        engine.start(reaper)
        wait_until(lambda: done(reaper), within=_DEADLINE)
    finally:
        engine.remove(reaper)


def remove_reapers(engine: Engine) -> None:
    """Remove the reapers of programs that were killed."""
    for reaper in engine.containers({labels.KIND: "reaper"}):
        engine.remove(reaper.id)
