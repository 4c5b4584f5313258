"""What labd reads of a request, and how it answers: JSON, and a refusal in place of an error."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from orchestrator.core.control_characters import in_one_line
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.labd.calls import ADDRESS, STATUS, Call, Refusal
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import broken, refusal_of, refused
from orchestrator.labd.wire import WireError, decode, encode

_log = logging.getLogger(__name__)

_LONGEST_BODY: Final = 256 * 1024
_LONGEST_TOKEN: Final = 200
_LONGEST_ADDRESS: Final = 64


def token_of(header: str) -> str:
    """Return the token of an ``Authorization`` header; empty where there is none."""
    scheme, _, token = header.partition(" ")
    return token if scheme.lower() == "bearer" and len(token) <= _LONGEST_TOKEN else ""


def address_of(headers: Mapping[str, str]) -> str:
    """Return where the portal says that a browser is, of which nothing but what people are told depends; or nothing."""
    return told_address(unquote(headers.get(ADDRESS, "")))


def told_address(said: str) -> str:
    """Return an address as it may be told and kept, whatever a portal says."""
    return in_one_line(said[:_LONGEST_ADDRESS], _LONGEST_ADDRESS)


def number_of(text: str) -> int:
    """Return the number of a parameter ``after``.

    Raises:
        RefusedCallError: it is none.
    """
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(2**63)):
        raise refused("wrong", Text(fr="Ce n'est pas un nombre.", en="That is no number."), field="after")
    return int(text)


async def asked_by(request: Request, call: Call[Any, Any]) -> Any:  # noqa: ANN401 - the call's own request
    """Return what a request asks of a call.

    Raises:
        RefusedCallError: it is too long, or is no request of that call.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            raise refused("wrong", Text(fr="C'est trop long.", en="That is too long."))
    try:
        return decode(call.request, body)
    except WireError as error:
        raise refused(
            "wrong", Text(fr="Cette demande n'est pas lisible.", en=f"This request cannot be read: {error}")
        ) from error


async def answered(answer: Callable[[], Awaitable[Response]]) -> Response:
    """Return an answer, or why there is none."""
    try:
        return await answer()
    except RefusedCallError as error:
        return _refusal(error.refusal)
    except BreakfixError as error:
        return _refusal(refusal_of(error))
    except ClientDisconnect:  # the browser has left its page meanwhile: nobody reads the answer, and nothing failed
        return _refusal(broken())
    except Exception:
        _log.exception("a call failed")
        return _refusal(broken())


def json_response(content: bytes, status: int = 200) -> Response:
    """Return an answer in JSON."""
    return Response(content, status, media_type="application/json")


def _refusal(refusal: Refusal) -> Response:
    return json_response(encode(refusal), STATUS[refusal.kind])
