"""What this machine has for labs, by the portal's settings where somebody has set it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.invocation import Invocation

if TYPE_CHECKING:
    from orchestrator.bench.capacity import Room


def room_for_labs(invocation: Invocation) -> Room:
    """Return what there is for labs.

    Raises:
        MachineError: the engine does not answer.
        ContentError: the settings are invalid.
    """
    from orchestrator.bench.capacity import room_of
    from orchestrator.loader.settings_file import read_settings
    from orchestrator.model.serve_settings import Limits
    from orchestrator.serving.serve_folders import SETTINGS

    limits = read_settings(SETTINGS).limits if SETTINGS.exists() else None
    return room_of(limits or Limits(), invocation.app.labs.running.engine().info().memory)
