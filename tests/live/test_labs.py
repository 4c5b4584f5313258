"""Every lab on real hosts, healthy and after a reboot: what is found in the folders is started, there is no list.

Apart from the proofs, which take longest and are made by one worker: another one does this meanwhile.
"""

from __future__ import annotations

import pytest

from grader.report import Report
from grader.report_formats import render_text
from orchestrator.app import App
from orchestrator.core.progress import Silent
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.core]

CONTENT = Content([built_in_root()])


def said(report: Report) -> str:
    return render_text(report, "en", commands=True)


def assert_green(report: Report) -> None:
    assert report.results, "nothing was graded"
    assert all(result.outcome == "pass" for result in report.results), said(report)


@pytest.mark.parametrize("lab", [name for name in CONTENT.labs() if CONTENT.lab(name).checks])
def test_lab_is_healthy(app: App, lab: str) -> None:
    plan = app.labs.plan_of_lab(lab)
    running = app.labs.start(plan, Silent())
    try:
        assert_green(app.labs.health(running))
        driver = app.labs.driver(running)
        driver.reboot()
        wait_for_conditions(driver, plan.ready)
        assert_green(app.labs.health(running))
    finally:
        app.labs.discard(running.instance)
