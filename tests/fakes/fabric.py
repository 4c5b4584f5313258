"""A fabric in memory, for tests: scripted answers, and a record of what was asked."""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import shlex
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import (
    OUTSIDE_TIME,
    Addressing,
    CommandTimeoutError,
    Completed,
    FileState,
    ForwardingState,
    HostActivity,
    HostRef,
    HostUnreachableError,
    NetworkState,
    ObjectChange,
    PortState,
    ProcessState,
    SocketState,
    States,
    UnitState,
)


@dataclass(frozen=True)
class Answer:
    """What the fake says to a command.

    Attributes:
        command: a shell-style pattern (``fnmatch``) for the command line; a shell's ``-c`` text stands for
            itself. What is looked at from outside is scripted in the same way: ``unit NAME``, ``look WANT PATH``,
            ``sockets``, ``processes``, ``compare PATH...``, ``forwarding-state``, ``addressing``, ``activity``; the
            output is then the answer (JSON), or a file's content. ``changed`` and ``changed since`` give a path in each
            line.
        host: a pattern for the host's name, or ``segment:NAME`` for an observer on a segment.
        status: the exit status.
        stdout: standard output.
        stderr: standard error.
        trouble: ``unreachable`` or ``timeout`` raises what the real fabric raises.
    """

    command: str
    host: str = "*"
    status: int = 0
    stdout: str = ""
    stderr: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Call:
    """One command that was asked for: where (``host`` or ``segment:NAME``) and what."""

    where: str
    command: str
    address: str = ""


class FakeFabric:
    """A ``Fabric`` without machines: the latest matching answer counts; others give status 127."""

    def __init__(
        self,
        answers: Iterable[Answer | Mapping[str, Any]] = (),
        *,
        delay: float = 0.0,
        ports: Iterable[PortState] = (),
        listening: Iterable[tuple[str, str, int]] = (),
    ) -> None:
        """Script the fake; plain data suffices, so that another process can make one.

        Args:
            answers: answers, or their fields as mappings.
            delay: seconds that each command takes.
            ports: the cables at the start.
            listening: (host, address, port) of each TCP port that can be opened.
        """
        self.answers = [a if isinstance(a, Answer) else Answer(**a) for a in answers]
        self.delay = delay
        self.calls: list[Call] = []
        self.cables = {(p.host, p.interface): p for p in ports}
        self.listening = {tuple(place) for place in listening}
        self.closed = False
        self.kept: dict[HostRef, States] = {}
        self.changes: list[ObjectChange] = []

    def on(self, command: str, host: str = "*", **fields: Any) -> None:  # noqa: ANN401 (an Answer's fields)
        """Add an answer."""
        self.answers.append(Answer(command, host, **fields))

    def another_connection(self) -> FakeFabric:
        """Return the same fake: its script and its record are shared."""
        return self

    def wait_ready(self, instance: str, hosts: Sequence[str], *, timeout: float) -> None:
        """See ``Fabric.wait_ready``: every host is ready."""

    def run(
        self,
        target: HostRef,
        argv: Sequence[str],
        *,
        timeout: float = 20.0,
        stdin: bytes = b"",  # noqa: ARG002 (the protocol's)
        environment: Mapping[str, str] | None = None,  # noqa: ARG002 (the protocol's)
        vouched: bool = False,
    ) -> Completed:
        """See ``Fabric.run``; ``changed`` is scripted as the command ``changed``, one path in each line."""
        done = self._answer(Call(target.host, _command(argv)), timeout)
        scripted = (a for a in self.answers if a.command == "changed" and fnmatch.fnmatchcase(target.host, a.host))
        return replace(done, changed=tuple("\n".join(a.stdout for a in scripted).split())) if vouched else done

    def observe(
        self,
        instance: str,  # noqa: ARG002 (the protocol's)
        segment: str,
        address: str,
        argv: Sequence[str],
        *,
        gateway: str = "",  # noqa: ARG002 (the protocol's)
        timeout: float = 20.0,
    ) -> Completed:
        """See ``Fabric.observe``."""
        return self._answer(Call(f"segment:{segment}", _command(argv), address), timeout)

    def tool(self, target: HostRef, argv: Sequence[str], *, timeout: float = 20.0) -> Completed:
        """See ``Fabric.tool``."""
        return self._answer(Call(target.host, _command(argv)), timeout)

    def unit(
        self,
        target: HostRef,
        name: str,
        properties: Sequence[str] = (),  # noqa: ARG002 (the protocol's)
        *,
        timeout: float = OUTSIDE_TIME,
    ) -> UnitState:
        """See ``Fabric.unit``: a unit that is not scripted does not exist."""
        done = self._told(Call(target.host, f"unit {name}"), timeout)
        known = {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "MainPID": 0}
        said = json.loads(done.stdout) if done is not None and done.stdout else {}
        state = said.pop("file_state", "")
        return UnitState(state, {**known, **({"LoadState": "loaded"} if done is not None else {}), **said})

    def look(
        self, target: HostRef, path: str, want: str = "status", *, follow: bool = True, timeout: float = OUTSIDE_TIME
    ) -> tuple[FileState, bytes]:
        """See ``Fabric.look``: a path that is not scripted does not exist."""
        done = self._told(Call(target.host, f"look {want} {path}"), timeout)
        if done is None or done.status != 0:
            return FileState(exists=False), b""
        if want != "status":
            return FileState(kind="file", size=len(done.stdout), path=path), done.stdout
        told = {"kind": "file", "path": path, **json.loads(done.stdout or b"{}")}
        return FileState(**(told if follow or told["kind"] == "symlink" else {**told, "target": ""})), b""

    def sockets(
        self, target: HostRef, *, connected: bool = False, timeout: float = OUTSIDE_TIME
    ) -> tuple[SocketState, ...]:
        """See ``Fabric.sockets``."""
        done = self._told(Call(target.host, "sockets"), timeout)
        rows = [SocketState(**row) for row in json.loads(done.stdout or b"[]")] if done else []
        return tuple(row for row in rows if connected or (row.protocol, row.state) != ("tcp", "established"))

    def processes(
        self,
        target: HostRef,
        identify: Sequence[int] = (),  # noqa: ARG002 (the protocol's)
        *,
        timeout: float = OUTSIDE_TIME,
    ) -> tuple[ProcessState, ...]:
        """See ``Fabric.processes``."""
        done = self._told(Call(target.host, "processes"), timeout)
        return tuple(ProcessState(**row) for row in json.loads(done.stdout or b"[]")) if done else ()

    def compare(self, target: HostRef, paths: Sequence[str], *, timeout: float = OUTSIDE_TIME) -> Mapping[str, str]:
        """See ``Fabric.compare``: what is not scripted is the image's."""
        done = self._told(Call(target.host, f"compare {' '.join(paths)}"), timeout)
        return {**dict.fromkeys(paths, "same"), **(json.loads(done.stdout) if done and done.stdout else {})}

    def changed_tools(
        self, target: HostRef, since: int | None = None, *, timeout: float = OUTSIDE_TIME
    ) -> tuple[tuple[str, ...], int]:
        """See ``Fabric.changed_tools``: scripted as for ``run``; what is touched meanwhile, as ``changed since``."""
        done = self._told(Call(target.host, "changed" if since is None else "changed since"), timeout)
        return tuple(done.stdout.decode().split("\n")[:-1]) if done else (), 1

    def looks(
        self, target: HostRef, paths: Sequence[str], want: str = "status", *, timeout: float = OUTSIDE_TIME
    ) -> tuple[tuple[FileState, list[Any]], ...]:
        """See ``Fabric.looks``: scripted as for ``look``."""
        rows = []
        for path in paths:
            below = self.look(target, path, want, timeout=timeout)[1] if want != "status" else b""
            rows.append((self.look(target, path, timeout=timeout)[0], json.loads(below or b"[]")))
        return tuple(rows)

    def network(
        self,
        instance: str,  # noqa: ARG002 (the protocol's)
        *,
        addressing: Sequence[str] = (),
        forwarding: Sequence[str] = (),
        beside: Sequence[str] = (),
        timeout: float = OUTSIDE_TIME,
    ) -> NetworkState:
        """See ``Fabric.network``: ``forwarding-state`` gives a ``ForwardingState`` in JSON, ``addressing`` the other.

        What is not scripted is empty.
        """
        near: dict[str, Addressing] = {}
        for host in addressing:
            with contextlib.suppress(HostUnreachableError):
                near[host] = Addressing(**self._document(host, "addressing", timeout))
        far = {host: ForwardingState(**self._document(host, "forwarding-state", timeout)) for host in forwarding}
        for host in beside:
            with contextlib.suppress(HostUnreachableError):
                far[host] = ForwardingState(**self._document(host, "forwarding-state", timeout))
        return NetworkState(near, far)

    def activity(
        self, hosts: Mapping[str, Sequence[str]], *, timeout: float = OUTSIDE_TIME
    ) -> dict[HostRef, HostActivity]:
        """See ``Fabric.activity``: ``activity`` gives a ``HostActivity`` in JSON; others have booted, and no more."""
        seen = {}
        for ref in (HostRef(instance, host) for instance, names in hosts.items() for host in names):
            try:
                done = self._told(Call(ref.host, "activity"), timeout)
            except HostUnreachableError:
                seen[ref] = HostActivity(runs=False)
                continue
            told = json.loads(done.stdout) if done is not None else {}
            seen[ref] = HostActivity(**{"runs": True, "booted": True, **told})
        return seen

    def _document(self, host: str, command: str, timeout: float) -> dict[str, Any]:
        """Return all that is scripted of a host, what was scripted later over what was before."""
        if command != "addressing":  # of all hosts, whoever is meant
            self.calls.append(Call(host, command))
        found: dict[str, Any] = {}
        for answer in self.answers:
            if fnmatch.fnmatchcase(host, answer.host) and answer.command == command:
                done = _completed(answer, Call(host, command), timeout)
                if done.status:
                    raise LabError(same(answer.stderr))
                found |= json.loads(done.stdout or b"{}")
        return found

    def keep_states(
        self,
        instance: str,
        hosts: Sequence[str],
        more: States,
        *,
        timeout: float = OUTSIDE_TIME,  # noqa: ARG002 (the protocol's)
    ) -> None:
        """See ``Fabric.keep_states``: what the hosts are like stays as it is, but for what ``states`` says later."""
        self.kept.update(dict.fromkeys((HostRef(instance, host) for host in hosts), more))

    def state_changes(
        self,
        instance: str,
        hosts: Sequence[str],
        more: States,  # noqa: ARG002 (the protocol's)
        *,
        timeout: float = OUTSIDE_TIME,  # noqa: ARG002 (the protocol's)
    ) -> tuple[tuple[ObjectChange, ...], tuple[str, ...]]:
        """See ``Fabric.state_changes``: those of ``changes``, of hosts whose state was kept."""
        missing = tuple(host for host in hosts if HostRef(instance, host) not in self.kept)
        return tuple(one for one in self.changes if one.host in hosts and one.host not in missing), missing

    def terminal(self, target: HostRef, argv: Sequence[str], *, rows: int, columns: int) -> int:  # noqa: ARG002
        """See ``Fabric.terminal``: the command's scripted output can be read, then the end of the file."""
        done = self._answer(Call(target.host, _command(argv)), 10)
        reading, writing = os.pipe()
        os.write(writing, done.stdout + done.stderr)
        os.close(writing)
        return reading

    def connect(
        self,
        target: HostRef,
        port: int,
        *,
        address: str = "127.0.0.1",
        timeout: float = 5.0,  # noqa: ARG002 (the protocol's)
    ) -> socket.socket:
        """See ``Fabric.connect``: one end of a socket pair, where something listens."""
        if (target.host, address, port) not in self.listening:
            raise LabError(same(f"{target}: {address}:{port}: Connection refused"))
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    def ports(self, instance: str) -> tuple[PortState, ...]:  # noqa: ARG002 (the protocol's)
        """See ``Fabric.ports``."""
        return tuple(self.cables.values())

    def set_port(
        self,
        target: HostRef,
        interface: str,
        *,
        plugged: bool | None = None,
        segment: str | None = None,
        mtu: int | None = None,
        rate: int | None = None,
        loss: int | None = None,
    ) -> None:
        """See ``Fabric.set_port``."""
        old = self.cables.get((target.host, interface))
        if old is None:
            raise LabError(same(f"{target}: no interface {interface}"))
        wanted: dict[str, Any] = {
            "plugged": plugged,
            "segment": segment,
            "mtu": mtu,
            "rate": rate,
            "loss": loss,
        }
        new = replace(old, **{name: value for name, value in wanted.items() if value is not None})
        self.cables[target.host, interface] = replace(new, rate=new.rate or None)

    def close(self) -> None:
        """See ``Fabric.close``."""
        self.closed = True

    def __enter__(self) -> FakeFabric:
        """Return the fake itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """See ``Fabric.close``."""
        self.close()

    def _answer(self, call: Call, timeout: float) -> Completed:
        done = self._told(call, timeout)
        if done is not None:
            return done
        tool = call.command.split(" ", 1)[0]
        return Completed(127, b"", f"{tool}: not found\n".encode())

    def _told(self, call: Call, timeout: float) -> Completed | None:
        self.calls.append(call)
        time.sleep(self.delay)
        return self._scripted(call, timeout)

    def _scripted(self, call: Call, timeout: float) -> Completed | None:
        for answer in reversed(self.answers):
            if fnmatch.fnmatchcase(call.where, answer.host) and fnmatch.fnmatchcase(call.command, answer.command):
                return _completed(answer, call, timeout)
        return None


def _command(argv: Sequence[str]) -> str:
    if len(argv) == 3 and argv[1] == "-c":
        return argv[2]
    return shlex.join(argv)


def _completed(answer: Answer, call: Call, timeout: float) -> Completed:
    if answer.trouble == "unreachable":
        raise HostUnreachableError(same(f"{call.where} does not run"))
    if answer.trouble == "timeout":
        raise CommandTimeoutError(same(f"{call.where}: not done after {timeout:g} s"))
    return Completed(answer.status, answer.stdout.encode(), answer.stderr.encode())
