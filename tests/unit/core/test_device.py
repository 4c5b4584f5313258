"""A session on a network device: each kind has its own way to refuse and to save."""

from __future__ import annotations

from typing import Any

import pytest
from netmiko.exceptions import ConfigInvalidException  # noqa: TID251 - what a refused line raises

from orchestrator.access import network_device
from orchestrator.access.network_device import OpenDevice, open_device
from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.model.image import Device
from tests.fakes.fabric import FakeFabric

SWITCH = HostRef("site-1", "sw1")


class Connection:
    """A device that takes every line, or refuses all of them."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.transport: Any = None
        self.sent: list[str] = []

    def send_config_set(self, lines: list[str], *, error_pattern: str) -> str:
        assert error_pattern
        if self.refuses:
            message = "ovs-vsctl: no port named eth9\nmore"
            raise ConfigInvalidException(message)
        self.sent += lines
        return "".join(f"{line}\n" for line in lines)

    def send_command(self, command: str, **_: Any) -> str:  # noqa: ANN401 (netmiko's options)
        self.sent.append(command)
        return "[OK]\n"

    def disconnect(self) -> None:
        self.sent.append("(logout)")
        self.transport.close()


@pytest.mark.parametrize(
    ("kind", "save", "sent"),
    [
        ("cisco_ios", True, ["line", "write memory", "(logout)"]),
        ("cisco_ios", False, ["line", "(logout)"]),
        ("linux", True, ["line", "(logout)"]),  # Open vSwitch keeps what it is told
    ],
)
def test_a_configuration_is_saved_where_the_device_needs_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, sent: list[str], *, save: bool
) -> None:
    connection = Connection()

    def connect(*, sock: Any, **_: Any) -> Connection:  # noqa: ANN401 (netmiko's options)
        connection.transport = sock
        return connection

    monkeypatch.setattr(network_device, "ConnectHandler", connect)
    fabric = FakeFabric(listening=[("sw1", "127.0.0.1", 22)])
    with open_device(fabric, SWITCH, Device(type=kind, user="u", password="p")) as session:
        session.configure(["line"], save=save)
    assert connection.sent == sent


def test_what_a_device_refuses_is_told() -> None:
    refusing: Any = Connection(refuses=True)
    session = OpenDevice(SWITCH, refusing, network_device._LINUX)
    with pytest.raises(LabError, match=r"sw1 refuses: ovs-vsctl: no port named eth9$") as raised:
        session.configure(["ovs-vsctl set port eth9 tag=1"], save=True)
    assert raised.value.evidence.endswith("more")
