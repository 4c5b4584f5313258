"""Connections that the helper opens in a host's network, by IPv4 and by IPv6: with real sockets, and no host."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.fabric.helper.messages import Connect, HelperError
from tests.loopback import V6, v6_only

if TYPE_CHECKING:
    from tests.unit.fabric.conftest import Modules


@pytest.fixture
def access(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An access connection whose one host is in the test's own network."""
    module: Any = sys.modules[f"{modules.server.__package__}.access"]
    made = module.Access()
    monkeypatch.setattr(made, "_agent", lambda *_: SimpleNamespace(pidfd=-1))
    for name in ("enter_pidfd", "enter_fd"):
        monkeypatch.setattr(module.kernel, name, lambda *_: None)
    yield made
    os.close(made._own_network)


def connected(access: Any, address: str, port: int) -> socket.socket:  # noqa: ANN401 - of a module that needs stubs
    _, _, fds = access._carry_out(Connect("lab", "pc1", address, port, 5.0), b"", -1)
    return socket.socket(fileno=fds[0])


@pytest.mark.parametrize(
    ("address", "family"), [("127.0.0.1", socket.AF_INET), pytest.param("::1", socket.AF_INET6, marks=V6)]
)
def test_it_connects_by_either_protocol(access: Any, address: str, family: socket.AddressFamily) -> None:  # noqa: ANN401
    with (
        socket.create_server((address, 0), family=family) as server,
        connected(access, address, server.getsockname()[1]) as ours,
        server.accept()[0] as theirs,
    ):
        ours.sendall(b"tea")
        assert (theirs.recv(3), ours.family) == (b"tea", family)


@V6
def test_what_listens_by_ipv6_only_refuses_the_other(access: Any) -> None:  # noqa: ANN401
    with closing(v6_only()) as server:
        port = server.getsockname()[1]
        connected(access, "::1", port).close()
        with pytest.raises(HelperError, match=f"127.0.0.1:{port}: Connection refused"):
            connected(access, "127.0.0.1", port)
