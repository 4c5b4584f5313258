"""The files of a session: its secret, what was looked at of each lab, recordings, evidence."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from orchestrator.assessment.candidate_seeds import new_secret
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.text import Text

SEATS: Final = "seats.json"
"""The file of a session's folder in which its candidates' codes and seats are kept."""
_SUPERVISOR: Final = "supervisor.lock"
_OPENING: Final = "opening.lock"
_REGRADING: Final = "regrading.lock"
_LOCKS: Final = Path("/proc/locks")
"""The kernel's list of who holds which lock (proc_locks(5))."""


class SessionFolder:
    """The folder of one session, for its organiser alone (mode 0700).

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is made yet."""
        self.path = path

    @property
    def evidence(self) -> Path:
        """Return where the sealed evidence is."""
        return self.path / "evidence"

    def sitting(self, phase: str, candidate: str) -> Path:
        """Return the folder of a candidate in a phase, which is made where it is missing."""
        return self._made(self.path / "sittings" / phase / candidate)

    def recordings(self, phase: str, candidate: str) -> Path:
        """Return where a candidate's terminals and desktops of a phase are recorded; nothing is made."""
        return self.path / "sittings" / phase / candidate / "recordings"

    def sealed(self, phase: str, candidate: str) -> Path:
        """Return the path of a candidate's sealed evidence of a phase."""
        return self._made(self.evidence) / f"{candidate}-{phase}.zip"

    @property
    def seats(self) -> Path:
        """Return the path of what is kept of candidates' codes and seats, see ``seat_book``."""
        return self.path / SEATS

    def make_secret(self) -> None:
        """Make the session's secret; one that is there stays."""
        self._made(self.path)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(self._secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(new_secret())

    def secret(self) -> bytes:
        """Return the session's secret.

        Raises:
            MachineError: it is gone: no candidate's variant can be made again.
        """
        try:
            return self._secret.read_bytes()
        except OSError as error:
            raise MachineError(
                Text(
                    fr=f"Le secret de la session manque ({self._secret}) : {error.strerror}",
                    en=f"The session's secret is missing ({self._secret}): {error.strerror}",
                ),
                Text(
                    fr="Rétablissez ce fichier depuis une sauvegarde : les variantes en dépendent.",
                    en="Restore that file from a backup: the variants depend on it.",
                ),
            ) from error

    @contextmanager
    def supervised(self) -> Iterator[None]:
        """Be the only program that supervises this session within the block; the kernel frees it with the process.

        Raises:
            UsageError: another program supervises it.
        """
        with self._alone(
            _SUPERVISOR,
            Text(
                fr="Un autre programme surveille déjà cette session.",
                en="Another program supervises this session already.",
            ),
        ):
            yield

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Be the only program that opens labs of this session within the block: each removes what the other began.

        Raises:
            UsageError: another program does.
        """
        with self._alone(
            _OPENING,
            Text(
                fr="Un autre programme ouvre déjà des labs de cette session.",
                en="Another program is opening labs of this session already.",
            ),
        ):
            yield

    @contextmanager
    def regrading(self) -> Iterator[None]:
        """Be the only program that grades kept labs of this session again within the block.

        Raises:
            UsageError: another program does.
        """
        with self._alone(
            _REGRADING,
            Text(
                fr="Un autre programme est en train de corriger à nouveau des labs de cette session.",
                en="Another program is grading labs of this session again.",
            ),
        ):
            yield

    @contextmanager
    def changing_seats(self) -> Iterator[None]:
        """Be the only one that changes what is kept of seats within the block; others wait."""
        with (self._made(self.path) / f"{SEATS}.lock").open("w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _alone(self, name: str, otherwise: Text) -> Iterator[None]:
        with (self._made(self.path) / name).open("w", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    otherwise,
                    Text(
                        fr="« breakfix session show » montre où elle en est.",
                        en="'breakfix session show' tells where it stands.",
                    ),
                ) from None
            yield

    def is_supervised(self) -> bool:
        """Return whether a program supervises this session now; looking takes no lock, which would keep one out."""
        try:
            inode = (self.path / _SUPERVISOR).stat().st_ino
        except OSError:
            return False
        held = (line.split() for line in _LOCKS.read_text(encoding="ascii").splitlines())
        return any(words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode) for words in held)

    @property
    def _secret(self) -> Path:
        return self.path / "secret"

    @staticmethod
    def _made(path: Path) -> Path:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def write_whole(path: Path, content: bytes) -> str:
    """Write a file whole or not at all, on the disk before this returns, and return its SHA-256."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)  # on a full disk it would take what little there is
        raise
    return sha256(content)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
