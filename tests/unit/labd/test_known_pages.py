"""The web pages that a lab's plan names: what people at workstations open, as its conditions have it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from orchestrator.labd.known_pages import known_pages
from orchestrator.labd.lab_contract import WebPageView
from orchestrator.model.lab import Condition
from orchestrator.model.plan import Plan

CURL = ("curl", "--silent", "--output", "/dev/null")
SHOP = "http://shop.lab/"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([("pc1", (*CURL, SHOP))], [WebPageView("pc1", SHOP)]),
        ([("pc1", (*CURL, SHOP)), ("pc2", (*CURL, SHOP)), ("pc2", (*CURL, "https://mail.lab/"))],
         [WebPageView("pc1", SHOP), WebPageView("pc2", "https://mail.lab/")]),
        ([("pc1", (*CURL, "--proxy", "http://proxy.lab:3128", SHOP))], [WebPageView("pc1", SHOP, "proxy.lab:3128")]),
        ([("web1", (*CURL, "http://app1:8000/health"))], []),
        ([("pc1", ("sh", "-c", "curl http://shop.lab/")), ("pc1", ("ping", "srv1")), ("pc1", (*CURL, "http://"))], []),
        ([("gone", (*CURL, SHOP))], []),
    ],
)  # fmt: skip
def test_what_workstations_open(conditions: list[tuple[str, tuple[str, ...]]], expected: list[WebPageView]) -> None:
    kinds = {"pc1": "workstation", "pc2": "workstation", "web1": "server"}
    plan = SimpleNamespace(
        hosts=[SimpleNamespace(name=name, kind=kind) for name, kind in kinds.items()],
        ready=[Condition(host=host, run=run) for host, run in conditions],
    )
    assert known_pages(cast("Plan", plan)) == tuple(expected)
