"""Does a scenario fit its lab? One small function per question that needs both and no variant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from orchestrator.core.errors import Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.elided_names import names_are_elided
from orchestrator.loader.files import problem
from orchestrator.loader.scenario_folder import ScenarioFolder
from orchestrator.model.lab import ALL_HOSTS
from orchestrator.model.scenario import HostVariable, Scenario


def _drawn_hosts_exist(scenario: Scenario, loaded: ScenarioFolder) -> Iterable[Problem]:
    hosts = scenario.lab.document.hosts
    for name, variable in scenario.document.variables.items():
        for i, host in enumerate(variable.of if isinstance(variable, HostVariable) else ()):
            if host not in hosts:
                yield loaded.problem(("variables", name, "of", i), with_suggestion(_no_host(host), host, hosts))


def _no_host(name: str) -> Text:
    return Text(fr=f"le lab n'a pas d'hôte « {name} »", en=f'the lab has no host "{name}"')


def _places_for_files(scenario: Scenario) -> tuple[str, ...]:
    """Return what a folder below ``files/`` may be called: a host, or a variable that draws one."""
    variables = scenario.document.variables
    drawn = [name for name, variable in variables.items() if isinstance(variable, HostVariable)]
    return (*scenario.lab.document.hosts, *drawn)


def _placed_files_have_a_host(scenario: Scenario, _: ScenarioFolder) -> Iterable[Problem]:
    known = (*_places_for_files(scenario), ALL_HOSTS)
    for name in dict.fromkeys(file.host for file in scenario.files):
        path = scenario.folder / "files" / name
        if path.is_file():
            yield problem(
                path,
                "un fichier à placer va dans files/<hôte>/, ou dans files/_all/ pour tous les hôtes",
                "a file to place goes below files/<host>/, or below files/_all/ for every host",
            )
        elif name not in known:
            text = with_suggestion(_neither_host_nor_variable(name), name, known)
            yield problem(path, text.fr, text.en)


def _file_settings_have_a_file(scenario: Scenario, loaded: ScenarioFolder) -> Iterable[Problem]:
    known = _places_for_files(scenario)
    for name, settings in scenario.document.files.items():
        if name not in known:
            text = with_suggestion(_neither_host_nor_variable(name), name, known)
            yield loaded.problem(("files", name), text, key=True)
            continue
        placed = [file.path for file in scenario.files if file.host in {name, ALL_HOSTS}]
        for path in settings:
            if path not in placed:
                text = Text(
                    fr=f"aucun fichier n'est placé en {path} : créez files/{name}{path}",
                    en=f"no file is placed at {path}: create files/{name}{path}",
                )
                yield loaded.problem(("files", name, path), with_suggestion(text, path, placed), key=True)


def _neither_host_nor_variable(name: str) -> Text:
    return Text(
        fr=f"« {name} » n'est ni un hôte du lab, ni une variable qui en tire un",
        en=f'"{name}" is neither a host of the lab nor a variable that draws one',
    )


def _hosts_and_variables_differ(scenario: Scenario, loaded: ScenarioFolder) -> Iterable[Problem]:
    for name, variable in scenario.document.variables.items():
        if isinstance(variable, HostVariable) and name in scenario.lab.document.hosts:
            text = Text(
                fr=f"« {name} » est déjà le nom d'un hôte ; donnez-en un autre à la variable",
                en=f'"{name}" is the name of a host already; give the variable another',
            )
            yield loaded.problem(("variables", name), text, key=True)


CHECKS_ON_LAB: Final[tuple[Callable[[Scenario, ScenarioFolder], Iterable[Problem]], ...]] = (
    _drawn_hosts_exist,
    _hosts_and_variables_differ,
    _placed_files_have_a_host,
    _file_settings_have_a_file,
    names_are_elided,
)
"""Every question about a scenario and its lab."""
