"""Desktops that are recorded: pictures where something has changed, in bounded room; trouble is told."""

from __future__ import annotations

import asyncio
import errno
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.assessment import desktop_pictures
from orchestrator.assessment.desktop_pictures import LIST, Happened, PictureFolder, happened, sealed_pictures, taken
from orchestrator.core.png_pixels import SIGNATURE
from orchestrator.labd import desktop_recording
from orchestrator.labd.desktop_recording import DesktopRecording, PictureRoom, RecordedDesktop
from orchestrator.labd.lab_displays import DisplayOffError, LabDisplays
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.rfb_looker import ScreenLooker
from orchestrator.labd.rfb_viewer import GREETING
from tests.labd_talk import SOON

from .test_rfb_looker import Server, met, rectangle, update

NAME = "moved-desks.pc1"
TICKS = itertools.count(1000)
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing rest for long."""
    monkeypatch.setattr(desktop_recording, "_PACES", ((0.5, 0.01), (0.75, 0.02), (1.0, 0.03)))
    monkeypatch.setattr(desktop_recording, "_GRACE_S", 0.01)
    monkeypatch.setattr(desktop_recording, "_RETRIES", (0.01,))


def shows(*colours: int) -> bytes:
    """Return what a server says that shows one colour after the other."""
    return GREETING + met() + b"".join(update(rectangle(0, 0, 4, 3, bytes((one, 0, 0, 0)) * 12)) for one in colours)


class Displays:
    """Screens whose lines say one after the other what is given; then they are off."""

    def __init__(self, *said: bytes | Exception) -> None:
        self.said = list(said)
        self.opened: list[str] = []

    @asynccontextmanager
    async def line_in(self, whose: str, _find: object, _host: str) -> AsyncIterator[Server]:
        self.opened.append(whose)
        if not self.said:
            raise DisplayOffError
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        server = Server(said)
        server.silent = True
        yield server


def recorded(
    folder: Path,
    displays: Displays,
    until: Callable[[DesktopRecording, tuple[Happened, ...]], bool],
    room: PictureRoom | None = None,
    *,
    used: bool = False,
) -> tuple[DesktopRecording, tuple[Happened, ...]]:
    """Record until something is so; return the recording, and what its list says."""
    place = folder / f"{NAME}.desktop"

    async def play() -> DesktopRecording:
        threads = WorkThreads(1, "test")
        about = RecordedDesktop(
            "december C-01 moved-desks", cast("Any", None), "pc1", place, lambda: float(next(TICKS))
        )
        made = DesktopRecording(about, room or PictureRoom(folder), cast("LabDisplays", displays), threads, 2)
        if used:
            made.used()
            made.used()
        task = asyncio.create_task(made.run())
        async with asyncio.timeout(SOON):
            while not until(made, listed(place)):
                await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        threads.close()
        return made

    return asyncio.run(play()), listed(place)


def listed(place: Path) -> tuple[Happened, ...]:
    path = place / LIST
    return happened(path.read_bytes()) if path.is_file() else ()


def kinds(said: tuple[Happened, ...]) -> list[str]:
    return [one.kind for one in said]


def pictures(said: tuple[Happened, ...]) -> int:
    return kinds(said).count("picture")


def test_a_picture_is_kept_where_something_has_changed(tmp_path: Path) -> None:
    displays = Displays(shows(1, 1, 2, 2, 2, 3))
    made, said = recorded(tmp_path, displays, lambda _, seen: pictures(seen) == 3, used=True)
    assert kinds(said) == ["used", "opened", "picture", "picture", "picture", "closed"]
    assert [one.number for one in said if one.kind == "picture"] == [1, 2, 3]
    assert [(one.width, one.height) for one in said if one.kind == "picture"] == [(4, 3)] * 3
    assert [one.at for one in said] == sorted(one.at for one in said)
    assert made.trouble is None
    for number in (1, 2, 3):
        assert (tmp_path / f"{NAME}.desktop/{number:06}.png").read_bytes().startswith(SIGNATURE)
    count, size = taken(tmp_path)
    assert (count, size > 200) == (3, True)


def test_a_screen_that_is_off_or_strange_is_told_and_tried_again(tmp_path: Path) -> None:
    displays = Displays(
        DisplayOffError(), DisplayOffError(), b"HTTP/1.1 200", GREETING + b"\1\2", RuntimeError("never"), shows(5)
    )
    made, said = recorded(tmp_path, displays, lambda one, seen: pictures(seen) == 1 and one.trouble is None)
    assert [one.why for one in said if one.kind == "trouble"] == ["off", "locked", "strange"]
    assert made.trouble is None, "it is over"
    again, later = recorded(tmp_path, Displays(), lambda one, _: one.trouble is not None)
    assert again.trouble == "off"
    assert kinds(later)[-3:] == ["opened", "trouble", "closed"]


def test_a_full_disk_is_told_once_it_takes_something_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full, troubles = [True], list[str]()
    write = Path.write_bytes

    def written(path: Path, data: bytes) -> int:
        if full[0]:
            write(path, data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    def until(one: DesktopRecording, seen: tuple[Happened, ...]) -> bool:
        if one.trouble == "disk":
            troubles.append("disk")
            full[0] = False
        return pictures(seen) == 1 and one.trouble is None

    monkeypatch.setattr(Path, "write_bytes", written)
    made, said = recorded(tmp_path, Displays(*[shows(number) for number in range(50)]), until)
    assert troubles
    assert made.trouble is None
    assert "disk" in [one.why for one in said]
    assert len(list(tmp_path.glob("*/*.png"))) == 1, "what was not whole is gone"


def test_pictures_become_rarer_then_stop_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop_recording, "MOST_PICTURES", 8)
    monkeypatch.setattr(desktop_recording, "_PACES", ((0.5, 0.01), (0.75, 0.02), (1.0, 0.03)))
    displays = Displays(shows(*range(40)))
    made, said = recorded(tmp_path, displays, lambda one, _: one.full)
    assert pictures(said) == 8
    assert kinds(said)[-2:] == ["full", "closed"]
    assert len(list(tmp_path.glob("*/*.png"))) == 8
    again, said = recorded(tmp_path, Displays(shows(99)), lambda one, _: one.full)
    assert (pictures(said), again.full) == (8, True), "nor another time, nor after labd was started again"
    assert made.full


def test_the_bytes_of_all_desktops_of_a_candidate_are_counted_together(tmp_path: Path) -> None:
    other = tmp_path / "moved-desks.pc2.desktop"
    other.mkdir()
    with (other / "000001.png").open("wb") as file:
        file.truncate(desktop_recording.MOST_BYTES)
    displays = Displays(shows(1))
    _, said = recorded(tmp_path, displays, lambda one, _: one.full)
    assert (pictures(said), displays.opened) == (0, [])


def test_of_too_many_at_once_one_is_not_looked_at(tmp_path: Path) -> None:
    room = PictureRoom(tmp_path, open=2)
    displays = Displays(shows(1))
    made, _ = recorded(tmp_path, displays, lambda one, _: one.trouble is not None, room)
    assert (made.trouble, displays.opened) == ("many", [])


def test_a_slow_screen_is_rarely_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rests, pause = list[float](), asyncio.sleep

    async def rested(seconds: float) -> None:
        rests.append(seconds)
        await pause(min(seconds, 0.01))

    took = iter((0.0, 2.0, 500.0))

    class Slow(ScreenLooker):
        async def look(self) -> bool:
            whole = await super().look()
            self.took = next(took)
            return whole

    monkeypatch.setattr(asyncio, "sleep", rested)
    monkeypatch.setattr(desktop_recording, "ScreenLooker", Slow)
    _, said = recorded(tmp_path, Displays(shows(1, 2, 3)), lambda *_: 60.0 in rests)
    assert pictures(said) == 3
    assert any(6.0 <= one < 12.0 for one in rests)


def test_what_a_killed_program_left_is_read_and_gone_on_with(tmp_path: Path) -> None:
    place = tmp_path / f"{NAME}.desktop"
    folder = PictureFolder(place)
    folder.note(1.0, "opened")
    folder.picture(2.0, SIGNATURE + b"one", 4, 3)
    (place / "000002.png").write_bytes(SIGNATURE)  # its line was never written
    with (place / LIST).open("ab") as file:
        file.write(b'[3.0, "pict')
    again = PictureFolder(place)
    again.note(4.0, "opened")
    again.picture(5.0, SIGNATURE + b"three", 4, 3)
    said = happened((place / LIST).read_bytes())
    assert [(one.at, one.kind, one.number) for one in said] == [
        (1.0, "opened", 0), (2.0, "picture", 1), (4.0, "opened", 0), (5.0, "picture", 3),
    ]  # fmt: skip
    assert [name for name, _ in sealed_pictures(tmp_path)] == [
        f"desktops/{NAME}/{one}" for one in (LIST, "000001.png", "000003.png")
    ]


def test_lines_that_nobody_of_ours_wrote_are_left_out() -> None:
    wrong = (
        b"{}", b"[]", b'[1, "picture", 0, 4, 3, 9]', b'[1, "picture", "1", 4, 3, 9]', b'[1, "trouble", "nothing"]',
        b'[NaN, "opened"]', b'[1e400, "opened"]', b'[-1, "opened"]', b'[1, "picture"]', b"[" * 100_000, b"\xff",
        b'[1, "anything"]', b'[1, "paced", "often"]',
    )  # fmt: skip
    assert happened(b"\n".join(wrong)) == ()
    assert desktop_pictures.named("moved-desks.pc1.example") == ("moved-desks", "pc1.example")
    assert desktop_pictures.named("<b>") == ("", "<b>")
