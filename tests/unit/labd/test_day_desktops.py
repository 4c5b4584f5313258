"""Candidates' desktops on the wall: those that are open, by their last picture; who looks is written down."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pytest
from PIL import Image

from orchestrator.assessment.desktop_pictures import PictureFolder, folder_of
from orchestrator.assessment.events import Draft
from orchestrator.core.png_pixels import png_of
from orchestrator.labd import day_desktops
from orchestrator.labd import day_screen_contract as contract
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.session_contract import OfSession
from tests.fakes.rfb import FakeScreen
from tests.labd_talk import SOON

from .conftest import SCENARIO, Member, Site, refusal_of
from .test_day import day
from .test_displays import common_content, screen
from .test_seat_display import looking
from .test_seat_terminals import begun, organiser, site, supervisors

__all__ = ["common_content", "organiser", "screen", "site", "supervisors"]
pytestmark = pytest.mark.slow

ALIS = contract.OfDesktop("december", "reseau", "C-02", f"{SCENARIO}.pc2")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_desktops, "_FRESH_S", 0.0)


async def desktops(client: LabdClient, who: Member, count: int) -> tuple[contract.DesktopOnWall, ...]:
    """Return the desktops on the wall, once there are so many."""
    async with asyncio.timeout(SOON):
        while len(seen := (await client.call(contract.SCREENS, OfSession("december"), who.token)).desktops) != count:
            await asyncio.sleep(0.05)
    return seen


def kept(site: Site, *sizes: tuple[int, int]) -> None:
    """Keep pictures of C-02's desktop of pc2, which is on nobody's screen."""
    folder = PictureFolder(
        folder_of(site.registry.jury_session("december").folder.recordings("reseau", "C-02"), SCENARIO, "pc2")
    )
    for at, (width, height) in enumerate(sizes):
        folder.picture(
            4_000_000_000.0 + at, png_of(width, height, bytes((at, 0, 0, 0)) * (width * height)), width, height
        )


def picture_of(number: int, *, small: bool = False) -> contract.PictureOnWall:
    return contract.PictureOnWall("december", "reseau", "C-02", ALIS.desktop, number, small)


async def read(client: LabdClient, who: Member, asked: contract.PictureOnWall) -> tuple[tuple[int, int], object]:
    """Return a picture's size and first pixel."""
    png = (await client.call(contract.DESKTOP_PICTURE, asked, who.token)).png
    with Image.open(BytesIO(png)) as found:
        return found.size, found.getpixel((0, 0))


def test_a_desktop_is_on_the_wall_while_it_is_on_the_candidates_screen(
    site: Site, organiser: Member, screen: FakeScreen
) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            kept(site, (8, 8))
            assert await desktops(client, organiser, 0) == ()
            async with looking(client, zoe):
                (one,) = await desktops(client, organiser, 1)
                assert (one.number, one.name, one.desktop, one.host) == ("C-01", "Zoé Faure", f"{SCENARIO}.pc1", "pc1")
                assert (one.picture, one.width, one.height, one.open) == (1, 320, 200, True)
                asked = contract.PictureOnWall("december", "reseau", "C-01", one.desktop, 1, small=True)
                assert await read(client, organiser, asked) == ((320, 200), screen.colour)
            await desktops(client, organiser, 0)
            of = contract.OfDesktop("december", "reseau", "C-01", one.desktop)
            assert not (await client.call(contract.LOOK_AT_DESKTOP, of, organiser.token)).open

    asyncio.run(play())
    assert (screen.keys, screen.points, screen.other) == ([], [], [])


def test_who_looks_at_a_whole_desktop_is_written_down(site: Site, organiser: Member) -> None:
    theo, ivan = site.member("theo", "trainer", "jury"), site.member("ivan", "invigilator")

    async def play() -> None:
        async with site.labd() as client:
            await begun(client, organiser)
            kept(site, *[(1000, 500)] * 6)
            jury_session = site.registry.jury_session("december")
            assert await read(client, organiser, picture_of(6, small=True)) == ((334, 167), (5, 0, 0))
            assert jury_session.state().of("looked") == ()
            for _ in range(2):
                assert (await client.call(contract.LOOK_AT_DESKTOP, ALIS, organiser.token)).picture == 6
                assert await read(client, organiser, picture_of(6)) == ((1000, 500), (5, 0, 0))
            assert await read(client, ivan, picture_of(5)) == ((1000, 500), (4, 0, 0))
            first, second = jury_session.state().of("looked")
            assert (first.by, second.by) == (organiser.who.ref, ivan.who.ref)
            assert (first.candidate, first.phase, dict(first.details)) == ("C-02", "reseau", {"desktop": ALIS.desktop})
            told = [one.text.en for one in (await day(client, organiser)).entries if "looks at" in one.text.en]
            assert told == [f"Somebody looks at the desktop {ALIS.desktop}."] * 2
            for number in (0, 1, 2, 7, -1):
                for small in (True, False):
                    wrong = picture_of(number, small=small)
                    refusal = await refusal_of(client, contract.DESKTOP_PICTURE, wrong, organiser.token)
                    assert refusal.kind == "missing", number
            for of in (
                contract.OfDesktop("december", "reseau", "C-01", ALIS.desktop),
                contract.OfDesktop("december", "tirage", "C-02", ALIS.desktop),
                contract.OfDesktop("december", "reseau", "C-02", f"../../C-02/recordings/{ALIS.desktop}"),
                contract.OfDesktop("december", "reseau", "../reseau/C-02", ALIS.desktop),
                contract.OfDesktop("january", "reseau", "C-02", ALIS.desktop),
            ):
                assert (await refusal_of(client, contract.LOOK_AT_DESKTOP, of, organiser.token)).kind == "missing"
            for call, asked in ((contract.LOOK_AT_DESKTOP, ALIS), (contract.DESKTOP_PICTURE, picture_of(6))):
                assert (await refusal_of(client, call, asked, theo.token)).kind == "forbidden"
            now = jury_session.clock(jury_session.state()).now()
            jury_session.keep(Draft("sealed", "breakfix", now, "C-02", "reseau", {"file": "x"}))
            for call, asked in ((contract.LOOK_AT_DESKTOP, ALIS), (contract.DESKTOP_PICTURE, picture_of(6))):
                assert (await refusal_of(client, call, asked, organiser.token)).kind == "missing"

    asyncio.run(play())
