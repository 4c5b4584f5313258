"""Machines with a Docker Engine of their own, on this one: what a cluster is tried on, apart from the user's engine.

Each has its own network, processes, mounts and name; the kernel and the files are this machine's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orchestrator
from orchestrator.core.waiting import wait_until

_NETWORK: Final = "198.18.77"
_READY_S: Final = 120.0
# What would lead the command elsewhere, or break its lines where a test does not expect it.
_NOT_HANDED_ON: Final = ("DOCKER_HOST", "COLUMNS")
_INSIDE: Final = """
hostname {name}
mkdir {folder}/groups
mount --rbind /sys/fs/cgroup {folder}/groups
mount -t sysfs sysfs /sys
mount --rbind {folder}/groups /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mkdir /run/lock
mount --make-rshared /
exec dockerd --data-root {folder}/data --exec-root /run/docker --pidfile /run/docker.pid \
    --host unix:///run/docker.sock --host unix://{folder}/docker.sock \
    --exec-opt native.cgroupdriver=cgroupfs --log-level error
"""


@dataclass
class DockerMachine:
    """A machine of its own.

    Attributes:
        name: its host name, and that of its network namespace.
        address: by which the others reach it.
        folder: what is its own of the files.
    """

    name: str
    address: str
    folder: Path
    _engine: subprocess.Popen[bytes] | None = None

    def switch_on(self) -> None:
        """Start it, and wait until its engine answers."""
        (self.folder / "docker.sock").unlink(missing_ok=True)
        groups = self.folder / "groups"
        if groups.exists():
            groups.rmdir()
        enter = ["nsenter", f"--net=/run/netns/{self.name}"]
        unshare = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        script = _INSIDE.format(name=self.name, folder=self.folder)
        with (self.folder / "dockerd.log").open("ab") as log:
            self._engine = subprocess.Popen([*enter, *unshare, "sh", "-euc", script], stderr=log, stdout=log)
        assert wait_until(self._answers, within=_READY_S), (self.folder / "dockerd.log").read_text()[-2000:]

    def switch_off(self) -> None:
        """Take the current away: all of its processes are killed."""
        if self._engine is not None:
            self._engine.kill()
            self._engine.wait()
            self._engine = None

    def docker(self, *words: str, data: bytes | None = None) -> str:
        """Run Docker's command line against its engine and return what it prints."""
        command = ["docker", "--host", f"unix://{self.folder}/docker.sock", *words]
        return subprocess.run(command, input=data, check=True, capture_output=True).stdout.decode()

    def breakfix(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run this tree's Breakfix there, as a user of its own."""
        environment = {
            **{name: value for name, value in os.environ.items() if name not in _NOT_HANDED_ON},
            **{f"XDG_{kind}_HOME": str(self.folder / kind.lower()) for kind in ("STATE", "DATA", "CONFIG", "CACHE")},
            "PYTHONPATH": str(Path(orchestrator.__file__).parent.parent),
        }
        enter = ["nsenter", "--target", self._first_process(), "--net", "--mount", "--uts", "--pid", "--wdns=/"]
        command = [*enter, sys.executable, "-P", "-m", "orchestrator", "--yes", "--lang", "en", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def _first_process(self) -> str:
        """Return the number of its first process, as this machine counts."""
        assert self._engine is not None
        return Path(f"/proc/{self._engine.pid}/task/{self._engine.pid}/children").read_text().split()[0]

    def _answers(self) -> bool:
        assert self._engine is not None
        assert self._engine.poll() is None, (self.folder / "dockerd.log").read_text()[-2000:]
        try:
            self.docker("version")
        except subprocess.CalledProcessError:
            return False
        return True


@contextmanager
def docker_machines(folder: Path, names: Sequence[str]) -> Iterator[tuple[DockerMachine, ...]]:
    """Give machines that are switched on and reach one another; nothing of them outlives the block."""
    with ExitStack() as ends:
        bridge = f"{names[0]}-sw"
        _make_network(bridge, ends)
        _run("ip", "-n", bridge, "link", "add", "br0", "type", "bridge")
        _run("ip", "-n", bridge, "link", "set", "br0", "up")
        machines = []
        for number, name in enumerate(names, start=1):
            _make_network(name, ends)
            port = ("peer", "name", f"p{number}", "netns", bridge)
            _run("ip", "-n", name, "link", "add", "eth0", "type", "veth", *port)
            _run("ip", "-n", bridge, "link", "set", f"p{number}", "up", "master", "br0")
            _run("ip", "-n", name, "address", "add", f"{_NETWORK}.{number}/24", "dev", "eth0")
            for link in ("lo", "eth0"):
                _run("ip", "-n", name, "link", "set", link, "up")
            (folder / name).mkdir()
            machines.append(DockerMachine(name, f"{_NETWORK}.{number}", folder / name))
            ends.callback(machines[-1].switch_off)
            machines[-1].switch_on()
        yield tuple(machines)


def _make_network(name: str, ends: ExitStack) -> None:
    _run("ip", "netns", "add", name)
    ends.callback(_run, "ip", "netns", "del", name)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
