"""Two labs with the same names and addresses, side by side: neither hears, reaches or answers the other."""

from __future__ import annotations

from functools import partial

import pytest

from orchestrator.app import App
from orchestrator.fabric.base import HostRef
from orchestrator.service import Running
from orchestrator.waiting import wait_until

pytestmark = pytest.mark.live

B = "10.88.1.11"
SOON = 60.0
SERVE = (
    "$s = IO::Socket::INET->new(Listen => 5, LocalPort => 4000, ReuseAddr => 1) or die;"
    "while ($c = $s->accept) { print $c $ARGV[0]; close $c }"
)
ASK = "$s = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 4000, Timeout => 2) or exit 1; print <$s>"
HEADER = 24
"""Bytes of a file of tcpdump's without a frame."""


def served(app: App, lab: Running, word: str) -> None:
    b = HostRef(lab.instance.name, "b")
    perl = ("perl", "-MIO::Socket::INET", "-e", SERVE, word)
    assert app.fabric.run(b, ("systemd-run", "--quiet", "--expand-environment=no", "--unit=who", *perl)).status == 0


def answer(app: App, lab: Running, host: str = "a") -> bytes:
    target = HostRef(lab.instance.name, host)
    return app.fabric.run(target, ("perl", "-MIO::Socket::INET", "-e", ASK, B)).stdout


def test_an_address_leads_to_ones_own_lab(app: App, cells: Running, others: Running) -> None:
    served(app, cells, "one")
    served(app, others, "two")

    def answered(host: str) -> bool:
        return (answer(app, cells, host), answer(app, others, host)) == (b"one", b"two")

    for host in ("a", "r"):
        assert wait_until(partial(answered, host), within=SOON, every=0.2)
    stopped = app.fabric.run(HostRef(cells.instance.name, "b"), ("systemctl", "stop", "who"))
    assert stopped.status == 0
    assert [answer(app, cells, host) for host in ("a", "r")] == [b"", b""], "nobody else takes its place"
    app.fabric.set_port(HostRef(cells.instance.name, "b"), "eth0", plugged=False)
    try:
        assert answer(app, cells) == b"", "nor when the cable is out and the address is free"
    finally:
        app.fabric.set_port(HostRef(cells.instance.name, "b"), "eth0", plugged=True)
    assert answer(app, others) == b"two"


def test_no_frame_is_heard_in_another_lab(app: App, cells: Running, others: Running) -> None:
    ears = [HostRef(lab.instance.name, "b") for lab in (cells, others)]
    listen = ("tcpdump", "-n", "-U", "-Z", "root", "--immediate-mode", "-i", "eth0", "-w", "/run/ear", "icmp")

    def heard(ear: HostRef) -> int:
        return app.fabric.look(ear, "/run/ear")[0].size

    def silent(ear: HostRef) -> bool:
        return heard(ear) == HEADER

    for ear in ears:
        assert app.fabric.run(ear, ("systemd-run", "--quiet", "--unit=ear", *listen)).status == 0
        assert wait_until(partial(silent, ear), within=SOON, every=0.1)
    shout = ("ping", "-b", "-c5", "-i0.1", "-W1", "10.88.1.255")
    app.fabric.run(HostRef(others.instance.name, "a"), shout)
    assert wait_until(lambda: heard(ears[1]) > HEADER, within=SOON, every=0.1), "the control: its own lab hears it"
    assert heard(ears[0]) == HEADER
