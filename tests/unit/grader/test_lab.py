"""What a check sees of the lab, and what is recorded of it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest

from grader.bilingual import text_of
from grader.command_log import CommandLog, Commands, trim
from grader.errors import CheckMistakeError, ObservationError
from grader.facts import InterfaceFacts, LabFacts
from grader.lab_fixture import GradedLab
from grader.observers import observer_address, observer_addresses
from grader.report import CommandRecord
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef, HostUnreachableError
from orchestrator.model.check import LAB_FIXTURE
from orchestrator.model.view import HostView
from tests.fakes.fabric import Call, FakeFabric

Facts = Callable[..., LabFacts]


class Bench:
    """A view of the lab with its fake fabric and its records."""

    def __init__(self, facts: LabFacts, answers: Sequence[Mapping[str, Any]]) -> None:
        self.fabric = FakeFabric(answers)
        self.records: list[CommandRecord] = []
        self.lab = GradedLab(facts, self.fabric, CommandLog(self.records.append), self.open)
        self.opened: list[str] = []

    def open(self, fabric: Fabric, target: HostRef) -> Session:
        assert fabric is self.fabric
        self.opened.append(str(target))
        return Session()


class Session:
    def show(self, command: str) -> str:
        return f"answer to {command}"

    def close(self) -> None:
        Session.closed = True

    closed = False


@pytest.fixture
def bench(facts: Facts, answers: Sequence[Mapping[str, Any]]) -> Bench:
    return Bench(facts(), answers)


def test_a_hosts_command_runs_in_a_shell_with_quoted_arguments(bench: Bench) -> None:
    bench.fabric.on("cat *", stdout="é\n")
    assert bench.lab.host("web").check_output("cat -- %s", "/a b; rm") == "é"
    assert bench.fabric.calls == [Call("web", "cat -- '/a b; rm'")]
    (record,) = bench.records
    assert (record.where, record.command, record.status, record.output) == ("web", "cat -- '/a b; rm'", 0, "é")


def test_bytes_that_are_no_utf8_break_nothing(bench: Bench) -> None:
    raw = bench.lab.host("web").backend.result(0, b"", b"caf\xe9", b"")
    assert (raw.stdout, raw.stdout_bytes) == ("caf\ufffd", b"caf\xe9")


def test_testinfras_modules_work_over_the_fabric(bench: Bench) -> None:
    web: Any = bench.lab.host("web")
    ws1: Any = bench.lab.host("ws1")
    bench.fabric.on("unit nginx.service", stdout='{"ActiveState": "active", "file_state": "enabled"}')
    links = [{"path": "multi-user.target.wants/nginx.service", "kind": "symlink"}]
    bench.fabric.on("look tree /etc/systemd/system", stdout=json.dumps(links))
    assert (web.service("nginx").is_running, web.service("nginx").is_enabled) == (True, True)
    assert not web.service("named").is_running
    assert not web.service("named").exists
    assert not web.file("/gone").exists
    with pytest.raises(AssertionError, match="web: /gone does not exist"):
        assert web.file("/gone").mode
    bench.fabric.on("look status /sbin/init", stdout='{"path": "/usr/lib/systemd/systemd", "mode": 493}')
    assert ws1.file("/sbin/init").linked_to == "/usr/lib/systemd/systemd"
    assert ws1.file("/sbin/init").mode == 0o755
    assert not any(record.in_host for record in bench.records)


PASSWD = "root:x:0:0:root:/root:/bin/bash\nzoe:x:1000:1000:Zoé:/home/zoe:/bin/sh\n"
GROUPS = "root:x:0:\nzoe:x:1000:\nsudo:x:27:zoe,root\n"


def test_files_users_and_groups_are_read_from_outside(bench: Bench) -> None:
    web: Any = bench.lab.host("web")
    bench.fabric.on("look content /etc/passwd", stdout=PASSWD)
    bench.fabric.on("look content /etc/group", stdout=GROUPS)
    bench.fabric.on("look content /etc/shadow", stdout="zoe:$y$j:20000:0:99999:7:::\n")
    bench.fabric.on("look status /etc/passwd", stdout='{"uid": 0, "gid": 0, "size": 5}')
    zoe = web.user("zoe")
    assert (zoe.exists, zoe.uid, zoe.group, zoe.groups, zoe.gids) == (True, 1000, "zoe", ["zoe", "sudo"], [1000, 27])
    assert (zoe.home, zoe.shell, zoe.gecos, zoe.password) == ("/home/zoe", "/bin/sh", "Zoé", "$y$j")
    assert (zoe.password_max_days, web.group("sudo").members, web.group("root").members) == (99999, ["zoe", "root"], [])
    passwd = web.file("/etc/passwd")
    assert (passwd.user, passwd.group, passwd.content_string) == ("root", "root", PASSWD)
    assert passwd.contains("^zoe:")
    assert not passwd.contains("^nobody:")
    assert not any(record.in_host for record in bench.records)


def test_a_directorys_user_is_asked_for_in_the_host(bench: Bench) -> None:
    bench.fabric.on("look content /etc/passwd", stdout=PASSWD)
    bench.fabric.on("id -u afaure", stdout="20001\n")
    web: Any = bench.lab.host("web")
    assert web.user("afaure").uid == 20001
    assert [record.in_host for record in bench.records] == [False, True]


SOCKETS = [
    {"protocol": "tcp", "state": "listening", "address": "::", "port": 22, "pids": [41]},
    {"protocol": "tcp", "state": "listening", "address": "::", "port": 80, "only_v6": True, "pids": [44, 45]},
    {
        "protocol": "tcp",
        "state": "established",
        "address": "::1",
        "port": 22,
        "remote": "::9",
        "remote_port": 9,
    },
    {"protocol": "unix", "state": "listening", "address": "/run/x.sock"},
]


def test_sockets_are_the_kernels(bench: Bench) -> None:
    web: Any = bench.lab.host("web")
    bench.fabric.on("sockets", stdout=json.dumps(SOCKETS))
    heard = [
        web.socket(s).is_listening for s in ("tcp://22", "tcp://0.0.0.0:22", "tcp://:::80", "udp://22", "tcp://443")
    ]
    assert heard == [True, True, True, False, False]
    assert "tcp://0.0.0.0:80" not in web.socket.get_listening_sockets()
    assert web.socket("unix:///run/x.sock").is_listening
    assert web.socket("tcp://22").clients == [("::9", 9)]


def test_who_holds_a_connection_is_told(bench: Bench) -> None:
    ends = {"protocol": "tcp", "state": "established", "address": "10.0.0.1", "port": 4000}
    rows = [{**ends, "remote": "::ffff:10.0.0.2", "remote_port": 80, "pids": [7]}]
    bench.fabric.on("sockets", stdout=json.dumps([*SOCKETS, *rows]))
    assert bench.lab.connected("web", 4000, "10.0.0.2", 80) == {7}
    assert not bench.lab.connected("web", 4001, "10.0.0.2", 80)


def test_files_that_were_altered_are_told(bench: Bench) -> None:
    rows = [{"path": path, "kind": kind} for path, kind in (("a", "file"), ("b/c", "file"), ("d", "symlink"))]
    bench.fabric.on("look tree /etc/nginx", stdout=json.dumps(rows))
    bench.fabric.on("compare /etc/nginx/a /etc/nginx/b/c", stdout=json.dumps({"/etc/nginx/b/c": "differs"}))
    assert bench.lab.altered("web", "/etc/nginx") == ("/etc/nginx/b/c",)


def test_packages_are_read_from_dpkgs_record(bench: Bench) -> None:
    record = (
        "Package: nginx-common\nStatus: install ok installed\nVersion: 1\n\n"
        "Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.26.3-3\n\n"
        "Package: apache2\nStatus: deinstall ok config-files\nVersion: 2.4\n"
    )
    bench.fabric.on("look content /var/lib/dpkg/status", stdout=record)
    host: Any = bench.lab.host("web")
    assert (host.package("nginx").is_installed, host.package("nginx").version) == (True, "1.26.3-3")
    assert not host.package("apache2").is_installed
    assert not host.package("ngin").is_installed
    with pytest.raises(AssertionError, match="apache2 is not installed"):
        assert host.package("apache2").version


def test_processes_and_who_listens(bench: Bench) -> None:
    rows = [
        {"pid": 1, "comm": "systemd", "uid": 0, "image": ""},
        {
            "pid": 44,
            "comm": "nginx",
            "uid": 0,
            "executable": "/usr/sbin/nginx",
            "image": "same",
            "unit": "nginx.service",
        },
        {
            "pid": 45,
            "comm": "nginx",
            "uid": 33,
            "executable": "/opt/x",
            "image": "new",
            "foreign": ["/opt/y.so"],
        },
    ]
    bench.fabric.on("look content /etc/passwd", stdout=PASSWD)
    bench.fabric.on("processes", stdout=json.dumps(rows))
    bench.fabric.on("sockets", stdout=json.dumps(SOCKETS))
    unit = {"ActiveState": "active", "FragmentPath": "/usr/lib/systemd/system/nginx.service", "DropInPaths": []}
    bench.fabric.on("unit nginx.service", stdout=json.dumps({**unit, "NeedDaemonReload": False, "ExecStart": []}))
    web: Any = bench.lab.host("web")
    assert [p.pid for p in web.process.filter(comm="nginx", user="root")] == [44]
    assert web.process.get(pid=45).uid == 33
    heard = bench.lab.listener("web", 80)
    assert (heard.pids, heard.is_genuine) == (frozenset({44, 45}), False)
    other = bench.lab.listener("web", 80, "/usr/sbin/nginx").doubts[0]
    assert text_of(other) == Text(
        fr="/opt/x écoute à la place de /usr/sbin/nginx", en="/opt/x listens instead of /usr/sbin/nginx"
    )
    assert tuple(text_of(doubt).en for doubt in heard.doubts) == (
        "/opt/x is not of the image",
        "nginx runs code of /opt/y.so",
        "nginx runs outside any service",
    )
    assert not bench.lab.listener("web", 443)
    assert not bench.lab.listener("web", 443).is_genuine


def test_a_unit_is_genuine_or_says_why_not(bench: Bench) -> None:
    fragment, drop_in = "/usr/lib/systemd/system/nginx.service", "/etc/systemd/system/nginx.service.d/x.conf"
    known: dict[str, Any] = {
        "ActiveState": "active", "FragmentPath": fragment, "DropInPaths": [drop_in], "NeedDaemonReload": False,
        "MainPID": 44, "ExecStart": [["/usr/sbin/nginx", ["/usr/sbin/nginx", "-g", "x"], False]],
    }  # fmt: skip
    bench.fabric.on("unit nginx.service", stdout=json.dumps(known))
    bench.fabric.on(
        "processes", stdout='[{"pid": 44, "comm": "nginx", "executable": "/usr/sbin/nginx", "image": "same"}]'
    )
    bench.fabric.on("compare *", stdout=json.dumps({drop_in: "new"}))
    bench.fabric.on(f"look content {drop_in}", stdout="[Service]\nLimitNOFILE=4096\n")
    web: Any = bench.lab.host("web")
    service = web.service("nginx")
    assert service.is_genuine
    bench.fabric.on(f"look content {drop_in}", stdout="[Service]\nExecStart=\nExecStart=/opt/fake\n")
    bench.fabric.on("compare *", stdout=json.dumps({drop_in: "new", fragment: "differs"}))
    assert tuple(text_of(doubt).en for doubt in service.doubts) == (
        f"nginx.service: {fragment} is not the image's",
        f"nginx.service: {drop_in} changes what it runs",
    )


def test_what_a_host_with_changed_tools_says_is_an_error(bench: Bench) -> None:
    bench.fabric.on("changed", stdout="/usr/bin/psql\n/usr/local/bin/ss\n")
    bench.fabric.on("*")
    with pytest.raises(ObservationError, match=r"web: the host's own tools were changed \(/usr/bin/psql, /usr"):
        bench.lab.host("web").run("psql")
    with pytest.raises(ObservationError, match="tools were changed"):
        bench.lab.client("web").run(["ldapwhoami"])
    assert bench.lab.client("web").ping("192.168.10.1"), "our own ping says what it says"
    assert [record.in_host for record in bench.records][:3] == [True, True, False]
    assert all("from outside" in record.where for record in bench.records[3:])


def test_a_host_that_is_gone_is_recorded_and_raises(bench: Bench) -> None:
    bench.fabric.on("id", trouble="unreachable")
    with pytest.raises(HostUnreachableError):
        bench.lab.host("web").run("id")
    assert (bench.records[0].status, bench.records[0].output) == (None, "web does not run")


def test_a_probe_asks_from_a_free_address_at_the_top(bench: Bench) -> None:
    bench.fabric.on("ping-until *", host="segment:office")
    assert bench.lab.probe("office").ping("192.168.10.1")
    assert re.fullmatch(r"192\.168\.10\.2\d\d/24", bench.fabric.calls[0].address)
    assert bench.fabric.calls[0].address != "192.168.10.254/24", "the router's"
    assert bench.records[0].where == "segment office"


def test_a_probes_missing_tool_is_an_error(bench: Bench) -> None:
    with pytest.raises(ObservationError, match="segment office: the command 'dig' does not exist"):
        bench.lab.probe("office").resolve("web.lan.test", "192.168.20.2")
    bench.fabric.on("*wgett*", host="web", status=127, stderr="sh: 1: wgett: not found\n")
    with pytest.raises(ObservationError, match="web: the command 'wgett' does not exist"):
        bench.lab.client("web").run(["sh", "-c", "wgett page"])
    bench.fabric.on("curl *", status=-11)
    with pytest.raises(ObservationError, match="killed by signal 11"):
        bench.lab.probe("office").http_get("http://web/")
    bench.fabric.on("timeout * nc *", status=1, stderr="usage: nc")
    with pytest.raises(ObservationError, match=r"unexpected answer of 'timeout .* nc .*: usage: nc"):
        bench.lab.probe("office").tcp("192.168.20.3", 80)


def test_what_a_trainees_script_misses_is_no_error_of_the_check(bench: Bench) -> None:
    bench.fabric.on("*", host="web", stderr="/bin/sh: 1: ss: not found\n")
    with pytest.raises(ObservationError, match="web: the command 'ss' does not exist"):
        bench.lab.host("web").run("ss -l | cat")
    bench.fabric.on(
        "*",
        host="web",
        stderr="/root/backup.sh: line 3: zstd: command not found\nbash: line 1: xz: command not found\n",
    )
    assert bench.lab.host("web").run("/root/backup.sh").rc == 0


def test_a_scan_asks_at_once_and_misses_no_port(bench: Bench) -> None:
    bench.fabric.on("sh *", stdout="10.0.0.1:80 1 Connection refused\n10.0.0.1:25 0 Connection succeeded!\n")
    probe = bench.lab.probe("office")
    answers = probe.scan([("10.0.0.1", 25), ("10.0.0.1", 80)])
    assert [answer.state for answer in answers.values()] == ["open", "refused"]
    assert len(bench.records) == 1
    with pytest.raises(ObservationError, match="443"):
        probe.scan([("10.0.0.1", 25), ("10.0.0.1", 443)])


def test_observer_addresses_avoid_plan_and_variant(facts: Facts) -> None:
    free = observer_addresses(facts(stale="192.168.10.253", spare="192.168.10.252/24", n=3), "office")
    assert free[0] == "192.168.10.251/24"
    assert len(free) == 51, "the top fifth of the subnet"
    tiny = LabFacts("i", "d", {}, {"r": (InterfaceFacts("eth0", "p", "10.0.0.1"),)}, {"p": "10.0.0.0/30"})
    assert observer_addresses(tiny, "p") == ("10.0.0.2/30",)


def test_two_observers_never_share_an_address() -> None:
    tiny = LabFacts("i", "d", {}, {"r": (InterfaceFacts("eth0", "p", "10.0.0.1"),)}, {"p": "10.0.0.0/29"})
    with ExitStack() as stack:
        used = [stack.enter_context(observer_address(tiny, "p")) for _ in range(5)]
    assert len(set(used)) == 5
    with ExitStack() as stack:
        assert {stack.enter_context(observer_address(tiny, "p")) for _ in range(5)} == set(used)


def test_nobody_can_tell_an_observers_address_beforehand(facts: Facts) -> None:
    drawn = set()
    for _ in range(40):
        with observer_address(facts(), "office") as address:
            drawn.add(address)
    assert len(drawn) > 10


@pytest.mark.slow
def test_a_server_that_listens_only_while_it_is_asked_is_an_error(bench: Bench) -> None:
    bench.fabric.on("curl *", stdout="HTTP/1.1 200 OK\r\n\r\nhello", stderr="answered by 192.168.20.3\n")
    bench.fabric.on("timeout * nc *")
    listens = {"protocol": "tcp", "state": "listening", "address": "0.0.0.0", "port": 8080}
    bench.fabric.on("sockets", host="web", stdout=json.dumps([listens]))
    probe = bench.lab.probe("servers")
    assert probe.http_get("http://192.168.20.3:8080/").body == "hello"
    assert probe.tcp("192.168.20.3", 8080)
    for ask in (lambda: probe.http_get("http://192.168.20.3/"), lambda: probe.tcp("192.168.20.3", 22)):
        with pytest.raises(ObservationError, match=r"web listens at port (80|22) no more"):
            ask()


def behind_a_switch() -> LabFacts:
    """``desk`` is a cable of the switch in the VLAN whose router is on ``office``; the trunk has no subnet."""
    hosts = {
        "r1": (InterfaceFacts("eth0", "office", "10.0.1.1"), InterfaceFacts("eth1", "servers", "10.0.2.1")),
        "sw1": (InterfaceFacts("eth0", "office", None), InterfaceFacts("eth1", "desk", None)),
        "pc1": (InterfaceFacts("eth0", "desk", "10.0.1.254"),),
    }
    subnets = {"office": "10.0.1.0/24", "desk": "10.0.1.0/24", "servers": "10.0.2.0/24", "trunk": ""}
    return LabFacts("i", "d", {}, hosts, subnets)


def test_observers_behind_a_switch_never_share_an_address_and_find_its_router() -> None:
    facts = behind_a_switch()
    assert facts.router_of("desk") == facts.router_of("office") == "10.0.1.1"
    with observer_address(facts, "office") as one, observer_address(facts, "desk") as other:
        assert one != other
    assert "10.0.1.254/24" not in {one, other}


def test_a_trunk_cannot_be_observed() -> None:
    lab = Bench(behind_a_switch(), ()).lab
    with pytest.raises(CheckMistakeError, match="trunk"):
        lab.probe("trunk")


def test_a_segment_without_a_free_address_is_an_error() -> None:
    full = LabFacts("i", "d", {}, {"r": (InterfaceFacts("eth0", "p", "10.0.0.1"),)}, {"p": "10.0.0.0/31"})
    with pytest.raises(ObservationError, match="No free address"), observer_address(full, "p"):
        pass


def test_a_client_asks_from_the_host_with_our_tools(bench: Bench) -> None:
    client = bench.lab.client("ws1")
    bench.fabric.on("look content /etc/resolv.conf", stdout="nameserver 192.168.20.2\n")
    bench.fabric.on("ip -json -4 route show", stdout='[{"dst":"default","gateway":"192.168.10.254","dev":"eth0"}]')
    bench.fabric.on("ip -json -4 address *", stdout='[{"addr_info":[{"local":"192.168.10.57","prefixlen":24}]}]')
    bench.fabric.on("getent ahostsv4 web", stdout="192.168.20.3 STREAM web\n")
    bench.fabric.on("dig -r +time=1 *-q web.lan.test", status=9)
    assert client.resolvers() == ("192.168.20.2",)
    assert client.gateway() == "192.168.10.254"
    assert client.addresses("eth0") == ("192.168.10.57/24",)
    assert client.lookup("web") == ("192.168.20.3",)
    assert not client.resolve("web.lan.test")
    assert {c.where for c in bench.fabric.calls if c.command != "forwarding-state"} == {"ws1"}
    assert not any(record.in_host for record in bench.records)


def test_planned_addresses(bench: Bench) -> None:
    assert bench.lab.address("web") == "192.168.20.3"
    assert bench.lab.address("web", "eth1") == "192.168.10.254"
    with pytest.raises(CheckMistakeError, match="no address for ws1"):
        bench.lab.address("ws1")


def test_a_device_is_opened_by_its_first_command_only(bench: Bench) -> None:
    device = bench.lab.device("web")
    assert bench.opened == []
    assert device.show("show version") == "answer to show version"
    bench.lab.device("web").show("show ip route")
    assert bench.opened == ["demo/web"]
    bench.lab.close()
    assert Session.closed


def test_values_keep_their_types_on_the_way_to_the_checks(facts: Facts) -> None:
    host = HostView("web", "web.lan.test", ("192.168.20.3",), {})
    sent = facts(lab={"hosts": {"web": host}}, seed=3, empty=None, names=("a", "b"))
    document = json.loads(json.dumps(msgspec.to_builtins(sent.sendable())))
    arrived = msgspec.convert(document, LabFacts).received()
    assert arrived == sent
    assert arrived.values["user"].full == "Zoé Lefèvre"
    assert arrived.values["lab"]["hosts"]["web"].address == "192.168.20.3"


def test_a_value_that_cannot_travel_is_refused_before_anything_starts(facts: Facts) -> None:
    with pytest.raises(TypeError, match="type object"):
        facts(odd=object()).sendable()


def test_no_foreign_class_is_made_from_a_job(facts: Facts) -> None:
    sent = dataclasses.replace(facts(), values={"odd": {"$type": "subprocess:Popen", "args": ["id"]}})
    with pytest.raises(ValueError, match="no module of the model"):
        sent.received()


def records(*commands: str) -> Iterator[CommandRecord]:
    return (CommandRecord("ws1", c, 0, "", 0.1) for c in commands)


def test_repeated_commands_with_one_answer_count_as_one() -> None:
    commands = Commands()
    for record in records("a", "b", "b", "b", "a"):
        commands.add(record)
    assert [(c.command, c.times) for c in commands.all()] == [("a", 1), ("b", 3), ("a", 1)]


def test_of_many_commands_the_first_and_the_last_are_kept() -> None:
    commands = Commands()
    for record in records(*map(str, range(1000))):
        commands.add(record)
    kept = [int(c.command) for c in commands.all()]
    assert kept == [*range(25), *range(975, 1000)]


def test_long_output_is_cut_in_the_middle() -> None:
    assert trim("\nshort\n") == "short"
    cut = trim("a" * 5000 + "z" * 5000, 100)
    assert cut.startswith("aaaa")
    assert cut.endswith("zzzz")
    assert len(cut) < 160


def test_the_fake_is_a_fabric() -> None:
    fabric: Fabric = FakeFabric()
    assert dataclasses.is_dataclass(fabric.run(HostRef("demo", "ws1"), ["true"]))


def test_validate_knows_what_the_fixture_has() -> None:
    """The parameters that ``validate`` holds against a lab are those that the grader holds against it, in order."""
    methods = {name: member for name, member in inspect.getmembers(GradedLab, inspect.isfunction) if name[0] != "_"}
    assert LAB_FIXTURE.keys() == {*methods, "values", "domain"} - {"close"}
    for name, kinds in LAB_FIXTURE.items():
        if kinds:
            assert list(inspect.signature(methods[name]).parameters)[1 : len(kinds) + 1] == list(kinds)
