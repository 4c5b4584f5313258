"""Acting on a lab: what reaches the host, and that what fails is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.model.image import Device

if TYPE_CHECKING:
    from tests.unit.core.conftest import World


def test_a_command_that_fails_is_told_with_what_it_printed(driver: LabDriver, world: World) -> None:
    world.fabric.on("systemctl restart named", status=5, stdout="out", stderr="Unit named.service not found.\n")
    with pytest.raises(LabError, match=r"pc1: 'systemctl restart named' failed \(status 5\)") as raised:
        driver.run("pc1", ("systemctl", "restart", "named"))
    assert "a échoué (code 5)" in raised.value.text.fr
    assert raised.value.evidence == "Unit named.service not found.\n"
    assert driver.run("pc1", ("systemctl", "restart", "named"), check=False).status == 5


def test_another_labs_host_is_refused(driver: LabDriver, world: World) -> None:
    for act in (
        lambda: driver.run("srv9", ["id"]),
        lambda: driver.cable("srv9", "eth0", plugged=False),
        lambda: driver.reboot("pc1", "srv9"),
    ):
        with pytest.raises(LabError, match="srv9"):
            act()
    assert world.fabric.done == []
    assert not [call for call, _ in world.engine.steps if call == "restart"]


def test_what_is_typed_goes_to_roots_shell(driver: LabDriver, world: World) -> None:
    world.fabric.on("/bin/bash -s", status=4, stdout="é")
    assert driver.run_script("pc1", "cd /tmp\nexit 4\n").status == 4
    assert world.fabric.typed == [("pc1", b"cd /tmp\nexit 4\n")]


def test_a_file_is_written_and_read_byte_for_byte(driver: LabDriver, world: World) -> None:
    content = bytes(range(256))
    driver.write("pc1", "/etc/a file", content)
    assert driver.read("pc1", "/etc/a file") == content
    assert world.fabric.done == ["pc1: dd 'of=/etc/a file' status=none", "pc1: cat -- '/etc/a file'"]
    with pytest.raises(LabError, match="cat"):
        driver.read("pc2", "/etc/a file")


def test_a_new_file_gets_its_mode(driver: LabDriver, world: World) -> None:
    world.fabric.on("chmod *")
    driver.write("pc1", "/etc/key", b"", mode="0600")
    assert world.fabric.done[-1] == "pc1: chmod 0600 -- /etc/key"


def test_a_reboot_restarts_and_waits(driver: LabDriver, world: World) -> None:
    driver.reboot("pc2")
    assert world.engine.steps[-1] == ("restart", "pc2")
    assert world.fabric.done == ["ready pc2"]
    world.engine.steps.clear()
    driver.reboot()
    assert sorted(world.engine.steps) == [("restart", "pc1"), ("restart", "pc2"), ("restart", "r1")]
    assert world.fabric.done[1:] == ["ready pc1 pc2 r1"]


def test_a_device_is_configured_over_ssh(driver: LabDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[HostRef, Device]] = []
    entered: list[tuple[tuple[str, ...], bool]] = []

    class Session:
        def configure(self, lines: Sequence[str], *, save: bool) -> str:
            entered.append((tuple(lines), save))
            return "r1(config)#"

    @contextmanager
    def open_device(_fabric: object, target: HostRef, device: Device) -> Iterator[Session]:
        opened.append((target, device))
        yield Session()

    monkeypatch.setattr("orchestrator.access.network_device.open_device", open_device)
    assert driver.configure("r1", ("interface eth0", "no shutdown"), save=False) == "r1(config)#"
    assert opened == [(HostRef(driver.instance, "r1"), Device(type="cisco_ios", user="admin", password="admin"))]
    assert entered == [(("interface eth0", "no shutdown"), False)]
    with pytest.raises(LabError, match="pc1 is no network device"):
        driver.configure("pc1", ("hostname x",))
