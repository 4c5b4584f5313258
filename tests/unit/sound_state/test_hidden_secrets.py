"""Secrets that somebody makes up are not shown; what else a file says is."""

from __future__ import annotations

import pytest

from grader.report import Difference
from orchestrator.core.text import Text
from orchestrator.sound_state.hidden_secrets import HIDDEN, without_secrets

PLACE = "/etc/default/shop"


def shown(text: str, place: str = PLACE, field: str = "content", provider: str = "files") -> str | None:
    """Return what is shown of a text."""
    said = Text(fr="a", en="a")
    one = Difference("web1", provider, place, field, None, text, "unexplained", said)
    return without_secrets(one, {"Drawn-17"}).now


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DB_PASSWORD=hunter2", f"DB_PASSWORD={HIDDEN}"),
        ("DB_USER=shop\nDB_PASS='hun ter2'\nDB_HOST=db1", f"DB_USER=shop\nDB_PASS={HIDDEN}\nDB_HOST=db1"),
        ('Dhcp4.lease-database.password = "hunter2"', f"Dhcp4.lease-database.password = {HIDDEN}"),
        ("[domain/a] ldap_default_authtok = hunter2", f"[domain/a] ldap_default_authtok = {HIDDEN}"),
        ('  "secret": "hunter2",', f'  "secret": {HIDDEN},'),
        ("api_token: hunter2", f"api_token: {HIDDEN}"),
        ("url = postgres://shop:hunter2@db1/shop", f"url = postgres://shop:{HIDDEN}@db1/shop"),
        ("[commun] password = hunter2; x", f"[commun] password = {HIDDEN}"),
    ],
)
def test_a_secret_that_somebody_made_up_is_hidden(text: str, said: str) -> None:
    assert shown(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD=Drawn-17",
        "DB_PASSWORD='Drawn-17'",
        "passwd: files sss",
        "%admin ALL = (root) NOPASSWD: ALL",
        "smtp_sasl_password_maps = hash:/etc/postfix/relays",
        "password_file = /etc/shop/word",
        "krb5_store_password_if_offline = true",
        "[global] machinepasswordtimeout = 0",
        "passwordauthentication no",
        "PASSWORD=$(cat /run/word)",
        "DB_HOST=db1",
        "proxy_pass http://web1:8080/a@b",
    ],
)
def test_what_else_a_file_says_is_shown(text: str) -> None:
    assert shown(text) == text


def test_a_file_of_logins_shows_none_of_its_lines() -> None:
    assert shown("db1:5432:shop:shop:hunter2", "/root/.pgpass") == HIDDEN
    new = "file 0600 0:0\n[relay] shop:hunter2"
    assert shown(new, "/etc/postfix/sasl_passwd", "presence") == f"file 0600 0:0\n{HIDDEN}"
    assert shown("0600", "/root/.pgpass", "mode") == "0600"
    assert shown("file 0600 0:0", "/root/.pgpass", "presence") == "file 0600 0:0"


def test_only_files_are_looked_at() -> None:
    assert shown("password: set", provider="openldap") == "password: set"
