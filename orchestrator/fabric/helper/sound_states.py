"""The sound state of each host, kept beside the cables' states: what it was in before its lab was broken.

It is kept by the host's container, so a lab that is started again under the same name has none of the earlier one.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection
from pathlib import Path

from .host_state import State
from .messages import HelperError

FOLDER = Path("/var/lib/breakfix/sound")


class SoundStates:
    """The states that were kept."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Keep them in a folder, which is made when it is needed."""
        self._folder = folder

    def put(self, container: str, state: State) -> None:
        """Keep a host's sound state; it is kept once: what a host is like later is no sound state any more.

        Raises:
            HelperError: one was kept before.
            OSError: it cannot be written.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        draft = self._folder / f"{container}.{os.getpid()}"
        try:
            draft.write_text(json.dumps(state, separators=(",", ":")))
            draft.chmod(0o600)
            os.link(draft, self._place(container))
        except FileExistsError:
            raise HelperError("failed", f"the sound state of {container[:12]} was kept before") from None
        finally:
            draft.unlink(missing_ok=True)

    def get(self, container: str) -> State | None:
        """Return the state that was kept of a host; None where none was."""
        try:
            state: State = json.loads(self._place(container).read_text())
        except FileNotFoundError:
            return None
        return state

    def forget(self, container: str) -> None:
        """Remove what was kept of a host whose container is gone."""
        self._place(container).unlink(missing_ok=True)

    def keep(self, containers: Collection[str]) -> None:
        """Remove what was kept of all hosts but those of these containers, which exist."""
        with contextlib.suppress(FileNotFoundError):
            for entry in self._folder.iterdir():
                if entry.stem not in containers:
                    entry.unlink(missing_ok=True)

    def _place(self, container: str) -> Path:
        return self._folder / f"{container}.json"
