"""What an idle host takes: read from made-up /proc and /sys/fs/cgroup folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.bench import memory
from orchestrator.core.errors import LabError
from tests.bench.footprints import Footprint, footprints

pytestmark = pytest.mark.slow

ONE, TWO = "5f" * 32, "0a" * 32


class Machine:
    def __init__(self, folder: Path) -> None:
        self.proc, self.cgroups = folder / "proc", folder / "cgroup"
        self.proc.mkdir()
        self.cgroups.mkdir()
        (self.proc / "self").mkdir()

    def process(self, pid: int, parent: int, *words: str) -> Path:
        folder = self.proc / str(pid)
        folder.mkdir()
        (folder / "cmdline").write_text("\0".join([*words, ""]))
        (folder / "stat").write_text(f"{pid} (a) name) S {parent} {pid} {pid} 0 -1")
        return folder

    def shim(self, pid: int, *watched: int, pss: int = 5000) -> Path:
        folder = self.process(pid, 1, "/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", ONE)
        for one in watched:
            self.process(one, pid, "/sbin/init")
        (folder / "smaps_rollup").write_text(f"00-ff ---p\nRss: 20000 kB\nPss: {pss} kB\nPss_Dirty: 1 kB\n")
        (folder / "status").write_text("Name:\tshim\nVmRSS:\t20000 kB\n")
        return folder

    def cgroup(self, path: str, usage: str, used: int, stat: str, first: int = 0) -> None:
        folder = self.cgroups / path
        (folder / "init.scope").mkdir(parents=True)
        (folder / "cgroup.procs").write_text("")
        (folder / "init.scope/cgroup.procs").write_text(f"{first}\n" if first else "")
        (folder / usage).write_text(f"{used}\n")
        (folder / "memory.stat").write_text(stat)

    def weigh(self, *containers: str) -> dict[str, Footprint]:
        return footprints(containers, proc=self.proc, cgroups=self.cgroups)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_v1(machine: Machine) -> None:
    machine.shim(10, 100)
    stat = "inactive_file 7\ntotal_inactive_file 1000000\ntotal_active_file 5\n"
    machine.cgroup(f"memory/docker/{ONE}", "memory.usage_in_bytes", 9_000_000, stat, first=100)
    assert machine.weigh(ONE) == {ONE: Footprint(cgroup=8_000_000, shim=5000 * 1024)}
    assert machine.weigh(ONE)[ONE].total == 8_000_000 + 5000 * 1024


@pytest.mark.parametrize("place", ["docker/{}", "system.slice/docker-{}.scope"])
def test_v2_with_either_cgroup_driver(machine: Machine, place: str) -> None:
    machine.shim(10, 100)
    machine.shim(11, 101, 102, pss=6000)
    stat = "anon 1\ninactive_file 500000\n"
    for number, container in enumerate((ONE, TWO)):
        machine.cgroup(place.format(container), "memory.current", 7_000_000 + number, stat, first=100 + number)
    assert [f.cgroup for f in machine.weigh(ONE, TWO).values()] == [6_500_000, 6_500_001]
    assert [f.shim for f in machine.weigh(ONE, TWO).values()] == [5000 * 1024, 3000 * 1024], "two share the second"


def test_a_user_who_may_not_look_into_the_shim_sees_what_is_resident(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.shim(10, 100)
    machine.cgroup(f"docker/{ONE}", "memory.current", 1, "", first=100)
    real = Path.read_text

    def refuse(self: Path, *args: str, **named: str) -> str:
        if self.name == "smaps_rollup":
            raise PermissionError
        return real(self, *args, **named)

    monkeypatch.setattr(Path, "read_text", refuse)
    assert machine.weigh(ONE)[ONE].shim == 20000 * 1024


def test_what_is_not_there_is_no_zero(machine: Machine) -> None:
    machine.cgroup(f"docker/{ONE}", "memory.current", 1, "", first=100)
    with pytest.raises(LabError, match="containerd-shim"):
        machine.weigh(ONE)
    machine.shim(11, 101)
    with pytest.raises(LabError, match="memory cgroup"):
        machine.weigh(TWO)


def test_memory_is_read_until_it_has_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([30, 20, 10, 10, 99])
    made: list[int] = []

    def reading() -> int:
        made.append(next(readings))
        return made[-1]

    monkeypatch.setattr(memory, "_SETTLE_PAUSE", 0.0)
    assert memory.settled(reading, int) == 10
    assert made == [30, 20, 10, 10]


def test_memory_that_never_settles_is_the_last_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SETTLE_LIMIT", 0.0)
    made: list[int] = []

    def reading() -> int:
        made.append(len(made))
        return made[-1]

    assert memory.settled(reading, int) == made[-1]
