"""What is led elsewhere on its way, and logins that others than the host's own rules let in, prove nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.command_log import CommandLog
from grader.errors import ObservationError
from grader.facts import InterfaceFacts, LabFacts
from grader.lab_fixture import GradedLab
from grader.path_integrity import named_in
from orchestrator.core.errors import LabError
from tests.fakes.fabric import FakeFabric

Facts = Callable[..., LabFacts]

PAGE = {"command": "curl *", "stdout": "HTTP/1.1 200 OK\r\n\r\nhello", "stderr": "answered by 192.168.20.3\n"}


def state_said(**fields: object) -> str:
    return json.dumps(fields)


def rules(hook: str, expression: Mapping[str, Any]) -> str:
    chain = {"family": "ip", "table": "nat", "name": "c", "hook": hook}
    rule = {"family": "ip", "table": "nat", "chain": "c", "expr": [expression]}
    return state_said(rules=[{"chain": chain}, {"rule": rule}])


REDIRECT = {"redirect": {"port": 8080}}


def holds(fabric: FakeFabric, host: str, *networks: str, table: str = "Local:") -> None:
    """Let a host take what arrives for these networks for its own."""
    leaves = "".join(
        f"     |-- {address}\n        /{length} host LOCAL\n"
        for address, length in (network.split("/") for network in networks)
    )
    trie = f"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n{table}\n{leaves}"
    fabric.on("addressing", host=host, stdout=json.dumps({"own": trie}))


@pytest.fixture
def fabric() -> FakeFabric:
    return FakeFabric([PAGE])


@pytest.fixture
def lab(facts: Facts, fabric: FakeFabric) -> GradedLab:
    return GradedLab(facts(), fabric, CommandLog(lambda _record: None))


def test_an_answer_that_nobody_led_elsewhere_counts(lab: GradedLab) -> None:
    assert lab.probe("servers").http_get("http://192.168.20.3/").body == "hello"
    assert lab.client("ws1").http_get("http://web/").body == "hello"


@pytest.mark.parametrize(
    ("host", "hook", "from_client"),
    [
        ("web", "prerouting", False),  # the server leads what arrives to another program
        ("web", "output", False),  # it rewrites what that answers
        ("ws1", "prerouting", False),  # not on the way by the plan
        ("ws1", "output", True),
        ("ws1", "prerouting", True),  # it rewrites what it is answered
        ("web", "prerouting", True),
    ],
)
def test_a_rule_that_leads_elsewhere_is_an_error(
    lab: GradedLab, fabric: FakeFabric, host: str, hook: str, from_client: bool
) -> None:
    fabric.on("forwarding-state", host=host, stdout=rules(hook, REDIRECT))
    station = lab.client("ws1") if from_client else lab.probe("servers")
    with pytest.raises(ObservationError, match=rf"{host} leads what is sent elsewhere \(nftables nat/c\)"):
        station.http_get("http://192.168.20.3/")


def test_a_third_host_that_does_not_run_leads_nothing(lab: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("forwarding-state", host="ws1", trouble="unreachable")
    assert lab.probe("servers").http_get("http://192.168.20.3/")


def test_the_older_packet_filter_counts_as_well(lab: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("forwarding-state", host="web", stdout=state_said(old_tables=["filter"]))
    assert lab.probe("servers").http_get("http://192.168.20.3/")
    fabric.on("forwarding-state", host="web", stdout=state_said(old_tables=["nat", "filter"]))
    with pytest.raises(ObservationError, match="iptables-legacy nat"):
        lab.probe("servers").http_get("http://192.168.20.3/")


def test_traffic_control_of_what_arrives_counts_as_well(lab: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("forwarding-state", host="web", stdout=state_said(queues=[{"kind": "pfifo_fast", "dev": "eth0"}]))
    assert lab.probe("servers").http_get("http://192.168.20.3/")
    fabric.on(
        "forwarding-state",
        host="web",
        stdout=state_said(queues=[{"kind": "noqueue", "dev": "lo"}, {"kind": "ingress", "dev": "eth0"}]),
    )
    with pytest.raises(ObservationError, match=r"web leads what is sent elsewhere \(tc eth0\)"):
        lab.probe("servers").http_get("http://192.168.20.3/")


def test_a_planned_translation_counts_as_the_labs(facts: Facts, fabric: FakeFabric) -> None:
    fabric.on("forwarding-state", host="web", stdout=rules("postrouting", {"masquerade": None}))
    planned = facts()
    view = GradedLab(planned, fabric, CommandLog(lambda _record: None))
    with pytest.raises(ObservationError, match="web leads what is sent elsewhere"):
        view.probe("servers").http_get("http://192.168.20.3/")
    object.__setattr__(planned, "translators", frozenset({"web"}))
    assert view.probe("servers").http_get("http://192.168.20.3/")
    fabric.on("forwarding-state", host="web", stdout=rules("prerouting", {"dnat": {"addr": "10.0.0.1"}}))
    assert view.probe("servers").http_get("http://192.168.20.3/"), "it is what was asked"


def test_a_planned_translator_leads_on_what_comes_by_other_cables(routed: GradedLab, fabric: FakeFabric) -> None:
    """A rule that names no address, but the cable to the Internet, does not mean what comes by another one."""

    def translate(cable: str) -> None:
        by = {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": cable}}
        rule = {"family": "ip", "table": "nat", "chain": "c", "expr": [by, {"dnat": {"addr": "10.0.2.9"}}]}
        fabric.on("forwarding-state", host="r1", stdout=state_said(rules=[{"rule": rule}]))

    object.__setattr__(routed._facts, "translators", frozenset({"r1"}))
    translate("eth1")
    assert routed.probe("a").http_get("http://10.0.2.3/")
    assert routed.client("pc").http_get("http://10.0.2.3/")
    translate("eth0")
    assert routed.probe("b").http_get("http://10.0.2.3/")
    for ask in (routed.probe("a").http_get, routed.client("pc").http_get):
        with pytest.raises(
            pytest.fail.Exception, match=r"r1 leads elsewhere what is sent to others \(nftables nat/c\)"
        ):
            ask("http://10.0.2.3/")
    tunnel = [{"dst": "10.0.2.0/24", "gateway": "10.8.0.1", "dev": "tun0"}]
    fabric.on("forwarding-state", host="pc", stdout=state_said(routes=tunnel))
    assert routed.client("pc").http_get("http://10.0.2.3/"), "it arrives by whichever cable the tunnel ends at"


def test_rules_that_cannot_be_read_are_an_error(lab: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("forwarding-state", host="web", status=1, stderr="interrupted")
    with pytest.raises(LabError, match="interrupted"):
        lab.probe("servers").http_get("http://192.168.20.3/")


@pytest.fixture
def routed(fabric: FakeFabric) -> GradedLab:
    """A router between two segments, with a server and a workstation on one of them each."""
    hosts = {
        "r1": (InterfaceFacts("eth0", "a", "10.0.1.1"), InterfaceFacts("eth1", "b", "10.0.2.1")),
        "web": (InterfaceFacts("eth0", "b", "10.0.2.3"),),
        "pc": (InterfaceFacts("eth0", "a", "10.0.1.7"),),
    }
    for host, interfaces in hosts.items():
        holds(fabric, host, "127.0.0.0/8", *(f"{i.address}/32" for i in interfaces))
    facts = LabFacts("i", "d", {}, hosts, {"a": "10.0.1.0/24", "b": "10.0.2.0/24"})
    return GradedLab(facts, fabric, CommandLog(lambda _record: None))


@pytest.mark.parametrize("table", ["Local:", "Id 100:"])
@pytest.mark.parametrize("host", ["r1", "pc"])
@pytest.mark.parametrize("network", ["10.0.2.3/32", "10.0.2.0/24", "0.0.0.0/0"])
def test_another_host_that_takes_the_servers_address_is_a_failure(
    routed: GradedLab, fabric: FakeFabric, host: str, network: str, table: str
) -> None:
    segments = ("a", "b")
    assert all(routed.probe(segment).http_get("http://10.0.2.3/") for segment in segments)
    holds(fabric, host, network, table=table)
    for segment in segments:
        with pytest.raises(pytest.fail.Exception, match=rf"{host} answers at 10\.0\.2\.3, which is not its address"):
            routed.probe(segment).http_get("http://10.0.2.3/")


def test_a_host_that_takes_the_routers_address_is_a_failure(routed: GradedLab, fabric: FakeFabric) -> None:
    """It may lead on what is sent to the server, wherever it likes."""
    holds(fabric, "pc", "10.0.1.1/32")
    with pytest.raises(pytest.fail.Exception, match=r"pc answers at 10\.0\.1\.1, which is not its address"):
        routed.probe("a").http_get("http://10.0.2.3/")
    assert routed.probe("b").http_get("http://10.0.2.3/"), "within a segment nobody forwards"


def test_a_check_that_expects_a_refusal_does_not_take_it_for_one(routed: GradedLab, fabric: FakeFabric) -> None:
    holds(fabric, "pc", "10.0.2.3/32")
    with pytest.raises(pytest.fail.Exception), suppress(AssertionError):
        routed.probe("a").http_get("http://10.0.2.3/")


@pytest.mark.parametrize("gateway", ["10.0.1.99", "10.0.1.7"])  # one by DHCP, and a planned workstation
def test_a_detour_by_a_machine_that_is_no_router_is_a_failure(
    routed: GradedLab, fabric: FakeFabric, gateway: str
) -> None:
    fabric.on(
        "forwarding-state",
        host="r1",
        stdout=state_said(routes=[{"dst": "10.0.2.3", "gateway": gateway}]),
    )
    assert routed.probe("b").http_get("http://10.0.2.3/"), "within a segment nobody forwards"
    with pytest.raises(
        pytest.fail.Exception, match=rf"r1 sends what is for 10\.0\.2\.3 by {gateway}, which is no router"
    ):
        routed.probe("a").http_get("http://10.0.2.3/")


def test_ways_by_a_router_or_out_of_the_lab_are_no_detour(routed: GradedLab, fabric: FakeFabric) -> None:
    for gateway in ("10.0.1.1", "10.8.0.1"):  # the tunnel of a VPN is none of the lab's segments
        fabric.on(
            "forwarding-state",
            host="pc",
            stdout=state_said(routes=[{"dst": "default", "gateway": gateway}]),
        )
        assert routed.client("pc").http_get("http://10.0.2.3/")
    fabric.on(
        "forwarding-state",
        host="pc",
        stdout=state_said(routes=[{"dst": "default", "gateway": "10.0.1.8"}]),
    )
    with pytest.raises(pytest.fail.Exception, match=r"pc sends what is for 10\.0\.2\.3 by 10\.0\.1\.8"):
        routed.client("pc").ask(("curl", "http://10.0.2.3/"))


def test_a_gateway_of_the_plan_with_one_network_is_no_detour(routed: GradedLab, fabric: FakeFabric) -> None:
    """A provider's router: what is behind it is not drawn."""
    fabric.on(
        "forwarding-state",
        host="pc",
        stdout=state_said(routes=[{"dst": "default", "gateway": "10.0.1.9"}]),
    )
    with pytest.raises(pytest.fail.Exception, match="which is no router"):
        routed.client("pc").http_get("http://10.0.2.3/")
    object.__setattr__(routed._facts, "gateways", frozenset({"10.0.1.9"}))
    assert routed.client("pc").http_get("http://10.0.2.3/")


def test_name_servers_that_nobody_named_are_looked_at(routed: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("look content /etc/resolv.conf", stdout="nameserver 10.0.2.3\n")
    fabric.on("getent *", stdout="10.0.2.9 STREAM web\n")
    fabric.on("dig *", stdout=";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n")
    client = routed.client("pc")
    asks: list[Callable[[], object]] = [lambda: client.lookup("web"), lambda: client.resolve("web.d")]
    for ask in asks:
        ask()
    holds(fabric, "pc", "10.0.2.3/32")
    for ask in asks:
        with pytest.raises(pytest.fail.Exception, match=r"pc answers at 10\.0\.2\.3"):
            ask()


@pytest.mark.parametrize(("flags", "told"), [("0x6", "pc was told by hand which machine 10.0.2.3 is"), ("0x2", "")])
def test_a_neighbour_that_was_told_by_hand_is_a_failure(
    routed: GradedLab, fabric: FakeFabric, flags: str, told: str
) -> None:
    line = f"10.0.2.3 0x1 {flags} 02:bf:46:21:5e:31 * eth0\n"
    fabric.on("addressing", host="pc", stdout=json.dumps({"neighbours": f"IP address HW type\n{line}"}))
    if told:
        with pytest.raises(pytest.fail.Exception, match=told):
            routed.client("pc").http_get("http://10.0.2.3/")
    else:
        assert routed.client("pc").http_get("http://10.0.2.3/")


def test_a_host_that_answers_in_the_servers_place_is_a_failure(routed: GradedLab, fabric: FakeFabric) -> None:
    line = "10.0.2.3 0x1 0xc 00:00:00:00:00:00 * eth0\n"
    fabric.on("addressing", host="pc", stdout=json.dumps({"neighbours": f"IP address HW type\n{line}"}))
    with pytest.raises(pytest.fail.Exception, match=r"pc answers at 10\.0\.2\.3, which is not its address"):
        routed.probe("a").http_get("http://10.0.2.3/")


@pytest.mark.parametrize("gateway", ["10.99.0.2", "fe80::1"])
def test_a_detour_by_a_network_of_its_own_is_a_failure(routed: GradedLab, fabric: FakeFabric, gateway: str) -> None:
    routes = [{"dst": "10.0.2.0/24", "gateway": gateway, "dev": "eth0"}]
    fabric.on("forwarding-state", host="pc", stdout=state_said(routes=routes))
    with pytest.raises(pytest.fail.Exception, match="which is no router"):
        routed.client("pc").http_get("http://10.0.2.3/")


PROXY = "/proc/sys/net/ipv4/conf/{}/proxy_arp"


@pytest.mark.parametrize("setting", [PROXY.format("eth0"), PROXY.format("all"), PROXY.format("eth0.10") + "_pvlan"])
def test_a_third_host_whose_kernel_answers_for_others_is_a_failure(
    routed: GradedLab, fabric: FakeFabric, setting: str
) -> None:
    assert routed.probe("b").http_get("http://10.0.2.3/")
    fabric.on("addressing", host="pc", stdout=json.dumps({"for_others": {setting: "1"}}))
    interface = setting.split("/")[-2]
    with pytest.raises(pytest.fail.Exception, match=rf"pc answers in the place of others \(proxy ARP: {interface}\)"):
        routed.probe("b").http_get("http://10.0.2.3/")
    assert routed.client("pc").http_get("http://10.0.2.3/"), "it deceives nobody but others"
    fabric.on("addressing", host="pc", trouble="unreachable")
    assert routed.probe("b").http_get("http://10.0.2.3/")


def test_a_host_that_answers_for_others_by_plan_may(routed: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("addressing", host="r1", stdout=json.dumps({"for_others": {PROXY.format("eth0"): "1"}}))
    with pytest.raises(pytest.fail.Exception, match="r1 answers in the place of others"):
        routed.probe("a").http_get("http://10.0.2.3/")
    object.__setattr__(routed._facts, "proxies", frozenset({"r1"}))
    assert routed.probe("a").http_get("http://10.0.2.3/")


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.1.7"])
def test_a_page_that_a_host_serves_itself_is_none_of_another_s(
    routed: GradedLab, fabric: FakeFabric, peer: str
) -> None:
    fabric.on("curl *", stdout="HTTP/1.1 200 OK\r\n\r\nhello", stderr=f"answered by {peer}\n")
    for own in (f"http://{peer}/", "http://localhost/", "http://pc.d/"):
        assert routed.client("pc").http_get(own)
    with pytest.raises(pytest.fail.Exception, match=r"pc itself answers, when intranet\.d is asked"):
        routed.client("pc").http_get("http://intranet.d/")


def test_a_host_that_does_not_run_answers_nobody(routed: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("addressing", host="pc", trouble="unreachable")
    assert routed.probe("a").http_get("http://10.0.2.3/")


def test_routes_that_cannot_be_read_are_an_error(routed: GradedLab, fabric: FakeFabric) -> None:
    fabric.on("addressing", host="pc", stdout=json.dumps({"own": "   /32 host LOCAL\n"}))
    with pytest.raises(ObservationError, match="pc: unexpected answer of '/proc/1/net/fib_trie'"):
        routed.probe("a").http_get("http://10.0.2.3/")


def test_an_address_that_dhcp_gave_the_sender_is_its_own(lab: GradedLab, fabric: FakeFabric) -> None:
    holds(fabric, "ws1", "192.168.10.51/32", "192.168.20.3/32", "10.9.9.9/32")
    fabric.on("arping *", stdout="Sent 2 probes")
    assert lab.client("ws1").ask(("arping", "-D", "192.168.10.51")).stdout == "Sent 2 probes"
    for elsewhere in ("192.168.20.3", "10.9.9.9"):  # a planned host's, and one of no subnet of the sender's
        with pytest.raises(pytest.fail.Exception, match=f"ws1 answers at {elsewhere}, which is not its"):
            lab.client("ws1").ask(("arping", "-D", elsewhere))


def test_addresses_are_found_in_commands() -> None:
    words = ("curl", "http://10.0.0.1:80/", "--resolve", "a:80:10.0.0.2", "1.2.3.4.5", "10.0.0.1")
    assert named_in(words) == ("10.0.0.1", "10.0.0.2")
    assert named_in(("10.0.0.256", "-t", "300.1.1.1", "255.255.255.255")) == ("255.255.255.255",)


SSHD = {"pid": 30, "comm": "sshd", "executable": "/usr/sbin/sshd", "image": "same", "unit": "ssh.service"}
UNIT = {
    "ActiveState": "active", "FragmentPath": "/usr/lib/systemd/system/ssh.service", "DropInPaths": [],
    "NeedDaemonReload": False, "MainPID": 30, "ExecStart": [],
}  # fmt: skip


def with_sshd(fabric: FakeFabric, status: int = 0) -> None:
    row = {"protocol": "tcp", "state": "listening", "address": "0.0.0.0", "port": 22, "pids": [30]}
    fabric.on("curl *", status=status, stderr="curl: (67) Authentication failure" if status else "")
    fabric.on("sockets", stdout=json.dumps([row]))
    fabric.on("processes", stdout=json.dumps([SSHD]))
    fabric.on("unit ssh.service", stdout=json.dumps(UNIT))
    fabric.on("look tree /etc/pam.d", stdout=json.dumps([{"path": "sshd", "kind": "file"}]))
    fabric.on("look content /etc/pam.d/sshd", stdout="auth required pam_unix.so\n# auth required pam_old.so\n")


def test_a_login_is_accepted_or_refused(lab: GradedLab, fabric: FakeFabric) -> None:
    with_sshd(fabric)
    assert lab.login("servers", "web", "croux", "secret").accepted
    with_sshd(fabric, 67)
    done = lab.login("servers", "web", "croux", "secret")
    assert (done.accepted, done.refused, done.problem) == (False, True, "Authentication failure")


@pytest.mark.parametrize("when", ["changed", "changed since"])
@pytest.mark.parametrize("status", [0, 67])
def test_a_login_at_a_host_with_changed_programs_is_an_error(
    lab: GradedLab, fabric: FakeFabric, when: str, status: int
) -> None:
    """Sshd executes others for each connection: who listens tells nothing of these."""
    with_sshd(fabric, status)
    fabric.on(when, host="web", stdout="/usr/lib/openssh/sshd-session\n")
    with pytest.raises(
        ObservationError, match=r"tools were changed \(/usr/lib/openssh/sshd-session\): what 'sshd' says"
    ):
        lab.login("servers", "web", "croux", "secret")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"/etc/pam.d/sshd": "differs"}, "/etc/pam.d/sshd is not the image's"),
        ({"/etc/ssh/sshd_config": "differs"}, "/etc/ssh/sshd_config is not the image's"),
        ({"/etc/default/ssh": "differs"}, "/etc/default/ssh is not the image's"),
        ({"/usr/lib/x86_64-linux-gnu/security/pam_unix.so": "differs"}, "pam_unix.so is not the image's"),
        ({"/usr/lib/systemd/system/ssh.service": "differs"}, "ssh.service is not the image's"),
    ],
)
def test_a_login_by_other_rules_is_a_failure(
    lab: GradedLab, fabric: FakeFabric, changed: Mapping[str, str], said: str
) -> None:
    with_sshd(fabric)
    fabric.on("compare *", stdout=json.dumps(changed))
    with pytest.raises(AssertionError, match=f"web lets croux in, but not by its own rules: .*{said}"):
        lab.login("servers", "web", "croux", "secret")


def test_a_login_with_a_password_of_the_hosts_own_is_a_failure(lab: GradedLab, fabric: FakeFabric) -> None:
    with_sshd(fabric)
    fabric.on("look content /etc/shadow", stdout="root:*:1:\ncrouxx:$y$x:1:\n")
    assert lab.login("servers", "web", "croux", "secret").accepted
    fabric.on("look content /etc/shadow", stdout="root:*:1:\ncroux:$y$x:1:\n")
    with pytest.raises(AssertionError, match="/etc/shadow has a password for croux"):
        lab.login("servers", "web", "croux", "secret")
    assert lab.login("servers", "web", "croux", "secret", local=True).accepted


def test_a_login_at_a_server_with_other_options_is_a_failure(lab: GradedLab, fabric: FakeFabric) -> None:
    with_sshd(fabric)
    fabric.on("look content /proc/30/environ", stdout="LANG=C\0SSHD_OPTS=\0")
    assert lab.login("servers", "web", "croux", "secret").accepted
    fabric.on("look content /proc/30/environ", stdout="LANG=C\0SSHD_OPTS=-o PAMServiceName=runuser\0")
    with pytest.raises(AssertionError, match="sshd was started with SSHD_OPTS=-o PAMServiceName=runuser"):
        lab.login("servers", "web", "croux", "secret")


def test_a_login_at_a_server_that_was_moved_into_the_services_group_is_a_failure(
    lab: GradedLab, fabric: FakeFabric
) -> None:
    with_sshd(fabric)
    fabric.on("processes", stdout=json.dumps([{**SSHD, "pid": 29, "ppid": 1}, {**SSHD, "ppid": 29}]))
    fabric.on("unit ssh.service", stdout=json.dumps({**UNIT, "MainPID": 29}))
    assert lab.login("servers", "web", "croux", "secret").accepted, "a child of the service's own"
    fabric.on("processes", stdout=json.dumps([{**SSHD, "pid": 29, "ppid": 1}, {**SSHD, "ppid": 1}]))
    with pytest.raises(AssertionError, match=r"sshd was not started by ssh\.service, in whose group it is"):
        lab.login("servers", "web", "croux", "secret")


def test_a_login_at_another_program_is_a_failure(lab: GradedLab, fabric: FakeFabric) -> None:
    with_sshd(fabric)
    fake: Sequence[Mapping[str, Any]] = [{**SSHD, "executable": "/usr/bin/perl", "unit": ""}]
    fabric.on("processes", stdout=json.dumps(fake))
    with pytest.raises(AssertionError) as failure:
        lab.login("servers", "web", "croux", "secret")
    said = text_of(str(failure.value))
    assert said.en.endswith("sshd runs outside any service; /usr/bin/perl listens instead of sshd")
    assert said.fr == (
        "web laisse entrer croux, mais pas selon ses propres règles : sshd tourne hors de tout service;"
        " /usr/bin/perl écoute à la place de sshd"
    )
