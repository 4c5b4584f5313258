"""The phrases of the lab page, in both languages; its scripts get theirs with the page."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text

# Places of the page -------------------------------------------------------------------------------------------

TICKET = Text(fr="Ticket", en="Ticket")
ABOUT = Text(fr="Le lab", en="The lab")
HINTS = Text(fr="Indices", en="Hints")
HAND_IN = Text(fr="À rendre", en="To hand in")
RESULT = Text(fr="Évaluation", en="Grading")
DEBRIEF = Text(fr="Débriefing", en="Debrief")
MAP = Text(fr="Plan", en="Map")
TERMINALS = Text(fr="Terminaux", en="Terminals")
READ = Text(fr="Lire", en="Read")
VIEWS = Text(fr="Parties de la page", en="Parts of the page")
DOCUMENTS = Text(fr="Documents", en="Documents")
MACHINES = Text(fr="Machines", en="Machines")
CABLES = Text(fr="Câbles", en="Cables")
CLOSE = Text(fr="Fermer", en="Close")
CANCEL = Text(fr="Annuler", en="Cancel")
SIGN_IN = Text(fr="Se connecter", en="Sign in")
TO_PATH = Text(fr="Revenir au parcours", en="Back to the path")
VARIANT = Text(fr="Variante {seed}", en="Variant {seed}")
NEEDS_SCRIPTS = Text(
    fr="Les terminaux, le plan en direct et l'enregistrement automatique demandent JavaScript. "
    "Le reste marche sans : rechargez la page pour voir où en est le lab.",
    en="Terminals, the live map and automatic saving need JavaScript. "
    "The rest works without: load the page again to see how the lab is.",
)

# Time, check, reset, stop -------------------------------------------------------------------------------------

TIME = Text(fr="Temps", en="Time")
OF_MINUTES = Text(fr="sur {minutes}\N{NO-BREAK SPACE}min", en="of {minutes}\N{NO-BREAK SPACE}min")
OVER_TIME = Text(fr="au-delà du temps prévu", en="past the planned time")
CHECK = Text(fr="Évaluer", en="Check")
RESET = Text(fr="Recommencer", en="Reset")
STOP = Text(fr="Arrêter", en="Stop")
RESET_TITLE = Text(fr="Recommencer ce lab ?", en="Reset this lab?")
RESET_LOSES = (
    Text(
        fr="Toutes les machines reviennent à leur état de départ : ce que vous y avez changé est perdu.",
        en="All machines go back to how they were: what you have changed on them is lost.",
    ),
    Text(
        fr="Les terminaux sont fermés, et les programmes qui y tournent s'arrêtent.",
        en="Terminals are closed, and the programs in them end.",
    ),
    Text(
        fr="C'est la même variante. Réponses, rapport, conversations et indices recommencent à zéro : notez ailleurs "
        "ce que vous voulez garder.",
        en="It is the same variant. Answers, report, conversations and hints begin anew: note elsewhere what you want "
        "to keep.",
    ),
)
STOP_TITLE = Text(fr="Arrêter ce lab ?", en="Stop this lab?")
STOP_LOSES = (
    Text(
        fr="Les machines sont supprimées, avec tout ce que vous y avez fait : on ne peut pas revenir en arrière.",
        en="The machines are removed, with all that you have done on them: this cannot be undone.",
    ),
    Text(
        fr="Les terminaux sont fermés. Vos résultats restent dans votre parcours.",
        en="Terminals are closed. Your results stay in your path.",
    ),
)
RESET_YES = Text(fr="Recommencer, et perdre mes changements", en="Reset, and lose my changes")
STOP_YES = Text(fr="Arrêter, et supprimer les machines", en="Stop, and remove the machines")
SOLVED = Text(fr="Résolu", en="Solved")
SOLVED_IN = Text(fr="Résolu en {time}", en="Solved in {time}")
PLANNED = Text(fr="{minutes}\N{NO-BREAK SPACE}min prévues", en="{minutes}\N{NO-BREAK SPACE}min planned")

# Before and after the lab -------------------------------------------------------------------------------------

STARTING = Text(fr="Le lab démarre", en="The lab is starting")
RESETTING = Text(fr="Le lab revient à son état de départ", en="The lab goes back to how it was")
STARTING_WAIT = Text(
    fr="Les machines s'allument : une minute ou deux suffisent d'habitude. Cette page s'ouvre d'elle-même.",
    en="The machines are booting: a minute or two is usual. This page opens by itself.",
)
STEPS = Text(fr="Étapes", en="Steps")
STOPPING = Text(fr="Le lab s'arrête", en="The lab is stopping")
STOPPING_WAIT = Text(fr="Ses machines sont supprimées.", en="Its machines are being removed.")
FAILED = Text(fr="Le lab n'a pas démarré", en="The lab did not start")
CUT_OFF = Text(fr="Le démarrage du lab a été interrompu", en="The start of the lab was cut off")
FAILED_NEXT = Text(
    fr="Arrêtez-le, puis démarrez-le de nouveau depuis votre parcours. Si cela revient, montrez cette page à votre "
    "formateur.",
    en="Stop it, then start it again from your path. If it comes back, show this page to your trainer.",
)
GONE = Text(fr="Ce lab est arrêté", en="This lab is stopped")
GONE_NEXT = Text(
    fr="Vos résultats sont dans votre parcours ; vous pouvez le démarrer de nouveau depuis là.",
    en="Your results are in your path; you can start it again from there.",
)

# Map and cables -----------------------------------------------------------------------------------------------

OPEN_ON = Text(fr="Ouvrir un terminal sur {host}", en="Open a terminal on {host}")
OPEN_SHOWN = Text(fr="{shown} : ouvrir un terminal", en="{shown}: open a terminal")
TERMINAL = Text(fr="Terminal", en="Terminal")
ROOT_SHELL = Text(fr="Shell root", en="Root shell")
ROOT_SHELL_ON = Text(fr="Ouvrir un shell root sur {host}", en="Open a root shell on {host}")
DHCP = Text(fr="DHCP", en="DHCP")
HOST_STATES: Mapping[str, Text] = {
    "exited": Text(fr="éteinte", en="off"),
    "paused": Text(fr="en pause", en="paused"),
    "restarting": Text(fr="redémarre", en="rebooting"),
    "created": Text(fr="éteinte", en="off"),
    "dead": Text(fr="en panne", en="broken"),
}
PLUGGED = Text(fr="branché (prise : {segment})", en="plugged into {segment}")
UNPLUGGED = Text(fr="débranché (prise : {segment})", en="unplugged (socket: {segment})")
PLUG = Text(fr="Brancher", en="Plug in")
UNPLUG = Text(fr="Débrancher", en="Unplug")
REPLACE = Text(fr="Remplacer", en="Replace")
MOVE = Text(fr="Déplacer", en="Move")
MOVE_TO = Text(fr="Prise de {cable}", en="Socket for {cable}")
CABLE_OF = Text(fr="Câble {cable}", en="Cable {cable}")

# Hints, questions, report -------------------------------------------------------------------------------------

NO_HINTS = Text(fr="Ce lab n'a pas d'indices.", en="This lab has no hints.")
HINTS_READ = Text(fr="{read} sur {offered} lus", en="{read} of {offered} read")
HINTS_FIRST = Text(
    fr="Cherchez d'abord : chaque indice en dit plus que le précédent, et votre parcours note ceux que vous lisez.",
    en="Search first: each hint says more than the one before, and your path notes those that you read.",
)
HINT_NUMBER = Text(fr="Indice {number}", en="Hint {number}")
NEXT_HINT = Text(fr="Lire l'indice {number}", en="Read hint {number}")
ALL_HINTS = Text(fr="Vous avez lu tous les indices.", en="You have read all hints.")
QUESTIONS = Text(fr="Questions", en="Questions")
NO_ANSWER = Text(fr="(pas de réponse)", en="(no answer)")
SAVE = Text(fr="Enregistrer", en="Save")
REPORT = Text(fr="Rapport d'intervention", en="Intervention report")
REPORT_FIELDS: Mapping[str, tuple[Text, Text]] = {
    "symptom": (
        Text(fr="Symptôme", en="Symptom"),
        Text(fr="Ce que l'utilisateur voyait, dans ses mots.", en="What the user saw, in their words."),
    ),
    "cause": (
        Text(fr="Cause", en="Cause"),
        Text(fr="Ce qui ne marchait pas, et à quoi vous l'avez vu.", en="What was wrong, and how you could tell."),
    ),
    "action": (
        Text(fr="Action", en="Action"),
        Text(fr="Ce que vous avez changé, et où.", en="What you have changed, and where."),
    ),
    "test": (
        Text(fr="Test", en="Test"),
        Text(fr="Comment vous avez vérifié que tout marche.", en="How you made sure that all works."),
    ),
}
MINUTES = Text(fr="Temps passé, en minutes", en="Time spent, in minutes")
WRONG_MINUTES = Text(
    fr="Le temps passé est un nombre de minutes, par exemple 20.",
    en="The time spent is a number of minutes, for example 20.",
)
SAVED_ALONE = Text(
    fr="Ce que vous écrivez est enregistré tout seul.",
    en="What you write is saved by itself.",
)

# The check ----------------------------------------------------------------------------------------------------

NOT_CHECKED = Text(
    fr="Pas encore d'évaluation. « Évaluer » regarde, de l'extérieur, ce qui marche et ce qui ne marche pas : autant "
    "de fois que vous voulez.",
    en="Not graded yet. “Check” looks from outside at what works and what does not: as often as you like.",
)
TO_DO = Text(fr="À rétablir", en="To be put right")
TASK_TO_DO = Text(fr="À faire", en="To be done")
TO_KEEP = Text(fr="À préserver", en="Must keep working")
KEPT = Text(fr="Ce qui marchait marche toujours", en="What worked still works")
REST_KEPT = Text(fr="Le reste de ce qui marchait marche toujours", en="The rest of what worked still works")
KEPT_CHECK = Text(fr="1\N{NO-BREAK SPACE}contrôle", en="1\N{NO-BREAK SPACE}check")
KEPT_CHECKS = Text(fr="{n}\N{NO-BREAK SPACE}contrôles", en="{n}\N{NO-BREAK SPACE}checks")
ANSWERS = Text(fr="Réponses", en="Answers")
OUTCOMES: Mapping[str, Text] = {
    "pass": Text(fr="vert", en="green"),
    "fail": Text(fr="rouge", en="red"),
    "error": Text(fr="pas de jugement", en="no judgement"),
}
VERDICTS: Mapping[str, Text] = {
    "repaired": Text(fr="Réparé : tout est vert.", en="Repaired: all is green."),
    "repaired_with_changes": Text(
        fr="Réparé, avec des changements à expliquer.",
        en="Repaired, with changes to explain.",
    ),
    "not_repaired": Text(fr="Pas encore réparé.", en="Not repaired yet."),
    "not_valid": Text(
        fr="Cette évaluation n'est pas valable : tout n'a pas pu être jugé. Réessayez.",
        en="This grading is not valid: not everything could be judged. Try again.",
    ),
}
TASK_VERDICTS: Mapping[str, Text] = {
    "repaired": Text(fr="Terminé : tout est vert.", en="Done: all is green."),
    "repaired_with_changes": Text(fr="Terminé, avec des changements à expliquer.", en="Done, with changes to explain."),
    "not_repaired": Text(fr="Pas encore terminé.", en="Not done yet."),
    "not_valid": VERDICTS["not_valid"],
}
ANSWER_LEFT = Text(
    fr="Réparé, mais il reste une réponse à donner ou à corriger.",
    en="Repaired, but one answer is still to be given or corrected.",
)
ANSWERS_LEFT = Text(
    fr="Réparé, mais il reste {n} réponses à donner ou à corriger.",
    en="Repaired, but {n} answers are still to be given or corrected.",
)
TASK_ANSWER_LEFT = Text(
    fr="Il ne reste qu'une réponse à donner ou à corriger.", en="One answer only is still to be given or corrected."
)
TASK_ANSWERS_LEFT = Text(
    fr="Il ne reste que {n} réponses à donner ou à corriger.",
    en="Only {n} answers are still to be given or corrected.",
)
POINTS = Text(fr="Points : {points} sur {total}", en="Points: {points} of {total}")
POINTS_DO_NOT_COUNT = Text(
    fr="Ces points sont ceux des contrôles : ils ne comptent qu'une fois défait ce qui est interdit.",
    en="These points are those of the checks: they count only once what is forbidden is undone.",
)
CHECKED_AT = Text(fr="Évaluation de", en="Graded at")
SINCE = Text(fr="depuis", en="since")
CHECKING = Text(fr="Évaluation en cours…", en="Grading…")
BEING_CHECKED = Text(fr="En cours de contrôle (pas encore de résultat)", en="Being checked (no result yet)")
FORBIDDEN_CHANGES = Text(fr="Changements interdits, à défaire", en="Forbidden changes, to undo")
CHANGES = Text(fr="Changements à expliquer", en="Changes to explain")
CHANGES_WHY = Text(
    fr="Ce n'est pas une faute : sachez dire pourquoi, ou défaites ce qui n'était pas nécessaire.",
    en="This is no mistake: be ready to say why, or undo what was not needed.",
)
BROKEN = Text(fr="Ce qui était en panne", en="What was broken")

# Terminals ----------------------------------------------------------------------------------------------------

NEW_TERMINAL = Text(fr="Nouveau terminal", en="New terminal")
NO_TERMINAL = Text(
    fr="Ouvrez un terminal : choisissez une machine ci-dessous, ou cliquez dessus dans le plan.",
    en="Open a terminal: choose a machine below, or click it on the map.",
)
LEAVE_TERMINAL = Text(
    fr="Sortir du terminal au clavier : Ctrl+Maj+↑ (ou Maj+F6). Copier, coller : Ctrl+Maj+C, Ctrl+Maj+V. "
    "Chercher : Ctrl+Maj+F.",
    en="Leave the terminal by keyboard: Ctrl+Shift+↑ (or Shift+F6). Copy, paste: Ctrl+Shift+C, Ctrl+Shift+V. "
    "Find: Ctrl+Shift+F.",
)
SETTINGS = Text(fr="Réglages", en="Settings")
FONT_SIZE = Text(fr="Taille du texte", en="Text size")
READER = Text(fr="Mode lecteur d'écran", en="Screen reader mode")
FIND = Text(fr="Chercher dans le terminal", en="Find in the terminal")
FIND_NEXT = Text(fr="Suivant", en="Next")
FIND_BEFORE = Text(fr="Précédent", en="Previous")
KEYS = Text(fr="Touches", en="Keys")
ESCAPE = Text(fr="Échap", en="Esc")
PASTE = Text(fr="Coller", en="Paste")

SCRIPT_WORDS: Mapping[str, Text] = {
    "failed": Text(fr="Cela n'a pas marché. Réessayez.", en="That did not work. Try again."),
    "no_connection": Text(
        fr="Le portail ne répond pas : rien n'a été fait. Réessayez quand la connexion sera revenue.",
        en="The portal does not answer: nothing was done. Try again once the connection is back.",
    ),
    "signed_out": Text(
        fr="Vous n'êtes plus connecté. Votre lab continue ; connectez-vous de nouveau.",
        en="You are signed out. Your lab goes on; sign in again.",
    ),
    "lost": Text(
        fr="Connexion perdue : la page n'est plus à jour. Nouvel essai en cours…",
        en="Connection lost: this page is not up to date. Trying again…",
    ),
    "saving": Text(fr="Enregistrement…", en="Saving…"),
    "saved": Text(fr="Enregistré à {time}", en="Saved at {time}"),
    "unsaved": Text(fr="Pas encore enregistré", en="Not saved yet"),
    "not_saved": Text(fr="Pas enregistré : {why}", en="Not saved: {why}"),
    "graded": Text(fr="Évaluation terminée.", en="The grading is over."),
    "plugged": Text(fr="Câble {cable} : branché.", en="Cable {cable}: plugged in."),
    "unplugged": Text(fr="Câble {cable} : débranché.", en="Cable {cable}: unplugged."),
    "root_of": Text(fr="{host} (root)", en="{host} (root)"),
    "terminal_of": Text(fr="Terminal de {host}", en="Terminal of {host}"),
    "close_terminal": Text(fr="Fermer {name}", en="Close {name}"),
    "close_running": Text(
        fr="Fermer {name} ? Ce qui y tourne s'arrête.",
        en="Close {name}? What runs in it ends.",
    ),
    "opening": Text(fr="Ouverture d'un terminal sur {host}…", en="Opening a terminal on {host}…"),
    "reconnecting": Text(
        fr="Connexion perdue : nouvel essai… Ce qui tourne dans le terminal continue.",
        en="Connection lost: trying again… What runs in the terminal goes on.",
    ),
    "offline": Text(
        fr="Hors ligne. Ce qui tourne dans le terminal continue ; l'écran revient avec la connexion.",
        en="Offline. What runs in the terminal goes on; the screen comes back with the connection.",
    ),
    "unsent": Text(
        fr="Pas de connexion : ce que vous tapez n'est pas envoyé, et ne le sera pas plus tard.",
        en="No connection: what you type is not sent, and will not be sent later.",
    ),
    "ended": Text(
        fr="Ce terminal est terminé : sa dernière commande est finie.",
        en="This terminal has ended: its last program is gone.",
    ),
    "missing": Text(fr="Ce terminal n'existe plus.", en="This terminal is gone."),
    "forbidden": Text(fr="Ce terminal est refusé. Rechargez la page.", en="This terminal is refused. Load the page."),
    "closed": Text(fr="Ce terminal a été fermé.", en="This terminal was closed."),
    "no_code": Text(
        fr="Le terminal n'a pas pu être chargé. Rechargez la page.",
        en="The terminal could not be loaded. Load the page again.",
    ),
    "no_paste": Text(
        fr="Le navigateur ne donne pas le presse-papiers : collez au clavier ou par un appui long.",
        en="The browser does not give the clipboard: paste by keyboard or by a long press.",
    ),
    "not_found": Text(fr="Rien trouvé", en="Nothing found"),
    "over_time": OVER_TIME,
    "since": SINCE,
    "pass": OUTCOMES["pass"],
    "fail": OUTCOMES["fail"],
    "error": OUTCOMES["error"],
    "guard": TO_KEEP,
}
"""What the page's scripts say, by the name that they use."""
