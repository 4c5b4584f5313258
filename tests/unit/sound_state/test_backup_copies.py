"""Copies that are kept beside a file: they are nobody's repair, and open nothing."""

from __future__ import annotations

import pytest

from orchestrator.sound_state.backup_copies import original_of
from orchestrator.sound_state.file_state import file_changes

FILE = {"kind": "file", "mode": "0644", "owner": "0:0", "content": "one\n"}


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("/etc/hosts.bak", "/etc/hosts"),
        ("/etc/hosts~", "/etc/hosts"),
        ("/etc/nginx/nginx.conf.orig", "/etc/nginx/nginx.conf"),
        ("/etc/nginx/nginx.conf.bak2", "/etc/nginx/nginx.conf"),
        ("/etc/nginx/nginx.conf.bak.20261129", "/etc/nginx/nginx.conf"),
        ("/etc/ssh/sshd_config.2026-11-29", "/etc/ssh/sshd_config"),
        ("/etc/ssh/sshd_config.2026-11-29_10:12", "/etc/ssh/sshd_config"),
        ("/etc/sudoers.d/web.save", "/etc/sudoers.d/web"),
        ("/etc/bind/.named.conf.swp", "/etc/bind/named.conf"),
        ("/usr/local/sbin/archive.sh.old", "/usr/local/sbin/archive.sh"),
    ],
)
def test_a_copy_is_no_difference(copy: str, original: str) -> None:
    assert original_of(copy) == original
    assert list(file_changes(copy, {}, FILE)) == []


@pytest.mark.parametrize(
    "path",
    [
        "/etc/hosts",
        "/etc/nginx/conf.d/old.conf",
        "/etc/nginx/conf.d/site.bak.conf",
        "/etc/cron.d/archive-bak",
        "/etc/cron.daily/archive_old",
        "/etc/nginx/sites-enabled/shop.bak",
        "/etc/network/interfaces.d/eth0.bak",
        "/etc/dnsmasq.d/lan.old",
        "/etc/logrotate.d/web.save",
        "/etc/.bak",
        "/var/www/html/config.php.bak",
        "/opt/app/app.conf.bak",
        "/etc/hosts.d/.swp",
    ],
)
def test_what_some_program_may_read_is_told(path: str) -> None:
    assert original_of(path) is None
    assert [one.field for one in file_changes(path, {}, FILE)] == ["presence"]


def test_a_copy_that_opens_something_is_told() -> None:
    for now in ({**FILE, "mode": "0666"}, {**FILE, "mode": "4755"}, {**FILE, "kind": "symlink"}):
        assert "presence" in {one.field for one in file_changes("/etc/hosts.bak", {}, now)}
    assert [one.thought.standing for one in file_changes("/etc/shadow.bak", {}, FILE)] == ["forbidden"]
    assert list(file_changes("/etc/shadow.bak", {}, {**FILE, "mode": "0640"})) == []
    key = {**FILE, "content": "(a private key)\n", "key": "k"}
    assert [one.thought.standing for one in file_changes("/etc/web/tls/web.key.bak", {}, key)] == ["forbidden"] * 2


def test_a_copy_that_was_there_counts_as_any_other_file() -> None:
    assert [one.field for one in file_changes("/etc/hosts.bak", FILE, {**FILE, "content": "two\n"})] == ["content"]
    assert [one.field for one in file_changes("/etc/hosts.bak", FILE, {})] == ["presence"]
