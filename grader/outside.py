"""testinfra's modules over what the fabric sees of a host from outside: none of the host's own programs is run.

Their names and answers are testinfra's (pytest-testinfra 10.2.2), so that a check reads the same. What has no other way
still runs in the host, and the evidence says so: ``systemd-analyze verify`` (``Service.is_valid``), users and groups
that are in no file of the host (a directory's), columns of ps(1) that we do not know.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import posixpath
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import testinfra.host
import testinfra.modules.file
import testinfra.modules.group
import testinfra.modules.interface
import testinfra.modules.package
import testinfra.modules.process
import testinfra.modules.service
import testinfra.modules.socket
import testinfra.modules.user

from grader.errors import ObservationError
from orchestrator.errors import BreakfixError
from orchestrator.fabric.base import (
    Completed,
    Fabric,
    FileState,
    HostRef,
    ProcessState,
    SocketState,
    UnitState,
)
from orchestrator.text import Text

_RUNNING = frozenset({"active", "reloading", "refreshing"})
"""What ``systemctl is-active`` ends with 0 for."""
_ENABLED = frozenset({"enabled", "enabled-runtime", "static", "alias", "indirect"})
"""What ``systemctl is-enabled`` ends with 0 for, but for ``generated``: then the runlevels' links decide."""
_TICKS = os.sysconf("SC_CLK_TCK")
T = TypeVar("T")


class Sight:
    """One host as the fabric sees it from outside; each look is recorded as evidence."""

    def __init__(self, fabric: Fabric, target: HostRef, record: Any) -> None:  # noqa: ANN401 (Recorder.add)
        """Look at one host; ``record`` is a recorder's ``add``."""
        self._fabric = fabric
        self._target = target
        self._record = record

    @property
    def name(self) -> str:
        """Return the host's name."""
        return self._target.host

    def unit(self, name: str, *properties: str) -> UnitState:
        """Return what systemd says of a unit."""
        return self._looked(
            f"unit {name}",
            lambda: self._fabric.unit(self._target, name, properties),
            lambda state: " ".join([state.file_state or "-", *(f"{k}={v}" for k, v in state.properties.items())]),
        )

    def file(self, path: str, *, follow: bool = True) -> FileState:
        """Return what is at a path."""
        return self._looked(
            f"status of {path}",
            lambda: self._fabric.look(self._target, path, follow=follow),
            lambda seen: repr(seen[0]),
        )[0]

    def read(self, path: str, want: str = "content") -> bytes | None:
        """Return a file's content or digest, or a folder's entries (JSON); None where there is nothing."""
        state, data = self._looked(
            f"{want} of {path}",
            lambda: self._fabric.look(self._target, path, want),
            lambda seen: seen[1].decode("utf-8", errors="replace") if seen[0].exists else "does not exist",
        )
        return data if state.exists else None

    def tree(self, path: str) -> tuple[FileState, ...]:
        """Return all that is below a folder; paths are relative to it."""
        rows = self.read(path, "tree")
        return tuple(FileState(**row) for row in json.loads(rows)) if rows is not None else ()

    def sockets(self) -> tuple[SocketState, ...]:
        """Return the host's sockets."""
        return self._looked("sockets", lambda: self._fabric.sockets(self._target), _listeners)

    def processes(self, identify: Sequence[int] = ()) -> tuple[ProcessState, ...]:
        """Return the host's processes; those of ``identify`` with what tells whether they are the image's."""
        return self._looked(
            f"processes{' ' if identify else ''}{' '.join(map(str, identify))}",
            lambda: self._fabric.processes(self._target, identify),
            lambda rows: "\n".join(
                f"{r.pid} {r.executable} {r.image} {' '.join(r.foreign)}".rstrip()
                for r in rows
                if not identify or r.image
            ),
        )

    def compare(self, paths: Sequence[str]) -> dict[str, str]:
        """Return for each path whether the file there is the image's own."""
        return self._looked(
            f"compare with the image {' '.join(paths)}",
            lambda: dict(self._fabric.compare(self._target, paths)),
            lambda states: "\n".join(f"{path}: {state}" for path, state in states.items()),
        )

    def tool(self, *argv: str) -> Completed:
        """Run a tool of ours in the host's network."""
        return self._looked(
            " ".join(argv),
            lambda: self._fabric.tool(self._target, argv),
            lambda done: (done.stdout + done.stderr).decode("utf-8", errors="replace"),
        )

    def _looked(self, what: str, look: Callable[[], T], told: Callable[[T], str]) -> T:
        started = time.monotonic()
        try:
            answer = look()
        except BreakfixError as error:
            self._record(f"{self.name} (from outside)", what, None, str(error), time.monotonic() - started)
            raise
        self._record(f"{self.name} (from outside)", what, None, told(answer), time.monotonic() - started)
        return answer


def _listeners(rows: Sequence[SocketState]) -> str:
    return "\n".join(f"{r.protocol} {r.address}:{r.port} {list(r.pids)}" for r in rows if r.state != "established")


def sight_of(module: Any) -> Sight:  # noqa: ANN401 (testinfra's modules have no types)
    """Return how the host of a testinfra module is seen."""
    sight: Sight = module._host.backend.sight  # noqa: SLF001 (testinfra's only way from a module to its host)
    return sight


class Service(testinfra.modules.service.SystemdService):
    """A unit, as the host's systemd itself says, asked over its own socket."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Service]:  # noqa: ARG003 (testinfra's signature)
        """Return this class; testinfra would look for systemd's folder in the host."""
        return cls

    @property
    def unit(self) -> str:
        """Return the unit's full name."""
        return str(self.name) if _is_full(str(self.name)) else f"{self.name}.service"

    @property
    def exists(self) -> bool:
        """Return whether systemd knows the unit."""
        return bool(self._property("Unit.LoadState") != "not-found")

    @property
    def is_running(self) -> bool:
        """Return whether the unit is active."""
        return str(self._property("Unit.ActiveState")) in _RUNNING

    @property
    def is_enabled(self) -> bool:
        """Return whether the unit starts with the host.

        Raises:
            RuntimeError: a unit that is no service is in no state that says so.
        """
        state = self._state
        if state in _ENABLED:
            return True
        if state == "disabled":
            return False
        if not _is_full(str(self.name)):
            return _has_runlevel_link(sight_of(self), str(self.name))
        raise RuntimeError(f"Unable to determine state of {self.name}. Does this service exist?")

    @property
    def is_masked(self) -> bool:
        """Return whether the unit is masked."""
        return self._state == "masked"

    @functools.cached_property
    def systemd_properties(self) -> dict[str, Any]:
        """Return the unit's properties by their names in ``systemctl show``, with the values of D-Bus."""
        return dict(sight_of(self).unit(self.unit).properties)

    @property
    def main_pid(self) -> int:
        """Return the unit's main process as the host numbers it; 0 for none."""
        return int(self._property("Service.MainPID"))

    @property
    def user(self) -> str:
        """Return the account that the unit's ``User=`` names, or ``root``."""
        return str(self._property("Service.User")) or "root"

    def systemd_property(self, name: str) -> Any:  # noqa: ANN401 (whatever D-Bus gives)
        """Return a property of the unit by its interface and name, such as ``Service.ExecStart``."""
        return self._property(name)

    @property
    def is_genuine(self) -> bool:
        """Return whether the unit is its image's, runs, and runs the image's program; ``doubts`` says why not."""
        return not self.doubts

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return what of the running unit is not its image's: its file, its command, its main process's code."""
        from grader.identity import doubts_of_unit  # noqa: PLC0415 (few checks ask)

        return doubts_of_unit(sight_of(self), self.unit)

    @property
    def _state(self) -> str:
        return sight_of(self).unit(self.unit, "Unit.LoadState").file_state

    def _property(self, name: str) -> Any:  # noqa: ANN401 (whatever D-Bus gives)
        return sight_of(self).unit(self.unit, name).properties[name.partition(".")[2]]


def _is_full(name: str) -> bool:
    """Return whether a unit's name has a suffix."""
    return name.rpartition(".")[2] in testinfra.modules.service.SystemdService.suffix_list


def _has_runlevel_link(sight: Sight, name: str) -> bool:
    """Return whether a service without a unit file of its own is started by a runlevel (``/etc/rc?.d/S??name``)."""
    for level in "0123456S":
        names = sight.read(f"/etc/rc{level}.d", "entries")
        if names is not None and any(n[:1] == "S" and n[3:] == name for n in json.loads(names)):
            return True
    return False


class Socket(testinfra.modules.socket.Socket):
    """A socket, as the kernel lists it."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Socket]:  # noqa: ARG003 (testinfra's signature)
        """Return this class; testinfra would look for ss or netstat."""
        return cls

    def _iter_sockets(self, listening: bool) -> Iterator[tuple[Any, ...]]:
        for row in sight_of(self).sockets():
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


class File(testinfra.modules.file.File):
    """A file, looked at below the host's root."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[File]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def exists(self) -> bool:
        """Return whether there is anything."""
        return self._seen().exists

    @property
    def is_file(self) -> bool:
        """Return whether there is a regular file."""
        return self._seen().kind == "file"

    @property
    def is_directory(self) -> bool:
        """Return whether there is a folder."""
        return self._seen().kind == "directory"

    @property
    def is_executable(self) -> bool:
        """Return whether root may execute it."""
        state = self._seen()
        return state.exists and (state.kind == "directory" or bool(state.mode & 0o111))

    @property
    def is_pipe(self) -> bool:
        """Return whether there is a FIFO."""
        return self._seen().kind == "fifo"

    @property
    def is_socket(self) -> bool:
        """Return whether there is a socket."""
        return self._seen().kind == "socket"

    @property
    def is_symlink(self) -> bool:
        """Return whether there is a symbolic link."""
        return self._seen(follow=False).kind == "symlink"

    @property
    def linked_to(self) -> str:
        """Return the path without any link in it, as realpath(1) does: its last part need not exist."""
        sight, path = sight_of(self), str(self.path)
        for _ in range(40):  # as many links as the kernel follows
            state = sight.file(path)
            if state.exists:
                return state.path
            link = sight.file(path, follow=False)
            folder = sight.file(posixpath.dirname(path) or "/")
            if not folder.exists:
                break
            if link.kind != "symlink":
                return posixpath.join(folder.path, posixpath.basename(path))
            path = posixpath.normpath(posixpath.join(folder.path, link.target))
        raise AssertionError(f"{sight.name}: {self.path} leads nowhere")

    @property
    def user(self) -> str:
        """Return the owner's name."""
        uid = self._there().uid
        names = {row[2]: row[0] for row in rows_of(sight_of(self), "passwd")}
        return names.get(str(uid)) or self._in_host("%U")

    @property
    def uid(self) -> int:
        """Return the owner's number."""
        return self._there().uid

    @property
    def group(self) -> str:
        """Return the group's name."""
        gid = self._there().gid
        names = {row[2]: row[0] for row in rows_of(sight_of(self), "group")}
        return names.get(str(gid)) or self._in_host("%G")

    @property
    def gid(self) -> int:
        """Return the group's number."""
        return self._there().gid

    @property
    def mode(self) -> int:
        """Return the permission bits."""
        return self._there().mode

    @property
    def mtime(self) -> dt.datetime:
        """Return the time of the last change, in local time as testinfra does."""
        return dt.datetime.fromtimestamp(self._there().mtime)  # noqa: DTZ006 (testinfra's own form)

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        return self._there().size

    @property
    def inode(self) -> int:
        """Return the number of the inode."""
        return self._there().inode

    @property
    def md5sum(self) -> str:
        """Return the MD5 digest of the content."""
        return self._read("md5").decode()

    @property
    def sha256sum(self) -> str:
        """Return the SHA-256 digest of the content."""
        return self._read("sha256").decode()

    @property
    def is_the_images(self) -> bool:
        """Return whether the file is its image's own, unchanged."""
        return sight_of(self).compare([str(self.path)])[str(self.path)] == "same"

    def contains(self, pattern: str) -> bool:
        """Return whether a line matches a pattern of grep(1); it is our machine's grep that looks."""
        data = sight_of(self).read(str(self.path)) if self._seen().kind == "file" else None
        if data is None:
            return False
        return subprocess.run(["grep", "-q", "-e", pattern], input=data, check=False).returncode == 0  # noqa: S603, S607

    def listdir(self) -> list[str]:
        """Return the names in a folder, without hidden ones as ls(1) does."""
        return [str(name) for name in json.loads(self._read("entries")) if not name.startswith(".")]

    def tree(self) -> tuple[FileState, ...]:
        """Return all that is below a folder, hidden or not; paths are relative to it."""
        self._there()
        return sight_of(self).tree(str(self.path))

    def _get_content(self, decode: bool) -> Any:  # noqa: ANN401 (testinfra's signature)
        data = self._read("content")
        return data.decode("utf-8", errors="replace") if decode else data

    def _in_host(self, what: str) -> str:
        """Ask the host's own stat(1), which knows a directory's users and groups."""
        return str(self._host.check_output("stat -Lc %s %s", what, self.path))

    def _seen(self, *, follow: bool = True) -> FileState:
        return sight_of(self).file(str(self.path), follow=follow)

    def _there(self) -> FileState:
        state = self._seen()
        if not state.exists:
            raise AssertionError(f"{sight_of(self).name}: {self.path} does not exist")
        return state

    def _read(self, want: str) -> bytes:
        data = sight_of(self).read(str(self.path), want)
        if data is None:
            raise AssertionError(f"{sight_of(self).name}: {self.path} does not exist")
        return data


class Process(testinfra.modules.process.PosixProcess):
    """The processes, as the kernel lists them."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Process]:  # noqa: ARG003 (testinfra's signature)
        """Return this class; testinfra would look for busybox."""
        return cls

    def _get_processes(self, **filters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (testinfra's signature)
        rows = self._rows()
        if filters.keys() - (rows[0].keys() if rows else set()):
            found: list[dict[str, Any]] = super()._get_processes(**filters)  # type: ignore[no-untyped-call]
            return found
        return rows

    def _get_process_attribute_by_pid(self, pid: int, name: str) -> dict[str, Any]:
        row = next((row for row in self._rows() if row["pid"] == pid), None)
        if row is None or name not in row:
            found: dict[str, Any] = super()._get_process_attribute_by_pid(pid, name)  # type: ignore[no-untyped-call]
            return found
        return {"lstart": row["lstart"], name: row[name]}

    def _rows(self) -> list[dict[str, Any]]:
        sight = sight_of(self)
        users = {row[2]: row[0] for row in rows_of(sight, "passwd")}
        groups = {row[2]: row[0] for row in rows_of(sight, "group")}
        return [_columns(state, users, groups) for state in sight.processes()]


def _columns(state: ProcessState, users: dict[str, str], groups: dict[str, str]) -> dict[str, Any]:
    """Return the columns of ps(1) of one process."""
    age = max(0.01, time.clock_gettime(time.CLOCK_BOOTTIME) - state.started / _TICKS)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    user, group = users.get(str(state.uid), str(state.uid)), groups.get(str(state.gid), str(state.gid))
    began = dt.datetime.fromtimestamp(int(time.time() - age + 0.5))  # noqa: DTZ006 (as ps prints it)
    return {
        "pid": state.pid,
        "ppid": state.ppid,
        "comm": state.comm,
        "args": state.args,
        "user": user,
        "euser": user,
        "uid": state.uid,
        "euid": state.uid,
        "group": group,
        "egroup": group,
        "gid": state.gid,
        "egid": state.gid,
        "stat": state.state,
        "s": state.state,
        "state": state.state,
        "exe": state.executable,
        "unit": state.unit,
        "rss": state.resident // 1024,
        "vsz": state.virtual // 1024,
        "pcpu": round(100 * state.ticks / _TICKS / age, 1),
        "pmem": round(100 * state.resident / memory, 1),
        "lstart": f"{began:%a %b} {began.day} {began:%H:%M:%S %Y}",
    }


class Package(testinfra.modules.package.Package):
    """A package, by dpkg's own record."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Package]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def is_installed(self) -> bool:
        """Return whether dpkg holds the package for installed."""
        status = self._record().get("Status", "").split()
        return status[:1] in (["install"], ["hold"]) and status[1:3] == ["ok", "installed"]

    @property
    def version(self) -> str:
        """Return the version.

        Raises:
            AssertionError: it is not installed.
        """
        record = self._record()
        if record.get("Status", "").split()[:1] not in (["install"], ["hold"]):
            raise AssertionError(f"{sight_of(self).name}: the package {self.name} is not installed")
        return record["Version"]

    def _record(self) -> dict[str, str]:
        name, _, architecture = str(self.name).partition(":")
        data = sight_of(self).read("/var/lib/dpkg/status") or b""
        for stanza in _stanzas(data, name):
            if architecture in ("", stanza.get("Architecture")):
                return stanza
        return {}


def _stanzas(data: bytes, name: str) -> Iterator[dict[str, str]]:
    """Give the records of a package (deb-control(5)) by their fields of one line."""
    head = f"Package: {name}\n".encode()
    position = 0 if data.startswith(head) else data.find(b"\n" + head) + 1
    while position or data.startswith(head):
        end = data.find(b"\n\n", position)
        text = data[position : end if end >= 0 else len(data)].decode("utf-8", errors="replace")
        rows = (line.partition(": ") for line in text.splitlines() if not line.startswith(" "))
        yield {field: value for field, _, value in rows}
        position = data.find(b"\n" + head, position + 1) + 1
        if not position:
            return


def rows_of(sight: Sight, database: str) -> list[list[str]]:
    """Return the rows of ``passwd``, ``group`` or ``shadow`` of a host's ``/etc``."""
    text = (sight.read(f"/etc/{database}") or b"").decode("utf-8", errors="replace")
    width = {"passwd": 7, "group": 4, "shadow": 9}[database]
    return [row for row in (line.split(":") for line in text.splitlines()) if len(row) >= width]


class User(testinfra.modules.user.User):
    """A user, by the host's own files; one of a directory is asked for in the host."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[User]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def name(self) -> str:
        """Return the name; commands run as root in a host."""
        return str(self._name or "root")

    @property
    def exists(self) -> bool:
        """Return whether there is such a user."""
        return self._row() is not None or bool(super().exists)

    @property
    def uid(self) -> int:
        """Return the number."""
        row = self._row()
        return int(row[2]) if row else int(super().uid)

    @property
    def gid(self) -> int:
        """Return the primary group's number."""
        row = self._row()
        return int(row[3]) if row else int(super().gid)

    @property
    def group(self) -> str:
        """Return the primary group's name."""
        row = self._row()
        names = [g[0] for g in rows_of(sight_of(self), "group") if row and g[2] == row[3]]
        return names[0] if names else str(super().group)

    @property
    def gids(self) -> list[int]:
        """Return the numbers of all groups, the primary one first."""
        row = self._row()
        if row is None:
            return list(super().gids)
        return list(dict.fromkeys([int(row[3]), *(int(g[2]) for g in self._memberships())]))

    @property
    def groups(self) -> list[str]:
        """Return the names of all groups, the primary one first."""
        if self._row() is None:
            return list(super().groups)
        return list(dict.fromkeys([self.group, *(g[0] for g in self._memberships())]))

    @property
    def home(self) -> str:
        """Return the home folder."""
        row = self._row()
        return row[5] if row else str(super().home)

    @property
    def shell(self) -> str:
        """Return the login shell."""
        row = self._row()
        return row[6] if row else str(super().shell)

    @property
    def gecos(self) -> str:
        """Return the comment field."""
        row = self._row()
        return row[4] if row else str(super().gecos)

    @property
    def password(self) -> str:
        """Return the encrypted password."""
        row = self._shadow()
        return row[1] if row else str(super().password)

    @property
    def password_max_days(self) -> int | None:
        """Return after how many days the password must be changed."""
        row = self._shadow()
        return _number(row[4]) if row else super().password_max_days

    @property
    def password_min_days(self) -> int | None:
        """Return for how many days the password cannot be changed."""
        row = self._shadow()
        return _number(row[3]) if row else super().password_min_days

    @property
    def get_local_users(self) -> list[str]:
        """Return the names of the users in the host's own files."""
        return [row[0] for row in rows_of(sight_of(self), "passwd")]

    def _row(self) -> list[str] | None:
        return next((row for row in rows_of(sight_of(self), "passwd") if row[0] == self.name), None)

    def _shadow(self) -> list[str] | None:
        return next((row for row in rows_of(sight_of(self), "shadow") if row[0] == self.name), None)

    def _memberships(self) -> list[list[str]]:
        return [g for g in rows_of(sight_of(self), "group") if self.name in g[3].split(",")]


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


class Group(testinfra.modules.group.Group):
    """A group, by the host's own files; one of a directory is asked for in the host."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Group]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def exists(self) -> bool:
        """Return whether there is such a group."""
        return self._row() is not None or bool(super().exists)

    @property
    def gid(self) -> int:
        """Return the number."""
        row = self._row()
        return int(row[2]) if row else int(super().gid)

    @property
    def members(self) -> list[str]:
        """Return those who are in the group besides whose primary one it is."""
        row = self._row()
        return [m for m in row[3].split(",") if m] if row else list(super().members)

    @property
    def get_local_groups(self) -> list[str]:
        """Return the names of the groups in the host's own files."""
        return [row[0] for row in rows_of(sight_of(self), "group")]

    def _row(self) -> list[str] | None:
        return next((row for row in rows_of(sight_of(self), "group") if row[0] == self.name), None)


class Interface(testinfra.modules.interface.LinuxInterface):
    """An interface, seen by our own ``ip`` in the host's network."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Interface]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def exists(self) -> bool:
        """Return whether there is such an interface."""
        return any(row.get("ifname") == self.name for row in self._ip("link", "show"))

    @property
    def speed(self) -> int:
        """Return the speed in Mbit/s, where the kernel knows one."""
        data = sight_of(self).read(f"/sys/class/net/{self.name}/speed")
        if data is None:
            raise AssertionError(f"{sight_of(self).name} has no interface {self.name}")
        return int(data)

    @property
    def addresses(self) -> list[str]:
        """Return the addresses without prefix length."""
        rows = self._ip("address", "show", "dev", str(self.name))
        return [a["local"] for row in rows for a in row.get("addr_info", ()) if "local" in a]

    @property
    def link(self) -> list[dict[str, Any]]:
        """Return the link's properties, as ``ip --json link show`` prints them."""
        return self._ip("link", "show", "dev", str(self.name))

    def routes(self, scope: str | None = None) -> list[dict[str, Any]]:
        """Return the routes that lead out by the interface."""
        return self._ip("route", "list", "dev", str(self.name), *(() if scope is None else ("scope", scope)))

    @classmethod
    def default(cls, family: str | None = None) -> Interface:
        """Return the interface of the default route; without a name where there is none."""
        made = cls(None, family=family)
        names = [r["dev"] for r in made._ip("route", "list", "default") if "dev" in r]
        made.name = names[0] if names else None
        return made

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of all interfaces."""
        return [row["ifname"] for row in cls(None)._ip("link", "show")]  # noqa: SLF001 (our own)

    def _ip(self, *words: str) -> list[dict[str, Any]]:
        family = () if self.family is None else ("-family", str(self.family))
        sight = sight_of(self)
        done = sight.tool("ip", "-json", *family, *words)
        said = done.stderr.decode("utf-8", errors="replace").strip()
        if done.status != 0:
            if "does not exist" in said or "Cannot find device" in said:
                raise AssertionError(f"{sight.name}: {said}")
            raise ObservationError(Text(fr=f"{sight.name} : ip : {said}", en=f"{sight.name}: ip: {said}"))
        return [row for row in json.loads(done.stdout or b"[]") if isinstance(row, dict) and row]
