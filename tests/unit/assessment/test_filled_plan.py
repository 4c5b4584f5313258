"""A plan by fields: the text that it becomes reads as what was filled in, and each value is found by its number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.assessment.filled_plan import FilledPlan
from orchestrator.core.text import same
from orchestrator.loader.yaml_source import parse_yaml
from orchestrator.loader.yaml_writer import yaml_of

_TRICKY = st.sampled_from(
    ["1e5", "1.3", "0x1F", "~", "null", "yes", "true", "2026-12-14", "12:30", "- a", "# no", "a: b", "a #b",
     "*x", "&y", "!z", "{{ x }}", "[1]", "'", '"', "\\", "  two ", "one\ntwo\n", "\n", "é\u00a0: ?",
     "\ufeff", "\u2028", "\x85", "=", "<<", ".5", "-", "?", "|", ">", "%", "@", "`", "a\tb",
     "trailing \nline", "\U0001f600", "n\r\no"],
)  # fmt: skip
_TEXTS = _TRICKY | st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=30)
_DOCUMENTS = st.dictionaries(
    st.sampled_from(["id", "title", "notes", "phases", "jury"]),
    st.recursive(
        _TEXTS | st.integers(0, 10**9) | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "draw"]), inner),
        max_leaves=8,
    ),
)


@pytest.mark.slow
@settings(deadline=None, derandomize=True, database=None)
@given(_DOCUMENTS)
def test_what_is_written_reads_as_what_was_filled_in(document: dict[str, Any]) -> None:
    read = parse_yaml(yaml_of(document), "session.yaml")
    assert read.value == document
    assert read.problems == ()


def test_each_value_is_found_by_its_number() -> None:
    document = {"id": "a", "jury": [{"id": "b"}, {"id": "\x07"}], "phases": []}
    plan = FilledPlan.of(document, [(("phases",), same("at least one"))])
    source = plan.source()
    for path in ((), ("id",), ("jury",), ("jury", 1), ("jury", 1, "id"), ("phases",)):
        assert source.path_at(source.place(path)) == path
    assert source.path_at(source.place(("jury", 1, "name"))) == ("jury", 1), "what is not there is told around it"
    found = {source.path_at(one.place): one.text.en for one in source.problems}
    assert found[("phases",)] == "at least one"
    assert "control character (\\u0007)" in found["jury", 1, "id"]
    assert plan.digest == FilledPlan.of(document, []).digest
