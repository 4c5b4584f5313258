"""One host seen from outside: its systemd, processes, sockets and files, without anything of its own being run."""

from __future__ import annotations

import contextlib
import math
import os
import select
from collections.abc import Callable, Iterator
from typing import Any

from . import activity, forwarding, hosts, kernel, network_state, sockets
from .dockerd import HostContainer
from .host_state import State, host_state
from .layers import Layers, written_by
from .messages import HelperError, Unit
from .processes import Table
from .systemd import Systemd


class Outside:
    """A host, for as long as its first process lives."""

    def __init__(self, container: HostContainer) -> None:
        """Take a running host."""
        self.container = container
        self.pidfd = os.pidfd_open(container.pid)
        self._layers: Layers | None = None
        self._asked_layers = False
        self._systemd: Systemd | None = None

    def lives(self) -> bool:
        """Return whether the host's first process is still the same."""
        ended = select.poll()
        ended.register(self.pidfd, select.POLLIN)
        return not ended.poll(0)

    @contextlib.contextmanager
    def root(self) -> Iterator[int]:
        """Give the host's root for a moment: held for longer it would keep the host's file system busy."""
        fd = kernel.root_of(self.container.pid)
        try:
            if not self.lives():
                raise HelperError("unreachable", f"{self.container.instance}/{self.container.host} does not run")
            yield fd
        finally:
            os.close(fd)
            self._release()

    def layers(self) -> Layers:
        """Return what tells the image's files.

        Raises:
            HelperError: this machine stores containers in a way that does not show them.
        """
        layers = self._known_layers()
        if layers is None:
            raise HelperError("failed", "the image's own files cannot be told from the host's on this machine")
        return layers

    def unit(self, root: int, request: Unit, deadline: float) -> dict[str, Any]:
        """Return what systemd says of a unit; a connection that broke since the last request is made again."""
        reused = self._systemd is not None
        if self._systemd is None:
            self._systemd = Systemd(self.container, self.pidfd, root, self._known_layers(), deadline)
        try:
            return self._systemd.unit(root, request.name, request.properties, deadline)
        except BaseException as error:
            self._systemd.close()
            self._systemd = None
            if not reused or not isinstance(error, HelperError | ConnectionError):
                raise
        return self.unit(root, request, deadline)

    def processes(self, root: int, identify: list[int], deadline: float) -> list[dict[str, Any]]:
        """Return the host's processes; those asked for with their identity."""
        with Table(root, self.container.pid) as table:
            rows = {pid: row for pid in table.numbers() if (row := table.row(pid)) is not None}
            for pid in identify:
                if pid in rows:
                    rows[pid] |= table.identity(pid, self.layers(), deadline)
        return list(rows.values())

    def sockets(self, root: int, own_network: int, deadline: float, *, connected: bool) -> list[dict[str, Any]]:
        """Return the host's sockets with the processes that hold them; those of TCP connections if they are wanted."""
        rows = sockets.listed(self.container.pid, self.pidfd, own_network, deadline, connected=connected)
        holders: dict[int, set[int]] = {}
        with Table(root, self.container.pid) as table:
            for pid, inode in table.sockets(deadline):
                holders.setdefault(inode, set()).add(pid)
        return [{**row, "pids": sorted(holders.get(row["inode"], ()))} for row in rows]

    def addressing(self, own_network: int, deadline: float) -> dict[str, Any]:
        """Return for whom the host answers; see ``forwarding.addressing``."""
        return self._while_it_lives(
            lambda: forwarding.addressing(self.container.pid, self.pidfd, own_network, deadline)
        )

    def forwarding_state(
        self, own_network: int, deadline: float, filters: Callable[[int, float], forwarding.Rules]
    ) -> dict[str, Any]:
        """Return what decides where the host sends packets; see ``forwarding.forwarding_state``."""
        return self._while_it_lives(
            lambda: forwarding.forwarding_state(
                self.container.pid, self.pidfd, own_network, deadline, lambda: filters(self.pidfd, deadline)
            )
        )

    def activity(self, deadline: float) -> dict[str, Any]:
        """Return whether the host has booted, when something was last typed in it and what was changed last.

        Raises:
            HelperError: it does not run.
        """
        with self.root() as root:
            typed = activity.last_typed(root)
        written = written_by(self.container.pid, self.container.id)
        row = {"runs": True, "booted": hosts.has_booted(self.container.pid), "typed": typed}
        if not self.lives():
            raise HelperError("unreachable", f"{self.container.instance}/{self.container.host} does not run")
        if written is None:
            return {**row, "trouble": "what the host has written cannot be told from its image on this machine"}
        try:
            change = activity.last_changed(written, deadline)
        finally:
            os.close(written)
        return {**row, "changed": change.at, "path": change.path, "whole": change.whole, "late": change.late}

    def state(
        self, root: int, own_network: int, deadline: float, filters: Callable[[int, float], forwarding.Rules]
    ) -> State:
        """Return what state the host is in; see ``host_state`` and ``network_state``."""
        pid, pidfd = self.container.pid, self.pidfd
        rows = self._while_it_lives(
            lambda: forwarding.network_rows(
                pid, pidfd, own_network, deadline, lambda: filters(pidfd, deadline), network_state.SETTINGS
            )
        )
        with Table(root, pid) as table:
            routed = any(table.executable(number) == network_state.ROUTING_DAEMON for number in table.numbers())
        return {
            **host_state(root, pid, self.layers(), deadline),
            "network": network_state.network_objects(rows, routed=routed),
            "sockets": self.listeners(root, own_network, deadline),
        }

    def listeners(self, root: int, own_network: int, deadline: float) -> dict[str, dict[str, str]]:
        """Return who listens in the host: of a process and its children, which come and go, the process."""
        listed = sockets.listed(self.container.pid, self.pidfd, own_network, deadline, connected=False, unix=False)
        rows = network_state.listeners(listed)
        with Table(root, self.container.pid) as table:
            holders = table.holders({row["inode"] for row in rows}, deadline)
            first = {inode: {pid for pid in pids if table.parent(pid) not in pids} for inode, pids in holders.items()}
            return network_state.socket_objects(rows, first, table.executable)

    def changed_tools(self, deadline: float, since: float = math.inf) -> list[str]:
        """Return which of the host's tools are not its image's, or were not since a time; none where none can tell."""
        layers = self._known_layers()
        try:
            return layers.changed_tools(deadline, since) if layers is not None else []
        finally:
            self._release()

    def close(self) -> None:
        """Let go of the host."""
        if self._systemd is not None:
            self._systemd.close()
        if self._layers is not None:
            self._layers.close()
        os.close(self.pidfd)

    def _while_it_lives(self, look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what is seen of the host's network, if the host was still there afterwards: numbers are used again.

        Raises:
            HelperError: it has ended.
        """
        try:
            seen = look()
        except TimeoutError:
            raise
        except OSError as error:
            if self.lives():
                raise HelperError("failed", f"{type(error).__name__}: {error}") from error
        else:
            if self.lives():
                return seen
        raise HelperError("unreachable", f"{self.container.instance}/{self.container.host} does not run")

    def _known_layers(self) -> Layers | None:
        if not self._asked_layers:
            self._asked_layers = True
            self._layers = Layers.of(self.container.pid, self.container.id)
        return self._layers

    def _release(self) -> None:
        if self._layers is not None:
            self._layers.release()
