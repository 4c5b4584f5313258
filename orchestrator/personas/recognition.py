"""Recognizing what a technician wants: by likeness to phrases, with a threshold and a margin rather than by guessing.

A sentence is as like an intent as it is like the nearest of its phrases, and as its words speak for that intent rather
than for others. Rare words weigh more than common ones.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from orchestrator.core.language import Language
from orchestrator.model.persona import PlannedPersona
from orchestrator.personas.phrase_book import IntentPhrases, Lexicon, common_phrases, spelled_out, tokens_of_phrase
from orchestrator.personas.slots import marked, slots_of, without_names

THRESHOLD: Final = 0.36
"""How like an intent a sentence must be."""
MARGIN: Final = 0.03
"""How much more like it than any other."""
FAINT: Final = 0.32
CLEAR: Final = 0.09
"""What is less like it is meant all the same where nothing else comes near."""
ACT_THRESHOLD: Final = 0.5
ACT_MARGIN: Final = 0.08
"""Both for what the user acts on, and for the "yes" that has it done."""
_LEAST: Final = 0.1
"""What a word weighs that tells nothing."""
_WORDY: Final = 3
"""Letters of a word that may tell something."""
_UNMET: Final = 0.8
"""What is left of a likeness where a need is not met."""
_BARRED: Final = 0.6
"""What is left of it where something bars the intent."""
_ABOUT: Final = 0.26
"""The least that a likeness and the part of a sentence that it is drawn from come to, multiplied: what is said of other
things besides makes a faint likeness none."""
_EXACT: Final = 0.1
"""How much likelier an intent is of which a phrase was said word by word."""
_NEAR: Final = 0.65
"""How much the nearest phrase counts; the rest is what each word speaks for."""
_SAME: Final = 0.999
"""How near a sentence is to a phrase of the same words."""
_POWER: Final = 0.5
"""How much a likeness suffers from words that no phrase has."""
_UNKNOWN: Final = 0.8
"""What a word that no phrase has weighs, as a part of the heaviest one."""
_MOST_KEPT: Final = 1024
"""Sentences of which it is kept what they mean."""
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+|\s*\n+\s*")
_CLAUSE: Final = re.compile(r"\s*[,:–—]\s+|\s+-\s+|\s+(?:et|mais|puis|car|and|but|then)\s+")
_TAG: Final = re.compile(
    r"(?<=\w)\s*[,;]\s+(?:right|ok(?:ay)?|no|yes|correct|eh|i (?:think|guess|believe|suppose)|"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)(?:n[’']t)? "
    r"(?:i|you|he|she|it|we|they|that|this|there)|"
    r"non|oui|si|hein|d[’']accord|n[’']est-ce pas|pas vrai|c[’']est (?:bien )?ça|je (?:crois|pense)|j[’']imagine)"
    r"\s*\?\s*$",
    re.IGNORECASE,
)
"""What makes a question of a sentence: the *no* in it is no answer."""
_ANSWERS: Final = frozenset({"yes", "no"})
_MOSTLY: Final = 0.5
"""The part of a sentence from which on it is about an answer, and not about something else besides."""
_LATE: Final = ("yes", "no", "introduce", "goodbye", "apologise", "thank", "greet")
"""Intents that stand beside others in a sentence, as courtesy does: those before them are what was meant."""


_LEADING: Final = frozenset({"yes", "greet", "thank", "apologise", "introduce"})
"""Intents that may only lead up to what is meant."""


def chief(intents: Sequence[str]) -> str | None:
    """Return which of several intents was chiefly meant: the first that is more than courtesy."""
    known = [name for name in intents if name not in _LATE]
    return next(iter(known or sorted(intents, key=_LATE.index)), None)


@dataclass(frozen=True)
class IntentMatch:
    """An intent that a sentence is like, how much, and what part of the sentence speaks for it at all (0 to 1)."""

    intent: str
    likeness: float
    about: float


class Recognizer:
    """Knows a set of intents in one language."""

    def __init__(
        self, language: Language, own: Iterable[IntentPhrases] = (), acted: Collection[str] | None = None
    ) -> None:
        """Take the intents.

        Args:
            language: the language.
            own: a persona's own intents, besides the common ones.
            acted: the intents that they act on, which must not be taken for meant by mistake; all that may be acted
                on where it is not known.
        """
        phrases = common_phrases(language)
        own = tuple(own)
        self.intents: dict[str, IntentPhrases] = {**phrases.intents, **{one.name: one for one in own}}
        self._acted = {name for name, one in self.intents.items() if one.acts and (acted is None or name in acted)}
        self.lexicon = Lexicon(language, phrases, [phrase for one in own for phrase in one.phrases])
        self._understood: dict[str, IntentMatch | None] = {}
        self._examples: list[tuple[str, frozenset[str]]] = []
        for intent in self.intents.values():
            made = {tokens_of_phrase(text, language) for phrase in intent.phrases for text in spelled_out(phrase)}
            self._examples += [(intent.name, tokens) for tokens in sorted(made, key=sorted) if tokens]
        self._weigh()
        self._needs = {one.name: self._groups(one.needs) for one in self.intents.values()}
        self._proofs = {one.name: self._groups(one.proofs) for one in self.intents.values()}
        self._bars = {one.name: [self.lexicon.entry(entry) for entry in one.bars] for one in self.intents.values()}

    def _groups(self, stated: Iterable[Iterable[str]]) -> list[list[frozenset[str]]]:
        return [[self.lexicon.entry(entry) for entry in group] for group in stated]

    def _weigh(self) -> None:
        """Work out what each word weighs, and for which intents it speaks."""
        count: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        sizes: dict[str, int] = defaultdict(int)
        for name, tokens in self._examples:
            sizes[name] += 1
            for token in tokens:
                count[token][name] += 1
        self._speaks: dict[str, dict[str, float]] = {}
        self._weight: dict[str, float] = {}
        total = len(sizes)
        for token, by_intent in count.items():
            rates = {name: many / sizes[name] for name, many in by_intent.items()}
            everything = sum(rates.values())
            shares = {name: rate / everything for name, rate in rates.items()}
            self._speaks[token] = shares
            disorder = -sum(share * math.log(share) for share in shares.values())
            self._weight[token] = _LEAST + max(0.0, 1 - disorder / math.log(max(total, 2))) * 1.4
        self._most = max(self._weight.values(), default=1.0)
        self._containing: dict[str, list[int]] = defaultdict(list)
        self._norms: list[float] = []
        for number, (_, tokens) in enumerate(self._examples):
            self._norms.append(math.sqrt(sum(self.weight(token) ** 2 for token in tokens)))
            for token in tokens:
                self._containing[token].append(number)

    def weight(self, token: str) -> float:
        """Return what a word weighs."""
        if token in self._weight:
            return self._weight[token]
        return _UNKNOWN * self._most if len(token) >= _WORDY else _LEAST

    def ranked(self, text: str) -> list[IntentMatch]:
        """Return the intents that one sentence is like, the likest first."""
        tokens = frozenset(self.lexicon.tokens(text))
        if not tokens:
            return []
        near = self._nearness(tokens)
        voted = self._votes(tokens)
        found = [
            IntentMatch(
                name,
                self._likeness(name, tokens, near.get(name, 0.0), voted.get(name, 0.0)),
                self._part(tokens, (token for token in tokens if name in self._speaks.get(token, ()))),
            )
            for name in near.keys() | voted.keys()
        ]
        return sorted((one for one in found if one.likeness), key=lambda match: (-match.likeness, match.intent))

    def _likeness(self, name: str, tokens: frozenset[str], near: float, voted: float) -> float:
        likeness = _NEAR * near + (1 - _NEAR) * voted
        if near > _SAME and not self.intents[name].acts:  # one of its phrases, word by word
            return min(1.0, likeness + _EXACT)
        known: float = self._part(tokens, tokens & self._weight.keys()) ** _POWER
        return self._fit(name, tokens) * likeness * known

    def _part(self, tokens: frozenset[str], some: Iterable[str]) -> float:
        """Return the part of a sentence, by weight, that some of its words make up."""
        return sum(map(self.weight, some)) / sum(map(self.weight, tokens))

    def _fit(self, name: str, tokens: frozenset[str]) -> float:
        """Return what is left of a likeness where an intent's needs are not met, or something bars it."""
        if not _met(self._proofs[name], tokens):
            return 0.0
        barred = any(entry <= tokens for entry in self._bars[name])
        met = _met(self._needs[name], tokens)
        if self.intents[name].acts:
            return 1.0 if met and not barred else 0.0
        return (1.0 if met else _UNMET) * (_BARRED if barred else 1.0)

    def _nearness(self, tokens: frozenset[str]) -> dict[str, float]:
        shared: dict[int, float] = defaultdict(float)
        for token in tokens:
            for number in self._containing.get(token, ()):
                shared[number] += self.weight(token) ** 2
        norm = math.sqrt(sum(self.weight(token) ** 2 for token in tokens))
        best: dict[str, float] = defaultdict(float)
        for number, product in shared.items():
            name = self._examples[number][0]
            best[name] = max(best[name], product / (norm * self._norms[number]))
        return best

    def _votes(self, tokens: frozenset[str]) -> dict[str, float]:
        votes: dict[str, float] = defaultdict(float)
        whole = sum(self.weight(token) for token in tokens)
        for token in tokens:
            for name, share in self._speaks.get(token, {}).items():
                votes[name] += share * self.weight(token) / whole
        return votes

    def sentence(self, text: str) -> IntentMatch | None:
        """Return the intent of one sentence; None where it is like none, or like two."""
        if text not in self._understood:  # each variant's dialogues say the same
            if len(self._understood) >= _MOST_KEPT:
                self._understood.clear()
            self._understood[text] = self._likest(text)
        return self._understood[text]

    def _likest(self, text: str) -> IntentMatch | None:
        ranked = self.ranked(text)
        if not ranked:
            return None
        first = ranked[0]
        second = ranked[1].likeness if len(ranked) > 1 else 0.0
        acts = first.intent in self._acted or first.intent == "yes"
        threshold, margin = (ACT_THRESHOLD, ACT_MARGIN) if acts else (THRESHOLD, MARGIN)
        ahead = first.likeness - second
        if not acts and first.likeness * first.about < _ABOUT:
            return None
        likely = first.likeness >= threshold and ahead >= margin
        return first if likely or (not acts and first.likeness >= FAINT and ahead >= CLEAR) else None

    def understood(self, text: str, hosts: Collection[str] = (), names: Collection[str] = ()) -> tuple[str, ...]:
        """Return the intents of what was typed, in its order; none where nothing was understood.

        Args:
            text: what was typed, a sentence or several.
            hosts: the names of the lab's hosts.
            names: the names of the scenario's people.
        """
        text = marked(without_names(text, names), slots_of(text, hosts, names))
        sentences = [part for part in _SENTENCE.split(text) if part.strip()]
        found: list[str] = []
        for one in sentences:
            found += self._meant(one)
        if not found and len(sentences) > 1 and (match := self.sentence(text)) is not None:
            found.append(match.intent)
        return tuple(dict.fromkeys(found))

    def _meant(self, sentence: str) -> list[str]:
        """Return the intents of one sentence and its clauses."""
        whole = self.sentence(sentence)
        if (whole is None or whole.intent in _ANSWERS) and (untagged := _TAG.sub("", sentence)) != sentence:
            return self._meant(untagged)
        if whole is None or whole.intent in _LEADING:  # "OK, restart it" is more than an OK
            clauses = [part for part in _CLAUSE.split(sentence) if part.strip()]
            matches = [self.sentence(clause) for clause in clauses]
            parts = [match.intent for match in matches if match is not None]
            asks = len(clauses) > 1 and matches[-1] is None and sentence.rstrip().endswith("?")
            if asks and (whole is None or whole.about < _MOSTLY):  # "OK, which one is it?" agrees to nothing
                return [name for name in parts if name not in _ANSWERS]
            if len(clauses) > 1 and (whole is None or any(name not in _LATE for name in parts)):
                return parts
        return [] if whole is None else [whole.intent]


def _met(groups: Iterable[Iterable[frozenset[str]]], tokens: frozenset[str]) -> bool:
    """Return whether one entry of each group is there."""
    return all(any(entry <= tokens for entry in group) for group in groups)


@lru_cache(maxsize=16)
def recognizer(
    language: Language, own: tuple[IntentPhrases, ...] = (), acted: frozenset[str] | None = None
) -> Recognizer:
    """Return what knows the common intents and a persona's own ones, in one language; see ``Recognizer``."""
    return Recognizer(language, own, acted)


def recognizer_of(persona: PlannedPersona, language: Language) -> Recognizer:
    """Return what knows what may be said to a persona, in one language."""
    acted = frozenset(name for answer in persona.document.answers if answer.acts for name in answer.to)
    own = (
        IntentPhrases(name, own.fr if language == "fr" else own.en, acts=name in acted)
        for name, own in persona.document.intents.items()
    )
    return recognizer(language, tuple(own), acted)
