"""``new``: a small true example to change, instead of an empty file."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from orchestrator.authoring.creation import (
    DEFAULT_COMPETENCE,
    DEFAULT_LAB,
    Created,
    Wanted,
    create,
    schemas_folder,
)
from orchestrator.cli import completing
from orchestrator.cli.click_classes import FOLDER, NAME, CommandGroup, argument, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import plain
from orchestrator.cli.phrases import program
from orchestrator.contract import schemas
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.faults.registry import fault_classes
from orchestrator.loader.roots import ENVIRONMENT, built_in_root

new_command = CommandGroup(
    "new",
    help=Text(
        fr="Écrire un scénario, un lab, une panne ou une image : un petit exemple complet, valide et prouvé tel quel, "
        "que l'on transforme ensuite. Rien n'est jamais écrasé.",
        en="Write a scenario, a lab, a fault or an image: a small complete example, valid and proven as it stands, to "
        "be turned into one's own. Nothing is ever overwritten.",
    ),
)

_name = argument("name", metavar=NAME)
_root = option(
    "--in",
    "root",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=FOLDER,
    help=Text(
        fr="Le dossier de contenu, créé s'il n'existe pas ; par défaut celui de --content, celui de BREAKFIX_CONTENT, "
        "ou le dossier courant.",
        en="The content folder, made where it is missing; by default that of --content, that of BREAKFIX_CONTENT, or "
        "the current folder.",
    ),
)
_lab = option(
    "--lab",
    default=DEFAULT_LAB,
    metavar="LAB",
    help=Text(
        fr=f"Le lab du scénario (par défaut {DEFAULT_LAB}).", en=f"The scenario's lab (by default {DEFAULT_LAB})."
    ),
    shell_complete=completing.content_labs,
)
_competence = option(
    "--competence",
    default=DEFAULT_COMPETENCE,
    metavar="CODE",
    help=Text(
        fr=f"La compétence exercée (par défaut {DEFAULT_COMPETENCE}).",
        en=f"The competence that is exercised (by default {DEFAULT_COMPETENCE}).",
    ),
)
_title = option(
    "--title",
    default="",
    metavar=Text(fr="TITRE", en="TITLE"),
    help=Text(
        fr="Le titre, à traduire ensuite dans l'autre langue.", en="The title, to be translated in the file later."
    ),
)


@command(
    "scenario",
    short_help=Text(fr="Un scénario complet.", en="A whole scenario."),
    help=Text(
        fr="Écrire un scénario : ticket, panne, contrôles, indices, solutions, raccourcis refusés, bilan.",
        en="Write a scenario: ticket, fault, checks, hints, solutions, refused shortcuts, debrief.",
    ),
)
@_name
@_root
@_lab
@_competence
@option(
    "--kind",
    type=click.Choice(["fault", "task"]),
    default="fault",
    help=Text(
        fr="« fault » : une panne à réparer ; « task » : quelque chose à mettre en place.",
        en="'fault': something to repair; 'task': something to set up.",
    ),
)
@_title
@pass_invocation
def scenario_command(
    invocation: Invocation,
    name: str,
    root: Path | None,
    lab: str,
    competence: str,
    kind: str,
    title: str,
) -> None:
    """Write a scenario."""
    where = _root_of(invocation, root)
    _make(invocation, Wanted("scenario", name, where, lab, competence, kind == "task", title))


@command(
    "lab",
    short_help=Text(fr="Un lab et ses contrôles.", en="A lab and its checks."),
    help=Text(
        fr="Écrire un lab : un serveur web et un poste sur un réseau, avec les contrôles de leur bonne santé.",
        en="Write a lab: a web server and a workstation on one network, with the checks of their health.",
    ),
)
@_name
@_root
@_title
@pass_invocation
def lab_command(invocation: Invocation, name: str, root: Path | None, title: str) -> None:
    """Write a lab."""
    _make(invocation, Wanted("lab", name, _root_of(invocation, root), title=title))


@command(
    "fault",
    short_help=Text(fr="Une panne à soi.", en="A fault of one's own."),
    help=Text(
        fr="Écrire une panne à soi (une classe Python), avec un scénario du même nom qui l'utilise.",
        en="Write a fault of one's own (a Python class), with a scenario of that name which uses it.",
    ),
)
@_name
@_root
@_lab
@_competence
@_title
@pass_invocation
def fault_command(invocation: Invocation, name: str, root: Path | None, lab: str, competence: str, title: str) -> None:
    """Write a fault."""
    _make(invocation, Wanted("fault", name, _root_of(invocation, root), lab, competence, title=title))


@command(
    "image",
    short_help=Text(fr="Une image de machine.", en="A machine's image."),
    help=Text(
        fr="Écrire une image de machine : un paquet et un fichier de plus que dans « host ».",
        en="Write a machine's image: one package and one file more than in 'host'.",
    ),
)
@_name
@_root
@pass_invocation
def image_command(invocation: Invocation, name: str, root: Path | None) -> None:
    """Write an image."""
    _make(invocation, Wanted("image", name, _root_of(invocation, root)))


for _command in (scenario_command, lab_command, fault_command, image_command):
    new_command.add_command(_command)


def _root_of(invocation: Invocation, root: Path | None) -> Path:
    return root or next(iter((*invocation.content, *_of_environment())), Path())


def _of_environment() -> list[Path]:
    return [Path(part) for part in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if part]


def _make(invocation: Invocation, wanted: Wanted) -> None:
    with _content_folder(wanted):
        if wanted.root not in invocation.content:
            invocation.content.append(wanted.root)  # its labs and names count as well
        content = invocation.app.content
        made = create(content, wanted)
    _write_schemas(wanted.root, content.roots)
    following = _next(wanted, made)
    document = {
        "kind": wanted.kind,
        "name": made.name,
        "path": str(made.path),
        "scenario": made.scenario,
        "files": [str(file) for file in made.files],
        "next": [line for line, _ in following],
    }
    invocation.output.emit(document, lambda: _tell(invocation, made, following))


@contextlib.contextmanager
def _content_folder(wanted: Wanted) -> Iterator[None]:
    """Make the folder a content folder for the block; where nothing comes to be in it, it is gone again."""
    made: list[Path] = []
    try:
        for folder in (*reversed(wanted.root.absolute().parents), wanted.root, wanted.root / f"{wanted.kind}s"):
            if not folder.exists():
                folder.mkdir()
                made.append(folder)
        yield
    except OSError as error:
        raise _not_written(wanted.root, error) from error
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # it holds something by now
                folder.rmdir()


def _not_written(folder: Path, error: OSError) -> MachineError:
    reason = error.strerror or os.strerror(error.errno or 0)
    return MachineError(
        Text(fr=f"{folder} ne peut pas être écrit : {reason}", en=f"{folder} cannot be written: {reason}")
    )


def _write_schemas(root: Path, roots: tuple[Path, ...]) -> None:
    """Write what an editor completes keys with; generated files, which a new fault makes again."""
    folder = schemas_folder(root)
    if folder.parts[-3:] == ("docs", "schemas", "v1"):  # the project's own, which hold no trainer's fault
        return
    try:
        schemas.write(folder, fault_classes(roots))
    except OSError as error:
        raise _not_written(folder, error) from error


def _next(wanted: Wanted, made: Created) -> list[tuple[str, Text]]:
    """Return the commands to go on with, each with what it does."""
    known = {built_in_root().resolve(), *(root.resolve() for root in _of_environment())}
    option = "" if wanted.root.resolve() in known else f" --content {shlex.quote(str(wanted.root))}"
    name = made.name
    steps = {
        "scenario": (f"validate {name}", f"try {name}", f"prove {name}"),
        "fault": (f"faults {name}", f"validate {name}", f"try {name}", f"prove {name}"),
        "lab": (f"validate {name}", f"start {name}", f"new scenario {localized(NAME)} --lab {name}"),
        "image": (f"validate {name}", f"images build {name}"),
    }
    return [(f"{program()}{option} {step}", _WHAT[step.split()[0]]) for step in steps[wanted.kind]]


_WHAT = {
    "validate": Text(fr="relire les fichiers", en="read the files"),
    "try": Text(fr="essayer tout en écrivant", en="try while writing"),
    "prove": Text(fr="prouver sur de vraies machines", en="prove on real machines"),
    "faults": Text(fr="relire sa documentation", en="read its documentation"),
    "start": Text(fr="démarrer le lab", en="start the lab"),
    "new": Text(fr="écrire un scénario sur ce lab", en="write a scenario on this lab"),
    "images": Text(fr="construire l'image", en="build the image"),
}


def _tell(invocation: Invocation, made: Created, following: list[tuple[str, Text]]) -> None:
    out = invocation.output
    for file in made.files:
        out.ok(f"✔ {file}")
    out.heading(Text(fr="Ensuite :", en="Next:"))
    for line, what in following:
        out.quiet(what.map("  {}".format))
        out.console.print(plain(f"    {line}", "key"), soft_wrap=True)  # to be copied whole
