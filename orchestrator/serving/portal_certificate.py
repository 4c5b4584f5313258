"""The portal's certificate: made here where no other is given, looked at before anybody trusts it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.serving.serve_plan import TlsPair

_LIFE = timedelta(days=398)
"""The longest life that browsers accept of a certificate."""
RENEWED_BEFORE = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(hours=1)
_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says.

    Attributes:
        names: the names and addresses it is for.
        begins: the first moment at which it holds.
        ends: the last.
        fingerprint: SHA-256 of it, as browsers show it.
        fits: whether the private key is its own.
    """

    names: frozenset[str]
    begins: datetime
    ends: datetime
    fingerprint: str
    fits: bool

    def lacks(self, hosts: Sequence[str]) -> tuple[str, ...]:
        """Return the names and addresses that it is not for; a wildcard holds for one label."""
        return tuple(host for host in hosts if not {host.lower(), _wildcard(host)} & self.names)

    def due(self, now: datetime) -> bool:
        """Return whether it is to be renewed, or does not hold yet."""
        return now < self.begins or now > self.ends - RENEWED_BEFORE


def made_pair(folder: Path) -> TlsPair:
    """Return where the certificate is that is made here."""
    return TlsPair(folder / "portal.pem", folder / "portal.key")


def facts_of(pair: TlsPair) -> CertificateFacts:
    """Return what a certificate says.

    Raises:
        MachineError: certificate or key cannot be read.
    """
    try:
        certificate = x509.load_pem_x509_certificate(_read(pair.cert, b"CERTIFICATE"))
    except ValueError as error:
        raise _bad(pair.cert, "certificat illisible", "unreadable certificate") from error
    try:
        key = serialization.load_pem_private_key(_read(pair.key, b"PRIVATE KEY"), password=None)
    except TypeError as error:
        raise _bad(pair.key, "elle a un mot de passe", "it has a password") from error
    except ValueError as error:
        raise _bad(pair.key, "clé illisible", "unreadable key") from error
    return CertificateFacts(
        names=_names(certificate),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        fits=_public(key.public_key()) == _public(certificate.public_key()),
    )


def ensure(folder: Path, hosts: Sequence[str], now: datetime | None = None) -> CertificateFacts:
    """Make the certificate where there is none, where it ends soon, or where it lacks a name; return what it says.

    Raises:
        MachineError: it cannot be written.
    """
    pair, moment = made_pair(folder), now or datetime.now(UTC)
    with contextlib.suppress(MachineError):
        facts = facts_of(pair)
        if facts.fits and not facts.due(moment) and not facts.lacks(hosts):
            return facts
    try:
        _make(pair, hosts, moment)
    except OSError as error:
        raise MachineError(
            Text(
                fr=f"Le certificat ne peut pas être écrit dans {folder} : {error.strerror}",
                en=f"The certificate cannot be written into {folder}: {error.strerror}",
            )
        ) from error
    return facts_of(pair)


def _make(pair: TlsPair, hosts: Sequence[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:_LONGEST_COMMON_NAME])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now - _CLOCKS_DIFFER + _LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(pair.key, private)
    _write(pair.cert, certificate.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    """Replace a file at once by one that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.lower())


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    names = {name.lower() for name in said.get_values_for_type(x509.DNSName)}
    return frozenset(names | {str(address) for address in said.get_values_for_type(x509.IPAddress)})


def _wildcard(host: str) -> str:
    return f"*.{host.lower().partition('.')[2]}"


def _public(key: object) -> bytes:
    encoded: bytes = key.public_bytes(  # type: ignore[attr-defined] # every kind of public key has it
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def _read(path: Path, kind: bytes) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _bad(path, error.strerror or str(error), error.strerror or str(error)) from error
    if b"-----BEGIN " not in content or kind not in content:
        word = kind.decode()
        raise _bad(path, f"ce n'est pas un fichier PEM avec « {word} »", f'this is no PEM file with "{word}"')
    return content


def _bad(path: Path, fr: str, en: str) -> MachineError:
    return MachineError(
        Text(fr=f"{path} : {fr}", en=f"{path}: {en}"),
        Text(
            fr="Donnez un certificat et sa clé en PEM, la clé sans mot de passe ; sans eux, Breakfix en fait un.",
            en="Give a certificate and its key in PEM, the key without a password; without them Breakfix makes one.",
        ),
    )
