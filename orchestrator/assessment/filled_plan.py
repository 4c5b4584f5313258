"""A session's plan as a form was filled in: the same document that a file would be, each value found by its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.assessment.session_folder import sha256
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.control_characters import CONTROLS, name_of
from orchestrator.core.errors import Place, Problem
from orchestrator.core.text import Text
from orchestrator.loader.yaml_source import KeyPath, YamlSource
from orchestrator.loader.yaml_writer import yaml_of

FORM_FILE: Final = "form"
"""What a form is called where something is wrong in it; the "line" is the number of the value."""

FormMistake = tuple[KeyPath, Text]
"""What is wrong before the plan is looked at, with the way to it."""


@dataclass(frozen=True)
class FilledPlan(WrittenPlan):
    """A plan from a form.

    Attributes:
        document: the plan; a number that is none is the text that was typed.
        wrong: what is wrong with what was typed.
    """

    document: Mapping[str, Any] = field(default_factory=dict)
    wrong: tuple[FormMistake, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any], wrong: Sequence[FormMistake]) -> FilledPlan:
        """Return the plan of a document, whose text is what a file would have."""
        text = yaml_of(document)
        return cls(text, sha256(text.encode()), file=FORM_FILE, document=document, wrong=tuple(wrong))

    def source(self) -> FormSource:
        """Return the plan, each value at its number."""
        paths = tuple(_paths(self.document))
        source = FormSource(self.file, self.document, {}, (), paths)
        wrong = [*self.wrong, *_controls(self.document)]
        problems = tuple(Problem(source.place(path), text) for path, text in wrong)
        return FormSource(self.file, self.document, {}, problems, paths)


@dataclass(frozen=True)
class FormSource(YamlSource):
    """A document without text: a value's place is its number among all values, from 1."""

    paths: tuple[KeyPath, ...] = ()

    def place(self, path: KeyPath = (), *, key: bool = False) -> Place:  # noqa: ARG002 - a field is its key and value
        """Return the place of a value; where there is none, of what is around it."""
        while path and path not in self.paths:
            path = path[:-1]
        return Place(self.file, self.paths.index(path) + 1)

    def path_at(self, place: Place) -> KeyPath:
        """Return the way to the value at a place of this form."""
        return self.paths[place.line - 1]


def _paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    yield path
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield from _paths(inside, (*path, key))
    elif isinstance(value, list):
        for i, inside in enumerate(value):
            yield from _paths(inside, (*path, i))


def _controls(value: object, path: KeyPath = ()) -> Iterator[FormMistake]:
    """Yield each text that would act on a terminal, which a file may not have either."""
    if isinstance(value, str) and (found := CONTROLS.search(value)):
        what = name_of(found[0])
        yield (
            path,
            Text(
                fr=f"ce texte a un caractère de commande ({what}) ; retirez-le",
                en=f"this text has a control character ({what}); remove it",
            ),
        )
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            yield from _controls(inside, (*path, key))
    elif isinstance(value, list):
        for i, inside in enumerate(value):
            yield from _controls(inside, (*path, i))
