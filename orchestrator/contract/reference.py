"""The reference of the contract for people: every key of every kind of file, as Markdown made from the schemas."""

from __future__ import annotations

import functools
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from orchestrator.contract.content_kinds import KINDS, Kind
from orchestrator.contract.schemas import Schema, schema
from orchestrator.loader.type_words import PATTERNS
from orchestrator.model import base
from orchestrator.model.scenario import VariableName

_BEGIN: Final = "<!-- The text down to the end mark is generated: breakfix schema --reference docs/{}.md -->"
BEGINS: Final[Mapping[str, str]] = {kind.page: _BEGIN.format(kind.page) for kind in KINDS.values()}
"""Page below ``docs/`` -> the mark behind which its part of the reference stands."""
END: Final = "<!-- The end of the generated text. -->"

_HEADINGS: Final[Mapping[str, str]] = {
    "lab": "A lab: `lab.yaml`",
    "scenario": "A scenario: `scenario.yaml`",
    "solution": "A solution or shortcut: `solutions/*.yaml`, `shortcuts/*.yaml`",
    "persona": "Somebody who answers: `persona.yaml`, `personas/*.yaml`",
    "mutants": "Verdicts on mutants: `mutants.yaml`",
    "image": "An image: `image.yaml`",
    "session": "A jury session: `session.yaml`",
    "referential": "A referential",
    "portal": "The settings: `portal.toml`",
}
_COLUMNS: Final = 100
"""How wide the page's prose is; rows of tables cannot be wrapped."""

_SHARED: Final = frozenset({"Text"})
"""Definitions that the introduction explains once."""

_STANDS: Final[Mapping[str, str]] = {
    "solution": "They are beside `scenario.yaml`.",
    "persona": "They are beside `scenario.yaml`.",
    "mutants": "It is beside `scenario.yaml`; see [Wrong repairs by machine](proof.md#wrong-repairs-by-machine).",
    "session": "Its organiser keeps it anywhere: see [For juries](jury.md).",
    "referential": "It comes with Breakfix; nothing needs to be written.",
    "portal": "It is `/etc/breakfix/portal.toml`, or what `--settings` names.",
}
_OTHER_WORDS: Final[Mapping[str, str]] = {"fault spec": "fault", "script step": "shell step", "ccp": "CCP"}
_NAMES: Final[Mapping[str, str]] = {
    get_args(base.Slug)[1].pattern: "a name",
    get_args(VariableName)[1].pattern: "a variable's name",
}
"""Patterns that the introduction explains once."""

_PLAIN: Final[Mapping[str, str]] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "string": "a text",
    "object": "keys that depend on the fault",
}


def reference(page: str) -> str:
    """Return a page's reference: a section for each kind of file, a table for each group of keys."""
    return "\n".join(line for kind in KINDS.values() if kind.page == page for line in _section(kind))


def with_reference(page: str) -> str:
    """Return a Markdown page with the reference between its two marks.

    Raises:
        ValueError: the page does not have both marks, in order.
    """
    for name, begin in BEGINS.items():
        before, found, rest = page.partition(begin)
        _, end, after = rest.partition(END)
        if found and end:
            return f"{before}{begin}\n\n{reference(name)}\n{END}{after}"
    message = "the marks are missing"
    raise ValueError(message)


def _section(kind: Kind) -> Iterator[str]:
    whole = schema(kind.name, {})
    page = _Page(kind, whole.get("$defs", {}))
    yield f"### {_HEADINGS[kind.name]}"
    yield ""
    yield from _paragraph(f"{_sentence(whole)} {_STANDS.get(kind.name) or f'Location: `{kind.files}`.'}")
    yield ""
    yield from page.table(whole)
    for name in page.in_order(whole):
        definition = page.definitions[name]
        yield f"#### {page.heading(name)}"
        yield ""
        yield from _paragraph(_sentence(definition))
        yield ""
        yield from page.table(definition)
    yield from page.targets(whole)


def _paragraph(text: str) -> list[str]:
    """Return the lines of a paragraph."""
    return textwrap.wrap(text, _COLUMNS, break_long_words=False, break_on_hyphens=False)


@dataclass(frozen=True)
class _Page:
    """The part of the page on one kind of file.

    Attributes:
        kind: the kind of file.
        definitions: the schemas of the groups of keys that its own schema refers to.
    """

    kind: Kind
    definitions: Mapping[str, Schema]

    def heading(self, name: str) -> str:
        """Return the heading of a group of keys, unique on the page so that links lead to it."""
        return f"{_words(name).capitalize()} ({self.kind.name})"

    def label(self, name: str) -> str:
        """Return what links to a group of keys are called: its words alone where no other kind of file has them."""
        return self.heading(name) if name in _shared_names() else _words(name)

    def link(self, name: str) -> str:
        """Return a link to the table of a group of keys; its target stands once, which keeps rows narrow."""
        words, label = _words(name), self.label(name)
        return f"[{words}]" if label == words else f"[{words}][{label}]"

    def targets(self, whole: Schema) -> Iterator[str]:
        """Yield the lines that say where the links lead."""
        names = self.in_order(whole)
        for name in names:
            anchor = self.heading(name).lower().translate({ord("("): None, ord(")"): None}).replace(" ", "-")
            yield f"[{self.label(name)}]: #{anchor}"
        if names:
            yield ""

    def in_order(self, whole: Schema) -> list[str]:
        """Return the groups of keys in the order in which a reader meets them."""
        found: dict[str, None] = {}

        def visit(value: Any) -> None:  # noqa: ANN401 - any part of a schema
            if isinstance(value, list):
                for item in value:
                    visit(item)
            elif isinstance(value, dict):
                name = _referred(value)
                if name and name not in found and name not in _SHARED:
                    found[name] = None
                    visit(self.definitions[name])
                for key, item in value.items():
                    if key not in {"$defs", "discriminator"}:
                        visit(item)

        visit(whole)
        return list(found)

    def table(self, part: Schema) -> Iterator[str]:
        """Yield the lines of a table of keys."""
        yield "| key | value | needed | meaning |"
        yield "| --- | --- | --- | --- |"
        required = part.get("required", [])
        for key, value in part["properties"].items():
            cells = (f"`{key}`", self.type(value), "yes" if key in required else _default(value), _sentence(value))
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""

    def type(self, value: Schema) -> str:
        """Return what may stand as a value, in words."""
        if name := _referred(value):
            return "a text in both languages" if name in _SHARED else self.link(name)
        if choices := value.get("oneOf") or value.get("anyOf"):
            return f"one of: {', '.join(self.type(choice) for choice in choices)}"
        if value.get("type") == "array":
            return f"a list{_least(value, 'Items')}, each item: {self.type(value.get('items', {}))}"
        named = value.get("patternProperties") or {}
        inner = next(iter(named.values()), None) or value.get("additionalProperties")
        if isinstance(inner, dict):
            key = _pattern(next(iter(named))) if named else "a name"
            return f"entries{_least(value, 'Properties')}; key: {key}; value: {self.type(inner)}"
        return _single(value)


@functools.cache
def _shared_names() -> frozenset[str]:
    """Return the groups of keys that several kinds of file have."""
    found = Counter(name for kind in KINDS for name in schema(kind, {}).get("$defs", {}))
    return frozenset(name for name, times in found.items() if times > 1)


def _single(value: Schema) -> str:
    """Return what a single value may be."""
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " or ".join(f"`{choice}`" for choice in value["enum"])
    if "pattern" in value:
        return _pattern(value["pattern"])
    return f"{_PLAIN[value.get('type', 'object')]}{_bounds(value)}"


def _referred(value: Schema) -> str:
    """Return the name of the definition that a schema refers to, or nothing."""
    return str(value.get("$ref", "")).rpartition("/")[2]


def _words(name: str) -> str:
    """Return the name of a model as words: ``FaultChoice`` is «fault choice»."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return _OTHER_WORDS.get(spaced, spaced)


def _default(value: Schema) -> str:
    default = value.get("default")
    if default in (None, [], {}):
        return "no"
    return f"no: `{str(default).lower() if isinstance(default, bool) else default}`"


def _sentence(value: Schema) -> str:
    text = str(value.get("description", "")).strip()
    return text if not text or text.endswith((".", ":")) else f"{text}."


def _pattern(pattern: str) -> str:
    if pattern in _NAMES:
        return _NAMES[pattern]
    return PATTERNS[pattern].en if pattern in PATTERNS else f"a text like `{pattern}`"


def _least(value: Schema, what: str) -> str:
    least = value.get(f"min{what}", 0)
    return f" (at least {least})" if least else ""


def _bounds(value: Schema) -> str:
    low, high = value.get("minimum"), value.get("maximum")
    if low is None and high is None:
        return ""
    if high is None:
        return f", at least {low}"
    return f" from {low} to {high}" if low is not None else f", at most {high}"
