"""Makes a port of a host reachable on this machine's loopback address, for a browser or a client program."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from orchestrator.core.errors import BreakfixError, LabError, UsageError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef

LOOPBACK = "127.0.0.1"
_LOOPBACK_V6 = "::1"
_REFUSED = "Connection refused"
"""The kernel's reason, as the helper says it."""
_CHUNK = 1 << 16
_WAITING = 64
"""Connections that may wait to be accepted: a browser opens several at once."""

OnTrouble = Callable[[BreakfixError], None]


class Forwarding:
    """Listens on the loopback address and passes each connection on into a host."""

    def __init__(self, fabric: Fabric, target: HostRef, port: int, *, local: int = 0) -> None:
        """Begin to listen.

        Args:
            fabric: each forwarded connection gets one of its own.
            target: the host.
            port: the TCP port in the host.
            local: the port here; 0 takes a free one.

        Raises:
            UsageError: the local port is taken, or not for this user.
        """
        self._fabric = fabric
        self._target = target
        self._port = port
        try:
            self._listener = socket.create_server((LOOPBACK, local), backlog=_WAITING)
        except OSError as error:
            raise _refused(local, error) from error

    @property
    def local(self) -> int:
        """Return the port here."""
        return int(self._listener.getsockname()[1])

    def serve(self, on_trouble: OnTrouble, on_connection: Callable[[], None] = lambda: None) -> None:
        """Accept connections until ``close``, or an interruption.

        Args:
            on_trouble: is told, from another thread, each connection that the host refused.
            on_connection: is called for each connection; it returns at once.
        """
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            on_connection()
            threading.Thread(target=self._pass_on, args=(client, on_trouble), daemon=True).start()

    def close(self) -> None:
        """Stop listening; connections that are open end with the program."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes a thread that is in accept()
        self._listener.close()

    def _connected(self, fabric: Fabric) -> socket.socket:
        """Connect to the host's loopback address, and to that of IPv6 where nobody listens at the other."""
        try:
            return fabric.connect(self._target, self._port)
        except LabError as refused:
            if not refused.text.en.endswith(_REFUSED):
                raise
            with contextlib.suppress(LabError):
                return fabric.connect(self._target, self._port, address=_LOOPBACK_V6)
            raise

    def _pass_on(self, client: socket.socket, on_trouble: OnTrouble) -> None:
        with client:
            try:
                with self._fabric.another_connection() as fabric:
                    host = self._connected(fabric)
            except BreakfixError as error:
                on_trouble(error)
                return
            with host:
                _join(client, host)


def _join(one: socket.socket, other: socket.socket) -> None:
    """Copy in both directions until both have ended."""
    one.settimeout(None)
    other.settimeout(None)
    back = threading.Thread(target=_copy, args=(other, one), daemon=True)
    back.start()
    _copy(one, other)
    back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends, and pass the end on: the other direction may still have something to say."""
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _refused(port: int, error: OSError) -> UsageError:
    reason = error.strerror or str(error)
    return UsageError(
        Text(
            fr=f"Impossible d'écouter sur {LOOPBACK}:{port} : {reason}",
            en=f"Cannot listen on {LOOPBACK}:{port}: {reason}",
        ),
        Text(
            fr="Donnez un autre port avec --local, ou aucun : un port libre est alors choisi.",
            en="Give another port with --local, or none: a free one is taken then.",
        ),
    )
