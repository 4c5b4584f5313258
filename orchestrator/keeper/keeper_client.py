"""What speaks to the keeper: hands terminals over to it, lists them, and sees them again."""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.text import Text
from orchestrator.keeper.keeper_protocol import (
    BYTES,
    HEAD,
    LONGEST,
    LONGEST_ANSWER,
    AttachRequest,
    CloseRequest,
    Ended,
    EraseRequest,
    ForgetLabRequest,
    KeepRequest,
    KeptAnswer,
    KeptTerminal,
    ListAnswer,
    ListRequest,
    Opening,
    RefusedAnswer,
    Request,
    Resized,
    ResizeRequest,
    SeatHead,
    TerminalAbout,
    TerminalClosed,
    Told,
    frame,
)

_SECONDS: Final = 10
"""How long an answer may take: the keeper answers in the turn in which it is asked."""
_TOLD: Final = msgspec.json.Decoder[Told](Told)
_SILENT: Final = (OSError, EOFError, TimeoutError, msgspec.MsgspecError)
"""What happens where the keeper does not answer, or something else answers."""

TerminalEvent = bytes | Resized | Ended | Opening


class KeeperDownError(MachineError):
    """The keeper does not answer, or has ended."""

    def __init__(self, socket: Path) -> None:
        """Take where it was expected."""
        super().__init__(
            Text(fr="Les terminaux ne répondent pas.", en="The terminals do not answer."),
            Text(
                fr=f"Relancez leur gardien (« python -m orchestrator.keeper ») sur {socket}.",
                en=f"Start their keeper ('python -m orchestrator.keeper') again, at {socket}.",
            ),
        )


class NoTerminalError(UsageError, KeyError):
    """No terminal of that id is kept."""

    def __init__(self, terminal: str) -> None:
        """Take its id."""
        super().__init__(
            Text(fr=f"Le terminal {terminal} n'existe plus.", en=f"The terminal {terminal} is gone."),
            Text(fr="Ouvrez-en un nouveau.", en="Open a new one."),
        )

    __str__ = Exception.__str__  # a KeyError's would quote the sentence


class TooManyError(UsageError):
    """The lab, or the machine, has as many terminals as there may be."""

    def __init__(self, most: str) -> None:
        """Take how many there may be."""
        super().__init__(
            Text(
                fr=f"{most} terminaux sont ouverts : il n'y en a pas plus à la fois.",
                en=f"{most} terminals are open: there are no more at a time.",
            ),
            Text(fr="Fermez-en un d'abord.", en="Close one of them first."),
        )


class KeeperRefusedError(MachineError):
    """The system refused the keeper something; or the descriptor that it was given is no terminal's."""

    def __init__(self, detail: str) -> None:
        """Take the system's own word."""
        super().__init__(
            Text(fr="Le gardien des terminaux n'a pas pu le faire.", en="The keeper of terminals could not do it."),
            evidence=detail,
        )


class Attachment:
    """A terminal as one viewer sees it.

    Iterating gives what happens: ``bytes`` that the terminal shows; ``Resized`` when another viewer gave the window
    another size; ``Ended`` once no program is left in it and all bytes were given; a new ``Opening`` to a viewer that
    has read so slowly that what comes next is kept no longer: the bytes after it begin anew. The iteration ends when
    somebody closes the terminal, which may be long after ``Ended``; a read that is cancelled loses nothing.

    Attributes:
        opening: where the first bytes begin.
    """

    def __init__(self, opening: Opening, frames: _Frames, socket: Path) -> None:
        """Take what the keeper said, and the connection; ``KeeperClient.attach`` does."""
        self.opening = opening
        self._frames = frames
        self._socket = socket

    def __aiter__(self) -> Attachment:
        return self

    async def __anext__(self) -> TerminalEvent:
        """Return what happens next.

        Raises:
            KeeperDownError: the keeper has ended.
            StopAsyncIteration: somebody closed the terminal.
        """
        with _answering(self._socket):
            told = await self._frames.next()
        if isinstance(told, TerminalClosed):
            raise StopAsyncIteration
        if not isinstance(told, bytes | Resized | Ended | Opening):
            raise KeeperDownError(self._socket)
        return told

    async def type(self, data: bytes) -> None:
        """Have the terminal's program read something.

        What a program does not read waits in the keeper, up to ``held_terminal.TYPED_MOST``; the rest is dropped, as is
        what is typed to a terminal that is gone: the iteration tells why it is.
        """
        with contextlib.suppress(OSError):
            for at in range(0, len(data), LONGEST):
                await self._frames.send(data[at : at + LONGEST])

    async def resize(self, rows: int, columns: int) -> None:
        """Give the terminal the size of this viewer's window; the last one to do so decides, and others are told.

        Nothing happens where the terminal is gone.
        """
        with contextlib.suppress(OSError):
            await self._frames.send(ResizeRequest(rows, columns))


class KeeperClient:
    """Speaks to the keeper at a socket, with a new connection for each call; nothing is connected before."""

    def __init__(self, socket: Path) -> None:
        """Take where the keeper listens."""
        self._socket = socket

    async def keep(self, master: int, about: TerminalAbout, seat: tuple[int, SeatHead] | None = None) -> str:
        """Hand a terminal over, and return the id that it is kept under.

        Args:
            master: the descriptor of a pseudo-terminal's master. The caller closes it: the terminal is hung up only
                when nobody has it open. It does not block any more.
            about: what it is.
            seat: a candidate's: the descriptor of the new file that it is recorded in, which the caller closes, too,
                and how. None: it is recorded as others are.

        Raises:
            KeeperDownError: the keeper does not answer.
            TooManyError: there are as many terminals as there may be.
            KeeperRefusedError: the descriptor is no master's.
        """
        file, head = seat or (None, None)
        descriptors = [master] if file is None else [master, file]
        answer = await self._ask(KeepRequest(about, head), descriptors)
        if not isinstance(answer, KeptAnswer):
            raise KeeperDownError(self._socket)
        return answer.id

    async def terminals(self) -> tuple[KeptTerminal, ...]:
        """Return the terminals that are kept, the oldest first.

        Raises:
            KeeperDownError: the keeper does not answer.
        """
        answer = await self._ask(ListRequest())
        if not isinstance(answer, ListAnswer):
            raise KeeperDownError(self._socket)
        return answer.terminals

    async def close(self, terminal: str) -> None:
        """Hang a terminal up, and forget it: its programs get SIGHUP, its viewers' iterations end.

        Raises:
            KeeperDownError: the keeper does not answer.
            NoTerminalError: no terminal has that id.
        """
        await self._ask(CloseRequest(terminal))

    async def forget_lab(self, lab: str) -> None:
        """Hang up and forget all terminals of a lab; their recordings stay.

        Raises:
            KeeperDownError: the keeper does not answer.
        """
        await self._ask(ForgetLabRequest(lab))

    async def erase_recordings(self, lab: str) -> None:
        """Remove all recordings of a lab, whoever's they are; its open terminals are recorded no longer.

        Raises:
            KeeperDownError: the keeper does not answer.
            KeeperRefusedError: the system refuses it.
        """
        await self._ask(EraseRequest(lab))

    @contextlib.asynccontextmanager
    async def attach(self, terminal: str, after: int | None) -> AsyncIterator[Attachment]:
        """See a terminal for as long as the context lasts; it goes on afterwards.

        Args:
            terminal: its id.
            after: how many bytes of its output the viewer has seen; None: nothing.

        Raises:
            KeeperDownError: the keeper does not answer.
            NoTerminalError: no terminal has that id.
        """
        async with self._connected(AttachRequest(terminal, after)) as frames:
            answer = await self._answer(frames, terminal)
            if not isinstance(answer, Opening):
                raise KeeperDownError(self._socket)
            yield Attachment(answer, frames, self._socket)

    async def _ask(self, request: Request, descriptors: Sequence[int] = ()) -> Told | bytes:
        async with self._connected(request, descriptors) as frames:
            return await self._answer(frames, request.id if isinstance(request, CloseRequest) else "")

    async def _answer(self, frames: _Frames, terminal: str) -> Told | bytes:
        with _answering(self._socket):
            async with asyncio.timeout(_SECONDS):
                answer = await frames.next()
        if isinstance(answer, RefusedAnswer):
            raise _refusal(answer, terminal)
        return answer

    @contextlib.asynccontextmanager
    async def _connected(self, request: Request, descriptors: Sequence[int] = ()) -> AsyncIterator[_Frames]:
        """Give a connection on which a request was sent."""
        with contextlib.ExitStack() as ends:
            with _answering(self._socket):
                async with asyncio.timeout(_SECONDS):
                    socket = ends.enter_context(sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM))
                    socket.setblocking(False)
                    await asyncio.get_running_loop().sock_connect(socket, str(self._socket))
                    # A request fits into the empty buffer of a new socket.
                    sockets.send_fds(socket, [frame(request)], list(descriptors))
                    reader, writer = await asyncio.open_unix_connection(sock=socket)
                    ends.pop_all()  # the writer closes the socket now
            try:
                yield _Frames(reader, writer)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()


class _Frames:
    """A connection as frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._head: tuple[bytes, int] | None = None

    async def next(self) -> Told | bytes:
        """Return what the next frame says. The head of one that is not whole yet is kept for whoever asks again."""
        if self._head is None:
            kind, length = HEAD.unpack(await self._reader.readexactly(HEAD.size))
            self._head = kind, length
        kind, length = self._head
        if length > LONGEST_ANSWER:
            raise EOFError
        body = await self._reader.readexactly(length)
        self._head = None
        return body if kind == BYTES else _TOLD.decode(body)

    async def send(self, what: Request | bytes) -> None:
        """Send a frame, and wait while the keeper does not take it."""
        self._writer.write(frame(what))
        await self._writer.drain()


@contextlib.contextmanager
def _answering(socket: Path) -> Iterator[None]:
    """Say that the keeper is down where it does not answer."""
    try:
        yield
    except _SILENT as error:
        raise KeeperDownError(socket) from error


def _refusal(refused: RefusedAnswer, terminal: str) -> UsageError | MachineError:
    match refused.kind:
        case "no-terminal":
            return NoTerminalError(terminal)
        case "too-many":
            return TooManyError(refused.detail)
        case "no-master":
            return KeeperRefusedError("the descriptor is no pseudo-terminal's master")
        case "machine":
            return KeeperRefusedError(refused.detail)
