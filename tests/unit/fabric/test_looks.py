"""Looks from outside, on folders, layers and a D-Bus peer of the tests' own: no container is needed."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.fabric.helper import kernel, layers, root_files
from orchestrator.fabric.helper.bounded_walk import walk
from orchestrator.fabric.helper.dbus import BusConnection, DBusError, MethodCall, Reader, complete_types, encode
from orchestrator.fabric.helper.layers import Layers
from orchestrator.fabric.helper.messages import MAX_OUTPUT, HelperError, Look, Looks

FOLDER = os.O_PATH | os.O_DIRECTORY


def soon() -> float:
    return time.monotonic() + 10


def look(root: int, path: str, want: str = "status", *, follow: bool = True) -> tuple[dict[str, object], bytes]:
    return root_files.look(root, Look("demo", "pc1", path, want, follow=follow, timeout=5), soon())


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder that is a host's root; a secret lies beside it."""
    (tmp_path / "secret").write_text("the machine's")
    root = tmp_path / "root"
    (root / "etc/dir").mkdir(parents=True)
    (root / "etc/passwd").write_bytes(b"root:x:0:0\n")
    return root


@pytest.fixture
def root(top: Path) -> Iterator[int]:
    fd = os.open(top, FOLDER)
    yield fd
    os.close(fd)


def test_a_file_is_read_with_its_status(root: int) -> None:
    state, data = look(root, "/etc/passwd", "content")
    assert (state["kind"], state["size"], data) == ("file", 11, b"root:x:0:0\n")
    digest = hashlib.sha256(b"root:x:0:0\n").hexdigest()
    assert look(root, "/etc/passwd", "sha256")[1].decode() == digest
    assert look(root, "/etc/absent")[0] == {"exists": False}
    assert look(root, "/etc/passwd/below")[0] == {"exists": False}


@pytest.mark.parametrize("target", ["../secret", "../../secret", "/../secret"])
def test_no_link_leads_out_of_the_root(top: Path, root: int, target: str) -> None:
    (top / "link").symlink_to(target)
    assert look(root, "/link", "content")[0] == {"exists": False}
    assert look(root, "/../secret")[0] == {"exists": False}
    assert look(root, "/link", follow=False)[0]["target"] == target


def test_a_folder_without_end_is_left(top: Path, root: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (top / f"etc/dir/{number}").touch()
    assert len(json.loads(look(root, "/etc/dir", "entries")[1])) == 20
    assert len(json.loads(look(root, "/etc", "tree")[1])) == 22
    monkeypatch.setattr(root_files, "_MAX_ENTRIES", 19)
    for want in ("entries", "tree"):
        with pytest.raises(HelperError, match="more than 19 entries"):
            look(root, "/etc/dir", want)
    assert json.loads(look(root, "/etc", "entries")[1]) == ["dir", "passwd"]


def test_the_time_of_a_walk_is_bounded(top: Path, root: int) -> None:
    (top / "etc/dir/file").touch()
    with pytest.raises(HelperError, match="too much to look at"):
        root_files.look(root, Look("demo", "pc1", "/etc", "tree", follow=True, timeout=5), time.monotonic() - 1)


def test_a_walk_follows_no_link_and_leaves_what_nobody_asks_for(top: Path) -> None:
    (top / "etc/dir/file").touch()
    (top / "etc/link").symlink_to("dir")
    (top / "etc/out").symlink_to("../..")
    fd = os.open(top / "etc", FOLDER)
    try:
        assert {path for path, _ in walk(fd, soon())} == {"dir", "dir/file", "link", "out", "passwd"}
        found = {path for path, _ in walk(fd, soon(), leaving=lambda path: path == "dir")}
        assert found == {"dir", "link", "out", "passwd"}
    finally:
        os.close(fd)


def test_a_folder_deeper_than_a_path_may_be_is_an_error(top: Path, root: int) -> None:
    fd = os.open(top / "etc", FOLDER)
    name = "d" * 200
    for _ in range(30):
        os.mkdir(name, dir_fd=fd)
        below = os.open(name, FOLDER, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    with pytest.raises(HelperError, match="File name too long"):
        look(root, "/etc", "tree")


@pytest.mark.slow
def test_a_path_that_goes_up_is_opened_while_others_rename(top: Path, root: int) -> None:
    (top / "etc/up").symlink_to("..")
    (top / "a").touch()
    endless = "import os, sys\nwhile True: os.rename('a', 'b'); os.rename('b', 'a')"
    with subprocess.Popen([sys.executable, "-c", endless], cwd=top) as renaming:
        try:
            found = [look(root, "/etc/up/etc/up/etc/passwd")[0]["exists"] for _ in range(5000)]
        finally:
            renaming.kill()
    assert all(found)


def test_a_magic_link_is_refused() -> None:
    proc = os.open("/proc", FOLDER)
    try:
        with pytest.raises(HelperError, match="levels of symbolic links"):
            look(proc, "/self/root/etc/passwd", "content")
    finally:
        os.close(proc)


def test_what_blocks_or_does_not_end_is_refused(top: Path, root: int) -> None:
    os.mkfifo(top / "fifo")
    with (top / "huge").open("wb") as huge:
        huge.truncate(MAX_OUTPUT + 1)
    (top / "loop").symlink_to("loop")
    for name, reason in (
        ("fifo", "a fifo"),
        ("huge", "too large"),
        ("etc", "a directory"),
        ("loop", "Too many levels"),
    ):
        with pytest.raises(HelperError, match=reason):
            look(root, f"/{name}", "content")
    with pytest.raises(HelperError, match="not a folder"):
        look(root, "/etc/passwd", "entries")


def test_a_folder_is_listed_and_its_links_are_not_walked(top: Path, root: int) -> None:
    (top / "etc/up").symlink_to("..")
    assert json.loads(look(root, "/etc", "entries")[1]) == ["dir", "passwd", "up"]
    rows = json.loads(look(root, "/etc", "tree")[1])
    assert {(row["path"], row["kind"]) for row in rows} == {
        ("dir", "directory"), ("passwd", "file"), ("up", "symlink")
    }  # fmt: skip


def test_several_paths_are_looked_at_at_once(top: Path, root: int) -> None:
    (top / "etc/dir/open").write_text("")
    (top / "etc/dir/open").chmod(0o666)
    (top / "etc/dir/link").symlink_to("open")
    (top / "etc/dir/closed").write_text("")

    def looks(want: str) -> list[tuple[dict[str, object], list[object]]]:
        asked = ["/etc/dir", "/etc/passwd", "/etc/absent"]
        return root_files.looks(root, Looks("demo", "pc1", asked, want, timeout=5), soon())

    assert [state.get("kind") for state, _ in looks("status")] == ["directory", "file", None]
    assert [below for _, below in looks("status")] == [[], [], []]
    assert [below for _, below in looks("entries")] == [["closed", "link", "open"], [], []]
    (found,), *others = (below for _, below in looks("rights"))
    assert isinstance(found, dict)
    assert (found["path"], found["mode"], others) == ("open", 0o666, [[], []])


def test_programs_with_rights_of_their_own_are_told(top: Path, root: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root_files, "extra_rights", lambda _fd: {"capabilities": "cap_setuid=ep", "acl": "user:7:r--"})
    for name, mode in (("as-root", 0o4700), ("program", 0o755), ("document", 0o644)):
        (top / f"etc/dir/{name}").touch(mode)
        (top / f"etc/dir/{name}").chmod(mode)
    (top / "etc/dir/team").mkdir()
    (top / "etc/dir/team").chmod(0o2775)
    asked = Looks("demo", "pc1", ["/etc/dir", "/etc/dir/program", "/etc/absent"], "rights", timeout=5)
    (_, below), (program, _), (absent, _) = root_files.looks(root, asked, soon())
    assert {(row["path"], row["capabilities"]) for row in below} == {
        ("as-root", "cap_setuid=ep"), ("program", "cap_setuid=ep"),
    }  # fmt: skip
    assert (program["capabilities"], absent["exists"]) == ("cap_setuid=ep", False)
    monkeypatch.setattr(root_files, "extra_rights", lambda _fd: {})
    assert [row["path"] for row in root_files.looks(root, asked, soon())[0][1]] == ["as-root"]


def test_a_folder_that_looks_like_proc_is_none(root: int) -> None:
    proc = os.open("/proc", FOLDER)
    try:
        assert (kernel.is_proc(proc), kernel.is_proc(root)) == (True, False)
    finally:
        os.close(proc)


class Stack:
    """Layers that the test writes: ``upper`` over ``image`` over ``base``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("upper", "image", "base"):
            (folder / name).mkdir()
        self.layers = Layers(*self.opened())
        self.disks: list[int] = []
        """Every file descriptor of ``disk`` that was opened."""

    def on_disk(self) -> Layers:
        """Return the layers of a host with a disk: ``disk`` over ``upper``."""
        (self.folder / "disk").mkdir(exist_ok=True)

        def disk() -> int:
            self.disks.append(os.open(self.folder / "disk", FOLDER))
            return self.disks[-1]

        self.layers.close()
        self.layers = Layers(*self.opened(), disk)
        return self.layers

    def opened(self) -> tuple[int, list[int]]:
        upper, image, base = (os.open(self.folder / name, FOLDER) for name in ("upper", "image", "base"))
        return upper, [image, base]

    def put(self, layer: str, path: str, text: str = "", *, link: str = "") -> Path:
        place = self.folder / layer / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if link:
            place.symlink_to(link)
        else:
            place.write_text(text)
        return place

    def compared(self, seen: Path, path: str) -> str:
        fd = os.open(seen, os.O_PATH)
        try:
            return self.layers.compare(fd, path, soon())
        finally:
            os.close(fd)

    def changed(self) -> set[str]:
        return set(self.layers.changed_tools(soon()))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path)
    yield made
    made.layers.close()


def test_a_file_is_the_images_by_itself_or_by_its_content(stack: Stack) -> None:
    own = stack.put("base", "usr/bin/ss", "ss")
    assert stack.compared(own, "/usr/bin/ss") == "same"
    assert stack.compared(stack.put("upper", "usr/bin/ss", "ss"), "/usr/bin/ss") == "same"
    assert stack.compared(stack.put("upper", "usr/bin/ss", "xx"), "/usr/bin/ss") == "differs"
    assert stack.compared(stack.put("upper", "opt/x", "x"), "/opt/x") == "new"


def test_what_a_host_wrote_to_its_disk_counts_and_the_disk_is_let_go(stack: Stack) -> None:
    stack.put("base", "usr/bin/ss", "image")
    stack.put("upper", "usr/local/bin/ss", "placed before the start")
    layers = stack.on_disk()
    assert stack.changed() == {"/usr/local/bin/ss"}
    stack.put("disk", "usr/bin/ss", "IMAGE")
    assert stack.changed() == {"/usr/local/bin/ss", "/usr/bin/ss"}
    stack.put("disk", "usr/local/bin/ss", "image")
    stack.put("disk", "usr/bin/ss", "image")
    assert stack.changed() == {"/usr/local/bin/ss"}
    assert len(stack.disks) == 1, "one question, one look"
    layers.release()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(stack.disks[0])
    assert stack.changed() == {"/usr/local/bin/ss"}
    assert len(stack.disks) == 2


def test_a_disk_that_is_gone_says_nothing_of_its_host(stack: Stack) -> None:
    gone = Layers(*stack.opened(), lambda: None)
    try:
        with pytest.raises(HelperError, match="disk"):
            gone.changed_tools(soon())
    finally:
        gone.close()


def test_the_topmost_layer_of_the_image_counts(stack: Stack) -> None:
    stack.put("base", "usr/bin/ss", "old")
    stack.put("image", "usr/bin/ss", "new")
    assert stack.compared(stack.put("upper", "usr/bin/ss", "old"), "/usr/bin/ss") == "differs"


def test_a_renamed_program_of_the_image_is_not_the_one_that_was_there(stack: Stack) -> None:
    stack.put("base", "usr/bin/nginx", "nginx")
    assert stack.compared(stack.put("base", "usr/bin/perl", "perl!"), "/usr/bin/nginx") == "differs"


def test_tools_that_were_changed_are_named(stack: Stack) -> None:
    for path in ("usr/bin/ss", "usr/bin/dash", "usr/bin/psql", "usr/lib/x86_64-linux-gnu/libc.so.6"):
        stack.put("base", path, "image")
    stack.put("base", "usr/bin/sh", link="dash")
    stack.put("base", "etc/alternatives/editor", link="/usr/bin/nano")
    stack.put("base", "etc/alternatives/nc", link="/usr/bin/nc.openbsd")
    assert stack.changed() == set()
    stack.put("upper", "usr/bin/ss", "image")
    stack.put("upper", "usr/local/bin/my-script", "mine")
    stack.put("upper", "usr/share/doc/note", "mine")
    stack.put("upper", "etc/alternatives/editor", link="/usr/bin/vim")
    stack.put("upper", "var/www/index.html", "mine")
    assert stack.changed() == set(), "what is the image's, new or of taste misleads nobody"
    stack.put("upper", "usr/bin/dash", "other")
    stack.put("upper", "usr/bin/sh", link="true")
    stack.put("upper", "usr/local/bin/psql", "other")
    stack.put("upper", "etc/alternatives/nc", link="/bin/true")
    stack.put("upper", "etc/ld.so.preload", "/x.so")
    stack.put("upper", "usr/local/lib/libc.so.6", "other")
    stack.put("upper", "usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libc.so.6", "other")
    assert stack.changed() == {
        "/usr/bin/dash", "/usr/bin/sh", "/usr/local/bin/psql", "/etc/alternatives/nc", "/etc/ld.so.preload",
        "/usr/local/lib/libc.so.6", "/usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libc.so.6",
    }  # fmt: skip


def test_a_folder_of_commands_that_became_a_link_is_named(stack: Stack) -> None:
    stack.put("base", "usr/sbin/nginx", "image")
    stack.put("upper", "usr/sbin", link="/opt/evil")
    assert stack.changed() == {"/usr/sbin"}


def test_what_the_images_programs_would_load_is_named_though_it_is_new(stack: Stack) -> None:
    stack.put("base", "etc/ld.so.cache", "image")
    stack.put("upper", "opt/tool/x.so", "mine")
    stack.put("upper", "usr/local/lib/backup/rotate.py", "mine")
    stack.put("upper", "usr/lib/python3/dist-packages/sssd/__pycache__/request.cpython-313.pyc", "mine")
    assert stack.changed() == set(), "no program of the image loads these"
    stack.put("upper", "etc/ld.so.cache", "other")
    misleading = (
        "etc/perl/strict.pm",
        "etc/postgresql-common/user_clusters",
        "etc/pam.d/runuser",
        "etc/ssl/openssl.cnf",
        "etc/python3.13/sitecustomize.py",
        "usr/lib/x86_64-linux-gnu/libnss_evil.so.2",
        "usr/lib/x86_64-linux-gnu/sasl2/evil.so",
        "usr/local/lib/python3.13/dist-packages/evil.pth",
        "usr/local/share/perl/5.40.1/DBI.pm",
        "usr/local/lib/site_perl/DBI.pm",
    )
    for path in misleading:
        stack.put("upper", path, "mine")
    assert set(stack.layers.changed_tools(soon())[:1]) <= {f"/{path}" for path in (*misleading, "etc/ld.so.cache")}
    found = set()
    while changed := stack.changed():  # ten at most are named at once
        found |= changed
        for path in changed:
            (stack.folder / "upper" / path[1:]).unlink()
    assert found == {"/etc/ld.so.cache", *(f"/{path}" for path in misleading)}


def test_a_folder_of_modules_that_is_elsewhere_is_named(stack: Stack) -> None:
    stack.put("upper", "usr/share/doc/elsewhere", link="/root")
    assert stack.changed() == set()
    linked = ("usr/local/share/perl/5.40.1", "usr/local/lib/python3.13", "usr/lib/python3/dist-packages/evil")
    for path in linked:
        stack.put("upper", path, link="/root/modules")
    assert stack.changed() == {f"/{path}" for path in linked}


@pytest.mark.parametrize(
    "path",
    [
        "usr/pyvenv.cfg", "usr/bin/pyvenv.cfg", "usr/local/app/pyvenv.cfg", "usr/bin/pybuilddir.txt",
        "usr/bin/python3._pth", "usr/bin/Modules/Setup.local", "usr/bin/lib/python3.13/os.py", "usr/lib/python313.zip",
        "etc/default/runuser", "etc/login.defs",
    ],
)  # fmt: skip
def test_what_leads_python_or_runuser_elsewhere_is_named(stack: Stack, path: str) -> None:
    stack.put("base", "etc/login.defs", "ENV_PATH PATH=/usr/bin\n")
    stack.put("upper", path, "home = /opt/python/bin\n")
    assert stack.changed() == {f"/{path}"}


def test_a_folder_of_libraries_beside_python_is_named_as_a_link(stack: Stack) -> None:
    stack.put("upper", "usr/bin/lib", link="/opt/python")
    assert stack.changed() == {"/usr/bin/lib"}


def next_tick(folder: Path) -> int:
    """Wait until the kernel's clock for files goes on, and return its time."""
    probe = folder / "probe"
    probe.touch()
    before = probe.stat().st_ctime_ns
    while (now := probe.stat().st_ctime_ns) == before:
        probe.touch()
    return now


def test_tools_that_were_put_back_meanwhile_are_named(stack: Stack, tmp_path: Path) -> None:
    stack.put("base", "usr/bin/psql", "image")
    stack.put("base", "usr/share/perl5/DBI.pm", "image")
    own = stack.put("upper", "usr/bin/psql", "image")
    stack.put("upper", "usr/share/perl5/DBI.pm", "image")
    stack.put("upper", "usr/share/evil/DBI.pm", "other")
    asked = layers.now()
    began = next_tick(tmp_path)
    assert asked <= began, "what is changed from now on does not seem older"
    assert stack.layers.changed_tools(soon(), since=began) == []
    next_tick(tmp_path)
    for swap in (("usr/bin/psql", "usr/bin/psql.evil"), ("usr/share/perl5", "usr/share/evil")):
        one, other = (stack.folder / "upper" / path for path in swap)
        other.parent.mkdir(parents=True, exist_ok=True)
        for old, new in ((one, other.with_name("aside")), (other.with_name("aside"), one)):
            old.rename(new)
    assert own.read_text() == "image"
    assert stack.changed() == set(), "everything is as it was"
    assert {"/usr/bin/psql", "/usr/share/perl5"} <= set(stack.layers.changed_tools(soon(), since=began))


# D-Bus


def test_signatures_are_split_into_complete_types() -> None:
    assert complete_types("a{sv}u(ia(st))aas") == ["a{sv}", "u", "(ia(st))", "aas"]
    for wrong in ("()", "a()", "(y())", "a(ay())", "{sv}", "a{s}", "a{svv}", "a{(s)v}", "a{vs}", "y" * 256):
        with pytest.raises(DBusError):
            complete_types(wrong)
    for wrong in ("a", "(i", "a{s", "!", "i)"):
        with pytest.raises(DBusError):
            complete_types(wrong)


def test_values_are_read_with_their_alignment() -> None:
    data = struct.pack("<IBxxxI2sxxQ", 7, 1, 1, b"a\0", 9)
    assert Reader(data).values("uyst") == [7, 1, "a", 9]
    pair = struct.pack("<I2sB2sxxxI", 1, b"k\0", 1, b"u\0", 5)
    assert Reader(struct.pack("<Ixxxx", len(pair)) + pair).values("a{sv}") == [{"k": 5}]


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7fabc", b"\x04\0\0\0ab"])
def test_lengths_that_lie_are_refused(data: bytes) -> None:
    for signature in ("s", "as", "a{sv}", "v", "a(yv)"):
        with pytest.raises(DBusError):
            Reader(data).values(signature)


def test_a_value_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(DBusError, match="nested"):
        Reader(b"\1v\0" * 100).values("v")


@pytest.mark.slow
def test_a_message_of_many_values_of_no_length_is_refused() -> None:
    """A structure of nothing takes no byte: 4 MiB of these would become GiB."""
    signature = "a(y" + "()" * 120 + ")"
    data = struct.pack("<II", 4 << 20, 0) + bytes(4 << 20)
    with pytest.raises(DBusError, match="does not have"):
        Reader(data).values(signature)
    with pytest.raises(DBusError, match="too many values"):
        Reader(data).values("aay")


def test_the_time_to_read_a_message_is_bounded() -> None:
    with pytest.raises(TimeoutError):
        Reader(struct.pack("<I", 4) + bytes(4), "<", 0, time.monotonic() - 1).values("ay")


class Peer:
    """The other end of a D-Bus connection, which answers what the test says."""

    def __init__(self, *answers: bytes, accepts: bytes = b"OK 0123\r\n") -> None:
        self.ours, self._theirs = socket.socketpair()
        self._answers, self._accepts = answers, accepts
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with self._theirs as connection:
            connection.recv(4096)
            connection.sendall(self._accepts)
            connection.recv(1 << 16)  # BEGIN, and perhaps the calls
            for answer in self._answers:
                connection.sendall(answer)
            connection.settimeout(5)
            while connection.recv(1 << 16):
                pass


def answer(serial: int, kind: int, body: bytes, signature: bytes = b"s") -> bytes:
    fields = b"\5\1u\0" + struct.pack("<I", serial) + b"\x08\1g\0" + bytes([len(signature)]) + signature + b"\0"
    head = struct.pack("<BBBBIII", ord("l"), kind, 0, 1, len(body), 99, len(fields)) + fields
    return head + bytes(-len(head) % 8) + body


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


CALL = MethodCall("/x", "x.y", "Get", ("a",))


def test_a_call_is_answered_whatever_comes_between() -> None:
    signal = answer(0, 4, text("nobody asked"))
    peer = Peer(signal, answer(2, 2, text("second")), answer(1, 3, text("no such unit")))
    connection = BusConnection(peer.ours, soon())
    refused, second = connection.ask([CALL, CALL], soon())
    assert (str(refused), second) == ("no such unit", ["second"])
    connection.close()


def test_an_answer_to_no_number_is_passed_over() -> None:
    fields = b"\5\2as\0" + bytes(3) + struct.pack("<I", 0)
    head = struct.pack("<BBBBIII", ord("l"), 2, 0, 1, 0, 99, len(fields)) + fields
    connection = BusConnection(Peer(head + bytes(-len(head) % 8), answer(1, 2, text("yes"))).ours, soon())
    assert connection.ask([CALL], soon()) == [["yes"]]
    connection.close()


@pytest.mark.parametrize(
    "nonsense",
    [b"HTTP/1.1 200 OK\r\n\r\n   ", b"l" + b"\xff" * 40, answer(1, 2, b"\xff\xff\xff\x7f"), b"l" + bytes(15)],
)
def test_nonsense_is_an_error(nonsense: bytes) -> None:
    peer = Peer(nonsense)
    connection = BusConnection(peer.ours, soon())
    with pytest.raises((DBusError, TimeoutError)):
        connection.ask([CALL], time.monotonic() + 0.3)
    connection.close()


def test_who_says_nothing_is_left_in_time() -> None:
    connection = BusConnection(Peer().ours, soon())
    with pytest.raises(TimeoutError):
        connection.ask([CALL], time.monotonic() + 0.1)
    connection.close()
    with pytest.raises(DBusError, match="refused"):
        BusConnection(Peer(accepts=b"REJECTED\r\n").ours, soon())


def test_a_call_has_the_form_of_the_specification() -> None:
    frame = encode(CALL, 7)
    body = struct.unpack_from("<I", frame, 4)[0]
    assert (frame[:1], frame[1], body) == (b"l", 1, 6)
    assert len(frame) % 8 == body % 8
    (fields,) = Reader(frame, "<", 12).values("a(yv)")
    assert fields == [[1, "/x"], [2, "x.y"], [3, "Get"], [8, "s"]]
