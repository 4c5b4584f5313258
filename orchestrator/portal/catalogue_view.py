"""What the catalogue shows of all scenarios: those that somebody looks for, in the order that they want."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.language import Language
from orchestrator.labd.catalogue_contract import CatalogueLine, CatalogueView, CcpTitle, CompetenceTitle, ProofState
from orchestrator.portal import catalogue_words

_LONGEST_TEXT: Final = 100
_WORTH: Final[Mapping[ProofState, int]] = {
    "failed": 0,
    "unproven": 1,
    "changed": 2,
    "claimed": 3,
    "recorded": 4,
    "here": 5,
}
_GOOD: Final = frozenset({"here", "recorded"})


@dataclass(frozen=True)
class CatalogueSearch:
    """What somebody looks for.

    Attributes:
        text: words that must all be there.
        proof: ``good``: proven as they are now, by this program; ``due``: all others; empty: any.
        order: see ``catalogue_words.ORDERS``.
    """

    text: str = ""
    proof: str = ""
    order: str = "path"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> CatalogueSearch:
        """Return what an address asks for; what it says wrongly counts as not said."""
        proof, order = query.get("proof", ""), query.get("order", "")
        return cls(
            query.get("text", "").strip()[:_LONGEST_TEXT],
            proof if proof in catalogue_words.PROOF_CHOICES else "",
            order if order in catalogue_words.ORDERS else "path",
        )

    @property
    def everything(self) -> bool:
        """Return whether nothing is left out."""
        return not self.text and not self.proof


@dataclass(frozen=True)
class CatalogueGroup:
    """Scenarios that stand together; ``competence`` None: all, in one order."""

    ccp: CcpTitle | None
    competence: CompetenceTitle | None
    lines: tuple[CatalogueLine, ...]


def catalogue_context(view: CatalogueView, wanted: CatalogueSearch, language: Language) -> Mapping[str, Any]:
    """Return what the catalogue's template knows."""
    titles = {one.code: one.title.in_(language) for ccp in view.ccps for one in ccp.competences}
    words = {one.id: searched(one, titles) for one in view.scenarios}
    found = [one for one in view.scenarios if _wanted(one, wanted, words[one.id])]
    by_competence = wanted.order == "path"
    return {
        "k": catalogue_words,
        "wanted": wanted,
        "groups": _by_competence(view, found) if by_competence else (_in_order(found, wanted, language),),
        "count": len(found),
        "total": len(view.scenarios),
        "searched": words,
    }


def searched(line: CatalogueLine, titles: Mapping[str, str]) -> str:
    """Return the text of a scenario in which words are looked for, without accents and capitals."""
    competences = (f"{code} {titles.get(code, '')}" for code in line.competences)
    return plain(" ".join((line.id, line.title.fr, line.title.en, line.lab, *competences)))


def plain(text: str) -> str:
    """Return a text without accents and capitals; ``catalogue.js`` does the same."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(one for one in parts if not unicodedata.combining(one))


def _wanted(line: CatalogueLine, wanted: CatalogueSearch, words: str) -> bool:
    good = line.proof.state in _GOOD and not line.proof.older
    if wanted.proof and good != (wanted.proof == "good"):
        return False
    return all(word in words for word in plain(wanted.text).split())


def _by_competence(view: CatalogueView, found: Iterable[CatalogueLine]) -> tuple[CatalogueGroup, ...]:
    lines = sorted(found, key=lambda line: (line.difficulty, line.id))
    groups = (
        CatalogueGroup(ccp, one, tuple(line for line in lines if one.code in line.competences))
        for ccp in view.ccps
        for one in ccp.competences
    )
    return tuple(group for group in groups if group.lines)


def _in_order(found: Iterable[CatalogueLine], wanted: CatalogueSearch, language: Language) -> CatalogueGroup:
    def title(line: CatalogueLine) -> str:
        return plain(line.title.in_(language))

    keys: Mapping[str, Callable[[CatalogueLine], Any]] = {
        "title": title,
        "lab": lambda line: (line.lab, title(line)),
        "level": lambda line: (line.difficulty, title(line)),
        "minutes": lambda line: (line.minutes, title(line)),
        "proof": lambda line: (_WORTH[line.proof.state], not line.proof.older, title(line)),
        "recorded": lambda line: (line.proof.at, title(line)),
    }
    return CatalogueGroup(None, None, tuple(sorted(found, key=keys[wanted.order])))
