"""What a TLS client says of the certificate that a server presents."""

from __future__ import annotations

import socket
import ssl

EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED."""
NAME_MISMATCH = 62
"""X509_V_ERR_HOSTNAME_MISMATCH."""
UNTRUSTED = frozenset({7, 18, 19, 20, 21})
"""The codes for a certificate that no trusted authority has signed: bad signature, self-signed, issuer unknown."""

_CLOSED = 1000
"""Not one of OpenSSL's: the server spoke no TLS."""


def judged(connection: socket.socket, *, name: str, trusted: bytes, timeout: float = 5.0) -> tuple[int, str]:
    """Return what a TLS client that trusts one authority says of a server: OpenSSL's verify code (0: fine) and words.

    Args:
        connection: a connected socket; it is closed.
        name: the host name that the client asks for.
        trusted: the authority's certificate, PEM.
        timeout: seconds.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=trusted.decode())
    connection.settimeout(timeout)
    try:
        with connection, context.wrap_socket(connection, server_hostname=name):
            return 0, "the certificate is accepted"
    except ssl.SSLCertVerificationError as error:
        return error.verify_code, error.verify_message
    except OSError as error:
        return _CLOSED, str(error)
