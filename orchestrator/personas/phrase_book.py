"""The phrases by which intents are known: read from a readable file per language, and brought into comparable words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Final, TypeAlias

from orchestrator.core.language import Language
from orchestrator.personas.word_forms import distance, folded, squeezed, stem, told_as_done, words_of

Tokens: TypeAlias = tuple[str, ...]
"""Words in the form in which they are compared, in their order."""

_EITHER: Final = re.compile(r"\(([^()]*\|[^()]*)\)")
_BETWEEN: Final = re.compile(r"\|(?![^()]*\))")
_HEAD: Final = re.compile(r"\[([a-z][a-z0-9_]*)\](\s*!)?")
_LONG: Final = 8
"""Letters from which on a word may have two typing mistakes."""
_GAP: Final = 4
"""Words that may lie between the two parts of ``a .. b``."""
_SHORT: Final = 4
"""Letters below which a word is taken as it is typed; of one that has so many, two may have changed places."""
TOLD: Final = "xtold"
"""Stands beside the words of a sentence that tells what was done."""
_ROOMY: Final = 6
"""Letters from which on a word may have another letter by mistake."""
_MARKS: Final = frozenset({"xaddress", "xcommand", "xnumber", "xpassword", TOLD})
"""What stands for what a sentence names."""


@dataclass(frozen=True)
class IntentPhrases:
    """What is known of an intent in one language.

    Attributes:
        name: its name.
        phrases: the phrases; the first ones are offered to whoever gets stuck.
        acts: whether the user acts on it, so that it must never be taken for meant by mistake.
        needs: of each of these groups, one entry must be in what was typed; an entry is words that are all there.
        bars: entries that must not be there.
        proofs: of each of these groups, one entry must be there, however like its phrases a sentence is otherwise.
    """

    name: str
    phrases: tuple[str, ...]
    acts: bool = False
    needs: tuple[tuple[str, ...], ...] = ()
    bars: tuple[str, ...] = ()
    proofs: tuple[tuple[str, ...], ...] = ()


@dataclass
class _Drafted:
    """An intent while its part of the file is read."""

    acts: bool
    phrases: list[str] = field(default_factory=list)
    needs: list[tuple[str, ...]] = field(default_factory=list)
    bars: list[str] = field(default_factory=list)
    proofs: list[tuple[str, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class PhraseFile:
    """One language's file as it was read.

    Attributes:
        fillers: what is left out wherever it stands.
        spellings: how words are written in a hurry -> the words.
        known: words that are no mistake for another one.
        same: words that mean the same, by the name that stands for them.
        intents: the intents in the order of the file.
    """

    fillers: tuple[str, ...]
    spellings: Mapping[str, str]
    known: tuple[str, ...]
    same: Mapping[str, tuple[str, ...]]
    intents: Mapping[str, IntentPhrases]


@lru_cache(maxsize=2)
def common_phrases(language: Language) -> PhraseFile:
    """Return the phrases that come with the program, in one language."""
    return read_phrases(files(__package__).joinpath(f"phrases.{language}.txt").read_text(encoding="utf-8"))


def read_phrases(text: str) -> PhraseFile:
    """Read a file of phrases; its form stands at its head.

    Raises:
        ValueError: a line is of no known form.
    """
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and line != "#" and not line.startswith("# "):
            reader.take(number, line)
    return reader.made()


class _Reader:
    """Reads a file of phrases line by line."""

    def __init__(self) -> None:
        self._fillers: list[str] = []
        self._spellings: dict[str, str] = {}
        self._known: list[str] = []
        self._same: dict[str, tuple[str, ...]] = {}
        self._barring_acts: list[str] = []
        self._drafts: dict[str, _Drafted] = {}
        self._current: _Drafted | None = None

    def take(self, number: int, line: str) -> None:
        """Take a line."""
        mark, rest = line[:2], line[2:].strip()
        if (head := _HEAD.fullmatch(line.strip())) is not None:
            self._current = self._drafts[head[1]] = _Drafted(acts=head[2] is not None)
        elif self._current is None:
            self._general(number, mark, rest, line)
        elif mark == "+ ":
            self._current.needs.append(_entries(rest))
        elif mark == "++":
            self._current.proofs.append(_entries(rest))
        elif mark == "- ":
            self._current.bars += _entries(rest)
        else:
            self._current.phrases.append(line.strip())

    def _general(self, number: int, mark: str, rest: str, line: str) -> None:
        """Take a line that is of no single intent."""
        name, _, others = rest.partition(":")
        if mark == "~ ":
            self._fillers += _entries(rest)
        elif mark == "* ":
            self._spellings |= dict.fromkeys(_entries(others), name.strip())
        elif mark == "? ":
            self._known += rest.split()
        elif mark == "= ":
            self._same[name.strip()] = _entries(others)
        elif mark == "- ":
            self._barring_acts += _entries(rest)
        else:
            message = f"line {number}: a phrase before the first intent: {line}"
            raise ValueError(message)

    def made(self) -> PhraseFile:
        """Return what was read."""
        intents = {
            name: IntentPhrases(
                name,
                tuple(one.phrases),
                one.acts,
                tuple(one.needs),
                (*one.bars, *(self._barring_acts if one.acts else ())),
                tuple(one.proofs),
            )
            for name, one in self._drafts.items()
        }
        return PhraseFile(tuple(self._fillers), self._spellings, tuple(self._known), self._same, intents)


def _entries(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in _BETWEEN.split(text) if entry.strip())


def spelled_out(phrase: str) -> Iterator[str]:
    """Yield a phrase with each of its alternatives: ``(a|b) c`` is ``a c`` and ``b c``."""
    parts = _EITHER.split(phrase)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    for chosen in itertools.product(*choices):
        yield " ".join(" ".join(chosen).split())


def _same_letters(word: str, known: str) -> bool:
    """Return whether two words have the same letters, in another order or doubled."""
    return sorted(word) == sorted(known) or squeezed(word) == squeezed(known)


@lru_cache(maxsize=16384)
def _words_of_phrase(phrase: str, language: Language) -> tuple[str, ...]:
    """Return the words of a phrase, which each persona asks for; what people type is not kept."""
    return words_of(phrase, language)


class Lexicon:
    """Brings what is typed in one language into the words that are compared."""

    def __init__(self, language: Language, phrases: PhraseFile, more: Iterable[str] = ()) -> None:
        """Take the language's phrases.

        Args:
            language: the language.
            phrases: the common ones.
            more: other phrases, whose words are known besides.
        """
        self._language = language
        self._folds: dict[str, list[tuple[Tokens, Tokens, str]]] = {}
        texts = [*phrases.fillers, *itertools.chain.from_iterable(phrases.same.values())]
        texts += [phrase for intent in phrases.intents.values() for phrase in intent.phrases]
        texts += [
            entry
            for one in phrases.intents.values()
            for entry in (*one.bars, *itertools.chain(*one.needs, *one.proofs))
        ]
        texts += more
        self._words = {word for text in texts for word in _words_of_phrase(text, language)} | _MARKS
        self._spellings = {folded(wrong): words_of(right, language) for wrong, right in phrases.spellings.items()}
        self._keys = {self._key(word) for word in self._words}
        self._right_as_typed = {word for text in phrases.known for word in words_of(text, language)}
        self._by_initial: dict[str, list[str]] = {}
        for word in sorted(self._words):
            if len(word) >= _SHORT and word.isalpha():
                self._by_initial.setdefault(word[0], []).append(word)
        self._names = frozenset(phrases.same)
        for to, others in (("", phrases.fillers), *((f"={name}", others) for name, others in phrases.same.items())):
            for one in itertools.chain.from_iterable(map(spelled_out, others)):
                self._fold(one, to)
        self._corrected: dict[str, str] = {}

    def _key(self, word: str) -> str:
        """Return a word's stem, or the word where too little would be left: *voyez* and *voyant* are not alike."""
        short = stem(word, self._language)
        return short if len(short) >= _SHORT else word

    def _fold(self, text: str, to: str) -> None:
        before, _, after = text.partition("..")
        keys = tuple(self._key(word) for word in _words_of_phrase(before, self._language))
        later = tuple(self._key(word) for word in _words_of_phrase(after, self._language))
        if keys:
            self._folds.setdefault(keys[0], []).append((keys, later, to))

    def _covered(self, keys: Sequence[str], place: int) -> Iterator[tuple[str, range]]:
        """Yield what stands for the words at a place: a name, or nothing for what is left out, and which words."""
        for pattern, later, to in self._folds.get(keys[place], ()):
            end = place + len(pattern)
            if tuple(keys[place:end]) != pattern:
                continue
            if not later:
                yield to, range(place, end)
                continue
            for begin in range(end, min(end + _GAP, len(keys) - len(later)) + 1):
                if tuple(keys[begin : begin + len(later)]) == later:
                    yield to, range(place, end)
                    yield to, range(begin, begin + len(later))

    def tokens(self, text: str, *, correct: bool = True) -> Tokens:
        """Return a text's words in the form in which they are compared; what is left out is not among them.

        Words that mean the same stand by their name, and by each of their names where they have several.

        Args:
            text: what was typed, or a phrase.
            correct: whether typing mistakes are looked for.
        """
        words = words_of(text, self._language)
        if correct:
            words = tuple(right for word in words for right in self._spellings.get(word, (self._right(word),)))
        keys = [self._key(word) for word in words]
        covered: list[set[str]] = [set() for _ in keys]
        for place in range(len(keys)):
            for to, span in self._covered(keys, place):
                for within in span:
                    covered[within].add(to)
        made: dict[str, None] = {}
        for key, names in zip(keys, covered, strict=True):
            if "" not in names:
                made |= dict.fromkeys(sorted(names) if names else (key,))
        if told_as_done(text, self._language):
            made[TOLD] = None
        return tuple(made)

    def entry(self, text: str) -> frozenset[str]:
        """Return the words of an entry of ``+`` or ``-``; the name of words that mean the same is one of them."""
        found: set[str] = set()
        for word in text.split():
            name = word.removeprefix("=")
            found |= {f"={name}"} if name in self._names else {self._key(one) for one in words_of(name, self._language)}
        return frozenset(found)

    def knows(self, token: str) -> bool:
        """Return whether a word, in the form in which it is compared, is one of the phrases'."""
        return token.startswith("=") or token in self._keys

    def _right(self, word: str) -> str:
        """Return the known word that a typing mistake lies between, or the word itself."""
        if len(word) < _SHORT or word in self._words or word in self._right_as_typed or not word.isalpha():
            return word
        if self._key(word) in self._keys:
            return word
        if word not in self._corrected:
            self._corrected[word] = self._nearest(word)
        return self._corrected[word]

    def _nearest(self, word: str) -> str:
        most = 2 if len(word) >= _LONG else 1
        best, least = word, most + 1
        for initial in sorted({word[0], word[1]}):
            for known in self._by_initial.get(initial, ()):
                if len(word) < _ROOMY and not _same_letters(word, known):  # another letter makes another word
                    continue
                if (apart := distance(word, known, min(most, least - 1))) < least:
                    best, least = known, apart
        return best


@lru_cache(maxsize=2)
def _common_lexicon(language: Language) -> Lexicon:
    return Lexicon(language, common_phrases(language))


@lru_cache(maxsize=16384)
def tokens_of_phrase(phrase: str, language: Language) -> frozenset[str]:
    """Return the words of a phrase in the form in which they are compared; no typing mistake is looked for in it.

    Other phrases add no meaning to words, so every lexicon of a language gives the same.
    """
    return frozenset(_common_lexicon(language).tokens(phrase, correct=False))
