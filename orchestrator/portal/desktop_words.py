"""What the lab page says of screens of hosts, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text

SCREEN = Text(fr="Écran", en="Screen")
SCREEN_OF = Text(fr="Écran de {host}", en="Screen of {host}")
OPEN_ON = Text(fr="Voir l'écran de {host}", en="Show the screen of {host}")
TOOLS = Text(fr="Outils de l'écran", en="Tools of the screen")
LAYOUT = Text(fr="Clavier", en="Keyboard")
LAYOUTS: Mapping[str, Text] = {
    "auto": Text(fr="comme le navigateur", en="as the browser"),
    "fr": Text(fr="français (AZERTY)", en="French (AZERTY)"),
    "be": Text(fr="belge (AZERTY)", en="Belgian (AZERTY)"),
    "ch": Text(fr="suisse romand (QWERTZ)", en="Swiss French (QWERTZ)"),
    "us": Text(fr="américain (QWERTY)", en="American (QWERTY)"),
    "gb": Text(fr="britannique (QWERTY)", en="British (QWERTY)"),
}
TEXT = Text(fr="Texte et presse-papiers", en="Text and clipboard")
TEXT_FIELD = Text(fr="Texte à taper ou à coller sur le bureau", en="Text to type or to paste on the desktop")
TYPE_IT = Text(fr="Taper ce texte", en="Type this text")
TO_CLIPBOARD = Text(fr="Vers le presse-papiers du bureau", en="To the desktop's clipboard")
COPY = Text(fr="Copier sur cet ordinateur", en="Copy to this computer")
FULL = Text(fr="Plein écran", en="Full screen")
LEAVE = Text(
    fr="Sortir de l'écran au clavier : Ctrl+Maj+↑ (ou Maj+F6). Ctrl+C et Ctrl+V passent d'un presse-papiers à l'autre.",
    en="Leave the screen by keyboard: Ctrl+Shift+↑ (or Shift+F6). Ctrl+C and Ctrl+V reach from one clipboard to the "
    "other.",
)

SCRIPT_WORDS: Mapping[str, Text] = {
    "screen_of": SCREEN_OF,
    "screen_connecting": Text(fr="L'écran s'affiche…", en="The screen is coming up…"),
    "screen_off": Text(
        fr="Cet écran est éteint : rien n'y est ouvert. Il s'affichera de lui-même.",
        en="This screen is off: nothing is open on it. It will show by itself.",
    ),
    "screen_reconnecting": Text(
        fr="Connexion perdue : nouvel essai… Ce qui est ouvert sur le bureau continue.",
        en="Connection lost: trying again… What is open on the desktop goes on.",
    ),
    "screen_offline": Text(
        fr="Hors ligne. Ce qui est ouvert sur le bureau continue ; l'écran revient avec la connexion.",
        en="Offline. What is open on the desktop goes on; the screen comes back with the connection.",
    ),
    "screen_missing": Text(
        fr="Cet écran ne peut pas être montré. Rechargez la page.",
        en="This screen cannot be shown. Load the page again.",
    ),
    "no_screen_code": Text(
        fr="L'écran n'a pas pu être chargé. Rechargez la page.",
        en="The screen could not be loaded. Load the page again.",
    ),
    "copied_here": Text(fr="Copié sur cet ordinateur.", en="Copied to this computer."),
    "no_copy": Text(
        fr="Le navigateur ne laisse pas copier : copiez le texte ci-dessus.",
        en="The browser does not let us copy: copy the text above.",
    ),
    "given": Text(fr="Dans le presse-papiers du bureau.", en="In the desktop's clipboard."),
    "typing_text": Text(fr="Le texte se tape…", en="Typing the text…"),
    "typed_text": Text(fr="Le texte est tapé.", en="The text is typed."),
}
"""What the page's scripts say of screens, by the name that they use."""
