"""The parsers of the tools' answers, on what the tools really print."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from grader import tools
from grader.bilingual import text_of
from grader.tools import Completion
from orchestrator.loader.roots import built_in_root

DIG = """\
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4711
;; flags: qr aa rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
;; ANSWER SECTION:
intranet.lan.test.\t300\tIN\tCNAME\tweb.lan.test.
web.lan.test.\t\t300\tIN\tA\t192.168.20.3

"""
NXDOMAIN = ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n;; flags: qr rd ra; QUERY: 1\n"


def test_dig_gives_the_records_of_the_type() -> None:
    answer = tools.parse_dig(Completion(0, DIG, ""), "A")
    assert answer == tools.DnsAnswer("NOERROR", ("192.168.20.3",), authoritative=True)
    assert answer
    assert tools.parse_dig(Completion(0, DIG, ""), "CNAME").records == ("web.lan.test",)


def test_dig_keeps_the_spaces_of_a_record() -> None:
    line = DIG + "lan.test.\t300\tIN\tMX\t10 mail.lan.test.\n"
    assert tools.parse_dig(Completion(0, line, ""), "MX").records == ("10 mail.lan.test",)


def test_dig_tells_no_name_from_no_server() -> None:
    assert tools.parse_dig(Completion(0, NXDOMAIN, ""), "A") == tools.DnsAnswer("NXDOMAIN")
    silent = Completion(9, ";; communications error to 10.0.0.1#53: timed out\n;; no servers could be reached\n", "")
    assert tools.parse_dig(silent, "A") == tools.DnsAnswer(None)


def test_dig_is_bounded_and_knows_reverse_questions() -> None:
    assert {"+time=1", "+tries=2"} <= set(tools.dig_command("web.lan.test"))
    assert tools.dig_command("192.168.20.3", server="192.168.20.2", reverse=True)[-2:] == ("-x", "192.168.20.3")


@pytest.mark.parametrize(
    ("status", "text"), [(1, "dig: invalid option"), (10, "couldn't get address for 'x'"), (0, "")]
)
def test_dig_that_cannot_ask_is_no_answer_about_the_network(status: int, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        tools.parse_dig(Completion(status, "", text), "A")


def test_curl_gives_status_headers_and_body() -> None:
    page = (
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: nginx\r\nX-A: b:c\r\n\r\n<p>Bonjour\r\n\r\nà tous</p>"
    )
    answer = tools.parse_curl(Completion(0, page, ""))
    assert (answer.status, answer.body) == (200, "<p>Bonjour\r\n\r\nà tous</p>")
    assert answer.headers == {"server": "nginx", "x-a": "b:c"}
    assert str(answer) == "HttpAnswer(status=200, problem='')"
    assert tools.parse_curl(Completion(0, page, "answered by 192.168.20.3\n")).peer == "192.168.20.3"


def test_curl_reads_http_2_and_an_empty_page() -> None:
    assert tools.parse_curl(Completion(0, "HTTP/2 404 \r\nserver: x\r\n\r\n", "")).status == 404


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (6, "Could not resolve host: intranet"),
        (7, "Failed to connect to 10.0.0.1 port 80 after 0 ms: Could not connect to server"),
        (28, "Connection timed out after 5001 milliseconds"),
        (60, "SSL certificate problem: certificate has expired"),
        (1, "Received HTTP/0.9 when not allowed"),
    ],
)
def test_curl_without_an_answer_says_why(status: int, said: str) -> None:
    answer = tools.parse_curl(Completion(status, "", f"curl: ({status}) {said}\n"))
    assert not answer
    assert answer == tools.HttpAnswer(None, said)


@pytest.mark.parametrize(("status", "stdout"), [(3, "URL rejected"), (0, "no http"), (0, "")])
def test_curl_used_wrongly_is_no_answer(status: int, stdout: str) -> None:
    with pytest.raises(ValueError, match=f"^{stdout}$"):
        tools.parse_curl(Completion(status, stdout, "URL rejected"))


def test_curl_asks_an_address_for_a_named_site() -> None:
    command = tools.curl_command("http://192.168.20.3/", host_header="intranet.lan.test", timeout=2)
    assert command[-4:] == ("--header", "Host: intranet.lan.test", "--", "http://192.168.20.3/")
    assert command[command.index("--max-time") :][:2] == ("--max-time", "2")


def test_ping_tells_an_answer_from_none() -> None:
    assert tools.parse_ping(Completion(0, "64 bytes from 10.0.0.1", ""))
    lost = "PING 10.0.0.1\nFrom 10.0.0.9 icmp_seq=1 Destination Host Unreachable\n1 packets transmitted, 0 received\n"
    assert tools.parse_ping(Completion(1, lost, "")).problem == "From 10.0.0.9 icmp_seq=1 Destination Host Unreachable"
    silence = tools.parse_ping(Completion(1, "", ""))
    assert (silence.reached, text_of(silence.problem).en) == (False, "no answer")
    assert not tools.parse_ping(Completion(2, "", "ping: connect: Network is unreachable\n"))


PING = """#!/bin/sh
printf '%s\\n' "$*" >>calls
[ "$(wc -l <calls)" -ge "$ANSWERS" ] && exit
echo "From 10.0.0.9 icmp_seq=1 Destination Host Unreachable"
exit 1
"""


@pytest.mark.slow
@pytest.mark.parametrize(("within", "answers"), [(60, 3), (1.2, 1_000_000)], ids=["comes back", "stays away"])
def test_an_icmp_error_does_not_end_a_ping(tmp_path: Path, within: float, answers: int) -> None:
    """ping(8) with a deadline ends at the first error: what a repaired host answers a second later was never heard."""
    (tmp_path / "ping").write_text(PING)
    (tmp_path / "ping").chmod(0o755)
    program = built_in_root() / "images/fabric/files/usr/local/bin/ping-until"
    name, *arguments = tools.ping_command("10.0.0.1", within=within)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ANSWERS": str(answers)}
    done = subprocess.run(
        [program, *arguments], cwd=tmp_path, check=False, capture_output=True, text=True, env=environment
    )
    asked = (tmp_path / "calls").read_text().splitlines()
    assert name == program.name
    assert all(line.startswith("-4 -n -c 1 -W ") and line.endswith(" 10.0.0.1") for line in asked)
    answer = tools.parse_ping(Completion(done.returncode, done.stdout, done.stderr))
    if answers == 3:
        assert (answer.reached, len(asked)) == (True, 3)
    else:
        assert answer.problem == "From 10.0.0.9 icmp_seq=1 Destination Host Unreachable"


def test_ping_without_the_right_to_ping_is_no_answer() -> None:
    with pytest.raises(ValueError, match="Operation not permitted"):
        tools.parse_ping(Completion(2, "", "ping: socktype: SOCK_RAW: Operation not permitted"))


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("nc: connect to 10.0.0.1 port 25 (tcp) failed: Connection refused", "refused"),
        ("nc: connect to 10.0.0.1 port 25 (tcp) timed out: Operation now in progress", "silent"),
        ("nc: connect to 10.0.0.1 port 25 (tcp) failed: No route to host", "unreachable"),
        ("nc: connect to 10.0.0.1 port 25 (tcp) failed: Network is unreachable", "unreachable"),
        ('nc: getaddrinfo for host "mail" port 25: Name or service not known', "unknown name"),
    ],
)
def test_nc_says_why_a_port_is_not_open(said: str, state: str) -> None:
    answer = tools.parse_nc(Completion(1, "", said + "\n"))
    assert (bool(answer), answer.state) == (False, state)


def test_nc_opens_a_port() -> None:
    assert tools.parse_nc(Completion(0, "", "Connection to 10.0.0.1 25 port [tcp/smtp] succeeded!"))
    with pytest.raises(ValueError, match="usage"):
        tools.parse_nc(Completion(1, "", "usage: nc [-46CDdFhklNnrStUuvZz]"))


def test_ip_gives_addresses_and_routes() -> None:
    links = '[{},{"ifname":"eth0","addr_info":[{"family":"inet","local":"192.168.10.57","prefixlen":24}]}]'
    assert tools.parse_addresses(Completion(0, links, "")) == ("192.168.10.57/24",)
    assert tools.parse_addresses(Completion(1, "", 'Device "eth9" does not exist.\n')) == ()
    table = '[{"dst":"default","gateway":"192.168.10.1","dev":"eth0"},{"dst":"192.168.10.0/24","dev":"eth0"}]'
    assert tools.parse_routes(Completion(0, table, "")) == (
        tools.Route("default", "192.168.10.1", "eth0"),
        tools.Route("192.168.10.0/24", None, "eth0"),
    )
    with pytest.raises(ValueError, match="Expecting value"):
        tools.parse_routes(Completion(0, "fake", ""))


def test_resolvers_and_names() -> None:
    text = "# by dhcp\nsearch lan.test\nnameserver 192.168.20.2\nnameserver 192.168.20.9 # second\n"
    assert tools.parse_resolvers(text) == ("192.168.20.2", "192.168.20.9")
    assert tools.parse_resolvers("") == ()
    rows = "192.168.20.3    STREAM web\n192.168.20.3    DGRAM  \n"
    assert tools.parse_lookup(Completion(0, rows, "")) == ("192.168.20.3",)
    assert tools.parse_lookup(Completion(2, "", "")) == ()


def test_a_scan_gives_an_answer_for_each_port() -> None:
    said = (
        "10.0.0.1:25 0 Connection to 10.0.0.1 25 port [tcp/smtp] succeeded!\n"
        "10.0.0.1:80 1 nc: connect to 10.0.0.1 port 80 (tcp) failed: Connection refused\n"
        "10.0.0.2:22 124 \n"
        "10.0.0.3:22 1 nc: connect to 10.0.0.3 port 22 (tcp) failed: No route to host\n"
    )
    answers = tools.parse_scan(Completion(0, said, ""))
    assert {target: answer.state for target, answer in answers.items()} == {
        ("10.0.0.1", 25): "open",
        ("10.0.0.1", 80): "refused",
        ("10.0.0.2", 22): "silent",
        ("10.0.0.3", 22): "unreachable",
    }
    assert [port for (_, port), answer in answers.items() if answer.arrived] == [25, 80]


@pytest.mark.parametrize(("status", "text"), [(2, ""), (0, "10.0.0.1:25 1 usage: nc [-46CDdFhklNnrStUuvZz]\n")])
def test_a_scan_that_cannot_ask_is_no_answer_about_the_network(status: int, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the tool's own words, or none
        tools.parse_scan(Completion(status, text, ""))


def test_a_scan_names_each_target_once() -> None:
    assert tools.scan_command([("10.0.0.1", 25), ("10.0.0.2", 80)], timeout=1.6)[-3:] == (
        "1.6",
        "10.0.0.1:25",
        "10.0.0.2:80",
    )
