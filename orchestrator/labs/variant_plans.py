"""Plans of variants and of healthy labs, from the content that each instance was started from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from orchestrator.core.errors import ContentError, UsageError
from orchestrator.core.kept_reads import KeptReads
from orchestrator.core.text import Text
from orchestrator.faults.registry import make_fault, problems_of, require_faults
from orchestrator.instances.instance import Instance
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.loader.content import Content
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import Lab
from orchestrator.model.plan import Plan
from orchestrator.model.scenario import Scenario
from orchestrator.planning.planner import plan_lab, plan_scenario
from orchestrator.planning.printed_words import printed_words
from orchestrator.sound_state.comparison import words_of
from orchestrator.sound_state.explained import VariantWords

_PLANS = 100
"""Plans that are kept: those of a few classes' labs."""

_SCENARIOS = 20
"""Scenarios that are kept: to read and check one with its personas takes seconds."""


class PlannedLab(NamedTuple):
    """A plan, and the descriptions of the images of its lab."""

    plan: Plan
    images: Mapping[str, ImageSpec]


class VariantPlans:
    """Makes plans, each once, and knows what content an instance is of.

    Attributes:
        content: where labs and scenarios are found.
    """

    def __init__(self, content: Content, records: InstanceRecords) -> None:
        """Take the content, and the records that name the content roots of this user's instances."""
        self.content = content
        self._records = records
        self._plans: KeptReads[PlannedLab] = KeptReads(_PLANS)
        self._scenarios: KeptReads[Scenario] = KeptReads(_SCENARIOS)

    def plan(self, scenario: str, seed: int) -> Plan:
        """Return the plan of a scenario's variant, to be started; its faults are made once, which runs their modules.

        Raises:
            UsageError: there is no such scenario, or one of its faults cannot be made.
            ContentError: its content is invalid.
        """
        plan = self.preview(scenario, seed)
        require_faults(plan.faults, self.content.roots)
        return plan

    def preview(self, scenario: str, seed: int) -> Plan:
        """Return the plan of a scenario's variant, to be looked at; nothing of a trainer's is run.

        Raises:
            UsageError: there is no such scenario.
            ContentError: its content is invalid.
        """
        return self._variant(self.content, scenario, seed).plan

    def of_lab(self, lab: str) -> Plan:
        """Return the plan of a healthy lab without a scenario."""
        return _healthy(self.content, lab, 0).plan

    def of_instance(self, instance: Instance) -> PlannedLab:
        """Return the plan of an instance, made again from its labels.

        Raises:
            UsageError: its content is not among the content roots any more.
        """
        content = self.content_of(instance)
        if instance.scenario:
            return self._variant(content, instance.scenario, instance.seed)
        return _healthy(content, instance.lab, instance.seed)

    def scenario(self, name: str) -> Scenario:
        """Return a scenario, wholly checked.

        Raises:
            UsageError: there is no such scenario.
            ContentError: its content is invalid.
        """
        return self._scenario(self.content, name)

    def content_of(self, instance: Instance) -> Content:
        """Return the content that an instance was started from: its own roots where they are known."""
        recorded = tuple(Path(root) for root in self._records.get(instance.name).roots)
        roots = (*self.content.roots, *(r for r in recorded if r not in self.content.roots and r.is_dir()))
        return self.content if roots == self.content.roots else Content(roots)

    def lab_of(self, instance: Instance) -> Lab:
        """Return the lab that an instance was started from; raises as ``Content.lab``."""
        return self.content_of(instance).lab(instance.lab)

    def explain_faults(self, instance: Instance, plan: Plan) -> tuple[Text, ...]:
        """Return what was broken in an instance, for the debrief: a sentence per fault, what several say but once."""
        roots = self.content_of(instance).roots
        return tuple(dict.fromkeys(make_fault(spec, roots).explain() for spec in plan.faults))

    def images(self, plan: Plan) -> dict[str, ImageSpec]:
        """Return the descriptions of the images that a plan's hosts use."""
        return images_of(self.content, plan)

    def words(self, plan: Plan) -> VariantWords:
        """Return what tells a variant's differences in its words."""
        return words_of(plan, partial(self.printed, self.content, plan))

    def printed(self, content: Content, plan: Plan, constant: Collection[str]) -> Mapping[str, str]:
        """Return what a scenario's expressions print; nothing of one that has gone, or been broken, meanwhile."""
        if plan.scenario is None:
            return {}
        try:
            return printed_words(self._scenario(content, plan.scenario), plan.values, constant)
        except (ContentError, UsageError):
            return {}

    def _variant(self, content: Content, scenario: str, seed: int) -> PlannedLab:
        """Return the plan of a variant and the images of its lab; made once, unless the scenario's files change.

        Its lab and its images are read once by ``Content`` anyway. Reading a scenario takes far longer than all else
        that a page of labd's needs.
        """
        if content is not self.content:
            return self._planned(content, scenario, seed)
        folder = content.scenario_folder(scenario)
        return self._plans.of(folder, (folder, seed), lambda: self._planned(content, scenario, seed))

    def _planned(self, content: Content, scenario: str, seed: int) -> PlannedLab:
        loaded = self._scenario(content, scenario)
        images = content.images_of(loaded.lab)
        return PlannedLab(plan_scenario(loaded, seed, images), images)

    def _scenario(self, content: Content, name: str) -> Scenario:
        """Return a scenario, wholly checked; read once, unless its files change."""

        def read() -> Scenario:
            return content.scenario(name, validate_fault=partial(problems_of, roots=content.roots))

        if content is not self.content:
            return read()
        folder = content.scenario_folder(name)
        return self._scenarios.of(folder, folder, read)


def _healthy(content: Content, lab: str, seed: int) -> PlannedLab:
    loaded = content.lab(lab)
    images = content.images_of(loaded)
    return PlannedLab(plan_lab(loaded, seed, images), images)


def images_of(content: Content, plan: Plan) -> dict[str, ImageSpec]:
    """Return the descriptions of the images that a plan's hosts use."""
    return {name: content.image(name) for name in sorted({h.image for h in plan.hosts})}
