"""A list of people that somebody sends: people, or what is wrong with it, whatever it holds."""

from __future__ import annotations

import contextlib
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.records.csv_people import COLUMNS, ListError, people_in
from orchestrator.records.people import HANDLE

_CELLS: Final = st.sampled_from(
    [
        "", "lea", "Léa", "=1+1", '"', '""', '"a', "a\nb", "a\rb", "\0", "\u202e", "administrator", "trainee trainer",
        "2001-02-30", "9999-12-31", "1/3", "x" * 140_000, "<b>", "../x", "P-000000000001", " lea ",
    ]
) | st.text(max_size=6)  # fmt: skip
_NAMES: Final = st.sampled_from([*COLUMNS, "handle", "handle", "Handle", "", "\ufeffhandle", "x"])


@st.composite
def _lists(draw: st.DrawFn) -> str:
    """Draw the text of a list: mostly some columns, and lines with about as many cells."""
    separator = draw(st.sampled_from([",", ";", "\t"]))
    head = draw(st.lists(_NAMES, min_size=1, max_size=4))
    lines = draw(st.lists(st.lists(_CELLS, max_size=5), max_size=4))
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return ending.join(separator.join(line) for line in [head, *lines])


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(_lists() | st.text(max_size=40))
@example("handle\n\ud800\n")
@example("handle,handle\nlea,tom\n")
def test_any_list_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ListError):
        assert all(HANDLE.fullmatch(one.person.handle) for one in people_in(text))
