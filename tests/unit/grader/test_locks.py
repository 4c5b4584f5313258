"""Which checks run one after another: those that need the same thing, and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from grader.check_groups import groups_of
from grader.job import GradeRequest
from grader.marks import CheckMark, check
from grader.plugin import _planned

MakeRequest = Callable[..., GradeRequest]


@pytest.fixture
def grouped(request_for: MakeRequest, tmp_path: Path) -> Callable[..., list[str]]:
    """``grouped(a={"host": "web"}, b={"lock": "mail"})``: the checks of each group, in their order."""
    request = request_for(tmp_path, {})

    def group(**marks: dict[str, str]) -> list[str]:
        planned = []
        for name, words in marks.items():
            mark = CheckMark("guard", 1, None, "f", "e", words.get("host"), None, lock=words.get("lock"))
            planned.append(_planned(cast("Any", None), name, mark, {"server": "web"}, request))
        return [" ".join(one.result.id for _, one in each) for each in groups_of(enumerate(planned))]

    return group


def test_without_a_lock_the_host_is_one(grouped: Callable[..., list[str]]) -> None:
    assert grouped(a={"host": "web"}, b={"host": "ws1"}, c={}, d={"host": "web"}, e={}) == ["a d", "b", "c", "e"]


def test_the_same_lock_brings_checks_together_whatever_their_host(grouped: Callable[..., list[str]]) -> None:
    marks = {"a": {"host": "web", "lock": "mailbox"}, "b": {"host": "web"}, "c": {"host": "ws1", "lock": "mailbox"}}
    assert grouped(**marks) == ["a c", "b"]


def test_an_empty_lock_leaves_a_check_alone_though_the_host_is_the_same(grouped: Callable[..., list[str]]) -> None:
    marks = {"a": {"host": "web"}, "b": {"host": "web", "lock": ""}, "c": {"host": "web", "lock": ""}}
    assert grouped(**marks, d={"host": "web"}) == ["a d", "b", "c"]


def test_a_lock_is_a_template(grouped: Callable[..., list[str]]) -> None:
    marks = {"a": {"lock": "session on {{ server }}"}, "b": {"lock": "session on web"}, "c": {"lock": "session"}}
    assert grouped(**marks) == ["a b", "c"]


def test_a_lock_that_is_no_name_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="lock 1 is no name"):
        check("guard", fr="f", en="e", lock=cast("str", 1))(lambda: None)
