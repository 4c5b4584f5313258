"""What is wrong with a solution, a shortcut or a dialogue: with the ways in which somebody acts on the lab.

Each verdict says what was seen, and what to change.
"""

from __future__ import annotations

from orchestrator.core.text import Text
from orchestrator.model.scenario import Step
from orchestrator.proof.model import Verdict


def step_failed(name: str, step: Step, reason: Text, *, shortcut: bool) -> Verdict:
    """A step of a solution or shortcut fails by itself."""
    fr, en = ("le raccourci", "shortcut") if shortcut else ("la solution", "solution")
    return Verdict(
        "step-failed",
        Text(
            fr=f"Dans {fr} « {name} », l'étape « {step.tell.fr} » échoue.",
            en=f"In the {en} '{name}' the step '{step.tell.en}' fails.",
        ),
        Text(
            fr="Essayez-la à la main : « breakfix start », puis « breakfix shell ». La dernière commande d'une étape "
            "doit réussir (état 0).",
            en="Try it by hand: 'breakfix start', then 'breakfix shell'. The last command of a step has to succeed "
            "(status 0).",
        ),
        reason,
    )


def not_repaired(check: str, solution: str, evidence: Text | None) -> Verdict:
    """A check is red after a solution."""
    return Verdict(
        "not-repaired",
        Text(
            fr=f"Après la solution « {solution} », {check} est rouge.",
            en=f"After the solution '{solution}', {check} is red.",
        ),
        Text(
            fr="Complétez la solution, ou assouplissez le contrôle ; s'il faut un délai, attendez avec lab.wait(…).",
            en="Complete the solution, or ask less of the check; where time is needed, wait with lab.wait(...).",
        ),
        evidence,
        check,
    )


def lost_at_reboot(check: str, solution: str, evidence: Text | None) -> Verdict:
    """A repair is gone after a reboot."""
    return Verdict(
        "lost-at-reboot",
        Text(
            fr=f"La solution « {solution} » ne survit pas au redémarrage : {check} redevient rouge.",
            en=f"The solution '{solution}' does not survive a reboot: {check} is red again.",
        ),
        Text(
            fr="Rendez la réparation durable : fichier de configuration, « systemctl enable », configuration "
            "enregistrée sur l'équipement.",
            en="Make the repair permanent: a configuration file, 'systemctl enable', the device's saved configuration.",
        ),
        evidence,
        check,
    )


def not_ready(reason: Text, *, solution: str) -> Verdict:
    """The lab's ready conditions do not hold after the reboot, and yet every check is green."""
    return Verdict(
        "not-ready",
        Text(
            fr=f"Après la solution « {solution} » et un redémarrage, le lab ne redevient pas prêt.",
            en=f"After the solution '{solution}' and a reboot, the lab does not become ready again.",
        ),
        Text(
            fr="Tous les contrôles sont verts : il en manque un pour ce que la condition « ready » demande.",
            en="Every check is green: one is missing for what the 'ready' condition asks.",
        ),
        reason,
    )


def change_left(solution: str, said: Text, evidence: Text, *, forbidden: bool) -> Verdict:
    """A solution repairs, and leaves a change that is forbidden or to be explained."""
    fr, en = ("interdit", "that is forbidden") if forbidden else ("à expliquer", "to explain")
    undo = Text(
        fr="Réparez sans ce changement, ou défaites-le à la fin de la solution.",
        en="Repair without this change, or undo it at the end of the solution.",
    )
    learn = Text(
        fr="S'il fait partie de la réparation, « breakfix prove --record » l'apprend ; sinon défaites-le à la fin "
        "de la solution.",
        en="If it is part of the repair, 'breakfix prove --record' learns it; else undo it at the end of the solution.",
    )
    return Verdict(
        "change-left",
        Text(
            fr=f"La solution « {solution} » laisse un changement {fr} : {said.fr}",
            en=f"The solution '{solution}' leaves a change {en}: {said.en}",
        ),
        undo if forbidden else learn,
        evidence,
    )


def change_learnt(solution: str, said: Text, evidence: Text) -> Verdict:
    """A solution brings a change that no proof knew: from now on it is explained."""
    return Verdict(
        "change-learnt",
        Text(
            fr=f"La preuve apprend de la solution « {solution} » : {said.fr}",
            en=f"The proof learns from the solution '{solution}': {said.en}",
        ),
        Text(
            fr="Relisez-le : qui répare pourra changer cela sans qu'on lui demande pourquoi.",
            en="Review it: whoever repairs may change this without being asked why.",
        ),
        evidence,
    )


def accepted_shortcut(name: str) -> Verdict:
    """Every check is green after a wrong repair."""
    return Verdict(
        "accepted-shortcut",
        Text(
            fr=f"Le raccourci « {name} » est accepté : tous les contrôles sont verts.",
            en=f"The shortcut '{name}' is accepted: every check is green.",
        ),
        Text(
            fr="Ajoutez un contrôle (souvent un garde-fou) que ce raccourci fait rougir, ou retirez le raccourci.",
            en="Add a check (often a guard) that this shortcut turns red, or take the shortcut out.",
        ),
    )


def refused_by_changes(shortcut: str, evidence: Text) -> Verdict:
    """Every check is green after a wrong repair; it is refused for what it has changed besides."""
    return Verdict(
        "refused-by-changes",
        Text(
            fr=f"Le raccourci « {shortcut} » n'est refusé que pour ses changements : tous les contrôles sont verts.",
            en=f"The shortcut '{shortcut}' is refused for its changes only: every check is green.",
        ),
        Text(
            fr="Si un utilisateur peut remarquer ce que ce raccourci abîme, ajoutez un contrôle qui le voit.",
            en="If a user would notice what this shortcut harms, add a check that sees it.",
        ),
        evidence,
    )


def dialogue_strays(who: str, kind: str, said: Text) -> Verdict:
    """A dialogue that a persona states came out otherwise."""
    kinds = {
        "good": Text(fr="bien mené", en="good"),
        "rude": Text(fr="impoli", en="rude"),
        "forgetful": Text(fr="où l'on oublie", en="forgetful"),
    }
    how = kinds[kind]
    return Verdict(
        "dialogue-strays",
        Text(
            fr=f"Le dialogue {how.fr} avec {who} se passe autrement : {said.fr}",
            en=f"The {how.en} dialogue with {who} goes otherwise: {said.en}",
        ),
        Text(
            fr="Corrigez les réponses de la personne, ou ce que son dialogue attend.",
            en="Correct the persona's answers, or what the dialogue expects.",
        ),
    )
