"""``save`` and ``resume``: a lab that is switched off for a while, and goes on later."""

from __future__ import annotations

from orchestrator.cli import phrases
from orchestrator.cli.click_classes import command, lab_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import plain
from orchestrator.cli.progress_view import steps
from orchestrator.core.text import Text


@command(
    "save",
    help=Text(
        fr="Éteindre les machines d'un lab pour plus tard : il ne prend plus de mémoire.\n\n"
        "Restent les fichiers, les câbles, les réponses et le rapport. Se perdent les programmes en marche, les "
        "terminaux, et ce qui est en mémoire (/tmp et /run), comme à l'arrêt d'un ordinateur.",
        en="Switch a lab's hosts off for later: it takes no memory any more.\n\n"
        "Files, cables, answers and the report stay. Running programs, terminals and what is in memory (/tmp and /run) "
        "are lost, as when a computer is shut down.",
    ),
)
@lab_option
@pass_invocation
def save_command(invocation: Invocation, lab: str | None) -> None:
    """Save a lab."""
    labs = invocation.app.labs
    instance = labs.running.find(lab)
    labs.lifecycle.save(instance)
    resume = f"{phrases.program()} resume --lab {instance.name}"

    def tell() -> None:
        out = invocation.output
        out.print(
            plain(
                Text(
                    fr=f"✔ {instance.name} sauvegardé : ses machines sont éteintes, ses fichiers et ses câbles gardés.",
                    en=f"✔ {instance.name} saved: its hosts are off, its files and cables are kept.",
                ),
                "ok",
            )
        )
        out.quiet(Text(fr=f"→ « {resume} » le remet en marche.", en=f"→ '{resume}' makes it run again."))

    invocation.output.emit({"saved": instance.name}, tell)


@command(
    "resume",
    help=Text(
        fr="Remettre en marche un lab sauvegardé : ses machines démarrent avec leurs fichiers et leurs câbles, comme "
        "après un arrêt.",
        en="Make a saved lab run again: its hosts boot with their files and cables, as after a shutdown.",
    ),
)
@lab_option
@pass_invocation
def resume_command(invocation: Invocation, lab: str | None) -> None:
    """Resume a saved lab."""
    labs = invocation.app.labs
    running = labs.running.planned(lab)
    saved = labs.running.state_of(running.instance) == "saved"
    if saved:
        with steps(invocation) as shown:
            running = labs.lifecycle.resume(running, shown)
    name = running.instance.name
    told = (
        Text(fr=f"✔ Lab {name} en marche.", en=f"✔ Lab {name} is running.")
        if saved
        else Text(fr=f"{name} n'est pas sauvegardé : rien n'a été fait.", en=f"{name} is not saved: nothing was done.")
    )
    style = "ok" if saved else "quiet"
    invocation.output.emit({"lab": name, "resumed": saved}, lambda: invocation.output.print(plain(told, style)))
