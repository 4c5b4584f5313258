"""The plan: everything that one variant of a scenario (or a bare lab) needs, computed before anything starts.

Pure functions: no clock, no chance, no engine. The same scenario and seed give the same plan, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.core.errors import Place
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import ALL_HOSTS, Condition, FileSettings, Lab, bytes_of
from orchestrator.model.plan import (
    PlacedFile,
    Plan,
    PlannedHost,
    PlannedInterface,
    PlannedSegment,
)
from orchestrator.model.scenario import FaultChoice, PasswordVariable, Scenario
from orchestrator.planning.host_files import generated_files, hosts_of, render_file
from orchestrator.planning.steps import (
    KeyPath,
    Renderer,
    render_afterwards,
    render_faults,
    render_personas,
    render_questions,
    render_solutions,
)
from orchestrator.planning.template_context import base_values, mac_address
from orchestrator.planning.variant import draw_variant


def plan_scenario(scenario: Scenario, seed: int, images: Mapping[str, ImageSpec]) -> Plan:
    """Return the plan of a scenario's variant.

    Args:
        scenario: the scenario.
        seed: the seed; the same one gives the same plan.
        images: at least the images of the lab's hosts, by name.

    Raises:
        ContentError: a template is wrong for this variant; the loader finds nearly all of these beforehand.
    """
    values = {**draw_variant(scenario, seed).values, **base_values(scenario.lab, seed)}
    renderer = Renderer(values, _place)
    document, file = scenario.document, scenario.folder / "scenario.yaml"
    return Plan(
        scenario=scenario.id,
        lab=scenario.lab.name,
        domain=scenario.lab.document.domain,
        seed=seed,
        digest=_digest(scenario.digest, seed),
        title=document.title,
        values=values,
        hosts=_hosts(scenario.lab, values, images, scenario),
        segments=_segments(scenario.lab),
        ready=_ready(scenario.lab, values),
        ticket=renderer.companions(scenario.ticket, scenario.folder, "ticket", document.ticket_language),
        hints=tuple(renderer.both(hint, file, ("hints", i)) for i, hint in enumerate(document.hints)),
        debrief=renderer.companions(scenario.debrief, scenario.folder, "debrief"),
        faults=render_faults(document, renderer, file),
        solutions=render_solutions(scenario.solutions, renderer),
        shortcuts=render_solutions(scenario.shortcuts, renderer),
        checks=scenario.checks,
        health=scenario.lab.checks,
        questions=render_questions(document, renderer, file),
        report=document.deliverables.report,
        cases={entry.as_: str(values[entry.as_]) for entry in document.faults if isinstance(entry, FaultChoice)},
        may_change=tuple(
            renderer.document(one, file, ("may_change", place)) for place, one in enumerate(document.may_change)
        ),
        unexplained=document.unexplained,
        out_of_reach=tuple(
            renderer.text(host, file, ("out_of_reach", place)) for place, host in enumerate(document.out_of_reach)
        ),
        tools=_tools(scenario.lab),
        afterwards=render_afterwards(document, renderer, file),
        personas=render_personas(scenario.personas, renderer),
        ticket_language=document.ticket_language,
        passwords=tuple(
            str(values[name]) for name, one in document.variables.items() if isinstance(one, PasswordVariable)
        ),
    )


def plan_lab(lab: Lab, seed: int, images: Mapping[str, ImageSpec]) -> Plan:
    """Return the plan of a healthy lab without a scenario.

    Args:
        lab: the lab.
        seed: the seed, which templates may use.
        images: at least the images of the lab's hosts, by name.

    Raises:
        ContentError: a template of the lab is wrong.
    """
    values = base_values(lab, seed)
    return Plan(
        scenario=None,
        lab=lab.name,
        domain=lab.document.domain,
        seed=seed,
        digest=_digest(lab.digest, seed),
        title=lab.document.title,
        values=values,
        hosts=_hosts(lab, values, images),
        segments=_segments(lab),
        ready=_ready(lab, values),
        ticket=None,
        hints=(),
        debrief=None,
        faults=(),
        solutions=(),
        shortcuts=(),
        checks=(),
        health=lab.checks,
        tools=_tools(lab),
    )


def _tools(lab: Lab) -> Path | None:
    return None if lab.tools is None else lab.tools.path


def _digest(content: str, seed: int) -> str:
    return hashlib.sha256(f"{content}\0{seed}".encode()).hexdigest()


def _place(file: Path, path: KeyPath) -> Place:
    """Return the file as a place: a plan knows no lines of YAML; those of Markdown are the template's own."""
    return Place.of(file, 0 if path else 1)


def _segments(lab: Lab) -> tuple[PlannedSegment, ...]:
    networks = lab.document.networks
    return tuple(
        PlannedSegment(name, segment.title, str(networks.get(name, "")))
        for name, segment in lab.document.segments.items()
    )


def _ready(lab: Lab, values: Mapping[str, Any]) -> tuple[Condition, ...]:
    renderer = Renderer(values, _place)
    file = lab.folder / "lab.yaml"
    return tuple(renderer.document(c, file, ("ready", i)) for i, c in enumerate(lab.document.ready))


def _hosts(
    lab: Lab, values: Mapping[str, Any], images: Mapping[str, ImageSpec], scenario: Scenario | None = None
) -> tuple[PlannedHost, ...]:
    return tuple(
        PlannedHost(
            name=name,
            fqdn=f"{name}.{lab.document.domain}",
            title=host.title,
            image=host.image,
            kind=images[host.image].kind,
            interfaces=_interfaces(lab, name),
            memory=bytes_of(host.memory or images[host.image].memory),
            cpu_shares=host.cpu_shares,
            pids=host.pids,
            disk=bytes_of(host.disk),
            files=_files(lab, name, values, scenario),
            applications=images[host.image].applications,
            volatile=images[host.image].volatile,
        )
        for name, host in lab.document.hosts.items()
    )


def _interfaces(lab: Lab, host: str) -> tuple[PlannedInterface, ...]:
    networks = lab.document.networks
    return tuple(
        PlannedInterface(
            name=name,
            segment=interface.segment,
            mac=mac_address(lab.name, host, name),
            address=f"{interface.fixed}/{networks[interface.segment].prefixlen}" if interface.fixed else None,
            dhcp=interface.address == "dhcp",
        )
        for name, interface in lab.document.hosts[host].interfaces.items()
    )


def _files(lab: Lab, host: str, values: Mapping[str, Any], scenario: Scenario | None) -> tuple[PlacedFile, ...]:
    """Return a host's files by path.

    A later one replaces an earlier one: the generated files, the lab's, the scenario's; of each, those for all hosts
    first.
    """
    placed = generated_files(lab, host)
    settings = dict(lab.document.hosts[host].files)
    sources = [lab.files]
    if scenario is not None:
        sources.append(scenario.files)
        for name, stated in scenario.document.files.items():
            if host == (name if name in lab.document.hosts else values[name]):
                settings |= stated
    for files in sources:
        for file in sorted(files, key=lambda file: file.host != ALL_HOSTS):
            if host in hosts_of(lab, file, values):
                content = render_file(file, host, values)
                placed[file.path] = PlacedFile(file.path, content, "root", "root", 0o644)
    return tuple(_with_settings(placed[path], settings.get(path)) for path in sorted(placed))


def _with_settings(file: PlacedFile, settings: FileSettings | None) -> PlacedFile:
    if settings is None:
        return file
    mode = int(settings.mode, 8)
    return PlacedFile(file.path, file.content, settings.owner, settings.group, mode)
