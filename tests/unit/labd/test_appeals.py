"""Appeals in labd: a member of the jury has a sealed sitting graded again; it is compared, noted, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from orchestrator.assessment.events import Draft
from orchestrator.assessment.reopening import Reopening
from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.labd import appeal_contract as a
from orchestrator.labd.evidence_contract import OfSitting
from orchestrator.labd.told_refusals import broken

from .conftest import Member, Site, refusal_of
from .test_deliberation import Room, play, sealed_file, site

pytestmark = pytest.mark.slow

__all__ = ["site"]
MINE = OfSitting("december", "reseau", "C-01")


def scene_of(site: Site, act: Callable[[Room], Awaitable[None]]) -> None:
    async def scene(room: Room) -> None:
        await room.sealed()
        await act(room)

    play(site, scene)


async def view(room: Room, who: Member | None = None) -> a.AppealView:
    return await room.client.call(a.APPEAL, MINE, (who or room.anne).token)


async def graded(room: Room) -> a.AppealView:
    """Have it graded again, and return what came of it."""
    await room.client.call(a.GRADE_AGAIN, MINE, room.paul.token)
    async with asyncio.timeout(60):
        while (found := await view(room)).running:
            await asyncio.sleep(0.01)
    return found


def test_a_member_has_it_graded_again_and_the_journal_knows(site: Site) -> None:
    async def act(room: Room) -> None:
        before = await view(room)
        assert (before.number, before.phase, before.running, before.regradings) == ("C-01", "reseau", False, ())
        assert [one.kept for one in before.labs] == [False]
        found = await graded(room)
        (one,) = found.regradings
        assert (one.by, one.differs, one.text.en, one.remarks) == (
            "Paul Leroy", False, "Evidence reopened; no difference found.", (),
        )  # fmt: skip
        assert found.trouble is None

    scene_of(site, act)
    (event,) = site.registry.jury_session("december").state().of("regraded")
    assert (event.by, event.candidate, event.phase) == ("leroy", "C-01", "reseau")


def test_what_differs_is_told_with_titles(site: Site) -> None:
    async def act(room: Room) -> None:
        session = room.site.registry.jury_session("december")
        sentence = {"fr": "pc1 a le réseau.", "en": "pc1 has the network."}
        details = {
            "sources": {"moved-desks": "instance"},
            "graded": 3,
            "stale": ["moved-desks"],
            "unready": {},
            "not_paused": {},
            "differences": [["moved-desks", "t.py::a", "fail", "pass", sentence]],
        }
        session.keep(Draft("regraded", "root", 4_100_009_000, "C-01", "reseau", details))
        (one,) = (await view(room)).regradings
        title = (await view(room)).labs[0].title.en
        assert (one.by, one.differs) == ("root", True)
        assert [said.en for said in one.remarks] == [f"{title}: 'pc1 has the network': not satisfied → satisfied"]
        assert [said.en for said in one.stale] == [title]

    scene_of(site, act)


def test_one_at_a_time_and_only_for_who_judges(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def waits(*_asked: object) -> None:
        begun.set()
        assert go_on.wait(60)

    async def act(room: Room) -> None:
        other = room.site.member("zoe", "jury")
        for who, kind in ((room.ines, "forbidden"), (other, "missing")):
            for call in (a.APPEAL, a.GRADE_AGAIN):
                assert (await refusal_of(room.client, call, MINE, who.token)).kind == kind
        none = OfSitting("december", "tirage", "C-01")
        assert (await refusal_of(room.client, a.GRADE_AGAIN, none, room.anne.token)).kind in {"missing", "wrong"}
        monkeypatch.setattr(Reopening, "reopen", waits)
        try:
            await room.client.call(a.GRADE_AGAIN, MINE, room.anne.token)
            assert await asyncio.to_thread(begun.wait, 60)
            assert (await view(room)).running
            again = OfSitting("december", "reseau", "C-02")
            assert (await refusal_of(room.client, a.GRADE_AGAIN, again, room.paul.token)).kind == "busy"
            assert not (await room.client.call(a.APPEAL, again, room.paul.token)).running
        finally:
            go_on.set()

    scene_of(site, act)


@pytest.mark.parametrize(
    ("error", "said"), [(LabError(same("pc1 is gone")), "pc1 is gone"), (ValueError("secret"), broken().text.en)]
)
def test_why_nothing_came_of_it_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fails(*_asked: object) -> None:
        raise error

    async def act(room: Room) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Reopening, "reopen", fails)
            found = await graded(room)
        assert found.trouble is not None
        assert found.trouble.en == said
        assert found.regradings == ()
        assert (await graded(room)).trouble is None

    scene_of(site, act)


def test_nothing_is_compared_with_a_file_that_was_not_sealed(site: Site) -> None:
    async def act(room: Room) -> None:
        sealed_file(room).write_bytes(sealed_file(room, "C-02").read_bytes())  # whole in itself, and another's
        found = await graded(room)
        assert found.trouble is not None
        assert "is not the file that was sealed" in found.trouble.en
        assert found.regradings == ()

    scene_of(site, act)


def test_what_an_appeal_left_going_is_frozen_when_the_service_begins(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A session that cannot be looked at keeps neither the others nor the service waiting."""
    scene_of(site, nothing)
    asked: list[str] = []

    def stand_still(self: Reopening) -> tuple[str, ...]:
        asked.append(self._jury_session.session)
        raise LabError(same("no answer"))

    async def begun_again() -> None:
        async with site.labd():
            pass

    monkeypatch.setattr(Reopening, "stand_still", stand_still)
    asyncio.run(begun_again())
    assert asked == ["december"]
    assert "kept labs of the session december may go on: no answer" in caplog.text


async def nothing(_: Room) -> None:
    """Leave all as it is."""
