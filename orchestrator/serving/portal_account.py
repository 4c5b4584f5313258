"""The account that the portal runs under where root serves: a system user of its own, in a group of its own."""

from __future__ import annotations

import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.loader.roots import built_in_root
from orchestrator.serving.process_entry import hidden_top

NAME = "breakfix-portal"
_AS_SYSTEM = (
    "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
    "--shell", "/usr/sbin/nologin", "--comment", "Breakfix portal",
)  # fmt: skip
_ELSEWHERE = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class PortalAccount:
    """A user and its group, by number."""

    user: int
    group: int


def ensure_account() -> PortalAccount:
    """Return the portal's account, which is made where there is none; only root can.

    Raises:
        MachineError: it cannot be made.
    """
    try:
        found = pwd.getpwnam(NAME)
    except KeyError:
        _make()
        found = pwd.getpwnam(NAME)
    return PortalAccount(found.pw_uid, found.pw_gid)


def program_folders() -> tuple[Path, ...]:
    """Return the folders that the portal's program is read from: our code, Python's environment, Python."""
    python = Path(sys.executable).resolve().parent.parent
    found = dict.fromkeys((built_in_root().resolve(), Path(sys.prefix), Path(sys.base_prefix), python))
    return tuple(found)


def hidden_folders() -> tuple[Path, ...]:
    """Return those of the program's folders that the portal's account cannot reach (a checkout in root's home)."""
    hidden = [folder for folder in program_folders() if hidden_top(folder)]
    return tuple(one for one in hidden if not any(one != other and one.is_relative_to(other) for other in hidden))


def _make() -> None:
    program = shutil.which("useradd", path=_ELSEWHERE)
    if program is None:
        raise _failed("useradd: not found")
    done = subprocess.run(  # noqa: S603 - words of our own, no shell
        [program, *_AS_SYSTEM, NAME],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise _failed(done.stderr)


def _failed(said: str) -> MachineError:
    return MachineError(
        Text(
            fr=f"L'utilisateur système {NAME}, sous lequel tourne le portail, n'a pas pu être créé.",
            en=f"The system user {NAME}, under which the portal runs, could not be made.",
        ),
        Text(
            fr=f"Créez-le, puis relancez : useradd --system --user-group --shell /usr/sbin/nologin {NAME}",
            en=f"Make it, then run this again: useradd --system --user-group --shell /usr/sbin/nologin {NAME}",
        ),
        said,
    )
