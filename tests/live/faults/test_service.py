"""The faults of services on real hosts."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.edits import LineEdit
from orchestrator.faults.library.system.service import (
    ServiceDisabled,
    ServiceMasked,
    ServiceOptionBroken,
    ServiceStopped,
)
from orchestrator.faults.library.system.service_configuration import (
    ServiceConfigBroken,
    ServiceFailsAtBoot,
    ServiceListenWrong,
)
from orchestrator.faults.library.system.service_target import ServiceTargetWrong
from tests.live.faults.harness import Case, connects, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"
WEB = "10.81.1.20"
SITE = "/etc/nginx/sites-available/default"
NGINX: dict[str, Any] = {"host": "web", "unit": "nginx"}


def served(driver: LabDriver) -> bool:
    return connects(driver, "pc", WEB, 80)


def served_at_home(driver: LabDriver) -> bool:
    return succeeds(driver, "web", "curl", "-sf", "-o", "/dev/null", "http://127.0.0.1/")


def ssh_answers(driver: LabDriver) -> bool:
    return connects(driver, "pc", WEB, 22)


def starts_at_boot(driver: LabDriver) -> bool:
    return output(driver, "web", "systemctl", "is-enabled", "nginx").strip() == "enabled"


CASES = (
    Case(ServiceStopped(**NGINX), healthy=served, unharmed=ssh_answers, reboots=("web",)),
    Case(ServiceStopped(**NGINX, stays_off=False), healthy=served, unharmed=starts_at_boot, note="until-reboot"),
    Case(ServiceDisabled(**NGINX), healthy=starts_at_boot, unharmed=served),
    Case(ServiceDisabled(**NGINX), healthy=starts_at_boot, unharmed=ssh_answers, reboots=("web",), note="rebooted"),
    Case(ServiceMasked(**NGINX), healthy=served, unharmed=ssh_answers, reboots=("web",)),
    Case(
        ServiceOptionBroken(**NGINX, option="User", value="www-dta", complaint="status=217/USER"),
        healthy=served,
        unharmed=ssh_answers,
        reboots=("web",),
    ),
    Case(
        ServiceOptionBroken(
            **NGINX, option="ExecStart", value="/usr/sbin/ngnix", replaces=True, complaint="status=203/EXEC"
        ),
        healthy=served,
        note="command",
    ),
    Case(
        ServiceConfigBroken(
            **NGINX,
            file=SITE,
            edit=LineEdit(kind="line", line="root /var/www/html;", becomes="rooot /var/www/html;"),
            complaint='unknown directive "rooot" in /etc/nginx/sites-enabled/default',
        ),
        healthy=served,
        unharmed=ssh_answers,
        reboots=("web",),
    ),
    Case(
        ServiceFailsAtBoot(
            **NGINX,
            file=SITE,
            edit=LineEdit(kind="line", line="root /var/www/html;", becomes="rooot /var/www/html;"),
            complaint='unknown directive "rooot"',
        ),
        healthy=served,
        unharmed=ssh_answers,
        reboots=("web",),
    ),
    Case(ServiceTargetWrong(**NGINX), healthy=served, unharmed=ssh_answers, reboots=("web",)),
    Case(
        ServiceListenWrong(
            **NGINX,
            file=SITE,
            edit=LineEdit(kind="line", line="listen 80 default_server;", becomes="listen 127.0.0.1:80 default_server;"),
            address=WEB,
            port=80,
            listens="127.0.0.1:80",
        ),
        healthy=served,
        unharmed=served_at_home,
        reboots=("web",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_a_disabled_service_is_gone_after_a_reboot(driver: LabDriver) -> None:
    fault = ServiceDisabled(**NGINX)
    memento = fault.remember(driver)
    fault.inject(driver)
    try:
        assert served(driver)
        driver.reboot("web")
        assert not served(driver)
    finally:
        fault.revert(driver, memento)
    assert served(driver)
