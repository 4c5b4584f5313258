"""A command counts against its own host's limits, or is not run: never in a foreign cgroup, never in none."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.fabric.helper import cgroups, kernel

CONTAINER = "5f" * 32
OTHER = "0a" * 32
PID = 4242


class Machine:
    """A machine's /proc and /sys/fs/cgroup as folders."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "cgroup"
        self.proc = folder / "proc"
        (self.proc / str(PID)).mkdir(parents=True)
        self.root.mkdir()

    def v2(self) -> None:
        (self.root / "cgroup.controllers").write_text("cpu memory pids\n")

    def process(self, name: str, text: str) -> None:
        (self.proc / str(PID) / name).write_text(text)

    def group(self, path: str) -> Path:
        folder = self.root / path
        folder.mkdir(parents=True)
        for name in ("cgroup.procs", "tasks"):
            (folder / name).write_text("")
        return folder

    @property
    def joined(self) -> set[str]:
        """The cgroups that somebody joined, below the root."""
        return {
            str(file.parent.relative_to(self.root))
            for name in ("cgroup.procs", "tasks")
            for file in self.root.rglob(name)
            if file.read_text() == "0"
        }


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setattr(cgroups, "ROOT", made.root)

    def lines_of(path: str) -> list[str]:
        return kernel.lines_of(str(made.proc / path.removeprefix("/proc/")))

    monkeypatch.setattr(cgroups, "lines_of", lines_of)
    return made


def mountinfo(path: str, kind: str = "cgroup2") -> str:
    return (
        "500 499 0:60 / / rw,relatime - overlay overlay rw\n"
        "501 500 0:61 /foreign /sys/fs/cgroup/elsewhere rw - cgroup2 cgroup rw\n"
        f"502 500 0:26 {path} /sys/fs/cgroup rw,nosuid - {kind} cgroup rw\n"
    )


@pytest.mark.parametrize("path", [f"/system.slice/docker-{CONTAINER}.scope", f"/docker/{CONTAINER}"])
def test_v2_joins_a_leaf_of_its_own_below_the_hosts_cgroup(machine: Machine, path: str) -> None:
    machine.v2()
    host = machine.group(path.lstrip("/"))
    machine.process("mountinfo", mountinfo(path))
    cgroups.join(PID, CONTAINER)
    assert machine.joined == {f"{path.lstrip('/')}/breakfix.exec"}
    assert (host / "cgroup.procs").read_text() == "", "the root of a delegated tree may hold no process"
    cgroups.join(PID, CONTAINER)


@pytest.mark.parametrize(
    "text",
    [
        mountinfo(f"/docker/{OTHER}"),
        mountinfo("/"),
        mountinfo(f"/docker/{CONTAINER}", kind="tmpfs"),
        mountinfo(f"/docker/{CONTAINER}").replace(" /sys/fs/cgroup ", " /mnt "),
        "",
    ],
    ids=["another container's", "the machine's root", "no cgroup", "mounted elsewhere", "nothing"],
)
def test_v2_refuses_a_cgroup_that_is_not_the_hosts_own(machine: Machine, text: str) -> None:
    machine.v2()
    machine.group(f"docker/{OTHER}")
    machine.group(f"docker/{CONTAINER}")
    machine.process("mountinfo", text)
    with pytest.raises(OSError, match="no cgroup of its own"):
        cgroups.join(PID, CONTAINER)
    assert machine.joined == set()


def test_v1_joins_the_hosts_folder_in_each_hierarchy_that_holds_limits(machine: Machine) -> None:
    machine.process(
        "cgroup",
        f"12:memory:/docker/{CONTAINER}\n"
        f"11:cpu,cpuacct:/docker/{CONTAINER}/init.scope\n"
        f"10:pids:/docker/{CONTAINER}/system.slice/ssh.service\n"
        f"9:net_cls:/docker/{CONTAINER}\n"
        f"1:name=systemd:/docker/{CONTAINER}/init.scope\n"
        f"0::/docker/{CONTAINER}\n",
    )
    for hierarchy in ("memory", "cpu,cpuacct", "pids", "unified", "name=systemd"):
        machine.group(f"{hierarchy}/docker/{CONTAINER}")
    machine.group(f"pids/docker/{CONTAINER}/system.slice/ssh.service")
    cgroups.join(PID, CONTAINER)
    assert machine.joined == {f"{hierarchy}/docker/{CONTAINER}" for hierarchy in ("memory", "cpu,cpuacct", "pids")}


@pytest.mark.parametrize(
    "text",
    [
        f"12:memory:/docker/{OTHER}\n0::/\n",
        f"1:name=systemd:/docker/{CONTAINER}\n",
        "",
        f"4:cpuset:/docker/{CONTAINER}\n",
    ],
    ids=["another container's", "systemd's alone", "nothing", "not mounted"],
)
def test_v1_refuses_to_run_without_a_cgroup_of_the_hosts_own(machine: Machine, text: str) -> None:
    for container in (OTHER, CONTAINER):
        machine.group(f"memory/docker/{container}")
        machine.group(f"name=systemd/docker/{container}")
    machine.process("cgroup", text)
    with pytest.raises(OSError, match="in no cgroup of its own"):
        cgroups.join(PID, CONTAINER)
    assert machine.joined == set()


def test_a_cgroup_that_cannot_be_joined_is_an_error(machine: Machine) -> None:
    machine.process("cgroup", f"12:memory:/docker/{CONTAINER}\n")
    folder = machine.group(f"memory/docker/{CONTAINER}")
    (folder / "tasks").unlink()
    (folder / "tasks").mkdir()
    with pytest.raises(OSError, match="tasks"):
        cgroups.join(PID, CONTAINER)


def test_a_process_that_is_gone_is_an_error(machine: Machine) -> None:
    with pytest.raises(FileNotFoundError):
        cgroups.join(PID + 1, CONTAINER)
    machine.v2()
    with pytest.raises(FileNotFoundError):
        cgroups.join(PID + 1, CONTAINER)
