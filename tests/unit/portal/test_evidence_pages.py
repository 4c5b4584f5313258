"""The pages of sealed evidence: who sees them, both looks, differences in two ways, searching, pieces, refusals."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from orchestrator.core.text import same
from orchestrator.labd import evidence_contract as e
from orchestrator.labd.calls import Refusal
from orchestrator.portal import evidence_words, unified_diff
from orchestrator.portal.unified_diff import lines_of, rows_of
from tests.fakes import labd_evidence as fake
from tests.fakes.labd import FakeLabd
from tests.fakes.labd_sessions import SESSION
from tests.unit.portal.browser import Browser, Reading

CANDIDATE = f"/jury/{SESSION}/candidates/C-01"
SITTING = f"{CANDIDATE}/phases/reseau"
REPLAY = f"{SITTING}/replay"
PAGES = (SITTING, f"{SITTING}?view=side", REPLAY, f"{REPLAY}?q=ping")


@pytest.fixture
def paul(browser: Browser) -> Browser:
    browser.sign_in("paul", "en")
    return browser


@pytest.mark.parametrize(
    ("handle", "status"), [("lea", 403), ("theo", 403), ("ines", 403), ("ada", 403), ("paul", 200)]
)
def test_the_jury_looks_at_it_and_nobody_else(browser: Browser, handle: str, status: int) -> None:
    browser.sign_in(handle)
    for path in (*PAGES, f"{SITTING}/recordings/0", f"{SITTING}/desktops/0/2"):
        assert browser.get(path).status_code == status, path


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_that_a_candidate_wrote_is_html(browser: Browser, path: str, language: str) -> None:
    browser.sign_in("paul", language)
    page = browser.get(path).text
    assert Reading.of(page).wrong == []
    for wrong in ("<img src=x", "<b>", "<script>alert", "<all>"):
        assert wrong not in page.replace("<br>", ""), wrong


def test_both_looks_stand_beside_what_was_seen(paul: Browser) -> None:
    page = paul.get(SITTING).text
    for said in (
        "two gradings that disagree: no judgement", "1. red: no answer\n2. green", "two gradings, which agree",
        "not asked", "ssh no longer starts.", "forbidden", "to ask about", "last changed at 09:09:24", "# Intervention",
        "3 more files have changed", "No report was handed in.", "the lab is gone", "dig intranet", fake.SHA256,
    ):  # fmt: skip
        assert said in page, said
    assert f'href="{REPLAY}"' in page
    assert f'href="{CANDIDATE}/evidence/reseau" download' in page
    assert f'href="{SITTING}"' in paul.get(CANDIDATE).text


def test_a_report_that_nobody_asked_for_is_not_missing(paul: Browser, labd: FakeLabd) -> None:
    labd.evidence.evidence = replace(fake.EVIDENCE, report_asked=False)
    assert "No report was asked for." in paul.get(SITTING).text


def test_words_of_a_candidate_are_left_as_they_are_in_french(browser: Browser) -> None:
    browser.sign_in("paul", "fr")
    page = browser.get(REPLAY).text
    assert "# l&#39;essai : ACDC/XYZ</code>" in page


def test_what_is_searched_for_is_found_or_said_to_be_nowhere(paul: Browser, labd: FakeLabd) -> None:
    page = paul.get(f"{REPLAY}?q=ping").text
    assert "typed on pc2" in page
    assert "there may be more" in page
    assert labd.asked[-1][2] == e.SearchSitting(SESSION, "reseau", "C-01", "ping")
    assert "Nothing typed or shown has &#34;nothing&#34;." in paul.get(f"{REPLAY}?q=nothing").text
    wrong = paul.get(f"{REPLAY}?q=wrong")
    assert (wrong.status_code, "Say what you are searching for." in wrong.text) == (422, True)
    assert 'value="&lt;i&gt;"' in paul.get(f"{REPLAY}?q=<i>").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{SITTING}/recordings/0", 200),
        (f"{SITTING}/recordings/0?at=0", 200),
        (f"{SITTING}/recordings/0?at=-1", 404),
        (f"{SITTING}/recordings/0?at=x", 404),
        (f"{SITTING}/recordings/9", 404),
        (f"{SITTING}/recordings/x", 404),
        (f"{SITTING}/recordings/..%2F0", 404),
        (f"{CANDIDATE}/phases/other/replay", 404),
        (f"{CANDIDATE}/phases/other", 404),
    ],
)
def test_pieces_are_those_of_recordings_that_are_there(paul: Browser, path: str, status: int) -> None:
    answer = paul.get(path)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["lines"] == fake.CASTS_OF_SITTING[0]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("call", ["sitting-replay", "sealed-evidence"])
def test_evidence_that_was_changed_is_told_with_the_reason(paul: Browser, labd: FakeLabd, call: str) -> None:
    labd.refusals[call] = Refusal("machine", same("It is not the file that was sealed."))
    answer = paul.get(REPLAY if call == "sitting-replay" else SITTING)
    assert (answer.status_code, "It is not the file that was sealed." in answer.text) == (503, True)
    assert fake.SHA256 not in answer.text


def test_a_sitting_without_terminals_has_its_marks(paul: Browser, labd: FakeLabd) -> None:
    labd.evidence.replay = replace(fake.REPLAY, terminals=(), desktops=(), marks=fake.MARKS[:2])
    page = paul.get(REPLAY).text
    assert "No terminal and no desktop was recorded in this sitting." in page
    assert 'id="player"' not in page
    assert "The assessment begins." in page


# Differences --------------------------------------------------------------------------------------------------


def test_a_difference_is_read_line_by_line() -> None:
    kinds = [(line.kind, line.before, line.after) for line in lines_of(fake.DIFF)]
    assert kinds == [
        ("hunk", 0, 0), ("same", 1, 1), ("same", 2, 2), ("gone", 3, 0), ("new", 0, 3), ("same", 4, 4), ("same", 5, 5),
        ("gone", 6, 0), ("new", 0, 6), ("new", 0, 7), ("note", 0, 0),
    ]  # fmt: skip
    rows = rows_of(fake.DIFF)
    assert [(row.left and row.left.before, row.right and row.right.after) for row in rows if row.whole is None] == [
        (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (None, 7),
    ]  # fmt: skip


def test_terminals_of_one_host_are_told_apart(paul: Browser, labd: FakeLabd) -> None:
    twice = tuple(replace(one, host="srv1") for one in fake.TERMINALS)
    labd.evidence.replay = replace(fake.REPLAY, terminals=twice)
    page = paul.get(REPLAY).text
    assert "srv1 2, opened on 09:06:20, 0:48" in page
    assert "command on srv1 1" in page


def test_a_difference_that_is_left_out_is_said_to_be_in_the_archive(paul: Browser, labd: FakeLabd) -> None:
    (scenario, gone), file = fake.SCENARIOS, fake.SCENARIOS[0].files[0]
    less = replace(scenario, files=(replace(file, difference="", left_out=True),))
    labd.evidence.evidence = replace(fake.EVIDENCE, scenarios=(less, gone))
    assert "the difference is in the archive" in paul.get(SITTING).text


@pytest.mark.parametrize("text", ["", "--- a\n+++ b\n", "no difference", "@@ -x +y @@\n-a\n", "@@ -1 +1 @@"])
def test_what_is_no_difference_is_nothing_much(text: str) -> None:
    assert all(line.kind == "hunk" for line in lines_of(text))
    assert len(rows_of(text)) <= 1


def test_of_a_long_difference_the_beginning_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unified_diff, "MOST_LINES", 3)
    text = "@@ -1,9 +1,9 @@\n" + "-old\n" * 9
    assert (len(lines_of(text)), unified_diff.is_cut(text)) == (3, True)
    assert not unified_diff.is_cut("@@ -1 +1 @@\n-a\n+b\n")


def test_what_is_said_about_a_file_is_no_line_of_it() -> None:
    found = lines_of("host · /etc/x\n@@ -1 +1 @@\n-a\n+b\n… and 2 more lines\n[…]")
    assert [(line.kind, line.text) for line in found[3:]] == [("note", "… and 2 more lines"), ("note", "[…]")]


def test_lines_that_look_like_a_head_are_lines() -> None:
    found = lines_of("--- start/a\n+++ end/a\n@@ -1,2 +1,2 @@\n--- x\n+++ y\n")
    assert [(line.kind, line.text) for line in found[1:]] == [("gone", "-- x"), ("new", "++ y")]


def test_a_picture_of_a_desktop_is_given_as_it_was_sealed(paul: Browser) -> None:
    answer = paul.get(f"{SITTING}/desktops/0/1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "no-store"
    with Image.open(BytesIO(answer.content)) as read:
        assert (read.size, read.getpixel((0, 0))) == ((320, 240), fake.COLOURS[1])
    for wrong in ("0/3", "0/-1", "2/0", "x/0", "0/x", "0/1e1", "0/9999999", "0/²"):
        assert paul.get(f"{SITTING}/desktops/{wrong}").status_code == 404, wrong


def test_desktops_have_lanes_and_their_last_picture_is_printed(paul: Browser) -> None:
    page = paul.get(REPLAY).text
    for said in ("pc2 (desktop)", "pc3 (desktop)", "not in pictures of desktops", f'"address": "{SITTING}/desktops/0"'):
        assert said in page, said
    seen = paul.get(SITTING).text
    assert "pc2: opened at 09:07:35, 3 pictures. The last one, of 09:09:05:" in seen
    assert f'src="{SITTING}/desktops/0/2" width="160" height="100" alt="The desktop of pc2 at 09:09:05"' in seen
    assert "pc3: opened at 09:09:00, no picture." in seen


def test_every_kind_of_mark_can_be_shown_and_left_out() -> None:
    grouped = [kind for kinds in evidence_words.GROUPS for kind in kinds.split()]
    assert sorted(grouped) == sorted(evidence_words.KINDS) == sorted(evidence_words.SIGNS)
