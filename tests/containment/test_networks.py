"""Two labs with the same names and addresses, side by side: neither hears, reaches or answers the other."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestrator.app import App
from orchestrator.core.waiting import wait_until
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.labs import Running

pytestmark = pytest.mark.live

B = "10.88.1.11"
SOON = 60.0
SERVE = (
    "$s = IO::Socket::INET->new(Listen => 5, LocalPort => 4000, ReuseAddr => 1) or die;"
    "while ($c = $s->accept) { print $c $ARGV[0]; close $c }"
)
ASK = "$s = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 4000, Timeout => 2) or exit 1; print <$s>"
IPV6 = Path("/proc/net/if_inet6").exists()
LINK_LOCAL = "fe80::b0b"
ASKING = ("a", "r", "s", "v")
HEADER = 24
"""Bytes of a file of tcpdump's without a frame."""


def served(app: App, lab: Running, word: str) -> None:
    b = HostRef(lab.instance.name, "b")
    perl = ("perl", "-MIO::Socket::INET", "-e", SERVE, word)
    assert app.fabric.run(b, ("systemd-run", "--quiet", "--expand-environment=no", "--unit=who", *perl)).status == 0


def answer(app: App, lab: Running, host: str = "a") -> bytes:
    target = HostRef(lab.instance.name, host)
    return app.fabric.run(target, ("perl", "-MIO::Socket::INET", "-e", ASK, B)).stdout


@pytest.fixture(scope="module")
def switched(app: App, cells: Running, others: Running) -> None:
    """The switches, which come without an address, take the same one, and the same way to B."""
    for lab in (cells, others):
        s = HostRef(lab.instance.name, "s")
        for words in (
            ("address", "add", "10.88.2.20/24", "dev", "eth0"),
            ("route", "add", "default", "via", "10.88.2.1"),
        ):
            assert app.fabric.run(s, ("ip", *words)).status == 0


@pytest.mark.core
@pytest.mark.usefixtures("switched")
def test_an_address_leads_to_ones_own_lab(app: App, cells: Running, others: Running) -> None:
    served(app, cells, "one")
    served(app, others, "two")

    def answered(host: str) -> bool:
        return (answer(app, cells, host), answer(app, others, host)) == (b"one", b"two")

    for host in ASKING:
        assert wait_until(partial(answered, host), within=SOON, every=0.2), host
    stopped = app.fabric.run(HostRef(cells.instance.name, "b"), ("systemctl", "stop", "who"))
    assert stopped.status == 0
    assert [answer(app, cells, host) for host in ASKING] == [b""] * len(ASKING), "nobody else takes its place"
    app.fabric.set_port(HostRef(cells.instance.name, "b"), "eth0", plugged=False)
    try:
        silence = [answer(app, cells, host) for host in ASKING]
        assert silence == [b""] * len(ASKING), "nor when the cable is out and the address is free"
    finally:
        app.fabric.set_port(HostRef(cells.instance.name, "b"), "eth0", plugged=True)
    assert [answer(app, others, host) for host in ASKING] == [b"two"] * len(ASKING)


@pytest.mark.usefixtures("switched")
@pytest.mark.parametrize(
    ("mouth", "ear", "segment"),
    [
        pytest.param("a", "b", "10.88.1.255", marks=pytest.mark.core),
        ("r", "s", "10.88.2.255"),
        ("s", "v", "10.88.2.255"),
        ("v", "s", "10.88.2.255"),
    ],
)
def test_no_frame_is_heard_in_another_lab(
    app: App, cells: Running, others: Running, mouth: str, ear: str, segment: str
) -> None:
    ears = [HostRef(lab.instance.name, ear) for lab in (cells, others)]
    listen = ("tcpdump", "-n", "-U", "-Z", "root", "--immediate-mode", "-i", "eth0", "-w", "/run/ear", "icmp")

    def heard(ear: HostRef) -> int:
        return app.fabric.look(ear, "/run/ear")[0].size

    def silent(ear: HostRef) -> bool:
        return heard(ear) == HEADER

    try:
        for one in ears:
            assert app.fabric.run(one, ("systemd-run", "--quiet", "--unit=ear", *listen)).status == 0
            assert wait_until(partial(silent, one), within=SOON, every=0.1)
        app.fabric.run(HostRef(others.instance.name, mouth), ("ping", "-b", "-c5", "-i0.1", "-W1", segment))
        assert wait_until(lambda: heard(ears[1]) > HEADER, within=SOON, every=0.1), "the control: its own lab hears it"
        assert heard(ears[0]) == HEADER
    finally:
        for one in ears:
            app.fabric.run(one, ("systemctl", "stop", "ear"))
            app.fabric.run(one, ("rm", "-f", "/run/ear"))


@pytest.mark.skipif(not IPV6, reason="the kernel has no IPv6")
@pytest.mark.parametrize(
    ("host", "card", "target"),
    [
        pytest.param("a", "eth0", "b", marks=pytest.mark.core),
        ("r", "eth0", "b"),
        ("r", "eth1", "v"),
        ("s", "eth0", "v"),
        ("v", "eth0", "s"),
    ],
)
def test_an_address_of_a_link_leads_to_ones_own_lab(
    app: App, cells: Running, others: Running, host: str, card: str, target: str
) -> None:
    """IPv6 needs neither plan nor router on a link (fe80::); both labs have the same addresses but for this one."""
    bearer = HostRef(cells.instance.name, target)

    def answers(lab: Running) -> bool:
        ask = ("ping", "-6", "-c3", "-i0.2", "-W1", f"{LINK_LOCAL}%{card}")
        return app.fabric.run(HostRef(lab.instance.name, host), ask).status == 0

    address = (f"{LINK_LOCAL}/64", "dev", "eth0")
    assert app.fabric.run(bearer, ("ip", "address", "add", *address, "nodad")).status == 0
    try:
        assert wait_until(partial(answers, cells), within=SOON, every=0.2), "the control"
        assert not answers(others)
    finally:
        app.fabric.run(bearer, ("ip", "address", "del", *address))


@pytest.mark.core
def test_the_cables_end_where_nobody_has_an_address(app: App, cells: Running) -> None:
    """There is nothing in the fabric's network that could be asked, nor a way from there to the machine."""
    image = app.build(["host"])["host"]

    def told(network: str, *words: str) -> list[dict[str, Any]]:
        command = ("docker", "run", "--rm", f"--network={network}", "--entrypoint", "ip", image, "-j", *words)
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout or "[]")
        assert isinstance(found, list)
        return found

    def addresses(network: str) -> list[str]:
        links = told(network, "address")
        return [entry["local"] for link in links if link["ifname"] != "lo" for entry in link["addr_info"]]

    fabric = f"container:{fabric_container.PAUSE}"
    host = f"container:{next(h.container for h in cells.instance.hosts if h.name == 'a')}"
    assert len(told(fabric, "link")) > 2 * len(cells.instance.hosts), "its cables and bridges"
    assert (addresses(fabric), told(fabric, "route"), told(fabric, "-6", "route")) == ([], [], [])
    assert "10.88.1.10" in addresses(host), "the control"
    assert told(host, "route")
    assert bool(told(host, "-6", "route")) == IPV6


COMMAND = r"""use strict; use Socket; my $made = $ARGV[0] // '';
sub ask { my ($type, $flags, $rest) = @_; socket(my $s, 16, 3, 0) or die; send($s, pack('LSSLL', 16 + length $rest,
  $type, 1 | $flags, 1, 0) . $rest, 0); recv($s, my $answer, 65536, 0); $answer }
sub attribute { my ($kind, $value) = @_; pack('SS', 4 + length $value, $kind) . $value . "\0" x (-length($value) % 4) }
ask(18, 0x300, "\0" x 16);
my $place = attribute(46, pack('l', 0)) . attribute(3, "$made\0");
my $kind = attribute(18, attribute(1, 'bridge'));
print -unpack('l', substr(ask(16, 0x604, "\0" x 16 . $place . $kind), 16, 4)), "\n";
"""
"""Makes a bridge in the network namespace at the other end of a cable (rtnetlink(7)); prints the error's number."""


def docker(*words: str, given: str = "") -> str:
    return subprocess.run(["docker", *words], input=given, text=True, check=True, capture_output=True).stdout


def process_of(container: str) -> str:
    return str(json.loads(docker("inspect", container))[0]["State"]["Pid"])


@pytest.mark.parametrize("host", [pytest.param(h, marks=pytest.mark.core if h == "a" else ()) for h in ASKING])
def test_root_commands_no_other_end_of_a_cable(app: App, cells: Running, host: str) -> None:
    target = HostRef(cells.instance.name, host)
    for way in ((), ("systemd-run", "--quiet", "--wait", "--pipe", "--collect")):
        done = app.fabric.run(target, (*way, "perl", "-", "mine"), stdin=COMMAND.encode())
        assert done.stdout == b"1\n", f"EPERM: {done.stderr.decode()}"
    words = ["run", "--rm", "-i", "--privileged", "--pid=host", "--network=none", "--entrypoint=nsenter"]
    machine = [*words, app.build(["host"])["host"], "--net", "--target"]
    host_process = process_of(f"breakfix-{target.instance}-{host}")
    made = docker(*machine, host_process, "perl", "-", "control", given=COMMAND)
    assert made == "0\n", "the control: root of the machine does, from the same place"
    docker(*machine, process_of(fabric_container.PAUSE), "ip", "link", "del", "control")
