"""A host that takes all it can get: it stays within its limits, and the others go on as if nothing were."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median

import pytest

from orchestrator.app import App
from orchestrator.bench.memory import container_memory
from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.freezing import freeze
from orchestrator.labs import Running

pytestmark = [pytest.mark.live, pytest.mark.alone]

MEMORY, PIDS, DISK = 96 << 20, 120, 64 << 20
"""What the lab states for the host A."""
SOON = 60.0
ROUNDS, SAMPLES = 8, 5
"""A measurement alternates so often between an attack that is frozen and one that goes on, with so many commands each:
whatever else the machine does slows both. Their medians count."""
TRIES, HOLD = 8, 3
"""Measurements, and how many of them must hold: other programs may disturb the rest."""
WITHIN = 4.0
"""How many times longer an answer may take beside an attack: the attacker has its share of the processors, which is
large where other programs have most of them. Without a limit it is many times as long."""
STOPS = 3.0
"""How many times longer the stop of an attacked lab may take; it is measured once or twice only."""
UNIT = ("systemd-run", "--quiet", "--expand-environment=no", "-p", "RuntimeMaxSec=120", "-p", "OOMPolicy=continue")
ATTACKS = {
    "a fork bomb": ("perl", "-e", "while (1) { fork }"),
    "a memory hog": ("sh", "-c", "while :; do perl -e '$x .= \"x\" x 1000000 while 1'; done"),
    "a full disk": ("sh", "-c", "while :; do dd if=/dev/zero of=/fill bs=1M; done"),
    "full file systems in memory": (
        "sh", "-c", "while :; do for f in /tmp /run /dev/shm /dev; do head -c 200M /dev/zero >$f/fill; done; done",
    ),
    "a flood": (
        "perl", "-MSocket", "-e",
        "socket(S, AF_INET, SOCK_DGRAM, 0); setsockopt(S, SOL_SOCKET, SO_BROADCAST, 1);"
        "$to = pack_sockaddr_in(9, inet_aton('10.88.1.255')); send(S, 'x' x 1400, 0, $to) while 1",
    ),
}  # fmt: skip

CORE = ("a fork bomb", "a full disk", "a flood")
"""Those that are also made without ``--all``."""


@dataclass(frozen=True)
class Victim:
    """The host that attacks, by name and container."""

    target: HostRef
    container: str

    @classmethod
    def of(cls, lab: Running) -> Victim:
        container = next(h.container for h in lab.instance.hosts if h.name == "a")
        return cls(HostRef(lab.instance.name, "a"), container)

    def begin(self, app: App, attack: str) -> None:
        assert app.fabric.run(self.target, (*UNIT, "--unit=attack", *ATTACKS[attack])).status == 0

    @contextmanager
    def frozen(self, app: App) -> Iterator[None]:
        """Freeze the host within the block; one whose memory is full may be booting again, and attacks nobody."""
        with suppress(LabError):
            app.engine.pause(self.container)
        try:
            yield
        finally:
            with suppress(LabError):
                app.engine.unpause(self.container)

    def end(self, app: App) -> None:
        """Reboot the host and empty its disk."""
        app.engine.restart(self.container, grace=0)
        app.fabric.wait_ready(self.target.instance, ["a"], timeout=SOON)
        assert app.fabric.run(self.target, ("rm", "-f", "/fill")).status == 0

    def takes(self) -> tuple[int, int]:
        """Return its processes and bytes of memory: none while it boots, since full memory may have ended it."""
        try:
            return self.processes(), container_memory(self.container)
        except (subprocess.CalledProcessError, LabError, OSError):
            assert self._has_rebooted(), "it runs, and does not tell what it takes"
            return 0, 0

    def _has_rebooted(self) -> bool:
        """Return whether its first process has ended by itself since somebody last started it."""
        told = subprocess.run(["docker", "inspect", self.container], check=True, capture_output=True).stdout
        seen = json.loads(told)[0]
        return seen["RestartCount"] > 0 or seen["State"]["Restarting"] or not seen["State"]["Running"]

    def processes(self) -> int:
        told = subprocess.run(["docker", "top", self.container, "-eo", "pid"], check=True, capture_output=True)
        return len(told.stdout.splitlines()) - 1


@pytest.fixture
def victim(app: App, cells: Running) -> Iterator[Victim]:
    """Return the host; afterwards it is as before."""
    found = Victim.of(cells)
    yield found
    found.end(app)


def ping(address: str) -> tuple[str, ...]:
    return ("ping", "-n", "-q", "-c", "1", "-w", "20", address)


def answer_times(app: App, target: HostRef, command: tuple[str, ...]) -> Iterator[float]:
    for _ in range(SAMPLES):
        begun = time.perf_counter()
        assert app.fabric.run(target, command, timeout=SOON).status == 0
        yield time.perf_counter() - begun


@pytest.mark.parametrize("attack", [pytest.param(a, marks=pytest.mark.core if a in CORE else ()) for a in ATTACKS])
def test_others_go_on_beside(app: App, cells: Running, others: Running, victim: Victim, attack: str) -> None:
    """In the lab itself, on another of its segments, and in another lab on a segment that has the same addresses."""
    own, other = (lab.instance.name for lab in (cells, others))
    asked = [
        (HostRef(own, "b"), ("true",)),
        (HostRef(own, "v"), ping("10.88.2.1")),
        (HostRef(other, "b"), ping("10.88.1.10")),
    ]
    seen: list[list[float]] = []
    while sum(max(ratios) <= WITHIN for ratios in seen) < HOLD:
        assert len(seen) < TRIES, f"the other hosts' answers take so many times longer: {seen}"
        if seen:
            victim.end(app)
        victim.begin(app, attack)
        quiet: list[list[float]] = [[] for _ in asked]
        attacked: list[list[float]] = [[] for _ in asked]
        for _ in range(ROUNDS):
            with victim.frozen(app):
                for times, question in zip(quiet, asked, strict=True):
                    times.extend(answer_times(app, *question))
            for times, question in zip(attacked, asked, strict=True):
                times.extend(answer_times(app, *question))
        processes, memory = victim.takes()
        assert processes <= PIDS
        assert memory <= MEMORY
        seen.append([round(median(late) / median(usual), 2) for late, usual in zip(attacked, quiet, strict=True)])


@pytest.mark.core
def test_the_attacks_are_attacks(app: App, victim: Victim) -> None:
    """The control: each of them runs into its limit."""
    fill = app.fabric.run(victim.target, ("dd", "if=/dev/zero", "of=/fill", "bs=1M", "count=100"), timeout=SOON)
    assert b"No space left on device" in fill.stderr
    for place in ("/tmp", "/run/lock", "/dev"):
        full = app.fabric.run(victim.target, ("dd", "if=/dev/zero", f"of={place}/fill", "bs=64k", "count=2000"))
        assert b"No space left on device" in full.stderr, place
        assert app.fabric.run(victim.target, ("rm", f"{place}/fill")).status == 0
    hog = app.fabric.run(victim.target, ("perl", "-e", "$x .= 'x' x 1000000 while 1"), timeout=SOON)
    assert hog.status == -9
    frames = ("cat", "/sys/class/net/eth0/statistics/rx_packets")
    b = HostRef(victim.target.instance, "b")
    before = int(app.fabric.run(b, frames).stdout)
    victim.begin(app, "a flood")
    assert wait_until(lambda: int(app.fabric.run(b, frames).stdout) > before + 10_000, within=SOON, every=0.1)
    assert app.fabric.run(victim.target, ("systemctl", "stop", "attack")).status == 0
    victim.begin(app, "a fork bomb")
    assert wait_until(lambda: victim.processes() >= PIDS - 10, within=SOON, every=0.1)


def test_an_attacked_lab_stops_as_fast(app: App) -> None:
    def stopped(attacks: tuple[str, ...]) -> float:
        lab = app.labs.lifecycle.start(app.labs.plans.of_lab("cells"), Silent())
        try:
            for attack in attacks:
                host = "r" if attack == "a flood" else "a"
                assert app.fabric.run(HostRef(lab.instance.name, host), (*UNIT, *ATTACKS[attack])).status == 0
        finally:
            begun = time.perf_counter()
            app.labs.lifecycle.discard(lab.instance)
        return time.perf_counter() - begun

    quiet, attacked = [stopped(())], [stopped(("a flood", "a full disk", "a fork bomb"))]
    if attacked[0] > STOPS * quiet[0]:
        quiet.append(stopped(()))
        attacked.append(stopped(("a flood", "a full disk", "a fork bomb")))
    assert min(attacked) <= STOPS * max(quiet), (attacked, quiet)


@pytest.mark.core
def test_a_host_that_freezes_its_commands_gives_an_error(app: App, victim: Victim) -> None:
    """Time-outs are kept from outside: whatever stops in the host, the question ends."""
    assert app.fabric.run(victim.target, ("true",), timeout=SOON).status == 0
    freeze(app.engine, victim.container)
    try:
        for fabric in (
            app.fabric,
            app.fabric.another_connection(),
        ):  # one is in the host already, the other has to enter it
            with fabric, pytest.raises(LabError):
                fabric.run(victim.target, ("true",), timeout=1)
    finally:
        app.engine.unpause(victim.container)
    assert app.fabric.run(victim.target, ("true",), timeout=SOON).status == 0


@pytest.mark.core
def test_no_limit_is_missing(cells: Running) -> None:
    for host in cells.instance.hosts:
        told = subprocess.run(["docker", "inspect", host.container], check=True, capture_output=True).stdout
        settings = json.loads(told)[0]["HostConfig"]
        assert settings["Memory"] == settings["MemorySwap"] > 0
        assert settings["PidsLimit"] > 0
        assert settings["CpuShares"] > 0
        assert settings["LogConfig"]["Config"]["max-size"] == "1m"
        assert json.loads(json.loads(told)[0]["Config"]["Labels"]["breakfix.wiring"])["disk"] > 0
