"""The bytes between the portal and a lab's web site: by labd, and under TLS where the site speaks it.

TLS is read here, in the process that holds nothing, and not in labd.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal, RefusalKind
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.web_contract import PageOpening
from orchestrator.labd.wire import WireError, decode
from orchestrator.portal.page_certificate import CertificateError, SiteCertificate, certificate_error
from orchestrator.portal.page_visits import PageVisit

OPENING_SECONDS: Final = 45
"""Longer than labd waits for a name and a connection together."""
SHAKE_SECONDS: Final = 20
_CHUNK: Final = 1 << 16
_ENDED: Final = 1000
_KINDS: Final[Mapping[int, RefusalKind]] = {4401: "signed-out", 1013: "busy", 4404: "missing"}


class PageTlsError(Exception):
    """The site speaks no TLS that can be understood; the message is OpenSSL's reason."""


class PageLine(Protocol):
    """A connection to a site."""

    async def read(self) -> bytes:
        """Return what the site says next; nothing at its end."""

    async def write(self, data: bytes) -> None:
        """Say something to the site, once it takes it; to one that has gone, nothing."""


class PlainLine:
    """A connection as it is."""

    def __init__(self, connection: ClientConnection, opening: PageOpening) -> None:
        """Take labd's WebSocket after its first message, and that one."""
        self._connection = connection
        self.opening = opening

    async def read(self) -> bytes:
        """See ``PageLine``.

        Raises:
            ConnectionResetError: the connection was cut off.
        """
        try:
            message = await self._connection.recv()
        except ConnectionClosed as error:
            if self._connection.close_code == _ENDED:
                return b""
            raise ConnectionResetError from error
        return message if isinstance(message, bytes) else message.encode()

    async def write(self, data: bytes) -> None:
        """See ``PageLine``."""
        with suppress(ConnectionClosed):
            for at in range(0, len(data), _CHUNK):
                await self._connection.send(data[at : at + _CHUNK])


class TlsLine:
    """A connection under TLS."""

    def __init__(self, line: PlainLine, context: ssl.SSLContext, name: str) -> None:
        """Take a connection, what is accepted on it, and the site's name."""
        self._line = line
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)

    async def shake_hands(self) -> None:
        """Begin.

        Raises:
            ssl.SSLError: the certificate is not accepted, or what the site says is no TLS.
            ConnectionResetError: the site hung up.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._more()
            else:
                await self._flush()
                return

    @property
    def certificate(self) -> bytes:
        """The site's certificate, DER."""
        return self._tls.getpeercert(binary_form=True) or b""

    async def read(self) -> bytes:
        """See ``PageLine``.

        Raises:
            ConnectionResetError: the connection was cut off, or carries no TLS any more.
        """
        while True:
            try:
                return self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._line.read()
                if not data:
                    return b""  # many sites hang up without TLS's own end; HTTP says what was to come
                self._in.write(data)
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise ConnectionResetError from error

    async def write(self, data: bytes) -> None:
        """See ``PageLine``."""
        with suppress(ssl.SSLError):
            self._tls.write(data)
        await self._flush()

    async def _flush(self) -> None:
        if self._out.pending:
            await self._line.write(self._out.read())

    async def _more(self) -> None:
        data = await self._line.read()
        if not data:
            raise ConnectionResetError
        self._in.write(data)


@asynccontextmanager
async def reached(labd: LabdClient, visit: PageVisit, *, act: bool) -> AsyncIterator[tuple[PageOpening, PageLine]]:
    """Give how the connection to a page's site went, and the line that is to be used if it is open.

    Args:
        labd: who connects.
        visit: the page.
        act: whether somebody does something by it, which a frozen lab goes on for.

    Raises:
        RefusedError: labd refuses it, or does not answer.
        CertificateError: a browser on that host would warn of the certificate.
        PageTlsError: the site speaks no TLS.
    """
    secure = visit.target.scheme == "https"
    if secure and visit.trusted:
        async with _plain(labd, visit, act=act) as line:
            if line.opening.state != "open":
                yield line.opening, line
                return
            tls = await _shaken(line, _any(), visit)
            if hashlib.sha256(tls.certificate).hexdigest() == visit.trusted:
                yield line.opening, tls
                return
    async with _plain(labd, visit, act=act, authorities=secure) as line:
        if not secure or line.opening.state != "open":
            yield line.opening, line
            return
        try:
            tls = await _shaken(line, _trusting(line.opening.authorities), visit)
        except ssl.SSLCertVerificationError as error:
            raise await _shown(labd, visit, error) from error
        yield line.opening, tls


async def _shaken(line: PlainLine, context: ssl.SSLContext, visit: PageVisit) -> TlsLine:
    tls = TlsLine(line, context, visit.target.name)
    try:
        async with asyncio.timeout(SHAKE_SECONDS):
            await tls.shake_hands()
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise PageTlsError((error.reason or "TLS").replace("_", " ").lower()) from error
    return tls


async def _shown(labd: LabdClient, visit: PageVisit, error: ssl.SSLCertVerificationError) -> CertificateError:
    """Return what is wrong with a certificate, with the certificate, for which the site is asked again."""
    async with _plain(labd, visit, act=False) as line:
        if line.opening.state != "open":
            return certificate_error(error, None)
        tls = await _shaken(line, _any(), visit)
        return certificate_error(error, SiteCertificate.read(tls.certificate))


@asynccontextmanager
async def _plain(
    labd: LabdClient, visit: PageVisit, *, act: bool, authorities: bool = False
) -> AsyncIterator[PlainLine]:
    name, port = visit.target.reached_at
    asked = {"name": name, "port": str(port), "act": str(int(act)), "authorities": str(int(authorities))}
    seat = visit.seat
    line = (
        labd.web(visit.lab, visit.host, asked, visit.token)
        if seat is None
        else labd.seat_web(seat.phase, seat.place, visit.host, asked, visit.token, visit.address)
    )
    async with line as connection:
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                opening = decode(PageOpening, await connection.recv())
        except (TimeoutError, WireError) as error:
            raise RefusedError(_refusal("machine")) from error
        except ConnectionClosed as error:
            raise RefusedError(_refusal(_KINDS.get(connection.close_code or 0, "machine"))) from error
        yield PlainLine(connection, opening)


def _refusal(kind: RefusalKind) -> Refusal:
    return Refusal(kind, Text(fr="La page ne peut pas être ouverte.", en="The page cannot be opened."))


def _any() -> ssl.SSLContext:
    """Return what accepts every certificate; its caller looks which one it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(authorities: str) -> ssl.SSLContext:
    """Return what accepts what a browser on a host would that trusts these authorities, PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False  # as browsers
    with suppress(ssl.SSLError, ValueError):
        context.load_verify_locations(cadata=authorities)
    return context
