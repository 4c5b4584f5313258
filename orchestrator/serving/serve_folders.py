"""Where a served portal keeps its sockets, its state and its settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.errors import MachineError
from orchestrator.core.paths import home_folder, state_folder
from orchestrator.core.text import Text

SETTINGS = Path("/etc/breakfix/portal.toml")
"""The settings of the machine's portal."""
INSTALLED = Path("/var/lib/breakfix")
"""Where an installed portal keeps everything; root's own keeps what it serves with there."""
_LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path (``sun_path``, with its end)."""


@dataclass(frozen=True)
class ServeFolders:
    """The folders of one portal.

    Attributes:
        sockets: has the sockets; others may pass through it, not read it.
        state: has recordings, certificate and logs; its owner's alone.
    """

    sockets: Path
    state: Path

    @classmethod
    def of(cls, uid: int, environment: Mapping[str, str] = os.environ) -> ServeFolders:
        """Return the folders of a user, which are the machine's for root."""
        if uid == 0:
            return cls(Path("/run/breakfix-serve"), home_folder(environment) or INSTALLED)
        below = state_folder(environment) / "serve"
        return cls(below / "sockets", below)

    @property
    def labd(self) -> Path:
        """Return labd's socket."""
        return self.sockets / "labd.sock"

    @property
    def keeper(self) -> Path:
        """Return the keeper's socket, in a folder of its own."""
        return self.sockets / "keeper" / "keeper.sock"

    @property
    def lock(self) -> Path:
        """Return the file that says that somebody serves."""
        return self.sockets / "serve.lock"

    @property
    def recordings(self) -> Path:
        """Return where terminals are recorded."""
        return self.state / "recordings"

    @property
    def certificate(self) -> Path:
        """Return where the certificate is that was made here."""
        return self.state / "certificate"

    @property
    def logs(self) -> Path:
        """Return where the processes' own words go."""
        return self.state / "logs"

    def make(self) -> None:
        """Make the folders, with the rights that they need.

        Raises:
            MachineError: one of them cannot be made, or a socket's path would be too long.
        """
        if len(os.fsencode(self.keeper)) > _LONGEST_SOCKET:
            raise MachineError(
                Text(
                    fr=f"Ce chemin est trop long pour une socket : {self.keeper}",
                    en=f"This path is too long for a socket: {self.keeper}",
                ),
                Text(
                    fr="Donnez un dossier plus court dans BREAKFIX_HOME.",
                    en="Name a shorter folder in BREAKFIX_HOME.",
                ),
            )
        try:
            for folder, mode in ((self.state, 0o700), (self.sockets, 0o711)):
                folder.mkdir(parents=True, exist_ok=True, mode=mode)
            self.sockets.chmod(0o711)
            for folder in (self.keeper.parent, self.recordings, self.certificate, self.logs):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise MachineError(
                Text(
                    fr=f"Le dossier {error.filename} ne peut pas être créé : {error.strerror}",
                    en=f"The folder {error.filename} cannot be made: {error.strerror}",
                ),
                Text(
                    fr="Donnez un dossier où vous pouvez écrire dans BREAKFIX_HOME.",
                    en="Name a folder that you may write to in BREAKFIX_HOME.",
                ),
            ) from error
