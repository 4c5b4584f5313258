"""Whatever is sent to labd, by whomever: an answer or a refusal, no mistake of its own, nothing of another's."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestrator.labd.calls import STATUS, VERSION, Refusal
from orchestrator.labd.contract import BY_NAME
from orchestrator.labd.rules import RULES
from orchestrator.labd.wire import decode

from .conftest import SCENARIO, Site, started

pytestmark = pytest.mark.slow

_OTHERS: Final = ("anonymous", "signed-in", "administrator")
_NUMBERS: Final = st.sampled_from([0, -1, 2**31, 2**63, 2**64 - 1, -(2**63), 10**40, 1.5])
_WORDS: Final = st.one_of(
    st.sampled_from(["", "\0", "\ud800", "../x", "%2e%2e", "a" * 300, "é" * 70_000, "\x1b]0;x\x07", "' OR 1=1 --"]),
    st.text(max_size=20),
)
_SHAPES: Final[st.SearchStrategy[Any]] = st.sampled_from([None, True, [], {}, [[]], ["root"], {"fr": "x"}])
_JUNK: Final = st.one_of(_NUMBERS, _WORDS, _SHAPES)
_GOOD: Final[dict[str, st.SearchStrategy[Any]]] = {
    "scenario": st.just(SCENARIO),
    "host": st.sampled_from(["pc1", "pc2"]),
    "interface": st.just("eth0"),
    "segment": st.sampled_from(["office", "elsewhere"]),
    "action": st.sampled_from(["plug", "unplug", "replace", "move"]),
    "kind": st.sampled_from(["root", "device"]),
    "language": st.sampled_from(["fr", "en"]),
    "handle": st.sampled_from(["lea", "tom", "zoe", "new"]),
    "roles": st.just(["trainee"]),
    "minutes": st.integers(0, 90),
    "id": st.integers(70, 79),
    "attempt": st.integers(0, 3),
}
_BODIES: Final = st.one_of(
    st.binary(max_size=30), st.sampled_from([b"[]", b"null", b"{", b"\xff", b"[" * 2000, b'{"lab": "\\ud800"}'])
)


def _value(field: dataclasses.Field[Any], lab: str) -> st.SearchStrategy[Any]:
    right = st.just(lab) if field.name == "lab" else _GOOD.get(field.name, _WORDS)
    return st.one_of(right, right, _NUMBERS if "int" in str(field.type) else _WORDS, _JUNK)


@st.composite
def _calls(draw: st.DrawFn, lab: str) -> tuple[str, bytes]:
    """Draw a call and its body: right fields, wrong ones, or no JSON at all."""
    call = draw(st.sampled_from(tuple(BY_NAME.values())))
    if draw(st.integers(0, 9)) == 0:
        return call.name, draw(_BODIES)
    fields = {
        field.name: draw(_value(field, lab))
        for field in dataclasses.fields(call.request)
        if draw(st.integers(0, 9)) or field.name == "lab"
    }
    return call.name, json.dumps(fields).encode()


def test_any_call_is_answered_or_refused(site: Site) -> None:
    members = {"owner": site.member("lea"), "signed-in": site.member("tom")}
    members["administrator"] = site.member("zoe", "administrator")
    secrets = [str(site.folder), *(one.token for one in members.values())]

    with asyncio.Runner() as runner:
        serving = site.labd()
        client = runner.run(serving.__aenter__())
        http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(site.socket)), base_url=f"http://labd/v{VERSION}/"
        )
        lab = runner.run(started(client, members["owner"]))

        @settings(
            max_examples=150,
            deadline=None,
            derandomize=True,
            database=None,
            report_multiple_bugs=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(_calls(lab), st.sampled_from([*_OTHERS, "owner"]))
        @example(("end-sign-in", b'{"id": 9223372036854775808}'), "signed-in")
        @example(("sign-in", b'{"handle": "\\u0000", "password": "\\u0000"}'), "anonymous")
        def anything(asked: tuple[str, bytes], standing: str) -> None:
            name, body = asked
            token = members[standing].token if standing in members else "nobody's"
            if name == "sign-out" or (standing == "owner" and name in {"stop", "reset"}):
                return  # it would end what is attacked
            answer = runner.run(http.post(name, content=body, headers={"Authorization": f"Bearer {token}"}))
            assert not any(secret in answer.text for secret in secrets)
            if answer.status_code == httpx.codes.OK:
                assert standing == "owner" or RULES[name] not in {
                    "owner",
                    "owner-or-trainer",
                    "owner-or-trainer-of-the-attempt",
                    "trainer-of-the-owner",
                }
                return
            refusal = decode(Refusal, answer.content)
            assert refusal.kind != "broken"
            assert answer.status_code == STATUS[refusal.kind]

        try:
            anything()
        finally:
            runner.run(http.aclose())
            runner.run(serving.__aexit__(None, None, None))
