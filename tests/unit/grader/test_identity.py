"""What speaks against a service: files that were put back, settings in disguise, sockets that nobody holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.host_inspector import HostInspector
from grader.identity import Listener, listener
from orchestrator.fabric.fabric_interface import HostRef, ProcessState, SocketState
from tests.fakes.fabric import FakeFabric

STARTED = 1_800_000_000
DROP_IN = "/etc/systemd/system/nginx.service.d/x.conf"
FRAGMENT = "/usr/lib/systemd/system/nginx.service"
UNIT = {
    "ActiveState": "active", "FragmentPath": FRAGMENT, "DropInPaths": [], "NeedDaemonReload": False, "MainPID": 30,
    "ExecStart": [], "ExecMainStartTimestamp": STARTED * 1_000_000,
}  # fmt: skip
MASTER = {"pid": 30, "ppid": 1, "comm": "nginx", "executable": "/usr/sbin/nginx", "image": "same"}
WORKER = {**MASTER, "pid": 31, "ppid": 30}


class Web:
    """A host with nginx as its image has it, until a test changes something."""

    def __init__(self) -> None:
        self.fabric = FakeFabric()
        self.unit()
        self.runs(MASTER, WORKER)
        self.listens("0.0.0.0")

    def unit(self, **changes: Any) -> None:  # noqa: ANN401 (a unit's properties)
        self.fabric.on("unit nginx.service", stdout=json.dumps(UNIT | changes))

    def runs(self, *processes: dict[str, Any]) -> None:
        rows = [{"unit": "nginx.service", **process} for process in processes]
        self.fabric.on("processes", stdout=json.dumps(rows))

    def listens(self, *addresses: str, held: bool = True, pids: Sequence[int] = (30, 31)) -> None:
        own = {"protocol": "tcp", "state": "listening", "port": 80}
        rows = [{**own, "address": addresses[0], "pids": list(pids)}]
        rows += [{**own, "address": address, "pids": [30] if held else []} for address in addresses[1:]]
        self.fabric.on("sockets", stdout=json.dumps(rows))

    def changed(self, path: str, seconds_after_the_start: float) -> None:
        self.fabric.on(f"look status {path}", stdout=json.dumps({"ctime": STARTED + seconds_after_the_start}))

    def drop_in(self, text: str) -> None:
        self.unit(DropInPaths=[DROP_IN])
        self.fabric.on("compare *", stdout=json.dumps({DROP_IN: "new", FRAGMENT: "same"}))
        self.fabric.on(f"look content {DROP_IN}", stdout=text)

    def doubts(self, program: str = "/usr/sbin/nginx") -> tuple[str, ...]:
        """Return the doubts in English."""
        inspector = HostInspector(self.fabric, HostRef("lab", "web"), lambda *_args, **_more: None)
        found: Listener = listener(inspector, "tcp", 80, program)
        return tuple(text_of(doubt).en for doubt in found.doubts)


@pytest.mark.parametrize(
    ("protocol", "state", "counts"),
    [("udp", "unconnected", True), ("udp", "established", True), ("tcp", "established", False)],
)
def test_every_socket_that_takes_what_arrives_counts(protocol: str, state: str, counts: bool) -> None:
    """A UDP socket that is connected to one client takes what that one sends, before the server's own."""
    name_server = {"protocol": protocol, "port": 53, "address": "0.0.0.0", "pids": [30]}
    fabric = FakeFabric()
    rows = [
        {**name_server, "state": "unconnected" if protocol == "udp" else "listening"},
        {**name_server, "state": state, "address": "10.0.0.2", "pids": [40]},
    ]
    fabric.on("sockets", stdout=json.dumps(rows))
    fabric.on("processes", stdout=json.dumps([MASTER, {**MASTER, "pid": 40, "executable": "/root/named"}]))
    inspector = HostInspector(fabric, HostRef("lab", "srv"), lambda *_args, **_more: None)
    assert listener(inspector, protocol, 53, "/usr/sbin/nginx").pids == ({30, 40} if counts else {30})


@pytest.fixture
def web() -> Web:
    made = Web()
    assert made.doubts() == ()
    return made


@pytest.mark.parametrize(
    "text",
    [
        "[Service]\nExecStart=\nExecStart=/opt/x\n",
        "[Service]\rExecStart=\rExecStart=/opt/x\r",
        "[Service]\nEnvironmentFile=/opt/x\n",
        "[Unit]\nConditionPathExists=/opt/x\n",
        "[Service]\nRestart=no \\\nExecStart=/opt/x\n",
        "[Service]\nSomething=new\n",
    ],
)
def test_a_drop_in_that_may_change_what_runs(web: Web, text: str) -> None:
    web.drop_in(text)
    assert web.doubts() == (f"nginx.service: {DROP_IN} changes what it runs",)


def test_a_drop_in_that_changes_nothing_of_it(web: Web) -> None:
    web.drop_in("# ours\n[Unit]\nAfter=network-online.target\n\n[Service]\nRestart=on-failure\nLimitNOFILE=4096\n")
    assert web.doubts() == ()
    web.drop_in("[Service]\nRuntimeDirectory=shop\nRuntimeDirectoryMode=0755\n")
    assert web.doubts() == ()


def test_a_drop_in_that_is_masked(web: Web) -> None:
    """A link to /dev/null takes the place of a drop-in that is to say nothing any longer; there is no file to read."""
    web.drop_in("[Service]\nEnvironment=LD_PRELOAD=/opt/x.so\n")
    assert web.doubts()
    masked = {"kind": "device", "path": "/dev/null"}
    web.fabric.on(f"look status {DROP_IN}", stdout=json.dumps(masked))
    assert web.doubts() == ()
    web.fabric.on(f"look status {DROP_IN}", stdout=json.dumps({**masked, "path": "/dev/shm/orders"}))
    assert web.doubts()


@pytest.mark.parametrize(
    "path",
    [FRAGMENT, "/etc/systemd/system/nginx.service.d", "/run/systemd/system/nginx.service.d", "/run/systemd/system"],
)
def test_files_that_were_put_back_after_the_start(web: Web, path: str) -> None:
    web.changed(path, -1)
    assert web.doubts() == ()
    web.changed(path, 0.5)
    assert web.doubts() == ("nginx.service: its files were changed after it was started",)


def test_a_socket_that_nobody_holds(web: Web) -> None:
    web.listens("127.0.0.1", "192.168.30.10")
    assert web.doubts() == ()
    web.listens("127.0.0.1", "192.168.30.10", held=False)
    assert web.doubts() == ("nobody holds what listens at 192.168.30.10",)


def test_a_process_that_was_moved_into_the_services_group(web: Web) -> None:
    web.runs(MASTER, {**WORKER, "ppid": 1})
    assert web.doubts() == ("nginx was not started by nginx.service, in whose group it is",)


@pytest.mark.parametrize(("program", "own"), [("/usr/lib/frr/ospfd", True), ("", False)])
def test_a_daemon_that_left_its_parent_is_its_services_where_a_check_names_it(
    web: Web, program: str, own: bool
) -> None:
    web.runs(MASTER, {**WORKER, "ppid": 1, "executable": "/usr/lib/frr/ospfd"})
    web.listens("0.0.0.0", pids=[31])
    moved = "nginx was not started by nginx.service, in whose group it is"
    assert web.doubts(program) == (() if own else (moved,))


def test_a_child_that_ends_meanwhile_is_none_of_those_who_listen(web: Web) -> None:
    looks = [[MASTER, {**WORKER, "image": "missing"}], [MASTER], [MASTER, WORKER]]
    answer = web.fabric.processes

    def processes(target: HostRef, identify: Sequence[int] = (), *, timeout: float = 5) -> tuple[ProcessState, ...]:
        if looks:
            web.runs(*looks.pop(0))
        return answer(target, identify, timeout=timeout)

    web.fabric.processes = processes  # type: ignore[method-assign]
    assert web.doubts() == ()
    assert not looks
    web.runs(MASTER, {**WORKER, "image": "missing"})
    assert web.doubts() == ("/usr/sbin/nginx has gone",), "whoever is never there is not believed"


def test_a_child_that_becomes_another_program_is_none_of_those_who_listen(web: Web) -> None:
    """sshd's child holds the server's socket until it executes what serves the connection."""
    web.runs(MASTER, {**WORKER, "executable": "/usr/lib/openssh/sshd-session"})
    answer = web.fabric.sockets
    looks = 0

    def sockets(target: HostRef, *, connected: bool = False, timeout: float = 5) -> tuple[SocketState, ...]:
        nonlocal looks
        looks += 1
        web.listens("0.0.0.0", pids=[30, 31] if looks == 1 else [30])
        return answer(target, connected=connected, timeout=timeout)

    web.fabric.sockets = sockets  # type: ignore[method-assign]
    assert web.doubts() == ()
    web.fabric.sockets = answer  # type: ignore[method-assign]
    web.listens("0.0.0.0", pids=[30, 31])
    assert web.doubts() == ("/usr/lib/openssh/sshd-session listens instead of /usr/sbin/nginx",), "who keeps it is told"


STARTS = [["/usr/sbin/nginx", ["/usr/sbin/nginx", "$OPTIONS", "-u", "${NAME}"], False, 0, 0, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ("OPTIONS=-q -4\0NAME=web\0", ""),
        ("OPTIONS=-q -4 --loose\0NAME=web\0", 'OPTIONS="-q -4 --loose"'),
        ("OPTIONS=-q -4\0NAME=web\0HOME=/root\0", ""),
        ("OPTIONS=-q -4\0NAME=web\0LIMIT=9\0", 'LIMIT="9"'),
        ("OPTIONS=-q -4\0NAME=other\0", 'NAME="other"'),
    ],
)
def test_a_service_that_runs_with_settings_that_no_file_gives_it(web: Web, variables: str, told: str) -> None:
    web.unit(ExecStart=STARTS, Environment=["NAME=web"], EnvironmentFiles=[["/etc/default/nginx", False]])
    web.fabric.on("look content /etc/default/nginx", stdout="# ours\nOPTIONS='-q  \\\n-4'\n; LIMIT=9\n LIMIT=7\n")
    web.fabric.on("look content /proc/30/environ", stdout=f"INVOCATION_ID=1\0{variables}")
    told_by_all = f"nginx.service runs with {told}, which /etc/default/nginx no longer says"
    assert web.doubts() == ((told_by_all,) if told else ())
    web.fabric.on("look content /proc/30/environ", stdout=variables)
    assert web.doubts() == (), "a title may have been written over them"


def test_settings_of_files_that_no_list_names(web: Web) -> None:
    web.unit(ExecStart=STARTS, EnvironmentFiles=[["/etc/nginx.d/*", True]])
    web.fabric.on("look content /proc/30/environ", stdout="INVOCATION_ID=1\0OPTIONS=-q\0")
    assert web.doubts() == ()
    web.unit(ExecStart=STARTS, EnvironmentFiles=[["/etc/gone", True]])
    assert len(web.doubts()) == 1, "a file that is gone gives nothing"
