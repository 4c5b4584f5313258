"""A trainer helps, over the socket: types with consent, gives hints, reads and comments on attempts, renews a link."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text, same
from orchestrator.deliverables.report_file import ReportParts
from orchestrator.instances.instance import Instance
from orchestrator.labd import account_contract, lab_contract, lab_work_contract, path_contract
from orchestrator.labd import class_contract as contract
from orchestrator.labd import help_contract as help_
from orchestrator.labd.calls import Nothing
from orchestrator.labd.help_contract import AskToType, OfMember, OfMemberAttempt
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.rules import concerns_a_lab
from orchestrator.labd.wire import encode
from orchestrator.model.deliverables import TextQuestion
from orchestrator.model.plan import Plan
from orchestrator.records import attempts, journal, trainer_notes
from orchestrator.records.changes import change
from orchestrator.records.groups import Groups
from orchestrator.records.people import People
from tests.labd_talk import SOON, events_until, shown, stopped, told

from .conftest import SCENARIO, Member, Site, an_attempt, refusal_of, started

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)


@pytest.fixture
def ada(site: Site) -> Member:
    """The trainer of the class ``tssr``, in which Léa and Tom are."""
    ada = site.member("ada", "trainer")
    site.a_class("tssr", ada, site.member("lea"), site.member("tom"))
    return ada


async def opened(client: LabdClient, lea: Member) -> tuple[str, str]:
    lab = await started(client, lea)
    return lab, (
        await client.call(
            lab_work_contract.OPEN_TERMINAL, lab_work_contract.OpenTerminal(lab, "pc1", "root"), lea.token
        )
    ).id


async def asked_in(client: LabdClient, lab: str, member: Member, state: str) -> lab_contract.TypingView:
    (view,) = (await client.call(lab_contract.LAB, OfLab(lab), member.token)).typing
    assert view.state == state
    return view


def test_a_trainer_types_with_consent_and_only_then(site: Site, ada: Member) -> None:
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab, terminal = await opened(client, lea)
            asking = AskToType(lab, terminal)
            assert (await refusal_of(client, help_.ASK_TO_TYPE, asking, ada.token)).kind == "wrong"
            async with (
                client.terminal(lab, terminal, ada.token, None) as looking,
                client.terminal(lab, terminal, lea.token, None) as own,
            ):
                await told(looking)
                await client.call(help_.ASK_TO_TYPE, asking, ada.token)
                await looking.send(b"too early\r")
                await events_until(client, lab, lea.token, "typing", state="asked", by="ada")
                view = await asked_in(client, lab, lea, "asked")
                assert (view.by, view.host, view.yours) == ("ada", "pc1", False)
                answer = help_.AnswerTyping(lab, view.id, allow=True)
                assert (await refusal_of(client, help_.ANSWER_TYPING, answer, ada.token)).kind == "missing"
                await client.call(help_.ANSWER_TYPING, answer, lea.token)
                assert (await asked_in(client, lab, ada, "allowed")).yours
                await looking.send(b"by ada\r")
                await looking.send('{"resize": [40, 120]}')
                assert b"early" not in await shown(own, b"by ada\r\nby ada\r\n")
                await client.call(help_.END_TYPING, help_.EndTyping(lab, view.id), lea.token)
                ended = await events_until(client, lab, lea.token, "typing", state="ended")
                assert ended[-1].body["bytes"] == len(b"by ada\r")
                await looking.send(b"too late\r")
                await looking.send('{"resize": [41, 121]}')
                await own.send(b"by lea\r")
                assert b"late" not in await shown(own, b"by lea\r\nby lea\r\n")
            attempt = (await client.call(help_.MEMBER_ATTEMPTS, OfMember("tssr", "lea"), ada.token)).attempts[0]
            assert attempt.typed

    asyncio.run(play())
    with site.store.read() as reading:
        (kept,) = journal.entries(reading, kind="attempt.typing-allowed")
        assert kept.event.actor == ada.who.ref


def test_consent_ends_with_the_lab(site: Site, ada: Member) -> None:
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab, terminal = await opened(client, lea)
            async with client.terminal(lab, terminal, ada.token, None) as looking:
                await told(looking)
                await client.call(help_.ASK_TO_TYPE, AskToType(lab, terminal), ada.token)
                view = await asked_in(client, lab, lea, "asked")
                await client.call(help_.ANSWER_TYPING, help_.AnswerTyping(lab, view.id, allow=True), lea.token)
                await client.call(lab_contract.RESET, OfLab(lab), lea.token)
                await events_until(client, lab, lea.token, "typing", state="closed")
                assert (await client.call(lab_contract.LAB, OfLab(lab), ada.token)).typing == ()

    asyncio.run(play())


def test_nobody_helps_in_a_jury_session(site: Site, ada: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate's lab is not there for labd, whoever asks."""
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            monkeypatch.setattr(Instance, "assessed", property(lambda _instance: True))
            asked = {
                "ask-to-type": AskToType(lab, "0" * 16),
                "answer-typing": help_.AnswerTyping(lab, "0" * 16, allow=True),
                "end-typing": help_.EndTyping(lab, "0" * 16),
                "give-hint": help_.GiveHint(lab, "Read the ticket."),
            }
            of_labs = {call.name: call for call in help_.HELP_CALLS if concerns_a_lab(call.name)}
            assert of_labs.keys() == asked.keys()
            for name, call in of_labs.items():
                for who in (ada, lea):
                    assert (await refusal_of(client, call, asked[name], who.token)).kind == "missing", name
            hint = help_.GiveClassHint("tssr", "Read the ticket.")
            assert (await refusal_of(client, help_.GIVE_CLASS_HINT, hint, ada.token)).field == "text"

    asyncio.run(play())


def test_hints_go_to_one_or_to_all_who_are_at_it(site: Site, ada: Member) -> None:
    lea, tom = site.again("lea"), site.again("tom")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            every = help_.GiveClassHint("tssr", "Read the ticket.")
            nothing = await refusal_of(client, help_.GIVE_CLASS_HINT, every, ada.token)
            assert nothing.kind == "wrong", "nothing was launched for the class"
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
            async with asyncio.timeout(SOON):
                while len(running := (await client.call(path_contract.PATH, Nothing(), tom.token)).running) == 0:
                    pass
                toms = running[0].name
                await events_until(client, toms, tom.token, "ended", act="start")
            await client.call(help_.GIVE_HINT, help_.GiveHint(lab, " Look at\r\nthe cables. "), ada.token)
            assert await client.call(help_.GIVE_CLASS_HINT, every, ada.token) == help_.HintsGiven(2)
            events = await events_until(client, lab, lea.token, "trainer-hint", text="Read the ticket.")
            assert [event.body["by"] for event in events if event.kind == "trainer-hint"] == ["ada", "ada"]
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert [(one.kind, one.by, one.text) for one in view.notes] == [
                ("hint", "ada", "Look at\nthe cables."),
                ("hint", "ada", "Read the ticket."),
            ]
            assert view.hints == (), "hints of the scenario are counted apart"
            assert [one.text for one in (await client.call(lab_contract.LAB, OfLab(toms), tom.token)).notes] == [
                "Read the ticket."
            ]
            for wrong in ("", "  ", "x" * 2001, "\x1b]0;x\x07", "\u202e"):
                for call, asked in (
                    (help_.GIVE_HINT, help_.GiveHint(lab, wrong)),
                    (help_.GIVE_CLASS_HINT, help_.GiveClassHint("tssr", wrong)),
                ):
                    assert (await refusal_of(client, call, asked, ada.token)).field == "text"

    asyncio.run(play())


def test_an_attempt_is_read_and_commented(site: Site, ada: Member) -> None:
    lea, tom = site.again("lea"), site.again("tom")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "ended", act="check")
            await client.call(lab_work_contract.HINT, OfLab(lab), lea.token)
            await client.call(lab_contract.RESET, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "ended", act="reset")
            done = await client.call(help_.MEMBER_ATTEMPTS, OfMember("tssr", "lea"), ada.token)
            now, before = done.attempts
            assert (now.running, now.verdict, now.title.en) == (True, "", "Moved desks")
            assert (before.running, before.verdict, before.hints, before.gradings) == (False, "not_repaired", 1, 1)
            assert (await client.call(help_.MEMBER_ATTEMPTS, OfMember("tssr", "tom"), ada.token)).attempts == ()
            for wrong in (
                OfMemberAttempt("tssr", "tom", now.id),
                OfMemberAttempt("tssr", "lea", 999),
                OfMemberAttempt("tssr", "ada", 1),
            ):
                assert (await refusal_of(client, help_.MEMBER_ATTEMPT, wrong, ada.token)).kind == "missing"
                comment = help_.Comment(wrong.name, wrong.handle, wrong.attempt, "Well done.")
                assert (await refusal_of(client, help_.COMMENT, comment, ada.token)).kind == "missing"
            old = await client.call(help_.MEMBER_ATTEMPT, OfMemberAttempt("tssr", "lea", before.id), ada.token)
            assert old.grading is not None
            assert (old.lab, old.summary, old.questions) == ("", before, ())
            assert old.trouble is not None, "what was handed in lies with the later attempt"
            view = await client.call(help_.MEMBER_ATTEMPT, OfMemberAttempt("tssr", "lea", now.id), ada.token)
            assert (view.lab, view.trouble, view.grading) == (lab, None, None)

            comment = help_.Comment("tssr", "lea", now.id, "Test with the <b>user</b> first.")
            await client.call(help_.COMMENT, comment, ada.token)
            await events_until(client, lab, lea.token, "commented", by="ada")
            news = await client.call(help_.COMMENT_NEWS, Nothing(), lea.token)
            assert [(one.scenario, one.by, one.started) for one in news] == [(SCENARIO, "ada", now.started)]
            assert await client.call(help_.COMMENT_NEWS, Nothing(), tom.token) == ()
            asked = help_.OfScenario(SCENARIO)
            assert await client.call(help_.READ_NOTES, asked, tom.token) == ()
            for new in (True, False):
                (read,) = await client.call(help_.READ_NOTES, asked, lea.token)
                assert [(one.text, one.new) for one in read.notes] == [("Test with the <b>user</b> first.", new)]
            assert await client.call(help_.COMMENT_NEWS, Nothing(), lea.token) == ()
            assert (await client.call(help_.MEMBER_ATTEMPTS, OfMember("tssr", "lea"), ada.token)).attempts[
                0
            ].comments == 1

    asyncio.run(play())
    with site.store.read() as reading:
        (kept,) = journal.entries(reading, kind="attempt.commented")
        assert (kept.event.actor, "user" in str(kept.event.payload)) == (ada.who.ref, False)


def test_a_comment_is_its_author_s_to_change_and_withdraw(site: Site, ada: Member) -> None:
    lea, bob = site.again("lea"), site.member("bob", "trainer", "administrator")
    attempt = an_attempt(site, lea, NOW, NOW)
    with site.store.write() as writing:
        groups = Groups(writing)
        groups.add(groups.find("tssr"), People(writing).find("bob"), trainer=True, by=ada.who.ref)
    of = help_.OfScenario(SCENARIO)

    async def play() -> None:
        async with site.labd() as client:

            async def notes(member: Member = lea) -> tuple[lab_contract.TrainerNote, ...]:
                if member is lea:
                    return (await client.call(help_.READ_NOTES, of, lea.token))[0].notes
                asked = OfMemberAttempt("tssr", "lea", attempt)
                return (await client.call(help_.MEMBER_ATTEMPT, asked, member.token)).notes

            await client.call(help_.COMMENT, help_.Comment("tssr", "lea", attempt, "Well dome."), ada.token)
            (note,) = await notes()
            assert (note.changed, note.withdrawn, note.yours) == ("", "", False)
            assert [one.yours for one in (*await notes(ada), *await notes(bob))] == [True, False]
            changed = help_.ChangeComment("tssr", "lea", attempt, note.id, "Well done.")
            mine = help_.OfComment("tssr", "lea", attempt, note.id)
            for call, request in ((help_.CHANGE_COMMENT, changed), (help_.WITHDRAW_COMMENT, mine)):
                assert (await refusal_of(client, call, request, bob.token)).kind == "forbidden"
                for wrong in (replace(request, note=99), replace(request, attempt=99)):
                    assert (await refusal_of(client, call, wrong, ada.token)).kind == "missing"
            assert (
                await refusal_of(client, help_.CHANGE_COMMENT, replace(changed, text=" "), ada.token)
            ).field == "text"

            await client.call(help_.CHANGE_COMMENT, replace(changed, text="Well dome."), ada.token)
            assert (await notes())[0].changed == "", "the same words are no change"
            await client.call(help_.CHANGE_COMMENT, changed, ada.token)
            assert [one.by for one in await client.call(help_.COMMENT_NEWS, Nothing(), lea.token)] == ["ada"]
            (note,) = await notes()
            assert (note.text, note.new, bool(note.changed)) == ("Well done.", True, True)
            assert not (await notes())[0].new

            await client.call(help_.COMMENT, help_.Comment("tssr", "lea", attempt, "Unread."), ada.token)
            for number in (note.id, note.id, note.id + 1):
                await client.call(help_.WITHDRAW_COMMENT, replace(mine, note=number), ada.token)
            assert await client.call(help_.COMMENT_NEWS, Nothing(), lea.token) == ()
            for member in (lea, ada):
                assert [(one.text, bool(one.withdrawn), one.yours, one.new) for one in await notes(member)] == [
                    ("", True, False, False)
                ] * 2
            assert (await refusal_of(client, help_.CHANGE_COMMENT, changed, ada.token)).kind == "wrong"
            summary = (await client.call(help_.MEMBER_ATTEMPTS, OfMember("tssr", "lea"), ada.token)).attempts[0]
            assert summary.comments == 0

    asyncio.run(play())
    with site.store.read() as reading:
        for kind, count in (("attempt.comment-changed", 1), ("attempt.comment-withdrawn", 2)):
            kept = journal.entries(reading, kind=kind)
            assert len(kept) == count
            assert {one.event.actor for one in kept} == {ada.who.ref}
            assert "done" not in str([one.event.payload for one in kept])


def test_a_hint_is_no_comment_that_could_be_changed(site: Site, ada: Member) -> None:
    lea = site.again("lea")
    attempt = an_attempt(site, lea, NOW, NOW)
    with site.store.write() as writing:
        found = attempts.of_person(writing, People(writing).find("lea"))[0]
        trainer_notes.write(writing, found, "hint", "Look.", by=People(writing).find("ada"))

    async def play() -> None:
        async with site.labd() as client:
            (hint,) = (
                await client.call(help_.MEMBER_ATTEMPT, OfMemberAttempt("tssr", "lea", attempt), ada.token)
            ).notes
            assert not hint.yours
            mine = help_.OfComment("tssr", "lea", attempt, hint.id)
            assert (await refusal_of(client, help_.WITHDRAW_COMMENT, mine, ada.token)).kind == "missing"

    asyncio.run(play())


def test_a_trainer_renews_the_link_of_who_is_only_their_trainee(site: Site, ada: Member) -> None:
    lea, root = site.again("lea"), site.member("root", "administrator")
    bob = site.member("bob", "trainer")
    site.a_class("other", bob, site.again("tom"))
    more = [site.member("eva", "trainee", "jury"), site.member("max"), site.member("zoe", "trainee", "candidate")]
    with site.store.write() as writing:
        people, groups = People(writing), Groups(writing)
        for one in more:
            groups.add(groups.find("tssr"), people.find(one.who.ref), trainer=False, by=ada.who.ref)
        change(writing, people.find("max"), {"account": "max"}, by=root.who.ref)

    async def play() -> None:
        async with site.labd() as client:
            link = await client.call(help_.RENEW_LINK, OfMember("tssr", "lea"), ada.token)
            assert link.handle == "lea"
            used = account_contract.UseLink(link.link, "three plain words")
            assert (await client.call(account_contract.USE_LINK, used)).who.ref == lea.who.ref
            assert (await refusal_of(client, account_contract.ME, Nothing(), lea.token)).kind == "signed-out"
            for handle in ("tom", "eva", "max", "zoe"):
                asked = OfMember("tssr", handle)
                assert (await refusal_of(client, help_.RENEW_LINK, asked, ada.token)).kind == "wrong", handle
                assert (await client.call(help_.RENEW_LINK, asked, root.token)).handle == handle
            for handle in ("ada", "bob", "nobody"):
                asked = OfMember("tssr", handle)
                assert (await refusal_of(client, help_.RENEW_LINK, asked, ada.token)).kind == "missing", handle

    asyncio.run(play())
    with site.store.read() as reading:
        made = journal.entries(reading, kind="account.link-made")
    assert (made[0].event.actor, made[0].event.subject) == (ada.who.ref, lea.who.ref)


def test_answers_and_report_are_read_once_the_lab_is_gone(
    site: Site, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.again("lea")
    asked = TextQuestion(kind="text", question=Text(fr="Quoi ?", en="What?"), truth="a cable")
    preview = site.labs.plans.preview

    def with_questions(scenario: str, seed: int) -> Plan:
        return replace(preview(scenario, seed), questions={"what": asked}, report=True)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            handed_in = site.labs.handed_in(lab, with_questions(SCENARIO, 7))
            handed_in.answer({"what": "the switch"}, "en")
            handed_in.write_report(ReportParts("No network", "A cable", "Plugged it in", "It works", 12), "en")
            await stopped(client, lab, lea.token)
            (summary,) = (await client.call(help_.MEMBER_ATTEMPTS, OfMember("tssr", "lea"), ada.token)).attempts
            of = OfMemberAttempt("tssr", "lea", summary.id)
            with monkeypatch.context() as questioned:
                questioned.setattr(site.labs.plans, "preview", with_questions)
                view = await client.call(help_.MEMBER_ATTEMPT, of, ada.token)
            assert [(one.question.en, one.answer) for one in view.questions] == [("What?", "the switch")]
            assert view.report == lab_contract.ReportView("No network", "A cable", "Plugged it in", "It works", 12)
            assert (view.lab, view.trouble) == ("", None)
            assert not [one for one in encode(view).split(b'"') if one == b"a cable"], "no right answer is told"

            def gone(_scenario: str, _seed: int) -> Plan:
                raise UsageError(same("There is no such scenario."))

            with monkeypatch.context() as without:
                without.setattr(site.labs.plans, "preview", gone)
                view = await client.call(help_.MEMBER_ATTEMPT, of, ada.token)
            assert (view.questions, view.report, view.trouble) == ((), None, same("There is no such scenario."))

    asyncio.run(play())
