"""Certificates that are issued again, and what a real TLS client says of each."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from orchestrator.core.errors import LabError
from orchestrator.faults.library.tls._x509 import Authority, CertificateChanges, PrivateKey, encrypted, issue_again
from orchestrator.faults.library.tls.tls import EXPIRED, NAME_MISMATCH, UNTRUSTED, judged

pytestmark = pytest.mark.slow

NAME = "intranet.example.internal"
NOW = dt.datetime.now(dt.UTC)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass
class Site:
    """A server's certificate and key, and the authority that signed it."""

    authority: Authority
    certificate: bytes
    key: bytes


@pytest.fixture(params=["rsa", "ec"])
def site(request: pytest.FixtureRequest) -> Site:
    authority = Authority.new("Site CA")
    key: PrivateKey = (
        rsa.generate_private_key(65537, 2048) if request.param == "rsa" else ec.generate_private_key(ec.SECP256R1())
    )
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(NOW - dt.timedelta(days=10))
        .not_valid_after(NOW + dt.timedelta(days=10))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName("web")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=True)
        .sign(authority.key, hashes.SHA256())
    )
    return Site(authority, pem(certificate), pem_of(key))


def said(site: Site, chain: bytes, tmp_path: Path) -> tuple[int, str]:
    """Return what a client says to a real server that presents a chain."""
    (tmp_path / "chain").write_bytes(chain)
    (tmp_path / "key").write_bytes(site.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain", tmp_path / "key")
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    server = threading.Thread(target=serve)
    server.start()
    seen = judged(ours, name=NAME, trusted=pem(site.authority.certificate))
    server.join()
    return seen


def test_a_sound_certificate_is_accepted(site: Site, tmp_path: Path) -> None:
    assert said(site, site.certificate, tmp_path)[0] == 0
    assert said(site, issue_again(site.certificate, site.authority, CertificateChanges()), tmp_path)[0] == 0


def test_each_fault_has_its_own_reason(site: Site, tmp_path: Path) -> None:
    expired = CertificateChanges(NOW - dt.timedelta(days=9), NOW - dt.timedelta(days=1))
    assert said(site, issue_again(site.certificate, site.authority, expired), tmp_path)[0] == EXPIRED
    renamed = CertificateChanges(names=("old.example.internal",))
    assert said(site, issue_again(site.certificate, site.authority, renamed), tmp_path)[0] == NAME_MISMATCH
    stranger = issue_again(site.certificate, Authority.new("Other CA"), CertificateChanges())
    assert said(site, stranger, tmp_path)[0] in UNTRUSTED
    namesake = issue_again(site.certificate, Authority.new("Site CA"), CertificateChanges())
    assert said(site, namesake, tmp_path)[0] in UNTRUSTED


def test_only_what_is_asked_for_changes(site: Site) -> None:
    again = issue_again(site.certificate + site.certificate, site.authority, CertificateChanges(not_after=NOW))
    first, second = x509.load_pem_x509_certificates(again)
    (was,) = x509.load_pem_x509_certificates(site.certificate)
    assert second == was
    assert first.public_key() == was.public_key()
    assert (first.subject, first.issuer) == (was.subject, was.issuer)
    assert first.not_valid_before_utc == was.not_valid_before_utc
    assert first.not_valid_after_utc != was.not_valid_after_utc
    assert first.serial_number != was.serial_number
    for kind in (x509.SubjectAlternativeName, x509.ExtendedKeyUsage):
        assert first.extensions.get_extension_for_class(kind) == was.extensions.get_extension_for_class(kind)


def test_an_authority_is_its_certificate_and_its_key(site: Site) -> None:
    certificate, key = pem(site.authority.certificate), pem_of(site.authority.key)
    assert Authority.read(certificate, key).certificate == site.authority.certificate
    for wrong in ((certificate, site.key), (b"no", key), (certificate, b"no"), (certificate, encrypted(key, "x"))):
        with pytest.raises(LabError, match="cannot be used"):
            Authority.read(*wrong)
    with pytest.raises(LabError, match="cannot be used"):
        issue_again(b"no", site.authority, CertificateChanges())


def test_an_authority_may_have_an_edwards_key() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    other = Authority.new("x")
    subject = other.certificate.subject
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - dt.timedelta(days=1))
        .not_valid_after(NOW + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    authority = Authority.read(pem(made), pem_of(key))
    (again,) = x509.load_pem_x509_certificates(
        issue_again(pem(other.certificate), authority, CertificateChanges(names=("a.b",)))
    )
    again.verify_directly_issued_by(authority.certificate)


def test_a_key_with_a_passphrase_needs_it(site: Site) -> None:
    locked = encrypted(site.key, "secret")
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(locked, password=None)
    assert isinstance(serialization.load_pem_private_key(locked, password=b"secret"), PrivateKey)
    with pytest.raises(LabError, match="cannot be used"):
        encrypted(b"no key", "x")


def test_a_server_without_tls_is_told() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"220 mail\r\n")
    theirs.close()
    code, words = judged(ours, name=NAME, trusted=pem(Authority.new("x").certificate))
    assert code not in {0, EXPIRED, NAME_MISMATCH, *UNTRUSTED}
    assert words
