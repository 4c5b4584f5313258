"""``validate``: read content and list every problem, without starting anything."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from orchestrator.cli import completing
from orchestrator.cli.click_classes import argument, command
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.core.errors import ContentError, ExitCode, Problem, UsageError
from orchestrator.core.text import Text
from orchestrator.loader.survey import content_root_of, problems_of, select

_KINDS: Mapping[str, tuple[Text | str, Text | str]] = {
    "scenarios": (Text(fr="scénario", en="scenario"), Text(fr="scénarios", en="scenarios")),
    "labs": ("lab", "labs"),
    "images": ("image", "images"),
    "faults": (Text(fr="panne", en="fault"), Text(fr="pannes", en="faults")),
    "operators": (Text(fr="opérateur", en="operator"), Text(fr="opérateurs", en="operators")),
    "referentials": (Text(fr="référentiel", en="referential"), Text(fr="référentiels", en="referentials")),
}


@command(
    "validate",
    help=Text(
        fr="Relire des contenus et montrer chaque erreur : fichier, ligne, raison. Rien n'est démarré.\n\n"
        "CHEMIN : un dossier de contenu (labs/, scenarios/, images/, faults/, operators/), un scénario, un lab, une "
        "image, un fichier de l'un d'eux, ou le nom d'un scénario, lab ou image. Sans CHEMIN, tout est relu.",
        en="Read content and show each error: file, line, reason. Nothing is started.\n\n"
        "PATH: a content folder (labs/, scenarios/, images/, faults/, operators/), a scenario, a lab, an image, a file "
        "of one of them, or the name of a scenario, lab or image. Without PATH, everything is read.",
    ),
)
@argument("paths", nargs=-1, metavar=Text(fr="[CHEMIN]…", en="[PATH]…"), shell_complete=completing.content)
@pass_invocation
def validate_command(invocation: Invocation, paths: tuple[str, ...]) -> int:
    """Validate content."""
    from orchestrator.core.paths import state_folder
    from orchestrator.faults.discovery import read as read_faults
    from orchestrator.faults.registry import problems_of as validate_fault
    from orchestrator.loader.validation_cache import ValidationCache
    from orchestrator.mutation.trainers_operators import read as read_operators

    roots = (content_root_of(Path(path)) for path in paths if os.path.exists(path))  # noqa: PTH110 (also of a name that is too long)
    invocation.content.extend(root for root in roots if root is not None)
    content = invocation.app.content
    selection = select(content, paths)
    gc.disable()  # one pass over many small values, none of which is in a circle
    try:
        faults = read_faults(content.roots)
        brought = {found.kind.__module__ for found in faults.faults.values() if found.root is None}
        modules = [Path(file) for name in brought if (file := sys.modules[name].__file__)]
        operators = read_operators(content.roots)
        problems = problems_of(
            content,
            selection,
            partial(validate_fault, roots=content.roots),
            cache=ValidationCache(state_folder() / "validated.json", content.roots, modules),
        )
    finally:
        gc.enable()
    read = Counter[str](unit.kind for unit in selection.units)
    read["faults"] = sum(found.root is not None for found in faults.faults.values())
    read["operators"] = len(operators.places)
    problems = tuple(sorted({*faults.problems, *operators.problems, *problems}, key=lambda one: one.place))
    if not read.total() and not problems:
        raise UsageError(
            Text(fr="Il n'y a rien à relire ici.", en="There is nothing to read here."),
            Text(
                fr="Il faut un dossier avec scenario.yaml, lab.yaml ou image.yaml, ou un module (faults/, operators/).",
                en="It takes a folder with scenario.yaml, lab.yaml or image.yaml, or a module (faults/, operators/).",
            ),
        )
    return _tell(invocation, read, problems)


def _tell(invocation: Invocation, read: Mapping[str, int], problems: tuple[Problem, ...]) -> int:
    """Show the outcome and return the exit status."""
    from orchestrator.cli import failures

    counts = {kind: read[kind] for kind in _KINDS if read[kind]}
    if invocation.json:
        error = {"error": failures.document(ContentError(problems))} if problems else {}
        invocation.output.document({"valid": not problems, "read": counts, **error})
    elif problems:
        failures.print_problems(invocation, ContentError(problems))
    else:
        listed = ", ".join(f"{n} {localized(_KINDS[kind][n > 1])}" for kind, n in counts.items())
        invocation.output.ok(Text(fr=f"✔ Aucune erreur ({listed}).", en=f"✔ No errors ({listed})."))
    return ExitCode.CONTENT if problems else ExitCode.DONE
