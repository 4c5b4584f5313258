"""Changes in the words of their variant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.sound_state.explained import ExplainedChange, VariantWords
from tests.unit.differences import UNEXPLAINED

VALUES = {
    "gateway": "192.168.1.1",
    "net": "192.168.1",
    "user": DrawnPerson("Zoé", "Martin", "zmartin", feminine=True),
    "port": 8080,
    "few": 99,
    "hundred": 100,
    "short": "x",
    "site": "Paris Est",
    "town": "Paris",
    "hosts": ["srv-7", {"name": "srv-7-b"}],
    "yes": True,
}


def told(text: str) -> str:
    return VariantWords(VALUES).told(replace(UNEXPLAINED, object=text)).object


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("via 192.168.1.1 dev", "via <gateway> dev"),
        ("192.168.1.1/24", "<gateway>/24"),
        ("192.168.1.10", "192.168.1.10"),
        ("1192.168.1.1", "1192.168.1.1"),
        ("10.192.168.1.1", "10.192.168.1.1"),
        ("from 192.168.1.1.", "from <gateway>."),
        ("192.168.1 only", "<net> only"),
        ("Paris Est, Paris", "<site>, <town>"),
        ("Zoé Martin <zmartin>", "<user.first> <user.last> <<user.login>>"),
        ("/home/zmartin/x", "/home/<user.login>/x"),
        ("zmartin2 x-zmartin zmartin-x", "zmartin2 x-zmartin zmartin-x"),
        (":8080 99 100 x True", ":<port> 99 <hundred> x True"),
        ("srv-7-b srv-7 srv-7-c", "<hosts.1.name> <hosts.0> srv-7-c"),
    ],
)
def test_what_was_drawn_is_told_by_its_name(text: str, said: str) -> None:
    assert told(text) == said


def test_every_part_is_told_in_the_words_and_what_was_before_is_not() -> None:
    one = replace(UNEXPLAINED, host="srv-7", object="8080", field="zmartin", before="8080", now="100")
    change = VariantWords(VALUES).told(one)
    assert change == ExplainedChange("<hosts.0>", one.provider, "<port>", "<user.login>", "<hundred>")
    assert VariantWords(VALUES).told(replace(one, host=None, now=None)) == replace(change, host="", now=None)


def test_without_values_all_stays_as_it_is() -> None:
    assert VariantWords({}).told(UNEXPLAINED).object == UNEXPLAINED.object


def test_changes_without_a_value_are_sorted_too() -> None:
    change = VariantWords({}).told(UNEXPLAINED)
    assert sorted([change, replace(change, now=None)], key=ExplainedChange.order)[0].now is None


def test_the_order_of_a_values_lines_does_not_count() -> None:
    change = ExplainedChange("pc1", "files", "/etc/x", "content", "a\nb")
    assert change.key() == replace(change, now="b\na").key()
    for other in ("a", "a\nb\nb", None, "-"):
        assert change.key() != replace(change, now=other).key()
    assert replace(change, now=None).key() != replace(change, now="").key()
