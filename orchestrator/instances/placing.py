"""Files that a lab places in its hosts, as the archive that the engine unpacks."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import Engine
from orchestrator.model.plan import PlacedFile


@dataclass(frozen=True)
class Accounts:
    """The numbers of an image's users and groups by name."""

    users: Mapping[str, int] = field(default_factory=lambda: {"root": 0})
    groups: Mapping[str, int] = field(default_factory=lambda: {"root": 0})


def accounts_of(engine: Engine, container: str, files: Sequence[PlacedFile]) -> Accounts:
    """Return the numbers of the accounts that own files; the image's own passwd and group say them."""
    if all((file.owner, file.group) == ("root", "root") for file in files):
        return Accounts()
    return Accounts(
        users=_numbers(engine.read_file(container, "/etc/passwd")),
        groups=_numbers(engine.read_file(container, "/etc/group")),
    )


def _numbers(database: bytes) -> dict[str, int]:
    """Read name and number of each line of passwd(5) or group(5): they are its first and third fields."""
    entries = (line.split(":") for line in database.decode().splitlines())
    return {entry[0]: int(entry[2]) for entry in entries if len(entry) > 2}  # noqa: PLR2004 - an entry's fields


def archive_of(files: Sequence[PlacedFile], accounts: Accounts) -> bytes:
    """Return a tar archive of files to unpack at a host's root (the engine looks at numbers, not at names).

    Raises:
        LabError: the image has no such user or group.
    """
    buffer, now = io.BytesIO(), int(time.time())
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for file in files:
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size = len(file.content)
            entry.mode = file.mode
            entry.mtime = now  # a file of 1970 is no file that a technician meets: gzip, make and rsync stumble on it
            try:
                entry.uid, entry.gid = accounts.users[file.owner], accounts.groups[file.group]
            except KeyError as error:
                raise LabError(
                    Text(
                        fr=f"{file.path} : l'image n'a pas de compte {error}",
                        en=f"{file.path}: the image has no account {error}",
                    )
                ) from None
            archive.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()
