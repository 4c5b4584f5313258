"""What a trainer reads about a fault: its docstring, its parameters, and an example made from both."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError, create_model
from pydantic.fields import FieldInfo

from orchestrator.faults.discovery import FoundFault, discover
from orchestrator.faults.fault import Fault

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9/._@-]*|[0-9]+(\.[0-9]+){3}(/[0-9]+)?")
"""Texts that YAML reads as they are, but for the words below."""
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a fault: its type in words, its default as YAML (None: it must be given), what it means."""

    name: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True)
class Page:
    """One fault's documentation.

    Attributes:
        name: its name in scenario files.
        group: what is broken: the module's name.
        about: the module's first sentence.
        place: where its class is written.
        summary: the docstring's first line.
        details: the rest of the docstring, by paragraphs.
        parameters: its parameters, those that must be given first.
        example: an entry of ``faults:`` in ``scenario.yaml``.
        sample: the fault that the example makes, or None where it needs other values.
    """

    name: str
    group: str
    about: str
    place: str
    summary: str
    details: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    example: str
    sample: Fault | None


def pages(roots: Sequence[Path] = ()) -> tuple[Page, ...]:
    """Return the documentation of every fault, by group and name."""
    made = [page(found) for found in discover(roots).faults.values()]
    return tuple(sorted(made, key=lambda one: (one.group, one.name)))


def page(found: FoundFault[Fault]) -> Page:
    """Return the documentation of one fault."""
    kind = found.kind
    module = inspect.getmodule(kind)
    first, *others = re.split(r"\n\s*\n", inspect.cleandoc(kind.__doc__ or ""))
    parameters = sorted(kind.model_fields.items(), key=lambda item: not item[1].is_required())
    values = {name: _example_of(name, field) for name, field in parameters if field.is_required()}
    try:
        sample = kind.model_validate(values)
    except ValidationError:
        sample = None
    return Page(
        name=kind.name,
        group=kind.__module__.rpartition(".")[2] if found.root is None else Path(found.place.file).stem,
        about=_one_line(inspect.cleandoc((module and module.__doc__) or "").partition("\n\n")[0]),
        place=str(found.place),
        summary=_one_line(first),
        details=tuple(_one_line(paragraph) for paragraph in others),
        parameters=tuple(_parameter(name, field) for name, field in parameters),
        example=_example(kind.name, values),
        sample=sample,
    )


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _parameter(name: str, field: FieldInfo) -> Parameter:
    default = None if field.is_required() else _yaml(field.get_default(call_default_factory=True))
    return Parameter(name, _words(field.annotation), default, _one_line(field.description or ""))


def _words(annotation: Any) -> str:  # noqa: ANN401 - what an annotation may be
    """Return a type in words: ``text``, ``whole number``, ``a | b``, ``list of …``."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0])
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in {Union, UnionType}:
        return " | ".join(dict.fromkeys(_words(one) for one in arguments if one is not NoneType))
    if origin in {tuple, list}:
        return f"list of {_words(arguments[0])}"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return "{" + ", ".join(annotation.model_fields) + "}"
    known = {str: "text", int: "whole number", float: "number", bool: "true | false"}
    return known.get(annotation, "any value")


_BY_NAME: Mapping[str, Any] = {
    "area": "0.0.0.1",
    "becomes": "accept",
    "chain": "forward",
    "client": "pc1",
    "data": "192.168.20.254",
    "dead": 20,
    "file": "/etc/bind/zones/db.example.internal",
    "hello": 5,
    "host": "srv1",
    "interface": "eth0",
    "line": "scanner IN A 192.168.20.6O",
    "of": "pc2",
    "owner": "intranet",
    "port": "eth1",
    "query": "intranet.example.internal",
    "rate": 256_000,
    "rule": "tcp dport 443 accept",
    "segment": "servers",
    "server": "192.168.20.10",
    "subnet": "192.168.20.0/24",
    "value": "192.168.20.9",
    "victim": "pc2",
    "vlan": 20,
}
"""What a parameter of that name usually is."""
_CANDIDATES: Sequence[Any] = (
    "srv1",
    "192.168.20.10",
    "192.168.20.10/24",
    "192.168.20.0/24",
    "192.168.20.10-192.168.20.20",
    "example.internal",
    "/etc/example.conf",
    "02:00:00:00:00:01",
    80,
    10,
    1000,
    True,
)
"""Values of the usual types; a parameter gets the first one that it accepts."""


def _example_of(name: str, field: FieldInfo) -> Any:  # noqa: ANN401 - of the field's type
    """Return a value that a parameter may have: its own example, else one of its type or name."""
    if field.examples:
        return field.examples[0]
    usual = (_BY_NAME[name],) if name in _BY_NAME else ()
    return _value(field, (*usual, *_CANDIDATES))


def _value(field: FieldInfo, candidates: Sequence[Any]) -> Any:  # noqa: ANN401 - of the field's type
    annotation: Any = field.annotation
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if get_origin(annotation) in {tuple, list}:
        return [_value(FieldInfo.from_annotation(get_args(annotation)[0]), candidates)]
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return {name: _example_of(name, one) for name, one in annotation.model_fields.items() if one.is_required()}
    accepting = create_model("Accepting", value=(annotation, field))
    for candidate in candidates:
        with contextlib.suppress(ValidationError):
            accepting.model_validate({"value": candidate}, strict=True)
            return candidate
    return "…"


def _example(name: str, values: Mapping[str, Any]) -> str:
    lines = [f"  - fault: {name}"]
    if values:
        lines.append("    parameters:")
    lines += [f"      {key}: {_yaml(value)}" for key, value in values.items()]
    return "\n".join(["faults:", *lines])


def _yaml(value: Any) -> str:  # noqa: ANN401 - any value of YAML
    """Return a value in YAML on one line."""
    if isinstance(value, str):
        return (
            value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS else json.dumps(value, ensure_ascii=False)
        )
    if isinstance(value, BaseModel):
        return _yaml(value.model_dump(exclude_defaults=True))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return json.dumps(value)
