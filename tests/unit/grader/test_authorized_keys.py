"""What a key opens, by its options, and what rrsync leaves of it."""

from __future__ import annotations

import pytest

from grader.authorized_keys import AuthorizedKey, authorized_keys, rrsync_command

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDlAC0htG3C86UWIhSDPpBwbnvlEuhGPu7DzCUhaJf87 ts1"
RRSYNC = "rrsync -no-lock /srv/profils"
ANY = AuthorizedKey(None, forwards_ports=True)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (f'command="{RRSYNC}",restrict {KEY}', AuthorizedKey(RRSYNC, forwards_ports=False)),
        (f'  restrict,no-pty,Command="{RRSYNC}"\t{KEY}', AuthorizedKey(RRSYNC, forwards_ports=False)),
        (f'no-pty,no-port-forwarding,command="{RRSYNC}" {KEY}', AuthorizedKey(RRSYNC, forwards_ports=False)),
        (f'from="10.0.0.1,ts1",restrict,command="a, \\"b\\"" {KEY}', AuthorizedKey('a, "b"', forwards_ports=False)),
        (f'command="{RRSYNC}" {KEY}', AuthorizedKey(RRSYNC, forwards_ports=True)),
        (f'restrict,port-forwarding,command="{RRSYNC}" {KEY}', AuthorizedKey(RRSYNC, forwards_ports=True)),
        (f'port-forwarding,restrict,command="{RRSYNC}" {KEY}', AuthorizedKey(RRSYNC, forwards_ports=False)),
        (f"restrict {KEY}", AuthorizedKey(None, forwards_ports=False)),
        (f'restrict,command="{RRSYNC}",command="sh" {KEY}', AuthorizedKey(None, forwards_ports=False)),
        (KEY, ANY),
        (f'restrict,command="{RRSYNC} {KEY}', ANY),
        (f"restrict,command='{RRSYNC}' {KEY}", ANY),
    ],
)
def test_what_a_key_opens(line: str, key: AuthorizedKey) -> None:
    assert authorized_keys(f"# {KEY}\n\n \t# {KEY}\n{line}\r\n") == [key]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (RRSYNC, {"-no-lock"}),
        ("/usr/bin/rrsync -no-lock /srv/profils/", {"-no-lock"}),
        ("exec  rrsync -no-lock -munge '/srv//profils'", {"-no-lock", "-munge"}),
        ('rrsync "-no-lock" -- /srv/./profils', {"-no-lock"}),
        ("rrsync /srv/profils -absolute -no-loc  # profiles", {"-no-lock", "-absolute"}),
        ("rrsync -no-lock ../srv/profils", {"-no-lock"}),
        ("rrsync -no-lock //srv/profils", {"-no-lock"}),
        ("rrsync -ro /srv/profils", {"-ro", "-no-del", "-no-lock"}),
        ("rrsync -wo -no-del -no-overwrite /srv/profils", {"-wo", "-no-del", "-no-overwrite"}),
    ],
)
def test_rrsync_restricts_to_the_profiles(command: str, options: set[str]) -> None:
    found = rrsync_command(command)
    assert found is not None
    assert (found.folder, set(found.options)) == ("/srv/profils", options)


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        ("rrsync -no-lock /", "/"),
        ("rrsync -no-lock /srv", "/srv"),
        ("rrsync -no-lock /srv/profils/..", "/srv"),
        ("rrsync -no-lock /srv/profils/croux", "/srv/profils/croux"),
        ("rrsync -no-lock srv/profils", "/root/srv/profils"),
        ("rrsync -no-lock '/srv/profils '", "/srv/profils "),
    ],
)
def test_another_folder(command: str, folder: str) -> None:
    found = rrsync_command(command)
    assert found is not None
    assert found.folder == folder


@pytest.mark.parametrize(
    "command",
    [
        "",
        "sh",
        "rsync --server --daemon .",
        "/home/technicien/rrsync -no-lock /srv/profils",
        f"{RRSYNC}; sh",
        f"{RRSYNC} || $SSH_ORIGINAL_COMMAND",
        f"sh -c '{RRSYNC}'",
        "rrsync -no-lock",
        "rrsync -no-lock /srv/profils /",
        "rrsync -no-locks /srv/profils",
        "rrsync -ro -wo /srv/profils",
        "rrsync -h /srv/profils",
        "rrsync -no-lock '/srv/profils",
        "rrsync -no-lock /srv/*",
    ],
)
def test_no_rrsync_command(command: str) -> None:
    assert rrsync_command(command) is None
