"""``schema``: the content contract as JSON Schema, for editors, and as a reference for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.click_classes import FILE, FOLDER, argument, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.contract import reference, schemas
from orchestrator.contract.content_kinds import KINDS
from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.faults.fault import Fault


@command(
    "schema",
    help=Text(
        fr="Afficher le schéma JSON d'un type de fichier, ou les écrire tous dans un dossier : un éditeur qui connaît "
        "le serveur de langage YAML complète et explique alors les clés.\n\n"
        f"NOM : {', '.join(KINDS)}. Sans NOM ni option, leur liste.",
        en="Print the JSON Schema of a kind of content file, or write all of them into a folder: an editor with the "
        "YAML language server then completes and explains the keys.\n\n"
        f"NAME: {', '.join(KINDS)}. Without NAME or option, their list.",
    ),
)
@argument("name", required=False, metavar=Text(fr="[NOM]", en="[NAME]"), shell_complete=lambda *_: list(KINDS))
@option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=FOLDER,
    help=Text(fr="Écrire tous les schémas dans ce dossier.", en="Write all schemas into this folder."),
)
@option(
    "--reference",
    "pages",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar=FILE,
    help=Text(
        fr="Réécrire la référence du contrat dans cette page Markdown, entre ses deux marques ; répétable.",
        en="Write the contract's reference again in this Markdown page, between its two marks; may be repeated.",
    ),
)
@pass_invocation
def schema_command(invocation: Invocation, name: str | None, output: Path | None, pages: tuple[Path, ...]) -> None:
    """Print or write schemas."""
    from orchestrator.faults.registry import fault_classes

    if name is not None and name not in KINDS:
        text = Text(fr=f"Type de fichier inconnu : « {name} »", en=f'Unknown kind of file: "{name}"')
        raise UsageError(with_suggestion(text, name, KINDS))
    written = _written(output, fault_classes(), name) if output else []
    written += [_rewritten(page) for page in pages]
    if written:
        _tell(invocation, written)
    elif name is not None:
        invocation.output.document(schemas.schema(name, fault_classes()))
    elif invocation.json:
        invocation.output.document(schemas.schemas(fault_classes()))
    else:
        for kind in KINDS.values():
            invocation.output.print(f"{kind.name:<12} {kind.files}")


def _written(output: Path, faults: Mapping[str, type[Fault]], name: str | None) -> list[Path]:
    try:
        return list(schemas.write(output, faults, name))
    except OSError as error:
        raise UsageError(
            Text(
                fr=f"Les schémas ne peuvent pas être écrits dans {output} : {error.strerror}",
                en=f"The schemas cannot be written into {output}: {error.strerror}",
            ),
            Text(fr="Choisissez un dossier où vous pouvez écrire.", en="Choose a folder that you may write to."),
        ) from error


def _rewritten(page: Path) -> Path:
    try:
        text = page.read_text(encoding="utf-8")
        page.write_text(reference.with_reference(text), encoding="utf-8")
    except (OSError, ValueError) as error:
        begin = reference.BEGINS.get(page.stem, reference.BEGINS["trainers"])
        raise UsageError(
            Text(
                fr=f"La référence ne peut pas être écrite dans {page} : {error}",
                en=f"The reference cannot be written into {page}: {error}",
            ),
            Text(
                fr=f"La page doit exister et contenir ces deux lignes : {begin} et {reference.END}",
                en=f"The page must exist and hold these two lines: {begin} and {reference.END}",
            ),
        ) from error
    return page


def _tell(invocation: Invocation, written: list[Path]) -> None:
    if invocation.json:
        invocation.output.document({"written": [str(path) for path in written]})
        return
    for path in written:
        invocation.output.ok(f"✔ {path}")
