"""The certificate: made, renewed when it is due, refused when it does not fit."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError
from orchestrator.serving import certificate_renewal
from orchestrator.serving.portal_certificate import ensure, facts_of, made_pair
from orchestrator.serving.serve_plan import TlsPair

HOSTS = ("labs.school.example", "192.168.1.10", "fd00::7")


def test_it_is_for_all_names_and_ours_alone(tmp_path: Path) -> None:
    facts = ensure(tmp_path, HOSTS)
    pair = made_pair(tmp_path)
    assert facts.names == set(HOSTS)
    assert facts.fits
    assert (facts.ends - facts.begins).days == 398
    assert pair.key.stat().st_mode & 0o777 == 0o600
    assert len(facts.fingerprint) == 95
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.cert, pair.key)


def test_it_stays_until_it_is_due_or_lacks_a_name(tmp_path: Path) -> None:
    first = ensure(tmp_path, HOSTS)
    assert ensure(tmp_path, HOSTS[:1]) == first
    later = datetime.now(UTC) + timedelta(days=380)
    renewed = ensure(tmp_path, HOSTS, later)
    assert renewed.fingerprint != first.fingerprint
    assert renewed.ends > first.ends
    other = ensure(tmp_path, ("other.example",))
    assert other.names == {"other.example"}


def test_a_broken_one_is_made_anew(tmp_path: Path) -> None:
    first = ensure(tmp_path, HOSTS)
    made_pair(tmp_path).cert.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    assert ensure(tmp_path, HOSTS).fingerprint != first.fingerprint


def test_a_key_of_another_does_not_fit(tmp_path: Path) -> None:
    ensure(tmp_path / "a", HOSTS)
    ensure(tmp_path / "b", HOSTS)
    mixed = TlsPair(made_pair(tmp_path / "a").cert, made_pair(tmp_path / "b").key)
    assert not facts_of(mixed).fits


@pytest.mark.parametrize("content", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_told(tmp_path: Path, content: str) -> None:
    ensure(tmp_path, HOSTS)
    bad = tmp_path / "bad.pem"
    bad.write_text(content)
    with pytest.raises(MachineError, match=r"bad\.pem"):
        facts_of(TlsPair(bad, made_pair(tmp_path).key))


def test_a_wildcard_is_for_one_label(tmp_path: Path) -> None:
    facts = ensure(tmp_path, ("*.school.example",))
    assert facts.lacks(("labs.school.example", "a.labs.school.example")) == ("a.labs.school.example",)


def test_the_renewal_of_a_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert certificate_renewal.main(["--folder", str(tmp_path), "--host", "a", "--host", "10.0.0.1"]) == 0
    assert capsys.readouterr().out.strip() == facts_of(made_pair(tmp_path)).fingerprint
    blocked = tmp_path / "file"
    blocked.touch()
    assert certificate_renewal.main(["--folder", str(blocked), "--host", "a"]) == 3
