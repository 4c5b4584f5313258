"""How much labs may take of a machine, and a person of its labs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.core.number_text import number_text
from orchestrator.core.text import Text
from orchestrator.labd.pool_wishes import NO_POOL, PoolWishes
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import refused
from orchestrator.model.plan import Plan
from orchestrator.records.class_limits import ClassLimits

_GIB: Final = 1 << 30
_WARNED_S: Final = 300.0


@dataclass(frozen=True)
class LabLimits:
    """The limits that labd keeps.

    Attributes:
        per_person: labs that somebody may have at once, those that wait among them.
        labs: labs that are on the machine at once; None: as many as memory allows.
        memory: bytes that all labs may take together; None: worked out from the machine.
        starts: labs that start at once.
        freeze_s: seconds until an idle lab is frozen; 0: never.
        person_memory: bytes that the labs of somebody may take together; None: not limited.
        class_labs: labs that are launched for a class and are there at once; None: not limited.
        class_memory: bytes that these may take together; None: not limited.
        host_processors: processors that each host may keep busy; None: not limited.
        save_s: seconds until a frozen lab is saved; 0: never.
        pool: which labs stand ready.
    """

    per_person: int = 2
    labs: int | None = None
    memory: int | None = None
    starts: int = 2
    freeze_s: float = 3600.0
    person_memory: int | None = None
    class_labs: int | None = None
    class_memory: int | None = None
    host_processors: float | None = None
    save_s: float = 86400.0
    pool: PoolWishes = NO_POOL

    @property
    def of_a_class(self) -> ClassLimits:
        """Return what the labs of each class may take at most."""
        return ClassLimits(self.class_labs, self.class_memory, self.host_processors)

    @property
    def warn_s(self) -> float:
        """Return how many seconds before it is frozen a lab is warned of it."""
        return min(_WARNED_S, self.freeze_s / 2)


USUAL: Final = LabLimits()
"""What holds where an administrator has said nothing."""


def memory_of(plan: Plan) -> int:
    """Return the bytes that a lab may take at most: the memory limits of its hosts together."""
    return sum(host.memory or 0 for host in plan.hosts)


ASK: Final = Text(
    fr="Prévenez la personne qui s'occupe de cette machine : c'est un de ses réglages.",
    en="Tell whoever looks after this machine: it is one of its settings.",
)
RAISE: Final = Text(
    fr="Relevez la limite de mémoire sur la page de la classe, ou choisissez un lab plus petit.",
    en="Raise the limit of memory on the page of the class, or choose a smaller lab.",
)
STOP_ONE: Final = Text(fr="Arrêtez-en un d'abord.", en="Stop one of them first.")


def too_many(titles: tuple[Text, ...]) -> Text:
    """Return what is said to somebody who has as many labs as they may; ``titles``: what these are of."""
    if not titles:
        return Text(fr="Vous ne pouvez démarrer aucun lab.", en="You can start no lab.")
    fr, en = (" ; ".join(f"« {one.fr} »" for one in titles), ", ".join(f'"{one.en}"' for one in titles))
    if len(titles) == 1:
        return Text(fr=f"Vous avez déjà un lab, {fr}.", en=f"You have a lab already, {en}.")
    count = len(titles)
    return Text(fr=f"Vous avez déjà {count} labs : {fr}.", en=f"You have {count} labs already: {en}.")


def too_large(needs: int, limit: int) -> RefusedCallError:
    """Return what ends a start for which there will never be room."""
    return refused(
        "wrong",
        Text(
            fr=f"Ce lab demande {gib(needs).fr} de mémoire : les labs de cette machine n'en ont que {gib(limit).fr} "
            "en tout.",
            en=f"This lab needs {gib(needs).en} of memory: the labs of this machine have {gib(limit).en} in all.",
        ),
        ASK,
    )


def larger_than_share(needs: int, share: int, hint: Text = ASK) -> RefusedCallError:
    """Return what ends a start that is too large for a person's or a class's share; ``hint``: what helps."""
    return refused(
        "wrong",
        Text(
            fr=f"Ce lab demande {gib(needs).fr} de mémoire : chaque personne, ou chaque classe, n'a droit qu'à "
            f"{gib(share).fr}.",
            en=f"This lab needs {gib(needs).en} of memory: each person, or each class, may take {gib(share).en} only.",
        ),
        hint,
    )


def too_much_memory(needs: int, share: int) -> Text:
    """Return what is said to somebody whose labs would take more than their share with one more."""
    return Text(
        fr=f"Avec ce lab, les vôtres prendraient {gib(needs).fr} de mémoire ; vous avez droit à {gib(share).fr}.",
        en=f"With this lab yours would take {gib(needs).en} of memory; you may take {gib(share).en}.",
    )


def gib(size: int) -> Text:
    """Return how much memory a number of bytes is, in words."""
    number = number_text(size / _GIB, ",.1f")
    return Text(fr=f"{number.fr}\N{NO-BREAK SPACE}Gio", en=f"{number.en}\N{NO-BREAK SPACE}GiB")
