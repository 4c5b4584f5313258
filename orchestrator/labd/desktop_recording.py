"""One candidate's desktop, kept as pictures while their browser shows it: what it shows, and where that has changed.

It is looked at over a line of its own, so that nothing of it can disturb the candidate's. Reading has the candidates'
keys go first, and rests longer the longer it took; pictures are packed and written in a thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.assessment.desktop_pictures import HappenedKind, PictureFolder, Trouble, taken
from orchestrator.core.errors import BreakfixError
from orchestrator.core.png_pixels import png_of
from orchestrator.labd.display_line import DisplayLine
from orchestrator.labd.lab_displays import DisplayOffError, LabDisplays, greeted
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.rfb_looker import LookerError, ScreenLooker
from orchestrator.labs import Running

_log = logging.getLogger(__name__)

MOST_BYTES: Final = 96 << 20
MOST_PICTURES: Final = 6000
"""Pictures of a candidate's desktops in a phase, and their bytes: all is read into memory when it is sealed."""
_LEAST_ROOM: Final = 16 << 20
"""Bytes of these that stay free for the last picture: one may be as large as its screen."""
_PACES: Final = ((0.5, 1), (0.75, 3), (0.9, 10), (1.0, 30))
"""How much of the room is taken -> seconds between two pictures until then."""
_IDLE_SHARE: Final = 3
"""How many times as long as a look took it rests at least: a screen takes a quarter of one processor at most."""
_LONGEST_REST: Final = 60.0
_USED_S: Final = 10.0
"""Seconds without a key after which somebody acts in it anew."""
_GRACE_S: Final = 1.0
"""Seconds after which it is a trouble that a screen hangs up: it does so at the end of everything as well."""
_RETRIES: Final = (2.0, 5.0, 15.0, 30.0)
"""Seconds before it is tried again, each time longer."""
_MOST_UNSAID: Final = 1000
"""Lines that wait for a disk that takes no more."""


@dataclass
class PictureRoom:
    """What the desktops of a candidate have taken in a phase, of what they may.

    Attributes:
        recordings: the candidate's folder of recordings.
        pictures: how many there are.
        size: the bytes of all that is kept.
        open: how many desktops are being looked at.
        known: whether what was there before is counted.
    """

    recordings: Path
    pictures: int = 0
    size: int = 0
    open: int = 0
    known: bool = False

    @property
    def every(self) -> int:
        """Return the seconds between two pictures; 0: there is no room for another one."""
        taken = max(self.pictures / MOST_PICTURES, self.size / (MOST_BYTES - _LEAST_ROOM))
        return next((seconds for share, seconds in _PACES if taken < share), 0)


@dataclass(frozen=True)
class _Said:
    """A line that is not written yet."""

    at: float
    kind: HappenedKind
    values: tuple[str | int, ...]


@dataclass(frozen=True)
class RecordedDesktop:
    """What is recorded.

    Attributes:
        whose: what stands for the candidate's lab where lines are counted.
        find: returns the lab, in a thread.
        host: the host.
        folder: where its pictures go.
        now: returns the session's time, seconds since 1970.
    """

    whose: str
    find: Callable[[], Running]
    host: str
    folder: Path
    now: Callable[[], float]


class DesktopRecording:
    """Records one desktop until it is cancelled.

    Attributes:
        trouble: why it is not recorded now; None: it is, or was a moment ago.
        full: whether there is no room for it any more.
    """

    def __init__(
        self,
        about: RecordedDesktop,
        room: PictureRoom,
        displays: LabDisplays,
        threads: WorkThreads,
        most_open: int,
    ) -> None:
        """Take what is recorded, its room, what opens screens, where pictures are made, and how many may be at once."""
        self._about = about
        self._room = room
        self._displays = displays
        self._threads = threads
        self._most_open = most_open
        self._folder: PictureFolder | None = None
        self._unsaid: list[_Said] = []
        self._used = float("-inf")
        self._paced = _PACES[0][1]
        self._shown = b""
        self._tries = 0
        self.trouble: Trouble | None = None
        self.full = False

    def used(self) -> None:
        """Note that the candidate acts in it."""
        now = time.monotonic()
        if now - self._used > _USED_S:
            self._say("used")
        self._used = now

    async def run(self) -> None:
        """Record until this is cancelled: whatever happens, it goes on trying."""
        self._say("opened")
        try:
            await self._write()
            self._pace()
            while self._room.every:
                why = await self._look()
                if why is None:
                    break
                await asyncio.sleep(_GRACE_S)
                await self._complain(why)
                await asyncio.sleep(_RETRIES[min(self._tries, len(_RETRIES) - 1)])
                self._tries += 1
            self._pace()  # another desktop of theirs may have taken the last of the room
            await self._write()
            await asyncio.Event().wait()
        finally:
            self._say("closed")
            with suppress(RefusedCallError):  # labd ends
                await self._write()

    # Looking ----------------------------------------------------------------------------------------------------

    async def _look(self) -> Trouble | None:
        """Keep pictures, and return why that came to an end; None: there is no room for more."""
        if self._room.open >= self._most_open:
            return "many"
        self._room.open += 1
        try:
            async with self._displays.line_in(f"{self._about.whose} seen", self._about.find, self._about.host) as line:
                return await self._pictures(line)
        except LookerError as error:
            return error.why
        except (DisplayOffError, RefusedCallError, BreakfixError):
            return "off"
        except Exception:
            _log.exception("the desktop of %s cannot be recorded", self._about.host)
            return "strange"
        finally:
            self._room.open -= 1

    async def _pictures(self, line: DisplayLine) -> Trouble | None:
        await greeted(line)
        screen = ScreenLooker(line)
        await screen.meet()
        while True:
            whole, began = await screen.look(), time.monotonic()
            if whole and not await self._keep(screen):
                return "disk"
            if self.full:
                return None
            took = screen.took + time.monotonic() - began
            await asyncio.sleep(min(max(self._paced, _IDLE_SHARE * took), _LONGEST_REST))

    # Keeping ----------------------------------------------------------------------------------------------------

    async def _keep(self, screen: ScreenLooker) -> bool:
        """Keep what a screen shows, and return whether the disk took it."""
        at = self._about.now()
        try:
            await self._threads.run(self._kept, at, screen.pixels, screen.width, screen.height)
        except OSError as error:
            _log.warning("no picture of %s is kept: %s", self._about.folder.name, error)
            return False
        self.trouble = None
        self._tries = 0
        self._pace()
        return await self._write()

    def _kept(self, at: float, pixels: bytearray, width: int, height: int) -> None:
        """Keep a picture where there is room and it is another one than the last. In a thread, one at a time."""
        shown = hashlib.blake2b(pixels, key=f"{width}x{height}".encode()).digest()
        folder = self._opened()
        if shown == self._shown or not self._room.every:
            return
        self._room.size += folder.picture(at, png_of(width, height, pixels), width, height)
        self._room.pictures += 1
        self._shown = shown

    def _pace(self) -> None:
        """Have pictures become rarer as their room is taken, and say so."""
        every = self._room.every
        if not every:
            if not self.full:
                self._say("full")
            self.full = True
        elif every != self._paced:
            self._paced = every
            self._say("paced", every)

    async def _complain(self, why: Trouble) -> None:
        if self.trouble != why:
            self.trouble = why
            self._say("trouble", why)
        await self._write()

    def _say(self, kind: HappenedKind, *values: str | int) -> None:
        """Have something written with the next that is."""
        if len(self._unsaid) < _MOST_UNSAID:
            self._unsaid.append(_Said(self._about.now(), kind, values))

    async def _write(self) -> bool:
        """Write what is to be said; what the disk does not take waits for the next time."""
        try:
            await self._threads.run(self._written)
        except OSError as error:
            if self.trouble != "disk":
                _log.warning("nothing of %s is written down: %s", self._about.folder.name, error)
            self.trouble = "disk"
            return False
        return True

    def _written(self) -> None:
        folder = self._opened()
        while self._unsaid:
            said = self._unsaid[0]
            if self._room.size < MOST_BYTES:
                self._room.size += folder.note(said.at, said.kind, *said.values)
            del self._unsaid[0]

    def _opened(self) -> PictureFolder:
        if not self._room.known:
            self._room.pictures, self._room.size = taken(self._room.recordings)
            self._room.known = True
        if self._folder is None:
            self._folder = PictureFolder(self._about.folder)
        return self._folder
