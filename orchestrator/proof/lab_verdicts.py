"""What is wrong with the lab, its fault or the plan, whoever looks at it.

Each verdict says what was seen, and what to change.
"""

from __future__ import annotations

from typing import Literal

from orchestrator.core.text import Text
from orchestrator.proof.model import StageName, Verdict


def unhealthy_lab(check: str, evidence: Text | None) -> Verdict:
    """A health check of the lab itself is red."""
    return Verdict(
        "unhealthy-lab",
        Text(
            fr=f"Le lab n'est pas sain : {check} est rouge sans aucune panne.",
            en=f"The lab is not healthy: {check} is red without any fault.",
        ),
        Text(
            fr="Corrigez le lab (labs/…) avant le scénario, ou une condition « ready » qui ne suffit pas.",
            en="Correct the lab (labs/...) before the scenario, or a 'ready' condition that does not suffice.",
        ),
        evidence,
        check,
    )


def changes_by_itself(said: Text, evidence: Text) -> Verdict:
    """Something is not as it was on a lab that nobody has touched: everybody would be asked to explain it."""
    return Verdict(
        "changes-by-itself",
        Text(fr=f"Sans que personne n'y touche : {said.fr}", en=f"Without anybody's doing: {said.en}"),
        Text(
            fr="Déclarez-le dans « volatile » de l'image, avec la raison, ou attendez dans « ready » qu'il soit fait.",
            en="State it in the image's 'volatile', with the reason, or wait in 'ready' until it is done.",
        ),
        evidence,
    )


def trouble(stage: StageName, reason: Text) -> Verdict:
    """The lab itself broke down during a stage."""
    return Verdict(
        "trouble",
        Text(
            fr="Le lab n'a pas tenu : l'étape n'a pas pu être menée à bien.",
            en="The lab broke down: the stage could not be carried out.",
        )
        if stage != "healthy"
        else Text(fr="Le lab ne démarre pas.", en="The lab does not start."),
        Text(
            fr="Regardez la machine citée ci-dessus : mémoire, services, conditions « ready » du lab.",
            en="Look at the host that is named above: memory, services, the lab's 'ready' conditions.",
        ),
        reason,
    )


def residue(what: Text) -> Verdict:
    """Something of the lab is left on the machine."""
    return Verdict(
        "residue",
        Text(fr=f"Après l'arrêt du lab, il reste : {what.fr}.", en=f"After the lab's stop, this is left: {what.en}."),
        Text(
            fr="« breakfix stop --all » nettoie ; si cela revient, c'est un défaut de Breakfix ou de l'image : "
            "signalez-le.",
            en="'breakfix stop --all' cleans up; if it comes back it is a defect of Breakfix or of the image: "
            "report it.",
        ),
    )


def no_fault(reason: Text) -> Verdict:
    """A fault could not be injected, or has not taken effect."""
    return Verdict(
        "no-fault",
        Text(fr="La panne n'a pas pu être mise en place.", en="The fault cannot be put in place."),
        Text(
            fr="Vérifiez les paramètres de la panne dans scenario.yaml : machine, fichier, interface.",
            en="Look at the fault's parameters in scenario.yaml: host, file, interface.",
        ),
        reason,
    )


def fault_mistake(kind: Literal["no-fault", "not-reverted"], reason: Text) -> Verdict:
    """The code of a fault failed by itself, while it was put in place or reverted."""
    return Verdict(
        kind,
        Text(fr="La panne elle-même a une erreur.", en="The fault itself has a mistake."),
        Text(
            fr="Corrigez sa classe à la ligne citée ci-dessus ; « breakfix try » la relit à chaque enregistrement.",
            en="Correct its class at the line that is named above; 'breakfix try' reads it again whenever you save.",
        ),
        reason,
    )


def not_reverted(check: str | None, evidence: Text | None) -> Verdict:
    """The fault was reverted, and something is still red."""
    if check is None:
        text = Text(fr="La panne ne s'annule pas : revert échoue.", en="The fault cannot be undone: revert fails.")
    else:
        text = Text(
            fr=f"Une fois la panne annulée, {check} est encore rouge.",
            en=f"The fault is reverted, and {check} is still red.",
        )
    return Verdict(
        "not-reverted",
        text,
        Text(
            fr="Le revert de la panne n'efface pas tout ce que fait inject, ou ce contrôle est rouge pour une autre "
            "raison que la panne.",
            en="The fault's revert does not undo all that inject does, or this check is red for another reason than "
            "the fault.",
        ),
        evidence,
        check,
    )


def unsteady_plan(part: str) -> Verdict:
    """The same seed gives two plans."""
    return Verdict(
        "unsteady",
        Text(
            fr=f"La même variante, composée deux fois, n'est pas la même : « {part} » diffère.",
            en=f"The same variant, composed twice, is not the same: '{part}' differs.",
        ),
        Text(
            fr="Un modèle dépend du hasard ou de l'heure : tirez la valeur dans « variables ».",
            en="A template depends on chance or the time: draw the value in 'variables'.",
        ),
    )
