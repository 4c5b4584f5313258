"""X.509 certificates made outside the lab, so that no trace of their making is in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
"""The keys that an authority of a lab may have."""


@dataclass(frozen=True)
class Authority:
    """A certification authority: its certificate and private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def read(cls, certificate: bytes, key: bytes) -> Authority:
        """Read an authority's PEM files.

        Raises:
            LabError: they are no certificate and private key that belong together.
        """
        try:
            made = x509.load_pem_x509_certificate(certificate)
            private = serialization.load_pem_private_key(key, password=None)
        except (ValueError, TypeError) as error:
            raise _unreadable(str(error)) from error
        if not isinstance(private, PrivateKey) or private.public_key() != made.public_key():
            raise _unreadable("the private key is not the certificate's")
        return cls(made, private)

    @classmethod
    def new(cls, name: str) -> Authority:
        """Make an authority that nobody trusts."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=400))
            .not_valid_after(now + dt.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return cls(builder.sign(key, hashes.SHA256()), key)


@dataclass(frozen=True)
class CertificateChanges:
    """What is different in a certificate that is issued again.

    Attributes:
        not_before: begin of its validity; by default as it was.
        not_after: end of its validity; by default as it was.
        names: its DNS names, the first one also as common name; by default as they were.
    """

    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None
    names: Sequence[str] = ()


def issue_again(chain: bytes, authority: Authority, changes: CertificateChanges) -> bytes:
    """Return a PEM chain whose first certificate is issued again by an authority: same key, same extensions.

    Raises:
        LabError: the chain is not PEM.
    """
    try:
        first, *others = x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise _unreadable(str(error)) from error
    issuer = authority.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(changes.names[0]) if changes.names else first.subject)
        .issuer_name(issuer.subject)
        .public_key(first.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(changes.not_before or first.not_valid_before_utc)
        .not_valid_after(changes.not_after or first.not_valid_after_utc)
        .add_extension(_key_identifier(issuer), critical=False)
    )
    for extension in first.extensions:
        if extension.oid == ExtensionOID.AUTHORITY_KEY_IDENTIFIER:
            continue
        value = extension.value
        if extension.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME and changes.names:
            value = x509.SubjectAlternativeName([x509.DNSName(name) for name in changes.names])
        builder = builder.add_extension(value, critical=extension.critical)
    own_hash = isinstance(authority.key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    made = builder.sign(authority.key, None if own_hash else hashes.SHA256())
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (made, *others))


def encrypted(key: bytes, passphrase: str) -> bytes:
    """Return a private key's PEM text, encrypted.

    Raises:
        LabError: it is no private key without passphrase.
    """
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise _unreadable(str(error)) from error
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _unreadable(reason: str) -> LabError:
    return LabError(
        Text(
            fr=f"le certificat ou la clé n'est pas utilisable : {reason}",
            en=f"the certificate or key cannot be used: {reason}",
        )
    )
