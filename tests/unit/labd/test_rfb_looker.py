"""What only looks at a screen: its pixels as its server sent them, and bounds for a server that is somebody's own."""

from __future__ import annotations

import asyncio
import struct

import pytest

from orchestrator.labd.rfb_looker import MOST_PIXELS, LookerError, ScreenLooker
from orchestrator.labd.rfb_viewer import GREETING, ViewerMessages
from tests.fakes.rfb import FakeScreen, FakeVnc

RAW, DESKTOP_SIZE = 0, -223
FORM = bytes(16)


class Server:
    """A line whose server is a script, or a fake of a whole one."""

    def __init__(self, said: bytes = b"", vnc: FakeVnc | None = None) -> None:
        self.said, self.vnc, self.heard = said, vnc, b""
        self.silent = False

    async def read_exactly(self, count: int) -> bytes:
        if self.silent and len(self.said) < count:
            await asyncio.Event().wait()
        data, self.said = self.said[:count], self.said[count:]
        return data

    async def write(self, data: bytes) -> None:
        self.heard += data
        if self.vnc is not None:
            self.said += self.vnc.feed(data)


def met(width: int = 4, height: int = 3, name: int = 0) -> bytes:
    return b"\1\1" + bytes(4) + struct.pack(">HH", width, height) + FORM + struct.pack(">I", name)


def update(*rectangles: bytes, count: int | None = None) -> bytes:
    return struct.pack(">BxH", 0, len(rectangles) if count is None else count) + b"".join(rectangles)


def rectangle(x: int, y: int, width: int, height: int, data: bytes | None = None, encoding: int = RAW) -> bytes:
    pixels = bytes(width * height * 4) if data is None else data
    return struct.pack(">4Hi", x, y, width, height, encoding) + pixels


def size(width: int, height: int) -> bytes:
    return rectangle(0, 0, width, height, b"", DESKTOP_SIZE)


def seen(said: bytes, looks: int = 1, message_s: float = 30.0) -> tuple[ScreenLooker, list[bool], Server]:
    server = Server(said)
    looker = ScreenLooker(server, message_s)

    async def play() -> list[bool]:
        await looker.meet()
        return [await looker.look() for _ in range(looks)]

    return looker, asyncio.run(play()), server


def refused(said: bytes, *, silent: bool = False, message_s: float = 30.0) -> str:
    server = Server(said)
    server.silent = silent
    looker = ScreenLooker(server, message_s)

    async def play() -> None:
        await looker.meet()
        while True:
            await looker.look()

    with pytest.raises(LookerError) as error:
        asyncio.run(play())
    return error.value.why


def test_the_pixels_of_a_screen_are_red_green_and_blue() -> None:
    screen = FakeScreen(width=64, height=40, colour=(1, 2, 3))
    server = Server(vnc=FakeVnc(screen))
    looker = ScreenLooker(server)

    async def play() -> None:
        await looker.meet()
        assert await looker.look()
        screen.colour = (9, 8, 7)
        with pytest.raises(LookerError):  # nothing has changed for this server: it says nothing, and its line ends
            await looker.look()

    asyncio.run(play())
    assert (looker.width, looker.height) == (64, 40)
    assert bytes(looker.pixels[:4]) == bytes((1, 2, 3, 0))
    assert len(looker.pixels) == 64 * 40 * 4
    assert (screen.keys, screen.points, screen.texts, screen.other) == ([], [], [], [])


def test_whatever_it_says_is_what_somebody_may_who_only_looks() -> None:
    _, _, server = seen(met() + update(rectangle(0, 0, 4, 3)))
    passed = ViewerMessages(typing=False).passed_on(server.heard)
    assert passed == server.heard
    assert passed.startswith(GREETING + b"\1\1"), "without a password, and whoever else looks goes on looking"


def test_a_rectangle_changes_its_place_alone() -> None:
    red, blue = bytes((255, 0, 0, 9)), bytes((0, 0, 255, 9))
    looker, whole, server = seen(
        met() + update(rectangle(0, 0, 4, 3, red * 12)) + update(rectangle(1, 1, 2, 2, blue * 4)), looks=2
    )
    assert whole == [True, True]
    rows = [bytes(looker.pixels[at : at + 16]) for at in (0, 16, 32)]
    assert rows == [red * 4, red + blue * 2 + red, red + blue * 2 + red]
    asked = [server.heard[at] for at in (-20 + 1, -10 + 1)]
    assert asked == [0, 1], "all of it first, then what changes"


def test_a_screen_of_another_size_is_looked_at_anew() -> None:
    looker, whole, server = seen(
        met() + update(rectangle(0, 0, 4, 3)) + update(size(2, 2)) + update(rectangle(0, 0, 2, 2, b"abc." * 4)), looks=3
    )
    assert whole == [True, False, True]
    assert (looker.width, looker.height, bytes(looker.pixels)) == (2, 2, b"abc." * 4)
    assert server.heard[-9] == 0, "all of it"


def test_bells_and_texts_are_left_out() -> None:
    text = struct.pack(">B3xI", 3, 5) + b"hello"
    colours = struct.pack(">BxHH", 1, 0, 2) + bytes(12)
    _, whole, _ = seen(met() + b"\2" + text + colours + update(rectangle(0, 0, 4, 3)))
    assert whole == [True]


def test_an_update_of_nothing_is_none() -> None:
    _, whole, _ = seen(met() + update() + update(rectangle(0, 0, 0, 0)), looks=2)
    assert whole == [False, True]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "gone"),
        (b"\0" + struct.pack(">I", 3) + b"why", "strange"),
        (b"\1\2", "locked"),
        (b"\1\1\0\0\0\1", "locked"),
        (met(65535, 65535), "large"),
        (met(MOST_PIXELS // 1200 + 1, 1200), "large"),
        (met(0, 768), "strange"),
        (met(name=0xFFFFFFFF), "strange"),
        (met() + update(rectangle(3, 0, 2, 1)), "strange"),
        (met() + update(rectangle(0, 2, 1, 2)), "strange"),
        (met() + update(rectangle(65535, 65535, 65535, 65535, b"")), "strange"),
        (met() + update(rectangle(0, 0, 4, 3, b"", encoding=7)), "strange"),
        (met() + update(*[rectangle(0, 0, 4, 3)] * 3), "strange"),
        (met() + update(count=65535), "strange"),
        (met() + update(size(65535, 65535)), "large"),
        (met() + update(rectangle(0, 0, 4, 3)) + update(size(5, 5), size(6, 6)), "strange"),
        (met() + struct.pack(">B3xI", 3, 0xFFFFFFFF), "strange"),
        (met() + b"\2" * 100_000, "strange"),
        (met() + b"\7", "strange"),
        (met() + update() * 30, "strange"),
        (met() + update(size(4, 3)) * 30, "strange"),
        (met() + update(rectangle(0, 0, 4, 3))[:-1], "gone"),
    ],
)
def test_what_no_server_says_ends_the_line(said: bytes, why: str) -> None:
    assert refused(said) == why


def test_a_message_that_does_not_come_to_its_end_is_waited_for_so_long() -> None:
    assert refused(met()[:20], silent=True, message_s=0.01) == "slow"
    assert refused(met() + update(rectangle(0, 0, 4, 3))[:-1], silent=True, message_s=0.01) == "slow"
    assert refused(met(), silent=True, message_s=0.01) == "slow", "all of it is never shown"


def test_who_waits_for_a_change_waits_as_long_as_it_takes() -> None:
    server = Server(met() + update(rectangle(0, 0, 4, 3)))
    server.silent = True
    looker = ScreenLooker(server, message_s=0.01)

    async def play() -> None:
        await looker.meet()
        await looker.look()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await looker.look()

    asyncio.run(play())


def test_many_tiny_rectangles_let_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []
    pause = asyncio.sleep

    async def counted(seconds: float) -> None:
        turns.append(seconds)
        await pause(seconds)

    monkeypatch.setattr(asyncio, "sleep", counted)
    seen(met(1000, 2) + update(*(rectangle(number, 0, 1, 1) for number in range(1000))))
    assert len(turns) >= 1000
