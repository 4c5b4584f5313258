"""What each cable is now, kept in a file so that a restarted host or helper finds it again."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

from .links import Port


class PortStates:
    """The states of all cables that were ever changed; every other cable is as its host's label says."""

    def __init__(self, path: Path) -> None:
        """Read the file; without one, or with half a one, every cable is as its host's label says."""
        self._path = path
        self._written = True
        self._states: dict[str, Port] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            self._states = {name: Port(**port) for name, port in json.loads(path.read_text()).items()}

    def get(self, instance: str, host: str, interface: str, segment: str) -> Port:
        """Return a cable's state; ``segment`` is the one that it is cabled to from the start."""
        return self._states.get(f"{instance}/{host}/{interface}", Port(segment))

    def put(self, instance: str, host: str, interface: str, port: Port) -> None:
        """Record a cable's new state.

        Raises:
            OSError: it cannot be written; the state is what it was.
        """
        changed = {**self._states, f"{instance}/{host}/{interface}": port}
        self._write(changed)
        self._states = changed

    def drop(self, instance: str, host: str) -> None:
        """Drop the states of a host's cables, whose container is gone.

        Raises:
            OSError: the file keeps them, until it is written again.
        """
        self._keep({name: port for name, port in self._states.items() if not name.startswith(f"{instance}/{host}/")})

    def keep(self, instances: set[str]) -> None:
        """Drop the states of all instances but these, which exist.

        Raises:
            OSError: the file keeps some of the others, until it is written again.
        """
        self._keep({name: port for name, port in self._states.items() if name.split("/", 1)[0] in instances})

    def _keep(self, kept: dict[str, Port]) -> None:
        if kept != self._states or not self._written:
            self._states = kept
            self._write(kept)

    def _write(self, states: dict[str, Port]) -> None:
        self._written = False
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps({name: asdict(port) for name, port in states.items()}))
        draft.replace(self._path)
        self._written = True
