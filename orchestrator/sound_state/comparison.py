"""The end of a grading: where every check is green, what differs from the lab's sound state becomes part of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from grader.report import CheckResult, Difference, Report
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric
from orchestrator.model.plan import Plan
from orchestrator.sound_state.cabling_state import cabling_changes
from orchestrator.sound_state.differences import Expectations
from orchestrator.sound_state.differences import differences as differences_of
from orchestrator.sound_state.explained import ExplainedChange, VariantWords
from orchestrator.sound_state.handed_over import HandedOver, Inheritance
from orchestrator.sound_state.hidden_secrets import without_secrets
from orchestrator.sound_state.look import changes_since

Printed: TypeAlias = Callable[[Collection[str]], Mapping[str, str]]
"""Returns what a scenario's expressions print in a variant, by expression, but for those of constant names."""
Differences: TypeAlias = Literal["green", "always", "learning"]
"""When differences are told: where every check is ``green``; ``always``, for a proof; ``learning``: as well, while a
proof learns what a solution brings, so that nothing is forbidden for not being explained yet."""
_NOT_DRAWN: Final = ("lab", "domain", "seed")
_RESULT: Final = "sound-state"
"""The id of the result that says why nothing is known of the differences."""


@dataclass(frozen=True)
class Besides:
    """What a comparison asks of a lab besides its state.

    Attributes:
        printed: see ``words_of``.
        inherited: returns what the lab was handed over with.
    """

    printed: Printed = lambda _constant: {}
    inherited: Callable[[], Collection[HandedOver]] = tuple


def words_of(plan: Plan, printed: Printed = lambda _constant: {}) -> VariantWords:
    """Return what tells a plan's differences in the words of its variant.

    Args:
        plan: the variant's.
        printed: returns what its scenario's expressions print besides, but for some names that say nothing of it.
    """
    constant = (*_NOT_DRAWN, *plan.cases)
    drawn = {name: value for name, value in plan.values.items() if name not in constant}
    hosts = {host.name: host for host in plan.hosts}
    at = {
        f"{name}.{cable.name}": {"address": (cable.address or "").partition("/")[0], "mac": cable.mac}
        for name, value in drawn.items()
        if isinstance(value, str) and value in hosts
        for cable in hosts[value].interfaces
    }
    return VariantWords({**drawn, **at}, lambda: printed(constant))


def compared(
    report: Report,
    plan: Plan,
    running: Collection[str],
    fabric: Fabric,
    explained: Callable[[], Collection[ExplainedChange] | None],
    *,
    besides: Besides | None = None,
    differences: Differences = "green",
) -> Report:
    """Return a report with what differs from the sound state, where every check was asked and is green.

    Before, the fault itself is among the differences, and the verdict stands without them. A host that does not run
    is a difference; where one was not looked at before the fault, there is no verdict.

    Args:
        report: what the checks found.
        plan: the instance's.
        running: the hosts that run.
        fabric: reaches them.
        explained: returns the changes that the scenario's solutions bring; None where nobody has learnt them: then
            only what is forbidden is told.
        besides: what else is asked where something is left to be told.
        differences: when they are told. A proof is told all of them, where a check is red and where nothing was learnt
            as well, with the secrets that somebody made up, for it compares them.
    """
    besides = besides or Besides()
    always = differences != "green"
    green = report.whole and report.verdict == "repaired"
    if not green and not always:
        return report
    hosts = {host.name: host.applications for host in plan.hosts if host.name in running}
    try:
        changes, missing = changes_since(fabric, report.instance, hosts)
        cables = tuple(cabling_changes(plan, fabric.ports(report.instance)))
    except LabError as error:
        if not green:  # the verdict stands without them: an application may be what is broken
            return report
        return replace(report, results=(*report.results, _unknown(error.text)))
    if missing:
        names = ", ".join(missing)
        said = Text(
            fr=f"De {names} n'a pas été retenu ce qui est sain : le lab est d'une version plus ancienne du programme. "
            "« breakfix reset » le recommence.",
            en=f"What is sound was not kept of {names}: the lab was started by an earlier version of the program. "
            "'breakfix reset' starts it again.",
        )
        return replace(report, results=(*report.results, _unknown(said)))
    known = explained()
    expected = Expectations(
        words=words_of(plan, besides.printed),
        explained=frozenset(change.key() for change in known or ()),
        volatile={host.name: host.volatile for host in plan.hosts},
        may_change=plan.may_change,
        strict=plan.unexplained == "red" and known is not None and differences != "learning",
        own=Inheritance(besides.inherited()).without,
        full_names={host.fqdn: host.name for host in plan.hosts if host.fqdn != host.name},
    )
    stopped = tuple(_stopped(host.name) for host in plan.hosts if host.name not in running)
    found = (*stopped, *differences_of((*changes, *cables), expected))
    if always:
        return replace(report, differences=(*report.differences, *found))
    told = found if known is not None else tuple(one for one in found if one.standing == "forbidden")
    drawn = expected.words.values
    return replace(report, differences=(*report.differences, *(without_secrets(one, drawn) for one in told)))


def _stopped(host: str) -> Difference:
    said = Text(fr=f"La machine {host} est arrêtée.", en=f"The host {host} is switched off.")
    return Difference(host, "services", "host", "runs", "yes", None, "forbidden", said)


def _unknown(why: Text) -> CheckResult:
    return CheckResult(
        id=_RESULT,
        role=None,
        points=0,
        competence=None,
        sentence=Text(
            fr="Ce qui a changé depuis l'état sain est connu.", en="What has changed since the sound state is known."
        ),
        outcome="error",
        evidence=why,
    )
