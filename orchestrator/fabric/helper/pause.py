"""The network namespace of the fabric: that of a container which does nothing else."""

from __future__ import annotations

import sys

from . import dockerd, kernel
from .access_processes import log

PAUSE = "breakfix-pause"
"""The container in whose network namespace the fabric is."""


def join_pause() -> None:
    """Enter the pause container's network namespace; where it does not run yet, end: Docker tries again, ever later.

    Docker itself would do it for a container of ``network: container:…``, but it starts all containers at once after
    a reboot, and gives up for good the one whose pause container is slower.
    """
    try:
        pid = dockerd.process_of(PAUSE)
    except dockerd.DockerUnavailableError as error:
        log(f"Docker does not answer: {error}")
        pid = None
    if pid is None:
        log(f"{PAUSE} does not run")
        sys.exit(1)
    kernel.enter(pid, kernel.NEWNET)
