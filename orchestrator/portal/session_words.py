"""The phrases of jury sessions before their day, in both languages; templates know them as ``s``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text, same
from orchestrator.labd.calls import Refusal
from orchestrator.labd.session_contract import SessionStage, Verdict

# The sessions -------------------------------------------------------------------------------------------------

ABOUT = Text(
    fr="Une session de jury a un plan : ses phases, ses candidats, son jury. Elle se prépare ici.",
    en="A jury session has a plan: its phases, its candidates, its jury. It is prepared here.",
)
ABOUT_INVIGILATION = Text(
    fr="Le jour d'une session, vous y vérifiez les identités et y notez présences et incidents.",
    en="On the day of a session you confirm identities there, and note presence and incidents.",
)
NO_SESSION = Text(fr="Aucune session n'est planifiée.", en="No session is planned.")
NEW = Text(fr="Nouvelle session", en="New session")
SESSION = Text(fr="Session", en="Session")
DATE = Text(fr="Date", en="Day")
STAGE = Text(fr="État", en="State")
CANDIDATES = Text(fr="Candidats", en="Candidates")
PHASES = Text(fr="Phases", en="Phases")
STAGES: Mapping[SessionStage, Text] = {
    "planned": Text(fr="planifiée", en="planned"),
    "open": Text(fr="ouverte", en="open"),
    "sealed": Text(fr="scellée", en="sealed"),
    "closed": Text(fr="close", en="closed"),
    "damaged": Text(fr="illisible", en="unreadable"),
}
ICONS: Mapping[SessionStage, str] = {
    "planned": "new",
    "open": "running",
    "sealed": "hinted",
    "closed": "solved",
    "damaged": "wrong",
}
STAGES_MEAN: Mapping[SessionStage, Text] = {
    "planned": Text(
        fr="aucun lab n'est ouvert ; le plan peut encore être retiré",
        en="no lab is open; the plan can still be withdrawn",
    ),
    "open": Text(fr="des labs sont ouverts, ou l'ont été", en="labs are open, or were"),
    "sealed": Text(
        fr="toutes les preuves sont scellées ; le jury délibère", en="all evidence is sealed; the jury deliberates"
    ),
    "closed": Text(fr="le procès-verbal est signé", en="the record of proceedings is signed"),
    "damaged": Text(
        fr="son journal ne se lit plus : prévenez l'administration",
        en="its journal can no longer be read: tell an administrator",
    ),
}
LEGEND = Text(fr="Les états", en="The states")
REHEARSAL_TAG = Text(fr="répétition", en="rehearsal")
WITHDRAWN = Text(
    fr="La session est retirée ; le journal le garde.", en="The session is withdrawn; the journal says so."
)

# A new one ----------------------------------------------------------------------------------------------------

NEW_ABOUT = Text(
    fr="Collez le plan, ou prenez-le dans un fichier. Il est vérifié en entier avant que rien ne soit créé.",
    en="Paste the plan, or take it from a file. All of it is checked before anything is made.",
)
TO_SESSIONS = Text(fr="Toutes les sessions", en="All sessions")
PLAN = Text(fr="Le plan (session.yaml)", en="The plan (session.yaml)")
PLAN_HINT = Text(
    fr="En YAML. Un exemple complet est en bas de cette page.", en="In YAML. A whole example is below on this page."
)
PLAN_FILE = Text(fr="Ou un fichier du plan", en="Or a file with the plan")
LIST = Text(fr="Les candidats, en CSV (facultatif)", en="The candidates, as CSV (optional)")
LIST_HINT = Text(
    fr="La première ligne nomme les colonnes ; entre deux cases, une virgule ou un point-virgule. Avec une liste, le "
    "plan n'a pas de « candidates ».",
    en="The first line names the columns; between two cells, a comma or a semicolon. With a list, the plan has no "
    '"candidates".',
)
LIST_FILE = Text(fr="Ou un fichier de candidats", en="Or a file with candidates")
FILE_HINT = Text(
    fr="Il est mis dans le texte ci-dessus : relisez-le avant d'envoyer.",
    en="It is put into the text above: read it before you send it.",
)
FILE_TAKEN = Text(fr="Le texte est celui du fichier.", en="The text is the file's.")
REHEARSAL = Text(fr="Répétition : secondes par minute (facultatif)", en="Rehearsal: seconds of a minute (optional)")
REHEARSAL_HINT = Text(
    fr="Vide : une vraie épreuve. De 1 à 59 : une répétition, où une minute dure ces secondes.",
    en="Empty: a real assessment. From 1 to 59: a rehearsal, in which a minute lasts these seconds.",
)
WRONG_REHEARSAL = Refusal(
    "wrong",
    Text(fr="Écrivez un nombre entier de secondes, de 1 à 59.", en="Write a whole number of seconds, from 1 to 59."),
    field="rehearsal",
)
CHECK_AND_PLAN = Text(fr="Vérifier et planifier", en="Check and plan")
MISTAKES = Text(fr="Rien n'a été créé. À corriger : {n}", en="Nothing was made. To be corrected: {n}")
PARTS: Mapping[str, Text] = {
    "plan": Text(fr="Plan", en="Plan"),
    "candidates": Text(fr="Candidats", en="Candidates"),
}
LINE = Text(fr="{part}, ligne {line}", en="{part}, line {line}")
CELL = Text(fr="{part}, ligne {line}, colonne « {column} »", en='{part}, line {line}, column "{column}"')
SEE_LIST = Text(fr="Voyez la liste des erreurs, en haut de la page.", en="See the list of mistakes, at the top.")
DOUBTS = Text(fr="Le plan est correct, mais est-ce voulu ?", en="The plan is correct, but is this meant?")
ANYWAY = Text(fr="C'est voulu : planifier quand même", en="It is meant: plan it all the same")
DOUBTS_HINT = Text(
    fr="Rien n'est encore créé. Sinon, corrigez le texte ci-dessous et vérifiez de nouveau.",
    en="Nothing is made yet. If not, correct the text below and check it again.",
)
COLUMNS = Text(fr="Les colonnes de la liste", en="The columns of the list")
COLUMN_LIST: Mapping[str, Text] = {
    "number": Text(
        fr="numéro, nécessaire : majuscules, chiffres et -, comme C-01",
        en="number, needed: capitals, digits and -, such as C-01",
    ),
    "name": Text(fr="prénom et nom, nécessaires", en="first and last name, needed"),
    "extra_time": Text(fr="temps en plus : 1/3 ou 20 min", en="extra time: 1/3 or 20 min"),
    "attendance": Text(
        fr="on-site (dans la salle) ou remote (à distance) ; vide : on-site",
        en="on-site (in the room) or remote (at a distance); empty: on-site",
    ),
    "trainers": Text(
        fr="qui l'a formé, séparés par des espaces : aucun ne peut juger",
        en="who trained them, parted by spaces: none of them may judge",
    ),
    "person": Text(fr="nom court dans le portail, s'il y en a un", en="short name in the portal, if there is one"),
}
EXAMPLE = Text(fr="Un plan, par exemple", en="A plan, for example")
EXAMPLE_LIST = "number,name,extra_time,attendance\nC-01,Zoé Faure,,\nC-02,Ali Benali,1/3,remote\n"
EXAMPLE_PLAN = """\
contract: 1
id: decembre-2026
title: Titre professionnel TSSI, session de décembre
referential: rncp-227
ccps: [1, 2]
date: "2026-12-14"
centre: Centre de Nantes
room: B12
jury:
  - {id: martin, name: Anne Martin, quality: Responsable informatique}
  - {id: leroy, name: Paul Leroy, quality: Technicien systèmes}
phases:
  - name: reseau
    title: Dépannage du poste et du réseau
    minutes: 75
    reading_minutes: 10
    report: true
    draw:
      - {competence: "1.3", hardest: 2}
      - {competence: "2.1"}
"""

# A session ----------------------------------------------------------------------------------------------------

PLANNED = Text(
    fr="La session est planifiée : rien n'est ouvert, ni tiré au sort.",
    en="The session is planned: nothing is open, nor drawn.",
)
REHEARSED = Text(
    fr="C'est une répétition : une minute y dure {n}\N{NO-BREAK SPACE}s. Rien de ce qui s'y passe n'est une épreuve.",
    en="This is a rehearsal: a minute lasts {n}\N{NO-BREAK SPACE}s. Nothing in it is an assessment.",
)
CENTRE = Text(fr="Centre", en="Centre")
ROOM = Text(fr="Salle", en="Room")
ASSESSED = Text(fr="Ce qui est évalué", en="What is assessed")
WHOLE_TITLE = Text(fr="le titre entier", en="the whole title")
CCP = same("CCP {code}")
RULE = Text(fr="Preuves acceptées", en="Proofs that count")
RULES: Mapping[str, Text] = {
    "here": Text(fr="celles de cette machine", en="those of this machine"),
    "recorded": Text(fr="aussi celles des auteurs", en="those of the authors, too"),
}
ZONE = Text(fr="Fuseau horaire", en="Time zone")
PLANNED_BY = Text(fr="Planifiée par {name}", en="Planned by {name}")
NOTES = Text(fr="Notes sur la salle", en="Notes on the room")
KEPT = Text(fr="Noms oubliés après", en="Names are forgotten after")
MONTHS = Text(fr="{n} mois", en="{n} months")
NUMBER = Text(fr="N°", en="No.")
ATTENDANCE = Text(fr="Participe", en="Takes part")
ATTENDANCES: Mapping[str, Text] = {
    "on-site": Text(fr="dans la salle", en="in the room"),
    "remote": Text(fr="à distance", en="at a distance"),
}
TRAINERS = Text(fr="Formé par", en="Trained by")
JURY = Text(fr="Le jury", en="The jury")
LENGTH = Text(fr="Durée", en="Length")
READING = Text(fr="dont lecture", en="of it for reading")
NETWORK = Text(fr="Le poste du candidat atteint", en="The candidate's workstation reaches")
NETWORKS: Mapping[str, Text] = {
    "none": Text(fr="aucun réseau", en="no network"),
    "documentation": Text(fr="de la documentation", en="documentation"),
    "internet": Text(fr="Internet", en="the Internet"),
}
HINTS = Text(fr="Indices", en="Hints")
REPORT = Text(fr="Compte rendu", en="Report")
ALLOWED: Mapping[bool, Text] = {
    True: Text(fr="permis", en="allowed"),
    False: Text(fr="interdits", en="not allowed"),
}
WANTED: Mapping[bool, Text] = {
    True: Text(fr="demandé", en="asked for"),
    False: Text(fr="pas demandé", en="not asked for"),
}
RELIES: Mapping[bool, Text] = {
    True: Text(fr="oui", en="yes"),
    False: Text(fr="pas encore", en="not yet"),
}
FIXED = Text(fr="Les mêmes pour tous", en="The same for all")
DRAWN_OF = Text(fr="Compétence {code} : à tirer, {count}", en="Competence {code}: to be drawn, {count}")
DIFFICULTIES = Text(fr="difficulté {easiest} à {hardest}", en="difficulty {easiest} to {hardest}")
ONE_DRAWING = Text(fr="un seul tirage pour tous", en="one drawing for all")
ALREADY_DRAWN = Text(fr="tirage fait", en="drawn")
RELIED_OF = Text(
    fr="{n} sur {total} ont une preuve sur laquelle le jury peut s'appuyer",
    en="{n} of {total} have a proof that the jury can rely on",
)
SCENARIO = Text(fr="Scénario", en="Scenario")
DIFFICULTY = Text(fr="Difficulté", en="Difficulty")
PROOF = Text(fr="Preuve", en="Proof")
RELIED = Text(fr="Le jury s'y appuie", en="The jury relies on it")
IN_POOL = Text(fr="Scénarios de {title}", en="Scenarios of {title}")
SPOILS = Text(
    fr="Cette page nomme les sujets : ne la montrez à aucun candidat.",
    en="This page names the scenarios: show it to no candidate.",
)
WITHDRAW = Text(fr="Retirer cette session", en="Withdraw this session")
WITHDRAW_ABOUT = Text(
    fr="Tant qu'aucun lab n'est ouvert, le plan peut être retiré ; un autre peut alors prendre son nom. Le journal "
    "garde les deux, avec la raison.",
    en="As long as no lab is open, the plan can be withdrawn; another one may then take its name. The journal keeps "
    "both, with the reason.",
)
REASON = Text(fr="Pourquoi", en="Why")
DO_WITHDRAW = Text(fr="Retirer", en="Withdraw")

# Readiness ----------------------------------------------------------------------------------------------------

READINESS = Text(fr="Tout est-il prêt ?", en="Is everything ready?")
READINESS_OF = Text(fr="Tout est-il prêt ? {title}", en="Is everything ready? {title}")
READINESS_ABOUT = Text(
    fr="Ce que la session demande, et ce que cette machine a en ce moment. Rien n'est changé ni démarré.",
    en="What the session needs, and what this machine has now. Nothing is changed or started.",
)
DAY = Text(fr="Le déroulement", en="The day")
TO_SESSION = Text(fr="Retour à la session", en="Back to the session")
LOOKED_AT = Text(fr="Vu le", en="Looked at on")
LOOK_AGAIN = Text(fr="Regarder de nouveau", en="Look again")
WHOLE: Mapping[Verdict, Text] = {
    "ok": Text(fr="Tout est prêt.", en="Everything is ready."),
    "warn": Text(
        fr="Rien n'empêche d'ouvrir la session ; lisez ce qui est signalé.",
        en="Nothing is in the way of opening the session; read what is marked.",
    ),
    "fail": Text(
        fr="Quelque chose ne va pas : à régler avant le jour de la session.",
        en="Something is not right: put it right before the session's day.",
    ),
    "unknown": Text(
        fr="Une partie ne se voit pas en ce moment : la machine des labs ne répond pas.",
        en="Some of it cannot be seen now: the machine of the labs does not answer.",
    ),
}
VERDICTS: Mapping[Verdict, Text] = {
    "ok": Text(fr="bon", en="good"),
    "warn": Text(fr="à voir", en="have a look"),
    "fail": Text(fr="ne va pas", en="not right"),
    "unknown": Text(fr="inconnu", en="unknown"),
}
VERDICT_ICONS: Mapping[Verdict, str] = {"ok": "solved", "warn": "tried", "fail": "wrong", "unknown": "new"}
POINT = Text(fr="Point", en="Point")
VERDICT = Text(fr="Verdict", en="Verdict")
THERE = Text(fr="Ce qu'il y a", en="What there is")
MACHINE = Text(fr="La machine", en="The machine")
LABS_OF = Text(fr="Labs à ouvrir : {labs} ; ouverts : {opened}", en="Labs to open: {labs}; opened: {opened}")
NOT_DRAWN = Text(
    fr="Le tirage n'est pas fait : on compte le plus grand lab possible pour chaque place.",
    en="The drawing is not done: the largest lab that is possible counts for each place.",
)
NOTHING_LEFT = Text(fr="Il n'y a plus rien à ouvrir ici.", en="There is nothing left to open here.")
UNPROVEN = Text(fr="Preuves qui manquent", en="Proofs that are missing")
TO_CATALOGUE = Text(fr="{title} dans le catalogue", en="{title} in the catalogue")
