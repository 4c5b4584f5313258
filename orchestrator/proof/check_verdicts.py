"""What is wrong with a check: it sees too little, too much, too late, or something else.

Each verdict says what was seen, and what to change.
"""

from __future__ import annotations

from orchestrator.core.text import Text, same
from orchestrator.proof.model import Verdict


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
