"""What is kept of people, over the socket: told from the real settings, sent to its owner, erased at their wish."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.deliverables.deliverables_store import REPORT
from orchestrator.labd import export_turns, lab_contract, lab_work_contract
from orchestrator.labd import privacy_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.help_contract import GIVE_HINT, GiveHint
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.records import credentials, journal, retention
from orchestrator.records.people import People
from tests.labd_talk import events_until, stopped
from tests.unit.privacy.recordings import record

from .conftest import SCENARIO, Member, Site, an_attempt, refusal_of, started

pytestmark = pytest.mark.slow

ONE, TWO, THREE = "00000000000000a1", "00000000000000b2", "00000000000000c3"
PASSWORD = "correct horse battery"


def recorded(site: Site, member: Member, lab: str, name: str = ONE, ago: timedelta = timedelta(0)) -> None:
    """Have something of somebody's be recorded, which began some time ago."""
    began = datetime.now(UTC) - ago
    record(site.folder / "recordings", lab, name, member.who.ref, began=began, events=[(0.25, "o", f"{name}\r\n")])


def with_password(site: Site, member: Member) -> None:
    """Give somebody the password."""
    hashes = site.hashes
    with site.store.write() as writing:
        person = People(writing).find(member.who.ref)
        with hashes.turn():
            made = hashes.made(PASSWORD)
        credentials.choose_password(writing, person, made, now=journal.now(), way="change")


async def archive_of(client: LabdClient, member: Member, language: str = "en") -> dict[str, bytes]:
    """Return the files of what somebody takes along."""
    pieces = [piece async for piece in client.my_data("fr" if language == "fr" else "en", member.token)]
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert all(re.fullmatch(r"[\w.-]+(/[\w.-]+)*", name) and ".." not in name for name in archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_is_kept_is_told_by_the_real_settings(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    site.a_class("tssr", site.member("ada", "trainer"), lea)
    recorded(site, lea, "lab-1")
    recorded(site, tom, "lab-1", TWO)
    an_attempt(site, lea, journal.now(), journal.now())
    with site.store.write() as writing:
        retention.set_policy(writing, retention.Policy(31, keep_candidate_numbers=True), by="P-0")
        until = retention.keep_until(writing, People(writing).find("lea"))

    async def play() -> contract.PrivacyView:
        async with site.labd() as client:
            return await client.call(contract.PRIVACY, Nothing(), lea.token)

    view = asyncio.run(play())
    assert (view.days, view.until, view.keeps_number) == (31, until.isoformat(), True)
    assert (view.recordings_days, view.sign_in_hours, view.sign_in_days) == (90, 12, 30)
    assert (view.classes, view.trainers, view.attempts, view.recordings) == (("tssr",), ("ada",), 1, 1)
    assert (view.asked, view.running, view.looks) == ("", (), ())


def test_what_somebody_takes_along_is_all_of_theirs_and_nothing_of_others(site: Site) -> None:
    lea, tom, ada = site.member("lea"), site.member("tom"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea, tom)

    async def play() -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
        async with site.labd() as client:
            lab, other = await started(client, lea), await started(client, tom)
            site.privacy.deliverables.write(lab, REPORT, "Plugged it")
            site.privacy.deliverables.write(other, REPORT, f"Not hers, but of {tom.who.ref}")
            last = (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).last_event
            await client.call(lab_work_contract.CHECK, OfLab(lab), ada.token)
            await events_until(client, lab, lea.token, "ended", after=last, act="check")
            await client.call(GIVE_HINT, GiveHint(lab, "Look at the cable."), ada.token)
            for name, who, place in ((ONE, lea, lab), (TWO, tom, other), (THREE, tom, lab)):
                recorded(site, who, place, name)
            return await archive_of(client, lea), await archive_of(client, lea, "fr"), await archive_of(client, ada)

    files, french, trainers = asyncio.run(play())
    assert [name.split("/")[0] for name in files] == [
        "README.txt", "person.json", "journal.json", "attempts", "handed-in", "recordings"
    ]  # fmt: skip
    assert [name for name in french if "/" not in name] == ["LISEZ-MOI.txt", "personne.json", "journal.json"]
    assert "lea" in files["README.txt"].decode()
    everything = b"".join(files.values()).decode()
    for others in (TWO, THREE, tom.who.ref, ada.who.ref, '"tom"', '"ada"'):
        assert others not in everything
    assert ONE in everything
    (attempt,) = [json.loads(content) for name, content in files.items() if name.startswith("attempts/")]
    assert (attempt["scenario"], attempt["checks"][0]["verdict"]) == (SCENARIO, "not_repaired")
    assert [(one["kind"], one["text"]) for one in attempt["written_by_trainers"]] == [("hint", "Look at the cable.")]
    assert [check["evidence"] for check in attempt["checks"][0]["checks"]] == [None, None], "as the page told it"
    assert b"Plugged it" in next(content for name, content in files.items() if name.startswith("handed-in/"))
    about = json.loads(files["person.json"])
    assert (about["short_name"], about["classes"]) == ("lea", [{"name": "tssr", "as": "trainee"}])
    assert "hash" not in files["person.json"].decode()
    by = {one["kind"]: one["by"] for one in json.loads(files["journal.json"])}
    assert (by["attempt.started"], by["attempt.checked"], by["group.joined"]) == (
        "you",
        "somebody else",
        "somebody else",
    )
    did = {one["kind"]: one for one in json.loads(trainers["journal.json"])}["attempt.checked"]
    assert set(did) == {"at", "kind", "by"}, "what a trainer did to a trainee's attempt is told without whose it was"


def test_an_archive_is_sent_to_whom_it_is_about_a_few_times_an_hour(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")

    async def play() -> None:
        async with site.labd() as client:
            with pytest.raises(RefusedError) as out:
                await anext(client.my_data("en", "nobody's"))
            assert out.value.refusal.kind == "signed-out"
            for _ in range(export_turns.AN_HOUR):
                await archive_of(client, lea)
            with pytest.raises(RefusedError) as often:
                await archive_of(client, lea)
            assert often.value.refusal.kind == "too-often"
            await archive_of(client, tom)

    asyncio.run(play())


def test_one_archive_at_a_time_and_one_that_is_left_makes_room(site: Site) -> None:
    lea = site.member("lea")
    noise = [(n / 10, "o", random.Random(n).randbytes(100_000).hex()) for n in range(5)]  # which no zip makes smaller
    for number in range(16):
        folder, began = site.folder / "recordings", datetime.now(UTC)
        record(folder, "lab-1", f"{number:016x}", lea.who.ref, began=began, events=noise)

    async def play() -> None:
        async with site.labd() as client:
            sent = client.my_data("en", lea.token)
            await anext(sent)
            with pytest.raises(RefusedError) as busy:
                await archive_of(client, lea)
            assert busy.value.refusal.kind == "busy"
            await sent.aclose()
            async with asyncio.timeout(30):
                while True:
                    try:
                        await anext(again := client.my_data("en", lea.token))
                    except RefusedError as error:
                        assert error.refusal.kind == "busy"  # noqa: PT017 - until labd has seen that its reader left
                    else:
                        await again.aclose()
                        return

    asyncio.run(play())


# Erasure --------------------------------------------------------------------------------------------------------


def test_somebody_is_forgotten_at_their_wish_and_by_an_administrator(site: Site) -> None:
    lea, zoe = site.member("lea"), site.member("zoe", "administrator")
    site.a_class("tssr", site.member("ada", "trainer"), lea)
    with_password(site, lea)
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            recorded(site, lea, lab)
            wrong = await refusal_of(client, contract.ASK_ERASURE, contract.AskErasure("no"), lea.token)
            assert (wrong.kind, wrong.field) == ("wrong", "password")
            who = contract.OfPerson("lea")
            for call in (contract.LOOK_AT_ERASURE, contract.ERASE_PERSON):
                assert (await refusal_of(client, call, who, zoe.token)).kind == "missing", "nobody has asked for it"
            await client.call(contract.ASK_ERASURE, contract.AskErasure(PASSWORD), lea.token)
            (line,) = await client.call(contract.ERASURE_REQUESTS, Nothing(), zoe.token)
            assert line.handle == "lea"
            view = await client.call(contract.LOOK_AT_ERASURE, who, zoe.token)
            assert (view.running, view.recordings, view.attempts, view.classes) == ((lab,), 1, 1, ("tssr",))
            assert (await refusal_of(client, contract.ERASE_PERSON, who, zoe.token)).kind == "busy"
            await client.call(contract.WITHDRAW_ERASURE, Nothing(), lea.token)
            assert await client.call(contract.ERASURE_REQUESTS, Nothing(), zoe.token) == ()
            await client.call(contract.ASK_ERASURE, contract.AskErasure(PASSWORD), lea.token)
            await stopped(client, lab, lea.token)
            done = await client.call(contract.ERASE_PERSON, who, zoe.token)
            assert (done.ref, done.recordings) == (lea.who.ref, 1)
            assert (await refusal_of(client, contract.PRIVACY, Nothing(), lea.token)).kind == "signed-out"
            assert await client.call(contract.ERASURE_REQUESTS, Nothing(), zoe.token) == ()

    asyncio.run(play())
    assert list((site.folder / "recordings").rglob("*.cast")) == []
    with site.store.read() as reading:
        person = People(reading).find(lea.who.ref)
        assert (person.handle, person.name) == (lea.who.ref.lower(), "")


def test_the_last_administrator_is_not_forgotten(site: Site) -> None:
    zoe, max_ = site.member("zoe", "administrator"), site.member("max", "administrator")
    with_password(site, zoe)
    zoe = site.again("zoe")

    async def play() -> None:
        async with site.labd() as client:
            asked = contract.AskErasure(PASSWORD)
            assert (await refusal_of(client, contract.ASK_ERASURE, asked, zoe.token)).kind == "wrong"
            with_password(site, max_)
            await client.call(contract.ASK_ERASURE, asked, zoe.token)

    asyncio.run(play())


def test_a_password_is_not_found_by_asking_to_be_forgotten(site: Site) -> None:
    lea = site.member("lea")
    with_password(site, lea)
    accounts = PortalAccounts(site.store, hashes=site.hashes)
    kinds = []
    for _ in range(12):
        with pytest.raises(RefusedCallError) as refused:
            accounts.require_password(lea.who, "wrong")
        kinds.append(refused.value.refusal.kind)
    assert kinds == ["wrong"] * 10 + ["too-often"] * 2


# What goes by itself --------------------------------------------------------------------------------------------


def test_labd_removes_recordings_whose_time_is_over_when_it_starts(site: Site) -> None:
    lea = site.member("lea")
    recorded(site, lea, "lab-1", ONE, timedelta(days=91))
    recorded(site, lea, "lab-1", TWO, timedelta(days=89))
    an_attempt(site, lea, journal.now(), journal.now())

    async def play() -> None:
        async with site.labd() as client:
            async with asyncio.timeout(30):
                while (await client.call(contract.PRIVACY, Nothing(), lea.token)).recordings > 1:
                    await asyncio.sleep(0)

    asyncio.run(play())
    assert [path.stem for path in (site.folder / "recordings").rglob("*.cast")] == [TWO]


def test_a_sweep_that_fails_ends_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("orchestrator.labd.recording_sweep.sweep_recordings", refuse)

    async def play() -> None:
        async with site.labd() as client:
            await client.call(contract.PRIVACY, Nothing(), site.member("lea").token)

    asyncio.run(play())
