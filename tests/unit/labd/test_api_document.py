"""labd's calls are published as an OpenAPI document, and labd holds to it, whatever it is asked and by whom."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from orchestrator.labd.api_document import api_document, text_of
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.lab_work_contract import OPEN_TERMINAL, OpenTerminal
from orchestrator.labd.rules import (
    DISPLAY,
    DOCUMENTS,
    EVIDENCE,
    MY_DATA,
    RULES,
    SEAT_DISPLAY,
    SEAT_TERMINAL,
    SEAT_WEB,
    TERMINAL,
    WEB,
)
from orchestrator.labd.wire import decode

from .conftest import SCENARIO, Site, started

if TYPE_CHECKING:
    from schemathesis import Case

pytestmark = pytest.mark.slow

PUBLISHED: Final = Path(__file__).parents[3] / "docs/schemas/api/labd-v1.json"
MEND: Final = "run: python -m orchestrator.labd.api_document > docs/schemas/api/labd-v1.json"
HOLD: Final = settings(
    deadline=None, derandomize=True, database=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck)
)

KNOWN: Final[Mapping[str, Any]] = {
    "scenario": SCENARIO, "host": "pc1", "interface": "eth0", "segment": "office", "name": "evening", "handle": "tom",
    "attempt": 1, "question": "cause",
}  # fmt: skip
"""What stands in fields of a right body every second time: without it hardly any call would get to its work."""


class Talk:
    """Speaks HTTP to a labd at work, as people of each kind."""

    def __init__(
        self, runner: asyncio.Runner, http: httpx.AsyncClient, tokens: Mapping[str, str], known: Mapping[str, Any]
    ) -> None:
        self._run, self._http, self._known = runner.run, http, known
        self.tokens = tokens

    def ask(self, path: str, body: object, who: str, *, known: bool) -> httpx.Response | None:
        """Return the answer to a call; None: it was not made, for it would end what the others need."""
        if path.endswith(("/sign-out", "/end-sign-in")) or (who == "owner" and path.endswith(("/stop", "/reset"))):
            return None
        if known and isinstance(body, dict):
            body = {key: self._known.get(key, value) for key, value in body.items()}
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._run(self._http.post(path, content=content, headers=headers))


@contextmanager
def talking(runner: asyncio.Runner, site: Site) -> Iterator[Talk]:
    """Serve a labd with a lab, a class and people."""
    owner, trainer = site.member("lea"), site.member("ada", "trainer")
    others = {"another": site.member("tom"), "administrator": site.member("zoe", "administrator")}
    site.a_class("evening", trainer, owner)
    serving = site.labd()
    client = runner.run(serving.__aenter__())
    http = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(site.socket)), base_url="http://labd")
    try:
        lab = runner.run(started(client, owner))
        opened = runner.run(client.call(OPEN_TERMINAL, OpenTerminal(lab, "pc1", "root"), owner.token))
        known = {**KNOWN, "lab": lab, "terminal": opened.id}
        members = {"owner": owner, "trainer": trainer, **others}
        yield Talk(runner, http, {"nobody": "nobodys", **{who: one.token for who, one in members.items()}}, known)
    finally:
        runner.run(http.aclose())
        runner.run(serving.__aexit__(None, None, None))


def test_the_published_document_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == text_of(api_document()), MEND


def test_every_call_is_in_it_with_its_right() -> None:
    operations = [one for path in api_document()["paths"].values() for one in path.values()]
    lines = {TERMINAL, DISPLAY, WEB, SEAT_TERMINAL, SEAT_DISPLAY, SEAT_WEB}
    assert {one["operationId"]: one["x-right"] for one in operations} == {
        name: right for name, right in RULES.items() if name not in lines
    }


def test_its_schemas_are_sound_and_described() -> None:
    document = api_document()
    known = document["components"]["schemas"]
    for name, schema in known.items():
        Draft202012Validator.check_schema(schema)
        assert schema["description"], name
    assert known["HostView"]["properties"]["addresses"]["description"].startswith("Interface → address")
    references = set(_values_of("$ref", document))
    assert references == {
        *(f"#/components/schemas/{name}" for name in known),
        *(f"#/components/responses/{name}" for name in document["components"]["responses"]),
    }


def _values_of(key: str, part: object) -> list[str]:
    inside = [*part.values()] if isinstance(part, Mapping) else part if isinstance(part, list) else []
    own = [part[key]] if isinstance(part, Mapping) and key in part else []
    return [*own, *(one for value in inside for one in _values_of(key, value))]


def _by_whomever() -> dict[str, Any]:
    """Return the document without tokens: who asks is the test's to say."""
    document = api_document()
    for path in document["paths"].values():
        for operation in path.values():
            del operation["security"]
    return document


@pytest.mark.parametrize("fitting", [True, False], ids=["as-described", "otherwise"])
def test_labd_holds_to_it(site: Site, *, fitting: bool) -> None:
    """Each call, with bodies that fit its description or do not, by people of each kind."""
    # Here, because every process that looks for tests would wait for it, and only this one needs it.
    from schemathesis import GenerationMode, openapi  # noqa: PLC0415
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415
    from schemathesis.core import NotSet  # noqa: PLC0415
    from schemathesis.core.result import Ok  # noqa: PLC0415
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    wanted = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
        *([] if fitting else [checks.negative_data_rejection]),
    ]
    mode = GenerationMode.POSITIVE if fitting else GenerationMode.NEGATIVE
    asked, worked = set(), set()
    with asyncio.Runner() as runner, talking(runner, site) as talk:
        for found in openapi.from_dict(_by_whomever()).get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            if operation.method != "post" or operation.path.split("/")[2] in {DOCUMENTS, EVIDENCE, MY_DATA}:
                continue  # it gives an archive, not JSON

            @settings(HOLD, max_examples=3)
            @given(operation.as_strategy(generation_mode=mode), st.sampled_from(sorted(talk.tokens)))
            def hold(case: Case[Any], who: str) -> None:
                body = b"" if isinstance(case.body, NotSet) else case.body
                answer = talk.ask(case.path, body, who, known=fitting)
                if answer is None:
                    return
                case.validate_response(answer, checks=wanted)
                asked.add(case.path)
                if answer.status_code == httpx.codes.OK:
                    worked.add(case.path)
                    return
                refusal = decode(Refusal, answer.content)
                assert refusal.text.fr
                assert answer.status_code == STATUS[refusal.kind]
                if who == "nobody" and RULES[case.path.rpartition("/")[2]] != "anybody":
                    assert refusal.kind == "signed-out"

            hold()
    assert len(asked) == len(RULES) - 12  # what is no call, and what ends the sign-ins of others
    assert len(worked) > 20 or not fitting
