"""Does a scenario hold together? One small function per question that needs no variant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final, TypeAlias

from orchestrator.errors import Place, Problem
from orchestrator.loader.check_source import CheckFile
from orchestrator.loader.files import problem
from orchestrator.loader.folder import folder_name
from orchestrator.loader.yaml_source import KeyPath, YamlSource
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import (
    ACTIONS,
    AddressVariable,
    ChoiceVariable,
    FaultChoice,
    FaultSpec,
    HostVariable,
    IntegerVariable,
    ScenarioDocument,
    Solution,
    Step,
    Variable,
)
from orchestrator.suggest import nearest, with_suggestion
from orchestrator.text import Text
from orchestrator.values import RESERVED
from orchestrator.variant import unlike_of

ValidateFault: TypeAlias = Callable[[FaultSpec, YamlSource], tuple[Problem, ...]]
"""Tells what is wrong with a fault, its parameters rendered; the source is that of its entry in ``scenario.yaml``."""

_MIN_SHORTCUTS: Final = 2
_COMPETENCE_FOLDER: Final = re.compile(r"([1-9]\.[1-9])(?:-|$)")


@dataclass(frozen=True)
class RepairFiles:
    """The files of a scenario's folder that can be looked at without its ``scenario.yaml``.

    Attributes:
        folder: the scenario's folder.
        sources: each YAML file of the folder.
        solutions: the solutions that could be read, the reference first.
        shortcuts: the shortcuts that could be read.
        checks: the check files.
        complete: whether every solution and shortcut could be read, so that counting them says something.
    """

    folder: Path
    sources: Mapping[Path, YamlSource]
    solutions: tuple[Solution, ...]
    shortcuts: tuple[Solution, ...]
    checks: tuple[CheckFile, ...]
    complete: bool

    def place(self, file: Path, path: KeyPath, *, key: bool = False) -> Place:
        """Return the place of a value (or key) of one of the YAML files."""
        return self.sources[file].place(path, key=key)

    def text_place(self, file: Path, path: KeyPath) -> Place:
        """Return the place of a template's first line, in a YAML file or in one that is the template."""
        return self.sources[file].text_place(path) if file in self.sources else Place.of(file, 1)

    def steps(self) -> Iterator[tuple[Solution, KeyPath, Step]]:
        """Yield each step of each solution and shortcut, with its path in that file."""
        for solution in (*self.solutions, *self.shortcuts):
            for i, step in enumerate(solution.document.steps):
                yield solution, ("steps", i), step


@dataclass(frozen=True)
class ScenarioFolder:
    """What the checks of ``scenario.yaml`` look at."""

    document: ScenarioDocument
    files: RepairFiles
    referential: Referential

    @property
    def file(self) -> Path:
        """Return the path of ``scenario.yaml``."""
        return self.files.folder / "scenario.yaml"

    @property
    def source(self) -> YamlSource:
        """Return ``scenario.yaml`` as it was read."""
        return self.files.sources[self.file]

    @property
    def names(self) -> frozenset[str]:
        """Return the names that every variant of the scenario has."""
        drawn = (entry.as_ for entry in self.document.faults if isinstance(entry, FaultChoice))
        return frozenset({*self.document.variables, *drawn, *RESERVED} - {"host"})

    def problem(self, path: KeyPath, text: Text, *, key: bool = False) -> Problem:
        """Return a problem at a value (or key) of ``scenario.yaml``."""
        return Problem(self.source.place(path, key=key), text)


def _id_is_the_folder(loaded: ScenarioFolder) -> Iterable[Problem]:
    return folder_name(loaded.files.folder, loaded.document.id, loaded.source, "id")


def unknown_competence(code: str, referential: Referential) -> Text | None:
    """Return what is wrong with a competence's code: that the certification does not have it."""
    known = referential.competences()
    if code in known:
        return None
    near = next(iter(nearest(code, known, count=1)), next(iter(known)))
    title = known[near].title
    return Text(
        fr=f"compétence inconnue « {code} » ; vouliez-vous dire « {near} » ({title.fr}) ?",
        en=f'unknown competence "{code}"; did you mean "{near}" ({title.en})?',
    )


def _competences_exist(loaded: ScenarioFolder) -> Iterable[Problem]:
    for i, code in enumerate(loaded.document.competences):
        if (text := unknown_competence(code, loaded.referential)) is not None:
            yield loaded.problem(("competences", i), text)


def _competence_is_the_folder_above(loaded: ScenarioFolder) -> Iterable[Problem]:
    above = loaded.files.folder.resolve().parent.name
    found = _COMPETENCE_FOLDER.match(above)
    if found and found[1] not in loaded.document.competences:
        yield loaded.problem(
            ("competences",),
            Text(
                fr=f"le dossier « {above} » annonce la compétence {found[1]}, qui n'est pas dans la liste",
                en=f'the folder "{above}" promises competence {found[1]}, which is not in the list',
            ),
        )


def _kind_matches_faults(loaded: ScenarioFolder) -> Iterable[Problem]:
    document = loaded.document
    if document.kind == "fault" and not document.faults:
        yield loaded.problem(
            ("kind",),
            Text(
                fr="un scénario de panne a une panne : ajoutez « faults », ou écrivez « kind: task »",
                en='a fault scenario has a fault: add "faults", or write "kind: task"',
            ),
        )


def _cases_have_faults(loaded: ScenarioFolder) -> Iterable[Problem]:
    for i, entry in enumerate(loaded.document.faults):
        if isinstance(entry, FaultChoice):
            for case, faults in entry.one_of.items():
                if not faults:
                    yield loaded.problem(
                        ("faults", i, "one_of", case),
                        Text(fr=f"le cas « {case} » n'a pas de panne", en=f'the case "{case}" has no fault'),
                        key=True,
                    )


def _names_are_free(loaded: ScenarioFolder) -> Iterable[Problem]:
    document = loaded.document
    names: list[tuple[str, KeyPath]] = [(name, ("variables", name)) for name in document.variables]
    names += [(e.as_, ("faults", i, "as")) for i, e in enumerate(document.faults) if isinstance(e, FaultChoice)]
    seen: dict[str, KeyPath] = {}
    for name, path in names:
        if name in RESERVED:
            text = Text(
                fr=f"« {name} » existe déjà dans tous les modèles ; choisissez un autre nom",
                en=f'"{name}" exists in every template already; choose another name',
            )
            yield loaded.problem(path, text, key=path[0] == "variables")
        elif name in seen:
            line = loaded.source.place(seen[name], key=True).line
            text = Text(
                fr=f"le nom « {name} » est déjà pris ligne {line} ; donnez-en un autre avec « as »",
                en=f'the name "{name}" is already taken on line {line}; give another one with "as"',
            )
            yield loaded.problem(path, text)
        seen.setdefault(name, path)


def _variables_can_be_drawn(loaded: ScenarioFolder) -> Iterable[Problem]:
    for name, variable in loaded.document.variables.items():
        path: KeyPath = ("variables", name)
        match variable:
            case IntegerVariable() if variable.low > variable.high:
                yield _reversed_bounds(loaded, (*path, "high"), "high", "low")
            case AddressVariable() if variable.first > variable.last:
                yield _reversed_bounds(loaded, (*path, "last"), "last", "first")
            case AddressVariable() if variable.last > IPv4Network(variable.subnet).num_addresses - 2:
                size = IPv4Network(variable.subnet).num_addresses - 2
                text = Text(
                    fr=f"{variable.subnet} n'a que {size} adresses d'hôte",
                    en=f"{variable.subnet} has only {size} host addresses",
                )
                yield loaded.problem((*path, "last"), text)
            case ChoiceVariable() | HostVariable() if len(set(variable.of)) < len(variable.of):
                text = Text(fr="la même valeur est donnée deux fois", en="one value is given twice")
                yield loaded.problem((*path, "of"), text)


def _unlike_can_be_held(loaded: ScenarioFolder) -> Iterable[Problem]:
    """What is unlike others names variables of its kind, drawn before it, and has more values than these take."""
    variables = loaded.document.variables
    earlier: list[str] = []
    for name, variable in variables.items():
        others = unlike_of(variable)
        kin = [other for other in earlier if type(variables[other]) is type(variable)]
        for i, other in enumerate(others):
            if other not in kin:
                text = Text(
                    fr=f"« {other} » n'est pas une variable du même genre, écrite plus haut",
                    en=f'"{other}" is no variable of the same kind, written higher up',
                )
                yield loaded.problem(("variables", name, "unlike", i), with_suggestion(text, other, kin))
        if others and _values_of(variable) <= len(set(others)):
            text = Text(
                fr=f"il faut plus de {len(set(others))} valeurs pour différer de toutes ces variables",
                en=f"more than {len(set(others))} values are needed to be unlike all these variables",
            )
            yield loaded.problem(("variables", name, "unlike"), text)
        earlier.append(name)


def _values_of(variable: Variable) -> int:
    if isinstance(variable, IntegerVariable):
        return variable.high - variable.low + 1
    return len(variable.of) if isinstance(variable, ChoiceVariable | HostVariable) else 0


def _what_is_handed_in_is_asked_for(loaded: ScenarioFolder) -> Iterable[Problem]:
    asked = loaded.document.deliverables
    for solution, path, step in loaded.files.steps():
        for name in step.answers or ():
            if name not in asked.answers:
                text = Text(
                    fr=f"« deliverables » ne pose pas de question « {name} »",
                    en=f'"deliverables" asks no question "{name}"',
                )
                yield Problem(
                    loaded.files.place(solution.source, (*path, "answers", name), key=True),
                    with_suggestion(text, name, asked.answers),
                )
        if step.report is not None and not asked.report:
            yield Problem(
                loaded.files.place(solution.source, (*path, "report"), key=True),
                Text(
                    fr="aucun rapport n'est demandé : écrivez « report: true » dans « deliverables »",
                    en='no report is asked for: write "report: true" in "deliverables"',
                ),
            )


def _competences_of_questions_are_listed(loaded: ScenarioFolder) -> Iterable[Problem]:
    document = loaded.document
    for name, question in document.deliverables.answers.items():
        if question.competence is not None and question.competence not in document.competences:
            text = Text(
                fr=f"la compétence « {question.competence} » n'est pas parmi celles du scénario",
                en=f'the competence "{question.competence}" is not among the scenario\'s',
            )
            yield loaded.problem(
                ("deliverables", "answers", name, "competence"),
                with_suggestion(text, question.competence, document.competences),
            )


def _reversed_bounds(loaded: ScenarioFolder, path: KeyPath, greater: str, smaller: str) -> Problem:
    text = Text(fr=f"« {greater} » est plus petit que « {smaller} »", en=f'"{greater}" is smaller than "{smaller}"')
    return loaded.problem(path, text)


def _addresses_suffice(loaded: ScenarioFolder) -> Iterable[Problem]:
    """Variables that draw from the same addresses need as many of them as they are."""
    drawn: dict[str, list[tuple[str, AddressVariable]]] = {}
    for name, variable in loaded.document.variables.items():
        if isinstance(variable, AddressVariable):
            drawn.setdefault(variable.subnet, []).append((name, variable))
    for subnet, variables in drawn.items():
        for name, variable in variables:
            rivals = sum(v.first <= variable.last and variable.first <= v.last for _, v in variables)
            if 0 < variable.last - variable.first + 1 < rivals:
                text = Text(
                    fr=f"{rivals} variables se partagent trop peu d'adresses de {subnet}",
                    en=f"{rivals} variables share too few addresses of {subnet}",
                )
                yield loaded.problem(("variables", name), text, key=True)


def _one_reference_solution(files: RepairFiles) -> Iterable[Problem]:
    references = [s for s in files.solutions if s.document.reference]
    if not references and not files.complete:
        return
    if not files.solutions:
        yield problem(
            files.folder / "solutions",
            "il faut au moins une solution : créez solutions/reference.yaml",
            "at least one solution is needed: create solutions/reference.yaml",
        )
    elif not references:
        yield problem(
            files.folder / "solutions",
            "aucune solution n'est la référence : écrivez « reference: true » dans l'une d'elles",
            'no solution is the reference: write "reference: true" in one of them',
        )
    for solution in references[1:]:
        yield Problem(
            files.place(solution.source, ("reference",)),
            Text(
                fr=f"« {references[0].name} » est déjà la solution de référence ; il n'en faut qu'une",
                en=f'"{references[0].name}" is the reference solution already; there is only one',
            ),
        )


def _enough_shortcuts(files: RepairFiles) -> Iterable[Problem]:
    if len(files.shortcuts) < _MIN_SHORTCUTS and files.complete:
        count, needed = len(files.shortcuts), _MIN_SHORTCUTS
        yield problem(
            files.folder / "shortcuts",
            f"il faut au moins {needed} raccourcis à refuser (trouvés : {count}) : créez shortcuts/….yaml",
            f"at least {needed} shortcuts to refuse are needed (found: {count}): create shortcuts/….yaml",
        )
    for shortcut in files.shortcuts:
        if shortcut.document.reference:
            yield Problem(
                files.place(shortcut.source, ("reference",)),
                Text(
                    fr="un raccourci n'est pas une solution de référence ; retirez « reference »",
                    en='a shortcut is no reference solution; remove "reference"',
                ),
            )


def _has_checks(files: RepairFiles) -> Iterable[Problem]:
    if not files.checks:
        yield problem(
            files.folder / "checks",
            "il faut au moins un fichier de contrôles : créez checks/test_….py",
            "at least one file with checks is needed: create checks/test_….py",
        )


def step_actions(step: Step) -> tuple[str, ...]:
    """Return the action keys that are set in a step; there should be one."""
    return tuple(name for name in ACTIONS if getattr(step, name) is not None)


def _steps_have_one_action(files: RepairFiles) -> Iterable[Problem]:
    for solution, path, step in files.steps():
        if len(actions := step_actions(step)) != 1:
            choices, found = ", ".join(ACTIONS), ", ".join(actions)
            yield Problem(
                files.place(solution.source, path),
                Text(
                    fr=f"une étape a une seule action parmi {choices} ; trouvé : {found or 'aucune'}",
                    en=f"a step has exactly one action of {choices}; found: {found or 'none'}",
                ),
            )


def _cable_steps_do_something(files: RepairFiles) -> Iterable[Problem]:
    for solution, path, step in files.steps():
        if step.cable is None:
            continue
        moved = step.cable.plug is not None or step.cable.segment is not None
        if moved == bool(step.cable.replace):
            yield Problem(
                files.place(solution.source, (*path, "cable"), key=True),
                Text(
                    fr="dites ce que devient le câble : « plug: true », « plug: false » ou « segment », "
                    "ou bien « replace: true » sans rien d'autre",
                    en='say what becomes of the cable: "plug: true", "plug: false" or "segment", '
                    'or "replace: true" and nothing else',
                ),
            )


CHECKS_OF_DRAWS: Final[tuple[Callable[[ScenarioFolder], Iterable[Problem]], ...]] = (
    _names_are_free,
    _variables_can_be_drawn,
    _unlike_can_be_held,
    _addresses_suffice,
)
"""Questions about what a seed draws: where one is answered badly, no variant can be made."""

CHECKS: Final[tuple[Callable[[ScenarioFolder], Iterable[Problem]], ...]] = (
    _id_is_the_folder,
    _competences_exist,
    _competence_is_the_folder_above,
    _kind_matches_faults,
    _cases_have_faults,
    _what_is_handed_in_is_asked_for,
    _competences_of_questions_are_listed,
)
"""The other questions about ``scenario.yaml``."""

CHECKS_OF_FILES: Final[tuple[Callable[[RepairFiles], Iterable[Problem]], ...]] = (
    _one_reference_solution,
    _enough_shortcuts,
    _has_checks,
    _steps_have_one_action,
    _cable_steps_do_something,
)
"""Every question about solutions, shortcuts and check files."""
