"""What certificates and requests say, without what is another in each: the key, the serial number, the validity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_BLOCK = re.compile(r"-----BEGIN (CERTIFICATE|CERTIFICATE REQUEST)-----[^-]*-----END \1-----\n?")
_BY_KEY = ("authorityKeyIdentifier", "subjectKeyIdentifier")
"""Extensions that only repeat a key."""


def certificate_statements(text: str) -> tuple[str, ...] | None:
    """Return what the certificates and requests of a file say, each as a statement; None where that is not all.

    Whether a certificate is valid, and which key it is for, its users find out: a renewed one says the same.
    """
    blocks = [*_BLOCK.finditer(text)]
    if not blocks or _BLOCK.sub("", text).strip():
        return None
    try:
        return tuple(", ".join(_said(block[1], block[0].encode())) for block in blocks)
    except (ValueError, TypeError):
        return None
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "cryptography":  # its errors have no class in common
            return None
        raise


def _said(kind: str, pem: bytes) -> Iterator[str]:
    from cryptography import x509  # noqa: PLC0415 - few files are any, and the import takes long

    found: x509.Certificate | x509.CertificateSigningRequest
    if kind == "CERTIFICATE":
        found = x509.load_pem_x509_certificate(pem)
        yield f"certificate of {found.subject.rfc4514_string()}"
        yield f"signed by {found.issuer.rfc4514_string()}"
    else:
        found = x509.load_pem_x509_csr(pem)
        yield f"request for {found.subject.rfc4514_string()}"
    for extension in sorted(found.extensions, key=lambda one: one.oid.dotted_string):
        if extension.oid._name not in _BY_KEY:  # noqa: SLF001 - the library's only way to the name
            yield _extension(extension)


def _extension(extension: x509.Extension[x509.ExtensionType]) -> str:
    from cryptography import x509  # noqa: PLC0415 - as above

    critical, value = " critical" if extension.critical else "", extension.value
    match value:
        case x509.SubjectAlternativeName():
            said = " ".join(sorted(str(name.value) for name in value))
        case x509.BasicConstraints():
            said = f"authority {value.path_length}" if value.ca else "no authority"
        case x509.ExtendedKeyUsage():
            said = " ".join(sorted(usage._name for usage in value))  # noqa: SLF001 - as above
        case _:
            said = repr(value)
    return f"{extension.oid._name}{critical} {said}"  # noqa: SLF001 - as above
