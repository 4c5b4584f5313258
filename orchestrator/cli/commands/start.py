"""``start``: a lab with its fault, and the ticket."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator

from orchestrator.cli import phrases
from orchestrator.cli.click_classes import NAME, command, option, scenario_argument, seed_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both
from orchestrator.cli.pictures import show_map
from orchestrator.cli.progress_view import Steps, steps
from orchestrator.cli.store_access import record
from orchestrator.core.interrupts import shielded
from orchestrator.core.text import Text
from orchestrator.instances.lab_names import require_name
from orchestrator.labs import Running
from orchestrator.model.plan import Plan
from orchestrator.model.seeds import shown_seed

_SEEDS = 1000
"""A drawn seed is below this: short enough to be dictated."""


@command(
    "start",
    help=Text(
        fr="Démarrer le lab d'un scénario, avec sa panne, et montrer le ticket.\n\n"
        "Sans --seed, une variante est tirée au sort. Le nom d'un lab démarre ce lab en bon état. --lab nomme ce qui "
        "démarre, pour les commandes qui suivent.",
        en="Start a scenario's lab with its fault, and show the ticket.\n\n"
        "Without --seed, a variant is drawn. The name of a lab starts that lab in good health. --lab names what "
        "starts, for the commands that follow.",
    ),
)
@scenario_argument
@seed_option()
@option(
    "--lab",
    metavar=NAME,
    help=Text(fr="Le nom du lab ; par défaut, un nom est tiré.", en="The lab's name; by default one is drawn."),
)
@pass_invocation
def start_command(invocation: Invocation, scenario: str, seed: int | None, lab: str | None) -> None:
    """Start a lab."""
    if lab is not None:
        require_name(lab)
    plan = plan_to_start(invocation, scenario, seed)
    with started(invocation, lambda shown: invocation.app.labs.lifecycle.start(plan, shown, name=lab)) as running:
        invocation.output.emit(_document(running), lambda: tell_started(invocation, running))
    record(invocation, lambda practice: practice.started(running))
    invocation.labd.told("start", running.instance.name)


@contextlib.contextmanager
def started(invocation: Invocation, start: Callable[[Steps], Running]) -> Iterator[Running]:
    """Start a lab, and remove it again if the user interrupts before having read how to go on."""
    running: Running | None = None
    try:
        with steps(invocation) as shown:
            running = start(shown)
        yield running
    except KeyboardInterrupt:
        if running is not None:
            with shielded():
                invocation.app.labs.lifecycle.discard(running.instance)
        raise


def plan_to_start(invocation: Invocation, name: str, seed: int | None) -> Plan:
    """Return the plan of a scenario's variant, or of a bare lab."""
    content = invocation.app.content
    if name in content.labs() and name not in content.scenarios():
        return invocation.app.labs.plans.of_lab(name)
    return invocation.app.labs.plans.plan(name, secrets.randbelow(_SEEDS) if seed is None else seed)


def tell_started(invocation: Invocation, running: Running) -> None:
    """Show the ticket, the map, and what can be done now."""
    out, plan = invocation.output, running.plan
    if plan.ticket is not None:
        out.print("", phrases.ticket_panel(plan, invocation.language))
    out.print("")
    show_map(invocation, running)
    name, seed = running.instance.name, shown_seed(plan.seed)
    started = Text(fr=f"✔ Lab {name} en marche (variante {seed}).", en=f"✔ Lab {name} is running (variant {seed}).")
    steps_now = phrases.next_steps(plan, _first_host(plan), _name_needed(invocation, running))
    out.print("", started, steps_now, style="ok")


def _name_needed(invocation: Invocation, running: Running) -> str | None:
    """Return the lab's name where commands have to be given it: several labs run."""
    return running.instance.name if len(invocation.app.labs.running.all()) > 1 else None


def _first_host(plan: Plan) -> str | None:
    """Return a host that a technician would begin with: one that gets its address by DHCP, else the first."""
    clients = [h.name for h in plan.hosts if any(i.dhcp for i in h.interfaces)]
    return next(iter([*sorted(clients), *(h.name for h in plan.hosts)]), None)


def _document(running: Running) -> dict[str, object]:
    return {
        "lab": running.instance.name,
        "scenario": running.plan.scenario,
        "seed": shown_seed(running.plan.seed),
        "digest": running.plan.digest,
        "ticket": both(running.plan.ticket),
        "hosts": [host.name for host in running.plan.hosts],
        "questions": {name: both(question.question) for name, question in running.plan.questions.items()},
        "report": running.plan.report,
    }
