"""The phrases of a plan by fields, in both languages; templates know them as ``f``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text, same

ABOUT = Text(
    fr="Remplissez ce que vous savez ; tout est vérifié avant que rien ne soit créé. Rien de ce qui est écrit ne se "
    "perd.",
    en="Fill in what you know; all of it is checked before anything is made. Nothing that you write is lost.",
)
BY_FIELDS = Text(fr="Remplir par champs", en="Fill in by fields")
BY_TEXT = Text(fr="Par texte ou fichier", en="By text or file")
KEEP_FILE = Text(fr="Garder comme fichier", en="Keep as a file")
NO_COMMENTS = Text(
    fr="Les commentaires du texte ne sont pas dans les champs.", en="The text's comments are not in the fields."
)
ADDED = Text(fr="Ligne ajoutée.", en="Row added.")
REMOVED = Text(fr="Ligne retirée.", en="Row removed.")
LISTED = Text(fr="Candidats mis dans les lignes : {n}", en="Candidates put into the rows: {n}")
NOT_REACHED = Text(fr="La page n'a pas répondu ; recommencez.", en="The page did not answer; do it again.")
REMOVE = Text(fr="Retirer", en="Remove")
REMOVE_ROW = Text(fr="Retirer : {row}", en="Remove: {row}")

# A rehearsal --------------------------------------------------------------------------------------------------

REHEARSE = Text(fr="Répéter une journée", en="Rehearse a day")
REHEARSE_ABOUT = Text(
    fr="Essayez tout le déroulement en quelques minutes, avec des candidats inventés et deux phases courtes.",
    en="Try the whole day in a few minutes, with made-up candidates and two short phases.",
)
REHEARSE_READY = Text(
    fr="Ce plan est une répétition : tout y est inventé. Changez ce que vous voulez, puis vérifiez et planifiez.",
    en="This plan is a rehearsal: all of it is made up. Change what you like, then check and plan it.",
)
NOTHING_PROVEN = Text(
    fr="Aucun scénario n'est prouvé : une journée ne peut pas se répéter. Demandez à un administrateur de prouver des "
    "scénarios, depuis le catalogue.",
    en="No scenario is proven, so no day can be rehearsed. Ask an administrator to prove scenarios, from the "
    "catalogue.",
)
REHEARSAL_OF = Text(fr="Répétition du {at}", en="Rehearsal of {at}")
MADE_UP = Text(fr="Répétition (inventé)", en="Rehearsal (made up)")
MADE_UP_MEMBER = Text(fr="Membre Inventé {n}", en="Made-up Member {n}")
MADE_UP_CANDIDATE = Text(fr="Candidat Inventé {n}", en="Made-up Candidate {n}")

# What is assessed, and where -----------------------------------------------------------------------------------

SESSION = Text(fr="La session", en="The session")
TITLE = Text(fr="Ce qui est évalué", en="What is assessed")
TITLE_HINT = Text(
    fr="Comme le procès-verbal le dit : « Titre professionnel TSSI, session de décembre ».",
    en='As the record of proceedings says it: "Titre professionnel TSSI, session de décembre".',
)
ID = Text(fr="Nom court", en="Short name")
ID_HINT = Text(fr="Vide : d'après le titre.", en="Empty: from the title.")
DATE = Text(fr="Jour", en="Day")
CENTRE = Text(fr="Centre", en="Centre")
ROOM = Text(fr="Salle", en="Room")
REFERENTIAL = Text(fr="Certification", en="Certification")
SCOPE = Text(fr="Le jury décide", en="The jury decides on")
SCOPES: Mapping[str, Text] = {
    "title": Text(fr="de tout le titre", en="the whole title"),
    "ccps": Text(fr="de ces CCP :", en="these CCP:"),
}
CCP = same("CCP {n}. {title}")
MORE = Text(fr="Autres réglages", en="More settings")
TIMEZONE = Text(fr="Fuseau horaire", en="Time zone")
NOTES = Text(fr="Notes sur la salle", en="Notes on the room")
PROOF = Text(fr="Preuves acceptées", en="Proofs that count")
PROOF_HINT = Text(
    fr="Un scénario se tire au sort si une preuve qu'il marche existe.",
    en="A scenario can be drawn if there is a proof that it works.",
)
PROOFS: Mapping[str, Text] = {
    "here": Text(fr="celles de cette machine", en="those of this machine"),
    "recorded": Text(fr="aussi celles des auteurs", en="those of the authors, too"),
}
TABLE = Text(fr="Colonnes du tableau des résultats", en="Columns of the table of results")
TABLE_HINT = Text(
    fr="Dans l'ordre de la saisie ailleurs, séparées par des espaces : candidate name subject decision reason. Vide : "
    "toutes.",
    en="In the order in which they are typed elsewhere, parted by spaces: candidate name subject decision reason. "
    "Empty: all.",
)
RETENTION = Text(fr="Mois avant l'oubli des noms", en="Months until names are forgotten")

# The jury -----------------------------------------------------------------------------------------------------

JURY = Text(fr="Le jury", en="The jury")
JURY_HINT = Text(
    fr="Deux membres au moins. Qui a formé un candidat ne le juge pas ; qui organise ne juge pas.",
    en="At least two members. Who trained a candidate does not judge them; who organises does not judge.",
)
MEMBER = Text(fr="Membre {n}", en="Member {n}")
NAME = Text(fr="Prénom et nom", en="First and last name")
QUALITY = Text(fr="Qualité", en="Quality")
MEMBER_ID = Text(fr="Nom court (vide : d'après le nom)", en="Short name (empty: from the name)")
ACCOUNT = Text(fr="Compte du portail", en="Account in the portal")
NO_ACCOUNT = Text(fr="aucun", en="none")
OTHER_ACCOUNT = Text(fr="{handle} (sans rôle de jury)", en="{handle} (without the jury's role)")
NO_ACCOUNTS = Text(
    fr="Aucun compte n'a le rôle de membre de jury : l'administration le donne, sous « Personnes ».",
    en='No account has the role of a jury member: an administrator gives it, under "People".',
)
ADD_MEMBER = Text(fr="Ajouter un membre", en="Add a member")

# Candidates ---------------------------------------------------------------------------------------------------

CANDIDATES = Text(fr="Les candidats", en="The candidates")
CANDIDATES_HINT = Text(fr="60 au plus. Une ligne vide ne compte pas.", en="At most 60. An empty row does not count.")
CANDIDATE = Text(fr="Candidat {n}", en="Candidate {n}")
NUMBER = Text(fr="Numéro", en="Number")
EXTRA_TIME = Text(fr="Temps en plus", en="Extra time")
EXTRA_HINT = Text(
    fr="Temps en plus : 1/3 ou 20 min. Formé par : noms courts, séparés par des espaces.",
    en="Extra time: 1/3 or 20 min. Trained by: short names, parted by spaces.",
)
ATTENDANCE = Text(fr="Participe", en="Takes part")
ATTENDANCES: Mapping[str, Text] = {
    "on-site": Text(fr="dans la salle", en="in the room"),
    "remote": Text(fr="à distance", en="at a distance"),
}
TRAINERS = Text(fr="Formé par", en="Trained by")
ADD_CANDIDATE = Text(fr="Ajouter un candidat", en="Add a candidate")
FROM_LIST = Text(fr="Depuis une liste (CSV)", en="From a list (CSV)")
LIST = Text(fr="La liste", en="The list")
COLUMNS = Text(fr="Les colonnes, sur la première ligne :", en="The columns, on the first line:")
PUT_LIST = Text(fr="Mettre dans les lignes", en="Put into the rows")

# Phases -------------------------------------------------------------------------------------------------------

PHASES = Text(fr="Les phases", en="The phases")
PHASES_HINT = Text(
    fr="Dans l'ordre du jour. Chacune tire ses scénarios au sort, ou les nomme.",
    en="In the order of the day. Each draws its scenarios, or names them.",
)
PHASE = Text(fr="Phase {n}", en="Phase {n}")
PHASE_TITLE = Text(fr="Titre", en="Title")
PHASE_NAME = Text(fr="Nom court (vide : d'après le titre)", en="Short name (empty: from the title)")
MINUTES = Text(fr="Minutes de travail", en="Minutes of work")
READING = Text(fr="Minutes de lecture, en plus", en="Minutes of reading, on top")
NETWORK = Text(fr="Le poste du candidat atteint", en="The candidate's workstation reaches")
NETWORKS: Mapping[str, Text] = {
    "none": Text(fr="aucun réseau", en="no network"),
    "documentation": Text(fr="de la documentation", en="documentation"),
    "internet": Text(fr="Internet", en="the Internet"),
}
REPORT = Text(fr="Compte rendu demandé pour chaque scénario", en="A report is asked for every scenario")
HINTS = Text(fr="Indices permis", en="Hints are allowed")
SAME = Text(fr="Un seul tirage pour tous", en="One drawing for all")
DRAWN = Text(fr="Tirés au sort", en="Drawn")
DRAWING = Text(fr="Tirage {n}", en="Drawing {n}")
COMPETENCE = Text(fr="Compétence", en="Competence")
COMPETENCE_OF = Text(
    fr="{code} {title} (prouvés ici : {here} ; avec ceux des auteurs : {all})",
    en="{code} {title} (proven here: {here}; with those of the authors: {all})",
)
CHOOSE = Text(fr="choisissez…", en="choose…")
OTHER = Text(fr="{value} (pas de scénario prouvé)", en="{value} (no proven scenario)")
EASIEST = Text(fr="Difficulté, de", en="Difficulty, from")
HARDEST = Text(fr="à", en="to")
COUNT = Text(fr="Combien", en="How many")
ADD_DRAWING = Text(fr="Ajouter un tirage", en="Add a drawing")
FIXED = Text(fr="Nommés, les mêmes pour tous", en="Named, the same for all")
SCENARIO = Text(fr="Scénario {n}", en="Scenario {n}")
SCENARIO_OF = Text(fr="{title} (difficulté {n})", en="{title} (difficulty {n})")
SCENARIO_NOT_HERE = Text(
    fr="{title} (difficulté {n}, prouvé par son auteur seul)", en="{title} (difficulty {n}, proven by its author only)"
)
ADD_SCENARIO = Text(fr="Nommer un scénario", en="Name a scenario")
ADD_PHASE = Text(fr="Ajouter une phase", en="Add a phase")

# Mistakes -----------------------------------------------------------------------------------------------------

AT = Text(fr="{row} : {field}", en="{row}: {field}")
FIELDS: Mapping[str, Text] = {
    "id": ID,
    "title": TITLE,
    "referential": REFERENTIAL,
    "ccps": SCOPE,
    "date": DATE,
    "timezone": TIMEZONE,
    "centre": CENTRE,
    "room": ROOM,
    "notes": NOTES,
    "proof": PROOF,
    "columns": TABLE,
    "retention_months": RETENTION,
    "jury": JURY,
    "candidates": CANDIDATES,
    "phases": PHASES,
}
"""The fields and sections of a plan."""
ROWS: Mapping[str, Text] = {
    "jury": MEMBER,
    "candidates": CANDIDATE,
    "phases": PHASE,
    "draw": DRAWING,
    "scenarios": SCENARIO,
}
CELLS: Mapping[str, Mapping[str, Text]] = {
    "jury": {"id": MEMBER_ID, "name": NAME, "quality": QUALITY, "person": ACCOUNT},
    "candidates": {
        "number": NUMBER,
        "name": NAME,
        "extra_time": EXTRA_TIME,
        "attendance": ATTENDANCE,
        "trainers": TRAINERS,
        "person": ACCOUNT,
    },
    "phases": {
        "name": PHASE_NAME,
        "title": PHASE_TITLE,
        "minutes": MINUTES,
        "reading_minutes": READING,
        "network": NETWORK,
    },
    "draw": {"competence": COMPETENCE, "easiest": EASIEST, "hardest": HARDEST, "count": COUNT},
}
"""The fields of each kind of row."""
