"""A session's plan: what a jury may not do is refused with its line; drawings can be done again."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.assessment.lottery import Drawing, draw, drawn_again, new_draw_seed, pool_of
from orchestrator.assessment.plan_file import Offer, PlanContext, read_plan
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import ContentError, UsageError
from orchestrator.core.text import same
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.session_plan import DrawRule, Phase, ProofRule

PLAN = """\
contract: 1
id: december
title: Session de décembre
referential: rncp-227
ccps: [1, 2]
date: "2026-12-14"
centre: Centre de Nantes
room: B12
jury:
  - {id: martin, name: Anne Martin, quality: Responsable informatique}
  - {id: leroy, name: Paul Leroy, quality: Technicien}
candidates:
  - {number: C-01, name: Zoé Faure}
  - {number: C-02, name: Ali Benali, extra_time: 1/3, trainers: [petit], person: ali}
phases:
  - {name: reseau, title: Réseau, minutes: 75, scenarios: [cut]}
  - {name: tirage, title: Tirage, minutes: 60, draw: [{competence: "2.1", hardest: 2}]}
"""

OFFERS = {
    "cut": Offer(("1.3",), 1),
    "dhcp": Offer(("2.1",), 2),
    "dns": Offer(("2.1",), 1),
    "ospf": Offer(("2.1",), 4),
    "old": Offer(("2.1", "1.3"), 1),
    "far": Offer(("1.4",), 1),
}


def why(name: str, rule: ProofRule) -> UsageError | None:
    """``old`` is not proven at all, ``far`` by its author alone."""
    if name == "old" or (name == "far" and rule == "here"):
        return UsageError(same(f"{name} is stale."), same(f"prove {name}"))
    return None


KNOWN = PlanContext(
    Content((built_in_root(),)).referential(),
    OFFERS,
    why,
    lambda person: frozenset({f"coach-of-{person}"}),
    ref=str.lower,
)


def written(folder: Path, text: str, candidates: str | None = None) -> WrittenPlan:
    path, listed = folder / "session.yaml", folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    if candidates is None:
        return WrittenPlan.read(path)
    listed.write_text(candidates, encoding="utf-8")
    return WrittenPlan.read(path, listed)


def test_a_plan_is_read(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN), KNOWN)
    assert [phase.minutes for phase in plan.phases] == [75, 60]
    assert plan.candidates[1].extra_time == "1/3"
    assert (plan.timezone, plan.retention_months, plan.proof) == ("Europe/Paris", 60, "here")


def test_a_plan_may_rely_on_what_the_author_proved(tmp_path: Path) -> None:
    text = PLAN.replace("scenarios: [cut]", "scenarios: [cut, far]")
    with pytest.raises(ContentError, match=r"session.yaml:16.*far is stale") as caught:
        read_plan(written(tmp_path, text), KNOWN)
    assert caught.value.hint == same("prove far")
    assert (
        read_plan(written(tmp_path, text.replace("room: B12", "room: B12\nproof: recorded")), KNOWN).proof == "recorded"
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("minutes: 75", "minuts: 75", 16, 'did you mean "minutes"?'),
        ("extra_time: 1/3", "extra_time: third", 14, '"1/3"'),
        ('"2026-12-14"', '"2026-02-30"', 6, "no day 2026-02-30"),
        ("room: B12", "room: B12\ntimezone: Europe/Pari", 9, 'did you mean "Europe/Paris"?'),
        ("room: B12", "room: B12\nproof: elsewhere", 9, '"here"'),
        ("rncp-227", "rncp-226", 4, 'did you mean "rncp-227"?'),
        ("room: B12", "room: B12\ncolumns: [name, nme]", 9, 'did you mean "name"?'),
        ("room: B12", "room: B12\ncolumns: [name, name]", 9, 'the column "name" is there already'),
        ("[1, 2]", "[1, 7]", 5, "no CCP 7"),
        ("[1, 2]", "[1, 2, 3]", 5, "no phase works on CCP 3"),
        ("C-02", "C-01", 13, '"C-01" is used 2 times'),
        ("  - {id: leroy, name: Paul Leroy, quality: Technicien}\n", "", 10, "at least two members"),
        ("trainers: [petit]", "trainers: [leroy]", 14, "Paul Leroy trained C-02"),
        ("id: leroy", "person: coach-of-ali, id: leroy", 14, "Paul Leroy trained C-02"),
        ("id: leroy", "person: Coach-of-Ali, id: leroy", 14, "Paul Leroy trained C-02"),
        ("id: leroy", "person: ALI, id: leroy", 14, "C-02 is Paul Leroy of the jury"),
        ("scenarios: [cut]", "scenarios: [cup]", 16, 'did you mean "cut"?'),
        ("scenarios: [cut]", "scenarios: [cut, old]", 16, "old is stale."),
        ("scenarios: [cut]", "reading_minutes: 5", 16, 'a phase has "scenarios", or a drawing'),
        ("hardest: 2", "hardest: 2, count: 3", 17, "3 to draw for 2.1, difficulty 1 to 2, and 2 proven. old is stale."),
        ('"2.1", h', '"2.9", h', 17, 'unknown competence "2.9"'),
        ('"2.1", hardest: 2', '"3.1"', 17, "No scenario fits."),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert PLAN.count(old) == 1
    with pytest.raises(ContentError) as caught:
        read_plan(written(tmp_path, PLAN.replace(old, new)), KNOWN)
    found = [(p.place.line, p.text.en) for p in caught.value.problems]
    assert any(at == line and said in text for at, text in found), found


def nobody_is_known(person: str) -> frozenset[str]:
    raise UsageError(same(f"nobody is called {person}"))


def test_a_person_whom_the_store_does_not_know_is_told_at_their_line(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"session\.yaml:14:\d+: nobody is called ali"):
        read_plan(written(tmp_path, PLAN), replace(KNOWN, trainers=nobody_is_known))


def test_who_organises_does_not_judge(tmp_path: Path) -> None:
    def not_judging(person: str, by: str) -> UsageError | None:
        return UsageError(same(f"{person} organises"), same("another")) if person in {"ines", by} else None

    known = replace(KNOWN, not_judging=not_judging)
    for person, by in (("ines", ""), ("paul", "paul")):
        text = written(tmp_path, PLAN.replace("id: leroy", f"id: leroy, person: {person}"))
        with pytest.raises(ContentError, match=rf"session\.yaml:11:\d+: {person} organises"):
            read_plan(text, known, by)
    assert read_plan(text, known, "ines").jury[1].person == "paul"


# Candidates from a list ---------------------------------------------------------------------------------------

ALONE = re.sub(r"candidates:\n(  .*\n){2}", "", PLAN)
LIST = (
    "number,name,extra_time,trainers,attendance,person\nC-01,Zoé Faure,,,,\nC-02,Ali Benali,1/3,petit roux,remote,ali\n"
)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("begins", ["", "\ufeff"])
def test_candidates_come_from_a_list(tmp_path: Path, delimiter: str, begins: str) -> None:
    plan = read_plan(written(tmp_path, ALONE, begins + LIST.replace(",", delimiter)), KNOWN)
    zoe, ali = plan.candidates
    assert (zoe.number, zoe.name, zoe.extra_time, zoe.attendance, zoe.trainers) == (
        "C-01", "Zoé Faure", None, "on-site", (),
    )  # fmt: skip
    assert (ali.extra_time, ali.attendance, ali.trainers, ali.person) == ("1/3", "remote", ("petit", "roux"), "ali")


@pytest.mark.parametrize(
    ("listed", "place", "said"),
    [
        (LIST.replace("extra_time", "extra_tim"), "1:3", 'did you mean "extra_time"?'),
        (LIST.replace("name", "number"), "1:2", 'the column "number" is there already'),
        (LIST.replace("number,", "person,"), "1", 'the column "number" is missing'),
        (LIST.replace("1/3", "third"), "3:3", '"1/3"'),
        (LIST.replace("remote", "remot"), "3:5", 'did you mean "remote"?'),
        (LIST.replace("C-02", "C-01"), "2:1", '"C-01" is used 2 times'),
        (LIST.replace("C-02", "c 2"), "3:1", "expected"),
        (LIST.replace("Ali Benali", ""), "3", '"name"'),
        (LIST.replace("petit", "leroy"), "3", "Paul Leroy trained C-02"),
        (LIST.replace("Zoé Faure", "Faure, Zoé"), "2", "more than 6 cells"),
        (LIST.replace("Zoé", "Zo\x1b[2J"), "2:2", "control character"),
        (LIST + '"', "3", "this is no CSV"),
        ("number,name\n", "", '"candidates" must not be empty'),
    ],
)
def test_a_mistake_in_a_list_is_told_with_its_line_and_column(
    tmp_path: Path, listed: str, place: str, said: str
) -> None:
    with pytest.raises(ContentError) as caught:
        read_plan(written(tmp_path, ALONE, listed), KNOWN)
    found = [(f"{p.place.line}:{p.place.column}".removesuffix(":0"), p.text.en) for p in caught.value.problems]
    assert any(at == (place or "0") and said in text for at, text in found), found
    assert {Path(p.place.file).name for p in caught.value.problems} == {"list.csv"}


def test_candidates_stand_in_one_place(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"session\.yaml:12:1: the candidates stand in the list as well"):
        read_plan(written(tmp_path, PLAN, LIST), KNOWN)


@pytest.mark.parametrize("text", ["", "- a", "just words"])
def test_a_list_saves_no_plan_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContentError, match=r"session\.yaml"):
        read_plan(written(tmp_path, text, LIST), KNOWN)


PHASE = Phase(name="tirage", title="Tirage", minutes=60, draw=(DrawRule(competence="2.1"), DrawRule(competence="2.1")))
POOL = tuple(f"s{i}" for i in range(6))


def test_only_what_is_proven_and_fits_is_in_the_pool() -> None:
    rule = DrawRule(competence="2.1", hardest=2)
    assert pool_of(rule, OFFERS, ["cut", "dns", "dhcp", "ospf"]) == ("dhcp", "dns")


def test_a_drawing_can_be_done_again_and_kept() -> None:
    drawing = draw(PHASE, ["A", "B"], [POOL, POOL], new_draw_seed())
    assert drawn_again(drawing, PHASE)
    assert Drawing.from_document(drawing.to_document()) == drawing
    swapped = {"A": drawing.drawn["A"][::-1], "B": drawing.drawn["B"]}
    assert not drawn_again(Drawing(drawing.phase, drawing.seed, drawing.pools, swapped), PHASE)


def test_a_witness_works_it_out_with_sha256sum() -> None:
    numbers = {
        name: hashlib.sha256(f"breakfix draw 1\n{'0' * 32}\ntirage\n0\nA\n{name}".encode()).hexdigest() for name in POOL
    }
    assert draw(PHASE, ["A"], [POOL, POOL], "0" * 32).drawn["A"][0] == min(numbers, key=numbers.__getitem__)


def test_nobody_gets_a_scenario_twice_and_all_of_them_come_up() -> None:
    drawing = draw(PHASE, [f"C{i}" for i in range(300)], [POOL, POOL], "1" * 32)
    assert all(len(set(drawn)) == 2 for drawn in drawing.drawn.values())
    counted = Counter(name for drawn in drawing.drawn.values() for name in drawn)
    assert set(counted) == set(POOL)
    assert max(counted.values()) < 2 * min(counted.values())


def test_one_drawing_for_all() -> None:
    together = PHASE.model_copy(update={"same_for_all": True})
    drawing = draw(together, ["A", "B", "C"], [POOL, POOL], "2" * 32)
    assert len(set(drawing.drawn.values())) == 1


def test_more_than_there_is_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        draw(PHASE, ["A"], [POOL[:1], POOL[:1]], "3" * 32)
