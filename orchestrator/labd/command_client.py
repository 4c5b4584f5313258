"""What the command line tells the labd of its state folder, and asks it: one call at a time, which no lock waits for.

A labd that is not there, or no longer, is no error: the command line acts on labs by itself. So is one that does not
answer in time, which is then left alone.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from pathlib import Path
from typing import Final, TypeVar

from orchestrator.labd.calls import STATUS, VERSION, Call, Nothing
from orchestrator.labd.command_contract import ACTED, WAITING, Acted, CommandAct, WaitingLab
from orchestrator.labd.command_door import CommandDoor, door_of
from orchestrator.labd.wire import WireError, decode, encode

Q = TypeVar("Q")
R = TypeVar("R")

_ANSWER_S: Final = 5.0
"""Seconds until labd must have answered: it looks at a lab, and thaws it. A command waits for it once at most."""
_DONE: Final = 200
_NOT_UNDERSTOOD: Final = frozenset({STATUS["missing"], STATUS["wrong"]})
"""What is said of a call, or of a request, of which labd knows nothing: a lab that is gone is no error to it."""


class OtherVersionError(Exception):
    """The labd of this state folder speaks another version of the contract."""


class CommandClient:
    """Calls the labd of a state folder; a new one is found, whenever it has come."""

    def __init__(self, folder: Path, patience: float = _ANSWER_S) -> None:
        """Take the state folder; ``patience``: seconds until labd must have answered."""
        self._folder = folder
        self._patience = patience
        self._silent = ""

    def acted(self, lab: str, act: CommandAct) -> None:
        """Tell that something was done with a lab, or is about to be.

        Raises:
            OtherVersionError: labd does not understand it.
        """
        self._call(ACTED, Acted(lab, act))

    def waiting(self) -> tuple[WaitingLab, ...]:
        """Return the labs that wait for their start, in order; none where no labd answers.

        Raises:
            OtherVersionError: labd does not understand it.
        """
        return self._call(WAITING, Nothing()) or ()

    def _call(self, what: Call[Q, R], request: Q) -> R | None:
        """Return what labd answers; None: it does not, or it refuses."""
        door = door_of(self._folder)
        if door is None or door.key == self._silent:
            return None
        if door.version != VERSION:
            raise OtherVersionError
        try:
            status, content = self._asked(door, what.name, encode(request))
        except TimeoutError:
            self._silent = door.key
            return None
        except (OSError, http.client.HTTPException):  # it was killed, or ends just now
            return None
        if status in _NOT_UNDERSTOOD:
            raise OtherVersionError
        if status != _DONE:
            return None
        try:
            return decode(what.response, content)
        except WireError as error:
            raise OtherVersionError from error

    def _asked(self, door: CommandDoor, name: str, body: bytes) -> tuple[int, bytes]:
        with contextlib.closing(_Connection(door.socket, self._patience)) as connection:
            connection.request("POST", f"/v{VERSION}/{name}", body, {"Authorization": f"Bearer {door.key}"})
            answer = connection.getresponse()
            return answer.status, answer.read()


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("labd", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
