"""The catalogue: for whom it is, what is found in it, a scenario from inside, and a proof that is begun from there."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request

from orchestrator.core.language import Language
from orchestrator.core.text import same
from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.labd.catalogue_contract import LookInside
from orchestrator.labd.proof_contract import Prove
from orchestrator.portal import proof_stream
from orchestrator.portal.catalogue_view import CatalogueSearch, catalogue_context
from orchestrator.portal.portal_settings import WebOrigin
from orchestrator.portal.visit import Visit
from tests.fakes import labd_catalogue as fake
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.unit.portal.browser import ORIGIN, Browser, Reading

INSIDE = f"/catalogue/{world.SCENARIO}"
PAGES = ("/catalogue", "/catalogue?order=title", INSIDE, f"/catalogue/{world.BACKUP.id}")


@pytest.fixture
def theo(browser: Browser) -> Browser:
    browser.sign_in("theo", "en")
    return browser


@pytest.fixture
def ada(browser: Browser) -> Browser:
    browser.sign_in("ada", "en")
    return browser


# For whom -----------------------------------------------------------------------------------------------------


def test_nothing_of_it_is_for_trainees(browser: Browser) -> None:
    browser.sign_in("lea", "en")
    for path in (*PAGES, "/proof"):
        answer = browser.get(path)
        assert answer.status_code == 403
        for spoiler in ("hangs loose", "Plug the cable in again", "has an address of the network"):
            assert spoiler not in answer.text
    assert "/catalogue" not in browser.get("/").text


def test_a_jury_reads_it_and_proves_nothing(browser: Browser, labd: FakeLabd) -> None:
    labd.people["theo"].roles = ("jury",)
    browser.sign_in("theo", "en")
    page = browser.get(INSIDE)
    assert page.status_code == 200
    assert f'action="{INSIDE}/prove"' not in page.text
    assert "/classes" not in {one["href"] for one in Reading.of(page.text).all("a")}
    answer = browser.send(f"{INSIDE}/prove", {"seeds": "1", "form_key": browser.form_key(INSIDE)})
    assert answer.status_code == 403


# What is found ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"no-network-after-move", "address-conflict", "dns-zone-broken", "backup-script"}),
        ({"text": "RÉSEAU demenagement"}, {"no-network-after-move"}),
        ({"text": "network"}, {"no-network-after-move", "address-conflict", "dns-zone-broken", "backup-script"}),
        ({"text": "1.3"}, {"no-network-after-move", "address-conflict"}),
        ({"text": "small-office intranet"}, {"dns-zone-broken"}),
        ({"text": "nothing of that"}, set()),
        ({"proof": "good"}, {"no-network-after-move"}),
        ({"proof": "due", "text": "network"}, {"address-conflict", "dns-zone-broken", "backup-script"}),
        ({"proof": "odd", "order": "odd", "text": "conflict"}, {"address-conflict"}),
    ],
)
def test_words_and_proofs_are_looked_for(query: dict[str, str], found: set[str]) -> None:
    view = FakeLabd().catalogue.view
    context = catalogue_context(view, CatalogueSearch.of(query), "en")
    assert {line.id for group in context["groups"] for line in group.lines} == found
    assert context["count"] == len(found)


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("title", ["address-conflict", "no-network-after-move", "dns-zone-broken", "backup-script"]),
        ("level", ["no-network-after-move", "address-conflict", "dns-zone-broken", "backup-script"]),
        ("minutes", ["address-conflict", "no-network-after-move", "dns-zone-broken", "backup-script"]),
        ("proof", ["backup-script", "address-conflict", "dns-zone-broken", "no-network-after-move"]),
    ],
)
def test_scenarios_stand_in_the_order_that_is_wanted(order: str, ids: list[str]) -> None:
    context = catalogue_context(FakeLabd().catalogue.view, CatalogueSearch.of({"order": order}), "en")
    (group,) = context["groups"]
    assert [line.id for line in group.lines] == ids


def test_under_each_competence_stands_what_exercises_it() -> None:
    groups = catalogue_context(FakeLabd().catalogue.view, CatalogueSearch(), "en")["groups"]
    told = {one.competence.code: [line.id for line in one.lines] for one in groups}
    assert told == {
        "1.3": ["no-network-after-move", "address-conflict"],
        "2.1": ["address-conflict", "dns-zone-broken", "backup-script"],
    }


def test_the_state_of_a_proof_is_told_in_words(theo: Browser) -> None:
    texts = Reading.of(theo.get("/catalogue").text).texts
    assert {"proven here", "changed since", "proven by its author", "never proven"} <= set(texts)
    assert "by an earlier program" in texts
    assert "2026-11-27" in texts


def test_what_was_looked_for_stands_in_the_form(theo: Browser) -> None:
    page = theo.get("/catalogue?text=%3Cb%3Eno&order=lab").text
    reading = Reading.of(page)
    assert [one["value"] for one in reading.all("input") if one.get("name") == "text"] == ["<b>no"]
    assert "No scenario matches." in reading.texts
    assert "selected" in next(one for one in reading.all("option") if one["value"] == "lab")


# From inside --------------------------------------------------------------------------------------------------


def test_a_trainer_reads_all_that_spoils_a_scenario(theo: Browser) -> None:
    texts = Reading.of(theo.get(INSIDE).text).texts
    for said in (
        "The cable of pc1 hangs loose.", "What happened next", "Léa restarts pc1.",
        "Plug the cable in again.", "cable pc1:eth0 plugged in", "What was unplugged?",
        "Begin with the physical layer.", "9 of 12 (75%)", "21\N{NO-BREAK SPACE}min", "too few people",
        "A guard is red.", "A slow red.",
    ):  # fmt: skip
        assert any(said in text for text in texts), said


def test_each_colour_of_the_matrix_is_told_in_words_and_what_was_seen_is_escaped(theo: Browser) -> None:
    page = theo.get(INSIDE).text
    reading = Reading.of(page)
    assert {"green", "red", "no judgement, not the expected colour", "not asked"} <= set(reading.texts)
    buttons = [one for one in reading.all("button") if one.get("class") == "seen"]
    assert len(buttons) == 2
    assert "red, not the expected colour" in buttons[1]["aria-label"]
    popovers = {one["id"] for one in reading.all("div") if "popover" in one}
    assert {one["popovertarget"] for one in buttons} <= popovers
    assert "<b>nothing</b>" not in page
    assert "seen: &lt;b&gt;nothing" in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            (
                "played 21 of them",
                "variant 7, version 0.1.0",
                "As good as the solution",
                "It only &lt;reads&gt;.",
                "Equivalent to a repair",
            ),
        ),
        (
            "fr",
            (
                "en a joué 21",
                "Équivalentes à une réparation",
                "Vaut la solution",
                "Elle ne fait que &lt;lire&gt;.",
                "un redémarrage la défait",
            ),
        ),
    ],
)
def test_wrong_repairs_are_told_with_their_authors_verdict(
    browser: Browser, language: Language, said: tuple[str, ...]
) -> None:
    browser.sign_in("theo", language)
    page = browser.get(INSIDE).text
    section = page.partition('id="mutants"')[2].partition("</section>")[0]
    for words in said:
        assert words in section, words
    assert section.count("<details") == 3
    assert "15" in section


def test_without_any_there_is_no_section(theo: Browser, labd: FakeLabd) -> None:
    labd.catalogue.views[world.SCENARIO] = replace(fake.inside(fake.LINES[0], 1), mutants=())
    assert 'id="mutants"' not in theo.get(INSIDE).text


def test_what_is_typed_keeps_its_quotes_in_french(browser: Browser) -> None:
    browser.sign_in("theo", "fr")
    page = browser.get(INSIDE).text
    assert "pc1 # echo &#39;up&#39;: $?" in page
    assert page.count("vu &lt;b&gt;rien&lt;/b&gt;") == 3


def test_numbers_that_few_people_made_are_not_there(theo: Browser, labd: FakeLabd) -> None:
    usual = fake.inside(fake.LINES[0], 1)
    labd.catalogue.views[world.SCENARIO] = replace(usual, numbers=None)
    page = theo.get(INSIDE).text
    assert "Nobody has tried this scenario yet." in page
    assert "Red at the first grading" not in page


def test_another_variant_is_asked_for(theo: Browser, labd: FakeLabd) -> None:
    theo.get(f"{INSIDE}?seed=42")
    assert labd.asked[-1] == ("inside", "theo", LookInside(world.SCENARIO, 42))
    for wrong in ("x", "-1", "9" * 30, "²"):
        answer = theo.get(f"{INSIDE}?seed={wrong}")
        assert answer.status_code == 422
        assert 'href="#seed"' in answer.text
    assert theo.get("/catalogue/nothing").status_code == 404


# Proofs -------------------------------------------------------------------------------------------------------


def test_an_administrator_begins_a_proof_and_cancels_it(ada: Browser, labd: FakeLabd) -> None:
    assert "No proof was begun" in ada.get("/proof").text
    answer = ada.post(f"{INSIDE}/prove", {"seeds": "2"}, page=INSIDE)
    assert answer.headers["location"] == "/proof"
    assert [request for name, _, request in labd.asked if name == "prove"] == [Prove(world.SCENARIO, 2)]
    page = ada.get("/proof").text
    texts = Reading.of(page).texts
    assert {
        "Playing: 2 of 3 stages.",
        "not as it should be · 8\N{NO-BREAK SPACE}s",
        "to come",
        "A guard is red.",
    } <= set(texts)
    busy = ada.post(f"{INSIDE}/prove", {"seeds": "1"}, page=INSIDE)
    assert (busy.status_code, "A proof runs already." in busy.text) == (409, True)
    assert ada.post("/proof/cancel", {"number": "1"}, page="/proof").headers["location"] == "/proof"
    page = ada.get("/proof").text
    assert "Being cancelled" in page
    assert 'id="cancel-proof"' not in page
    for wrong in ("7", "x", ""):
        assert ada.post("/proof/cancel", {"number": wrong}, page="/proof").status_code == 404


def test_what_is_wrong_is_said_at_the_form(ada: Browser) -> None:
    for wrong in ("0", "x", ""):
        answer = ada.post(f"{INSIDE}/prove", {"seeds": wrong}, page=INSIDE)
        assert answer.status_code == 422
        assert 'href="#seeds"' in answer.text


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("proven", "The scenario is proven."), ("cancelled", "nothing of it is left"), ("failed", "No room.")],
)
def test_the_end_of_a_proof_is_told(ada: Browser, labd: FakeLabd, outcome: Any, said: str) -> None:  # noqa: ANN401
    ada.post(f"{INSIDE}/prove", {"seeds": "1"}, page=INSIDE)
    assert labd.catalogue.run is not None
    trouble = Refusal("busy", same("No room.")) if outcome == "failed" else None
    labd.catalogue.run = replace(labd.catalogue.run, phase="over", outcome=outcome, ended=world.NOW, trouble=trouble)
    page = ada.get("/proof").text
    assert said in page
    assert "data-events" not in page, "nothing more comes"
    assert (f"{INSIDE}#matrix" in page) == (outcome == "proven")


# Its stream ---------------------------------------------------------------------------------------------------


def request_of(browser: Browser) -> Request:
    who = browser.labd._seen(browser.labd.people["ada"])
    visit = Visit(who, browser.labd.sign_in("ada"), "en", "nonce", "key", "192.0.2.1", WebOrigin.parse(ORIGIN))
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/proof/events", "headers": []}
    return Request({**scope, "query_string": b"", "app": browser.app, "state": {"visit": visit}})


def test_a_proof_is_told_as_it_goes_on_and_ends_with_it(
    ada: Browser, labd: FakeLabd, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_stream, "POLL_SECONDS", 0.0)
    ada.post(f"{INSIDE}/prove", {"seeds": "1"}, page=INSIDE)

    async def look() -> list[bytes]:
        frames = proof_stream.proof_frames(request_of(ada))
        heard = [await anext(frames), await anext(frames)]
        waiting = asyncio.ensure_future(anext(frames))
        before = len(labd.asked)
        while len(labd.asked) < before + 3:
            await asyncio.sleep(0)
        assert not waiting.done(), "what has not changed is not told again"
        assert labd.catalogue.run is not None
        labd.catalogue.run = replace(labd.catalogue.run, phase="over", outcome="proven")
        return [*heard, await waiting, *[frame async for frame in frames]]

    opened, first, last, end = runner.run(look())
    assert opened == b": \n\n"
    told = [json.loads(frame.decode().partition("data: ")[2]) for frame in (first, last)]
    assert all(Reading.of(one["html"]).wrong == [] for one in told)
    assert "The scenario is proven." in told[1]["html"]
    assert end == b'event: end\ndata: {"kind": "over"}\n\n'


@pytest.mark.parametrize(("kind", "over"), [("forbidden", True), ("signed-out", True), ("machine", False)])
def test_a_stream_ends_with_the_right_to_look(
    browser: Browser, runner: asyncio.Runner, kind: RefusalKind, over: bool
) -> None:
    browser.labd.refusals["proof"] = Refusal(kind, same("No."))

    async def whole() -> list[bytes]:
        return [frame async for frame in proof_stream.proof_frames(request_of(browser))]

    assert runner.run(whole())[1:] == ([f'event: end\ndata: {{"kind": "{kind}"}}\n\n'.encode()] if over else [])


def test_the_stream_is_for_administrators(browser: Browser) -> None:
    browser.sign_in("theo")
    answer = browser.get("/proof/events")
    assert answer.text.endswith('event: end\ndata: {"kind": "forbidden"}\n\n')
