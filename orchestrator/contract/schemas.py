"""JSON Schemas of the content files, made from the models and from the fault library.

An editor with the YAML language server completes keys, shows what each is for, and marks what the loader would refuse.
The loader knows more (names that do not exist, templates); ``breakfix validate`` has the last word.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from orchestrator.contract.content_kinds import KINDS
from orchestrator.core.text import Text
from orchestrator.model.base import CONTRACT
from orchestrator.model.scenario import FaultSpec

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, or a part of one."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_TEMPLATE: Final[Schema] = {"type": "string", "pattern": r"\{[{%]", "title": "Template"}
"""A Jinja2 template: what stands for a value of any type until the variant is known."""


def schemas(faults: Mapping[str, type[BaseModel]]) -> dict[str, Schema]:
    """Return the schema of each kind of content file by the kind's name.

    Args:
        faults: the fault classes by name; their fields are the parameters.
    """
    return {name: schema(name, faults) for name in KINDS}


def schema(name: str, faults: Mapping[str, type[BaseModel]]) -> Schema:
    """Return the schema of one kind of content file.

    Args:
        name: a name in ``KINDS``.
        faults: see ``schemas``.

    Raises:
        KeyError: there is no such kind.
    """
    kind = KINDS[name]
    made = _tidy(kind.model.model_json_schema())
    made["properties"]["contract"] |= {"const": CONTRACT}
    definitions: dict[str, Schema] = made.get("$defs", {})
    if "Text" in definitions:
        definitions["Text"] = _described_by_attributes(Text, definitions["Text"])
    if FaultSpec.__name__ in definitions and faults:
        _add_faults(definitions, faults)
    head = {"$schema": DIALECT, "title": f"Breakfix {name} (contract {CONTRACT})"}
    return {**head, **{key: value for key, value in made.items() if key != "title"}}


def text_of(schema: Schema) -> str:
    """Return a schema as it is published."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def write(folder: Path, faults: Mapping[str, type[BaseModel]], only: str | None = None) -> tuple[Path, ...]:
    """Write every schema, or only one, into a folder, which is made where it is missing, and return the files.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in [only] if only else KINDS:
        path = folder / KINDS[name].file
        path.write_text(text_of(schema(name, faults)), encoding="utf-8")
        written.append(path)
    return tuple(written)


def _add_faults(definitions: dict[str, Schema], faults: Mapping[str, type[BaseModel]]) -> None:
    """Let the name of a fault decide which parameters it may have."""
    spec = definitions[FaultSpec.__name__]
    spec["properties"]["fault"] |= {
        "enum": list(faults),
        "markdownEnumDescriptions": [_first_paragraph(inspect.getdoc(fault) or "") for fault in faults.values()],
    }
    spec["allOf"] = []
    for name, fault in faults.items():
        parameters = _tidy(fault.model_json_schema())
        for inner, definition in parameters.pop("$defs", {}).items():
            definitions[f"{name}.{inner}"] = _templates_allowed(_moved(definition, name))
        definitions[f"fault.{name}"] = _templates_allowed(_moved(parameters, name))
        then: Schema = {"properties": {"parameters": {"$ref": f"#/$defs/fault.{name}"}}}
        if parameters.get("required"):
            then["required"] = ["parameters"]
        condition = {"properties": {"fault": {"const": name}}, "required": ["fault"]}
        spec["allOf"].append({"if": condition, "then": then})


def _moved(schema: Schema, fault: str) -> Schema:
    """Return a part of a fault's schema whose references lead to where its definitions now are."""
    text = json.dumps(schema).replace('"#/$defs/', f'"#/$defs/{fault}.')
    moved: Schema = json.loads(text)
    return moved


def _templates_allowed(schema: Schema) -> Schema:
    """Return a schema whose single values may also be templates: a parameter gets its type when it is rendered."""
    if "properties" in schema:
        inside = {key: _templates_allowed(value) for key, value in schema["properties"].items()}
        return {**schema, "properties": inside}
    if "items" in schema:
        return {**schema, "items": _templates_allowed(schema["items"])}
    if schema.get("type") == "string" and not {"pattern", "enum", "const", "format", "maxLength"} & schema.keys():
        return schema
    if schema.get("type") in {"string", "integer", "number", "boolean"} or {"enum", "const", "anyOf"} & schema.keys():
        about = {key: value for key, value in schema.items() if key in {"title", "description", "default"}}
        alone = {key: value for key, value in schema.items() if key not in about}
        return {**about, "anyOf": [*alone.pop("anyOf", ()), *([alone] if alone else []), _TEMPLATE]}
    return schema


def _tidy(value: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Return a part of pydantic's schema as an author sees it.

    ``null`` is left out (a key that is not wanted is not written), ``code`` of the docstrings is Markdown's, of a
    docstring the first paragraph stays, and keys are closed where their names have a pattern.
    """
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    tidy = {key: _tidy(item) for key, item in value.items() if not (key == "default" and item is None)}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = _first_paragraph(tidy["description"])
    if isinstance(choices := tidy.get("anyOf"), list):
        choices = [choice for choice in choices if choice != {"type": "null"}]
        tidy.pop("anyOf")
        tidy = {**choices[0], **tidy} if len(choices) == 1 else {**tidy, "anyOf": choices}
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    return tidy


def _first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`")


def _described_by_attributes(described: Callable[..., object], schema: Schema) -> Schema:
    """Return the schema of a dataclass with what its docstring says of each attribute."""
    section = (inspect.getdoc(described) or "").partition("Attributes:\n")[2]
    said = dict(re.findall(r"^ *(\w+): (.+)$", section, re.MULTILINE))
    properties = {
        name: {**inner, "description": said[name][:1].upper() + said[name][1:]} if name in said else inner
        for name, inner in schema["properties"].items()
    }
    return {**schema, "properties": properties}
