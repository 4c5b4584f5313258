"""What one seed makes of a scenario's variables.

Each value is drawn from SHA-256 of the scenario's first id, the seed and the variable's own name, never from
``random``: the same seed gives the same values on every Python, and a new variable changes no other.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Final, TypeVar

from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.plan import Value, Variant
from orchestrator.model.scenario import (
    AddressVariable,
    ChoiceVariable,
    FaultChoice,
    HostVariable,
    IntegerVariable,
    LoginVariable,
    PasswordVariable,
    PersonVariable,
    Scenario,
    Variable,
)
from orchestrator.model.seeds import MAX_SEED
from orchestrator.planning.name_pool import FEMININE, LAST, MASCULINE

T = TypeVar("T")

_METHOD: Final = "breakfix variant 1"
"""Part of every draw: another way of drawing would get another number here."""

_REDRAWS: Final = 1000
_CONSONANTS: Final = "bcdfgkmnprstvz"
_VOWELS: Final = "aeiou"
_SYLLABLES: Final = 3

_SAMPLES: Final = 5
_ALL_COMBINATIONS: Final = 16

# Letters that Unicode does not decompose into an ASCII letter and an accent.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"}
)


def choose_seed() -> int:
    """Return a fresh seed that nobody can guess, from 0 to ``MAX_SEED``."""
    return secrets.randbelow(MAX_SEED + 1)


def draw_variant(scenario: Scenario, seed: int) -> Variant:
    """Return what a seed makes of a scenario: a value for each variable, and the case of each drawn fault.

    No two people or logins of a variant are the same, and no two addresses: the later variable in the file
    is drawn again (a person), or takes the next free one (an address; whatever is ``unlike`` another).
    """
    draw = _Draw(scenario.first_id, seed)
    values: dict[str, Value] = {}
    for name, variable in scenario.document.variables.items():
        values[name] = draw.value(name, variable, {values[other] for other in unlike_of(variable) if other in values})
    values |= {
        entry.as_: draw.one(entry.as_, tuple(entry.one_of))
        for entry in scenario.document.faults
        if isinstance(entry, FaultChoice)
    }
    return Variant(seed, values)


def unlike_of(variable: Variable) -> tuple[str, ...]:
    """Return the variables whose values a variable does not take."""
    return variable.unlike if isinstance(variable, ChoiceVariable | HostVariable | IntegerVariable) else ()


def login_of(first: str, last: str) -> str:
    """Return a login: the first name's initial and the last name, in ASCII and lower case."""
    return _ascii(first)[:1] + _ascii(last)


def _ascii(name: str) -> str:
    spelled = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(letter for letter in spelled if "a" <= letter <= "z")


@dataclass
class _Draw:
    """Draws for one scenario and seed; remembers what must not be drawn twice."""

    scenario: str
    seed: int
    logins: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def number(self, name: str, purpose: str, below: int) -> int:
        """Return a number from 0 to ``below`` - 1; the bias of the modulo is under 2**-64."""
        key = "\0".join((_METHOD, self.scenario, str(self.seed), name, purpose))
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:16]) % below

    def one(self, name: str, choices: Sequence[T], purpose: str = "") -> T:
        """Return one of the choices."""
        return choices[self.number(name, purpose, len(choices))]

    def value(self, name: str, variable: Variable, taken: Collection[Value]) -> Value:
        """Return the value of a variable, other than those that are taken."""
        match variable:
            case ChoiceVariable() | HostVariable():
                return self.unlike(name, variable.of, taken)
            case IntegerVariable():
                return self.unlike(name, range(variable.low, variable.high + 1), taken)
            case AddressVariable():
                return self.address(name, variable)
            case PersonVariable():
                return self.person(name)
            case LoginVariable():
                return self.person(name).login
            case PasswordVariable():
                return self.password(name)

    def unlike(self, name: str, choices: Sequence[T], taken: Collection[Value]) -> T:
        """Return one of the choices that is not taken: the next one, where the drawn one is."""
        start = self.number(name, "", len(choices))
        return next_free(choices, start, taken)

    def address(self, name: str, variable: AddressVariable) -> str:
        """Return an address between the two positions; the next free one where it is taken."""
        count = variable.last - variable.first + 1
        start = self.number(name, "", count)
        network = IPv4Network(variable.subnet)
        candidates = (str(network[variable.first + (start + i) % count]) for i in range(min(count, _REDRAWS)))
        chosen = next((c for c in candidates if c not in self.addresses), str(network[variable.first + start]))
        self.addresses.add(chosen)
        return chosen

    def person(self, name: str) -> DrawnPerson:
        """Return a person whose login nobody else of the variant has."""
        people = (self._person(name, attempt) for attempt in range(_REDRAWS))
        person = next(person for person in people if person.login not in self.logins)
        self.logins.add(person.login)
        return person

    def _person(self, name: str, attempt: int) -> DrawnPerson:
        feminine = self.number(name, f"gender {attempt}", 2) == 1
        first = self.one(name, FEMININE if feminine else MASCULINE, f"first {attempt}")
        last = self.one(name, LAST, f"last {attempt}")
        return DrawnPerson(first, last, login_of(first, last), feminine)

    def password(self, name: str) -> str:
        """Return a password that can be said and remembered, such as ``Bavomi-Teruka47`` (about 43 bits)."""
        words = [self._word(name, number) for number in range(2)]
        return "-".join(words) + str(10 + self.number(name, "digits", 90))

    def _word(self, name: str, number: int) -> str:
        syllables = (
            self.one(name, letters, f"word {number} {kind} {position}")
            for position in range(_SYLLABLES)
            for kind, letters in (("consonant", _CONSONANTS), ("vowel", _VOWELS))
        )
        return "".join(syllables).capitalize()


def next_free(choices: Sequence[T], start: int, taken: Collection[object]) -> T:
    """Return the first choice from a position on, round to the beginning, that is not taken."""
    rest = (choices[(start + i) % len(choices)] for i in range(min(len(choices), _REDRAWS)))
    return next((choice for choice in rest if choice not in taken), choices[start])


def covering_variants(scenario: Scenario) -> tuple[Variant, ...]:
    """Return variants in which each choice and each case of a drawn fault occurs at least once.

    The loader renders every template with these, so that a mistake in a rare case is found before its seed
    comes: seeds from 0 on, with the choices not drawn but gone through; all combinations where they are few.
    """
    combined = _combinations(options_of(scenario))
    apart = [_apart(chosen, scenario.document.variables) for chosen in combined]
    return tuple(Variant(seed, {**draw_variant(scenario, seed).values, **chosen}) for seed, chosen in enumerate(apart))


def _apart(chosen: Mapping[str, str], variables: Mapping[str, Variable]) -> dict[str, str]:
    """Return the choices with those moved on that must be unlike another."""
    moved = dict(chosen)
    for name, variable in variables.items():
        if name in moved and isinstance(variable, ChoiceVariable | HostVariable):
            taken = {moved[other] for other in variable.unlike if other in moved}
            moved[name] = next_free(variable.of, variable.of.index(moved[name]), taken)
    return moved


def options_of(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return what can be drawn for each choice and for each fault with several cases."""
    options: dict[str, tuple[str, ...]] = {
        name: variable.of
        for name, variable in scenario.document.variables.items()
        if isinstance(variable, ChoiceVariable | HostVariable)
    }
    for entry in scenario.document.faults:
        if isinstance(entry, FaultChoice):
            options[entry.as_] = tuple(entry.one_of)
    return options


def _combinations(options: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    if math.prod(len(choices) for choices in options.values()) <= _ALL_COMBINATIONS:
        combined = [dict(zip(options, chosen, strict=True)) for chosen in itertools.product(*options.values())]
    else:
        longest = max(len(choices) for choices in options.values())
        combined = [{name: choices[i % len(choices)] for name, choices in options.items()} for i in range(longest)]
    return list(itertools.islice(itertools.cycle(combined), max(len(combined), _SAMPLES)))
