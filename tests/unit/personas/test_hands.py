"""What a persona types in a lab."""

from __future__ import annotations

import pytest

from orchestrator.personas.hands import typed_text


@pytest.mark.parametrize(
    ("stated", "command", "typed"),
    [
        (None, "ping -c1 srv1", "ping -c1 srv1"),
        (None, "", ""),
        ("date", "", "date"),
        ("login -w {command}", "Sapin-4417", "login -w Sapin-4417"),
        ("login -w {command}", "x; reboot", "login -w 'x; reboot'"),
        ("login -w {command}", "", ""),
    ],
)
def test_what_is_dictated_is_one_word_of_lines_of_their_own(stated: str | None, command: str, typed: str) -> None:
    assert typed_text(stated, command) == typed
