"""``images``: build, list, save, load and prune the images that hosts are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from orchestrator.cli import completing
from orchestrator.cli.click_classes import FILE, CommandGroup, argument, help_without_command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.progress_view import megabytes, steps
from orchestrator.core import labels
from orchestrator.core.text import Text
from orchestrator.images import bundle

_BUILT, _TO_BUILD = Text(fr="construite", en="built"), Text(fr="à construire", en="to build")

images_command = CommandGroup(
    "images",
    help=Text(
        fr="Les images dont les machines des labs sont faites.\n\n"
        "« save » et « load » emportent une classe entière sans réseau.",
        en="The images that the labs' hosts are made of.\n\n'save' and 'load' carry a classroom without network.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)


@images_command.command(
    "build",
    short_help=Text(fr="Construire les images qui manquent.", en="Build the images that are missing."),
    help=Text(
        fr="Construire les images qui manquent (toutes, ou celles que vous nommez).",
        en="Build the images that are missing (all, or those you name).",
    ),
)
@argument("names", nargs=-1, metavar=Text(fr="[NOM]…", en="[NAME]…"), shell_complete=completing.images)
@pass_invocation
def build(invocation: Invocation, names: tuple[str, ...]) -> None:
    """Build images."""
    app = invocation.app
    with steps(invocation, tell_cached=not invocation.json) as shown:
        tags = app.builder.build(names or app.catalogue.names, shown)
    if invocation.json:
        invocation.output.document({"images": tags})


@images_command.command(
    "list", help=Text(fr="La liste des images et leur état.", en="List the images and their state.")
)
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the images."""
    app, out = invocation.app, invocation.output
    there = {tag: i for i in app.engine.images({labels.KIND: "image"}) for tag in i.tags}
    rows = table(
        Text(fr="Image", en="Image"),
        Text(fr="État", en="State"),
        Text(fr="Taille", en="Size"),
        Text(fr="Rôle", en="Role"),
    )
    found = []
    for name, tag in app.catalogue.tags.items():
        image, summary = there.get(tag), app.catalogue.source(name).spec.summary
        size = image.size if image else None
        found.append({"name": name, "tag": tag, "built": image is not None, "size": size, "summary": both(summary)})
        state = plain(_BUILT, "ok") if image else plain(_TO_BUILD, "warn")
        title = plain(summary.in_(invocation.language))
        rows.add_row(plain(name, "key"), state, megabytes(size) if size else "", title)
    out.emit({"images": found}, rows)


@images_command.command(
    "save",
    short_help=Text(fr="Écrire les images dans un fichier.", en="Write the images into one file."),
    help=Text(
        fr="Écrire toutes les images dans un fichier, à emporter dans une classe sans réseau.",
        en="Write all images into one file, to carry to a classroom without network.",
    ),
)
@argument("file", metavar=FILE, type=click.Path(path_type=Path))
@option("--force", is_flag=True, help=Text(fr="Remplacer le fichier s'il existe.", en="Replace the file if it exists."))
@pass_invocation
def save(invocation: Invocation, file: Path, *, force: bool) -> None:
    """Save all images."""
    app = invocation.app
    with _bytes(invocation, Text(fr="Écriture", en="Writing")) as on_progress:
        made = bundle.save(app.engine, app.catalogue, app.catalogue.names, file, force=force, on_progress=on_progress)
    _tell_bundle(invocation, made, Text(fr="écrit", en="written"))


@images_command.command("load", help=Text(fr="Charger les images d'un fichier.", en="Load the images of a file."))
@argument("file", metavar=FILE, type=click.Path(path_type=Path))
@pass_invocation
def load(invocation: Invocation, file: Path) -> None:
    """Load images."""
    with _bytes(invocation, Text(fr="Chargement", en="Loading")) as on_progress:
        made = bundle.load(invocation.app.engine, file, on_progress=on_progress)
    _tell_bundle(invocation, made, Text(fr="chargé", en="loaded"))
    missing = invocation.app.builder.missing(invocation.app.catalogue.names)
    if missing and not invocation.json:
        listed = ", ".join(missing)
        invocation.output.note(
            Text(
                fr=f"! Ce fichier vient d'une autre version : il manque encore {listed}.",
                en=f"! This file is of another version: still missing: {listed}.",
            ),
            style="warn",
        )


@images_command.command(
    "prune",
    short_help=Text(fr="Retirer les images périmées.", en="Remove outdated images."),
    help=Text(
        fr="Retirer les images périmées ; celles qui servent restent.",
        en="Remove outdated images; those in use stay.",
    ),
)
@pass_invocation
def prune_(invocation: Invocation) -> None:
    """Remove outdated images."""
    from orchestrator.images.prune import prune

    done = prune(invocation.app.engine, invocation.app.catalogue)
    if invocation.json:
        invocation.output.document({"removed": done.removed, "in_use": done.in_use, "freed": done.freed})
        return
    for reference in done.removed:
        invocation.output.quiet(f"  {reference}")
    size, count = megabytes(done.freed), len(done.removed)
    invocation.output.ok(
        Text(
            fr=f"✔ {count} image{'s' if count > 1 else ''} retirée{'s' if count > 1 else ''}, {size} libérés.",
            en=f"✔ {count} image{'' if count == 1 else 's'} removed, {size} freed.",
        )
    )
    if done.in_use:
        listed = ", ".join(done.in_use)
        invocation.output.quiet(Text(fr=f"  Encore utilisées : {listed}", en=f"  Still in use: {listed}"))


def _tell_bundle(invocation: Invocation, made: bundle.Bundle, what: Text) -> None:
    if invocation.json:
        invocation.output.document({"path": str(made.path), "size": made.size, "tags": made.tags})
        return
    names = ", ".join(sorted(tag.partition("/")[2].partition(":")[0] for tag in made.tags))
    invocation.output.ok(f"✔ {made.path} {localized(what)} ({megabytes(made.size)})")
    invocation.output.quiet(f"  {names}")


@contextmanager
def _bytes(invocation: Invocation, what: Text) -> Iterator[bundle.OnProgress]:
    """Show bytes as they pass."""
    console = invocation.output.errors
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(localized(what), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
