"""Web sites at loopback addresses that say exactly what a test wants said, byte for byte."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SOON = 20
"""Seconds after which a test that waits for nothing has failed."""
DAY = dt.timedelta(days=1)


@dataclass
class Asked:
    """A request as a site has it: its head, and its body as it was framed."""

    head: str
    body: bytes

    @property
    def line(self) -> str:
        return self.head.partition("\r\n")[0]

    def named(self, name: str) -> list[str]:
        """Return the values of a header."""
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return [value.strip() for key, _, value in lines if key.lower() == name]


Answer = Callable[[Asked, socket.socket], bytes]
"""Returns the answer to a request; it may say something before by itself."""


@dataclass
class WebSite:
    """A site that listens.

    Attributes:
        place: where.
        answer: what it answers.
        asked: what it was asked.
        left: set each time that a client has hung up.
    """

    place: tuple[str, int]
    answer: Answer
    asked: list[Asked] = field(default_factory=list)
    left: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


def page(body: bytes = b"hello", *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer with a length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def says(answer: bytes) -> Answer:
    """Return what always answers the same."""
    return lambda _asked, _connection: answer


@contextmanager
def web_site(
    answer: Answer, tls: ssl.SSLContext | None = None, first: bytes | None = None, listener: socket.socket | None = None
) -> Iterator[WebSite]:
    """Run a site within the block; each connection has one request.

    Args:
        answer: what it says.
        tls: the TLS that it speaks.
        first: all that it says, unasked.
        listener: where it listens; by default at a free port of 127.0.0.1.
    """
    with listener or socket.create_server(("127.0.0.1", 0)) as listens:
        site = WebSite(listens.getsockname()[:2], answer)
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listens.accept()
                except OSError:
                    return
                connection.settimeout(SOON)
                threads.append(threading.Thread(target=_serve, args=(site, connection, tls, first), daemon=True))
                threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield site
        finally:
            with contextlib.suppress(OSError):
                listens.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            accepting.join(SOON)
            for thread in threads:
                thread.join(SOON)
                assert not thread.is_alive(), "a connection was not hung up"


def _serve(site: WebSite, connection: socket.socket, tls: ssl.SSLContext | None, first: bytes | None) -> None:
    with contextlib.suppress(OSError), connection:
        spoken = tls.wrap_socket(connection, server_side=True) if tls else connection
        with contextlib.suppress(OSError), spoken:
            asked = None if first is not None else _asked(spoken)
            spoken.sendall(first or b"")
            if asked is not None:
                site.asked.append(asked)
                spoken.sendall(site.answer(asked, spoken))
            spoken.shutdown(socket.SHUT_WR)
            while spoken.recv(1 << 16):
                pass
    site.left.release()


def _asked(connection: socket.socket) -> Asked | None:
    said = b""
    while b"\r\n\r\n" not in said:
        data = connection.recv(1 << 16)
        if not data:
            return None
        said += data
    head, _, body = said.partition(b"\r\n\r\n")
    asked = Asked(head.decode("latin-1"), body)
    length = asked.named("content-length")
    chunked = asked.named("transfer-encoding") == ["chunked"]
    while (length and len(asked.body) < int(length[0])) or (chunked and not asked.body.endswith(b"0\r\n\r\n")):
        data = connection.recv(1 << 16)
        if not data:
            break
        asked.body += data
    return asked


# Certificates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A certificate that was made: what it is served with, and as PEM."""

    context: ssl.SSLContext
    pem: str


def certificate(folder: Path, name: str, *, begins: int = -1, ends: int = 1) -> Made:
    """Return a certificate for a name that signs itself; days from now on which it begins and ends."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins * DAY)
        .not_valid_after(now + ends * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{made.serial_number}.pem"
    path.write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return Made(context, pem.decode())
