"""Draws: stable for ever, independent of each other, without collisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.plan import Value
from orchestrator.model.scenario import Scenario
from orchestrator.model.seeds import MAX_SEED
from orchestrator.planning.name_pool import FEMININE, LAST, MASCULINE
from orchestrator.planning.variant import choose_seed, covering_variants, draw_variant, login_of

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

PINNED_42: dict[str, Value] = {
    "user": DrawnPerson("Dragoș", "Fernandes", "dfernandes", feminine=False),
    "office": "Brest",
    "stale": "192.168.10.213",
    "desk": 27,
    "secret": "Kuceti-Redapu57",
    "cause": "moved",
}

PINNED_43: dict[str, Value] = {
    "user": DrawnPerson("Raphaël", "Mallet", "rmallet", feminine=False),
    "office": "Lyon",
    "stale": "192.168.10.201",
    "desk": 40,
    "secret": "Dekuve-Ninopa68",
    "cause": "unplugged",
}


@pytest.fixture
def scenario(folder: Folder) -> Scenario:
    return folder.content.scenario("cable-out")


def test_pinned_values(scenario: Scenario) -> None:
    """These literals must never change: old seeds mean what they meant."""
    assert draw_variant(scenario, 42).values == PINNED_42
    assert draw_variant(scenario, 43).values == PINNED_43


def test_a_new_variable_changes_no_other(scenario: Scenario, folder: Folder) -> None:
    folder.edit("scenario.yaml", "variables:\n", "variables:\n  colour: {draw: choice, of: [red, blue]}\n")
    more = dict(draw_variant(folder.content.scenario("cable-out"), 42).values)
    assert more.pop("colour") in {"red", "blue"}
    assert more == draw_variant(scenario, 42).values


def test_draws_stay_inside_and_reach_the_bounds(scenario: Scenario) -> None:
    variants = [draw_variant(scenario, seed).values for seed in range(600)]
    assert {v["desk"] for v in variants} == set(range(1, 41))
    assert {v["stale"] for v in variants} == {f"192.168.10.{n}" for n in range(200, 221)}
    assert {v["office"] for v in variants} == {"Lyon", "Brest"}
    assert {v["cause"] for v in variants} == {"unplugged", "moved"}


def test_people_have_accents_and_both_genders(scenario: Scenario) -> None:
    people = [draw_variant(scenario, seed).values["user"] for seed in range(300)]
    assert all(isinstance(person, DrawnPerson) for person in people)
    assert {person.feminine for person in people if isinstance(person, DrawnPerson)} == {True, False}
    assert any(not person.full.isascii() for person in people if isinstance(person, DrawnPerson))


def test_logins_of_a_variant_differ(folder: Folder) -> None:
    people = "".join(f"  user{i}: {{draw: person}}\n" for i in range(100))
    folder.edit("scenario.yaml", "variables:\n", "variables:\n" + people)
    values = draw_variant(folder.content.scenario("cable-out"), 1).values
    logins = [value.login for value in values.values() if isinstance(value, DrawnPerson)]
    assert len(logins) == len(set(logins)) == 101


def test_addresses_of_a_variant_differ(folder: Folder) -> None:
    address = "{draw: address, subnet: 192.168.10.0/24, first: 200, last: 220}"
    more = "".join(f"  stale{i}: {address}\n" for i in range(20))
    folder.edit("scenario.yaml", "variables:\n", "variables:\n" + more)
    values = draw_variant(folder.content.scenario("cable-out"), 1).values
    assert {v for n, v in values.items() if n.startswith("stale")} == {f"192.168.10.{n}" for n in range(200, 221)}


@pytest.mark.parametrize(
    ("first", "last", "login"),
    [
        ("Élodie", "Lefèvre", "elefevre"),
        ("Łukasz", "Wójcik", "lwojcik"),
        ("Şebnem", "Öztürk", "sozturk"),
        ("Anaïs", "L'Hermitte", "alhermitte"),
        ("Björn", "Sørensen", "bsorensen"),
        ("Minh", "Nguyễn", "mnguyen"),
        ("Hugo", "Van den Berg", "hvandenberg"),
    ],
)
def test_logins_are_ascii(first: str, last: str, login: str) -> None:
    assert login_of(first, last) == login


def test_the_lists_of_names() -> None:
    assert (len(FEMININE), len(MASCULINE), len(LAST)) == (30, 30, 60)
    for names in (FEMININE, MASCULINE, LAST):
        assert len(set(names)) == len(names)
    logins = [login_of(first, last) for first in (*FEMININE, *MASCULINE) for last in LAST]
    assert all(login.isascii() and login.isalpha() and login.islower() and len(login) <= 20 for login in logins)


def test_passwords_can_be_said(scenario: Scenario) -> None:
    passwords = {str(draw_variant(scenario, seed).values["secret"]) for seed in range(100)}
    assert len(passwords) == 100
    assert all(password[:6].isalpha() and password[-2:].isdigit() for password in passwords)


def test_a_chosen_seed_is_fresh() -> None:
    seeds = {choose_seed() for _ in range(20)}
    assert len(seeds) == 20
    assert all(0 <= seed <= MAX_SEED for seed in seeds)


def test_covering_variants_reach_every_choice(scenario: Scenario) -> None:
    variants = covering_variants(scenario)
    assert {(v.values["office"], v.values["cause"]) for v in variants} == {
        (office, cause) for office in ("Lyon", "Brest") for cause in ("unplugged", "moved")
    }
    assert [v.seed for v in variants] == [0, 1, 2, 3, 4]


def test_covering_variants_stay_few(folder: Folder) -> None:
    many = "".join(f"  v{i}: {{draw: choice, of: [a, b, c, d, e, f, g]}}\n" for i in range(4))
    folder.edit("scenario.yaml", "variables:\n", "variables:\n" + many)
    variants = covering_variants(folder.content.scenario("cable-out"))
    assert len(variants) == 7
    assert {v.values["v3"] for v in variants} == set("abcdefg")
