"""A plan's text as the fields of a form: each value has one, or it is told which has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import ContentError, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.labd import plan_form_contract as form
from orchestrator.loader.yaml_source import KeyPath, YamlSource
from orchestrator.model.base import CONTRACT
from orchestrator.model.session_plan import Candidate, DrawRule, JuryMember, Phase, SessionPlan

T = TypeVar("T")

_COMMENT: Final = re.compile(r"(^|\s)#", re.MULTILINE)
_TEXT: Final = Text(fr="un formulaire n'a ici qu'un texte", en="a form has only a text here")
_LIST: Final = Text(fr="un formulaire a ici une liste", en="a form has a list here")
_PAIRS: Final = Text(fr="un formulaire a ici des paires « clé: valeur »", en='a form has "key: value" pairs here')
_TRUTH: Final = Text(fr="attendu : true ou false", en="expected true or false")


def has_comments(text: str) -> bool:
    """Return whether a plan's text seems to have comments."""
    return _COMMENT.search(text) is not None


def fields_of(written: WrittenPlan) -> form.PlanFields:
    """Return a plan's text as fields; whether the plan is right is not asked.

    Raises:
        ContentError: it is no YAML or no CSV, or something in it has no field.
    """
    source = (written if written.text.strip() else replace(written, text="{}")).source()
    reader = _Reader(source)
    fields = reader.plan()
    if reader.problems or source.problems:
        raise ContentError(tuple(sorted((*source.problems, *reader.problems), key=lambda one: one.place)))
    return fields


@dataclass
class _Reader:
    """Goes through a plan."""

    source: YamlSource
    problems: list[Problem] = field(default_factory=list)

    def plan(self) -> form.PlanFields:
        value = self._pairs(self.source.value, (), SessionPlan)
        ccps = self._texts(value, (), "ccps")
        if "contract" in value and (isinstance(value["contract"], bool) or value["contract"] != CONTRACT):
            self._refuse(("contract",), Text(fr=f"attendu : {CONTRACT}", en=f"expected {CONTRACT}"))
        default = form.PlanFields()
        return form.PlanFields(
            scope="ccps" if ccps else "title",
            ccps=ccps,
            jury=self._rows(value, (), "jury", form.MOST_MEMBERS, self._member),
            candidates=self._rows(value, (), "candidates", form.MOST_CANDIDATES, self._candidate),
            phases=self._rows(value, (), "phases", form.MOST_PHASES, self._phase),
            **{
                name: self._text(value, (), name, getattr(default, name))
                for name in ("id", "title", "referential", "date", "timezone", "centre", "room", "notes", "proof")
            },
            columns=" ".join(self._texts(value, (), "columns", form.MOST_COLUMNS)),
            retention_months=self._text(value, (), "retention_months", default.retention_months),
        )

    def _member(self, value: Any, path: KeyPath) -> form.MemberFields:  # noqa: ANN401 - whatever stands there
        pairs = self._pairs(value, path, JuryMember)
        return form.MemberFields(*(self._text(pairs, path, name) for name in ("id", "name", "quality", "person")))

    def _candidate(self, value: Any, path: KeyPath) -> form.CandidateFields:  # noqa: ANN401 - whatever stands there
        pairs = self._pairs(value, path, Candidate)
        trainers = " ".join(self._texts(pairs, path, "trainers"))
        number, name, extra, person = (
            self._text(pairs, path, name) for name in ("number", "name", "extra_time", "person")
        )
        return form.CandidateFields(
            number, name, extra, self._text(pairs, path, "attendance", "on-site"), trainers, person
        )

    def _phase(self, value: Any, path: KeyPath) -> form.PhaseFields:  # noqa: ANN401 - whatever stands there
        pairs = self._pairs(value, path, Phase)
        name, title, minutes, reading = (
            self._text(pairs, path, one) for one in ("name", "title", "minutes", "reading_minutes")
        )
        return form.PhaseFields(
            name=name,
            title=title,
            minutes=minutes,
            reading_minutes=reading,
            network=self._text(pairs, path, "network", "none"),
            hints=self._truth(pairs, path, "hints"),
            report=self._truth(pairs, path, "report"),
            same_for_all=self._truth(pairs, path, "same_for_all"),
            draw=self._rows(pairs, path, "draw", form.MOST_RULES, self._rule),
            scenarios=self._texts(pairs, path, "scenarios"),
        )

    def _rule(self, value: Any, path: KeyPath) -> form.DrawFields:  # noqa: ANN401 - whatever stands there
        pairs = self._pairs(value, path, DrawRule)
        default = form.DrawFields()
        names = ("competence", "easiest", "hardest", "count")
        return form.DrawFields(*(self._text(pairs, path, name, getattr(default, name)) for name in names))

    # Values ------------------------------------------------------------------------------------------------------

    def _refuse(self, path: KeyPath, text: Text, *, key: bool = False) -> None:
        self.problems.append(Problem(self.source.place(path, key=key), text))

    def _pairs(self, value: Any, path: KeyPath, model: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever stands there
        """Return a mapping; each key that the model does not have is told."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._refuse(path, _PAIRS)
            return {}
        for name in value:
            if name not in model.model_fields:
                unknown = Text(fr=f"clé inconnue « {name} »", en=f'unknown key "{name}"')
                self._refuse((*path, name), with_suggestion(unknown, name, model.model_fields), key=True)
        return value

    def _text(self, pairs: dict[str, Any], path: KeyPath, name: str, default: str = "") -> str:
        value = pairs.get(name)
        if value is None:
            return default
        return self._plain(value, (*path, name))

    def _plain(self, value: Any, path: KeyPath) -> str:  # noqa: ANN401 - whatever stands there
        if isinstance(value, dict | list):
            self._refuse(path, _TEXT)
            return ""
        return self.source.raw(path) or str(value)

    def _truth(self, pairs: dict[str, Any], path: KeyPath, name: str) -> bool:
        value = pairs.get(name, False)
        if not isinstance(value, bool):
            self._refuse((*path, name), _TRUTH)
            return False
        return value

    def _items(self, pairs: dict[str, Any], path: KeyPath, name: str, most: int) -> Iterator[tuple[Any, KeyPath]]:
        value = pairs.get(name)
        if value is not None and not isinstance(value, list):
            self._refuse((*path, name), _LIST)
        elif value and len(value) > most:
            self._refuse(
                (*path, name), Text(fr=f"un formulaire a {most} lignes ici", en=f"a form has {most} rows here")
            )
        else:
            yield from ((one, (*path, name, i)) for i, one in enumerate(value or ()))

    def _texts(self, pairs: dict[str, Any], path: KeyPath, name: str, most: int = form.MOST_RULES) -> tuple[str, ...]:
        return tuple(self._plain(one, at) for one, at in self._items(pairs, path, name, most))

    def _rows(
        self, pairs: dict[str, Any], path: KeyPath, name: str, most: int, read: Callable[[Any, KeyPath], T]
    ) -> tuple[T, ...]:
        return tuple(read(one, at) for one, at in self._items(pairs, path, name, most))
