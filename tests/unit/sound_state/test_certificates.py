"""What certificates say, whichever key they are for and however long they are valid."""

from __future__ import annotations

import base64
import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from orchestrator.sound_state.certificate_meaning import certificate_statements


def name(common: str, organisation: str = "") -> x509.Name:
    belongs_to = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name([*belongs_to, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def made(
    subject: str = "srv",
    issuer: str = "authority",
    names: tuple[str, ...] = ("srv.example",),
    *,
    ca: bool = False,
    year: int = 2001,
    organisation: str = "",
    more: tuple[x509.ExtensionType, ...] = (),
) -> str:
    key, start = ec.generate_private_key(ec.SECP256R1()), datetime(year, 1, 1, tzinfo=UTC)
    holder = name(subject, organisation)
    builder = x509.CertificateBuilder(name(issuer), holder, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=90))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    for one in more:
        builder = builder.add_extension(one, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def request(subject: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    built = x509.CertificateSigningRequestBuilder(name(subject)).sign(key, hashes.SHA256())
    return built.public_bytes(Encoding.PEM).decode()


def test_a_renewed_certificate_says_the_same() -> None:
    first = certificate_statements(made())
    assert first is not None
    assert first == certificate_statements(made(year=2002))
    assert first[0] == "certificate of CN=srv, signed by CN=authority, subjectAltName srv.example"


def test_what_a_server_s_certificate_is_without_saying_so_is_left_out() -> None:
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=True, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    for_servers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    plain = certificate_statements(made())
    assert certificate_statements(made(more=(usage, for_servers))) == plain
    assert certificate_statements(made(names=("srv",))) == ("certificate of CN=srv, signed by CN=authority",)


def test_an_address_that_is_the_common_name_too_is_told() -> None:
    """No program takes a common name for an address: such a certificate says more than one without it."""
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("10.1.2.3"))])
    told = certificate_statements(made("10.1.2.3", names=(), more=(address,)))
    assert told == ("certificate of CN=10.1.2.3, signed by CN=authority, subjectAltName critical 10.1.2.3",)


def test_a_common_name_is_told_with_its_escapes() -> None:
    assert certificate_statements(made("srv, signed by CN=other", names=("srv.example",))) == (
        r"certificate of CN=srv\, signed by CN=other, signed by CN=authority, subjectAltName srv.example",
    )


@pytest.mark.parametrize("usages", [(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH), ()])
def test_what_gives_it_more_is_told(usages: tuple[x509.ObjectIdentifier, ...]) -> None:
    may_sign = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    more = x509.ExtendedKeyUsage(usages) if usages else may_sign
    assert certificate_statements(made(more=(more,))) != certificate_statements(made())


def test_the_whole_name_of_an_authority_counts_of_others_the_common_name() -> None:
    assert certificate_statements(made(organisation="Town")) == certificate_statements(made())
    assert certificate_statements(made(organisation="Town", ca=True)) != certificate_statements(made(ca=True))


@pytest.mark.parametrize(
    "other", [made("other"), made(issuer="srv"), made(names=("srv.example", "x.example")), made(ca=True)]
)
def test_one_that_says_otherwise_does_not(other: str) -> None:
    assert certificate_statements(other) != certificate_statements(made())


def test_a_chain_says_what_each_says_and_a_request_what_is_asked() -> None:
    both = certificate_statements(made() + made("authority", "root", ca=True))
    assert both == (
        *(certificate_statements(made()) or ()),
        *(certificate_statements(made("authority", "root", ca=True)) or ()),
    )
    assert certificate_statements(request("srv")) == ("request for CN=srv",)


def of_another_version() -> str:
    der = x509.load_pem_x509_certificate(made().encode()).public_bytes(Encoding.DER)
    changed = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(changed).decode()}-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        made() + "x",
        made().replace("MII", "", 1),
        of_another_version(),
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n" * 3,
    ],
    ids=range(7),
)
def test_what_is_more_or_less_than_certificates_is_none(text: str) -> None:
    assert certificate_statements(text) is None
