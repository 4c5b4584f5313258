"""The screen of ``try`` fits the terminal, keeps its head and keys, and says what is expected beside what is seen."""

from __future__ import annotations

import dataclasses
import io
import re
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from orchestrator.authoring.trial import BROKEN, State, Trial
from orchestrator.cli.output import THEME
from orchestrator.cli.trial_view import TrialScreen
from orchestrator.core.errors import Place, Problem
from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.model.scenario import FaultSpec
from orchestrator.proof import judging
from orchestrator.proof.model import Stage, StageName

from .conftest import CHANGED, PLAN, instance, report, result, speak


def screen(language: Language = "en", *, stage: Stage | None = None, **more: object) -> TrialScreen:
    fields = {"plan": PLAN, "state": BROKEN, "problems": (), "outdated": False}
    trial = SimpleNamespace(**{**fields, "running": SimpleNamespace(instance=instance()), **more})
    return TrialScreen(cast("Trial", trial), "cable-out", language, stage=stage)


def drawn(shown: TrialScreen, width: int = 80, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, theme=THEME, legacy_windows=False)
    lines = console.render_lines(shown, console.options.update(height=height), pad=False)
    return ["".join(segment.text for segment in line).replace("\xa0", " ").rstrip() for line in lines]


def stage_of(name: StageName, subject: str, judged: judging.Judged) -> Stage:
    return Stage(name, subject, 0.1, judged.seen, judged.verdicts)


def broken(*outcomes: str) -> Stage:
    """A broken lab as it was graded: the last check is a guard."""
    roles = ["symptom"] * (len(outcomes) - 1) + ["guard"]
    found = report(*(result(f"check {i}", o, r) for i, (o, r) in enumerate(zip(outcomes, roles, strict=True))))
    return stage_of("broken", "", judging.broken(found, task=False))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 12), (200, 60), (20, 8)])
@pytest.mark.parametrize("many", [2, 60])
def test_it_fits_the_terminal(width: int, height: int, many: int) -> None:
    lines = drawn(screen(stage=broken(*["fail"] * many, "pass")), width, height)
    assert len(lines) == height or (len(lines) > height and height < 10), "the smallest cannot hold head and keys"
    assert all(len(line) <= width for line in lines)
    assert lines[0].startswith("cable-out")


def test_expected_and_seen_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("en", monkeypatch)
    text = "\n".join(drawn(screen(stage=broken("fail", "pass", "fail")), height=40))
    assert re.search(r"✘ +✘ +symptom +check 0 \(en\)", text)
    assert re.search(r"✘ +✔ +symptom +check 1 \(en\)", text)
    assert re.search(r"✔ +✘ +guard +check 2 \(en\)", text)
    assert "evidence of check 0 (en)" in text
    assert "stays green although the fault is in place" in text
    assert "The proof would refuse this." in text
    assert "broken · expected: symptoms and objectives red, guards green" in text


def test_in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("fr", monkeypatch)
    text = "\n".join(drawn(screen("fr", stage=broken("fail", "pass")), height=40))
    for words in ("en panne · attendu : symptômes et objectifs rouges", "garde-fou", "Comme la preuve l'attend."):
        assert words in text
    assert "b à faire  h sain  s solution  x raccourci  r à neuf  c contrôler  q quitter" in text


def test_what_the_seed_has_drawn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("en", monkeypatch)
    fault = FaultSpec(fault="link-wrong-segment", parameters={"host": "pc1", "content": "x" * 1_000})
    plan = dataclasses.replace(PLAN, faults=(fault,))
    lines = drawn(screen(plan=plan, stage=broken("fail", "pass")), width=200, height=40)
    (told,) = (line for line in lines if "link-wrong-segment" in line)
    assert told.startswith("fault: link-wrong-segment  host=pc1  content=xxx")
    assert told.endswith("…")


def test_what_does_not_fit_is_counted_and_can_be_scrolled(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("en", monkeypatch)
    shown = screen(stage=broken(*["fail"] * 40, "pass"))
    first = drawn(shown)
    assert any(line.startswith("↑ 0 ↓ ") for line in first)
    shown.offset = 10_000
    last = drawn(shown)
    assert any("check 40" in line for line in last)
    assert any(line.endswith("↓ 0 more lines") for line in last)
    assert first[-3:] == last[-3:], "the keys stay"


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (
            stage_of("solution", "reference", judging.repaired(CHANGED, "reference", learning=False)),
            ("✘ The solution 'reference' leaves a change to explain: ssh no longer starts.", "The proof would refuse"),
        ),
        (
            stage_of("shortcut", "quick", judging.refused(CHANGED, "quick")),
            (
                "? The shortcut 'quick' is refused for its changes only:",
                "As the proof expects it",
            ),
        ),
    ],
)
def test_changes_are_told_where_they_decide(
    stage: Stage, said: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    speak("en", monkeypatch)
    text = "\n".join(drawn(screen(stage=stage, state=State(stage.name, stage.subject)), width=120, height=40))
    for words in (*said, "pc1 · ssh.service (enabled)", "before: enabled", "now: disabled"):
        assert words in text


def test_another_state_hides_what_was_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("en", monkeypatch)
    text = "\n".join(drawn(screen(stage=broken("fail", "pass"), state=State("solution", "reference"))))
    assert "solution reference · expected: all green" in text
    assert "check 0" not in text
    assert "As the proof expects it" not in text


def test_mistakes_choices_and_a_changed_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("en", monkeypatch)
    problem = Problem(
        Place("scenario.yaml", 7, 3), Text(fr="x", en='unknown key "kindd"'), Text(fr="y", en="remove it")
    )
    shown = screen(problems=(problem,), outdated=True)
    shown.choices = (Text(fr="un", en="reference · one"), Text(fr="deux", en="second · two"))
    text = "\n".join(drawn(shown))
    for words in (
        "scenario.yaml:7:3",
        'unknown key "kindd"',
        "→ remove it",
        "'r' starts it again",
        "1 reference · one",
    ):
        assert words in text
    assert "2 second · two" in text
    assert "Esc" in text


@pytest.mark.parametrize(
    ("evidence", "shown", "hidden"),
    [
        ("pc1 has no address\nassert ()\n +  where () = x", "pc1 has no address", "assert ()"),
        ("assert 1 == 2\n +  where 1 = x", "assert 1 == 2", "nothing"),
        ("one\ntwo\nthree\nfour", "three", "four"),
    ],
)
def test_of_the_evidence_the_message_is_shown(
    evidence: str, shown: str, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak("en", monkeypatch)
    found = dataclasses.replace(result("x", "fail"), evidence=Text(fr=evidence, en=evidence))
    text = "\n".join(drawn(screen(stage=stage_of("broken", "", judging.broken(report(found), task=False)))))
    assert shown in text
    assert hidden not in text
