"""Candidates' seats in labd: codes that let nobody in by themselves, one seat at a time, and a token for that alone."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from orchestrator.assessment.events import PROGRAM, Draft
from orchestrator.assessment.session_folder import SEATS
from orchestrator.core.control_characters import CONTROLS
from orchestrator.labd import seat_access
from orchestrator.labd import seat_contract as e
from orchestrator.labd import session_contract as contract
from orchestrator.labd.calls import Nothing, Refusal
from orchestrator.labd.contract import BY_NAME
from orchestrator.labd.day_contract import DAY
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.rules import RULES, concerns_a_seat
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_presence import SeatPresence
from orchestrator.labd.sitting_contract import SITTING
from tests.labd_talk import SOON

from .conftest import Member, Site, refusal_of
from .test_rules import asked_of
from .test_sessions import HERE, LIST, PLAN, planned

pytestmark = pytest.mark.slow

DECEMBER = contract.OfSession("december")


@pytest.fixture
def site(site: Site) -> Site:
    site.proofs.known = HERE
    return site


@pytest.fixture
def organiser(site: Site) -> Member:
    return site.member("ines", "organiser")


async def codes_of(client: LabdClient, who: Member, number: str = "") -> dict[str, str]:
    made = await client.call(e.MAKE_CODES, e.MakeCodes("december", number), who.token)
    return {one.number: one.code for one in made.codes}


async def asking(client: LabdClient, code: str, token: str | None = None, address: str = "192.0.2.7") -> str:
    return (await client.call(e.TAKE_SEAT, e.TakeSeat(code, address), token)).token


async def answered(client: LabdClient, who: Member, number: str, act: e.SeatAct = "confirm") -> None:
    """Answer the browser that asked last for a seat."""
    view = await client.call(e.SEATS, DECEMBER, who.token)
    last = [one.id for one in view.asked if one.number == number][-1] if act != "end" else ""
    await client.call(e.ANSWER_SEAT, e.AnswerSeat("december", act, number, last), who.token)


async def seated(client: LabdClient, who: Member, code: str, number: str) -> str:
    token = await asking(client, code)
    await answered(client, who, number)
    return token


async def out(client: LabdClient, token: str | None) -> bool:
    """Return whether a token stands for nothing."""
    try:
        await client.call(e.MY_SEAT, Nothing(), token)
    except RefusedError as error:
        return error.refusal.kind == "signed-out"
    return False


def kinds(site: Site) -> list[tuple[str, str, str]]:
    return [
        (one.kind, one.candidate, one.by)
        for one in site.registry.log.events("december")
        if one.kind in {"invited", "seated", "turned-away", "unseated"}
    ]


def test_a_code_lets_nobody_in_until_somebody_confirms(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            assert list(codes) == ["C-01", "C-02"]
            token = await asking(client, codes["C-02"].lower())
            door = await client.call(e.MY_SEAT, Nothing(), token)
            assert (door.seated, door.number, door.title) == (False, "C-02", "Session de décembre")
            assert (await refusal_of(client, SITTING, Nothing(), token)).kind == "signed-out"
            assert await asking(client, codes["C-02"], token) == token, "the same browser asks once"

            (asked,) = (await client.call(e.SEATS, DECEMBER, organiser.token)).asked
            assert (asked.number, asked.name, asked.address, asked.changes) == (
                "C-02",
                "Ali Benali",
                "192.0.2.7",
                False,
            )
            await client.call(e.ANSWER_SEAT, e.AnswerSeat("december", "confirm", "C-02", asked.id), organiser.token)
            assert (await client.call(e.MY_SEAT, Nothing(), token)).seated
            assert (await client.call(SITTING, Nothing(), token)).number == "C-02"
            view = await client.call(e.SEATS, DECEMBER, organiser.token)
            assert (view.asked, [bool(one.since) for one in view.seats]) == ((), [False, True])
            again = e.AnswerSeat("december", "confirm", "C-02", asked.id)
            assert (await refusal_of(client, e.ANSWER_SEAT, again, organiser.token)).kind == "missing", "a replay"

    asyncio.run(play())
    ref = organiser.who.ref
    assert kinds(site) == [("invited", "", ref), ("seated", "C-02", ref)]


def test_what_is_written_down_holds_no_code_and_no_token(site: Site, organiser: Member) -> None:
    async def play() -> tuple[str, str]:
        async with site.labd() as client:
            await planned(client, organiser.token)
            code = (await codes_of(client, organiser, "C-01"))["C-01"]
            return code, await seated(client, organiser, code, "C-01")

    code, token = asyncio.run(play())
    said = repr(site.registry.log.events("december")) + "".join(
        path.read_text(errors="replace") for path in (site.folder / "sessions").rglob("*") if path.is_file()
    )
    assert "192.0.2.7" in said
    for secret in (code, code.replace("-", ""), token):
        assert secret not in said


def test_another_seat_needs_consent_and_ends_the_former(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            code = (await codes_of(client, organiser))["C-01"]
            first = await seated(client, organiser, code, "C-01")
            second = await asking(client, code, address="192.0.2.99")
            assert (await client.call(e.MY_SEAT, Nothing(), first)).seated
            assert not (await client.call(e.MY_SEAT, Nothing(), second)).seated
            (asked,) = (await client.call(e.SEATS, DECEMBER, organiser.token)).asked
            assert asked.changes
            await answered(client, organiser, "C-01")
            assert await out(client, first)
            assert (await client.call(e.MY_SEAT, Nothing(), second)).seated
            line = (await client.call(e.SEATS, DECEMBER, organiser.token)).seats[0]
            assert (line.changes, line.address) == (1, "192.0.2.99")
            third = await asking(client, code)
            await answered(client, organiser, "C-01", "refuse")
            assert await out(client, third)
            await answered(client, organiser, "C-01", "end")
            assert await out(client, second)

    asyncio.run(play())
    events = [one for one in site.registry.log.events("december") if one.kind == "seated"]
    assert [one.details["changed"] for one in events] == [False, True]
    assert [kind for kind, _, _ in kinds(site)] == ["invited", "seated", "seated", "turned-away", "unseated"]


def test_a_candidate_leaves_their_seat_and_comes_back_by_their_code(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            code = (await codes_of(client, organiser))["C-01"]
            first = await seated(client, organiser, code, "C-01")
            other = await asking(client, code, address="192.0.2.99")
            await client.call(e.LEAVE_SEAT, Nothing(), other)
            assert await out(client, other)
            assert (await client.call(e.MY_SEAT, Nothing(), first)).seated, "who waits takes nothing along"
            other = await asking(client, code, address="192.0.2.99")
            await client.call(e.LEAVE_SEAT, Nothing(), first)
            assert await out(client, first)
            assert (await refusal_of(client, e.LEAVE_SEAT, Nothing(), first)).kind == "signed-out"
            view = await client.call(e.SEATS, DECEMBER, organiser.token)
            assert (view.seats[0].since, len(view.asked)) == ("", 1)
            await answered(client, organiser, "C-01")
            assert (await client.call(e.MY_SEAT, Nothing(), other)).seated

    asyncio.run(play())
    ref = organiser.who.ref
    assert kinds(site) == [
        ("invited", "", ref), ("seated", "C-01", ref), ("unseated", "C-01", "C-01"), ("seated", "C-01", ref),
    ]  # fmt: skip


def test_seats_outlive_labd(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            token, waiting = await seated(client, organiser, codes["C-01"], "C-01"), await asking(client, codes["C-02"])
        async with site.labd() as client:
            assert (await client.call(e.MY_SEAT, Nothing(), token)).seated
            assert not (await client.call(e.MY_SEAT, Nothing(), waiting)).seated

    asyncio.run(play())


def test_nobody_loses_a_seat_because_something_cannot_be_read_for_a_moment(
    site: Site, organiser: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that is told that its seat has ended forgets its token, and needs its code and somebody's consent."""
    monkeypatch.setattr(seat_access, "_FRESH_S", 0)
    kept = site.folder / "sessions" / "december" / SEATS

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            token = await seated(client, organiser, (await codes_of(client, organiser))["C-01"], "C-01")
            content = kept.read_bytes()
            kept.rename(kept.with_suffix(".kept"))
            kept.mkdir()
            assert (await refusal_of(client, e.MY_SEAT, Nothing(), token)).kind == "machine"
            assert (await refusal_of(client, SITTING, Nothing(), token)).kind == "machine"
            kept.rmdir()
            kept.write_bytes(content[:-1])
            refusal = await refusal_of(client, e.MY_SEAT, Nothing(), token)
            assert refusal.kind == "machine"
            assert str(site.folder) not in f"{refusal.text} {refusal.hint}", "nor is told where it lies"
            kept.with_suffix(".kept").replace(kept)
            assert (await client.call(e.MY_SEAT, Nothing(), token)).seated

            store = site.folder / "records.sqlite"
            with sqlite3.connect(store) as database:
                database.execute("ALTER TABLE journal RENAME TO elsewhere")
            assert (await refusal_of(client, e.MY_SEAT, Nothing(), token)).kind in {"machine", "broken"}
            with sqlite3.connect(store) as database:
                database.execute("ALTER TABLE elsewhere RENAME TO journal")
            assert (await client.call(e.MY_SEAT, Nothing(), token)).seated

    asyncio.run(play())


def test_a_seat_that_is_used_from_two_places_is_seen_and_noted_once(site: Site, organiser: Member) -> None:
    """A token that was copied is as good as the one it was copied from."""

    async def play() -> int:
        async with site.labd() as client:
            await planned(client, organiser.token)
            token = await seated(client, organiser, (await codes_of(client, organiser))["C-01"], "C-01")

            async def alarms() -> list[str]:
                view = await client.call(DAY, DECEMBER, organiser.token)
                return [one.en for one in view.alarms if "C-01" in one.en]

            for _ in range(2):
                await client.call(SITTING, Nothing(), token, "192.0.2.7")
            assert await alarms() == []
            evil = "2001:db8::1\r\nX: \x1b[2J" + "x" * 1000
            for _ in range(2):
                await client.call(SITTING, Nothing(), token, evil)
                await client.call(SITTING, Nothing(), token, "192.0.2.7")
            (said,) = await alarms()
            assert "192.0.2.7" in said
            assert not CONTROLS.search(said.replace("\n", "\0"))
            return len(said)

    assert asyncio.run(play()) < 300
    noted = [one for one in site.registry.log.events("december") if one.kind == "incident"]
    assert [(one.by, one.candidate) for one in noted] == [(PROGRAM, "C-01")]


def test_who_goes_from_one_place_to_another_is_at_one() -> None:
    now = [0.0]
    presence, seat = SeatPresence(lambda: now[0]), Seat("december", "C-01")
    for at, address in ((1, "a"), (2, "a"), (3, "b"), (4, "b")):
        now[0] = at
        presence.heard_of(seat, address)
        assert presence.places(seat) == ()
    presence.heard_of(seat, "a")
    assert presence.places(seat) == presence.new_places(seat) == ("a", "b")
    assert presence.new_places(seat) == ()
    now[0] = 30.0
    presence.heard_of(seat, "b")
    assert presence.places(seat) == ()
    with presence.line(seat, "c"):
        now[0] = 90.0
        presence.heard_of(seat, "b")
        assert presence.places(seat) == ("b", "c"), "a terminal that is open says nothing, and is there"
    for number in range(100):
        presence.heard_of(seat, f"x{number}")
        presence.heard_of(seat, "b")
        presence.new_places(seat)
    assert len(presence.places(seat)) <= 8


def test_who_types_codes_keeps_no_candidate_waiting(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            token = await seated(client, organiser, codes["C-01"], "C-01")
            folder = site.registry.jury_session("december").folder
            with folder.changing_seats():  # so that each of them waits
                typing = [asyncio.create_task(asking(client, codes["C-02"], address=f"192.0.2.{n}")) for n in range(9)]
                view = await asyncio.wait_for(client.call(SITTING, Nothing(), token), SOON)
                assert (view.number, any(one.done() for one in typing)) == ("C-01", False)
            assert len(await asyncio.gather(*typing)) == 9

    asyncio.run(play())


def test_a_seat_reaches_its_own_calls_and_no_other(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            token, waiting = await seated(client, organiser, codes["C-01"], "C-01"), await asking(client, codes["C-02"])
            for path in ("session-documents/december", "session-evidence/december/reseau/C-01"):
                with pytest.raises(RefusedError) as refused:
                    await anext(client.archive(path, token))
                assert refused.value.refusal.kind == "signed-out"
            leaving_last = sorted(BY_NAME.items(), key=lambda one: one[0] == e.LEAVE_SEAT.name)
            for name, call in leaving_last:
                for one in (token, waiting):
                    try:
                        await client.call(call, asked_of(name, "moved-desks-1", 1), one)
                        said = ""
                    except RefusedError as error:
                        said = error.refusal.kind
                    right = RULES[name]
                    may = right in {"anybody", "asking-or-seat"} or (right == "seat" and one == token)
                    assert (said != "signed-out") is may, (name, one)
                    if concerns_a_seat(name):
                        assert (await refusal_of(client, call, asked_of(name, "", 1), organiser.token)).kind == (
                            "signed-out"
                        )

    asyncio.run(play())


def test_every_code_that_holds_not_is_refused_alike(site: Site, organiser: Member) -> None:
    async def play() -> list[Refusal]:
        async with site.labd() as client:
            await planned(client, organiser.token)
            old = (await codes_of(client, organiser))["C-01"]
            await codes_of(client, organiser, "C-01")
            wrong = (old, "no", "", "0" * 16, "x" * 10_000, "../december", "\0\x1b[2J", old[:-1])
            found = [await refusal_of(client, e.TAKE_SEAT, e.TakeSeat(code), None) for code in wrong]
            withdrawn = (await codes_of(client, organiser))["C-02"]
            await client.call(contract.WITHDRAW_SESSION, contract.WithdrawSession("december", "x"), organiser.token)
            found.append(await refusal_of(client, e.TAKE_SEAT, e.TakeSeat(withdrawn), None))
            assert (await planned(client, organiser.token)).session == "december"
            found.append(await refusal_of(client, e.TAKE_SEAT, e.TakeSeat(withdrawn), None))
            return found

    found = asyncio.run(play())
    assert len(set(found)) == 1
    assert (found[0].kind, found[0].field) == ("wrong", "code")


def test_who_has_a_seat_keeps_it_until_the_session_is_closed_and_nobody_else_comes(
    site: Site, organiser: Member
) -> None:
    """What was handed in is read there. Who only waits gets no seat any more, and an access can still be ended."""

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            zoe = await seated(client, organiser, codes["C-01"], "C-01")
            ali = await asking(client, codes["C-02"])
        over(site, "sealed")
        async with site.labd() as client:
            assert (await client.call(e.MY_SEAT, Nothing(), zoe)).seated
            assert (await client.call(SITTING, Nothing(), zoe)).number == "C-01"
            assert await out(client, ali)
            assert (await refusal_of(client, e.TAKE_SEAT, e.TakeSeat(codes["C-01"]), None)).field == "code"
            assert (await refusal_of(client, e.MAKE_CODES, e.MakeCodes("december"), organiser.token)).kind == "wrong"
            view: e.SeatsView = await client.call(e.SEATS, contract.OfSession("december"), organiser.token)
            assert (view.over, view.closed, view.asked) == (True, False, ())
            assert [bool(one.since) for one in view.seats] == [True, False]
            await client.call(e.ANSWER_SEAT, e.AnswerSeat("december", "end", "C-01"), organiser.token)
            assert await out(client, zoe)

    asyncio.run(play())


@pytest.mark.parametrize("ending", ["closed", "withdrawn"])
def test_access_ends_with_the_session(site: Site, organiser: Member, ending: str) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            token = await seated(client, organiser, codes["C-01"], "C-01")
        over(site, ending)
        async with site.labd() as client:
            assert await out(client, token)
            assert (await refusal_of(client, SITTING, Nothing(), token)).kind == "signed-out"
            assert (await refusal_of(client, e.TAKE_SEAT, e.TakeSeat(codes["C-01"]), None)).field == "code"
            makes = e.MakeCodes("december")
            refused = await refusal_of(client, e.MAKE_CODES, makes, organiser.token)
            assert refused.kind == ("missing" if ending == "withdrawn" else "wrong")

    asyncio.run(play())


def over(site: Site, ending: str) -> None:
    """Have a session be over."""
    session = site.registry.jury_session("december")
    if ending == "withdrawn":
        session.withdraw("root", "x")
        return
    if ending == "closed":
        session.keep(Draft("closed", PROGRAM, 1))
        return
    for phase in session.state().plan.phases:
        for number in ("C-01", "C-02"):
            drawn: dict[str, Any] = {
                "phase": phase.name,
                "seed": "",
                "pools": [],
                "drawn": {one: ["a"] for one in ("C-01", "C-02")},
            }
            lab = {"scenario": "a", "instance": "a", "hosts": ["pc1"], "variant": 0}
            session.keep(
                Draft("drawn", PROGRAM, 1, phase=phase.name, details=drawn),
                Draft("opened", PROGRAM, 1, number, phase.name, lab),
                Draft("sealed", PROGRAM, 1, number, phase.name, {"file": "x", "sha256": "x"}),
            )
    assert session.state().stage == "sealed"


def test_who_tries_codes_is_slowed_and_keeps_nobody_else_out(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            said = [await refusal_of(client, e.TAKE_SEAT, e.TakeSeat(f"x{n}", "192.0.2.1"), None) for n in range(60)]
            assert [one.kind for one in said] == ["wrong"] * 50 + ["too-often"] * 10
            assert said[-1].seconds > 0
            assert (await refusal_of(client, e.TAKE_SEAT, e.TakeSeat("y", "192.0.2.2"), None)).kind == "wrong"
            assert await asking(client, codes["C-02"], address="192.0.2.1"), "the room's other candidates come in"

    asyncio.run(play())


def test_twelve_who_flood_are_four_requests_each_at_most(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)

            async def flood(number: str) -> list[str]:
                found = []
                for _ in range(20):
                    try:
                        found.append(await asking(client, codes[number], address=f"192.0.2.{number[-1]}"))
                    except RefusedError as error:
                        assert error.refusal.kind == "too-often"  # noqa: PT017 - what is raised is half of it
                return found

            one, other = await asyncio.gather(flood("C-01"), flood("C-02"))
            assert len(one) == len(other) == 12
            asked = (await client.call(e.SEATS, DECEMBER, organiser.token)).asked
            assert sorted(line.number for line in asked) == ["C-01"] * 4 + ["C-02"] * 4

    asyncio.run(play())


@pytest.mark.parametrize("session", ["none", "../december", "", "december/../december", "DECEMBER", "x" * 300, "\0"])
def test_a_forged_session_is_missing(site: Site, organiser: Member, session: str) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            for call, asked in (
                (e.MAKE_CODES, e.MakeCodes(session)),
                (e.SEATS, contract.OfSession(session)),
                (e.ANSWER_SEAT, e.AnswerSeat(session, "end", "C-01")),
            ):
                assert (await refusal_of(client, call, asked, organiser.token)).kind == "missing"

    asyncio.run(play())


def test_a_request_is_confirmed_for_its_own_candidate_only(site: Site, organiser: Member) -> None:
    """A page that is out of date lets nobody in as somebody else."""

    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token)
            codes = await codes_of(client, organiser)
            await asking(client, codes["C-01"])
            (asked,) = (await client.call(e.SEATS, DECEMBER, organiser.token)).asked
            for number in ("C-02", "C-99", ""):
                wrong = e.AnswerSeat("december", "confirm", number, asked.id)
                assert (await refusal_of(client, e.ANSWER_SEAT, wrong, organiser.token)).kind == "missing"
            assert (await refusal_of(client, e.MAKE_CODES, e.MakeCodes("december", "C-99"), organiser.token)).kind == (
                "wrong"
            )

    asyncio.run(play())
    assert [kind for kind, _, _ in kinds(site)] == ["invited"]


def test_an_address_is_shown_as_text(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, PLAN, candidates=LIST)
            code = (await codes_of(client, organiser))["C-01"]
            await asking(client, code, address="\x1b[2J<script>" + "9" * 500)
            (asked,) = (await client.call(e.SEATS, DECEMBER, organiser.token)).asked
            assert "\x1b" not in asked.address
            assert len(asked.address) <= 64

    asyncio.run(play())
