"""``backup`` and ``restore``: all data of a portal in one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from orchestrator.cli.click_classes import FILE, argument, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.progress_view import megabytes
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.records.database import Database
    from orchestrator.serving.backup_archive import OnBytes
    from orchestrator.serving.backup_parts import BackupPlaces

settings_option = option(
    "--settings",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=FILE,
    help=Text(
        fr="Les réglages du portail ; par défaut /etc/breakfix/portal.toml.",
        en="The portal's settings; by default /etc/breakfix/portal.toml.",
    ),
)


@command(
    "backup",
    short_help=Text(fr="Tout sauvegarder en un fichier.", en="Back up all data in one file."),
    help=Text(
        fr="Écrire en un fichier la base, les enregistrements de terminaux, ce qui a été rendu, les réglages et le "
        "certificat. Le portail peut tourner.\n\n"
        "Les labs en marche n'y sont pas : un lab se redémarre, un résultat non.",
        en="Write the store, recordings of terminals, what was handed in, settings and certificate into one file. The "
        "portal may run.\n\n"
        "Running labs are not in it: a lab can be started again, a result cannot.",
    ),
)
@argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar=FILE)
@settings_option
@pass_invocation
def backup_command(invocation: Invocation, file: Path, settings: Path | None) -> None:
    """Back up."""
    from orchestrator.records.store_copy import copy_store
    from orchestrator.serving.backup_archive import write_backup

    parts = _parts(invocation, settings)
    with _bytes(invocation, Text(fr="Sauvegarde", en="Backup")) as tell:
        made = write_backup(parts.places, file.absolute(), lambda copy: copy_store(parts.database, copy), tell)
    document = {"file": str(made.path), "files": made.files, "size": made.size}
    held = Text(
        fr=f"{made.files} fichier{'s'[: made.files > 1]}, {megabytes(made.size)}",
        en=f"{made.files} file{'s'[: made.files != 1]}, {megabytes(made.size)}",
    )
    invocation.output.emit(
        document,
        Text(
            fr=f"✔ {file} : {held.fr}, lisible par vous seul.\n  Les labs en marche n'y sont pas.",
            en=f"✔ {file}: {held.en}, readable for you alone.\n  Running labs are not in it.",
        ),
    )


@command(
    "restore",
    short_help=Text(fr="Rétablir une sauvegarde.", en="Restore a backup."),
    help=Text(
        fr="Rétablir ce que « breakfix backup » a écrit. Le fichier est vérifié en entier avant que rien ne change. "
        "Le portail doit être arrêté ; chacun devra se reconnecter.",
        en="Restore what 'breakfix backup' wrote. The file is checked whole before anything changes. The portal must "
        "not run; everybody has to sign in again.",
    ),
)
@argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar=FILE)
@option(
    "--replace",
    is_flag=True,
    help=Text(
        fr="Remplacer les données qui sont là ; elles sont mises de côté.",
        en="Replace the data that is there; it is put aside.",
    ),
)
@settings_option
@pass_invocation
def restore_command(invocation: Invocation, file: Path, settings: Path | None, *, replace: bool) -> None:
    """Restore."""
    from orchestrator.serving.restore_archive import restore_backup

    parts = _parts(invocation, settings)
    _require_no_labd(parts.places)
    with _bytes(invocation, Text(fr="Restauration", en="Restore")) as tell:
        done = restore_backup(file, parts.places, parts.restore(replace), tell, replace=replace)
    aside = [*map(str, parts.kept), *map(str, done.aside)]
    document = {"made": done.manifest.made, "files": len(done.manifest.files), "aside": aside}

    def show() -> None:
        said = done.manifest
        invocation.output.ok(
            Text(
                fr=f"✔ Sauvegarde du {said.made} (Breakfix {said.breakfix}) rétablie.",
                en=f"✔ Restored the backup of {said.made} (Breakfix {said.breakfix}).",
            )
        )
        for path in aside:
            invocation.output.print(Text(fr=f"  mis de côté : {path}", en=f"  put aside: {path}"))

    invocation.output.emit(document, show)


@dataclass
class _Parts:
    """What is backed up or restored, and what of it was put aside."""

    places: BackupPlaces
    database: Database
    kept: list[Path]

    def restore(self, replace: bool) -> _RestoreStore:
        """Return what brings the store back."""
        return _RestoreStore(self, replace)


@dataclass(frozen=True)
class _RestoreStore:
    """Brings the store back; one that held something is copied aside first."""

    parts: _Parts
    replace: bool

    def __call__(self, copy: Path) -> None:
        """Restore from a copy."""
        from datetime import UTC, datetime

        from orchestrator.records.store_copy import copy_store, restore_store

        if self.replace and self.parts.database.exists:
            folder = self.parts.places.folders["deliverables"].parent
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = folder / f"store.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sqlite"
            copy_store(self.parts.database, kept)
            self.parts.kept.append(kept)
        restore_store(copy, self.parts.database, replace=self.replace)


def _parts(invocation: Invocation, settings: Path | None) -> _Parts:
    """Return what is backed up: root's is the installed portal's where there is one."""
    from orchestrator.core.paths import state_folder
    from orchestrator.loader.settings_file import read_settings
    from orchestrator.serving.backup_parts import BackupPlaces
    from orchestrator.serving.installation import act_on_installed
    from orchestrator.serving.serve_folders import SETTINGS, ServeFolders

    uid = os.geteuid()
    act_on_installed(uid)
    folders = ServeFolders.of(uid)
    file = settings or SETTINGS
    if invocation.database is None and file.exists():
        invocation.database = read_settings(file).database
    places = BackupPlaces(
        {
            "recordings": folders.recordings,
            "deliverables": state_folder() / "deliverables",
            "certificate": folders.certificate,
        },
        file,
        folders.labd,
    )
    return _Parts(places, invocation.app.database, [])


def _require_no_labd(places: BackupPlaces) -> None:
    from orchestrator.serving.portal_server import answering

    if pid := answering(places.labd):
        raise MachineError(
            Text(fr=f"labd tourne (processus {pid}).", en=f"labd runs (process {pid})."),
            Text(
                fr="Arrêtez d'abord le portail : Ctrl-C dans « serve », ou « systemctl stop breakfix-portal "
                "breakfix-labd ».",
                en="End the portal first: Ctrl-C in 'serve', or 'systemctl stop breakfix-portal breakfix-labd'.",
            ),
        )


@contextmanager
def _bytes(invocation: Invocation, what: Text) -> Iterator[OnBytes]:
    """Show bytes as they pass."""
    console = invocation.output.errors
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(localized(what), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
