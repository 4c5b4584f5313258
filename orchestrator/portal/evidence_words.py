"""The phrases of sealed evidence as a jury looks at it, in both languages; templates know them as ``e``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text
from orchestrator.labd.evidence_contract import Looked, SittingMarkKind

# Both pages ---------------------------------------------------------------------------------------------------

TO_CANDIDATE = Text(fr="Retour au candidat", en="Back to the candidate")
SEEN = Text(fr="Ce qui a été vu", en="What was seen")
SEEN_OF = Text(fr="Ce qui a été vu : {phase}", en="What was seen: {phase}")
REPLAY = Text(fr="Revoir la séance", en="Replay the sitting")
REPLAY_OF = Text(fr="Revoir : {phase}", en="Replay: {phase}")
DOWNLOAD = Text(fr="Télécharger les preuves ({size})", en="Download the evidence ({size})")
VERIFIED = Text(
    fr="Ces preuves sont celles que le journal nomme. SHA-256 :",
    en="This evidence is what the journal names. SHA-256:",
)
APPEAL = Text(fr="Recours", en="Appeal")
PRINT = Text(fr="Imprimer", en="Print")

# The time line ------------------------------------------------------------------------------------------------

ABOUT = Text(
    fr="Tous les terminaux et les bureaux de la séance sur une seule ligne de temps, avec ce qui s'est passé autour. "
    "Les mots de passe y sont masqués, comme dans les preuves, sauf dans les images des bureaux.",
    en="All terminals and desktops of the sitting on one time line, with what happened around them. Passwords are "
    "masked in it, as in the evidence, but not in pictures of desktops.",
)
NO_TERMINAL = Text(
    fr="Aucun terminal ni bureau n'a été enregistré pendant cette séance.",
    en="No terminal and no desktop was recorded in this sitting.",
)
ONLY_BEGINNING = Text(
    fr="De {hosts}, seul le début se revoit ici, tant l'enregistrement est long. L'archive a tout.",
    en="Of {hosts} only the beginning is played here, for the recording is very long. The archive has all of it.",
)
DESKTOPS = Text(fr="Bureaux", en="Desktops")
DESKTOP_FACTS = Text(
    fr="{host} : ouvert à {at}, {n} images. La dernière, de {last} :",
    en="{host}: opened at {at}, {n} pictures. The last one, of {last}:",
)
DESKTOP_NONE = Text(fr="{host} : ouvert à {at}, aucune image.", en="{host}: opened at {at}, no picture.")
DESKTOP_PICTURE = Text(fr="Le bureau de {host} à {at}", en="The desktop of {host} at {at}")
SEARCH = Text(fr="Chercher dans ce qui a été tapé ou affiché", en="Search in what was typed or shown")
FIND = Text(fr="Chercher", en="Search")
FOUND = Text(fr="Trouvé", en="Found")
NOT_FOUND = Text(
    fr="Rien n'a été tapé ni affiché qui contienne « {words} ».", en='Nothing typed or shown has "{words}".'
)
MORE_FOUND = Text(
    fr="La recherche s'est arrêtée là : il y en a peut-être d'autres. Cherchez quelque chose de plus précis.",
    en="The search ended there: there may be more. Search for something more precise.",
)
TYPED = Text(fr="tapé", en="typed")
SHOWN = Text(fr="affiché", en="shown")
ON_HOST = Text(fr="{what} sur {host}", en="{what} on {host}")
MARKS = Text(fr="Repères", en="Marks")
MARKS_ABOUT = Text(
    fr="Choisissez-en un pour voir ce qui précède. Un fichier est à l'heure de son dernier changement, telle que le "
    "noyau de sa machine l'a notée ; sans heure connue, à celle du relevé.",
    en="Choose one to see what led to it. A file stands at the time of its last change, as its host's kernel has it; "
    "where none is known, at the time at which the files were looked at.",
)
ONLY = Text(fr="Ne montrer que", en="Show only")
WITH_WORDS = Text(fr="Repères qui contiennent", en="Marks that contain")
NO_MARK = Text(fr="Aucun repère de cette sorte.", en="No mark of that kind.")
LEFT_OUT = Text(
    fr="{n} commandes et fichiers de plus ne sont pas listés ; l'archive les a tous.",
    en="{n} more commands and files are not listed; the archive has all of them.",
)
MORE = Text(fr="Le détail", en="Details")
KINDS: Mapping[SittingMarkKind, Text] = {
    "command": Text(fr="commande", en="command"),
    "file": Text(fr="fichier", en="file"),
    "difference": Text(fr="écart avec l'état sain", en="difference from sound"),
    "talk": Text(fr="échange", en="talk"),
    "act": Text(fr="geste d'une personne", en="act of a person"),
    "cable": Text(fr="câble", en="cable"),
    "intervention": Text(fr="intervention", en="intervention"),
    "announcement": Text(fr="annonce", en="announcement"),
    "pause": Text(fr="pause", en="pause"),
    "incident": Text(fr="incident", en="incident"),
    "restart": Text(fr="redémarrage", en="restart"),
    "presence": Text(fr="présence", en="presence"),
    "hint": Text(fr="indice", en="hint"),
    "grading": Text(fr="évaluation", en="grading"),
    "cut": Text(fr="fin de saisie", en="end of input"),
    "step": Text(fr="étape", en="step"),
}
SIGNS: Mapping[SittingMarkKind, str] = {
    "command": "›",
    "file": "±",
    "difference": "≠",
    "talk": "“",
    "act": "⚙",
    "cable": "⌁",
    "intervention": "!",
    "announcement": "♪",
    "pause": "‖",
    "incident": "▲",
    "restart": "↻",
    "presence": "☺",
    "hint": "?",
    "grading": "✓",
    "cut": "■",
    "step": "·",
}
WRITTEN = frozenset({"command", "file", "talk", "act"})
"""Marks whose words are somebody's own: no sign in them is made more beautiful."""
GROUPS: Mapping[str, Text] = {
    "command": Text(fr="commandes", en="commands"),
    "file difference": Text(fr="fichiers et configuration", en="files and configuration"),
    "talk act": Text(fr="échanges", en="talk"),
    "cable restart intervention incident": Text(
        fr="câbles, redémarrages, interventions, incidents", en="cables, restarts, interventions, incidents"
    ),
    "announcement pause presence hint": Text(fr="salle et temps", en="room and time"),
    "grading cut step": Text(fr="évaluations et étapes", en="gradings and steps"),
}
"""The kinds of marks that are shown or left out together."""

# What was seen ------------------------------------------------------------------------------------------------

GIVEN = Text(fr="Temps accordé", en="Time given")
STARTED = Text(fr="Début", en="Start")
CUT = Text(fr="Fin de saisie", en="End of input")
SEALED = Text(fr="Preuves scellées", en="Evidence sealed")
TICKET = Text(fr="Le ticket", en="The ticket")
NO_RESULT = Text(fr="Sans résultat", en="No result")
CHECKS = Text(fr="Contrôles", en="Checks")
CHECK = Text(fr="Contrôle", en="Check")
AT_START = Text(fr="Au départ", en="At the start")
AT_END = Text(fr="À la fin", en="At the end")
WHAT_WAS_SEEN = Text(fr="Ce qui a été vu", en="What was seen")
NOT_ASKED = Text(fr="pas demandé", en="not asked")
LOOKED: Mapping[Looked, Text] = {
    "once": Text(fr="une évaluation", en="one grading"),
    "twice": Text(fr="deux évaluations, d'accord", en="two gradings, which agree"),
    "disagreed": Text(
        fr="deux évaluations qui ne s'accordent pas : sans avis", en="two gradings that disagree: no judgement"
    ),
}
COMMANDS = Text(fr="Commandes de l'évaluateur ({n})", en="The grader's commands ({n})")
DIFFERENCES = Text(fr="Écarts avec l'état sain", en="Differences from a sound lab")
NO_DIFFERENCE = Text(
    fr="Aucun écart interdit ni à expliquer.", en="No difference that is forbidden or to be explained."
)
FORBIDDEN = Text(fr="interdit", en="forbidden")
TO_ASK = Text(fr="à demander", en="to ask about")
FILES = Text(fr="Fichiers changés ({n})", en="Changed files ({n})")
NO_FILE = Text(fr="Aucun fichier n'a changé.", en="No file has changed.")
FILES_LEFT = Text(
    fr="{n} fichiers de plus ont changé ; l'archive les a tous.",
    en="{n} more files have changed; the archive has them.",
)
CHANGES: Mapping[str, Text] = {
    "added": Text(fr="ajouté", en="added"),
    "changed": Text(fr="modifié", en="changed"),
    "removed": Text(fr="retiré", en="removed"),
}
CHANGED_AT = Text(fr="dernier changement à {at}", en="last changed at {at}")
DIFFERENCE = Text(fr="La différence", en="The difference")
SIDE_BY_SIDE = Text(fr="Différences côte à côte", en="Differences side by side")
UNIFIED = Text(fr="Différences l'une sous l'autre", en="Unified differences")
LINE = Text(fr="Ligne", en="Line")
BEFORE = Text(fr="Avant", en="Before")
AFTER = Text(fr="Après", en="After")
DIFFERENCE_CUT = Text(fr="La suite est dans l'archive.", en="The rest is in the archive.")
DIFFERENCE_LEFT_OUT = Text(fr="(la différence est dans l'archive)", en="(the difference is in the archive)")
ANSWERS = Text(fr="Réponses", en="Answers")
NO_ANSWERS = Text(fr="Aucune réponse n'a été rendue.", en="No answer was handed in.")
REPORT = Text(fr="Rapport d'intervention", en="Intervention report")
NO_REPORT = Text(fr="Aucun rapport n'a été rendu.", en="No report was handed in.")
NO_REPORT_ASKED = Text(fr="Aucun rapport n'était demandé.", en="No report was asked for.")
TALK = Text(fr="Échanges avec les personnes", en="Talk with people")
IN_TERMINALS = Text(fr="Lignes tapées dans ses terminaux : {n}.", en="Lines typed in its terminals: {n}.")
