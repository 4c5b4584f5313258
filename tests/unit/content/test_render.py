"""Templates: strict, sandboxed, errors with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import ContentError, Place
from orchestrator.model.plan import Person
from orchestrator.render import holds, render

if TYPE_CHECKING:
    from tests.unit.content.conftest import Golden

VALUES = {
    "user": Person("Zoé", "Lefèvre", "zlefevre", feminine=True),
    "count": 3,
    "nothing": None,
    "hosts": {"web1": 1, "mail1": 2},
}
PLACE = Place("ticket.en.md", 1)

MISTAKES = {
    "undefined-name": "Hello\n{{ usr.login }}\n",
    "undefined-name-far": "{{ xyzzy }}",
    "undefined-attribute": "\n\n{{ user.logn }}",
    "undefined-key": "{{ hosts.web2 }}",
    "undefined-condition": "{% if usr %}x{% endif %}",
    "syntax": "a\nb {% if %}\n",
    "unclosed-block": "{% for x in hosts %}\n",
    "unknown-filter": "{{ user.login | uper }}",
    "private-attribute": "{{ user.__class__ }}",
    "change": "{{ hosts.update({}) }}",
    "none": "{{ nothing }}",
    "arithmetic": "{{ count / 0 }}",
    "type": "{% for x in count %}{% endfor %}",
    "include": "{% include '/etc/passwd' %}",
    "range": "{{ range(10 ** 9) | list }}",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str, golden: Golden) -> None:
    with pytest.raises(ContentError) as caught:
        render(MISTAKES[name], VALUES, PLACE)
    golden(f"render-{name}", caught.value)


def test_blocks_leave_no_lines_and_the_last_newline_stays() -> None:
    source = "{% if user.feminine %}\n  élève {{ user.full }}\n{% endif %}\nend\n"
    assert render(source, VALUES, PLACE) == "  élève Zoé Lefèvre\nend\n"


def test_nothing_is_escaped() -> None:
    assert render("{{ '<&>' }}", {}, PLACE) == "<&>"


def test_default_is_the_way_to_an_optional_name() -> None:
    assert render("{{ usr | default('x') }}", VALUES, PLACE) == "x"


def test_lines_count_from_the_place() -> None:
    with pytest.raises(ContentError) as caught:
        render("a\n{{ b }}", {}, Place("scenario.yaml", 20))
    assert str(caught.value.problems[0].place) == "scenario.yaml:21"
    with pytest.raises(ContentError) as caught:
        render("a\n{{ b }}", {}, Place("scenario.yaml"))
    assert str(caught.value.problems[0].place) == "scenario.yaml"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count == 3", True),
        ("'web1' in hosts and user.feminine", True),
        ("count > 3", False),
        ("hosts.x is defined", False),
    ],
)
def test_holds(expression: str, *, expected: bool) -> None:
    assert holds(expression, VALUES, PLACE) is expected


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("undefined", "cuont == 3"),
        ("bare-undefined", "cuont"),
        ("assignment", "count = 3"),
        ("unfinished", "count =="),
    ],
)
def test_wrong_expressions(name: str, expression: str, golden: Golden) -> None:
    with pytest.raises(ContentError) as caught:
        holds(expression, VALUES, Place("reference.yaml", 7))
    golden(f"when-{name}", caught.value)
