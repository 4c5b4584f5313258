"""The form of a session's plan as browsers send it: its fields, rows added and taken away, and where each stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeVar

from orchestrator.labd import plan_form_contract as form
from orchestrator.labd.wire import encode

Sent = Mapping[str, Sequence[str]]
"""The fields of a form."""
Row = TypeVar("Row", form.MemberFields, form.CandidateFields, form.PhaseFields, form.DrawFields)
Owner = TypeVar("Owner", form.PlanFields, form.PhaseFields)

MOST: Final[Mapping[str, int]] = {
    "jury": form.MOST_MEMBERS,
    "candidates": form.MOST_CANDIDATES,
    "phases": form.MOST_PHASES,
    "draw": form.MOST_RULES,
    "scenarios": form.MOST_RULES,
}
"""How many rows each list may have."""
_NEW_CANDIDATES: Final = 3
_TEXTS: Final = (
    "id",
    "title",
    "referential",
    "scope",
    "date",
    "timezone",
    "centre",
    "room",
    "notes",
    "proof",
    "columns",
)
_ACT: Final = re.compile(r"(add|remove)-(?:phases-(\d{1,3})-(draw|scenarios)|(jury|candidates|phases))(?:-(\d{1,3}))?")


def blank(referential: str) -> form.PlanFields:
    """Return what the form has when nobody has typed in it yet."""
    return form.PlanFields(
        referential=referential,
        jury=(form.MemberFields(),) * 2,
        candidates=(form.CandidateFields(),) * _NEW_CANDIDATES,
        phases=(form.PhaseFields(draw=(form.DrawFields(),)),),
    )


def with_rows(given: form.PlanFields, referential: str) -> form.PlanFields:
    """Return fields with a row to write in, in each list that has none, and with the one certification there is."""
    empty = blank(referential)
    return replace(
        given,
        referential=given.referential or referential,
        jury=given.jury or empty.jury,
        candidates=given.candidates or empty.candidates,
        phases=given.phases or empty.phases,
    )


def plan_fields(sent: Sent) -> form.PlanFields:
    """Return the plan of a form; rows beyond those that a form has are left out."""
    return form.PlanFields(
        **{name: _text(sent, name) for name in _TEXTS},
        retention_months=_text(sent, "retention_months"),
        ccps=tuple(one.strip() for one in sent.get("ccps", ()))[: form.MOST_RULES],
        jury=_rows(sent, "jury", form.MemberFields),
        candidates=_rows(sent, "candidates", form.CandidateFields),
        phases=tuple(
            replace(
                phase,
                draw=_rows(sent, f"{prefix}-draw", form.DrawFields),
                scenarios=tuple(_text(sent, f"{prefix}-scenarios-{i}") for i in _numbers(sent, f"{prefix}-scenarios")),
            )
            for phase, prefix in zip(
                _rows(sent, "phases", form.PhaseFields),
                [f"phases-{i}" for i in _numbers(sent, "phases")],
                strict=True,
            )
        ),
    )


def _text(sent: Sent, name: str) -> str:
    return sent.get(name, ("",))[0].replace("\r\n", "\n").strip()


def _numbers(sent: Sent, prefix: str) -> Sequence[str]:
    """Return the numbers of a list's rows, in their order."""
    pattern = re.compile(rf"{re.escape(prefix)}-(0|[1-9][0-9]{{0,2}})(?:-.*)?")
    found = {match[1] for name in sent if (match := pattern.fullmatch(name))}
    return sorted(found, key=int)[: MOST[prefix.rpartition("-")[2]]]


def _rows(sent: Sent, prefix: str, kind: type[Row]) -> tuple[Row, ...]:
    names = [one.name for one in fields(kind) if one.name not in {"draw", "scenarios"}]
    truths = {one.name for one in fields(kind) if isinstance(one.default, bool)}
    rows = []
    for i in _numbers(sent, prefix):
        values: dict[str, Any] = {name: _text(sent, f"{prefix}-{i}-{name}") for name in names}
        values |= {name: bool(values[name]) for name in truths}
        rows.append(kind(**values))
    return tuple(rows)


# Rows added and taken away ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RowsChanged:
    """A form after a row was added or taken away.

    Attributes:
        fields: the form.
        act: which of both.
        where: the field that the focus goes to.
    """

    fields: form.PlanFields
    act: str
    where: str


def changed(typed: form.PlanFields, act: str) -> RowsChanged | None:
    """Return a form with a row more or less; None: that is no such act, or there is no such row or no room."""
    match = _ACT.fullmatch(act)
    if match is None:
        return None
    verb, phase_number, inner, outer, number = match.groups()
    if (number is None) != (verb == "add"):
        return None
    row = None if number is None else int(number)
    if outer is not None:
        found = _changed(getattr(typed, outer), outer, row)
        return found and RowsChanged(_with(typed, outer, found[0]), verb, found[1])
    if int(phase_number) >= len(typed.phases):
        return None
    phases = list(typed.phases)
    phase = phases[int(phase_number)]
    found = _changed(getattr(phase, inner), inner, row, f"phases-{phase_number}-")
    if found is None:
        return None
    phases[int(phase_number)] = _with(phase, inner, found[0])
    return RowsChanged(replace(typed, phases=tuple(phases)), verb, found[1])


def _with(owner: Owner, section: str, rows: tuple[Any, ...]) -> Owner:
    other: dict[str, Any] = {section: rows}
    return replace(owner, **other)


_NEW: Final[Mapping[str, object]] = {
    "jury": form.MemberFields(),
    "candidates": form.CandidateFields(),
    "phases": form.PhaseFields(draw=(form.DrawFields(),)),
    "draw": form.DrawFields(),
    "scenarios": "",
}
_FIRST: Final[Mapping[str, str]] = {
    "jury": "-name",
    "candidates": "-number",
    "phases": "-title",
    "draw": "-competence",
    "scenarios": "",
}
"""The end of the name of a row's first field."""


def _changed(
    rows: tuple[Any, ...], section: str, row: int | None, prefix: str = ""
) -> tuple[tuple[Any, ...], str] | None:
    """Return rows with one more, or without one, and where the focus goes."""
    if row is None:
        if len(rows) >= MOST[section]:
            return None
        return (*rows, _NEW[section]), f"{prefix}{section}-{len(rows)}{_FIRST[section]}"
    return ((*rows[:row], *rows[row + 1 :]), f"add-{prefix}{section}") if row < len(rows) else None


def merged(
    rows: Sequence[form.CandidateFields], more: Sequence[form.CandidateFields]
) -> tuple[form.CandidateFields, ...]:
    """Return rows with those of a list: one of the same number takes its row, the others follow; empty ones go."""
    found = {one.number or f"row {i}": one for i, one in enumerate(rows) if one != form.CandidateFields()}
    found |= {one.number or f"line {i}": one for i, one in enumerate(more)}
    return tuple(found.values())


def digest(typed: form.PlanFields, rehearsal: str) -> str:
    """Return what the agreement to a doubt holds for: this form, and no other."""
    return hashlib.sha256(encode(typed) + b"\0" + rehearsal.encode()).hexdigest()


def file_name(typed: form.PlanFields) -> str:
    """Return the name of the file that a plan is kept as."""
    return f"{typed.id}.yaml" if re.fullmatch(r"[a-z][a-z0-9-]{0,47}", typed.id) else "session.yaml"
