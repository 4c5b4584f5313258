"""The phrases about shares of the machine: a lab that waits for its start, is frozen or saved; templates: ``s``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.core.text import Text

# A lab that waits for its start -------------------------------------------------------------------------------

WAITING = Text(fr="Votre lab attend son tour", en="Your lab waits for its turn")
WAITING_OTHER = Text(fr="Ce lab attend son tour", en="This lab waits for its turn")
PLACE = Text(fr="Place {place} sur {waiting}", en="Place {place} of {waiting}")
NEXT = Text(fr="C'est le prochain.", en="It is the next one.")
ALONE = Text(fr="C'est le seul qui attend.", en="It is the only one that waits.")
SOON = Text(fr="Il démarre dans moins d'une minute, d'après les derniers démarrages.",
            en="It starts within a minute, going by the last starts.")  # fmt: skip
IN_A_MINUTE = Text(fr="Il démarre dans une minute environ, d'après les derniers démarrages.",
                   en="It starts in about a minute, going by the last starts.")  # fmt: skip
IN_MINUTES = Text(fr="Il démarre dans {minutes} minutes environ, d'après les derniers démarrages.",
                  en="It starts in about {minutes} minutes, going by the last starts.")  # fmt: skip
NOT_KNOWN = Text(
    fr="Il n'est pas encore possible d'estimer l'attente : il faut d'abord qu'un autre lab ait fini de démarrer.",
    en="How long it will take cannot be told yet: another lab has to finish starting first.",
)
NO_ROOM = Text(
    fr="La machine n'a plus de place pour d'autres labs : celui-ci démarre quand d'autres s'arrêtent. Personne ne sait "
    "quand ce sera.",
    en="The machine has no room for more labs: this one starts when others are stopped. Nobody knows when that is.",
)
CLASS_FULL = Text(
    fr="Votre classe a déjà autant de labs qu'elle peut en avoir : celui-ci démarre quand d'autres de la classe "
    "s'arrêtent. Personne ne sait quand ce sera.",
    en="Your class has as many labs as it may have: this one starts when others of the class are stopped. Nobody knows "
    "when that is.",
)
JURY_FIRST = Text(
    fr="La place qui reste est réservée aux labs d'un jury : celui-ci démarre quand d'autres labs s'arrêtent, ou après "
    "la session. Personne ne sait quand ce sera.",
    en="The room that is left is kept for the labs of a jury: this one starts when other labs are stopped, or after "
    "the session. Nobody knows when that is.",
)
WAITS_FOR: Final[Mapping[str, Text]] = {"room": NO_ROOM, "class": CLASS_FULL, "jury": JURY_FIRST}
"""What a lab waits for that has no room, by the reason."""
MEANWHILE = Text(
    fr="Les personnes et les classes passent chacune à leur tour. Cette page s'ouvre d'elle-même ; vous pouvez la "
    "fermer sans perdre votre place. Votre temps ne compte pas encore.",
    en="People and classes take turns. This page opens by itself; you can close it and keep your place. Your time does "
    "not count yet.",
)
MEANWHILE_AGAIN = Text(
    fr="Les personnes et les classes passent chacune à leur tour. Cette page s'ouvre d'elle-même ; vous pouvez la "
    "fermer sans perdre votre place. Rien de ce lab ne se perd tant qu'il attend.",
    en="People and classes take turns. This page opens by itself; you can close it and keep your place. Nothing of "
    "this lab is lost while it waits.",
)
TAKE_BACK = Text(fr="Ne plus attendre", en="Stop waiting")

# A lab in which nobody does anything --------------------------------------------------------------------------

FREEZES = Text(
    fr="Personne ne travaille dans ce lab. Il sera mis en pause à {time} ; rien n'y sera perdu.",
    en="Nobody is working in this lab. It will be frozen at {time}; nothing in it will be lost.",
)
GO_ON = Text(fr="Je suis là", en="I am here")
FROZEN = Text(
    fr="Ce lab est en pause, parce que personne n'y travaillait. Tout y est comme avant, programmes compris.",
    en="This lab is frozen, because nobody was working in it. All is as it was, programs too.",
)
THAW = Text(fr="Reprendre", en="Go on")
SAVES = Text(
    fr="Sans reprise, il sera sauvegardé le {when} : fichiers, câbles, réponses et rapport resteront ; programmes en "
    "marche, terminaux et ce qui est en mémoire (/tmp, /run) seront perdus.",
    en="If nobody goes on, it will be saved on {when}: files, cables, answers and report stay; running programs, "
    "terminals and what is in memory (/tmp, /run) will be lost.",
)

# A lab that is saved ------------------------------------------------------------------------------------------

SAVED = Text(fr="Ce lab est sauvegardé", en="This lab is saved")
SAVED_WHY = Text(
    fr="Personne n'y travaillait plus : ses machines ont été éteintes pour laisser la place à d'autres labs.",
    en="Nobody was working in it any more: its machines were switched off to make room for other labs.",
)
SAVED_KEPT = Text(
    fr="Gardés : les fichiers des machines, les câbles, les réponses, le rapport et l'essai.",
    en="Kept: the files of the machines, the cables, the answers, the report and the attempt.",
)
SAVED_LOST = Text(
    fr="Perdus, comme à l'arrêt d'un ordinateur : les programmes en marche, les terminaux, et ce qui était en mémoire "
    "(/tmp, /run).",
    en="Lost, as when a computer is shut down: running programs, terminals, and what was in memory (/tmp, /run).",
)
SAVED_OTHER = Text(fr="Son stagiaire le reprend depuis cette page.", en="Its trainee resumes it on this page.")
RESUME = Text(fr="Reprendre le lab", en="Resume the lab")
RESUMING = Text(fr="Le lab est remis en marche", en="The lab is being resumed")
RESUMING_WAIT = Text(
    fr="Les machines démarrent avec leurs fichiers et leurs câbles d'avant. Cette page s'ouvre d'elle-même.",
    en="The machines boot with their files and cables as they were. This page opens by itself.",
)
