"""Candidates' terminals for the room's staff: as text, as they change, whatever they show; nobody else sees them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from starlette.requests import Request

from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.labd.day_screen_contract import OfDesktop, OfScreen, ScreensView
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import screen_pages
from orchestrator.portal.portal_settings import WebOrigin
from orchestrator.portal.visit import Visit
from tests.fakes import labd_day as fake
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_sessions import SESSION
from tests.unit.portal.browser import Browser, Reading

SCREEN = f"/sessions/{SESSION}/screens/reseau/C-04/moved-desks.pc1-1"
DESKTOP = f"/sessions/{SESSION}/desktops/reseau/C-04/moved-desks.pc1"
WALL = f"/sessions/{SESSION}/day"


@pytest.mark.parametrize("handle", ["lea", "theo", ""])
def test_nobody_else_sees_a_terminal(browser: Browser, labd: FakeLabd, handle: str) -> None:
    if handle:
        browser.sign_in(handle)
    for path in (
        SCREEN, f"{SCREEN}/events", f"/sessions/{SESSION}/screens/events", DESKTOP, f"{DESKTOP}/events",
        f"{DESKTOP}/pictures/12",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code in {200, 303, 403}
        assert "pc1" not in answer.text.replace(path, "")
    assert labd.day.screens == fake.SCREENS


def test_a_terminal_is_shown_as_text(browser: Browser) -> None:
    browser.sign_in("ines", "en")
    page = browser.get(SCREEN).text
    assert Reading.of(page).wrong == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}" in page
    assert "<script>alert" not in page
    assert "You only look" in page
    assert f'data-events="{SCREEN}/events"' in page
    for wrong in ("moved-desks.pc1-9", "..%2F..%2Fsecret", "%3Cb%3E"):
        answer = browser.get(SCREEN.rpartition("/")[0] + "/" + wrong)
        assert answer.status_code == 404


def test_the_wall_tells_of_terminals_of_browsers_and_of_the_machine(browser: Browser) -> None:
    browser.sign_in("ines", "en")
    page = browser.get(WALL).text
    for said in ("The disk is almost full", "not connected since 09:41:07", "changed seats at 09:41"):
        assert said in page
    assert f'data-events="/sessions/{SESSION}/screens/events"' in page
    candidate = browser.get(f"{WALL}/reseau/C-04").text
    assert f'href="{SCREEN}"' in candidate
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in candidate
    assert "<script>alert" not in candidate
    assert f'<img src="{DESKTOP}/pictures/12?size=small" width="320" height="240"' in candidate
    assert f'href="{DESKTOP}"' in candidate


def frames_of(frames: Any, count: int, between: Any) -> list[Any]:  # noqa: ANN401 - an iterator, a function
    """Return the first frames, with something done between them."""

    async def read() -> list[Any]:
        found = []
        async for one in frames:
            if not one.startswith(b"data: "):
                continue
            found.append(json.loads(one[6:]))
            if len(found) == count:
                return found
            between()
        return found

    return asyncio.run(read())


def request_of(labd: Any) -> Request:  # noqa: ANN401 - a labd in memory
    visit = Visit(None, "t", "en", "n", "k", "", WebOrigin("http", "localhost", 80))
    app = type("App", (), {"state": type("State", (), {"labd": labd})})
    return Request({"type": "http", "app": app, "state": {"visit": visit}, "headers": [], "path": "/"})


class Looked:
    """A labd that has screens."""

    def __init__(self) -> None:
        self.screens = fake.SCREENS
        self.desktops = fake.DESKTOPS
        self.refusal: RefusalKind | None = None

    async def call(self, what: Any, asked: Any, _token: str) -> Any:  # noqa: ANN401 - any call
        if self.refusal:
            raise RefusedError(Refusal(self.refusal, fake.HOSTS))
        if what.name == "screens":
            return ScreensView(self.screens, self.desktops)
        if what.name == "look-at-desktop":
            return self.desktops[0]
        return next(one for one in self.screens if one.terminal == asked.terminal)


def test_only_what_has_changed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_pages, "POLL_SECONDS", 0.001)
    labd = Looked()

    def change() -> None:
        labd.screens = (replace(labd.screens[0], text="now"), *labd.screens[1:2])

    first, second = frames_of(screen_pages.all_frames(request_of(labd), SESSION), 2, change)
    assert [one.get("text") for one in first["screens"]] == [
        fake.SCREENS[0].text, fake.SCREENS[1].text, None, fake.SCREENS[2].text,
    ]  # fmt: skip
    assert first["screens"][2]["image"]["src"] == f"{DESKTOP}/pictures/12?size=small"
    assert first["order"][2] == DESKTOP, "beside the terminals of the same candidate"
    assert [(one["address"], one["text"]) for one in second["screens"]] == [(SCREEN, "now")]
    assert second["order"] == first["order"][:3]


def test_one_terminal_is_told_until_its_evidence_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_pages, "POLL_SECONDS", 0.001)
    labd, asked = Looked(), OfScreen(SESSION, "reseau", "C-04", "moved-desks.pc1-1")

    async def read() -> list[bytes]:
        found = []
        async for one in screen_pages.frames(request_of(labd), asked):
            found.append(one)
            labd.refusal = "missing" if len(found) > 1 else None
        return found

    _, shown, end = asyncio.run(read())
    told = json.loads(shown.removeprefix(b"data: "))
    assert (told["address"], told["clock"], told["text"]) == (SCREEN, "09:41:07", fake.SCREENS[0].text)
    assert b"event: end" in end


def test_a_desktop_is_shown_by_its_last_picture(browser: Browser, labd: FakeLabd) -> None:
    browser.sign_in("ines", "en")
    page = browser.get(DESKTOP).text
    assert Reading.of(page).wrong == []
    assert (
        f'<img src="{DESKTOP}/pictures/12" width="320" height="240" alt="The desktop of pc1, candidate C-04">' in page
    )
    assert f'data-events="{DESKTOP}/events"' in page
    assert 'id="desktop-closed" role="status" hidden' in page
    labd.day.desktops = (replace(labd.day.desktops[0], open=False),)
    assert 'id="desktop-closed" role="status" hidden' not in browser.get(DESKTOP).text
    for path, size in ((f"{DESKTOP}/pictures/12", (320, 240)), (f"{DESKTOP}/pictures/12?size=small", (80, 60))):
        answer = browser.get(path)
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/png", "no-store")
        with Image.open(BytesIO(answer.content)) as read:
            assert read.size == size
    for wrong in (f"{DESKTOP}/pictures/11", f"{DESKTOP}/pictures/-1", f"{DESKTOP}/pictures/1234567890", f"{DESKTOP}9"):
        assert browser.get(wrong).status_code == 404, wrong


def test_the_desktop_that_is_looked_at_is_told_as_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_pages, "POLL_SECONDS", 0.001)
    labd, asked = Looked(), OfDesktop(SESSION, "reseau", "C-04", "moved-desks.pc1")

    def change() -> None:
        labd.desktops = (replace(labd.desktops[0], picture=13, open=False),)

    first, second = frames_of(screen_pages.desktop_frames(request_of(labd), asked), 2, change)
    assert (first["image"]["src"], first["open"]) == (f"{DESKTOP}/pictures/12", True)
    assert (second["image"]["src"], second["open"]) == (f"{DESKTOP}/pictures/13", False)
