"""The phrases of candidates' terminals, at the seat and on the wall; templates know them as ``z``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text
from orchestrator.labd.day_contract import BrowserState
from orchestrator.portal import lab_words

# On the wall ----------------------------------------------------------------------------------------------------

TERMINALS = Text(fr="Terminaux", en="Terminals")
SCREENS = Text(fr="Terminaux et bureaux", en="Terminals and desktops")
SCREENS_ABOUT = Text(
    fr="Ce que les terminaux des candidats affichent, à la seconde, en texte seul, et la dernière image des bureaux "
    "qu'ils ont à l'écran. Ouvrez-en un pour le regarder en entier ; le journal note qui regarde.",
    en="What the candidates' terminals show, each second, as text alone, and the last picture of the desktops that "
    "they have on their screens. Open one to look at all of it; the journal notes who looks.",
)
HIDE = Text(fr="Masquer les écrans", en="Hide the screens")
SHOW = Text(fr="Afficher les écrans", en="Show the screens")
NO_SCREEN = Text(fr="Aucun terminal ni bureau n'est ouvert.", en="No terminal and no desktop is open.")
SCREENS_LOST = Text(
    fr="Les écrans ne se mettent plus à jour : la liaison est coupée.",
    en="The screens are no longer kept up to date: the connection is gone.",
)
DESKTOP = Text(fr="{host} (bureau)", en="{host} (desktop)")
DESKTOP_PICTURE = Text(fr="Le bureau de {host}, candidat {number}", en="The desktop of {host}, candidate {number}")
LAST_AT = Text(fr="Dernière activité : {at}", en="Last activity: {at}")
LOOK = Text(fr="Regarder {host}", en="Look at {host}")

# One terminal ---------------------------------------------------------------------------------------------------

SCREEN_OF = Text(fr="{number} {name} : {host}", en="{number} {name}: {host}")
LOOK_ONLY = Text(
    fr="Vous regardez seulement : rien de ce que vous tapez ici n'y arrive. Le journal de la session note que vous "
    "regardez.",
    en="You only look: nothing that you type here gets there. The session's journal notes that you look.",
)
DESKTOP_OF = Text(fr="{number} {name} : bureau de {host}", en="{number} {name}: desktop of {host}")
DESKTOP_CLOSED = Text(
    fr="Le candidat n'a plus ce bureau à l'écran : voici la dernière image.",
    en="The candidate no longer has this desktop on the screen: this is the last picture.",
)
LAST_PICTURE = Text(fr="Dernière image : {at}", en="Last picture: {at}")
TO_CANDIDATE = Text(fr="Retour au candidat", en="Back to the candidate")
SCREEN_TEXT = Text(fr="Ce que le terminal affiche", en="What the terminal shows")

# Who is at their seat ---------------------------------------------------------------------------------------------

BROWSERS: Mapping[BrowserState, Text] = {
    "unknown": Text(fr="—", en="—"),
    "there": Text(fr="connecté", en="connected"),
    "gone": Text(fr="déconnecté depuis {at}", en="not connected since {at}"),
}
BROWSER = Text(fr="Navigateur", en="Browser")
MOVED = Text(fr="a changé de place à {at}", en="changed seats at {at}")

# At the seat -------------------------------------------------------------------------------------------------------

LABS = Text(fr="Vos labs", en="Your labs")
LAB = Text(fr="Lab {number}", en="Lab {number}")
LAB_OF = Text(fr="{title} : lab {number}", en="{title}: lab {number}")
NO_LAB = Text(fr="Aucun lab ne vous attend.", en="No lab awaits you.")
LOST = Text(
    fr="Connexion perdue : nouvel essai… Ce qui tourne dans vos terminaux continue.",
    en="Connection lost: trying again… What runs in your terminals goes on.",
)
SCRIPT_WORDS: Mapping[str, Text] = {
    **{
        name: lab_words.SCRIPT_WORDS[name]
        for name in (
            *("failed", "no_connection", "root_of", "terminal_of", "close_terminal", "close_running", "opening"),
            *("reconnecting", "offline", "unsent", "ended", "missing", "closed", "no_code", "no_paste", "not_found"),
        )
    },
    "signed_out": Text(
        fr="Ce navigateur n'a plus de place : appelez la personne qui surveille.",
        en="This browser has no seat any more: call the invigilator.",
    ),
    "stopped": Text(
        fr="Les machines sont fermées : votre temps est arrêté, ou n'a pas commencé. Le terminal revient de lui-même.",
        en="The machines are closed: your time stands still, or has not begun. The terminal comes back by itself.",
    ),
    "screen_stopped": Text(
        fr="Les machines sont fermées : votre temps est arrêté, ou n'a pas commencé. L'écran revient de lui-même.",
        en="The machines are closed: your time stands still, or has not begun. The screen comes back by itself.",
    ),
    "over": Text(fr="Votre temps est écoulé.", en="Your time is over."),
}
"""What the page's scripts say: of the lab page's words those about terminals, and nothing of checks or hints."""
