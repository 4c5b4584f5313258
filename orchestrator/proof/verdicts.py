"""The words of a proof: for each way in which a scenario is not sound, what was seen and what to change."""

from __future__ import annotations

from typing import Literal

from orchestrator.core.text import Text, same
from orchestrator.model.scenario import Step
from orchestrator.proof.model import StageName, Verdict


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


def blind(check: str, evidence: Text | None) -> Verdict:
    """A symptom is green although the fault is in place."""
    return Verdict(
        "blind",
        Text(
            fr=f"{check} reste vert alors que la panne est en place.",
            en=f"{check} stays green although the fault is in place.",
        ),
        Text(
            fr="Faites-lui observer ce que cette panne empêche vraiment, ou donnez-lui le rôle « guard ».",
            en="Make it look at what this fault really prevents, or give it the role 'guard'.",
        ),
        evidence,
        check,
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


def done_already(check: str) -> Verdict:
    """An objective is green before the trainee has begun."""
    return Verdict(
        "blind",
        Text(
            fr=f"{check} est vert avant que la tâche ne soit commencée.",
            en=f"{check} is green before the task is begun.",
        ),
        Text(
            fr="Faites-lui demander ce que seul le travail demandé apporte, ou donnez-lui le rôle « guard ».",
            en="Make it ask for what only the requested work brings, or give it the role 'guard'.",
        ),
        None,
        check,
    )


def guard_red(check: str, evidence: Text | None, *, task: bool) -> Verdict:
    """A guard is red before the trainee has done anything."""
    return Verdict(
        "guard-red",
        Text(
            fr=f"Le garde-fou {check} est rouge {'avant tout travail' if task else 'dès la panne'}.",
            en=f"The guard {check} is red {'before any work' if task else 'as soon as the fault is in place'}.",
        ),
        Text(
            fr="La panne casse aussi ce qu'il garde : donnez-lui le rôle « symptom », ou réduisez-le à ce qui doit "
            "rester intact."
            if not task
            else "Ce qu'il garde n'existe pas encore : donnez-lui le rôle « objective », ou réduisez-le à l'existant.",
            en="The fault breaks what it guards as well: give it the role 'symptom', or narrow it to what must stay "
            "whole."
            if not task
            else "What it guards is not there yet: give it the role 'objective', or narrow it to what exists.",
        ),
        evidence,
        check,
    )


def looks_at_nothing(check: str) -> Verdict:
    """A check is green without any lab."""
    return Verdict(
        "looks-at-nothing",
        Text(
            fr=f"{check} est vert même quand il n'y a pas de lab : il ne regarde rien.",
            en=f"{check} is green even when there is no lab: it looks at nothing.",
        ),
        Text(
            fr="Cherchez une affirmation toujours vraie, une exception avalée (try/except) ou une boucle vide.",
            en="Look for an assertion that is always true, a swallowed exception (try/except) or an empty loop.",
        ),
        None,
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


def missing_tool(check: str, where: str, said: str) -> Verdict:
    """A check asked with a command that does not exist, on a lab where all is well."""
    return Verdict(
        "missing-tool",
        Text(
            fr=f"{check} interroge {where} avec une commande qui n'y existe pas.",
            en=f"{check} asks {where} with a command that does not exist there.",
        ),
        Text(
            fr="Ajoutez l'outil à l'image, ou posez la question autrement : sa couleur ne dit rien du lab.",
            en="Add the tool to the image, or ask in another way: its colour says nothing about the lab.",
        ),
        same(said),
        check,
    )


def no_checks() -> Verdict:
    """Nothing was graded."""
    return Verdict(
        "no-checks",
        Text(fr="Aucun contrôle n'a jugé.", en="No check has judged."),
        Text(
            fr="Écrivez au moins un contrôle dans checks/test_*.py : une fonction test_… avec @check.",
            en="Write at least one check in checks/test_*.py: a function test_… with @check.",
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


def no_judgement(check: str, evidence: Text | None) -> Verdict:
    """A check ended in an error."""
    return Verdict(
        "no-judgement",
        Text(fr=f"{check} n'a pas pu juger : la preuve ne vaut rien.", en=f"{check} could not judge: no proof."),
        Text(
            fr="Corrigez le contrôle, ou l'image s'il lui manque un outil ; un contrôle n'échoue que par assert.",
            en="Correct the check, or the image where it lacks a tool; a check fails by assert only.",
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


def red_before_the_fault(check: str, evidence: Text | None) -> Verdict:
    """A check is red on the healthy lab."""
    return Verdict(
        "red-before-the-fault",
        Text(
            fr=f"{check} est déjà rouge avant la panne : ce n'est pas elle qu'il voit.",
            en=f"{check} is red already before the fault: it is not the fault that it sees.",
        ),
        Text(
            fr="Corrigez ce que le contrôle attend ; s'il faut un délai, attendez avec lab.wait(…).",
            en="Correct what the check expects; where time is needed, wait with lab.wait(...).",
        ),
        evidence,
        check,
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


def slow_red(check: str, seconds: float, evidence: Text | None) -> Verdict:
    """A check is red for its fault, but only after a wait."""
    return Verdict(
        "slow-red",
        Text(
            fr=f"{check} n'est rouge qu'après {seconds:.0f} s : le stagiaire les attend.",
            en=f"{check} is red only after {seconds:.0f} s: the trainee waits for them.",
        ),
        Text(
            fr="Dites à lab.wait, par unless=, ce qui annonce que rien ne viendra (refus, rejet, unité en échec), ou "
            "posez ses questions en même temps (concurrently).",
            en="Tell lab.wait, by unless=, what announces that nothing will come (a refusal, a bounce, a failed unit), "
            "or ask its questions at once (concurrently).",
        ),
        evidence,
        check,
    )


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


def unsteady(check: str, evidence: Text | None) -> Verdict:
    """The same fault, injected twice, gives two colours."""
    return Verdict(
        "unsteady",
        Text(
            fr=f"{check} change de couleur quand la même panne est remise en place.",
            en=f"{check} changes its colour when the same fault is put in place again.",
        ),
        Text(
            fr="Son résultat dépend du moment ou du hasard : attendez avec lab.wait(…), ne devinez pas de délai.",
            en="Its result depends on time or chance: wait with lab.wait(...), do not guess a delay.",
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


def untried_guard(check: str) -> Verdict:
    """A guard is never red: nothing shows that it can be."""
    return Verdict(
        "untried-guard",
        Text(
            fr=f"Le garde-fou {check} n'est rouge à aucune étape : rien ne montre qu'il peut l'être.",
            en=f"The guard {check} is red at no stage: nothing shows that it can be.",
        ),
        Text(
            fr="Ajoutez un raccourci qui abîme ce qu'il garde.",
            en="Add a shortcut that harms what it guards.",
        ),
        None,
        check,
    )


def vacuous(check: str) -> Verdict:
    """A symptom or objective is never red."""
    return Verdict(
        "vacuous",
        Text(
            fr=f"{check} n'est rouge à aucune étape : il ne peut pas échouer.",
            en=f"{check} is red at no stage: it cannot fail.",
        ),
        Text(
            fr="Faites-lui affirmer ce que la panne empêche (ou ce que la tâche apporte), ou retirez-le.",
            en="Make it state what the fault prevents (or what the task brings), or take it out.",
        ),
        None,
        check,
    )


def not_because(check: str, because: str, evidence: Text | None) -> Verdict:
    """A check is red, but its evidence does not fit the reason that it states."""
    return Verdict(
        "wrong-reason",
        Text(
            fr=f"{check} est rouge pour une autre raison que sa panne : « because={because} » n'y correspond pas.",
            en=f"{check} is red for another reason than its fault: 'because={because}' does not match.",
        ),
        Text(
            fr="Faites échouer l'affirmation qui voit la panne avant les autres, ou corrigez because=.",
            en="Let the assertion that sees the fault fail before the others, or correct because=.",
        ),
        evidence,
        check,
    )


def by_a_failed_command(check: str, evidence: Text | None) -> Verdict:
    """A check is red because a command that it needs failed, before it stated anything."""
    return Verdict(
        "wrong-reason",
        Text(
            fr=f"{check} est rouge parce qu'une commande échoue, avant toute affirmation du contrôle lui-même.",
            en=f"{check} is red because a command fails, before any assertion of the check itself.",
        ),
        Text(
            fr="Remplacez check_output par run et affirmez sur le résultat ; si cet échec est bien la panne, "
            'dites-le : @check(…, because="…").',
            en="Use run instead of check_output and assert on its result; if this failure is the fault, say so: "
            '@check(..., because="...").',
        ),
        evidence,
        check,
    )
