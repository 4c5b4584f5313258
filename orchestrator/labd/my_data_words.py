"""What the archive of somebody's data says of itself, and how its parts are called."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text

README = Text(
    fr="""\
Ce que Breakfix garde sur vous
==============================

Fait le {at} (UTC) pour {name} ({handle}).

personne.json       qui vous êtes, vos classes, vos connexions, votre demande d'effacement s'il y en a une,
                    et quand quelqu'un d'autre a revu vos terminaux
essais/             un fichier par essai : scénario, dates, évaluations, indices lus, ce que vous avez rendu
rendus/             vos réponses et vos rapports, tels que vous les avez écrits
enregistrements/    ce que vos terminaux ont affiché (asciicast v2) : « asciinema play FICHIER » les rejoue
journal.json        ce que le journal dit de vous, et quand vous avez agi sur le travail d'autres personnes

Les heures sont en UTC. Les fichiers .json se lisent dans un navigateur ou un éditeur de texte.

Ce qui n'y est pas : votre mot de passe (seule une empreinte en existe), le nom d'autres personnes, le dossier
d'une session de jury (le jury vous le montre), et ce qu'une autre machine aurait enregistré.
""",
    en="""\
What Breakfix keeps about you
=============================

Made on {at} (UTC) for {name} ({handle}).

person.json         who you are, your classes, your sign-ins, your request for erasure if there is one,
                    and when somebody else looked at your terminals again
attempts/           a file for each attempt: scenario, times, gradings, hints that you read, what you handed in
handed-in/          your answers and reports, as you wrote them
recordings/         what your terminals showed (asciicast v2): "asciinema play FILE" plays them again
journal.json        what the journal says of you, and when you acted on the work of others

Times are in UTC. A browser or a text editor reads the .json files.

What is not in it: your password (only a hash of it exists), names of other people, the record of a jury
session (the jury shows it to you), and what another machine may have recorded.
""",
)
"""The archive's own page."""
FOLDERS: Mapping[str, Text] = {
    "README": Text(fr="LISEZ-MOI.txt", en="README.txt"),
    "person": Text(fr="personne.json", en="person.json"),
    "attempts": Text(fr="essais", en="attempts"),
    "handed-in": Text(fr="rendus", en="handed-in"),
    "recordings": Text(fr="enregistrements", en="recordings"),
    "journal": Text(fr="journal.json", en="journal.json"),
}
"""Names in the archive."""
