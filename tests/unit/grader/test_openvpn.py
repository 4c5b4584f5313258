"""What an OpenVPN configuration says, as OpenVPN 2.6.14 takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.openvpn import OpenvpnOptions, openvpn_options

FOLDER = "/etc/openvpn/server"
FILE = f"{FOLDER}/vpn.conf"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Files:
    """A host, as far as its files are read."""

    files: dict[str, str]

    def file(self, path: str) -> Any:  # noqa: ANN401 (stands for testinfra's)
        return Here(path, self.files)


@dataclass(frozen=True)
class Here:
    path: str
    files: dict[str, str]

    @property
    def content_string(self) -> str:
        assert self.path in self.files, f"{self.path} does not exist"
        return self.files[self.path]

    @property
    def content(self) -> bytes:
        return self.content_string.encode()


def options(text: str, **others: str) -> OpenvpnOptions:
    files = {FILE: text, **{f"{FOLDER}/{name}": content for name, content in others.items()}}
    host: Any = Files(files)
    return openvpn_options(host, FILE)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cert vpn.crt", ("vpn.crt",)),
        (" \tcert \t vpn.crt\r", ("vpn.crt",)),
        ('cert "vpn 2026.crt"', ("vpn 2026.crt",)),
        ("cert 'vpn \\2026.crt'", ("vpn \\2026.crt",)),
        ("cert vpn\\ 2026.crt", ("vpn 2026.crt",)),
        ('cert "a\\"b\\\\c"', ('a"b\\c',)),
        ("'cert' vpn.crt", ("vpn.crt",)),
        ("--cert vpn.crt", ("vpn.crt",)),
        ("cert vpn.crt # the new one", ("vpn.crt",)),
        ("cert vpn.crt ;the new one", ("vpn.crt",)),
        ('cert "vpn.crt"#the new one', ("vpn.crt",)),
        ("cert vpn.crt#2", ("vpn.crt#2",)),
        ('cert vpn"2".crt', ('vpn"2".crt',)),
        ("setenv opt cert vpn.crt", ("vpn.crt",)),
        ("\ufeffcert vpn.crt", ("vpn.crt",)),
        ("cert", ()),
    ],
)
def test_words(line: str, words: tuple[str, ...]) -> None:
    assert options(f"{line}\n").every("cert") == [words]


@pytest.mark.parametrize("line", ["# cert a", ";cert a", "  #cert a", "\\#cert a", "", "''"])
def test_no_option(line: str) -> None:
    assert not options(line).options


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('cert "vpn.crt', "a quote is not closed"),
        ("cert 'vpn.crt", "a quote is not closed"),
        ("cert C:\\vpn.crt", '"\\v" has no meaning'),
        ("<cert>\nMIIB", "<cert> is not closed"),
        ("config vpn.conf", "include one another too deeply"),
    ],
)
def test_what_openvpn_refuses(line: str, why: str) -> None:
    with pytest.raises(AssertionError) as caught:
        options(f"dev tun\n{line}")
    said = text_of(str(caught.value))
    assert said.en.startswith(f"OpenVPN refuses {FILE}:")
    assert why in said.en
    assert said.fr != said.en


def test_the_last_one_counts() -> None:
    found = options("cipher a\ndata-ciphers A:B\nncp-ciphers C\nverify-client-cert\nclient-to-client\n")
    assert found.get("data-ciphers", "D") == "C"
    assert found.every("data-ciphers") == [("A:B",), ("C",)]
    assert (found.get("verify-client-cert", "x"), found.get("tls-cipher", "x")) == ("", "x")
    assert "client-to-client" in found
    assert "duplicate-cn" not in found
    assert found.every("push") == []


def test_a_text_in_place_of_a_file() -> None:
    found = options(f"dev tun\n <cert>  # new\n{PEM}  </cert> \nkey vpn.key\n", **{"vpn.key": "secret"})
    assert found.content("cert").decode() == PEM
    assert found.holder("cert") == FILE
    assert found.content("key") == b"secret"
    assert found.holder("key") == f"{FOLDER}/vpn.key"
    assert found.get("dev") == "tun"


def test_relative_names() -> None:
    found = options("cd keys\ncert vpn.crt\nca /etc/ssl/ca.crt\ncd ../old", **{"old/vpn.crt": "old"})
    assert found.holder("ca") == "/etc/ssl/ca.crt"
    assert found.content("cert") == b"old"


def test_included_files() -> None:
    found = options("cd keys\nconfig more.conf\n", **{"keys/more.conf": f"<key>\n{PEM}</key>\n"})
    assert found.holder("key") == f"{FOLDER}/keys/more.conf"


def test_servers_of_a_connection() -> None:
    found = options("remote a 1194\n<connection>\nremote 'b' 443\n</connection>\n")
    assert found.every("remote") == [("a", "1194"), ("b", "443")]


@pytest.mark.parametrize("text", ["", "cert\n", "cert ''\n", "<cert>\n</cert>\n"])
def test_what_is_missing_is_said(text: str) -> None:
    with pytest.raises(AssertionError) as caught:
        options(text).content("cert")
    said = text_of(str(caught.value))
    assert said.en == f'in {FILE} the option "cert" is missing, or names nothing'
    assert "manque" in said.fr


def test_a_file_that_is_missing() -> None:
    with pytest.raises(AssertionError, match=r"vpn\.crt does not exist"):
        options("cert vpn.crt\n").content("cert")
