"""The settings file: what is wrong is told at its line, with what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.loader.settings_file import parse_settings, read_settings
from orchestrator.model.serve_settings import DEFAULT_LISTEN, CertificateFiles


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ContentError) as refused:
        parse_settings(text, "portal.toml")
    return [(str(problem.place), problem.text.en) for problem in refused.value.problems]


def test_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "portal.toml"
    path.write_text(
        "# ours\ncontract = 1\nlisten = '[::]:443'\nnames = [\n  'labs.school.example', # first\n  '192.168.1.10',\n]\n"
        "database = 'postgresql://b@db/b'\ncontent = ['/srv/labs']\n\n[tls]\ncert = '/etc/ssl/a.pem'\nkey = '/k'\n"
    )
    found = read_settings(path)
    assert found.names == ("labs.school.example", "192.168.1.10")
    assert (found.listen, found.tls) == ("[::]:443", CertificateFiles(cert="/etc/ssl/a.pem", key="/k"))
    assert parse_settings("contract = 1", "x").listen == DEFAULT_LISTEN


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("lisen = 'a'", "1:1", 'write "contract = 1"'),
        ("contract = 2", "1:12", "follow"),
        ("contract = 1\n\nlisen = 'x'", "3:1", 'unknown key "lisen"; did you mean "listen"?'),
        ("contract = 1\nlisten = 8443", "2:10", "expected a text; found the number 8443"),
        ("contract = 1\nlisten = '0.0.0.0'", "2:10", "an address and a port"),
        ("contract = 1\nlisten = 2026-11-29", "2:10", "an address and a port"),
        ("contract = 1\nnames = [\n  'good',\n  'bad name',\n]", "4:3", 'found "bad name"'),
        ("contract = 1\nbehind_proxy = 'yes'", "2:16", "true or false"),
        ("contract = 1\nrecordings_days = 0", "2:19", "1"),
        ("contract = 1\ntls = 3", "2:7", "pairs"),
        ("contract = 1\n[tls]\ncrt = '/a'\nkey = '/k'", "3:1", 'did you mean "cert"?'),
        ("contract = 1\n[tls]\ncert = '/a'", "2:1", 'the key "key" is missing'),
        ("contract = 1\ntls = {cert = 'a', key = '/k'}", "2:7", "an absolute path"),
        ("contract = 1\nbehind_proxy = true\n[tls]\ncert = '/a'\nkey = '/k'", "2:1", "the proxy that speaks TLS"),
        ("contract = 1\n[limits]\nlabs_per_person = 0", "3:19", '"labs_per_person" must be at least 1'),
        ("contract = 1\n[limits]\nstarts_at_once = 99", "3:18", "at most 16"),
        ("contract = 1\n[limits]\nmemory = '24'", "3:10", "a size such as 128M or 1G"),
        ("contract = 1\n[limits]\nfreeze_afer = 30", "3:1", 'did you mean "freeze_after"?'),
        ("contract = 1\nlisten = 0.0.0.0:8443", "2:13", "not TOML"),
        ("contract = 1\ncontract = 1", "2", "not TOML"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(text: str, place: str, said: str) -> None:
    (found,) = problems(text)
    assert found[0] == f"portal.toml:{place}"
    assert said in found[1]


def test_every_problem_is_told() -> None:
    assert len(problems("contract = 1\nlisten = 1\nnames = 2\n[tls]\ncert = 'x'\n")) == 4
