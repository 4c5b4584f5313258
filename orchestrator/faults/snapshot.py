"""One file of a host as it was before a fault: kind, owner, mode and content, kept as a short text."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text

MOST = 256 << 10
"""Bytes of the largest file that is kept."""

_KINDS = {
    "regular file": "file",
    "regular empty file": "file",
    "directory": "folder",
    "symbolic link": "link",
}


@dataclass(frozen=True)
class Snapshot:
    """What a path was.

    Attributes:
        kind: ``file``, ``folder``, ``link`` or ``absent``.
        owner: number of the user.
        group: number of the group.
        mode: octal digits.
        content: a file's bytes in base64, or a link's target.
        parent: the highest folder above it that did not exist either, or empty.
    """

    kind: str
    owner: int = 0
    group: int = 0
    mode: str = ""
    content: str = ""
    parent: str = ""

    @classmethod
    def of(cls, text: str) -> Snapshot:
        """Return the snapshot of a memento's text."""
        return cls(**json.loads(text))

    def text(self) -> str:
        """Return it as a text for a memento."""
        return json.dumps(asdict(self))

    @property
    def bytes(self) -> bytes:
        """Return a file's content."""
        return base64.b64decode(self.content)


def take(driver: LabDriver, host: str, path: str) -> Snapshot:
    """Return what a path is now.

    Raises:
        LabError: it is no file, folder or link, or larger than what is kept.
    """
    seen = _stat(driver, host, path)
    if seen is None:
        return Snapshot("absent", parent=_missing_parent(driver, host, path))
    kind, owner, group, mode, size = seen
    if kind not in _KINDS or (_KINDS[kind] == "file" and int(size) > MOST):
        raise LabError(
            Text(
                fr=f"{host} : {path} ne peut pas être conservé ({kind}, {size} octets ; au plus {MOST})",
                en=f"{host}: {path} cannot be kept ({kind}, {size} bytes; at most {MOST})",
            )
        )
    content = ""
    if _KINDS[kind] == "file":
        content = base64.b64encode(driver.read(host, path)).decode()
    elif _KINDS[kind] == "link":
        content = driver.run(host, ("readlink", "--no-newline", "--", path)).stdout.decode()
    return Snapshot(_KINDS[kind], int(owner), int(group), mode, content)


def put_back(driver: LabDriver, host: str, path: str, kept: str) -> None:
    """Make a path what it was; ``kept`` is a snapshot's text."""
    was = Snapshot.of(kept)
    if was.kind == "absent":
        driver.run(host, ("rm", "-rf", "--", path))
        if was.parent:  # what else is in it by now is not the fault's
            driver.run(host, ("find", was.parent, "-depth", "-type", "d", "-empty", "-delete"), check=False)
        return
    seen = _stat(driver, host, path)
    if seen is not None and _KINDS.get(seen[0]) != was.kind:
        driver.run(host, ("rm", "-rf", "--", path))
    driver.run(host, ("mkdir", "-p", "--", path if was.kind == "folder" else str(PurePosixPath(path).parent)))
    if was.kind == "link":
        driver.run(host, ("ln", "--symbolic", "--force", "--no-dereference", "--", was.content, path))
        return
    if was.kind == "file":
        driver.write(host, path, was.bytes)
    driver.run(host, ("chown", f"{was.owner}:{was.group}", "--", path))
    driver.run(host, ("chmod", was.mode, "--", path))


def _stat(driver: LabDriver, host: str, path: str) -> list[str] | None:
    """Return kind, owner, group, mode and size of a path, or None where there is nothing."""
    done = driver.run(host, ("stat", "--format", "%F|%u|%g|%a|%s", "--", path), check=False)
    return done.stdout.decode().strip().split("|") if done.status == 0 else None


def _missing_parent(driver: LabDriver, host: str, path: str) -> str:
    """Return the highest folder above a path that does not exist, or an empty text."""
    missing = ""
    for parent in PurePosixPath(path).parents:
        if driver.run(host, ("test", "-e", str(parent)), check=False).status == 0:
            break
        missing = str(parent)
    return missing
