"""``serve``: labs for people who have a browser and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.click_classes import FILE, NAME, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both
from orchestrator.cli.serve_view import ServeView, json_line
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.model.serve_settings import ServeSettings
    from orchestrator.serving.serve_plan import ServePlan

_ADDRESS = Text(fr="ADRESSE", en="ADDRESS")


@command(
    "serve",
    short_help=Text(fr="Servir les labs dans le navigateur.", en="Serve labs in the browser."),
    help=Text(
        fr="Servir les labs dans le navigateur : des stagiaires sans compte sur cette machine s'y entraînent.\n\n"
        "Sans option, seulement pour cette machine, à http://127.0.0.1:8443. Pour une salle ou une école : "
        "« --listen 0.0.0.0:8443 » ; Breakfix fait alors un certificat et montre son empreinte. Ctrl-C arrête le "
        "service ; les labs continuent.",
        en="Serve labs in the browser: trainees without an account on this machine practise there.\n\n"
        "Without options for this machine only, at http://127.0.0.1:8443. For a classroom or a school: "
        "'--listen 0.0.0.0:8443'; Breakfix then makes a certificate and shows its fingerprint. Ctrl-C ends the "
        "service; labs go on.",
    ),
)
@option(
    "--listen",
    metavar=_ADDRESS,
    help=Text(
        fr="Où écouter : 127.0.0.1:8443, 0.0.0.0:8443, unix:/chemin.",
        en="Where to listen: 127.0.0.1:8443, 0.0.0.0:8443, unix:/path.",
    ),
)
@option(
    "--name",
    "names",
    multiple=True,
    metavar=NAME,
    help=Text(
        fr="Un nom ou une adresse que les gens tapent ; répétable.",
        en="A name or address that people type; may be repeated.",
    ),
)
@option(
    "--tls-cert",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar=FILE,
    help=Text(fr="Votre certificat (PEM).", en="Your certificate (PEM)."),
)
@option(
    "--tls-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar=FILE,
    help=Text(fr="Sa clé privée (PEM).", en="Its private key (PEM)."),
)
@option(
    "--behind-proxy",
    is_flag=True,
    help=Text(fr="Un mandataire inverse de cette machine parle TLS.", en="A reverse proxy on this machine speaks TLS."),
)
@option(
    "--settings",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=FILE,
    help=Text(
        fr="Les réglages (TOML) ; par défaut /etc/breakfix/portal.toml s'il existe.",
        en="The settings (TOML); by default /etc/breakfix/portal.toml where there is one.",
    ),
)
@option(
    "--install",
    is_flag=True,
    help=Text(fr="Installer et démarrer le service systemd.", en="Install and start the systemd service."),
)
@option(
    "--uninstall",
    is_flag=True,
    help=Text(fr="Retirer le service ; les données restent.", en="Remove the service; data stays."),
)
@pass_invocation
def serve_command(
    invocation: Invocation,
    /,
    settings: Path | None,
    *,
    install: bool,
    uninstall: bool,
    **options: Any,  # noqa: ANN401 - the others, as ``ServeOptions`` names them
) -> None:
    """Serve, or install what serves."""
    from orchestrator.loader.pool_names import require_known
    from orchestrator.serving.serve_folders import SETTINGS
    from orchestrator.serving.serve_plan import ServeOptions, plan_of

    if install and uninstall:
        raise UsageError(
            Text(fr="--install et --uninstall se contredisent.", en="--install and --uninstall contradict each other."),
            Text(fr="Gardez l'une des deux.", en="Keep one of them."),
        )
    if uninstall:
        _uninstall(invocation)
        return
    given = ServeOptions(
        **options, database=invocation.database, content=tuple(p.resolve() for p in invocation.content)
    )
    found = _settings(settings)
    plan = plan_of(given, found)
    require_known(plan.pool, invocation.app.content_with(plan.content), settings or SETTINGS)
    if install:
        _install(invocation, plan, settings)
    else:
        _serve(invocation, plan)


def _settings(path: Path | None) -> ServeSettings:
    from orchestrator.loader.settings_file import read_settings
    from orchestrator.model.base import CONTRACT
    from orchestrator.model.serve_settings import ServeSettings
    from orchestrator.serving.serve_folders import SETTINGS

    if path is None and not SETTINGS.exists():
        return ServeSettings(contract=CONTRACT)
    return read_settings(path or SETTINGS)


def _serve(invocation: Invocation, plan: ServePlan) -> None:
    from orchestrator.serving import portal_server
    from orchestrator.serving.serve_folders import ServeFolders

    uid = os.geteuid()
    folders = ServeFolders.of(uid)
    with portal_server.prepared(plan, folders, uid) as serving:
        view = ServeView(invocation, plan, serving)
        portal_server.run(serving, view.tell)
        view.over(portal_server.answering(folders.keeper))


def _install(invocation: Invocation, plan: ServePlan, settings: Path | None) -> None:
    from orchestrator.serving import installation

    for step in installation.install(plan, settings):
        _done(invocation, step)


def _uninstall(invocation: Invocation) -> None:
    from orchestrator.serving import installation

    for step in installation.uninstall():
        _done(invocation, step)


def _done(invocation: Invocation, step: Text) -> None:
    if invocation.json:
        json_line({"event": "done", "text": both(step)})
    else:
        invocation.output.ok(Text(fr=f"✔ {step.fr}", en=f"✔ {step.en}"))
