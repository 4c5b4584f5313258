"""A trainee's way through a lab, over the socket: path, start, ticket, red, repair, green, debrief, stop."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.labd import calls, lab_contract, lab_work_contract, path_contract
from orchestrator.labd.lab_contract import OfLab, StartLab
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.path_contract import ScenarioLine
from tests.labd_talk import events_until, stopped

from .conftest import SCENARIO, Member, Site, refusal_of

pytestmark = pytest.mark.slow


def test_a_course(site: Site) -> None:
    lea = site.member("lea")

    async def course() -> None:
        async with site.labd() as client:
            await before_the_lab(client, lea)
            lab = await begun(client, lea)
            await as_it_is(client, lab, lea)
            await red_then_green(client, lab, lea)
            await solved(client, lab, lea)
            await ended(client, lab, lea)

    asyncio.run(course())
    assert site.world.engine.containers({"breakfix.kind": "host"}) == ()


async def line_of(client: LabdClient, member: Member) -> ScenarioLine:
    """Return what the path says of the one scenario."""
    path = await client.call(path_contract.PATH, calls.Nothing(), member.token)
    (line,) = [one for ccp in path.ccps for each in ccp.competences for one in each.scenarios]
    return line


async def before_the_lab(client: LabdClient, lea: Member) -> None:
    line = await line_of(client, lea)
    assert (line.id, line.state, line.proven, line.running) == (SCENARIO, "new", False, "")
    path = await client.call(path_contract.PATH, calls.Nothing(), lea.token)
    assert path.next[0].scenario == line
    card = await client.call(path_contract.SCENARIO, path_contract.LookAtScenario(SCENARIO), lea.token)
    assert (card.hosts, card.attempts) == (("pc1", "pc2", "r1"), ())
    assert card.about.en == "Two workstations and a router"


async def begun(client: LabdClient, lea: Member) -> str:
    lab = (await client.call(lab_contract.START, StartLab(SCENARIO, 7), lea.token)).lab
    events = await events_until(client, lab, lea.token, "ended", act="start")
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert (events[0].kind, events[-1].body["refusal"]) == ("began", None)
    assert {"state": "started"} in [event.body for event in events]
    again = await client.call(lab_contract.START, StartLab(SCENARIO), lea.token)
    assert again.lab == lab, "a lab of the scenario runs already"
    line = await line_of(client, lea)
    assert (line.state, line.running) == ("running", lab)
    return lab


async def as_it_is(client: LabdClient, lab: str, lea: Member) -> None:
    view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
    assert (view.state, view.busy, view.seed, view.solved, view.grading) == ("started", "", "7", False, None)
    assert (view.minutes, view.hints, view.hints_offered, view.report) == (15, (), 2, None)
    assert view.ticket is not None
    host = view.hosts[2]
    assert (host.name, host.device, host.state, host.addresses["eth1"]) == ("r1", True, "running", "192.168.20.1/24")
    assert {(one.host, one.at, one.plugged) for one in view.cables if one.host != "r1"} == {
        ("pc1", "servers", True),
        ("pc2", "servers", False),
    }
    assert (
        'data-host="pc1"'
        in (await client.call(lab_work_contract.MAP, lab_work_contract.MapOf(lab, "fr"), lea.token)).svg
    )


async def red_then_green(client: LabdClient, lab: str, lea: Member) -> None:
    last = (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).last_event
    await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
    red = await events_until(client, lab, lea.token, "ended", after=last, act="check")
    kinds = [event.kind for event in red if event.kind != "running"]
    assert kinds == ["began", "result", "result", "graded", "ended"]
    assert (red[-2].body["verdict"], red[-2].body["changes"]) == ("not_repaired", [])
    assert red[-2].body["checks"][0]["evidence"] is None, "a trainee is not told what was seen"
    assert (await refusal_of(client, lab_work_contract.DEBRIEF, OfLab(lab), lea.token)).kind == "forbidden"
    hint = await client.call(lab_work_contract.HINT, OfLab(lab), lea.token)
    assert (hint.number, hint.offered) == (1, 2)
    for host in ("pc1", "pc2"):
        moved = await client.call(
            lab_work_contract.CABLE, lab_work_contract.MoveCable(lab, host, "eth0", "move", "office"), lea.token
        )
        assert (moved.host, moved.at, moved.plugged) == (host, "office", True)
    await client.call(lab_work_contract.CHECK, OfLab(lab), lea.token)
    green = await events_until(client, lab, lea.token, "ended", after=red[-1].number, act="check")
    assert [event.kind for event in green][:3] == ["hint", "cable", "cable"]
    assert green[-2].body["verdict"] == "repaired"


async def solved(client: LabdClient, lab: str, lea: Member) -> None:
    view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
    assert view.solved
    assert view.since <= view.solved_at
    assert view.grading is not None
    assert [check.outcome for check in view.grading.checks] == ["pass", "pass"]
    assert len(view.hints) == 1
    debrief = await client.call(lab_work_contract.DEBRIEF, OfLab(lab), lea.token)
    assert debrief.debrief is not None
    assert len(debrief.broken) == 3


async def ended(client: LabdClient, lab: str, lea: Member) -> None:
    events = await stopped(client, lab, lea.token)
    assert [event.body for event in events if event.kind == "ended"][-1] == {"act": "stop", "refusal": None}
    assert (await refusal_of(client, lab_contract.LAB, OfLab(lab), lea.token)).kind == "missing"
    assert (await line_of(client, lea)).state == "hinted"
    card = await client.call(path_contract.SCENARIO, path_contract.LookAtScenario(SCENARIO), lea.token)
    (attempt,) = card.attempts
    assert (attempt.solved, attempt.gradings, attempt.hints, attempt.running) == (True, 2, 1, False)
