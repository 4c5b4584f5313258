"""Every lab on real hosts, healthy and after a reboot: what is found in the folders is started, there is no list.

Apart from the proofs, which take longest and are made by one worker: another one does this meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from grader.report import Report
from grader.report_formats import render_text
from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.progress import Silent
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.plan import Plan

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.core]

CONTENT = Content([built_in_root()])
A_DOZEN = 12
"""Lines that a grading may leave in a server's log, besides those of the logins and messages that it grades."""


def said(report: Report) -> str:
    return render_text(report, "en", commands=True)


def assert_green(report: Report) -> None:
    assert report.results, "nothing was graded"
    assert all(result.outcome == "pass" for result in report.results), said(report)


def lines_of_strangers(driver: LabDriver, plan: Plan) -> int:
    """Count what slapd has logged of connections that no host made: the grader's, from the server itself or outside."""
    addresses = {i.address.partition("/")[0] for host in plan.hosts for i in host.interfaces if i.address}
    ours: set[str] = set()
    found = 0
    log = driver.run("ldap1", ("journalctl", "--quiet", "--output=cat", "--identifier=slapd")).stdout.decode()
    for row in log.split("\n"):
        number, _, said = row.partition(" ")
        if begun := re.search(r"ACCEPT from (?:IP=([\d.]+)|PATH)", said):
            ours = ours - {number} if begun[1] in addresses else ours | {number}
        found += number in ours
    return found


def no_lines(_driver: LabDriver, _plan: Plan) -> int:
    """Count nothing."""
    return 0


LINES_OF_A_GRADING: Mapping[str, Callable[[LabDriver, Plan], int]] = {"directory": lines_of_strangers}
"""Labs with a server whose log a trainee reads -> how many of its lines are the grader's."""


@pytest.mark.parametrize("lab", [name for name in CONTENT.labs() if CONTENT.lab(name).checks])
def test_lab_is_healthy(app: App, lab: str) -> None:
    plan = app.labs.plans.of_lab(lab)
    running = app.labs.lifecycle.start(plan, Silent())
    try:
        driver = app.labs.running.driver(running)
        count = LINES_OF_A_GRADING.get(lab, no_lines)
        before = count(driver, plan)
        assert_green(app.labs.grading.health(running))
        assert count(driver, plan) - before < A_DOZEN
        driver.reboot()
        wait_for_conditions(driver, plan.ready)
        assert_green(app.labs.grading.health(running))
    finally:
        app.labs.lifecycle.discard(running.instance)
