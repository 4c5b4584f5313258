"""The faults of certificates on real hosts, seen by curl on a workstation."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.faults.library.tls.certificate import (
    CertificateAuthorityWrong,
    CertificateExpired,
    CertificateKeyUnreadable,
    CertificateNameWrong,
)
from orchestrator.labs import Running
from tests.live.faults.harness import Behaviour, Case, connects, output, prove

pytestmark = pytest.mark.live

LAB = "fault-hosts"
WEB, NAME = "10.81.1.20", "intranet.site.internal"
SITE = """
server {
    listen 443 ssl;
    ssl_certificate /etc/ssl/site/server.pem;
    ssl_certificate_key /etc/ssl/site/server.key;
    root /var/www/html;
}
"""
KEYS = f"""
set -e
mkdir -p /etc/ssl/site; cd /etc/ssl/site
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 \
  -subj '/O=Site/CN=Site CA' -addext 'keyUsage=critical,keyCertSign,cRLSign'
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj '/CN={NAME}'
printf 'subjectAltName=DNS:{NAME},DNS:web\\nextendedKeyUsage=serverAuth\\nbasicConstraints=CA:FALSE\\n' >ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 700 -extfile ext -out server.pem
"""
SITE_GONE = "rm -rf /etc/nginx/sites-enabled/tls /etc/ssl/site; systemctl reset-failed nginx; systemctl restart nginx"
SERVER: dict[str, Any] = {
    "host": "web",
    "certificate": "/etc/ssl/site/server.pem",
    "unit": "nginx",
    "server_name": NAME,
    "address": WEB,
    "authority": "/etc/ssl/site/ca.pem",
}
ISSUED: dict[str, Any] = {**SERVER, "authority_key": "/etc/ssl/site/ca.key"}


@pytest.fixture(autouse=True, scope="module")
def site(app: App, running: Running, undo: ExitStack) -> None:
    """A TLS site with a certificate of the lab's own authority, which the workstation trusts."""
    driver = app.labs.running.driver(running)
    undo.callback(driver.run, "web", ("sh", "-ec", SITE_GONE))
    undo.callback(driver.run, "pc", ("rm", "-f", "/etc/ssl/site-ca.pem"))
    done = driver.run_script("web", KEYS)
    assert done.status == 0, done.stderr
    driver.write("web", "/etc/nginx/sites-enabled/tls", SITE.encode(), mode="0644")
    driver.run("web", ("systemctl", "restart", "nginx"))
    driver.write("pc", "/etc/ssl/site-ca.pem", driver.read("web", "/etc/ssl/site/ca.pem"), mode="0644")


def curl(driver: LabDriver, *options: str) -> str:
    """Return curl's exit status and complaint."""
    argv = ("curl", "-sS", "-o", "/dev/null", "--max-time", "5", "--resolve", f"{NAME}:443:{WEB}", *options)
    done = driver.run("pc", (*argv, f"https://{NAME}/"), check=False)
    return f"{done.status} {done.stderr.decode()}"


def trusted(driver: LabDriver) -> bool:
    return curl(driver, "--cacert", "/etc/ssl/site-ca.pem").startswith("0 ")


def refused_for(reason: str) -> Behaviour:
    """Return whether curl refuses the certificate for a reason, and would do without the check."""

    def behaviour(driver: LabDriver) -> bool:
        seen = curl(driver, "--cacert", "/etc/ssl/site-ca.pem")
        return reason in seen and curl(driver, "--insecure").startswith("0 ")

    return behaviour


def ssh_answers(driver: LabDriver) -> bool:
    return connects(driver, "pc", WEB, 22)


def tls_runs(driver: LabDriver) -> bool:
    return connects(driver, "pc", WEB, 443)


CASES = (
    Case(
        CertificateExpired(**ISSUED),
        healthy=trusted,
        unharmed=refused_for("certificate has expired"),
        reboots=("web",),
    ),
    Case(
        CertificateExpired(**ISSUED, restart=("ssh",)),
        healthy=trusted,
        unharmed=ssh_answers,
        note="two services",
    ),
    Case(
        CertificateNameWrong(**ISSUED, wrong_name="old.site.internal"),
        healthy=trusted,
        unharmed=refused_for("no alternative certificate subject name matches"),
        reboots=("web",),
    ),
    Case(
        CertificateAuthorityWrong(**SERVER),
        healthy=trusted,
        unharmed=refused_for("unable to get local issuer certificate"),
        reboots=("web",),
    ),
    Case(
        CertificateKeyUnreadable(host="web", key="/etc/ssl/site/server.key", unit="nginx"),
        healthy=tls_runs,
        unharmed=ssh_answers,
        reboots=("web",),
    ),
    Case(
        CertificateKeyUnreadable(host="web", key="/etc/ssl/site/server.key", unit="nginx", how="passphrase"),
        healthy=tls_runs,
        unharmed=ssh_answers,
        note="passphrase",
    ),
    Case(
        CertificateKeyUnreadable(
            host="db",
            key="/etc/ssl/private/ssl-cert-snakeoil.key",
            unit="postgresql@17-main",
            how="permissions",
        ),
        healthy=lambda driver: connects(driver, "pc", "10.81.1.30", 5432),
        note="permissions",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"server_name": "elsewhere.site.internal"}, "Hostname mismatch"),
        ({"port": 8443}, "not sound beforehand"),
        ({"authority": "/etc/ssl/certs/ssl-cert-snakeoil.pem"}, "No such file"),
    ],
)
def test_a_server_that_is_not_sound_is_refused(driver: LabDriver, wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(LabError) as raised:
        CertificateExpired(**(ISSUED | wrong)).remember(driver)
    assert reason in f"{raised.value} {raised.value.evidence}"


def test_all_but_the_fault_stays_as_it_was(driver: LabDriver) -> None:
    """A certificate that is issued again has the same key and extensions, but for what the fault is about."""

    def shown(option: str) -> str:
        return output(driver, "web", "openssl", "x509", "-noout", "-in", SERVER["certificate"], *option.split())

    def kept() -> list[str]:
        return [shown(what) for what in ("-pubkey", "-subject", "-issuer", "-ext subjectAltName,extendedKeyUsage")]

    before, end = kept(), shown("-enddate")
    fault = CertificateExpired(**ISSUED)
    memento = fault.remember(driver)
    fault.inject(driver)
    assert all(before)
    assert kept() == before
    assert shown("-enddate") != end
    fault.revert(driver, memento)
    assert shown("-enddate") == end
