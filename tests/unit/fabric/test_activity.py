"""What a passing look tells of a host: when somebody typed, and what was changed last, on folders of the tests' own."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.fabric.helper import activity, dockerd, inspector, layers
from orchestrator.fabric.helper.activity import Change, last_changed, last_typed
from orchestrator.fabric.helper.disks import HostRoot
from orchestrator.fabric.helper.dockerd import HostContainer
from orchestrator.fabric.helper.messages import Activity

if TYPE_CHECKING:
    from tests.unit.fabric.conftest import Modules

FOLDER = os.O_PATH | os.O_DIRECTORY


class Host:
    """A folder that holds what a host has written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._probe = folder.with_name("probe")

    def put(self, path: str) -> Path:
        """Write a file, later by the kernel's clock than all before."""
        self.tick()
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x")
        return place

    def tick(self) -> None:
        """Wait until the kernel's clock for files goes on."""
        self._probe.touch()
        before = self._probe.stat().st_ctime_ns
        while self._probe.stat().st_ctime_ns == before:
            self._probe.touch()

    def changed(self, within: float = 10) -> Change:
        fd = os.open(self.folder, FOLDER)
        try:
            return last_changed(fd, time.monotonic() + within)
        finally:
            os.close(fd)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    folder = tmp_path / "written"
    folder.mkdir()
    return Host(folder)


def test_the_file_that_was_changed_last_is_named(host: Host) -> None:
    assert host.changed() == Change(None, "", whole=True)
    first = host.put("etc/network/interfaces")
    host.put("etc/hosts")
    assert host.changed().path == "/etc/hosts"
    host.tick()
    first.chmod(0o600)
    found = host.changed()
    assert (found.at, found.path, found.whole) == (first.stat().st_ctime_ns / 1e9, "/etc/network/interfaces", True)
    os.utime(first, (0, 0))
    assert host.changed().at != 0, "a host cannot choose this time"


@pytest.mark.parametrize(
    "path",
    [
        "var/log/syslog", "var/lib/samba/private/sam.ldb", "run/x", "tmp/x", "var/spool/cron/x", "dev/console",
        "root/.bash_history", "home/lea/.viminfo", "home/lea/.cache/x/y", "home/lea/Maildir/new/1",
        "usr/lib/python3/__pycache__/os.cpython-313.pyc",
    ],
)  # fmt: skip
def test_what_changes_by_itself_is_nobody_s_work(host: Host, path: str) -> None:
    host.put("etc/hosts")
    host.put(path)
    assert host.changed().path == "/etc/hosts"


def test_a_removal_shows_as_its_folder(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "_EXPLAINED", 0)
    host.put("srv/index.html")
    gone = host.put("etc/hosts")
    host.put("etc/motd")
    host.tick()
    gone.unlink()
    assert host.changed().path == "/etc"
    host.put("srv/other.html")
    assert host.changed().path == "/srv/other.html", "the folder changed along with it"


def test_a_file_of_the_image_that_is_removed_shows_as_its_folder(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """All whiteouts of an overlay may be one inode, whose date is that of the last removal."""
    monkeypatch.setattr(activity, "_EXPLAINED", 0)
    host.put("etc/motd")
    host.tick()
    os.mknod(host.folder / "etc/hosts", stat.S_IFCHR, 0)
    assert host.changed().path != "/etc/hosts"


def test_a_folder_without_end_is_left_and_says_so(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        (host.folder / str(number)).touch()
    monkeypatch.setattr(activity, "_MOST", 8)
    assert host.changed().whole
    (host.folder / "one more").touch()
    found = host.changed()
    assert (found.whole, found.late, found.at is not None) == (False, False, True)
    assert host.changed(within=-1) == Change(None, "", whole=False, late=True)


def test_a_long_path_is_passed_on_by_its_end(host: Host) -> None:
    path = "/".join(["d" * 100] * 8) + "/name"
    host.put(path)
    found = host.changed().path
    assert (len(found), found.endswith("d/name")) == (512, True)


def test_a_name_that_is_no_text_is_passed_on(host: Host) -> None:
    name = b"\xff\x1b]0;x\x07\n"
    Path(os.fsdecode(os.fsencode(host.folder) + b"/" + name)).touch()
    assert json.loads(json.dumps(host.changed().path)) == "/" + os.fsdecode(name)


# Terminals ------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal() -> Iterator[Path]:
    """A terminal of this machine's."""
    master, slave = os.openpty()
    yield Path(os.ttyname(slave))
    os.close(master)
    os.close(slave)


def test_the_terminal_at_which_somebody_typed_last_counts(terminal: Path) -> None:
    root = os.open("/", FOLDER)
    try:
        found = last_typed(root)
    finally:
        os.close(root)
    assert found is not None
    assert terminal.stat().st_atime <= found <= time.time(), "others may be open on this machine"


def test_what_a_terminal_says_of_the_future_is_nothing(terminal: Path) -> None:
    folder = os.open(terminal.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.utime(terminal, (1000, 1000))
        assert activity._read_from(terminal.name, folder) == 1000
        later = time.time() + 86400
        os.utime(terminal, (later, later))
        assert activity._read_from(terminal.name, folder) is None
        assert activity._read_from("ptmx", folder) is None, "it is no terminal of anybody's"
        assert activity._read_from("absent", folder) is None
    finally:
        os.close(folder)


def test_a_folder_that_looks_like_that_of_the_terminals_is_none(tmp_path: Path) -> None:
    for made in (False, True):
        if made:
            (tmp_path / "dev/pts").mkdir(parents=True)
            (tmp_path / "dev/pts/0").touch()
        root = os.open(tmp_path, FOLDER)
        try:
            assert last_typed(root) is None
        finally:
            os.close(root)


# What a host has written ----------------------------------------------------------------------------------


def test_a_host_with_a_disk_writes_to_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.fabric.helper.disks.root_of", lambda _container: HostRoot(7, []))
    monkeypatch.setattr("orchestrator.fabric.helper.disks.written", lambda container, loop: len(container) + loop)
    assert layers.written_by(1, "abc") == 10


@pytest.mark.parametrize("upper", ["", "relative", "/absent"])
def test_a_root_without_a_writable_layer_tells_nothing(monkeypatch: pytest.MonkeyPatch, upper: str) -> None:
    monkeypatch.setattr(layers, "_overlay_options", lambda _pid: [("lowerdir", "/x"), ("upperdir", upper)])
    monkeypatch.setattr(layers, "_machine_root", lambda _pid: os.open("/", FOLDER))
    assert layers.written_by(1, "no disk") is None


def test_a_host_without_a_disk_writes_to_docker_s_layer(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "_overlay_options", lambda _pid: [("upperdir", str(host.folder))])
    monkeypatch.setattr(layers, "_machine_root", lambda _pid: os.open("/", FOLDER))
    fd = layers.written_by(1, "no disk")
    assert fd is not None
    assert os.fstat(fd).st_ino == host.folder.stat().st_ino
    os.close(fd)


# The message ----------------------------------------------------------------------------------------------


class Asked:
    """An access connection that is asked, over hosts whose first processes are the test's."""

    def __init__(self, access: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - a module
        self.running: dict[tuple[str, str], HostContainer] = {}
        self.listed: list[set[tuple[str, str]]] = []
        self.access = access.Access()

        def find_all(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], HostContainer]:
            self.listed.append(set(wanted))
            return {name: one for name, one in self.running.items() if name in wanted}

        monkeypatch.setattr(dockerd, "find_all", find_all)
        monkeypatch.setattr(dockerd, "find", lambda *name: self.running.get(name))

    def run(self, instance: str, host: str, pid: int) -> None:
        self.running[instance, host] = HostContainer(f"{instance}-{host}", instance, host, pid, {})

    def ask(self, hosts: Mapping[str, list[str]]) -> Any:  # noqa: ANN401 - what JSON gives
        _, rows, _ = self.access._carry_out(Activity(dict(hosts), 5.0), b"", -1)
        return json.loads(rows)

    def close(self) -> None:
        for outside in self.access._outsides.values():
            outside.close()
        os.close(self.access._own_network)


@pytest.fixture
def asked(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    made = Asked(sys.modules[f"{modules.server.__package__}.access"], monkeypatch)
    yield made
    made.close()


@pytest.fixture
def process() -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts processes that do nothing."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(["sleep", "1000"]))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


def test_hosts_of_many_labs_are_seen_in_one_message(
    asked: Asked, host: Host, process: Callable[[], subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    host.put("etc/hosts")
    monkeypatch.setattr(inspector, "written_by", lambda *_: os.open(host.folder, FOLDER))
    monkeypatch.setattr(activity, "last_typed", lambda _root: 12.5)
    first = process()
    asked.run("lab-1", "pc1", first.pid)
    asked.run("lab-2", "pc1", process().pid)
    found = asked.ask({"lab-1": ["pc1", "srv1"], "lab-2": ["pc1"], "lab-3": []})
    row = {"runs": True, "booted": False, "typed": 12.5, "changed": host.changed().at, "path": "/etc/hosts"}
    assert found == {
        "lab-1": {"pc1": {**row, "whole": True, "late": False}, "srv1": {"runs": False}},
        "lab-2": {"pc1": {**row, "whole": True, "late": False}},
        "lab-3": {},
    }
    assert asked.ask({"lab-2": ["pc1"]})["lab-2"]["pc1"]["runs"]
    assert asked.listed == [{("lab-1", "pc1"), ("lab-1", "srv1"), ("lab-2", "pc1")}, set()], "who is known is not asked"
    first.kill()
    first.wait()
    asked.running.clear()
    assert asked.ask({"lab-1": ["pc1"]}) == {"lab-1": {"pc1": {"runs": False}}}


def test_trouble_with_a_host_is_in_its_own_row(
    asked: Asked, process: Callable[[], subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = {name: process().pid for name in ("pc1", "pc2", "pc3")}
    for name, pid in pids.items():
        asked.run("lab-1", name, pid)

    def written_by(pid: int, _container: str) -> int | None:
        if pid == pids["pc2"]:
            raise OSError(5, "Input/output error")
        return None

    monkeypatch.setattr(inspector, "written_by", written_by)
    asked.run("lab-1", "pc4", 1 << 22)  # no process has this number
    rows = asked.ask({"lab-1": ["pc1", "pc2", "pc4"]})["lab-1"]
    assert "cannot be told" in rows["pc1"]["trouble"]
    assert "Input/output error" in rows["pc2"]["trouble"]
    assert rows["pc4"] == {"runs": False}
