"""The phrases of the replay of recorded work, in both languages; its script gets its own with the page."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text, same

TITLE = Text(fr="Revoir : {title}", en="Replay: {title}")
REPLAY = Text(fr="Revoir", en="Replay")
REPLAY_OF = Text(fr="Revoir l'essai commencé le {at}", en="Replay the attempt that began on {at}")
REPLAY_MINE = Text(fr="Revoir votre travail dans les terminaux", en="Replay your work in the terminals")
REPLAY_THEIRS = Text(fr="Revoir ce que ses terminaux ont affiché", en="Replay what the terminals showed")
TO_SCENARIO = Text(fr="Retour au scénario", en="Back to the scenario")
OF_SOMEBODY = Text(
    fr="Le travail de {name}. Cette personne voit que vous le regardez.",
    en="The work of {name}. This person sees that you look at it.",
)
FACTS = Text(fr="Essai commencé le", en="Attempt that began on")
VARIANT = Text(fr="variante {seed}", en="variant {seed}")
SOLVED = Text(fr="résolu", en="solved")
NONE = Text(
    fr="Il n'y a pas d'enregistrement de cet essai. Un enregistrement est gardé {days} jours après sa fin.",
    en="There is no recording of this attempt. A recording is kept for {days} days after its end.",
)
TERMINAL = Text(fr="Terminal", en="Terminal")
TERMINAL_AT = Text(fr="{host}, ouvert le {at}, {length}", en="{host}, opened on {at}, {length}")
TERMINAL_OR_DESKTOP = Text(fr="Terminal ou bureau", en="Terminal or desktop")
FOLLOW = Text(fr="Suivre celui qui est utilisé", en="Follow the one in use")
TERMINALS = Text(fr="Les terminaux et les bureaux dans le temps", en="The terminals and desktops in time")
PLAYER = Text(fr="Lecteur", en="Player")
PLAY = Text(fr="Lire", en="Play")
BAR = Text(fr="Position dans l'enregistrement", en="Position in the recording")
SPEED = Text(fr="Vitesse", en="Speed")
SKIP_PAUSES = Text(fr="Sauter les pauses", en="Skip pauses")
BEFORE = Text(fr="Repère précédent", en="Previous mark")
AFTER = Text(fr="Repère suivant", en="Next mark")
KEYS = Text(
    fr="Au clavier : espace lit ou arrête, ← et → avancent de 5 s, Début et Fin vont aux bouts, N et P au repère "
    "suivant et précédent.",
    en="By keyboard: space plays or pauses, ← and → move by 5 s, Home and End go to the ends, N and P to the next and "
    "the previous mark.",
)
MARKS = Text(fr="Repères", en="Marks")
MARKS_ABOUT = Text(
    fr="Là où un contrôle a changé de couleur, où un changement à expliquer a été trouvé, où un indice a été lu. "
    "Choisissez-en un pour voir ce qui précède.",
    en="Where a check changed its colour, where a change to explain was found, where a hint was read. Choose one to "
    "see what led to it.",
)
NO_MARKS = Text(
    fr="Aucune évaluation pendant cet essai.",
    en="No grading during this attempt.",
)
NEEDS_SCRIPTS = Text(
    fr="Le lecteur demande JavaScript. Les repères ci-dessous se lisent sans.",
    en="The player needs JavaScript. The marks below can be read without.",
)
SCREEN = Text(fr="Écran du terminal", en="The terminal's screen")
KINDS: Mapping[str, Text] = {
    "green": Text(fr="vert", en="green"),
    "red": Text(fr="rouge", en="red"),
    "unsure": Text(fr="pas de jugement", en="no judgement"),
    "hint": Text(fr="indice {number} lu", en="hint {number} read"),
    "change": Text(fr="changement à expliquer", en="change to explain"),
}
DASH = same("–")
SIGNS: Mapping[str, str] = {"green": "✔", "red": "✘", "unsure": "!", "hint": "?", "change": "±"}
SCRIPT_WORDS: Mapping[str, Text] = {
    "opened": TERMINAL_AT,
    "play": PLAY,
    "pause": Text(fr="Pause", en="Pause"),
    "of": Text(fr="{at} sur {whole}", en="{at} of {whole}"),
    "loading": Text(fr="Chargement…", en="Loading…"),
    "failed": Text(
        fr="L'enregistrement n'a pas pu être lu : la connexion manque, ou il n'existe plus. Réessayez.",
        en="The recording could not be read: there is no connection, or it is gone. Try again.",
    ),
    "over": Text(fr="Fin de l'enregistrement", en="End of the recording"),
    "reached": Text(fr="{time} : {mark}", en="{time}: {mark}"),
    "unopened": Text(fr="pas encore ouvert", en="not opened yet"),
    "closed": Text(fr="fermé", en="closed"),
    "outside": Text(fr="hors de ce terminal", en="not in this terminal"),
    "terminal": SCREEN,
    "desktop": Text(fr="Image du bureau", en="The desktop's picture"),
    "picture": Text(
        fr="Le bureau de {host}, {at} après son ouverture", en="The desktop of {host}, {at} after it opened"
    ),
    "no_picture": Text(fr="Aucune image avant ce moment.", en="No picture before this moment."),
}
"""What the page's script says, by the name that it uses."""
