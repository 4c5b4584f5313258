"""What somebody does with a cable of a lab, whose it is decided elsewhere. Called from threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from orchestrator.access.lab_places import require_cable, require_host
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef, PortState
from orchestrator.labd.told_refusals import refused
from orchestrator.labs import Labs, Running

CableAction = Literal["plug", "unplug", "replace", "move"]


def act_on_cable(
    labs: Labs,
    running: Running,
    cable: tuple[str, str],
    action: CableAction,
    segment: str,
    note: Callable[[], None] = lambda: None,
    hidden: Sequence[str] = (),
) -> PortState:
    """Act on a cable, and return how it is then.

    Args:
        labs: the labs.
        running: the lab.
        cable: the host, and its interface.
        action: what is done.
        segment: where the cable is moved to; not needed for anything else.
        note: called before it is done, and may refuse it.
        hidden: the hosts whose cables who acts cannot reach.

    Raises:
        UsageError: there is no such host, interface or segment.
        BreakfixError: another program is at work on the lab.
    """
    (host, interface), target = cable, HostRef(running.instance.name, cable[0])
    require_host(host, [one.name for one in running.plan.hosts if one.name not in hidden])
    cables = labs.running.cables(running.instance)
    require_cable(cables, target, interface)
    if action == "move":
        _require_segment(segment, sorted({one.segment for one in cables}))
    note()
    if action == "replace":
        labs.running.replace_cable(target, interface)
    elif action == "move":
        labs.running.move_cable(target, interface, plugged=True, segment=segment)
    else:
        labs.running.move_cable(target, interface, plugged=action == "plug")
    return require_cable(labs.running.cables(running.instance), target, interface)


def _require_segment(name: str, known: list[str]) -> None:
    if name not in known:
        text = Text(fr=f"Ce lab n'a pas de segment « {name} »", en=f'This lab has no segment "{name}"')
        raise refused("wrong", with_suggestion(text, name, known), field="segment")
