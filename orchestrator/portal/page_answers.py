"""What the portal answers under a page's host name in its own words: that a page is not open, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.web_contract import PageOpening, PageState
from orchestrator.portal import in_words, page_words
from orchestrator.portal.page_certificate import CertificateError, SiteCertificate
from orchestrator.portal.page_exchange import EmptyPageError, PageAnswerError, SlowPageError
from orchestrator.portal.page_line import PageTlsError
from orchestrator.portal.page_visits import PageVisit
from orchestrator.portal.pages import rendered
from orchestrator.portal.portal_settings import WebOrigin
from orchestrator.portal.visit import Visit, language_for

OWN: Final = "/-breakfix/"
"""What paths of ours under a page's host name begin with; no site of a lab is asked for them."""
BAD_GATEWAY: Final = 502
_TIME_OUT: Final = 504
_UNAVAILABLE: Final = 503
_STATES: Final[dict[PageState, int]] = {
    "no-answer": _TIME_OUT,
    "host-down": _UNAVAILABLE,
    "frozen": _UNAVAILABLE,
    "shut": _UNAVAILABLE,
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class PageAnswers:
    """Makes answers for one request."""

    def __init__(self, scope: Scope, origin: WebOrigin, page: PageVisit | None) -> None:
        """Take the request, the address it came to, and the page that is open there."""
        self._request, self._page = Request(scope), page
        accepted = self._request.headers.get("accept-language", "")
        self._language: Language = page.language if page else language_for(None, {}, accepted)
        visit = Visit(None, None, self._language, "", "", "", origin)
        scope.setdefault("state", {})["visit"] = visit

    def closed(self) -> Response:
        """Return what somebody gets to whom nothing is open here: whatever the reason, it reads the same."""
        return self._answer(page_words.CLOSED, page_words.CLOSED_HINT, 403, {}, whole=False)

    def failed(self, said: Text, status: int, **values: object) -> Response:
        """Return why a page does not open."""
        return self._answer(page_words.FAILED, said, status, values)

    def not_reached(self, opening: PageOpening) -> Response:
        """Return why there is no connection."""
        said = page_words.STATES[opening.state]
        return self.failed(said, _STATES.get(opening.state, BAD_GATEWAY), **self._where(opening.address))

    def trouble(self, error: Exception) -> Response:
        """Return what became of a connection instead of an answer."""
        where = self._where("")
        match error:
            case CertificateError():
                said = page_words.CERTIFICATES[error.trouble]
                return self._answer(page_words.NOT_PRIVATE, said, BAD_GATEWAY, where, certificate=error.shown)
            case RefusedError():
                kind = error.refusal.kind
                said = page_words.REFUSALS.get(kind, page_words.REFUSALS["machine"])
                if kind == "signed-out" and self._page is not None and self._page.seat is not None:
                    said = page_words.NO_SEAT
                return self.failed(said, STATUS[kind])
            case PageTlsError():
                return self.failed(page_words.NO_TLS, BAD_GATEWAY, reason=str(error), **where)
            case SlowPageError() | TimeoutError():
                return self.failed(page_words.SLOW, _TIME_OUT, **where)
            case EmptyPageError() | OSError():
                return self.failed(page_words.EMPTY, BAD_GATEWAY, **where)
            case PageAnswerError():
                return self.failed(page_words.NONSENSE, BAD_GATEWAY, **where)
            case _:
                raise error

    def _where(self, address: str) -> dict[str, object]:
        page = self._page
        if page is None:
            return {}
        name, port = page.target.reached_at
        return {"host": page.host, "name": name, "port": str(port), "address": address or name}  # a port is no amount

    def _answer(
        self,
        title: Text,
        said: Text,
        status: int,
        values: Mapping[str, object],
        *,
        whole: bool = True,
        certificate: SiteCertificate | None = None,
    ) -> Response:
        raw: bytes = self._request.scope.get("raw_path") or b"/"
        query: bytes = self._request.scope["query_string"]
        again = (raw + (b"?" + query if query else b"")).decode("latin-1")
        readable = self._request.method in {"GET", "HEAD"} and again.startswith("/") and not again.startswith("//")
        content = rendered(self._request, "web_page.html.j2", {
            "p": page_words,
            "page": self._page if whole else None,
            "title": in_words.said(title, self._language, **values),
            "said": in_words.said(said, self._language, **values),
            "certificate": certificate,
            "again": again if readable else "/",
            "own": OWN,
        })  # fmt: skip
        return Response(content, status, own_headers(), "text/html; charset=utf-8")


def own_headers() -> dict[str, str]:
    """Return the headers of every answer of ours under a page's host name."""
    return {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
