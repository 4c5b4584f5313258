"""A running lab as callers hold it, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from orchestrator.instances.instance import Instance
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan

LabState = Literal["starting", "started", "saved", "stopping", "cut off"]
"""How far an instance is; ``saved``: its hosts are stopped until it is resumed; ``cut off``: its start or its stop was
ended before it was done."""


@dataclass(frozen=True)
class Running:
    """A running instance with the plan that it was started from and what acts on it."""

    instance: Instance
    plan: Plan
    images: Mapping[str, ImageSpec]
