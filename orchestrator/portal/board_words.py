"""The phrases of the class board, and of what is said to a class, in both languages; templates know them as ``b``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text
from orchestrator.labd.class_contract import MemberState

NOTHING_LAUNCHED = Text(
    fr="Rien n'a encore été lancé : le tableau se remplit au premier lancement.",
    en="Nothing was launched yet: the board fills with the first launch.",
)
COUNTS = Text(
    fr="Stagiaires : {trainees} · résolus : {solved} · en cours : {running} · bloqués : {stuck} · "
    "avec un problème : {trouble}",
    en="Trainees: {trainees} · solved: {solved} · running: {running} · stuck: {stuck} · in trouble: {trouble}",
)
LAUNCHING = Text(fr="Labs qui doivent encore démarrer : {n}", en="Labs that are still to start: {n}")
LOOKED = Text(fr="Activité regardée", en="Activity looked at")
HOW_TO_READ = Text(
    fr="Choisissez un numéro ou un résultat : son contrôle se lit ici.",
    en="Choose a number or a result: its check is read here.",
)
TABLE = Text(fr="Où en est chacun", en="How far everybody is")
WHO = Text(fr="Stagiaire", en="Trainee")
STATE = Text(fr="État", en="State")
TIME = Text(fr="Temps", en="Time")
TIME_OF = Text(fr="sur {minutes}\N{NO-BREAK SPACE}min", en="of {minutes}\N{NO-BREAK SPACE}min")
HINTS = Text(fr="Indices", en="Hints")
GRADED = Text(fr="Évalué", en="Graded")
ACTIVE = Text(fr="Activité", en="Activity")
ACTS = Text(fr="Actions", en="Actions")
CHECKS = Text(fr="Contrôles", en="Checks")
CHECK_NUMBER = Text(fr="Contrôle {n} : {sentence}", en="Check {n}: {sentence}")
OUTCOMES: Mapping[str, Text] = {
    "pass": Text(fr="vert", en="green"),
    "fail": Text(fr="rouge", en="red"),
    "error": Text(fr="pas de jugement", en="no judgement"),
    "none": Text(fr="pas encore demandé", en="not asked yet"),
}
MARKS: Mapping[str, str] = {"pass": "✔", "fail": "✘", "error": "!", "none": "·"}
STATES: Mapping[MemberState, Text] = {
    "none": Text(fr="pas de lab", en="no lab"),
    "waiting": Text(fr="attend son tour", en="waits for its turn"),
    "starting": Text(fr="démarre", en="starting"),
    "running": Text(fr="en cours", en="running"),
    "frozen": Text(fr="en pause", en="frozen"),
    "saved": Text(fr="sauvegardé", en="saved"),
    "broken": Text(fr="en panne", en="broken down"),
    "solved": Text(fr="résolu", en="solved"),
    "ended": Text(fr="terminé", en="ended"),
}
ICONS: Mapping[MemberState, str] = {
    "none": "new",
    "waiting": "new",
    "starting": "tried",
    "running": "running",
    "frozen": "tried",
    "saved": "tried",
    "broken": "wrong",
    "solved": "solved",
    "ended": "hinted",
}
STUCK = Text(fr="bloqué", en="stuck")
ELSEWHERE = Text(fr="travaille sur {scenario}", en="works on {scenario}")
LOOK_AT = Text(fr="Voir le lab de {name}", en="Look at the lab of {name}")
CHECK_NOW = Text(fr="Évaluer", en="Check now")
CHECK_ONE = Text(fr="Évaluer maintenant le lab de {name}", en="Check now the lab of {name}")
LEGEND = Text(fr="Légende", en="Legend")
NOT_A_COLOUR = Text(fr="Ce que disent les signes", en="What the marks say")
NEVER = Text(fr="jamais", en="never")

LOST = Text(fr="Connexion perdue : le tableau n'est plus à jour.", en="Connection lost: the board is not up to date.")
RELOAD = Text(fr="Recharger", en="Load again")
CHECKING = Text(
    fr="L'évaluation est demandée ; le résultat arrive dans le tableau.",
    en="The grading is asked for; its result arrives on the board.",
)
FAILED = Text(fr="Cela n'a pas marché. Réessayez.", en="That did not work. Try again.")

ANNOUNCE = Text(fr="Dire quelque chose à la classe", en="Say something to the class")
ANNOUNCE_HINT = Text(
    fr="Tous ceux dont le lab est ouvert le lisent aussitôt.",
    en="Everybody whose lab is open reads it at once.",
)
ANNOUNCEMENT = Text(fr="Annonce", en="Announcement")
SEND = Text(fr="Envoyer", en="Send")
ANNOUNCED = Text(fr="L'annonce est faite.", en="The announcement is made.")
STOP_ALL = Text(fr="Arrêter tous les labs", en="Stop all labs")
STOP_ABOUT = Text(
    fr="Les machines de toute la classe sont supprimées, avec ce qui y a été fait : on ne peut pas revenir en arrière. "
    "Les résultats restent.",
    en="The machines of the whole class are removed, with what was done on them: this cannot be undone. Results stay.",
)
STOP_YES = Text(fr="Oui, arrêter les labs de {name}", en="Yes, stop the labs of {name}")
STOPPED = Text(fr="Les labs de la classe s'arrêtent.", en="The labs of the class are being stopped.")
LAUNCHED = Text(fr="Le lancement a commencé.", en="The launch has begun.")
EXPORT = Text(fr="Exporter en CSV", en="Export as CSV")

# On a lab's page ----------------------------------------------------------------------------------------------

SOMEBODY_ELSES = Text(
    fr="Ce lab n'est pas le vôtre : vous le regardez, sans y toucher. Son stagiaire voit quand vous regardez un "
    "terminal ou un écran, et décide si vous tapez dans un terminal.",
    en="This lab is not yours: you look at it, and do not touch it. Its trainee sees when you look at a terminal or a "
    "screen, and decides whether you type in a terminal.",
)
NO_TERMINAL = Text(fr="Aucun terminal n'est ouvert.", en="No terminal is open.")
LAB_SCRIPT_WORDS: Mapping[str, Text] = {
    "announces": Text(fr="{by} annonce : {text}", en="{by} announces: {text}"),
    "watches": Text(fr="{by} regarde votre terminal {name}.", en="{by} is looking at your terminal {name}."),
    "watches_screen": Text(fr="{by} regarde l'écran de {name}.", en="{by} is looking at the screen of {name}."),
}
"""What the lab page's scripts say of trainers, beside their other words."""
