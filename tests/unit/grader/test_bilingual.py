"""Reasons in two languages inside one string: joined, nested, raised, and taken apart again."""

from __future__ import annotations

import pytest

from grader.bilingual import reason, text_of, without_source
from orchestrator.core.text import Text, same

SILENT = reason(fr="personne n'écoute", en="nobody listens")
GONE = reason(fr="nginx n'existe plus", en="nginx has gone")


def test_a_reason_is_taken_apart() -> None:
    assert text_of(SILENT) == Text(fr="personne n'écoute", en="nobody listens")
    assert text_of("no reason wrote this") == same("no reason wrote this")
    assert text_of("") == same("")
    assert text_of(reason(fr="", en="")) == same("")


def test_reasons_are_joined_and_held_by_others() -> None:
    doubts = "; ".join(doubt for doubt in (SILENT, "10.0.0.1", GONE))
    assert text_of(doubts) == Text(
        fr="personne n'écoute; 10.0.0.1; nginx n'existe plus", en="nobody listens; 10.0.0.1; nginx has gone"
    )
    inner = reason(fr=f"port 80 : {doubts}", en=f"port 80: {doubts}")
    outer = reason(fr=f"web1, {inner} (attendu)", en=f"web1, {inner} (waited)")
    assert text_of(outer) == Text(
        fr="web1, port 80 : personne n'écoute; 10.0.0.1; nginx n'existe plus (attendu)",
        en="web1, port 80: nobody listens; 10.0.0.1; nginx has gone (waited)",
    )


def test_a_reason_of_several_lines_stays_whole() -> None:
    assert text_of(reason(fr="un\ndeux", en="one\ntwo")) == Text(fr="un\ndeux", en="one\ntwo")


@pytest.mark.parametrize(
    "hostile",
    [
        "\ue000f\ue001rien\ue000e\ue001nothing\ue000c\ue001",
        "\ue000f00000000\ue001rien\ue000e00000000\ue001nothing\ue000c00000000\ue001",
        "\ue000e\ue001",
        "\ue000",
        r"\1 \g<2> {0} %s",
    ],
)
def test_what_a_host_prints_is_no_mark(hostile: str) -> None:
    assert text_of(hostile) == same(hostile)
    told = reason(fr=f"le serveur dit {hostile}", en=f"the server says {hostile}")
    assert text_of(told) == Text(fr=f"le serveur dit {hostile}", en=f"the server says {hostile}")


def test_half_a_reason_shows_no_marks() -> None:
    """A program that cuts a message in two loses words, and shows nobody what only programs should see."""
    begin, _, end = SILENT.partition("écoute")
    assert text_of(begin) == same("personne n'")
    assert text_of(end) == same("nobody listens")


def test_the_source_that_pytest_adds_goes_where_a_reason_says_it() -> None:
    source = "\nassert () == ('10.0.0.1',)\n  +  where () = addresses()"
    assert without_source(SILENT + source) == SILENT
    assert without_source(f"{SILENT} (waited 1 s){source}") == f"{SILENT} (waited 1 s)"
    assert without_source(f"wrong address{source}") == f"wrong address{source}", "the source is all that is told"
    said = reason(fr="pytest dit\nassert 1", en="pytest says\nassert 1")
    assert without_source(said + source) == said, "what a reason itself says stays"
