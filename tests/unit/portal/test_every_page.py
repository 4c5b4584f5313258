"""Every page, in French and English, light and dark, wide and narrow: axe-core finds nothing, nothing scrolls aside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import Match, Route

from orchestrator.portal import pages
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.web_app import make_app
from tests.fakes.labd import FakeLabd
from tests.unit.portal.page_looks import LOOKS, NO_PAGES, Look
from tests.unit.portal.served_portal import ServedPortal, browsing

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
LOCALES = {"fr": "fr-FR", "en": "en-GB"}
WIDTHS = (1300, 320)
COLOURS = ("light", "dark")
TEMPLATES = Path(pages.__file__).parent / "templates"
RUN = """(rules) => axe.run(document, { resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}) }).then(
  ({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(" ")}: ${failureSummary}`)))"""
ASIDE = """() => [...document.querySelectorAll("body, body *")].filter(
    (one) => document.documentElement.scrollWidth > innerWidth && one.getBoundingClientRect().right > innerWidth + 0.5
  ).map((one) => `${one.localName}#${one.id}.${one.className} ends at ${one.getBoundingClientRect().right}`)"""


def _routes() -> list[Route]:
    app = make_app(PortalSettings((WebOrigin.parse("https://portal.test"),)), FakeLabd().client())
    return [route for route in app.routes if isinstance(route, Route) and "GET" in (route.methods or ())]


def test_every_page_has_a_look() -> None:
    """Whoever adds a page adds a look at it, in ``page_looks.py``; what is no page is named there too."""
    routes = _routes()

    def route_of(look: Look) -> str | None:
        scope = {"type": "http", "method": "GET", "path": look.path.partition("#")[0]}
        return next((route.path for route in routes if route.matches(scope)[0] is Match.FULL), None)

    assert {route.path for route in routes} - NO_PAGES == {route_of(look) for look in LOOKS} - {None}
    whole = {path.name for path in TEMPLATES.iterdir() if '{% extends "base.html.j2" %}' in path.read_text()}
    assert {look.template for look in LOOKS} == whole


@pytest.fixture(scope="module")
def windows(portal: ServedPortal) -> Iterator[Mapping[str, Page]]:
    """Return what pages are looked at in, by language; one after another, since a new window costs more than a look."""
    with browsing() as browser:
        contexts = {lang: browser.new_context(locale=code, reduced_motion="reduce") for lang, code in LOCALES.items()}
        yield {language: portal.page(context) for language, context in contexts.items()}


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the templates that answers are made of, as they come."""
    seen: list[str] = []
    own = pages.rendered

    def rendered(request: Any, template: str, context: Any) -> str:  # noqa: ANN401 - passed on
        seen.append(template)
        return own(request, template, context)

    monkeypatch.setattr(pages, "rendered", rendered)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: re.sub(r"\W+", "-", look.name))
def test_whoever_looks_can_read_it(
    look: Look, portal: ServedPortal, windows: Mapping[str, Page], templates: list[str]
) -> None:
    wrong = []
    for language, page in windows.items():
        with portal.labd() as labd:
            look.prepare(labd)
            page.set_viewport_size({"width": WIDTHS[0], "height": 900})
            page.emulate_media(color_scheme="light")
            portal.open(page, labd, look.handle, look.path)
            look.act(page)
            page.wait_for_load_state()
            assert templates[-1] == look.template
            assert page.locator("html").get_attribute("lang") == language
            assert portal.wrong == []
            wrong += [f"{language}, {found}" for found in _found(page, language)]
            page.goto("about:blank")  # nothing is asked of a labd that has gone
    assert wrong == [], "\n\n".join(wrong)


def _found(page: Page, language: str) -> Iterator[str]:
    """Yield what is wrong on a page: dark and light differ in colours only, which are the same in both languages."""
    page.evaluate(f"{AXE};0")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for colours in COLOURS if language == "fr" else COLOURS[:1]:
            page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
            for found in page.evaluate(RUN, None if colours == "light" else ["color-contrast"]):
                yield f"{width} px, {colours}: {found}"
        yield from (f"{width} px: {found}" for found in page.evaluate(ASIDE))
