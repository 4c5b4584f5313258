"""Whose a certificate is: told from its key, for a certificate may bear any name and any number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import testinfra.modules.file


def certificate_key_ids(source: testinfra.modules.file.File | bytes) -> list[str]:
    """Return the key identifiers of the certificates in a file (PEM), computed from their keys; none where it has none.

    An identifier is the SHA-1 of the public key in hexadecimal digits (RFC 5280, section 4.2.1.2, method 1), what
    ``openssl x509 -ext subjectKeyIdentifier`` shows of a certificate that tells the truth.

    Args:
        source: the file, as ``lab.host(...).file(...)`` gives it, or what it says.
    """
    from cryptography import x509  # noqa: PLC0415 (few checks ask)

    try:
        certificates = x509.load_pem_x509_certificates(source if isinstance(source, bytes) else source.content)
    except ValueError:
        return []
    return [x509.SubjectKeyIdentifier.from_public_key(one.public_key()).digest.hex() for one in certificates]
