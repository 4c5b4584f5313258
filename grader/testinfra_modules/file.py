"""testinfra's module ``file``, below the host's root."""

from __future__ import annotations

import datetime as dt
import json
import posixpath
import subprocess
from typing import Any

import testinfra.host
import testinfra.modules.file

from grader.accounts import rows_of
from grader.bilingual import reason
from grader.host_inspector import inspector_of
from orchestrator.fabric.fabric_interface import FileState


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
        inspector, path = inspector_of(self), str(self.path)
        for _ in range(40):  # as many links as the kernel follows
            state = inspector.file(path)
            if state.exists:
                return state.path
            link = inspector.file(path, follow=False)
            folder = inspector.file(posixpath.dirname(path) or "/")
            if not folder.exists:
                break
            if link.kind != "symlink":
                return posixpath.join(folder.path, posixpath.basename(path))
            path = posixpath.normpath(posixpath.join(folder.path, link.target))
        raise AssertionError(
            reason(
                fr=f"{inspector.name} : {self.path} ne mène nulle part",
                en=f"{inspector.name}: {self.path} leads nowhere",
            )
        )

    @property
    def user(self) -> str:
        """Return the owner's name."""
        uid = self._there().uid
        names = {row[2]: row[0] for row in rows_of(inspector_of(self), "passwd")}
        return names.get(str(uid)) or self._in_host("%U")

    @property
    def uid(self) -> int:
        """Return the owner's number."""
        return self._there().uid

    @property
    def group(self) -> str:
        """Return the group's name."""
        gid = self._there().gid
        names = {row[2]: row[0] for row in rows_of(inspector_of(self), "group")}
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
        return inspector_of(self).compare([str(self.path)])[str(self.path)] == "same"

    def contains(self, pattern: str) -> bool:
        """Return whether a line matches a pattern of grep(1); it is our machine's grep that looks."""
        data = inspector_of(self).read(str(self.path)) if self._seen().kind == "file" else None
        if data is None:
            return False
        return subprocess.run(["grep", "-q", "-e", pattern], input=data, check=False).returncode == 0  # noqa: S603, S607

    def listdir(self) -> list[str]:
        """Return the names in a folder, without hidden ones as ls(1) does."""
        return [str(name) for name in json.loads(self._read("entries")) if not name.startswith(".")]

    def tree(self) -> tuple[FileState, ...]:
        """Return all that is below a folder, hidden or not; paths are relative to it."""
        self._there()
        return inspector_of(self).tree(str(self.path))

    def _get_content(self, decode: bool) -> Any:  # noqa: ANN401 (testinfra's signature)
        data = self._read("content")
        return data.decode("utf-8", errors="replace") if decode else data

    def _in_host(self, what: str) -> str:
        """Ask the host's own stat(1), which knows a directory's users and groups."""
        return str(self._host.check_output("stat -Lc %s %s", what, self.path))

    def _seen(self, *, follow: bool = True) -> FileState:
        return inspector_of(self).file(str(self.path), follow=follow)

    def _there(self) -> FileState:
        state = self._seen()
        if not state.exists:
            raise self._missing()
        return state

    def _read(self, want: str) -> bytes:
        data = inspector_of(self).read(str(self.path), want)
        if data is None:
            raise self._missing()
        return data

    def _missing(self) -> AssertionError:
        host = inspector_of(self).name
        return AssertionError(reason(fr=f"{host} : {self.path} n'existe pas", en=f"{host}: {self.path} does not exist"))
