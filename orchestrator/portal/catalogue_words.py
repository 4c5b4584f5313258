"""The phrases of the catalogue, of a scenario's page for trainers and of proofs; templates know them as ``k``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text, same
from orchestrator.labd.catalogue_contract import CellMark, ProofState
from orchestrator.labd.proof_contract import ProofOutcome, ProofPhase

# The catalogue ------------------------------------------------------------------------------------------------

CATALOGUE = Text(fr="Catalogue", en="Catalogue")
ABOUT = Text(
    fr="Tous les scénarios, et ce que leur preuve vaut. Chaque titre mène à la page du formateur : elle montre la "
    "panne et les solutions.",
    en="All scenarios, and what their proof is worth. Each title leads to the trainer's page, which shows the fault "
    "and the solutions.",
)
FIND = Text(fr="Chercher", en="Find")
FIND_HINT = Text(
    fr="Des mots du titre, du lab ou de la compétence, ou un code comme 1.3.",
    en="Words of the title, the lab or the competence, or a code such as 1.3.",
)
WHICH_PROOF = Text(fr="Preuve", en="Proof")
PROOF_CHOICES: Mapping[str, Text] = {
    "": Text(fr="toutes", en="any"),
    "good": Text(fr="prouvés, comme ils sont", en="proven as they are"),
    "due": Text(fr="à prouver", en="to be proven"),
}
ORDER = Text(fr="Ordre", en="Order")
ORDERS: Mapping[str, Text] = {
    "path": Text(fr="par compétence", en="by competence"),
    "title": Text(fr="par titre", en="by title"),
    "lab": Text(fr="par lab", en="by lab"),
    "level": Text(fr="par niveau", en="by level"),
    "minutes": Text(fr="par durée", en="by time"),
    "proof": Text(fr="par état de la preuve", en="by state of the proof"),
    "recorded": Text(fr="par date de la preuve", en="by date of the proof"),
}
SHOW = Text(fr="Afficher", en="Show")
COUNT = Text(fr="Scénarios : {n} sur {total}", en="Scenarios: {n} of {total}")
NONE_FOUND = Text(fr="Aucun scénario ne correspond.", en="No scenario matches.")
ALL_AGAIN = Text(fr="Les montrer tous", en="Show all of them")
CCP = same("CCP {code}")
SCENARIO = Text(fr="Scénario", en="Scenario")
LAB = same("Lab")
LEVEL = Text(fr="Niveau", en="Level")
TIME = Text(fr="Durée", en="Time")
PROOF = Text(fr="Preuve", en="Proof")
RECORDED = same("Date")
OLDER = Text(fr="par un programme antérieur", en="by an earlier program")
STATES: Mapping[ProofState, Text] = {
    "here": Text(fr="prouvé ici", en="proven here"),
    "recorded": Text(fr="prouvé par l'auteur", en="proven by its author"),
    "claimed": Text(fr="annoncé seulement", en="only claimed"),
    "changed": Text(fr="modifié depuis", en="changed since"),
    "failed": Text(fr="preuve échouée", en="proof failed"),
    "unproven": Text(fr="jamais prouvé", en="never proven"),
}
ICONS: Mapping[ProofState, str] = {
    "here": "solved",
    "recorded": "hinted",
    "claimed": "new",
    "changed": "tried",
    "failed": "wrong",
    "unproven": "new",
}
LEGEND = Text(fr="Ce que disent les états", en="What the states say")
STATES_MEAN: Mapping[ProofState, Text] = {
    "here": Text(
        fr="une preuve de cette machine, du scénario tel qu'il est.", en="a proof of this machine, of it as it is."
    ),
    "recorded": Text(
        fr="une preuve enregistrée par quelqu'un que cette machine croit.",
        en="a proof recorded by somebody whom this machine believes.",
    ),
    "claimed": Text(
        fr="une preuve enregistrée, sans signature connue.", en="a recorded proof, signed by nobody known."
    ),
    "changed": Text(
        fr="prouvé, mais le scénario, son lab ou une image a changé depuis.",
        en="proven, but the scenario, its lab or an image has changed since.",
    ),
    "failed": Text(fr="la dernière preuve a trouvé une erreur.", en="the last proof found a mistake."),
    "unproven": Text(fr="personne ne sait ce que valent ses notes.", en="nobody knows what its grades are worth."),
}
OLDER_MEANS = Text(
    fr="Une preuve par un programme antérieur, donc par un autre état de Breakfix, vaut toujours ; une nouvelle preuve "
    "la rend actuelle.",
    en="A proof by an earlier program, that is by another state of Breakfix, still holds; a new proof brings it up to "
    "date.",
)

# A scenario's page for trainers -------------------------------------------------------------------------------

BACK = Text(fr="Retour au catalogue", en="Back to the catalogue")
SPOILERS = Text(
    fr="Page des formateurs : elle dévoile la panne et les solutions. Ne la projetez pas.",
    en="A page for trainers: it gives the fault and the solutions away. Do not project it.",
)
TRAINEES_PAGE = Text(fr="La page des stagiaires", en="The trainees' page")
VARIANT = Text(fr="Variante", en="Variant")
VARIANT_ABOUT = Text(
    fr="Le ticket, la panne et les solutions sont ceux de cette variante.",
    en="The ticket, the fault and the solutions are those of this variant.",
)
SHOW_VARIANT = Text(fr="Montrer", en="Show")
TICKET = Text(fr="Le ticket", en="The ticket")
BROKEN = Text(fr="Ce qui est en panne", en="What is broken")
AFTERWARDS = Text(fr="Ce qui s'est passé ensuite", en="What happened next")
TASK = Text(
    fr="Rien n'est en panne : c'est une tâche, il y a quelque chose à faire.",
    en="Nothing is broken: it is a task, something is to be made.",
)
ANSWERS = Text(fr="Réponses attendues", en="Right answers")
REPORT = Text(fr="Un rapport d'intervention est demandé.", en="An intervention report is asked for.")
HINTS = Text(fr="Indices", en="Hints")
SOLUTIONS = Text(fr="Comment on répare", en="How it is repaired")
REFERENCE = Text(fr="référence", en="reference")
SHORTCUTS = Text(fr="Raccourcis refusés", en="Shortcuts that are refused")
SHORTCUTS_ABOUT = Text(
    fr="Ces fausses réparations semblent marcher : l'évaluation les refuse.",
    en="These wrong repairs seem to work: the grading refuses them.",
)
DEBRIEF = Text(fr="Ce qu'il faut en retenir", en="What is to be learnt")
CHECKS = Text(fr="Les contrôles, et comment ils se passent", en="The checks, and how they go")
CHECK = Text(fr="Contrôle", en="Check")
ROLES: Mapping[str, Text] = {
    "symptom": Text(fr="symptôme", en="symptom"),
    "objective": Text(fr="objectif", en="objective"),
    "guard": Text(fr="garde-fou", en="guard"),
    "health": Text(fr="santé du lab", en="lab health"),
    "": Text(fr="rôle inconnu", en="role unknown"),
}
FIRST_RED = Text(fr="Rouge à la première évaluation", en="Red at the first grading")
OF_PEOPLE = Text(fr="{red} sur {people} ({percent}\N{NO-BREAK SPACE}%)", en="{red} of {people} ({percent}%)")
UNTIL_GREEN = Text(fr="Jusqu'au vert (médiane)", en="Until green (median)")
NOT_SHOWN = Text(fr="pas assez de personnes", en="too few people")
NEVER_GREEN = Text(fr="personne", en="nobody")
NUMBERS = Text(
    fr="Premiers essais comptés : {people}, dont {own} de vos classes. Résolus : {solved}. Ont lu des indices : "
    "{hinted} (indices lus en tout : {hints}).",
    en="First attempts that count: {people}, {own} of them in your classes. Solved: {solved}. Have read hints: "
    "{hinted} (hints read in all: {hints}).",
)
NO_NUMBERS = Text(fr="Personne n'a encore essayé ce scénario.", en="Nobody has tried this scenario yet.")
WAITING = Text(fr="D'autres l'ont essayé, qui ne comptent pas encore.", en="Others have tried it who do not count yet.")
WHY_GROUPS = Text(
    fr="Chacun compte une fois, par son premier essai. Hors de vos classes, on compte par groupes de {group} personnes "
    "qui ont terminé : un chiffre ne doit jamais dire comment une seule s'en est sortie.",
    en="Each person counts once, by their first attempt. Outside your classes people count in groups of {group} who "
    "are through: no number may tell how a single one did.",
)

# The proof's matrix -------------------------------------------------------------------------------------------

MATRIX = Text(fr="La preuve", en="The proof")
NO_MATRIX = Text(
    fr="Aucune preuve n'est connue sur cette machine : ce que valent les notes n'est pas établi.",
    en="No proof is known on this machine: what the grades are worth is not established.",
)
FROM_RECORD = Text(
    fr="Enregistrée par l'auteur : les couleurs seules, sans ce qui a été vu.",
    en="Recorded by its author: the colours alone, without what was seen.",
)
FROM_HERE = Text(fr="Faite sur cette machine, en {length}.", en="Made on this machine, in {length}.")
MADE_AT = Text(fr="Date :", en="Made:")
FOUND_SOUND = Text(fr="Le scénario a été trouvé juste.", en="The scenario was found sound.")
FOUND_WRONG = Text(fr="La preuve a trouvé des erreurs.", en="The proof found mistakes.")
TABLE_OF = Text(fr="Contrôles par étape, variante {seed}", en="Checks by stage, variant {seed}")
STAGE = Text(fr="Étape", en="Stage")
STAGES: Mapping[str, Text] = {
    "sound": Text(fr="comme il faut", en="as it should be"),
    "wrong": Text(fr="pas comme il faut", en="not as it should be"),
    "not-run": Text(fr="pas jouée", en="not played"),
    "none": Text(fr="sans objet", en="does not apply"),
}
STAGE_MARKS: Mapping[str, str] = {"sound": "✔", "wrong": "✘", "not-run": "–", "none": ""}
MARKS: Mapping[CellMark, str] = {"pass": "✔", "fail": "✘", "error": "!", "calm": "·", "none": ""}
COLOURS: Mapping[CellMark, Text] = {
    "pass": Text(fr="vert", en="green"),
    "fail": Text(fr="rouge", en="red"),
    "error": Text(fr="pas de jugement", en="no judgement"),
    "calm": Text(fr="pas vert, sans lab", en="not green, without a lab"),
    "none": Text(fr="pas demandé", en="not asked"),
}
NOT_RIGHT = Text(fr="pas la couleur attendue", en="not the expected colour")
WAS_SEEN = Text(fr="Ce qui a été vu", en="What was seen")
OPEN_CELL = Text(
    fr="{sentence} – {stage} : {colour}. Montrer ce qui a été vu.",
    en="{sentence} – {stage}: {colour}. Show what was seen.",
)
CLOSE = Text(fr="Fermer", en="Close")
HOW_TO_READ = Text(
    fr="Une colonne par étape, une ligne par contrôle.", en="A column for each stage, a line for each check."
)
PRESS = Text(
    fr="Un signe souligné s'ouvre : il montre ce qui a été vu.",
    en="An underlined mark can be opened: it shows what was seen.",
)
FINDINGS = Text(fr="À corriger", en="To be corrected")
REMARKS = Text(fr="Remarques ({n})", en="Remarks ({n})")

# Wrong repairs by machine -------------------------------------------------------------------------------------

MUTANTS = Text(fr="Fausses réparations jouées par la machine", en="Wrong repairs by machine")
MUTANTS_ABOUT = Text(
    fr="Le programme a dérivé des solutions {derived} fausses réparations, et en a joué {played} sur de vraies "
    "machines (variante {seed}, version {version}).",
    en="The program derived {derived} wrong repairs from the solutions, and played {played} of them on real machines "
    "(variant {seed}, version {version}).",
)
REFUSED = Text(fr="Refusées", en="Refused")
FLAGGED = Text(fr="Signalées : un changement inexpliqué", en="Flagged: an unexplained change")
PASSED = Text(fr="Acceptées", en="Accepted")
UNJUDGED = Text(fr="Non jugées", en="Not judged")
NO_SURVIVOR = Text(fr="Aucune n'a passé pour une réparation.", en="None passed for a repair.")
EQUIVALENT = Text(fr="Équivalentes à une réparation", en="Equivalent to a repair")
EQUIVALENT_ABOUT = Text(
    fr="Celles-ci n'ont fait qu'omettre quelque chose, et rien ne distingue le lab d'un lab réparé, même après un "
    "redémarrage : ce ne sont pas de fausses réparations, et elles ne comptent pas parmi celles qui sont jouées.",
    en="These only left something out, and nothing tells the lab from a repaired one, even after a reboot: they are "
    "no wrong repairs, and do not count among those that were played.",
)
UNDONE = Text(fr="un redémarrage la défait", en="a reboot undoes it")
JUDGEMENTS: Mapping[str, Text] = {
    "": Text(fr="Sans verdict de l'auteur", en="No verdict of the author's"),
    "as-good": Text(fr="Vaut la solution", en="As good as the solution"),
    "known-gap": Text(fr="Lacune connue", en="A known gap"),
}

# Proving ------------------------------------------------------------------------------------------------------

PROVE = Text(fr="Prouver ce scénario", en="Prove this scenario")
PROVE_ABOUT = Text(
    fr="Chaque étape est jouée sur de vraies machines, un lab à la fois et à basse priorité : comptez plusieurs "
    "minutes par variante. La preuve remplace celle de cette machine.",
    en="Every stage is played on real machines, one lab at a time and at a low priority: it takes several minutes for "
    "each variant. The proof takes the place of this machine's.",
)
SEEDS = Text(fr="Variantes", en="Variants")
PROVE_DO = Text(fr="Commencer la preuve", en="Begin the proof")
PROOF_TITLE = Text(fr="Preuve d'un scénario", en="Proof of a scenario")
PROOF_PAGE = Text(fr="La preuve en cours ou la dernière", en="The running or last proof")
NO_PROOF = Text(
    fr="Aucune preuve n'a été lancée depuis le démarrage du service. La page d'un scénario permet d'en commencer une.",
    en="No proof was begun since the service has started. A scenario's page lets you begin one.",
)
BEGUN = Text(fr="Commencée par {name},", en="Begun by {name},")
PHASES: Mapping[ProofPhase, Text] = {
    "preparing": Text(
        fr="Préparation : le scénario est relu, les images qui manquent sont construites.",
        en="Preparing: the scenario is read, missing images are built.",
    ),
    "playing": Text(fr="En cours : {done} étapes sur {total}.", en="Playing: {done} of {total} stages."),
    "cancelling": Text(
        fr="Annulation : ce que la preuve a démarré est retiré.",
        en="Being cancelled: what the proof has started is removed.",
    ),
    "over": Text(fr="Terminée.", en="Over."),
}
OUTCOMES: Mapping[ProofOutcome, Text] = {
    "": Text(fr="En cours", en="Running"),
    "proven": Text(fr="Le scénario est prouvé.", en="The scenario is proven."),
    "not-proven": Text(
        fr="Le scénario n'est pas prouvé : sa page dit ce qu'il faut corriger.",
        en="The scenario is not proven: its page says what is to be corrected.",
    ),
    "edited": Text(
        fr="Le scénario a été modifié pendant sa preuve : elle n'est pas gardée.",
        en="The scenario was edited while it was being proven: the proof is not kept.",
    ),
    "cancelled": Text(
        fr="La preuve est annulée ; il n'en reste rien.", en="The proof is cancelled; nothing of it is left."
    ),
    "failed": Text(fr="La preuve n'a pas pu aller à son terme.", en="The proof could not be played to its end."),
}
RESULT = Text(fr="Voir le scénario et sa preuve", en="See the scenario and its proof")
CANCEL = Text(fr="Annuler la preuve", en="Cancel the proof")
VARIANT_OF = Text(fr="Variante {seed}", en="Variant {seed}")
STAGES_OF = Text(fr="Étapes", en="Stages")
RUN_STATES: Mapping[str, Text] = {**STAGES, "waiting": Text(fr="à venir", en="to come")}
RUN_ICONS: Mapping[str, str] = {"sound": "solved", "wrong": "wrong", "not-run": "tried", "waiting": "new"}
SECONDS = same("{n}\N{NO-BREAK SPACE}s")
LOST = Text(fr="Connexion perdue : cette page n'est plus à jour.", en="Connection lost: this page is not up to date.")
RELOAD = Text(fr="Recharger", en="Load again")
WRONG_SEED = Text(fr="Le numéro d'une variante n'a que des chiffres.", en="A variant's number has digits only.")
