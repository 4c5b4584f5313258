"""What is told of a look into the catalogue, or of a proof, that is refused."""

from __future__ import annotations

from typing import Final

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal

WRONG_SEED: Final = Refusal(
    "wrong", Text(fr="Cette variante n'existe pas.", en="There is no such variant."), field="seed"
)
WRONG_COUNT: Final = Refusal(
    "wrong", Text(fr="Choisissez de 1 à 4 variantes.", en="Choose from 1 to 4 variants."), field="seeds"
)
NO_PROOF: Final = Refusal(
    "missing", Text(fr="Cette preuve n'est plus en cours.", en="This proof does not run any more.")
)
NO_MEMORY: Final = Refusal(
    "busy",
    Text(
        fr="La machine n'a pas assez de mémoire libre pour une preuve à côté des labs.",
        en="The machine has too little free memory for a proof beside the labs.",
    ),
    Text(
        fr="Recommencez quand moins de labs sont en marche.",
        en="Try again when fewer labs run.",
    ),
)
NO_PROCESSOR: Final = Refusal(
    "busy",
    Text(
        fr="Les processeurs de la machine sont pris par les labs : une preuve les ralentirait.",
        en="The machine's processors are taken up by the labs: a proof would slow them down.",
    ),
    Text(fr="Recommencez dans quelques minutes.", en="Try again in some minutes."),
)
FAILED: Final = Refusal(
    "machine",
    Text(
        fr="La preuve s'est arrêtée avant sa fin ; ce qu'elle avait démarré est retiré.",
        en="The proof came to an end before it was done; what it had started is removed.",
    ),
    Text(
        fr="Le journal du service des labs dit pourquoi.",
        en="The log of the lab service says why.",
    ),
)
LEFT_OVER: Final = Refusal(
    "busy",
    Text(
        fr="Une preuve d'avant est encore en train de retirer ses labs.",
        en="A proof of before is still removing its labs.",
    ),
    Text(fr="Recommencez dans une minute.", en="Try again in a minute."),
)
ENDED_WITH_LABD: Final = Refusal(
    "machine",
    Text(
        fr="Le service des labs s'arrête : la preuve est annulée.",
        en="The lab service is being ended: the proof is cancelled.",
    ),
)


def busy_proving(title: Text) -> Refusal:
    """Return what is told where a proof runs already."""
    return Refusal(
        "busy",
        Text(fr=f"Une preuve est déjà en cours : {title.fr}.", en=f"A proof runs already: {title.en}."),
        Text(fr="Une seule va à la fois : attendez-la, ou annulez-la.", en="One goes at a time: wait, or cancel it."),
    )
