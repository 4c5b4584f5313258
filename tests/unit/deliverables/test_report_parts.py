"""What somebody types into a report's parts is read again as it was typed, whatever is in it."""

from __future__ import annotations

import pytest

from orchestrator.core.text import Text
from orchestrator.deliverables.report_file import ReportParts, parts_of, read_report, report_template, report_text

TITLE = Text(fr="Plus de réseau", en="No network")

HARD = (
    "## Cause\n\nnot the section",
    "# Anything",
    "\\# Cause",
    "  ### cause",
    "<!-- no comment --> and <\\!-- neither",
    "```\n# a comment of a script\n## Cause\n```\nafter",
    "---\nminutes: 9\n---",
    "un accent : é",
)


@pytest.mark.parametrize("text", HARD)
def test_parts_come_back(text: str) -> None:
    parts = ReportParts(symptom=text, cause="b", action=text, test="", minutes=12)
    for language in ("fr", "en"):
        data = report_text(parts, TITLE, "no-network", "lab-1", language).encode()
        read = parts_of(data)
        assert (read.symptom.strip(), read.action.strip()) == (text.strip(), text.strip())
        assert (read.cause, read.test, read.minutes) == ("b", "", 12)
        assert read_report(data).empty == ("test",)


def test_a_fence_that_was_left_open_is_closed() -> None:
    data = report_text(ReportParts(symptom="```\nip -br link", cause="b"), TITLE, "s", "lab-1", "en").encode()
    assert parts_of(data) == ReportParts(symptom="```\nip -br link\n```", cause="b")


def test_nothing_was_written() -> None:
    assert parts_of(None) == ReportParts()
    assert parts_of(report_template(TITLE, "s", "lab-1", "fr").encode()) == ReportParts()
