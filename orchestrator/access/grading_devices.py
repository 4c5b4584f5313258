"""Opens network devices for the grading process, which imports this by name only when a check needs a device."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from grader.lab_fixture import DeviceOpener
from orchestrator.access.network_device import OpenDevice, open_device
from orchestrator.fabric.fabric_interface import Fabric, HostRef
from orchestrator.model.image import Device


class _Connection:
    """A device connection that stays open until it is closed."""

    def __init__(self, fabric: Fabric, target: HostRef, device: Device) -> None:
        self._stack = ExitStack()
        self._connection: OpenDevice = self._stack.enter_context(open_device(fabric, target, device))

    def show(self, command: str) -> str:
        return self._connection.show(command)

    def close(self) -> None:
        self._stack.close()


def device_opener(devices: Mapping[str, Mapping[str, str]]) -> DeviceOpener:
    """Return what opens a device by its host's name.

    Args:
        devices: host name -> type, user and password.
    """

    def open_(fabric: Fabric, target: HostRef) -> _Connection:
        return _Connection(fabric, target, Device.model_validate(devices[target.host]))

    return open_
