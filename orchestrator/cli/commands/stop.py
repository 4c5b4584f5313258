"""``stop`` and ``reset``: the end of a lab, or its beginning again."""

from __future__ import annotations

from collections.abc import Sequence

import click

from orchestrator.cli.base import command, lab_option
from orchestrator.cli.commands.start import started, tell_started
from orchestrator.cli.language import tr
from orchestrator.cli.output import both, plain
from orchestrator.cli.recording import record
from orchestrator.cli.session import Session, pass_session
from orchestrator.interrupts import shielded


@command(
    "stop",
    help=tr(
        "Arrêter un lab et retirer tout ce qu'il a créé.\n\n"
        "--all arrête tous les labs, et retire aussi l'auxiliaire réseau et son volume.",
        "Stop a lab and remove all that it made.\n\n"
        "--all stops every lab, and removes the fabric helper and its volume too.",
    ),
)
@lab_option
@click.option(
    "--all", "everything", is_flag=True, help=tr("Tous les labs de cette machine.", "Every lab of this machine.")
)
@pass_session
def stop_command(session: Session, lab: str | None, *, everything: bool) -> None:
    """Stop one lab, or all."""
    instances = session.app.instances
    with shielded():  # half a removal helps nobody
        if everything:
            found = instances.all()
            names: Sequence[str] = instances.remove_all()
            remove_peers(session)
        else:
            found = (instances.find(lab),)
            instances.remove(found[0].name)
            names = (found[0].name,)
    kept = [str(path) for instance in found for path in session.app.labs.kept(instance)]
    if session.json:
        session.output.document({"removed": list(names), "fabric_removed": everything, "kept": kept})
    else:
        _tell(session, names, kept, everything=everything)
    record(session, lambda practice: practice.stopped(*found))


def _tell(session: Session, names: Sequence[str], kept: Sequence[str], *, everything: bool) -> None:
    for name in names:
        session.output.print(plain(tr(f"✔ {name} arrêté et retiré.", f"✔ {name} stopped and removed."), "ok"))
    if everything:
        session.output.print(
            plain(
                tr(
                    "✔ Auxiliaire réseau et volume retirés : il ne reste rien (les images restent).",
                    "✔ Fabric helper and volume removed: nothing is left (the images stay).",
                ),
                "ok",
            )
        )
    for path in kept:
        session.output.print(
            plain(tr(f"  Ce que vous avez rendu reste : {path}", f"  What you handed in stays: {path}"))
        )


def remove_peers(session: Session) -> None:
    """Remove what a benchmark that was killed left of docker-compose's lab."""
    from orchestrator.bench.compose import remove_project

    remove_project(session.app.engine)


@command(
    "reset",
    help=tr(
        "Recommencer la même variante, en panne comme au début. Ce que vous aviez changé est perdu.",
        "Start the same variant anew, broken as at first. What you had changed is lost.",
    ),
)
@lab_option
@pass_session
def reset_command(session: Session, lab: str | None) -> None:
    """Start a lab anew."""
    labs = session.app.labs
    running = labs.running(lab)
    with started(session, lambda shown: labs.reset(running, shown)) as again:
        if session.json:
            session.output.document(
                {"lab": again.instance.name, "replaces": running.instance.name, "ticket": both(again.plan.ticket)}
            )
        else:
            tell_started(session, again)
    record(session, lambda practice: practice.reset(running, again))
