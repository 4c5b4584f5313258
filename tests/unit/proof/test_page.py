"""The page shows every stage, check, verdict and piece of evidence, and needs nothing besides itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from orchestrator.core.language import Language
from orchestrator.proof.model import Proof
from orchestrator.proof.page import blocks_of, columns_of, differences_of, page_of
from tests.unit.differences import EXPLAINED, FORBIDDEN, UNEXPLAINED

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
VOID = {"meta", "br", "link", "img"}


class Reader(HTMLParser):
    """Reads a page: the text that a person sees, attributes, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data


def read(proofs: list[Proof], language: Language = "en") -> Reader:
    reader = Reader(page_of(proofs, language, now=NOW))
    assert reader.open == [], "every element is closed"
    assert len(reader.ids) == len(set(reader.ids))
    return reader


def test_it_needs_nothing_besides_itself(sound: Proof, bad: Proof) -> None:
    page = page_of([sound, bad], "en", now=NOW)
    assert not re.search(r"https?:|url\(|@import|<link|<img|src=", page)


@pytest.mark.parametrize(("language", "words"), [("fr", "panne"), ("en", "broken")])
def test_stages_checks_and_seeds_are_there(sound: Proof, language: Language, words: str) -> None:
    text = read([sound], language).text
    for part in (words, "reference", "by-hand", "elsewhere", "cause = unplugged", "2026-05-04 12:30 UTC"):
        assert part in text
    assert "web marche" in text if language == "fr" else "web works" in text


def test_the_seconds_have_the_comma_of_the_language(sound: Proof) -> None:
    assert "4,5 s" in read([sound], "fr").text
    assert "4.5 s" in read([sound], "en").text


def test_what_a_check_says_is_text_and_never_markup(bad: Proof) -> None:
    page = page_of([bad], "en", now=NOW)
    assert "<b>&</b>" not in page
    assert "&lt;this&gt;" in page
    assert "saw <this>" in read([bad]).text


def test_a_mistake_is_told_with_what_to_change(bad: Proof) -> None:
    text = read([bad]).text
    assert "stays green although the fault is in place" in text
    assert "Make it look at what this fault really prevents" in text
    assert "broken (seed 1)" in text
    assert "✘ not proven" in text


def test_each_red_cell_opens_its_evidence(sound: Proof) -> None:
    reader = read([sound])
    targets = [value for name, value in reader.attributes if name == "popovertarget"]
    assert len(targets) == 6, "the broken symptom and the shortcut's two, for both seeds"
    assert set(targets) <= set(reader.ids)
    assert "pc1 $ ip route  ×3" in reader.text


def test_colours_are_told_by_marks_as_well(bad: Proof) -> None:
    (block,) = blocks_of(bad)
    names = [column.name for column in columns_of(bad)]
    web = next(row for row in block.rows if row.id.endswith("web"))
    marks = dict(zip(names, [(cell.mark, cell.look) for cell in web.cells], strict=True))
    assert marks["broken"] == ("✔", "pass wrong")
    assert marks["shortcut"] == ("✘", "fail")
    assert marks["nowhere"] == ("·", "calm")
    assert marks["reboot"] == ("", "none")


def test_checks_come_symptoms_first_and_the_labs_own_last(sound: Proof) -> None:
    assert [row.role for row in blocks_of(sound)[0].rows] == ["symptom", "guard", "health"]


def test_a_column_that_only_some_variants_have_stands_in_its_place(sound: Proof) -> None:
    subjects = [(column.name, column.subject) for column in columns_of(sound)]
    assert subjects[-3:] == [("shortcut", "elsewhere"), ("shortcut", "by-hand"), ("stopped", "")]
    assert len(subjects) == 8
    assert [stage is None for stage in blocks_of(sound)[0].stages].count(True) == 1


def test_no_proof_at_all_is_a_page_too() -> None:
    assert "Proof of the scenarios" in read([]).text


def test_what_differs_is_a_table_by_stages(sound: Proof) -> None:
    ours = {"broken": (UNEXPLAINED,), "solution": (EXPLAINED,), "shortcut": (FORBIDDEN, UNEXPLAINED)}
    first = sound.variants[0]
    stages = tuple(replace(one, differences=ours.get(one.name, ())) for one in first.stages)
    (block,) = blocks_of(replace(sound, variants=(replace(first, stages=stages),)))
    marks = {row.place: "".join(cell.mark or "." for cell in row.cells) for row in differences_of(block)}
    names = [stage.name if stage else "" for stage in block.stages]
    expected = {"pc1 · ssh.service (enabled)": {"broken": "•", "shortcut": "?"}}
    for place, at in expected.items():
        assert marks[place] == "".join(at.get(name, ".") for name in names)
    assert sorted(map(set, marks.values()), key=len)[0] == {"=", "."}
    assert any("✘" in seen for seen in marks.values())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("ssh ne démarre plus.", "à expliquer", "interdit : cela suffit", "la panne elle-même", "(graine")),
        ("en", ("ssh no longer starts.", "to be explained", "forbidden: enough", "the fault itself", "(seed")),
    ],
)
def test_each_difference_says_what_it_is(sound: Proof, language: Language, words: tuple[str, ...]) -> None:
    first = sound.variants[0]
    stages = tuple(replace(one, differences=(UNEXPLAINED, FORBIDDEN)) for one in first.stages)
    other = replace(first, seed=first.seed + 100)
    proof = replace(sound, variants=(replace(first, stages=stages), other))
    text = read([proof], language).text.replace("\xa0", " ").replace("’", "'")
    for part in (*words, "accept"):
        assert part in text
    assert "\x1b" not in text
    assert words[0] not in read([sound], language).text
