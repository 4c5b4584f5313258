"""Hosts seen from outside: what is told of a sound one is right, and what a trainee puts there does not mislead."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HostRef

pytestmark = [pytest.mark.live, pytest.mark.core]

NOTE = "/etc/breakfix-test"


@pytest.fixture
def note(driver: LabDriver) -> Iterator[str]:
    """Return a path in A that is free, and is so again afterwards."""
    yield NOTE
    driver.run("a", ("rm", "-rf", NOTE))


def entries(app: App, host: HostRef, path: str) -> list[str]:
    return [str(name) for name in json.loads(app.fabric.look(host, path, "entries")[1])]


def test_a_unit_is_as_systemd_says(app: App, a: HostRef) -> None:
    ssh = app.fabric.unit(a, "ssh.service", ["Unit.ActiveState", "Service.MainPID"])
    assert (ssh.file_state, ssh.properties["ActiveState"]) == ("enabled", "active")
    (main,) = (p for p in app.fabric.processes(a, [ssh.properties["MainPID"]]) if p.pid == ssh.properties["MainPID"])
    assert (main.executable, main.unit, main.image, list(main.foreign)) == ("/usr/sbin/sshd", "ssh.service", "same", [])
    assert app.fabric.unit(a, "absent.service", ["Unit.LoadState"]).properties == {"LoadState": "not-found"}
    assert app.fabric.unit(a, "ssh.service").properties["FragmentPath"] == "/usr/lib/systemd/system/ssh.service"
    with pytest.raises(LabError, match="Invalid argument"):
        app.fabric.unit(a, "no unit's name", ["Unit.LoadState"])


def test_it_agrees_with_the_hosts_own_tools(app: App, driver: LabDriver, a: HostRef) -> None:
    units = driver.run("a", ("systemctl", "list-unit-files", "--no-legend", "--type=service")).stdout.decode()
    for line in units.splitlines()[:40]:
        name, state, *_ = line.split()
        if "@" not in name:
            assert app.fabric.unit(a, name, ["Unit.LoadState"]).file_state == state, name
    heard = {(s.address, s.port) for s in app.fabric.sockets(a) if s.protocol == "tcp" and s.state == "listening"}
    assert {(address.strip("[]"), int(port)) for address, port in listening(driver)} == heard
    for path in ("/etc/passwd", "/bin/sh", "/etc/ssh", "/dev/null", "/run/systemd/private"):
        seen = app.fabric.look(a, path)[0]
        told = driver.run("a", ("stat", "-Lc", "%a %u %g %s %i", path)).stdout.decode()
        assert told == f"{seen.mode:o} {seen.uid} {seen.gid} {seen.size} {seen.inode}\n", path


def test_connections_are_told_where_they_are_wanted(app: App, a: HostRef) -> None:
    with app.fabric.connect(a, 22):
        all_of_them, without = app.fabric.sockets(a, connected=True), app.fabric.sockets(a)
    assert ("tcp", "established", 22) in {(s.protocol, s.state, s.remote_port) for s in all_of_them}
    assert ("tcp", "listening", 22) in {(s.protocol, s.state, s.port) for s in without}
    assert {s.state for s in without if s.protocol == "tcp"} == {"listening"}


def listening(driver: LabDriver) -> list[list[str]]:
    rows = driver.run("a", ("ss", "-Hltn")).stdout.decode().splitlines()
    return [row.split()[3].rsplit(":", 1) for row in rows]


def test_files_are_read_and_folders_listed(app: App, a: HostRef) -> None:
    state, data = app.fabric.look(a, "/etc/motd", "content")
    assert (state.kind, data) == ("file", b"Bienvenue sur a.\n")
    assert "sshd_config" in entries(app, a, "/etc/ssh")
    assert app.fabric.look(a, "/etc/absent")[0].exists is False
    assert app.fabric.look(a, "/bin", follow=False)[0].target == "usr/bin"
    assert app.fabric.look(a, "/bin/sh")[0].path == "/usr/bin/dash"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (f"mkfifo {NOTE}", "a fifo, not a file"),
        (f"ln -s /dev/zero {NOTE}", "a device, not a file"),
        (f"truncate -s 9G {NOTE}", "too large"),
        (f"ln -s {NOTE} {NOTE}", "Too many levels"),
        (f"ln -s /proc/1/root/etc/passwd {NOTE}", "Too many levels"),
        (f"mkdir {NOTE}", "a directory, not a file"),
    ],
)
def test_what_cannot_be_read_is_said_at_once(
    app: App, driver: LabDriver, a: HostRef, note: str, made: str, reason: str
) -> None:
    driver.run_script("a", made)
    with pytest.raises(LabError, match=reason):
        app.fabric.look(a, note, "content", timeout=5)


def test_no_link_leads_out_of_the_host(app: App, driver: LabDriver, a: HostRef, note: str) -> None:
    driver.run_script(
        "a", f"mkdir {note}; ln -s ../../../../../../etc/hostname {note}/up; ln -s /etc/hostname {note}/abs"
    )
    own = app.fabric.look(a, "/etc/hostname", "content")[1]
    for link in ("up", "abs"):
        assert app.fabric.look(a, f"{note}/{link}", "content")[1] == own
    rows = json.loads(app.fabric.look(a, note, "tree")[1])
    assert {(row["path"], row["kind"]) for row in rows} == {("up", "symlink"), ("abs", "symlink")}


def test_what_is_the_images_own_is_known(app: App, driver: LabDriver, a: HostRef) -> None:
    paths = ["/usr/sbin/sshd", "/etc/motd", "/etc/absent", "/etc/hostname"]
    assert app.fabric.compare(a, paths)["/usr/sbin/sshd"] == "same"
    assert app.fabric.compare(a, paths)["/etc/absent"] == "missing"
    driver.run_script("a", "cp -a /usr/bin/less /root/less; printf x >>/usr/bin/less")
    try:
        assert app.fabric.compare(a, ["/usr/bin/less"]) == {"/usr/bin/less": "differs"}
        assert wait_until(lambda: changed_tools(app, a) == ("/usr/bin/less",), within=5)
    finally:
        driver.run_script("a", "cp -a /root/less /usr/bin/less; rm /root/less")
    assert app.fabric.compare(a, ["/usr/bin/less"]) == {"/usr/bin/less": "same"}, "the same content counts"
    assert wait_until(lambda: changed_tools(app, a) == (), within=5)


def changed_tools(app: App, host: HostRef) -> tuple[str, ...]:
    """Return what a command is told of; what was touched a moment ago may have been so while it ran."""
    return app.fabric.run(host, ("true",), vouched=True).changed


@pytest.mark.parametrize(
    ("made", "undone", "changed"),
    [
        ("ln -s /usr/bin/true /usr/local/bin/ss", "rm /usr/local/bin/ss", ("/usr/local/bin/ss",)),
        ("ln -sf true /usr/bin/sh", "ln -sf dash /usr/bin/sh", ("/usr/bin/sh",)),
        ("echo /x.so >/etc/ld.so.preload", "rm /etc/ld.so.preload", ("/etc/ld.so.preload",)),
        ("echo /opt >/etc/ld.so.conf.d/x.conf", "rm /etc/ld.so.conf.d/x.conf", ("/etc/ld.so.conf.d/x.conf",)),
        ("touch /usr/local/lib/libc.so.6", "rm /usr/local/lib/libc.so.6", ("/usr/local/lib/libc.so.6",)),
        ("touch /usr/local/bin/my-script", "rm /usr/local/bin/my-script", ()),
        ("touch /usr/share/doc/note", "rm /usr/share/doc/note", ()),
    ],
)
def test_tools_that_are_not_the_images_are_named(
    app: App, driver: LabDriver, a: HostRef, made: str, undone: str, changed: tuple[str, ...]
) -> None:
    driver.run_script("a", made)
    try:
        assert wait_until(lambda: changed_tools(app, a) == changed, within=5)
    finally:
        driver.run_script("a", undone)
    assert wait_until(lambda: changed_tools(app, a) == (), within=5)


def test_our_tools_see_the_hosts_network_and_names(app: App, driver: LabDriver, a: HostRef) -> None:
    shown = json.loads(app.fabric.tool(a, ("ip", "-json", "-4", "address", "show", "dev", "eth0")).stdout)
    assert shown[0]["addr_info"][0]["local"] == "10.77.1.10"
    assert app.fabric.tool(a, ("ping", "-c1", "-W2", "10.77.2.10")).status == 0
    assert app.fabric.tool(a, ("cat", "/etc/resolv.conf")).stdout == b"search pair.internal\nnameserver 10.77.1.1\n"
    driver.run_script("a", "cp -a /etc/hosts /root/hosts; echo 10.9.9.9 nowhere.test >>/etc/hosts")
    try:
        assert b"10.9.9.9" in app.fabric.tool(a, ("getent", "hosts", "nowhere.test")).stdout
    finally:
        driver.run_script("a", "mv /root/hosts /etc/hosts")
    rights = app.fabric.tool(a, ("sh", "-c", "id -u; cat /run/docker.sock; touch /etc/x; ls /proc/1/root"))
    assert rights.stdout.split() == [b"65534"]
    assert app.fabric.tool(a, ("no-such-tool",)).status == 127


def test_a_host_that_was_rebooted_is_seen_anew(app: App, driver: LabDriver, a: HostRef) -> None:
    before = app.fabric.processes(a)[0].started
    driver.reboot("a")

    def running() -> bool:
        return bool(app.fabric.unit(a, "ssh.service", ["Unit.ActiveState"]).properties["ActiveState"] == "active")

    assert wait_until(running, within=20)
    assert app.fabric.processes(a)[0].started != before


def test_a_host_that_does_not_run_is_unreachable(app: App, a: HostRef) -> None:
    with pytest.raises(LabError, match="cannot be reached"):
        app.fabric.look(HostRef(a.instance, "zz"), "/etc/passwd")
