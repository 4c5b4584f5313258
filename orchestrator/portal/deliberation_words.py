"""The phrases of a jury that deliberates, in both languages; templates know them as ``j``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text
from orchestrator.labd.deliberation_contract import CheckOutcome, DecisionVerdict

# The sessions -------------------------------------------------------------------------------------------------

ABOUT = Text(
    fr="Les sessions de jury dont vous êtes membre. La machine montre ce qu'elle a vu ; le jury décide.",
    en="The jury sessions of which you are a member. The machine shows what it has seen; the jury decides.",
)
NO_SESSION = Text(
    fr="Vous n'êtes membre d'aucun jury : le plan d'une session vous nomme par votre compte (« person »).",
    en='You are a member of no jury: the plan of a session names you by your account ("person").',
)
TO_JURY = Text(fr="Toutes mes sessions", en="All my sessions")
UNDECIDED = Text(fr="Reste à décider", en="Still to be decided")
OF_CANDIDATES = Text(fr="pour {n} sur {total}", en="for {n} of {total}")
ALL_DECIDED = Text(fr="tout est décidé", en="all is decided")

# How far it is ------------------------------------------------------------------------------------------------

DELIBERATION = Text(fr="Délibération", en="Deliberation")
TO_DELIBERATION = Text(fr="Retour à la délibération", en="Back to the deliberation")
CANDIDATE = Text(fr="Candidat", en="Candidate")
EVIDENCE = Text(fr="Preuves", en="Evidence")
SEALED: Mapping[bool, Text] = {
    True: Text(fr="scellées", en="sealed"),
    False: Text(fr="pas encore scellées", en="not sealed yet"),
}
NO_LABS = Text(fr="aucun lab ouvert", en="no lab was open")
QUESTIONS = Text(fr="À questionner", en="To be questioned")
TITLE = Text(fr="Titre", en="Title")
MEMBERS = Text(fr="Le jury", en="The jury")
HAS_SIGNED = Text(fr="a signé", en="has signed")
NOT_SIGNED = Text(fr="n'a pas signé", en="has not signed")
VOID = Text(
    fr="sa signature ne vaut plus : quelque chose a changé depuis",
    en="the signature counts no more: something has changed since",
)
ME = Text(fr="vous", en="you")
OPEN_RECORD = Text(fr="Le procès-verbal est ouvert.", en="The record of proceedings is open.")
CLOSED_RECORD = Text(
    fr="Le procès-verbal est signé et clos. Ce qui change encore est une correction, que deux membres signent.",
    en="The record of proceedings is signed and closed. What changes still is a correction, which two members sign.",
)
CORRECTIONS = Text(fr="Corrections à signer : {n}.", en="Corrections to be signed: {n}.")

# Signing ------------------------------------------------------------------------------------------------------

SIGN = Text(fr="Signer", en="Sign")
SIGN_ABOUT = Text(
    fr="Vous signez toutes les décisions, les observations et les preuves telles qu'elles sont. Deux signatures "
    "closent le procès-verbal ; tout changement avant en demande deux nouvelles.",
    en="You sign all decisions, observations and evidence as they are. Two signatures close the record; any change "
    "before that takes two new ones.",
)
CLOSES = Text(fr="Votre signature clôt le procès-verbal.", en="Your signature closes the record.")
MAY_NOT_SIGN = Text(
    fr="Vous pourrez signer quand toutes les preuves seront scellées, et tout décidé.",
    en="You can sign once all evidence is sealed and all is decided.",
)
SIGNED_ALREADY = Text(
    fr="Vous avez signé. Il manque la signature d'un autre membre.",
    en="You have signed. Another member's signature is missing.",
)
NOTHING_TO_SIGN = Text(fr="Il n'y a rien à signer.", en="There is nothing to sign.")
PASSWORD = Text(fr="Votre mot de passe", en="Your password")
PASSWORD_HINT = Text(
    fr="Une signature est la vôtre, pas celle de ce navigateur.", en="A signature is yours, not this browser's."
)
DIGEST = Text(fr="Ce que vous signez (SHA-256) :", en="What you sign (SHA-256):")
ANYWAY = Text(fr="Clore bien qu'il reste à questionner quelqu'un", en="Close though somebody is still to be questioned")
SIGNED = Text(fr="C'est signé.", en="It is signed.")

# Documents ----------------------------------------------------------------------------------------------------

DOCUMENTS = Text(fr="Documents", en="Documents")
DOCUMENTS_ABOUT = Text(
    fr="Le procès-verbal et la fiche de chaque candidat (PDF, en français), les décisions (CSV, JSON), en une archive.",
    en="The record of proceedings and each candidate's sheet (PDF, in French), the decisions (CSV, JSON), one archive.",
)
DOWNLOAD = Text(fr="Télécharger les documents", en="Download the documents")

# A candidate --------------------------------------------------------------------------------------------------

OF_CANDIDATE = Text(fr="{number} · {name}", en="{number} · {name}")
BEFORE = Text(fr="Candidat précédent", en="Previous candidate")
AFTER = Text(fr="Candidat suivant", en="Next candidate")
RUNNING = Text(
    fr="Rien ne peut être décidé avant que les preuves soient scellées : {phases}.",
    en="Nothing can be decided before the evidence is sealed: {phases}.",
)
MISSING = Text(fr="Reste à décider : {subjects}.", en="Still to be decided: {subjects}.")
NOTHING_MISSING = Text(fr="Tout est décidé pour ce candidat.", en="All is decided for this candidate.")
SCENARIOS = Text(fr="Les sujets", en="The scenarios")
NO_SCENARIO = Text(fr="Aucun sujet n'a été évalué.", en="No scenario was graded.")
FORBIDDEN = Text(fr="interdit", en="forbidden")
TO_ASK = Text(fr="à demander", en="to ask about")
CCP = Text(fr="CCP {code}", en="CCP {code}")
SEEN = Text(fr="Ce que la machine a vu", en="What the machine has seen")
NOTHING_SEEN = Text(fr="Aucun contrôle ne porte sur elle.", en="No check is about it.")
WITHOUT = Text(fr="{scenario} : sans résultat", en="{scenario}: no result")
OUTCOMES: Mapping[CheckOutcome, Text] = {
    "pass": Text(fr="satisfait", en="satisfied"),
    "fail": Text(fr="non satisfait", en="not satisfied"),
    "error": Text(fr="sans avis", en="no judgement"),
}
MARKS: Mapping[CheckOutcome, str] = {"pass": "✔", "fail": "✘", "error": "!"}
NOT_WORKED = Text(
    fr="Compétences qu'aucun de ses sujets ne travaille ({n})",
    en="Competences that none of their scenarios works on ({n})",
)
NOT_WORKED_ABOUT = Text(
    fr="Aucune décision n'y est demandée ; le jury peut en prendre une.",
    en="No decision is asked for; the jury may make one.",
)
ON_CCP = Text(fr="Décision sur le CCP {code}", en="Decision on CCP {code}")
ON_TITLE = Text(fr="Décision sur le titre", en="Decision on the title")
NOTHING_WORKED_OUT = Text(
    fr="Rien n'est calculé : elle ne découle pas des décisions sur les compétences.",
    en="Nothing is worked out: it does not follow from the decisions on the competences.",
)
VERDICTS: Mapping[DecisionVerdict, Text] = {
    "acquired": Text(fr="Acquise", en="Acquired"),
    "not-acquired": Text(fr="Non acquise", en="Not acquired"),
    "to-question": Text(fr="À compléter par un questionnement", en="To be completed by questioning"),
}
AWARDS: Mapping[DecisionVerdict, Text] = {
    **VERDICTS,
    "acquired": Text(fr="Obtenu", en="Awarded"),
    "not-acquired": Text(fr="Non obtenu", en="Not awarded"),
}
INTERVIEW = Text(fr="Questions pour l'entretien", en="Questions for the interview")
INTERVIEW_ABOUT = Text(
    fr="Ce qui reste ouvert dans ce qui a été vu. La machine ne dit pas ce qui serait juste.",
    en="What is open in what was seen. The machine does not say what would be right.",
)
NO_QUESTION = Text(fr="Rien n'est resté ouvert dans ce qui a été vu.", en="Nothing was left open in what was seen.")
OWN_QUESTION = Text(fr="Une question à poser", en="A question to ask")
OWN_QUESTIONS = Text(fr="Questions des membres", en="The members' questions")
TO_ASK_OF = Text(fr="à poser", en="to be asked")
LOOK = Text(fr="voir", en="look")
NOT_THERE = Text(fr="Ce qui manque", en="What is missing")
DETAILS = Text(fr="Le détail", en="Details")
CHOOSE = Text(fr="Choisissez une décision.", en="Choose a decision.")
DECISION = Text(fr="Décision", en="Decision")
REASON = Text(fr="Motif", en="Reason")
DECIDE = Text(fr="Décider", en="Decide")
DECIDE_ANEW = Text(fr="Décider autrement", en="Decide otherwise")
CORRECT = Text(fr="Proposer cette correction", en="Propose this correction")
DECIDED_BY = Text(fr="{name}, {at}", en="{name}, {at}")
PENDING = Text(fr="correction à signer", en="correction to be signed")
CORRECTED = Text(fr="corrigé", en="corrected")
OBSERVATION = Text(fr="Une observation", en="An observation")
OBSERVE = Text(fr="Noter", en="Record")
GENERAL = Text(fr="Observations générales", en="General observations")
EVIDENCE_ABOUT = Text(
    fr="L'archive contient une page à ouvrir dans un navigateur : commandes, fichiers changés, enregistrements.",
    en="The archive has a page to be opened in a browser: commands, changed files, recordings.",
)
LOOK_AT = Text(fr="Ce qui a été vu : {title}", en="What was seen: {title}")
REPLAY_OF = Text(fr="Revoir « {title} »", en='Replay "{title}"')
EVIDENCE_OF = Text(fr="Preuves de « {title} » ({size})", en='Evidence of "{title}" ({size})')
NO_EVIDENCE = Text(fr="Aucune preuve n'est encore scellée.", en="No evidence is sealed yet.")
DONE: Mapping[str, Text] = {
    "decided": Text(fr="La décision est notée.", en="The decision is recorded."),
    "observed": Text(fr="L'observation est notée.", en="The observation is recorded."),
}
