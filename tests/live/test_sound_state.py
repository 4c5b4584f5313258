"""What a repaired lab is asked about: whatever differs from what it was before its fault, and what no repair may bring.

One lab is repaired; then something is changed in it, graded, and undone.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from grader.report import Difference, Report
from grader.report_formats import render_text
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.container import HELPER
from orchestrator.labs import Running

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.core]

KEPT = "/var/lib/breakfix/sound"
LIST = (
    "my @entries = ([1, 6, 0], [2, 6, 33], [4, 4, 0], [16, 6, 0], [32, 4, 0]); "
    'my $list = pack("L", 2) . join("", map {pack("SSL", @$_)} @entries); '
    'my ($file, $name) = ("/etc/hosts", "system.posix_acl_access"); '
    "syscall(188, $file, $name, $list, length($list), 0) and die $!;"
)
"""What ``setfacl -m u:33:rw /etc/hosts`` does (setxattr(2)), which no host has."""
SOON = 30
"""Seconds until the helper has heard of a container's end."""


@dataclass(frozen=True)
class Change:
    """What is done to a host, how it is undone, and what is then told: the object, or None for nothing at all."""

    host: str
    does: str
    undoes: str
    told: str | None
    forbidden: bool = False


CHANGES = {
    "a service is disabled": Change(
        "web1", "systemctl disable -q ssh", "systemctl enable -q ssh", "ssh.service", forbidden=True
    ),
    "a service is masked": Change(
        "app2", "systemctl mask -q ssh", "systemctl unmask -q ssh", "ssh.service", forbidden=True
    ),
    "a service is stopped": Change("app1", "systemctl stop ssh", "systemctl start ssh", "ssh.service", forbidden=True),
    "a database takes nine connections": Change(
        "db1",
        "runuser -u postgres -- psql -qc 'ALTER DATABASE shop CONNECTION LIMIT 9'",
        "runuser -u postgres -- psql -qc 'ALTER DATABASE shop CONNECTION LIMIT -1'",
        "database shop",
        forbidden=True,
    ),
    "a key is readable": Change(
        "pc1", "openssl genpkey -algorithm ed25519 -out /tmp/k; chmod 644 /tmp/k", "rm /tmp/k", "/tmp/k", forbidden=True
    ),
    "a program runs as root": Change(
        "app1",
        "install -m 4755 /usr/bin/true /usr/local/bin/t",
        "rm /usr/local/bin/t",
        "/usr/local/bin/t",
        forbidden=True,
    ),
    "a program in /tmp runs with root's rights": Change(
        "db1", "install -m 4755 /bin/true /tmp/as-root", "rm /tmp/as-root", "/tmp/as-root", forbidden=True
    ),
    "a program may become root whoever starts it": Change(
        "db1", "setcap cap_setuid=ep /usr/bin/perl", "setcap -r /usr/bin/perl", "/usr/bin/perl", forbidden=True
    ),
    "a program of a service's data runs with its owner's rights": Change(
        "db1", "install -m 4755 /bin/true /var/lib/true", "rm /var/lib/true", "/var/lib/true", forbidden=True
    ),
    "a person more may write a file": Change(
        "web1", f"perl -e '{LIST}'", "cp /etc/hosts /root/h; rm /etc/hosts; mv /root/h /etc/hosts", "/etc/hosts"
    ),
    "a timer waits that no file tells of": Change(
        "app2", "systemd-run -q --on-active=1h --unit=later true", "systemctl stop later.timer", "later.timer"
    ),
    "a setting is another one": Change(
        "web1",
        "sed -i.bak 's/worker_connections .*/worker_connections 64;/' /etc/nginx/nginx.conf",
        "mv /etc/nginx/nginx.conf.bak /etc/nginx/nginx.conf",
        "/etc/nginx/nginx.conf",
    ),
    "a host listens on another port": Change(
        "pc1",
        "systemd-run -q --unit=served --property=Type=exec nc -l -k -s 0.0.0.0 -p 8099",
        "systemctl stop served",
        "tcp 0.0.0.0:8099",
    ),
    "a route is added": Change(
        "app1", "ip route add 10.99.0.0/16 dev eth0", "ip route del 10.99.0.0/16", "route 10.99.0.0/16 table main"
    ),
    "a daemon runs with settings that no file has any more": Change(
        "app1",
        "cp -p /etc/default/ssh /tmp/ssh; echo SSHD_OPTS=-oLogLevel=VERBOSE >/etc/default/ssh; systemctl restart ssh; "
        "mv /tmp/ssh /etc/default/ssh",
        "systemctl restart ssh",
        "/usr/sbin/sshd",
    ),
    "a comment is added, and a note made": Change(
        "web1",
        "cp -p /etc/nginx/nginx.conf /root/before; echo '# mine' >> /etc/nginx/nginx.conf",
        "mv /root/before /etc/nginx/nginx.conf",
        None,
    ),
}


@pytest.fixture(scope="module")
def repaired(app: App) -> Iterator[Running]:
    """Return a lab that was broken and repaired as the reference solution says."""
    running = app.labs.lifecycle.start(app.labs.plans.plan("bad-gateway", 1), Silent())
    try:
        app.labs.solutions.apply(running, running.plan.solutions[0], lambda _step: None)
        yield running
    finally:
        with suppress(LabError):  # the last test has done it
            app.labs.lifecycle.discard(running.instance)


def run(app: App, running: Running, host: str, script: str) -> None:
    done = app.labs.running.driver(running).run_script(host, script)
    assert done.status == 0, done.stderr.decode()


def said(report: Report) -> str:
    return render_text(report, "en", commands=True)


def test_a_right_repair_is_plainly_one(app: App, repaired: Running) -> None:
    report = app.labs.grading.check(repaired)
    assert report.verdict == "repaired", said(report)
    assert {one.standing for one in report.differences} <= {"explained"}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told(app: App, repaired: Running, name: str) -> None:
    change = CHANGES[name]
    run(app, repaired, change.host, change.does)
    try:
        report = app.labs.grading.check(repaired)
    finally:
        run(app, repaired, change.host, change.undoes)
    assert all(result.outcome == "pass" for result in report.results), said(report)
    told: tuple[Difference, ...] = (*report.forbidden, *report.unexplained)
    if change.told is None:
        assert (told, report.verdict) == ((), "repaired"), said(report)
        return
    assert report.verdict == ("not_repaired" if change.forbidden else "repaired_with_changes"), said(report)
    about = [one for one in told if (one.host, one.object) == (change.host, change.told)]
    assert ("forbidden" if change.forbidden else "unexplained") in {one.standing for one in about}, said(report)


def test_without_the_first_look_there_is_no_verdict(app: App, repaired: Running) -> None:
    kept = {host.name: f"{KEPT}/{host.container}.json" for host in repaired.instance.hosts}
    in_helper = ["docker", "exec", HELPER]
    subprocess.run([*in_helper, "mv", kept["web1"], f"{KEPT}/aside"], check=True)
    try:
        report = app.labs.grading.check(repaired)
    finally:
        subprocess.run([*in_helper, "mv", f"{KEPT}/aside", kept["web1"]], check=True)
    assert report.verdict == "not_valid"
    assert "web1" in said(report)


def test_what_was_kept_goes_with_the_lab(app: App, repaired: Running) -> None:
    def there() -> set[str]:
        listed = subprocess.run(["docker", "exec", HELPER, "ls", KEPT], check=True, capture_output=True, text=True)
        return {host.container for host in repaired.instance.hosts if f"{host.container}.json" in listed.stdout}

    assert len(there()) == len(repaired.instance.hosts)
    app.labs.lifecycle.discard(repaired.instance)
    assert wait_until(lambda: not there() or None, within=SOON)
