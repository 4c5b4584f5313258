"""The web pages of a lab that its plan names: those that have to answer before the lab is ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from orchestrator.labd.lab_contract import WebPageView
from orchestrator.model.image import MachineKind
from orchestrator.model.plan import Plan

_PEOPLE_SIT_AT: Final[MachineKind] = "workstation"


def known_pages(plan: Plan) -> tuple[WebPageView, ...]:
    """Return the pages that workstations of a lab open, once each, in the order in which the lab checks them."""
    kinds = {host.name: host.kind for host in plan.hosts}
    seen: dict[str, WebPageView] = {}
    for condition in plan.ready:
        if kinds.get(condition.host) == _PEOPLE_SIT_AT:
            for page in _pages(condition.host, condition.run):
                seen.setdefault(page.address, page)
    return tuple(seen.values())


def _pages(host: str, words: Sequence[str]) -> Iterator[WebPageView]:
    proxy = next((after for word, after in pairwise(words) if word == "--proxy"), "")
    for word in words:
        if word != proxy and word.startswith(("http://", "https://")) and urlsplit(word).hostname:
            yield WebPageView(host, word, urlsplit(proxy).netloc if proxy else "")
