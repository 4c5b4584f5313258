"""The contract with labd as an OpenAPI document, made from the same dataclasses that read each call.

It is for who writes another client, and for tests that hold labd against it. ``python -m
orchestrator.labd.api_document`` prints it as it is published in ``docs/schemas/api/labd-v1.json``.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final, TypeAlias

from orchestrator.labd.calls import STATUS, VERSION, Call, Refusal, RefusalKind
from orchestrator.labd.contract import BY_NAME, PARTS
from orchestrator.labd.event_contract import LabEvent
from orchestrator.labd.rights import RIGHTS
from orchestrator.labd.rules import DOCUMENTS, EVENTS, EVIDENCE, MY_DATA, RULES
from orchestrator.labd.wire import schemas_of

_Part: TypeAlias = dict[str, Any]
"""A part of the document."""

_COMPONENTS: Final = "#/components/schemas/"
_ABOUT: Final = """\
labd listens on a Unix socket; the names here are the same on any host. Each call is a POST of a JSON object. Unknown
fields are left out. A token names the person; `x-right` says which right a call needs, and `x-refused` why others are
refused. What somebody may not see is `missing`.

Six WebSockets belong to the contract. `/v1/terminal/{lab}/{terminal}?after=N` is a terminal: binary messages are what
it shows and what is typed, text messages are JSON. `/v1/display/{lab}/{host}` is a host's screen, and speaks RFB.
`/v1/web/{lab}/{host}?name=…&port=N` is a TCP connection from a host, after a JSON text that says how it went.
`/v1/seat-terminal/{phase}/{terminal}?after=N` is a terminal at a candidate's seat; it also closes with 4408 (their time
is over) and 4425 (their machines take no input now). `/v1/seat-web/{phase}/{place}/{host}` and
`/v1/seat-display/{phase}/{place}/{host}` are there what `/v1/web` and `/v1/display` are in a trainee's lab.
All take the same `Authorization`, and close with 4401 (signed out), 4404 (no such thing, or not theirs), 4409 (the
terminal was closed), 4410 (the screen is off), 1013 (busy: try again) or 1011 (trouble of the machine)."""


def api_document() -> _Part:
    """Return the OpenAPI document."""
    calls = list(BY_NAME.values())
    kinds = dict.fromkeys([*(call.request for call in calls), *(call.response for call in calls), Refusal, LabEvent])
    schemas, components = schemas_of(kinds, _COMPONENTS + "{name}")
    of_kind = dict(zip(kinds, schemas, strict=True))
    said = {kind.__name__: kind for kind in _dataclasses(kinds)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "labd", "version": str(VERSION), "description": _ABOUT},
        "tags": [{"name": tag} for tag in PARTS],
        "paths": {
            **{
                f"/v{VERSION}/{call.name}": {"post": _operation(call, tag, of_kind)}
                for tag, group in PARTS.items()
                for call in group
            },
            f"/v{VERSION}/{MY_DATA}": {"post": _my_data()},
            f"/v{VERSION}/{EVENTS}/{{lab}}": {"get": _events(of_kind[LabEvent])},
            f"/v{VERSION}/{DOCUMENTS}/{{session}}": {
                "post": _archive(DOCUMENTS, "The documents of a session, as a zip file", "session")
            },
            f"/v{VERSION}/{EVIDENCE}/{{session}}/{{phase}}/{{number}}": {
                "post": _archive(EVIDENCE, "A candidate's sealed evidence, a zip file", "session", "phase", "number")
            },
        },
        "components": {
            "schemas": {name: _described(said.get(name), schema) for name, schema in sorted(components.items())},
            "responses": {kind: _refusal(kind) for kind in STATUS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def text_of(document: _Part) -> str:
    """Return the document as it is published."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _operation(call: Call[Any, Any], tag: str, of_kind: Mapping[type, _Part]) -> _Part:
    asked = {"content": {"application/json": {"schema": of_kind[call.request]}}}
    needed = any(field.default is MISSING and field.default_factory is MISSING for field in fields(call.request))
    return {
        "operationId": call.name,
        "summary": call.name.replace("-", " ").capitalize(),
        "tags": [tag],
        **_right(call.name),
        "requestBody": {"required": needed, **asked},
        "responses": _responses("application/json", of_kind[call.response]),
    }


def _my_data() -> _Part:
    language = {"name": "language", "in": "query", "schema": {"enum": ["fr", "en"]}}
    return {
        "operationId": MY_DATA,
        "summary": "All that is kept about who asks, as a zip file",
        "tags": ["privacy and replay"],
        **_right(MY_DATA),
        "parameters": [language],
        "responses": _responses("application/zip", {}),
    }


def _archive(name: str, summary: str, *places: str) -> _Part:
    text = {"type": "string", "minLength": 1}
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["a jury's deliberation"],
        **_right(name),
        "parameters": [{"name": place, "in": "path", "required": True, "schema": text} for place in places],
        "responses": _responses("application/zip", {}),
    }


def _events(event: _Part) -> _Part:
    lab = {"name": "lab", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    after = {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}}
    return {
        "operationId": EVENTS,
        "summary": "The events of a lab after a number, as they happen: one JSON object a line, without an end",
        "tags": ["people, scenarios and labs"],
        **_right(EVENTS),
        "parameters": [lab, after],
        "responses": _responses("application/x-ndjson", event),
    }


def _right(name: str) -> _Part:
    right = RULES[name]
    refused = {standing: kind for standing, kind in RIGHTS[right].items() if kind is not None}
    return {"x-right": right, "x-refused": refused, "security": [] if right == "anybody" else [{"token": []}]}


def _responses(media: str, schema: _Part) -> _Part:
    refusals = {str(status): {"$ref": f"#/components/responses/{kind}"} for kind, status in STATUS.items()}
    return {"200": {"description": "Done.", "content": {media: {"schema": schema}}}, **refusals}


def _refusal(kind: RefusalKind) -> _Part:
    schema = {"$ref": f"{_COMPONENTS}{Refusal.__name__}"}
    return {"description": f"Refused: {kind}.", "content": {"application/json": {"schema": schema}}}


def _dataclasses(kinds: Iterable[type]) -> Iterable[type]:
    """Yield every class of the modules that define these ones, or what these use: a component is one of them."""
    found = [
        value
        for module in dict.fromkeys(sys.modules[kind.__module__] for kind in kinds)
        for value in vars(module).values()
        if inspect.isclass(value)
    ]
    for module in dict.fromkeys(sys.modules[kind.__module__] for kind in found if is_dataclass(kind)):
        yield from (value for value in vars(module).values() if inspect.isclass(value))
    yield from found


def _described(kind: type | None, schema: _Part) -> _Part:
    """Return the schema of a dataclass with what its docstring says, of each attribute where that is."""
    summary, _, rest = (inspect.getdoc(kind) or "").partition("\n\n")
    told = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)$", rest.partition("Attributes:\n")[2], re.MULTILINE)
    about = {name: _one_line(text) for name, text in told}
    return {
        **{key: value for key, value in schema.items() if key not in {"title", "description", "required"}},
        **({"description": _one_line(summary)} if summary else {}),
        **({"required": schema["required"]} if schema.get("required") else {}),
        "properties": {
            name: {**inner, "description": about[name]} if name in about else inner
            for name, inner in schema["properties"].items()
        },
    }


def _one_line(text: str) -> str:
    said = " ".join(text.split()).replace("``", "`")
    return said[:1].upper() + said[1:]


if __name__ == "__main__":
    sys.stdout.write(text_of(api_document()))
