"""A list of people for a class: all or nobody, and a trainer's list makes nobody anything but a trainee."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.labd import calls
from orchestrator.labd import class_contract as contract
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.calls import Nothing
from orchestrator.records import credentials, journal
from orchestrator.records.people import NewPerson, People

from .conftest import Member, Site, refusal_of

pytestmark = pytest.mark.slow


@pytest.fixture
def ada(site: Site) -> Member:
    """The trainer of the class ``tssr``, in which Léa is; Tom, Yann, Bob, and the administrator Max are not."""
    ada = site.member("ada", "trainer")
    site.a_class("tssr", ada, site.member("lea"))
    site.member("bob", "trainer")
    site.member("max", "administrator")
    with site.store.write() as writing:
        tom = People(writing).add(NewPerson("tom", family_name="Roux"))
        credentials.choose_password(writing, tom, "a hash", now=journal.now(), way="link")
        People(writing).add(NewPerson("yann", account="yann"))
    return ada


def told(site: Site, member: Member, text: str) -> list[str]:
    """Return what is wrong with a list, in English, by line."""

    async def play() -> calls.Refusal:
        async with site.labd() as client:
            return await refusal_of(client, contract.ADD_MEMBERS, contract.AddMembers("tssr", text), member.token)

    refusal = asyncio.run(play())
    assert (refusal.kind, refusal.field) == ("wrong", "people")
    return refusal.text.en.splitlines()


def added(site: Site, member: Member, text: str) -> tuple[tuple[NewLink, ...], dict[str, bool]]:
    """Add a list; return the links, and who is in the class, each with whether they are a trainer of it."""

    async def play() -> tuple[tuple[NewLink, ...], dict[str, bool]]:
        async with site.labd() as client:
            links = await client.call(contract.ADD_MEMBERS, contract.AddMembers("tssr", text), member.token)
            view = await client.call(contract.CLASS, contract.OfClass("tssr"), member.token)
            return links, {one.handle: one.trainer for one in view.members}

    return asyncio.run(play())


def test_who_is_there_already_is_added_and_not_changed(site: Site, ada: Member) -> None:
    text = "\ufeffhandle,family_name,group\nzoe,Noël,tssr\ntom,Another,\nlea,,\nyann,,\nada,,\n"
    links, members = added(site, ada, text)
    assert members == {"ada": True, "lea": False, "tom": False, "yann": False, "zoe": False}
    assert [link.handle for link in links] == ["zoe", "lea"], "nor a password for an account of the machine"
    with site.store.read() as reading:
        assert People(reading).find("tom").family_name == "Roux"


def test_every_problem_is_told_at_its_cell_and_nobody_is_added(site: Site, ada: Member) -> None:
    text = (
        "handle,given_name,roles,born,account,group\n"
        "zoe,Zoé,,,,\n"
        "x,\x1b[2J,,,,\n"
        "y,,administrator,,root,other\n"
        "bob,,,,,\n"
        "tom,,trainer,,,\n"
    )
    assert told(site, ada, text) == [
        'Line 3, column "given_name": one line of at most 200 characters',
        'Line 4, column "group": this is another class',
        'Line 4, column "account": for administrators only',
        'Line 4, column "roles": for administrators only',
        'Line 5, column "handle": "bob" is there already and no mere trainee: for administrators only',
        'Line 6, column "roles": "tom" is no trainer',
    ]
    assert told(site, ada, "handle,born\nA,\nzoe,1/2/2004\n") == [
        'Line 2, column "handle": "A" cannot be used as a short name (lower-case letters, digits, . _ -)',
        "Line 3, column \"born\": '1/2/2004' is no date (2004-05-17)",
    ]
    assert told(site, ada, "name\nzoe\n")[0] == (
        'Line 1, column "name": Unknown column: "name"; did you mean "given_name"?'
    )
    many = "handle\n" + "".join(f"p{number}\n" for number in range(501))
    assert told(site, ada, many) == ["Line 502: more than 500 people"]
    with site.store.read() as reading:
        assert People(reading).with_handle("zoe") is None


def test_what_only_the_store_refuses_adds_nobody_either(site: Site, ada: Member) -> None:  # noqa: ARG001 - makes it
    text = "handle,candidate_number\nzoe,C-1\nben,C-1\n"
    assert told(site, site.again("max"), text) == ['Line 3: "C-1" is already taken, by zoe.']
    with site.store.read() as reading:
        assert People(reading).with_handle("zoe") is None


def test_an_administrators_list_may_do_more_and_a_trainer_may_add_another(site: Site, ada: Member) -> None:
    links, members = added(site, ada, "handle,roles\nbob,trainer\n")
    assert (links, members) == ((), {"ada": True, "bob": True, "lea": False})
    links, members = added(site, site.again("max"), "handle,roles\neve,trainer\nyann,\nmax,\n")
    assert members == {"ada": True, "bob": True, "eve": True, "lea": False, "max": False, "yann": False}
    assert [link.handle for link in links] == ["eve", "yann", "max"]


def test_who_leaves_a_class_keeps_their_work(site: Site, ada: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            for handle in ("tom", "nobody", "Not A Name"):
                asked = contract.RemoveMember("tssr", handle)
                assert (await refusal_of(client, contract.REMOVE_MEMBER, asked, ada.token)).field == "handle"
            await client.call(contract.REMOVE_MEMBER, contract.RemoveMember("tssr", "lea"), ada.token)
            (line,) = await client.call(contract.CLASSES, Nothing(), ada.token)
            assert line.trainees == 0
            launch = contract.LaunchForClass("tssr", "moved-desks")
            assert "has no trainee" in (await refusal_of(client, contract.LAUNCH, launch, ada.token)).text.en
            again = await refusal_of(client, contract.ADD_CLASS, contract.OfClass("tssr"), ada.token)
            assert (again.field, again.text.en) == ("name", 'There is a class "tssr" already.')
            for text in ("", " \n ", "x" * 501, "\x1b[2J", "a\rb"):
                said = contract.Announce("tssr", text)
                assert (await refusal_of(client, contract.ANNOUNCE, said, ada.token)).field == "text"

    asyncio.run(play())
