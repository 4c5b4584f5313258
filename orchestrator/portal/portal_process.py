"""The portal's process: reads its few options, and serves until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from orchestrator.core.errors import UsageError
from orchestrator.core.language import language_of
from orchestrator.core.open_files import raise_limit
from orchestrator.core.text import Text
from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.prompt_http import PromptHttp
from orchestrator.portal.web_app import make_app
from orchestrator.portal.web_safety import LARGEST_BODY

_MOST_CONNECTIONS = 2000
"""Open connections at once, streams and terminals among them; beyond, callers are told to come again (503)."""
_GRACE_SECONDS = 5
"""How long answers that are under way may take once the portal is told to end; terminals live on in the keeper."""


_UNHEARD_S = 30
"""Seconds after which a browser of which nothing is heard is gone, since its cable was pulled for instance. The kernel
would wait for a quarter of an hour, and a candidate would seem to be at their seat."""
_ASKED_EVERY_S = 10


class ListenError(UsageError):
    """It was not said, or said twice, where to listen."""

    def __init__(self) -> None:
        """Say what is asked for."""
        super().__init__(
            Text(fr="Où le portail doit-il écouter ?", en="Where is the portal to listen?"),
            Text(
                fr="Donnez --host et --port, ou --fd ; --tls-cert va avec --tls-key.",
                en="Give --host and --port, or --fd; --tls-cert goes with --tls-key.",
            ),
        )


class _Server(uvicorn.Server):
    """Says ``ready`` once it listens."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            print("ready", flush=True)  # noqa: T201 - to whoever started the process


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the portal; return the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        if (asked.fd is None) == (asked.port is None) or (asked.tls_cert is None) != (asked.tls_key is None):
            raise ListenError
        pages = WebOrigin.parse(asked.pages) if asked.pages else None
        settings = PortalSettings(tuple(WebOrigin.parse(url) for url in asked.origin), asked.trust_proxy, pages)
    except UsageError as error:
        told = [error.text, *([error.hint] if error.hint else [])]
        sys.stderr.write("".join(f"{text.in_(language_of())}\n" for text in told))
        return int(error.exit_code)
    raise_limit()
    return asyncio.run(_serve(asked, settings))


def _notice_who_is_gone(listening: int) -> None:
    """Have the kernel end the connections of a listening socket that nobody answers on, see tcp(7)."""
    with socket.socket(fileno=os.dup(listening)) as line:
        if line.family == socket.AF_UNIX:
            return  # a proxy's, which notices by itself
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # those who are accepted have what is set here
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
            line.setsockopt(socket.IPPROTO_TCP, option, _ASKED_EVERY_S)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_S * 1000)


async def _serve(asked: argparse.Namespace, settings: PortalSettings) -> int:
    labd = LabdClient(asked.labd)
    if asked.fd is not None:
        _notice_who_is_gone(asked.fd)
    config = uvicorn.Config(
        make_app(settings, labd),
        host=asked.host,
        port=asked.port or 0,
        fd=asked.fd,
        ssl_certfile=asked.tls_cert,
        ssl_keyfile=asked.tls_key,
        http=PromptHttp,
        ws="websockets-sansio",
        ws_max_size=LARGEST_BODY,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config)
    try:
        await server.serve()
    finally:
        await labd.close()
    return 0 if server.started else int(UsageError.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m orchestrator.portal", description="Serve Breakfix's pages.")
    parser.add_argument("--labd", type=Path, required=True, metavar="SOCKET", help="where labd listens")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, help="port to listen at")
    parser.add_argument("--fd", type=int, help="file descriptor of a socket that listens already")
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate with its chain, PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, PEM")
    parser.add_argument("--origin", action="append", required=True, metavar="URL", help="how browsers reach it")
    parser.add_argument("--pages", metavar="URL", help="below which address labs' web pages have host names")
    parser.add_argument("--trust-proxy", action="store_true", help="believe a proxy's last X-Forwarded-For")
    return parser
