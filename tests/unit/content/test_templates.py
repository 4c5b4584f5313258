"""Templates: strict, sandboxed, errors with file and line."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from jinja2 import TemplateError

from orchestrator.core.errors import ContentError, Place
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.templates.plain import filled_in
from orchestrator.templates.render import _ENVIRONMENT, deciding_names, holds, mistakes_in, names_in, render

if TYPE_CHECKING:
    from tests.unit.content.conftest import Golden

VALUES = {
    "user": DrawnPerson("Zoé", "Lefèvre", "zlefevre", feminine=True),
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
    "two-values": "{{ user.login user.full }}",
    "unclosed-print": "{{ user.login",
    "unclosed-comment": "{# note",
    "unclosed-bracket": "{{ user.full( }}",
    "unclosed-quote": "{{ 'x }}",
    "wrong-end": "{% if count %}{% endfor %}",
    "unknown-tag": "{% fi %}",
    "assignment": "{% if count = 3 %}x{% endif %}",
    "sum": "{{ user.login + 1 }}",
    "call": "{{ count() }}",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str, golden: Golden) -> None:
    with pytest.raises(ContentError) as caught:
        render(MISTAKES[name], VALUES, PLACE)
    golden(f"render-{name}", caught.value)


def test_blocks_leave_no_lines_and_the_last_newline_stays() -> None:
    source = "{% if user.feminine %}\n  élève {{ user.full }}\n{% endif %}\nend\n"
    assert render(source, VALUES, PLACE) == "  élève Zoé Lefèvre\nend\n"


SAME = (
    "{{ user.full }}",
    "a {{user.login}} b {{ count }}\n\n{{  user.first  }}\n",
    "{{ user.feminine }}",
    "{{ hosts.web1 }}",
    "{{ count }}\r\nnext\r\n",
    "{{ true }} {{ missing | default(1) }}",
    "{{- count -}} x",
    "}} {{ count }} {",
    "{{ user.full.upper() }}",
    "le poste {{ user.first | de }}, {{user.login|que}} {{ count | de }}",
    "{{ 'Océane' | de }} {{ user.first | upper | de }}",
)


_TEXTS = ("text", " ", "  ", "\n", "\n\n", "a\n  ", "\t", "\u202f", "}} %}")
_NAMES = (
    "{{ count }}",
    "{{ user.login }}",
    "{{ hosts.web1 }}",
    "{{ 'a' if user.first == 'Zoé' else count if count != '3' else \"b\" }}",
    "{{ 'it' }}",
    "{{ user.login | de }}",
)
_CHOICES = (
    "{% if user.login == 'zlefevre' %}",
    '{% if user.first != "Zoé" %}',
    "{% if count in ('3', 'x') %}",
    "{% if user.first in ['Zoé', 'Ann'] %}",
    "{%if count=='3'%}",
    "{%- if user.first == 'Zoé' -%}",
    "{%if user.first in ('Zoé', 'Ann')-%}",
)
_END = "{% endif %}"
_PIECES = (
    *_TEXTS,
    *_NAMES,
    *_CHOICES,
    "{% elif user.last == 'Lefèvre' %}",
    "{% else %}",
    "{%- else -%}",
    "{%- endif %}",
    _END,
)


def _made_up(drawn: random.Random) -> str:
    """Return a template whose choices are closed most often."""
    pieces = [drawn.choice(_PIECES) for _ in range(drawn.randrange(1, 9))]
    left_open = sum(piece in _CHOICES for piece in pieces) - pieces.count(_END)
    return "".join([*pieces, *(drawn.choice(("\n", "", " ")) + _END for _ in range(left_open))])


@pytest.mark.slow
def test_choices_by_a_value_are_filled_in_as_jinja2_does() -> None:
    drawn, plain, refused = random.Random(227), 0, 0
    for _ in range(400):
        source = _made_up(drawn)
        quick = filled_in(source, VALUES)
        try:
            assert quick in {None, _ENVIRONMENT.from_string(source).render(VALUES)}, source
        except TemplateError:
            assert quick is None, source
            refused += 1
        plain += quick is not None and "{%" in source
    assert plain > 100
    assert refused > 20


@pytest.mark.parametrize(
    "source",
    [
        "{% if absent == 'x' %}{% endif %}",
        "{% if user.first == 'Zoé' %}{{ absent }}{% endif %}",
        "{% if hosts == 'x' %}{% endif %}",
        "{% if count in ('3') %}x{% endif %}",
        "{% if count == 'it\\'s' %}x{% endif %}",
        "{% if not == 'x' %}{% endif %}",
        "{%+ if count == '3' %}{% endif %}",
        "{{ count if count == '3' }}",
        "{{ 'a' 'b' }}",
        "{{ -count }}",
        "{{ {'a': 1} }}",
        "{% if count == '3' %}",
        "{% if count == '3' %}{% else %}{% else %}{% endif %}",
        "{% else %}",
        "{% endif %}",
    ],
)
def test_a_choice_that_is_not_plain_is_left_to_jinja2(source: str) -> None:
    assert filled_in(source, VALUES) is None


@pytest.mark.parametrize("source", SAME)
def test_plain_names_are_filled_in_as_jinja2_does(source: str) -> None:
    assert render(source, VALUES, PLACE) == _ENVIRONMENT.from_string(source).render(VALUES)


@pytest.mark.parametrize("source", ["{{ hosts.items }}", "{{ user._x }}", "{{ user }}", "{{ user.full.upper }}"])
def test_what_is_no_plain_value_is_left_to_jinja2(source: str) -> None:
    assert filled_in(source, VALUES) is None


@pytest.mark.parametrize(
    ("source", "names", "deciding"),
    [
        ("no names", set(), set()),
        ("{{ user.full }} at {{ desk }}", {"user", "desk"}, set()),
        ("{% if cause == 'moved' %}{{ user.full }}{% endif %}", {"cause", "user"}, {"cause"}),
        ("{% for h in hosts %}{{ h }}{% endfor %}", {"hosts"}, {"hosts"}),
        ("{% if %}", set(), set()),
    ],
)
def test_the_names_of_a_template(source: str, names: set[str], deciding: set[str]) -> None:
    assert names_in(source) == names
    assert deciding_names(source) >= deciding
    assert bool(deciding_names(source)) is ("{%" in source)


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


ENDLESS = (
    "{{ 'x' * 10 ** 9 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 2 ** 200 * 2 ** 200 }}",
    "{{ [1] * 10 ** 9 }}",
    "{{ ('x' * 99999).replace('x', 'y' * 99999) }}",
    "{{ ['x' * 99999] * 99 | length }}",
    "{{ (['x' * 9999] * 9999) | join }}",
    "{{ ','.join(['x' * 9999] * 9999) }}",
    "{{ ('x' * 99999) | replace('x', 'y' * 99999) }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}" + "x" * 999 + "{% endfor %}",
    "{% for a in ['x' * 999999] %}{% for b in [a ~ a] %}{{ b }}{% endfor %}{% endfor %}",
    "{% for a in range(99) %}{{ 'x' * 99999 }}{% endfor %}",
    "{{ '%9999999d' % 1 }}",
    "{{ 'x'.ljust(10 ** 9) }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ 'x' | center(999999999) }}",
    "{{ (5).to_bytes(999999999) }}",
    "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "{% set a %}x{% endset %}{{ a }}",
    "{% set a = [1, 1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
    "{% set a = {'b': count} %}{{ a }}",
    "{% for a in [['x'] * 999] %}{% for b in [[a] * 999] %}{{ [b] * 999 }}{% endfor %}{% endfor %}",
    "{% for a in [['x'] * 999] %}{% for b in [[a] * 999] %}{{ ([b] * 999) | string }}{% endfor %}{% endfor %}",
    "{% for a in [['x'] * 999] %}{% for b in [[a] * 999] %}{{ ([b] * 999) | join }}{% endfor %}{% endfor %}",
    "{% set a = 'x' * 99999 %}{% set b = a ~ a ~ a ~ a ~ a ~ a %}{% set c = b ~ b ~ b ~ b %}{{ c }}",
    "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}",
    "{{ 1" + " + 1" * 2000 + " }}",
    "{% if x %}" * 300 + "{% endif %}" * 300,
    "{% for a in [1] %}" * 5 + "{% endfor %}" * 5,
    "{% for a in [1] recursive %}{{ loop(a) }}{% endfor %}",
)


@pytest.mark.slow
@pytest.mark.parametrize("source", ENDLESS, ids=lambda source: source[:50])
def test_a_template_takes_neither_all_time_nor_all_memory(source: str) -> None:
    """Nothing of it is worked out, neither while it is compiled nor while it is rendered."""
    with pytest.raises(ContentError) as caught:
        render(source, VALUES, PLACE)
    (problem,) = caught.value.problems
    assert problem.place.line == PLACE.line
    assert problem.text.fr != problem.text.en
    mistakes_in(source, VALUES, PLACE)
    names_in(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ 1024 * 1024 * 1024 }}", "1073741824"),
        ("{{ 'a' ~ 1 ~ ('b' ~ 'c') }}", "a1bc"),
        ("{{ 'ab' * 3 + 'c' }}", "abababc"),
        ("{{ '%s-%02d' % ('a', 3) }}", "a-03"),
        ("{{ 'a-b'.split('-') | join('+') }}{{ ', '.join(['a', 'b']) }}", "a+ba, b"),
        ("{{ 'aXbX' | replace('X', 'y') }}{{ 'aXbX'.replace('X', '', 1) }}", "aybyabX"),
        ("{% for a in range(3) %}{% for b in 'xy' %}{{ a }}{{ b }} {% endfor %}{% endfor %}", "0x 0y 1x 1y 2x 2y "),
        ("{% for a in [1, 2] %}{{ loop.index }}/{{ loop.length }}{% endfor %}", "1/22/2"),
        ("{{ 2 ** 10 }} {{ 7 % 4 }}", "1024 3"),
        ("{% set a = {'3': 'y'}['3'] %}{{ a }}", "y"),
        ("{% set a = 'x' if count == 3 else 'y' %}{{ a }}{{ [a, 1] }}", "x['x', 1]"),
    ],
)
def test_what_content_needs_is_within_the_bounds(source: str, text: str) -> None:
    assert render(source, VALUES, PLACE) == text
