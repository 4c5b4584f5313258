"""``cluster``: several machines as one, by Docker Swarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orchestrator.cli.click_classes import CommandGroup, argument, help_without_command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import plain, table
from orchestrator.cli.progress_view import steps
from orchestrator.core.documents import document_of
from orchestrator.core.number_text import number_text
from orchestrator.core.text import Text, same

if TYPE_CHECKING:
    from orchestrator.cluster.cluster import ClusterNode, Fitness

_GIB: Final = 1 << 30

_STATES: Final[Mapping[Fitness, Text]] = {
    "fit": Text(fr="prêt", en="ready"),
    "drained": Text(fr="vidé", en="drained"),
    "silent": Text(fr="muet", en="silent"),
    "unmarked": Text(fr="sans Breakfix", en="without Breakfix"),
    "images": Text(fr="autres images", en="other images"),
    "program": Text(fr="autre version", en="other version"),
    "no-answer": Text(fr="ne répond pas", en="no answer"),
    "failed": Text(fr="en échec", en="failed"),
}
_TO_DO: Final[Mapping[Fitness, Text]] = {
    "drained": Text(
        fr="« cluster drain --back » le remet au travail.", en="'cluster drain --back' gives it work again."
    ),
    "silent": Text(
        fr="Est-il allumé, et joignable ? S'il ne revient pas : « cluster drain --forget ».",
        en="Is it switched on, and within reach? If it does not come back: 'cluster drain --forget'.",
    ),
    "unmarked": Text(
        fr="Il a rejoint par Docker : « docker swarm leave » puis « cluster join » là-bas.",
        en="It joined by Docker: 'docker swarm leave', then 'cluster join' there.",
    ),
    "images": Text(
        fr="« images save » ici, puis « images load » là-bas.", en="'images save' here, then 'images load' there."
    ),
    "program": Text(
        fr="Mettez la même version de Breakfix sur les deux machines.", en="Put the same Breakfix on both machines."
    ),
    "no-answer": Text(
        fr="Recommencez ; s'il est surchargé, videz-le.", en="Try again; drain it if it has too much to do."
    ),
    "failed": Text(
        fr="« breakfix doctor » là-bas dit ce qui manque.", en="'breakfix doctor' there tells what it lacks."
    ),
}

cluster_command = CommandGroup(
    "cluster",
    help=Text(
        fr="Plusieurs machines comme une seule : Docker Swarm répartit le travail, le Breakfix de chaque machine le "
        "fait.\n\n"
        "La machine où le cluster est créé le dirige ; toutes ont la même version de Breakfix et les mêmes images "
        "(« images save » et « load »).",
        en="Several machines as one: Docker Swarm says where work is done, and each machine's own Breakfix does it.\n\n"
        "The machine where the cluster is created manages it; all have the same version of Breakfix and the same "
        "images ('images save' and 'load').",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)

_address_option = option(
    "--address",
    default="",
    metavar=Text(fr="ADRESSE", en="ADDRESS"),
    help=Text(
        fr="L'adresse par laquelle les autres machines joignent celle-ci, si elle en a plusieurs.",
        en="The address by which the other machines reach this one, where it has several.",
    ),
)


@cluster_command.command(
    "create",
    short_help=Text(fr="Commencer un cluster sur cette machine.", en="Begin a cluster with this machine."),
    help=Text(
        fr="Commencer un cluster dont cette machine est la première et qu'elle dirige, et afficher la commande par "
        "laquelle les autres le rejoignent.",
        en="Begin a cluster of which this machine is the first and which it manages, and show the command by which "
        "the others join it.",
    ),
)
@_address_option
@pass_invocation
def create(invocation: Invocation, address: str) -> None:
    """Create a cluster."""
    cluster = invocation.app.cluster
    token = cluster.create(address)
    said = Text(fr="✔ Cette machine dirige un nouveau cluster.", en="✔ This machine manages a new cluster.")
    if not invocation.json:
        invocation.output.ok(said)
    _show_joining(invocation, cluster.address(), token)


@cluster_command.command(
    "join",
    short_help=Text(fr="Rejoindre le cluster d'une autre machine.", en="Join the cluster of another machine."),
    help=Text(
        fr="Faire travailler cette machine pour le cluster de MACHINE, l'adresse de celle qui le dirige.\n\n"
        "Son travail est fait par ce Breakfix-ci, avec les droits de qui lance cette commande.",
        en="Have this machine work for the cluster of MANAGER, the address of the one that manages it.\n\n"
        "Its work is done by this very Breakfix, with the rights of whoever runs this command.",
    ),
)
@argument("manager", metavar=Text(fr="MACHINE", en="MANAGER"))
@option(
    "--token",
    required=True,
    metavar=Text(fr="JETON", en="TOKEN"),
    envvar="BREAKFIX_JOIN_TOKEN",
    help=Text(
        fr="Le jeton qu'affiche « cluster create », ou « cluster nodes --token » là-bas.",
        en="The token that 'cluster create' shows, or 'cluster nodes --token' there.",
    ),
)
@_address_option
@pass_invocation
def join(invocation: Invocation, manager: str, token: str, address: str) -> None:
    """Join a cluster."""
    invocation.app.cluster.join(manager, token, address)
    said = Text(
        fr=f"✔ Cette machine travaille pour le cluster de {manager}.",
        en=f"✔ This machine works for the cluster of {manager}.",
    )
    invocation.output.emit({"manager": manager}, lambda: invocation.output.ok(said))


@cluster_command.command(
    "nodes",
    short_help=Text(fr="Les machines du cluster.", en="The machines of the cluster."),
    help=Text(
        fr="Demander à chaque machine du cluster ce qu'elle est, et montrer lesquelles peuvent travailler. Seules "
        "celles qui sont prêtes reçoivent du travail.",
        en="Ask each machine of the cluster what it is, and show which can work. Only those that are ready get work.",
    ),
)
@option(
    "--token",
    is_flag=True,
    help=Text(
        fr="Afficher seulement la commande par laquelle une machine rejoint le cluster.",
        en="Only show the command by which a machine joins the cluster.",
    ),
)
@pass_invocation
def nodes(invocation: Invocation, *, token: bool) -> None:
    """Show the nodes."""
    cluster = invocation.app.cluster
    cluster.require_manager()
    if token:
        _show_joining(invocation, cluster.address(), cluster.swarm.join_token())
        return
    with steps(invocation) as shown:
        shown.step(Text(fr="Les machines disent ce qu'elles sont", en="The machines tell what they are"))
        found = cluster.look()
    invocation.output.emit({"nodes": [_document(one) for one in found]}, lambda: _show(invocation, found))


@cluster_command.command(
    "drain",
    short_help=Text(fr="Ne plus donner de travail à une machine.", en="Give a machine no work any more."),
    help=Text(
        fr="Ne plus donner de travail à une machine du cluster : ce qu'elle fait recommence ailleurs.",
        en="Give a machine of the cluster no work any more: what it does begins again elsewhere.",
    ),
)
@argument("node", metavar=Text(fr="NŒUD", en="NODE"))
@option("--back", is_flag=True, help=Text(fr="Lui en donner de nouveau.", en="Give it work again."))
@option(
    "--forget",
    is_flag=True,
    help=Text(
        fr="La rayer du cluster : elle l'a quitté, ou ne reviendra pas.",
        en="Strike it off: it has left, or will not come back.",
    ),
)
@pass_invocation
def drain(invocation: Invocation, node: str, *, back: bool, forget: bool) -> None:
    """Drain a node, or forget it."""
    if forget:
        gone = invocation.app.cluster.forget(node)
        struck = Text(
            fr=f"✔ {gone.name} ne fait plus partie du cluster.", en=f"✔ {gone.name} is of the cluster no more."
        )
        invocation.output.emit({"node": gone.name, "forgotten": True}, lambda: invocation.output.ok(struck))
        return
    chosen = invocation.app.cluster.drain(node, wanted=not back)
    said = (
        Text(fr=f"✔ {chosen.name} reçoit de nouveau du travail.", en=f"✔ {chosen.name} gets work again.")
        if back
        else Text(fr=f"✔ {chosen.name} ne reçoit plus de travail.", en=f"✔ {chosen.name} gets no work any more.")
    )
    invocation.output.emit({"node": chosen.name, "drained": not back}, lambda: invocation.output.ok(said))


@cluster_command.command(
    "leave",
    short_help=Text(fr="Rendre cette machine à elle-même.", en="Have this machine work for itself again."),
    help=Text(
        fr="Quitter le cluster. Les labs de cette machine restent ; ce qu'elle fait pour le cluster recommence "
        "ailleurs.",
        en="Leave the cluster. This machine's labs stay; what it does for the cluster begins again elsewhere.",
    ),
)
@option(
    "--force",
    is_flag=True,
    help=Text(
        fr="Même si elle le dirige et que d'autres en font partie (il n'existe plus alors), ou si ce n'est pas "
        "Breakfix qui l'a créé ou rejoint.",
        en="Even where it manages it and others belong to it (there is none any more then), or where it was not "
        "Breakfix that created or joined it.",
    ),
)
@pass_invocation
def leave(invocation: Invocation, *, force: bool) -> None:
    """Leave the cluster."""
    invocation.app.cluster.leave(force=force)
    said = Text(
        fr="✔ Cette machine ne fait plus partie d'un cluster.", en="✔ This machine belongs to no cluster any more."
    )
    invocation.output.emit({"left": True}, lambda: invocation.output.ok(said))


def _show_joining(invocation: Invocation, address: str, token: str) -> None:
    """Show how a machine joins."""
    command = f"./breakfix cluster join {address} --token {token}"

    def show() -> None:
        invocation.output.print(Text(fr="Sur chaque autre machine :", en="On each other machine:"))
        invocation.output.command(f"\n  {command}\n")

    invocation.output.emit({"manager": address, "token": token, "command": command}, show)


def _document(one: ClusterNode) -> dict[str, object]:
    return {**document_of(one.node), "state": one.fitness, "report": document_of(one.report), "said": one.said}


def _show(invocation: Invocation, found: Sequence[ClusterNode]) -> None:
    out, language = invocation.output, invocation.language
    rows = table(
        Text(fr="Nœud", en="Node"),
        Text(fr="Adresse", en="Address"),
        Text(fr="Processeurs", en="Processors"),
        Text(fr="Mémoire", en="Memory"),
        Text(fr="Labs", en="Labs"),
        Text(fr="État", en="State"),
    )
    for column in rows.columns[2:5]:
        column.justify, column.no_wrap = "right", True
    for one in found:
        memory = number_text(one.node.memory / _GIB, ",.1f").in_(language)
        unit = Text(fr="Gio", en="GiB").in_(language)
        rows.add_row(
            plain(one.node.name, "key"),
            one.node.address,
            f"{one.node.processors:g}",
            f"{memory} {unit}",
            str(one.report.labs) if one.report else "–",
            plain(_STATES[one.fitness], "ok" if one.fitness == "fit" else "warn"),
        )
    out.print(rows)
    for one in (one for one in found if one.fitness in _TO_DO):
        name, to_do = one.node.name, _TO_DO[one.fitness]
        out.print(Text(fr=f"{name} : {to_do.fr}", en=f"{name}: {to_do.en}"))
        if one.said:
            out.quiet(same("  " + one.said.rpartition("\n")[2]))
