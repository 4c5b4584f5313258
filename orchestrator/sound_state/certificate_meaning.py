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
        yield f"certificate of {_holder(found)}"
        yield f"signed by {found.issuer.rfc4514_string()}"
    else:
        found = x509.load_pem_x509_csr(pem)
        yield f"request for {_holder(found)}"
    for extension in sorted(found.extensions, key=lambda one: one.oid.dotted_string):
        if extension.oid._name not in _BY_KEY and not _says_nothing(extension, found):  # noqa: SLF001 - as below
            yield _extension(extension)


def _holder(found: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Return whose it is: the whole name of an authority, of others the common name alone, where they have one."""
    names = _common_names(found)
    return (names[0] if len(names) == 1 and not _is_authority(found) else found.subject).rfc4514_string()


def _common_names(
    found: x509.Certificate | x509.CertificateSigningRequest,
) -> list[x509.NameAttribute[str | bytes]]:
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 - as above

    return found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)


def _is_authority(found: x509.Certificate | x509.CertificateSigningRequest) -> bool:
    from cryptography import x509  # noqa: PLC0415 - as above

    values = [extension.value for extension in found.extensions]
    return any(isinstance(value, x509.BasicConstraints) and value.ca for value in values) or any(
        isinstance(value, x509.KeyUsage) and (value.key_cert_sign or value.crl_sign) for value in values
    )


def _says_nothing(
    extension: x509.Extension[x509.ExtensionType], found: x509.Certificate | x509.CertificateSigningRequest
) -> bool:
    """Return whether an extension only spells out what a server's certificate is without it (RFC 5280, RFC 9525).

    One that narrows too much, or one too few, is what the certificate's users refuse.
    """
    from cryptography import x509  # noqa: PLC0415 - as above
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415 - as above

    if _is_authority(found):
        return False
    match extension.value:
        case x509.BasicConstraints() | x509.KeyUsage():
            return True
        case x509.ExtendedKeyUsage() as usages:
            return set(usages) == {ExtendedKeyUsageOID.SERVER_AUTH}
        case x509.SubjectAlternativeName() as names:
            hosts = names.get_values_for_type(x509.DNSName)
            return len(hosts) == len([*names]) and hosts == [name.value for name in _common_names(found)]
    return False


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
