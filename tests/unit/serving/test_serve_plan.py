"""Where the portal listens and what it is called: options, settings and the machine put together."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.loader.settings_file import parse_settings
from orchestrator.serving.listen_address import ListenAddress
from orchestrator.serving.serve_plan import ServeOptions, ServePlan, TlsPair, plan_of

Plan = Callable[..., ServePlan]


def test_by_default_only_this_machine_and_without_tls(planned: Plan) -> None:
    plan = planned()
    assert not plan.encrypted
    assert plan.origins(8443) == ("http://127.0.0.1:8443", "http://localhost:8443")


def test_a_school_gets_a_certificate_of_our_making(planned: Plan) -> None:
    plan = planned(listen="0.0.0.0:8443")
    assert plan.self_made
    assert plan.origins(8443)[0] == f"https://{socket.gethostname().lower()}:8443"


def test_names_have_the_port_that_is_listened_on_or_their_own(planned: Plan) -> None:
    plan = planned(listen="[::]:443", names=("Labs.School.example", "10.0.0.7:8443", "fd00::7"))
    assert plan.origins(443) == ("https://labs.school.example", "https://10.0.0.7:8443", "https://[fd00::7]")
    assert plan.hosts == ("Labs.School.example", "10.0.0.7", "fd00::7")


def test_an_option_counts_more_than_the_settings() -> None:
    settings = parse_settings(
        "contract = 1\nlisten = '0.0.0.0:1'\nnames = ['a']\ncontent = ['/one']\n[tls]\ncert = '/c'\nkey = '/k'", "x"
    )
    assert plan_of(ServeOptions(), settings).tls == TlsPair(Path("/c"), Path("/k"))
    proxied = plan_of(ServeOptions(listen="localhost:80", names=("b",), behind_proxy=True), settings)
    assert (proxied.tls, proxied.origins(80)) == (None, ("https://b",))
    more = plan_of(ServeOptions(content=(Path("/two"), Path("/one"))), settings)
    assert more.content == (Path("/two"), Path("/one"))


@pytest.mark.parametrize(
    ("options", "said", "hint"),
    [
        ({"listen": "8443"}, "Unreadable listen address", "127.0.0.1:8443"),
        ({"listen": "::1:8443"}, "Unreadable listen address", "[::]:8443"),
        ({"listen": "a:70000"}, "Unreadable listen address", "127.0.0.1:8443"),
        ({"listen": "unix:/run/x"}, "of use to a reverse proxy only", "--behind-proxy"),
        ({"behind_proxy": True}, "does not know by which name", "--name"),
        ({"behind_proxy": True, "names": ("a",), "listen": "0.0.0.0:80"}, "in clear text", "127.0.0.1:8443"),
        ({"tls_cert": Path("a")}, "--tls-cert needs --tls-key", "without them"),
        (
            {"behind_proxy": True, "names": ("a",), "tls_cert": Path("a"), "tls_key": Path("b")},
            "the proxy that speaks TLS",
            "Leave out",
        ),
    ],
)
def test_what_does_not_fit_is_refused(planned: Plan, options: dict[str, object], said: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        planned(**options)
    assert said in refused.value.text.en
    assert refused.value.hint is not None
    assert hint in refused.value.hint.en


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("pc", False)],
)
def test_what_only_this_machine_reaches(host: str, own: bool) -> None:
    assert ListenAddress(host, 1).only_this_machine is own


def test_a_port_in_use_is_told() -> None:
    with ListenAddress("127.0.0.1", 0).bind() as listening:
        taken = ListenAddress("127.0.0.1", listening.getsockname()[1])
        with pytest.raises(MachineError, match="in use by another program"):
            taken.bind()


def test_a_unix_socket_replaces_a_dead_one_and_not_a_living_one(tmp_path: Path) -> None:
    address = ListenAddress.parse(f"unix:{tmp_path}/s")
    with address.bind(), pytest.raises(MachineError, match="in use"):
        address.bind()
    address.bind().close()
