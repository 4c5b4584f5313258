"""Names that a host's root gives to programs and files hide nothing of its processes: real ones run here."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.fabric.helper import forwarding, kernel, network_state, processes, sockets
from orchestrator.fabric.helper.dockerd import HostContainer
from orchestrator.fabric.helper.inspector import Outside
from orchestrator.fabric.helper.layers import Layers
from orchestrator.fabric.helper.messages import HelperError
from orchestrator.fabric.helper.processes import Table

FOLDER = os.O_PATH | os.O_DIRECTORY
ENDS = ("\v", "\f", "\r", "\x1c", "\x1d", "\x1e", "\x85", "\u2028")
"""Characters at which Python ends a line, and the kernel none."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="looks into other namespaces, as the helper does")


@dataclass(frozen=True)
class Host:
    """A Python program that is the first process of namespaces of its own.

    Attributes:
        pid: its number for us; for itself it is 1.
        said: what it printed.
        table: the processes that it sees.
    """

    pid: int
    said: str
    table: Table


Started = Callable[..., Host]


def soon() -> float:
    return time.monotonic() + 10


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Start a host, with words as its arguments."""
    proc = tmp_path / "root/proc"
    proc.mkdir(parents=True)
    space = ("unshare", "--pid", "--net", "--fork", "--kill-child", f"--mount-proc={proc}")
    code = "print(flush=True)\nimport os\nprint(os.readlink('/proc/self'), flush=True)\ninput()"

    def start(what: str, *words: str) -> Host:
        argv = [*space, sys.executable, "-c", f"{what}\n{code}", *words]
        process = done.enter_context(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        done.callback(process.kill)
        assert process.stdout is not None
        said, pid = process.stdout.readline().strip(), int(process.stdout.readline())
        root = os.open(f"/proc/{pid}/root{proc.parent}", FOLDER)
        done.callback(os.close, root)
        return Host(pid, said, done.enter_context(Table(root, pid)))

    with ExitStack() as done:
        yield start


MAPPING = """import mmap, sys
kept = []
for path in sys.argv[1:]:
    file = open(path, "rb")
    kept.append(mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC))
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a file that the image has as well."""
    path = tmp_path / "named"
    image = tmp_path / "image" / str(path)[1:]
    image.parent.mkdir(parents=True)
    for each in (path, image):
        each.write_text("image")
    return path


@pytest.fixture
def layers(tmp_path: Path) -> Iterator[Layers]:
    (tmp_path / "upper").mkdir()
    (tmp_path / "image").mkdir(exist_ok=True)
    opened = Layers(os.open(tmp_path / "upper", FOLDER), [os.open(tmp_path / "image", FOLDER)])
    yield opened
    opened.close()


@pytest.mark.parametrize("end", ENDS)
def test_code_of_a_file_with_an_end_of_line_in_its_name_is_not_another_files(
    started: Started, tmp_path: Path, own: Path, layers: Layers, end: str
) -> None:
    other = tmp_path / f"named{end}x"
    other.write_text("evil!")
    foreign = started(MAPPING, str(own), str(other)).table.foreign(1, layers, soon())
    assert str(other) in foreign
    assert str(own) not in foreign


ALTERING = """
start = next(line.split("-")[0] for line in open("/proc/self/maps") if line.rstrip().endswith(sys.argv[1]))
with open("/proc/self/mem", "r+b", buffering=0) as memory:
    memory.seek(int(start, 16))
    memory.write(b"i")
"""


def test_code_that_was_written_into_a_process_is_not_its_images(started: Started, own: Path, layers: Layers) -> None:
    """Even where it is what was there before: the kernel tells that it was written, not what."""
    foreign = started(MAPPING + ALTERING, str(own)).table.foreign(1, layers, soon())
    assert f"{own}, altered in memory" in foreign
    assert own.read_text() == "image"


@pytest.mark.parametrize(
    ("sort", "told"), [("PRIVATE", "memory of no file"), ("SHARED", "/dev/zero (deleted)")], ids=["own", "shared"]
)
def test_code_in_memory_of_no_file_is_not_its_images(started: Started, layers: Layers, sort: str, told: str) -> None:
    made = f"import mmap; kept = mmap.mmap(-1, 4096, mmap.MAP_{sort} | mmap.MAP_ANONYMOUS, %s)"
    writing, running = "mmap.PROT_READ | mmap.PROT_WRITE", "mmap.PROT_READ | mmap.PROT_EXEC"
    assert told not in started(made % writing).table.foreign(1, layers, soon())
    assert told in started(made % running).table.foreign(1, layers, soon())


def test_a_program_that_makes_code_of_its_own_is_its_images(
    started: Started, own: Path, layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What such a program's files hold may be written to no more than another's."""
    made = "\nkept.append(mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_EXEC))"
    host = started(MAPPING + ALTERING + made, str(own))
    altered = f"{own}, altered in memory"
    assert {"memory of no file", altered} <= set(host.table.foreign(1, layers, soon()))
    row = host.table.row(1)
    assert row is not None
    monkeypatch.setattr(processes, "_OWN_CODE", re.compile(re.escape(row["executable"])))
    foreign = host.table.foreign(1, layers, soon())
    assert altered in foreign
    assert "memory of no file" not in foreign


STACK = "7ffe-7fff rw-p 00000000 00:00 0    [stack]\nAnonymous: 8 kB\nSwap: 0 kB\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda smaps: smaps.replace("Anonymous:", "Anon:"), "list of its mappings is unknown"),
        (lambda _smaps: STACK, "no code in it was found"),
    ],
    ids=["written otherwise", "no code"],
)
def test_memory_in_which_no_code_was_found_is_an_error_of_the_look(
    started: Started, layers: Layers, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str], told: str
) -> None:
    table = started("").table
    as_it_is = table._mappings(1)
    assert table.foreign(1, layers, soon()), "this Python is no file of the image"
    monkeypatch.setattr(table, "_mappings", lambda _pid: change(as_it_is))
    for look in (table.foreign, table.identity):
        with pytest.raises(HelperError, match=told):
            look(1, layers, time.monotonic())


def test_a_process_in_the_midst_of_execve_is_looked_at_again(
    started: Started, layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = started("").table
    as_it_is = table._mappings(1)
    texts = iter([STACK, STACK, as_it_is])
    monkeypatch.setattr(table, "_mappings", lambda _pid: next(texts))
    assert table.foreign(1, layers, soon())


HIDING = """import ctypes, os, socket, threading
held, _other = socket.socketpair()
ready = threading.Event()
def hide():
    assert ctypes.CDLL(None).unshare(0x400) == 0  # CLONE_FILES
    ready.set()
    threading.Event().wait()
threading.Thread(target=hide, daemon=True).start()
ready.wait()
print(os.fstat(held.fileno()).st_ino, end="")
held.close()
"""


def test_a_socket_that_only_a_thread_holds_is_its_processs(started: Started) -> None:
    host = started(HIDING)
    inode = int(host.said)
    assert (1, inode) in set(host.table.sockets(soon()))
    assert host.table.holders({inode, 1}, soon()) == {inode: {1}, 1: set()}


EXECUTING = """import os, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: os.execv(sys.executable, [sys.executable, "-c", "input()", "again"]))
"""


def test_execve_changes_where_a_program_is_and_nothing_else_does(started: Started) -> None:
    """A process keeps its number, its start and, where the program is the same, its executable."""
    host = started(EXECUTING)
    before, later = host.table.row(1), host.table.row(1)
    assert before is not None
    assert later is not None
    assert before["image_start"] == later["image_start"] != ""
    os.kill(host.pid, signal.SIGUSR1)
    deadline = soon()
    # In the midst of it there are no arguments yet: nothing is told of where the program is.
    while (seen := host.table.row(1)) is None or not seen["args"].endswith(" again"):
        assert time.monotonic() < deadline
    after = host.table.row(1)
    assert after is not None
    kept = ("pid", "started", "executable", "comm")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert after["image_start"] not in {"", before["image_start"]}


def test_a_program_that_is_always_in_the_same_place_is_told_from_none(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = "import ctypes; ctypes.CDLL(None).personality(0x0040000)"
    row = started(fixed).table.row(1)
    assert row is not None
    assert row["image_start"] == ""
    monkeypatch.setattr(processes, "_draws_addresses", lambda: False)
    row = started("").table.row(1)
    assert row is not None
    assert row["image_start"] == ""


def test_what_the_kernel_does_not_tell_is_told_from_none(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    table = started("").table
    stat = table._read("1/stat", 4096).rpartition(") ")[2].split()
    assert table._image_start(1, stat)
    for place in (processes._START_CODE, processes._START_STACK, processes._ARG_START):
        assert table._image_start(1, [*stat[:place], "0", *stat[place + 1 :]]) == ""
    read = table._read

    def refuses(name: str, limit: int) -> str:
        if name.endswith("/personality"):
            raise PermissionError(1, "no tracing here")
        return read(name, limit)

    monkeypatch.setattr(table, "_read", refuses)
    row = table.row(1)
    assert row is not None, "it is there all the same"
    assert row["image_start"] == ""


NAMED = "import sys; open('/proc/self/comm', 'wb').write(sys.argv[1].encode())"


@pytest.mark.parametrize("end", ENDS)
def test_a_name_adds_no_line_to_what_is_told_of_a_process(started: Started, end: str) -> None:
    row = started(NAMED, f"x{end}Uid:\t7").table.row(1)
    assert row is not None
    assert (row["comm"], row["uid"]) == (f"x{end}Uid:\t7", os.getuid())


def test_a_name_gives_no_right(started: Started) -> None:
    """By what a host's first process may have, commands in the host are limited."""
    plain = kernel.bounding_set(started(NAMED, "plain").pid)
    assert kernel.bounding_set(started(NAMED, "\rCapBnd: 7").pid) == plain


def test_lines_end_at_line_feeds_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a" + "".join(ENDS).encode() + b"b\n\xff\n\n")
    assert kernel.lines_of(str(tmp_path / "file")) == [f"a{''.join(ENDS)}b", "\udcff", ""]
    (tmp_path / "file").write_bytes(b"")
    assert kernel.lines_of(str(tmp_path / "file")) == []


OF_ITS_OWN = """import os
from orchestrator.fabric.helper import rtnetlink
open("/proc/sys/net/ipv4/conf/lo/proxy_arp", "w").write("1")
rtnetlink.bring_up(1)
rtnetlink.add_address(1, "198.18.0.9/24")
"""


def test_what_decides_where_packets_go_is_the_hosts(started: Started) -> None:
    outside = Outside(HostContainer("c", "demo", "pc1", started(OF_ITS_OWN).pid, {}))
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        near = outside.addressing(own, soon())
        far = outside.forwarding_state(own, soon(), lambda _pidfd, _deadline: [])
        with pytest.raises(TimeoutError):
            outside.addressing(own, time.monotonic() - 1)
        assert Path("/proc/self/ns/net").stat().st_ino == os.fstat(own).st_ino
    finally:
        os.close(own)
        outside.close()
    assert near["for_others"] == {"/proc/sys/net/ipv4/conf/lo/proxy_arp": "1"}
    assert "198.18.0.9" in near["own"]
    assert near["neighbours"].startswith("IP address")
    assert {"dst": "198.18.0.0/24", "table": "255", "dev": "lo"} in far["routes"]
    assert {"dst": "198.18.0.9/32", "table": "255", "dev": "lo"} in far["routes"]
    assert far["queues"] == [{"kind": "noqueue", "dev": "lo"}]
    assert far["rules"] == []
    assert far["old_tables"] == []
    assert Path("/proc/sys/net/ipv4/conf/lo/proxy_arp").read_text() == "0\n"


LISTENING = """import socket
from orchestrator.fabric.helper import rtnetlink
rtnetlink.bring_up(1)
rtnetlink.add_address(1, "198.18.0.9/24")
listening = socket.create_server(("198.18.0.9", 80))
"""


def test_the_network_as_it_runs_is_the_hosts(started: Started) -> None:
    host = started(LISTENING)
    outside = Outside(HostContainer("c", "demo", "pc1", host.pid, {}))
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        rows = forwarding.network_rows(host.pid, outside.pidfd, own, soon(), list, network_state.SETTINGS)
        listed = sockets.listed(host.pid, outside.pidfd, own, soon(), connected=False, unix=False)
        assert Path("/proc/self/ns/net").stat().st_ino == os.fstat(own).st_ino
    finally:
        os.close(own)
        outside.close()
    found = network_state.network_objects(rows, routed=False)
    assert found["address lo 198.18.0.9/24"] == {"there": "yes"}
    assert found["link lo"] == {"up": "yes", "mtu": "65536", "mac": "00:00:00:00:00:00"}
    assert found["queue lo"] == {"kind": "noqueue"}
    assert found["rule inet 32766: table main"] == {"there": "yes"}
    assert found["sysctl net.ipv4.ip_forward"]["value"] in {"0", "1"}
    assert not [name for name in found if name.startswith("route 198.18.0.9/32")]
    holders = host.table.holders({row["inode"] for row in listed}, soon())
    listeners = network_state.socket_objects(network_state.listeners(listed), holders, host.table.executable)
    assert listeners == {"tcp 198.18.0.9:80": {"program": os.path.realpath(sys.executable)}}
