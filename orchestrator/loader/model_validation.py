"""From plain YAML values to the frozen model, each mistake told with its place and the way out of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, TypeAlias, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator import __version__
from orchestrator.core.errors import Problem
from orchestrator.core.suggest import nearest, with_suggestion
from orchestrator.core.text import Text, same
from orchestrator.loader.type_words import PATTERNS, REASONS, TYPES, found
from orchestrator.loader.yaml_source import KeyPath, YamlSource
from orchestrator.model.base import CONTRACT, ContractDocument

M = TypeVar("M", bound=BaseModel)

_Type: TypeAlias = Any
"""What an annotation says: a class, a union, a ``Literal``…"""


def validate(source: YamlSource, model: type[M], *, strict: bool = True) -> tuple[M | None, tuple[Problem, ...]]:
    """Make a model of a file's value.

    Args:
        source: the file.
        model: what it should be.
        strict: whether a number must be written as one; where values were rendered, they are texts.

    Returns:
        The model, or None where it could not be made; and every problem, in the order of the file. A model
        that comes with problems (a duplicate key) may be used to look for more, but not to run.
    """
    if issubclass(model, ContractDocument) and (refused := _contract_problem(source)):
        return None, (refused,)
    made, mistakes = explain(source, model, strict=strict)
    problems = (*source.problems, *(mistake.problem for mistake in mistakes))
    return made, problems if made else tuple(sorted(problems, key=lambda problem: problem.place))


@dataclass(frozen=True)
class Mistake:
    """A problem with the way to the key or value that it is about."""

    path: KeyPath
    problem: Problem


def explain(source: YamlSource, model: type[M], *, strict: bool = True) -> tuple[M | None, tuple[Mistake, ...]]:
    """Make a model of a value, or tell what each key and value that does not fit should be; see ``validate``."""
    try:
        # JSON mode is strict about types ("1" is no number, "yes" no boolean), yet takes a list for a tuple.
        return model.model_validate_json(json.dumps(source.value), strict=strict), ()
    except ValidationError as error:
        spots = [_Spot.of(detail, model, source) for detail in error.errors(include_url=False)]
        return None, tuple(Mistake(spot.path, _problem(spot)) for spot in _without_echoes(spots))


def _contract_problem(source: YamlSource) -> Problem | None:
    if not isinstance(source.value, dict):
        return None
    contract = source.value.get("contract")
    if contract == CONTRACT and not isinstance(contract, bool):
        return None
    place = source.place(("contract",))
    if isinstance(contract, int) and contract > CONTRACT:
        return Problem(
            place,
            Text(
                fr=f"ce fichier suit le contrat {contract} : il faut une version de Breakfix qui le lit, "
                f"plus récente que {__version__} (contrat {CONTRACT})",
                en=f"this file follows contract {contract}: it needs a version of Breakfix that reads it, "
                f"newer than {__version__} (contract {CONTRACT})",
            ),
            Text(
                fr=f"Mettez Breakfix à jour, ou reprenez une version du contenu pour le contrat {CONTRACT}.",
                en=f"Update Breakfix, or take a version of the content made for contract {CONTRACT}.",
            ),
        )
    return Problem(
        place,
        Text(
            fr=f"le fichier doit dire quel contrat il suit : écrivez « contract: {CONTRACT} »",
            en=f'the file must say which contract it follows: write "contract: {CONTRACT}"',
        ),
    )


@dataclass(frozen=True)
class _Spot:
    """One of pydantic's errors, found again in the file and in the model.

    Attributes:
        path: the way to the key or value in the file.
        on_key: whether the key is meant and not its value.
        owners: what the value around the last key could be; the first is what was tried.
        annotation: the type that the value should have.
        words: what the value should be, in the model's own words; None: see ``orchestrator.loader.type_words``.
    """

    detail: ErrorDetails
    path: KeyPath
    on_key: bool
    owners: tuple[_Type, ...]
    annotation: _Type
    words: Text | None
    source: YamlSource

    @classmethod
    def of(cls, detail: ErrorDetails, model: type[BaseModel], source: YamlSource) -> _Spot:
        """Follow pydantic's location through the model; the names of union members are not in the file."""
        path: list[str | int] = []
        owners: tuple[_Type, ...] = ()
        candidates: tuple[_Type, ...] = (model,)
        chosen = True
        for part in detail["loc"]:
            if part == "[key]":
                break
            if not chosen:
                candidates, chosen = _tried_first(candidates, part), True
                continue
            owners = candidates
            path.append(part)
            candidates = _members(_inside(candidates[0], part))
            chosen = len(candidates) == 1
        on_key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
        words = _own_words(owners[0], path[-1]) if owners and path else None
        return cls(detail, tuple(path), on_key, owners, candidates[0], words, source)

    @property
    def kind(self) -> str:
        """Return pydantic's name for the error."""
        return self.detail["type"]

    @property
    def name(self) -> str:
        """Return the last key, as the author wrote it or should have."""
        return str(self.path[-1]) if self.path else ""

    @property
    def context(self) -> Mapping[str, Any]:
        """Return pydantic's particulars of the error."""
        return self.detail.get("ctx", {})

    @property
    def known_keys(self) -> tuple[str, ...]:
        """Return the keys that may stand beside the last one."""
        return tuple(dict.fromkeys(key for owner in self.owners for key in _keys(owner)))

    @property
    def meant_key(self) -> str | None:
        """Return the key that an unknown one was probably meant to be."""
        return next(iter(nearest(self.name, self.known_keys, count=1)), None)


def _members(annotation: _Type) -> tuple[_Type, ...]:
    """Return what a value of this type may be: one type, or the members of a union; None is left out."""
    origin: _Type = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return tuple(m for arg in get_args(annotation) if arg is not type(None) for m in _members(arg))
    return (annotation,)


def _is_model(annotation: _Type) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inside(annotation: _Type, part: str | int) -> _Type:
    """Return the type of what stands under a key, or at a position of a list."""
    if _is_model(annotation):
        fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        return fields.get(str(part), Any)
    origin: _Type = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is dict:
        return arguments[1]
    return arguments[0] if arguments else Any


def _own_words(owner: _Type, part: str | int) -> Text | None:
    """Return the ``Text`` in the annotation of a field, such as ``Annotated[str, …, Text(fr=…, en=…)]``."""
    if not _is_model(owner):
        return None
    field = {field.alias or name: field for name, field in owner.model_fields.items()}.get(str(part))
    if field is None:
        return None
    nested = (item for inside in (field.annotation, *get_args(field.annotation)) for item in get_args(inside))
    return next((item for item in (*field.metadata, *nested) if isinstance(item, Text)), None)


def _keys(annotation: _Type) -> tuple[str, ...]:
    if not _is_model(annotation):
        return ()
    return tuple(field.alias or name for name, field in annotation.model_fields.items())


def _tried_first(candidates: tuple[_Type, ...], tag: str | int) -> tuple[_Type, ...]:
    """Return the union's member of that tag; where the tag is not in the file, the others stay possible."""
    for member in candidates:
        if _is_model(member) and any(get_args(f.annotation) == (tag,) for f in member.model_fields.values()):
            return (member,)
    return tuple(sorted(candidates, key=lambda member: getattr(member, "__name__", "") != tag))


def _without_echoes(spots: list[_Spot]) -> list[_Spot]:
    """Leave out what another error already explains.

    A missing key, where an unknown key beside it was meant to be it (or to make a fault a draw among faults);
    a list that is too short, where pydantic counts only the items without a mistake.
    """
    explained = {
        (spot.path[:-1], name)
        for spot in spots
        if spot.kind == "extra_forbidden" and (meant := spot.meant_key)
        for name in ([meant] if meant in _keys(spot.owners[0]) else _keys(spot.owners[0]))
    }
    around = {spot.path[:length] for spot in spots for length in range(len(spot.path))}
    return [
        spot
        for spot in spots
        if not (spot.kind == "missing" and (spot.path[:-1], spot.name) in explained)
        and not (spot.kind == "too_short" and spot.path in around)
    ]


def _problem(spot: _Spot) -> Problem:
    text = _TEXTS.get(spot.kind, _of_type)(spot)
    if spot.kind == "missing":
        return Problem(spot.source.place(spot.path[:-1], key=True), text)
    if spot.kind == "union_tag_invalid":
        return Problem(spot.source.place((*spot.path, _discriminator(spot))), text)
    return Problem(spot.source.place(spot.path, key=spot.on_key), text)


def _unknown_key(spot: _Spot) -> Text:
    name = spot.name
    text = Text(fr=f"clé inconnue « {name} »", en=f'unknown key "{name}"')
    return with_suggestion(text, name, spot.known_keys)


def _missing_key(spot: _Spot) -> Text:
    text = Text(fr=f"il manque la clé « {spot.name} »", en=f'the key "{spot.name}" is missing')
    if spot.words is None:
        return text
    return Text(fr=f"{text.fr} : {spot.words.fr}", en=f"{text.en}: {spot.words.en}")


def _no_kind(spot: _Spot) -> Text:
    name = _discriminator(spot)
    choices = _listed(_tags(spot))
    return Text(
        fr=f"il manque la clé « {name} » : {choices.fr}",
        en=f'the key "{name}" is missing: {choices.en}',
    )


def _bad_kind(spot: _Spot) -> Text:
    return _choice(str(spot.context["tag"]), _discriminator(spot), _tags(spot))


def _bad_choice(spot: _Spot) -> Text:
    choices = tuple(str(a) for a in get_args(spot.annotation))
    name = next((part for part in reversed(spot.path) if isinstance(part, str)), spot.name)
    text, reason = _choice(str(spot.detail["input"]), name, choices), REASONS.get(choices)
    return text if reason is None else Text(fr=f"{text.fr} ({reason.fr})", en=f"{text.en} ({reason.en})")


def _choice(value: str, name: str, choices: tuple[str, ...]) -> Text:
    listed = _listed(choices)
    text = Text(
        fr=f"« {name} » ne peut pas être « {value} » : écrivez {listed.fr}",
        en=f'"{name}" cannot be "{value}": write {listed.en}',
    )
    return with_suggestion(text, value, choices) if nearest(value, choices) else text


def _discriminator(spot: _Spot) -> str:
    return str(spot.context["discriminator"]).strip("'")


def _tags(spot: _Spot) -> tuple[str, ...]:
    members = _members(_inside(spot.owners[0], spot.path[-1])) if spot.owners else ()
    key = _discriminator(spot)
    return tuple(str(get_args(member.model_fields[key].annotation)[0]) for member in members)


def _listed(choices: tuple[str, ...]) -> Text:
    if len(choices) == 1:
        return same(choices[0])
    return Text(fr=", ".join(choices[:-1]) + f" ou {choices[-1]}", en=", ".join(choices[:-1]) + f" or {choices[-1]}")


def _bad_pattern(spot: _Spot) -> Text:
    return _expected(spot.words or PATTERNS.get(str(spot.context["pattern"]), same(str(spot.context["pattern"]))), spot)


def _of_type(spot: _Spot) -> Text:
    return _expected(TYPES.get(spot.kind) or spot.words or same(spot.detail["msg"]), spot)


def _expected(expected: Text, spot: _Spot) -> Text:
    value = spot.name if spot.on_key else spot.detail["input"]
    raw = spot.source.raw(spot.path) or json.dumps(value)
    seen = found(value, raw)
    text = Text(fr=f"attendu : {expected.fr} ; trouvé : {seen.fr}", en=f"expected {expected.en}; found {seen.en}")
    if spot.kind == "string_type" and isinstance(value, bool | int | float):
        return Text(fr=f'{text.fr} ; écrivez "{raw}"', en=f'{text.en}; write "{raw}"')
    return text


def _bound(fr: str, en: str, key: str) -> Callable[[_Spot], Text]:
    def text(spot: _Spot) -> Text:
        limit = spot.context[key]
        if (key, limit) == ("min_length", 1):
            return Text(fr=f"« {spot.name} » ne doit pas être vide", en=f'"{spot.name}" must not be empty')
        return Text(fr=f"« {spot.name} » doit {fr.format(limit)}", en=f'"{spot.name}" must {en.format(limit)}')

    return text


_TEXTS: Final[Mapping[str, Callable[[_Spot], Text]]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing_key,
    "literal_error": _bad_choice,
    "union_tag_invalid": _bad_kind,
    "union_tag_not_found": _no_kind,
    "string_pattern_mismatch": _bad_pattern,
    "one_line": lambda spot: Text(fr=f"« {spot.name} » tient en une ligne", en=f'"{spot.name}" is one line'),
    "greater_than_equal": _bound("valoir au moins {}", "be at least {}", "ge"),
    "less_than_equal": _bound("valoir au plus {}", "be at most {}", "le"),
    "string_too_short": _bound("avoir au moins {} caractères", "have at least {} characters", "min_length"),
    "string_too_long": _bound("avoir au plus {} caractères", "have at most {} characters", "max_length"),
    "too_short": _bound("avoir au moins {} éléments", "have at least {} items", "min_length"),
    "too_long": _bound("avoir au plus {} éléments", "have at most {} items", "max_length"),
}
