"""The fabric on real containers: cables, commands, terminals, sockets, restarts, limits."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.core.waiting import wait_until
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.client import FabricClient
from orchestrator.fabric.container import SOCKET
from orchestrator.fabric.fabric_interface import (
    HELPER_IMAGE,
    CommandTimeoutError,
    Fabric,
    HostRef,
    HostUnreachableError,
    PortState,
)
from orchestrator.instances.host_container import GRADING_ROOM
from orchestrator.labs import Running
from tests.live.faults.harness import fetches, serves

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.core]

SOON = 20.0


def inspected(container: str) -> dict[str, Any]:
    output = subprocess.run(["docker", "inspect", container], check=True, capture_output=True).stdout
    return dict(json.loads(output)[0])


def parent_of(pid: int) -> str:
    status = Path("/proc", str(pid), "status").read_text(encoding="utf-8")
    return next(line for line in status.splitlines() if line.startswith("PPid:"))


def reaches(fabric: Fabric, target: HostRef, address: str) -> bool:
    return fabric.run(target, ("ping", "-c1", "-W1", address)).status == 0


def reboot_itself(fabric: Fabric, target: HostRef, *, every: float) -> None:
    """Have a host reboot from inside, ask it every so many seconds, and wait until it is ready."""

    def first_process() -> bytes:
        try:
            return fabric.run(target, ("stat", "-c", "%.9Y%.9Z", "/proc/1")).stdout
        except LabError:
            return b""

    before = first_process()
    fabric.run(target, ("systemctl", "reboot", "--no-wall"), timeout=30)
    assert wait_until(lambda: first_process() not in {b"", before}, within=60, every=every)
    fabric.wait_ready(target.instance, [target.host], timeout=60)


def soon(condition: Callable[[], bool]) -> bool:
    return bool(wait_until(condition, within=SOON, every=0.1))


# What a host is


def test_no_host_is_privileged(pair: Running) -> None:
    for host in pair.instance.hosts:
        container = inspected(host.container)
        settings = container["HostConfig"]
        assert container["Config"]["NetworkDisabled"] is True
        assert settings["Privileged"] is False
        assert not {"SYS_ADMIN", "CAP_SYS_ADMIN", "ALL"} & set(settings["CapAdd"] or ())
        assert settings["NetworkMode"] == "none"
        assert settings["PidMode"] == ""


def test_hosts_have_the_limits_of_the_lab(pair: Running) -> None:
    settings = inspected(next(h.container for h in pair.instance.hosts if h.name == "a"))["HostConfig"]
    assert settings["Memory"] == settings["MemorySwap"] == (96 << 20) + GRADING_ROOM
    assert settings["CpuShares"] == 256
    assert settings["PidsLimit"] == 120


def test_one_process_watches_over_all_hosts_and_what_holds_it(pair: Running) -> None:
    """It ends with its last container: the pause container is there before the first host and after the last."""
    held = [*(host.container for host in pair.instance.hosts), fabric_container.PAUSE, fabric_container.HELPER]
    assert len({parent_of(inspected(container)["State"]["Pid"]) for container in held}) == 1


def test_every_host_boots_without_a_failed_unit(app: App, pair: Running) -> None:
    for host in pair.instance.hosts:
        state = app.fabric.run(HostRef(pair.instance.name, host.name), ("systemctl", "is-system-running"))
        assert state.stdout == b"running\n", host.name


def test_placed_files_have_owner_mode_and_content(app: App, a: HostRef) -> None:
    seen = app.fabric.run(a, ("stat", "-c", "%U %G %a", "/etc/motd")).stdout
    assert seen == b"technicien technicien 640\n"
    assert app.fabric.run(a, ("cat", "/etc/motd")).stdout == b"Bienvenue sur a.\n"


def test_dockers_files_are_ordinary_ones(app: App, a: HostRef) -> None:
    mounts = app.fabric.run(a, ("cat", "/proc/self/mountinfo")).stdout
    assert b" /etc/resolv.conf " not in mounts
    assert app.fabric.run(a, ("cat", "/etc/resolv.conf")).stdout == b"search pair.internal\nnameserver 10.77.1.1\n"
    without = app.fabric.run(HostRef(a.instance, "b"), ("cat", "/etc/resolv.conf")).stdout
    assert without == b"", "the machine's own resolvers must not show"


# The network


def test_the_router_routes_and_the_lab_has_no_route_out(app: App, a: HostRef) -> None:
    assert reaches(app.fabric, a, "10.77.2.10")
    interfaces = app.fabric.run(a, ("ls", "/sys/class/net")).stdout.split()
    assert interfaces == [b"eth0", b"lo"]
    for outside in machine_addresses():
        assert not reaches(app.fabric, a, outside), outside


def machine_addresses() -> list[str]:
    """Return the machine's own IPv4 addresses, which no lab may reach (nothing is sent: the lab has no route)."""
    links = json.loads(subprocess.run(["ip", "-j", "-4", "address"], check=True, capture_output=True).stdout)
    found = [i["local"] for link in links for i in link["addr_info"] if link["ifname"] != "lo"]
    assert found, "a machine without an address proves nothing"
    return found


def test_only_routers_may_write_network_sysctls(app: App, a: HostRef) -> None:
    flip = ("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/log_martians")
    assert app.fabric.run(a, flip).status != 0
    assert app.fabric.run(HostRef(a.instance, "r"), flip).status == 0
    core = ("sh", "-c", "echo x > /proc/sys/kernel/core_pattern")
    assert app.fabric.run(HostRef(a.instance, "r"), core).status != 0


def test_a_cable_is_unplugged_and_plugged(driver: LabDriver, a: HostRef) -> None:
    driver.cable("a", "eth0", plugged=False)
    try:
        assert driver.run("a", ("cat", "/sys/class/net/eth0/carrier")).stdout == b"0\n"
        assert not reaches(driver.fabric, a, "10.77.1.1")
    finally:
        driver.cable("a", "eth0", plugged=True)
    assert soon(lambda: reaches(driver.fabric, a, "10.77.1.1"))


def test_a_cable_is_moved_to_another_segment(driver: LabDriver, a: HostRef) -> None:
    driver.cable("a", "eth0", segment="right")
    try:
        assert not reaches(driver.fabric, a, "10.77.1.1")
        assert driver.run("a", ("cat", "/sys/class/net/eth0/carrier")).stdout == b"1\n"
    finally:
        driver.cable("a", "eth0", segment="left")
    assert soon(lambda: reaches(driver.fabric, a, "10.77.1.1"))


def test_a_host_is_told_each_time_that_its_cable_is_pulled(driver: LabDriver) -> None:
    """However soon it is plugged in again, or somewhere else: a DHCP client has to notice."""

    def is_up() -> bool:
        return driver.run("a", ("cat", "/sys/class/net/eth0/operstate")).stdout == b"up\n"

    def carriers() -> list[bool]:
        """Return whether there was a carrier, each time that the host's kernel told of its interface."""
        lines = driver.run("a", ("cat", "/tmp/links")).stdout.decode().splitlines()
        return [True, *("NO-CARRIER" not in line for line in lines if "eth0" in line)]

    def losses() -> int:
        return sum(before and not now for before, now in pairwise(carriers()))

    def pull() -> None:
        driver.cable("a", "eth0", plugged=False)
        driver.cable("a", "eth0", plugged=True)
        assert soon(is_up)

    def is_heard() -> bool:
        pull()
        return losses() > 0

    driver.run("a", ("sh", "-c", "timeout 120 ip -oneline monitor link >/tmp/links 2>&1 &"))
    try:
        assert soon(is_heard)
        assert soon(lambda: carriers()[-1]), "all that was done until now has been told"
        before, pulls = losses(), 100
        for _ in range(pulls):
            pull()
            for segment in ("right", "left"):
                driver.cable("a", "eth0", segment=segment)
                assert soon(is_up)
        assert soon(lambda: losses() >= before + 3 * pulls), f"{losses() - before} of {3 * pulls}"
    finally:
        driver.run("a", ("pkill", "-f", "monitor link"))
        driver.run("a", ("rm", "/tmp/links"))


def test_a_replaced_cable_is_a_good_one(driver: LabDriver, a: HostRef) -> None:
    driver.fabric.set_port(a, "eth0", mtu=1000, rate=64_000, loss=100)
    assert not reaches(driver.fabric, a, "10.77.1.1")
    driver.replace_cable("a", "eth0")
    (port,) = (p for p in driver.fabric.ports(a.instance) if (p.host, p.interface) == ("a", "eth0"))
    assert port == PortState("a", "eth0", "left", plugged=True)
    assert soon(lambda: reaches(driver.fabric, a, "10.77.1.1"))
    assert driver.fabric.run(a, ("ping", "-c", "1", "-W", "5", "-M", "do", "-s", "1472", "10.77.1.1")).status == 0


def test_a_cable_loses_frames_and_heals(driver: LabDriver, a: HostRef) -> None:
    count = ("ping", "-c", "60", "-i", "0.01", "-W", "1", "-q", "10.77.1.1")
    driver.fabric.set_port(a, "eth0", loss=100)
    try:
        assert b" 0 received" in driver.run("a", count, check=False).stdout
    finally:
        driver.fabric.set_port(a, "eth0", loss=0)
    assert b" 60 received" in driver.run("a", count).stdout


def test_a_path_drops_large_frames(driver: LabDriver, a: HostRef) -> None:
    def echo(size: int) -> int:
        return driver.run("a", ("ping", "-c1", "-W1", "-s", str(size), "10.77.1.1"), check=False).status

    driver.fabric.set_port(a, "eth0", mtu=1000)
    try:
        assert (echo(400), echo(1400)) == (0, 1)
    finally:
        driver.fabric.set_port(a, "eth0", mtu=1500)
    assert echo(1400) == 0


def test_a_cable_is_slow(driver: LabDriver, a: HostRef) -> None:
    driver.fabric.set_port(a, "eth0", rate=64_000)
    try:
        state = next(p for p in driver.fabric.ports(a.instance) if p.host == "a")
        assert state.rate == 64_000
        # 64 kbit/s carry 8 kB a second: 100 kB do not pass in the 3 s that a fast cable needs a fraction of.
        serves(driver, "b", 9, 100_000)
        assert fetches(driver, "a", "10.77.2.10", 9, within=3) < 100_000
        driver.fabric.set_port(a, "eth0", rate=0)
        serves(driver, "b", 9, 100_000)
        assert fetches(driver, "a", "10.77.2.10", 9, within=20) == 100_000
    finally:
        driver.fabric.set_port(a, "eth0", rate=0)
        driver.run("b", ("pkill", "nc"), check=False)


def test_an_observer_asks_from_a_segment_and_is_gone(app: App, a: HostRef) -> None:
    seen = app.fabric.observe(a.instance, "left", "10.77.1.200/24", ("ping", "-c1", "-W1", "10.77.1.10"))
    assert seen.status == 0
    assert not reaches(app.fabric, a, "10.77.1.200")
    rights = app.fabric.observe(a.instance, "left", "", ("sh", "-c", "id -u; cat /run/docker.sock")).stdout
    assert rights.strip() == b"65534"
    with pytest.raises(LabError, match="no segment middle"):
        app.fabric.observe(a.instance, "middle", "", ("true",))
    assert app.fabric.observe(a.instance, "left", "", ("no-such-tool",)).status == 127


# Commands


def test_status_output_and_input(app: App, a: HostRef) -> None:
    done = app.fabric.run(a, ("sh", "-c", "cat; echo oops >&2; exit 3"), stdin="été".encode())
    assert (done.status, done.stdout.decode(), done.stderr) == (3, "été", b"oops\n")


def test_missing_and_forbidden_commands(app: App, a: HostRef) -> None:
    assert app.fabric.run(a, ("no-such-command",)).status == 127
    assert app.fabric.run(a, ("/etc/passwd",)).status == 126


def test_endless_output_is_cut_and_an_endless_command_ended(app: App, a: HostRef) -> None:
    cut = app.fabric.run(a, ("head", "-c", "9000000", "/dev/zero"))
    assert cut.truncated
    assert len(cut.stdout) == 4 << 20
    with pytest.raises(CommandTimeoutError):
        app.fabric.run(a, ("yes",), timeout=0.5)
    assert app.fabric.run(a, ("pgrep", "-x", "yes")).status == 1


def test_a_command_ends_with_its_client(app: App, a: HostRef) -> None:
    asks = (
        "import sys; from orchestrator.fabric.fabric_interface import HostRef;"
        "from orchestrator.fabric.client import FabricClient;"
        "FabricClient(sys.argv[1]).run(HostRef(*sys.argv[2:]), ('sleep', '4321'), timeout=60)"
    )
    asleep = ("pgrep", "-f", "^sleep 4321")
    client = subprocess.Popen([sys.executable, "-c", asks, str(SOCKET), a.instance, a.host])
    try:
        assert soon(lambda: app.fabric.run(a, asleep).status == 0)
    finally:
        client.kill()
        client.wait()
    assert soon(lambda: app.fabric.run(a, asleep).status == 1)


def test_what_a_command_leaves_in_the_background_does_not_hold_it(app: App, a: HostRef) -> None:
    assert app.fabric.run(a, ("sh", "-c", "sleep 300 & echo here"), timeout=10).stdout == b"here\n"
    app.fabric.run(a, ("pkill", "sleep"))


def test_a_command_has_the_rights_of_the_hosts_own_root(app: App, a: HostRef) -> None:
    rights = ("sh", "-c", "grep -E '^(Cap(Bnd|Eff|Prm)|Seccomp):' /proc/$0/status")
    ours = app.fabric.run(a, (*rights, "self")).stdout.splitlines()
    hosts = app.fabric.run(a, (*rights, "1")).stdout.splitlines()
    assert ours[:3] == hosts[:3]
    assert ours[3].split()[1] == b"2", "seccomp must filter"
    profile = ("sh", "-c", "cat /proc/$0/attr/apparmor/current 2>/dev/null || echo none")
    assert app.fabric.run(a, (*profile, "self")).stdout == app.fabric.run(a, (*profile, "1")).stdout
    for forbidden in (("unshare", "-n", "true"), ("mount", "-t", "tmpfs", "none", "/mnt")):
        assert app.fabric.run(a, forbidden).status != 0, forbidden


def test_a_command_counts_against_the_limits_of_its_host(app: App, a: HostRef) -> None:
    fork = "for i in $(seq 300); do sleep 300 & done 2>/dev/null; jobs -p | wc -l"
    try:
        app.fabric.run(a, ("bash", "-c", fork), timeout=30)
        running = app.fabric.run(HostRef(a.instance, "r"), ("true",))  # another host is not touched
        assert running.status == 0
    except HostUnreachableError:
        pass  # its own limit keeps the host from running even one command more: that is the limit at work
    container = next(c for c in app.instances.find(a.instance).hosts if c.name == "a").container
    processes = subprocess.run(["docker", "top", container, "-o", "pid"], check=True, capture_output=True).stdout
    assert len(processes.split()) <= 121
    app.engine.restart(container, grace=0)
    app.fabric.wait_ready(a.instance, ["a"], timeout=60)


def test_a_terminal_talks(app: App, a: HostRef) -> None:
    terminal = app.fabric.terminal(a, ("/bin/sh",), rows=30, columns=100)
    os.write(terminal, b"stty size; exit\n")
    output = b""
    try:
        while piece := os.read(terminal, 4096):
            output += piece
    except OSError:
        pass  # Linux gives EIO when the other end of a terminal is closed
    finally:
        os.close(terminal)
    assert b"30 100" in output


def test_a_socket_is_opened_inside_the_host(app: App, a: HostRef) -> None:
    with app.fabric.connect(a, 22) as connection:
        assert connection.recv(7) == b"SSH-2.0"
    with pytest.raises(LabError, match="refused"):
        app.fabric.connect(a, 81)


def test_netmiko_configures_a_device(driver: LabDriver) -> None:
    driver.configure("r", ["ip route 10.99.0.0/16 10.77.2.10"])
    routes = driver.run("r", ("ip", "route", "show", "10.99.0.0/16")).stdout
    assert b"via 10.77.2.10" in routes
    driver.configure("r", ["no ip route 10.99.0.0/16 10.77.2.10"])


def test_an_unknown_host_is_said_to_be_unreachable(app: App, a: HostRef) -> None:
    with pytest.raises(HostUnreachableError):
        app.fabric.run(HostRef(a.instance, "zz"), ("true",))
    with pytest.raises(LabError, match="no running host"):
        app.fabric.set_port(HostRef(a.instance, "zz"), "eth0", plugged=False)


def test_nonsense_on_the_socket_ends_only_that_connection(app: App, a: HostRef) -> None:
    for nonsense in (b"GET / HTTP/1.0\r\n\r\n", b"\0" * 64, b"\0\0\0\2\0\0\0\0[]"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(SOCKET))
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
    assert app.fabric.run(a, ("true",)).status == 0


# Restarts


def test_a_rebooted_host_is_wired_again_as_it_was(app: App, driver: LabDriver, a: HostRef) -> None:
    driver.reboot("a")
    assert soon(lambda: reaches(app.fabric, a, "10.77.2.10"))
    driver.cable("a", "eth0", plugged=False)
    try:
        driver.reboot("a")
        assert driver.run("a", ("cat", "/sys/class/net/eth0/carrier")).stdout == b"0\n"
    finally:
        driver.cable("a", "eth0", plugged=True)
    assert soon(lambda: reaches(app.fabric, a, "10.77.2.10"))


def test_no_command_runs_in_the_namespaces_that_a_host_leaves_when_it_boots(app: App, a: HostRef) -> None:
    for _ in range(3):
        reboot_itself(app.fabric, a, every=0.001)  # what is entered too early would be used ever after
        spaces = [f"/proc/{process}/ns/{space}" for space in ("user", "net") for process in ("1", "self")]
        own_user, user, own_network, network = app.fabric.run(a, ("readlink", *spaces)).stdout.split()
        assert (user, network) == (own_user, own_network)
        rights = app.fabric.run(a, ("grep", "-h", "CapBnd", "/proc/1/status", "/proc/self/status")).stdout.split()
        assert rights[1] == rights[3]


def test_a_reboot_typed_in_the_host_works(app: App, a: HostRef) -> None:
    reboot_itself(app.fabric, a, every=0.2)
    assert soon(lambda: reaches(app.fabric, a, "10.77.2.10"))


def test_a_restarted_helper_finds_its_fabric_again(app: App, a: HostRef) -> None:
    app.fabric.set_port(a, "eth0", mtu=1400)
    app.engine.restart(fabric_container.HELPER, grace=1)
    app.fabric.close()  # its connections ended with the old helper
    client = FabricClient(SOCKET)

    def answers() -> bool:
        try:
            client.wait_ready(a.instance, ["a", "b", "r"], timeout=1)
        except LabError:
            return False
        except Exception:  # a helper that is not back yet fails in several ways
            return False
        return True

    with client:
        assert wait_until(answers, within=SOON, every=0.1)
        assert next(p.mtu for p in client.ports(a.instance) if p.host == "a") == 1400
        assert reaches(client, a, "10.77.2.10")
        client.set_port(a, "eth0", mtu=1500)


def test_a_helper_that_is_gone_is_replaced_and_its_cables_are_kept(app: App, a: HostRef) -> None:
    app.engine.remove(fabric_container.HELPER)
    app.fabric.close()
    image = app.build([])[HELPER_IMAGE]
    with fabric_container.ensure(app.engine, image) as client:
        client.wait_ready(a.instance, ["a", "b", "r"], timeout=SOON)
        assert reaches(client, a, "10.77.2.10")
