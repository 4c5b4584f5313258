"""Archives that labd makes, sent on as files while they are made."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.responses import Response, StreamingResponse


async def zip_file(pieces: AsyncGenerator[bytes, None], name: str) -> Response:
    """Return the answer that sends an archive.

    Args:
        pieces: the archive in pieces.
        name: what the file is called.

    Raises:
        RefusedError: labd refuses it, or does not answer.
    """
    first = await anext(pieces)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_behind(first, pieces), headers=headers, media_type="application/zip")


async def _behind(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece
