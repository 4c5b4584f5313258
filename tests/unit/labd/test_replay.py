"""The replay of attempts, over the socket: whose recordings they are, their pieces, the marks, and who looked."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grader.report import CheckResult, Outcome, Report
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.labd import lab_contract, lab_work_contract
from orchestrator.labd import privacy_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.path_contract import LookAtScenario
from orchestrator.labd.replay_marks import marks_of
from orchestrator.model.turns import Turn
from orchestrator.personas.conversation_file import line_of
from orchestrator.privacy import recording_pieces
from orchestrator.records import journal
from tests.labd_talk import events_until, shown, stopped
from tests.unit.privacy.recordings import record

from .conftest import SCENARIO, Member, Site, an_attempt, refusal_of, started

ONE, TWO, THREE = "00000000000000a1", "00000000000000b2", "00000000000000c3"
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def graded(**outcomes: Outcome) -> Report:
    results = tuple(
        CheckResult(name, "symptom", 1, None, Text(fr=f"{name} va.", en=f"{name} works."), outcome)
        for name, outcome in outcomes.items()
    )
    return Report("lab", SCENARIO, 7, "d", "2026-11-29T12:00:00Z", 0.1, results)


def test_marks_are_where_something_turned() -> None:
    minutes = [NOON + timedelta(minutes=number) for number in range(5)]
    reports = [
        graded(one="fail", two="pass"),
        graded(one="fail", two="pass"),
        graded(one="error", two="fail"),
        graded(one="pass", two="pass"),
    ]
    found = marks_of(zip(minutes, reports, strict=False), [(minutes[1], 1), (minutes[4], 2)])
    assert [(mark.at[14:16], mark.kind, mark.text.en or mark.number) for mark in found] == [
        ("00", "red", "one works."),
        ("00", "green", "two works."),
        ("01", "hint", 1),
        ("02", "unsure", "one works."),
        ("02", "red", "two works."),
        ("03", "green", "one works."),
        ("03", "green", "two works."),
        ("04", "hint", 2),
    ]


def test_what_must_keep_working_is_marked_once_it_has_been_red() -> None:
    def with_guards(shop: Outcome, one: Outcome) -> Report:
        guards = {"one": one, "two": "pass"}
        made = graded(shop=shop)
        added = tuple(
            CheckResult(name, "guard", 1, None, Text(fr=f"{name} va.", en=f"{name} works."), outcome)
            for name, outcome in guards.items()
        )
        return replace(made, results=(*made.results, *added))

    minutes = [NOON + timedelta(minutes=number) for number in range(3)]
    reports = [with_guards("fail", "pass"), with_guards("fail", "fail"), with_guards("pass", "pass")]
    found = marks_of(zip(minutes, reports, strict=True), [])
    assert [(mark.at[14:16], mark.kind, mark.text.en) for mark in found] == [
        ("00", "red", "shop works."),
        ("01", "red", "one works."),
        ("02", "green", "shop works."),
        ("02", "green", "one works."),
    ]


@pytest.mark.slow
def test_an_attempt_has_the_recordings_of_its_time_and_its_owner(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    hour = timedelta(hours=1)
    first = an_attempt(site, lea, NOON, NOON + hour)
    second = an_attempt(site, lea, NOON + hour, NOON + 2 * hour)
    third = an_attempt(site, tom, NOON + 3 * hour, NOON + 4 * hour)
    for name, who, began in ((ONE, lea, NOON), (TWO, lea, NOON + 1.5 * hour), (THREE, tom, NOON + 3.5 * hour)):
        record(site.folder / "recordings", "lab-1", name, who.who.ref, began=began)

    async def play() -> None:
        async with site.labd() as client:
            found = {}
            for who, number in ((lea, first), (lea, second), (tom, third)):
                view = await client.call(contract.REPLAY, contract.OfAttempt(number), who.token)
                found[number] = [one.id for one in view.recordings]
                for name in (ONE, TWO, THREE):
                    asked = contract.PieceOf(number, name, 0)
                    if name in found[number]:
                        assert "hello" in (await client.call(contract.REPLAY_PIECE, asked, who.token)).lines
                    else:
                        assert (await refusal_of(client, contract.REPLAY_PIECE, asked, who.token)).kind == "missing"
            assert found == {first: [ONE], second: [TWO], third: [THREE]}
            recorded = await client.call(contract.RECORDED_ATTEMPTS, LookAtScenario(SCENARIO), lea.token)
            assert recorded == (first, second)
            another = contract.OfAttempt(third)
            assert (await refusal_of(client, contract.REPLAY, another, lea.token)).kind == "missing"
            for number in (0, -1, 2**31, 10**18):
                nothing = contract.OfAttempt(number)
                assert (await refusal_of(client, contract.REPLAY, nothing, lea.token)).kind == "missing"

    asyncio.run(play())


@pytest.mark.slow
def test_what_a_terminal_showed_is_played_while_it_is_open_and_afterwards(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            number = (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).attempt
            opened = await client.call(
                lab_work_contract.OPEN_TERMINAL, lab_work_contract.OpenTerminal(lab, "pc1", "root", 30, 100), lea.token
            )
            async with client.terminal(lab, opened.id, lea.token, None) as viewer:
                await viewer.send(b"hello\r")
                await shown(viewer, b"hello\r\nhello\r\n")
            async with asyncio.timeout(30):
                while "hello" not in await played(client, number, opened.id, lea):
                    await asyncio.sleep(0)
            await stopped(client, lab, lea.token)
            view = await client.call(contract.REPLAY, contract.OfAttempt(number), lea.token)
            assert [(one.id, one.host, one.rows, one.columns) for one in view.recordings] == [
                (opened.id, "pc1", 30, 100)
            ]
            assert "hello" in await played(client, number, opened.id, lea)

    asyncio.run(play())


@pytest.mark.slow
def test_no_password_is_read_in_a_recording(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variant's, and the one that the trainee told; on a line by itself, and where the next piece goes on."""
    lea, preview = site.member("lea"), site.labs.plans.preview
    monkeypatch.setattr(site.labs.plans, "preview", lambda *of: replace(preview(*of), passwords=("Bavomi-Teruka47",)))
    monkeypatch.setattr(recording_pieces, "PIECE", 300)
    number = an_attempt(site, lea, NOON, None)
    told = Turn("anne", "2026-11-29T12:00:00Z", "en", "Your password is Sapin-4417.", secrets=("Sapin-4417",))
    site.labs.conversations._deliverables.add("lab-1", CONVERSATION, line_of(told))
    shown = "$ passwd Sapin-4417 Bavomi-Teruka47 Other-1234\r\n"
    events = [(count / 10, "o", letter) for count, letter in enumerate(shown)]
    record(site.folder / "recordings", "lab-1", ONE, lea.who.ref, began=NOON, events=events)

    async def play() -> tuple[str, bytes]:
        async with site.labd() as client:
            seen = await played(client, number, ONE, lea)
            archive = b"".join([part async for part in client.my_data("en", lea.token)])
            return seen, archive

    seen, archive = asyncio.run(play())
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        (name,) = [one for one in files.namelist() if one.endswith(".cast")]
        taken = files.read(name).decode()
    for read in (seen, taken):
        rows = [json.loads(line) for line in read.splitlines()[1:]]
        assert "".join(row[2] for row in rows) == f"$ passwd {'•' * 10} {'•' * 15} Other-1234\r\n"
        assert [row[0] for row in rows] == [event[0] for event in events]


async def played(client: LabdClient, number: int, name: str, member: Member) -> str:
    """Return what a recording holds by now, all of it."""
    view = await client.call(contract.REPLAY, contract.OfAttempt(number), member.token)
    if name not in {one.id for one in view.recordings}:
        return ""
    at, read, end = 0, "", False
    while not end:
        piece = await client.call(contract.REPLAY_PIECE, contract.PieceOf(number, name, at), member.token)
        at, read, end = piece.next, read + piece.lines, piece.end
    return read


@pytest.mark.slow
def test_a_trainer_looks_and_the_trainee_sees_it(site: Site) -> None:
    lea, ada, bob = site.member("lea"), site.member("ada", "trainer"), site.member("bob", "trainer")
    site.a_class("tssr", ada, lea)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            number = (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).attempt
            record(site.folder / "recordings", lab, ONE, lea.who.ref, began=journal.now())
            last = (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).last_event
            await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "ended", after=last, act="check")
            asked = contract.OfAttempt(number)
            mine = await client.call(contract.REPLAY, asked, lea.token)
            assert (mine.yours, mine.scenario, [one.id for one in mine.recordings]) == (True, SCENARIO, [ONE])
            assert [(mark.kind, mark.text.en) for mark in mine.marks] == [
                ("red", "pc1 has the network."), ("red", "pc2 has the network.")
            ]  # fmt: skip
            assert (await client.call(contract.PRIVACY, Nothing(), lea.token)).looks == ()
            assert not (await client.call(contract.REPLAY, asked, ada.token)).yours
            assert (await refusal_of(client, contract.REPLAY, asked, bob.token)).kind == "missing"
            await client.call(contract.REPLAY_PIECE, contract.PieceOf(number, ONE, 0), ada.token)
            looks = (await client.call(contract.PRIVACY, Nothing(), lea.token)).looks
            assert [one.by for one in looks] == ["ada"]

    asyncio.run(play())
