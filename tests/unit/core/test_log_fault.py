"""A log that its service holds open: what is done to a host, what is refused, and what is put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.faults.edits import LineEdit
from orchestrator.faults.library.system.logs import LogHeldOpen

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

RULES = "/etc/logrotate.d/doors"
LOG = "/var/log/doors/doors.log"
BEFORE = "/var/log/doors/*.log {\n\tdaily\n\tpostrotate\n\t\tkill -HUP doors\n\tendscript\n}\n"
FAULT = LogHeldOpen(
    host="r1",
    rotation=RULES,
    edit=LineEdit(kind="line", line="kill -HUP doors", becomes="true"),
    unit="doors",
    log=LOG,
    account="box",
)
SETPRIV = "setpriv --reuid=box --regid=1001 --init-groups env LC_ALL=C"
UP = "LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=49\n"
FULL = "dd: error writing: No space left on device\n"


@pytest.fixture
def sound(driver: LabDriver, world: World) -> LabDriver:
    """A host with a service, its log, and logrotate."""
    world.fabric.files["r1", RULES] = BEFORE.encode()
    for command in ("systemctl *", "logrotate *", "chown *", "chmod *", "mkdir *", "rm *", f"{SETPRIV} dd *"):
        world.fabric.on(command)
    world.fabric.on("systemctl show *", stdout=UP)
    world.fabric.on("id --group -- box", stdout="1001\n")
    world.fabric.on(f"stat --format '%F|%u|%g|%a|%s' -- {RULES}", stdout=f"regular file|0|0|644|{len(BEFORE)}\n")
    world.fabric.on(f"stat --format '%u:%g %a' -- {LOG}", stdout="801:1001 640\n")
    world.fabric.on("stat --file-system --format '%b %S' *", stdout="262144 4096\n")
    world.fabric.on("stat --file-system --format '%a %S' *", stdout="100000 4096\n")
    world.fabric.on(f"{SETPRIV} stat -L *", stdout="50\n")
    world.fabric.on(f"{SETPRIV} fallocate *")
    holds(world, LOG)
    return driver


def holds(world: World, path: str) -> None:
    """From now on, the service has a file open."""
    world.fabric.on(f"{SETPRIV} find /proc/49/fd *", stdout=f"0 /dev/null\n3 {path}\n5 socket:[4711]\n")


def test_the_service_is_not_told_and_the_lost_log_fills_the_disk(sound: LabDriver, world: World) -> None:
    FAULT.remember(sound)
    holds(world, f"{LOG}.1 (deleted)")
    world.fabric.done.clear()
    FAULT.inject(sound)
    assert world.fabric.files["r1", RULES].decode() == BEFORE.replace("kill -HUP doors", "true")
    did = [line.removeprefix("r1: ") for line in world.fabric.done]
    assert f"logrotate --force {RULES}" in did
    taken = 100000 * 4096 // 100 * 98
    assert f"{SETPRIV} fallocate --offset 50 --length {taken} /proc/49/fd/3" in did
    assert did[-1].startswith(f"{SETPRIV} dd if=/dev/zero of=/proc/49/fd/3 bs=512 oflag=append conv=notrunc")


@pytest.mark.parametrize(
    ("held", "said", "effective"),
    [
        (f"{LOG}.1 (deleted)", FULL, True),
        (f"{LOG}.1 (deleted)", "", False),
        (LOG, FULL, False),
        ("/var/log/other.log (deleted)", FULL, False),
    ],
)
def test_it_counts_only_with_a_deleted_log_and_a_full_disk(
    sound: LabDriver, world: World, held: str, said: str, *, effective: bool
) -> None:
    holds(world, held)
    world.fabric.on(f"{SETPRIV} dd *", status=1 if said else 0, stderr=said)
    if effective:
        FAULT.verify(sound)
    else:
        with pytest.raises(LabError, match="log-held-open has not taken effect"):
            FAULT.verify(sound)
    assert world.fabric.done[-1] == f"r1: rm -f -- {LOG}.write-test"


@pytest.mark.parametrize(
    ("command", "answer", "says"),
    [
        ("systemctl show *", "LoadState=loaded\nActiveState=failed\n", "ActiveState=failed"),
        (f"{SETPRIV} find *", f"3 {LOG}.1 (deleted)\n", "(deleted)"),
        (f"{SETPRIV} find *", "0 /dev/null\n", "doors.service: -"),
        ("stat --file-system --format '%b %S' *", "26214400 4096\n", "102400 MiB"),
    ],
)
def test_a_host_where_it_would_show_nothing_is_refused(
    sound: LabDriver, world: World, command: str, answer: str, says: str
) -> None:
    world.fabric.on(command, stdout=answer)
    with pytest.raises(LabError) as raised:
        FAULT.remember(sound)
    assert says in raised.value.text.en
    assert not [line for line in world.fabric.done if "dd" in line or "logrotate" in line]


def test_a_line_that_is_not_there_changes_nothing(sound: LabDriver, world: World) -> None:
    with pytest.raises(LabError, match="nothing to change"):
        FAULT.model_copy(update={"edit": LineEdit(kind="line", line="copytruncate")}).inject(sound)
    assert world.fabric.files["r1", RULES].decode() == BEFORE


def test_a_rotation_that_keeps_the_file_is_refused(sound: LabDriver, world: World) -> None:
    holds(world, f"{LOG}.1")
    with pytest.raises(LabError, match=r"doors\.log\.1"):
        FAULT.inject(sound)
    assert not [line for line in world.fabric.done if "fallocate" in line], "nothing is filled"


def test_configuration_owner_and_service_are_put_back(sound: LabDriver, world: World) -> None:
    memento = dict(FAULT.remember(sound))
    holds(world, f"{LOG}.1 (deleted)")
    FAULT.inject(sound)
    world.fabric.done.clear()
    FAULT.revert(sound, memento)
    assert world.fabric.files["r1", RULES].decode() == BEFORE
    order = [f"r1: chown 801:1001 -- {LOG}", f"r1: chmod 640 -- {LOG}", "r1: systemctl restart -- doors.service"]
    assert [line for line in world.fabric.done if line in order] == order
