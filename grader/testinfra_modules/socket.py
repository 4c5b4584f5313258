"""testinfra's module ``socket``, by the kernel's list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import testinfra.host
import testinfra.modules.socket

from grader.host_inspector import inspector_of
from orchestrator.fabric.fabric_interface import SocketState


class Socket(testinfra.modules.socket.Socket):
    """A socket, as the kernel lists it."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Socket]:  # noqa: ARG003 (testinfra's signature)
        """Return this class; testinfra would look for ss or netstat."""
        return cls

    def _iter_sockets(self, listening: bool) -> Iterator[tuple[Any, ...]]:
        for row in inspector_of(self).sockets(connected=not listening):
            if self.protocol not in (None, row.protocol):
                continue
            if listening and row.state in ("listening", "unconnected"):
                yield from _places(row)
            elif not listening and row.state == "established":
                near = (row.protocol, row.address)
                yield near if row.protocol == "unix" else (*near, row.port, row.remote, row.remote_port)


def _places(row: SocketState) -> Iterator[tuple[Any, ...]]:
    if row.protocol == "unix":
        yield "unix", row.address
        return
    yield row.protocol, row.address, row.port
    if row.address == "::" and not row.only_v6:
        yield row.protocol, "0.0.0.0", row.port  # noqa: S104 (an answer, no address that we bind)
