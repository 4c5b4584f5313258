"""The phrases of an appeal's page; templates know them as ``a``."""

from __future__ import annotations

from orchestrator.core.text import Text

APPEAL = Text(fr="Recours : {phase}", en="Appeal: {phase}")
TO_SEEN = Text(fr="Ce qui a été vu", en="What was seen")
ABOUT = Text(
    fr="Les labs gardés sont dégelés, évalués de nouveau comme à l'heure de fin, puis regelés. S'ils ont été retirés, "
    "seules les réponses scellées sont évaluées. Le résultat est comparé à celui qui a été scellé et noté au journal ; "
    "les décisions restent les vôtres.",
    en="The kept labs are thawed, graded again as at the deadline, and frozen again. If they were removed, only the "
    "sealed answers are graded. The result is compared with the sealed one and noted in the journal; the decisions "
    "stay yours.",
)
LABS = Text(fr="Ce qui peut être réévalué", en="What can be graded again")
KEPT = Text(fr="lab gardé", en="lab kept")
NOT_KEPT = Text(fr="lab retiré : réponses seules", en="lab removed: answers only")
GRADE = Text(fr="Évaluer de nouveau", en="Grade again")
RUNNING = Text(
    fr="Une nouvelle évaluation est en cours ; elle peut prendre quelques minutes. Cette page se met à jour seule.",
    en="It is being graded again; that may take a few minutes. This page brings itself up to date.",
)
FAILED = Text(fr="La dernière évaluation n'a pas abouti :", en="The last grading came to nothing:")
DONE = Text(fr="Ce que les recours ont donné", en="What came of appeals")
NONE = Text(fr="Rien n'a été réévalué.", en="Nothing was graded again.")
AT = Text(fr="{at}, à la demande {de}", en="{at}, asked for by {name}")
STALE = Text(
    fr="Contenu modifié depuis : {titles}. Une différence peut en venir.",
    en="Content that has changed since: {titles}. A difference may come from that.",
)
