"""An accepted repair of a small lab, and what its mutants type."""

from __future__ import annotations

import pytest

from orchestrator.core.text import Text, same
from orchestrator.model.deliverables import ReportStep
from orchestrator.model.image import MachineKind
from orchestrator.model.plan import Plan, PlannedHost, PlannedInterface, PlannedSolution
from orchestrator.model.scenario import CableStep, ScriptStep, Step
from orchestrator.mutation.mutant import HostFile, Mutant, PlayedRepair

TELL = Text(fr="On agit.", en="We act.")
REPORT = Step(tell=TELL, report=ReportStep(symptom=TELL, cause=TELL, action=TELL, test=TELL, minutes=5))
RULES = "nft add rule inet filter forward ip saddr 10.0.0.0/8 tcp dport 25 accept\nnft -f /etc/nftables.conf"
FILE = HostFile("fw1", "/etc/nftables.conf")


def host(name: str, kind: MachineKind, address: str) -> PlannedHost:
    eth0 = PlannedInterface("eth0", "lan", "02:00:00:00:00:01", address, dhcp=False)
    return PlannedHost(name, f"{name}.lab.example", same(name), "host", kind, (eth0,), None, 0, 0, 0, ())


def shell(where: str, script: str) -> Step:
    return Step(tell=TELL, shell=ScriptStep(host=where, script=script))


STEPS = (
    shell("fw1", RULES),
    shell("mail1", "postconf -e mynetworks=192.168.5.0/24\nsystemctl restart postfix"),
    Step(tell=TELL, cable=CableStep(host="pc1", interface="eth0", plug=True)),
    REPORT,
)


@pytest.fixture
def repair() -> PlayedRepair:
    hosts = (
        host("fw1", "firewall", "10.0.0.1/24"),
        host("mail1", "server", "10.0.0.2/24"),
        host("pc1", "workstation", "10.0.0.3/24"),
    )
    plan = Plan(
        "open-mail", "lab", "lab.example", 1, "d", same("Mail"), {}, hosts, (), (), None, (), None, (), (), (), (), ()
    )
    return PlayedRepair(plan, PlannedSolution("reference", TELL, reference=True, steps=STEPS), (FILE,))


def scripts(mutant: Mutant) -> list[str]:
    return [f"{step.shell.host}: {step.shell.script}" for step in mutant.steps if step.shell is not None]
