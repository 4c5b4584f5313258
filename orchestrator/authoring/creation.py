"""New content: a small true example of a scenario, a lab, a fault or an image, valid and working as it stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from orchestrator.authoring.content_names import Kind, require_name
from orchestrator.authoring.example_files import rendered
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.faults.registry import fault_classes
from orchestrator.loader.content import Content

DEFAULT_LAB: Final = "small-office"
DEFAULT_COMPETENCE: Final = "2.3"
"""Administer and troubleshoot a server: what the examples are about."""

_MACHINE: Final = "host"
"""The image with systemd and OpenSSH on which the examples' servers are built."""

_TITLES: Final[Mapping[str, Text]] = {
    "fault": Text(fr="Connexion au serveur impossible", en="Cannot connect to the server"),
    "task": Text(fr="Un compte pour un nouveau collègue", en="An account for a new colleague"),
    "lab": Text(fr="Un serveur web et un poste de travail", en="A web server and a workstation"),
}


@dataclass(frozen=True)
class Wanted:
    """What a trainer asks for.

    Attributes:
        kind: what is to be made.
        name: its name.
        root: the content folder that it goes to; it need not exist.
        lab: a scenario's lab.
        competence: a scenario's competence code.
        task: whether a scenario is a task rather than a fault.
        title: a title for both languages, or empty for the example's own.
    """

    kind: Kind
    name: str
    root: Path
    lab: str = DEFAULT_LAB
    competence: str = DEFAULT_COMPETENCE
    task: bool = False
    title: str = ""


@dataclass(frozen=True)
class Created:
    """What was written.

    Attributes:
        name: the name of the new content.
        path: its folder, or a fault's file.
        files: every file, sorted.
        scenario: the id of the scenario that shows it, or None.
    """

    name: str
    path: Path
    files: tuple[Path, ...]
    scenario: str | None = None


@dataclass
class _Draft:
    """Files by path, written together or not at all."""

    files: dict[Path, str] = field(default_factory=dict)

    def add(self, template: str, folder: Path, values: Mapping[str, Any]) -> None:
        """Add the files of a template's folder."""
        self.files |= {folder / name: text for name, text in rendered(template, values).items()}

    def write(self) -> tuple[Path, ...]:
        """Write every file; one that exists stays as it is, and nothing else is written then.

        Raises:
            UsageError: a file exists.
            MachineError: a file cannot be written.
        """
        for path in self.files:
            if path.exists() or path.is_symlink():
                raise UsageError(Text(fr=f"{path} existe déjà.", en=f"{path} exists already."), _NEVER)
        try:
            for path, text in self.files.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
        except OSError as error:
            reason = error.strerror or os.strerror(error.errno or 0)
            raise MachineError(
                Text(
                    fr=f"{error.filename} ne peut pas être écrit : {reason}",
                    en=f"{error.filename} cannot be written: {reason}",
                )
            ) from error
        return tuple(sorted(self.files))


_NEVER: Final = Text(
    fr="Rien n'est jamais écrasé : donnez un autre nom, ou un autre dossier avec --in.",
    en="Nothing is ever overwritten: give another name, or another folder with --in.",
)


def create(content: Content, wanted: Wanted) -> Created:
    """Write new content.

    Args:
        content: all content, with the root that the new one goes to if that has any.
        wanted: what to write.

    Raises:
        UsageError: the name is bad or taken, the lab or competence does not exist, or the lab has no fitting host.
        ContentError: the lab is invalid.
        MachineError: the folder cannot be written.
    """
    match wanted.kind:
        case "scenario":
            require_name("scenario", wanted.name, content.scenarios())
            return _scenario(content, wanted)
        case "lab":
            require_name("lab", wanted.name, content.labs())
        case "image":
            require_name("image", wanted.name, content.images())
        case "fault":
            require_name("fault", wanted.name, fault_classes(content.roots))
            return _fault(content, wanted)
    draft, folder = _Draft(), wanted.root / f"{wanted.kind}s" / wanted.name
    title = _title(wanted, "lab")
    values = {"name": wanted.name, "title": title, "schemas": schemas_from(wanted.root, folder)}
    draft.add(wanted.kind, folder, values)
    return Created(wanted.name, folder, draft.write())


def _scenario(content: Content, wanted: Wanted) -> Created:
    draft, folder = _Draft(), scenario_folder(content, wanted)
    kind: Literal["task", "fault"] = "task" if wanted.task else "fault"
    draft.add(f"{kind}-scenario", folder, _scenario_values(content, wanted, folder, kind))
    return Created(wanted.name, folder, draft.write(), wanted.name)


def _fault(content: Content, wanted: Wanted) -> Created:
    """Write a fault and a scenario that uses it: without one, nobody sees what a fault does."""
    draft = _Draft()
    path = wanted.root / "faults" / f"{wanted.name.replace('-', '_')}.py"
    class_name = "".join(part.capitalize() for part in wanted.name.split("-"))
    module = rendered("fault", {"name": wanted.name, "class_name": class_name})
    draft.files[path] = module["fault.py"]
    folder = scenario_folder(content, wanted)
    require_name("scenario", wanted.name, content.scenarios())
    draft.add("fault-scenario", folder, _scenario_values(content, wanted, folder, "fault", fault=wanted.name))
    return Created(wanted.name, path, draft.write(), wanted.name)


def _scenario_values(
    content: Content, wanted: Wanted, folder: Path, kind: Literal["task", "fault"], *, fault: str = ""
) -> dict[str, Any]:
    hosts = fitting_hosts(content, wanted.lab)
    return {
        "name": wanted.name,
        "title": _title(wanted, kind),
        "competence": _competence(content, wanted.competence),
        "lab": wanted.lab,
        "hosts": hosts,
        "server": "{{ server }}" if len(hosts) > 1 else hosts[0],
        "server_value": 'lab.values["server"]' if len(hosts) > 1 else f'"{hosts[0]}"',
        "fault": fault,
        "schemas": schemas_from(wanted.root, folder),
    }


def _title(wanted: Wanted, example: str) -> Text:
    return Text(fr=wanted.title, en=wanted.title) if wanted.title.strip() else _TITLES[example]


def _competence(content: Content, code: str) -> str:
    known = content.referential().competences()
    if code not in known:
        text = Text(fr=f"Compétence inconnue : « {code} »", en=f'Unknown competence: "{code}"')
        raise UsageError(with_suggestion(text, code, known), Text(fr=_listed(known, "fr"), en=_listed(known, "en")))
    return code


def _listed(known: Mapping[str, Any], language: Literal["fr", "en"]) -> str:
    return "\n".join(f"{code} {one.title.in_(language)}" for code, one in known.items())


def fitting_hosts(content: Content, lab: str) -> tuple[str, ...]:
    """Return the servers of a lab that the examples can be about: with SSH, and an address that is known beforehand.

    Raises:
        UsageError: there is no such lab, or it has no such host.
        ContentError: the lab or an image is invalid.
    """
    document = content.lab(lab).document
    found = tuple(
        name
        for name, host in document.hosts.items()
        if any(interface.fixed for interface in host.interfaces.values())
        and content.image(host.image).device is None
        and _MACHINE in _line(content, host.image)
    )
    if not found:
        raise UsageError(
            Text(
                fr=f"L'exemple a besoin d'une machine à adresse fixe et avec SSH, et le lab {lab} n'en a pas.",
                en=f"The example needs a host with a fixed address and SSH, and the lab {lab} has none.",
            ),
            Text(
                fr=f"Prenez un autre lab, {DEFAULT_LAB} par exemple, puis changez « lab » dans scenario.yaml.",
                en=f'Take another lab, {DEFAULT_LAB} for example, then change "lab" in scenario.yaml.',
            ),
        )
    return found


def _line(content: Content, image: str) -> set[str]:
    """Return an image's name and those of all that it is built on."""
    line: set[str] = set()
    name: str | None = image
    while name is not None and name not in line:
        line.add(name)
        name = content.image(name).parent
    return line


def scenario_folder(content: Content, wanted: Wanted) -> Path:
    """Return the folder of a new scenario: below that of its competence, which may have words after the code."""
    code = _competence(content, wanted.competence)
    for root in (wanted.root, *content.roots):
        for above in sorted((root / "scenarios").glob(f"{code}*")):
            if above.is_dir() and above.name.partition("-")[0] == code:
                return wanted.root / "scenarios" / above.name / wanted.name
    return wanted.root / "scenarios" / code / wanted.name


def schemas_folder(root: Path) -> Path:
    """Return where the schemas of a content folder stand; the project's own are in ``docs``."""
    own = root / "docs" / "schemas" / "v1"
    return own if own.is_dir() else root / "schemas" / "v1"


def schemas_from(root: Path, folder: Path) -> str:
    """Return the way from a folder to the schemas, for the first line of its files."""
    return os.path.relpath(schemas_folder(root), folder)
