"""What is said where a cluster cannot be made, joined, left or asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from orchestrator.core.errors import LabError, MachineError, UsageError
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text


def already_there() -> UsageError:
    """Return the error for a machine that belongs to a cluster already."""
    return UsageError(
        Text(fr="Cette machine fait déjà partie d'un cluster.", en="This machine belongs to a cluster already."),
        Text(
            fr="« breakfix cluster nodes » le montre ; « breakfix cluster leave » la rend à elle-même.",
            en="'breakfix cluster nodes' shows it; 'breakfix cluster leave' has it work for itself again.",
        ),
    )


def not_there() -> UsageError:
    """Return the error for a machine that belongs to no cluster."""
    return UsageError(
        Text(fr="Cette machine ne fait partie d'aucun cluster.", en="This machine belongs to no cluster."),
        Text(
            fr="« breakfix cluster create » en commence un, « breakfix cluster join » en rejoint un.",
            en="'breakfix cluster create' begins one, 'breakfix cluster join' joins one.",
        ),
    )


def no_manager() -> UsageError:
    """Return the error for a machine that works for a cluster and does not speak for it."""
    return UsageError(
        Text(
            fr="Cette machine travaille pour un cluster, elle ne le dirige pas.",
            en="This machine works for a cluster, it does not manage it.",
        ),
        Text(
            fr="Lancez la commande sur la machine où le cluster a été créé.",
            en="Run the command on the machine where the cluster was created.",
        ),
    )


def not_ours() -> UsageError:
    """Return the error for a machine that would leave a swarm that somebody uses for something else."""
    return UsageError(
        Text(
            fr="Ce n'est pas Breakfix qui a créé ou rejoint le cluster de cette machine.",
            en="It was not Breakfix that created or joined this machine's cluster.",
        ),
        Text(
            fr="Si rien d'autre ne l'utilise : « breakfix cluster leave --force ».",
            en="Where nothing else uses it: 'breakfix cluster leave --force'.",
        ),
    )


def others_left(names: Sequence[str]) -> UsageError:
    """Return the error for a manager that would leave its nodes behind."""
    listed = ", ".join(names)
    return UsageError(
        Text(
            fr=f"Cette machine dirige le cluster : sans elle, il n'y en a plus. Il reste {listed}.",
            en=f"This machine manages the cluster: without it there is none any more. Still there: {listed}.",
        ),
        Text(
            fr="Faites d'abord « breakfix cluster leave » sur les autres, ou donnez --force.",
            en="Run 'breakfix cluster leave' on the others first, or give --force.",
        ),
    )


def no_such_node(name: str, names: Sequence[str], *, several: bool) -> UsageError:
    """Return the error for a name that no node has, or several."""
    if several:
        return UsageError(
            Text(fr=f"Plusieurs nœuds s'appellent « {name} ».", en=f'Several nodes are named "{name}".'),
            Text(
                fr="Donnez l'identifiant que montre « breakfix cluster nodes --json ».",
                en="Give the id that 'breakfix cluster nodes --json' shows.",
            ),
        )
    listed = ", ".join(nearest(name, names) or names)
    return UsageError(
        Text(fr=f"Aucun nœud ne s'appelle « {name} ».", en=f'No node is named "{name}".'),
        Text(fr=f"Il y a : {listed}.", en=f"There are: {listed}."),
    )


def still_there(name: str) -> UsageError:
    """Return the error for a node that is to be forgotten and answers."""
    return UsageError(
        Text(
            fr=f"{name} répond : il fait encore partie du cluster.", en=f"{name} answers: it is still of the cluster."
        ),
        Text(
            fr="Faites d'abord « breakfix cluster leave » sur cette machine ; quelques secondes après, c'est connu.",
            en="Run 'breakfix cluster leave' on that machine first; it is known some seconds later.",
        ),
    )


def stranded(message: str) -> MachineError:
    """Return the error for a job that no node can work at any more."""
    return MachineError(
        Text(fr="Plus aucun nœud ne peut travailler.", en="No node can work any more."),
        Text(
            fr="« breakfix cluster nodes » dit lesquels manquent, et pourquoi ; ce qui est fini est gardé.",
            en="'breakfix cluster nodes' says which are missing, and why; what is finished is kept.",
        ),
        evidence=message,
    )


def none_fit(told: Sequence[str]) -> UsageError:
    """Return the error for a cluster of which no node can work; ``told``: each one's name, and why."""
    return UsageError(
        Text(fr="Aucun nœud du cluster ne peut travailler.", en="No node of the cluster can work."),
        Text(
            fr="« breakfix cluster nodes » dit pourquoi, et quoi faire.",
            en="'breakfix cluster nodes' says why, and what to do.",
        ),
        evidence="\n".join(told),
    )


def not_understood(node: str, said: str) -> MachineError:
    """Return the error for a node whose work tells what no node's work tells."""
    return MachineError(
        Text(fr=f"{node} répond de façon incompréhensible.", en=f"{node} answers what nobody understands."),
        Text(
            fr="Quelque chose d'autre que Breakfix écrit sur sa sortie : regardez ce que Python y lance au démarrage.",
            en="Something besides Breakfix writes to its output: look what Python starts there.",
        ),
        evidence=said,
    )


def other_content(node: str, scenario: str) -> UsageError:
    """Return the error for a node that proved a scenario of the same name with another content."""
    return UsageError(
        Text(
            fr=f"Le scénario {scenario} n'est pas le même sur {node} : sa preuve ne vaut rien ici.",
            en=f"The scenario {scenario} is not the same on {node}: its proof is worth nothing here.",
        ),
        Text(
            fr="Donnez à toutes les machines le même contenu, puis recommencez.",
            en="Give all machines the same content, then run it again.",
        ),
    )


def not_proven(why: Mapping[str, str]) -> MachineError:
    """Return the error for scenarios that no node could prove."""
    listed = ", ".join(why)
    return MachineError(
        Text(fr=f"Aucun nœud n'a pu prouver : {listed}.", en=f"No node could prove: {listed}."),
        Text(
            fr="Les autres preuves sont gardées. « breakfix cluster nodes » dit ce qui ne va pas sur les machines.",
            en="The other proofs are kept. 'breakfix cluster nodes' says what is wrong with the machines.",
        ),
        evidence="\n".join(f"{name}: {reason}" for name, reason in why.items() if reason),
    )


def not_played(why: Mapping[str, str]) -> MachineError:
    """Return the error for scenarios whose mutants no node could play."""
    listed = ", ".join(why)
    return MachineError(
        Text(
            fr=f"Aucun nœud n'a pu jouer les mutants de : {listed}.", en=f"No node could play the mutants of: {listed}."
        ),
        Text(
            fr="Les autres sont gardés. « breakfix cluster nodes » dit ce qui ne va pas sur les machines.",
            en="The others are kept. 'breakfix cluster nodes' says what is wrong with the machines.",
        ),
        evidence="\n".join(f"{name}: {reason}" for name, reason in why.items() if reason),
    )


@contextmanager
def of_address(address: str) -> Iterator[None]:
    """Tell a user which address lacks, or does not serve."""
    try:
        yield
    except LabError as error:
        raise UsageError(
            Text(
                fr="Cette machine ne sait pas par quelle adresse les autres la joignent."
                if not address
                else f"Cette machine ne peut pas être jointe par {address}.",
                en="This machine does not know by which address the others reach it."
                if not address
                else f"This machine cannot be reached by {address}.",
            ),
            Text(
                fr="Donnez une de ses adresses : « breakfix cluster create --address 192.0.2.10 ».",
                en="Give one of its addresses: 'breakfix cluster create --address 192.0.2.10'.",
            ),
            evidence=error.evidence,
        ) from error


@contextmanager
def of_joining(manager: str) -> Iterator[None]:
    """Tell a user why a cluster cannot be joined."""
    try:
        yield
    except LabError as error:
        raise UsageError(
            Text(fr=f"Le cluster de {manager} n'a pas été rejoint.", en=f"The cluster of {manager} was not joined."),
            Text(
                fr="Reprenez la commande que « cluster create » a affichée, ou « cluster nodes --token » là-bas ; "
                "son pare-feu doit laisser passer les ports 2377 et 7946 en TCP.",
                en="Take the command that 'cluster create' has shown, or 'cluster nodes --token' there; its firewall "
                "has to let the ports 2377 and 7946 pass, by TCP.",
            ),
            evidence=error.evidence,
        ) from error
