"""The phrases by which a trainer helps: typing along, hints, attempts, comments, in both languages; known as ``h``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text

# Typing in a terminal -----------------------------------------------------------------------------------------

ASK = Text(fr="Demander à taper ici", en="Ask to type here")
ASKED_YOU = Text(
    fr="{by} demande à taper dans votre terminal {host}.",
    en="{by} asks to type in your terminal {host}.",
)
ASKED_ABOUT = Text(
    fr="Si vous acceptez, vous voyez tout ce qui est tapé, et pouvez y mettre fin à tout moment.",
    en="If you allow it, you see all that is typed, and can end it at any time.",
)
ALLOW = Text(fr="Autoriser", en="Allow")
REFUSE = Text(fr="Refuser", en="Refuse")
TYPES_WITH_YOU = Text(fr="{by} tape avec vous dans {host}.", en="{by} types with you in {host}.")
END = Text(fr="Y mettre fin", en="End it")
YOU_ASKED = Text(
    fr="Vous avez demandé à taper dans {host} : votre stagiaire n'a pas encore répondu.",
    en="You have asked to type in {host}: your trainee has not answered yet.",
)
TAKE_BACK = Text(fr="Retirer la demande", en="Take it back")
YOU_TYPE = Text(
    fr="Vous tapez dans {host}, avec l'accord de votre stagiaire, qui voit tout.",
    en="You type in {host} with the consent of your trainee, who sees it all.",
)
STOP_TYPING = Text(fr="Arrêter de taper", en="Stop typing")
ANOTHER_ASKED = Text(fr="{by} a demandé à taper dans {host}.", en="{by} has asked to type in {host}.")
ANOTHER_TYPES = Text(
    fr="{by} tape dans {host}, avec l'accord du stagiaire.",
    en="{by} types in {host} with the trainee's consent.",
)

# Hints --------------------------------------------------------------------------------------------------------

FROM_TRAINER = Text(fr="Indice de {by}", en="Hint from {by}")
GIVE_HINT = Text(fr="Donner un indice", en="Give a hint")
GIVE_HINT_ABOUT = Text(
    fr="Il s'ajoute aux indices de ce lab, avec votre nom, et reste avec l'essai.",
    en="It joins the hints of this lab, with your name, and stays with the attempt.",
)
HINT = Text(fr="Votre indice", en="Your hint")
SEND_HINT = Text(fr="Envoyer l'indice", en="Send the hint")
CLASS_HINT = Text(fr="Donner un indice à la classe", en="Give the class a hint")
CLASS_HINT_ABOUT = Text(
    fr="Il va à tous ceux qui ont ce scénario en cours, parmi leurs indices.",
    en="It goes to everybody who has this scenario running, among their hints.",
)
CLASS_HINT_GIVEN = Text(fr="L'indice est donné.", en="The hint is given.")

LAB_SCRIPT_WORDS: Mapping[str, Text] = {
    "trainer_hint": Text(fr="{by} vous donne un indice : {text}", en="{by} gives you a hint: {text}"),
    "commented": Text(
        fr="{by} a commenté votre essai : c'est sur la page du scénario.",
        en="{by} has commented on your attempt: it is on the scenario's page.",
    ),
    "hint_sent": Text(fr="L'indice est envoyé.", en="The hint is sent."),
    "typing_refused": Text(fr="Votre stagiaire a refusé.", en="Your trainee has refused."),
    "typing_unanswered": Text(fr="Votre stagiaire n'a pas répondu.", en="Your trainee has not answered."),
    "typing_over": Text(fr="{by} ne tape plus dans {name}.", en="{by} no longer types in {name}."),
    "typing_yours_over": Text(fr="Vous ne tapez plus dans {name}.", en="You no longer type in {name}."),
}
"""What the lab page's scripts say, beside their other words."""

# Attempts -----------------------------------------------------------------------------------------------------

ATTEMPTS_OF = Text(fr="Essais de {name}", en="Attempts of {name}")
ATTEMPTS = Text(fr="Essais", en="Attempts")
NO_ATTEMPTS = Text(fr="{name} n'a encore rien essayé.", en="{name} has not tried anything yet.")
SCENARIO = Text(fr="Scénario", en="Scenario")
STARTED = Text(fr="Début", en="Started")
RESULT = Text(fr="Résultat", en="Result")
VERDICT = Text(fr="Dernière évaluation", en="Last grading")
TIME = Text(fr="Temps", en="Time")
OF_MINUTES = Text(fr="sur {minutes}\N{NO-BREAK SPACE}min", en="of {minutes}\N{NO-BREAK SPACE}min")
HINTS = Text(fr="Indices", en="Hints")
HINTS_OF = Text(fr="{read} sur {offered}", en="{read} of {offered}")
AND_GIVEN = Text(fr="+ {n} du formateur", en="+ {n} from the trainer")
COMMENTS = Text(fr="Commentaires", en="Comments")
NOT_SOLVED = Text(fr="pas résolu", en="not solved")
NEVER_CHECKED = Text(fr="jamais évalué", en="never graded")
TYPED = Text(
    fr="Un formateur a pu taper dans un terminal, avec l'accord du stagiaire.",
    en="A trainer could type in a terminal, with the trainee's consent.",
)
VERDICTS: Mapping[str, Text] = {
    "repaired": Text(fr="réparé", en="repaired"),
    "repaired_with_changes": Text(fr="réparé, changements à expliquer", en="repaired, changes to explain"),
    "not_repaired": Text(fr="pas réparé", en="not repaired"),
    "not_valid": Text(fr="évaluation non valable", en="grading not valid"),
}
TO_MEMBER_ATTEMPTS = Text(fr="Tous les essais de {name}", en="All attempts of {name}")
LOOK_AT_LAB = Text(fr="Voir le lab", en="Look at the lab")
HANDED_IN = Text(fr="Réponses et rapport", en="Answers and report")
NOTHING_ASKED = Text(
    fr="Ce scénario ne demande ni réponse ni rapport.",
    en="This scenario asks neither for answers nor for a report.",
)
NO_ANSWER = Text(fr="pas de réponse", en="no answer")
EMPTY = Text(fr="rien d'écrit", en="nothing written")
GIVEN_HINTS = Text(fr="Indices donnés par un formateur", en="Hints that a trainer gave")
NO_COMMENT = Text(fr="Pas encore de commentaire.", en="No comment yet.")
WRITE_COMMENT = Text(fr="Écrire un commentaire", en="Write a comment")
COMMENT = Text(fr="Commentaire", en="Comment")
COMMENT_ABOUT = Text(
    fr="Votre stagiaire le lit avec cet essai, et en est averti. Texte simple, 2\N{NO-BREAK SPACE}000 caractères "
    "au plus.",
    en="Your trainee reads it with this attempt, and is told of it. Plain text, at most 2,000 characters.",
)
SEND_COMMENT = Text(fr="Envoyer le commentaire", en="Send the comment")
COMMENTED = Text(fr="Le commentaire est envoyé.", en="The comment is sent.")
EDIT = Text(fr="Modifier ou retirer", en="Change or withdraw")
EDIT_OF = Text(fr="Modifier ou retirer le commentaire du {at}", en="Change or withdraw the comment of {at}")
CHANGE_COMMENT = Text(fr="Modifier le commentaire", en="Change the comment")
CHANGE_ABOUT = Text(
    fr="Votre stagiaire verra la date de la modification, et en est averti.",
    en="Your trainee will see when it was changed, and is told of it.",
)
SAVE_CHANGE = Text(fr="Enregistrer", en="Save")
WITHDRAW_ABOUT = Text(
    fr="Un commentaire retiré ne laisse aucun texte, seulement votre nom et les dates. C'est définitif.",
    en="A withdrawn comment leaves no text, only your name and the dates. It cannot be undone.",
)
WITHDRAW = Text(fr="Retirer le commentaire", en="Withdraw the comment")
CHANGED_ON = Text(fr="modifié le", en="changed on")
WITHDRAWN_ON = Text(fr="Commentaire retiré le", en="Comment withdrawn on")
COMMENT_CHANGED = Text(fr="Le commentaire est modifié.", en="The comment is changed.")
COMMENT_WITHDRAWN = Text(fr="Le commentaire est retiré.", en="The comment is withdrawn.")
UNREAD = Text(fr="pas encore lu", en="not read yet")

# What a trainee reads -----------------------------------------------------------------------------------------

YOUR_TRAINERS = Text(fr="Ce que vos formateurs en disent", en="What your trainers say")
NEWS = Text(
    fr="{by} a commenté votre essai de « {title} ».",
    en="{by} has commented on your attempt at “{title}”.",
)
READ_IT = Text(fr="Lire", en="Read it")
READ_COMMENT = Text(fr="Lire le commentaire sur « {title} »", en="Read the comment on “{title}”")
NEW = Text(fr="nouveau", en="new")
ATTEMPT_OF = Text(fr="Essai du", en="Attempt of")
HINT_BY = Text(fr="Indice de {by}", en="Hint from {by}")
COMMENT_BY = Text(fr="Commentaire de {by}", en="Comment by {by}")
SAID_BY_TRAINERS = Text(fr="De vos formateurs", en="From your trainers")

# A new link ---------------------------------------------------------------------------------------------------

RENEW_LINK = Text(fr="Nouveau lien", en="New link")
RENEWED = Text(fr="Un nouveau lien", en="A new link")
RENEWED_ONCE = Text(
    fr="Il n'est montré que cette fois, et sert une fois, pour choisir un nouveau mot de passe : donnez-le à cette "
    "personne seule. L'ancien mot de passe vaut jusque-là.",
    en="It is shown this once, and works once, to choose a new password: give it to this person alone. The old "
    "password holds until then.",
)
RENEW_LINK_OF = Text(fr="Nouveau lien pour {name}, mot de passe oublié", en="New link for {name}, password forgotten")
