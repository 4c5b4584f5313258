"""What a browser would warn of in a site's certificate, and what the certificate says."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cryptography import x509
from cryptography.x509.oid import NameOID

from orchestrator.core.control_characters import visible

CertificateTrouble = Literal["unknown-authority", "expired", "not-yet", "wrong-name", "other"]

_TROUBLES: Final[Mapping[int, CertificateTrouble]] = {
    2: "unknown-authority",
    9: "not-yet",
    10: "expired",
    18: "unknown-authority",
    19: "unknown-authority",
    20: "unknown-authority",
    21: "unknown-authority",
    62: "wrong-name",
    64: "wrong-name",
}
"""OpenSSL's number (``X509_V_ERR_…``) → what it means to a reader."""
_LONGEST: Final = 200
_MOST_NAMES: Final = 12


@dataclass(frozen=True)
class SiteCertificate:
    """What a certificate says, fit to be shown.

    Attributes:
        names: the sites that it is for.
        issuer: who made it.
        begins: the first day on which it holds, ISO 8601.
        ends: the last.
        fingerprint: its SHA-256, in small hexadecimal digits.
    """

    names: tuple[str, ...]
    issuer: str
    begins: str
    ends: str
    fingerprint: str

    @classmethod
    def read(cls, der: bytes) -> SiteCertificate | None:
        """Return what a certificate says; None: it cannot be read."""
        try:
            certificate = x509.load_der_x509_certificate(der)
            return cls(
                _names(certificate),
                _shown(_common_name(certificate.issuer) or certificate.issuer.rfc4514_string()),
                f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
                f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC",
                hashlib.sha256(der).hexdigest(),
            )
        except (ValueError, x509.DuplicateExtension):
            return None


class CertificateError(Exception):
    """A browser would warn of this certificate; ``shown`` is None where it could not be looked at."""

    def __init__(self, trouble: CertificateTrouble, shown: SiteCertificate | None) -> None:
        """Take what is wrong."""
        super().__init__(trouble)
        self.trouble = trouble
        self.shown = shown


def certificate_error(error: ssl.SSLCertVerificationError, shown: SiteCertificate | None) -> CertificateError:
    """Return OpenSSL's trouble as a reader's."""
    return CertificateError(_TROUBLES.get(error.verify_code, "other"), shown)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (_shown(_common_name(certificate.subject)),)
    names = [*said.get_values_for_type(x509.DNSName), *map(str, said.get_values_for_type(x509.IPAddress))]
    return tuple(_shown(name) for name in names[:_MOST_NAMES])


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _shown(text: str) -> str:
    return visible(text[:_LONGEST])
