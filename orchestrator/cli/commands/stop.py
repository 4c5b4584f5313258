"""``stop`` and ``reset``: the end of a lab, or its beginning again."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.cli.click_classes import command, lab_option, option
from orchestrator.cli.commands.start import started, tell_started
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain
from orchestrator.cli.store_access import record
from orchestrator.core.errors import UsageError
from orchestrator.core.interrupts import shielded
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance


@command(
    "stop",
    help=Text(
        fr="Arrêter un lab et retirer tout ce qu'il a créé.\n\n"
        "--all arrête tous les labs, et retire aussi l'auxiliaire réseau et son volume. Les labs des sessions de jury "
        "restent, sauf avec --sessions.",
        en="Stop a lab and remove all that it made.\n\n"
        "--all stops every lab, and removes the fabric helper and its volume too. The labs of jury sessions stay, "
        "except with --sessions.",
    ),
)
@lab_option
@option(
    "--all",
    "everything",
    is_flag=True,
    help=Text(fr="Tous les labs de cette machine.", en="Every lab of this machine."),
)
@option(
    "--sessions", is_flag=True, help=Text(fr="Ceux des sessions de jury aussi.", en="Those of jury sessions as well.")
)
@pass_invocation
def stop_command(invocation: Invocation, lab: str | None, *, everything: bool, sessions: bool) -> None:
    """Stop one lab, or all."""
    labs = invocation.app.labs

    def spare(instance: Instance) -> bool:
        return instance.assessed and not sessions

    with shielded():  # half a removal helps nobody
        if everything:
            known = labs.running.all()
            names: Sequence[str] = labs.lifecycle.stop_all(spare)
        else:
            known = (labs.running.find(lab),)
            if spare(known[0]):
                raise a_session_s(known[0])
            labs.lifecycle.stop(known[0].name)
            names = (known[0].name,)
    gone = [instance for instance in known if not spare(instance)]
    spared = [instance.name for instance in known if spare(instance)]
    kept = [str(path) for instance in gone for path in labs.kept(instance)]
    bare = everything and not spared
    if invocation.json:
        invocation.output.document({"removed": list(names), "fabric_removed": bare, "spared": spared, "kept": kept})
    else:
        _tell(invocation, names, spared, kept, bare=bare)
    record(invocation, lambda practice: practice.stopped(*gone))
    invocation.labd.told("stop", *names)


def _tell(
    invocation: Invocation, names: Sequence[str], spared: Sequence[str], kept: Sequence[str], *, bare: bool
) -> None:
    for name in names:
        invocation.output.print(
            plain(Text(fr=f"✔ {name} arrêté et retiré.", en=f"✔ {name} stopped and removed."), "ok")
        )
    if spared:
        invocation.output.print(
            plain(
                Text(
                    fr=f"! Labs de sessions de jury, gardés : {len(spared)}. « breakfix session clear » les retire "
                    "après la clôture ; --sessions, tout de suite.",
                    en=f"! Labs of jury sessions, kept: {len(spared)}. 'breakfix session clear' removes them after the "
                    "closing; --sessions does at once.",
                ),
                "warn",
            )
        )
    if bare:
        invocation.output.print(
            plain(
                Text(
                    fr="✔ Auxiliaire réseau et volume retirés : il ne reste rien (les images restent).",
                    en="✔ Fabric helper and volume removed: nothing is left (the images stay).",
                ),
                "ok",
            )
        )
    for path in kept:
        invocation.output.print(
            plain(Text(fr=f"  Ce que vous avez rendu reste : {path}", en=f"  What you handed in stays: {path}"))
        )


def a_session_s(instance: Instance) -> UsageError:
    """Return the error for a lab that belongs to a jury session and is not to be lost by accident."""
    return UsageError(
        Text(
            fr=f"{instance.name} est le lab d'un candidat : une session de jury le garde.",
            en=f"{instance.name} is a candidate's lab: a jury session keeps it.",
        ),
        Text(
            fr="« breakfix session clear » le retire après la clôture ; « breakfix stop --sessions », tout de suite.",
            en="'breakfix session clear' removes it after the closing; 'breakfix stop --sessions' does at once.",
        ),
    )


@command(
    "reset",
    help=Text(
        fr="Recommencer la même variante, en panne comme au début. Le lab garde son nom ; ce que vous y aviez changé "
        "est perdu.",
        en="Start the same variant again, broken as at first. The lab keeps its name; what you had changed in it is "
        "lost.",
    ),
)
@lab_option
@pass_invocation
def reset_command(invocation: Invocation, lab: str | None) -> None:
    """Start a lab again."""
    labs = invocation.app.labs
    running = labs.running.planned(lab)
    if running.instance.assessed:
        raise a_session_s(running.instance)
    with started(invocation, lambda shown: labs.lifecycle.reset(running, shown)) as again:
        if invocation.json:
            invocation.output.document(
                {"lab": again.instance.name, "replaces": running.instance.name, "ticket": both(again.plan.ticket)}
            )
        else:
            tell_started(invocation, again)
    record(invocation, lambda practice: practice.reset(running, again))
    invocation.labd.told("reset", again.instance.name)
