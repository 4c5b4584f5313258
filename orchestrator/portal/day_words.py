"""The phrases of a jury session's day, in both languages; templates know them as ``y``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text, same
from orchestrator.labd.day_contract import CandidateStanding, DayAct, Supervision

# The wall -----------------------------------------------------------------------------------------------------

DAY = Text(fr="Déroulement", en="The day")
DAY_OF = Text(fr="Déroulement : {title}", en="The day: {title}")
TO_DAY = Text(fr="Retour au déroulement", en="Back to the day")
CLOCK = Text(fr="Heure de la session", en="The session's time")
LOST = Text(
    fr="Cette page ne se met plus à jour : la liaison est coupée.",
    en="This page is no longer kept up to date: the connection is gone.",
)
RELOAD = Text(fr="Recharger la page", en="Reload the page")
SUPERVISIONS: Mapping[Supervision, Text] = {
    "idle": Text(
        fr="Aucun temps ne court : rien n'est à surveiller.", en="Nobody's time runs: there is nothing to supervise."
    ),
    "on": Text(
        fr="Un programme surveille : il prévient, coupe et scelle à l'heure, même si cette page est fermée.",
        en="A program supervises: it warns, cuts and seals in time, even while this page is closed.",
    ),
    "off": Text(
        fr="Personne ne surveille : à l'heure de fin, rien ne serait scellé. Un programme est relancé de lui-même.",
        en="Nobody supervises: nothing would be sealed at the end. A program is started again by itself.",
    ),
}
SUPERVISION_ICONS: Mapping[Supervision, str] = {"idle": "new", "on": "solved", "off": "wrong"}
ALL_PAUSED = Text(fr="Le temps de tous est arrêté.", en="Everybody's time stands still.")
TABLE_OF = Text(fr="Candidats : {title}", en="Candidates: {title}")
CANDIDATE = Text(fr="Candidat", en="Candidate")
STATE = Text(fr="État", en="State")
LEFT = Text(fr="Reste", en="Left")
END = Text(fr="Fin", en="End")
HOSTS = Text(fr="Machines", en="Hosts")
OWN_PAUSE = Text(fr="son temps est arrêté", en="their time stands still")
HOST_LOST = Text(fr="une machine ne répond plus", en="a host is gone")
STANDING_ICONS: Mapping[CandidateStanding, str] = {
    "absent": "new",
    "ready": "new",
    "reading": "running",
    "working": "running",
    "stopped": "hinted",
    "over": "tried",
    "cut": "tried",
    "collected": "tried",
    "rebooted": "tried",
    "graded": "tried",
    "frozen": "tried",
    "sealed": "solved",
}

# A phase ------------------------------------------------------------------------------------------------------

NOT_DRAWN = Text(fr="Les sujets ne sont pas encore tirés au sort.", en="The scenarios have not been drawn yet.")
NOT_OPEN = Text(fr="Aucun lab n'est ouvert.", en="No lab is open.")
OPENED_OF = Text(fr="Labs prêts : {opened} sur {labs}.", en="Labs ready: {opened} of {labs}.")
OPENING = Text(fr="Des labs se préparent…", en="Labs are being prepared…")
BEGUN = Text(fr="Commencée à {at}.", en="Begun at {at}.")
TROUBLE = Text(fr="L'ouverture n'a pas abouti :", en="The opening came to nothing:")
FAILURES = Text(fr="Labs qui n'ont pas pu être préparés", en="Labs that could not be prepared")
DRAWN = Text(fr="Le tirage", en="The drawing")
SPOILS = Text(fr="Ne l'ouvrez pas sous les yeux d'un candidat.", en="Do not open this under a candidate's eyes.")
SEED_IS = Text(fr="Graine :", en="Seed:")
DRAWN_AGAIN: Mapping[bool, Text] = {
    True: Text(
        fr="Le tirage vient d'être refait de cette graine : il est le même.",
        en="It was just drawn again from this seed: it is the same.",
    ),
    False: Text(
        fr="Le tirage refait de cette graine diffère : prévenez l'administration avant de commencer.",
        en="Drawing again from this seed gives something else: tell an administrator before it begins.",
    ),
}
SCENARIOS = Text(fr="Sujets", en="Scenarios")

# What is done -------------------------------------------------------------------------------------------------

TO_DRAW = Text(fr="Tirer les sujets au sort…", en="Draw the scenarios…")
DRAW = Text(fr="Tirer les sujets au sort", en="Draw the scenarios")
SEED = Text(fr="Une graine donnée par un témoin (facultatif)", en="A seed given by a witness (optional)")
SEED_HINT = Text(
    fr="Des chiffres ou des mots, à son choix. Vide : la machine en fait une. Le journal la garde.",
    en="Digits or words, as they like. Empty: the machine makes one. The journal keeps it.",
)
OPEN = Text(fr="Préparer les labs", en="Prepare the labs")
OPEN_MORE = Text(fr="Préparer les labs qui manquent", en="Prepare the labs that are missing")
OPEN_ABOUT = Text(
    fr="Avant que quiconque s'assoie : chaque lab est démarré, vu en panne comme il doit l'être, et gardé.",
    en="Before anybody sits down: each lab is started, seen to be broken as it should be, and kept.",
)
BEGIN = Text(fr="Commencer la phase…", en="Begin the phase…")
BEGIN_ABOUT = Text(
    fr="Le temps de tous ceux qui ne sont pas notés absents court dès cet instant. Cela ne s'annule pas.",
    en="The time of everybody who is not noted as absent runs from this moment. It cannot be undone.",
)
BEGIN_YES = Text(fr="Commencer « {title} » maintenant", en='Begin "{title}" now')
RESUME_ALL = Text(fr="Reprendre le temps de tous", en="Let everybody's time go on")
FOR_ALL = Text(
    fr="Pour tous : une annonce, un incident, arrêter le temps",
    en="For everybody: an announcement, an incident, stop time",
)
SAID_TO_ALL = Text(fr="Pour tous : une annonce, un incident", en="For everybody: an announcement, an incident")
ANNOUNCE = Text(fr="Annoncer", en="Announce")
ANNOUNCEMENT = Text(fr="Une annonce aux candidats", en="An announcement to the candidates")
ANNOUNCE_HINT = Text(
    fr="Elle s'affiche dans leurs terminaux ouverts, et le journal la garde.",
    en="It is shown in their open terminals, and the journal keeps it.",
)
INCIDENT = Text(fr="Consigner", en="Write it down")
INCIDENT_TEXT = Text(fr="Un incident", en="An incident")
INCIDENT_HINT = Text(
    fr="Ce qui s'est passé, en une phrase : le procès-verbal le reprend.",
    en="What happened, in a sentence: the record of proceedings has it.",
)
PAUSE = Text(fr="Arrêter le temps", en="Stop time")
PAUSE_REASON = Text(fr="Arrêter le temps : pourquoi ?", en="Stop time: why?")
PAUSE_HINT = Text(
    fr="Les heures de fin reculent d'autant ; personne ne peut taper entre-temps.",
    en="The ends move by as much; nobody can type meanwhile.",
)
DONE: Mapping[DayAct, Text] = {
    "draw": Text(fr="Les sujets sont tirés au sort.", en="The scenarios are drawn."),
    "open": Text(fr="Les labs se préparent.", en="The labs are being prepared."),
    "begin": Text(fr="La phase commence.", en="The phase begins."),
    "arrived": Text(
        fr="L'arrivée est notée ; l'heure de fin ne change pas.", en="The arrival is noted; the end stays."
    ),
    "absent": Text(fr="L'absence est notée.", en="The absence is noted."),
    "finished": Text(fr="Le candidat a rendu.", en="The candidate has handed in."),
    "pause": Text(fr="Le temps est arrêté.", en="Time stands still."),
    "resume": Text(fr="Le temps reprend.", en="Time goes on."),
    "extend": Text(fr="Le temps est ajouté.", en="The time is added."),
    "replace": Text(
        fr="Une autre variante se prépare ; le déroulement dit quand elle est prête.",
        en="Another variant is being prepared; the day's page says when it is ready.",
    ),
    "announce": Text(fr="L'annonce est faite.", en="It is announced."),
    "incident": Text(fr="L'incident est consigné.", en="The incident is written down."),
}

# A candidate --------------------------------------------------------------------------------------------------

OF_CANDIDATE = Text(fr="{number} · {name}", en="{number} · {name}")
PRESENCE = Text(fr="Présence", en="Presence")
ARRIVED = Text(fr="Est arrivé en retard", en="Has come late")
ARRIVED_ABOUT = Text(
    fr="L'heure de fin reste celle de tous : un retard n'ajoute pas de temps.",
    en="Their end stays where it is: being late adds no time.",
)
ABSENT = Text(fr="N'est pas venu", en="Has not come")
ABSENT_ABOUT = Text(
    fr="Avant le début, son temps ne courra pas ; une arrivée se note ensuite.",
    en="Before the beginning, their time will not run; an arrival can be noted later.",
)
BEGIN_ONE = Text(fr="Commencer pour lui seul…", en="Begin for this candidate alone…")
BEGIN_ONE_ABOUT = Text(
    fr="Son temps court dès cet instant, à part de celui des autres. Cela ne s'annule pas.",
    en="Their time runs from this moment, apart from the others'. It cannot be undone.",
)
BEGIN_ONE_YES = Text(fr="Commencer maintenant pour {number}", en="Begin now for {number}")
FINISH = Text(fr="Rend avant la fin…", en="Hands in early…")
FINISH_ABOUT = Text(
    fr="Le reste de son temps est perdu : la saisie est coupée, les preuves sont scellées. Cela ne s'annule pas.",
    en="The rest of their time is given up: input is cut, the evidence is sealed. It cannot be undone.",
)
FINISH_YES = Text(fr="{number} rend maintenant", en="{number} hands in now")
ITS_TIME = Text(fr="Son temps", en="Their time")
RESUME_ONE = Text(fr="Reprendre son temps", en="Let their time go on")
EXTEND_REASON = Text(fr="Ajouter du temps : pourquoi ?", en="Add time: why?")
EXTEND_HINT = Text(
    fr="Une décision de qui répond de la session ; le procès-verbal la reprend, avec son motif.",
    en="A decision of whoever answers for the session; the record of proceedings has it, with its reason.",
)
MINUTES_MORE = Text(fr="Minutes de plus", en="Minutes more")
EXTEND = Text(fr="Ajouter ces minutes", en="Add these minutes")
REPLACED = Text(fr="Un lab hors service", en="A lab that has failed")
REPLACE_REASON = Text(fr="Préparer une autre variante : pourquoi ?", en="Prepare another variant: why?")
REPLACE_HINT = Text(
    fr="Quand la machine est en cause, non le candidat. Ce qu'il a fait dans ce lab est perdu, son rapport le suit ; "
    "ses réponses sont à redonner. Le procès-verbal reprend l'intervention, avec son motif.",
    en="When the machine has failed, not the candidate. What they did in that lab is lost, their report goes with "
    "them; answers are to be given again. The record of proceedings has the intervention, with its reason.",
)
WHICH = Text(fr="Sujet", en="Scenario")
REPLACE = Text(fr="Préparer une autre variante", en="Prepare another variant")
SAID = Text(fr="Annonce et incident", en="Announcement and incident")
NOTHING_NOW = Text(fr="Il n'y a rien à faire maintenant.", en="There is nothing to be done now.")

# The journal --------------------------------------------------------------------------------------------------

JOURNAL = Text(fr="Journal", en="Journal")
JOURNAL_ABOUT = Text(
    fr="Les dernières entrées, la plus récente d'abord. Aucune ne s'efface.",
    en="The last entries, the newest first. None is ever erased.",
)
NO_ENTRY = Text(fr="Rien encore.", en="Nothing yet.")
BY_PROGRAM = same("Breakfix")
