"""Do the people who answer hold together in a variant? Hosts are looked up; what is said to them is understood."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Problem
from orchestrator.core.language import Language
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.scenario_folder import RepairFiles, ScenarioFolder
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.model.lab import LabDocument
from orchestrator.model.persona import Persona, PlannedPersona, SaidLine, TalkStep
from orchestrator.model.scenario import Scenario
from orchestrator.personas.recognition import recognizer_of
from orchestrator.planning.steps import Renderer, applying_parts
from orchestrator.templates.render import names_in, words_of

_LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
_FAILED: Final = "{{}}"
"""Stands for a text that could not be rendered, as in ``scenario_rendering``."""


def texts_of_persona(persona: Persona) -> tuple[list[str], frozenset[str]]:
    """Return the templates of a persona, and the names that decide which answers there are, and where."""
    document = persona.document
    conditions = [answer.when for answer in document.answers if answer.when]
    conditions += [dialogue.when for dialogue in document.dialogues if dialogue.when]
    hosts = [document.host, *(answer.looks.host for answer in document.answers if answer.looks is not None)]
    hosts += [act.host for answer in document.answers for step in answer.acts for act in step.all]
    names = frozenset[str]().union(*map(words_of, conditions), *(names_in(host) for host in hosts if host))
    return list(_strings(document.model_dump())), names


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def persona_problems(
    persona: Persona, renderer: Renderer, lab: LabDocument, files: RepairFiles, names: Collection[str]
) -> Iterator[Problem]:
    """Yield what is wrong with a persona in one variant.

    Args:
        persona: the persona.
        renderer: fills in the variant's values.
        lab: the lab, whose hosts are looked up.
        files: the scenario's files.
        names: the names of the variant's people.
    """
    source, document = persona.source, persona.document
    for path, host, interface in _places(persona, renderer):
        if host == _FAILED:
            continue
        if host not in lab.hosts:
            text = Text(fr=f"le lab n'a pas d'hôte « {host} »", en=f'the lab has no host "{host}"')
            yield Problem(files.place(source, path), with_suggestion(text, host, lab.hosts))
        elif interface is not None and interface not in lab.hosts[host].interfaces:
            known = lab.hosts[host].interfaces
            text = Text(
                fr=f"« {host} » n'a pas d'interface « {interface} »", en=f'"{host}" has no interface "{interface}"'
            )
            yield Problem(files.place(source, path), with_suggestion(text, interface, known))
    for dialogue, path in applying_parts(document.dialogues, "dialogues", renderer, source):
        for j, line in enumerate(dialogue.lines):
            yield from _line_problems(persona, line, (source, (*path, "lines", j)), files, (lab.hosts, names))


def _places(persona: Persona, renderer: Renderer) -> Iterator[tuple[KeyPath, str, str | None]]:
    """Yield each host that is named, with the interface where one is."""
    stated = persona.document.host
    own = None if stated is None else renderer.text(stated, persona.source, ("host",))
    if own is not None:
        yield ("host",), own, None
    for answer, path in applying_parts(persona.document.answers, "answers", renderer, persona.source):
        if answer.looks is not None and answer.looks.host is not None:
            yield (*path, "looks", "host"), answer.looks.host, None
        for j, step in enumerate(answer.acts):
            for act in step.all:
                host = act.host or own
                if host is not None:
                    yield (*path, "acts", j), host, step.cable.interface if step.cable is not None else None


def talk_problems(
    step: TalkStep,
    scenario: Scenario,
    place: tuple[Path, KeyPath],
    loaded: ScenarioFolder,
    names: Collection[str],
) -> Iterator[Problem]:
    """Yield what is wrong with what a solution's step says to somebody.

    Args:
        step: the step, rendered.
        scenario: the scenario.
        place: the solution's file, and the path of the step in it.
        loaded: the scenario's folder.
        names: the names of the variant's people.
    """
    (source, path), files = place, loaded.files
    people = {persona.name: persona for persona in scenario.personas}
    if not people:
        text = Text(
            fr="ce scénario n'a personne à qui parler : écrivez persona.yaml",
            en="this scenario has nobody to talk to: write persona.yaml",
        )
        yield Problem(files.place(source, path, key=True), text)
        return
    if step.to is None and len(people) > 1:
        listed = ", ".join(people)
        text = Text(fr=f"dites à qui, sous « to » : {listed}", en=f'say to whom, under "to": {listed}')
        yield Problem(files.place(source, path, key=True), text)
        return
    name = step.to or next(iter(people))
    if name not in people:
        text = Text(fr=f"personne ne s'appelle « {name} »", en=f'nobody is called "{name}"')
        yield Problem(files.place(source, (*path, "to")), with_suggestion(text, name, people))
        return
    hosts = scenario.lab.document.hosts
    for i, line in enumerate(step.lines):
        yield from _line_problems(people[name], line, (source, (*path, "lines", i)), files, (hosts, names))


def _line_problems(
    persona: Persona,
    line: SaidLine,
    place: tuple[Path, KeyPath],
    files: RepairFiles,
    known: tuple[Iterable[str], Collection[str]],
) -> Iterator[Problem]:
    """Yield a problem where something that is said is not understood as it should be, in a language that they speak."""
    source, path = place
    hosts, names = known
    planned = PlannedPersona(persona.name, "", "", persona.document)
    for language in _LANGUAGES:
        if persona.document.language not in {None, language}:
            continue
        said = line.say.in_(language)
        if said == _FAILED:
            continue
        knows = recognizer_of(planned, language)
        found = knows.understood(said, tuple(hosts), names)
        if (line.understood in found) if line.understood is not None else not found:
            continue
        near = ", ".join(f"{match.intent} {match.likeness:.2f}" for match in knows.ranked(said)[:3])
        listed = ", ".join(found)
        wanted = line.understood
        yield Problem(
            files.place(source, (*path, "say", language)),
            Text(
                fr=f"compris : {listed or 'rien'} ; attendu : {wanted or 'rien'} (ressemble à : {near or 'rien'})",
                en=f"understood: {listed or 'nothing'}; expected: {wanted or 'nothing'} (is like: {near or 'nothing'})",
            ),
        )
